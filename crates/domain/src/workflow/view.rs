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
    /// For each node that was taken away from under its leads, the one that they go to instead.
    pub replaced: Arc<BTreeMap<NodeId, NodeId>>,
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
            replaced: Arc::clone(&state.replaced),
            control_epoch: state.control_epoch,
            freed_at: state.freed_at,
            open_imports: state.open_imports.keys().copied().collect(),
        }
    }

    /// A node as it was in a revision.
    pub fn node_at(&self, revision: u32, node: NodeId) -> Option<&Arc<Node>> {
        self.revisions.get(&revision)?.node(node)
    }

    /// Where leads go that stand at a node which is not in the newest graph any more; `None` while
    /// it is there, and where nobody said so. Source: CONTRACT.md 6, rule 5.
    ///
    /// A stand-in may have been taken away in its turn, so this follows them to one that is there.
    pub fn stand_in(&self, node: NodeId) -> Option<NodeId> {
        stand_in(&self.graph, &self.replaced, node)
    }
}

/// See [`WorkflowView::stand_in`].
pub(super) fn stand_in(
    graph: &Graph,
    replaced: &BTreeMap<NodeId, NodeId>,
    node: NodeId,
) -> Option<NodeId> {
    if graph.node(node).is_some() {
        return None;
    }
    let mut seen = BTreeSet::from([node]);
    let mut next = *replaced.get(&node)?;
    while graph.node(next).is_none() {
        if !seen.insert(next) {
            return None;
        }
        next = *replaced.get(&next)?;
    }
    Some(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{CanvasPosition, GraphChange, NodeConfig};

    const A: NodeId = NodeId::from_u128(1);
    const B: NodeId = NodeId::from_u128(2);
    const C: NodeId = NodeId::from_u128(3);

    fn view(there: &[NodeId], replaced: &[(NodeId, NodeId)]) -> WorkflowView {
        let put = |&id: &NodeId| {
            GraphChange::NodePut(Node {
                id,
                label: String::new(),
                position: CanvasPosition::default(),
                config: NodeConfig::Converted,
                entry: false,
            })
        };
        let changes: Vec<_> = there.iter().map(put).collect();
        WorkflowView {
            graph: Arc::new(Graph::default().revised(1, &changes)),
            replaced: Arc::new(replaced.iter().copied().collect()),
            ..WorkflowView::default()
        }
    }

    #[test]
    fn leads_go_to_the_stand_in_of_a_stand_in_until_one_is_there() {
        let view = view(&[C], &[(A, B), (B, C)]);
        assert_eq!([A, B, C].map(|node| view.stand_in(node)), [Some(C), Some(C), None]);
    }

    #[test]
    fn a_node_that_is_there_again_has_no_stand_in() {
        assert_eq!(view(&[A, B], &[(A, B)]).stand_in(A), None);
    }

    #[test]
    fn stand_ins_that_are_all_gone_lead_nowhere_and_come_to_an_end() {
        let view = view(&[], &[(A, B), (B, A)]);
        assert_eq!([A, B, C].map(|node| view.stand_in(node)), [None; 3]);
    }
}
