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

/// Everything that counts, sets and queues hold about a lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) in_open_import: bool,
    pub(crate) bucket: Option<Bucket>,
    pub(crate) node: Option<u32>,
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
            return Self { bucket: Some(Bucket::Removed), ..Self::default() };
        }
        let waits = lead.status == LeadStatus::Active && lead.hold.is_none();
        Self {
            in_open_import: false,
            bucket: Some(Bucket::With(lead.status)),
            node: (lead.node != NONE).then_some(lead.node),
            held: lead.hold,
            passed: lead.passed,
            release: lead.release_at.get().into_iter().chain(wake).min().filter(|_| waits),
            awaited_since: call
                .filter(|call| waits && !call.concluded)
                .and_then(|call| call.started_at.get()),
        }
    }

    pub(crate) fn is_pending(&self) -> bool {
        self.bucket == Some(Bucket::With(LeadStatus::Pending))
    }

    pub(crate) fn is_active(&self) -> bool {
        self.bucket == Some(Bucket::With(LeadStatus::Active))
    }
}
