//! `verify`: whether the journal is what was written.

use std::io::Write;

use branchline_log::{Soundness, verify};
use clap::Args;

use super::flags::{Json, Source};

/// Flags of `verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    json: Json,
}

impl VerifyArgs {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<Soundness> {
        verify::run(&self.source.open()?, None, self.json.format(), out)
    }
}
