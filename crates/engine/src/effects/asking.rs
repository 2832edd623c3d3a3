//! How effects ask leads: what an answer means, and asking again when the engine is busy.

use std::{future::Future, rc::Rc, sync::Arc, time::Duration};

use branchline_domain::{
    id::LeadId,
    lead::{LeadCommand, LeadRejection},
};
use branchline_journal::record::Position;

use tokio::sync::oneshot;

use crate::{
    EngineError,
    asked::Asked,
    core::Core,
    lead_task::{LeadFailure, LeadOutcome, LeadReply, LeadTask, Perform},
};

/// Pause after a refusal for want of room.
const BUSY_PAUSE: Duration = Duration::from_millis(20);
/// Pause after any other refusal. Mostly the read models were a moment behind.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);
/// Pause for a lead that was set aside: only a person can mend that.
const SET_ASIDE_PAUSE: Duration = Duration::from_mins(1);

/// What came of asking a lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Something was recorded.
    Recorded(Position),
    /// There was nothing to do, or the rules said no. Not to be asked again before this long.
    Nothing(Duration),
    /// Too much is under way. To be asked again after this long.
    Busy(Duration),
    /// The engine stops or has failed.
    Ended,
}

/// What an answer means for who asked on behalf of the engine.
pub(super) fn told(lead: LeadId, answer: &Result<LeadOutcome, EngineError>) -> Told {
    match answer {
        Ok(outcome) => {
            outcome.committed.position.map_or(Told::Nothing(REFUSED_PAUSE), Told::Recorded)
        }
        Err(EngineError::Busy | EngineError::Behind) => Told::Busy(BUSY_PAUSE),
        Err(EngineError::ShuttingDown | EngineError::Unavailable { .. }) => Told::Ended,
        // Told by the supervisor, once.
        Err(EngineError::SetAside { .. }) => Told::Nothing(SET_ASIDE_PAUSE),
        Err(
            error @ (EngineError::WorkflowNotFound(_)
            | EngineError::LeadNotFound(_)
            | EngineError::CallNotFound(_)
            | EngineError::Workflow(_)
            | EngineError::Lead(_)
            | EngineError::Organisation(_)
            | EngineError::Rows { .. }
            | EngineError::Invalid { .. }
            | EngineError::KeyReused
            | EngineError::RequestUnderWay
            | EngineError::TooLarge { .. }),
        ) => {
            // Normal: paused, removed or reported meanwhile.
            tracing::debug!(%lead, %error, "an effect was refused");
            Told::Nothing(REFUSED_PAUSE)
        }
    }
}

/// Gives a command to a lead at once, and lets the lead leave memory soon after: it is one of many
/// that nobody else asked for, and must not crowd out those that hosts ask for. The future gives
/// what came of it.
pub(super) fn visit(
    core: &Rc<Core>,
    lead: LeadId,
    command: &Arc<LeadCommand>,
    asked: &Asked,
) -> impl Future<Output = Told> + use<> {
    let (reply, answer) = oneshot::channel();
    let perform = Perform {
        command: Arc::clone(command),
        asked: asked.clone(),
        now: core.now(),
        reply: LeadReply::Waiting(reply),
    };
    core.visit_lead(lead, LeadTask::Perform(Box::new(perform)));
    let (core, held) = (Rc::clone(core), core.hold(1));
    async move {
        let told = match answer.await {
            Ok(Ok(outcome)) => told(lead, &Ok(outcome)),
            Ok(Err(LeadFailure::Refused(error))) => told(lead, &Err(error)),
            // The actor is gone, and with it the message or what it knew: its successor is asked
            // like any lead that was too busy.
            Ok(Err(LeadFailure::Stale)) | Err(_) => Told::Busy(BUSY_PAUSE),
        };
        drop(held);
        core.visit_ended();
        told
    }
}

/// A call that is not to be dialled at this hour is put off, so that nobody asks for it before.
pub(super) async fn put_off_if_closed(
    core: &Rc<Core>,
    lead: LeadId,
    begun: &Result<LeadOutcome, EngineError>,
) {
    if matches!(begun, Err(EngineError::Lead(LeadRejection::OutsideCallingWindow { .. }))) {
        let asked = Asked::engine("calling_window");
        surely(core, lead, LeadCommand::Advance, asked).await;
    }
}

/// Asks until there is an answer other than that too much is under way. What has happened outside
/// must be recorded, so this gives up only when the engine does.
pub(super) async fn surely(
    core: &Rc<Core>,
    lead: LeadId,
    command: LeadCommand,
    asked: Asked,
) -> Told {
    let command = Arc::new(command);
    loop {
        let answer = core.perform_lead(lead, Arc::clone(&command), asked.clone()).await;
        match told(lead, &answer) {
            Told::Busy(pause) => tokio::time::sleep(pause).await,
            told @ (Told::Recorded(_) | Told::Nothing(_) | Told::Ended) => return told,
        }
    }
}
