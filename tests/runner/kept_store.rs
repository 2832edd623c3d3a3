//! Where an engine's journal is kept between two of its lives.

use std::{path::Path, sync::Arc, time::Duration};

use branchline_journal::{
    memory::MemoryStore,
    record::{Claim, NewRecord, Position, Record, StreamId},
    sled_store::{SledOptions, SledStore},
    store::{AppendReply, EventStore, KnownKey, ReadError, StreamHead},
};
use branchline_scenarios::words::Wrong;
use tempfile::TempDir;
use uuid::Uuid;

use crate::watched_store::WatchedStore;

/// Where the journal is between two lives of the engine.
pub(crate) enum Kept {
    InMemory(Arc<Reopened>),
    OnDisk(TempDir),
    /// In memory, and the engine is looked at after each record.
    Watched(Arc<WatchedStore>),
}

impl Kept {
    pub(crate) fn in_memory() -> Self {
        Self::InMemory(Arc::new(Reopened { store: MemoryStore::new() }))
    }

    pub(crate) fn on_disk() -> Result<Self, Wrong> {
        tempfile::tempdir().map(Self::OnDisk).map_err(|wrong| wrong.to_string())
    }

    /// Opens it for one life of the engine.
    pub(crate) fn open(&self) -> Result<Arc<dyn EventStore>, Wrong> {
        match self {
            Self::InMemory(store) => Ok(Arc::clone(store) as _),
            Self::Watched(store) => Ok(Arc::clone(store) as _),
            Self::OnDisk(directory) => open_on_disk(directory.path()),
        }
    }
}

fn open_on_disk(directory: &Path) -> Result<Arc<dyn EventStore>, Wrong> {
    let store = SledStore::open(&SledOptions::new(directory)).map_err(|wrong| wrong.to_string())?;
    Ok(Arc::new(store))
}

/// A journal in memory that forgets that it was closed, as one on disk is opened again.
pub(crate) struct Reopened {
    store: MemoryStore,
}

impl EventStore for Reopened {
    fn append(&self, records: Vec<NewRecord>, reply: AppendReply) {
        self.store.append(records, reply);
    }

    fn head(&self) -> Position {
        self.store.head()
    }

    fn epoch(&self) -> u64 {
        self.store.epoch()
    }

    fn wait_beyond(&self, after: Position, timeout: Duration) -> Position {
        self.store.wait_beyond(after, timeout)
    }

    fn read_all(&self, after: Position, limit: usize) -> Result<Vec<Arc<Record>>, ReadError> {
        self.store.read_all(after, limit)
    }

    fn read_stream(&self, stream: StreamId) -> Result<Vec<Arc<Record>>, ReadError> {
        self.store.read_stream(stream)
    }

    fn stream_head(&self, stream: StreamId) -> Option<StreamHead> {
        self.store.stream_head(stream)
    }

    fn claim_holder(&self, claim: Claim) -> Option<StreamId> {
        self.store.claim_holder(claim)
    }

    fn known_key(&self, organisation: Uuid, key: &str) -> Option<KnownKey> {
        self.store.known_key(organisation, key)
    }

    fn poisoned(&self) -> Option<Arc<str>> {
        self.store.poisoned()
    }

    fn close(&self) {}
}
