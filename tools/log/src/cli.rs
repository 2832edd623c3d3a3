//! The command line: one file a command or a pair, each with its flags and what they start.
//!
//! A command is a `clap::Args` struct with `run(self, out)`. The work itself is in the library, so
//! that tests and other programs ask the same questions.

mod consistency;
mod diff;
pub(crate) mod examples;
mod explain;
mod export;
mod flags;
mod grep;
mod head;
mod list;
mod prove;
mod replay;
mod stats;
mod tail;
mod torture;
mod verify;

pub(crate) use consistency::ConsistencyArgs;
pub(crate) use diff::DiffArgs;
pub(crate) use explain::{ExplainArgs, HistoryArgs};
pub(crate) use export::{ExportArgs, ImportArgs};
pub(crate) use grep::GrepArgs;
pub(crate) use head::HeadArgs;
pub(crate) use list::{ListArgs, ShowArgs};
pub(crate) use prove::{CheckArgs, ProveArgs};
pub(crate) use replay::ReplayArgs;
pub(crate) use stats::StatsArgs;
pub(crate) use tail::TailArgs;
pub(crate) use torture::TortureArgs;
pub(crate) use verify::VerifyArgs;
