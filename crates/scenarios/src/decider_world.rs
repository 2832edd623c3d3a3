//! The bare deciders, and the little that an engine does around them: it looks at every lead again
//! after the workflow changed or time passed, and asks whether the workflow is finished.

use branchline_domain::{
    decider::Recorded,
    id::{LeadId, NodeId, WorkflowId},
    lead::{
        self, Dispatch, Enrolment, Explanation, LeadCommand, LeadContext, LeadState, Resolution,
        Surroundings, explain,
    },
    time::Timestamp,
    workflow::{
        self, Settings, WorkflowCommand, WorkflowContext, WorkflowState, WorkflowStatus,
        WorkflowView,
    },
};

use crate::{
    command::{Action, CallName, Command, Edit},
    event_lines::Noted,
    names::Names,
    passage::Passage,
    play::FirstGraph,
    story_ids::{START, contact_tag, edge_id, lead_id, workflow_id},
    words::{self, Wrong},
    world::{Done, Failure, LEASE_S, World, lead_refusal, unknown_status, workflow_refusal},
};

/// Rounds after which leads that still move are taken for an endless loop.
const ROUNDS_MAX: u32 = 50;

struct PlayedLead {
    id: LeadId,
    state: LeadState,
}

/// The rules alone, with a clock that moves only when the story says so.
pub struct DeciderWorld {
    now: Timestamp,
    position: u64,
    names: Names,
    passage: Box<dyn Passage>,
    id: WorkflowId,
    workflow: WorkflowState,
    /// Position of the last change of status.
    status_position: u64,
    /// In order of enrolment.
    leads: Vec<PlayedLead>,
}

impl DeciderWorld {
    /// A draft with this graph.
    ///
    /// # Errors
    ///
    /// When the graph cannot be made: a node or an edge is there twice, or is too large.
    pub fn new(
        settings: &Settings,
        graph: &FirstGraph,
        passage: Box<dyn Passage>,
    ) -> Result<Self, Wrong> {
        let mut world = Self {
            now: START,
            position: 0,
            names: Names::default(),
            passage,
            id: workflow_id("workflow"),
            workflow: WorkflowState::default(),
            status_position: 0,
            leads: Vec::new(),
        };
        world.names.name_workflow(world.id, "workflow");
        let create = WorkflowCommand::Create {
            organisation: branchline_domain::id::OrganisationId::DEFAULT,
            title: "Spring".into(),
            description: String::new(),
            settings: settings.clone(),
            graph: Vec::new(),
            source: None,
        };
        let nodes = graph.nodes.iter().map(|line| WorkflowCommand::AddNode(line.as_node()));
        let edges = graph.edges.iter().map(|line| WorkflowCommand::AddEdge(line.as_edge()));
        for line in &graph.edges {
            let line = line.to_string();
            world.names.name_edge(edge_id(&line), &line);
        }
        for command in [create].into_iter().chain(nodes).chain(edges) {
            world.workflow_decides(&command, None).map_err(|failure| format!("{failure:?}"))?;
        }
        Ok(world)
    }

    fn view(&self) -> WorkflowView {
        WorkflowView::of(self.id, &self.workflow)
    }

    fn context(&self, node: Option<NodeId>) -> WorkflowContext {
        let with = |wanted: &dyn Fn(&LeadState) -> bool| {
            self.leads.iter().filter(|lead| wanted(&lead.state)).count() as u64
        };
        let calls = self.leads.iter().flat_map(|lead| lead.state.calls.values());
        WorkflowContext {
            pending: with(&|lead| !lead.removed && lead.status == lead::LeadStatus::Pending),
            active: with(&|lead| !lead.removed && lead.status == lead::LeadStatus::Active),
            enrolled: self.leads.len() as u64,
            calls_in_progress: calls
                .filter(|call| !call.concluded)
                .filter(|call| match call.dispatch {
                    Dispatch::Requested | Dispatch::Refused => false,
                    Dispatch::Started { .. } | Dispatch::Dispatched | Dispatch::Unknown => true,
                })
                .count() as u64,
            leads_at_node: with(&|lead| !lead.has_ended() && node.is_some() && lead.node == node),
        }
    }

    /// Decides and records; the events as the journal gives them back.
    fn workflow_decides(
        &mut self,
        command: &WorkflowCommand,
        node: Option<NodeId>,
    ) -> Result<Vec<Noted>, Failure> {
        let events = workflow::decide(&self.workflow, command, &self.context(node))
            .map_err(|rejection| Failure::Refused(workflow_refusal(&self.names, &rejection)))?;
        if !events.is_empty() {
            self.position += 1;
        }
        let mut noted = Vec::new();
        for event in events {
            let event = self.passage.workflow(event)?;
            let (before, at) = (self.workflow.status, self.now);
            let recorded = Recorded { at, position: self.position };
            workflow::evolve(&mut self.workflow, &event, recorded);
            if self.workflow.status != before {
                self.status_position = self.position;
            }
            if let workflow::WorkflowEvent::GraphRevised { changes, .. } = &event {
                for change in changes {
                    self.names.learn(change);
                }
            }
            noted.push(Noted::Workflow(self.id, event));
        }
        Ok(noted)
    }

    /// Decides and records; the events as the journal gives them back.
    fn lead_decides(&mut self, id: LeadId, command: &LeadCommand) -> Result<Vec<Noted>, Failure> {
        let view = self.view();
        let context = LeadContext { now: self.now, lead: id, workflow: &view };
        let nobody = LeadState::default();
        let place = self.leads.iter().position(|lead| lead.id == id);
        let state = place.and_then(|place| self.leads.get(place)).map(|lead| &lead.state);
        let events = lead::decide(state.unwrap_or(&nobody), command, &context)
            .map_err(|rejection| Failure::Refused(lead_refusal(&rejection)))?;
        if events.is_empty() {
            return Ok(Vec::new());
        }
        self.position += 1;
        if place.is_none() {
            self.leads.push(PlayedLead { id, state: nobody });
        }
        let lead = self
            .leads
            .iter_mut()
            .find(|lead| lead.id == id)
            .ok_or_else(|| Wrong::from("the lead is gone"))?;
        let mut noted = Vec::new();
        for event in events {
            let event = self.passage.lead(id, event)?;
            let recorded = Recorded { at: self.now, position: self.position };
            lead::evolve(&mut lead.state, &event, recorded);
            noted.push(Noted::Lead(id, event));
        }
        Ok(noted)
    }

    /// Looks at every lead again, until none has anything to do.
    fn sweep(&mut self) -> Result<Vec<Noted>, Failure> {
        let mut noted = Vec::new();
        for _ in 0..ROUNDS_MAX {
            let mut round = Vec::new();
            for (id, commands) in self.due() {
                for command in commands {
                    round.extend(self.lead_decides(id, &command)?);
                }
            }
            if round.is_empty() {
                return Ok(noted);
            }
            noted.extend(round);
        }
        Err(Failure::Broken(format!("leads still move after {ROUNDS_MAX} rounds: {noted:?}")))
    }

    /// What timers and sweeps ask of each lead: hand-outs that ran out, and to go on.
    fn due(&self) -> Vec<(LeadId, Vec<LeadCommand>)> {
        let now = self.now;
        let of_lead = |lead: &PlayedLead| {
            let ran_out = lead.state.calls.iter().filter(|(_, call)| match call.dispatch {
                Dispatch::Started { lease_until: Some(until) } => until <= now,
                Dispatch::Requested
                | Dispatch::Started { lease_until: None }
                | Dispatch::Dispatched
                | Dispatch::Refused
                | Dispatch::Unknown => false,
            });
            let mut commands: Vec<LeadCommand> =
                ran_out.map(|(&call, _)| LeadCommand::RecordDispatchUnknown { call }).collect();
            commands.push(LeadCommand::Advance);
            (lead.id, commands)
        };
        self.leads.iter().map(of_lead).collect()
    }

    /// A change of the workflow, and what it frees.
    fn workflow_does(
        &mut self,
        command: &WorkflowCommand,
        node: Option<NodeId>,
    ) -> Result<Done, Failure> {
        let mut events = self.workflow_decides(command, node)?;
        events.extend(self.sweep()?);
        Ok(Done { events, accepted: None })
    }

    fn lead_does(&mut self, name: &str, command: &LeadCommand) -> Result<Done, Failure> {
        let events = self.lead_decides(self.names.lead(name), command)?;
        Ok(Done { events, accepted: None })
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
            let gone = branchline_domain::lead::LeadRejection::NotFound;
            return Err(Failure::Refused(lead_refusal(&gone)));
        }
        let events = self.lead_decides(id, &LeadCommand::Enrol(Box::new(enrolment)))?;
        self.names.name_lead(id, name);
        Ok(Done { events, accepted: None })
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
        Ok(Done { events, accepted: None })
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
            Edit::AddNode(line) => (WorkflowCommand::AddNode(line.as_node()), None),
            Edit::PatchNode(line) => {
                let node = self.names.node(&line.name);
                (WorkflowCommand::PatchNode { node, patch: line.as_patch() }, None)
            }
            Edit::RemoveNode(name) => {
                let node = self.names.node(name);
                (WorkflowCommand::RemoveNode { node }, Some(node))
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

    fn play(&mut self, command: &Command) -> Result<Done, Failure> {
        match command {
            Command::Act(action) => self.act_on_workflow(action),
            Command::Edit(edit) => self.edit_graph(edit),
            Command::Duplicate => {
                Err(Failure::Broken("deciders do not duplicate: an engine mints the ids".into()))
            }
            Command::Enrol { name, phone, variables, duplicate: _ } => {
                self.enrol(name, phone, variables)
            }
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
            Command::Remove { lead } => self.lead_does(lead, &LeadCommand::Remove),
            Command::EditLead { lead, variables } => {
                let variables = variables
                    .iter()
                    .map(|(name, value)| (name.clone(), words::unless_empty(value)))
                    .collect();
                self.lead_does(lead, &LeadCommand::Edit { variables, notes: None })
            }
            Command::Wait(seconds) => {
                self.now = self.now.plus_seconds(*seconds);
                Ok(Done { events: self.sweep()?, accepted: None })
            }
        }
    }
}

impl World for DeciderWorld {
    fn perform(&mut self, command: &Command) -> Result<Done, Failure> {
        let mut done = self.play(command)?;
        if !self.workflow.deleted {
            let ended = self.workflow_decides(&WorkflowCommand::AutoComplete, None)?;
            if !ended.is_empty() {
                done.events.extend(ended);
                done.events.extend(self.sweep()?);
            }
        }
        Ok(done)
    }

    fn names(&self) -> &Names {
        &self.names
    }

    fn explain(&mut self, lead: &str) -> Result<Explanation, Wrong> {
        let state = self.lead(lead)?;
        let surroundings = Surroundings {
            now: self.now,
            busy_with: None,
            workflow_position: Some(self.status_position),
        };
        Ok(explain(self.names.lead(lead), &state, &self.view(), &surroundings))
    }

    fn lead(&mut self, name: &str) -> Result<LeadState, Wrong> {
        let id = self.names.lead(name);
        let found = self.leads.iter().find(|lead| lead.id == id);
        found.map(|lead| lead.state.clone()).ok_or_else(|| format!("there is no lead {name}"))
    }

    fn workflow(&mut self) -> Result<Option<WorkflowStatus>, Wrong> {
        Ok((!self.workflow.deleted).then_some(self.workflow.status))
    }

    fn between_steps(&mut self) -> Result<(), Wrong> {
        Ok(())
    }
}
