//! Blocks out of records.

use std::mem;

use super::{
    BLOCK_BYTES_MAX, BLOCK_FORMAT, BLOCK_FORMAT_PACKED, CHECKSUM_BYTES, HEADER_BYTES, MAGIC,
    packing::Packer,
};
use crate::{
    merkle::{self, Hash},
    record::{Micros, Position, Record},
    record_format::{Names, put_record},
};

/// Builds blocks one after the other, with buffers that are used again.
#[derive(Debug, Default)]
pub(crate) struct BlockBuilder {
    /// Room for the header, and the records as in format 1.
    bytes: Vec<u8>,
    packer: Packer,
    names: Names,
    leaves: Vec<Hash>,
    first: Position,
    epoch: u64,
    base: Micros,
    before: Micros,
}

impl BlockBuilder {
    /// Adds a record, given its canonical bytes too; `false` when the block is full, or of another
    /// epoch, and must be finished first. A record of at most [`crate::record::RECORD_BYTES_MAX`] canonical bytes
    /// always fits an empty block.
    pub(crate) fn push(&mut self, record: &Record, canonical: &[u8]) -> bool {
        // In a block a name may cost one byte more than in canonical bytes (its number is larger),
        // and the time nine.
        let bound = canonical.len() + record.body.events.len() + 16;
        if self.leaves.is_empty() {
            self.bytes.resize(HEADER_BYTES, 0);
            self.first = record.position;
            self.epoch = record.epoch;
            self.base = record.body.recorded_at;
            self.before = self.base;
        } else if self.bytes.len() + bound + CHECKSUM_BYTES > BLOCK_BYTES_MAX
            || self.leaves.len() >= usize::from(u16::MAX)
            || self.epoch != record.epoch
        {
            return false;
        }
        put_record(&mut self.bytes, &mut self.names, self.before, record);
        self.before = record.body.recorded_at;
        self.leaves.push(merkle::leaf(canonical));
        true
    }

    /// The finished block after the one with checksum `previous`, or `None` when it is empty. The
    /// builder is empty afterwards.
    pub(crate) fn finish(&mut self, previous: u32) -> Option<SealedBlock> {
        if self.leaves.is_empty() {
            return None;
        }
        let records = u16::try_from(self.leaves.len()).unwrap_or(u16::MAX);
        let root = merkle::root(&self.leaves);
        let body = self.bytes.get(HEADER_BYTES..).unwrap_or_default();
        let (format, body) = match self.packer.pack(body) {
            Some(packed) => (BLOCK_FORMAT_PACKED, packed),
            None => (BLOCK_FORMAT, body),
        };
        let len = HEADER_BYTES + body.len() + CHECKSUM_BYTES;
        let mut bytes = Vec::with_capacity(len);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&[format, 0]);
        bytes.extend_from_slice(&u16::try_from(len).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend_from_slice(&records.to_be_bytes());
        bytes.extend_from_slice(&self.first.0.to_be_bytes());
        bytes.extend_from_slice(&self.epoch.to_be_bytes());
        bytes.extend_from_slice(&self.base.0.to_be_bytes());
        bytes.extend_from_slice(&previous.to_be_bytes());
        bytes.extend_from_slice(&root);
        bytes.extend_from_slice(body);
        let checksum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&checksum.to_be_bytes());
        let sealed = SealedBlock {
            first: self.first,
            checksum,
            bytes: bytes.into(),
            leaves: mem::take(&mut self.leaves),
        };
        self.discard();
        Some(sealed)
    }

    /// Forgets what was pushed since the last block was finished.
    pub(crate) fn discard(&mut self) {
        self.bytes.clear();
        self.names.clear();
        self.leaves.clear();
    }
}

/// A block ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SealedBlock {
    pub(crate) first: Position,
    pub(crate) checksum: u32,
    pub(crate) bytes: Box<[u8]>,
    /// Leaf hashes of its records.
    pub(crate) leaves: Vec<Hash>,
}
