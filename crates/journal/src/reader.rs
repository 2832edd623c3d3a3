//! Reading a stopped journal as evidence: an auditor's view.
//!
//! The files are copied to a private directory first and only the copy is opened, because opening a
//! sled database writes to it. A journal that sled does not open is read all the same: its blocks
//! are looked for in the file, byte by byte, and proven by their checksums and their chain. The
//! first thing that is wrong ends the reading of records; everything before it is shown.

mod copy;
mod salvage;
mod verifying;

use std::{collections::VecDeque, path::Path, sync::Arc};

use tempfile::TempDir;

pub use self::verifying::{BlockReport, HighWaterReport, Verified, Verify};
use self::{copy::copy_journal, salvage::SalvagedBlocks};
use crate::{
    block::Block,
    record::{Position, Record},
    sled_store::{
        OpenError,
        engine::{SledBlocks, set_torn_snapshots_aside},
        high_water::{self, Mark},
        lock::DirectoryLock,
    },
    storage::{BlockSource, RealDisk},
    store::ReadError,
};

/// Blocks read at once.
const SCAN_BLOCKS: usize = 64;

/// sled's cache while reading. Unit: bytes.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;

/// How the blocks were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The storage engine opened its files.
    Engine,
    /// The storage engine refused; blocks were looked for in its file. Some that it still knows may
    /// not be found, and the last ones may never have been acknowledged.
    Salvaged {
        /// Why the engine refused.
        reason: Arc<str>,
    },
}

/// A journal opened for reading only.
pub struct JournalReader {
    source: Box<dyn BlockSource>,
    origin: Origin,
    mark: Result<Option<Mark>, OpenError>,
    /// Deleted when the reader goes, after the engine has closed.
    _copy: TempDir,
}

impl std::fmt::Debug for JournalReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JournalReader").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl JournalReader {
    /// Copies the journal in `dir`, which nobody may have open, and opens the copy. Writes nothing
    /// to `dir`; needs as much room for temporary files as the journal has.
    ///
    /// # Errors
    ///
    /// [`OpenError::Locked`] names the process that has the journal open; [`OpenError::NoJournal`]
    /// when there is none; [`OpenError::Io`] when it cannot be copied.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        Self::open_with_mark(dir, &dir.join("high-water"))
    }

    /// [`Self::open`] with the high-water file at another place.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub fn open_with_mark(dir: &Path, high_water: &Path) -> Result<Self, OpenError> {
        let from = dir.join("db");
        if !from.join("db").is_file() {
            return Err(OpenError::NoJournal { dir: dir.to_owned() });
        }
        let copy = tempfile::Builder::new()
            .prefix("branchline-read-")
            .tempdir()
            .map_err(|error| OpenError::io("make a copy in", &std::env::temp_dir(), &error))?;
        let to = copy.path().join("db");
        // Held only while copying: afterwards the journal may go on without disturbing the copy.
        let lock = DirectoryLock::share(dir)?;
        copy_journal(&from, &to)?;
        let mark = high_water::read(high_water);
        drop(lock);
        set_torn_snapshots_aside(&to, &copy.path().join("set-aside"))?;
        let pristine = copy.path().join("pristine");
        let (source, origin): (Box<dyn BlockSource>, _) =
            match SledBlocks::open(&to, CACHE_BYTES, Box::new(RealDisk)) {
                Ok(blocks) => (Box::new(blocks), Origin::Engine),
                Err(error) => {
                    // What the failed opening left of the first copy is not evidence.
                    copy_journal(&from, &pristine)?;
                    let found = SalvagedBlocks::find(&pristine.join("db"))?;
                    (Box::new(found), Origin::Salvaged { reason: Arc::from(error.to_string()) })
                }
            };
        Ok(Self { source, origin, mark, _copy: copy })
    }

    /// How the blocks were found.
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Last position that was acknowledged, as the high-water mark says; `None` without a mark.
    ///
    /// # Errors
    ///
    /// When the mark is damaged or cannot be read.
    pub fn acknowledged(&self) -> Result<Option<Position>, OpenError> {
        self.mark.clone().map(|mark| mark.map(|mark| mark.position))
    }

    /// Every block from the first on, in order, each checked against the one before: checksum,
    /// chain and gaps, not the hash tree. Ends at the first error.
    pub fn blocks(&self) -> Blocks<'_> {
        Blocks::new(self.source.as_ref())
    }

    /// Every record after a position, in order, out of [`Self::blocks`]. The chain is followed from
    /// the first block on, so starting late does not trust more.
    pub fn records(&self, after: Position) -> Records<'_> {
        Records { blocks: self.blocks(), ready: VecDeque::new(), after }
    }

    /// Checks everything there is to check: block after block, including the hash trees and the
    /// rules of the writer.
    pub fn verify(&self) -> Verify<'_> {
        Verify::new(self.source.as_ref(), self.mark.clone())
    }
}

/// See [`JournalReader::blocks`].
pub struct Blocks<'a> {
    source: &'a dyn BlockSource,
    ready: VecDeque<(Position, Vec<u8>)>,
    next: Position,
    chain: u32,
    done: bool,
}

impl std::fmt::Debug for Blocks<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blocks").field("next", &self.next).finish_non_exhaustive()
    }
}

impl<'a> Blocks<'a> {
    const fn new(source: &'a dyn BlockSource) -> Self {
        Self { source, ready: VecDeque::new(), next: Position(1), chain: 0, done: false }
    }

    fn advance(&mut self) -> Result<Option<Block>, ReadError> {
        let damaged =
            |position, reason: String| ReadError::Damaged { position, reason: Arc::from(reason) };
        if self.ready.is_empty() {
            // Position 0 is looked at too: a block there is damage.
            let from = if self.next == Position(1) { Position(0) } else { self.next };
            let stored = self
                .source
                .starting_at(from, SCAN_BLOCKS)
                .map_err(|error| damaged(self.next, error.0))?;
            self.ready.extend(stored);
        }
        let Some((key, bytes)) = self.ready.pop_front() else { return Ok(None) };
        let block =
            Block::decode(&bytes).map_err(|error| damaged(self.next, error.0.to_owned()))?;
        let first = block.header.first;
        if key != self.next || first != self.next {
            return Err(damaged(self.next, format!("it is missing: the next block is at {key}")));
        }
        if block.header.previous != self.chain {
            return Err(damaged(self.next, "the block does not follow the one before".to_owned()));
        }
        self.chain = block.header.checksum;
        self.next = block.header.last().next();
        Ok(Some(block))
    }
}

impl Iterator for Blocks<'_> {
    type Item = Result<Block, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let item = self.advance().transpose();
        self.done = !matches!(item, Some(Ok(_)));
        item
    }
}

/// See [`JournalReader::records`].
#[derive(Debug)]
pub struct Records<'a> {
    blocks: Blocks<'a>,
    ready: VecDeque<Arc<Record>>,
    after: Position,
}

impl Iterator for Records<'_> {
    type Item = Result<Arc<Record>, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.ready.pop_front() {
                return Some(Ok(record));
            }
            match self.blocks.next()? {
                Ok(block) => self.ready.extend(
                    block.records.into_iter().filter(|record| record.position > self.after),
                ),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

#[cfg(test)]
mod tests;
