//! Things that are being done, so that nobody begins them twice.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
};

use branchline_journal::record::Position;

/// Things that are being done. What the read models still show as open is not begun again until
/// they show what came of it.
#[derive(Debug)]
pub(super) struct InHand<K> {
    /// With the position of what came of it, once that is known.
    things: HashMap<K, Option<Position>>,
}

impl<K> Default for InHand<K> {
    fn default() -> Self {
        Self { things: HashMap::new() }
    }
}

impl<K: Eq + Hash> InHand<K> {
    /// Takes a thing in hand. False when it is already.
    pub(super) fn take(&mut self, thing: K) -> bool {
        match self.things.entry(thing) {
            Entry::Occupied(_) => false,
            Entry::Vacant(place) => {
                place.insert(None);
                true
            }
        }
    }

    /// What came of it is recorded: in hand until the read models show that.
    pub(super) fn recorded(&mut self, thing: K, position: Position) {
        self.things.insert(thing, Some(position));
    }

    /// Nothing came of it: may be begun again.
    pub(super) fn put_back(&mut self, thing: &K) {
        self.things.remove(thing);
    }

    /// The read models show everything up to here.
    pub(super) fn shown(&mut self, upto: Position) {
        self.things.retain(|_, position| position.is_none_or(|position| position > upto));
    }

    pub(super) fn contains(&self, thing: &K) -> bool {
        self.things.contains_key(thing)
    }

    pub(super) fn len(&self) -> usize {
        self.things.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_stays_in_hand_until_what_came_of_it_is_shown() {
        let mut things = InHand::default();
        assert!(things.take(1));
        assert!(!things.take(1));
        things.shown(Position(9));
        assert!(things.contains(&1), "nothing is known of it yet");
        things.recorded(1, Position(10));
        things.shown(Position(9));
        assert!(things.contains(&1));
        things.shown(Position(10));
        assert!(!things.contains(&1));
    }

    #[test]
    fn a_thing_that_was_put_back_can_be_taken_again() {
        let mut things = InHand::default();
        assert!(things.take(1));
        things.put_back(&1);
        assert_eq!(things.len(), 0);
        assert!(things.take(1));
    }
}
