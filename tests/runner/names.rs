//! Names in scenario files, and the ids they stand for.

use std::{collections::BTreeMap, fmt::Display};

use branchline_domain::{
    graph::{Edge, GraphChange},
    id::{EdgeId, LeadId, NodeId, WorkflowId},
};

/// Names and ids, both ways. A name nobody has given stands for an id that nobody has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
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
    pub(crate) fn node(&self, name: &str) -> NodeId {
        find(&self.nodes, name).unwrap_or_else(|| branchline_testkit::node_id(name))
    }

    pub(crate) fn edge(&self, name: &str) -> EdgeId {
        find(&self.edges, name).unwrap_or_else(|| branchline_testkit::edge_id(name))
    }

    pub(crate) fn lead(&self, name: &str) -> LeadId {
        find(&self.leads, name).unwrap_or_else(|| branchline_testkit::lead_id(name))
    }

    pub(crate) fn of_node(&self, id: NodeId) -> String {
        show(&self.nodes, &id)
    }

    pub(crate) fn of_edge(&self, id: EdgeId) -> String {
        show(&self.edges, &id)
    }

    pub(crate) fn of_lead(&self, id: LeadId) -> String {
        show(&self.leads, &id)
    }

    pub(crate) fn of_workflow(&self, id: WorkflowId) -> String {
        show(&self.workflows, &id)
    }

    pub(crate) fn name_node(&mut self, id: NodeId, name: &str) {
        self.nodes.insert(id, name.into());
    }

    /// Remembers the name of a node that an edge speaks of and nobody has made.
    pub(crate) fn name_end(&mut self, name: &str) {
        let id = self.node(name);
        self.nodes.entry(id).or_insert_with(|| name.into());
    }

    pub(crate) fn name_edge(&mut self, id: EdgeId, name: &str) {
        self.edges.insert(id, name.into());
    }

    pub(crate) fn name_lead(&mut self, id: LeadId, name: &str) {
        self.leads.insert(id, name.into());
    }

    pub(crate) fn name_workflow(&mut self, id: WorkflowId, name: &str) {
        self.workflows.insert(id, name.into());
    }

    /// How an edge is written: `intro --DNP--> later`, or `intro --> later` without a label.
    pub(crate) fn line_of(&self, edge: &Edge) -> String {
        let (from, to) = (self.of_node(edge.from_node_id), self.of_node(edge.to_node_id));
        match &edge.label {
            Some(label) => format!("{from} --{label}--> {to}"),
            None => format!("{from} --> {to}"),
        }
    }

    /// Learns names from a change: a node is called what its label says, an edge by its line, unless
    /// it has been called something before.
    pub(crate) fn learn(&mut self, change: &GraphChange) {
        match change {
            GraphChange::NodePut(node) => self.name_node(node.id, &node.label),
            GraphChange::EdgeAdded(edge) => {
                let line = self.line_of(edge);
                self.edges.entry(edge.id).or_insert(line);
            }
            GraphChange::NodeRemoved(_) | GraphChange::EdgeRemoved(_) => {}
        }
    }
}
