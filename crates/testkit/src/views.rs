//! Workflows as leads see them, and the contexts of decisions.

use std::sync::Arc;

use branchline_domain::{
    graph::{Graph, GraphChange},
    id::{LeadId, OrganisationId},
    lead::LeadContext,
    workflow::{Settings, WorkflowStatus, WorkflowView},
};
use branchline_scenarios::story_ids::{START, lead_id, workflow_id};

use crate::GraphBuilder;

/// A workflow with this graph in this status.
pub fn view(graph: &GraphBuilder, status: WorkflowStatus) -> WorkflowView {
    let empty = Arc::new(Graph::default());
    let graph = Arc::new(graph.build());
    WorkflowView {
        id: Some(workflow_id("story")),
        organisation: Some(OrganisationId::DEFAULT),
        status,
        graph: Arc::clone(&graph),
        revisions: Arc::new([(0, empty), (1, graph)].into()),
        ..WorkflowView::default()
    }
}

/// An active workflow.
pub fn active(graph: &GraphBuilder) -> WorkflowView {
    view(graph, WorkflowStatus::Active)
}

/// A paused workflow.
pub fn paused(graph: &GraphBuilder) -> WorkflowView {
    view(graph, WorkflowStatus::Paused)
}

/// What a test may change of a workflow that stands already.
pub trait ViewChanges: Sized {
    /// The same workflow in another status.
    #[must_use]
    fn now_is(&self, status: WorkflowStatus) -> Self;

    /// The same workflow with other settings.
    #[must_use]
    fn with_settings(&self, change: impl FnOnce(&mut Settings)) -> Self;

    /// The same workflow with the next revision of its graph.
    #[must_use]
    fn revised(&self, changes: &[GraphChange]) -> Self;
}

impl ViewChanges for WorkflowView {
    fn now_is(&self, status: WorkflowStatus) -> Self {
        Self { status, control_epoch: self.control_epoch + 1, ..self.clone() }
    }

    fn with_settings(&self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut changed = self.clone();
        change(&mut changed.settings);
        changed
    }

    fn revised(&self, changes: &[GraphChange]) -> Self {
        let revision = self.graph.revision() + 1;
        let mut next = self.clone();
        next.graph = Arc::new(self.graph.revised(revision, changes));
        Arc::make_mut(&mut next.revisions).insert(revision, Arc::clone(&next.graph));
        next
    }
}

/// The lead that decides in stories with one lead.
pub const ASHA: LeadId = lead_id("asha");

/// A decision of [`ASHA`], this many seconds after [`START`].
pub const fn at_second(second: u64, workflow: &WorkflowView) -> LeadContext<'_> {
    LeadContext { now: START.plus_seconds(second), lead: ASHA, workflow }
}

/// A decision of [`ASHA`] at [`START`].
pub const fn now(workflow: &WorkflowView) -> LeadContext<'_> {
    at_second(0, workflow)
}
