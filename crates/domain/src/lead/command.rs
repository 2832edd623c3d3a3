//! What can be asked of a lead, and what a decision reads besides.

use std::collections::BTreeMap;

use super::Values;
use crate::{
    call_status::CallStatus,
    id::{ImportId, LeadId, WorkflowId},
    output::Output,
    time::Timestamp,
    value::Value,
    workflow::WorkflowView,
};

/// What a person decides about a held lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// Take this output of the node.
    Output(Output),
    /// Call again, with a new call.
    Redial,
    /// Release at this instant; at a `TIME` node only.
    ReleaseAt(Timestamp),
}

/// A report about one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallReport {
    /// The status.
    pub status: CallStatus,
    /// When it came about, if the reporter knows.
    pub occurred_at: Option<Timestamp>,
    /// Why the call ended, in the provider's word.
    pub end_reason: Option<String>,
    /// What analysis found; may be empty.
    pub attributes: Values,
    /// The carrier's name for the call.
    pub provider_ref: Option<String>,
}

/// A request to a lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeadCommand {
    /// Enrols it.
    Enrol(Box<Enrolment>),
    /// Does what has become due or possible: starts it, moves a held outcome, releases it, notices
    /// an overdue call, calls off a queued one. Nothing when nothing is.
    Advance,
    /// Reports a status of one of its calls.
    ReportCallStatus {
        /// Number of the call.
        call: u32,
        /// What is reported.
        report: CallReport,
    },
    /// Adds attributes to one of its calls.
    AttachCallAttributes {
        /// Number of the call.
        call: u32,
        /// The attributes.
        attributes: Values,
    },
    /// Takes a requested call in hand: whoever gets the answer may dial it, once.
    StartDispatch {
        /// Number of the call.
        call: u32,
        /// When the hand-out runs out; `None` for a carrier of our own.
        lease_until: Option<Timestamp>,
    },
    /// The carrier took the call.
    RecordDispatched {
        /// Number of the call.
        call: u32,
        /// The carrier's name for it.
        provider_ref: Option<String>,
    },
    /// The carrier refused the call, and surely did not dial.
    RecordDispatchRefused {
        /// Number of the call.
        call: u32,
        /// Why, in its words.
        reason: String,
    },
    /// Nobody knows whether the call was dialled.
    RecordDispatchUnknown {
        /// Number of the call.
        call: u32,
    },
    /// A person decides about a held lead.
    Resolve(Resolution),
    /// Takes it out: a call in progress may finish, then nothing moves it.
    Remove,
    /// Takes it out with its import, which was given up.
    Withdraw,
    /// Changes variables or notes.
    Edit {
        /// Variables to set; `None` takes one away.
        variables: BTreeMap<String, Option<Value>>,
        /// New notes.
        notes: Option<Option<String>>,
    },
}

/// What is known of a lead when it is enrolled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// Where.
    pub workflow: WorkflowId,
    /// Phone number, E.164.
    pub phone_number: String,
    /// Keyed tag of the number.
    pub contact_tag: [u8; 16],
    /// Slot of its key.
    pub key_slot: u32,
    /// Variables.
    pub variables: Values,
    /// Notes.
    pub notes: Option<String>,
    /// Import it comes with.
    pub import: Option<ImportId>,
}

/// What a decision about a lead reads from outside its stream.
#[derive(Clone, Copy, Debug)]
pub struct LeadContext<'a> {
    /// Now, read once at the edge.
    pub now: Timestamp,
    /// Which lead decides; for messages.
    pub lead: LeadId,
    /// Its workflow as it is.
    pub workflow: &'a WorkflowView,
}
