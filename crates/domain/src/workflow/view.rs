//! What leads see of their workflow.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Settings, WorkflowState, WorkflowStatus};
use crate::{
    graph::{Graph, Node},
    id::{ImportId, NodeId, OrganisationId, WorkflowId},
};

/// What leads see of their workflow: a read-only picture, replaced as a whole when it changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkflowView {
    /// Which workflow; `None` only in the default value.
    pub id: Option<WorkflowId>,
    /// Whose it is.
    pub organisation: Option<OrganisationId>,
    /// Where it stands.
    pub status: WorkflowStatus,
    /// Whether it was deleted.
    pub deleted: bool,
    /// What its owner chose.
    pub settings: Settings,
    /// The newest revision: outcomes are routed by it.
    pub graph: Arc<Graph>,
    /// All revisions: a running step keeps the config of the one it entered with.
    pub revisions: Arc<BTreeMap<u32, Arc<Graph>>>,
    /// Guards name it.
    pub control_epoch: u32,
    /// Position of the last activation or resumption.
    pub freed_at: Option<u64>,
    /// Imports whose leads do not count yet.
    pub open_imports: BTreeSet<ImportId>,
}

impl WorkflowView {
    /// The picture of a workflow.
    pub fn of(id: WorkflowId, state: &WorkflowState) -> Self {
        Self {
            id: Some(id),
            organisation: state.organisation,
            status: state.status,
            deleted: state.deleted,
            settings: state.settings.clone(),
            graph: Arc::clone(&state.graph),
            revisions: Arc::clone(&state.revisions),
            control_epoch: state.control_epoch,
            freed_at: state.freed_at,
            open_imports: state.open_imports.keys().copied().collect(),
        }
    }

    /// A node as it was in a revision.
    pub fn node_at(&self, revision: u32, node: NodeId) -> Option<&Arc<Node>> {
        self.revisions.get(&revision)?.node(node)
    }
}
