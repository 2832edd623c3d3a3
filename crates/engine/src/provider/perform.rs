//! The engine's side: which call, which status, and who is asked in which order.

use std::rc::Rc;

use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, OrganisationId, ProviderEventId},
    lead::{CallReport, Values},
    organisation::{
        NewProviderEvent, OrganisationCommand, OrganisationRejection, ProviderTold,
        UnmatchedReason, check_told,
    },
    provider::{self, ProviderWord, WordMeaning, WordTables},
};
use branchline_journal::record::{Position, StreamKind};

use super::{ProviderAction, ProviderAnswer, ProviderMessage, ProviderOutcome, identity::name_of};
use crate::{
    EngineError,
    asked::Asked,
    command::{Answer, CallAction, CallAnswer, Caller, Committed},
    core::Core,
    host::tell,
    organisation_desk::Desk,
    repeat,
};

/// Does what a host asks about what providers tell.
pub(crate) async fn perform(
    core: Rc<Core>,
    caller: Caller,
    action: ProviderAction,
) -> Result<Answer, EngineError> {
    answer(&core, &caller, action).await.map(Answer::Provider)
}

async fn answer(
    core: &Rc<Core>,
    caller: &Caller,
    action: ProviderAction,
) -> Result<ProviderAnswer, EngineError> {
    let asked = Asked::by(caller);
    let organisation = caller.organisation;
    match action {
        ProviderAction::Hear(message) => hear(core, organisation, *message, &asked).await,
        ProviderAction::Match { event, call, status } => {
            match_to(core, organisation, event, (call, status), &asked).await
        }
        ProviderAction::Dismiss { event, note } => {
            let command = OrganisationCommand::DismissProviderEvent { event, note };
            let outcome = ProviderOutcome::Settled { event };
            record(core, organisation, command, outcome, &asked).await
        }
        ProviderAction::SetWords { provider, words } => {
            let command = OrganisationCommand::SetProviderWords { provider, words };
            record(core, organisation, command, ProviderOutcome::WordsSet, &asked).await
        }
    }
}

async fn record(
    core: &Rc<Core>,
    organisation: OrganisationId,
    command: OrganisationCommand,
    outcome: ProviderOutcome,
    asked: &Asked,
) -> Result<ProviderAnswer, EngineError> {
    let desk = Desk::of(core, organisation);
    let recorded = desk.lock().await.decide(core, &command, asked).await?;
    Ok(ProviderAnswer { outcome, committed: recorded.committed })
}

/// Reports what a provider told of its call, or keeps it.
async fn hear(
    core: &Rc<Core>,
    organisation: OrganisationId,
    message: ProviderMessage,
    asked: &Asked,
) -> Result<ProviderAnswer, EngineError> {
    check_told(&message.told).map_err(EngineError::Organisation)?;
    let event = event_name(core, organisation, &message)?;
    let told = message.told;
    let known = Known::of(core, organisation, &told).await?;
    // What was kept under this key is kept, also when its word was mapped since.
    let was_kept = match repeat::known(core, organisation, asked)? {
        Some(position) => is_of_an_organisation(core, position).await?,
        None => false,
    };
    let reason = match known.meaning.filter(|_| !was_kept) {
        Some(WordMeaning::Ignore) => {
            let outcome = ProviderOutcome::Ignored;
            return Ok(ProviderAnswer { outcome, committed: Committed::default() });
        }
        Some(WordMeaning::Status(status)) => {
            if let Some((call, answer)) = report(core, &known.calls, &told, status, asked).await? {
                let CallAnswer { accepted, committed } = answer;
                let outcome = ProviderOutcome::Reported { call, status, accepted };
                return Ok(ProviderAnswer { outcome, committed });
            }
            UnmatchedReason::UnknownCall
        }
        None if known.meaning.is_some() => UnmatchedReason::UnknownCall,
        None => UnmatchedReason::UnknownWord,
    };
    let new = NewProviderEvent { event, reason, told };
    let command = OrganisationCommand::KeepProviderEvent(Box::new(new));
    let desk = Desk::of(core, organisation);
    let mut desk = desk.lock().await;
    let recorded = desk.decide(core, &command, asked).await?;
    // One that was kept before says what it was kept for.
    let reason = desk.state().provider.get(event).map_or(reason, |kept| kept.reason);
    let outcome = ProviderOutcome::Kept { event, reason };
    Ok(ProviderAnswer { outcome, committed: recorded.committed })
}

fn event_name(
    core: &Core,
    organisation: OrganisationId,
    message: &ProviderMessage,
) -> Result<ProviderEventId, EngineError> {
    let key = core.services.vault.organisation_key(organisation.as_uuid());
    let key = key.map_err(|error| core.services.keys_failed(&error))?;
    Ok(name_of(&key, message))
}

async fn is_of_an_organisation(core: &Rc<Core>, position: Position) -> Result<bool, EngineError> {
    Ok(repeat::stream_kind_at(core, position).await? == StreamKind::ORGANISATION)
}

/// What is known of a message when it comes.
struct Known {
    meaning: Option<WordMeaning>,
    /// The calls that it may be about: the one that it names, then the one that the provider calls so.
    calls: Vec<CallId>,
}

impl Known {
    async fn of(
        core: &Rc<Core>,
        organisation: OrganisationId,
        told: &ProviderTold,
    ) -> Result<Self, EngineError> {
        let look = core.reads().read(|read| {
            let none = WordTables::new();
            let own = read.word_tables(organisation).unwrap_or(&none);
            let named = told.provider_call_id.as_deref();
            let named = named.and_then(|name| read.call_of_provider(organisation, name));
            let calls = told.call.into_iter().chain(named.filter(|call| told.call != Some(*call)));
            let meaning = provider::meaning(own, &told.provider, &told.word);
            Self { meaning, calls: calls.collect() }
        });
        look.await
    }
}

/// Reports a status of the first of these calls that there is; `None` when there is none.
async fn report(
    core: &Rc<Core>,
    calls: &[CallId],
    told: &ProviderTold,
    status: CallStatus,
    asked: &Asked,
) -> Result<Option<(CallId, CallAnswer)>, EngineError> {
    for &call in calls {
        let action = CallAction::Report(report_of(told, status));
        match tell(core, call, action, asked.clone()).await {
            Ok(answer) => return Ok(Some((call, answer))),
            Err(EngineError::CallNotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

fn report_of(told: &ProviderTold, status: CallStatus) -> CallReport {
    CallReport {
        status,
        occurred_at: told.occurred_at,
        end_reason: told.end_reason.clone().filter(|_| status.is_final()),
        attributes: Values::new(),
        provider_ref: told.provider_call_id.clone(),
        heard: Some(ProviderWord {
            provider: told.provider.clone(),
            word: told.word.clone(),
            event_id: told.event_id.clone(),
        }),
    }
}

/// Reports what was kept of the call that a person names, and then records the decision: a crash in
/// between leaves it to be decided again, and the same report again changes nothing.
async fn match_to(
    core: &Rc<Core>,
    organisation: OrganisationId,
    event: ProviderEventId,
    (call, status): (Option<CallId>, Option<CallStatus>),
    asked: &Asked,
) -> Result<ProviderAnswer, EngineError> {
    let desk = Desk::of(core, organisation);
    let mut desk = desk.lock().await;
    let told = match desk.state().provider.get(event) {
        Some(kept) => kept.told.clone(),
        None => return Err(refused(OrganisationRejection::ProviderEventNotFound { event })),
    };
    let known = Known::of(core, organisation, &told).await?;
    let status = status.or(match known.meaning {
        Some(WordMeaning::Status(status)) => Some(status),
        Some(WordMeaning::Ignore) | None => None,
    });
    let Some(status) = status else {
        let problem = format!("no table says which status `{}` is: say which", told.word);
        return Err(invalid("status", problem));
    };
    let calls = call.map_or(known.calls, |call| vec![call]);
    let Some(&first) = calls.first() else {
        return Err(invalid("call_id", "the event does not say which call it is about: say which"));
    };
    // Asked first: what was decided otherwise is not reported.
    for &call in &calls {
        let command = OrganisationCommand::MatchProviderEvent { event, call, status };
        desk.forecast(core, &command)?;
    }
    let reported = report(core, &calls, &told, status, &asked.clone().without_key()).await?;
    let Some((call, _)) = reported else { return Err(EngineError::CallNotFound(first)) };
    let command = OrganisationCommand::MatchProviderEvent { event, call, status };
    let recorded = desk.decide(core, &command, asked).await?;
    let outcome = ProviderOutcome::Settled { event };
    Ok(ProviderAnswer { outcome, committed: recorded.committed })
}

const fn refused(rejection: OrganisationRejection) -> EngineError {
    EngineError::Organisation(rejection)
}

fn invalid(field: &'static str, problem: impl Into<String>) -> EngineError {
    refused(OrganisationRejection::Invalid { field, problem: problem.into() })
}
