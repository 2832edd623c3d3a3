//! What the history of a lead adds up to, with its calls.

use std::collections::{BTreeMap, BTreeSet};

use super::{Hold, LeadStatus};
use crate::{
    call_status::CallStatus,
    id::{ImportId, NodeId, WorkflowId},
    personal::Personal,
    time::Timestamp,
    value::Value,
};

/// Named values: variables of a lead, attributes of a call.
pub type Values = BTreeMap<String, Value>;

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
    /// Nobody is asked to dial before this instant.
    pub not_before: Option<Timestamp>,
    /// When it ends as `retry_expired` unless somebody was asked to dial.
    pub expires_at: Option<Timestamp>,
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

impl Call {
    /// Whether somebody may be on the phone: dialling has begun, and there is no final status.
    pub const fn is_in_progress(&self) -> bool {
        !self.concluded
            && match self.dispatch {
                Dispatch::Started { .. } | Dispatch::Dispatched | Dispatch::Unknown => true,
                Dispatch::Requested | Dispatch::Refused => false,
            }
    }
}

/// How far a try of an application step has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplicationStage {
    /// Wanted; nothing was sent.
    Requested,
    /// The application may be at work.
    Started,
    /// It has come to its end; another may follow at the lead's release time.
    Tried,
}

/// The newest try of an application step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApplicationRun {
    /// Number of the try within the visit, from 1.
    pub attempt: u32,
    /// How far it has come.
    pub stage: ApplicationStage,
    /// Since when.
    pub since: Timestamp,
    /// Position of the record that says so.
    pub position: u64,
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
    /// When what is personal of it was erased.
    pub erased_at: Option<Timestamp>,
    /// Position of the erasure; 0 while it is not erased.
    pub erased_position: u64,
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
    /// The newest try of the application step it stands at.
    pub application: Option<Box<ApplicationRun>>,
    /// What the step waits for until then at most: analysis of the last call.
    pub analysis_until: Option<Timestamp>,
    /// Why it stays although its step has something to say.
    pub hold: Option<Hold>,
    /// The newest answer that each application gave it, by node.
    pub answers: BTreeMap<NodeId, Personal<Values>>,
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

    /// How often it has come to a call node: the visits that requested a call.
    pub fn call_visits(&self, node: NodeId) -> usize {
        let visits = self.calls.values().filter(|call| call.node == Some(node));
        visits.map(|call| call.visit).collect::<BTreeSet<u32>>().len()
    }

    /// Whether something outside may be at work on the current visit: a call that somebody was
    /// asked to dial and that has not ended, or a try of an application.
    pub fn is_at_work(&self) -> bool {
        let calling = self.current_call().is_some_and(|(_, call)| call.is_in_progress());
        let trying = self.application.as_ref();
        calling || trying.is_some_and(|run| run.stage == ApplicationStage::Started)
    }

    /// Whether what is personal of it was erased.
    pub const fn is_erased(&self) -> bool {
        self.erased_at.is_some()
    }

    /// Whether nothing will ever move it.
    pub const fn has_ended(&self) -> bool {
        self.removed || self.status.is_final()
    }
}
