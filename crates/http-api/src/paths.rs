//! Ids in paths. One that cannot be read names nothing: 404, like any other unknown one.

use std::str::FromStr;

use actix_web::HttpRequest;
use branchline_domain::id::{
    ApiKeyId, CallId, EdgeId, ImportId, LeadId, NodeId, OrganisationId, ProviderEventId, WorkflowId,
};

use crate::problem::Problem;

/// A thing that paths name.
pub(crate) trait Named: FromStr {
    /// The segment's name in the route, and the word in messages.
    const NOUN: &'static str;
    /// Code of the problem when there is none.
    const NOT_FOUND: &'static str;
}

macro_rules! named {
    ($($id:ident $noun:literal $code:literal),+ $(,)?) => {
        $(impl Named for $id {
            const NOUN: &'static str = $noun;
            const NOT_FOUND: &'static str = $code;
        })+
    };
}

named! {
    WorkflowId "workflow" "workflow_not_found",
    NodeId "node" "node_not_found",
    EdgeId "edge" "edge_not_found",
    LeadId "lead" "lead_not_found",
    ImportId "import" "import_not_found",
    CallId "call" "call_not_found",
    ApiKeyId "key" "key_not_found",
    ProviderEventId "provider_event" "provider_event_not_found",
    OrganisationId "organisation" "organisation_not_found",
}

/// The id in a request's path.
///
/// # Errors
///
/// 404 when it cannot be read.
pub(crate) fn id<T: Named>(request: &HttpRequest) -> Result<T, Problem> {
    let text = request.match_info().get(T::NOUN).unwrap_or_default();
    text.parse().map_err(|_| Problem::not_found(T::NOT_FOUND, T::NOUN, text))
}

/// 404 for an id that names nothing.
pub(crate) fn missing<T: Named + std::fmt::Display>(id: &T) -> Problem {
    Problem::not_found(T::NOT_FOUND, T::NOUN, &id.to_string())
}
