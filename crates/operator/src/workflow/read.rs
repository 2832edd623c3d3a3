//! Reading workflows.

use std::collections::BTreeMap;

use branchline_domain::workflow::WorkflowStatus;
use clap::Args;
use serde::Deserialize;

use super::shape::{self, Workflow};
use crate::{
    client::{Ask, ServerFlags},
    fault::Fault,
    listing::{self, LimitFlags, SortFlags},
    names,
    out::{Out, Rows, when},
};

/// Flags of `workflow list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Only those with this status: draft, active, paused, completed or cancelled.
    #[arg(long, value_name = "STATUS")]
    status: Option<WorkflowStatus>,
    #[command(flatten)]
    sort: SortFlags,
    #[command(flatten)]
    limit: LimitFlags,
    #[command(flatten)]
    server: ServerFlags,
}

impl ListArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let server = self.server.server()?;
        let ask = || {
            Ask::get("/workflows")
                .query("status", self.status)
                .query("sort", self.sort.sort.as_ref())
        };
        let columns = ["id", "title", "status", "leads", "nodes", "updated"];
        let mut out = Out::standard(self.server.json);
        listing::show(&server, &mut out, self.limit, ask, columns, |row: Workflow| {
            let (leads, nodes) = (row.enrolled_leads.to_string(), row.node_count.to_string());
            [row.id, row.title, row.status, leads, nodes, when(&row.updated_at)]
        })
    }
}

/// Flags of `workflow show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The workflow: its id, the beginning of it, or its title.
    #[arg(value_name = "WORKFLOW")]
    workflow: String,
    #[command(flatten)]
    server: ServerFlags,
}

impl ShowArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let server = self.server.server()?;
        let id = names::workflow(&server, &self.workflow)?;
        let answer = server.ask(&Ask::get(format!("/workflows/{id}")))?;
        shape::show(&answer, &mut Out::standard(self.server.json))
    }
}

/// Flags of `workflow counts`.
#[derive(Debug, Args)]
pub struct CountsArgs {
    /// The workflow: its id, the beginning of it, or its title.
    #[arg(value_name = "WORKFLOW")]
    workflow: String,
    #[command(flatten)]
    server: ServerFlags,
}

#[derive(Deserialize)]
struct Counts {
    #[serde(default)]
    by_status: BTreeMap<String, u64>,
    #[serde(default)]
    by_node: BTreeMap<String, NodeCounts>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NodeCounts {
    here: u64,
    passed: u64,
    held: u64,
}

/// A node of a graph, as far as tables need it.
#[derive(Deserialize)]
pub(super) struct Node {
    pub(super) id: String,
    #[serde(default)]
    pub(super) label: String,
    #[serde(rename = "node_type", default)]
    pub(super) kind: String,
}

#[derive(Deserialize)]
pub(super) struct Graph {
    #[serde(default)]
    pub(super) nodes: Vec<Node>,
}

impl CountsArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let server = self.server.server()?;
        let id = names::workflow(&server, &self.workflow)?;
        let answer = server.ask(&Ask::get(format!("/workflows/{id}/counts")))?;
        let mut out = Out::standard(self.server.json);
        if out.is_json() {
            out.document(&answer.raw()?)?;
            return out.flush();
        }
        let mut counts: Counts = answer.read()?;
        let graph: Graph = server.ask(&Ask::get(format!("/workflows/{id}/graph")))?.read()?;
        out.table(by_status(&counts.by_status))?;
        if !counts.by_node.is_empty() {
            out.line("")?;
            out.table(by_node(&mut counts.by_node, &graph.nodes))?;
        }
        out.flush()
    }
}

/// In the order in which leads go through them; a status that a newer server has comes last.
fn by_status(counts: &BTreeMap<String, u64>) -> Rows {
    const ORDER: [&str; 5] = ["pending", "active", "completed", "dropped", "removed"];
    let mut rows = Rows::with(["status", "leads"]);
    let known = ORDER.into_iter().filter_map(|status| counts.get_key_value(status));
    let others = counts.iter().filter(|(status, _)| !ORDER.contains(&status.as_str()));
    for (status, leads) in known.chain(others) {
        rows.add([status.clone(), leads.to_string()]);
    }
    rows
}

/// In the order of the graph; nodes that are there no more come last.
fn by_node(counts: &mut BTreeMap<String, NodeCounts>, nodes: &[Node]) -> Rows {
    let mut rows = Rows::with(["node", "label", "type", "here", "held", "passed"]);
    let mut add = |id: String, label: &str, kind: &str, count: &NodeCounts| {
        let (here, held) = (count.here.to_string(), count.held.to_string());
        rows.add([id, label.to_owned(), kind.to_owned(), here, held, count.passed.to_string()]);
    };
    for node in nodes {
        let count = counts.remove(&node.id).unwrap_or_default();
        add(node.id.clone(), &node.label, &node.kind, &count);
    }
    for (id, count) in std::mem::take(counts) {
        add(id, "(not in the graph any more)", "-", &count);
    }
    rows
}
