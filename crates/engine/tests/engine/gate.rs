//! A store whose appends wait until a test lets them through.

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use branchline_journal::{
    memory::MemoryStore,
    merkle::{Hash, TreeHead},
    record::{Claim, NewRecord, Position, Record, StreamId},
    storage::StoredBlock,
    store::{
        AppendError, AppendReply, Appended, EventStore, KnownKey, NoProof, ReadError, StreamHead,
    },
};
use uuid::Uuid;

#[derive(Default)]
struct Gate {
    shut: bool,
    waiting: Vec<Waiting>,
}

/// One append that waits, some of its records let through already.
struct Waiting {
    records: Vec<Option<NewRecord>>,
    outcomes: Vec<Option<Result<Appended, AppendError>>>,
    reply: AppendReply,
}

impl Waiting {
    fn let_through(&mut self, place: usize, store: &dyn EventStore) {
        let Some(record) = self.records[place].take() else { return };
        let (sender, answer) = mpsc::channel();
        let reply = Box::new(move |outcomes: Vec<_>| sender.send(outcomes).unwrap());
        store.append(vec![record], reply);
        self.outcomes[place] = answer.recv().unwrap().pop();
    }

    fn is_done(&self) -> bool {
        self.outcomes.iter().all(Option::is_some)
    }

    fn answer(self) {
        (self.reply)(self.outcomes.into_iter().flatten().collect());
    }
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
        for mut append in waiting {
            for place in 0..append.records.len() {
                append.let_through(place, self.inner.as_ref());
            }
            append.answer();
        }
    }

    /// Lets one of the records that wait through, whichever `turn` falls on: the journal takes
    /// records of different streams in any order.
    pub(crate) fn let_one_through(&self, turn: usize) {
        let done = {
            let mut gate = self.gate.lock().unwrap();
            let places: Vec<(usize, usize)> = (0..)
                .zip(&gate.waiting)
                .flat_map(|(append, waiting)| {
                    let open = (0..).zip(&waiting.records).filter(|(_, record)| record.is_some());
                    open.map(move |(place, _)| (append, place))
                })
                .collect();
            let Some(&(append, place)) = places.get(turn % places.len().max(1)) else { return };
            gate.waiting[append].let_through(place, self.inner.as_ref());
            gate.waiting[append].is_done().then(|| gate.waiting.remove(append))
        };
        if let Some(done) = done {
            done.answer();
        }
    }

    /// Lets so many records through, in order, and loses the others without an answer: what a crash
    /// in the middle of a group leaves. The gate stays shut.
    pub(crate) fn let_through_and_lose_the_rest(&self, records: usize) {
        let mut left = records;
        for mut append in std::mem::take(&mut self.gate.lock().unwrap().waiting) {
            for place in 0..append.records.len().min(left) {
                append.let_through(place, self.inner.as_ref());
                left -= 1;
            }
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
            let outcomes = records.iter().map(|_| None).collect();
            let records = records.into_iter().map(Some).collect();
            gate.waiting.push(Waiting { records, outcomes, reply });
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

    fn close(&self) {}
}
