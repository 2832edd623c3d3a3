//! Why a lead stays where it is although its step has something to say.

use std::fmt;

use crate::{call_status::CallStatus, output::Output, personal::Personal, time::Timestamp};

/// What decided an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BranchCause {
    /// The final status of the call with this number.
    Call(u32),
    /// A condition.
    Condition,
    /// A release time that came.
    Release,
    /// An application's answer.
    Application,
    /// A person.
    Person,
}

impl BranchCause {
    /// The text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call(_) => "call_status",
            Self::Condition => "condition",
            Self::Release => "release",
            Self::Application => "application",
            Self::Person => "person",
        }
    }
}

/// An output that is decided and has not moved the lead yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The output.
    pub output: Output,
    /// What decided it.
    pub cause: BranchCause,
}

/// Why a lead stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HoldReason {
    /// The workflow was not active when the outcome came; resuming it moves the lead.
    WorkflowPaused(Outcome),
    /// No edge serves the outcome; the lead moves by itself once one does.
    MissingOutput(Outcome),
    /// The call ended without a branch; a person decides.
    ReviewRequired(CallStatus),
    /// The node lacks what it needs; the lead goes on once it is mended.
    NodeIncomplete,
    /// The call has no final status and its deadline has passed.
    CallOverdue,
    /// Nobody knows whether the call was dialled; it is never dialled again by itself.
    DialOutcomeUnknown,
    /// The carrier refused to dial.
    DialRefused,
    /// The time to release at cannot be read.
    UnreadableTime(Personal<String>),
    /// No application answers for this node.
    ApplicationReview,
    /// The lead went around in the graph without a wait or a call.
    EndlessLoop,
}

impl HoldReason {
    /// The stable code that API, log and filters show.
    pub const fn code(&self) -> HoldCode {
        match self {
            Self::WorkflowPaused(_) => HoldCode::WorkflowPaused,
            Self::MissingOutput(_) => HoldCode::MissingOutput,
            Self::ReviewRequired(_) => HoldCode::ReviewRequired,
            Self::NodeIncomplete => HoldCode::NodeIncomplete,
            Self::CallOverdue => HoldCode::CallOverdue,
            Self::DialOutcomeUnknown => HoldCode::DialOutcomeUnknown,
            Self::DialRefused => HoldCode::DialRefused,
            Self::UnreadableTime(_) => HoldCode::UnreadableTime,
            Self::ApplicationReview => HoldCode::ApplicationReview,
            Self::EndlessLoop => HoldCode::EndlessLoop,
        }
    }

    /// The outcome that waits, if there is one.
    pub const fn outcome(&self) -> Option<&Outcome> {
        match self {
            Self::WorkflowPaused(outcome) | Self::MissingOutput(outcome) => Some(outcome),
            Self::ReviewRequired(_)
            | Self::NodeIncomplete
            | Self::CallOverdue
            | Self::DialOutcomeUnknown
            | Self::DialRefused
            | Self::UnreadableTime(_)
            | Self::ApplicationReview
            | Self::EndlessLoop => None,
        }
    }
}

/// A [`HoldReason`] without its details, for counts and filters.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum HoldCode {
    /// See [`HoldReason::WorkflowPaused`].
    WorkflowPaused,
    /// See [`HoldReason::MissingOutput`].
    MissingOutput,
    /// See [`HoldReason::ReviewRequired`].
    ReviewRequired,
    /// See [`HoldReason::NodeIncomplete`].
    NodeIncomplete,
    /// See [`HoldReason::CallOverdue`].
    CallOverdue,
    /// See [`HoldReason::DialOutcomeUnknown`].
    DialOutcomeUnknown,
    /// See [`HoldReason::DialRefused`].
    DialRefused,
    /// See [`HoldReason::UnreadableTime`].
    UnreadableTime,
    /// See [`HoldReason::ApplicationReview`].
    ApplicationReview,
    /// See [`HoldReason::EndlessLoop`].
    EndlessLoop,
}

impl HoldCode {
    /// Every code.
    pub const ALL: [Self; 10] = [
        Self::WorkflowPaused,
        Self::MissingOutput,
        Self::ReviewRequired,
        Self::NodeIncomplete,
        Self::CallOverdue,
        Self::DialOutcomeUnknown,
        Self::DialRefused,
        Self::UnreadableTime,
        Self::ApplicationReview,
        Self::EndlessLoop,
    ];

    /// Whether news of the call that a lead waits for ends the hold: what was doubtful about its
    /// dialling is not any more. A call is overdue until it has a final status. Source: CONTRACT.md 4,
    /// rule 10.
    pub const fn ends_with_news(self, final_status: bool) -> bool {
        match self {
            Self::DialOutcomeUnknown | Self::DialRefused => true,
            Self::CallOverdue => final_status,
            Self::WorkflowPaused
            | Self::MissingOutput
            | Self::ReviewRequired
            | Self::NodeIncomplete
            | Self::UnreadableTime
            | Self::ApplicationReview
            | Self::EndlessLoop => false,
        }
    }

    /// The text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WorkflowPaused => "workflow_paused",
            Self::MissingOutput => "missing_output",
            Self::ReviewRequired => "review_required",
            Self::NodeIncomplete => "node_incomplete",
            Self::CallOverdue => "call_overdue",
            Self::DialOutcomeUnknown => "dial_outcome_unknown",
            Self::DialRefused => "dial_refused",
            Self::UnreadableTime => "unreadable_time",
            Self::ApplicationReview => "application_review",
            Self::EndlessLoop => "endless_loop",
        }
    }
}

impl fmt::Display for HoldCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A hold and where it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Why.
    pub reason: HoldReason,
    /// Since when.
    pub since: Timestamp,
    /// Position of the record that says so.
    pub position: u64,
}
