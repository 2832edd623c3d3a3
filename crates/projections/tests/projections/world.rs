//! A small world in which the rules make the records: random commands go to `decide`, what it
//! accepts is recorded, folded into each stream's own state and into the projections.

use std::collections::{BTreeMap, BTreeSet};

use branchline_domain::{
    call_status::CallStatus,
    decider::Recorded,
    graph::{
        ApplicationConfig, CanvasPosition, Condition, ConditionalConfig, Edge, GraphChange, Node,
        NodeConfig, Operator, TimeConfig, TimeUnit, VoiceCallConfig,
    },
    id::{EdgeId, ImportId, LeadId, NodeId, WorkflowId},
    lead::{
        self, ApplicationOutcome, ApplicationReport, CallReport, Enrolment, LeadCommand,
        LeadContext, LeadEvent, LeadState, Resolution, Values,
    },
    output::Output,
    time::Timestamp,
    workflow::{self, ImportOpening, Settings, WorkflowCommand, WorkflowState, WorkflowView},
};

use crate::story::{CALL, ORG, Story, Told, WAIT, WON, minute};

pub(crate) const CHECK: NodeId = NodeId::from_u128(0xa4);
pub(crate) const LOST: NodeId = NodeId::from_u128(0xa5);
const CRM: NodeId = NodeId::from_u128(0xa6);
const WORKFLOWS: u8 = 2;
const LEADS: u8 = 12;
const IMPORTS: u8 = 6;

/// One random step: what, to whom, and how.
pub(crate) type Step = (u8, u8, u8);

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) story: Story,
    pub(crate) now: Timestamp,
    pub(crate) workflows: BTreeMap<WorkflowId, WorkflowState>,
    pub(crate) leads: BTreeMap<LeadId, LeadState>,
    pub(crate) cancelled_imports: BTreeSet<ImportId>,
    imports: BTreeSet<ImportId>,
    edges_added: u128,
}

pub(crate) fn flow(number: u8) -> WorkflowId {
    WorkflowId::from_u128(0x100 + u128::from(number % WORKFLOWS))
}

fn import(number: u8) -> ImportId {
    ImportId::from_u128(0x200 + u128::from(number % IMPORTS))
}

fn lead_id(number: u8) -> LeadId {
    LeadId::from_u128(0x300 + u128::from(number % LEADS))
}

impl World {
    /// Two workflows, active; then the steps.
    pub(crate) fn after(steps: &[Step]) -> Self {
        let mut world = Self {
            story: Story::default(),
            now: minute(0),
            workflows: BTreeMap::new(),
            leads: BTreeMap::new(),
            cancelled_imports: BTreeSet::new(),
            imports: BTreeSet::new(),
            edges_added: 0,
        };
        for number in 0..WORKFLOWS {
            let create = WorkflowCommand::Create {
                organisation: ORG,
                title: "Spring".into(),
                description: String::new(),
                // In one of them leads wait for the next activation.
                settings: Settings { start_on_enrol: number == 0, ..Settings::default() },
                graph: graph(),
                source: None,
            };
            assert!(world.tell_workflow(flow(number), &create));
            assert!(world.tell_workflow(flow(number), &WorkflowCommand::Activate));
        }
        for &step in steps {
            world.step(step);
        }
        world
    }

    fn step(&mut self, (what, who, how): Step) {
        self.now = self.now.plus_seconds(7);
        let call = self.leads.get(&lead_id(who)).and_then(|lead| lead.calls.keys().last()).copied();
        let call = call.unwrap_or(1).saturating_sub(u32::from(how > 240)).max(1);
        let command = match what % 38 {
            0..=5 => {
                let of = Some(import(how)).filter(|_| how.is_multiple_of(3));
                return self.enrol(lead_id(who), flow(who), of);
            }
            6..=9 => {
                // Nobody asks a lead to advance whose import was given up: it is only withdrawn.
                let import = self.leads.get(&lead_id(who)).and_then(|lead| lead.import);
                if import.is_some_and(|import| self.cancelled_imports.contains(&import)) {
                    return;
                }
                LeadCommand::Advance
            }
            10..=12 => LeadCommand::StartDispatch {
                call,
                lease_until: how.is_multiple_of(2).then(|| self.now.plus_seconds(60)),
            },
            13 => LeadCommand::RecordDispatched { call, provider_ref: None },
            14 if how < 128 => LeadCommand::RecordDispatchRefused { call, reason: "no".into() },
            14 => LeadCommand::RecordDispatchUnknown { call },
            15..=19 => LeadCommand::ReportCallStatus { call, report: report(how) },
            20 => LeadCommand::Resolve(match how % 3 {
                0 => Resolution::Output(Output::Completed),
                1 => Resolution::Redial,
                _ => Resolution::ReleaseAt(self.now.plus_seconds(600)),
            }),
            21 if how < 100 => LeadCommand::Remove,
            21 => {
                self.now = self.now.plus_seconds(u64::from(how) * 60);
                return;
            }
            22 => {
                let open = self.leads.get(&lead_id(who)).is_some_and(|lead| {
                    lead.import.is_some_and(|import| {
                        !lead.withdrawn
                            && (self.cancelled_imports.contains(&import)
                                || self.workflows[&lead.workflow.unwrap()]
                                    .open_imports
                                    .contains_key(&import))
                    })
                });
                if !open {
                    return;
                }
                LeadCommand::Withdraw
            }
            32 => LeadCommand::StartApplication,
            33 => LeadCommand::RecordApplication(Box::new(tried(how))),
            34 => LeadCommand::HoldApplication,
            35 => LeadCommand::RequestApplication,
            36 => LeadCommand::MoveTo { node: [CALL, WAIT, CHECK, CRM][usize::from(how % 4)] },
            37 => {
                let answer = if how < 128 { "yes" } else { "no" };
                let attributes = Values::from([("interested".into(), answer.into())]);
                LeadCommand::AttachCallAttributes { call, attributes }
            }
            _ => return self.step_workflow(what % 38, who, how),
        };
        self.tell_lead(lead_id(who), &command);
    }

    fn step_workflow(&mut self, what: u8, who: u8, how: u8) {
        let command = match what {
            23 | 24 => WorkflowCommand::Pause,
            25 => WorkflowCommand::Resume,
            26 => WorkflowCommand::Activate,
            // An id is minted once.
            27 if !self.imports.insert(import(how)) => return,
            27 => WorkflowCommand::OpenImport {
                import: import(how),
                opening: ImportOpening {
                    file_name: None,
                    rows: 1,
                    duplicates_skipped: 0,
                    variable_keys: vec!["city".into()],
                },
            },
            28 => WorkflowCommand::CloseImport {
                import: import(how),
                enrolled: 1,
                duplicates_skipped: 0,
            },
            29 if how < 60 => {
                let cancel =
                    WorkflowCommand::CancelImport { import: import(how), reason: "late".into() };
                if self.tell_workflow(flow(who), &cancel) {
                    self.cancelled_imports.insert(import(how));
                }
                return;
            }
            29 => {
                self.edges_added += 1;
                WorkflowCommand::AddEdge(edge(0x900 + self.edges_added, CALL, LOST, Some("FAILED")))
            }
            30 if how < 40 => WorkflowCommand::Cancel,
            30 if how < 80 => WorkflowCommand::Complete { force: how.is_multiple_of(2) },
            30 => WorkflowCommand::AutoComplete,
            _ if how < 20 => WorkflowCommand::Delete,
            _ => WorkflowCommand::Edit {
                title: None,
                description: None,
                settings: Some(Settings {
                    start_on_enrol: how.is_multiple_of(2),
                    auto_complete: how.is_multiple_of(3),
                    call_deadline_s: 60 + u64::from(how),
                    ..Settings::default()
                }),
            },
        };
        self.tell_workflow(flow(who), &command);
    }

    fn enrol(&mut self, lead: LeadId, workflow: WorkflowId, import: Option<ImportId>) {
        let state = &self.workflows[&workflow];
        if import.is_some_and(|import| !state.open_imports.contains_key(&import)) {
            return;
        }
        let number = lead.as_uuid().as_u128();
        let variables = if number.is_multiple_of(2) {
            Values::from([("city".into(), "Pune".into())])
        } else {
            Values::new()
        };
        let enrolment = Enrolment {
            workflow,
            phone_number: "+4915112345678".into(),
            contact_tag: [u8::try_from(number % 5).unwrap(); 16],
            key_slot: 1,
            variables,
            notes: None,
            import,
        };
        self.tell_lead_of(lead, workflow, &LeadCommand::Enrol(Box::new(enrolment)));
    }

    fn tell_lead(&mut self, lead: LeadId, command: &LeadCommand) {
        if let Some(workflow) = self.leads.get(&lead).and_then(|state| state.workflow) {
            self.tell_lead_of(lead, workflow, command);
        }
    }

    fn tell_lead_of(&mut self, lead: LeadId, workflow: WorkflowId, command: &LeadCommand) {
        let state = self.leads.get(&lead).cloned().unwrap_or_default();
        let Some(events) = self.decide(lead, workflow, &state, command) else { return };
        let recorded = self.recorded();
        let state = self.leads.entry(lead).or_default();
        for event in &events {
            lead::evolve(state, event, recorded);
        }
        self.story.tell_at(self.now, Told::Lead(lead, events));
    }

    /// What a lead would do; `None` when it is refused or nothing comes of it.
    pub(crate) fn decide(
        &self,
        lead: LeadId,
        workflow: WorkflowId,
        state: &LeadState,
        command: &LeadCommand,
    ) -> Option<Vec<LeadEvent>> {
        let view = WorkflowView::of(workflow, &self.workflows[&workflow]);
        let context = LeadContext { now: self.now, lead, workflow: &view };
        lead::decide(state, command, &context).ok().filter(|events| !events.is_empty())
    }

    fn tell_workflow(&mut self, id: WorkflowId, command: &WorkflowCommand) -> bool {
        let context = self.story.read.workflow_context(id, &[]);
        let recorded = self.recorded();
        let state = self.workflows.entry(id).or_default();
        let Ok(events) = workflow::decide(state, command, &context) else { return false };
        if events.is_empty() {
            return false;
        }
        for event in &events {
            workflow::evolve(state, event, recorded);
        }
        self.story.tell_at(self.now, Told::Workflow(id, events));
        true
    }

    fn recorded(&self) -> Recorded {
        Recorded { at: self.now, position: self.story.facts.len() as u64 + 1 }
    }
}

fn report(how: u8) -> CallReport {
    let count = u8::try_from(CallStatus::ALL.len()).unwrap();
    CallReport {
        status: CallStatus::ALL[usize::from(how % count)],
        occurred_at: None,
        end_reason: None,
        attributes: Values::new(),
        provider_ref: None,
        heard: None,
    }
}

fn tried(how: u8) -> ApplicationReport {
    let outcomes = [
        ApplicationOutcome::Succeeded,
        ApplicationOutcome::Failed,
        ApplicationOutcome::Unavailable,
        ApplicationOutcome::Interrupted,
    ];
    ApplicationReport {
        attempt: 1 + u32::from(how > 200),
        outcome: outcomes[usize::from(how % 4)],
        latency_ms: 3,
        missing_fields: Vec::new(),
        evidence: String::new(),
        fields: Values::new(),
    }
}

fn edge(id: u128, from: NodeId, to: NodeId, label: Option<&str>) -> Edge {
    Edge {
        id: EdgeId::from_u128(id),
        from_node_id: from,
        to_node_id: to,
        label: label.map(Output::from),
    }
}

/// Call; when nobody picks up, wait and call again; when somebody does, ask for the city and what
/// analysis tells, or else an application. Nothing serves `FAILED` until an edit adds it.
fn graph() -> Vec<GraphChange> {
    let voice = VoiceCallConfig {
        from_phone_number: Some("+4930123456".into()),
        ..VoiceCallConfig::default()
    };
    let time =
        TimeConfig { duration: Some(30), unit: Some(TimeUnit::Minutes), ..TimeConfig::default() };
    let asked = Condition {
        field: Some("lead.city".into()),
        operator: Some(Operator::Exists),
        value: None,
    };
    // Read only when the city is known; waited for, when analysis has not told yet.
    let interested = Condition {
        field: Some("call.interested".into()),
        operator: Some(Operator::NotEquals),
        value: Some("no".into()),
    };
    let conditions = vec![asked, interested];
    let check = ConditionalConfig { conditions, ..ConditionalConfig::default() };
    let crm = ApplicationConfig { handler: Some("crm".into()), ..ApplicationConfig::default() };
    let nodes = [
        (CALL, NodeConfig::VoiceCall(voice)),
        (WAIT, NodeConfig::Time(time)),
        (CHECK, NodeConfig::Conditional(check)),
        (CRM, NodeConfig::Application(crm)),
        (WON, NodeConfig::Converted),
        (LOST, NodeConfig::Dropped),
    ];
    let nodes = nodes.map(|(id, config)| {
        GraphChange::NodePut(Node {
            id,
            label: "step".into(),
            position: CanvasPosition::default(),
            config,
            entry: id == CALL,
        })
    });
    let edges = [
        edge(1, CALL, CHECK, Some("COMPLETED")),
        edge(2, CALL, WAIT, Some("DNP")),
        edge(3, WAIT, CALL, None),
        edge(4, CHECK, WON, Some("true")),
        edge(5, CHECK, CRM, Some("false")),
        edge(6, CRM, WAIT, Some("success")),
        edge(7, CRM, LOST, Some("failure")),
    ];
    nodes.into_iter().chain(edges.map(GraphChange::EdgeAdded)).collect()
}
