//! Writing a block file, forwards only, so that it can go into a pipe or a response.

use std::io::{Error as IoError, Write};

use super::{BlockFileEnd, HEADER};
use crate::{
    record::Position,
    verify::{Chain, Finding},
};

/// Why a block file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum BlockFileError {
    /// The bytes could not be written.
    #[error(transparent)]
    Io(#[from] IoError),
    /// A block is not sound, or does not follow the one before. Nothing of it was written.
    #[error("the journal is damaged at position {position}: {reason}")]
    Damaged {
        /// First position that cannot be trusted.
        position: Position,
        /// What was found.
        reason: Finding,
    },
}

/// Writes blocks into a block file. Each is checked on its way, so that what has an end is sound.
#[derive(Debug)]
pub struct BlockFileWriter<W> {
    out: W,
    chain: Chain,
    blocks: u64,
}

impl<W: Write> BlockFileWriter<W> {
    /// Begins a file.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn new(mut out: W) -> Result<Self, IoError> {
        out.write_all(&HEADER)?;
        Ok(Self { out, chain: Chain::default(), blocks: 0 })
    }

    /// Adds the next block.
    ///
    /// # Errors
    ///
    /// [`BlockFileError`] when the block is not sound or not the next one, or cannot be written.
    pub fn push(&mut self, block: &[u8]) -> Result<(), BlockFileError> {
        let next = self.chain.last.next();
        // The file has no key beside a block.
        let key = crate::block::decode_header(block).map_or(next, |header| header.first);
        let checked = self.chain.check(key, block);
        let (found, leaves) =
            checked.map_err(|reason| BlockFileError::Damaged { position: next, reason })?;
        self.out.write_all(block)?;
        self.chain.add(&found.header, leaves);
        self.blocks += 1;
        Ok(())
    }

    /// Position of the last record so far.
    pub const fn last(&self) -> Position {
        self.chain.last
    }

    /// Where the bytes go, for example a buffer to be emptied between two blocks.
    pub const fn out_mut(&mut self) -> &mut W {
        &mut self.out
    }

    /// Writes the end, without which the file counts as cut. Does not flush or sync.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn finish(mut self) -> Result<(W, BlockFileEnd), IoError> {
        let Chain { last, checksum, tree, .. } = &self.chain;
        let end = BlockFileEnd {
            last: *last,
            blocks: self.blocks,
            checksum: *checksum,
            root: tree.root(),
        };
        self.out.write_all(&end.encode())?;
        Ok((self.out, end))
    }
}
