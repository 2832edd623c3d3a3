//! The words of a lead: its state, commands, events and refusals. Long because each word has its
//! meaning beside it, and they are read together.

use std::{collections::BTreeMap, fmt, str::FromStr};

use super::{BranchCause, Hold, HoldReason};
use crate::{
    call_status::CallStatus,
    id::{CallId, ImportId, LeadId, NodeId, WorkflowId},
    output::Output,
    personal::Personal,
    time::Timestamp,
    value::Value,
    workflow::WorkflowView,
};

/// Named values: variables of a lead, attributes of a call.
pub type Values = BTreeMap<String, Value>;

/// Status of a lead. Source: DOMAIN.md 3.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum LeadStatus {
    /// Enrolled, at no node yet.
    #[default]
    Pending,
    /// At a node.
    Active,
    /// Reached a `CONVERTED` node.
    Completed,
    /// Reached a `DROPPED` node.
    Dropped,
}

impl LeadStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Active, Self::Completed, Self::Dropped];

    /// The text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Completed => "completed",
            Self::Dropped => "dropped",
        }
    }

    /// Whether the lead has reached its end.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Dropped)
    }
}

impl fmt::Display for LeadStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no lead status.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a lead status; the statuses are pending, active, completed, dropped")]
pub struct UnknownLeadStatus {
    text: String,
}

impl FromStr for LeadStatus {
    type Err = UnknownLeadStatus;

    fn from_str(text: &str) -> Result<Self, UnknownLeadStatus> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| UnknownLeadStatus { text: text.chars().take(80).collect() })
    }
}

/// How far the dialling of a call has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Dispatch {
    /// Wanted, and still ours: nobody has been asked to dial.
    #[default]
    Requested,
    /// Somebody may be dialling. From here on it is never handed out again.
    Started {
        /// When the hand-out to an external carrier runs out.
        lease_until: Option<Timestamp>,
    },
    /// The carrier took it.
    Dispatched,
    /// The carrier refused it; nobody's phone rang.
    Refused,
    /// Nobody knows.
    Unknown,
}

/// One call of a lead, as far as decisions need it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// Node it was made for.
    pub node: Option<NodeId>,
    /// Visit it was made for.
    pub visit: u32,
    /// How far dialling has come.
    pub dispatch: Dispatch,
    /// When somebody was first asked to dial; the deadline counts from here.
    pub dispatch_started_at: Option<Timestamp>,
    /// Number it comes from, E.164.
    pub from: String,
    /// Who or what talks.
    pub agent_id: Option<String>,
    /// How long it may ring. Unit: seconds.
    pub ring_timeout_s: Option<u32>,
    /// Furthest status reported; `created` at first.
    pub status: CallStatus,
    /// When the status was last heard of.
    pub status_at: Timestamp,
    /// Whether the status is final.
    pub concluded: bool,
    /// Why it ended, in the provider's word.
    pub end_reason: Option<String>,
    /// What analysis of the call found.
    pub attributes: Personal<Values>,
    /// The carrier's name for the call.
    pub provider_ref: Option<String>,
    /// Other final statuses that were reported later, in order. They moved nothing.
    pub conflicts: Vec<CallStatus>,
    /// When the call was requested.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// What the history of a lead adds up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeadState {
    /// Where it is enrolled; `None` while there is no such lead.
    pub workflow: Option<WorkflowId>,
    /// Keyed tag of the phone number; compares numbers without showing them.
    pub contact_tag: [u8; 16],
    /// Slot of the key that seals the lead's personal fields.
    pub key_slot: u32,
    /// Phone number, E.164.
    pub phone_number: Personal<String>,
    /// Variables.
    pub variables: Personal<Values>,
    /// Notes of people.
    pub notes: Personal<Option<String>>,
    /// Import it came with.
    pub import: Option<ImportId>,
    /// When it was enrolled.
    pub enrolled_at: Timestamp,
    /// Position of its enrolment.
    pub enrolled_position: u64,
    /// Where it stands.
    pub status: LeadStatus,
    /// Whether it was removed; then nothing moves it again.
    pub removed: bool,
    /// Position of its removal; 0 while it is not removed.
    pub removed_position: u64,
    /// Whether it was taken out with an import that was given up; then it never counted.
    pub withdrawn: bool,
    /// Number of the current visit, from 1; 0 while pending.
    pub visit: u32,
    /// The current node; the last one of a final or removed lead.
    pub node: Option<NodeId>,
    /// When it came there.
    pub entered_at: Option<Timestamp>,
    /// Position of the record that brought it there.
    pub entered_position: u64,
    /// Graph revision it came there with.
    pub entered_revision: u32,
    /// When the wait there ends.
    pub release_at: Option<Timestamp>,
    /// Number of the call the visit waits for or waited for.
    pub call: Option<u32>,
    /// Why it stays although its step has something to say.
    pub hold: Option<Hold>,
    /// All calls, by number from 1.
    ///
    /// Boxed: a map keeps room for eleven values, and most leads make one call or two.
    pub calls: BTreeMap<u32, Box<Call>>,
}

impl LeadState {
    /// Whether there is such a lead at all.
    pub const fn exists(&self) -> bool {
        self.workflow.is_some()
    }

    /// The call the current visit waits for or waited for.
    pub fn current_call(&self) -> Option<(u32, &Call)> {
        let number = self.call?;
        Some((number, self.calls.get(&number)?.as_ref()))
    }

    /// The most recent call, which conditions read.
    pub fn last_call(&self) -> Option<&Call> {
        self.calls.last_key_value().map(|(_, call)| call.as_ref())
    }

    /// Whether nothing will ever move it.
    pub const fn has_ended(&self) -> bool {
        self.removed || self.status.is_final()
    }
}

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

/// A fact about a lead. Names are storage format; see `branchline-event-codec`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeadEvent {
    /// The lead is in the workflow.
    LeadEnrolled {
        /// Where.
        workflow: WorkflowId,
        /// Keyed tag of the number.
        contact_tag: [u8; 16],
        /// Slot of its key.
        key_slot: u32,
        /// Phone number, E.164.
        phone_number: Personal<String>,
        /// Variables.
        variables: Personal<Values>,
        /// Notes.
        notes: Personal<Option<String>>,
        /// Import it came with; it counts once that is closed.
        import: Option<ImportId>,
    },
    /// The lead arrived at a node.
    NodeEntered {
        /// Number of the visit, from 1.
        visit: u32,
        /// Which node.
        node: NodeId,
        /// By which revision; the step keeps its config.
        revision: u32,
        /// When the wait here ends.
        release_at: Option<Timestamp>,
    },
    /// A call is wanted. Not dialled yet.
    CallRequested {
        /// Its number, from 1.
        call: u32,
        /// Number it shall come from, E.164.
        from: String,
        /// Who or what talks.
        agent_id: Option<String>,
        /// How long it may ring. Unit: seconds.
        ring_timeout_s: Option<u32>,
    },
    /// Somebody may dial from now on; nobody else will be asked to.
    CallDispatchStarted {
        /// Its number.
        call: u32,
        /// When the hand-out runs out.
        lease_until: Option<Timestamp>,
    },
    /// The carrier took the call.
    CallDispatched {
        /// Its number.
        call: u32,
        /// The carrier's name for it.
        provider_ref: Option<String>,
    },
    /// The carrier refused the call.
    CallDispatchRefused {
        /// Its number.
        call: u32,
        /// Why, in its words.
        reason: Personal<String>,
    },
    /// Nobody knows whether the call was dialled.
    CallDispatchUnknown {
        /// Its number.
        call: u32,
    },
    /// The call went on.
    CallStatusChanged {
        /// Its number.
        call: u32,
        /// The furthest status so far.
        status: CallStatus,
        /// When it came about, if known.
        occurred_at: Option<Timestamp>,
    },
    /// The call ended.
    CallConcluded {
        /// Its number.
        call: u32,
        /// The final status; the first one wins.
        status: CallStatus,
        /// Why, in the provider's word.
        end_reason: Option<String>,
        /// When it came about, if known.
        occurred_at: Option<Timestamp>,
    },
    /// Another final status was reported for a call that had ended. It moves nothing.
    CallConflictRecorded {
        /// Its number.
        call: u32,
        /// The other status.
        status: CallStatus,
        /// Why, in the provider's word.
        end_reason: Option<String>,
    },
    /// The carrier's name for the call became known with a report.
    CallReferenced {
        /// Its number.
        call: u32,
        /// The name.
        provider_ref: String,
    },
    /// Analysis of the call found something.
    CallAttributesAttached {
        /// Its number.
        call: u32,
        /// What is new.
        attributes: Personal<Values>,
    },
    /// The lead took a branch.
    BranchTaken {
        /// Visit that ends.
        visit: u32,
        /// Node it leaves.
        from: NodeId,
        /// Output that decided.
        output: Output,
        /// Node it goes to.
        to: NodeId,
        /// What decided the output.
        cause: BranchCause,
        /// Revision whose edges were read.
        revision: u32,
    },
    /// The lead stays where it is.
    RoutingHeld {
        /// Why.
        reason: HoldReason,
    },
    /// A person decided about a hold.
    HoldResolved {
        /// What.
        choice: Resolution,
    },
    /// The wait at a node ends at this instant.
    ReleasePlanned {
        /// When.
        release_at: Timestamp,
    },
    /// The lead reached a `CONVERTED` node.
    LeadCompleted,
    /// The lead reached a `DROPPED` node.
    LeadDropped,
    /// The lead was taken out.
    LeadRemoved,
    /// The lead was taken out with an import that was given up; it never counted.
    LeadWithdrawn,
    /// Variables or notes changed; the whole new values are here.
    LeadEdited {
        /// Variables from now on.
        variables: Personal<Values>,
        /// Notes from now on.
        notes: Personal<Option<String>>,
    },
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

/// A command the rules refuse. Nothing is recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeadRejection {
    /// No such lead, or it was never enrolled.
    #[error("there is no such lead")]
    NotFound,
    /// It is enrolled already.
    #[error("the lead is enrolled already")]
    AlreadyEnrolled,
    /// The workflow takes no leads.
    #[error("the workflow is {status} and takes no more leads")]
    WorkflowEnded {
        /// Where it stands.
        status: crate::workflow::WorkflowStatus,
    },
    /// No such call of this lead.
    #[error("there is no call {call}")]
    CallNotFound {
        /// The call asked for.
        call: CallId,
    },
    /// The call is not waiting to be dialled.
    #[error("call {call} cannot be {action}: {state}")]
    CallNotRequested {
        /// The call.
        call: CallId,
        /// What was asked.
        action: &'static str,
        /// What it is instead.
        state: String,
    },
    /// Dialling is not allowed now.
    #[error("call {call} waits: the workflow is {status}")]
    WorkflowNotActive {
        /// The call.
        call: CallId,
        /// Where the workflow stands.
        status: crate::workflow::WorkflowStatus,
    },
    /// The lead has come to its end.
    #[error("the lead is {state} already")]
    Ended {
        /// `completed`, `dropped` or `removed`.
        state: &'static str,
    },
    /// Nothing holds the lead.
    #[error("the lead is not held: there is nothing to resolve")]
    NotHeld,
    /// Variables are out of their limits.
    #[error("variables: {problem}")]
    InvalidVariables {
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// A person's choice does not fit the node.
    #[error("{problem}")]
    WrongResolution {
        /// What does not fit, and what would.
        problem: String,
    },
}
