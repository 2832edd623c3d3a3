//! Reading a stopped journal, or a block file of one, as evidence: an auditor's view.
//!
//! The files of a directory are copied to a private directory first and only the copy is opened,
//! because opening a sled database writes to it. A journal that sled does not open is read all the
//! same: its blocks are looked for in the file, byte by byte, and proven by their checksums and
//! their chain. The first thing that is wrong ends the reading of records; everything before it is
//! shown.

mod blocks;
mod copy;
mod private_dir;
mod salvage;
mod verifying;

use std::{path::Path, sync::Arc};

pub use self::{
    blocks::{BlockBytes, Blocks, Records},
    private_dir::PrivateDir,
    verifying::{BlockReport, FileEndReport, HighWaterReport, KeptHead, Verified, Verify},
};
use self::{copy::copy_journal, salvage::SalvagedBlocks};
use crate::{
    block::{Block, LeafHasher},
    block_file::{BlockFile, BlockFileEnd, FileEnd},
    merkle::{Hash, LeafSource},
    record::Position,
    sled_store::{
        OpenError,
        engine::{SledBlocks, set_torn_snapshots_aside},
        high_water::{self, Mark},
        import::refuse_unfinished,
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
    /// They are a block file, which needs no engine.
    BlockFile,
}

/// A journal opened for reading only.
pub struct JournalReader {
    source: Box<dyn BlockSource>,
    origin: Origin,
    mark: Result<Option<Mark>, OpenError>,
    /// The end of a block file, or where it stops being one.
    file_end: Option<FileEnd>,
    /// Deleted when the reader goes, after the engine has closed.
    _copy: Option<PrivateDir>,
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
    /// when there is none, [`OpenError::ImportUnfinished`] when there is a part of one;
    /// [`OpenError::Io`] when it cannot be copied.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        Self::open_with_mark(dir, &dir.join("high-water"))
    }

    /// [`Self::open`] with the high-water file at another place.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub fn open_with_mark(dir: &Path, high_water: &Path) -> Result<Self, OpenError> {
        refuse_unfinished(dir)?;
        let from = dir.join("db");
        if !from.join("db").is_file() {
            return Err(OpenError::NoJournal { dir: dir.to_owned() });
        }
        let copy = PrivateDir::make()
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
        Ok(Self { source, origin, mark, file_end: None, _copy: Some(copy) })
    }

    /// Opens a block file, see [`crate::block_file`]. It is read where it lies, and not copied. A
    /// damaged one opens too: what is wrong is told where it lies, after everything before it.
    ///
    /// # Errors
    ///
    /// [`OpenError::NoBlockFile`] when it does not begin as one; [`OpenError::Io`] when it cannot
    /// be read.
    pub fn open_file(path: &Path) -> Result<Self, OpenError> {
        let file = BlockFile::open(path)?;
        let file_end = Some(file.end().clone());
        let (source, origin) = (Box::new(file), Origin::BlockFile);
        Ok(Self { source, origin, mark: Ok(None), file_end, _copy: None })
    }

    /// What the end of a block file says; `None` for a directory, and for a file that is not whole.
    pub fn file_end(&self) -> Option<&BlockFileEnd> {
        self.file_end.as_ref()?.as_ref().ok()
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

    /// The bytes of every block, as [`Self::blocks`] checks them: what
    /// [`crate::block_file::BlockFileWriter`] takes.
    pub fn block_bytes(&self) -> BlockBytes<'_> {
        BlockBytes(self.blocks())
    }

    /// Every record after a position, in order, out of [`Self::blocks`]. The chain is followed from
    /// the first block on, so starting late does not trust more.
    pub fn records(&self, after: Position) -> Records<'_> {
        Records::new(self.blocks(), after)
    }

    /// Checks everything there is to check: block after block, including the hash trees and the
    /// rules of the writer.
    pub fn verify(&self) -> Verify<'_> {
        Verify::new(self.source.as_ref(), self.mark.clone(), self.file_end.clone())
    }

    /// The block that holds a position.
    fn block_with(&self, position: Position) -> Result<Block, ReadError> {
        let damaged = |reason: &str| ReadError::Damaged { position, reason: Arc::from(reason) };
        let stored = self.source.at_or_before(position).map_err(|error| damaged(&error.0))?;
        let (_, bytes) = stored.ok_or_else(|| damaged("no block holds it"))?;
        let block = Block::decode(&bytes).map_err(|error| damaged(error.0))?;
        if block.header.first > position || block.header.last() < position {
            return Err(damaged("no block holds it"));
        }
        Ok(block)
    }
}

/// Leaves for proofs, with the tree of [`Verify::finish_with_tree`]. Holds one block at a time.
impl LeafSource for JournalReader {
    type Error = ReadError;

    fn leaves(&self, first: u64, count: usize) -> Result<Vec<Hash>, ReadError> {
        let mut hasher = LeafHasher::default();
        let mut leaves = Vec::with_capacity(count);
        while leaves.len() < count {
            let next = Position(first + 1 + leaves.len() as u64);
            let records = self.block_with(next)?.records;
            let wanted = records.iter().filter(|record| record.position >= next);
            leaves.extend(wanted.take(count - leaves.len()).map(|record| hasher.hash(record)));
        }
        Ok(leaves)
    }
}

#[cfg(test)]
mod tests;
