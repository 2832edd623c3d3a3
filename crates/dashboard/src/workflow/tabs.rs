//! The tabs of a workflow.

use branchline_domain::{id::WorkflowId, organisation::Scope};
use branchline_http_api::pages::Visitor;
use maud::{Markup, html};

/// What there is about a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tab {
    /// Its graph with where everybody is.
    Graph,
    /// Its leads.
    Leads,
    /// Its calls.
    Calls,
    /// What happened, counted.
    Insights,
    /// How its graph came to be.
    Revisions,
    /// What was done, by whom.
    Audit,
    /// Its builder.
    Edit,
    /// Bringing leads in.
    Import,
    /// Title, description, settings.
    Settings,
}

impl Tab {
    /// Each with its place below the workflow, its name, and what it takes to change something
    /// there; those that nobody can do anything on without a scope are shown to whoever has it.
    const ALL: [(Self, &'static str, &'static str, Option<Scope>); 9] = [
        (Self::Graph, "", "Graph", None),
        (Self::Leads, "/leads", "Leads", None),
        (Self::Calls, "/calls", "Calls", None),
        (Self::Insights, "/insights", "Insights", None),
        (Self::Revisions, "/revisions", "Revisions", None),
        (Self::Audit, "/audit", "Audit", None),
        (Self::Edit, "/edit", "Builder", Some(Scope::Operate)),
        (Self::Import, "/import", "Import", Some(Scope::Operate)),
        (Self::Settings, "/settings", "Settings", Some(Scope::Operate)),
    ];
}

/// The bar of tabs, with the one marked that is open; a page behind a tab is marked as that tab.
pub(crate) fn tabs(workflow: WorkflowId, current: Tab, visitor: &Visitor) -> Markup {
    html! {
        nav.tabs aria-label="About the workflow" {
            @for (tab, place, words, scope) in Tab::ALL {
                @if tab == current || scope.is_none_or(|scope| visitor.may(scope)) {
                    a href={ "/workflows/" (workflow) (place) }
                        aria-current=[(tab == current).then_some("page")] { (words) }
                }
            }
        }
    }
}
