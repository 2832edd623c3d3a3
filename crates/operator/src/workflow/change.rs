//! Making, changing and deleting workflows.

use std::path::PathBuf;

use branchline_domain::id::WorkflowId;
use clap::{ArgGroup, Args};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{graph, graph_file::GraphFile, shape};
use crate::{
    assignments::{self, Assignment},
    client::{Ask, ServerFlags},
    confirm::ConfirmFlags,
    fault::Fault,
    names,
    out::Out,
    write::WriteFlags,
};

/// Flags of `workflow create`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what it is").required(true).multiple(true).args(["title", "file"]))]
pub struct CreateArgs {
    /// What people call it; else that of the file.
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// What it is for.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// A setting, such as `default_country=US` or `auto_complete:=true`; may be given again.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<Assignment>,
    /// A workflow file, as `workflow validate` judges it, JSON or TOML: its graph is put too.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    write: WriteFlags,
    #[command(flatten)]
    server: ServerFlags,
}

#[derive(Deserialize)]
struct Made {
    id: WorkflowId,
    #[serde(default)]
    revision: u64,
}

impl CreateArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let mut file = self.file.as_deref().map(GraphFile::read).transpose()?;
        let server = self.server.server()?;
        let mut body = file.as_mut().map(GraphFile::take_head).unwrap_or_default();
        for (name, text) in [("title", &self.title), ("description", &self.description)] {
            if let Some(text) = text {
                body.insert(name.into(), json!(text));
            }
        }
        set(&mut body, &self.settings);
        let key = self.write.key()?;
        let ask = Ask::write(Method::POST, "/workflows", &key).json(&Value::Object(body));
        let answer = server.ask(&ask)?;
        if let Some(file) = file {
            let made: Made = answer.read()?;
            let told = |fault: Fault| {
                let id = made.id;
                eprintln!(
                    "branchline: {id} is made, and its graph is not: workflow graph put {id}"
                );
                fault
            };
            graph::put(&server, made.id, made.revision, &file, &key.part(1)).map_err(told)?;
        }
        shape::made(&answer, &mut Out::standard(self.server.json))
    }
}

/// Puts settings over those that are there.
fn set(body: &mut Map<String, Value>, settings: &[Assignment]) {
    if settings.is_empty() {
        return;
    }
    let there = body.entry("settings").or_insert_with(|| json!({}));
    if let Some(there) = there.as_object_mut() {
        there.extend(assignments::document(settings));
    }
}

/// Flags of `workflow edit`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("change").required(true).multiple(true)
    .args(["title", "description", "no_description", "settings"]))]
pub struct EditArgs {
    /// The workflow: its id, the beginning of it, or its title.
    #[arg(value_name = "WORKFLOW")]
    workflow: String,
    /// Another title.
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Another description.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// No description any more.
    #[arg(long, conflicts_with = "description")]
    no_description: bool,
    /// A setting, such as `auto_complete:=true`; may be given again. Others stay.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<Assignment>,
    #[command(flatten)]
    write: WriteFlags,
    #[command(flatten)]
    server: ServerFlags,
}

impl EditArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let server = self.server.server()?;
        let id = names::workflow(&server, &self.workflow)?;
        let mut body = Map::new();
        if let Some(title) = &self.title {
            body.insert("title".into(), json!(title));
        }
        if let Some(description) = &self.description {
            body.insert("description".into(), json!(description));
        }
        if self.no_description {
            body.insert("description".into(), Value::Null);
        }
        set(&mut body, &self.settings);
        let path = format!("/workflows/{id}");
        let ask = Ask::write(Method::PATCH, path, &self.write.key()?).json(&Value::Object(body));
        shape::show(&server.ask(&ask)?, &mut Out::standard(self.server.json))
    }
}

/// Flags of `workflow duplicate`.
#[derive(Debug, Args)]
pub struct DuplicateArgs {
    /// The workflow: its id, the beginning of it, or its title.
    #[arg(value_name = "WORKFLOW")]
    workflow: String,
    #[command(flatten)]
    write: WriteFlags,
    #[command(flatten)]
    server: ServerFlags,
}

impl DuplicateArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let server = self.server.server()?;
        let id = names::workflow(&server, &self.workflow)?;
        let path = format!("/workflows/{id}/duplicate");
        let answer = server.ask(&Ask::write(Method::POST, path, &self.write.key()?))?;
        shape::made(&answer, &mut Out::standard(self.server.json))
    }
}

/// Flags of `workflow delete`.
#[derive(Debug, Args)]
pub struct DeleteArgs {
    /// The workflow: its id, the beginning of it, or its title.
    #[arg(value_name = "WORKFLOW")]
    workflow: String,
    #[command(flatten)]
    confirm: ConfirmFlags,
    #[command(flatten)]
    write: WriteFlags,
    #[command(flatten)]
    server: ServerFlags,
}

impl DeleteArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let server = self.server.server()?;
        let id = names::workflow(&server, &self.workflow)?;
        self.confirm
            .check(&format!("This deletes {id} with its graph and its leads, for good."))?;
        let path = format!("/workflows/{id}");
        server.ask(&Ask::write(Method::DELETE, path, &self.write.key()?))?;
        let mut out = Out::standard(self.server.json);
        if !out.is_json() {
            out.line(&format!("{id} is deleted"))?;
        }
        out.flush()
    }
}
