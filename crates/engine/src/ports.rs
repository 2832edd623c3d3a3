//! What the engine takes from outside: time, names, phones. Replaced as a whole in simulations.

use std::{future::Future, pin::Pin, time::Duration};

use branchline_domain::{
    id::{CallId, NodeId, OrganisationId, WorkflowId},
    lead::CallReport,
    time::Timestamp,
};
use uuid::Uuid;

use crate::EngineHandle;

/// A future without a lifetime that may move between threads.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;

/// Where now comes from. Never read twice for one decision.
pub trait Clock: Send + Sync + 'static {
    /// Now, in this clock's time.
    fn now(&self) -> Timestamp;

    /// How long to sleep in real time until this clock shows `at`; zero when it is past.
    fn until(&self, at: Timestamp) -> Duration;
}

/// Where ids come from.
pub trait Ids: Send + Sync + 'static {
    /// A fresh `UUIDv7`.
    fn uuid(&self) -> Uuid;
}

/// A call that a carrier shall dial. Whoever holds it may dial it, once.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct DialRequest {
    /// The call's id; the carrier is asked by it later.
    pub call_id: CallId,
    /// Workflow it belongs to.
    pub workflow_id: WorkflowId,
    /// Whose it is.
    pub organisation_id: OrganisationId,
    /// Node it is made for.
    pub node_id: Option<NodeId>,
    /// Number to dial, E.164.
    pub to: String,
    /// Number it comes from, E.164.
    pub from: String,
    /// Who or what talks.
    pub agent_id: Option<String>,
    /// How long it may ring. Unit: seconds.
    pub ring_timeout_s: Option<u32>,
    /// Variables of the lead, for the agent.
    pub variables: branchline_domain::lead::Values,
    /// When the hand-out runs out; only for an external carrier.
    pub lease_until: Option<Timestamp>,
}

/// What came of asking a carrier to dial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DialOutcome {
    /// The carrier took the call.
    Dispatched {
        /// Its name for the call.
        provider_ref: Option<String>,
    },
    /// The carrier surely did not dial.
    Refused {
        /// Why, in its words.
        reason: String,
    },
    /// Nobody knows: a timeout, a reset, a crash.
    Unknown,
}

/// What a carrier knows of a call it may have been asked to dial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AskOutcome {
    /// It has the call, and goes on reporting its statuses unless it has ended.
    Known {
        /// Its name for the call.
        provider_ref: Option<String>,
        /// How the call stands now, if the carrier says. Counts like any report of it; a final
        /// status ends the wait of the lead.
        report: Option<CallReport>,
    },
    /// It cannot tell.
    Unknown,
}

/// A carrier inside this process. Calls it at most once for each call.
pub trait Carrier: Send + Sync + 'static {
    /// Called once, before anything else: reports go to this handle.
    fn attach(&self, engine: EngineHandle);

    /// Dials. The answer says whether the carrier took the call; its statuses are reported to the
    /// handle, from then on.
    fn dial(&self, call: DialRequest) -> BoxFuture<DialOutcome>;

    /// Asks for a call that was handed over before a restart, whatever came of it, or that has had
    /// no final status by its deadline. A carrier that knows it goes on reporting its statuses. It
    /// may be asked for one call more than once, and has 30 s to answer; a panic or silence counts
    /// as [`AskOutcome::Unknown`].
    fn ask(&self, call: DialRequest) -> BoxFuture<AskOutcome>;
}

/// Who dials.
pub enum Phones {
    /// A host or its worker: takes calls with `claim`, and reports.
    External,
    /// A carrier in this process.
    InProcess(std::sync::Arc<dyn Carrier>),
}

impl std::fmt::Debug for Phones {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::External => "External",
            Self::InProcess(_) => "InProcess",
        })
    }
}
