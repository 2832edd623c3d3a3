//! A journal that keeps what it says of an erasure to itself: the record is on disk, and nobody is
//! told.

use std::{
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use branchline_journal::{
    merkle::{Hash, TreeHead},
    record::{Claim, NewRecord, Position, Record, StreamId},
    storage::StoredBlock,
    store::{AppendReply, EventStore, KnownKey, NoProof, ReadError, StreamHead},
};
use uuid::Uuid;

/// A journal whose answer to an erasure never comes.
pub(crate) struct HeldStore {
    pub(crate) inner: Arc<dyn EventStore>,
    /// Told when the erasure is on disk.
    pub(crate) recorded: mpsc::Sender<()>,
}

impl EventStore for HeldStore {
    fn append(&self, records: Vec<NewRecord>, reply: AppendReply) {
        let mut events = records.iter().flat_map(|record| &record.body.events);
        if !events.any(|event| &*event.event_type == "lead.erased") {
            return self.inner.append(records, reply);
        }
        let recorded = self.recorded.clone();
        self.inner.append(
            records,
            Box::new(move |outcomes| {
                assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
                recorded.send(()).unwrap();
                loop {
                    thread::park();
                }
            }),
        );
    }

    fn head(&self) -> Position {
        self.inner.head()
    }

    fn epoch(&self) -> u64 {
        self.inner.epoch()
    }

    fn wait_beyond(&self, after: Position, timeout: Duration) -> Position {
        self.inner.wait_beyond(after, timeout)
    }

    fn read_all(&self, after: Position, limit: usize) -> Result<Vec<Arc<Record>>, ReadError> {
        self.inner.read_all(after, limit)
    }

    fn read_stream(&self, stream: StreamId) -> Result<Vec<Arc<Record>>, ReadError> {
        self.inner.read_stream(stream)
    }

    fn stream_head(&self, stream: StreamId) -> Option<StreamHead> {
        self.inner.stream_head(stream)
    }

    fn claim_holder(&self, claim: Claim) -> Option<StreamId> {
        self.inner.claim_holder(claim)
    }

    fn known_key(&self, organisation: Uuid, key: &str) -> Option<KnownKey> {
        self.inner.known_key(organisation, key)
    }

    fn tree_head(&self) -> TreeHead {
        self.inner.tree_head()
    }

    fn root_at(&self, size: u64) -> Result<Hash, NoProof> {
        self.inner.root_at(size)
    }

    fn prove_inclusion(&self, positions: &[Position], size: u64) -> Result<Vec<Hash>, NoProof> {
        self.inner.prove_inclusion(positions, size)
    }

    fn prove_consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, NoProof> {
        self.inner.prove_consistency(old, new)
    }

    fn read_blocks(&self, from: Position, limit: usize) -> Result<Vec<StoredBlock>, ReadError> {
        self.inner.read_blocks(from, limit)
    }

    fn poisoned(&self) -> Option<Arc<str>> {
        self.inner.poisoned()
    }

    fn close(&self) {
        self.inner.close();
    }
}
