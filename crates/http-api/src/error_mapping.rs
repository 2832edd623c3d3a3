//! Every refusal, by a route or by the engine, and the HTTP status it becomes. One place.

use actix_web::http::StatusCode;
use branchline_domain::{
    lead::LeadRejection, organisation::OrganisationRejection, workflow::WorkflowRejection,
};
use branchline_engine::EngineError;

use crate::problem::{FieldFault, Problem};

/// How long a caller waits after the queue was full. Unit: seconds.
const BUSY_RETRY_S: u32 = 1;
/// How long a caller waits while the process stops or starts. Unit: seconds.
const RESTART_RETRY_S: u32 = 5;
/// How long a caller waits when a person has to look first. Unit: seconds.
const REPAIR_RETRY_S: u32 = 30;

/// Why a route refuses a request before, or instead of, asking the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    BrokenBody,
    InvalidBody,
    InvalidForm,
    InvalidHeader,
    InvalidQuery,
    InvalidValue,
    MalformedJson,
    JsonTooDeep,
    /// What came is no HTTP request.
    MalformedRequest,
    /// The operator's token is missing or wrong.
    Unauthorized,
    CrossSite,
    ForeignHost,
    /// The key is good, and not for this.
    ScopeMissing,
    /// Nothing has this name; the code says what kind of thing.
    NotFound(&'static str),
    MethodNotAllowed,
    SlowBody,
    SlowHead,
    StatusNotEditable,
    BodyTooLarge,
    UrlTooLong,
    HeadTooLarge,
    UnsupportedContentEncoding,
    UnsupportedMediaType,
    NotConfigured,
    PreconditionRequired,
    /// A mistake of ours; its place is in the log, under the id of the request.
    Internal,
    /// Too many bodies are in memory.
    NoRoom,
    TooManyConnections,
    TooManyRequests,
    TooManyStreams,
}

impl Refusal {
    /// The status, and the code that programs match on.
    pub(crate) const fn status_and_code(self) -> (StatusCode, &'static str) {
        match self {
            Self::BrokenBody => (StatusCode::BAD_REQUEST, "broken_body"),
            Self::InvalidBody => (StatusCode::BAD_REQUEST, "invalid_body"),
            Self::InvalidForm => (StatusCode::BAD_REQUEST, "invalid_form"),
            Self::InvalidHeader => (StatusCode::BAD_REQUEST, "invalid_header"),
            Self::InvalidQuery => (StatusCode::BAD_REQUEST, "invalid_query"),
            Self::InvalidValue => (StatusCode::BAD_REQUEST, "invalid_value"),
            Self::MalformedJson => (StatusCode::BAD_REQUEST, "malformed_json"),
            Self::JsonTooDeep => (StatusCode::BAD_REQUEST, "json_too_deep"),
            Self::MalformedRequest => (StatusCode::BAD_REQUEST, "malformed_request"),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Self::CrossSite => (StatusCode::FORBIDDEN, "cross_site"),
            Self::ForeignHost => (StatusCode::FORBIDDEN, "foreign_host"),
            Self::ScopeMissing => (StatusCode::FORBIDDEN, "scope_missing"),
            Self::NotFound(code) => (StatusCode::NOT_FOUND, code),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::SlowBody => (StatusCode::REQUEST_TIMEOUT, "slow_body"),
            Self::SlowHead => (StatusCode::REQUEST_TIMEOUT, "slow_head"),
            Self::StatusNotEditable => (StatusCode::CONFLICT, "status_not_editable"),
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            Self::UrlTooLong => (StatusCode::URI_TOO_LONG, "url_too_long"),
            Self::HeadTooLarge => (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "head_too_large"),
            Self::UnsupportedContentEncoding => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_content_encoding")
            }
            Self::UnsupportedMediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type")
            }
            Self::PreconditionRequired => {
                (StatusCode::PRECONDITION_REQUIRED, "precondition_required")
            }
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal_error"),
            Self::NoRoom => (StatusCode::SERVICE_UNAVAILABLE, "no_room"),
            Self::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests"),
            Self::TooManyStreams => (StatusCode::TOO_MANY_REQUESTS, "too_many_streams"),
            Self::TooManyConnections => (StatusCode::SERVICE_UNAVAILABLE, "too_many_connections"),
            Self::NotConfigured => (StatusCode::SERVICE_UNAVAILABLE, "not_configured"),
        }
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        let words = error.to_string();
        let say = |status, code| Self::new(status, code, words.clone());
        let later = |status, code, seconds| Self {
            retry_after_s: Some(seconds),
            ..Self::new(status, code, words.clone())
        };
        match error {
            EngineError::WorkflowNotFound(_) => say(StatusCode::NOT_FOUND, "workflow_not_found"),
            EngineError::LeadNotFound(_) => say(StatusCode::NOT_FOUND, "lead_not_found"),
            EngineError::CallNotFound(_) => say(StatusCode::NOT_FOUND, "call_not_found"),
            EngineError::Workflow(rejection) => rejection.into(),
            EngineError::Lead(rejection) => rejection.into(),
            EngineError::Organisation(rejection) => rejection.into(),
            EngineError::Rows { faults } => Self {
                faults: serde_json::to_value(faults).ok().map(Box::new),
                ..say(StatusCode::BAD_REQUEST, "faulty_rows")
            },
            EngineError::Invalid { field, problem } => invalid(field, &problem),
            EngineError::KeyReused => {
                say(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused")
            }
            EngineError::RequestUnderWay => say(StatusCode::CONFLICT, "request_under_way"),
            EngineError::Busy => later(StatusCode::TOO_MANY_REQUESTS, "busy", BUSY_RETRY_S),
            EngineError::Behind => {
                later(StatusCode::SERVICE_UNAVAILABLE, "reads_behind", BUSY_RETRY_S)
            }
            EngineError::SetAside { .. } => {
                later(StatusCode::SERVICE_UNAVAILABLE, "lead_set_aside", REPAIR_RETRY_S)
            }
            EngineError::TooLarge { .. } => say(StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            EngineError::Unavailable { .. } => {
                later(StatusCode::SERVICE_UNAVAILABLE, "journal_unavailable", REPAIR_RETRY_S)
            }
            EngineError::ShuttingDown => {
                later(StatusCode::SERVICE_UNAVAILABLE, "shutting_down", RESTART_RETRY_S)
            }
        }
    }
}

impl From<OrganisationRejection> for Problem {
    fn from(rejection: OrganisationRejection) -> Self {
        let words = rejection.to_string();
        let say = |status, code| Self::new(status, code, words.clone());
        match rejection {
            OrganisationRejection::KeyNotFound { .. } => {
                say(StatusCode::NOT_FOUND, "key_not_found")
            }
            OrganisationRejection::KeyExists { .. } => say(StatusCode::CONFLICT, "key_exists"),
            OrganisationRejection::KeyEnded { status, .. } => Self {
                current_status: Some(status.as_str()),
                ..say(StatusCode::CONFLICT, "key_ended")
            },
            OrganisationRejection::TooManyKeys => say(StatusCode::CONFLICT, "too_many_keys"),
            OrganisationRejection::ProviderEventNotFound { .. } => {
                say(StatusCode::NOT_FOUND, "provider_event_not_found")
            }
            OrganisationRejection::ProviderEventSettled { state, .. } => Self {
                current_status: Some(state.as_str()),
                ..say(StatusCode::CONFLICT, "provider_event_settled")
            },
            OrganisationRejection::TooManyUnmatched { .. } => Self {
                retry_after_s: Some(REPAIR_RETRY_S),
                ..say(StatusCode::SERVICE_UNAVAILABLE, "too_many_unmatched")
            },
            OrganisationRejection::NoKeys => say(StatusCode::CONFLICT, "no_keys"),
            OrganisationRejection::Invalid { field, problem } => invalid(field, &problem),
        }
    }
}

impl From<WorkflowRejection> for Problem {
    fn from(rejection: WorkflowRejection) -> Self {
        let words = rejection.to_string();
        let say = |status, code| Self::new(status, code, words.clone());
        match rejection {
            WorkflowRejection::NotFound => say(StatusCode::NOT_FOUND, "workflow_not_found"),
            WorkflowRejection::AlreadyExists => say(StatusCode::CONFLICT, "workflow_exists"),
            WorkflowRejection::WrongStatus { status, .. } => Self {
                current_status: Some(status.as_str()),
                ..say(StatusCode::CONFLICT, "wrong_status")
            },
            WorkflowRejection::InvalidGraph { faults } => Self {
                faults: serde_json::to_value(faults).ok().map(Box::new),
                ..say(StatusCode::BAD_REQUEST, "invalid_graph")
            },
            WorkflowRejection::LeadsUnderWay { .. } => say(StatusCode::CONFLICT, "leads_under_way"),
            WorkflowRejection::CallsInProgress { .. } => {
                say(StatusCode::CONFLICT, "calls_in_progress")
            }
            WorkflowRejection::NodeNotFound { .. } => say(StatusCode::NOT_FOUND, "node_not_found"),
            WorkflowRejection::NodeExists { .. } => say(StatusCode::CONFLICT, "node_exists"),
            WorkflowRejection::NodeTypeDiffers { .. } => {
                say(StatusCode::BAD_REQUEST, "node_type_differs")
            }
            WorkflowRejection::LeadsAtNodes { .. } => say(StatusCode::CONFLICT, "leads_at_node"),
            WorkflowRejection::StaleRevision { actual, .. } => Self {
                current_revision: Some(actual),
                ..say(StatusCode::PRECONDITION_FAILED, "stale_revision")
            },
            WorkflowRejection::EdgeNotFound { .. } => say(StatusCode::NOT_FOUND, "edge_not_found"),
            WorkflowRejection::EdgeExists { .. } => say(StatusCode::CONFLICT, "edge_exists"),
            WorkflowRejection::Invalid { field, problem } => invalid(field, &problem),
            WorkflowRejection::ImportNotOpen { .. } => say(StatusCode::CONFLICT, "import_not_open"),
        }
    }
}

impl From<LeadRejection> for Problem {
    fn from(rejection: LeadRejection) -> Self {
        let words = rejection.to_string();
        let say = |status, code| Self::new(status, code, words.clone());
        let conflict = |code, status| Self {
            current_status: Some(status),
            ..Self::new(StatusCode::CONFLICT, code, words.clone())
        };
        match rejection {
            LeadRejection::NotFound => say(StatusCode::NOT_FOUND, "lead_not_found"),
            LeadRejection::AlreadyEnrolled => say(StatusCode::CONFLICT, "lead_enrolled"),
            LeadRejection::WorkflowEnded { status } => conflict("workflow_ended", status.as_str()),
            LeadRejection::CallNotFound { .. } => say(StatusCode::NOT_FOUND, "call_not_found"),
            LeadRejection::CallNotRequested { .. } => {
                say(StatusCode::CONFLICT, "call_not_requested")
            }
            LeadRejection::WorkflowNotActive { status, .. } => {
                conflict("workflow_not_active", status.as_str())
            }
            LeadRejection::OutsideCallingWindow { .. } => {
                say(StatusCode::CONFLICT, "outside_calling_window")
            }
            LeadRejection::ApplicationNotAsked { .. } => {
                say(StatusCode::CONFLICT, "application_not_asked")
            }
            LeadRejection::CannotMove { .. } => say(StatusCode::CONFLICT, "cannot_move"),
            LeadRejection::CannotErase { .. } => say(StatusCode::CONFLICT, "cannot_erase"),
            LeadRejection::Erased => say(StatusCode::CONFLICT, "lead_erased"),
            LeadRejection::Ended { state } => conflict("lead_ended", state),
            LeadRejection::NotHeld => say(StatusCode::CONFLICT, "lead_not_held"),
            LeadRejection::InvalidVariables { problem } => invalid("variables", &problem),
            LeadRejection::WrongResolution { .. } => {
                say(StatusCode::BAD_REQUEST, "wrong_resolution")
            }
        }
    }
}

/// A value that the rules do not take, at its field.
fn invalid(field: &str, problem: &str) -> Problem {
    let fault = FieldFault {
        // The rules name a field in another with a dot, as configurations do.
        pointer: Some(format!("/{}", field.replace('.', "/"))),
        detail: format!("{field}: {problem}"),
        ..FieldFault::default()
    };
    Problem::invalid(Refusal::InvalidValue, vec![fault])
}

#[cfg(test)]
mod tests {
    use actix_web::ResponseError;
    use branchline_domain::workflow::WorkflowStatus;

    use super::*;

    fn status_of(error: EngineError) -> (u16, Option<u32>) {
        let problem = Problem::from(error);
        (problem.status.as_u16(), problem.retry_after_s)
    }

    #[test]
    fn what_passes_by_itself_says_when_to_try_again() {
        assert_eq!(status_of(EngineError::Busy), (429, Some(1)));
        assert_eq!(status_of(EngineError::Behind), (503, Some(1)));
        assert_eq!(status_of(EngineError::ShuttingDown), (503, Some(5)));
        let unavailable = EngineError::Unavailable { reason: "disk full".into() };
        assert_eq!(status_of(unavailable), (503, Some(30)));
        let response = Problem::from(EngineError::Busy).error_response();
        assert_eq!(response.headers().get("retry-after").unwrap(), "1");
    }

    #[test]
    fn a_key_used_for_another_request_is_422() {
        assert_eq!(status_of(EngineError::KeyReused), (422, None));
    }

    #[test]
    fn a_conflict_says_the_current_status() {
        let rejection =
            WorkflowRejection::WrongStatus { action: "pause", status: WorkflowStatus::Draft };
        let problem = Problem::from(EngineError::Workflow(rejection));
        assert_eq!(problem.status, StatusCode::CONFLICT);
        assert_eq!(problem.current_status, Some("draft"));
        assert!(problem.detail.contains("draft"), "{}", problem.detail);
    }

    #[test]
    fn a_value_out_of_its_limits_names_its_field() {
        let rejection = WorkflowRejection::Invalid {
            field: "title",
            problem: "is empty; give it 1 to 200 characters".into(),
        };
        let problem = Problem::from(EngineError::Workflow(rejection));
        assert_eq!(problem.status, StatusCode::BAD_REQUEST);
        assert_eq!(problem.errors[0].pointer.as_deref(), Some("/title"));
        let nested = WorkflowRejection::Invalid {
            field: "settings.default_timezone",
            problem: "`J` is not a time zone".into(),
        };
        let problem = Problem::from(EngineError::Workflow(nested));
        assert_eq!(problem.errors[0].pointer.as_deref(), Some("/settings/default_timezone"));
    }
}
