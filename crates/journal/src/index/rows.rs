//! Rows by number, in chunks that never move.

/// Rows in one chunk. A plain `Vec` doubles, and would hold one and a half times the memory while it
/// copies.
const CHUNK_ROWS: u32 = 4_096;

/// Rows by number, from 0 in the order they came. At most `u32::MAX` of them, far beyond what fits
/// in memory.
#[derive(Debug)]
pub(super) struct Rows<T> {
    chunks: Vec<Vec<T>>,
    len: u32,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), len: 0 }
    }
}

impl<T> Rows<T> {
    pub(super) const fn len(&self) -> u32 {
        self.len
    }

    /// Adds a row and gives its number.
    pub(super) fn push(&mut self, row: T) -> u32 {
        let number = self.len;
        if number.is_multiple_of(CHUNK_ROWS) {
            // The first chunk grows as it likes: small journals stay small.
            let capacity = if number == 0 { 0 } else { CHUNK_ROWS as usize };
            self.chunks.push(Vec::with_capacity(capacity));
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.push(row);
        }
        self.len += 1;
        number
    }

    pub(super) fn get(&self, number: u32) -> Option<&T> {
        self.chunks.get((number / CHUNK_ROWS) as usize)?.get((number % CHUNK_ROWS) as usize)
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.chunks.get_mut((number / CHUNK_ROWS) as usize)?.get_mut((number % CHUNK_ROWS) as usize)
    }

    /// All rows in order of their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flatten()
    }

    /// Memory of the chunks. Unit: bytes.
    pub(super) fn bytes(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.capacity() * size_of::<T>()).sum()
    }
}
