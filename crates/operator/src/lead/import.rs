//! Enrolling the leads of a file.

use std::{path::PathBuf, thread, time::Duration};

use branchline_domain::id::WorkflowId;
use clap::Args;
use reqwest::Method;
use serde::Deserialize;

use super::add::Duplicates;
use crate::{
    client::{Answer, Ask, FileForm, IdempotencyKey, ListedFault, Server, ServerFlags},
    fault::Fault,
    names,
    out::{Out, count},
    progress,
    write::WriteFlags,
};

/// How often an import that goes on is asked for.
const POLL: Duration = Duration::from_millis(500);

/// Flags of `lead import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The workflow: its id, the beginning of it, or its title.
    #[arg(value_name = "WORKFLOW")]
    workflow: String,
    /// CSV or XLSX with a column `phone_number`; every other column becomes a variable. `-` reads the
    /// standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// When a number is in the file twice, or in the workflow already.
    #[arg(long, value_enum, value_name = "WORD", default_value_t = Duplicates::Skip)]
    duplicates: Duplicates,
    /// Do not wait until a long file is enrolled: print the id of its import.
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    write: WriteFlags,
    #[command(flatten)]
    server: ServerFlags,
}

/// An import, or an enrolment that was over at once.
#[derive(Deserialize)]
struct Import {
    id: Option<String>,
    status: Option<String>,
    #[serde(default)]
    rows: u64,
    #[serde(default)]
    leads_enrolled: u64,
    #[serde(default)]
    duplicates_skipped: u64,
    #[serde(default)]
    faults: Vec<ListedFault>,
}

impl ImportArgs {
    pub(super) fn run(&self) -> Result<(), Fault> {
        let server = self.server.server()?;
        let workflow = names::workflow(&server, &self.workflow)?;
        let boundary = IdempotencyKey::given_or_fresh(None)?;
        let form = FileForm::open(&self.file, boundary.as_str())?;
        let ask =
            Ask::write(Method::POST, format!("/workflows/{workflow}/leads"), &self.write.key()?);
        let ask = ask.query("duplicates", Some(self.duplicates.word())).form(form);
        let mut answer = server.ask(&ask)?;
        drop(ask);
        let mut import: Import = answer.read()?;
        if let Some(id) = import.id.clone() {
            if self.no_wait {
                return self.told(&answer, &id);
            }
            answer = finished(&server, workflow, &id)?;
            import = answer.read()?;
        }
        let Import { leads_enrolled: enrolled, duplicates_skipped: skipped, .. } = import;
        let (enrolled, skipped) = (count(enrolled, "lead"), count(skipped, "duplicate"));
        self.told(&answer, &format!("{enrolled} enrolled, {skipped} skipped"))?;
        match import.status.as_deref() {
            None | Some("done") => Ok(()),
            Some(other) => {
                let faults = import.faults.iter().map(|fault| format!("\n  {}", fault.in_words()));
                Err(Fault::Failed(format!("the import is {other}{}", faults.collect::<String>())))
            }
        }
    }

    fn told(&self, answer: &Answer, words: &str) -> Result<(), Fault> {
        let mut out = Out::standard(self.server.json);
        if out.is_json() {
            out.document(&answer.raw()?)?;
        } else {
            out.line(words)?;
        }
        out.flush()
    }
}

/// Waits until an import has come to its end.
fn finished(server: &Server, workflow: WorkflowId, import: &str) -> Result<Answer, Fault> {
    let path = format!("/workflows/{workflow}/imports/{import}");
    let bar = progress::leads("enrolling", 0);
    loop {
        let answer = server.ask(&Ask::get(path.clone()))?;
        let seen: Import = answer.read()?;
        bar.set_length(seen.rows);
        bar.set_position(seen.leads_enrolled + seen.duplicates_skipped);
        if seen.status.as_deref() != Some("running") {
            bar.finish_and_clear();
            return Ok(answer);
        }
        thread::sleep(POLL);
    }
}
