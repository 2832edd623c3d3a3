//! Makes the graph of a workflow file be in a workflow.
//!
//! What an earlier run that was killed has made is left: nodes are known by their labels, edges by
//! their ends and label.

use std::collections::BTreeMap;

use branchline_domain::{
    graph::Edge,
    id::{NodeId, WorkflowId},
    output::Output,
};
use branchline_engine::{
    EngineHandle,
    command::{Caller, NewEdge, NewNode, WorkflowAction},
};
use branchline_scenarios::graph_lines::{GraphLines, NodeLine};

/// Adds the nodes and edges that are missing.
pub(crate) async fn make(
    engine: &EngineHandle,
    caller: &Caller,
    workflow: WorkflowId,
    graph: &GraphLines,
) -> anyhow::Result<()> {
    let nodes = add_nodes(engine, caller, workflow, &graph.nodes).await?;
    let there: Vec<(NodeId, NodeId, Option<Output>)> = engine
        .read(|models| {
            let graph = models.workflow(workflow).map(|row| row.state.graph.clone());
            let way = |edge: &Edge| (edge.from_node_id, edge.to_node_id, edge.label.clone());
            graph.iter().flat_map(|graph| graph.edges()).map(way).collect()
        })
        .await?;
    for line in &graph.edges {
        // Reading the file has made sure that both are there.
        let (Some(&from), Some(&to)) = (nodes.get(&line.from), nodes.get(&line.to)) else {
            continue;
        };
        if !there.contains(&(from, to, line.label.clone())) {
            let edge = NewEdge { from_node_id: from, to_node_id: to, label: line.label.clone() };
            engine.add_edge(caller, workflow, edge).await?;
        }
    }
    Ok(())
}

async fn add_nodes(
    engine: &EngineHandle,
    caller: &Caller,
    workflow: WorkflowId,
    lines: &[NodeLine],
) -> anyhow::Result<BTreeMap<String, NodeId>> {
    let there: BTreeMap<String, NodeId> = engine
        .read(|models| {
            let graph = models.workflow(workflow).map(|row| row.state.graph.clone());
            let nodes = graph.iter().flat_map(|graph| graph.nodes());
            nodes.map(|node| (node.label.clone(), node.id)).collect()
        })
        .await?;
    let mut made: BTreeMap<String, NodeId> = BTreeMap::new();
    for line in lines {
        let node = line.as_node(|name| made.get(name).copied());
        let id = if let Some(&id) = there.get(line.label()) {
            id
        } else {
            let new = NewNode {
                label: node.label,
                position: node.position,
                config: node.config,
                entry: node.entry,
            };
            engine.add_node(caller, workflow, new).await?
        };
        made.insert(line.name.clone(), id);
    }
    // A config may speak of a node that was made after its own.
    let mut earlier: BTreeMap<&str, NodeId> = BTreeMap::new();
    for line in lines {
        let early = line.as_node(|name| earlier.get(name).copied());
        let whole = line.as_node(|name| made.get(name).copied());
        if let Some(&id) = made.get(&line.name) {
            earlier.insert(&line.name, id);
            if early.config != whole.config {
                let patch = line.as_patch(|name| made.get(name).copied());
                let action = WorkflowAction::PatchNode { node: id, patch };
                engine.act_on_workflow(caller, workflow, action).await?;
            }
        }
    }
    Ok(made)
}
