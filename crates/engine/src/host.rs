//! Commands of hosts: what each one asks of which actor, and how the answer reads.

use std::{future::Future, pin::Pin, rc::Rc};

use crate::{
    EngineError,
    answers::Reply,
    api_keys::{self, KeyAction},
    asked::Asked,
    batch,
    command::{
        Answer, CallAction, CallAnswer, Caller, HostCommand, HostRequest, LeadAction, NewEdge,
        NewNode, WorkflowAction,
    },
    core::Core,
    duplicate, effects, enrol, erasure, graph_draft,
    host_reply::{About, HostAsk, call_answer},
    provider, repeat,
};
use branchline_domain::{
    graph::{Edge, Node},
    id::{CallId, EdgeId, NodeId, WorkflowId},
    lead::LeadCommand,
    workflow::WorkflowCommand,
};

/// Longest text a record keeps of its caller. Unit: bytes.
const CALLER_TEXT_BYTES_MAX: usize = 128;

type Answering = Pin<Box<dyn Future<Output = Result<Answer, EngineError>>>>;

/// Who answers a request that was begun.
enum Begun {
    /// The lead's actor, straight to the host: most requests, so they cost no task.
    ByTheLead,
    /// What this future gives is the answer.
    Later(Answering, Reply),
}

/// Takes one request in hand. Its messages are with their actors when this returns, so requests
/// about one lead or workflow are decided in the order they came; the answer follows by itself.
pub(crate) fn accept(core: &Rc<Core>, request: HostRequest) {
    let HostRequest { mut caller, command, reply } = request;
    let weight = match &command {
        HostCommand::Calls { actions } => actions.len().max(1),
        HostCommand::Batch { batch, .. } => {
            batch.limit.clamp(1, core.config().sweep_in_flight.max(1))
        }
        HostCommand::CreateWorkflow { .. }
        | HostCommand::DuplicateWorkflow { .. }
        | HostCommand::PutGraph { .. }
        | HostCommand::Workflow { .. }
        | HostCommand::AddNode { .. }
        | HostCommand::AddEdge { .. }
        | HostCommand::Enrol { .. }
        | HostCommand::Import { .. }
        | HostCommand::Lead { .. }
        | HostCommand::EraseLead { .. }
        | HostCommand::Call { .. }
        | HostCommand::Claim { .. }
        | HostCommand::Keys { .. }
        | HostCommand::Provider { .. } => 1,
    };
    // What was refused to a key is evidence, and there is little of it.
    let evidence = matches!(&command, HostCommand::Keys { action: KeyAction::NoteRefusal { .. } });
    let full = core.under_way() >= core.config().host_channel_capacity;
    let refused = if full && !evidence {
        Some(EngineError::Busy)
    } else {
        check(&caller).and_then(|()| key_digest(core, &mut caller)).err()
    };
    if let Some(error) = refused {
        let _ = reply.send(Err(error));
        return;
    }
    let under_way = core.hold(weight);
    let Begun::Later(answering, reply) = begin(core, caller, command, reply) else { return };
    actix::spawn(async move {
        let answer = answering.await;
        under_way.answer(reply, answer);
    });
}

/// Refuses texts that no record can keep.
fn check(caller: &Caller) -> Result<(), EngineError> {
    let key = caller.idempotency.as_ref().map(|key| &key.key);
    let texts = [
        ("principal", Some(&caller.principal)),
        ("request_id", caller.request_id.as_ref()),
        ("idempotency_key", key),
    ];
    for (field, text) in texts {
        let bytes = text.map_or(0, |text| text.len());
        if bytes > CALLER_TEXT_BYTES_MAX {
            let problem = format!("has {bytes} bytes, at most {CALLER_TEXT_BYTES_MAX} are kept");
            return Err(EngineError::Invalid { field, problem });
        }
    }
    Ok(())
}

/// Makes of the digest of a request what the journal may keep: a request may hold a phone number, and
/// its plain digest would outlive an erasure as the answer to every guess.
fn key_digest(core: &Core, caller: &mut Caller) -> Result<(), EngineError> {
    if let Some(key) = &mut caller.idempotency {
        let organisation = core.services.vault.organisation_key(caller.organisation.as_uuid());
        let organisation = organisation.map_err(|error| core.services.keys_failed(&error))?;
        key.digest = organisation.request_tag(key.digest);
    }
    Ok(())
}

/// Sends what has to be sent, and says where the answer comes from.
fn begin(core: &Rc<Core>, caller: Caller, command: HostCommand, reply: Reply) -> Begun {
    let asked = Asked::by(&caller);
    let answering: Answering = match command {
        HostCommand::CreateWorkflow { title, description, settings } => {
            let command = WorkflowCommand::Create {
                organisation: caller.organisation,
                title,
                description,
                settings,
                graph: Vec::new(),
                source: None,
            };
            Box::pin(create(Rc::clone(core), caller, command))
        }
        HostCommand::DuplicateWorkflow { workflow } => {
            let core = Rc::clone(core);
            Box::pin(async move {
                let command = duplicate::command(&core, &caller, workflow).await?;
                create(core, caller, command).await
            })
        }
        HostCommand::PutGraph { workflow, expected_revision, graph } => {
            let put = graph_draft::put(core, &caller, workflow, expected_revision, graph);
            Box::pin(async move { put?.await })
        }
        HostCommand::Workflow { workflow, action } => {
            let outcome = core.perform_workflow(workflow, workflow_command(action), asked);
            Box::pin(async move { Ok(Answer::Workflow(workflow, outcome.await?.committed)) })
        }
        HostCommand::AddNode { workflow, node } => add_node(core, asked, workflow, node),
        HostCommand::AddEdge { workflow, edge } => add_edge(core, asked, workflow, edge),
        HostCommand::Enrol { workflow, request } => {
            let enrolled = enrol::enrol(Rc::clone(core), caller, workflow, request);
            Box::pin(async move { enrolled.await.map(Answer::Enrolled) })
        }
        HostCommand::Import { workflow, request } => {
            let imported = enrol::import(Rc::clone(core), caller, workflow, request);
            Box::pin(async move { imported.await.map(Answer::Imported) })
        }
        HostCommand::Lead { lead, action } => {
            let (about, command) = (About::Lead(lead), lead_command(action).into());
            core.perform_for_host(HostAsk { about, command, asked, reply });
            return Begun::ByTheLead;
        }
        HostCommand::EraseLead { lead } => {
            let erased = erasure::erase(core, asked, lead);
            Box::pin(async move { erased.await.map(Answer::Erased) })
        }
        HostCommand::Batch { workflow, batch } => {
            let core = Rc::clone(core);
            Box::pin(
                async move { batch::run(core, caller, workflow, batch).await.map(Answer::Batch) },
            )
        }
        HostCommand::Call { call, action } => {
            let command = call_command(call.number, action).into();
            core.perform_for_host(HostAsk { about: About::Call(call), command, asked, reply });
            return Begun::ByTheLead;
        }
        HostCommand::Calls { actions } => tell_all(core, &asked, actions),
        HostCommand::Claim { max, lease_s } => {
            let claimed = effects::claim(Rc::clone(core), caller, max, lease_s);
            Box::pin(async move { claimed.await.map(|(calls, at)| Answer::Claimed(calls, at)) })
        }
        HostCommand::Keys { action } => Box::pin(api_keys::desk::perform(core, caller, action)),
        HostCommand::Provider { action } => {
            Box::pin(provider::perform(Rc::clone(core), caller, action))
        }
    };
    Begun::Later(answering, reply)
}

/// Tells something about many calls, each for itself. One intent may make many records here, and a
/// key names one: it does not count.
fn tell_all(core: &Rc<Core>, asked: &Asked, actions: Vec<(CallId, CallAction)>) -> Answering {
    let asked = asked.clone().without_key();
    let answers: Vec<_> =
        actions.into_iter().map(|(call, action)| tell(core, call, action, asked.clone())).collect();
    Box::pin(async move {
        let mut told = Vec::with_capacity(answers.len());
        for answer in answers {
            told.push(answer.await);
        }
        Ok(Answer::Calls(told))
    })
}

/// Tells something about one call.
pub(crate) fn tell(
    core: &Rc<Core>,
    call: CallId,
    action: CallAction,
    asked: Asked,
) -> impl Future<Output = Result<CallAnswer, EngineError>> + use<> {
    let outcome = core.perform_lead(call.lead, call_command(call.number, action), asked);
    async move { call_answer(call, outcome.await) }
}

async fn create(
    core: Rc<Core>,
    caller: Caller,
    command: WorkflowCommand,
) -> Result<Answer, EngineError> {
    // A condition on a graph is about another workflow than the new one.
    let asked = Asked { if_revision: None, ..Asked::by(&caller) };
    if let Some(position) = repeat::known(&core, caller.organisation, &asked)? {
        let workflow = repeat::workflow_at(&core, position).await?;
        return Ok(Answer::Workflow(workflow, position.into()));
    }
    let workflow = WorkflowId::from_uuid(core.services.ids.uuid());
    core.plan_workflow(workflow, caller.organisation);
    let outcome = core.perform_workflow(workflow, command, asked).await;
    match outcome {
        Ok(outcome) if !outcome.repeated => Ok(Answer::Workflow(workflow, outcome.committed)),
        Ok(outcome) => {
            // The same request was in flight, and came first.
            core.forget_workflow(workflow);
            let first = repeat::workflow_at(&core, repeat::position(&outcome.committed)?).await?;
            Ok(Answer::Workflow(first, outcome.committed))
        }
        Err(error) => {
            core.forget_workflow(workflow);
            Err(error)
        }
    }
}

fn add_node(core: &Rc<Core>, asked: Asked, workflow: WorkflowId, node: NewNode) -> Answering {
    let id = NodeId::from_uuid(core.services.ids.uuid());
    let NewNode { label, position, config, entry } = node;
    let command = WorkflowCommand::AddNode(Node { id, label, position, config, entry });
    let outcome = core.perform_workflow(workflow, command, asked);
    let core = Rc::clone(core);
    Box::pin(async move {
        let outcome = outcome.await?;
        let node = if outcome.repeated {
            repeat::node_at(&core, repeat::position(&outcome.committed)?).await?
        } else {
            id
        };
        Ok(Answer::Node(node, outcome.committed))
    })
}

fn add_edge(core: &Rc<Core>, asked: Asked, workflow: WorkflowId, edge: NewEdge) -> Answering {
    let id = EdgeId::from_uuid(core.services.ids.uuid());
    let NewEdge { from_node_id, to_node_id, label } = edge;
    let command = WorkflowCommand::AddEdge(Edge { id, from_node_id, to_node_id, label });
    let outcome = core.perform_workflow(workflow, command, asked);
    let core = Rc::clone(core);
    Box::pin(async move {
        let outcome = outcome.await?;
        let edge = if outcome.repeated {
            repeat::edge_at(&core, repeat::position(&outcome.committed)?).await?
        } else {
            id
        };
        Ok(Answer::Edge(edge, outcome.committed))
    })
}

fn workflow_command(action: WorkflowAction) -> WorkflowCommand {
    match action {
        WorkflowAction::Activate => WorkflowCommand::Activate,
        WorkflowAction::Pause => WorkflowCommand::Pause,
        WorkflowAction::Resume => WorkflowCommand::Resume,
        WorkflowAction::Cancel => WorkflowCommand::Cancel,
        WorkflowAction::Complete { force } => WorkflowCommand::Complete { force },
        WorkflowAction::Delete => WorkflowCommand::Delete,
        WorkflowAction::Edit { title, description, settings } => {
            WorkflowCommand::Edit { title, description, settings }
        }
        WorkflowAction::PatchNode { node, patch } => WorkflowCommand::PatchNode { node, patch },
        WorkflowAction::RemoveNode { node, move_to } => {
            WorkflowCommand::RemoveNode { node, move_to }
        }
        WorkflowAction::RemoveEdge { edge } => WorkflowCommand::RemoveEdge { edge },
    }
}

/// The command that an action on a lead is.
pub(crate) fn lead_command(action: LeadAction) -> LeadCommand {
    match action {
        LeadAction::Resolve(choice) => LeadCommand::Resolve(choice),
        LeadAction::Remove => LeadCommand::Remove,
        LeadAction::MoveTo { node } => LeadCommand::MoveTo { node },
        LeadAction::Edit { variables, notes } => LeadCommand::Edit { variables, notes },
    }
}

fn call_command(call: u32, action: CallAction) -> LeadCommand {
    match action {
        CallAction::Report(report) => LeadCommand::ReportCallStatus { call, report },
        CallAction::AttachAttributes(attributes) => {
            LeadCommand::AttachCallAttributes { call, attributes }
        }
        CallAction::Dispatched { provider_ref } => {
            LeadCommand::RecordDispatched { call, provider_ref }
        }
        CallAction::Refused { reason } => LeadCommand::RecordDispatchRefused { call, reason },
    }
}
