//! The handle: how a host asks, reads and follows. Cheap to clone, usable from any thread.

use std::{sync::Arc, time::Instant};

use branchline_domain::{
    id::{CallId, EdgeId, LeadId, NodeId, OrganisationId, WorkflowId},
    lead::{CallReport, Explanation},
    workflow::Settings,
};
use branchline_journal::record::Position;
use branchline_projections::Projections;
use tokio::sync::{mpsc, oneshot};

use crate::{
    EngineError,
    answers::Answers,
    batch::{BatchAnswer, BatchForecast, LeadBatch},
    command::{
        Answer, CallAction, CallAnswer, Caller, Committed, DraftGraph, EnrolRequest, Enrolled,
        HostCommand, HostRequest, ImportRequest, Imported, LeadAction, NewEdge, NewNode, PutGraph,
        WorkflowAction,
    },
    erasure::Erasure,
    event_stream::EventStream,
    metrics::CommandKind,
    ports::DialRequest,
    read_side::{Health, LeadStory, ReadSide},
};

/// How a host asks, reads and follows.
///
/// Every write is answered after it is durable. Every read shows all writes that were answered
/// before it was asked. Futures of a handle run on any executor; where a read has to wait, a tokio
/// runtime with time must be near.
#[derive(Clone, Debug)]
pub struct EngineHandle {
    requests: mpsc::Sender<HostRequest>,
    pub(crate) reads: Arc<ReadSide>,
    answers: Arc<Answers>,
}

impl EngineHandle {
    pub(crate) const fn new(
        requests: mpsc::Sender<HostRequest>,
        reads: Arc<ReadSide>,
        answers: Arc<Answers>,
    ) -> Self {
        Self { requests, reads, answers }
    }

    /// What hosts are owed.
    pub(crate) const fn answers(&self) -> &Arc<Answers> {
        &self.answers
    }

    /// The raw command channel. Bounded: when it is full, sending waits and `try_send` refuses.
    pub fn commands(&self) -> mpsc::Sender<HostRequest> {
        self.requests.clone()
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    ///
    /// [`EngineError::Busy`] at once when too much is under way; the errors of the command.
    pub async fn ask(&self, caller: &Caller, command: HostCommand) -> Result<Answer, EngineError> {
        let (kind, asked) = (CommandKind::of(&command), Instant::now());
        let answer = self.send(caller, command).await;
        self.reads.metrics().commands.answered(kind, &answer, asked.elapsed());
        answer
    }

    async fn send(&self, caller: &Caller, command: HostCommand) -> Result<Answer, EngineError> {
        let (reply, answer) = oneshot::channel();
        let request = HostRequest { caller: caller.clone(), command, reply };
        self.requests.try_send(request).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => EngineError::Busy,
            mpsc::error::TrySendError::Closed(_) => EngineError::ShuttingDown,
        })?;
        let answer = answer.await.map_err(|_| EngineError::ShuttingDown)?;
        self.answers.hand_out();
        if let Ok(answer) = &answer {
            caller.last_position.note(answer);
        }
        answer
    }

    /// Makes a workflow in draft.
    ///
    /// # Errors
    ///
    /// [`EngineError::Workflow`] when a value is out of its limits; those of [`Self::ask`].
    pub async fn create_workflow(
        &self,
        caller: &Caller,
        title: impl Into<String>,
        description: impl Into<String>,
        settings: Settings,
    ) -> Result<WorkflowId, EngineError> {
        let (title, description) = (title.into(), description.into());
        let command = HostCommand::CreateWorkflow { title, description, settings };
        let answer = self.ask(caller, command).await?;
        let Answer::Workflow(workflow, _) = answer else {
            return Err(mismatch(&answer));
        };
        Ok(workflow)
    }

    /// Copies a workflow into a new one in draft: title, description, settings and graph, with
    /// fresh ids; never leads, calls or status.
    ///
    /// # Errors
    ///
    /// [`EngineError::WorkflowNotFound`]; those of [`Self::ask`].
    pub async fn duplicate_workflow(
        &self,
        caller: &Caller,
        workflow: WorkflowId,
    ) -> Result<WorkflowId, EngineError> {
        let answer = self.ask(caller, HostCommand::DuplicateWorkflow { workflow }).await?;
        let Answer::Workflow(copy, _) = answer else {
            return Err(mismatch(&answer));
        };
        Ok(copy)
    }

    /// Acts on a workflow.
    ///
    /// # Errors
    ///
    /// [`EngineError::WorkflowNotFound`], [`EngineError::Workflow`]; those of [`Self::ask`].
    pub async fn act_on_workflow(
        &self,
        caller: &Caller,
        workflow: WorkflowId,
        action: WorkflowAction,
    ) -> Result<Committed, EngineError> {
        let answer = self.ask(caller, HostCommand::Workflow { workflow, action }).await?;
        let Answer::Workflow(_, committed) = answer else {
            return Err(mismatch(&answer));
        };
        Ok(committed)
    }

    /// Makes a drawn graph the newest one, in one revision.
    ///
    /// # Errors
    ///
    /// [`EngineError::Workflow`] when the graph was edited since `expected_revision`, when leads
    /// stand at a node that is not in it any more, and when a limit is passed;
    /// [`EngineError::Invalid`] for a name that names no node; [`EngineError::WorkflowNotFound`];
    /// those of [`Self::ask`].
    pub async fn put_graph(
        &self,
        caller: &Caller,
        workflow: WorkflowId,
        expected_revision: u32,
        graph: DraftGraph,
    ) -> Result<PutGraph, EngineError> {
        let command = HostCommand::PutGraph { workflow, expected_revision, graph };
        let answer = self.ask(caller, command).await?;
        let Answer::Graph(put) = answer else {
            return Err(mismatch(&answer));
        };
        Ok(put)
    }

    /// Adds a node to the newest graph.
    ///
    /// # Errors
    ///
    /// As [`Self::act_on_workflow`].
    pub async fn add_node(
        &self,
        caller: &Caller,
        workflow: WorkflowId,
        node: NewNode,
    ) -> Result<NodeId, EngineError> {
        let answer = self.ask(caller, HostCommand::AddNode { workflow, node }).await?;
        let Answer::Node(node, _) = answer else {
            return Err(mismatch(&answer));
        };
        Ok(node)
    }

    /// Adds an edge to the newest graph.
    ///
    /// # Errors
    ///
    /// As [`Self::act_on_workflow`].
    pub async fn add_edge(
        &self,
        caller: &Caller,
        workflow: WorkflowId,
        edge: NewEdge,
    ) -> Result<EdgeId, EngineError> {
        let answer = self.ask(caller, HostCommand::AddEdge { workflow, edge }).await?;
        let Answer::Edge(edge, _) = answer else {
            return Err(mismatch(&answer));
        };
        Ok(edge)
    }

    /// Enrols leads: all of them or none.
    ///
    /// # Errors
    ///
    /// [`EngineError::Rows`] with every fault, and nobody enrolled;
    /// [`EngineError::WorkflowNotFound`], [`EngineError::Lead`]; those of [`Self::ask`].
    pub async fn enrol(
        &self,
        caller: &Caller,
        workflow: WorkflowId,
        request: EnrolRequest,
    ) -> Result<Enrolled, EngineError> {
        let answer = self.ask(caller, HostCommand::Enrol { workflow, request }).await?;
        let Answer::Enrolled(enrolled) = answer else {
            return Err(mismatch(&answer));
        };
        Ok(enrolled)
    }

    /// Enrols the leads of a list that is read as it is enrolled: all of them or none. Answers when
    /// they are enrolled, or, for more than [`EngineConfig::import_wait_rows`](crate::EngineConfig)
    /// rows, when the list is checked whole and its import is open.
    ///
    /// # Errors
    ///
    /// As [`Self::enrol`]. A list that is refused is kept among the imports, with its faults.
    pub async fn import(
        &self,
        caller: &Caller,
        workflow: WorkflowId,
        request: ImportRequest,
    ) -> Result<Imported, EngineError> {
        let answer = self.ask(caller, HostCommand::Import { workflow, request }).await?;
        let Answer::Imported(imported) = answer else {
            return Err(mismatch(&answer));
        };
        Ok(imported)
    }

    /// Acts on a lead.
    ///
    /// # Errors
    ///
    /// [`EngineError::LeadNotFound`], [`EngineError::Lead`]; those of [`Self::ask`].
    pub async fn act_on_lead(
        &self,
        caller: &Caller,
        lead: LeadId,
        action: LeadAction,
    ) -> Result<Committed, EngineError> {
        let answer = self.ask(caller, HostCommand::Lead { lead, action }).await?;
        let Answer::Lead(committed) = answer else {
            return Err(mismatch(&answer));
        };
        Ok(committed)
    }

    /// Erases what is personal of a lead that has come to its end: the erasure is recorded, then the
    /// key of its personal fields is destroyed. Asked again, it destroys a key that was kept.
    ///
    /// # Errors
    ///
    /// [`EngineError::LeadNotFound`]; [`EngineError::Lead`] while the lead may still move or has a
    /// call or an application at work; those of [`Self::ask`]. A key that could not be destroyed is
    /// no error, because the erasure is recorded: the answer says what remains.
    pub async fn erase_lead(&self, caller: &Caller, lead: LeadId) -> Result<Erasure, EngineError> {
        let answer = self.ask(caller, HostCommand::EraseLead { lead }).await?;
        let Answer::Erased(erasure) = answer else {
            return Err(mismatch(&answer));
        };
        Ok(erasure)
    }

    /// Does one thing with many leads of a workflow: each gets the command that
    /// [`Self::act_on_lead`] would send it, and its answer stands for itself. With an idempotency
    /// key the same request may be sent again, after a crash in its middle too: no lead is asked
    /// twice, and none in the place of one that has been.
    ///
    /// # Errors
    ///
    /// [`EngineError::WorkflowNotFound`]; [`EngineError::Invalid`] when the filter or the action
    /// names what is not in the workflow; [`EngineError::KeyReused`]; those of [`Self::ask`]. What
    /// a lead refuses is in its result.
    pub async fn act_on_leads(
        &self,
        caller: &Caller,
        workflow: WorkflowId,
        batch: LeadBatch,
    ) -> Result<BatchAnswer, EngineError> {
        let answer = self.ask(caller, HostCommand::Batch { workflow, batch }).await?;
        let Answer::Batch(answer) = answer else {
            return Err(mismatch(&answer));
        };
        Ok(answer)
    }

    /// What [`Self::act_on_leads`] would do: how many leads it is about, and what the first of them
    /// would answer. Nothing is recorded.
    ///
    /// # Errors
    ///
    /// As [`Self::act_on_leads`] for the batch itself; those of [`Self::read`] and [`Self::lead`].
    pub async fn forecast_leads(
        &self,
        organisation: OrganisationId,
        workflow: WorkflowId,
        batch: &LeadBatch,
    ) -> Result<BatchForecast, EngineError> {
        self.reads.forecast(organisation, workflow, batch).await
    }

    /// Reports a status of a call.
    ///
    /// # Errors
    ///
    /// [`EngineError::CallNotFound`]; those of [`Self::ask`].
    pub async fn report_call_status(
        &self,
        caller: &Caller,
        call: CallId,
        report: CallReport,
    ) -> Result<CallAnswer, EngineError> {
        self.tell_of_call(caller, call, CallAction::Report(report)).await
    }

    /// Tells something about a call.
    ///
    /// # Errors
    ///
    /// [`EngineError::CallNotFound`], [`EngineError::Lead`]; those of [`Self::ask`].
    pub async fn tell_of_call(
        &self,
        caller: &Caller,
        call: CallId,
        action: CallAction,
    ) -> Result<CallAnswer, EngineError> {
        let answer = self.ask(caller, HostCommand::Call { call, action }).await?;
        let Answer::Call(answer) = answer else {
            return Err(mismatch(&answer));
        };
        Ok(answer)
    }

    /// Tells something about many calls at once: one crossing of threads and, mostly, one commit
    /// for all. The answers are in the order of the list; each item stands for itself.
    ///
    /// # Errors
    ///
    /// Those of [`Self::ask`]; errors of items are in the list.
    pub async fn tell_of_calls(
        &self,
        caller: &Caller,
        actions: Vec<(CallId, CallAction)>,
    ) -> Result<Vec<Result<CallAnswer, EngineError>>, EngineError> {
        let answer = self.ask(caller, HostCommand::Calls { actions }).await?;
        let Answer::Calls(answers) = answer else {
            return Err(mismatch(&answer));
        };
        Ok(answers)
    }

    /// Takes requested calls: whoever gets them may dial them, once. A lease that runs out makes
    /// the call's fate unknown; it is never handed out again.
    ///
    /// # Errors
    ///
    /// [`EngineError::Invalid`] when `max` or `lease_s` is out of its limits; those of
    /// [`Self::ask`].
    pub async fn claim_calls(
        &self,
        caller: &Caller,
        max: usize,
        lease_s: u32,
    ) -> Result<Vec<DialRequest>, EngineError> {
        let answer = self.ask(caller, HostCommand::Claim { max, lease_s }).await?;
        let Answer::Claimed(calls, _) = answer else {
            return Err(mismatch(&answer));
        };
        Ok(calls)
    }

    /// Looks at the read models, once they show every write that was answered before. `look` must
    /// be short: it keeps the next record from being folded in.
    ///
    /// # Errors
    ///
    /// [`EngineError::Behind`] when they do not in time; [`EngineError::ShuttingDown`].
    pub async fn read<T>(&self, look: impl FnOnce(&Projections) -> T) -> Result<T, EngineError> {
        self.reads.read(look).await
    }

    /// Everything recorded of a lead, and what it adds up to. Personal fields are opened.
    ///
    /// # Errors
    ///
    /// [`EngineError::LeadNotFound`], [`EngineError::Unavailable`] when the journal cannot be read.
    pub async fn lead(
        &self,
        organisation: OrganisationId,
        lead: LeadId,
    ) -> Result<LeadStory, EngineError> {
        self.reads.lead(organisation, lead).await
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
        self.reads.leads_of_person(organisation, phone_number).await
    }

    /// Why a lead is where it is.
    ///
    /// # Errors
    ///
    /// As [`Self::lead`].
    pub async fn explain(
        &self,
        organisation: OrganisationId,
        lead: LeadId,
    ) -> Result<Explanation, EngineError> {
        self.reads.explain(organisation, lead).await
    }

    /// Follows all records after a position: first what is there, then what comes.
    pub fn events(&self, after: Position) -> EventStream {
        self.reads.events(after)
    }

    /// How the engine is.
    pub fn health(&self) -> Health {
        self.reads.health()
    }
}

/// The engine answers each command with its own kind of answer; another kind is a bug of ours,
/// told as a failure rather than a panic in the host.
pub(crate) fn mismatch(answer: &Answer) -> EngineError {
    tracing::error!(?answer, "the engine answered with another kind of answer than asked for");
    EngineError::Unavailable { reason: "the engine answered something else".into() }
}
