//! `head`: which journal it is.

use std::{io::Write, path::PathBuf};

use branchline_log::{
    Soundness,
    head::{self, HeadWish},
};
use clap::Args;

use super::flags::{Json, Source, Until};

/// Flags of `head`.
#[derive(Debug, Args)]
pub(crate) struct HeadArgs {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    until: Until,
    /// Signs the head with this key, which `branchline keys new` made.
    #[arg(long, value_name = "KEYFILE")]
    sign_with: Option<PathBuf>,
    /// Signs only when the journal continues this older head of it.
    #[arg(long, value_name = "HEAD")]
    extends: Option<PathBuf>,
    /// The file to make of the signed head; `-` for standard output alone. One that is there is left
    /// as it is.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    json: Json,
}

impl HeadArgs {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<Soundness> {
        let wish = HeadWish {
            until: self.until.until,
            sign_with: self.sign_with.as_deref(),
            extends: self.extends.as_deref(),
            file: self.out.as_deref(),
        };
        head::run(&self.source.open()?, wish, self.json.format(), out)
    }
}
