//! What the writer and the readers share: only what is durable.

use std::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::queue::Queue;
use crate::{
    block::{Block, BlockHeader, decode_stream},
    block_cache::{BlockCache, Records},
    index::Index,
    measures::{StoreReading, WriterMeasures},
    merkle::{Hash, Tree},
    record::{Position, Record, StreamId},
    storage::{BlockStorage, StorageError, StoredBlock},
    store::{MemoryPart, ReadError},
};

pub(super) struct Shared {
    pub(super) epoch: u64,
    pub(super) queue: Queue,
    pub(super) storage: Box<dyn BlockStorage>,
    index: RwLock<Index>,
    /// The hash tree over the durable records.
    tree: Mutex<Tree>,
    blocks: Mutex<BlockCache>,
    head: AtomicU64,
    pub(super) measures: WriterMeasures,
    /// Whether the writer has ended. Locked to wait for the head.
    ended: Mutex<bool>,
    moved: Condvar,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared")
            .field("epoch", &self.epoch)
            .field("head", &self.head)
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}

impl Shared {
    pub(super) fn new(
        epoch: u64,
        queue: Queue,
        storage: Box<dyn BlockStorage>,
        index: Index,
        tree: Tree,
        blocks: BlockCache,
    ) -> Self {
        Self {
            epoch,
            queue,
            storage,
            head: AtomicU64::new(index.head().0),
            index: RwLock::new(index),
            tree: Mutex::new(tree),
            blocks: Mutex::new(blocks),
            measures: WriterMeasures::new(),
            ended: Mutex::new(false),
            moved: Condvar::new(),
        }
    }

    pub(super) fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn head(&self) -> Position {
        Position(self.head.load(Ordering::Acquire))
    }

    pub(super) fn tree(&self) -> MutexGuard<'_, Tree> {
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows durable blocks to readers, each with the leaf hashes of its records; the head last.
    pub(super) fn publish(&self, blocks: impl IntoIterator<Item = (Records, Vec<Hash>)>) {
        let mut head = self.head();
        let (blocks, leaves): (Vec<Records>, Vec<Vec<Hash>>) = blocks.into_iter().unzip();
        // Hashed before the index is locked: only those who ask about the tree wait for it.
        self.tree().extend(leaves.into_iter().flatten());
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let mut cache = self.blocks();
        for records in blocks {
            for record in records.iter() {
                index.apply(record);
                head = record.position;
            }
            cache.push_newest(records);
        }
        drop(cache);
        drop(index);
        self.head.store(head.0, Ordering::Release);
        self.wake();
    }

    /// Tells those who wait that nothing more will come.
    pub(super) fn end(&self) {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.moved.notify_all();
    }

    pub(super) fn wake(&self) {
        // Taken, so that nobody is between looking at the head and starting to wait.
        drop(self.ended.lock().unwrap_or_else(PoisonError::into_inner));
        self.moved.notify_all();
    }

    pub(super) fn wait_beyond(&self, after: Position, timeout: Duration) -> Position {
        let until = Instant::now().checked_add(timeout);
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let head = self.head();
            // A timeout beyond the clock's range waits in pieces.
            let left = until.map_or(Duration::from_hours(1), |until| {
                until.saturating_duration_since(Instant::now())
            });
            let stopped = *ended || self.queue.poisoned().is_some();
            if head > after || stopped || left.is_zero() {
                return head;
            }
            ended = self.moved.wait_timeout(ended, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(super) fn read_all(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Arc<Record>>, ReadError> {
        let head = self.head();
        let mut found = Vec::new();
        let mut next = after.0.saturating_add(1);
        while next <= head.0 && found.len() < limit {
            let records = self.block_with(Position(next))?;
            let wanted = records
                .iter()
                .skip_while(|record| record.position.0 < next)
                .take(limit - found.len());
            found.extend(wanted.cloned());
            next = records.last().map_or(u64::MAX, |last| last.position.0 + 1);
        }
        Ok(found)
    }

    pub(super) fn read_stream(&self, stream: StreamId) -> Result<Vec<Arc<Record>>, ReadError> {
        // Newest first, then turned around.
        let mut found: Vec<Arc<Record>> = Vec::new();
        let mut at = self.index().stream_head(stream).map(|head| head.position);
        while let Some(position) = at {
            let records = match self.cached(position) {
                Some(records) => of_stream(&records, stream, position),
                None => self.fetch_stream(position, stream)?,
            };
            let newest_is_there = records.last().is_some_and(|last| last.position == position);
            let Some(oldest) = records.first().filter(|_| newest_is_there) else {
                return Err(self.damaged(position, "the record is of another stream"));
            };
            at = oldest.prev;
            found.extend(records.into_iter().rev());
        }
        found.reverse();
        Ok(found)
    }

    /// The stream's records up to a durable position, out of the block that holds it. A block is
    /// kept decoded only when it is met for a second stream: most streams of idle leads are read
    /// once, and alone.
    fn fetch_stream(
        &self,
        position: Position,
        stream: StreamId,
    ) -> Result<Vec<Arc<Record>>, ReadError> {
        let (key, bytes) = self.stored_with(position)?;
        let again = self.blocks().meets_again(key);
        if again {
            let records = self.keep_fetched(key, &bytes, position)?;
            return Ok(of_stream(&records, stream, position));
        }
        let (header, records) =
            decode_stream(&bytes, stream, position).map_err(|error| self.damaged(key, error.0))?;
        self.holds(header, key, position)?;
        Ok(records)
    }

    /// Memory by part, as far as it is counted.
    pub(super) fn memory(&self) -> Vec<MemoryPart> {
        let part = |name, bytes: usize| MemoryPart { name, bytes: bytes as u64 };
        let mut parts = self.index().memory().to_vec();
        parts.push(part("hash tree", self.tree().bytes()));
        let (recent, fetched) = self.blocks().bytes();
        parts.extend([part("newest records", recent), part("fetched records", fetched)]);
        parts
    }

    /// What the writer has counted. The size of the file is whose it is to say.
    pub(super) fn measured(&self) -> StoreReading {
        StoreReading {
            sync: self.measures.sync.read(),
            commit_records: self.measures.records.read(),
            block_bytes: self.measures.block_bytes.load(Ordering::Relaxed),
            queued_bytes: self.queue.bytes() as u64,
            disk_bytes: 0,
        }
    }

    fn blocks(&self) -> MutexGuard<'_, BlockCache> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn cached(&self, position: Position) -> Option<Records> {
        self.blocks().find(position)
    }

    /// The block that holds a durable position.
    fn block_with(&self, position: Position) -> Result<Records, ReadError> {
        if let Some(records) = self.cached(position) {
            return Ok(records);
        }
        let (key, bytes) = self.stored_with(position)?;
        self.keep_fetched(key, &bytes, position)
    }

    /// Decodes the block that holds a durable position, and keeps it.
    fn keep_fetched(
        &self,
        key: Position,
        bytes: &[u8],
        position: Position,
    ) -> Result<Records, ReadError> {
        let block = Block::decode(bytes).map_err(|error| self.damaged(key, error.0))?;
        self.holds(block.header, key, position)?;
        let records: Records = block.records.into();
        self.blocks().push_fetched(Arc::clone(&records));
        Ok(records)
    }

    pub(super) fn stored_with(&self, position: Position) -> Result<StoredBlock, ReadError> {
        let stored = self.storage.at_or_before(position).map_err(|error| self.failed(error))?;
        stored.ok_or_else(|| self.damaged(position, "no block holds it"))
    }

    pub(super) fn holds(
        &self,
        header: BlockHeader,
        key: Position,
        position: Position,
    ) -> Result<(), ReadError> {
        if header.first == key && header.last() >= position {
            return Ok(());
        }
        Err(self.damaged(position, "no block holds it"))
    }

    /// A store that fails to read stops: what it says afterwards could not be trusted.
    pub(super) fn failed(&self, error: StorageError) -> ReadError {
        self.queue.poison(&error.0);
        self.wake();
        ReadError::Storage { reason: Arc::from(error.0) }
    }

    /// Damage found by a reader stops the journal: what is appended after it could not be trusted.
    pub(super) fn damaged(&self, position: Position, reason: &str) -> ReadError {
        let error = ReadError::Damaged { position, reason: Arc::from(reason) };
        self.queue.poison(&error.to_string());
        self.wake();
        error
    }
}

/// The records of a stream in a block, up to a position. Each names the one before it.
fn of_stream(records: &Records, stream: StreamId, until: Position) -> Vec<Arc<Record>> {
    let first = records.first().map(|record| record.position.0);
    let record_at = |position: Position| {
        let index = position.0.checked_sub(first?)?;
        records.get(usize::try_from(index).ok()?).filter(|record| record.body.stream == stream)
    };
    let mut found: Vec<Arc<Record>> = Vec::new();
    let mut at = Some(until);
    while let Some(record) = at.and_then(record_at) {
        found.push(Arc::clone(record));
        at = record.prev;
    }
    found.reverse();
    found
}
