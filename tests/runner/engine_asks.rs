//! A command of a scenario, as a host asks it of an engine.

use branchline_domain::{
    id::{CallId, EdgeId, LeadId, NodeId, WorkflowId},
    lead::Resolution,
    time::Timestamp,
};
use branchline_engine::{
    EngineError, EngineHandle,
    command::{
        CallAction, Caller, Duplicates, EnrolRequest, LeadAction, NewEdge, NewLead, NewNode,
        WorkflowAction,
    },
};
use branchline_scenarios::{
    command::{Action, CallName, Command, Edit},
    names::Names,
    words,
    world::{Failure, Judged, LEASE_S, Refusal, lead_refusal, unknown_status, workflow_refusal},
};

/// What the engine answered, as far as a scenario goes on with it.
pub(crate) enum Asked {
    Done,
    Call { accepted: bool },
    Node(NodeId, String),
    Edge(EdgeId, String),
    Lead(LeadId, String),
    Copy(WorkflowId),
    Judged(Judged),
}

/// One request of a host.
struct Host<'a> {
    handle: &'a EngineHandle,
    caller: Caller,
    workflow: WorkflowId,
    names: &'a Names,
}

pub(crate) async fn ask(
    handle: &EngineHandle,
    workflow: WorkflowId,
    names: &Names,
    command: &Command,
    now: Timestamp,
) -> Result<Asked, Failure> {
    let host = Host { handle, caller: Caller::host(), workflow, names };
    match command {
        Command::Act(action) => host.act(workflow_action(action)).await,
        Command::Edit(edit) => host.edit(edit).await,
        Command::Duplicate => {
            let copy = handle.duplicate_workflow(&host.caller, workflow).await;
            copy.map(Asked::Copy).map_err(|wrong| host.refused(wrong))
        }
        Command::Enrol { name, phone, variables, duplicate } => {
            let lead = NewLead {
                phone_number: phone.clone(),
                variables: variables.clone(),
                notes: None,
                row: 1,
            };
            host.enrol(name, lead, *duplicate).await
        }
        Command::Report { call, report } => {
            host.tell(call, CallAction::Report(report.clone())).await
        }
        Command::ReportNonsense(text) => Err(unknown_status(text)),
        Command::Attributes { call, values } => {
            host.told(call, CallAction::AttachAttributes(values.clone())).await
        }
        Command::Claim(count) => {
            let claimed = handle.claim_calls(&host.caller, *count, LEASE_S).await;
            claimed.map(|_| Asked::Done).map_err(|wrong| host.refused(wrong))
        }
        Command::Dispatched { call, provider_ref } => {
            host.told(call, CallAction::Dispatched { provider_ref: provider_ref.clone() }).await
        }
        Command::Refused { call, reason } => {
            host.told(call, CallAction::Refused { reason: reason.clone() }).await
        }
        Command::Resolve { lead, output } => {
            host.resolve(lead, Resolution::Output(output.clone())).await
        }
        Command::Move { lead, to } => {
            let node = host.names.node(to);
            host.lead(lead, LeadAction::MoveTo { node }).await
        }
        Command::Redial { lead } => host.resolve(lead, Resolution::Redial).await,
        Command::Release { lead, at } => {
            host.resolve(lead, Resolution::ReleaseAt(at.instant(now))).await
        }
        Command::Validate => host.judge().await,
        Command::Remove { lead } => host.lead(lead, LeadAction::Remove).await,
        Command::Erase { lead } => {
            let erased = handle.erase_lead(&host.caller, names.lead(lead)).await;
            erased.map(|_| Asked::Done).map_err(|wrong| host.refused(wrong))
        }
        Command::EditLead { lead, variables } => {
            let variables = variables
                .iter()
                .map(|(name, value)| (name.clone(), words::unless_empty(value)))
                .collect();
            host.lead(lead, LeadAction::Edit { variables, notes: None }).await
        }
        Command::Answers { .. } | Command::Wait(_) => Ok(Asked::Done),
    }
}

impl Host<'_> {
    async fn act(&self, action: WorkflowAction) -> Result<Asked, Failure> {
        let done = self.handle.act_on_workflow(&self.caller, self.workflow, action).await;
        done.map(|_| Asked::Done).map_err(|wrong| self.refused(wrong))
    }

    async fn edit(&self, edit: &Edit) -> Result<Asked, Failure> {
        match edit {
            Edit::AddNode(line) => {
                let node = line.as_node(|name| self.names.known_node(name));
                let node = NewNode {
                    label: node.label,
                    position: node.position,
                    config: node.config,
                    entry: node.entry,
                };
                let added = self.handle.add_node(&self.caller, self.workflow, node).await;
                added
                    .map(|id| Asked::Node(id, line.name.clone()))
                    .map_err(|wrong| self.refused(wrong))
            }
            Edit::AddEdge(line) => {
                let edge = NewEdge {
                    from_node_id: self.names.node(&line.from),
                    to_node_id: self.names.node(&line.to),
                    label: line.label.clone(),
                };
                let added = self.handle.add_edge(&self.caller, self.workflow, edge).await;
                added
                    .map(|id| Asked::Edge(id, line.to_string()))
                    .map_err(|wrong| self.refused(wrong))
            }
            Edit::PatchNode(line) => {
                let node = self.names.node(&line.name);
                let patch = line.as_patch(|name| self.names.known_node(name));
                self.act(WorkflowAction::PatchNode { node, patch }).await
            }
            Edit::RemoveNode { name, move_to } => {
                let node = self.names.node(name);
                let move_to = move_to.as_ref().map(|name| self.names.node(name));
                self.act(WorkflowAction::RemoveNode { node, move_to }).await
            }
            Edit::RemoveEdge(line) => {
                self.act(WorkflowAction::RemoveEdge { edge: self.names.edge(line) }).await
            }
        }
    }

    async fn judge(&self) -> Result<Asked, Failure> {
        let id = self.workflow;
        let found = self.handle.read(|read| read.workflow(id).map(|row| row.state.clone()));
        let found = found.await.map_err(|wrong| self.refused(wrong))?;
        let found = found.ok_or_else(|| Failure::Broken("there is no workflow to judge".into()))?;
        Ok(Asked::Judged(Judged::of(&found, self.names)))
    }

    async fn enrol(&self, name: &str, lead: NewLead, duplicate: bool) -> Result<Asked, Failure> {
        let duplicates = if duplicate { Duplicates::Allow } else { Duplicates::Skip };
        let request = EnrolRequest { leads: vec![lead], duplicates, file_name: None };
        let enrolled = self.handle.enrol(&self.caller, self.workflow, request).await;
        let enrolled = enrolled.map_err(|wrong| self.refused(wrong))?;
        Ok(match enrolled.lead_ids.first() {
            Some(&lead) => Asked::Lead(lead, name.into()),
            None => Asked::Done,
        })
    }

    async fn tell(&self, call: &CallName, action: CallAction) -> Result<Asked, Failure> {
        let call = CallId { lead: self.names.lead(&call.lead), number: call.number };
        let told = self.handle.tell_of_call(&self.caller, call, action).await;
        let told = told.map_err(|wrong| self.refused(wrong))?;
        Ok(Asked::Call { accepted: told.accepted })
    }

    /// Like [`Self::tell`], where the answer says nothing about acceptance.
    async fn told(&self, call: &CallName, action: CallAction) -> Result<Asked, Failure> {
        self.tell(call, action).await.map(|_| Asked::Done)
    }

    async fn resolve(&self, lead: &str, choice: Resolution) -> Result<Asked, Failure> {
        self.lead(lead, LeadAction::Resolve(choice)).await
    }

    async fn lead(&self, lead: &str, action: LeadAction) -> Result<Asked, Failure> {
        let done = self.handle.act_on_lead(&self.caller, self.names.lead(lead), action).await;
        done.map(|_| Asked::Done).map_err(|wrong| self.refused(wrong))
    }

    /// A refusal by the rules; anything else is a broken world.
    fn refused(&self, error: EngineError) -> Failure {
        let message = error.to_string();
        match error {
            EngineError::Workflow(rejection) => {
                Failure::Refused(workflow_refusal(self.names, &rejection))
            }
            EngineError::Lead(rejection) => Failure::Refused(lead_refusal(&rejection)),
            EngineError::WorkflowNotFound(_)
            | EngineError::LeadNotFound(_)
            | EngineError::CallNotFound(_) => {
                Failure::Refused(Refusal { code: "not_found", message, faults: Vec::new() })
            }
            EngineError::Rows { .. } => {
                Failure::Refused(Refusal { code: "rows", message, faults: Vec::new() })
            }
            EngineError::Invalid { .. } => {
                Failure::Refused(Refusal { code: "invalid", message, faults: Vec::new() })
            }
            EngineError::KeyReused
            | EngineError::RequestUnderWay
            | EngineError::Busy
            | EngineError::Behind
            | EngineError::SetAside { .. }
            | EngineError::TooLarge { .. }
            | EngineError::Unavailable { .. }
            | EngineError::ShuttingDown
            | EngineError::Organisation(_) => Failure::Broken(message),
        }
    }
}

/// What an action of a scenario is to the engine.
fn workflow_action(action: &Action) -> WorkflowAction {
    let edit = |title, settings| WorkflowAction::Edit { title, description: None, settings };
    match action {
        Action::Activate => WorkflowAction::Activate,
        Action::Pause => WorkflowAction::Pause,
        Action::Resume => WorkflowAction::Resume,
        Action::Cancel => WorkflowAction::Cancel,
        Action::Complete { force } => WorkflowAction::Complete { force: *force },
        Action::Delete => WorkflowAction::Delete,
        Action::Rename(title) => edit(Some(title.clone()), None),
        Action::Settings(settings) => edit(None, Some(settings.clone())),
    }
}
