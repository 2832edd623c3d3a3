//! Where a million rows live: chunks that never move, and indexes that do not repeat the keys.

use std::sync::Arc;

/// Stands for "no row" where a row's number is kept.
pub(crate) const NONE: u32 = u32::MAX;

/// Rows in one chunk. A plain `Vec` doubles, and would hold twice the memory while it copies.
const CHUNK_ROWS: u32 = 4_096;

/// Neighbouring rows.
pub(crate) type Chunk<T> = Arc<Vec<T>>;

/// Rows by number, from 0 in the order they came. At most `u32::MAX` of them, far beyond what fits
/// in memory.
///
/// A clone shares the chunks: it costs little however many rows there are, and a chunk is copied
/// when one of the two changes it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rows<T> {
    chunks: Vec<Chunk<T>>,
    len: u32,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), len: 0 }
    }
}

impl<T: Clone> Rows<T> {
    pub(crate) const fn len(&self) -> u32 {
        self.len
    }

    /// Adds a row and gives its number.
    pub(crate) fn push(&mut self, row: T) -> u32 {
        let number = self.len;
        if number.is_multiple_of(CHUNK_ROWS) {
            // The first chunk grows as it likes: small journals stay small.
            let capacity = if number == 0 { 0 } else { CHUNK_ROWS as usize };
            self.chunks.push(Arc::new(Vec::with_capacity(capacity)));
        }
        if let Some(chunk) = self.chunks.last_mut() {
            Arc::make_mut(chunk).push(row);
        }
        self.len += 1;
        number
    }

    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        self.chunks.get((number / CHUNK_ROWS) as usize)?.get((number % CHUNK_ROWS) as usize)
    }

    pub(crate) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        let chunk = self.chunks.get_mut((number / CHUNK_ROWS) as usize)?;
        Arc::make_mut(chunk).get_mut((number % CHUNK_ROWS) as usize)
    }

    /// All rows with their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (0..).zip(self.chunks.iter().flat_map(|chunk| chunk.iter()))
    }

    /// The chunks, in order.
    pub(crate) fn into_chunks(self) -> std::vec::IntoIter<Chunk<T>> {
        self.chunks.into_iter()
    }
}

/// Finds a row's number by a 16-byte key that the row itself holds. Keeps four to eleven bytes a
/// row, where a map that owns its keys takes about forty. Rows are never taken out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    /// Row numbers, placed by hash with linear probing; a power of two of them.
    slots: Vec<u32>,
    used: usize,
}

impl PartialEq for Index {
    /// Whether the same rows are in it, wherever the order of their coming has put them.
    fn eq(&self, other: &Self) -> bool {
        self.used == other.used && self.rows() == other.rows()
    }
}

impl Index {
    const SLOTS_MIN: usize = 16;

    /// An index that takes this many rows before it grows.
    pub(crate) fn with_room_for(rows: u32) -> Self {
        let slots = (rows as usize * 4).div_ceil(3).next_power_of_two().max(Self::SLOTS_MIN);
        Self { slots: vec![NONE; slots], used: 0 }
    }

    /// The rows in it, in order.
    fn rows(&self) -> Vec<u32> {
        let mut rows: Vec<u32> = self.slots.iter().copied().filter(|&row| row != NONE).collect();
        rows.sort_unstable();
        rows
    }

    /// The row for which `has_key` holds, among those with this key's hash.
    pub(crate) fn find(&self, key: [u8; 16], has_key: impl Fn(u32) -> bool) -> Option<u32> {
        self.probe(hash(key))
            .map_while(|slot| self.slots.get(slot).copied().filter(|&row| row != NONE))
            .find(|&row| has_key(row))
    }

    /// Adds a row whose key is not there yet. `key_of` gives the key of any row added before.
    pub(crate) fn insert(&mut self, key: [u8; 16], row: u32, key_of: impl Fn(u32) -> [u8; 16]) {
        // Three quarters full at most: beyond that, linear probing slows down.
        if (self.used + 1) * 4 > self.slots.len() * 3 {
            let wider = (self.slots.len() * 2).max(Self::SLOTS_MIN);
            let old = std::mem::replace(&mut self.slots, vec![NONE; wider]);
            for moved in old.into_iter().filter(|&row| row != NONE) {
                self.place(key_of(moved), moved);
            }
        }
        self.place(key, row);
        self.used += 1;
    }

    /// Puts another row in the place of one with the same key.
    pub(crate) fn replace(&mut self, key: [u8; 16], old: u32, new: u32) {
        let place = self.probe(hash(key)).find(|&slot| self.slots.get(slot) == Some(&old));
        if let Some(slot) = place.and_then(|slot| self.slots.get_mut(slot)) {
            *slot = new;
        }
    }

    fn place(&mut self, key: [u8; 16], row: u32) {
        let free = self.probe(hash(key)).find(|&slot| self.slots.get(slot) == Some(&NONE));
        if let Some(slot) = free.and_then(|slot| self.slots.get_mut(slot)) {
            *slot = row;
        }
    }

    /// Every slot once, from the one the hash names.
    fn probe(&self, hash: usize) -> impl Iterator<Item = usize> + use<> {
        let count = self.slots.len();
        (0..count).map(move |step| hash.wrapping_add(step) & (count - 1))
    }
}

/// Ids are minted and tags are keyed here, so nobody outside can aim for collisions.
#[expect(clippy::cast_possible_truncation, reason = "halves of a number, and a hash")]
const fn hash(key: [u8; 16]) -> usize {
    let number = u128::from_le_bytes(key);
    let folded = (number as u64) ^ ((number >> 64) as u64).rotate_left(29);
    let mixed = folded.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 32)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_key_after_the_index_has_grown() {
        let mut rows = Rows::default();
        let mut index = Index::default();
        for number in 0..10_000_u128 {
            // Like UUIDs of version 7: the beginning hardly differs.
            let key = ((0x0192_u128 << 112) | number).to_be_bytes();
            let row = rows.push(key);
            index.insert(key, row, |row| *rows.get(row).unwrap());
        }
        assert_eq!(rows.len(), 10_000);
        for row in 0..rows.len() {
            let key = *rows.get(row).unwrap();
            assert_eq!(index.find(key, |found| rows.get(found) == Some(&key)), Some(row));
        }
        let absent = [9; 16];
        assert_eq!(index.find(absent, |found| rows.get(found) == Some(&absent)), None);
    }

    #[test]
    fn an_empty_index_finds_nothing() {
        assert_eq!(Index::default().find([0; 16], |_| true), None);
    }
}
