//! Refusals of the rules and the journal, in the words that hosts are told.

use branchline_domain::{id::LeadId, lead::LeadRejection};
use branchline_journal::store::AppendError;

use crate::EngineError;

/// What a host is told when the rules of a lead say no.
pub(crate) fn refused(lead: LeadId, rejection: LeadRejection) -> EngineError {
    match rejection {
        LeadRejection::NotFound => EngineError::LeadNotFound(lead),
        LeadRejection::CallNotFound { call } => EngineError::CallNotFound(call),
        LeadRejection::AlreadyEnrolled
        | LeadRejection::WorkflowEnded { .. }
        | LeadRejection::CallNotRequested { .. }
        | LeadRejection::WorkflowNotActive { .. }
        | LeadRejection::OutsideCallingWindow { .. }
        | LeadRejection::ApplicationNotAsked { .. }
        | LeadRejection::CannotMove { .. }
        | LeadRejection::CannotErase { .. }
        | LeadRejection::Erased
        | LeadRejection::Ended { .. }
        | LeadRejection::NotHeld
        | LeadRejection::InvalidVariables { .. }
        | LeadRejection::WrongResolution { .. } => EngineError::Lead(rejection),
    }
}

/// What a host is told when the journal did not take a record, and asking again changes nothing.
pub(crate) fn append_failed(error: AppendError) -> EngineError {
    match error {
        AppendError::Poisoned { reason } => EngineError::Unavailable { reason },
        AppendError::Closed => EngineError::ShuttingDown,
        AppendError::Busy { .. }
        | AppendError::GuardMoved { .. }
        | AppendError::WrongExpectedVersion { .. }
        | AppendError::ClaimTaken { .. } => EngineError::Busy,
        AppendError::KeyKnown { .. } => EngineError::KeyReused,
        AppendError::TooLarge { .. } => EngineError::TooLarge { problem: error.to_string() },
        AppendError::Malformed { reason } => {
            EngineError::Invalid { field: "request", problem: reason.into() }
        }
    }
}
