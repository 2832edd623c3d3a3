//! Where a lead stands, as counts, sets and queues see it. They are kept by difference: what a
//! lead stood for before a record is taken out, what it stands for after it is put in.

use branchline_domain::{
    lead::{HoldCode, LeadStatus},
    time::Timestamp,
};

use crate::{
    arena::NONE,
    rows::StatusCounts,
    stored::{StoredCall, StoredLead},
};

/// The count by status that a lead belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bucket {
    Removed,
    With(LeadStatus),
}

impl Bucket {
    /// How many there are.
    pub(crate) const COUNT: usize = 5;

    /// All of them, in the order that lists sort them in.
    pub(crate) const ALL: [Self; Self::COUNT] = [
        Self::With(LeadStatus::Pending),
        Self::With(LeadStatus::Active),
        Self::With(LeadStatus::Completed),
        Self::With(LeadStatus::Dropped),
        Self::Removed,
    ];

    /// Its place among all.
    pub(crate) const fn rank(self) -> i64 {
        match self {
            Self::With(LeadStatus::Pending) => 0,
            Self::With(LeadStatus::Active) => 1,
            Self::With(LeadStatus::Completed) => 2,
            Self::With(LeadStatus::Dropped) => 3,
            Self::Removed => 4,
        }
    }

    pub(crate) const fn of(self, counts: &mut StatusCounts) -> &mut u64 {
        match self {
            Self::Removed => &mut counts.removed,
            Self::With(LeadStatus::Pending) => &mut counts.pending,
            Self::With(LeadStatus::Active) => &mut counts.active,
            Self::With(LeadStatus::Completed) => &mut counts.completed,
            Self::With(LeadStatus::Dropped) => &mut counts.dropped,
        }
    }
}

/// Where a lead is, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// Number of the node.
    pub(crate) node: u32,
    pub(crate) at: Timestamp,
}

/// Everything that counts, sets and queues hold about a lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) in_open_import: bool,
    pub(crate) bucket: Option<Bucket>,
    pub(crate) node: Option<u32>,
    /// Where lists look for it; of a removed lead, its last node.
    pub(crate) arrival: Option<Arrival>,
    pub(crate) held: Option<HoldCode>,
    pub(crate) passed: u64,
    /// When the lead is to be looked at: at its release, or at another time it waits for.
    pub(crate) release: Option<Timestamp>,
    /// When the dispatch of the call it waits for began.
    pub(crate) awaited_since: Option<Timestamp>,
}

impl Standing {
    /// Where a lead stands; `call` is the one its visit waits for, `wake` another time than its
    /// release at which it is to be looked at.
    pub(crate) fn of(
        lead: &StoredLead,
        call: Option<&StoredCall>,
        wake: Option<Timestamp>,
    ) -> Self {
        if lead.withdrawn {
            return Self::default();
        }
        if lead.in_open_import {
            return Self { in_open_import: !lead.removed, ..Self::default() };
        }
        if lead.removed {
            let arrival = lead.arrival();
            return Self { bucket: Some(Bucket::Removed), arrival, ..Self::default() };
        }
        let waits = lead.status == LeadStatus::Active && lead.hold.is_none();
        Self {
            in_open_import: false,
            bucket: Some(Bucket::With(lead.status)),
            node: (lead.node != NONE).then_some(lead.node),
            arrival: lead.arrival(),
            held: lead.hold,
            passed: lead.passed,
            release: lead.release_at.get().into_iter().chain(wake).min().filter(|_| waits),
            awaited_since: call
                .filter(|call| waits && !call.concluded)
                .and_then(|call| call.started_at.get()),
        }
    }

    pub(crate) fn is_active(&self) -> bool {
        self.bucket == Some(Bucket::With(LeadStatus::Active))
    }
}
