//! Finds a row's number by a key that the row itself holds.
//!
//! A map that owns its keys takes about forty bytes for each of 16; this takes five to seven. Places
//! are kept in many small tables, each of which grows alone: no append waits until the places of a
//! million rows have been moved, and no large table is held twice.

/// Stands for "no row".
const NONE: u32 = u32::MAX;

/// Tables. The highest bits of a hash name one.
const TABLES: usize = 256;

/// Places of the smallest table that is not empty.
const PLACES_MIN: usize = 4;

/// Row numbers by the hash of their keys.
#[derive(Debug)]
pub(super) struct Slots {
    tables: Vec<Table>,
}

/// Open addressing with linear probing; a quarter of the places are free at least.
#[derive(Clone, Debug, Default)]
struct Table {
    places: Vec<u32>,
    used: usize,
}

impl Default for Slots {
    fn default() -> Self {
        Self { tables: vec![Table::default(); TABLES] }
    }
}

impl Slots {
    /// The row for which `is_it` holds, among those with about this hash.
    pub(super) fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let table = self.tables.get(number(hash))?;
        let (_, row) = table.search(hash, is_it)?;
        Some(row)
    }

    /// Adds a row whose key is not there yet. `hash_of` gives the hash of any row's key.
    pub(super) fn insert(&mut self, hash: u64, row: u32, hash_of: impl Fn(u32) -> u64) {
        if let Some(table) = self.tables.get_mut(number(hash)) {
            table.insert(hash, row, hash_of);
        }
    }

    /// Puts another row in the place of one with the same key.
    pub(super) fn replace(&mut self, hash: u64, old: u32, new: u32) {
        let Some(table) = self.tables.get_mut(number(hash)) else { return };
        if let Some((place, _)) = table.search(hash, |row| row == old) {
            table.set(place, new);
        }
    }

    /// Takes a row out.
    pub(super) fn remove(&mut self, hash: u64, row: u32, hash_of: impl Fn(u32) -> u64) {
        if let Some(table) = self.tables.get_mut(number(hash)) {
            table.remove(hash, row, hash_of);
        }
    }

    /// Memory of the places. Unit: bytes.
    pub(super) fn bytes(&self) -> usize {
        let places: usize = self.tables.iter().map(|table| table.places.capacity()).sum();
        places * size_of::<u32>() + TABLES * size_of::<Table>()
    }
}

const fn number(hash: u64) -> usize {
    let [highest, ..] = hash.to_be_bytes();
    highest as usize
}

impl Table {
    /// Where the probing for a hash begins: the bits below those that named the table, scaled to as
    /// many places as there are.
    #[expect(clippy::cast_possible_truncation, reason = "less than the number of places")]
    fn home(&self, hash: u64) -> usize {
        let places = self.places.len() as u64;
        (hash << 8).carrying_mul(places, 0).1 as usize
    }

    fn at(&self, place: usize) -> u32 {
        self.places.get(place).copied().unwrap_or(NONE)
    }

    fn set(&mut self, place: usize, row: u32) {
        if let Some(slot) = self.places.get_mut(place) {
            *slot = row;
        }
    }

    const fn after(&self, place: usize) -> usize {
        if place + 1 < self.places.len() { place + 1 } else { 0 }
    }

    /// How far a place lies behind another one, going round.
    const fn way(&self, from: usize, to: usize) -> usize {
        if to >= from { to - from } else { to + self.places.len() - from }
    }

    fn search(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<(usize, u32)> {
        let mut place = self.home(hash);
        loop {
            // An empty table reads as free as well.
            let row = self.at(place);
            if row == NONE {
                return None;
            }
            if is_it(row) {
                return Some((place, row));
            }
            place = self.after(place);
        }
    }

    fn insert(&mut self, hash: u64, row: u32, hash_of: impl Fn(u32) -> u64) {
        // Three quarters full at most: beyond that, linear probing slows down.
        if (self.used + 1) * 4 > self.places.len() * 3 {
            let wider = (self.places.len() + self.places.len() / 3).max(PLACES_MIN);
            let old = std::mem::replace(&mut self.places, vec![NONE; wider]);
            for moved in old.into_iter().filter(|&row| row != NONE) {
                self.put(hash_of(moved), moved);
            }
        }
        self.put(hash, row);
        self.used += 1;
    }

    /// Into the first free place; there is one.
    fn put(&mut self, hash: u64, row: u32) {
        let mut place = self.home(hash);
        while self.at(place) != NONE {
            place = self.after(place);
        }
        self.set(place, row);
    }

    fn remove(&mut self, hash: u64, row: u32, hash_of: impl Fn(u32) -> u64) {
        let Some((mut hole, _)) = self.search(hash, |found| found == row) else { return };
        self.used -= 1;
        // Rows behind the hole move up, unless that would put one before its home.
        let mut place = self.after(hole);
        loop {
            let behind = self.at(place);
            if behind == NONE {
                break;
            }
            let home = self.home(hash_of(behind));
            if self.way(home, place) >= self.way(hole, place) {
                self.set(hole, behind);
                hole = place;
            }
            place = self.after(place);
        }
        self.set(hole, NONE);
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, hash::BuildHasher};

    use proptest::prelude::*;

    use super::*;
    use crate::index::id_hash::IdHash;

    #[derive(Clone, Debug)]
    enum Step {
        Put(u16),
        Replace(u16),
        Remove(u16),
    }

    fn step() -> impl Strategy<Value = Step> {
        // Few keys, so that steps meet; a hash that makes them collide.
        let key = 0..96_u16;
        prop_oneof![
            3 => key.clone().prop_map(Step::Put),
            1 => key.clone().prop_map(Step::Replace),
            3 => key.prop_map(Step::Remove),
        ]
    }

    /// All in one table, and a third of them at home in its last places, so that probing goes round.
    fn crowded(key: u16) -> u64 {
        if key.is_multiple_of(3) { 0x00ff_ffff_ffff_0000 } else { u64::from(key % 7) << 52 }
    }

    proptest! {
        #[test]
        fn a_row_is_found_like_in_a_plain_map(steps in proptest::collection::vec(step(), 0..400)) {
            let mut slots = Slots::default();
            let mut keys: Vec<u16> = Vec::new();
            let mut plain: HashMap<u16, u32> = HashMap::new();
            for step in steps {
                match step {
                    Step::Put(key) if !plain.contains_key(&key) => {
                        let row = u32::try_from(keys.len()).unwrap();
                        keys.push(key);
                        slots.insert(crowded(key), row, |row| crowded(keys[row as usize]));
                        plain.insert(key, row);
                    }
                    Step::Replace(key) if plain.contains_key(&key) => {
                        let row = u32::try_from(keys.len()).unwrap();
                        keys.push(key);
                        slots.replace(crowded(key), plain[&key], row);
                        plain.insert(key, row);
                    }
                    Step::Remove(key) if plain.contains_key(&key) => {
                        let row = plain.remove(&key).unwrap();
                        slots.remove(crowded(key), row, |row| crowded(keys[row as usize]));
                    }
                    Step::Put(_) | Step::Replace(_) | Step::Remove(_) => {}
                }
                for key in 0..96 {
                    let found = slots.find(crowded(key), |row| keys[row as usize] == key);
                    prop_assert_eq!(found, plain.get(&key).copied());
                }
            }
        }
    }

    #[test]
    fn ids_of_one_moment_fill_the_tables_evenly_and_take_at_most_eight_bytes_a_row() {
        let hash = IdHash::default();
        // Like UUIDs of version 7 in order: the beginning hardly differs.
        let key = |row: u32| ((0x0192_u128 << 112) | u128::from(row)).to_be_bytes();
        let mut slots = Slots::default();
        for row in 0..400_000 {
            slots.insert(hash.hash_one(key(row)), row, |row| hash.hash_one(key(row)));
        }
        assert!(slots.bytes() < 400_000 * 8, "{} bytes", slots.bytes());
        for row in (0..400_000).step_by(1_000) {
            let found = slots.find(hash.hash_one(key(row)), |found| found == row);
            assert_eq!(found, Some(row));
        }
    }
}
