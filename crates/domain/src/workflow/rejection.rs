//! Why a command to a workflow is refused, in words that say how to go on.

use std::collections::BTreeMap;

use super::WorkflowStatus;
use crate::{
    graph::{Fault, NodeType},
    id::{EdgeId, ImportId, NodeId},
    output::Output,
};

/// A command the rules refuse. Nothing is recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkflowRejection {
    /// There is no such workflow, or it was deleted.
    #[error("there is no such workflow")]
    NotFound,
    /// There is one with this id already.
    #[error("the workflow exists already")]
    AlreadyExists,
    /// The status does not allow it.
    #[error("cannot {action} a workflow that is {status}{}", hint(*.status, .action))]
    WrongStatus {
        /// What was asked, as a verb.
        action: &'static str,
        /// Where the workflow stands.
        status: WorkflowStatus,
    },
    /// The graph has faults; activation reports all of them.
    #[error("the graph is not valid: {} {}", faults.len(), if faults.len() == 1 { "fault" } else { "faults" })]
    InvalidGraph {
        /// Every fault.
        faults: Vec<Fault>,
    },
    /// Complete without force while leads are under way.
    #[error(
        "cannot complete the workflow: {pending} leads are pending and {active} are active; wait for them or use force=true"
    )]
    LeadsUnderWay {
        /// Leads that are pending.
        pending: u64,
        /// Leads that are active.
        active: u64,
    },
    /// Delete while calls are in progress.
    #[error(
        "cannot delete the workflow: {calls} calls are in progress; wait until they have ended"
    )]
    CallsInProgress {
        /// How many.
        calls: u64,
    },
    /// No such node in the newest revision.
    #[error("there is no node {node} in this workflow")]
    NodeNotFound {
        /// The node asked for.
        node: NodeId,
    },
    /// A node with this id is there already.
    #[error("there is a node {node} already")]
    NodeExists {
        /// The node asked for.
        node: NodeId,
    },
    /// A node's type never changes.
    #[error(
        "node {node} is a {is}, the config is one of a {given}: a node's type never changes, delete it and create another"
    )]
    NodeTypeDiffers {
        /// The node.
        node: NodeId,
        /// Its type.
        is: NodeType,
        /// The type of the config.
        given: NodeType,
    },
    /// Leads stand at nodes that shall go.
    #[error(
        "cannot delete {}: say where they go, with move_to=<node>, or with move in a whole graph",
        leads_words(leads)
    )]
    LeadsAtNodes {
        /// How many leads, for each node that has any.
        leads: BTreeMap<NodeId, u64>,
    },
    /// The graph was edited since the caller looked at it.
    #[error(
        "the edit was made from revision {expected}, and the newest one is {actual}: get the graph again and make it anew"
    )]
    StaleRevision {
        /// The revision it was made from.
        expected: u32,
        /// The newest one.
        actual: u32,
    },
    /// No such edge in the newest revision.
    #[error("there is no edge {edge} in this workflow")]
    EdgeNotFound {
        /// The edge asked for.
        edge: EdgeId,
    },
    /// The same edge twice.
    #[error("there is an edge from {from} to {to} with {} already: {edge}", label_words(.label.as_ref()))]
    EdgeExists {
        /// The edge that is there.
        edge: EdgeId,
        /// Its start.
        from: NodeId,
        /// Its end.
        to: NodeId,
        /// Its label.
        label: Option<Output>,
    },
    /// A value is out of its limits.
    #[error("{field}: {problem}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// No such import, or it has ended.
    #[error("there is no open import {import}")]
    ImportNotOpen {
        /// The import asked for.
        import: ImportId,
    },
}

/// The first ten nodes, each with its leads.
fn leads_words(leads: &BTreeMap<NodeId, u64>) -> String {
    const SHOWN: usize = 10;
    let shown: Vec<String> = leads
        .iter()
        .take(SHOWN)
        .map(|(node, leads)| match leads {
            1 => format!("{node} while 1 lead is there"),
            leads => format!("{node} while {leads} leads are there"),
        })
        .collect();
    match leads.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more nodes", shown.join(", ")),
    }
}

fn label_words(label: Option<&Output>) -> String {
    label.map_or_else(|| "no label".into(), |label| format!("label {label}"))
}

fn hint(status: WorkflowStatus, action: &str) -> &'static str {
    match status {
        WorkflowStatus::Completed | WorkflowStatus::Cancelled => {
            "; its status is final, duplicate it to go on"
        }
        WorkflowStatus::Draft if action == "resume" || action == "pause" => "; activate it first",
        WorkflowStatus::Draft | WorkflowStatus::Active | WorkflowStatus::Paused => "",
    }
}
