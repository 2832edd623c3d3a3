//! The stream of events: server-sent, and as a list for those who poll.

use std::{collections::BTreeMap, convert::Infallible, fmt::Write as _, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderName},
    web::Bytes,
};
use branchline_domain::{
    id::{LeadId, WorkflowId},
    organisation::Scope,
};
use branchline_engine::{
    Cursor, EngineError, EngineHandle, EventStream, RecordedEvents, RecordedFact,
};
use branchline_projections::Projections;
use futures_util::stream;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Shutdown,
    access::{self, Identity},
    error_mapping::Refusal,
    event_shapes::{EventShape, events_of, lead_of},
    event_streams::EventStreamPlace,
    headers::{caller, state},
    metrics::OpenStream,
    openapi::{self, answers, names},
    paging::number,
    problem::{Answer, FieldFault, Problem},
    query::Query,
    rates,
    unquoted::unquoted,
};

/// Records in one answer of the list when the caller does not say.
const LIMIT_DEFAULT: u64 = 100;
/// Records in one answer of the list at most.
const LIMIT_MAX: u64 = 1_000;
/// Records in one piece of the stream.
const PIECE_RECORDS: usize = 256;
/// How long a browser waits before it connects again. Unit: milliseconds.
const RECONNECT_MS: u32 = 2_000;
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// A part of the list. Its cursor is always there: ask again with it for what comes later.
#[derive(Serialize, ToSchema)]
#[schema(as = EventList)]
struct ListShape {
    data: Vec<EventShape>,
    meta: ListMeta,
}

#[derive(Serialize, ToSchema)]
#[schema(as = EventListMeta)]
struct ListMeta {
    limit: u64,
    /// Ask again with it as `after`, also when there is no more yet.
    next_cursor: String,
    /// Whether there is more already.
    more: bool,
}

/// Everything that happens, after a place in the journal.
///
/// Server-sent events from `Last-Event-ID` or `after` on, from the beginning without either; the
/// stream does not end. With `after` or `limit`, and unless `text/event-stream` is accepted, the
/// same as a list: ask again with its `next_cursor`.
#[utoipa::path(
    get, path = "/v1/events", operation_id = "listEvents", tag = openapi::EVENTS,
    params(("after" = Option<names::EventCursor>, Query, description = "Only what comes after this place."), ("limit" = Option<u64>, Query, description = "For the list: records in one answer; 100 unless said otherwise.", minimum = 1, maximum = 1000), ("Last-Event-ID" = Option<names::LastEventId>, Header, description = "For the stream: the `id` of the last event that came.")),
    responses((status = 200, description = "A part of the list, or the stream.", content((ListShape = "application/json"), (answers::EventMessage = "text/event-stream")))),
    extensions(("x-problems" = json!(["invalid_header", "too_many_streams"]))),
)]
pub(crate) async fn events(request: HttpRequest) -> Answer {
    let mut query = Query::of(&request)?;
    let after = query.value::<Cursor>("after");
    let limit = number(&mut query, "limit", 1, LIMIT_MAX);
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let wants_stream = accept.is_some_and(|types| types.contains("text/event-stream"));
    if wants_stream && limit.is_some() {
        query.fault("limit", "is for the list: a stream has no end");
    }
    query.finish()?;
    let last = last_event(&request)?;
    if (after.is_some() || limit.is_some()) && !wants_stream {
        return list(&request, after.unwrap_or_default(), limit.unwrap_or(LIMIT_DEFAULT)).await;
    }
    // A browser that comes back knows better than the address it was given first.
    let newest = Cursor(state(&request)?.engine.read(Projections::position).await?);
    let after = match (last, after) {
        (Some(last), _) => known_place(last, newest, "Last-Event-ID", Refusal::InvalidHeader)?,
        (None, Some(after)) => known_place(after, newest, "after", Refusal::InvalidQuery)?,
        (None, None) => Cursor::default(),
    };
    stream_after(&request, after)
}

/// What `Last-Event-ID` says.
///
/// # Errors
///
/// 400 when that is no cursor.
fn last_event(request: &HttpRequest) -> Result<Option<Cursor>, Problem> {
    match request.headers().get(LAST_EVENT_ID).map(|value| value.to_str()) {
        Some(Ok(text)) if !text.is_empty() => {
            text.parse().map(Some).map_err(|error| bad_cursor(&error))
        }
        Some(Ok(_)) | None => Ok(None),
        Some(Err(_)) => Err(bad_cursor(&"it is not text")),
    }
}

fn bad_cursor(error: &dyn std::fmt::Display) -> Problem {
    let fault = FieldFault {
        parameter: Some("Last-Event-ID".into()),
        detail: format!("Last-Event-ID: {}", unquoted(&error.to_string())),
        ..FieldFault::default()
    };
    Problem::invalid(Refusal::InvalidHeader, vec![fault])
}

/// A place that this journal has reached. One that it has not is of another journal, or of this one before
/// it was restored from an older backup: whoever goes on from there would miss what comes until then.
///
/// # Errors
///
/// 400 for a place in the future.
fn known_place(
    after: Cursor,
    newest: Cursor,
    parameter: &str,
    refusal: Refusal,
) -> Result<Cursor, Problem> {
    if after <= newest {
        return Ok(after);
    }
    let detail = format!(
        "{parameter}: {after} is after the newest record, {newest}: it is of another journal, or of this \
         one before a restore; leave it out, and read what you keep anew"
    );
    let fault = FieldFault { parameter: Some(parameter.into()), detail, ..FieldFault::default() };
    Err(Problem::invalid(refusal, vec![fault]))
}

async fn list(request: &HttpRequest, after: Cursor, limit: u64) -> Answer {
    let identity = access::identity(request).ok_or_else(access::nobody)?;
    let engine = &state(request)?.engine;
    // Waits until reads show all that was answered; the stream tells what reads show.
    let head = engine.read(Projections::position).await?;
    let after = known_place(after, Cursor(head), "after", Refusal::InvalidQuery)?;
    let mut events = engine.events(after.0);
    let facts = events.next_batch(usize::try_from(limit).unwrap_or(usize::MAX))?;
    let shapes = shapes(engine, &identity, &facts).await?;
    let cursor = events.cursor();
    let meta = ListMeta { limit, next_cursor: cursor.to_string(), more: cursor.0 < head };
    Ok(HttpResponse::Ok().json(ListShape { data: shapes.into_iter().flatten().collect(), meta }))
}

/// The events of records, by record. Records of other organisations have none, and what happens to
/// keys is for those who may see keys.
async fn shapes(
    engine: &EngineHandle,
    identity: &Identity,
    facts: &[RecordedFact],
) -> Result<Vec<Vec<EventShape>>, EngineError> {
    let homes: BTreeMap<LeadId, WorkflowId> = engine
        .read(|projections| {
            let leads = facts.iter().filter_map(lead_of);
            leads.filter_map(|lead| Some((lead, projections.lead_home(lead)?.0))).collect()
        })
        .await?;
    let sees_keys = identity.may(&[Scope::Admin, Scope::Audit]).is_ok();
    let shown = facts.iter().map(|fact| {
        let of_keys = matches!(fact.events, RecordedEvents::Organisation(..));
        if fact.organisation != identity.organisation || (of_keys && !sees_keys) {
            return Vec::new();
        }
        events_of(fact, lead_of(fact).and_then(|lead| homes.get(&lead).copied()))
    });
    Ok(shown.collect())
}

/// Told to a reader that was left out records, because it took them too slowly.
#[derive(Serialize)]
struct ResyncShape<'a> {
    #[serde(rename = "type")]
    event_type: &'static str,
    /// From here on events are told again.
    cursor: &'a str,
    /// After this one they were not: the list still has them.
    skipped_after: String,
    /// How many records were left out.
    #[serde(rename = "records")]
    behind: u64,
}

/// What a stream holds between two pieces.
struct Streaming {
    engine: EngineHandle,
    identity: Identity,
    events: EventStream,
    shutdown: Shutdown,
    begun: bool,
    /// Whether its reader had everything at some time. Who begins far back is not slow.
    caught_up: bool,
    heartbeat: Duration,
    /// How far behind a reader may fall that had caught up. Unit: records.
    lag_max: u64,
    /// Counts as open as long as it lives.
    _open: OpenStream,
    _place: EventStreamPlace,
}

fn stream_after(request: &HttpRequest, after: Cursor) -> Result<HttpResponse, Problem> {
    let state = state(request)?;
    let reader = caller(request, &[])?.principal;
    let has_limit = rates::is_key(&reader);
    let place = state.event_streams.enter(reader, has_limit, &state.limits)?;
    let streaming = Streaming {
        engine: state.engine.clone(),
        identity: access::identity(request).ok_or_else(access::nobody)?,
        events: state.engine.events(after.0),
        shutdown: state.shutdown.clone(),
        begun: false,
        caught_up: false,
        heartbeat: state.limits.stream_heartbeat,
        lag_max: state.limits.stream_lag_max_records,
        _open: state.metrics.open_stream(),
        _place: place,
    };
    let pieces = stream::unfold(Some(streaming), |streaming| async {
        let mut streaming = streaming?;
        match streaming.piece().await {
            Piece::More(text) => Some((Ok::<_, Infallible>(Bytes::from(text)), Some(streaming))),
            Piece::Last(text) => Some((Ok(Bytes::from(text)), None)),
            Piece::End => None,
        }
    });
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream"))
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((ACCEL_BUFFERING, "no"))
        .streaming(pieces))
}

enum Piece {
    More(String),
    Last(String),
    End,
}

impl Streaming {
    async fn piece(&mut self) -> Piece {
        if !self.begun {
            self.begun = true;
            return Piece::More(format!("retry: {RECONNECT_MS}\n\n"));
        }
        if let Some(text) = self.resync() {
            return Piece::More(text);
        }
        let first = tokio::select! {
            biased;
            () = self.shutdown.cancelled() => return Piece::End,
            first = self.events.next() => Some(first),
            () = tokio::time::sleep(self.heartbeat) => None,
        };
        // The key may have ended since: then so does the stream.
        if !self.identity.is_still_good(self.engine.api_keys()) {
            return Piece::Last(": the stream ends with its key\n\n".into());
        }
        let Some(first) = first else { return Piece::More(": still here\n\n".into()) };
        let rendered = self.render(first).await;
        self.caught_up |= self.events.behind() == 0;
        match rendered {
            Ok(Some(text)) => Piece::More(text),
            Ok(None) => Piece::End,
            Err(error) => {
                tracing::warn!(%error, "a stream of events ends");
                Piece::Last(format!(": the stream ends: {error}\n\n"))
            }
        }
    }

    /// What a reader is told that has fallen too far behind, and is put at the end.
    fn resync(&mut self) -> Option<String> {
        let behind = self.events.behind();
        self.caught_up |= behind == 0;
        if !self.caught_up || behind <= self.lag_max {
            return None;
        }
        let skipped_after = self.events.cursor().to_string();
        self.events.skip();
        let cursor = self.events.cursor().to_string();
        let shape = ResyncShape { event_type: "resync", cursor: &cursor, skipped_after, behind };
        let json = serde_json::to_string(&shape).unwrap_or_default();
        Some(format!("id: {cursor}\nevent: resync\ndata: {json}\n\n"))
    }

    /// The first record and those that are there behind it.
    async fn render(
        &mut self,
        first: Option<Result<RecordedFact, EngineError>>,
    ) -> Result<Option<String>, EngineError> {
        let Some(first) = first else { return Ok(None) };
        let mut facts = vec![first?];
        facts.extend(self.events.next_batch(PIECE_RECORDS)?);
        let mut text = String::new();
        let records = loop {
            match shapes(&self.engine, &self.identity, &facts).await {
                // A stream has time: it goes on once reads have caught up.
                Err(EngineError::Behind) => {}
                other => break other?,
            }
        };
        for events in records {
            write_record(&mut text, &events);
        }
        if text.is_empty() {
            // Nothing of this organisation: a comment, since an empty piece would end the body.
            text.push_str(":\n\n");
        }
        Ok(Some(text))
    }
}

/// Writes the events of one record. Only the last one moves the reader's cursor: a reader that
/// breaks off in the middle gets the whole record again.
fn write_record(text: &mut String, events: &[EventShape]) {
    let count = events.len();
    for (index, event) in (1..).zip(events) {
        let Ok(json) = serde_json::to_string(event) else { continue };
        // Writing to a `String` cannot fail.
        if index == count {
            let _ = writeln!(text, "id: {}", event.cursor);
        }
        let _ = write!(text, "event: {}\ndata: {json}\n\n", event.event_type);
    }
}

#[cfg(test)]
mod tests {
    use branchline_domain::{
        id::{NodeId, OrganisationId},
        lead::{BranchCause, LeadEvent},
        output::Output,
        time::Timestamp,
    };
    use branchline_engine::RecordedEvents;
    use branchline_journal::record::{Cause, Position, Version};

    use super::*;

    #[test]
    fn only_the_last_event_of_a_record_moves_the_cursor() {
        let (node, lead) = (NodeId::from_u128(1), LeadId::from_u128(2));
        let fact = RecordedFact {
            position: Position(12),
            at: Timestamp::default(),
            organisation: OrganisationId::DEFAULT,
            principal: "api".into(),
            cause: Cause::Request("req-1".into()),
            version: Version(3),
            events: RecordedEvents::Lead(
                lead,
                vec![
                    LeadEvent::BranchTaken {
                        visit: 1,
                        from: node,
                        output: Output::Dnp,
                        to: node,
                        cause: BranchCause::Call(1),
                        revision: 4,
                    },
                    LeadEvent::LeadDropped,
                ],
            ),
        };
        let mut text = String::new();
        write_record(&mut text, &events_of(&fact, Some(WorkflowId::from_u128(9))));
        let blocks: Vec<_> = text.trim_end().split("\n\n").collect();
        assert_eq!(blocks.len(), 2, "{text}");
        assert!(blocks[0].starts_with("event: lead.branch_taken\ndata: {\"cursor\":\"0-12\""));
        assert!(blocks[1].starts_with("id: 0-12\nevent: lead.dropped\n"));
        for part in ["\"output\":\"DNP\"", "\"request_id\":\"req-1\"", "\"principal\":\"api\""] {
            assert!(blocks[0].contains(part), "{part} in {}", blocks[0]);
        }
    }
}
