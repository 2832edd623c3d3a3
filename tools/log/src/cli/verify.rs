//! `verify`: whether the journal is what was written.

use std::{io::Write, path::PathBuf};

use branchline_log::{
    Soundness,
    kept::{KeptHead, read_key},
    verify::{self, Kept},
};
use clap::Args;

use super::flags::{Json, Source};

/// Flags of `verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    source: Source,
    /// Compares the journal with a head that was kept: it must begin with the records of the head.
    #[arg(long, value_name = "FILE")]
    head: Option<PathBuf>,
    /// The key that must have signed the head. Without it the file is trusted as it is.
    #[arg(long, value_name = "FILE", requires = "head")]
    key: Option<PathBuf>,
    #[command(flatten)]
    json: Json,
}

impl VerifyArgs {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<Soundness> {
        let key = self.key.as_deref().map(read_key).transpose()?;
        let head = self.head.map(|file| KeptHead::read(&file, key.as_ref())).transpose()?;
        let kept = head.map(|head| Kept {
            head: head.tree(),
            origin: format!("{}, a head of {:?}", head.file().display(), head.head().origin()),
        });
        verify::run(&self.source.open()?, kept.as_ref(), self.json.format(), out)
    }
}
