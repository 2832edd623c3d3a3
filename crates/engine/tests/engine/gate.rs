//! A store whose appends wait until a test lets them through.

use std::{
    path::Path,
    sync::{Arc, Mutex, mpsc},
};

use branchline_journal::{
    memory::MemoryStore,
    record::NewRecord,
    store::{AppendError, AppendReply, Appended, EventStore},
};
use tempfile::TempDir;

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
    derived: TempDir,
}

impl GateStore {
    pub(crate) fn new() -> Arc<Self> {
        let memory = Arc::new(MemoryStore::new());
        let inner = Arc::clone(&memory) as Arc<dyn EventStore>;
        Self::of(inner, Some(memory))
    }

    /// A gate before another journal.
    pub(crate) fn before(inner: Arc<dyn EventStore>) -> Arc<Self> {
        Self::of(inner, None)
    }

    fn of(inner: Arc<dyn EventStore>, memory: Option<Arc<MemoryStore>>) -> Arc<Self> {
        let derived = tempfile::tempdir().unwrap();
        Arc::new(Self { inner, memory, gate: Mutex::default(), derived })
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

    branchline_testkit::left_to_the_store_behind!(inner);

    fn derived_dir(&self) -> Option<&Path> {
        Some(self.derived.path())
    }

    fn close(&self) {}
}
