//! A journal in memory that an engine can close and the next one open.

use std::{sync::Arc, time::Duration};

use branchline_journal::{
    memory::MemoryStore,
    record::{Claim, NewRecord, Position, Record, StreamId},
    store::{AppendReply, EventStore, KnownKey, ReadError, StreamHead},
};
use uuid::Uuid;

/// A journal in memory that forgets that it was closed, as one on disk is opened again.
pub(crate) struct Reopened {
    store: MemoryStore,
}

impl Reopened {
    /// One without a record.
    pub(crate) fn new() -> Self {
        Self { store: MemoryStore::new() }
    }
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
