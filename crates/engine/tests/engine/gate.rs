//! A store whose appends wait until a test lets them through.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use branchline_journal::{
    memory::MemoryStore,
    record::{Claim, NewRecord, Position, Record, StreamId},
    store::{AppendReply, EventStore, KnownKey, ReadError, StreamHead},
};
use uuid::Uuid;

#[derive(Default)]
struct Gate {
    shut: bool,
    waiting: Vec<(Vec<NewRecord>, AppendReply)>,
}

/// A journal behind a gate. Closing it is forgotten, so that a second engine may open it.
pub(crate) struct GateStore {
    inner: Arc<dyn EventStore>,
    /// The same, when it is in memory.
    memory: Option<Arc<MemoryStore>>,
    gate: Mutex<Gate>,
}

impl GateStore {
    pub(crate) fn new() -> Arc<Self> {
        let memory = Arc::new(MemoryStore::new());
        let inner = Arc::clone(&memory) as Arc<dyn EventStore>;
        Arc::new(Self { inner, memory: Some(memory), gate: Mutex::default() })
    }

    /// A gate before another journal.
    pub(crate) fn before(inner: Arc<dyn EventStore>) -> Arc<Self> {
        Arc::new(Self { inner, memory: None, gate: Mutex::default() })
    }

    /// Appends wait from now on.
    pub(crate) fn shut(&self) {
        self.gate.lock().unwrap().shut = true;
    }

    /// How many appends wait.
    pub(crate) fn waiting(&self) -> usize {
        self.gate.lock().unwrap().waiting.len()
    }

    /// Lets everything through.
    pub(crate) fn open(&self) {
        let waiting = {
            let mut gate = self.gate.lock().unwrap();
            gate.shut = false;
            std::mem::take(&mut gate.waiting)
        };
        for (records, reply) in waiting {
            self.inner.append(records, reply);
        }
    }

    pub(crate) fn poison(&self, reason: &str) {
        self.memory.as_ref().unwrap().poison(reason);
    }
}

impl EventStore for GateStore {
    fn append(&self, records: Vec<NewRecord>, reply: AppendReply) {
        let mut gate = self.gate.lock().unwrap();
        if gate.shut {
            gate.waiting.push((records, reply));
        } else {
            drop(gate);
            self.inner.append(records, reply);
        }
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

    fn poisoned(&self) -> Option<Arc<str>> {
        self.inner.poisoned()
    }

    fn close(&self) {}
}
