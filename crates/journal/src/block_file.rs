//! The block file, format 1: a journal in one file, with its blocks byte for byte. Neither reading nor
//! writing it needs a storage engine.
//!
//! Numbers are big-endian.
//!
//! ```text
//! offset  bytes  what
//!      0      4  "BLBF"
//!      4      1  format, 1
//!      5      3  zero
//!      8      n  the blocks from the first on, one after the other; see `block`
//!    8+n      4  "BLBE", the end
//!   12+n      1  format, 1
//!   13+n      3  zero
//!   16+n      8  records in the file, which is the position of the last one
//!   24+n      8  blocks in the file
//!   32+n      4  checksum of the last block, 0 without a block
//!   36+n     32  root of the hash tree over all records, see `merkle`
//!   68+n      4  CRC-32 (IEEE) of the 60 bytes before, from "BLBE" on
//! ```
//!
//! Every byte has one right value: a changed, missing, moved or added one is found. Each block has its
//! own checksum, which covers the one before it, and the end tells a file that was cut. Against
//! intent only the hash tree helps, and a head of it that was kept elsewhere.

mod reading;
mod writing;

pub(crate) use self::reading::{BlockFile, FileEnd};
pub use self::{
    reading::is_block_file,
    writing::{BlockFileError, BlockFileWriter},
};
use crate::{
    merkle::{Hash, TreeHead},
    record::Position,
    wire::{FormatError, Input},
};

/// Number of this layout.
pub const BLOCK_FILE_FORMAT: u8 = 1;

const HEADER: [u8; 8] = *b"BLBF\x01\0\0\0";
const END: [u8; 8] = *b"BLBE\x01\0\0\0";
const END_BYTES: usize = 64;

/// What the end of a block file says about all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockFileEnd {
    /// Position of the last record.
    pub last: Position,
    /// Blocks in the file.
    pub blocks: u64,
    /// Checksum of the last block.
    pub checksum: u32,
    /// Root of the hash tree over the records.
    pub root: Hash,
}

impl BlockFileEnd {
    /// Size and root of the hash tree over the records.
    pub const fn tree_head(&self) -> TreeHead {
        TreeHead { size: self.last.0, root: self.root }
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(END_BYTES);
        out.extend_from_slice(&END);
        out.extend_from_slice(&self.last.0.to_be_bytes());
        out.extend_from_slice(&self.blocks.to_be_bytes());
        out.extend_from_slice(&self.checksum.to_be_bytes());
        out.extend_from_slice(&self.root);
        out.extend_from_slice(&crc32fast::hash(&out).to_be_bytes());
        out
    }

    fn decode(bytes: &[u8; END_BYTES]) -> Result<Self, FormatError> {
        let (covered, crc) = bytes.split_last_chunk().ok_or(FormatError("the end is cut"))?;
        if crc32fast::hash(covered) != u32::from_be_bytes(*crc) {
            return Err(FormatError("the checksum of the end is wrong"));
        }
        let mut input = Input::new(covered);
        if input.array()? != END {
            return Err(FormatError("the end is of a newer format than this release reads"));
        }
        Ok(Self {
            last: Position(u64::from_be_bytes(input.array()?)),
            blocks: u64::from_be_bytes(input.array()?),
            checksum: u32::from_be_bytes(input.array()?),
            root: input.array()?,
        })
    }
}

#[cfg(test)]
mod tests;
