//! Edits of the graph. Each makes one revision; nothing changed makes none. What is stored may be
//! unfinished: validation and activation judge it. Source: CONTRACT.md 6.

use std::collections::BTreeMap;

use super::{Decision, limits, removal, revision, wrong_status};
use crate::{
    graph::{Edge, GraphChange, Node},
    id::{EdgeId, NodeId},
    workflow::{NodePatch, WorkflowContext, WorkflowEvent, WorkflowRejection, WorkflowState},
};

pub(super) fn add_node(state: &WorkflowState, node: &Node) -> Decision {
    check_editable(state)?;
    if state.graph.node(node.id).is_some() {
        return Err(WorkflowRejection::NodeExists { node: node.id });
    }
    limits::check_node(node)?;
    limits::check_nodes(state.graph.nodes().len().saturating_add(1))?;
    Ok(revised(state, GraphChange::NodePut(node.clone())))
}

pub(super) fn patch_node(state: &WorkflowState, id: NodeId, patch: &NodePatch) -> Decision {
    check_editable(state)?;
    let known = state.graph.node(id).ok_or(WorkflowRejection::NodeNotFound { node: id })?;
    let mut node = Node::clone(known);
    if let Some(config) = &patch.config {
        let (is, given) = (node.node_type(), config.node_type());
        if is != given {
            return Err(WorkflowRejection::NodeTypeDiffers { node: id, is, given });
        }
        node.config = config.clone();
    }
    if let Some(label) = &patch.label {
        node.label.clone_from(label);
    }
    node.position.x_milli = patch.x_milli.unwrap_or(node.position.x_milli);
    node.position.y_milli = patch.y_milli.unwrap_or(node.position.y_milli);
    node.entry = patch.entry.unwrap_or(node.entry);
    if node == **known {
        return Ok(Vec::new());
    }
    limits::check_node(&node)?;
    Ok(revised(state, GraphChange::NodePut(node)))
}

pub(super) fn remove_node(
    state: &WorkflowState,
    node: NodeId,
    move_to: Option<NodeId>,
    context: &WorkflowContext,
) -> Decision {
    check_editable(state)?;
    if state.graph.node(node).is_none() {
        return Err(WorkflowRejection::NodeNotFound { node });
    }
    if let Some(by) = move_to.filter(|by| *by == node || state.graph.node(*by).is_none()) {
        let problem = format!("{by} is no other node of this workflow");
        return Err(limits::invalid("move_to", problem));
    }
    let moves: BTreeMap<NodeId, NodeId> = move_to.into_iter().map(|by| (node, by)).collect();
    let replaced = removal::replaced(&[node], &moves, &state.graph, context)?;
    let bytes = replaced.len() * removal::REPLACED_BYTES;
    Ok(revision::revised(state, vec![GraphChange::NodeRemoved(node)], replaced, bytes))
}

pub(super) fn add_edge(state: &WorkflowState, edge: &Edge) -> Decision {
    check_editable(state)?;
    let same = |known: &&Edge| known.id == edge.id || limits::way(known) == limits::way(edge);
    if let Some(known) = state.graph.edges().iter().find(same) {
        return Err(limits::edge_exists(known));
    }
    limits::check_edge(edge)?;
    limits::check_edges(state.graph.edges().len().saturating_add(1))?;
    Ok(revised(state, GraphChange::EdgeAdded(edge.clone())))
}

pub(super) fn remove_edge(state: &WorkflowState, edge: EdgeId) -> Decision {
    check_editable(state)?;
    if state.graph.edge(edge).is_none() {
        return Err(WorkflowRejection::EdgeNotFound { edge });
    }
    Ok(revised(state, GraphChange::EdgeRemoved(edge)))
}

pub(super) fn check_editable(state: &WorkflowState) -> Result<(), WorkflowRejection> {
    if state.status.is_final() {
        return Err(wrong_status(state, "edit the graph of"));
    }
    Ok(())
}

fn revised(state: &WorkflowState, change: GraphChange) -> Vec<WorkflowEvent> {
    revision::revised(state, vec![change], Vec::new(), 0)
}
