//! One action on many leads of a workflow: which leads, what each is asked, what came of it.
//!
//! Each lead gets the command that a request about it alone would send, so every rule holds for it,
//! and leads do not wait for one another. A batch is cut into parts by its limit; where one part
//! ends, the next begins, whatever the leads before did meanwhile.

mod check;
mod forecast;
mod run;

use branchline_domain::{
    id::{LeadId, NodeId},
    lead::{HoldCode, LeadStatus},
};
use branchline_projections::{Held, LeadFilter};

use crate::{
    EngineError,
    command::{Committed, LeadAction},
};

pub(crate) use forecast::forecast;
pub(crate) use run::run;

/// Leads that one request acts on at most. Unit: leads.
pub const BATCH_MAX: usize = 1_000;

/// Which leads of a workflow a batch is about. Removed ones never are: nothing can be done with
/// them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchFilter {
    /// Every lead. Said in so many words, so that a forgotten filter acts on nobody.
    All,
    /// Those that all of these match; at least one of them is given.
    Matching {
        /// Only those with this status.
        status: Option<LeadStatus>,
        /// Only those at this node.
        node: Option<NodeId>,
        /// Only those that are held.
        held: Option<Held>,
    },
}

impl BatchFilter {
    /// The same, as the read models take it.
    const fn lead_filter(self) -> LeadFilter {
        let (status, node, held) = match self {
            Self::All => (None, None, None),
            Self::Matching { status, node, held } => (status, node, held),
        };
        LeadFilter { status, node, held, removed: Some(false) }
    }

    /// The only node whose leads it can match.
    const fn node(self) -> Option<NodeId> {
        match self {
            Self::All => None,
            Self::Matching { node, .. } => node,
        }
    }
}

/// One action on many leads of a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeadBatch {
    /// Which leads.
    pub filter: BatchFilter,
    /// What each is asked.
    pub action: LeadAction,
    /// Only leads behind this one, in order of id: where the part before ended.
    pub after: Option<LeadId>,
    /// How many leads this part acts on, 1 to [`BATCH_MAX`]. Unit: leads.
    pub limit: usize,
}

/// What came of a lead's part in a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchedLead {
    /// Which.
    pub lead: LeadId,
    /// Where its record is; no position when there was nothing new to record; or why not.
    pub outcome: Result<Committed, EngineError>,
}

/// What came of a batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BatchAnswer {
    /// Leads from the cursor on that the filter matched before anything was done, those beyond the
    /// limit too; and those that this very request, sent before under its key, has acted on.
    pub matched: u64,
    /// The leads that were asked, in order of id.
    pub results: Vec<BatchedLead>,
    /// Where the next part begins; `None` when this was the last.
    pub next: Option<LeadId>,
}

/// What a batch would do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BatchForecast {
    /// Leads from the cursor on that the filter matches.
    pub matched: u64,
    /// The same by what holds them; those that nothing holds first.
    pub by_hold: Vec<HeldGroup>,
}

/// Leads of a forecast that the same thing holds.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldGroup {
    /// What holds them; `None` when nothing does.
    pub hold: Option<HoldCode>,
    /// How many they are.
    pub leads: u64,
    /// The first of them, in order of id.
    pub examples: Vec<ForeseenLead>,
}

/// What would come of a lead's part in a batch, if it were asked now.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeseenLead {
    /// Which.
    pub lead: LeadId,
    /// Whether anything would be recorded; or why not.
    pub outcome: Result<bool, EngineError>,
}
