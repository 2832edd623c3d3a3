//! What every store of records promises, as tests.
//!
//! A store's crate implements [`StoreHarness`] and calls [`store_conformance!`](macro@crate::store_conformance)
//! once; each promise becomes a test of its own.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "these are tests: a failed expectation panics and names itself"
)]

pub mod claims;
pub mod keys;
pub mod limits;
pub mod proofs;
pub mod reading;
pub mod reopening;
pub mod stopping;
pub mod versions;

use std::{
    sync::{Arc, mpsc},
    time::Duration,
};

use branchline_journal::{
    record::{
        Cause, Claim, ClaimChange, ClaimKind, Control, Event, ExpectedVersion, Guard,
        IdempotencyKey, Micros, NewRecord, RecordBody, StreamId, Version,
    },
    store::{AppendError, Appended, EventStore},
};
use uuid::Uuid;

/// Long enough for the slowest machine; only a store that hangs waits this long.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Makes stores of one kind for the suite.
pub trait StoreHarness {
    /// A place for one journal, empty.
    fn new() -> Self;

    /// Opens the journal of this place. Stores on disk find what was there before.
    fn open(&self) -> Arc<dyn EventStore>;

    /// Makes the next write of the opened journal fail, and all later ones.
    fn break_writes(&self);
}

/// Appends and waits for the outcome.
pub fn append(
    store: &dyn EventStore,
    records: Vec<NewRecord>,
) -> Vec<Result<Appended, AppendError>> {
    let (send, outcome) = mpsc::channel();
    store.append(records, Box::new(move |outcomes| send.send(outcomes).unwrap()));
    outcome.recv_timeout(PATIENCE).expect("the store answers every append")
}

/// Appends one record and waits for its outcome.
///
/// # Errors
///
/// The store's, for the test to look at.
pub fn append_one(store: &dyn EventStore, record: NewRecord) -> Result<Appended, AppendError> {
    let mut outcomes = append(store, vec![record]);
    assert_eq!(outcomes.len(), 1, "one record has one outcome");
    outcomes.remove(0)
}

/// The organisation of [`step`].
pub const ORGANISATION: Uuid = Uuid::from_u128(0x0a);

/// A lead's stream by number.
pub const fn lead(number: u128) -> StreamId {
    StreamId::lead(Uuid::from_u128(number))
}

/// A workflow's stream by number.
pub const fn workflow(number: u128) -> StreamId {
    StreamId::workflow(Uuid::from_u128(number))
}

/// The claim on a live call by number.
pub const fn live_call(number: u8) -> Claim {
    Claim { kind: ClaimKind::LIVE_CALL, key: [number; 16] }
}

/// A small event.
pub fn event(payload: &[u8]) -> Event {
    Event { event_type: Arc::from("lead.node_entered"), schema: 1, payload: Box::from(payload) }
}

/// A small record on a stream that has `version` events, 0 for none.
pub fn step(stream: StreamId, version: u64) -> NewRecord {
    let expected = match version {
        0 => ExpectedVersion::NoStream,
        events => ExpectedVersion::Exact(Version(events)),
    };
    let body = RecordBody {
        organisation: ORGANISATION,
        stream,
        recorded_at: Micros(1_700_000_000_000_000),
        principal: Arc::from("engine"),
        cause: Cause::None,
        key: None,
        guard: None,
        control: None,
        claims: Vec::new(),
        events: vec![event(b"payload")],
    };
    NewRecord { expected, body }
}

/// [`step`] with claim changes.
pub fn claiming(stream: StreamId, version: u64, claims: &[ClaimChange]) -> NewRecord {
    let mut record = step(stream, version);
    record.body.claims = claims.to_vec();
    record
}

/// [`step`] with an idempotency key, whose digest is one byte 32 times.
pub fn keyed(stream: StreamId, version: u64, key: &str, digest: u8) -> NewRecord {
    let mut record = step(stream, version);
    record.body.key = Some(IdempotencyKey { key: Arc::from(key), digest: [digest; 32] });
    record
}

/// [`step`] that gives its stream a control state.
pub fn controlling(stream: StreamId, version: u64, epoch: u32, revision: u32) -> NewRecord {
    let mut record = step(stream, version);
    record.body.control = Some(Control { epoch, revision });
    record
}

/// [`step`] whose decision read the control state of `read`.
pub fn guarded(
    stream: StreamId,
    version: u64,
    read: StreamId,
    control_epoch: u32,
    routing_revision: Option<u32>,
) -> NewRecord {
    let mut record = step(stream, version);
    record.body.guard = Some(Guard { stream: read, control_epoch, routing_revision });
    record
}

/// Makes one test of each promise of every store, for a [`StoreHarness`] type. With `durable` after
/// it also those of a store that outlives its process.
#[macro_export]
macro_rules! store_conformance {
    ($harness:ty) => {
        $crate::store_conformance!(@tests $harness, versions:
            the_first_record_is_at_position_1_and_brings_its_stream_to_version_1,
            a_record_of_three_events_moves_the_version_by_three,
            a_wrong_expected_version_is_refused_and_told_the_right_one,
            records_of_one_call_are_checked_against_the_ones_before_them,
            a_refused_record_leaves_no_trace_and_does_not_stop_its_neighbours,
            a_guard_that_still_holds_lets_the_record_in,
            a_guard_on_an_older_control_epoch_is_refused_and_told_the_newest,
            a_guard_that_read_edges_is_refused_after_a_revision_and_one_that_did_not_is_not,
            a_guard_sees_a_change_made_earlier_in_the_same_call,
            a_guard_on_an_unknown_stream_compares_with_zeros,
            appenders_that_race_for_a_version_have_one_winner_each,
        );
        $crate::store_conformance!(@tests $harness, claims:
            a_claim_taken_by_another_stream_is_refused_and_names_its_holder,
            a_repeated_take_by_the_holder_changes_nothing,
            a_release_by_a_stream_that_does_not_hold_the_claim_changes_nothing,
            a_released_claim_can_be_taken_in_the_same_call,
            a_claim_taken_and_released_in_one_record_is_free,
            claims_of_different_kinds_do_not_meet,
            a_refused_record_takes_no_claim,
        );
        $crate::store_conformance!(@tests $harness, keys:
            a_repeated_key_is_answered_with_the_record_it_made,
            a_repeated_key_is_found_within_one_call,
            a_repeated_key_comes_before_a_wrong_version,
            a_key_belongs_to_its_organisation,
            a_refused_record_does_not_use_its_key_up,
        );
        $crate::store_conformance!(@tests $harness, limits:
            a_record_without_events_is_refused,
            texts_longer_than_their_limits_are_refused,
            too_many_events_or_claims_are_refused,
            a_record_above_the_limit_is_refused_and_one_at_the_limit_is_kept,
            an_append_of_nothing_is_answered,
        );
        $crate::store_conformance!(@tests $harness, reading:
            every_part_of_a_record_is_kept,
            reading_goes_on_after_a_cursor_up_to_a_limit,
            reading_at_or_beyond_the_end_is_empty,
            a_stream_is_read_in_order_and_without_its_neighbours,
            an_unknown_stream_is_empty,
            a_call_larger_than_any_group_is_answered_once_and_in_order,
            what_is_answered_can_be_read_at_once,
            waiting_ends_when_the_head_is_beyond,
            waiting_ends_with_its_time,
            readers_see_the_same_order_while_others_append,
        );
        $crate::store_conformance!(@tests $harness, proofs:
            the_tree_covers_the_canonical_bytes_of_every_record,
            the_tree_covers_what_is_answered,
            the_records_of_a_stream_have_one_proof,
            a_journal_is_proven_to_extend_what_it_was,
            what_lies_beyond_is_not_proven,
            the_blocks_are_a_chain_of_every_record,
            a_failed_write_does_not_grow_the_tree,
        );
        $crate::store_conformance!(@tests $harness, stopping:
            what_was_queued_before_closing_is_kept_and_what_comes_later_is_refused,
            closing_twice_is_closing_once,
            closing_wakes_those_who_wait,
            a_reply_may_append_again_and_may_close,
            a_failed_write_is_told_and_nothing_is_taken_after_it,
            a_failed_write_shows_nothing_of_its_records,
            a_failed_write_wakes_those_who_wait,
        );
    };
    ($harness:ty, durable) => {
        $crate::store_conformance!($harness);
        $crate::store_conformance!(@tests $harness, reopening:
            everything_is_there_after_opening_again,
            each_opening_has_a_higher_epoch_even_when_nothing_was_written,
            versions_guards_claims_and_keys_hold_after_opening_again,
            the_chain_of_a_stream_goes_on_over_openings,
            nothing_of_a_failed_write_is_relied_on_after_opening_again,
            the_tree_goes_on_and_proves_what_was_before,
        );
    };
    (@tests $harness:ty, $module:ident: $($name:ident,)+) => {
        mod $module {
            use super::*;
            $(
                #[test]
                fn $name() {
                    $crate::store_conformance::$module::$name::<$harness>();
                }
            )+
        }
    };
}
