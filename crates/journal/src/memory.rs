//! The journal in memory: the same rules as on disk, gone with the process. For tests, scenarios
//! and simulations.
//!
//! An append is committed by the thread that calls it, so the same calls give the same journal. A
//! reply that appends again does not recurse: whoever is committing goes on with what the reply
//! queued, and two threads that append at once never wait for each other's replies.

mod proofs;

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
    time::{Duration, Instant},
};

use uuid::Uuid;

use self::proofs::Sealed;
use crate::{
    index::{Index, KeyRetention, Pending},
    merkle::{self, Hash, Tree, TreeHead},
    record::{Claim, NewRecord, Position, RECORD_BYTES_MAX, Record, StreamId},
    record_format::{Names, put_canonical},
    storage::StoredBlock,
    store::{
        AppendError, AppendReply, Appended, EventStore, KnownKey, NoProof, ReadError, StreamHead,
    },
};

/// An [`EventStore`] without a disk.
#[derive(Debug)]
pub struct MemoryStore {
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Debug)]
struct State {
    index: Index,
    records: Vec<Arc<Record>>,
    queue: VecDeque<Job>,
    /// The thread that is working through the queue.
    busy: Option<ThreadId>,
    poison: Option<Arc<str>>,
    /// Records that may still be committed before a write fails, when a failure is planned.
    until_failure: Option<(u64, Arc<str>)>,
    closed: bool,
    names: Names,
    /// The hash tree over the records.
    tree: Tree,
    /// The records as blocks, as far as somebody has asked for them.
    sealed: Sealed,
}

struct Job {
    records: Vec<NewRecord>,
    reply: AppendReply,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").field("records", &self.records).finish_non_exhaustive()
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    /// An empty journal that remembers idempotency keys for a day, at most a million.
    pub fn new() -> Self {
        Self::with_retention(KeyRetention::default())
    }

    /// An empty journal that remembers idempotency keys as told.
    pub fn with_retention(retention: KeyRetention) -> Self {
        let state = State {
            index: Index::new(retention),
            records: Vec::new(),
            queue: VecDeque::new(),
            busy: None,
            poison: None,
            until_failure: None,
            closed: false,
            names: Names::default(),
            tree: Tree::new(),
            sealed: Sealed::default(),
        };
        Self { state: Mutex::new(state), moved: Condvar::new() }
    }

    /// Stops the store as a failed write would: what is in stays readable, every later append
    /// answers [`AppendError::Poisoned`] with this reason.
    pub fn poison(&self, reason: &str) {
        self.lock().poison.get_or_insert_with(|| Arc::from(reason));
        self.moved.notify_all();
    }

    /// Plans a failure: `records` more are committed, then the next write fails and stops the
    /// store with this reason.
    pub fn poison_after(&self, records: u64, reason: &str) {
        self.lock().until_failure = Some((records, Arc::from(reason)));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic in here would come from memory running out; the state is changed whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works through the queue unless another call further up or on another thread does.
    fn drain(&self) {
        let mut state = self.lock();
        if state.busy.is_some() {
            return;
        }
        state.busy = Some(thread::current().id());
        drop(state);
        let working = Working(self);
        let mut state = self.lock();
        while let Some(job) = state.queue.pop_front() {
            let outcomes = job.records.into_iter().map(|new| state.commit(new)).collect();
            drop(state);
            self.moved.notify_all();
            (job.reply)(outcomes);
            state = self.lock();
        }
        // Given up under the same lock that saw the queue empty, so no job is left behind.
        state.busy = None;
        drop(state);
        std::mem::forget(working);
        self.moved.notify_all();
    }
}

/// Gives the queue back when a reply panics.
struct Working<'a>(&'a MemoryStore);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.0.lock().busy = None;
        self.0.moved.notify_all();
    }
}

impl State {
    fn commit(&mut self, new: NewRecord) -> Result<Appended, AppendError> {
        if let Some(reason) = &self.poison {
            return Err(AppendError::Poisoned { reason: Arc::clone(reason) });
        }
        let place = self.index.check(&Pending::default(), &new)?;
        let record = Record {
            position: place.position,
            epoch: 1,
            version: place.version,
            prev: place.prev,
            body: new.body,
        };
        let mut bytes = Vec::new();
        put_canonical(&mut bytes, &mut self.names, &record);
        if bytes.len() > RECORD_BYTES_MAX {
            return Err(AppendError::TooLarge { bytes: bytes.len(), limit: RECORD_BYTES_MAX });
        }
        if let Some((left, reason)) = &mut self.until_failure {
            if *left == 0 {
                let reason = Arc::clone(reason);
                self.poison = Some(Arc::clone(&reason));
                return Err(AppendError::Poisoned { reason });
            }
            *left -= 1;
        }
        self.tree.push(merkle::leaf(&bytes));
        self.index.apply(&record);
        let appended = Appended { position: record.position, version: record.last_version() };
        self.records.push(Arc::new(record));
        Ok(appended)
    }
}

impl EventStore for MemoryStore {
    fn append(&self, records: Vec<NewRecord>, reply: AppendReply) {
        let mut state = self.lock();
        if state.closed {
            drop(state);
            return reply(records.iter().map(|_| Err(AppendError::Closed)).collect());
        }
        state.queue.push_back(Job { records, reply });
        drop(state);
        self.drain();
    }

    fn head(&self) -> Position {
        self.lock().index.head()
    }

    fn epoch(&self) -> u64 {
        1
    }

    fn wait_beyond(&self, after: Position, timeout: Duration) -> Position {
        let until = Instant::now().checked_add(timeout);
        let mut state = self.lock();
        loop {
            let head = state.index.head();
            if head > after || state.closed || state.poison.is_some() {
                return head;
            }
            // A timeout beyond the clock's range waits in pieces.
            let left = until.map_or(Duration::from_hours(1), |until| {
                until.saturating_duration_since(Instant::now())
            });
            if left.is_zero() {
                return head;
            }
            state = self.moved.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn read_all(&self, after: Position, limit: usize) -> Result<Vec<Arc<Record>>, ReadError> {
        let from = usize::try_from(after.0).unwrap_or(usize::MAX);
        Ok(self.lock().records.iter().skip(from).take(limit).cloned().collect())
    }

    fn read_stream(&self, stream: StreamId) -> Result<Vec<Arc<Record>>, ReadError> {
        let state = self.lock();
        let mut found = Vec::new();
        let mut at = state.index.stream_head(stream).map(|head| head.position);
        while let Some(position) = at {
            let offset = usize::try_from(position.0 - 1).unwrap_or(usize::MAX);
            let Some(record) = state.records.get(offset) else { break };
            at = record.prev;
            found.push(Arc::clone(record));
        }
        found.reverse();
        Ok(found)
    }

    fn stream_head(&self, stream: StreamId) -> Option<StreamHead> {
        self.lock().index.stream_head(stream)
    }

    fn claim_holder(&self, claim: Claim) -> Option<StreamId> {
        self.lock().index.claim_holder(claim)
    }

    fn known_key(&self, organisation: Uuid, key: &str) -> Option<KnownKey> {
        self.lock().index.known_key(organisation, key)
    }

    fn tree_head(&self) -> TreeHead {
        self.lock().tree.head()
    }

    fn root_at(&self, size: u64) -> Result<Hash, NoProof> {
        self.lock().root_at(size)
    }

    fn prove_inclusion(&self, positions: &[Position], size: u64) -> Result<Vec<Hash>, NoProof> {
        self.lock().prove_inclusion(positions, size)
    }

    fn prove_consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, NoProof> {
        self.lock().prove_consistency(old, new)
    }

    fn read_blocks(&self, from: Position, limit: usize) -> Result<Vec<StoredBlock>, ReadError> {
        Ok(self.lock().read_blocks(from, limit))
    }

    fn poisoned(&self) -> Option<Arc<str>> {
        self.lock().poison.clone()
    }

    fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        self.moved.notify_all();
        // Called by a reply, it cannot wait for the queue that the reply is part of; the rest of
        // the queue is committed as soon as the reply returns.
        while state.busy.is_some_and(|busy| busy != thread::current().id()) {
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::record::{Cause, Event, ExpectedVersion, Micros, RecordBody, Version};

    fn step(stream: StreamId, expected: ExpectedVersion) -> NewRecord {
        let body = RecordBody {
            organisation: Uuid::nil(),
            stream,
            recorded_at: Micros(0),
            principal: Arc::from("engine"),
            cause: Cause::None,
            key: None,
            guard: None,
            control: None,
            claims: Vec::new(),
            events: vec![Event {
                event_type: Arc::from("lead.test"),
                schema: 1,
                payload: Box::from([1]),
            }],
        };
        NewRecord { expected, body }
    }

    fn chain(store: &Arc<MemoryStore>, version: u64, done: mpsc::Sender<u64>) {
        let expected = ExpectedVersion::Exact(Version(version));
        let next = Arc::clone(store);
        let reply: AppendReply = Box::new(move |outcomes| {
            assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
            if version == 100_000 {
                done.send(version).unwrap();
            } else {
                chain(&next, version + 1, done);
            }
        });
        store.append(vec![step(StreamId::lead(Uuid::nil()), expected)], reply);
    }

    #[test]
    fn a_reply_may_append_again_a_hundred_thousand_times() {
        let store = Arc::new(MemoryStore::new());
        let (done, finished) = mpsc::channel();
        chain(&store, 0, done);
        assert_eq!(finished.recv(), Ok(100_000));
        assert_eq!(store.head(), Position(100_001));
    }

    #[test]
    fn a_reply_that_panics_does_not_stop_the_store() {
        let store = MemoryStore::new();
        let first = step(StreamId::lead(Uuid::nil()), ExpectedVersion::NoStream);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            store.append(vec![first], Box::new(|_| panic!("the reply's own fault")));
        }));
        assert!(panicked.is_err());
        let (done, finished) = mpsc::channel();
        let second = step(StreamId::lead(Uuid::max()), ExpectedVersion::NoStream);
        store.append(vec![second], Box::new(move |outcomes| done.send(outcomes).unwrap()));
        assert_eq!(finished.recv().unwrap().len(), 1);
        assert_eq!(store.head(), Position(2));
    }

    #[test]
    fn a_planned_failure_stops_the_store_after_the_records_before_it() {
        let store = MemoryStore::new();
        store.poison_after(1, "disk on fire");
        let (done, finished) = mpsc::channel();
        let records = [Uuid::nil(), Uuid::max(), Uuid::from_u128(7)]
            .map(|id| step(StreamId::lead(id), ExpectedVersion::NoStream));
        store.append(records.into(), Box::new(move |outcomes| done.send(outcomes).unwrap()));
        let outcomes = finished.recv().unwrap();
        let poisoned = Err(AppendError::Poisoned { reason: Arc::from("disk on fire") });
        assert!(outcomes[0].is_ok());
        assert_eq!(outcomes[1..], [poisoned.clone(), poisoned]);
        assert_eq!(store.poisoned().as_deref(), Some("disk on fire"));
        assert_eq!(store.read_all(Position::START, 10).unwrap().len(), 1);
    }
}
