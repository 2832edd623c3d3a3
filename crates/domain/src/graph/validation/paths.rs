//! Where the edges of a graph lead, step after step.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    graph::{Graph, Node, NodeConfig},
    id::NodeId,
};

/// Steps from node to node, over edges that a lead could take.
type Steps = BTreeMap<NodeId, Vec<NodeId>>;

/// What can be reached from where.
pub(super) struct Paths {
    /// In order of creation.
    nodes: Vec<NodeId>,
    /// `None` when nobody knows where leads start.
    reachable: Option<BTreeSet<NodeId>>,
    /// Nodes from which an end can be reached, ends included.
    ending: BTreeSet<NodeId>,
    /// Steps that touch neither a wait nor a call with a cap of visits.
    unbounded: Steps,
    /// The same the other way round.
    unbounded_back: Steps,
}

impl Paths {
    /// Looks at a graph. An edge that lacks one of its nodes, or leaves an end, leads nowhere.
    pub(super) fn of(graph: &Graph) -> Self {
        let (mut forth, mut back) = (Steps::new(), Steps::new());
        let (mut unbounded, mut unbounded_back) = (Steps::new(), Steps::new());
        for edge in graph.edges() {
            let (from, to) = (edge.from_node_id, edge.to_node_id);
            let (Some(start), Some(end)) = (graph.node(from), graph.node(to)) else { continue };
            if start.node_type().is_terminal() {
                continue;
            }
            forth.entry(from).or_default().push(to);
            back.entry(to).or_default().push(from);
            if !bounds_a_cycle(start) && !bounds_a_cycle(end) {
                unbounded.entry(from).or_default().push(to);
                unbounded_back.entry(to).or_default().push(from);
            }
        }
        let ends = graph.nodes().iter().filter(|node| node.node_type().is_terminal());
        let mut ending: BTreeSet<NodeId> = ends.map(|node| node.id).collect();
        let before_an_end = after(&back, ending.iter().copied());
        ending.extend(before_an_end);
        let reachable = graph.entry().map(|entry| {
            let mut found = after(&forth, [entry]);
            found.insert(entry);
            found
        });
        let nodes = graph.nodes().iter().map(|node| node.id).collect();
        Self { nodes, reachable, ending, unbounded, unbounded_back }
    }

    /// Whether no path from the entry leads here. Without an entry nobody can tell.
    pub(super) fn is_unreachable(&self, node: NodeId) -> bool {
        self.reachable.as_ref().is_some_and(|reachable| !reachable.contains(&node))
    }

    /// Whether no path from here leads to an end.
    pub(super) fn never_ends(&self, node: NodeId) -> bool {
        !self.ending.contains(&node)
    }

    /// Groups of nodes that can all reach each other without a wait or a cap, each group and all of them in
    /// order of creation. A node alone is a group when an edge leads from it to itself.
    ///
    /// Kosaraju's way: what finished last in a walk along the steps starts a walk against them,
    /// and all that this one finds anew is one group. Linear in the number of edges.
    pub(super) fn endless_knots(&self) -> Vec<Vec<NodeId>> {
        let mut group_of: BTreeMap<NodeId, NodeId> = BTreeMap::new();
        for root in self.finished().into_iter().rev() {
            let mut open = vec![root];
            while let Some(node) = open.pop() {
                if group_of.contains_key(&node) {
                    continue;
                }
                group_of.insert(node, root);
                open.extend(self.unbounded_back.get(&node).into_iter().flatten());
            }
        }
        let mut groups: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
        let mut roots = Vec::new();
        for node in &self.nodes {
            let Some(root) = group_of.get(node) else { continue };
            if !groups.contains_key(root) {
                roots.push(*root);
            }
            groups.entry(*root).or_default().push(*node);
        }
        let is_knot = |group: &Vec<NodeId>| match group.as_slice() {
            [] => false,
            [alone] => self.unbounded.get(alone).is_some_and(|steps| steps.contains(alone)),
            [_, _, ..] => true,
        };
        roots.iter().filter_map(|root| groups.remove(root)).filter(is_knot).collect()
    }

    /// All nodes, each after everything that can be reached from it and was not met before.
    fn finished(&self) -> Vec<NodeId> {
        let mut seen = BTreeSet::new();
        let mut done = Vec::with_capacity(self.nodes.len());
        for &root in &self.nodes {
            if !seen.insert(root) {
                continue;
            }
            // Each node on the way, and which of its steps comes next.
            let mut way = vec![(root, 0)];
            while let Some((node, next)) = way.last_mut() {
                let step = self.unbounded.get(node).and_then(|steps| steps.get(*next));
                *next += 1;
                match step {
                    Some(&ahead) if seen.insert(ahead) => way.push((ahead, 0)),
                    Some(_) => {}
                    None => {
                        done.push(*node);
                        way.pop();
                    }
                }
            }
        }
        done
    }
}

/// Whether a lead cannot go round for ever through this node without waiting: it is a wait, or a
/// call that takes a lead only so many times.
fn bounds_a_cycle(node: &Node) -> bool {
    match &node.config {
        NodeConfig::Time(_) => true,
        NodeConfig::VoiceCall(config) => config.max_visits.is_some(),
        NodeConfig::Conditional(_)
        | NodeConfig::Application(_)
        | NodeConfig::Converted
        | NodeConfig::Dropped => false,
    }
}

/// What is reached in one step or more.
fn after(steps: &Steps, from: impl IntoIterator<Item = NodeId>) -> BTreeSet<NodeId> {
    let mut found = BTreeSet::new();
    let mut open: Vec<NodeId> = from.into_iter().collect();
    while let Some(node) = open.pop() {
        let next = steps.get(&node).into_iter().flatten().copied();
        open.extend(next.filter(|&next| found.insert(next)));
    }
    found
}
