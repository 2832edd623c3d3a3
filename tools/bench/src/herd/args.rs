//! Flags of `herd`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;

/// What frees the leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    /// Their wait ends, for all of them in the same second.
    Timers,
    /// Their wait ended in a pause; the workflow is resumed.
    Resume,
    /// As `timers`, but the process is killed (kill -9) on the way and started again.
    Restart,
}

/// Where the edge out of the wait leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Then {
    /// To a call, which is requested.
    Call,
    /// To the end of the lead.
    End,
}

/// Flags of `herd`.
#[derive(Debug, Args)]
pub(crate) struct HerdArgs {
    /// Leads that wait, all until the same second.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(100..=5_000_000))]
    pub(crate) leads: u32,
    /// Measurements of each phase; medians with smallest and largest are told.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) rounds: u32,
    /// What frees the leads; each phase begins with the same waiting leads.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "timers,resume,restart")]
    pub(crate) phases: Vec<Phase>,
    /// Where the edge out of the wait leads.
    #[arg(long, value_enum, default_value = "call")]
    pub(crate) then: Then,
    /// A data directory with the waiting leads. Made here, and kept, when it is not there.
    #[arg(long, value_name = "DIR")]
    pub(crate) staged: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) load: LoadArgs,
    /// Print one JSON object instead of tables.
    #[arg(long)]
    pub(crate) json: bool,
}

/// The other work, and what the engine may use meanwhile.
#[derive(Clone, Debug, Args)]
pub(crate) struct LoadArgs {
    /// Reports of calls of another workflow, asked for at fixed times whether the ones before are
    /// answered or not. Unit: reports a second.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) others_per_s: u32,
    /// Reads, half of them counts of the waiting workflow and half stories of single leads. Unit:
    /// reads a second.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) reads_per_s: u32,
    /// How long the other work is measured alone, before the herd. Unit: seconds.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=600))]
    pub(crate) alone_s: u32,
    /// Instead of the engine's own setting of this name.
    #[arg(long)]
    pub(crate) drain_per_s: Option<u32>,
    /// Instead of the engine's own setting of this name.
    #[arg(long)]
    pub(crate) sweep_in_flight: Option<usize>,
    /// Instead of the engine's own setting of this name.
    #[arg(long)]
    pub(crate) lead_actors_max: Option<usize>,
}

/// Flags of the process that is measured.
#[derive(Debug, Args)]
pub(crate) struct DrainArgs {
    /// The data directory.
    #[arg(long)]
    pub(crate) data: PathBuf,
    /// What frees the leads.
    #[arg(long, value_enum)]
    pub(crate) phase: Phase,
    /// Whether another process was killed on the way: the rest is due from the start.
    #[arg(long)]
    pub(crate) rest: bool,
    #[command(flatten)]
    pub(crate) load: LoadArgs,
}
