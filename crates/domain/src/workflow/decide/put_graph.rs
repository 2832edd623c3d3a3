//! A graph that comes as a whole: what has to change so that it is the newest one. Source: CONTRACT.md
//! 6 and 9.

use std::collections::{BTreeMap, BTreeSet};

use super::{Decision, graph_edits::check_editable, limits, removal, revision::revised};
use crate::{
    graph::{Edge, Graph, GraphChange, Node, NodeType},
    id::{EdgeId, NodeId},
    workflow::{WorkflowContext, WorkflowRejection, WorkflowState},
};

/// A whole graph, as somebody wants it.
pub(super) struct Wanted<'a> {
    /// The revision that it was made from.
    pub(super) expected: u32,
    pub(super) nodes: &'a [Node],
    /// The edges that leave one node are tried in this order.
    pub(super) edges: &'a [Edge],
    /// Where the leads of nodes go that are not in it any more.
    pub(super) moves: &'a BTreeMap<NodeId, NodeId>,
}

pub(super) fn put_graph(
    state: &WorkflowState,
    wanted: &Wanted<'_>,
    context: &WorkflowContext,
) -> Decision {
    check_editable(state)?;
    let (expected, actual) = (wanted.expected, state.graph.revision());
    if expected != actual {
        return Err(WorkflowRejection::StaleRevision { expected, actual });
    }
    check_nodes(state, wanted.nodes)?;
    let put = wanted.nodes.iter().cloned().map(GraphChange::NodePut);
    let added = wanted.edges.iter().cloned().map(GraphChange::EdgeAdded);
    let target = Graph::default().revised(1, &put.chain(added).collect::<Vec<_>>());
    limits::check_graph(&target)?;
    let gone: Vec<NodeId> = state
        .graph
        .nodes()
        .iter()
        .map(|node| node.id)
        .filter(|id| target.node(*id).is_none())
        .collect();
    let replaced = removal::replaced(&gone, wanted.moves, &target, context)?;
    let changes = changes(&state.graph, &target, &gone);
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let bytes = replaced.len() * removal::REPLACED_BYTES;
    Ok(revised(state, changes, replaced, bytes))
}

/// What is wrong with the nodes of a list, and would be lost in a graph.
fn check_nodes(state: &WorkflowState, nodes: &[Node]) -> Result<(), WorkflowRejection> {
    let mut ids = BTreeSet::new();
    for node in nodes {
        if !ids.insert(node.id) {
            return Err(WorkflowRejection::NodeExists { node: node.id });
        }
        let given = node.node_type();
        if let Some(is) = known_type(state, node.id).filter(|is| *is != given) {
            return Err(WorkflowRejection::NodeTypeDiffers { node: node.id, is, given });
        }
    }
    if nodes.iter().filter(|node| node.entry).count() > 1 {
        let problem = "two of them are marked as entry: leads start at one";
        return Err(limits::invalid("nodes", problem.into()));
    }
    Ok(())
}

/// The type of a node that is in any revision: one that was taken away may come back as it was.
fn known_type(state: &WorkflowState, id: NodeId) -> Option<NodeType> {
    let known = state.revisions.values().rev().find_map(|graph| graph.node(id))?;
    Some(known.node_type())
}

/// The shortest way from one graph to the other. Where nodes stand in their list means nothing, so
/// those that are there already stay in their places.
fn changes(from: &Graph, target: &Graph, gone: &[NodeId]) -> Vec<GraphChange> {
    let mut changes: Vec<GraphChange> =
        gone.iter().copied().map(GraphChange::NodeRemoved).collect();
    let kept = kept_edges(from, target);
    let goes_with_node = |edge: &&Edge| touches_any(edge, from, target);
    let removed = from.edges().iter().filter(|edge| !kept.contains(&edge.id));
    let removed = removed.filter(|edge| !goes_with_node(edge));
    changes.extend(removed.map(|edge| GraphChange::EdgeRemoved(edge.id)));
    changes.extend(put_nodes(from, target));
    let added = target.edges().iter().filter(|edge| !kept.contains(&edge.id));
    changes.extend(added.cloned().map(GraphChange::EdgeAdded));
    changes
}

/// Whether an edge goes away with a node.
fn touches_any(edge: &Edge, from: &Graph, target: &Graph) -> bool {
    let is_gone = |id| from.node(id).is_some() && target.node(id).is_none();
    is_gone(edge.from_node_id) || is_gone(edge.to_node_id)
}

/// Edges that need not be touched. New edges come after all others of their node, so of the edges
/// that leave one node those can stay that are the first ones of the target and stand in its order.
fn kept_edges(from: &Graph, target: &Graph) -> BTreeSet<EdgeId> {
    let mut kept = BTreeSet::new();
    let sources: BTreeSet<NodeId> = target.edges().iter().map(|edge| edge.from_node_id).collect();
    for source in sources {
        let mut standing = from.outgoing(source).filter(|edge| !touches_any(edge, from, target));
        for wanted in target.outgoing(source) {
            if !standing.any(|edge| edge == wanted) {
                break;
            }
            kept.insert(wanted.id);
        }
    }
    kept
}

/// The nodes that are new or differ. A node that is put as entry unmarks the other by itself.
fn put_nodes(from: &Graph, target: &Graph) -> Vec<GraphChange> {
    let differs = |node: &Node| from.node(node.id).is_none_or(|known| **known != *node);
    let entry_is_put = target.nodes().iter().any(|node| node.entry && differs(node));
    let only_unmarked = |node: &Node| {
        entry_is_put
            && from.node(node.id).is_some_and(|known| {
                known.entry && Node { entry: false, ..Node::clone(known) } == *node
            })
    };
    let put = target.nodes().iter().filter(|node| differs(node) && !only_unmarked(node));
    put.map(|node| GraphChange::NodePut(Node::clone(node))).collect()
}
