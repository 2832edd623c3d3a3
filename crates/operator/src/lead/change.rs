//! Changing, removing and deciding about one lead.

use branchline_domain::{output::Output, time::Timestamp};
use clap::{ArgGroup, Args};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::shape::{self, LeadFlags};
use crate::{
    assignments::{self, Assignment},
    client::Ask,
    confirm::ConfirmFlags,
    fault::Fault,
    write::WriteFlags,
};

/// Flags of `lead edit`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("change").required(true).multiple(true)
    .args(["variables", "unset", "notes", "no_notes"]))]
pub struct EditArgs {
    /// A variable: `city=Pune`, or `age:=42` for what is no text; may be given again. Others stay.
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<Assignment>,
    /// A variable to take away; may be given again.
    #[arg(long, value_name = "NAME")]
    unset: Vec<String>,
    /// Other notes.
    #[arg(long, value_name = "TEXT")]
    notes: Option<String>,
    /// No notes any more.
    #[arg(long, conflicts_with = "notes")]
    no_notes: bool,
    #[command(flatten)]
    write: WriteFlags,
    #[command(flatten)]
    lead: LeadFlags,
}

impl EditArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let found = self.lead.find()?;
        let mut variables = assignments::document(&self.variables);
        variables.extend(self.unset.iter().map(|name| (name.clone(), Value::Null)));
        let mut body = Map::new();
        body.insert("variables".into(), Value::Object(variables));
        if let Some(notes) = &self.notes {
            body.insert("notes".into(), json!(notes));
        }
        if self.no_notes {
            body.insert("notes".into(), Value::Null);
        }
        let ask = Ask::write(Method::PATCH, found.path(), &self.write.key()?);
        let answer = found.server.ask(&ask.json(&Value::Object(body)))?;
        shape::show(&answer, self.lead.server.json)
    }
}

/// Flags of `lead remove`.
#[derive(Debug, Args)]
pub struct RemoveArgs {
    #[command(flatten)]
    confirm: ConfirmFlags,
    #[command(flatten)]
    write: WriteFlags,
    #[command(flatten)]
    lead: LeadFlags,
}

impl RemoveArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let found = self.lead.find()?;
        let what = format!("This removes {} from its workflow, for good.", found.lead);
        self.confirm.check(&what)?;
        let ask = Ask::write(Method::DELETE, found.path(), &self.write.key()?);
        shape::show(&found.server.ask(&ask)?, self.lead.server.json)
    }
}

/// What is decided about what is held.
#[derive(Clone, Debug, Args)]
#[command(group = ArgGroup::new("decision").required(true).args(["output", "redial", "release_at"]))]
pub(super) struct Decision {
    /// It goes on by this output of its node, such as COMPLETED, DNP, FAILED, true or success.
    #[arg(long, value_name = "OUTPUT", value_parser = output)]
    output: Option<Output>,
    /// Its call is made again.
    #[arg(long)]
    redial: bool,
    /// Its wait ends at this instant, such as 2026-11-25T16:30:00Z.
    #[arg(long, value_name = "TIME")]
    release_at: Option<Timestamp>,
}

/// Every text is an output.
#[expect(clippy::unnecessary_wraps, reason = "the shape that clap takes")]
fn output(text: &str) -> Result<Output, std::convert::Infallible> {
    Ok(Output::from(text))
}

/// Flags of `lead resolve`.
#[derive(Debug, Args)]
pub struct ResolveArgs {
    #[command(flatten)]
    decision: Decision,
    #[command(flatten)]
    write: WriteFlags,
    #[command(flatten)]
    lead: LeadFlags,
}

impl ResolveArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let found = self.lead.find()?;
        let Decision { output, redial, release_at } = &self.decision;
        let mut body = Map::new();
        if let Some(output) = output {
            body.insert("output".into(), json!(output));
        }
        if let Some(at) = release_at {
            body.insert("release_at".into(), json!(at));
        }
        if *redial {
            body.insert("action".into(), json!("redial"));
        }
        let path = format!("{}/resolve", found.path());
        let ask = Ask::write(Method::POST, path, &self.write.key()?).json(&Value::Object(body));
        shape::show(&found.server.ask(&ask)?, self.lead.server.json)
    }
}
