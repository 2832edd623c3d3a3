//! What stands on top of every page about a workflow: its name, how it is, and what can be done.

use branchline_domain::{
    id::WorkflowId,
    organisation::Scope,
    workflow::{Control, WorkflowStatus},
};
use branchline_http_api::pages::Visitor;
use branchline_projections::WorkflowRow;
use maud::{Markup, html};

use crate::shell::{post_button, workflow_badge};

/// What the top of a page says of a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Its id.
    pub(crate) id: WorkflowId,
    /// What people call it.
    pub(crate) title: String,
    /// What it is for.
    pub(crate) description: String,
    /// Where it stands.
    pub(crate) status: WorkflowStatus,
    /// Changes of its graph so far.
    pub(crate) revision: u32,
}

impl Head {
    /// That of a workflow.
    pub(crate) fn of(row: &WorkflowRow<'_>) -> Self {
        Self {
            id: row.id,
            title: row.state.title.clone(),
            description: row.state.description.clone(),
            status: row.state.status,
            revision: row.state.graph.revision(),
        }
    }

    /// Where the workflow's page is.
    pub(crate) fn path(&self) -> String {
        format!("/workflows/{}", self.id)
    }

    /// The top of a page: the way back, the name, the status, and what this visitor can do. `here`
    /// names the page below the workflow's own; the workflow's own has none.
    pub(crate) fn show(&self, visitor: &Visitor, here: Option<&str>) -> Markup {
        html! {
            nav.crumbs aria-label="Where this is" {
                a href="/" { "Workflows" }
                @if let Some(here) = here {
                    " / " a href=(self.path()) { (self.title) }
                    " / " span aria-current="page" { (here) }
                } @else {
                    " / " span aria-current="page" { (self.title) }
                }
            }
            // Loaded again when the status changes: buttons are those of now.
            div.page-head #workflow-head data-fragment {
                div.workflow-name {
                    h1 { (self.title) }
                    (workflow_badge(self.status))
                }
                @if visitor.may(Scope::Operate) { (self.buttons()) }
            }
        }
    }

    /// The one button that a status has, what stands beside it, and the rest.
    fn buttons(&self) -> Markup {
        let path = self.path();
        html! {
            div.actions {
                @match self.status.control() {
                    Some(Control::Activate) => {
                        a.button.primary href={ (path) "/activate" } title=(self.status.control_reason()) {
                            "Activate…"
                        }
                    }
                    Some(Control::Deactivate) => {
                        a.button.primary href={ (path) "/pause" } title=(self.status.control_reason()) {
                            "Deactivate…"
                        }
                    }
                    None => (post_button(&format!("{path}/duplicate"), "Duplicate", "primary"))
                }
                @if self.status == WorkflowStatus::Paused {
                    (post_button(&format!("{path}/resume"), "Resume", ""))
                }
                (self.menu(&path))
            }
        }
    }

    fn menu(&self, path: &str) -> Markup {
        let is_open = self.status.control().is_some();
        html! {
            details.menu {
                summary.button { "More" }
                div.menu-list {
                    a href={ (path) "/edit" } { "Edit the graph" }
                    a href={ (path) "/import" } { "Import leads" }
                    a href={ (path) "/settings" } { "Settings" }
                    @if is_open { (post_button(&format!("{path}/duplicate"), "Duplicate", "menu-item")) }
                    hr;
                    @if matches!(self.status, WorkflowStatus::Active | WorkflowStatus::Paused) {
                        a href={ (path) "/complete" } { "Complete…" }
                    }
                    @if is_open { a.bad href={ (path) "/cancel" } { "Cancel for good…" } }
                    a.bad href={ (path) "/delete" } { "Delete…" }
                }
            }
        }
    }
}
