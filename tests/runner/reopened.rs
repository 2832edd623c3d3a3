//! A journal in memory that an engine can close and the next one open.

use std::{sync::Arc, time::Duration};

use branchline_journal::{
    memory::MemoryStore,
    merkle::{Hash, TreeHead},
    record::{Claim, NewRecord, Position, Record, StreamId},
    storage::StoredBlock,
    store::{AppendReply, EventStore, KnownKey, NoProof, ReadError, StreamHead},
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

    fn tree_head(&self) -> TreeHead {
        self.store.tree_head()
    }

    fn root_at(&self, size: u64) -> Result<Hash, NoProof> {
        self.store.root_at(size)
    }

    fn prove_inclusion(&self, positions: &[Position], size: u64) -> Result<Vec<Hash>, NoProof> {
        self.store.prove_inclusion(positions, size)
    }

    fn prove_consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, NoProof> {
        self.store.prove_consistency(old, new)
    }

    fn read_blocks(&self, from: Position, limit: usize) -> Result<Vec<StoredBlock>, ReadError> {
        self.store.read_blocks(from, limit)
    }

    fn poisoned(&self) -> Option<Arc<str>> {
        self.store.poisoned()
    }

    fn close(&self) {}
}
