//! Judges a graph: what blocks its activation, and what is only doubtful. Source: CONTRACT.md 6.
//!
//! All of it at once, in an order that depends on the graph alone: the entry first, then node by
//! node, then edge by edge, then cycles.

mod application;
mod node;
mod paths;

use std::collections::BTreeSet;

use serde::Serialize;

use self::paths::Paths;
use super::{Edge, Graph, Node, NodeConfig};
use crate::{
    id::{EdgeId, NodeId},
    output::Output,
    template::PHONE_NUMBER,
};

pub use node::{is_complete, node_faults};

/// Most names of variables that a fix lists.
const KEYS_SHOWN: usize = 20;

/// What kind of thing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultCode {
    /// No node is marked as entry and every node has an incoming edge.
    NoEntry,
    /// No node is marked as entry and several have no incoming edge.
    AmbiguousEntry,
    /// An edge starts or ends at a node that is not there.
    EdgeToNowhere,
    /// A node that does not end a lead has no outgoing edge.
    NoOutgoingEdge,
    /// A node that ends a lead has an outgoing edge.
    TerminalWithOutgoingEdge,
    /// An edge has a label that its node never emits.
    UnknownLabel,
    /// A call node has no number to call from.
    MissingNumber,
    /// A retry lacks something, or is out of its limits.
    InvalidRetry,
    /// A calling window never opens, or names no time or zone.
    InvalidCallingWindow,
    /// A time zone is not in the database.
    InvalidTimezone,
    /// A cap of visits is out of its limits.
    InvalidMaxVisits,
    /// A condition lacks its field, operator or value.
    IncompleteCondition,
    /// A wait is not above zero, or lacks its unit.
    InvalidDuration,
    /// A wait for a call's words names no attribute.
    MissingField,
    /// An application step names no action, or one that cannot be done as it is written.
    IncompleteApplication,
    /// A text with places to fill in cannot be read, or reads what no lead has.
    BadTemplate,
    /// A cycle has neither a wait nor a cap.
    EndlessCycle,
    /// Warning: an output has no edge.
    MissingOutput,
    /// Warning: no path from the entry leads here.
    Unreachable,
    /// Warning: no path from here leads to an end.
    NeverEnds,
}

impl FaultCode {
    /// Every kind, warnings last.
    pub const ALL: [Self; 20] = [
        Self::NoEntry,
        Self::AmbiguousEntry,
        Self::EdgeToNowhere,
        Self::NoOutgoingEdge,
        Self::TerminalWithOutgoingEdge,
        Self::UnknownLabel,
        Self::MissingNumber,
        Self::InvalidRetry,
        Self::InvalidCallingWindow,
        Self::InvalidTimezone,
        Self::InvalidMaxVisits,
        Self::IncompleteCondition,
        Self::InvalidDuration,
        Self::MissingField,
        Self::IncompleteApplication,
        Self::BadTemplate,
        Self::EndlessCycle,
        Self::MissingOutput,
        Self::Unreachable,
        Self::NeverEnds,
    ];
}

/// One thing that is wrong, or doubtful.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// What kind of thing.
    pub code: FaultCode,
    /// At which node.
    pub node_id: Option<NodeId>,
    /// At which edge.
    pub edge_id: Option<EdgeId>,
    /// The same in a sentence.
    pub message: String,
    /// How to mend it.
    pub fix: String,
}

/// The judgement.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether it may be activated.
    pub valid: bool,
    /// What blocks activation: all of it.
    pub faults: Vec<Fault>,
    /// What does not.
    pub warnings: Vec<Fault>,
}

impl Fault {
    fn at_graph(code: FaultCode, message: String, fix: &str) -> Self {
        Self { code, node_id: None, edge_id: None, message, fix: fix.into() }
    }

    fn at_node(code: FaultCode, node: &Node, what: &str, fix: &str) -> Self {
        Self {
            code,
            node_id: Some(node.id),
            edge_id: None,
            message: format!("{} {what}", name(node)),
            fix: fix.into(),
        }
    }

    fn at_edge(code: FaultCode, from: Option<&Node>, edge: &Edge, message: String) -> Self {
        Self {
            code,
            node_id: from.map(|node| node.id),
            edge_id: Some(edge.id),
            message,
            fix: String::new(),
        }
    }

    fn mended_by(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }
}

/// A node as people find it: by its label, or else by its id.
fn name(node: &Node) -> String {
    if node.label.is_empty() {
        format!("{} {}", node.node_type(), node.id)
    } else {
        format!("{} `{}`", node.node_type(), node.label)
    }
}

/// Nodes in a row, the first ten by name.
fn names<'a>(nodes: impl Iterator<Item = &'a Node>) -> String {
    const SHOWN: usize = 10;
    let all: Vec<&Node> = nodes.collect();
    let shown = all.iter().take(SHOWN).map(|node| name(node)).collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Judges a graph. It may be activated when there are no faults; warnings do not block.
///
/// `variable_keys` are the names of variables that the workflow's leads came with. Where none is
/// known yet, nobody can tell whether a template reads a name that no lead has.
pub fn validate(graph: &Graph, variable_keys: &BTreeSet<String>) -> Report {
    let paths = Paths::of(graph);
    let mut faults: Vec<Fault> = entry_fault(graph).into_iter().collect();
    let mut warnings = Vec::new();
    for node in graph.nodes() {
        faults.extend(node_faults(node));
        faults.extend(unknown_names(node, variable_keys));
        if is_dead_end(graph, node) {
            faults.push(Fault::at_node(
                FaultCode::NoOutgoingEdge,
                node,
                "has no outgoing edge: a lead would stay there for ever",
                "connect it to another node",
            ));
        }
        node_warnings(graph, &paths, node, &mut warnings);
    }
    for edge in graph.edges() {
        faults.extend(edge_faults(graph, edge));
    }
    faults.extend(cycle_faults(graph, &paths));
    Report { valid: faults.is_empty(), faults, warnings }
}

fn entry_fault(graph: &Graph) -> Option<Fault> {
    const MARK: &str = "mark the node where leads start as entry";
    if graph.entry().is_some() {
        return None;
    }
    if graph.nodes().is_empty() {
        let message = "the graph has no nodes, so leads have nowhere to start".into();
        return Some(Fault::at_graph(FaultCode::NoEntry, message, "add a node"));
    }
    let candidates: Vec<_> = graph.entry_candidates().filter_map(|id| graph.node(id)).collect();
    Some(if candidates.is_empty() {
        let message = "no node is marked as entry and every node has an incoming edge".into();
        Fault::at_graph(FaultCode::NoEntry, message, MARK)
    } else {
        let message = format!(
            "no node is marked as entry and {} have no incoming edge: {}",
            candidates.len(),
            names(candidates.iter().map(|node| &***node))
        );
        Fault::at_graph(FaultCode::AmbiguousEntry, message, MARK)
    })
}

/// Names that an application step reads and no lead has. Source: CONTRACT.md 5.
fn unknown_names(node: &Node, variable_keys: &BTreeSet<String>) -> Vec<Fault> {
    let NodeConfig::Application(config) = &node.config else { return Vec::new() };
    if variable_keys.is_empty() {
        return Vec::new();
    }
    let known = |name: &&str| *name == PHONE_NUMBER || variable_keys.contains(*name);
    let fault = |name: &str| {
        let what = format!("reads `{}`, which no lead of the workflow has", shortened(name));
        let keys = variable_keys.iter().take(KEYS_SHOWN).map(String::as_str);
        let fix = format!(
            "write a name that leads have (small and capital letters count): {}",
            keys.chain([PHONE_NUMBER]).collect::<Vec<_>>().join(", ")
        );
        Fault::at_node(FaultCode::BadTemplate, node, &what, &fix)
    };
    config.names().into_iter().filter(|name| !known(name)).map(fault).collect()
}

fn shortened(name: &str) -> String {
    name.chars().take(80).collect()
}

fn is_dead_end(graph: &Graph, node: &Node) -> bool {
    !node.node_type().is_terminal() && graph.outgoing(node.id).next().is_none()
}

fn edge_faults(graph: &Graph, edge: &Edge) -> Vec<Fault> {
    let from = graph.node(edge.from_node_id).map(|node| &**node);
    let mut faults = Vec::new();
    for (end, id) in [("starts", edge.from_node_id), ("ends", edge.to_node_id)] {
        if graph.node(id).is_none() {
            let message = format!("edge {} {end} at {id}, which is not in the graph", edge.id);
            let fault = Fault::at_edge(FaultCode::EdgeToNowhere, from, edge, message);
            faults.push(fault.mended_by("delete the edge, or create it again between two nodes"));
        }
    }
    let Some(from) = from else { return faults };
    if from.node_type().is_terminal() {
        let message = format!("{} ends a lead and has an outgoing edge, {}", name(from), edge.id);
        let fault = Fault::at_edge(FaultCode::TerminalWithOutgoingEdge, Some(from), edge, message);
        faults.push(fault.mended_by("delete the edge"));
    } else if let Some(label) = &edge.label {
        let outputs = from.config.outputs();
        if !outputs.contains(label) {
            let message =
                format!("edge {} is labelled {label}, which {} never answers", edge.id, name(from));
            let fault = Fault::at_edge(FaultCode::UnknownLabel, Some(from), edge, message);
            faults.push(fault.mended_by(match outputs.as_slice() {
                [] => "add the label to the branches of the switch".to_owned(),
                known => format!("label it with one of {}, or not at all", listed(known)),
            }));
        }
    }
    faults
}

fn listed(outputs: &[Output]) -> String {
    outputs.iter().map(Output::as_str).collect::<Vec<_>>().join(", ")
}

/// One fault for each knot of nodes in which a lead could run for ever without waiting: it has
/// neither a wait nor a call with a cap of visits. Source: CONTRACT.md 6, rule 2.
fn cycle_faults(graph: &Graph, paths: &Paths) -> Vec<Fault> {
    let fault = |knot: Vec<&Node>| {
        let first = knot.first()?;
        let message = format!(
            "a lead could go round for ever, with neither a wait nor a cap: {}",
            names(knot.iter().copied())
        );
        let fault = Fault::at_graph(
            FaultCode::EndlessCycle,
            message,
            "put a TIME node or a call with max_visits on every way back, or take an edge away",
        );
        Some(Fault { node_id: Some(first.id), ..fault })
    };
    let nodes = |knot: Vec<NodeId>| {
        knot.into_iter().filter_map(|id| graph.node(id).map(|node| &**node)).collect()
    };
    paths.endless_knots().into_iter().map(nodes).filter_map(fault).collect()
}

fn node_warnings(graph: &Graph, paths: &Paths, node: &Node, warnings: &mut Vec<Fault>) {
    if !is_dead_end(graph, node) {
        let mut told = BTreeSet::new();
        for output in node.config.outputs() {
            let serves = |edge: &Edge| edge.label.as_ref().is_none_or(|label| *label == output);
            if !graph.outgoing(node.id).any(serves) && told.insert(output.clone()) {
                warnings.push(Fault::at_node(
                    FaultCode::MissingOutput,
                    node,
                    &format!("has no edge for {output}: a lead with that outcome is held there"),
                    &format!("add an edge labelled {output}, or one without a label"),
                ));
            }
        }
    }
    if paths.is_unreachable(node.id) {
        warnings.push(Fault::at_node(
            FaultCode::Unreachable,
            node,
            "is on no path from the entry: no lead arrives there",
            "connect it, or delete it",
        ));
    }
    // A dead end is a fault already, and telling it twice would not help.
    if !is_dead_end(graph, node) && paths.never_ends(node.id) {
        warnings.push(Fault::at_node(
            FaultCode::NeverEnds,
            node,
            "has no path to a CONVERTED or DROPPED node: a lead there never ends",
            "connect it to a node that ends a lead",
        ));
    }
}

#[cfg(test)]
mod tests;
