//! A workflow as a file: title, description, settings, nodes by names of the file's own, and edges
//! in the order they are tried. TOML and JSON are the same form.
//!
//! Reading a written file gives the same workflow again, up to the ids.

mod judging;
mod keys;
mod reading;
mod writing;

use branchline_domain::{
    graph::{Graph, GraphChange},
    workflow::Settings,
};

use crate::graph_lines::GraphLines;

pub use judging::{Judgement, Verdict};
pub use keys::KEY_CHARS_MAX;

/// A workflow without ids.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkflowFile {
    /// What people call it.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// What its owner chose.
    pub settings: Settings,
    /// Nodes and edges, by the names of the file.
    pub graph: GraphLines,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// For people.
    Toml,
    /// For machines.
    Json,
}

impl FileFormat {
    /// JSON when the name ends in `.json`, else TOML.
    pub fn of(name: &str) -> Self {
        let ending = name.rsplit_once('.').map(|(_, ending)| ending);
        if ending.is_some_and(|ending| ending.eq_ignore_ascii_case("json")) {
            Self::Json
        } else {
            Self::Toml
        }
    }
}

impl WorkflowFile {
    /// The graph under ids derived from the names of its nodes, as revision 1.
    pub fn as_graph(&self) -> Graph {
        let id_of = |name: &str| self.graph.id_of(name);
        let nodes = self.graph.nodes.iter();
        let nodes = nodes.map(|line| GraphChange::NodePut(line.as_node(id_of)));
        let edges = self.graph.edges.iter().map(|line| GraphChange::EdgeAdded(line.as_edge()));
        Graph::default().revised(1, &nodes.chain(edges).collect::<Vec<_>>())
    }
}
