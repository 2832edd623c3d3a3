//! `consistency`: whether a newer head continues an older one.

use std::{io::Write, path::PathBuf};

use branchline_log::{
    Fault, Soundness,
    consistency::{self, Heads},
};
use clap::Args;

use super::flags::{Reach, Source};

/// Flags of `consistency`.
#[derive(Debug, Args)]
pub(crate) struct ConsistencyArgs {
    /// The older head.
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The newer head.
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Proves it from the records: a stopped server's data directory, a file that `export` wrote, or
    /// the URL of a running server.
    #[arg(long, value_name = "SOURCE", conflicts_with = "proof")]
    source: Option<PathBuf>,
    /// Checks it by a proof that `--out` wrote, without any records.
    #[arg(long, value_name = "PROOF")]
    proof: Option<PathBuf>,
    /// The file to make of the proof; `-` for standard output. One that is there is left as it is.
    #[arg(long, value_name = "FILE", requires = "source")]
    out: Option<PathBuf>,
    /// The key that checks heads: the file `….pub` that `branchline keys new` made.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    reach: Reach,
}

impl ConsistencyArgs {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<Soundness> {
        let heads = Heads { old: &self.old, new: &self.new, key: self.key.as_deref() };
        match (self.source, self.proof) {
            (Some(source), _) => {
                let evidence = Source::new(source, self.reach).open()?;
                consistency::from_records(&evidence, heads, self.out.as_deref(), out)
            }
            (None, Some(proof)) => consistency::from_proof(&proof, heads, out),
            (None, None) => {
                let fix = "say where the proof is to come from: --source SOURCE or --proof PROOF";
                Err(Fault::Misused(fix.to_owned()).into())
            }
        }
    }
}
