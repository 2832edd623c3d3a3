//! `list` and `show`: what is there, and what happened to one of them.

use std::io::Write;

use branchline_log::{
    Soundness, Subject, list,
    show::{self, Wanted},
};
use clap::Args;

use super::flags::{Json, Source};

/// Flags of `list`.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    json: Json,
}

impl ListArgs {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<Soundness> {
        list::run(&self.source.open()?, self.json.format(), out)
    }
}

/// Flags of `show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    source: Source,
    /// Public id of a workflow, lead, call or organisation: `wf_…`, `lead_…`, `call_…`, `org_…`.
    #[arg(value_name = "ID")]
    id: String,
    /// Print phone numbers, which needs the keys beside the journal.
    #[arg(long)]
    phone_numbers: bool,
    #[command(flatten)]
    json: Json,
}

impl ShowArgs {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<Soundness> {
        let subject = Subject::parse(&self.id)?;
        let call = Subject::parse_call(&self.id);
        let (phone_numbers, format) = (self.phone_numbers, self.json.format());
        let wanted = Wanted { subject, call, phone_numbers, format };
        let soundness = show::run(&self.source.open()?, wanted, out)?;
        if call.is_some() {
            eprintln!("for its lead: show … {subject}");
        }
        Ok(soundness)
    }
}
