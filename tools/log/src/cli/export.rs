//! `export` and `import`: the records in a file that needs no sled, and back.

use std::{io::Write, path::PathBuf};

use branchline_log::{
    Soundness,
    export::{self, FileForm},
    import,
};
use clap::Args;

use super::flags::{Source, Until};

/// Flags of `export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    source: Source,
    /// The file to make, `….jsonl` or `….blocks`; `-` for standard output. One that is there is left
    /// as it is.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How it is written, whatever the file is called.
    #[arg(long, value_enum)]
    format: Option<FileForm>,
    #[command(flatten)]
    until: Until,
}

impl ExportArgs {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<Soundness> {
        let form = match self.format {
            Some(form) => form,
            None => FileForm::of(&self.file)?,
        };
        export::run(&self.source.open()?, &self.file, form, self.until.until, out)
    }
}

/// Flags of `import`.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    source: Source,
    /// The data directory to make: a new one, or an empty one. The journal comes into `DIR/journal`.
    #[arg(value_name = "DIR")]
    data: PathBuf,
}

impl ImportArgs {
    pub(crate) fn run(self) -> anyhow::Result<Soundness> {
        import::run(&self.source.open()?, &self.data)
    }
}
