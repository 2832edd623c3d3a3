//! The read models as bytes, so that a start need not fold the whole journal.
//!
//! Derived data: every checkpoint can be made again from the journal, and one that cannot be read is
//! left aside. A checkpoint is a list of [`Piece`]s, so that neither side holds all of it; who keeps
//! them adds checksums and says which journal they belong to.
//!
//! Only facts are kept that follow from nothing else here. Counts, sets, queues and indexes are made
//! again when a checkpoint is read, by the code that keeps them while records are folded.
//!
//! Numbers are varints as in [`branchline_journal::wire`], ids and tags are 16 bytes. Rows are named
//! by their number, and "none" is 0 with all others one higher. A piece of bytes begins with its
//! kind:
//!
//! ```text
//! 1 head          position, newest time, words, counts of workflows, imports, leads and calls
//! 2 workflow      see `workflow`; as many events follow as it says
//! 3 imports       until the piece ends
//! 4 leads         until the piece ends, each told by what differs from the one before
//! 5 calls         until the piece ends, likewise
//! 6 wakes         lead, time          7 not before    call, time
//! 8 applications  lead, stage         9 erased        lead, time, position
//! 10 passed       lead, node: nodes beyond the 64th
//! 11 end          nothing
//! 12 organisations  see `organisation`, until the piece ends
//! 13 insights     see `insights`, until the piece ends
//! 14 provider refs  see `provider`, until the piece ends
//! ```
//!
//! Words are the statuses of leads and calls and the reasons of holds as text, each as a list: rows
//! name them by their place in it, so that no order of an enum is stored.

mod insights;
mod loading;
mod organisation;
mod provider;
mod row_format;
mod saving;
mod words;
mod workflow;

use branchline_domain::workflow::WorkflowEvent;
use branchline_journal::wire;
pub use branchline_journal::wire::FormatError;

pub use self::{loading::CheckpointReader, saving::Checkpoint};

/// Part of a checkpoint. The order of pieces matters.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// In the format of this module. At most about a megabyte, but for an import that has not
    /// ended with more than some hundred thousand leads.
    Bytes(Vec<u8>),
    /// Belongs to the workflow before it. Whoever keeps it writes it as an event of a record.
    Event(WorkflowEvent),
}

/// What a piece of bytes holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Head,
    Workflow,
    Imports,
    Leads,
    Calls,
    Wakes,
    NotBefore,
    Applications,
    Erased,
    Passed,
    End,
    Organisations,
    Insights,
    ProviderRefs,
}

impl Kind {
    const ALL: [Self; 14] = [
        Self::Head,
        Self::Workflow,
        Self::Imports,
        Self::Leads,
        Self::Calls,
        Self::Wakes,
        Self::NotBefore,
        Self::Applications,
        Self::Erased,
        Self::Passed,
        Self::End,
        Self::Organisations,
        Self::Insights,
        Self::ProviderRefs,
    ];

    const fn code(self) -> u8 {
        match self {
            Self::Head => 1,
            Self::Workflow => 2,
            Self::Imports => 3,
            Self::Leads => 4,
            Self::Calls => 5,
            Self::Wakes => 6,
            Self::NotBefore => 7,
            Self::Applications => 8,
            Self::Erased => 9,
            Self::Passed => 10,
            Self::End => 11,
            Self::Organisations => 12,
            Self::Insights => 13,
            Self::ProviderRefs => 14,
        }
    }

    fn of(code: u8) -> Result<Self, FormatError> {
        let kind = Self::ALL.into_iter().find(|kind| kind.code() == code);
        kind.ok_or(FormatError("there is no such piece"))
    }
}
