//! `prove` and `check`: a dossier, and whether it holds.

use std::{io::Write, path::PathBuf};

use branchline_log::{
    Soundness, Subject,
    check::{self, Trusted},
    prove::{self, DossierHead},
};
use clap::Args;

use super::flags::{Json, Source};

/// Flags of `prove`.
#[derive(Debug, Args)]
pub(crate) struct ProveArgs {
    #[command(flatten)]
    source: Source,
    /// Public id of a lead, of one of its calls, of a workflow or of an organisation.
    #[arg(value_name = "ID")]
    id: String,
    /// Proves it to whoever kept this head: as of its size, not of the end.
    #[arg(long, value_name = "HEAD", conflicts_with = "sign_with")]
    head: Option<PathBuf>,
    /// Signs the head of the whole journal with this key, and puts it into the dossier.
    #[arg(long, value_name = "KEYFILE")]
    sign_with: Option<PathBuf>,
    /// The file to make; `-` for standard output. One that is there is left as it is.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl ProveArgs {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<Soundness> {
        let subject = Subject::parse(&self.id)?;
        let head = match (&self.head, &self.sign_with) {
            (Some(head), _) => DossierHead::Kept(head),
            (None, Some(key)) => DossierHead::Signed(key),
            (None, None) => DossierHead::End,
        };
        prove::run(&self.source.open()?, subject, head, &self.out, out)
    }
}

/// Flags of `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The file that `prove` wrote.
    #[arg(value_name = "DOSSIER")]
    dossier: PathBuf,
    /// The head that you kept. Without it the dossier's own counts, which then --key must have
    /// signed.
    #[arg(long, value_name = "FILE")]
    head: Option<PathBuf>,
    /// The key that checks heads: the file `….pub` that `branchline keys new` made.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    json: Json,
}

impl CheckArgs {
    pub(crate) fn run(self, out: &mut dyn Write) -> anyhow::Result<Soundness> {
        let trusted = Trusted { head: self.head.as_deref(), key: self.key.as_deref() };
        check::run(&self.dossier, trusted, self.json.format(), out)
    }
}
