//! Nodes that go while leads stand at them. Source: CONTRACT.md 6, rule 5.

use std::collections::BTreeMap;

use super::limits;
use crate::{
    graph::Graph,
    id::NodeId,
    workflow::{WorkflowContext, WorkflowEvent, WorkflowRejection},
};

/// Nodes that one edit may replace: each takes room in the record of the revision. Unit: nodes.
pub const MOVES_MAX: usize = 100;
/// No less than one replacement takes in a record. Unit: bytes.
pub(super) const REPLACED_BYTES: usize = 64;

/// Where the leads of these nodes go, as events. `graph` is the one without them.
///
/// A stand-in is recorded even where no lead is counted: one may arrive before the record.
pub(super) fn replaced(
    gone: &[NodeId],
    moves: &BTreeMap<NodeId, NodeId>,
    graph: &Graph,
    context: &WorkflowContext,
) -> Result<Vec<WorkflowEvent>, WorkflowRejection> {
    if moves.len() > MOVES_MAX {
        let problem = format!("moves the leads of more than {MOVES_MAX} nodes at once");
        return Err(limits::invalid("move", problem));
    }
    for (node, by) in moves {
        if !gone.contains(node) {
            let problem = format!("{node} is no node that goes away");
            return Err(limits::invalid("move", problem));
        }
        if graph.node(*by).is_none() {
            let problem = format!(
                "{by} is no node of the graph as it will be: the leads of {node} could not arrive"
            );
            return Err(limits::invalid("move", problem));
        }
    }
    let stranded: BTreeMap<NodeId, u64> = gone
        .iter()
        .filter(|node| !moves.contains_key(node))
        .filter_map(|node| Some((*node, *context.leads_at.get(node)?)))
        .filter(|(_, leads)| *leads > 0)
        .collect();
    if !stranded.is_empty() {
        return Err(WorkflowRejection::LeadsAtNodes { leads: stranded });
    }
    Ok(moves.iter().map(|(&node, &by)| WorkflowEvent::NodeReplaced { node, by }).collect())
}
