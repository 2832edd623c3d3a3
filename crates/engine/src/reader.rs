//! The thread that reads streams, so that the engine thread never waits for the disk.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
    thread,
};

use branchline_domain::id::{LeadId, OrganisationId, WorkflowId};
use branchline_journal::{
    record::{Position, Record},
    store::{EventStore, ReadError},
};
use branchline_vault::Vault;
use tokio::sync::{mpsc, oneshot};

use crate::rebuild::{
    RebuildError, RebuiltLead, RebuiltOrganisation, RebuiltWorkflow, rebuild_lead,
    rebuild_organisation, rebuild_workflow,
};

/// Reads that may wait. A sender that finds the queue full waits, it does not fail.
const QUEUE: usize = 1_024;
/// Leads rebuilt in one piece. Each crossing of threads costs more than a rebuild; more at once
/// would keep the first ones waiting.
const LEADS_AT_ONCE: usize = 128;

type Reply<T> = oneshot::Sender<Result<T, RebuildError>>;
type LeadOutcome = Result<Option<RebuiltLead>, RebuildError>;

enum Job {
    Leads(Vec<LeadId>, oneshot::Sender<Vec<LeadOutcome>>),
    Workflow(WorkflowId, Reply<RebuiltWorkflow>),
    Organisation(OrganisationId, Reply<RebuiltOrganisation>),
    Record(Position, Reply<Option<Arc<Record>>>),
}

/// The way to the reader thread. The thread ends when this is dropped.
pub(crate) struct Reader {
    jobs: mpsc::Sender<Job>,
    /// Leads that were asked for in this turn of the loop.
    collected: RefCell<Vec<(LeadId, Reply<Option<RebuiltLead>>)>>,
    /// Whether they are about to be sent.
    scheduled: Cell<bool>,
}

impl Reader {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// When the operating system gives no thread.
    pub(crate) fn start(
        store: Arc<dyn EventStore>,
        vault: Arc<Vault>,
    ) -> std::io::Result<(Self, thread::JoinHandle<()>)> {
        let (jobs, mut queue) = mpsc::channel(QUEUE);
        let thread = thread::Builder::new().name("branchline-reader".into()).spawn(move || {
            while let Some(job) = queue.blocking_recv() {
                work(store.as_ref(), &vault, job);
            }
        })?;
        let collected = RefCell::default();
        Ok((Self { jobs, collected, scheduled: Cell::new(false) }, thread))
    }

    /// A lead as its stream has it. Those asked for in one turn of the loop are read in one piece.
    pub(crate) async fn lead(self: &Rc<Self>, lead: LeadId) -> LeadOutcome {
        let (reply, answer) = oneshot::channel();
        self.collected.borrow_mut().push((lead, reply));
        if !self.scheduled.replace(true) {
            let reader = Rc::clone(self);
            actix::spawn(async move { reader.send_collected().await });
        }
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }

    async fn send_collected(&self) {
        let mut collected = self.collected.take().into_iter();
        self.scheduled.set(false);
        let mut sent = Vec::new();
        loop {
            let (leads, waiting): (Vec<_>, Vec<_>) = collected.by_ref().take(LEADS_AT_ONCE).unzip();
            if leads.is_empty() {
                break;
            }
            let (reply, answer) = oneshot::channel();
            // A failed send drops the reply, which is seen below.
            let _ = self.jobs.send(Job::Leads(leads, reply)).await;
            sent.push((waiting, answer));
        }
        for (waiting, answer) in sent {
            // Without an answer the replies are dropped, which says that the reader stopped.
            for (reply, outcome) in waiting.into_iter().zip(answer.await.unwrap_or_default()) {
                let _ = reply.send(outcome);
            }
        }
    }

    pub(crate) async fn workflow(&self, id: WorkflowId) -> Result<RebuiltWorkflow, RebuildError> {
        self.ask(|reply| Job::Workflow(id, reply)).await
    }

    pub(crate) async fn organisation(
        &self,
        id: OrganisationId,
    ) -> Result<RebuiltOrganisation, RebuildError> {
        self.ask(|reply| Job::Organisation(id, reply)).await
    }

    /// The record at a position.
    pub(crate) async fn record(
        &self,
        position: Position,
    ) -> Result<Option<Arc<Record>>, RebuildError> {
        self.ask(|reply| Job::Record(position, reply)).await
    }

    async fn ask<T>(&self, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, RebuildError> {
        let (reply, answer) = oneshot::channel();
        // A failed send drops the reply, which the next line sees.
        let _ = self.jobs.send(job(reply)).await;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }
}

fn stopped() -> RebuildError {
    RebuildError::Read(ReadError::Storage { reason: "the reader stopped".into() })
}

fn work(store: &dyn EventStore, vault: &Vault, job: Job) {
    // Who asked may have gone away.
    match job {
        Job::Leads(leads, reply) => {
            let rebuilt = leads.into_iter().map(|lead| rebuild_lead(store, vault, lead));
            drop(reply.send(rebuilt.collect()));
        }
        Job::Workflow(id, reply) => drop(reply.send(rebuild_workflow(store, id))),
        Job::Organisation(id, reply) => drop(reply.send(rebuild_organisation(store, id))),
        Job::Record(position, reply) => {
            let before = Position(position.0.saturating_sub(1));
            let found = store.read_all(before, 1).map(|records| records.into_iter().next());
            drop(reply.send(found.map_err(RebuildError::Read)));
        }
    }
}
