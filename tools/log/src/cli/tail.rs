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
    /// Goes on with every record to come, through restarts of the server. Needs the URL of a running
    /// one.
    #[arg(long, short)]
    follow: bool,
    #[command(flatten)]
    json: Json,
}

impl TailArgs {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<Soundness> {
        let format = self.json.format();
        if let Some(server) = self.source.server()? {
            return tail::of_server(&server, self.records, self.follow, format, out);
        }
        if self.follow {
            return Err(self.source.needs_server("--follow"));
        }
        tail::run(&self.source.open()?, self.records, format, out)
    }
}
