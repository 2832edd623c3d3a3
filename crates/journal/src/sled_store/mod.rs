//! The journal on disk: blocks in sled, one writer, nobody answered before the disk has it.
//!
//! ```text
//! <dir>/db/         sled: one key a block, see `crate::block`
//! <dir>/index/      checkpoints of the index, and what else is made of the journal, such as the
//!                   engine's read models; may be deleted, loses nothing
//! <dir>/high-water  last acknowledged position, outside sled
//! <dir>/set-aside/  half-written snapshots of sled, moved out of its way
//! <dir>/LOCK        who has the journal open
//! <dir>/IMPORTING   only while an import runs, or after one was cut short
//! ```

mod checkpoints;
pub(crate) mod engine;
mod error;
pub(crate) mod high_water;
pub(crate) mod import;
pub(crate) mod lock;
mod opening;
mod proofs;
mod queue;
mod shared;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use uuid::Uuid;

pub use self::{
    error::OpenError,
    import::{Import, ImportError},
    opening::OpeningTimes,
};
use self::{lock::DirectoryLock, shared::Shared};
use crate::{
    index::KeyRetention,
    measures::StoreReading,
    merkle::{Hash, TreeHead},
    record::{Claim, NewRecord, Position, Record, StreamId},
    storage::{BlockStorage, DiskSync, RealDisk, StoredBlock},
    store::{AppendReply, EventStore, KnownKey, MemoryPart, NoProof, ReadError, StreamHead},
};

/// Where the journal lies and what it may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SledOptions {
    /// The journal's directory; made when missing.
    pub dir: PathBuf,
    /// The high-water file; `None` means `<dir>/high-water`. Another disk tells more.
    pub high_water_path: Option<PathBuf>,
    /// sled's cache. Unit: bytes. It does not bound what reading takes.
    pub cache_bytes: u64,
    /// Newest records kept decoded for those who follow the head. Unit: bytes, about.
    pub recent_bytes_max: usize,
    /// Older records kept decoded after a read. Unit: bytes, about.
    pub fetched_bytes_max: usize,
    /// What may wait for the writer before appends answer
    /// [`crate::store::AppendError::Busy`]. Unit: bytes, about.
    pub queue_bytes_max: usize,
    /// How long idempotency keys are remembered.
    pub keys: KeyRetention,
    /// Records after which the index is saved again at a quiet moment (idle for a second, closing,
    /// opening); without such a moment after twenty times as many.
    pub checkpoint_records: u64,
}

impl SledOptions {
    /// The defaults: 16 MiB each for sled's cache and the newest records, 8 MiB for older records,
    /// 64 MiB for the queue, keys for a day, a checkpoint every 100,000 records.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        const MIB: usize = 1024 * 1024;
        Self {
            dir: dir.into(),
            high_water_path: None,
            cache_bytes: 16 * MIB as u64,
            recent_bytes_max: 16 * MIB,
            fetched_bytes_max: 8 * MIB,
            queue_bytes_max: 64 * MIB,
            keys: KeyRetention::default(),
            checkpoint_records: 100_000,
        }
    }

    fn high_water(&self) -> PathBuf {
        self.high_water_path.clone().unwrap_or_else(|| self.dir.join("high-water"))
    }
}

/// An [`EventStore`] on disk. Dropping it closes it.
#[derive(Debug)]
pub struct SledStore {
    shared: Arc<Shared>,
    writer: Mutex<Option<JoinHandle<()>>>,
    derived: PathBuf,
    /// The file that sled keeps the blocks in.
    database: PathBuf,
    opening: OpeningTimes,
    /// Last, so that the lock outlives the storage.
    _lock: DirectoryLock,
}

impl SledStore {
    /// Opens the journal for writing, or creates it. Reads and checks every block since the last
    /// checkpoint of the index; [`crate::reader::JournalReader::verify`] checks all of them.
    ///
    /// # Errors
    ///
    /// [`OpenError`] when another process has it, a file cannot be used, or the journal is not what
    /// was acknowledged. It is never repaired in silence.
    pub fn open(options: &SledOptions) -> Result<Self, OpenError> {
        Self::open_with(options, Box::new(RealDisk), |storage| storage)
    }

    /// [`Self::open`] with something between the writer and sled, and between it and the disk, for
    /// tests of failing disks and power cuts.
    ///
    /// # Errors
    ///
    /// As [`Self::open`].
    pub fn open_with(
        options: &SledOptions,
        disk: Box<dyn DiskSync>,
        wrap: impl FnOnce(Box<dyn BlockStorage>) -> Box<dyn BlockStorage>,
    ) -> Result<Self, OpenError> {
        let (shared, writer, lock, opening) = opening::open(options, disk, wrap)?;
        let shared = Arc::new(shared);
        let for_writer = Arc::clone(&shared);
        let handle = thread::Builder::new()
            .name("journal-writer".to_owned())
            .spawn(move || writer.run_guarded(&for_writer))
            .map_err(|error| OpenError::io("start the writer of", &options.dir, &error))?;
        let derived = options.dir.join(checkpoints::DIR);
        let database = options.dir.join("db").join("db");
        let writer = Mutex::new(Some(handle));
        Ok(Self { shared, writer, derived, database, opening, _lock: lock })
    }

    /// What its opening took.
    pub const fn opening_times(&self) -> OpeningTimes {
        self.opening
    }
}

impl EventStore for SledStore {
    fn append(&self, records: Vec<NewRecord>, reply: AppendReply) {
        self.shared.queue.push(records, reply);
    }

    fn head(&self) -> Position {
        self.shared.head()
    }

    fn epoch(&self) -> u64 {
        self.shared.epoch
    }

    fn wait_beyond(&self, after: Position, timeout: Duration) -> Position {
        self.shared.wait_beyond(after, timeout)
    }

    fn read_all(&self, after: Position, limit: usize) -> Result<Vec<Arc<Record>>, ReadError> {
        self.shared.read_all(after, limit)
    }

    fn read_stream(&self, stream: StreamId) -> Result<Vec<Arc<Record>>, ReadError> {
        self.shared.read_stream(stream)
    }

    fn stream_head(&self, stream: StreamId) -> Option<StreamHead> {
        self.shared.index().stream_head(stream)
    }

    fn claim_holder(&self, claim: Claim) -> Option<StreamId> {
        self.shared.index().claim_holder(claim)
    }

    fn known_key(&self, organisation: Uuid, key: &str) -> Option<KnownKey> {
        self.shared.index().known_key(organisation, key)
    }

    fn tree_head(&self) -> TreeHead {
        self.shared.tree().head()
    }

    fn root_at(&self, size: u64) -> Result<Hash, NoProof> {
        self.shared.root_at(size)
    }

    fn prove_inclusion(&self, positions: &[Position], size: u64) -> Result<Vec<Hash>, NoProof> {
        self.shared.prove_inclusion(positions, size)
    }

    fn prove_consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, NoProof> {
        self.shared.prove_consistency(old, new)
    }

    fn read_blocks(&self, from: Position, limit: usize) -> Result<Vec<StoredBlock>, ReadError> {
        self.shared.read_blocks(from, limit)
    }

    fn derived_dir(&self) -> Option<&Path> {
        Some(&self.derived)
    }

    fn memory(&self) -> Vec<MemoryPart> {
        self.shared.memory()
    }

    fn measured(&self) -> StoreReading {
        // A file that cannot be looked at is told by whoever writes it next.
        let disk_bytes = std::fs::metadata(&self.database).map_or(0, |file| file.len());
        StoreReading { disk_bytes, ..self.shared.measured() }
    }

    fn poisoned(&self) -> Option<Arc<str>> {
        self.shared.queue.poisoned()
    }

    fn close(&self) {
        self.shared.queue.close();
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        // A reply that closes the journal runs on the writer's own thread and cannot wait for it.
        if writer.as_ref().is_none_or(|handle| handle.thread().id() == thread::current().id()) {
            return;
        }
        if writer.take().is_some_and(|handle| handle.join().is_err()) {
            tracing::error!("the journal's writer panicked");
        }
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
pub(crate) mod tests;
