//! The bare deciders, and the little that an engine does around them: it looks at every lead again
//! after the workflow changed or time passed, and asks whether the workflow is finished.

mod commands;
mod effects;

use std::collections::BTreeMap;

use branchline_domain::{
    decider::Recorded,
    id::{LeadId, NodeId, WorkflowId},
    lead::{
        self, Dispatch, Explanation, LeadCommand, LeadContext, LeadState, Surroundings, explain,
    },
    time::Timestamp,
    workflow::{
        self, Settings, WorkflowCommand, WorkflowContext, WorkflowState, WorkflowStatus,
        WorkflowView,
    },
};

use crate::{
    command::{Answer, Command},
    event_lines::Noted,
    graph_lines::GraphLines,
    names::Names,
    passage::Passage,
    story_ids::{START, edge_id, node_id, workflow_id},
    words::Wrong,
    world::{Done, Failure, World, lead_refusal, workflow_refusal},
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
    /// What applications answer, by node.
    answers: BTreeMap<NodeId, Answer>,
}

impl DeciderWorld {
    /// A draft with this graph.
    ///
    /// # Errors
    ///
    /// When the graph cannot be made: a node or an edge is there twice, or is too large.
    pub fn new(
        settings: &Settings,
        graph: &GraphLines,
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
            answers: BTreeMap::new(),
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
        for line in &graph.nodes {
            world.names.name_node(node_id(&line.name), &line.name);
        }
        let id_of = |name: &str| graph.id_of(name);
        let nodes = graph.nodes.iter();
        let nodes = nodes.map(|line| WorkflowCommand::AddNode(line.as_node(id_of)));
        let edges = graph.edges.iter().map(|line| WorkflowCommand::AddEdge(line.as_edge()));
        for line in &graph.edges {
            let line = line.to_string();
            world.names.name_edge(edge_id(&line), &line);
        }
        for command in [create].into_iter().chain(nodes).chain(edges) {
            world.workflow_decides(&command, None).map_err(|failure| failure.to_string())?;
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
                .filter(|call| is_dialled(&call.dispatch))
                .count() as u64,
            leads_at: node
                .map(|node| (node, with(&|lead| !lead.has_ended() && lead.node == Some(node))))
                .into_iter()
                .collect(),
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
}

/// Whether the dispatch of the call has started.
const fn is_dialled(dispatch: &Dispatch) -> bool {
    match dispatch {
        Dispatch::Requested | Dispatch::Refused => false,
        Dispatch::Started { .. } | Dispatch::Dispatched | Dispatch::Unknown => true,
    }
}

impl World for DeciderWorld {
    fn perform(&mut self, command: &Command) -> Result<Done, Failure> {
        let mut done = self.play(command)?;
        done.events.extend(self.try_applications()?);
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
        let id = self.names.lead(lead);
        let surroundings = Surroundings {
            now: self.now,
            busy_with: self.busy_with(state.contact_tag).filter(|other| *other != id),
            no_capacity: false,
            workflow_position: Some(self.status_position),
        };
        Ok(explain(id, &state, &self.view(), &surroundings))
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
