//! Why a lead refuses a command.

use crate::{id::CallId, time::Timestamp, workflow::WorkflowStatus};

/// A command the rules refuse. Nothing is recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeadRejection {
    /// No such lead, or it was never enrolled.
    #[error("there is no such lead")]
    NotFound,
    /// It is enrolled already.
    #[error("the lead is enrolled already")]
    AlreadyEnrolled,
    /// The workflow takes no leads.
    #[error("the workflow is {status} and takes no more leads")]
    WorkflowEnded {
        /// Where it stands.
        status: WorkflowStatus,
    },
    /// No such call of this lead.
    #[error("there is no call {call}")]
    CallNotFound {
        /// The call asked for.
        call: CallId,
    },
    /// The call is not waiting to be dialled.
    #[error("call {call} cannot be {action}: {state}")]
    CallNotRequested {
        /// The call.
        call: CallId,
        /// What was asked.
        action: &'static str,
        /// What it is instead.
        state: String,
    },
    /// Dialling is not allowed now.
    #[error("call {call} waits: the workflow is {status}")]
    WorkflowNotActive {
        /// The call.
        call: CallId,
        /// Where the workflow stands.
        status: WorkflowStatus,
    },
    /// Calls from this node are dialled at other hours.
    #[error("call {call} waits: outside the calling window, which opens at {opens_at}")]
    OutsideCallingWindow {
        /// The call.
        call: CallId,
        /// When it may be dialled.
        opens_at: Timestamp,
    },
    /// No such try of an application step is wanted or under way.
    #[error("{problem}")]
    ApplicationNotAsked {
        /// What is so instead.
        problem: &'static str,
    },
    /// The lead cannot be put at that node now.
    #[error("the lead cannot be moved: {problem}")]
    CannotMove {
        /// What is in the way, and how to get it out of it.
        problem: String,
    },
    /// The lead has come to its end.
    #[error("the lead is {state} already")]
    Ended {
        /// `completed`, `dropped` or `removed`.
        state: &'static str,
    },
    /// The lead cannot be erased now.
    #[error("the lead cannot be erased: {problem}")]
    CannotErase {
        /// What is in the way, and how to get it out of it.
        problem: String,
    },
    /// What is personal of the lead was erased, and nothing personal is added to it again.
    #[error(
        "what is personal of the lead was erased, and nothing can be added to it; enrol the person \
         as a new lead"
    )]
    Erased,
    /// Nothing holds the lead.
    #[error("the lead is not held: there is nothing to resolve")]
    NotHeld,
    /// Variables are out of their limits.
    #[error("variables: {problem}")]
    InvalidVariables {
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// A person's choice does not fit the node.
    #[error("{problem}")]
    WrongResolution {
        /// What does not fit, and what would.
        problem: String,
    },
}
