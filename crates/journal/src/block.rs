//! Blocks, formats 1 and 2: what a store keeps under one key. A block holds the records of one
//! group commit or a part of them, never a part of a record.
//!
//! Numbers are big-endian.
//!
//! ```text
//! offset  bytes  what
//!      0      4  "BLBK"
//!      4      1  format, 1 or 2
//!      5      1  zero
//!      6      2  bytes in the block, all of them
//!      8      2  records in the block, at least 1
//!     10      8  position of the first record; the others follow without gaps
//!     18      8  epoch: which opening of the journal wrote the block
//!     26      8  base time: the first record's, µs since 1970 UTC
//!     34      4  checksum of the block before, 0 for the first block
//!     38     32  root of the hash tree over the block's records (RFC 9162, leaves are canonical bytes)
//!     70      n  the records, see `record_format`, names and times as in one block
//!   70+n      4  checksum: CRC-32 (IEEE) of everything before it
//! ```
//!
//! In format 2 the n bytes are 2 bytes, how long the records of format 1 are, and then those records as
//! one LZ4 block. Whoever writes takes the format that is shorter, so a block of few bytes, or of
//! bytes that do not compress, is of format 1. The checksum is over what is stored; the root is over
//! canonical bytes and knows of neither format.
//!
//! A checksum covers the one of the block before, so the checksum of the last block speaks for the
//! whole journal against accidents; against intent, the hash tree does. With its first bytes and its
//! length a block can be found in a file that its storage engine no longer opens.

mod building;
mod packing;

use std::{borrow::Cow, sync::Arc};

pub(crate) use self::building::{BlockBuilder, SealedBlock};
use self::packing::unpack;
use crate::{
    merkle::{self, Hash},
    record::{Micros, Position, Record, StreamId},
    record_format::{KnownNames, Names, put_canonical},
    wire::{FormatError, Input},
};

/// Largest block, stored or unpacked. Unit: bytes. Seventeen of them must stay below a quarter of the store's segment,
/// or sled moves them to files that it never syncs.
pub const BLOCK_BYTES_MAX: usize = 16 * 1024;

/// Number of the layout whose records are as they are.
pub const BLOCK_FORMAT: u8 = 1;

/// Number of the layout whose records are one LZ4 block.
pub const BLOCK_FORMAT_PACKED: u8 = 2;

/// First bytes of a block.
pub(crate) const MAGIC: [u8; 4] = *b"BLBK";
const HEADER_BYTES: usize = 70;
const CHECKSUM_BYTES: usize = 4;

/// What a block says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockHeader {
    /// Records in the block, at least 1.
    pub records: u16,
    /// Position of the first record.
    pub first: Position,
    /// Which opening of the journal wrote it.
    pub epoch: u64,
    /// Checksum of the block before, 0 for the first block.
    pub previous: u32,
    /// Root of the hash tree over the records.
    pub root: Hash,
    /// The block's own checksum.
    pub checksum: u32,
}

impl BlockHeader {
    /// Position of the last record.
    pub const fn last(&self) -> Position {
        Position(self.first.0 + self.records as u64 - 1)
    }
}

/// A block read back: sound by its checksum and its form, see [`Block::root_is_right`] for more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What it says about itself.
    pub header: BlockHeader,
    /// The records, in order.
    pub records: Vec<Arc<Record>>,
}

impl Block {
    /// Reads a block.
    ///
    /// # Errors
    ///
    /// [`FormatError`] for anything that the writer does not write. Every change of a single bit,
    /// and of several close together, is one.
    pub fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut records = Vec::new();
        let header = walk(bytes, |_| true, &mut records)?;
        Ok(Self { header, records })
    }

    /// Leaf hashes of the records, see [`crate::merkle`].
    pub fn leaves(&self) -> Vec<Hash> {
        let mut hasher = LeafHasher::default();
        self.records.iter().map(|record| hasher.hash(record)).collect()
    }

    /// Whether the root in the header is the one of the records.
    pub fn root_is_right(&self) -> bool {
        merkle::root(&self.leaves()) == self.header.root
    }
}

/// Hashes records one after the other, with buffers that are used again.
#[derive(Debug, Default)]
pub(crate) struct LeafHasher {
    bytes: Vec<u8>,
    names: Names,
}

impl LeafHasher {
    pub(crate) fn hash(&mut self, record: &Record) -> Hash {
        self.bytes.clear();
        put_canonical(&mut self.bytes, &mut self.names, record);
        merkle::leaf(&self.bytes)
    }
}

/// Reads a block, but gives only the records of one stream, up to a position: the others are parsed
/// and not built, which is ten times cheaper.
pub(crate) fn decode_stream(
    bytes: &[u8],
    stream: StreamId,
    until: Position,
) -> Result<(BlockHeader, Vec<Arc<Record>>), FormatError> {
    let mut records = Vec::new();
    let wanted = |place: (StreamId, Position)| place.0 == stream && place.1 <= until;
    let header = walk(bytes, wanted, &mut records)?;
    Ok((header, records))
}

fn walk(
    bytes: &[u8],
    wanted: impl Fn((StreamId, Position)) -> bool,
    records: &mut Vec<Arc<Record>>,
) -> Result<BlockHeader, FormatError> {
    let opened = open(bytes)?;
    let header = opened.header;
    let body = opened.body()?;
    let mut input = Input::new(&body);
    let mut names = KnownNames::default();
    let mut before = opened.base;
    for position in (header.first.0..=header.last().0).map(Position) {
        let parsed = names.parse(&mut input, position, before)?;
        before = parsed.recorded_at;
        if wanted((parsed.stream, position)) {
            records.push(Arc::new(names.build(&parsed, position, header.epoch)?));
        }
    }
    if input.left() > 0 {
        return Err(FormatError("bytes are left over after the last record"));
    }
    Ok(header)
}

/// Reads what a block says about itself, after its checksum was found right.
///
/// # Errors
///
/// [`FormatError`] when the checksum is wrong or the header is none.
pub fn decode_header(bytes: &[u8]) -> Result<BlockHeader, FormatError> {
    open(bytes).map(|opened| opened.header)
}

/// A block whose checksum is right and whose header was read.
struct Opened<'a> {
    header: BlockHeader,
    base: Micros,
    packed: bool,
    stored: &'a [u8],
}

impl<'a> Opened<'a> {
    /// The records as in format 1.
    fn body(&self) -> Result<Cow<'a, [u8]>, FormatError> {
        if self.packed {
            unpack(self.stored).map(Cow::Owned)
        } else {
            Ok(Cow::Borrowed(self.stored))
        }
    }
}

fn open(bytes: &[u8]) -> Result<Opened<'_>, FormatError> {
    if bytes.len() > BLOCK_BYTES_MAX {
        return Err(FormatError("the block is larger than 16 KiB"));
    }
    let Some((covered, checksum)) = bytes.split_last_chunk::<CHECKSUM_BYTES>() else {
        return Err(FormatError("the block is shorter than its checksum"));
    };
    let checksum = u32::from_be_bytes(*checksum);
    if crc32fast::hash(covered) != checksum {
        return Err(FormatError("the checksum is wrong"));
    }
    let mut input = Input::new(covered);
    if input.array()? != MAGIC {
        return Err(FormatError("the block does not begin as one"));
    }
    let packed = match input.array()? {
        [BLOCK_FORMAT, 0] => false,
        [BLOCK_FORMAT_PACKED, 0] => true,
        [_, _] => {
            return Err(FormatError("the block is of a newer format than this release reads"));
        }
    };
    if usize::from(u16::from_be_bytes(input.array()?)) != bytes.len() {
        return Err(FormatError("the block has not the length that it says"));
    }
    let records = u16::from_be_bytes(input.array()?);
    let first = Position(u64::from_be_bytes(input.array()?));
    let epoch = u64::from_be_bytes(input.array()?);
    let base = Micros(i64::from_be_bytes(input.array()?));
    let previous = u32::from_be_bytes(input.array()?);
    let root = input.array()?;
    if records == 0 || first.0 == 0 || first.0.checked_add(u64::from(records)).is_none() {
        return Err(FormatError("the block's positions are out of range"));
    }
    let header = BlockHeader { records, first, epoch, previous, root, checksum };
    Ok(Opened { header, base, packed, stored: input.take(input.left())? })
}

/// First bytes of a block that [`Stated`] is read from.
pub(crate) const STATED_BYTES: usize = 18;

/// What a block says about itself before its checksum was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stated {
    /// Bytes in the block, as many as a block can have.
    pub(crate) len: usize,
    pub(crate) records: u16,
    pub(crate) first: Position,
}

impl Stated {
    /// Reads it off the first bytes; `None` when no block begins so.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let mut input = Input::new(bytes.strip_prefix(&MAGIC)?);
        let _: [u8; 2] = input.array().ok()?;
        let len = usize::from(u16::from_be_bytes(input.array().ok()?));
        let records = u16::from_be_bytes(input.array().ok()?);
        let first = Position(u64::from_be_bytes(input.array().ok()?));
        (HEADER_BYTES..=BLOCK_BYTES_MAX).contains(&len).then_some(Self { len, records, first })
    }
}

#[cfg(test)]
pub(crate) mod tests;
