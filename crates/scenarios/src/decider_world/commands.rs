//! What each command of a story makes the world do.

use branchline_domain::{
    id::{LeadId, NodeId},
    lead::{self, Enrolment, LeadCommand, LeadRejection, Resolution},
    workflow::WorkflowCommand,
};

use super::{DeciderWorld, PlayedLead, is_dialled};
use crate::{
    command::{Action, CallName, Command, Edit},
    story_ids::{contact_tag, lead_id},
    words,
    world::{Done, Failure, Judged, LEASE_S, lead_refusal, unknown_status},
};

impl DeciderWorld {
    /// A change of the workflow, and what it frees.
    fn workflow_does(
        &mut self,
        command: &WorkflowCommand,
        node: Option<NodeId>,
    ) -> Result<Done, Failure> {
        let mut events = self.workflow_decides(command, node)?;
        events.extend(self.sweep()?);
        Ok(Done { events, ..Done::default() })
    }

    fn lead_does(&mut self, name: &str, command: &LeadCommand) -> Result<Done, Failure> {
        let events = self.lead_decides(self.names.lead(name), command)?;
        Ok(Done { events, ..Done::default() })
    }

    fn call_does(
        &mut self,
        call: &CallName,
        command: impl FnOnce(u32) -> LeadCommand,
    ) -> Result<Done, Failure> {
        self.lead_does(&call.lead, &command(call.number))
    }

    fn enrol(
        &mut self,
        name: &str,
        phone: &str,
        variables: &lead::Values,
    ) -> Result<Done, Failure> {
        let id = lead_id(name);
        let enrolment = Enrolment {
            workflow: self.id,
            phone_number: phone.into(),
            contact_tag: contact_tag(phone),
            key_slot: 0,
            variables: variables.clone(),
            notes: None,
            import: None,
        };
        if self.workflow.deleted {
            let gone = LeadRejection::NotFound;
            return Err(Failure::Refused(lead_refusal(&gone)));
        }
        let events = self.lead_decides(id, &LeadCommand::Enrol(Box::new(enrolment)))?;
        self.names.name_lead(id, name);
        Ok(Done { events, ..Done::default() })
    }

    /// Whether a lead with this number is here and not removed.
    fn is_enrolled(&self, phone: &str) -> bool {
        let tag = contact_tag(phone);
        self.leads.iter().any(|lead| lead.state.contact_tag == tag && !lead.state.removed)
    }

    /// The lead whose live call keeps this number busy. Source: CONTRACT.md 4, rule 11.
    pub(super) fn busy_with(&self, tag: [u8; 16]) -> Option<LeadId> {
        let has_live_call = |lead: &&PlayedLead| {
            lead.state.calls.values().any(|call| !call.concluded && is_dialled(&call.dispatch))
        };
        let same = self.leads.iter().filter(|lead| lead.state.contact_tag == tag);
        same.filter(has_live_call).map(|lead| lead.id).next()
    }

    /// Hands out queued calls, oldest lead first.
    fn claim(&mut self, count: usize) -> Result<Done, Failure> {
        let lease_until = Some(self.now.plus_seconds(LEASE_S.into()));
        let queued: Vec<(LeadId, u32)> = self
            .leads
            .iter()
            .filter_map(|lead| lead.state.current_call().map(|(call, _)| (lead.id, call)))
            .collect();
        let mut events = Vec::new();
        let mut granted = 0;
        for (id, call) in queued {
            if granted == count {
                break;
            }
            let tag = self.leads.iter().find(|lead| lead.id == id);
            let busy_with = tag.and_then(|lead| self.busy_with(lead.state.contact_tag));
            if busy_with.is_some_and(|other| other != id) {
                continue;
            }
            match self.lead_decides(id, &LeadCommand::StartDispatch { call, lease_until }) {
                Ok(noted) => {
                    granted += 1;
                    events.extend(noted);
                }
                // A claim hands out what may be dialled and passes over the rest.
                Err(Failure::Refused(_)) => {}
                Err(broken) => return Err(broken),
            }
        }
        Ok(Done { events, ..Done::default() })
    }

    fn report(&mut self, call: &CallName, report: &lead::CallReport) -> Result<Done, Failure> {
        let before = self.leads.iter().find(|lead| lead.id == self.names.lead(&call.lead));
        let accepted = before.map(|lead| lead::accepts(&lead.state, call.number, report));
        let report = report.clone();
        let done = self.call_does(call, |call| LeadCommand::ReportCallStatus { call, report })?;
        Ok(Done { accepted, ..done })
    }

    fn edit_graph(&mut self, edit: &Edit) -> Result<Done, Failure> {
        let (command, node) = match edit {
            Edit::AddNode(line) => {
                let node = line.as_node(|name| self.names.known_node(name));
                self.names.name_node(node.id, &line.name);
                (WorkflowCommand::AddNode(node), None)
            }
            Edit::PatchNode(line) => {
                let node = self.names.node(&line.name);
                let patch = line.as_patch(|name| self.names.known_node(name));
                (WorkflowCommand::PatchNode { node, patch }, None)
            }
            Edit::RemoveNode { name, move_to } => {
                let node = self.names.node(name);
                let move_to = move_to.as_ref().map(|name| self.names.node(name));
                (WorkflowCommand::RemoveNode { node, move_to }, Some(node))
            }
            Edit::AddEdge(line) => {
                self.names.name_end(&line.from);
                self.names.name_end(&line.to);
                (WorkflowCommand::AddEdge(line.as_edge()), None)
            }
            Edit::RemoveEdge(line) => {
                (WorkflowCommand::RemoveEdge { edge: self.names.edge(line) }, None)
            }
        };
        self.workflow_does(&command, node)
    }

    fn act_on_workflow(&mut self, action: &Action) -> Result<Done, Failure> {
        let edit = |title, settings| WorkflowCommand::Edit { title, description: None, settings };
        let command = match action {
            Action::Activate => WorkflowCommand::Activate,
            Action::Pause => WorkflowCommand::Pause,
            Action::Resume => WorkflowCommand::Resume,
            Action::Cancel => WorkflowCommand::Cancel,
            Action::Complete { force } => WorkflowCommand::Complete { force: *force },
            Action::Delete => WorkflowCommand::Delete,
            Action::Rename(title) => edit(Some(title.clone()), None),
            Action::Settings(settings) => edit(None, Some(settings.clone())),
        };
        self.workflow_does(&command, None)
    }

    pub(super) fn play(&mut self, command: &Command) -> Result<Done, Failure> {
        match command {
            Command::Act(action) => self.act_on_workflow(action),
            Command::Edit(edit) => self.edit_graph(edit),
            Command::Duplicate => {
                Err(Failure::Broken("deciders do not duplicate: an engine mints the ids".into()))
            }
            // Without a word about it, a number that is there already is passed over.
            Command::Enrol { phone, duplicate: false, .. } if self.is_enrolled(phone) => {
                Ok(Done::default())
            }
            Command::Enrol { name, phone, variables, .. } => self.enrol(name, phone, variables),
            Command::Report { call, report } => self.report(call, report),
            Command::ReportNonsense(text) => Err(unknown_status(text)),
            Command::Attributes { call, values } => {
                let attributes = values.clone();
                self.call_does(call, |call| LeadCommand::AttachCallAttributes { call, attributes })
            }
            Command::Claim(count) => self.claim(*count),
            Command::Dispatched { call, provider_ref } => {
                let provider_ref = provider_ref.clone();
                self.call_does(call, |call| LeadCommand::RecordDispatched { call, provider_ref })
            }
            Command::Refused { call, reason } => {
                let reason = reason.clone();
                self.call_does(call, |call| LeadCommand::RecordDispatchRefused { call, reason })
            }
            Command::Resolve { lead, output } => {
                self.lead_does(lead, &LeadCommand::Resolve(Resolution::Output(output.clone())))
            }
            Command::Move { lead, to } => {
                let node = self.names.node(to);
                self.lead_does(lead, &LeadCommand::MoveTo { node })
            }
            Command::Redial { lead } => {
                self.lead_does(lead, &LeadCommand::Resolve(Resolution::Redial))
            }
            Command::Release { lead, at } => {
                let at = at.instant(self.now);
                let done =
                    self.lead_does(lead, &LeadCommand::Resolve(Resolution::ReleaseAt(at)))?;
                // An instant that is past fires at once.
                let swept = self.sweep()?;
                Ok(Done { events: done.events.into_iter().chain(swept).collect(), ..done })
            }
            Command::Answers { node, answer } => {
                self.answers.insert(self.names.node(node), answer.clone());
                Ok(Done::default())
            }
            Command::Validate => {
                let judged = Some(Judged::of(&self.workflow, &self.names));
                Ok(Done { judged, ..Done::default() })
            }
            Command::Remove { lead } => self.lead_does(lead, &LeadCommand::Remove),
            Command::Erase { lead } => self.lead_does(lead, &LeadCommand::Erase),
            Command::EditLead { lead, variables } => {
                let variables = variables
                    .iter()
                    .map(|(name, value)| (name.clone(), words::unless_empty(value)))
                    .collect();
                self.lead_does(lead, &LeadCommand::Edit { variables, notes: None })
            }
            Command::Wait(seconds) => {
                self.now = self.now.plus_seconds(*seconds);
                Ok(Done { events: self.sweep()?, ..Done::default() })
            }
        }
    }
}
