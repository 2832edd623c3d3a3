//! Why a lead is where it is. One answer for API, log tool and dashboard. Source: DOMAIN.md 8.

use serde::Serialize;

use super::{LeadState, LeadStatus};
use crate::{
    id::{LeadId, NodeId},
    time::Timestamp,
    workflow::WorkflowView,
};

/// What kind of thing holds a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardCode {
    /// Draft, paused, cancelled or completed.
    WorkflowNotActive,
    /// The graph has no entry, or more than one.
    NoValidEntry,
    /// Enrolled after the last activation, and the settings do not start leads on enrolment.
    EnrolledAfterActivation,
    /// Its import has not ended.
    ImportOpen,
    /// Everything is ready: the lead moves as soon as the engine comes to it.
    Due,
    /// Waits for a release time.
    WaitingForRelease,
    /// A call is wanted and not handed out yet.
    WaitingForDial,
    /// The number has a live call of another lead.
    PhoneBusy,
    /// Waits for a final call status.
    WaitingForCall,
    /// An outcome is held because the workflow was not active.
    WorkflowPaused,
    /// No edge serves the outcome.
    MissingOutput,
    /// A person decides about a call without a branch.
    ReviewRequired,
    /// The node lacks what it needs.
    NodeIncomplete,
    /// The call's deadline has passed.
    CallOverdue,
    /// Nobody knows whether the call was dialled.
    DialOutcomeUnknown,
    /// The carrier refused to dial.
    DialRefused,
    /// The time to release at cannot be read.
    UnreadableTime,
    /// No application answers.
    ApplicationReview,
    /// The lead went around without a wait.
    EndlessLoop,
    /// It was removed.
    Removed,
    /// It has come to its end.
    Final,
}

/// One thing that holds a lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HoldingGuard {
    /// What kind of thing.
    pub code: GuardCode,
    /// The same in a sentence.
    pub message: String,
    /// Position of the record that proves it; `None` where nothing recorded does.
    pub evidence: Option<u64>,
    /// Earliest instant at which it can clear, when that is known.
    pub clears_at: Option<Timestamp>,
    /// Who or what clears it, and how; `None` when nothing does.
    pub clears_by: Option<String>,
}

/// Why a lead is where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Which lead.
    pub lead_id: LeadId,
    /// Its status.
    pub status: LeadStatus,
    /// Where it is.
    pub current_node_id: Option<NodeId>,
    /// Everything that holds it; never empty.
    pub guards: Vec<HoldingGuard>,
    /// What would move it next; `None` when nothing will.
    pub next: Option<String>,
}

/// What the answer needs to know besides the lead and its workflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Now.
    pub now: Timestamp,
    /// Lead whose live call keeps the number busy, if another one does.
    pub busy_with: Option<LeadId>,
    /// Position of the workflow's last change of status.
    pub workflow_position: Option<u64>,
}

/// Says why a lead is where it is.
pub fn explain(
    lead: LeadId,
    state: &LeadState,
    _workflow: &WorkflowView,
    _surroundings: &Surroundings,
) -> Explanation {
    Explanation {
        lead_id: lead,
        status: state.status,
        current_node_id: state.node,
        guards: Vec::new(),
        next: None,
    }
}
