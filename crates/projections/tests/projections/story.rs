//! Records made by hand, one after the other.

use branchline_domain::{
    call_status::CallStatus,
    graph::{CanvasPosition, GraphChange, Node, NodeConfig, NodeType},
    id::{ImportId, LeadId, NodeId, OrganisationId, WorkflowId},
    lead::{BranchCause, HoldReason, LeadEvent},
    organisation::OrganisationEvent,
    output::Output,
    personal::Personal,
    time::Timestamp,
    workflow::{ImportOpening, Settings, WorkflowEvent},
};
use branchline_journal::record::{Cause, Position, Version};
use branchline_projections::{Fact, FactEvents, Page, Paging, Projections, SweepPlace};

pub(crate) const ORG: OrganisationId = OrganisationId::DEFAULT;
pub(crate) const FLOW: WorkflowId = WorkflowId::from_u128(0xf1);
pub(crate) const OTHER_FLOW: WorkflowId = WorkflowId::from_u128(0xf2);
pub(crate) const CALL: NodeId = NodeId::from_u128(0xa1);
pub(crate) const WAIT: NodeId = NodeId::from_u128(0xa2);
pub(crate) const WON: NodeId = NodeId::from_u128(0xa3);
pub(crate) const ANN: LeadId = LeadId::from_u128(0x1);
pub(crate) const BOB: LeadId = LeadId::from_u128(0x2);
pub(crate) const CID: LeadId = LeadId::from_u128(0x3);
pub(crate) const IMPORT: ImportId = ImportId::from_u128(0xe1);

/// The time of the record at this position: a minute for each.
pub(crate) fn minute(position: u64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000).plus_seconds(position * 60)
}

/// Everybody a sweep names: the same whether it is told whole or one lead after the other.
pub(crate) fn swept(read: &Projections, workflow: WorkflowId) -> Vec<LeadId> {
    let whole = read.sweep(workflow, SweepPlace::default(), usize::MAX);
    assert_eq!(whole.next, None);
    let mut one_by_one = Vec::new();
    let mut place = Some(SweepPlace::default());
    while let Some(next) = place {
        let part = read.sweep(workflow, next, 1);
        assert!(part.leads.len() <= 1);
        one_by_one.extend(part.leads);
        place = part.next;
    }
    assert_eq!(one_by_one, whole.leads);
    whole.leads
}

#[derive(Clone, Debug)]
pub(crate) enum Told {
    Workflow(WorkflowId, Vec<WorkflowEvent>),
    Lead(LeadId, Vec<LeadEvent>),
    Organisation(Vec<OrganisationEvent>),
}

#[derive(Clone, Debug)]
pub(crate) struct OwnedFact {
    pub(crate) position: u64,
    pub(crate) at: Timestamp,
    pub(crate) told: Told,
}

impl OwnedFact {
    pub(crate) fn as_fact(&self) -> Fact<'_> {
        Fact {
            position: Position(self.position),
            at: self.at,
            organisation: ORG,
            principal: "api:key_1",
            cause: &Cause::None,
            version: Version(1),
            events: match &self.told {
                Told::Workflow(id, events) => FactEvents::Workflow(*id, events),
                Told::Lead(id, events) => FactEvents::Lead(*id, events),
                Told::Organisation(events) => FactEvents::Organisation(ORG, events),
            },
        }
    }
}

/// Records so far, folded as they come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Story {
    pub(crate) facts: Vec<OwnedFact>,
    pub(crate) read: Projections,
}

impl Story {
    /// An active workflow with a call node, a wait and an end.
    pub(crate) fn of_an_active_workflow() -> Self {
        let mut story = Self::default();
        story.creates(FLOW, Settings::default());
        story.workflow(FLOW, [WorkflowEvent::WorkflowActivated]);
        story
    }

    pub(crate) fn creates(&mut self, id: WorkflowId, settings: Settings) {
        let created = WorkflowEvent::WorkflowCreated {
            organisation: ORG,
            title: "Spring".into(),
            description: String::new(),
            settings,
            source: None,
        };
        let changes =
            [(CALL, NodeType::VoiceCall), (WAIT, NodeType::Time), (WON, NodeType::Converted)]
                .map(|(id, node_type)| node(id, node_type))
                .to_vec();
        self.workflow(id, [created, WorkflowEvent::GraphRevised { revision: 1, changes }]);
    }

    pub(crate) fn workflow(
        &mut self,
        id: WorkflowId,
        events: impl IntoIterator<Item = WorkflowEvent>,
    ) {
        self.tell(Told::Workflow(id, events.into_iter().collect()));
    }

    /// About the keys of the organisation.
    pub(crate) fn keys(&mut self, events: impl IntoIterator<Item = OrganisationEvent>) {
        self.tell(Told::Organisation(events.into_iter().collect()));
    }

    pub(crate) fn lead(&mut self, id: LeadId, events: impl IntoIterator<Item = LeadEvent>) {
        self.tell(Told::Lead(id, events.into_iter().collect()));
    }

    fn tell(&mut self, told: Told) {
        let position = self.facts.len() as u64 + 1;
        self.tell_at(minute(position), told);
    }

    pub(crate) fn tell_at(&mut self, at: Timestamp, told: Told) {
        let fact = OwnedFact { position: self.facts.len() as u64 + 1, at, told };
        self.read.fold(&fact.as_fact());
        self.facts.push(fact);
    }

    /// The time of the newest record.
    pub(crate) fn now(&self) -> Timestamp {
        self.facts.last().unwrap().at
    }

    pub(crate) fn facts(&self) -> impl Iterator<Item = Fact<'_>> {
        self.facts.iter().map(OwnedFact::as_fact)
    }
}

pub(crate) fn node(id: NodeId, node_type: NodeType) -> GraphChange {
    GraphChange::NodePut(Node {
        id,
        label: "step".into(),
        position: CanvasPosition::default(),
        config: NodeConfig::empty(node_type),
        entry: false,
    })
}

pub(crate) fn enrolled_in(workflow: WorkflowId, import: Option<ImportId>) -> LeadEvent {
    LeadEvent::LeadEnrolled {
        workflow,
        contact_tag: [7; 16],
        key_slot: 3,
        phone_number: Personal::Known("+4915112345678".into()),
        variables: Personal::default(),
        notes: Personal::default(),
        import,
    }
}

pub(crate) fn enrolled() -> LeadEvent {
    enrolled_in(FLOW, None)
}

pub(crate) fn entered(visit: u32, node: NodeId) -> LeadEvent {
    LeadEvent::NodeEntered { visit, node, revision: 1, release_at: None }
}

pub(crate) fn waits(visit: u32, release_at: Timestamp) -> LeadEvent {
    LeadEvent::NodeEntered { visit, node: WAIT, revision: 1, release_at: Some(release_at) }
}

pub(crate) fn requested(call: u32) -> LeadEvent {
    LeadEvent::CallRequested {
        call,
        from: "+4930123456".into(),
        agent_id: Some("agent_1".into()),
        ring_timeout_s: None,
    }
}

pub(crate) fn started(call: u32) -> LeadEvent {
    LeadEvent::CallDispatchStarted { call, lease_until: None }
}

pub(crate) fn concluded(call: u32, status: CallStatus) -> LeadEvent {
    LeadEvent::CallConcluded { call, status, end_reason: None, occurred_at: None }
}

pub(crate) fn branch(visit: u32, from: NodeId, output: Output, to: NodeId, call: u32) -> LeadEvent {
    let cause = BranchCause::Call(call);
    LeadEvent::BranchTaken { visit, from, output, to, cause, revision: 1 }
}

pub(crate) fn held(reason: HoldReason) -> LeadEvent {
    LeadEvent::RoutingHeld { reason }
}

pub(crate) fn opened(import: ImportId) -> WorkflowEvent {
    WorkflowEvent::ImportOpened {
        import,
        opening: ImportOpening {
            file_name: Some("spring.csv".into()),
            rows: 2,
            duplicates_skipped: 1,
            variable_keys: vec!["name".into(), "city".into()],
        },
    }
}

pub(crate) fn closed(import: ImportId) -> WorkflowEvent {
    WorkflowEvent::ImportClosed { import, enrolled: 2, duplicates_skipped: 4 }
}

/// Everything on one page.
pub(crate) const ALL: Paging = Paging::first(1_000_000);

pub(crate) fn ids<T, I>(page: &Page<T>, id: impl Fn(&T) -> I) -> Vec<I> {
    page.items.iter().map(id).collect()
}
