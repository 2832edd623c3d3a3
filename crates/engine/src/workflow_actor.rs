//! One workflow: decides, records, shows its new view, answers; one command at a time.

use std::{collections::BTreeSet, rc::Rc, sync::Arc};

use actix::{
    Actor, ActorContext, ActorFutureExt, AtomicResponse, Context, Handler, WrapFuture,
    fut::{self, LocalBoxActorFuture},
};
use branchline_domain::{
    decider::Recorded,
    id::NodeId,
    time::Timestamp,
    workflow::{
        self, WorkflowCommand, WorkflowContext, WorkflowEvent, WorkflowRejection, WorkflowState,
        WorkflowView,
    },
};
use branchline_event_codec::encode_workflow;
use branchline_journal::{
    record::{Control, ExpectedVersion, Micros, NewRecord, RecordBody, StreamId, Version},
    store::{AppendError, Appended, KnownKey},
};
use tokio::sync::oneshot;

use crate::{
    EngineError, asked::Asked, command::Committed, core::Services, rebuild::RebuiltWorkflow,
    refusals::append_failed, workflow_cell::WorkflowCell,
};

/// What came of a command to a workflow.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WorkflowOutcome {
    /// Where the events it made are recorded.
    pub(crate) committed: Committed,
    /// Whether an earlier request with the same key is answered: its events are at the position.
    pub(crate) repeated: bool,
}

/// Why a command came to nothing.
#[derive(Debug)]
pub(crate) enum WorkflowFailure {
    /// The command was refused, or failed for good.
    Refused(EngineError),
    /// The actor knew less than the journal. It is gone; ask its successor.
    Stale,
}

pub(crate) type WorkflowReply = oneshot::Sender<Result<WorkflowOutcome, WorkflowFailure>>;

/// A command on its way to a workflow actor.
pub(crate) struct PerformWorkflow {
    pub(crate) command: Arc<WorkflowCommand>,
    pub(crate) asked: Asked,
    /// Read once, at the edge.
    pub(crate) now: Timestamp,
    pub(crate) reply: WorkflowReply,
}

/// A message to a workflow actor.
#[derive(actix::Message)]
#[rtype(result = "()")]
pub(crate) enum WorkflowTask {
    /// Decide, record, answer.
    Perform(PerformWorkflow),
    /// Give the whole state.
    Snapshot { reply: oneshot::Sender<Box<WorkflowState>> },
}

impl WorkflowTask {
    /// Answers without having done anything. A snapshot's reply is dropped, which says the same.
    pub(crate) fn refuse(self, error: EngineError) {
        match self {
            Self::Perform(perform) => answer(perform, Err(error)),
            Self::Snapshot { reply } => drop(reply),
        }
    }
}

/// One workflow in memory.
pub(crate) struct WorkflowActor {
    state: WorkflowState,
    version: Version,
    cell: Rc<WorkflowCell>,
    services: Rc<Services>,
}

type Step = LocalBoxActorFuture<WorkflowActor, ()>;

fn done() -> Step {
    Box::pin(fut::ready(()))
}

/// What a command must know from outside the workflow's stream.
enum Outside {
    Nothing,
    /// Counts of leads, and of those at some nodes.
    Counts(Vec<NodeId>),
}

impl WorkflowActor {
    pub(crate) fn new(
        rebuilt: RebuiltWorkflow,
        cell: Rc<WorkflowCell>,
        services: Rc<Services>,
    ) -> Self {
        Self { state: rebuilt.state, version: rebuilt.version, cell, services }
    }

    fn perform(&mut self, perform: PerformWorkflow) -> Step {
        if !perform.asked.may_touch(self.cell.organisation) {
            answer(perform, Err(EngineError::WorkflowNotFound(self.cell.id)));
            return done();
        }
        let known = perform.asked.key.as_ref().and_then(|key| {
            self.services.store.known_key(self.cell.organisation.as_uuid(), &key.key)
        });
        if let Some(known) = known {
            repeat(perform, known);
            return done();
        }
        let actual = self.state.graph.revision();
        if let Some(expected) = perform.asked.if_revision.filter(|&expected| expected != actual) {
            let stale = WorkflowRejection::StaleRevision { expected, actual };
            answer(perform, Err(EngineError::Workflow(stale)));
            return done();
        }
        match outside(&self.state, &perform.command) {
            Outside::Nothing => self.attempt(perform, &WorkflowContext::default()),
            Outside::Counts(nodes) => self.count_first(perform, nodes),
        }
    }

    /// Counts come from the read models, once they show everything that was recorded before. A
    /// lead that moves between the count and the record is no harm: ends are final, and movement
    /// that was decided before an end is refused by its guard. Enrolment is: so there must be none
    /// under way, and the count must be newer than the last one.
    fn count_first(&mut self, perform: PerformWorkflow, nodes: Vec<NodeId>) -> Step {
        let reads = Arc::clone(&self.services.reads);
        let target = self.services.store.head().max(self.cell.last_enrolled());
        let folded = async move { reads.wait_folded(target).await };
        Box::pin(folded.into_actor(self).then(move |folded, this, _| {
            if let Err(error) = folded {
                answer(perform, Err(error));
                return done();
            }
            if this.cell.is_enrolling() || this.cell.last_enrolled() > target {
                return this.while_enrolling(perform, &nodes);
            }
            let context = this.count(&nodes);
            this.attempt(perform, &context)
        }))
    }

    fn count(&self, nodes: &[NodeId]) -> WorkflowContext {
        self.services.reads.look(|read| read.workflow_context(self.cell.id, nodes))
    }

    fn while_enrolling(&mut self, perform: PerformWorkflow, nodes: &[NodeId]) -> Step {
        match *perform.command {
            WorkflowCommand::AutoComplete => {
                // Leads are coming: not the moment. Their records bring the question up again.
                let nothing = WorkflowOutcome::default();
                answer(perform, Ok(nothing));
                done()
            }
            WorkflowCommand::Complete { force: false } | WorkflowCommand::Delete => {
                answer(perform, Err(EngineError::Busy));
                done()
            }
            WorkflowCommand::Complete { force: true }
            | WorkflowCommand::RemoveNode { .. }
            | WorkflowCommand::PutGraph { .. }
            | WorkflowCommand::Create { .. }
            | WorkflowCommand::Edit { .. }
            | WorkflowCommand::AddNode(_)
            | WorkflowCommand::PatchNode { .. }
            | WorkflowCommand::AddEdge(_)
            | WorkflowCommand::RemoveEdge { .. }
            | WorkflowCommand::Activate
            | WorkflowCommand::Pause
            | WorkflowCommand::Resume
            | WorkflowCommand::Cancel
            | WorkflowCommand::OpenImport { .. }
            | WorkflowCommand::CloseImport { .. }
            | WorkflowCommand::CancelImport { .. }
            | WorkflowCommand::RefuseImport { .. } => {
                let context = self.count(nodes);
                self.attempt(perform, &context)
            }
        }
    }

    fn attempt(&mut self, perform: PerformWorkflow, context: &WorkflowContext) -> Step {
        let events = match workflow::decide(&self.state, &perform.command, context) {
            Ok(events) => events,
            Err(WorkflowRejection::NotFound) => {
                answer(perform, Err(EngineError::WorkflowNotFound(self.cell.id)));
                return done();
            }
            Err(rejection) => {
                answer(perform, Err(EngineError::Workflow(rejection)));
                return done();
            }
        };
        if events.is_empty() {
            let nothing = WorkflowOutcome::default();
            answer(perform, Ok(nothing));
            return done();
        }
        let steps = workflow::into_records(events);
        let records = match self.records(&perform, &steps) {
            Ok(records) => records,
            Err(error) => {
                answer(perform, Err(error));
                return done();
            }
        };
        let answers: Vec<_> =
            records.into_iter().map(|record| self.services.journal.append(record)).collect();
        let outcomes = async move {
            let mut outcomes = Vec::with_capacity(answers.len());
            for answer in answers {
                outcomes.push(answer.await);
            }
            outcomes
        };
        Box::pin(
            outcomes
                .into_actor(self)
                .then(move |outcomes, this, ctx| this.absorb(perform, &steps, outcomes, ctx)),
        )
    }

    /// The records of one decision: mostly one. Where it is more, all but the last hold parts that
    /// mean nothing without it, so the key is on the last one.
    fn records(
        &self,
        perform: &PerformWorkflow,
        steps: &[Vec<WorkflowEvent>],
    ) -> Result<Vec<NewRecord>, EngineError> {
        // The positions are not known yet; epoch and revision do not depend on them.
        let mut after = self.state.clone();
        let mut version = self.version;
        let mut records = Vec::with_capacity(steps.len());
        for (index, events) in steps.iter().enumerate() {
            let encoded = events
                .iter()
                .map(encode_workflow)
                .collect::<Result<Vec<_>, _>>()
                .map_err(|error| EngineError::TooLarge { problem: error.to_string() })?;
            for event in events {
                workflow::evolve(&mut after, event, Recorded { at: perform.now, position: 0 });
            }
            let expected = if version == Version::default() {
                ExpectedVersion::NoStream
            } else {
                ExpectedVersion::Exact(version)
            };
            version = Version(version.0 + encoded.len() as u64);
            let is_last = index + 1 == steps.len();
            records.push(NewRecord {
                expected,
                body: RecordBody {
                    organisation: self.cell.organisation.as_uuid(),
                    stream: StreamId::workflow(self.cell.id.as_uuid()),
                    recorded_at: Micros(perform.now.as_micros()),
                    principal: Arc::clone(&perform.asked.principal),
                    cause: perform.asked.cause.clone(),
                    key: perform.asked.key.clone().filter(|_| is_last),
                    guard: None,
                    control: Some(Control {
                        epoch: after.control_epoch,
                        revision: after.graph.revision(),
                    }),
                    claims: Vec::new(),
                    events: encoded,
                },
            });
        }
        Ok(records)
    }

    /// Takes in what is durable, and answers by the last record or by the first that failed: those
    /// after it were refused too, for want of it.
    fn absorb(
        &mut self,
        perform: PerformWorkflow,
        steps: &[Vec<WorkflowEvent>],
        outcomes: Vec<Result<Appended, AppendError>>,
        ctx: &mut Context<Self>,
    ) -> Step {
        let mut outcome = WorkflowOutcome::default();
        for (events, appended) in steps.iter().zip(outcomes) {
            let appended = match appended {
                Ok(appended) => appended,
                Err(error) => return self.not_appended(perform, error, ctx),
            };
            let recorded = Recorded { at: perform.now, position: appended.position.0 };
            for event in events {
                workflow::evolve(&mut self.state, event, recorded);
            }
            self.version = appended.version;
            outcome.committed = Committed { position: Some(appended.position) };
        }
        // Before the answer: whoever is told of the change finds it in force.
        self.cell.publish(WorkflowView::of(self.cell.id, &self.state));
        answer(perform, Ok(outcome));
        done()
    }

    fn not_appended(
        &mut self,
        perform: PerformWorkflow,
        error: AppendError,
        ctx: &mut Context<Self>,
    ) -> Step {
        match error {
            AppendError::KeyKnown { known } => {
                repeat(perform, known);
                done()
            }
            AppendError::WrongExpectedVersion { .. } => {
                tracing::info!(workflow = %self.cell.id, %error, "workflow actor is stale and will be rebuilt");
                ctx.stop();
                // The waiting caller may be gone; nothing was recorded for it.
                let _ = perform.reply.send(Err(WorkflowFailure::Stale));
                done()
            }
            AppendError::Poisoned { .. } | AppendError::Closed => {
                ctx.stop();
                answer(perform, Err(append_failed(error)));
                done()
            }
            AppendError::GuardMoved { .. }
            | AppendError::ClaimTaken { .. }
            | AppendError::TooLarge { .. }
            | AppendError::Malformed { .. }
            | AppendError::Busy { .. } => {
                answer(perform, Err(append_failed(error)));
                done()
            }
        }
    }
}

fn outside(state: &WorkflowState, command: &WorkflowCommand) -> Outside {
    match command {
        WorkflowCommand::Complete { .. }
        | WorkflowCommand::AutoComplete
        | WorkflowCommand::Delete => Outside::Counts(Vec::new()),
        WorkflowCommand::RemoveNode { node, .. } => Outside::Counts(vec![*node]),
        WorkflowCommand::PutGraph { nodes, .. } => {
            let kept: BTreeSet<NodeId> = nodes.iter().map(|node| node.id).collect();
            let known = state.graph.nodes().iter().map(|node| node.id);
            Outside::Counts(known.filter(|id| !kept.contains(id)).collect())
        }
        WorkflowCommand::Create { .. }
        | WorkflowCommand::Edit { .. }
        | WorkflowCommand::AddNode(_)
        | WorkflowCommand::PatchNode { .. }
        | WorkflowCommand::AddEdge(_)
        | WorkflowCommand::RemoveEdge { .. }
        | WorkflowCommand::Activate
        | WorkflowCommand::Pause
        | WorkflowCommand::Resume
        | WorkflowCommand::Cancel
        | WorkflowCommand::OpenImport { .. }
        | WorkflowCommand::CloseImport { .. }
        | WorkflowCommand::CancelImport { .. }
        | WorkflowCommand::RefuseImport { .. } => Outside::Nothing,
    }
}

impl Actor for WorkflowActor {
    type Context = Context<Self>;
}

impl Handler<WorkflowTask> for WorkflowActor {
    // Atomic: the next message waits until this one is on disk.
    type Result = AtomicResponse<Self, ()>;

    fn handle(&mut self, task: WorkflowTask, _: &mut Context<Self>) -> Self::Result {
        AtomicResponse::new(match task {
            WorkflowTask::Perform(perform) => {
                let span = tracing::debug_span!("workflow.perform", workflow = %self.cell.id, version = %self.version);
                span.in_scope(|| self.perform(perform))
            }
            WorkflowTask::Snapshot { reply } => {
                // Who asked may be gone.
                let _ = reply.send(Box::new(self.state.clone()));
                done()
            }
        })
    }
}

/// Answers; the caller may have gone away, and what is durable stays.
fn answer(perform: PerformWorkflow, outcome: Result<WorkflowOutcome, EngineError>) {
    let _ = perform.reply.send(outcome.map_err(WorkflowFailure::Refused));
}

/// The request was recorded before: it is answered as of then, without deciding anew.
fn repeat(perform: PerformWorkflow, known: KnownKey) {
    let same = perform.asked.key.as_ref().is_some_and(|key| key.digest == known.digest);
    let outcome = if same {
        let committed = Committed { position: Some(known.position) };
        Ok(WorkflowOutcome { committed, repeated: true })
    } else {
        Err(EngineError::KeyReused)
    };
    answer(perform, outcome);
}
