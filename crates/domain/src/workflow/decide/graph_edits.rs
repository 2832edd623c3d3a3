//! Edits of the graph. Each makes one revision; nothing changed makes none. What is stored may be
//! unfinished: validation and activation judge it. Source: DOMAIN.md 6.

use super::{Decision, limits, wrong_status};
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
    context: &WorkflowContext,
) -> Decision {
    check_editable(state)?;
    if state.graph.node(node).is_none() {
        return Err(WorkflowRejection::NodeNotFound { node });
    }
    if context.leads_at_node > 0 {
        return Err(WorkflowRejection::LeadsAtNode { node, leads: context.leads_at_node });
    }
    Ok(revised(state, GraphChange::NodeRemoved(node)))
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

fn check_editable(state: &WorkflowState) -> Result<(), WorkflowRejection> {
    if state.status.is_final() {
        return Err(wrong_status(state, "edit the graph of"));
    }
    Ok(())
}

fn revised(state: &WorkflowState, change: GraphChange) -> Vec<WorkflowEvent> {
    let revision = state.graph.revision().saturating_add(1);
    vec![WorkflowEvent::GraphRevised { revision, changes: vec![change] }]
}
