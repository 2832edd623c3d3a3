//! What telephony providers tell of calls: taking it, and what a person makes of what could not be
//! used.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse};
use branchline_domain::{
    call_status::CallStatus,
    id::{CallId, OrganisationId, ProviderEventId},
    organisation::{
        FACT_BYTES_MAX, FACTS_MAX, KeptEvent, ProviderEventState, ProviderTold, Settled,
        UnmatchedReason,
    },
    provider::says_how_it_went,
    time::Timestamp,
};
use branchline_engine::provider::{
    ProviderAction, ProviderAnswer, ProviderMessage, ProviderOutcome,
};
use branchline_projections::ProviderEventFilter;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::{
    headers::{Write, organisation, state},
    json::Fields,
    openapi::{self, names, parameters::Paging, provider_bodies},
    paging::{Listing, Wanted},
    paths,
    problem::{Answer, Problem},
    provider_words::provider_of,
    query::Query,
};

/// What came of what a provider told.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HeardProvider)]
struct HeardShape {
    /// Reported of a call, ignored as the word table says, or kept for a person.
    #[schema(value_type = names::ProviderOutcome)]
    outcome: &'static str,
    /// The call that it was reported of.
    #[schema(value_type = Option<names::CallId>)]
    call_id: Option<CallId>,
    /// The status that the word stands for.
    #[schema(value_type = Option<names::CallStatus>)]
    status: Option<CallStatus>,
    /// Whether the report is part of the call's story: another final status than the first is not.
    accepted: Option<bool>,
    /// What it is kept as.
    #[schema(value_type = Option<names::ProviderEventId>)]
    provider_event_id: Option<ProviderEventId>,
    /// Why it could not be used.
    #[schema(value_type = Option<names::UnmatchedReason>)]
    reason: Option<UnmatchedReason>,
}

/// A message that could not be used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProviderEvent)]
struct KeptShape {
    #[schema(value_type = names::ProviderEventId)]
    id: ProviderEventId,
    /// What became of it.
    #[schema(value_type = names::ProviderEventState)]
    state: ProviderEventState,
    #[schema(value_type = names::UnmatchedReason)]
    reason: UnmatchedReason,
    /// Who told it.
    provider: String,
    /// The provider's word for the status.
    word: String,
    /// The provider's name for the call.
    provider_call_id: Option<String>,
    /// The call that it was matched to; before that, the one that the message named.
    #[schema(value_type = Option<names::CallId>)]
    call_id: Option<CallId>,
    /// The status that was reported of the call.
    #[schema(value_type = Option<names::CallStatus>)]
    status: Option<CallStatus>,
    /// The provider's name for the message.
    event_id: Option<String>,
    /// Why the call ended, in the provider's word.
    end_reason: Option<String>,
    #[schema(value_type = Option<names::Timestamp>)]
    occurred_at: Option<Timestamp>,
    /// Fields of the message that say how the call went, and name nobody.
    facts: BTreeMap<String, String>,
    /// When it was recorded.
    #[schema(value_type = names::Timestamp)]
    received_at: Timestamp,
    /// When a person decided.
    #[schema(value_type = Option<names::Timestamp>)]
    settled_at: Option<Timestamp>,
    /// Why it was dismissed.
    note: Option<String>,
    /// The record that kept it.
    position: u64,
    /// The record that says what a person decided, and who that was.
    settled_position: Option<u64>,
}

impl KeptShape {
    fn of(position: u64, kept: &KeptEvent) -> Self {
        let told = kept.told.clone();
        let (mut call_id, mut status, mut note) = (told.call, None, None);
        match &kept.settled {
            Some((Settled::Matched { call, status: reported }, ..)) => {
                (call_id, status) = (Some(*call), Some(*reported));
            }
            Some((Settled::Dismissed { note: said }, ..)) => note = Some(said.clone()),
            None => {}
        }
        Self {
            id: kept.id,
            state: kept.state(),
            reason: kept.reason,
            provider: told.provider,
            word: told.word,
            provider_call_id: told.provider_call_id,
            call_id,
            status,
            event_id: told.event_id,
            end_reason: told.end_reason,
            occurred_at: told.occurred_at,
            facts: told.facts,
            received_at: kept.received_at,
            settled_at: kept.settled.as_ref().map(|(_, at, _)| *at),
            note,
            position,
            settled_position: kept.settled.as_ref().map(|(_, _, position)| *position),
        }
    }
}

/// Takes what a telephony provider told of a call, in its own word.
///
/// The word table says which status it is, and the call is found by `call_id`, else by
/// `provider_call_id`: then it is reported of the call. What cannot be used is kept (202) until a
/// person has decided. Sent again, it is not kept twice.
#[utoipa::path(
    post, path = "/v1/provider-events", operation_id = "hearProvider", tag = openapi::PROVIDERS,
    request_body = provider_bodies::ProviderMessage,
    responses(
        (status = 200, description = "It was reported of its call, or ignored.", body = HeardShape),
        (status = 202, description = "It is kept until a person has decided.", body = HeardShape),
    ),
    extensions(("x-problems" = json!(["invalid_value", "outside_calling_window", "too_many_unmatched"]))),
)]
pub(crate) async fn hear(request: HttpRequest, write: Write) -> Answer {
    Query::of(&request)?.finish()?;
    let message = read_message(write.fields()?)?;
    let action = ProviderAction::Hear(Box::new(message));
    let engine = &state(&request)?.engine;
    let ProviderAnswer { outcome, .. } = engine.tell_of_provider(&write.caller, action).await?;
    let nothing = HeardShape {
        outcome: "ignored",
        call_id: None,
        status: None,
        accepted: None,
        provider_event_id: None,
        reason: None,
    };
    Ok(match outcome {
        ProviderOutcome::Reported { call, status, accepted } => {
            HttpResponse::Ok().json(HeardShape {
                outcome: "reported",
                call_id: Some(call),
                status: Some(status),
                accepted: Some(accepted),
                ..nothing
            })
        }
        ProviderOutcome::Kept { event, reason } => HttpResponse::Accepted().json(HeardShape {
            outcome: "kept",
            provider_event_id: Some(event),
            reason: Some(reason),
            ..nothing
        }),
        ProviderOutcome::Ignored | ProviderOutcome::Settled { .. } | ProviderOutcome::WordsSet => {
            HttpResponse::Ok().json(nothing)
        }
    })
}

fn read_message(mut fields: Fields) -> Result<ProviderMessage, Problem> {
    let provider = fields.required::<String>("provider");
    let word = fields.required::<String>("status");
    let mut told = ProviderTold {
        provider_call_id: named(fields.optional("provider_call_id")),
        call: fields.optional("call_id"),
        event_id: named(fields.optional("event_id")),
        end_reason: named(fields.optional("end_reason")),
        occurred_at: fields.optional("occurred_at"),
        ..ProviderTold::default()
    };
    let payload = fields.optional::<Map<String, Value>>("payload");
    (told.provider, told.word) = fields.finish(provider.zip(word))?;
    if let Some(payload) = &payload {
        facts_of(payload, &mut told.facts);
    }
    let content = json!([
        told.word,
        told.provider_call_id,
        told.call,
        told.end_reason,
        told.occurred_at,
        payload
    ]);
    Ok(ProviderMessage { told, content: content.to_string() })
}

/// An empty name names nothing.
fn named(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// Collects what says how the call went and names nobody. The depth of bodies is bounded.
fn facts_of(payload: &Map<String, Value>, facts: &mut BTreeMap<String, String>) {
    for (name, value) in payload {
        let text = match value {
            Value::Object(inner) => {
                facts_of(inner, facts);
                continue;
            }
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(yes) => yes.to_string(),
            Value::Null | Value::Array(_) => continue,
        };
        let is_short = !text.is_empty() && text.len() <= FACT_BYTES_MAX;
        if facts.len() < FACTS_MAX && is_short && says_how_it_went(name) {
            facts.insert(name.clone(), text);
        }
    }
}

/// What providers told and could not be used, as it came unless `sort` says otherwise.
///
/// All that wait for a person, and the last 1,000 that were decided about. The journal has all.
#[utoipa::path(
    get, path = "/v1/provider-events", operation_id = "listProviderEvents", tag = openapi::PROVIDERS,
    params(("provider" = Option<names::ProviderName>, Query, description = "Only of this provider."), ("reason" = Option<names::UnmatchedReason>, Query, description = "Only those that could not be used for this reason."), ("state" = Option<names::ProviderEventState>, Query, description = "Only those of which this became."), ("sort" = Option<names::ProviderEventSort>, Query, description = "In which order."), Paging),
    responses((status = 200, description = "A page.", body = Listing<KeptShape>)),
)]
pub(crate) async fn list(request: HttpRequest) -> Answer {
    let mut query = Query::of(&request)?;
    let filter = ProviderEventFilter {
        provider: provider_of(&mut query),
        reason: word(&mut query, "reason", &UnmatchedReason::ALL, UnmatchedReason::as_str),
        state: word(&mut query, "state", &ProviderEventState::ALL, ProviderEventState::as_str),
    };
    let (wanted, order) = Wanted::in_order(&mut query);
    query.finish()?;
    let organisation = organisation(&request);
    let page = state(&request)?
        .engine
        .read(|read| {
            let page = read.provider_events(organisation, &filter, order, wanted.paging());
            let rows = page.items.iter().map(|&(position, kept)| KeptShape::of(position, kept));
            wanted.listing(page.total, page.next, rows.collect::<Vec<_>>())
        })
        .await?;
    Ok(HttpResponse::Ok().json(page))
}

/// A query parameter that is one of a few words; a fault is left in the query.
fn word<T: Copy>(
    query: &mut Query,
    name: &'static str,
    all: &[T],
    as_str: fn(T) -> &'static str,
) -> Option<T> {
    let text = query.text(name)?;
    let found = all.iter().copied().find(|value| as_str(*value) == text);
    if found.is_none() {
        let words: Vec<&str> = all.iter().map(|value| as_str(*value)).collect();
        query.fault(name, &format!("must be one of {}", words.join(", ")));
    }
    found
}

/// Reports of a call what was kept, as a person says.
///
/// Without `call_id` it is the call that the event names, by now; without `status` it is what the word
/// table says, by now: so a word that was mapped later is applied. What was decided otherwise before
/// stays (409).
#[utoipa::path(
    post, path = "/v1/provider-events/{provider_event}/match", operation_id = "matchProviderEvent", tag = openapi::PROVIDERS,
    request_body = provider_bodies::ProviderEventMatch,
    responses((status = 200, description = "The message, matched.", body = KeptShape)),
    extensions(("x-problems" = json!(["call_not_found", "invalid_value", "outside_calling_window", "provider_event_settled"]))),
)]
pub(crate) async fn match_to(request: HttpRequest, write: Write) -> Answer {
    let event: ProviderEventId = known(&request).await?;
    Query::of(&request)?.finish()?;
    let mut fields = write.fields()?;
    let (call, status) = (fields.optional("call_id"), fields.optional("status"));
    fields.finish(Some(()))?;
    settle(&request, &write, event, ProviderAction::Match { event, call, status }).await
}

/// Says that nothing has to come of what was kept.
#[utoipa::path(
    post, path = "/v1/provider-events/{provider_event}/dismiss", operation_id = "dismissProviderEvent", tag = openapi::PROVIDERS,
    request_body = provider_bodies::Dismissal,
    responses((status = 200, description = "The message, dismissed.", body = KeptShape)),
    extensions(("x-problems" = json!(["invalid_value", "provider_event_settled"]))),
)]
pub(crate) async fn dismiss(request: HttpRequest, write: Write) -> Answer {
    let event: ProviderEventId = known(&request).await?;
    Query::of(&request)?.finish()?;
    let mut fields = write.fields()?;
    let note = fields.required::<String>("note");
    let note = fields.finish(note)?;
    settle(&request, &write, event, ProviderAction::Dismiss { event, note }).await
}

async fn settle(
    request: &HttpRequest,
    write: &Write,
    event: ProviderEventId,
    action: ProviderAction,
) -> Answer {
    state(request)?.engine.tell_of_provider(&write.caller, action).await?;
    Ok(HttpResponse::Ok().json(shown(request, organisation(request), event).await?))
}

/// The message that a path names, when the organisation has it: one of another is not there.
async fn known(request: &HttpRequest) -> Result<ProviderEventId, Problem> {
    let event: ProviderEventId = paths::id(request)?;
    shown(request, organisation(request), event).await.map(|_| event)
}

async fn shown(
    request: &HttpRequest,
    organisation: OrganisationId,
    event: ProviderEventId,
) -> Result<KeptShape, Problem> {
    let look = state(request)?.engine.read(|read| {
        let desk = &read.organisation(organisation)?.provider;
        desk.position_of(event).zip(desk.get(event)).map(|(at, kept)| KeptShape::of(at, kept))
    });
    look.await?.ok_or_else(|| paths::missing(&event))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(body: Value) -> ProviderMessage {
        read_message(Fields::of(body, String::new()).unwrap()).unwrap()
    }

    #[test]
    fn of_a_payload_is_kept_what_says_how_the_call_went_and_names_nobody() {
        let heard = message(json!({
            "provider": "telnyx", "status": "call.hangup", "event_id": "",
            "payload": { "data": { "payload": {
                "from": "+12125550123", "to": "+12125550199", "hangup_cause": "user_busy",
                "sip_hangup_cause": 486, "caller_name": "Asha" } } },
        }));
        let facts: Vec<_> =
            heard.told.facts.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(facts, [("hangup_cause", "user_busy"), ("sip_hangup_cause", "486")]);
        assert_eq!(heard.told.event_id, None);
        assert!(heard.content.contains("+12125550123"), "it tells one message from another");
    }

    #[test]
    fn the_content_of_a_message_is_the_same_when_it_comes_again() {
        let body =
            || json!({ "provider": "acme", "status": "gone", "payload": { "b": 1, "a": 2 } });
        assert_eq!(message(body()), message(body()));
        let other = json!({ "provider": "acme", "status": "gone", "payload": { "b": 1, "a": 3 } });
        assert_ne!(message(body()).content, message(other).content);
    }
}
