//! What lead actors are asked, and what they answer.

use std::sync::Arc;

use branchline_domain::{id::LeadId, lead::LeadCommand, time::Timestamp};
use tokio::sync::oneshot;

use crate::{
    EngineError, application_try::ApplicationTry, asked::Asked, command::Committed,
    erasure::ErasedLead, host_reply::HostReply, ports::DialRequest,
};

/// What came of a command to a lead.
#[derive(Clone, Debug)]
pub(crate) struct LeadOutcome {
    /// Where the events it made are recorded.
    pub(crate) committed: Committed,
    /// For a report about a call: whether it is part of the call's story.
    pub(crate) accepted: bool,
    /// The lead whose live call keeps the number busy: then the dispatch did not start, and
    /// nothing is recorded.
    pub(crate) phone_busy: Option<LeadId>,
    /// For an erasure: what it takes to destroy the lead's key.
    pub(crate) erased: Option<ErasedLead>,
}

/// Why a command came to nothing.
#[derive(Debug)]
pub(crate) enum LeadFailure {
    /// The command was refused, or failed for good.
    Refused(EngineError),
    /// The actor knew less than the journal. It is gone; ask its successor.
    Stale,
}

/// What a lead answers to a command.
pub(crate) type LeadAnswer = Result<LeadOutcome, LeadFailure>;

/// Takes what came of a command. Whoever asked may be gone; what is durable stays.
pub(crate) enum LeadReply {
    /// A part of the engine waits for it.
    Waiting(oneshot::Sender<LeadAnswer>),
    /// It goes straight to the host.
    Host(HostReply),
}

impl LeadReply {
    pub(crate) fn send(self, answer: LeadAnswer) {
        match self {
            Self::Waiting(reply) => drop(reply.send(answer)),
            Self::Host(reply) => reply.send(answer),
        }
    }
}

/// A command on its way to a lead actor.
pub(crate) struct Perform {
    pub(crate) command: Arc<LeadCommand>,
    pub(crate) asked: Asked,
    /// Read once, at the edge.
    pub(crate) now: Timestamp,
    pub(crate) reply: LeadReply,
}

/// A message to a lead actor.
#[derive(actix::Message)]
#[rtype(result = "()")]
pub(crate) enum LeadTask {
    /// Decide, record, answer.
    Perform(Box<Perform>),
    /// Say what a carrier needs to know to dial a call.
    Dial { call: u32, reply: oneshot::Sender<Result<DialRequest, LeadFailure>> },
    /// Say what the newest try of the application step is, if it stands at one.
    Application { reply: oneshot::Sender<Result<Option<ApplicationTry>, LeadFailure>> },
}

impl LeadTask {
    /// Answers without having done anything. An answer that nobody waits for is no loss.
    pub(crate) fn refuse(self, error: EngineError) {
        match self {
            Self::Perform(perform) => perform.reply.send(Err(LeadFailure::Refused(error))),
            Self::Dial { reply, .. } => drop(reply.send(Err(LeadFailure::Refused(error)))),
            Self::Application { reply } => drop(reply.send(Err(LeadFailure::Refused(error)))),
        }
    }
}
