//! What can be asked without the engine thread: the read models, the stories of leads, the stream
//! of records, and how the engine is.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use branchline_domain::{
    decider::Recorded,
    id::{LeadId, OrganisationId, WorkflowId},
    lead::{self, Explanation, LeadState, Surroundings},
    time::Timestamp,
};
use branchline_journal::{
    record::{Position, StreamId, StreamKind},
    store::EventStore,
};
use branchline_projections::Projections;
use branchline_vault::Vault;
use tokio::sync::watch;

use crate::{
    EngineConfig, EngineError, RecordedEvents,
    api_keys::ApiKeys,
    batch::{self, BatchForecast, LeadBatch},
    erasure::KeptKey,
    event_stream::EventStream,
    lead_claims,
    metrics::{EngineMetrics, SharedMetrics},
    ports::Clock,
    rebuild::{LeadRecords, fact_of, read_lead, unreadable},
    recorded::RecordedFact,
};

/// Everything recorded of a lead, and what it adds up to.
#[derive(Clone, Debug, PartialEq)]
pub struct LeadStory {
    /// Which lead.
    pub lead: LeadId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Where it is enrolled.
    pub workflow: WorkflowId,
    /// What its records add up to; personal fields are open unless they were erased.
    pub state: LeadState,
    /// Its records, oldest first.
    pub facts: Vec<RecordedFact>,
}

/// A lead that could not be rebuilt from its history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAsideLead {
    /// Which.
    pub lead: LeadId,
    /// Why.
    pub reason: Arc<str>,
}

/// How the engine is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Whether reads show everything that was acknowledged before the start, and writes are taken.
    pub ready: bool,
    /// Last durable record.
    pub position: Position,
    /// Last record that reads show.
    pub folded: Position,
    /// Why the engine takes no more, if it does not: a person must look.
    pub failure: Option<Arc<str>>,
    /// Leads that could not be rebuilt. Nobody else notices.
    pub set_aside: Vec<SetAsideLead>,
    /// Erased leads whose keys could not be destroyed.
    pub keys_kept: Vec<KeptKey>,
    /// Lead actors in memory.
    pub lead_actors: usize,
    /// Version of this release.
    pub version: &'static str,
}

/// How far the read models are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Last record that they show.
    pub(crate) folded: Position,
    /// Whether nothing more will come.
    pub(crate) ended: bool,
}

/// The reading half of an engine. Shared between threads; never waits for the engine thread.
pub struct ReadSide {
    store: Arc<dyn EventStore>,
    pub(crate) vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
    projections: RwLock<Projections>,
    folded: AtomicU64,
    progress: watch::Sender<Progress>,
    failure: watch::Sender<Option<Arc<str>>>,
    set_aside: Mutex<BTreeMap<LeadId, Arc<str>>>,
    /// Erased leads whose keys could not be destroyed, and why.
    keys_kept: Mutex<BTreeMap<LeadId, Arc<str>>>,
    /// Workflows with a record that no sweep has looked at, each with its newest one.
    changed_workflows: Mutex<BTreeMap<WorkflowId, Position>>,
    pub(crate) api_keys: Arc<ApiKeys>,
    ready: AtomicBool,
    lead_actors: AtomicUsize,
    metrics: SharedMetrics,
    /// Whether the carrier of our own has as many calls as it may have.
    no_capacity: AtomicBool,
    wait: Duration,
}

impl std::fmt::Debug for ReadSide {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReadSide").field("folded", &self.folded).finish_non_exhaustive()
    }
}

impl ReadSide {
    pub(crate) fn new(
        store: Arc<dyn EventStore>,
        vault: Arc<Vault>,
        clock: Arc<dyn Clock>,
        config: &EngineConfig,
    ) -> Self {
        Self {
            store,
            vault,
            api_keys: Arc::new(ApiKeys::new(Arc::clone(&clock))),
            clock,
            projections: RwLock::new(Projections::new()),
            folded: AtomicU64::new(0),
            progress: watch::channel(Progress::default()).0,
            failure: watch::channel(None).0,
            set_aside: Mutex::default(),
            keys_kept: Mutex::default(),
            changed_workflows: Mutex::default(),
            ready: AtomicBool::new(false),
            lead_actors: AtomicUsize::new(0),
            metrics: Arc::new(EngineMetrics::new()),
            no_capacity: AtomicBool::new(false),
            wait: Duration::from_millis(config.read_wait_ms),
        }
    }

    /// Says whether the carrier of our own has as many calls as it may have.
    pub(crate) fn set_no_capacity(&self, no_capacity: bool) {
        self.no_capacity.store(no_capacity, Ordering::Release);
    }

    /// Says how many lead actors are in memory.
    pub(crate) fn set_lead_actors(&self, live: usize) {
        self.lead_actors.store(live, Ordering::Relaxed);
    }

    /// Looks at the read models, once they show every write that was answered before.
    ///
    /// # Errors
    ///
    /// [`EngineError::Behind`] when they do not in time; [`EngineError::Unavailable`] when they
    /// stopped.
    pub async fn read<T>(&self, look: impl FnOnce(&Projections) -> T) -> Result<T, EngineError> {
        self.wait_folded(self.store.head()).await?;
        Ok(self.look(look))
    }

    /// Everything recorded of a lead.
    ///
    /// # Errors
    ///
    /// [`EngineError::LeadNotFound`]; [`EngineError::Unavailable`] when the journal or the keys
    /// cannot be read.
    #[expect(clippy::unused_async, reason = "a store on another machine will have to wait")]
    pub async fn lead(
        &self,
        organisation: OrganisationId,
        lead: LeadId,
    ) -> Result<LeadStory, EngineError> {
        let found = read_lead(self.store.as_ref(), &self.vault, lead);
        let found = found.map_err(|error| unreadable(&error))?;
        let LeadRecords { records, key } = found.ok_or(EngineError::LeadNotFound(lead))?;
        let mut state = LeadState::default();
        let mut facts = Vec::with_capacity(records.len());
        for record in &records {
            let fact = fact_of(record, key.as_ref()).map_err(|error| unreadable(&error))?;
            let Some(fact) = fact.filter(|fact| fact.organisation == organisation) else {
                return Err(EngineError::LeadNotFound(lead));
            };
            if let RecordedEvents::Lead(_, events) = &fact.events {
                let recorded = Recorded { at: fact.at, position: fact.position.0 };
                for event in events {
                    lead::evolve(&mut state, event, recorded);
                }
            }
            facts.push(fact);
        }
        // One whose import was given up never counted.
        let workflow = state.workflow.filter(|_| !state.withdrawn);
        let workflow = workflow.ok_or(EngineError::LeadNotFound(lead))?;
        Ok(LeadStory { lead, organisation, workflow, state, facts })
    }

    /// A person's leads over all workflows, oldest first. The number is E.164.
    ///
    /// # Errors
    ///
    /// As [`Self::read`]; [`EngineError::Unavailable`] when the keys cannot be read.
    pub async fn leads_of_person(
        &self,
        organisation: OrganisationId,
        phone_number: &str,
    ) -> Result<Vec<LeadId>, EngineError> {
        let tag = self.vault.contact_tag(organisation.as_uuid(), phone_number);
        let tag =
            tag.map_err(|error| EngineError::Unavailable { reason: error.to_string().into() })?;
        self.read(|read| {
            read.leads_of_contact(organisation, tag).into_iter().map(|row| row.id).collect()
        })
        .await
    }

    /// Why a lead is where it is.
    ///
    /// # Errors
    ///
    /// As [`Self::lead`] and [`Self::read`].
    pub async fn explain(
        &self,
        organisation: OrganisationId,
        lead: LeadId,
    ) -> Result<Explanation, EngineError> {
        let story = self.lead(organisation, lead).await?;
        let holder = self.store.claim_holder(lead_claims::live_call(story.state.contact_tag));
        let busy_with = holder
            .filter(|stream| stream.kind == StreamKind::LEAD)
            .map(|stream| LeadId::from_uuid(stream.id))
            .filter(|holder| *holder != lead);
        let surroundings = Surroundings {
            now: self.clock.now(),
            busy_with,
            no_capacity: self.no_capacity.load(Ordering::Acquire),
            workflow_position: None,
        };
        let told = self.read(|read| read.explain(lead, &story.state, surroundings)).await?;
        told.ok_or(EngineError::LeadNotFound(lead))
    }

    /// What a batch would do, without doing it.
    ///
    /// # Errors
    ///
    /// As [`Self::lead`] and [`Self::read`]; [`EngineError::Invalid`] when the batch names what is
    /// not in the workflow.
    pub async fn forecast(
        &self,
        organisation: OrganisationId,
        workflow: WorkflowId,
        batch: &LeadBatch,
    ) -> Result<BatchForecast, EngineError> {
        batch::forecast(self, &self.clock, organisation, workflow, batch).await
    }

    /// Follows all records after a position.
    pub fn events(self: &Arc<Self>, after: Position) -> EventStream {
        EventStream::new(Arc::clone(self), after)
    }

    /// How the engine is.
    pub fn health(&self) -> Health {
        let failure = self.failure.borrow().clone();
        let set_aside = self.set_aside.lock().unwrap_or_else(PoisonError::into_inner);
        let keys_kept = self.keys_kept.lock().unwrap_or_else(PoisonError::into_inner);
        Health {
            ready: self.ready.load(Ordering::Acquire) && failure.is_none(),
            position: self.store.head(),
            folded: self.folded(),
            failure,
            set_aside: set_aside
                .iter()
                .map(|(&lead, reason)| SetAsideLead { lead, reason: Arc::clone(reason) })
                .collect(),
            keys_kept: keys_kept
                .iter()
                .map(|(&lead, reason)| KeptKey { lead, reason: Arc::clone(reason) })
                .collect(),
            lead_actors: self.lead_actors.load(Ordering::Relaxed),
            version: env!("CARGO_PKG_VERSION"),
        }
    }

    /// What the engine counts.
    pub(crate) const fn metrics(&self) -> &SharedMetrics {
        &self.metrics
    }

    /// The engine's time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Looks at the read models as they are, without waiting for anything.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&Projections) -> T) -> T {
        look(&self.projections.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Last record that the read models show.
    pub(crate) fn folded(&self) -> Position {
        Position(self.folded.load(Ordering::Acquire))
    }

    /// Tells when the read models go on.
    pub(crate) fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Waits until the read models show a record.
    pub(crate) async fn wait_folded(&self, target: Position) -> Result<(), EngineError> {
        if self.folded() >= target {
            return Ok(());
        }
        let mut progress = self.progress();
        let shown = progress.wait_for(|progress| progress.folded >= target || progress.ended);
        let shown = tokio::time::timeout(self.wait, shown).await;
        if self.folded() >= target {
            return Ok(());
        }
        if let Some(reason) = self.failure() {
            return Err(EngineError::Unavailable { reason });
        }
        match shown {
            Ok(_) => Err(EngineError::ShuttingDown),
            Err(_) => Err(EngineError::Behind),
        }
    }

    /// Begins with read models that are there, before any record is folded. Nobody has looked at
    /// any workflow since, so each counts as changed.
    pub(crate) fn restore(&self, read: Projections) {
        let position = read.position();
        let changes = read.workflow_ids().filter_map(|id| {
            Some((id, self.store.stream_head(StreamId::workflow(id.as_uuid()))?.position))
        });
        let mut changed = self.changed_workflows.lock().unwrap_or_else(PoisonError::into_inner);
        changed.extend(changes);
        drop(changed);
        *self.projections.write().unwrap_or_else(PoisonError::into_inner) = read;
        self.folded.store(position.0, Ordering::Release);
        self.progress.send_modify(|progress| progress.folded = position);
    }

    /// Takes more records into the read models.
    pub(crate) fn fold(&self, facts: &[RecordedFact], upto: Position) {
        if !facts.is_empty() {
            let mut projections = self.projections.write().unwrap_or_else(PoisonError::into_inner);
            for fact in facts {
                projections.fold(&fact.as_fact());
            }
        }
        self.note_changed_workflows(facts);
        self.folded.store(upto.0, Ordering::Release);
        self.progress.send_modify(|progress| progress.folded = upto);
    }

    fn note_changed_workflows(&self, facts: &[RecordedFact]) {
        let changes = facts.iter().filter_map(|fact| match fact.events {
            RecordedEvents::Workflow(id, _) => Some((id, fact.position)),
            RecordedEvents::Lead(..) | RecordedEvents::Organisation(..) => None,
        });
        let mut changed = self.changed_workflows.lock().unwrap_or_else(PoisonError::into_inner);
        changed.extend(changes);
    }

    /// Workflows that changed since this was last asked, each with its newest record. The read
    /// models show the changes.
    pub(crate) fn take_changed_workflows(&self) -> BTreeMap<WorkflowId, Position> {
        let mut changed = self.changed_workflows.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *changed)
    }

    /// Nothing more will come: whoever waits stops waiting.
    pub(crate) fn end(&self) {
        self.ready.store(false, Ordering::Release);
        self.progress.send_modify(|progress| progress.ended = true);
    }

    pub(crate) fn set_ready(&self) {
        self.ready.store(true, Ordering::Release);
    }

    /// Something failed that a person must look at. The first reason stays.
    pub(crate) fn fail(&self, reason: &Arc<str>) {
        let first = self.failure.send_if_modified(|failure| {
            let first = failure.is_none();
            if first {
                *failure = Some(Arc::clone(reason));
            }
            first
        });
        if first {
            tracing::error!(%reason, "the engine takes no more writes");
        }
    }

    /// What [`Self::fail`] was told first.
    pub(crate) fn failure(&self) -> Option<Arc<str>> {
        self.failure.borrow().clone()
    }

    /// Waits for a failure.
    pub(crate) async fn failed(&self) -> Arc<str> {
        let mut failure = self.failure.subscribe();
        loop {
            if let Some(reason) = failure.borrow_and_update().clone() {
                return reason;
            }
            if failure.changed().await.is_err() {
                // The sender lives in here, so it cannot go away first.
                std::future::pending::<()>().await;
            }
        }
    }

    /// A lead could not be rebuilt.
    pub(crate) fn set_lead_aside(&self, lead: LeadId, reason: &Arc<str>) {
        let mut set_aside = self.set_aside.lock().unwrap_or_else(PoisonError::into_inner);
        set_aside.insert(lead, Arc::clone(reason));
    }

    /// The key of an erased lead could not be destroyed; without a reason, it is by now.
    pub(crate) fn set_key_kept(&self, lead: LeadId, reason: Option<&Arc<str>>) {
        let mut kept = self.keys_kept.lock().unwrap_or_else(PoisonError::into_inner);
        match reason {
            Some(reason) => kept.insert(lead, Arc::clone(reason)),
            None => kept.remove(&lead),
        };
    }

    pub(crate) fn store(&self) -> &Arc<dyn EventStore> {
        &self.store
    }
}
