//! What can be asked of a lead, and what a decision reads besides.

use std::collections::BTreeMap;

use super::Values;
use crate::{
    call_status::CallStatus,
    id::{ImportId, LeadId, NodeId, WorkflowId},
    output::Output,
    provider::ProviderWord,
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
    /// The provider's own word that the status was made of, where it was.
    pub heard: Option<ProviderWord>,
}

/// What came of a try of an application step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationOutcome {
    /// It did what it was asked to.
    Succeeded,
    /// It did not, and will not when asked again.
    Failed,
    /// It did not, and may when asked again: a timeout, an error on its side.
    Unavailable,
    /// The engine stopped in the middle; nobody knows.
    Interrupted,
}

impl ApplicationOutcome {
    /// Every outcome.
    pub const ALL: [Self; 4] =
        [Self::Succeeded, Self::Failed, Self::Unavailable, Self::Interrupted];

    /// The text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Unavailable => "unavailable",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether another try may help.
    pub const fn may_be_tried_again(self) -> bool {
        match self {
            Self::Unavailable | Self::Interrupted => true,
            Self::Succeeded | Self::Failed => false,
        }
    }
}

/// A report about one try of an application step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationReport {
    /// Number of the try within the visit.
    pub attempt: u32,
    /// What came of it.
    pub outcome: ApplicationOutcome,
    /// How long it took. Unit: milliseconds.
    pub latency_ms: u32,
    /// Names that the templates asked for and the lead does not have.
    pub missing_fields: Vec<String>,
    /// Request and response, redacted, as JSON text.
    pub evidence: String,
    /// Fields of the answer; may be empty.
    pub fields: Values,
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
    /// Takes the wanted try of the application step in hand: whoever gets the answer may make it.
    StartApplication,
    /// Reports what came of a try.
    RecordApplication(Box<ApplicationReport>),
    /// Nobody answers to the key of the wanted application.
    HoldApplication,
    /// Somebody answers to the key now.
    RequestApplication,
    /// Puts the lead at another node, where its step begins.
    MoveTo {
        /// Which.
        node: NodeId,
    },
    /// A person decides about a held lead.
    Resolve(Resolution),
    /// Takes it out: a call in progress may finish, then nothing moves it.
    Remove,
    /// Takes it out with its import, which was given up.
    Withdraw,
    /// Erases what is personal of it, for good.
    Erase,
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
