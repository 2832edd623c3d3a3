//! The graph of a workflow as a whole.

use std::path::PathBuf;

use branchline_domain::id::WorkflowId;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::graph_file::GraphFile;
use crate::{
    client::{Answer, Ask, IdempotencyKey, ListedFault, Server, ServerFlags},
    fault::Fault,
    names,
    out::{Out, Rows, or_dash},
    write::WriteFlags,
};

/// What to do with a graph.
#[derive(Debug, Subcommand)]
pub enum GraphCommand {
    /// Shows the graph of a workflow on a server; with --json as `graph put` takes it.
    Get(GetArgs),
    /// Puts a file in the place of the graph of a workflow on a server, in one revision.
    Put(PutArgs),
    /// Tells everything that keeps a workflow of a server from being activated, and what is doubtful.
    Check(CheckArgs),
}

impl GraphCommand {
    pub(super) fn run(&self) -> Result<(), Fault> {
        match self {
            Self::Get(args) => args.run(),
            Self::Put(args) => args.run(),
            Self::Check(args) => args.run(),
        }
    }
}

/// Flags of `workflow graph get`.
#[derive(Debug, Args)]
pub struct GetArgs {
    /// The workflow: its id, the beginning of it, or its title.
    #[arg(value_name = "WORKFLOW")]
    workflow: String,
    #[command(flatten)]
    server: ServerFlags,
}

#[derive(Deserialize)]
struct Graph {
    #[serde(default)]
    revision: u64,
    #[serde(default)]
    nodes: Vec<Node>,
    #[serde(default)]
    edges: Vec<Edge>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    #[serde(default)]
    label: String,
    #[serde(rename = "node_type", default)]
    kind: String,
    #[serde(default)]
    entry: bool,
}

#[derive(Deserialize)]
struct Edge {
    from_node_id: String,
    to_node_id: String,
    label: Option<String>,
}

impl GetArgs {
    fn run(&self) -> Result<(), Fault> {
        let server = self.server.server()?;
        let id = names::workflow(&server, &self.workflow)?;
        show(&server.ask(&Ask::get(format!("/workflows/{id}/graph")))?, self.server.json)
    }
}

fn show(answer: &Answer, json: bool) -> Result<(), Fault> {
    let mut out = Out::standard(json);
    if json {
        out.document(&answer.raw()?)?;
        return out.flush();
    }
    let graph: Graph = answer.read()?;
    let mut nodes = Rows::with(["node", "label", "type", "entry"]);
    for node in &graph.nodes {
        let entry = if node.entry { "yes" } else { "" };
        nodes.add([node.id.clone(), node.label.clone(), node.kind.clone(), entry.into()]);
    }
    out.line(&format!("revision {}", graph.revision))?;
    out.table(nodes)?;
    if !graph.edges.is_empty() {
        let name = |id: &str| {
            let node = graph.nodes.iter().find(|node| node.id == id);
            node.map(|node| node.label.clone()).filter(|label| !label.is_empty())
        };
        let mut edges = Rows::with(["from", "output", "to"]);
        for Edge { from_node_id: from, to_node_id: to, label } in graph.edges {
            let label = label.filter(|label| !label.is_empty());
            edges.add([name(&from).unwrap_or(from), or_dash(label), name(&to).unwrap_or(to)]);
        }
        out.line("")?;
        out.table(edges)?;
    }
    out.flush()
}

/// Flags of `workflow graph put`.
#[derive(Debug, Args)]
pub struct PutArgs {
    /// The workflow: its id, the beginning of it, or its title.
    #[arg(value_name = "WORKFLOW")]
    workflow: String,
    /// The graph: a workflow file, JSON or TOML, or what `graph get --json` printed; `-` reads the
    /// standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The revision that the file was made from: it is refused when somebody has edited since. Else
    /// that in the file, else the newest.
    #[arg(long, value_name = "N")]
    revision: Option<u64>,
    /// Where leads of a node that is left out go: `<node>=<node>`; may be given again.
    #[arg(long = "move", value_name = "NODE=NODE", value_parser = moved)]
    moves: Vec<(String, String)>,
    #[command(flatten)]
    write: WriteFlags,
    #[command(flatten)]
    server: ServerFlags,
}

fn moved(text: &str) -> Result<(String, String), String> {
    let pair =
        text.split_once('=').ok_or("write the node that is left out, =, and the other one")?;
    Ok((pair.0.to_owned(), pair.1.to_owned()))
}

impl PutArgs {
    fn run(&self) -> Result<(), Fault> {
        let mut file = GraphFile::read(&self.file)?;
        file.move_leads(&self.moves);
        let server = self.server.server()?;
        let id = names::workflow(&server, &self.workflow)?;
        let revision = if let Some(made_from) = self.revision.or_else(|| file.revision()) {
            made_from
        } else {
            let graph = server.ask(&Ask::get(format!("/workflows/{id}/graph")))?;
            graph.read::<Graph>()?.revision
        };
        show(&put(&server, id, revision, &file, &self.write.key()?)?, self.server.json)
    }
}

/// Puts a graph that was made from a revision.
pub(super) fn put(
    server: &Server,
    workflow: WorkflowId,
    revision: u64,
    file: &GraphFile,
    key: &IdempotencyKey,
) -> Result<Answer, Fault> {
    let ask = Ask::write(Method::PUT, format!("/workflows/{workflow}/graph"), key);
    server.ask(&ask.header("if-match", format!("\"{revision}\"")).json(&file.body(revision)))
}

/// Flags of `workflow graph check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The workflow: its id, the beginning of it, or its title.
    #[arg(value_name = "WORKFLOW")]
    workflow: String,
    #[command(flatten)]
    server: ServerFlags,
}

#[derive(Deserialize)]
struct Judgement {
    #[serde(default)]
    valid: bool,
    #[serde(default)]
    faults: Vec<ListedFault>,
    #[serde(default)]
    warnings: Vec<ListedFault>,
}

impl CheckArgs {
    fn run(&self) -> Result<(), Fault> {
        let server = self.server.server()?;
        let id = names::workflow(&server, &self.workflow)?;
        let ask = Ask::question(format!("/workflows/{id}/validate")).json(&json!({}));
        let answer = server.ask(&ask)?;
        let judgement: Judgement = answer.read()?;
        let mut out = Out::standard(self.server.json);
        if out.is_json() {
            out.document(&answer.raw()?)?;
        } else {
            let all = judgement.faults.iter().map(|fault| ("fault", fault));
            let all = all.chain(judgement.warnings.iter().map(|doubt| ("warning", doubt)));
            for (kind, fault) in all {
                out.line(&format!("{kind} {}", fault.in_words()))?;
            }
            let verdict = if judgement.valid { "valid" } else { "not valid" };
            let (faults, doubts) = (judgement.faults.len(), judgement.warnings.len());
            out.line(&format!("{id}: {verdict}; {faults} faults, {doubts} warnings"))?;
        }
        out.flush()?;
        if judgement.valid { Ok(()) } else { Err(Fault::Failed(format!("{id} is not valid"))) }
    }
}
