//! Making a journal out of records that came from elsewhere: a block file, an export, a copy.
//!
//! While an import runs, the directory has a file `IMPORTING` in it, written before anything else
//! and removed after everything else is on disk. A directory with it does not open, so an import that
//! was cut short never passes for a journal.

use std::{
    fs::{self, File},
    io::{Error as IoError, ErrorKind},
    path::{Path, PathBuf},
};

use super::{
    OpenError, SledOptions,
    checkpoints::Checkpoints,
    engine::SledBlocks,
    high_water::{HighWater, Mark},
    lock::DirectoryLock,
};
use crate::{
    block::{BlockBuilder, decode_header},
    merkle::TreeHead,
    record::{Position, RECORD_BYTES_MAX, Record},
    record_format::{canonical, decode_canonical},
    storage::{BlockStorage, RealDisk},
    verify::{ChainCheck, Finding},
};

/// The file that says that an import is not finished.
const MARKER: &str = "IMPORTING";

/// What an operator reads in it.
const MARKER_TEXT: &str = "An import into this directory was begun and has not ended. If none is running, delete what is \
                           in the directory and import again.\n";

/// Blocks between two syncs. Only the last sync counts; the others keep sled's memory small.
const SYNC_BLOCKS: usize = 128;

/// Why an import failed. Nothing of it is kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// There is something in the directory already.
    #[error(
        "{} is not empty: {} is in it; import into a new directory",
        dir.display(), found.display()
    )]
    NotEmpty {
        /// The directory.
        dir: PathBuf,
        /// Something in it, or the high-water mark elsewhere.
        found: PathBuf,
    },
    /// The directory cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What is imported is not what a journal may hold.
    #[error("the import is damaged at position {position}: {reason}; nothing of it was kept")]
    Damaged {
        /// First position that cannot be trusted.
        position: Position,
        /// What was found.
        reason: Finding,
    },
    /// The blocks could not be written.
    #[error("the import cannot be written: {reason}; nothing of it was kept")]
    Storage {
        /// What the storage engine said.
        reason: String,
    },
}

/// An import that is being filled. Dropped before [`Self::finish`], it takes back all that it made.
///
/// Blocks are kept byte for byte. Records are put into blocks anew; they keep their positions and
/// epochs, and the hash tree over them is the same. Both are checked with the rules of the writer,
/// except that idempotency keys may come again, as they may after their time.
pub struct Import {
    options: SledOptions,
    /// Gone before the files are.
    storage: Option<SledBlocks>,
    check: ChainCheck,
    builder: BlockBuilder,
    /// Position of the last record in the builder, or of the last block.
    last: Position,
    unsynced: usize,
    finished: bool,
    _lock: DirectoryLock,
}

impl std::fmt::Debug for Import {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Import").field("dir", &self.options.dir).finish_non_exhaustive()
    }
}

impl Import {
    /// Begins an import into a directory that is empty or not there yet.
    ///
    /// # Errors
    ///
    /// [`ImportError::NotEmpty`], also when there is a high-water mark elsewhere; otherwise as an
    /// opening.
    pub fn begin(options: &SledOptions) -> Result<Self, ImportError> {
        let dir = &options.dir;
        let io = |error: IoError| OpenError::io("make", dir, &error);
        fs::create_dir_all(dir).map_err(io)?;
        refuse_unfinished(dir)?;
        if let Some(entry) = fs::read_dir(dir).map_err(io)?.next() {
            let found = entry.map_err(io)?.path();
            return Err(ImportError::NotEmpty { dir: dir.clone(), found });
        }
        let mark = options.high_water();
        if mark.exists() {
            return Err(ImportError::NotEmpty { dir: dir.clone(), found: mark });
        }
        let lock = DirectoryLock::take(dir)?;
        let mut import = Self {
            options: options.clone(),
            storage: None,
            check: ChainCheck::new(options.keys),
            builder: BlockBuilder::default(),
            last: Position::START,
            unsynced: 0,
            finished: false,
            _lock: lock,
        };
        put_marker(dir)?;
        let db = dir.join("db");
        fs::create_dir_all(&db).map_err(|error| OpenError::io("make", &db, &error))?;
        import.storage = Some(SledBlocks::open(&db, options.cache_bytes, Box::new(RealDisk))?);
        Ok(import)
    }

    /// Adds the next block, byte for byte.
    ///
    /// # Errors
    ///
    /// [`ImportError::Damaged`] when it is not sound, does not follow, or breaks a rule of the
    /// writer; [`ImportError::Storage`]. The import is of no use afterwards.
    pub fn block(&mut self, bytes: &[u8]) -> Result<(), ImportError> {
        self.seal()?;
        self.put(bytes)
    }

    /// Adds the next record.
    ///
    /// # Errors
    ///
    /// As [`Self::block`]; that a rule is broken may be told a few records later.
    pub fn record(&mut self, record: &Record) -> Result<(), ImportError> {
        let expected = self.last.next();
        let damaged = |reason| ImportError::Damaged { position: expected, reason };
        if record.position != expected {
            return Err(damaged(Finding::Gap { expected, found: record.position }));
        }
        let bytes = canonical(record);
        if bytes.len() > RECORD_BYTES_MAX {
            return Err(damaged(Finding::Unsound { reason: "the record is larger than 12 KiB" }));
        }
        // What a record may not be is found here, before it is written as something else.
        if !decode_canonical(&bytes).is_ok_and(|again| again == *record) {
            return Err(damaged(Finding::Unsound { reason: "a field is out of its range" }));
        }
        if !self.builder.push(record, &bytes) {
            self.seal()?;
            self.builder.push(record, &bytes);
        }
        self.last = expected;
        Ok(())
    }

    /// Size and root of the hash tree so far: to be compared with what the source of the records
    /// says, before [`Self::finish`].
    ///
    /// # Errors
    ///
    /// As [`Self::block`], for records that are not in a block yet.
    pub fn tree_head(&mut self) -> Result<TreeHead, ImportError> {
        self.seal()?;
        Ok(self.check.chain.tree.head())
    }

    /// Makes it a journal: everything on disk, its high-water mark and its index written. The next
    /// opening goes on with the epoch after the last one.
    ///
    /// # Errors
    ///
    /// As [`Self::block`], or when a file cannot be written; the directory is empty again then.
    pub fn finish(mut self) -> Result<TreeHead, ImportError> {
        let head = self.tree_head()?;
        if let Some(storage) = self.storage.take() {
            storage.sync().map_err(|error| ImportError::Storage { reason: error.0 })?;
        }
        let ChainCheck { index, chain } = &self.check;
        let mark = Mark { epoch: chain.epoch, position: chain.last, chain: chain.checksum };
        HighWater::create(&self.options.high_water(), mark)?;
        let dir = &self.options.dir;
        let every = self.options.checkpoint_records;
        Checkpoints::new(dir, every).save(index, &chain.tree, chain.epoch, chain.checksum);
        let marker = dir.join(MARKER);
        let io = |error: IoError| OpenError::io("finish", &marker, &error);
        sync_dir(dir).map_err(io)?;
        fs::remove_file(&marker).map_err(io)?;
        self.finished = true;
        sync_dir(dir).map_err(io)?;
        Ok(head)
    }

    /// Ends the block that records were put into.
    fn seal(&mut self) -> Result<(), ImportError> {
        match self.builder.finish(self.check.chain.checksum) {
            Some(block) => self.put(&block.bytes),
            None => Ok(()),
        }
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), ImportError> {
        let position = self.check.next();
        let key = decode_header(bytes).map_or(position, |header| header.first);
        let added = self.check.add(key, bytes);
        let block = added.map_err(|reason| ImportError::Damaged { position, reason })?;
        self.last = block.header.last();
        let Some(storage) = &self.storage else { return Ok(()) };
        let failed = |error: crate::storage::StorageError| ImportError::Storage { reason: error.0 };
        storage.insert(key, bytes).map_err(failed)?;
        self.unsynced += 1;
        if self.unsynced >= SYNC_BLOCKS {
            storage.sync().map_err(failed)?;
            self.unsynced = 0;
        }
        Ok(())
    }
}

impl Drop for Import {
    /// Takes back what an import that failed has made, the marker last. Where that fails too the
    /// marker stays and says what to do.
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        drop(self.storage.take());
        let dir = &self.options.dir;
        let gone = [
            fs::remove_dir_all(dir.join("db")),
            fs::remove_dir_all(dir.join("index")),
            fs::remove_file(self.options.high_water()),
            fs::remove_file(dir.join("LOCK")),
        ];
        let is_gone = |result: IoError| result.kind() == ErrorKind::NotFound;
        if gone.into_iter().all(|result| result.map_or_else(is_gone, |()| true))
            && let Err(error) = fs::remove_file(dir.join(MARKER))
        {
            tracing::warn!(dir = %dir.display(), %error, "an unfinished import was not taken back");
        }
    }
}

/// Refuses a directory whose import was cut short.
pub(crate) fn refuse_unfinished(dir: &Path) -> Result<(), OpenError> {
    if dir.join(MARKER).exists() {
        return Err(OpenError::ImportUnfinished { dir: dir.to_owned() });
    }
    Ok(())
}

fn put_marker(dir: &Path) -> Result<(), OpenError> {
    let path = dir.join(MARKER);
    let put = || {
        fs::write(&path, MARKER_TEXT)?;
        File::open(&path)?.sync_all()?;
        sync_dir(dir)
    };
    put().map_err(|error| OpenError::io("write", &path, &error))
}

fn sync_dir(dir: &Path) -> Result<(), IoError> {
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests;
