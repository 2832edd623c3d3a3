//! `torture`: a proof that a customer runs on their own journal.

use std::{io::Write, path::PathBuf};

use branchline_log::{
    Soundness,
    torture::{self, Cut, Options},
};
use clap::Args;

use super::flags::Source;

/// Flags of `torture`.
#[derive(Debug, Args)]
pub(crate) struct TortureArgs {
    #[command(flatten)]
    source: Source,
    /// What clients were answered, one JSON object a line: {"position": 12, "stream": "lead_…",
    /// "version": 4}; the version may be left out. Each must be in the journal.
    #[arg(long, value_name = "FILE")]
    acks: Option<PathBuf>,
    /// What the carrier was asked, one JSON object a line: {"call": "call_…_1", "at": "<RFC 3339>"}.
    /// Each must have been recorded before, and be there once.
    #[arg(long, value_name = "FILE")]
    carrier_ledger: Option<PathBuf>,
    /// How far the carrier's clock may be behind the journal's. Unit: milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 0, value_parser = clap::value_parser!(u32))]
    clock_skew_ms: u32,
    /// Decides what is cut where. The same seed does the same again.
    #[arg(long, value_name = "SEED", default_value_t = 1)]
    seed: u64,
    /// Cuts of each kind at most; a journal with fewer records is cut at every boundary.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u64).range(2..))]
    cuts: u64,
    /// Only this cut, as a failure names it.
    #[arg(long, value_name = "CUT")]
    cut: Option<Cut>,
}

impl TortureArgs {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<Soundness> {
        let evidence = self.source.open()?;
        let options = Options {
            place: self.source.name(),
            seed: self.seed,
            cuts: self.cuts,
            only: self.cut,
            acks: self.acks,
            carrier_ledger: self.carrier_ledger,
            clock_skew_micros: i64::from(self.clock_skew_ms) * 1_000,
        };
        torture::run(&evidence, &options, out)
    }
}
