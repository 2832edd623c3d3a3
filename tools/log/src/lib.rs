//! The audit tool as a library: a journal, or an export of one, folded into answers without the
//! engine.
//!
//! [`Evidence`] gives the records, [`Past`] is how things stood right after one of them, and the
//! other modules are what `branchline-log` prints. Nothing here writes to what it reads.

mod answer;
pub mod as_of;
pub mod check;
pub mod consistency;
pub mod diff;
pub mod digest;
pub mod evidence;
pub mod explain;
pub mod export;
pub mod fault;
mod gathered;
pub mod grep;
pub mod head;
pub mod history;
pub mod import;
pub mod kept;
pub mod list;
pub mod organisation;
pub mod past;
pub mod progress;
pub mod prove;
pub mod replay;
mod resident;
pub mod server;
pub mod show;
pub mod standing;
pub mod stats;
pub mod subject;
pub mod tail;
mod told;
pub mod torture;
pub mod verify;
pub mod world;

pub use answer::AsOfRecord;
pub use as_of::AsOf;
pub use evidence::{Access, Evidence};
pub use fault::Fault;
pub use past::Past;
pub use subject::Subject;
pub use world::World;

/// What a command found out about the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Soundness {
    /// Everything that was looked at could be read.
    Sound,
    /// Something could not; it was told.
    Damaged,
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: one JSON object. Fields are added, never renamed.
    Json,
}
