//! Stream heads: 30 bytes a stream and its place.

use std::hash::BuildHasher;

use uuid::Uuid;

use super::{id_hash::IdHash, rows::Rows, slots::Slots};
use crate::{
    record::{Position, StreamId, StreamKind, Version},
    store::StreamHead,
};

/// A count of records or events in six bytes: enough for a million a second during nine years. More
/// reads as the largest one, which no append goes on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Count([u8; 6]);

impl Count {
    const MAX: u64 = (1 << 48) - 1;

    pub(super) fn of(value: u64) -> Self {
        let [_, _, count @ ..] = value.min(Self::MAX).to_be_bytes();
        Self(count)
    }

    pub(super) const fn get(self) -> u64 {
        let mut bytes = [0; 8];
        let (_, count) = bytes.split_at_mut(2);
        count.copy_from_slice(&self.0);
        u64::from_be_bytes(bytes)
    }
}

/// Bytes only, so that nothing is lost to alignment.
#[derive(Debug)]
struct Row {
    id: [u8; 16],
    kind: [u8; 2],
    position: Count,
    version: Count,
}

const _: () = assert!(size_of::<Row>() == 30);

impl Row {
    const fn stream(&self) -> StreamId {
        let kind = StreamKind(u16::from_be_bytes(self.kind));
        StreamId { kind, id: Uuid::from_bytes(self.id) }
    }

    const fn head(&self) -> StreamHead {
        StreamHead { position: Position(self.position.get()), version: Version(self.version.get()) }
    }
}

/// Streams in the order in which they began, and the last record of each. They never end.
#[derive(Debug, Default)]
pub(super) struct Streams {
    rows: Rows<Row>,
    slots: Slots,
    hash: IdHash,
}

impl Streams {
    pub(super) const fn len(&self) -> u32 {
        self.rows.len()
    }

    pub(super) fn head(&self, stream: StreamId) -> Option<StreamHead> {
        self.rows.get(self.number(stream)?).map(Row::head)
    }

    /// The number of a stream, as claims name it.
    pub(super) fn number(&self, stream: StreamId) -> Option<u32> {
        let Self { rows, slots, hash } = self;
        let is_it = |number| rows.get(number).is_some_and(|row| row.stream() == stream);
        slots.find(hash.hash_one(stream), is_it)
    }

    /// The stream with this number.
    pub(super) fn stream(&self, number: u32) -> Option<StreamId> {
        self.rows.get(number).map(Row::stream)
    }

    /// Puts a new head; gives the stream's number.
    pub(super) fn set(&mut self, stream: StreamId, head: StreamHead) -> u32 {
        let position = Count::of(head.position.0);
        let version = Count::of(head.version.0);
        if let Some(number) = self.number(stream) {
            if let Some(row) = self.rows.get_mut(number) {
                (row.position, row.version) = (position, version);
            }
            return number;
        }
        let kind = stream.kind.0.to_be_bytes();
        let row = Row { id: stream.id.into_bytes(), kind, position, version };
        let number = self.rows.push(row);
        let Self { rows, slots, hash } = self;
        let hash_of = |number| rows.get(number).map_or(0, |row| hash.hash_one(row.stream()));
        slots.insert(hash.hash_one(stream), number, hash_of);
        number
    }

    /// All streams in order of their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (StreamId, StreamHead)> {
        self.rows.iter().map(|row| (row.stream(), row.head()))
    }

    /// Memory. Unit: bytes.
    pub(super) fn bytes(&self) -> usize {
        self.rows.bytes() + self.slots.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_keeps_48_bits_and_never_wraps() {
        for value in [0, 1, 255, 256, 1 << 40, Count::MAX] {
            assert_eq!(Count::of(value).get(), value);
        }
        assert_eq!(Count::of(u64::MAX).get(), Count::MAX);
    }
}
