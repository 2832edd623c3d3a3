//! `list` and `show`: what is there, and what happened to one of them.

use std::io::Write;

use branchline_log::{Soundness, Subject, list, show};
use clap::Args;

use super::flags::Source;

/// Flags of `list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    source: Source,
}

impl ListArgs {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<Soundness> {
        list::run(&self.source.open()?, out)
    }
}

/// Flags of `show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    source: Source,
    /// Public id of a workflow, lead or call: `wf_…`, `lead_…`, `call_…`.
    #[arg(value_name = "ID")]
    id: String,
    /// Print phone numbers, which needs the keys beside the journal.
    #[arg(long)]
    phone_numbers: bool,
}

impl ShowArgs {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<Soundness> {
        let subject = Subject::parse(&self.id)?;
        show::run(&self.source.open()?, subject, self.phone_numbers, out)
    }
}
