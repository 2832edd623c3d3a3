//! The way of one lead through its workflow: transitions, and the same as visits.

use std::collections::BTreeMap;

use branchline_domain::{
    call_status::CallStatus,
    graph::NodeType,
    id::{CallId, LeadId, NodeId},
    lead::{ApplicationOutcome, BranchCause, HoldCode, LeadEvent},
    output::Output,
    time::Timestamp,
    workflow::WorkflowView,
};
use serde::{Serialize, Serializer};

use crate::fact::{Fact, FactEvents};

/// What made a lead move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoveCause {
    /// It was enrolled, or its workflow was activated: the first node.
    Entry,
    /// It was put there, by a person or because its node was taken away.
    Moved,
    /// An output of the node it left.
    Branch(BranchCause),
}

impl MoveCause {
    /// One of every kind.
    pub const ALL: [Self; 7] = [
        Self::Entry,
        Self::Moved,
        Self::Branch(BranchCause::Call(0)),
        Self::Branch(BranchCause::Condition),
        Self::Branch(BranchCause::Release),
        Self::Branch(BranchCause::Application),
        Self::Branch(BranchCause::Person),
    ];

    /// The text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Moved => "moved",
            Self::Branch(cause) => cause.as_str(),
        }
    }
}

impl Serialize for MoveCause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One transition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Transition {
    /// The node it left; `None` for the entry.
    pub from_node: Option<NodeId>,
    /// The output that decided; `None` for the entry and for a lead that was put elsewhere.
    pub output: Option<Output>,
    /// The node it came to.
    pub to_node: NodeId,
    /// What decided the output.
    pub cause: MoveCause,
    /// When.
    pub at: Timestamp,
    /// The call that decided, if one did.
    pub call_id: Option<CallId>,
    /// Revision whose edges were read.
    pub revision: u32,
    /// The record that says so.
    pub position: u64,
}

/// One try of an application step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationTry {
    /// Number of the try within the visit, from 1.
    pub attempt: u32,
    /// When it began, or was found to lack what it needs.
    pub started_at: Timestamp,
    /// What came of it; `None` while it is under way.
    pub outcome: Option<ApplicationOutcome>,
    /// How long it took. Unit: milliseconds.
    pub latency_ms: Option<u32>,
    /// Names that the step read and the lead had no value for.
    pub missing_fields: Vec<String>,
    /// Request and response, redacted, as JSON text; `None` when nothing was said, or it cannot be
    /// read any more.
    pub evidence: Option<String>,
}

/// One stay at a node. Label and type of the node are in the graph's revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Visit {
    /// The node.
    pub node_id: NodeId,
    /// Number of the visit, from 1.
    pub visit: u32,
    /// Revision it came there with, whose config the step keeps.
    pub revision: u32,
    /// Furthest status of the visit's newest call; `None` without a call.
    pub status: Option<CallStatus>,
    /// The visit's newest call.
    pub call_id: Option<CallId>,
    /// When the lead came.
    pub entered_at: Timestamp,
    /// When the wait ends or ended.
    pub release_at: Option<Timestamp>,
    /// When the lead left; `None` while it is there, and at a terminal node.
    pub exited_at: Option<Timestamp>,
    /// Why it stays, while it does.
    pub hold: Option<HoldCode>,
    /// Tries of the visit's application step, in order. Whoever shows them opens the evidence.
    #[serde(skip)]
    pub tries: Vec<ApplicationTry>,
}

/// A visit, with what its node was in the revision the lead came there with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NamedVisit {
    /// What people called the node then; `None` when the revision has no such node.
    pub node_label: Option<String>,
    /// What kind of step it was.
    pub node_type: Option<NodeType>,
    /// The visit.
    #[serde(flatten)]
    pub visit: Visit,
}

impl NamedVisit {
    /// The visits with the names of their nodes.
    pub fn of(visits: Vec<Visit>, workflow: &WorkflowView) -> Vec<Self> {
        let named = visits.into_iter().map(|visit| {
            let node = workflow.node_at(visit.revision, visit.node_id);
            Self {
                node_label: node.map(|node| node.label.clone()),
                node_type: node.map(|node| node.node_type()),
                visit,
            }
        });
        named.collect()
    }
}

/// The way of one lead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LeadHistory {
    /// The entry, each branch and each move, in order; nothing else.
    pub history: Vec<Transition>,
    /// The stays at nodes, in order.
    pub visits: Vec<Visit>,
}

/// The way of one lead, from the records of its stream in order. Records of anything else are
/// passed over.
pub fn lead_history<'a>(lead: LeadId, facts: impl IntoIterator<Item = Fact<'a>>) -> LeadHistory {
    let mut reader = Reader { lead, told: LeadHistory::default(), visit_of_call: BTreeMap::new() };
    for fact in facts {
        if let FactEvents::Lead(id, events) = fact.events
            && id == lead
        {
            for event in events {
                reader.read(event, &fact);
            }
        }
    }
    reader.told
}

struct Reader {
    lead: LeadId,
    told: LeadHistory,
    /// For each call, the place of its visit in the list.
    visit_of_call: BTreeMap<u32, usize>,
}

impl Reader {
    #[expect(clippy::too_many_lines, reason = "one arm an event: cutting it would hide the list")]
    fn read(&mut self, event: &LeadEvent, fact: &Fact<'_>) {
        match event {
            LeadEvent::NodeEntered { visit, node, revision, release_at } => {
                self.enter(*visit, *node, *revision, *release_at, fact);
            }
            LeadEvent::BranchTaken { from, output, to, cause, revision, .. } => {
                let call_id = match cause {
                    BranchCause::Call(number) => Some(CallId { lead: self.lead, number: *number }),
                    BranchCause::Condition
                    | BranchCause::Release
                    | BranchCause::Application
                    | BranchCause::Person => None,
                };
                self.told.history.push(Transition {
                    from_node: Some(*from),
                    output: Some(output.clone()),
                    to_node: *to,
                    cause: MoveCause::Branch(*cause),
                    at: fact.at,
                    call_id,
                    revision: *revision,
                    position: fact.position.0,
                });
                self.leave(fact);
            }
            LeadEvent::LeadMoved { from, to, revision, .. } => {
                self.told.history.push(Transition {
                    from_node: Some(*from),
                    output: None,
                    to_node: *to,
                    cause: MoveCause::Moved,
                    at: fact.at,
                    call_id: None,
                    revision: *revision,
                    position: fact.position.0,
                });
                self.leave(fact);
            }
            LeadEvent::ApplicationRequested { .. } | LeadEvent::AnalysisAwaited { .. } => {
                self.set_hold(None);
            }
            LeadEvent::ApplicationStarted { attempt } => self.begin_try(*attempt, fact),
            LeadEvent::ApplicationTried {
                attempt,
                outcome,
                latency_ms,
                missing_fields,
                evidence,
            } => {
                // Without what it needs, a try fails before it begins.
                if self.try_under_way(*attempt).is_none() {
                    self.begin_try(*attempt, fact);
                }
                if let Some(tried) = self.try_under_way(*attempt) {
                    tried.outcome = Some(*outcome);
                    tried.latency_ms = Some(*latency_ms);
                    tried.missing_fields.clone_from(missing_fields);
                    tried.evidence = evidence.known().filter(|said| !said.is_empty()).cloned();
                }
            }
            LeadEvent::CallRequested { call, .. } => {
                let place = self.told.visits.len();
                if let Some(visit) = self.told.visits.last_mut() {
                    visit.call_id = Some(CallId { lead: self.lead, number: *call });
                    visit.status = Some(CallStatus::Created);
                    visit.hold = None;
                    self.visit_of_call.insert(*call, place - 1);
                }
            }
            LeadEvent::CallDispatched { call, .. } => self.news_of(*call, None),
            LeadEvent::CallStatusChanged { call, status, .. }
            | LeadEvent::CallConcluded { call, status, .. } => self.news_of(*call, Some(*status)),
            LeadEvent::CallDispatchRefused { call, .. } => {
                self.hold_call(*call, HoldCode::DialRefused);
            }
            LeadEvent::CallDispatchUnknown { call } => {
                self.hold_call(*call, HoldCode::DialOutcomeUnknown);
            }
            LeadEvent::RoutingHeld { reason } => self.set_hold(Some(reason.code())),
            LeadEvent::HoldResolved { .. } | LeadEvent::LeadRemoved => self.set_hold(None),
            LeadEvent::ReleasePlanned { release_at } => {
                if let Some(visit) = self.told.visits.last_mut() {
                    visit.release_at = Some(*release_at);
                    visit.hold = None;
                }
            }
            LeadEvent::LeadErased { .. } => {
                let visits = self.told.visits.iter_mut();
                visits.flat_map(|visit| &mut visit.tries).for_each(|tried| tried.evidence = None);
            }
            LeadEvent::LeadEnrolled { .. }
            | LeadEvent::CallScheduled { .. }
            | LeadEvent::CallDispatchStarted { .. }
            | LeadEvent::ApplicationAnswered { .. }
            | LeadEvent::CallConflictRecorded { .. }
            | LeadEvent::CallReferenced { .. }
            | LeadEvent::ProviderStatusHeard { .. }
            | LeadEvent::CallAttributesAttached { .. }
            | LeadEvent::LeadCompleted
            | LeadEvent::LeadDropped
            | LeadEvent::LeadWithdrawn
            | LeadEvent::LeadEdited { .. } => {}
        }
    }

    fn enter(
        &mut self,
        visit: u32,
        node: NodeId,
        revision: u32,
        release_at: Option<Timestamp>,
        fact: &Fact<'_>,
    ) {
        if self.told.visits.is_empty() {
            self.told.history.push(Transition {
                from_node: None,
                output: None,
                to_node: node,
                cause: MoveCause::Entry,
                at: fact.at,
                call_id: None,
                revision,
                position: fact.position.0,
            });
        }
        self.told.visits.push(Visit {
            node_id: node,
            visit,
            revision,
            status: None,
            call_id: None,
            entered_at: fact.at,
            release_at,
            exited_at: None,
            hold: None,
            tries: Vec::new(),
        });
    }

    fn begin_try(&mut self, attempt: u32, fact: &Fact<'_>) {
        if let Some(visit) = self.told.visits.last_mut() {
            visit.tries.push(ApplicationTry {
                attempt,
                started_at: fact.at,
                outcome: None,
                latency_ms: None,
                missing_fields: Vec::new(),
                evidence: None,
            });
        }
    }

    /// The newest try of this number that has not ended.
    fn try_under_way(&mut self, attempt: u32) -> Option<&mut ApplicationTry> {
        let tries = &mut self.told.visits.last_mut()?.tries;
        tries.last_mut().filter(|tried| tried.attempt == attempt && tried.outcome.is_none())
    }

    fn leave(&mut self, fact: &Fact<'_>) {
        if let Some(visit) = self.told.visits.last_mut() {
            visit.exited_at = Some(fact.at);
            visit.hold = None;
        }
    }

    /// The visit that the call was made for, if the call is its newest.
    fn visit_with(&mut self, call: u32) -> Option<&mut Visit> {
        let id = CallId { lead: self.lead, number: call };
        let place = *self.visit_of_call.get(&call)?;
        self.told.visits.get_mut(place).filter(|visit| visit.call_id == Some(id))
    }

    /// The call was heard of.
    fn news_of(&mut self, call: u32, status: Option<CallStatus>) {
        let Some(visit) = self.visit_with(call) else { return };
        visit.status = status.or(visit.status);
        let final_status = status.is_some_and(CallStatus::is_final);
        visit.hold = visit.hold.filter(|code| !code.ends_with_news(final_status));
    }

    fn hold_call(&mut self, call: u32, code: HoldCode) {
        if let Some(visit) = self.visit_with(call).filter(|visit| visit.exited_at.is_none()) {
            visit.hold = Some(code);
        }
    }

    fn set_hold(&mut self, hold: Option<HoldCode>) {
        if let Some(visit) = self.told.visits.last_mut() {
            visit.hold = hold;
        }
    }
}
