//! Why the engine did not do what it was asked.

use std::sync::Arc;

use branchline_domain::{
    id::{CallId, LeadId, WorkflowId},
    lead::LeadRejection,
    organisation::OrganisationRejection,
    workflow::WorkflowRejection,
};

/// A reason for which rows of a list cannot be enrolled.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RowFault {
    /// What is wrong, and what would be right.
    pub reason: String,
    /// Where, as a spreadsheet counts (header = 1). At most 100 are named.
    pub rows: Vec<u64>,
}

/// Why the engine did not do what it was asked. Nothing is recorded, except where said.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EngineError {
    /// No such workflow in the caller's organisation.
    #[error("there is no workflow {0}")]
    WorkflowNotFound(WorkflowId),
    /// No such lead in the caller's organisation.
    #[error("there is no lead {0}")]
    LeadNotFound(LeadId),
    /// No such call in the caller's organisation.
    #[error("there is no call {0}")]
    CallNotFound(CallId),
    /// The rules of the workflow said no.
    #[error(transparent)]
    Workflow(#[from] WorkflowRejection),
    /// The rules of the lead said no.
    #[error(transparent)]
    Lead(#[from] LeadRejection),
    /// The rules of the organisation said no.
    #[error(transparent)]
    Organisation(#[from] OrganisationRejection),
    /// Rows of a list are at fault; nobody was enrolled.
    #[error("{} of the rows cannot be enrolled; nobody was", faults.iter().map(|fault| fault.rows.len()).sum::<usize>())]
    Rows {
        /// Every reason, with its rows.
        faults: Vec<RowFault>,
    },
    /// A value is out of its limits.
    #[error("{field}: {problem}")]
    Invalid {
        /// Which.
        field: &'static str,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// The same idempotency key came with another request.
    #[error("the idempotency key was used for another request before")]
    KeyReused,
    /// The first request with this idempotency key is not done yet. Try again shortly.
    #[error("the first request with this idempotency key is still under way; try again shortly")]
    RequestUnderWay,
    /// More is under way than may be. Try again shortly.
    #[error("the engine is busy; try again shortly")]
    Busy,
    /// The read models are not up to date in time. Try again shortly.
    #[error("reads are behind the journal; try again shortly")]
    Behind,
    /// The lead could not be rebuilt from its history, several times.
    #[error("lead {lead} is set aside: {reason}")]
    SetAside {
        /// Which.
        lead: LeadId,
        /// Why, as first seen.
        reason: Arc<str>,
    },
    /// A request does not fit a record.
    #[error("the request is too large: {problem}")]
    TooLarge {
        /// What is too large, and the limit.
        problem: String,
    },
    /// The journal takes no more; a person must look. Whether the last request was recorded is
    /// unknown when it was under way.
    #[error("the journal is unavailable: {reason}")]
    Unavailable {
        /// What it said first.
        reason: Arc<str>,
    },
    /// The engine is stopping. Whether the last request was recorded is unknown when it was under
    /// way.
    #[error("the engine is shutting down")]
    ShuttingDown,
}
