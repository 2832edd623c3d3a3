//! Rows as readers get them.

use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, ImportId, LeadId, NodeId, OrganisationId, WorkflowId},
    lead::{HoldCode, LeadStatus},
    time::Timestamp,
    workflow::{WorkflowState, WorkflowView},
};
use branchline_journal::record::Position;
use serde::Serialize;

pub use crate::stored::DispatchStage;

/// A workflow.
#[derive(Clone, Copy, Debug)]
pub struct WorkflowRow<'a> {
    /// Its id.
    pub id: WorkflowId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// What its history adds up to.
    pub state: &'a WorkflowState,
    /// The record that gave it its present status.
    pub status_position: Position,
    /// Its leads by status.
    pub leads: StatusCounts,
}

impl WorkflowRow<'_> {
    /// What its leads see of it.
    pub fn view(&self) -> WorkflowView {
        WorkflowView::of(self.id, self.state)
    }
}

/// A lead, without anything personal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeadRow {
    /// Its id.
    pub id: LeadId,
    /// Where it is enrolled.
    pub workflow_id: WorkflowId,
    /// Whose it is.
    pub organisation_id: OrganisationId,
    /// Where it stands.
    pub status: LeadStatus,
    /// Whether it was removed.
    pub removed: bool,
    /// Its node; the last one of a final or removed lead.
    pub current_node_id: Option<NodeId>,
    /// Number of the current visit, from 1; 0 while pending.
    pub visit: u32,
    /// When it came to its node.
    pub entered_at: Option<Timestamp>,
    /// When the wait there ends.
    pub release_at: Option<Timestamp>,
    /// The call that its visit waits or waited for.
    pub call: Option<CallRow>,
    /// Why it stays.
    pub hold: Option<HoldCode>,
    /// Keyed tag of its number.
    #[serde(skip)]
    pub contact_tag: [u8; 16],
    /// Slot of the key that seals its personal fields.
    #[serde(skip)]
    pub key_slot: u32,
    /// When what is personal of it was erased.
    pub erased_at: Option<Timestamp>,
    /// When it was enrolled.
    pub enrolled_at: Timestamp,
    /// The record that enrolled it.
    #[serde(skip)]
    pub enrolled_position: Position,
    /// Import it came with.
    pub import_id: Option<ImportId>,
}

/// A lead whose personal fields were erased, with what it takes to destroy its key again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErasedLead {
    /// Which.
    pub lead: LeadId,
    /// Slot of the key that sealed its personal fields.
    pub key_slot: u32,
    /// When it was erased.
    pub erased_at: Timestamp,
    /// The record that says so.
    pub position: Position,
}

/// A call, without anything personal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallRow {
    /// Its id.
    pub id: CallId,
    /// Workflow of its lead.
    pub workflow_id: WorkflowId,
    /// Node it was made for.
    pub node_id: Option<NodeId>,
    /// Visit it was made for.
    pub visit: u32,
    /// Furthest status.
    pub status: CallStatus,
    /// Whether the status is final.
    pub concluded: bool,
    /// How far dialling has come.
    pub dispatch: DispatchStage,
    /// When it was requested.
    pub created_at: Timestamp,
    /// When somebody was first asked to dial.
    pub dispatch_started_at: Option<Timestamp>,
    /// When the hand-out to an external carrier runs or ran out.
    pub lease_until: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// A call that waits for somebody to dial it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestedCall {
    /// Which call.
    pub call: CallId,
    /// Its workflow, which is active.
    pub workflow: WorkflowId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Keyed tag of the number.
    pub contact_tag: [u8; 16],
    /// When it was requested.
    pub requested_at: Timestamp,
}

/// Leads of a workflow by status. A removed lead counts as removed only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StatusCounts {
    /// Enrolled, at no node yet.
    pub pending: u64,
    /// At a node.
    pub active: u64,
    /// Reached a `CONVERTED` node.
    pub completed: u64,
    /// Reached a `DROPPED` node.
    pub dropped: u64,
    /// Taken out.
    pub removed: u64,
}

impl StatusCounts {
    /// All of them: `enrolled_leads` of a workflow.
    pub const fn enrolled(&self) -> u64 {
        self.pending + self.active + self.completed + self.dropped + self.removed
    }

    /// Counts others in.
    pub(crate) const fn add(&mut self, others: &Self) {
        self.pending += others.pending;
        self.active += others.active;
        self.completed += others.completed;
        self.dropped += others.dropped;
        self.removed += others.removed;
    }

    /// Those with this status that were not removed.
    pub const fn with(&self, status: LeadStatus) -> u64 {
        match status {
            LeadStatus::Pending => self.pending,
            LeadStatus::Active => self.active,
            LeadStatus::Completed => self.completed,
            LeadStatus::Dropped => self.dropped,
        }
    }
}

/// Leads of a workflow at one node. Removed leads do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NodeCounts {
    /// Stand there; at a terminal node, those that ended there.
    pub here: u64,
    /// Have left it by a branch at least once.
    pub passed: u64,
    /// Of those here, held.
    pub held: u64,
}

/// Leads of a workflow, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// By status.
    pub by_status: StatusCounts,
    /// By node: every node of the newest revision, and older ones where leads stand or stood.
    pub by_node: std::collections::BTreeMap<NodeId, NodeCounts>,
}
