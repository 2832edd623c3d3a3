//! One workflow: its graph with where everybody is, what can be done with it, and the tabs beside
//! that.
//!
//! Other rooms put [`Head`] and [`tabs`] on top of their own tabs.

pub(crate) mod actions;
pub(crate) mod audit;
mod difference;
mod drawn;
mod head;
pub(crate) mod leads;
pub(crate) mod page;
pub(crate) mod preflight;
pub(crate) mod revisions;
pub(crate) mod settings;
pub(crate) mod statement;
mod tabs;

pub(crate) use head::Head;
pub(crate) use tabs::{Tab, tabs};

use branchline_domain::id::{OrganisationId, WorkflowId};
use branchline_projections::{Projections, WorkflowRow};

use crate::shell::PageError;

/// A workflow of this organisation.
///
/// # Errors
///
/// 404 for one that is not there, deleted, or of others.
pub(crate) fn find(
    projections: &Projections,
    organisation: OrganisationId,
    workflow: WorkflowId,
) -> Result<WorkflowRow<'_>, PageError> {
    projections
        .workflow(workflow)
        .filter(|row| row.organisation == organisation)
        .ok_or_else(|| PageError::not_found("workflow", &workflow.to_string()))
}
