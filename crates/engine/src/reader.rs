//! The thread that reads streams, so that the engine thread never waits for the disk.

use std::{sync::Arc, thread};

use branchline_domain::id::{LeadId, WorkflowId};
use branchline_journal::{
    record::{Position, Record},
    store::{EventStore, ReadError},
};
use branchline_vault::Vault;
use tokio::sync::{mpsc, oneshot};

use crate::rebuild::{RebuildError, RebuiltLead, RebuiltWorkflow, rebuild_lead, rebuild_workflow};

/// Reads that may wait. A sender that finds the queue full waits, it does not fail.
const QUEUE: usize = 1_024;

type Reply<T> = oneshot::Sender<Result<T, RebuildError>>;

enum Job {
    Lead(LeadId, Reply<Option<RebuiltLead>>),
    Workflow(WorkflowId, Reply<RebuiltWorkflow>),
    Record(Position, Reply<Option<Arc<Record>>>),
}

/// The way to the reader thread. The thread ends when this is dropped.
pub(crate) struct Reader {
    jobs: mpsc::Sender<Job>,
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
        Ok((Self { jobs }, thread))
    }

    pub(crate) async fn lead(&self, lead: LeadId) -> Result<Option<RebuiltLead>, RebuildError> {
        self.ask(|reply| Job::Lead(lead, reply)).await
    }

    pub(crate) async fn workflow(&self, id: WorkflowId) -> Result<RebuiltWorkflow, RebuildError> {
        self.ask(|reply| Job::Workflow(id, reply)).await
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
        answer.await.unwrap_or_else(|_| {
            Err(RebuildError::Read(ReadError::Storage { reason: "the reader stopped".into() }))
        })
    }
}

fn work(store: &dyn EventStore, vault: &Vault, job: Job) {
    // Who asked may have gone away.
    match job {
        Job::Lead(lead, reply) => drop(reply.send(rebuild_lead(store, vault, lead))),
        Job::Workflow(id, reply) => drop(reply.send(rebuild_workflow(store, id))),
        Job::Record(position, reply) => {
            let before = Position(position.0.saturating_sub(1));
            let found = store.read_all(before, 1).map(|records| records.into_iter().next());
            drop(reply.send(found.map_err(RebuildError::Read)));
        }
    }
}
