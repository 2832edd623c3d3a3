//! The way of an answer from a lead's actor straight to the host: no task waits in between.

use std::{rc::Rc, sync::Arc};

use crate::{
    EngineError,
    answers::Reply,
    asked::Asked,
    command::{Answer, CallAnswer},
    core::Core,
    lead_task::{LeadAnswer, LeadFailure, LeadOutcome},
    workload::{SecondAsks, UnderWay},
};
use branchline_domain::{
    id::{CallId, LeadId},
    lead::LeadCommand,
};

/// What the host asked about, which decides how its answer reads.
#[derive(Clone, Copy, Debug)]
pub(crate) enum About {
    Lead(LeadId),
    Call(CallId),
}

impl About {
    pub(crate) const fn lead(self) -> LeadId {
        match self {
            Self::Lead(lead) => lead,
            Self::Call(call) => call.lead,
        }
    }

    fn answer(self, outcome: Result<LeadOutcome, EngineError>) -> Result<Answer, EngineError> {
        match self {
            Self::Lead(_) => outcome.map(|outcome| Answer::Lead(outcome.committed)),
            Self::Call(call) => call_answer(call, outcome).map(Answer::Call),
        }
    }
}

/// How the answer to something told about a call reads.
pub(crate) fn call_answer(
    call: CallId,
    outcome: Result<LeadOutcome, EngineError>,
) -> Result<CallAnswer, EngineError> {
    match outcome {
        Ok(outcome) => Ok(CallAnswer { accepted: outcome.accepted, committed: outcome.committed }),
        // A call without its lead is not there either.
        Err(EngineError::LeadNotFound(_)) => Err(EngineError::CallNotFound(call)),
        Err(error) => Err(error),
    }
}

/// A request of a host to one lead.
#[derive(Debug)]
pub(crate) struct HostAsk {
    pub(crate) about: About,
    pub(crate) command: Arc<LeadCommand>,
    pub(crate) asked: Asked,
    pub(crate) reply: Reply,
}

impl HostAsk {
    fn answer(self, under_way: UnderWay, outcome: Result<LeadOutcome, EngineError>) {
        under_way.answer(self.reply, self.about.answer(outcome));
    }
}

/// Answers a host. When the actor goes away without an answer, its successor is asked, once.
#[derive(Debug)]
pub(crate) struct HostReply(Option<(HostAsk, UnderWay)>);

impl HostReply {
    pub(crate) const fn new(under_way: UnderWay, ask: HostAsk) -> Self {
        Self(Some((ask, under_way)))
    }

    pub(crate) fn send(mut self, answer: LeadAnswer) {
        let outcome = match answer {
            Ok(outcome) => Ok(outcome),
            Err(LeadFailure::Refused(error)) => Err(error),
            // The drop asks again.
            Err(LeadFailure::Stale) => return,
        };
        if let Some((ask, under_way)) = self.0.take() {
            ask.answer(under_way, outcome);
        }
    }
}

impl Drop for HostReply {
    fn drop(&mut self) {
        // Nothing is begun here: this may run while an actor panics, or while the engine ends.
        if let Some((ask, under_way)) = self.0.take() {
            under_way.ask_again(ask);
        }
    }
}

/// Asks the successors of actors that went away, for as long as the engine runs.
pub(crate) async fn ask_successors(core: Rc<Core>, mut asks: SecondAsks) {
    while let Some((ask, under_way)) = asks.recv().await {
        let core = Rc::clone(&core);
        actix::spawn(async move {
            let lead = ask.about.lead();
            let outcome = core.ask_successor(lead, &ask.command, &ask.asked).await;
            ask.answer(under_way, outcome);
        });
    }
}
