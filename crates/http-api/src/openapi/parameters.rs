//! Parameters that many routes have.

use utoipa::IntoParams;

use super::names;

/// Which part of a list is wanted.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "routes read the query themselves; this only describes it")]
pub(crate) struct Paging {
    /// Page, from 1. Not with `cursor`.
    #[param(minimum = 1, required = false)]
    page: Option<u64>,
    /// Rows of a page; 20 unless said otherwise.
    #[param(minimum = 1, maximum = 100, required = false)]
    limit: Option<u64>,
    /// Where to go on: the `next_cursor` of an earlier answer.
    #[param(value_type = names::ListCursor, required = false)]
    cursor: Option<String>,
}

/// Segments of paths: what each is, and its schema.
pub(super) const PATH: &[(&str, &str, &str)] = &[
    ("workflow", "The workflow.", "WorkflowId"),
    ("node", "The node.", "NodeId"),
    ("edge", "The edge.", "EdgeId"),
    ("lead", "The lead.", "LeadId"),
    ("import", "The import.", "ImportId"),
    ("call", "The call.", "CallId"),
    ("key", "The key.", "ApiKeyId"),
    ("provider_event", "The message of a provider.", "ProviderEventId"),
    ("provider", "The provider's short name.", "ProviderName"),
    ("organisation", "The organisation.", "OrganisationId"),
];
