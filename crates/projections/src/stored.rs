//! Rows as they lie in memory: a million leads and their calls, so every byte counts.

use branchline_domain::{
    call_status::CallStatus,
    id::LeadId,
    lead::{Dispatch, HoldCode, LeadStatus},
    time::Timestamp,
};

use crate::{arena::NONE, standing::Arrival, standing_rows::LONG_AGO};

/// An instant or none, in eight bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment(i64);

impl Moment {
    // Before the year 0, where no `Timestamp` can be.
    pub(crate) const NEVER: Self = Self(i64::MIN);

    pub(crate) const fn get(self) -> Option<Timestamp> {
        if self.0 == Self::NEVER.0 { None } else { Some(Timestamp::from_micros(self.0)) }
    }
}

impl From<Option<Timestamp>> for Moment {
    fn from(at: Option<Timestamp>) -> Self {
        at.map_or(Self::NEVER, |at| Self(at.as_micros()))
    }
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        Self(at.as_micros())
    }
}

/// One lead. Workflow, node, import and calls are named by their numbers in this process.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "facts apart from each other, a byte each")]
pub(crate) struct StoredLead {
    pub(crate) id: LeadId,
    pub(crate) contact_tag: [u8; 16],
    pub(crate) enrolled_at: Timestamp,
    pub(crate) enrolled_position: u64,
    pub(crate) entered_at: Moment,
    pub(crate) release_at: Moment,
    /// A bit for each of the workflow's first 64 nodes that the lead has left by a branch; what
    /// goes beyond is kept aside.
    pub(crate) passed: u64,
    pub(crate) workflow: u32,
    pub(crate) node: u32,
    pub(crate) visit: u32,
    pub(crate) key_slot: u32,
    pub(crate) import: u32,
    /// Number of the call that the current visit waits or waited for; 0 for none.
    pub(crate) call: u32,
    /// Row of the most recent call.
    pub(crate) last_call: u32,
    /// The lead before this one with the same contact tag.
    pub(crate) same_contact: u32,
    pub(crate) status: LeadStatus,
    pub(crate) hold: Option<HoldCode>,
    /// Whether a call of it was answered.
    pub(crate) answered: bool,
    pub(crate) removed: bool,
    pub(crate) withdrawn: bool,
    /// Whether its import has not been closed.
    pub(crate) in_open_import: bool,
}

// With its places in indexes and sets (about 60 bytes) a lead stays well below 250 bytes.
const _: () = assert!(size_of::<StoredLead>() <= 112);

impl StoredLead {
    /// Whether lists and counts show it.
    pub(crate) const fn is_shown(&self) -> bool {
        !self.withdrawn && !self.in_open_import
    }

    /// Where it is and since when; `None` while it was at no node.
    pub(crate) fn arrival(&self) -> Option<Arrival> {
        let at = self.entered_at.get().unwrap_or(LONG_AGO);
        (self.node != NONE).then_some(Arrival { node: self.node, at })
    }

    /// Whether something may still move it.
    pub(crate) const fn is_under_way(&self) -> bool {
        self.is_shown() && !self.removed && !self.status.is_final()
    }
}

/// How far the dialling of a call has come; the stages of [`branchline_domain::lead::Dispatch`].
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum DispatchStage {
    /// Wanted; nobody has been asked to dial.
    Requested,
    /// Somebody may be dialling.
    Started,
    /// The carrier took it.
    Dispatched,
    /// The carrier refused it.
    Refused,
    /// Nobody knows.
    Unknown,
}

impl DispatchStage {
    /// Every stage.
    pub const ALL: [Self; 5] =
        [Self::Requested, Self::Started, Self::Dispatched, Self::Refused, Self::Unknown];
}

impl From<&Dispatch> for DispatchStage {
    fn from(dispatch: &Dispatch) -> Self {
        match dispatch {
            Dispatch::Requested => Self::Requested,
            Dispatch::Started { .. } => Self::Started,
            Dispatch::Dispatched => Self::Dispatched,
            Dispatch::Refused => Self::Refused,
            Dispatch::Unknown => Self::Unknown,
        }
    }
}

/// One call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct StoredCall {
    pub(crate) created_at: Timestamp,
    pub(crate) started_at: Moment,
    pub(crate) lease_until: Moment,
    pub(crate) ended_at: Moment,
    pub(crate) lead: u32,
    pub(crate) number: u32,
    pub(crate) node: u32,
    pub(crate) visit: u32,
    /// Row of the lead's call before this one.
    pub(crate) previous: u32,
    pub(crate) status: CallStatus,
    pub(crate) dispatch: DispatchStage,
    pub(crate) concluded: bool,
}

const _: () = assert!(size_of::<StoredCall>() <= 56);

impl StoredCall {
    /// Whether nobody was asked to dial it, and it has not ended.
    pub(crate) fn is_requested(&self) -> bool {
        !self.concluded && self.dispatch == DispatchStage::Requested
    }

    /// Whether it was handed out and nothing was heard of it since.
    pub(crate) fn is_unanswered(&self) -> bool {
        !self.concluded
            && self.dispatch == DispatchStage::Started
            && self.status.progress() == CallStatus::Created.progress()
    }

    /// Whether somebody may be on the phone: dialling has begun, and there is no final status.
    pub(crate) const fn is_in_progress(&self) -> bool {
        !self.concluded
            && match self.dispatch {
                DispatchStage::Started | DispatchStage::Dispatched | DispatchStage::Unknown => true,
                DispatchStage::Requested | DispatchStage::Refused => false,
            }
    }
}

/// The numbers of a workflow's nodes, in the order leads and edits brought them up.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct NodeTable {
    ids: Vec<branchline_domain::id::NodeId>,
    numbers: std::collections::BTreeMap<branchline_domain::id::NodeId, u32>,
}

impl NodeTable {
    /// The nodes in order of their numbers.
    pub(crate) fn ids(&self) -> &[branchline_domain::id::NodeId] {
        &self.ids
    }

    pub(crate) fn id(&self, number: u32) -> Option<branchline_domain::id::NodeId> {
        self.ids.get(number as usize).copied()
    }

    pub(crate) fn number(&self, id: branchline_domain::id::NodeId) -> Option<u32> {
        self.numbers.get(&id).copied()
    }

    /// The node's number; a new one if it has none yet.
    pub(crate) fn number_or_new(&mut self, id: branchline_domain::id::NodeId) -> u32 {
        *self.numbers.entry(id).or_insert_with(|| {
            self.ids.push(id);
            u32::try_from(self.ids.len() - 1).unwrap_or(NONE)
        })
    }
}
