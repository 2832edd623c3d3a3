//! What is too much.

use std::sync::Arc;

use branchline_journal::{
    record::{Cause, ClaimChange, NewRecord, Position, RECORD_BYTES_MAX},
    record_format::{CLAIMS_MAX, EVENT_TYPE_BYTES_MAX, EVENTS_MAX, TEXT_BYTES_MAX},
    store::AppendError,
};

use super::{StoreHarness, append, append_one, event, keyed, lead, live_call, step};

fn text(bytes: usize) -> Arc<str> {
    Arc::from("x".repeat(bytes))
}

fn refused_as_malformed(outcome: &Result<impl Sized, AppendError>) -> bool {
    matches!(outcome, Err(AppendError::Malformed { .. }))
}

/// A record without events is refused.
pub fn a_record_without_events_is_refused<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    let mut empty = step(lead(1), 0);
    empty.body.events.clear();
    assert!(refused_as_malformed(&append_one(store.as_ref(), empty)));
    assert_eq!(store.head(), Position::START);
}

/// Texts longer than their limits are refused, and those at the limit are kept.
pub fn texts_longer_than_their_limits_are_refused<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    let with = |bytes: usize, type_bytes: usize| -> [NewRecord; 4] {
        let mut principal = step(lead(1), 0);
        principal.body.principal = text(bytes);
        let mut request = step(lead(2), 0);
        request.body.cause = Cause::Request(text(bytes));
        let key = keyed(lead(3), 0, &text(bytes), 1);
        let mut named = step(lead(4), 0);
        named.body.events[0].event_type = text(type_bytes);
        [principal, request, key, named]
    };
    for outcome in append(store.as_ref(), with(TEXT_BYTES_MAX + 1, EVENT_TYPE_BYTES_MAX + 1).into())
    {
        assert!(refused_as_malformed(&outcome), "{outcome:?}");
    }
    for outcome in append(store.as_ref(), with(TEXT_BYTES_MAX, EVENT_TYPE_BYTES_MAX).into()) {
        outcome.unwrap();
    }
    let mut nameless = step(lead(5), 0);
    nameless.body.events[0].event_type = text(0);
    assert!(refused_as_malformed(&append_one(store.as_ref(), nameless)));
}

/// Too many events or claims are refused, and as many as the limit are kept.
pub fn too_many_events_or_claims_are_refused<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    let mut events = step(lead(1), 0);
    events.body.events = vec![event(b""); EVENTS_MAX + 1];
    assert!(refused_as_malformed(&append_one(store.as_ref(), events.clone())));
    events.body.events.pop();
    append_one(store.as_ref(), events).unwrap();
    let mut claims = step(lead(2), 0);
    claims.body.claims = vec![ClaimChange::Take(live_call(1)); CLAIMS_MAX + 1];
    assert!(refused_as_malformed(&append_one(store.as_ref(), claims.clone())));
    claims.body.claims.pop();
    append_one(store.as_ref(), claims).unwrap();
}

/// A record above the limit is refused with its size, and one at the limit is kept.
pub fn a_record_above_the_limit_is_refused_and_one_at_the_limit_is_kept<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    let sized = |payload: usize| {
        let mut record = step(lead(1), 0);
        record.body.events = vec![event(&vec![0x5a; payload])];
        record
    };
    let Err(AppendError::TooLarge { bytes, limit }) =
        append_one(store.as_ref(), sized(RECORD_BYTES_MAX))
    else {
        panic!("a payload of the limit's size leaves no room for the rest");
    };
    assert_eq!(limit, RECORD_BYTES_MAX);
    let rest = bytes - RECORD_BYTES_MAX;
    let one_more = append_one(store.as_ref(), sized(RECORD_BYTES_MAX - rest + 1));
    assert_eq!(one_more, Err(AppendError::TooLarge { bytes: limit + 1, limit }));
    append_one(store.as_ref(), sized(RECORD_BYTES_MAX - rest)).unwrap();
    let kept = store.read_stream(lead(1)).unwrap().remove(0);
    assert_eq!(kept.body.events[0].payload.len(), RECORD_BYTES_MAX - rest);
    // Far above the limit is no different.
    let mut huge = sized(50_000_000);
    huge.body.stream = lead(2);
    assert!(matches!(
        append_one(store.as_ref(), huge),
        Err(AppendError::TooLarge { bytes, .. }) if bytes > 50_000_000
    ));
}

/// An append of nothing is answered.
pub fn an_append_of_nothing_is_answered<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    assert!(append(store.as_ref(), Vec::new()).is_empty());
}
