//! Idempotency keys that are still remembered.

use std::collections::{HashMap, VecDeque};

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{KeyRetention, id_hash::IdHash};
use crate::{
    record::{Micros, Position},
    store::KnownKey,
    wire::{FormatError, Input, put_len, put_signed, put_varint},
};

/// Half a SHA-256 of organisation and key: a fixed size, and no two keys of a journal share one.
pub(crate) type Fingerprint = [u8; 16];

pub(super) fn fingerprint(organisation: Uuid, key: &str) -> Fingerprint {
    let whole: [u8; 32] =
        Sha256::new().chain_update(organisation.as_bytes()).chain_update(key).finalize().into();
    let (half, _) = whole.split_at(16);
    let mut print = [0; 16];
    print.copy_from_slice(half);
    print
}

/// Keys by fingerprint, and in the order they were recorded.
#[derive(Debug, Default)]
pub(super) struct Keys {
    retention: KeyRetention,
    /// Newest time of any record. Never goes back, so a clock that did cannot revive a key.
    newest: Micros,
    known: HashMap<Fingerprint, KnownKey, IdHash>,
    order: VecDeque<(Micros, Position, Fingerprint)>,
}

impl Keys {
    pub(super) fn new(retention: KeyRetention) -> Self {
        Self { retention, newest: Micros(i64::MIN), ..Self::default() }
    }

    pub(super) fn get(&self, print: &Fingerprint) -> Option<KnownKey> {
        self.known.get(print).copied()
    }

    /// Moves the time on by a record, with its key if it has one, and forgets what is due.
    pub(super) fn advance(&mut self, at: Micros, key: Option<(Fingerprint, KnownKey)>) {
        self.newest = self.newest.max(at);
        if let Some((print, known)) = key {
            self.known.insert(print, known);
            self.order.push_back((self.newest, known.position, print));
        }
        let ttl = i64::try_from(self.retention.ttl.as_micros()).unwrap_or(i64::MAX);
        let oldest = Micros(self.newest.0.saturating_sub(ttl));
        while let Some((recorded, position, print)) = self.order.front() {
            if self.order.len() <= self.retention.keys_max && *recorded >= oldest {
                break;
            }
            // A key used again after it was forgotten belongs to the newer record.
            if self.known.get(print).is_some_and(|known| known.position == *position) {
                self.known.remove(print);
            }
            self.order.pop_front();
        }
    }

    /// Appends the keys, oldest first.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        put_signed(out, self.newest.0);
        let known = || {
            self.order.iter().filter_map(|(at, position, print)| {
                let known = self.known.get(print)?;
                (known.position == *position).then_some((at, print, known))
            })
        };
        put_len(out, known().count());
        for (at, print, known) in known() {
            put_signed(out, at.0);
            put_varint(out, known.position.0);
            out.extend_from_slice(print);
            out.extend_from_slice(&known.digest);
        }
    }

    pub(super) fn read(
        input: &mut Input<'_>,
        retention: KeyRetention,
    ) -> Result<Self, FormatError> {
        let mut keys = Self::new(retention);
        keys.newest = Micros(input.signed()?);
        let count: usize = input.small()?;
        for _ in 0..count {
            let at = Micros(input.signed()?);
            let position = Position(input.varint()?);
            let print = input.array()?;
            let known = KnownKey { position, digest: input.array()? };
            keys.known.insert(print, known);
            keys.order.push_back((at, position, print));
        }
        Ok(keys)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ORGANISATION: Uuid = Uuid::from_u128(1);

    fn keep(keys: &mut Keys, at: i64, key: &str, position: u64) {
        let known = KnownKey { position: Position(position), digest: [0; 32] };
        keys.advance(Micros(at), Some((fingerprint(ORGANISATION, key), known)));
    }

    fn position(keys: &Keys, key: &str) -> Option<u64> {
        keys.get(&fingerprint(ORGANISATION, key)).map(|known| known.position.0)
    }

    fn keys(ttl_micros: u64, keys_max: usize) -> Keys {
        Keys::new(KeyRetention { ttl: Duration::from_micros(ttl_micros), keys_max })
    }

    #[test]
    fn a_key_is_forgotten_when_its_time_is_over_by_the_times_of_the_records() {
        let mut keys = keys(100, 10);
        keep(&mut keys, 1_000, "a", 1);
        keys.advance(Micros(1_100), None);
        assert_eq!(position(&keys, "a"), Some(1));
        keys.advance(Micros(1_101), None);
        assert_eq!(position(&keys, "a"), None);
        // A clock that went back does not bring time back.
        keep(&mut keys, 5, "b", 2);
        keys.advance(Micros(1_150), None);
        assert_eq!(position(&keys, "b"), Some(2));
    }

    #[test]
    fn the_oldest_key_goes_when_there_are_too_many() {
        let mut keys = keys(1_000, 2);
        for (at, key) in [(1, "a"), (2, "b"), (3, "c")] {
            keep(&mut keys, at, key, at.unsigned_abs());
        }
        assert_eq!(["a", "b", "c"].map(|key| position(&keys, key)), [None, Some(2), Some(3)]);
    }

    #[test]
    fn a_key_used_again_after_it_was_forgotten_lives_its_whole_second_life() {
        let mut keys = keys(100, 10);
        keep(&mut keys, 0, "a", 1);
        keep(&mut keys, 150, "a", 2);
        keys.advance(Micros(240), None);
        assert_eq!(position(&keys, "a"), Some(2));
    }
}
