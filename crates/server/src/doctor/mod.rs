//! `branchline doctor`: what speaks against a server here, before it is started or while it runs.
//!
//! It reads, asks, and writes one file without a name into the data directory to measure the disk;
//! nothing of it is left, and a running server is not disturbed.

mod api_keys;
mod certificate;
mod clock;
mod configuration;
mod directory;
mod finding;
mod journal;
mod limits;
mod listening;
mod mounts;
mod syncing;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::SystemTime,
};

use clap::Args;

use self::{finding::Report, journal::Journal, listening::Serving};
use crate::{config::Config, print};

/// Flags of `doctor`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 nothing found, 5 warnings only, 1 something keeps a server from \
    working.\n\nRun it as the user of the server, with the server's environment.\n\n\
    Example:\n  branchline doctor --config my.toml --data-dir my-data"
)]
pub(crate) struct DoctorArgs {
    /// Directory of journal and keys, of a running, a stopped or a future server.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// One JSON object instead of lines for people.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(file: Option<&Path>, args: &DoctorArgs) -> anyhow::Result<ExitCode> {
    let report = examine(file, args.data_dir.as_deref(), SystemTime::now())?;
    print::out(&if args.json { report.json() } else { report.text() })?;
    Ok(ExitCode::from(report.exit_code()))
}

/// Looks at everything. With a broken configuration at what does not depend on it, with the defaults.
fn examine(
    file: Option<&Path>,
    data_dir: Option<&Path>,
    now: SystemTime,
) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let config = match Config::load(file) {
        Ok(config) => {
            configuration::examine(&mut report, file, &config);
            config
        }
        Err(error) => {
            configuration::refused(&mut report, &error);
            Config::defaults()?
        }
    };
    let data_dir = data_dir.unwrap_or(&config.storage.data_dir);
    directory::examine(&mut report, data_dir);
    let journal = journal::examine(&mut report, data_dir, now);
    let serving = match &journal {
        Journal::Served => Serving::Yes,
        Journal::Stopped(_) | Journal::NotThere | Journal::Closed => Serving::No,
    };
    let reach = listening::examine(&mut report, &config.server, data_dir, serving);
    api_keys::examine(&mut report, &journal, data_dir, (&config.server.listen, reach), now);
    certificate::examine(&mut report, &config.server, now);
    limits::examine(&mut report, &config.engine);
    clock::examine(&mut report, now);
    Ok(report)
}
