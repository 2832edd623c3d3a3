//! `export`: the records in a file that needs no sled.

use std::{io::Write, path::PathBuf};

use branchline_log::{Soundness, export};
use clap::Args;

use super::flags::{Source, Until};

/// Flags of `export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    source: Source,
    /// The file to make; `-` for standard output. One that is there is left as it is.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    until: Until,
}

impl ExportArgs {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<Soundness> {
        export::run(&self.source.open()?, &self.file, self.until.until, out)
    }
}
