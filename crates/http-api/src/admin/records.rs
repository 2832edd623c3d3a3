//! Records one after the other, as they come about.

use std::{io, sync::Arc, time::Duration};

use actix_web::{HttpRequest, HttpResponse, http::header};
use branchline_engine::EngineError;
use branchline_evidence::lines;
use branchline_journal::record::{Position, Record};
use branchline_journal::store::EventStore;

use super::{HEAD, admin};
use crate::{
    headers::state,
    openapi,
    paging::{NUMBER_MAX, number},
    problem::Answer,
    query::Query,
    written,
};

/// Records in one answer when the caller does not say.
const LIMIT_DEFAULT: u64 = 1_000;
/// Records in one answer at most.
const LIMIT_MAX: u64 = 10_000;
/// Longest wait for a record. Unit: milliseconds. Less than proxies and clients wait for an answer.
const WAIT_MAX_MS: u64 = 30_000;
/// Records read at once.
const BATCH: usize = 256;

/// What lines of JSON are, each with a line feed.
pub(super) const NDJSON: &str = "application/x-ndjson";

/// Records as lines of JSON, as they come about.
///
/// None when there is nothing more within `wait_ms`. Ask again after the last position that came.
#[utoipa::path(
    get, path = "/v1/admin/records", operation_id = "listRecords", tag = openapi::OPERATOR,
    params(("after" = Option<u64>, Query, description = "Position of the last record that is known."), ("limit" = Option<u64>, Query, description = "Records in one answer; 1,000 unless said otherwise.", minimum = 1, maximum = 10000), ("wait_ms" = Option<u64>, Query, description = "How long to wait for the first record. Unit: milliseconds.", minimum = 0, maximum = 30000)),
    responses((status = 200, description = "Lines of an export, without its last line.", content_type = "application/x-ndjson", body = String, headers(("Branchline-Head" = u64, description = "How many records the journal has, or the answer is of.")))),
)]
pub(crate) async fn records(request: HttpRequest) -> Answer {
    let mut query = Query::of(&request)?;
    let after = number(&mut query, "after", 0, NUMBER_MAX).unwrap_or_default();
    let limit = number(&mut query, "limit", 1, LIMIT_MAX).unwrap_or(LIMIT_DEFAULT);
    let wait_ms = number(&mut query, "wait_ms", 0, WAIT_MAX_MS).unwrap_or_default();
    query.finish()?;
    let after = Position(after);
    let state = state(&request)?;
    let store = Arc::clone(&admin(&request)?.store);
    if store.head() <= after && wait_ms > 0 {
        // What becomes of the wait is seen at the head.
        let mut events = state.engine.events(after);
        tokio::select! {
            _ = events.next() => {}
            () = state.shutdown.cancelled() => return Err(EngineError::ShuttingDown.into()),
            () = tokio::time::sleep(Duration::from_millis(wait_ms)) => {}
        }
    }
    let head = store.head();
    let until = Position(after.0.saturating_add(limit)).min(head);
    let lines = written::written(state.shutdown.clone(), move |out| {
        let mut line = Vec::new();
        each(store.as_ref(), after, until, |record| {
            line.clear();
            lines::put_record(&mut line, record)?;
            io::Write::write_all(out, &line)
        })
    });
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, NDJSON))
        .insert_header((HEAD, head.0))
        .streaming(lines))
}

/// Gives the records after one position, up to another one that is durable, to `take`.
///
/// # Errors
///
/// That of `take`; when the journal cannot be read that far.
pub(super) fn each(
    store: &dyn EventStore,
    after: Position,
    until: Position,
    mut take: impl FnMut(&Record) -> io::Result<()>,
) -> io::Result<()> {
    let mut at = after;
    while at < until {
        let left = usize::try_from(until.0 - at.0).unwrap_or(usize::MAX);
        let records = store.read_all(at, left.min(BATCH)).map_err(io::Error::other)?;
        let Some(last) = records.last() else {
            return Err(io::Error::other(format!("the journal shows nothing after {at}")));
        };
        let read = last.position;
        records.iter().try_for_each(|record| take(record))?;
        at = read;
    }
    Ok(())
}
