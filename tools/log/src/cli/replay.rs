//! `replay`: how everything, or one of them, stood.

use std::{io::Write, str::FromStr};

use branchline_log::{
    Fault, Soundness, Subject,
    replay::{self, Wanted},
};
use clap::Args;

use super::flags::{Json, Source, Until};

/// Flags of `replay`.
#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    source: Source,
    /// Public id of a workflow, lead, call or organisation: `wf_…`, `lead_…`, `call_…`, `org_…`.
    /// Everything without one.
    #[arg(value_name = "ID")]
    id: Option<String>,
    #[command(flatten)]
    until: Until,
    /// Prints the graph of the workflow as JSON, as the API gives and takes it: the newest revision
    /// as of then, or this one.
    #[arg(
        long,
        value_name = "REVISION",
        num_args = 0..=1,
        default_missing_value = "newest",
        requires = "id"
    )]
    graph: Option<Revision>,
    /// Prints what is personal about the lead, which needs the keys beside the journal.
    #[arg(long, requires = "id", conflicts_with = "graph")]
    personal: bool,
    #[command(flatten)]
    json: Json,
}

/// Which revision of a graph is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Revision {
    Newest,
    Number(u32),
}

impl FromStr for Revision {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.parse()) {
            ("newest", _) => Ok(Self::Newest),
            (_, Ok(number)) => Ok(Self::Number(number)),
            (_, Err(_)) => Err("a revision is a number such as 3, or `newest`".into()),
        }
    }
}

impl ReplayArgs {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<Soundness> {
        let (until, format) = (self.until.until, self.json.format());
        let Some(id) = self.id else {
            return replay::whole(&self.source.open()?, until, format, out);
        };
        // An id is read before the journal is: a slip is told at once.
        let subject = Subject::parse(&id)?;
        if let Some(revision) = self.graph {
            let Subject::Workflow(workflow) = subject else {
                let told = format!("--graph is asked of a workflow, and `{id}` is none");
                return Err(Fault::Misused(told).into());
            };
            let revision = match revision {
                Revision::Newest => None,
                Revision::Number(number) => Some(number),
            };
            return replay::graph(&self.source.open()?, workflow, revision, until, out);
        }
        let call = Subject::parse_call(&id);
        let wanted = Wanted { subject, call, personal: self.personal };
        let soundness = replay::one(&self.source.open()?, wanted, until, format, out)?;
        if call.is_some() {
            eprintln!("for its lead: replay … {subject}");
        }
        Ok(soundness)
    }
}
