//! `state`: where one of them stood.

use std::io::Write;

use branchline_log::{Soundness, Subject, state};
use clap::Args;

use super::flags::{Json, Source, Until};

/// Flags of `state`.
#[derive(Debug, Args)]
pub(crate) struct StateArgs {
    #[command(flatten)]
    source: Source,
    /// Public id of a workflow, lead or call: `wf_…`, `lead_…`, `call_…`.
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    until: Until,
    #[command(flatten)]
    json: Json,
}

impl StateArgs {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<Soundness> {
        // An id is read before the journal is: a slip is told at once.
        let subject = Subject::parse(&self.id)?;
        state::run(&self.source.open()?, subject, self.until.until, self.json.format(), out)
    }
}
