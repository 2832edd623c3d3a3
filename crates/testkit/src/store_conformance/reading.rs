//! What was appended can be read, whole and in order.

use std::{
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use branchline_journal::{
    record::{
        Cause, ClaimChange, Control, Event, Guard, IdempotencyKey, Micros, NewRecord, Position,
        Version,
    },
    store::StreamHead,
};

use super::{PATIENCE, StoreHarness, append, append_one, lead, live_call, step, workflow};

/// A record that has every part.
pub(super) fn whole(number: u128) -> NewRecord {
    let mut record = step(lead(number), 0);
    record.body.recorded_at = Micros(-5);
    record.body.principal = Arc::from("api:Schlüssel_1");
    record.body.cause = Cause::Request(Arc::from(format!("request-{number}")));
    let key = Arc::from(format!("key-{number}"));
    record.body.key = Some(IdempotencyKey { key, digest: [3; 32] });
    record.body.guard =
        Some(Guard { stream: workflow(9), control_epoch: 0, routing_revision: Some(0) });
    record.body.control = Some(Control { epoch: 4, revision: u32::MAX });
    record.body.claims = vec![ClaimChange::Take(live_call(1)), ClaimChange::Release(live_call(1))];
    record.body.events.push(Event {
        event_type: Arc::from("lead.of_a_newer_release"),
        schema: u16::MAX,
        payload: Box::from([0, 255]),
    });
    record
}

/// Every part of a record is kept.
pub fn every_part_of_a_record_is_kept<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    let mut sweep = step(lead(1), 2);
    sweep.body.cause = Cause::Position(Position(1));
    let new = [whole(1), sweep];
    for outcome in append(store.as_ref(), new.to_vec()) {
        outcome.unwrap();
    }
    let read = store.read_all(Position::START, 10).unwrap();
    assert_eq!(read.len(), 2);
    assert_eq!(read[0].body, new[0].body);
    assert_eq!(read[1].body, new[1].body);
    assert_eq!((read[1].position, read[1].version), (Position(2), Version(3)));
    assert_eq!(read[1].prev, Some(Position(1)));
    assert_eq!(store.read_stream(lead(1)).unwrap(), read);
}

/// Reading goes on after a cursor up to a limit.
pub fn reading_goes_on_after_a_cursor_up_to_a_limit<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    append(store.as_ref(), (0..500).map(|n| step(lead(n), 0)).collect());
    let mut cursor = Position::START;
    let mut seen = 0;
    loop {
        let page = store.read_all(cursor, 7).unwrap();
        let Some(last) = page.last() else { break };
        assert_eq!(page[0].position, cursor.next());
        assert!(page.len() <= 7);
        cursor = last.position;
        seen += page.len();
    }
    assert_eq!((seen, cursor), (500, Position(500)));
    assert!(store.read_all(Position::START, 0).unwrap().is_empty());
}

/// Reading at or beyond the end is empty.
pub fn reading_at_or_beyond_the_end_is_empty<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    assert!(store.read_all(Position::START, 10).unwrap().is_empty());
    append_one(store.as_ref(), step(lead(1), 0)).unwrap();
    assert!(store.read_all(Position(1), 10).unwrap().is_empty());
    assert!(store.read_all(Position(u64::MAX), 10).unwrap().is_empty());
}

/// A stream is read in order and without its neighbours.
pub fn a_stream_is_read_in_order_and_without_its_neighbours<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    for version in 0..30 {
        append(store.as_ref(), (0..20).map(|n| step(lead(n), version)).collect());
    }
    let records = store.read_stream(lead(3)).unwrap();
    let versions: Vec<u64> = records.iter().map(|record| record.version.0).collect();
    assert_eq!(versions, (1..=30).collect::<Vec<_>>());
    assert!(records.iter().all(|record| record.body.stream == lead(3)));
    let head = records
        .last()
        .map(|last| StreamHead { position: last.position, version: last.last_version() });
    assert_eq!(store.stream_head(lead(3)), head);
}

/// An unknown stream is empty.
pub fn an_unknown_stream_is_empty<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    append_one(store.as_ref(), step(lead(1), 0)).unwrap();
    assert!(store.read_stream(lead(2)).unwrap().is_empty());
    assert!(store.read_stream(workflow(1)).unwrap().is_empty());
}

/// A call larger than any group is answered once and in order.
pub fn a_call_larger_than_any_group_is_answered_once_and_in_order<H: StoreHarness>() {
    const RECORDS: u64 = 20_000;
    let harness = H::new();
    let store = harness.open();
    let mut records: Vec<_> = (0..RECORDS).map(|n| step(lead(n.into()), 0)).collect();
    records.push(step(lead(0), 0));
    let mut outcomes = append(store.as_ref(), records);
    assert!(outcomes.pop().unwrap().is_err(), "its stream was made by the first record");
    let positions: Vec<u64> =
        outcomes.into_iter().map(|outcome| outcome.unwrap().position.0).collect();
    assert_eq!(positions, (1..=RECORDS).collect::<Vec<_>>());
    let read = store.read_all(Position(RECORDS - 3), 10).unwrap();
    assert_eq!(read.last().unwrap().body.stream, lead(u128::from(RECORDS) - 1));
}

/// What is answered can be read at once, by the reply itself too.
pub fn what_is_answered_can_be_read_at_once<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    let reader = Arc::clone(&store);
    let (send, seen) = mpsc::channel();
    let reply = move |_: Vec<_>| {
        let read = reader.read_stream(lead(1)).unwrap();
        send.send((reader.head(), reader.stream_head(lead(1)), read.len())).unwrap();
    };
    store.append(vec![step(lead(1), 0)], Box::new(reply));
    let (head, stream_head, read) = seen.recv_timeout(PATIENCE).unwrap();
    assert_eq!((head, read), (Position(1), 1));
    assert_eq!(stream_head, Some(StreamHead { position: Position(1), version: Version(1) }));
}

/// Waiting ends when the head is beyond.
pub fn waiting_ends_when_the_head_is_beyond<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| store.wait_beyond(Position(2), PATIENCE));
        for n in 0..3 {
            append_one(store.as_ref(), step(lead(n), 0)).unwrap();
        }
        assert_eq!(waiter.join().unwrap(), Position(3));
    });
    assert_eq!(store.wait_beyond(Position::START, PATIENCE), Position(3));
    // A timeout larger than any clock is no reason to panic.
    assert_eq!(store.wait_beyond(Position::START, Duration::MAX), Position(3));
}

/// Waiting ends with its time.
pub fn waiting_ends_with_its_time<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    assert_eq!(store.wait_beyond(Position::START, Duration::ZERO), Position::START);
    assert_eq!(store.wait_beyond(Position(5), Duration::from_millis(5)), Position::START);
}

/// Readers see the same order while others append.
pub fn readers_see_the_same_order_while_others_append<H: StoreHarness>() {
    const RECORDS: u64 = 2_000;
    let harness = H::new();
    let store = harness.open();
    thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut seen = Vec::new();
                    let mut cursor = Position::START;
                    while cursor < Position(RECORDS) {
                        store.wait_beyond(cursor, PATIENCE);
                        for record in store.read_all(cursor, 64).unwrap() {
                            assert_eq!(record.position, cursor.next());
                            cursor = record.position;
                            seen.push(record);
                        }
                    }
                    seen
                })
            })
            .collect();
        for n in 0..RECORDS / 10 {
            let first = u128::from(n) * 10;
            store.append(
                (first..first + 10).map(|n| step(lead(n), 0)).collect(),
                Box::new(|outcomes| assert!(outcomes.iter().all(Result::is_ok))),
            );
        }
        let seen: Vec<_> = readers.into_iter().map(|reader| reader.join().unwrap()).collect();
        assert_eq!(seen[0], seen[1]);
        assert_eq!(seen[0], store.read_all(Position::START, usize::MAX).unwrap());
    });
}
