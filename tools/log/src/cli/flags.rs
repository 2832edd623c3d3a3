//! Flags that several commands share, so that they read the same everywhere.

use std::path::PathBuf;

use branchline_log::{AsOf, Evidence, Format};
use clap::Args;

/// Where the records are.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// A stopped server's data directory, the journal's directory in it, or a file that `export`
    /// wrote.
    #[arg(value_name = "SOURCE")]
    place: PathBuf,
}

impl Source {
    /// Opens it for reading.
    pub(crate) fn open(&self) -> anyhow::Result<Evidence> {
        Evidence::open(&self.place)
    }
}

/// `--until`: up to where records are read.
#[derive(Debug, Args)]
pub(crate) struct Until {
    /// Reads up to this position, or up to this time, such as 2026-11-24T09:30:00Z, instead of to
    /// the end.
    #[arg(long, value_name = "POSITION|TIME", default_value_t, hide_default_value = true)]
    pub(crate) until: AsOf,
}

/// `--at`: the moment that is asked about.
#[derive(Debug, Args)]
pub(crate) struct At {
    /// Asks about the moment right after this position, or about this time, such as
    /// 2026-11-24T09:30:00Z, instead of about the end.
    #[arg(long, value_name = "POSITION|TIME", default_value_t, hide_default_value = true)]
    pub(crate) at: AsOf,
}

/// `--json`: how the answer is written.
#[derive(Debug, Args)]
pub(crate) struct Json {
    /// Writes JSON, for programs. Fields are added, never renamed.
    #[arg(long)]
    json: bool,
}

impl Json {
    /// How the answer is written.
    pub(crate) const fn format(&self) -> Format {
        if self.json { Format::Json } else { Format::Text }
    }
}
