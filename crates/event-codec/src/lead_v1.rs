//! Lead events as schema 1 wrote them. Frozen: types are added, what is here never changes again.
//!
//! One struct for each event type. Bincode writes the fields in the order they stand here, and
//! numbers variants from 0. Ids are their 16 bytes, instants are microseconds since 1970 UTC, and
//! `&[u8]` is a sealed field: none when erased. Where a field is `Option<&[u8]>`, `None` says in
//! clear that there is nothing in it.

use bincode::{BorrowDecode, Encode};

use crate::words_v1::{CallStatus, Output};

#[derive(Encode, BorrowDecode)]
pub(crate) struct Enrolled<'a> {
    pub(crate) workflow: [u8; 16],
    pub(crate) contact_tag: [u8; 16],
    pub(crate) key_slot: u32,
    pub(crate) phone_number: &'a [u8],
    pub(crate) variables: Option<&'a [u8]>,
    pub(crate) notes: Option<&'a [u8]>,
    pub(crate) import: Option<[u8; 16]>,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct NodeEntered {
    pub(crate) visit: u32,
    pub(crate) node: [u8; 16],
    pub(crate) revision: u32,
    pub(crate) release_at: Option<i64>,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct CallRequested<'a> {
    pub(crate) call: u32,
    pub(crate) from: &'a str,
    pub(crate) agent_id: Option<&'a str>,
    pub(crate) ring_timeout_s: Option<u32>,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct CallDispatchStarted {
    pub(crate) call: u32,
    pub(crate) lease_until: Option<i64>,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct CallDispatched<'a> {
    pub(crate) call: u32,
    pub(crate) provider_ref: Option<&'a str>,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct CallDispatchRefused<'a> {
    pub(crate) call: u32,
    pub(crate) reason: &'a [u8],
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct CallDispatchUnknown {
    pub(crate) call: u32,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct CallStatusChanged {
    pub(crate) call: u32,
    pub(crate) status: CallStatus,
    pub(crate) occurred_at: Option<i64>,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct CallConcluded<'a> {
    pub(crate) call: u32,
    pub(crate) status: CallStatus,
    pub(crate) end_reason: Option<&'a str>,
    pub(crate) occurred_at: Option<i64>,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct CallConflictRecorded<'a> {
    pub(crate) call: u32,
    pub(crate) status: CallStatus,
    pub(crate) end_reason: Option<&'a str>,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct CallReferenced<'a> {
    pub(crate) call: u32,
    pub(crate) provider_ref: &'a str,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct CallAttributesAttached<'a> {
    pub(crate) call: u32,
    pub(crate) attributes: Option<&'a [u8]>,
}

#[derive(Encode, BorrowDecode)]
pub(crate) enum BranchCause {
    Call(u32),
    Condition,
    Release,
    Application,
    Person,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct BranchTaken<'a> {
    pub(crate) visit: u32,
    pub(crate) from: [u8; 16],
    pub(crate) output: Output<'a>,
    pub(crate) to: [u8; 16],
    pub(crate) cause: BranchCause,
    pub(crate) revision: u32,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct Outcome<'a> {
    pub(crate) output: Output<'a>,
    pub(crate) cause: BranchCause,
}

#[derive(Encode, BorrowDecode)]
pub(crate) enum RoutingHeld<'a> {
    WorkflowPaused(Outcome<'a>),
    MissingOutput(Outcome<'a>),
    ReviewRequired(CallStatus),
    NodeIncomplete,
    CallOverdue,
    DialOutcomeUnknown,
    DialRefused,
    UnreadableTime(&'a [u8]),
    ApplicationReview,
    EndlessLoop,
}

#[derive(Encode, BorrowDecode)]
pub(crate) enum HoldResolved<'a> {
    Output(Output<'a>),
    Redial,
    ReleaseAt(i64),
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct ReleasePlanned {
    pub(crate) release_at: i64,
}

/// Of an event that has no fields: no bytes.
#[derive(Encode, BorrowDecode)]
pub(crate) struct Nothing;

#[derive(Encode, BorrowDecode)]
pub(crate) struct Edited<'a> {
    pub(crate) variables: Option<&'a [u8]>,
    pub(crate) notes: Option<&'a [u8]>,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct Moved {
    pub(crate) visit: u32,
    pub(crate) from: [u8; 16],
    pub(crate) to: [u8; 16],
    pub(crate) revision: u32,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct CallScheduled {
    pub(crate) call: u32,
    pub(crate) not_before: i64,
    pub(crate) expires_at: Option<i64>,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct AnalysisAwaited {
    pub(crate) until: i64,
}

/// Of `lead.application_requested` and `lead.application_started`.
#[derive(Encode, BorrowDecode)]
pub(crate) struct ApplicationTry {
    pub(crate) attempt: u32,
}

#[derive(Encode, BorrowDecode)]
pub(crate) enum ApplicationOutcome {
    Succeeded,
    Failed,
    Unavailable,
    Interrupted,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct ApplicationTried<'a> {
    pub(crate) attempt: u32,
    pub(crate) outcome: ApplicationOutcome,
    pub(crate) latency_ms: u32,
    pub(crate) missing_fields: Vec<&'a str>,
    pub(crate) evidence: &'a [u8],
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct ApplicationAnswered<'a> {
    pub(crate) node: [u8; 16],
    pub(crate) fields: Option<&'a [u8]>,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct Erased {
    pub(crate) key_slot: u32,
}

#[derive(Encode, BorrowDecode)]
pub(crate) struct ProviderStatusHeard<'a> {
    pub(crate) call: u32,
    pub(crate) provider: &'a str,
    pub(crate) word: &'a str,
    pub(crate) event_id: Option<&'a str>,
    pub(crate) status: CallStatus,
}

/// What is inside the seal of variables, attributes and fields of answers, in ascending order of the names. Notes,
/// numbers and reasons are their UTF-8 text.
pub(crate) type Values<'a> = Vec<(&'a str, Value<'a>)>;

#[derive(Encode, BorrowDecode)]
pub(crate) enum Value<'a> {
    Text(&'a str),
    /// `digits` divided by ten to the power of `places`.
    Number {
        digits: i128,
        places: u32,
    },
    Bool(bool),
}
