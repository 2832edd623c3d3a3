//! A journal in memory that takes one record at a time, and looks at what the engine answers after
//! each: the next record waits until it has looked.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use branchline_domain::{
    id::{LeadId, OrganisationId},
    lead::Explanation,
    time::Timestamp,
};
use branchline_engine::{EngineError, EngineHandle, LeadStory, clock::ManualClock, ports::Clock};
use branchline_journal::{
    memory::MemoryStore,
    record::{NewRecord, Position, Record, StreamKind},
    store::{AppendReply, EventStore},
};
use branchline_projections::Projections;
use branchline_scenarios::words::Wrong;
use branchline_vault::Vault;
use tokio::runtime::{Builder, Runtime};

/// What the engine answered of one lead; `None` for one that it does not show.
pub(crate) struct LeadAnswer {
    pub(crate) lead: LeadId,
    pub(crate) told: Option<(LeadStory, Explanation)>,
}

/// What the engine answered while one record was its last.
pub(crate) struct Observation {
    pub(crate) head: Position,
    pub(crate) now: Timestamp,
    pub(crate) leads: Vec<LeadAnswer>,
    pub(crate) read: Projections,
}

/// Everything that was seen, in order, the records it was seen of, and their keys.
pub(crate) struct Seen {
    pub(crate) observations: Vec<Observation>,
    pub(crate) records: Vec<Arc<Record>>,
    pub(crate) vault: Arc<Vault>,
}

/// Records on their way in.
struct Append {
    records: Vec<NewRecord>,
    reply: AppendReply,
}

/// The engine that is looked at, while there is one.
#[derive(Clone)]
struct Looked {
    handle: EngineHandle,
    clock: Arc<ManualClock>,
}

/// What the store and the thread that lets records through share.
struct Shared {
    store: MemoryStore,
    looked: Mutex<Option<Looked>>,
    seen: Mutex<Vec<Result<Observation, Wrong>>>,
}

pub(crate) struct WatchedStore {
    shared: Arc<Shared>,
    queue: mpsc::Sender<Append>,
    vault: Mutex<Option<Arc<Vault>>>,
}

impl WatchedStore {
    pub(crate) fn new() -> Result<Arc<Self>, Wrong> {
        let shared = Arc::new(Shared {
            store: MemoryStore::new(),
            looked: Mutex::default(),
            seen: Mutex::default(),
        });
        let (queue, appends) = mpsc::channel::<Append>();
        let passing = Arc::clone(&shared);
        let runtime = runtime()?;
        thread::spawn(move || {
            for append in appends {
                passing.let_through(append, &runtime);
            }
        });
        Ok(Arc::new(Self { shared, queue, vault: Mutex::default() }))
    }

    /// From now on this engine is looked at.
    pub(crate) fn look_at(&self, handle: EngineHandle, clock: Arc<ManualClock>, vault: Arc<Vault>) {
        *lock(&self.vault) = Some(vault);
        *lock(&self.shared.looked) = Some(Looked { handle, clock });
    }

    /// Looks once more, without a new record: the clock may have moved, or the engine is another
    /// one.
    pub(crate) fn look_again(&self) -> Result<(), Wrong> {
        self.shared.look(&runtime()?);
        Ok(())
    }

    /// What was seen.
    pub(crate) fn end(&self) -> Result<Seen, Wrong> {
        *lock(&self.shared.looked) = None;
        let seen = std::mem::take(&mut *lock(&self.shared.seen));
        let records = self.shared.store.read_all(Position::START, usize::MAX);
        let vault = lock(&self.vault).clone().ok_or("no engine was looked at")?;
        Ok(Seen {
            observations: seen.into_iter().collect::<Result<_, _>>()?,
            records: records.map_err(|wrong| wrong.to_string())?,
            vault,
        })
    }
}

impl Shared {
    fn let_through(&self, append: Append, runtime: &Runtime) {
        let mut outcomes = Vec::new();
        for record in append.records {
            let (sender, answer) = mpsc::channel();
            let one = Box::new(move |outcome: Vec<_>| drop(sender.send(outcome)));
            self.store.append(vec![record], one);
            // A store in memory answers at once.
            let outcome = answer.recv().unwrap_or_default();
            let recorded = outcome.iter().any(Result::is_ok);
            outcomes.extend(outcome);
            if recorded {
                self.look(runtime);
            }
        }
        (append.reply)(outcomes);
    }

    fn look(&self, runtime: &Runtime) {
        let Some(looked) = lock(&self.looked).clone() else { return };
        let seen = runtime.block_on(self.observe(&looked));
        lock(&self.seen).push(seen);
    }

    async fn observe(&self, looked: &Looked) -> Result<Observation, Wrong> {
        let wrong = |error: EngineError| format!("the engine does not answer: {error}");
        let head = self.store.head();
        let records = self.store.read_all(Position::START, usize::MAX);
        let leads: BTreeSet<LeadId> = records
            .map_err(|wrong| wrong.to_string())?
            .iter()
            .filter(|record| record.body.stream.kind == StreamKind::LEAD)
            .map(|record| LeadId::from_uuid(record.body.stream.id))
            .collect();
        let read = looked.handle.read(Projections::clone).await.map_err(wrong)?;
        let mut answers = Vec::new();
        for lead in leads {
            let told = match looked.handle.lead(OrganisationId::DEFAULT, lead).await {
                Ok(story) => {
                    let explanation = looked.handle.explain(OrganisationId::DEFAULT, lead).await;
                    Some((story, explanation.map_err(wrong)?))
                }
                Err(EngineError::LeadNotFound(_)) => None,
                Err(error) => return Err(wrong(error)),
            };
            answers.push(LeadAnswer { lead, told });
        }
        Ok(Observation { head, now: looked.clock.now(), leads: answers, read })
    }
}

fn runtime() -> Result<Runtime, Wrong> {
    Builder::new_current_thread().enable_time().build().map_err(|wrong| wrong.to_string())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl EventStore for WatchedStore {
    fn append(&self, records: Vec<NewRecord>, reply: AppendReply) {
        // The thread that takes it ends only after the last store.
        drop(self.queue.send(Append { records, reply }));
    }

    branchline_testkit::left_to_the_store_behind!(shared.store);

    fn close(&self) {}
}
