//! Enrolling one lead.

use clap::{Args, ValueEnum};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    assignments::{self, Assignment},
    client::{Ask, ServerFlags},
    fault::Fault,
    names,
    out::Out,
    write::WriteFlags,
};

/// What happens with a number that the workflow has already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Duplicates {
    /// It is passed over, and counted.
    Skip,
    /// Nobody is enrolled.
    Reject,
    /// It is enrolled again.
    Allow,
}

impl Duplicates {
    /// As the API says it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Reject => "reject",
            Self::Allow => "allow",
        }
    }
}

/// Flags of `lead add`.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// The workflow: its id, the beginning of it, or its title.
    #[arg(value_name = "WORKFLOW")]
    workflow: String,
    /// The number; without its country, that of the workflow's setting `default_country`.
    #[arg(value_name = "PHONE")]
    number: String,
    /// A variable: `city=Pune`, or `age:=42` for what is no text; may be given again.
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<Assignment>,
    /// What people should know.
    #[arg(long, value_name = "TEXT")]
    notes: Option<String>,
    /// When the workflow has the number already.
    #[arg(long, value_enum, value_name = "WORD", default_value_t = Duplicates::Reject)]
    duplicates: Duplicates,
    #[command(flatten)]
    write: WriteFlags,
    #[command(flatten)]
    server: ServerFlags,
}

#[derive(Deserialize)]
struct Enrolled {
    #[serde(default)]
    lead_ids: Vec<String>,
}

impl AddArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let server = self.server.server()?;
        let workflow = names::workflow(&server, &self.workflow)?;
        let mut lead = serde_json::Map::new();
        lead.insert("phone_number".into(), json!(self.number));
        let variables = assignments::document(&self.variables);
        lead.insert("variables".into(), Value::Object(variables));
        if let Some(notes) = &self.notes {
            lead.insert("notes".into(), json!(notes));
        }
        let path = format!("/workflows/{workflow}/leads");
        let ask = Ask::write(Method::POST, path, &self.write.key()?)
            .query("duplicates", Some(self.duplicates.word()))
            .json(&json!({ "leads": [lead] }));
        let answer = server.ask(&ask)?;
        let mut out = Out::standard(self.server.json);
        if out.is_json() {
            out.document(&answer.raw()?)?;
            return out.flush();
        }
        let enrolled: Enrolled = answer.read()?;
        for id in &enrolled.lead_ids {
            out.line(id)?;
        }
        if enrolled.lead_ids.is_empty() {
            eprintln!("branchline: the workflow has {} already", self.number);
        }
        out.flush()
    }
}
