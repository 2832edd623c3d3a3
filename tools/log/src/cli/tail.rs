//! `tail`: the last records, and those to come.

use std::io::Write;

use branchline_log::{Soundness, tail};
use clap::Args;

use super::flags::{Json, Source};

/// Flags of `tail`.
#[derive(Debug, Args)]
pub(crate) struct TailArgs {
    #[command(flatten)]
    source: Source,
    /// How many records.
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    records: u64,
    #[command(flatten)]
    json: Json,
}

impl TailArgs {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<Soundness> {
        tail::run(&self.source.open()?, self.records, self.json.format(), out)
    }
}
