//! What the journal asks of the engine that keeps its blocks. Small, so that another engine can
//! take the place of sled, and open, so that tests can put failing disks and power cuts between.

use std::{fs::File, io};

use crate::record::Position;

/// What the engine said when it failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct StorageError(pub String);

/// A block as stored: the position it is kept under, and its bytes.
pub type StoredBlock = (Position, Vec<u8>);

/// Gives blocks back.
pub trait BlockSource: Send + Sync + 'static {
    /// The block with the largest first position up to `position`.
    ///
    /// # Errors
    ///
    /// When the engine failed.
    fn at_or_before(&self, position: Position) -> Result<Option<StoredBlock>, StorageError>;

    /// Blocks with a first position of at least `from`, in order, at most `limit` of them.
    ///
    /// # Errors
    ///
    /// At the first entry that cannot be read; nothing after it is given.
    fn starting_at(&self, from: Position, limit: usize) -> Result<Vec<StoredBlock>, StorageError>;

    /// Where the block kept under this position begins in the file that a person has, where there
    /// is such a file. Unit: bytes.
    fn offset_of(&self, _key: Position) -> Option<u64> {
        None
    }
}

/// Keeps blocks under the position of their first record.
///
/// One thread writes; any thread reads, also while it writes.
pub trait BlockStorage: BlockSource {
    /// Adds a block. It need not survive a power cut before the next [`Self::sync`].
    ///
    /// # Errors
    ///
    /// When the engine failed; the writer stops for good then.
    fn insert(&self, first: Position, block: &[u8]) -> Result<(), StorageError>;

    /// Makes every inserted block durable: afterwards it survives a power cut.
    ///
    /// # Errors
    ///
    /// When the engine failed. What is on disk then is unknown, so the writer stops for good and
    /// never tries again.
    fn sync(&self) -> Result<(), StorageError>;
}

/// How a file reaches the medium. A seam for tests of power cuts and failing disks.
pub trait DiskSync: Send + Sync + 'static {
    /// Returns when what was written to the file before survives a power cut.
    ///
    /// # Errors
    ///
    /// What the operating system says. The state of the file is unknown then.
    fn sync_data(&self, file: &File) -> io::Result<()>;
}

/// The operating system's own sync.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealDisk;

impl DiskSync for RealDisk {
    fn sync_data(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }
}
