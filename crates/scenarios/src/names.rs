//! Names in scenario files, and the ids they stand for.

use std::{collections::BTreeMap, fmt::Display};

use branchline_domain::{
    graph::{Edge, GraphChange},
    id::{EdgeId, LeadId, NodeId, WorkflowId},
};

use crate::story_ids;

/// Names and ids, both ways. A name nobody has given stands for an id that nobody has.
#[derive(Clone, Debug, Default)]
pub struct Names {
    nodes: BTreeMap<NodeId, String>,
    edges: BTreeMap<EdgeId, String>,
    leads: BTreeMap<LeadId, String>,
    workflows: BTreeMap<WorkflowId, String>,
}

fn find<Id: Copy>(named: &BTreeMap<Id, String>, wanted: &str) -> Option<Id> {
    named.iter().find(|(_, name)| *name == wanted).map(|(id, _)| *id)
}

fn show<Id: Ord + Display>(named: &BTreeMap<Id, String>, id: &Id) -> String {
    named.get(id).cloned().unwrap_or_else(|| id.to_string())
}

impl Names {
    /// The node with this name, if somebody has made it.
    pub fn known_node(&self, name: &str) -> Option<NodeId> {
        find(&self.nodes, name)
    }

    /// Every lead with its name.
    pub fn leads(&self) -> impl Iterator<Item = (LeadId, &str)> {
        self.leads.iter().map(|(id, name)| (*id, name.as_str()))
    }

    /// The node with this name.
    pub fn node(&self, name: &str) -> NodeId {
        find(&self.nodes, name).unwrap_or_else(|| story_ids::node_id(name))
    }

    /// The edge with this line.
    pub fn edge(&self, name: &str) -> EdgeId {
        find(&self.edges, name).unwrap_or_else(|| story_ids::edge_id(name))
    }

    /// The lead with this name.
    pub fn lead(&self, name: &str) -> LeadId {
        find(&self.leads, name).unwrap_or_else(|| story_ids::lead_id(name))
    }

    /// The name of a node.
    pub fn of_node(&self, id: NodeId) -> String {
        show(&self.nodes, &id)
    }

    /// The line of an edge.
    pub fn of_edge(&self, id: EdgeId) -> String {
        show(&self.edges, &id)
    }

    /// The name of a lead.
    pub fn of_lead(&self, id: LeadId) -> String {
        show(&self.leads, &id)
    }

    /// The name of a workflow.
    pub fn of_workflow(&self, id: WorkflowId) -> String {
        show(&self.workflows, &id)
    }

    /// Gives a node its name.
    pub fn name_node(&mut self, id: NodeId, name: &str) {
        self.nodes.insert(id, name.into());
    }

    /// Remembers the name of a node that an edge speaks of and nobody has made.
    pub fn name_end(&mut self, name: &str) {
        let id = self.node(name);
        self.nodes.entry(id).or_insert_with(|| name.into());
    }

    /// Gives an edge its line.
    pub fn name_edge(&mut self, id: EdgeId, name: &str) {
        self.edges.insert(id, name.into());
    }

    /// Gives a lead its name.
    pub fn name_lead(&mut self, id: LeadId, name: &str) {
        self.leads.insert(id, name.into());
    }

    /// Gives a workflow its name.
    pub fn name_workflow(&mut self, id: WorkflowId, name: &str) {
        self.workflows.insert(id, name.into());
    }

    /// How an edge is written: `intro --DNP--> later`, or `intro --> later` without a label.
    pub fn line_of(&self, edge: &Edge) -> String {
        let (from, to) = (self.of_node(edge.from_node_id), self.of_node(edge.to_node_id));
        match &edge.label {
            Some(label) => format!("{from} --{label}--> {to}"),
            None => format!("{from} --> {to}"),
        }
    }

    /// Learns names from a change: a node is called what its label says, an edge by its line, unless
    /// it was called something before.
    pub fn learn(&mut self, change: &GraphChange) {
        match change {
            GraphChange::NodePut(node) => {
                self.nodes.entry(node.id).or_insert_with(|| node.label.clone());
            }
            GraphChange::EdgeAdded(edge) => {
                let line = self.line_of(edge);
                self.edges.entry(edge.id).or_insert(line);
            }
            GraphChange::NodeRemoved(_) | GraphChange::EdgeRemoved(_) => {}
        }
    }
}
