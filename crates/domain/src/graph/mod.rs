//! The graph of a workflow: nodes, edges, and the revisions they go through.
//!
//! Edges are the one source of truth for routing. A revision never changes; an edit makes the next
//! one. Source: CONTRACT.md 1 and 6.

mod address;
mod application;
mod calling_window;
mod config;
mod references;
mod validation;
mod voice_call;

use std::{collections::BTreeMap, sync::Arc};

use serde::Serialize;

pub use application::{
    ApplicationConfig, ApplicationRetry, FillFault, HttpAction, HttpRequest, METHODS,
};
pub use calling_window::{CallingWindow, CallingWindowGap, Day};
pub use config::{
    Condition, ConditionalConfig, Logic, NodeConfig, NodeType, Operator, TimeConfig, TimeSource,
    TimeUnit, UnknownNodeType,
};
pub use validation::{Fault, FaultCode, Report, is_complete, node_faults, validate};
pub use voice_call::{RetryPolicy, VoiceCallConfig};

use crate::{
    id::{EdgeId, NodeId},
    output::Output,
};

/// Where a node is drawn. Unit: thousandths of a canvas unit, so that no float is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CanvasPosition {
    /// To the right.
    pub x_milli: i64,
    /// Down.
    pub y_milli: i64,
}

/// One step of a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub id: NodeId,
    /// What people call it.
    pub label: String,
    /// Where it is drawn.
    pub position: CanvasPosition,
    /// What it does; says its type too.
    pub config: NodeConfig,
    /// Whether leads start here.
    pub entry: bool,
}

impl Node {
    /// The kind of step.
    pub const fn node_type(&self) -> NodeType {
        self.config.node_type()
    }
}

/// A way from one node to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edge {
    /// Its name.
    pub id: EdgeId,
    /// Where it starts.
    pub from_node_id: NodeId,
    /// Where it ends. May name a node that does not exist: validation says so.
    pub to_node_id: NodeId,
    /// The output it serves; without one it serves every routed output of its node.
    pub label: Option<Output>,
}

/// One change of a graph. A revision is a list of them, applied in order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "short lists, and most of what is in them is nodes")]
pub enum GraphChange {
    /// Adds a node at the end, or replaces the one with this id in place. A node put as entry
    /// unmarks the other.
    NodePut(Node),
    /// Takes a node and its edges away.
    NodeRemoved(NodeId),
    /// Adds an edge at the end.
    EdgeAdded(Edge),
    /// Takes an edge away.
    EdgeRemoved(EdgeId),
}

/// One revision of a graph. Cheap to derive the next one from: nodes are shared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// Counts edits; 0 is the empty graph of a new workflow.
    revision: u32,
    /// In order of creation.
    nodes: Vec<Arc<Node>>,
    /// In order of creation, which is the order they are tried in.
    edges: Vec<Edge>,
    node_index: BTreeMap<NodeId, usize>,
    /// For each node, its outgoing edges by index.
    outgoing: BTreeMap<NodeId, Vec<usize>>,
}

impl Graph {
    /// Which revision this is.
    pub const fn revision(&self) -> u32 {
        self.revision
    }

    /// The nodes, in order of creation.
    pub fn nodes(&self) -> &[Arc<Node>] {
        &self.nodes
    }

    /// The edges, in order of creation.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// A node by its id.
    pub fn node(&self, id: NodeId) -> Option<&Arc<Node>> {
        self.nodes.get(*self.node_index.get(&id)?)
    }

    /// An edge by its id.
    pub fn edge(&self, id: EdgeId) -> Option<&Edge> {
        self.edges.iter().find(|edge| edge.id == id)
    }

    /// The edges that leave a node, in the order they are tried.
    pub fn outgoing(&self, node: NodeId) -> impl Iterator<Item = &Edge> {
        self.outgoing.get(&node).into_iter().flatten().filter_map(|&index| self.edges.get(index))
    }

    /// Where an output of a node may lead, in the order to try: by the edges labelled with it or
    /// not labelled at all. An edge to a node that is not there does not count: the lead could not
    /// arrive.
    pub fn routes(&self, node: NodeId, output: &Output) -> impl Iterator<Item = NodeId> {
        self.outgoing(node)
            .filter(move |edge| edge.label.as_ref().is_none_or(|label| label == output))
            .map(|edge| edge.to_node_id)
            .filter(|to| self.node_index.contains_key(to))
    }

    /// Where leads start: the node marked as entry, or else the only node without an incoming
    /// edge. Source: CONTRACT.md 6, rule 1.
    pub fn entry(&self) -> Option<NodeId> {
        if let Some(marked) = self.nodes.iter().find(|node| node.entry) {
            return Some(marked.id);
        }
        let mut candidates = self.entry_candidates();
        match (candidates.next(), candidates.next()) {
            (Some(only), None) => Some(only),
            (Some(_), Some(_)) | (None, _) => None,
        }
    }

    /// The nodes without an incoming edge from another node.
    pub(crate) fn entry_candidates(&self) -> impl Iterator<Item = NodeId> {
        self.nodes.iter().map(|node| node.id).filter(|&id| {
            !self.edges.iter().any(|edge| edge.to_node_id == id && edge.from_node_id != id)
        })
    }

    /// The next revision. Total: the changes have already happened.
    #[must_use]
    pub fn revised(&self, revision: u32, changes: &[GraphChange]) -> Self {
        let mut next = Self {
            revision,
            nodes: self.nodes.clone(),
            edges: self.edges.clone(),
            ..Self::default()
        };
        for change in changes {
            match change {
                GraphChange::NodePut(node) => next.put_node(node),
                GraphChange::NodeRemoved(id) => {
                    next.nodes.retain(|node| node.id != *id);
                    next.edges.retain(|edge| edge.from_node_id != *id && edge.to_node_id != *id);
                }
                GraphChange::EdgeAdded(edge) => next.edges.push(edge.clone()),
                GraphChange::EdgeRemoved(id) => next.edges.retain(|edge| edge.id != *id),
            }
        }
        next.node_index =
            next.nodes.iter().enumerate().map(|(index, node)| (node.id, index)).collect();
        for (index, edge) in next.edges.iter().enumerate() {
            next.outgoing.entry(edge.from_node_id).or_default().push(index);
        }
        next
    }

    fn put_node(&mut self, node: &Node) {
        if node.entry {
            for other in self.nodes.iter_mut().filter(|other| other.entry && other.id != node.id) {
                Arc::make_mut(other).entry = false;
            }
        }
        match self.nodes.iter_mut().find(|other| other.id == node.id) {
            Some(place) => *place = Arc::new(node.clone()),
            None => self.nodes.push(Arc::new(node.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: NodeId = NodeId::from_u128(1);
    const B: NodeId = NodeId::from_u128(2);
    const C: NodeId = NodeId::from_u128(3);

    fn node(id: NodeId, node_type: NodeType, entry: bool) -> GraphChange {
        GraphChange::NodePut(Node {
            id,
            label: String::new(),
            position: CanvasPosition::default(),
            config: NodeConfig::empty(node_type),
            entry,
        })
    }

    fn edge(id: u128, from: NodeId, to: NodeId, label: Option<&str>) -> GraphChange {
        GraphChange::EdgeAdded(Edge {
            id: EdgeId::from_u128(id),
            from_node_id: from,
            to_node_id: to,
            label: label.map(Output::from),
        })
    }

    #[test]
    fn the_first_edge_that_matches_wins_and_an_unlabelled_one_matches_everything() {
        let graph = Graph::default().revised(
            1,
            &[
                node(A, NodeType::VoiceCall, false),
                node(B, NodeType::Converted, false),
                node(C, NodeType::Dropped, false),
                edge(1, A, C, Some("DNP")),
                edge(2, A, B, None),
                edge(3, A, C, Some("FAILED")),
            ],
        );
        assert_eq!(graph.routes(A, &Output::Dnp).next(), Some(C));
        assert_eq!(graph.routes(A, &Output::Completed).next(), Some(B));
        assert_eq!(graph.routes(A, &Output::Failed).next(), Some(B));
    }

    #[test]
    fn an_edge_to_a_node_that_is_not_there_leads_nowhere() {
        let graph = Graph::default()
            .revised(1, &[node(A, NodeType::VoiceCall, false), edge(1, A, B, None)]);
        assert_eq!(graph.routes(A, &Output::Dnp).next(), None);
    }

    #[test]
    fn the_entry_is_the_marked_node_or_else_the_only_one_without_an_incoming_edge() {
        let base = [
            node(A, NodeType::VoiceCall, false),
            node(B, NodeType::Time, false),
            edge(1, A, B, None),
            edge(2, A, A, Some("DNP")),
        ];
        let graph = Graph::default().revised(1, &base);
        assert_eq!(graph.entry(), Some(A));
        let ambiguous = graph.revised(2, &[node(C, NodeType::Dropped, false)]);
        assert_eq!(ambiguous.entry(), None);
        let marked = ambiguous.revised(3, &[node(B, NodeType::Time, true)]);
        assert_eq!(marked.entry(), Some(B));
        let moved = marked.revised(4, &[node(A, NodeType::VoiceCall, true)]);
        assert_eq!(moved.entry(), Some(A));
        assert!(!moved.node(B).unwrap().entry);
    }

    #[test]
    fn removing_a_node_takes_its_edges_with_it() {
        let graph = Graph::default().revised(
            1,
            &[
                node(A, NodeType::VoiceCall, false),
                node(B, NodeType::Converted, false),
                edge(1, A, B, None),
                edge(2, B, A, None),
                edge(3, A, A, None),
            ],
        );
        let next = graph.revised(2, &[GraphChange::NodeRemoved(B)]);
        assert_eq!(next.edges().len(), 1);
        assert_eq!(next.nodes().len(), 1);
        assert_eq!(graph.edges().len(), 3, "the old revision is as it was");
    }
}
