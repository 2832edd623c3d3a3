//! Both stores keep every promise of a store.

#![expect(clippy::unwrap_used, reason = "a harness for tests")]

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use branchline_journal::{
    memory::MemoryStore,
    record::Position,
    sled_store::{SledOptions, SledStore},
    storage::{BlockSource, BlockStorage, RealDisk, StorageError, StoredBlock},
    store::EventStore,
};
use branchline_testkit::store_conformance::StoreHarness;

struct InMemory(Mutex<Option<Arc<MemoryStore>>>);

impl StoreHarness for InMemory {
    fn new() -> Self {
        Self(Mutex::default())
    }

    fn open(&self) -> Arc<dyn EventStore> {
        let store = Arc::new(MemoryStore::new());
        *self.0.lock().unwrap() = Some(Arc::clone(&store));
        store
    }

    fn break_writes(&self) {
        let store = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        store.unwrap().poison_after(0, "no more disk");
    }
}

/// Sled under a disk that can be broken.
struct OnDisk<const AT_SYNC: bool> {
    dir: tempfile::TempDir,
    broken: Arc<AtomicBool>,
}

struct Breakable<const AT_SYNC: bool> {
    inner: Box<dyn BlockStorage>,
    broken: Arc<AtomicBool>,
}

impl<const AT_SYNC: bool> Breakable<AT_SYNC> {
    fn fail(&self, at_sync: bool) -> Result<(), StorageError> {
        if self.broken.load(Ordering::SeqCst) && at_sync == AT_SYNC {
            return Err(StorageError("no more disk".to_owned()));
        }
        Ok(())
    }
}

impl<const AT_SYNC: bool> BlockSource for Breakable<AT_SYNC> {
    fn at_or_before(&self, position: Position) -> Result<Option<StoredBlock>, StorageError> {
        self.inner.at_or_before(position)
    }

    fn starting_at(&self, from: Position, limit: usize) -> Result<Vec<StoredBlock>, StorageError> {
        self.inner.starting_at(from, limit)
    }
}

impl<const AT_SYNC: bool> BlockStorage for Breakable<AT_SYNC> {
    fn insert(&self, first: Position, block: &[u8]) -> Result<(), StorageError> {
        self.fail(false)?;
        self.inner.insert(first, block)
    }

    fn sync(&self) -> Result<(), StorageError> {
        self.fail(true)?;
        self.inner.sync()
    }
}

impl<const AT_SYNC: bool> StoreHarness for OnDisk<AT_SYNC> {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), broken: Arc::default() }
    }

    fn open(&self) -> Arc<dyn EventStore> {
        self.broken.store(false, Ordering::SeqCst);
        let broken = Arc::clone(&self.broken);
        let options = SledOptions::new(self.dir.path().join("journal"));
        let store = SledStore::open_with(&options, Box::new(RealDisk), |inner| {
            Box::new(Breakable::<AT_SYNC> { inner, broken })
        });
        Arc::new(store.unwrap())
    }

    fn break_writes(&self) {
        self.broken.store(true, Ordering::SeqCst);
    }
}

mod in_memory {
    use super::*;
    branchline_testkit::store_conformance!(InMemory);
}

mod on_disk {
    use super::*;
    branchline_testkit::store_conformance!(OnDisk<false>, durable);
}

mod on_a_disk_that_fails_to_sync {
    use super::*;
    branchline_testkit::store_conformance!(OnDisk<true>, durable);
}
