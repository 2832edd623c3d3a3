//! `explain` and `history`: why a lead was where it was, and how it came there.

use std::io::Write;

use branchline_domain::time::Timestamp;
use branchline_log::{Soundness, Subject, explain, history};
use clap::Args;

use super::flags::{At, Json, Source};

/// Flags of `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    source: Source,
    /// Public id of a lead, or of one of its calls.
    #[arg(value_name = "LEAD")]
    id: String,
    #[command(flatten)]
    at: At,
    /// The instant by which waits and deadlines are judged; else the time of `--at`, else when the
    /// last record was decided.
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
    #[command(flatten)]
    json: Json,
}

impl ExplainArgs {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<Soundness> {
        let lead = Subject::parse_lead(&self.id)?;
        let evidence = self.source.open()?;
        explain::run(&evidence, lead, self.at.at, self.now, self.json.format(), out)
    }
}

/// Flags of `history`.
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    #[command(flatten)]
    source: Source,
    /// Public id of a lead, or of one of its calls.
    #[arg(value_name = "LEAD")]
    id: String,
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    json: Json,
}

impl HistoryArgs {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<Soundness> {
        let lead = Subject::parse_lead(&self.id)?;
        history::run(&self.source.open()?, lead, self.at.at, self.json.format(), out)
    }
}
