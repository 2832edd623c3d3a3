//! What can be recorded of a lead.

use super::{ApplicationOutcome, BranchCause, HoldReason, Resolution, Values};
use crate::{
    call_status::CallStatus,
    id::{ImportId, NodeId, WorkflowId},
    output::Output,
    personal::Personal,
    provider::ProviderWord,
    time::Timestamp,
};

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
    /// A call that is wanted may not be dialled before this instant: outside the calling window of
    /// its node, or because it is an attempt that does not wait for ever.
    CallScheduled {
        /// Its number.
        call: u32,
        /// Nobody is asked to dial before.
        not_before: Timestamp,
        /// When it ends as `retry_expired` unless somebody was asked to dial.
        expires_at: Option<Timestamp>,
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
    /// A status of the call was heard in a provider's word. What it made of the call is in the same
    /// record.
    ProviderStatusHeard {
        /// Its number.
        call: u32,
        /// What was heard.
        heard: Box<ProviderWord>,
        /// The status that it was taken for.
        status: CallStatus,
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
    /// The lead was put at another node, by a person or because its node was taken away. No output
    /// was decided.
    LeadMoved {
        /// Visit that ends.
        visit: u32,
        /// Node it leaves.
        from: NodeId,
        /// Node it goes to.
        to: NodeId,
        /// Revision that was read.
        revision: u32,
    },
    /// The step reads what analysis of the last call finds, and waits for that.
    AnalysisAwaited {
        /// It goes on without, then.
        until: Timestamp,
    },
    /// A try of the application step is wanted. Not begun yet.
    ApplicationRequested {
        /// Number of the try within the visit, from 1.
        attempt: u32,
    },
    /// The application may be at work from now on.
    ApplicationStarted {
        /// Number of the try.
        attempt: u32,
    },
    /// What came of a try.
    ApplicationTried {
        /// Number of the try.
        attempt: u32,
        /// What came of it.
        outcome: ApplicationOutcome,
        /// How long it took. Unit: milliseconds.
        latency_ms: u32,
        /// Names that the templates or the config asked for and the lead does not have.
        missing_fields: Vec<String>,
        /// Request and response, redacted, as JSON text; empty when nothing was sent.
        evidence: Personal<String>,
    },
    /// Fields of an application's answer, which conditions read as `application.<node>.<field>`.
    ApplicationAnswered {
        /// The node that asked.
        node: NodeId,
        /// All fields of the newest answer.
        fields: Personal<Values>,
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
    /// What is personal of the lead was erased: the key that opens it is to be destroyed. Replay
    /// gives the same state from here on with and without that key.
    LeadErased {
        /// Slot of that key, so that this record alone is enough to destroy it again.
        key_slot: u32,
    },
    /// Variables or notes changed; the whole new values are here.
    LeadEdited {
        /// Variables from now on.
        variables: Personal<Values>,
        /// Notes from now on.
        notes: Personal<Option<String>>,
    },
}
