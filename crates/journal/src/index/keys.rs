//! Idempotency keys that are still remembered.

use std::{
    collections::VecDeque,
    hash::BuildHasher,
    io::{self, Read, Write},
};

use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{KeyRetention, id_hash::IdHash, slots::Slots, streams::Count};
use crate::{
    record::{Micros, Position},
    store::KnownKey,
    wire::{
        flow::{FlowError, Inflow, Outflow},
        put_len, put_signed, put_varint,
    },
};

/// Half a SHA-256 of organisation and key: a fixed size, and no two keys of a journal share one.
pub(crate) type Fingerprint = [u8; 16];

/// See [`Fingerprint`].
pub(super) fn fingerprint(organisation: Uuid, key: &str) -> Fingerprint {
    let whole: [u8; 32] =
        Sha256::new().chain_update(organisation.as_bytes()).chain_update(key).finalize().into();
    let (half, _) = whole.split_at(16);
    let mut print = [0; 16];
    print.copy_from_slice(half);
    print
}

/// Keys in one chunk.
const CHUNK_KEYS: u32 = 1_024;

/// A key that is remembered. Bytes only, so that nothing is lost to alignment.
#[derive(Debug)]
struct Row {
    print: Fingerprint,
    digest: [u8; 32],
    at: [u8; 8],
    position: Count,
}

const _: () = assert!(size_of::<Row>() == 62);

impl Row {
    const fn at(&self) -> Micros {
        Micros(i64::from_be_bytes(self.at))
    }

    const fn known(&self) -> KnownKey {
        KnownKey { position: Position(self.position.get()), digest: self.digest }
    }
}

/// Keys in the order they were recorded: in chunks, because a queue that doubles holds one and a half
/// times the memory while it copies. A row keeps its number until it goes; numbers go round.
#[derive(Debug, Default)]
struct Line {
    chunks: VecDeque<VecDeque<Row>>,
    /// Number of the first row.
    first: u32,
    /// Rows of the first chunk that are gone.
    gone: u32,
    len: u32,
}

impl Line {
    fn get(&self, number: u32) -> Option<&Row> {
        let place = number.wrapping_sub(self.first).checked_add(self.gone)?;
        let (chunk, place) = (place / CHUNK_KEYS, place % CHUNK_KEYS);
        let gone = if chunk == 0 { self.gone } else { 0 };
        self.chunks.get(chunk as usize)?.get(place.checked_sub(gone)? as usize)
    }

    fn push(&mut self, row: Row) -> u32 {
        if (self.gone + self.len).is_multiple_of(CHUNK_KEYS) {
            // The first chunk grows as it likes: most journals have few keys.
            let capacity = if self.len == 0 { 0 } else { CHUNK_KEYS as usize };
            self.chunks.push_back(VecDeque::with_capacity(capacity));
        }
        if let Some(chunk) = self.chunks.back_mut() {
            chunk.push_back(row);
        }
        let number = self.first.wrapping_add(self.len);
        self.len += 1;
        number
    }

    /// Takes the first row, with its number.
    fn pop(&mut self) -> Option<(u32, Row)> {
        let row = self.chunks.front_mut()?.pop_front()?;
        let number = self.first;
        self.first = self.first.wrapping_add(1);
        self.len -= 1;
        self.gone += 1;
        if self.gone == CHUNK_KEYS {
            self.chunks.pop_front();
            self.gone = 0;
        }
        Some((number, row))
    }

    fn iter(&self) -> impl Iterator<Item = (u32, &Row)> {
        let rows = self.chunks.iter().flatten();
        rows.zip(0..).map(|(row, place)| (self.first.wrapping_add(place), row))
    }
}

/// Keys by fingerprint, and in the order they were recorded.
#[derive(Debug, Default)]
pub(super) struct Keys {
    retention: KeyRetention,
    /// Newest time of any record. Never goes back, so a clock that did cannot revive a key.
    newest: Micros,
    line: Line,
    slots: Slots,
    hash: IdHash,
}

impl Keys {
    pub(super) fn new(retention: KeyRetention) -> Self {
        Self { retention, newest: Micros(i64::MIN), ..Self::default() }
    }

    pub(super) fn get(&self, print: &Fingerprint) -> Option<KnownKey> {
        self.line.get(self.number(print)?).map(Row::known)
    }

    /// The newest row with a fingerprint.
    fn number(&self, print: &Fingerprint) -> Option<u32> {
        let is_it = |number| self.line.get(number).is_some_and(|row| row.print == *print);
        self.slots.find(self.hash.hash_one(print), is_it)
    }

    /// Moves the time on by a record, with its key if it has one, and forgets what is due.
    pub(super) fn advance(&mut self, at: Micros, key: Option<(Fingerprint, KnownKey)>) {
        self.newest = self.newest.max(at);
        if let Some((print, known)) = key {
            self.push(self.newest, print, &known);
        }
        let ttl = i64::try_from(self.retention.ttl.as_micros()).unwrap_or(i64::MAX);
        let oldest = Micros(self.newest.0.saturating_sub(ttl));
        while let Some(row) = self.line.get(self.line.first) {
            if self.line.len as usize <= self.retention.keys_max && row.at() >= oldest {
                break;
            }
            self.forget_first();
        }
    }

    fn push(&mut self, at: Micros, print: Fingerprint, known: &KnownKey) {
        let hash = self.hash.hash_one(print);
        let old = self.number(&print);
        let position = Count::of(known.position.0);
        let row = Row { print, digest: known.digest, at: at.0.to_be_bytes(), position };
        let number = self.line.push(row);
        // Used again, after it was forgotten or under a shorter setting: the fingerprint belongs to the
        // newer record.
        if let Some(old) = old {
            self.slots.replace(hash, old, number);
            return;
        }
        let Self { line, slots, hash: hasher, .. } = self;
        let hash_of = |number| line.get(number).map_or(0, |row| hasher.hash_one(row.print));
        slots.insert(hash, number, hash_of);
    }

    fn forget_first(&mut self) {
        let Self { line, slots, hash, .. } = self;
        // Taken out of the slots first: they look at the row. A newer row with its fingerprint stays.
        if let Some(row) = line.get(line.first) {
            let hash_of = |number| line.get(number).map_or(0, |row| hash.hash_one(row.print));
            slots.remove(hash.hash_one(row.print), line.first, hash_of);
        }
        line.pop();
    }

    /// Writes the keys, oldest first.
    pub(super) fn put(&self, out: &mut Outflow<impl Write>) -> io::Result<()> {
        let known = || {
            let rows = self.line.iter();
            rows.filter(|(number, row)| self.number(&row.print) == Some(*number))
        };
        put_signed(out.piece()?, self.newest.0);
        put_len(out.piece()?, known().count());
        for (_, row) in known() {
            let piece = out.piece()?;
            put_signed(piece, row.at().0);
            put_varint(piece, row.position.get());
            piece.extend_from_slice(&row.print);
            piece.extend_from_slice(&row.digest);
        }
        Ok(())
    }

    pub(super) fn read(
        flow: &mut Inflow<impl Read>,
        retention: KeyRetention,
    ) -> Result<Self, FlowError> {
        let mut keys = Self::new(retention);
        keys.newest = Micros(flow.signed()?);
        for _ in 0..flow.number::<u32>()? {
            let (at, print, known) = flow.piece(|input| {
                let at = Micros(input.signed()?);
                let position = Position(input.varint()?);
                let print = input.array()?;
                Ok((at, print, KnownKey { position, digest: input.array()? }))
            })?;
            keys.push(at, print, &known);
        }
        Ok(keys)
    }

    /// Memory. Unit: bytes.
    pub(super) fn bytes(&self) -> usize {
        let rows: usize = self.line.chunks.iter().map(VecDeque::capacity).sum();
        rows * size_of::<Row>() + self.slots.bytes()
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

    #[test]
    fn keys_come_and_go_over_many_chunks() {
        let mut keys = keys(u64::MAX, 2_500);
        for number in 0..20_000 {
            keep(&mut keys, 1, &number.to_string(), number);
            assert_eq!(position(&keys, &number.to_string()), Some(number));
            let kept = number.checked_sub(2_499);
            assert_eq!(kept.and_then(|first| position(&keys, &first.to_string())), kept);
            let gone = number.checked_sub(2_500);
            assert_eq!(gone.and_then(|gone| position(&keys, &gone.to_string())), None);
        }
        assert!(keys.line.chunks.len() <= 4, "{} chunks", keys.line.chunks.len());
        let numbers = keys.line.iter().map(|(number, _)| number);
        assert!(numbers.eq(17_500..20_000));
    }
}
