//! What everything on the engine thread shares: the actors' services, and the way to the actors.

use std::{
    cell::RefCell,
    collections::HashMap,
    future::Future,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use branchline_domain::{
    id::{CallId, LeadId, OrganisationId, WorkflowId},
    lead::LeadCommand,
    time::Timestamp,
    workflow::{WorkflowCommand, WorkflowState},
};
use branchline_journal::store::EventStore;
use branchline_vault::{Vault, VaultError};
use tokio::sync::oneshot;

use crate::{
    EngineConfig, EngineError, EngineHandle,
    application_try::ApplicationTry,
    asked::Asked,
    effects,
    host_reply::{HostAsk, HostReply},
    journal_port::JournalPort,
    keyed::KeyedRequests,
    lead_task::{LeadAnswer, LeadFailure, LeadOutcome, LeadReply, LeadTask, Perform},
    live_leads::Leads,
    metrics::SharedMetrics,
    organisation_desk::Desks,
    ports::{Clock, DialRequest, Ids},
    read_side::ReadSide,
    reader::Reader,
    stopping::Stopping,
    supervisor::WorkflowSlot,
    workflow_actor::{PerformWorkflow, WorkflowFailure, WorkflowOutcome, WorkflowTask},
    workflow_cell::WorkflowCell,
    workload::{SecondAsks, UnderWay, Workload},
};

/// What every actor uses.
pub(crate) struct Services {
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) config: EngineConfig,
    pub(crate) journal: Rc<JournalPort>,
    pub(crate) reads: Arc<ReadSide>,
}

impl Services {
    /// Keys cannot be read or made: a person must look.
    pub(crate) fn keys_failed(&self, error: &VaultError) -> EngineError {
        tracing::error!(error = error as &dyn std::error::Error, "the vault failed");
        let reason: Arc<str> = format!("the keys are unavailable: {error}").into();
        if matches!(error, VaultError::NotDurable { .. } | VaultError::Stopped { .. }) {
            self.reads.fail(&reason);
        }
        EngineError::Unavailable { reason }
    }
}

/// The engine thread's shared state. Everything on it is single-threaded: no borrow is held over
/// an await.
pub(crate) struct Core {
    pub(crate) services: Rc<Services>,
    pub(crate) reader: Rc<Reader>,
    pub(crate) leads: RefCell<Leads>,
    pub(crate) workflows: RefCell<HashMap<WorkflowId, WorkflowSlot>>,
    pub(crate) desks: Desks,
    pub(crate) effects: effects::Shared,
    /// Requests under a key that make many records.
    pub(crate) keyed: KeyedRequests,
    stopping: Stopping,
    handle: EngineHandle,
    /// Work that a stop waits for: commands of hosts and what effects hold.
    workload: Arc<Workload>,
    started: Instant,
}

impl Core {
    pub(crate) fn new(
        services: Rc<Services>,
        reader: Reader,
        stopping: Stopping,
        handle: EngineHandle,
    ) -> (Self, SecondAsks) {
        let (workload, second_asks) = Workload::new(Arc::clone(handle.answers()));
        let core = Self {
            leads: RefCell::new(Leads::default()),
            services,
            reader: Rc::new(reader),
            workflows: RefCell::default(),
            desks: Desks::default(),
            effects: effects::Shared::default(),
            keyed: KeyedRequests::default(),
            stopping,
            handle,
            workload,
            started: Instant::now(),
        };
        (core, second_asks)
    }

    /// The read models, and what tells when they go on.
    pub(crate) fn reads(&self) -> &Arc<ReadSide> {
        &self.services.reads
    }

    /// The engine's time.
    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.services.clock
    }

    /// The engine's configuration.
    pub(crate) fn config(&self) -> &EngineConfig {
        &self.services.config
    }

    /// The journal.
    pub(crate) fn store(&self) -> &Arc<dyn EventStore> {
        &self.services.store
    }

    /// What the engine counts.
    pub(crate) fn metrics(&self) -> &SharedMetrics {
        self.services.reads.metrics()
    }

    /// The sign that the engine stops.
    pub(crate) fn stopping(&self) -> &Stopping {
        &self.stopping
    }

    /// What hosts hold.
    pub(crate) fn handle(&self) -> &EngineHandle {
        &self.handle
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.services.clock.now()
    }

    /// Milliseconds since the engine started, for idleness.
    pub(crate) fn idle_clock_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// How many commands are under way.
    pub(crate) fn under_way(&self) -> usize {
        self.workload.under_way()
    }

    /// Marks work that a stop waits for.
    pub(crate) fn hold(&self, weight: usize) -> UnderWay {
        self.workload.hold(weight)
    }

    /// Waits until nothing is under way any more, within limits.
    pub(crate) async fn settle(&self, patience: Duration) {
        let settled = async {
            self.workload.settled().await;
            self.services.journal.idle().await;
        };
        if tokio::time::timeout(patience, settled).await.is_err() {
            tracing::warn!(under_way = self.under_way(), "stopping with work under way");
        }
    }

    /// Gives a command to a lead: at once, so that two calls in a row keep their order. The future
    /// gives what came of it.
    pub(crate) fn perform_lead<C: Into<Arc<LeadCommand>>>(
        self: &Rc<Self>,
        lead: LeadId,
        command: C,
        asked: Asked,
    ) -> impl Future<Output = Result<LeadOutcome, EngineError>> + use<C> {
        let core = Rc::clone(self);
        let command = command.into();
        let first = core.send_lead(lead, &command, &asked);
        async move {
            match first.await {
                Ok(Ok(outcome)) => return Ok(outcome),
                Ok(Err(LeadFailure::Refused(error))) => return Err(error),
                // The actor is gone, and with it the message or what it knew: ask its successor.
                Ok(Err(LeadFailure::Stale)) | Err(_) => {}
            }
            core.ask_successor(lead, &command, &asked).await
        }
    }

    /// Gives a command of a host to a lead, at once. The answer goes from the actor to the host.
    pub(crate) fn perform_for_host(self: &Rc<Self>, ask: HostAsk) {
        let lead = ask.about.lead();
        let (command, asked) = (Arc::clone(&ask.command), ask.asked.clone());
        let reply = LeadReply::Host(HostReply::new(self.hold(1), ask));
        let perform = Perform { command, asked, now: self.now(), reply };
        self.post_lead(lead, LeadTask::Perform(Box::new(perform)));
    }

    /// Asks a lead whose actor went away before it answered.
    pub(crate) async fn ask_successor(
        self: &Rc<Self>,
        lead: LeadId,
        command: &Arc<LeadCommand>,
        asked: &Asked,
    ) -> Result<LeadOutcome, EngineError> {
        match self.send_lead(lead, command, asked).await {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(LeadFailure::Refused(error))) => Err(error),
            Ok(Err(LeadFailure::Stale)) | Err(_) => Err(EngineError::Busy),
        }
    }

    fn send_lead(
        self: &Rc<Self>,
        lead: LeadId,
        command: &Arc<LeadCommand>,
        asked: &Asked,
    ) -> oneshot::Receiver<LeadAnswer> {
        let (reply, answer) = oneshot::channel();
        let reply = LeadReply::Waiting(reply);
        let perform =
            Perform { command: Arc::clone(command), asked: asked.clone(), now: self.now(), reply };
        self.post_lead(lead, LeadTask::Perform(Box::new(perform)));
        answer
    }

    /// What a carrier needs to know to dial a call.
    pub(crate) async fn dial_request(
        self: &Rc<Self>,
        lead: LeadId,
        call: u32,
    ) -> Result<DialRequest, EngineError> {
        for _ in 0..2 {
            let (reply, answer) = oneshot::channel();
            self.post_lead(lead, LeadTask::Dial { call, reply });
            match answer.await {
                Ok(Ok(request)) => return Ok(request),
                Ok(Err(LeadFailure::Refused(error))) => return Err(error),
                Ok(Err(LeadFailure::Stale)) | Err(_) => {}
            }
        }
        Err(EngineError::CallNotFound(CallId { lead, number: call }))
    }

    /// The newest try of the application step that a lead stands at, if it stands at one.
    pub(crate) async fn application_try(
        self: &Rc<Self>,
        lead: LeadId,
    ) -> Result<Option<ApplicationTry>, EngineError> {
        for _ in 0..2 {
            let (reply, answer) = oneshot::channel();
            self.post_lead(lead, LeadTask::Application { reply });
            match answer.await {
                Ok(Ok(found)) => return Ok(found),
                Ok(Err(LeadFailure::Refused(error))) => return Err(error),
                Ok(Err(LeadFailure::Stale)) | Err(_) => {}
            }
        }
        Err(EngineError::Busy)
    }

    /// Gives a command to a workflow, at once; the future gives what came of it.
    pub(crate) fn perform_workflow<C: Into<Arc<WorkflowCommand>>>(
        self: &Rc<Self>,
        workflow: WorkflowId,
        command: C,
        asked: Asked,
    ) -> impl Future<Output = Result<WorkflowOutcome, EngineError>> + use<C> {
        let core = Rc::clone(self);
        let command = command.into();
        let first = core.send_workflow(workflow, &command, &asked);
        async move {
            match first.await {
                Ok(Ok(outcome)) => return Ok(outcome),
                Ok(Err(WorkflowFailure::Refused(error))) => return Err(error),
                Ok(Err(WorkflowFailure::Stale)) | Err(_) => {}
            }
            match core.send_workflow(workflow, &command, &asked).await {
                Ok(Ok(outcome)) => Ok(outcome),
                Ok(Err(WorkflowFailure::Refused(error))) => Err(error),
                Ok(Err(WorkflowFailure::Stale)) | Err(_) => Err(EngineError::Busy),
            }
        }
    }

    fn send_workflow(
        self: &Rc<Self>,
        workflow: WorkflowId,
        command: &Arc<WorkflowCommand>,
        asked: &Asked,
    ) -> oneshot::Receiver<Result<WorkflowOutcome, WorkflowFailure>> {
        let (reply, answer) = oneshot::channel();
        let perform = PerformWorkflow {
            command: Arc::clone(command),
            asked: asked.clone(),
            now: self.now(),
            reply,
        };
        self.post_workflow(workflow, WorkflowTask::Perform(perform));
        answer
    }

    /// The whole state of a workflow.
    pub(crate) async fn workflow_state(
        self: &Rc<Self>,
        workflow: WorkflowId,
    ) -> Result<Box<WorkflowState>, EngineError> {
        let (reply, answer) = oneshot::channel();
        self.post_workflow(workflow, WorkflowTask::Snapshot { reply });
        answer.await.map_err(|_| EngineError::WorkflowNotFound(workflow))
    }

    /// A workflow that an organisation may enrol into, or not find.
    pub(crate) fn workflow_of(
        &self,
        organisation: OrganisationId,
        workflow: WorkflowId,
    ) -> Result<Rc<WorkflowCell>, EngineError> {
        self.workflow_cell(workflow)
            .filter(|cell| cell.organisation == organisation && !cell.view().deleted)
            .ok_or(EngineError::WorkflowNotFound(workflow))
    }
}
