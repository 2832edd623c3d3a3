//! `stats`: what a journal consists of.

use std::io::Write;

use branchline_log::{
    Soundness,
    stats::{self, Screen},
};
use clap::Args;

use super::flags::{Json, Source, Until};

/// Flags of `stats`.
#[derive(Debug, Args)]
pub(crate) struct StatsArgs {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    until: Until,
    #[command(flatten)]
    json: Json,
}

impl StatsArgs {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<Soundness> {
        let (until, format) = (self.until.until, self.json.format());
        stats::run(&self.source.open()?, until, format, Screen::of_stdout(), out)
    }
}
