//! Flags of `open`.

use std::path::PathBuf;

use clap::Args;

/// Flags of `open`.
#[derive(Debug, Args)]
pub(crate) struct OpenArgs {
    /// Events of the journals that are made, one journal for each number.
    #[arg(
        long,
        value_delimiter = ',',
        default_values_t = [1_000_000, 10_000_000],
        value_parser = clap::value_parser!(u64).range(10_000..=100_000_000)
    )]
    pub(crate) events: Vec<u64>,
    /// Where the journals are kept, one directory for each number of events. Made when they are not
    /// there, and copied before they are opened.
    #[arg(long, value_name = "DIR")]
    pub(crate) journal: Option<PathBuf>,
    /// Leads that are enrolled before the process is killed: what a start after a crash finds new.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) tail_leads: u32,
    /// Starts of each kind; medians with smallest and largest are told.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) rounds: u32,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Flags of the process that is measured.
#[derive(Debug, Args)]
pub(crate) struct StartArgs {
    /// The data directory.
    #[arg(long)]
    pub(crate) data: PathBuf,
}
