//! Judges a graph: what blocks its activation, and what is only doubtful. Source: DOMAIN.md 6.

use serde::Serialize;

use super::Graph;
use crate::id::{EdgeId, NodeId};

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
    /// A condition lacks its field, operator or value.
    IncompleteCondition,
    /// A wait is not above zero, or lacks its unit.
    InvalidDuration,
    /// A wait for a call's words names no attribute.
    MissingField,
    /// A cycle has no wait.
    EndlessCycle,
    /// Warning: an output has no edge.
    MissingOutput,
    /// Warning: no path from the entry leads here.
    Unreachable,
    /// Warning: no path from here leads to an end.
    NeverEnds,
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

/// Judges a graph.
pub fn validate(_graph: &Graph) -> Report {
    Report { valid: true, ..Report::default() }
}
