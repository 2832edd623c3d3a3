//! Closing, and failing.

use std::{
    sync::{Arc, mpsc},
    thread,
};

use branchline_journal::{record::Position, store::AppendError};

use super::{PATIENCE, StoreHarness, append, append_one, lead, step};

/// What was queued before closing is kept, and what comes later is refused.
pub fn what_was_queued_before_closing_is_kept_and_what_comes_later_is_refused<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    let (send, answers) = mpsc::channel();
    for n in 0..200 {
        let send = send.clone();
        store
            .append(vec![step(lead(n), 0)], Box::new(move |outcomes| send.send(outcomes).unwrap()));
    }
    drop(send);
    store.close();
    assert_eq!(store.head(), Position(200));
    let answered: Vec<_> = answers.iter().flatten().collect();
    assert_eq!(answered.len(), 200);
    assert!(answered.iter().all(Result::is_ok));
    let late = append(store.as_ref(), vec![step(lead(300), 0), step(lead(301), 0)]);
    assert_eq!(late, vec![Err(AppendError::Closed); 2]);
    assert_eq!(store.read_all(Position(199), 10).unwrap().len(), 1, "reading goes on");
}

/// Closing twice is closing once.
pub fn closing_twice_is_closing_once<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    store.close();
    store.close();
    assert_eq!(append_one(store.as_ref(), step(lead(1), 0)), Err(AppendError::Closed));
    assert_eq!(store.poisoned(), None);
}

/// Closing wakes those who wait.
pub fn closing_wakes_those_who_wait<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| store.wait_beyond(Position(9), PATIENCE * 10));
        store.close();
        assert_eq!(waiter.join().unwrap(), Position::START);
    });
}

/// A reply may append again, and may close.
pub fn a_reply_may_append_again_and_may_close<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    let (send, done) = mpsc::channel();
    let again = Arc::clone(&store);
    store.append(
        vec![step(lead(1), 0)],
        Box::new(move |_| {
            let inner = Arc::clone(&again);
            again.append(
                vec![step(lead(1), 1)],
                Box::new(move |outcomes| {
                    inner.close();
                    send.send(outcomes).unwrap();
                }),
            );
        }),
    );
    let outcomes = done.recv_timeout(PATIENCE).unwrap();
    assert_eq!(outcomes[0].as_ref().unwrap().position, Position(2));
    assert_eq!(append_one(store.as_ref(), step(lead(2), 0)), Err(AppendError::Closed));
}

/// A failed write is told, and nothing is taken after it.
pub fn a_failed_write_is_told_and_nothing_is_taken_after_it<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    append_one(store.as_ref(), step(lead(1), 0)).unwrap();
    assert_eq!(store.poisoned(), None);
    harness.break_writes();
    let first = append(store.as_ref(), vec![step(lead(2), 0), step(lead(1), 7)]);
    let reason = store.poisoned().expect("the store says why it stopped");
    let poisoned = Err(AppendError::Poisoned { reason: Arc::clone(&reason) });
    assert_eq!(first[0], poisoned);
    assert!(first[1].is_err());
    assert_eq!(append_one(store.as_ref(), step(lead(3), 0)), poisoned);
    assert_eq!(store.poisoned(), Some(reason), "the first reason stays");
    store.close();
}

/// A failed write shows nothing of its records, and what was there before can still be read.
pub fn a_failed_write_shows_nothing_of_its_records<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    append_one(store.as_ref(), step(lead(1), 0)).unwrap();
    harness.break_writes();
    append_one(store.as_ref(), step(lead(1), 1)).unwrap_err();
    assert_eq!(store.head(), Position(1));
    assert_eq!(store.read_all(Position::START, 10).unwrap().len(), 1);
    assert_eq!(store.read_stream(lead(1)).unwrap().len(), 1);
    assert_eq!(store.stream_head(lead(1)).unwrap().position, Position(1));
}

/// A failed write wakes those who wait.
pub fn a_failed_write_wakes_those_who_wait<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| store.wait_beyond(Position(9), PATIENCE * 10));
        harness.break_writes();
        append_one(store.as_ref(), step(lead(1), 0)).unwrap_err();
        assert_eq!(waiter.join().unwrap(), Position::START);
    });
}
