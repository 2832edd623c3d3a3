//! What is different between two revisions of a graph: in words, and as one drawing of both.

use std::{collections::BTreeMap, sync::Arc};

use branchline_domain::{
    graph::{Edge, Graph, GraphChange, Node},
    id::{EdgeId, NodeId},
};

use crate::drawing::{
    graph::{Change, GraphPicture},
    words::{config_in_words, node_type_in_words, output_in_words},
};

/// What is different, step by step and way by way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Difference {
    /// Steps, in the order of the newer graph, those that are gone last.
    pub(super) nodes: Vec<(NodeId, Change)>,
    /// Ways, in the same order. A way never changes: it goes, and another comes.
    pub(super) edges: Vec<(EdgeId, Change)>,
    /// Steps that somebody only drew elsewhere.
    pub(super) moved: usize,
}

impl Difference {
    /// From one revision to another.
    pub(super) fn between(from: &Graph, to: &Graph) -> Self {
        let mut found = Self::default();
        for node in to.nodes() {
            match from.node(node.id) {
                None => found.nodes.push((node.id, Change::Added)),
                Some(before) if is_as_before(before, node) => {
                    found.moved += usize::from(before.position != node.position);
                }
                Some(_) => found.nodes.push((node.id, Change::Changed)),
            }
        }
        let gone = from.nodes().iter().filter(|node| to.node(node.id).is_none());
        found.nodes.extend(gone.map(|node| (node.id, Change::Removed)));
        let edges = |graph: &Graph| -> BTreeMap<EdgeId, Edge> {
            graph.edges().iter().map(|edge| (edge.id, edge.clone())).collect()
        };
        let (before, after) = (edges(from), edges(to));
        for edge in to.edges() {
            if before.get(&edge.id) != Some(edge) {
                let is_new = !before.contains_key(&edge.id);
                found.edges.push((edge.id, if is_new { Change::Added } else { Change::Changed }));
            }
        }
        let gone = from.edges().iter().filter(|edge| !after.contains_key(&edge.id));
        found.edges.extend(gone.map(|edge| (edge.id, Change::Removed)));
        found
    }

    /// Whether anything is different that leads notice.
    pub(super) const fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.edges.is_empty()
    }

    /// How much is different, in a few words.
    pub(super) fn summary(&self) -> String {
        let count = |what: Change| {
            let nodes = self.nodes.iter().filter(|(_, change)| *change == what).count();
            let edges = self.edges.iter().filter(|(_, change)| *change == what).count();
            (nodes, edges)
        };
        let mut parts = Vec::new();
        for (what, words) in
            [(Change::Added, "added"), (Change::Removed, "removed"), (Change::Changed, "changed")]
        {
            let (nodes, edges) = count(what);
            for (count, noun) in [(nodes, "step"), (edges, "way")] {
                if count > 0 {
                    parts.push(format!(
                        "{count} {noun}{} {words}",
                        if count == 1 { "" } else { "s" }
                    ));
                }
            }
        }
        if parts.is_empty() {
            return if self.moved > 0 { "only drawn elsewhere".into() } else { "the same".into() };
        }
        parts.join(", ")
    }

    /// A sentence for each difference.
    pub(super) fn in_words(&self, from: &Graph, to: &Graph) -> Vec<(Change, String)> {
        let mut sentences = Vec::new();
        for &(id, change) in &self.nodes {
            sentences.push((change, node_in_words(from.node(id), to.node(id))));
        }
        for &(id, change) in &self.edges {
            let graph = if change == Change::Removed { from } else { to };
            sentences.extend(graph.edge(id).map(|edge| (change, edge_in_words(graph, edge))));
        }
        sentences
    }

    /// Both in one drawing: the newer graph, with what is gone still there, each marked.
    pub(super) fn picture(&self, from: &Graph, to: &Graph, title: String) -> GraphPicture {
        let gone_nodes = from.nodes().iter().filter(|node| to.node(node.id).is_none());
        let nodes = to.nodes().iter().cloned().chain(gone_nodes.map(|node| {
            let mut gone = Arc::unwrap_or_clone(Arc::clone(node));
            // The start is that of the newer graph.
            gone.entry = false;
            Arc::new(gone)
        }));
        let gone_edges = self.edges.iter().filter(|(_, change)| *change == Change::Removed);
        let gone_edges = gone_edges.filter_map(|(id, _)| from.edge(*id));
        let edges = to.edges().iter().chain(gone_edges);
        let mut changes: Vec<GraphChange> =
            nodes.map(|node| GraphChange::NodePut(Arc::unwrap_or_clone(node))).collect();
        changes.extend(edges.cloned().map(GraphChange::EdgeAdded));
        let both = Graph::default().revised(to.revision(), &changes);
        let mut picture = GraphPicture::of(&both, title);
        for &(id, change) in &self.nodes {
            if let Some(step) = picture.step_mut(id) {
                step.change = Some(change);
            }
        }
        for &(id, change) in &self.edges {
            if let Some(way) = picture.way_mut(id) {
                way.change = Some(change);
            }
        }
        picture
    }
}

/// Whether leads notice nothing: where it is drawn does not matter to them.
fn is_as_before(before: &Node, now: &Node) -> bool {
    before.label == now.label && before.config == now.config && before.entry == now.entry
}

fn node_in_words(before: Option<&Arc<Node>>, now: Option<&Arc<Node>>) -> String {
    let does = |node: &Node| {
        format!(
            "{} “{}”: {}",
            node_type_in_words(node.node_type()),
            node.label,
            config_in_words(&node.config)
        )
    };
    let (before, now) = match (before, now) {
        (Some(before), Some(now)) => (before, now),
        (Some(only), None) | (None, Some(only)) => return does(only),
        (None, None) => return String::new(),
    };
    let mut parts = Vec::new();
    if before.label != now.label {
        parts.push(format!("is called “{}”", now.label));
    }
    if before.config != now.config {
        let (was, is) = (config_in_words(&before.config), config_in_words(&now.config));
        parts.push(if was == is {
            "is told something else in detail".into()
        } else {
            format!("did “{was}”, does “{is}”")
        });
    }
    if before.entry != now.entry {
        parts.push(
            if now.entry { "is where leads start" } else { "is not where leads start any more" }
                .into(),
        );
    }
    let name = format!("{} “{}”", node_type_in_words(before.node_type()), before.label);
    format!("{name} {}", parts.join(", "))
}

fn edge_in_words(graph: &Graph, edge: &Edge) -> String {
    let name = |node: NodeId| {
        graph
            .node(node)
            .map_or_else(|| "a step that is not there".into(), |node| format!("“{}”", node.label))
    };
    let on = graph
        .node(edge.from_node_id)
        .map_or_else(String::new, |node| output_in_words(node.node_type(), edge.label.as_ref()));
    let on = if on.is_empty() { on } else { format!(" on {on}") };
    format!("Way from {}{on} to {}", name(edge.from_node_id), name(edge.to_node_id))
}

#[cfg(test)]
mod tests {
    use branchline_domain::{
        graph::{CanvasPosition, NodeConfig, TimeConfig},
        output::Output,
    };

    use super::*;

    fn node(id: u128, label: &str, config: NodeConfig) -> GraphChange {
        GraphChange::NodePut(Node {
            id: NodeId::from_u128(id),
            label: label.into(),
            position: CanvasPosition::default(),
            config,
            entry: id == 1,
        })
    }

    fn edge(id: u128, from: u128, to: u128, label: Option<Output>) -> GraphChange {
        GraphChange::EdgeAdded(Edge {
            id: EdgeId::from_u128(id),
            from_node_id: NodeId::from_u128(from),
            to_node_id: NodeId::from_u128(to),
            label,
        })
    }

    fn wait(hours: i64) -> NodeConfig {
        NodeConfig::Time(TimeConfig { delay_hours: Some(hours), ..TimeConfig::default() })
    }

    #[test]
    fn what_leads_notice_is_told_and_drawn() {
        let first = Graph::default().revised(
            1,
            &[
                node(1, "Wait", wait(1)),
                node(2, "Old end", NodeConfig::Dropped),
                edge(1, 1, 2, None),
            ],
        );
        let second = first.revised(
            2,
            &[
                node(1, "Wait", wait(2)),
                GraphChange::NodeRemoved(NodeId::from_u128(2)),
                node(3, "New end", NodeConfig::Converted),
                edge(2, 1, 3, None),
            ],
        );
        let difference = Difference::between(&first, &second);
        let added = (NodeId::from_u128(3), Change::Added);
        let removed = (NodeId::from_u128(2), Change::Removed);
        assert_eq!(difference.nodes, [(NodeId::from_u128(1), Change::Changed), added, removed]);
        let edges =
            [(EdgeId::from_u128(2), Change::Added), (EdgeId::from_u128(1), Change::Removed)];
        assert_eq!(difference.edges, edges);
        assert_eq!(
            difference.summary(),
            "1 step added, 1 way added, 1 step removed, 1 way removed, 1 step changed"
        );
        let words: Vec<String> =
            difference.in_words(&first, &second).into_iter().map(|(_, words)| words).collect();
        assert!(
            words.iter().any(|words| words.contains("Way from “Wait” to “Old end”")),
            "{words:?}"
        );
        let picture = difference.picture(&first, &second, "both".into());
        assert_eq!((picture.steps.len(), picture.ways.len()), (3, 2));
        let gone = picture.steps.iter().find(|step| step.label == "Old end");
        assert_eq!(gone.and_then(|step| step.change), Some(Change::Removed));
        assert!(picture.ways.iter().all(|way| way.change.is_some()));
    }

    #[test]
    fn a_step_that_is_drawn_elsewhere_is_the_same() {
        let first = Graph::default().revised(1, &[node(1, "Wait", wait(1))]);
        let GraphChange::NodePut(mut elsewhere) = node(1, "Wait", wait(1)) else { return };
        elsewhere.position.x_milli = 5_000;
        let second = first.revised(2, &[GraphChange::NodePut(elsewhere)]);
        let difference = Difference::between(&first, &second);
        assert!(difference.is_empty());
        assert_eq!((difference.moved, difference.summary().as_str()), (1, "only drawn elsewhere"));
        assert_eq!(Difference::between(&first, &first).summary(), "the same");
    }
}
