//! Order, optimistic locks and guards.

use std::thread;

use branchline_journal::{
    record::{Control, ExpectedVersion, Guard, Position, Version},
    store::{AppendError, Appended, StreamHead},
};

use super::{StoreHarness, append, append_one, controlling, event, guarded, lead, step, workflow};

/// The first record is at position 1 and brings its stream to version 1.
pub fn the_first_record_is_at_position_1_and_brings_its_stream_to_version_1<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    assert_eq!(store.head(), Position::START);
    assert_eq!(store.stream_head(lead(1)), None);
    let appended = append_one(store.as_ref(), step(lead(1), 0)).unwrap();
    assert_eq!(appended, Appended { position: Position(1), version: Version(1) });
    assert_eq!(store.head(), Position(1));
    let head = StreamHead { position: Position(1), version: Version(1) };
    assert_eq!(store.stream_head(lead(1)), Some(head));
    let record = store.read_all(Position::START, 10).unwrap().remove(0);
    assert_eq!((record.version, record.prev), (Version(1), None));
    assert_eq!(record.epoch, store.epoch());
}

/// A record of three events moves the version by three.
pub fn a_record_of_three_events_moves_the_version_by_three<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    let mut three = step(lead(1), 0);
    three.body.events = vec![event(b"a"), event(b"b"), event(b"c")];
    assert_eq!(append_one(store.as_ref(), three).unwrap().version, Version(3));
    let next = append_one(store.as_ref(), step(lead(1), 3)).unwrap();
    assert_eq!(next, Appended { position: Position(2), version: Version(4) });
    let records = store.read_stream(lead(1)).unwrap();
    assert_eq!((records[1].version, records[1].prev), (Version(4), Some(Position(1))));
}

/// A wrong expected version is refused and told the right one.
pub fn a_wrong_expected_version_is_refused_and_told_the_right_one<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    append_one(store.as_ref(), step(lead(1), 0)).unwrap();
    for (stream, expected, actual) in [
        (lead(1), ExpectedVersion::NoStream, Version(1)),
        (lead(1), ExpectedVersion::Exact(Version(0)), Version(1)),
        (lead(1), ExpectedVersion::Exact(Version(2)), Version(1)),
        (lead(2), ExpectedVersion::Exact(Version(1)), Version(0)),
    ] {
        let mut record = step(stream, 0);
        record.expected = expected;
        let refused = Err(AppendError::WrongExpectedVersion { stream, expected, actual });
        assert_eq!(append_one(store.as_ref(), record), refused);
    }
    assert_eq!(store.head(), Position(1));
}

/// Records of one call are checked against the ones before them.
pub fn records_of_one_call_are_checked_against_the_ones_before_them<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    let records = vec![step(lead(1), 0), step(lead(1), 1), step(lead(1), 1), step(lead(1), 2)];
    let outcomes = append(store.as_ref(), records);
    assert_eq!(outcomes[0].as_ref().unwrap().version, Version(1));
    assert_eq!(outcomes[1].as_ref().unwrap().version, Version(2));
    assert!(matches!(outcomes[2], Err(AppendError::WrongExpectedVersion { .. })));
    assert_eq!(outcomes[3].as_ref().unwrap().version, Version(3));
}

/// A refused record leaves no trace and does not stop its neighbours.
pub fn a_refused_record_leaves_no_trace_and_does_not_stop_its_neighbours<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    let outcomes =
        append(store.as_ref(), vec![step(lead(1), 0), step(lead(2), 7), step(lead(3), 0)]);
    assert_eq!(outcomes[0].as_ref().unwrap().position, Position(1));
    assert!(outcomes[1].is_err());
    assert_eq!(outcomes[2].as_ref().unwrap().position, Position(2));
    assert_eq!(store.stream_head(lead(2)), None);
    assert_eq!(store.read_all(Position::START, 10).unwrap().len(), 2);
}

/// A guard that still holds lets the record in.
pub fn a_guard_that_still_holds_lets_the_record_in<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    append_one(store.as_ref(), controlling(workflow(1), 0, 3, 8)).unwrap();
    append_one(store.as_ref(), guarded(lead(1), 0, workflow(1), 3, Some(8))).unwrap();
    append_one(store.as_ref(), guarded(lead(1), 1, workflow(1), 3, None)).unwrap();
    // A record without a control state leaves the one before it.
    append_one(store.as_ref(), step(workflow(1), 1)).unwrap();
    append_one(store.as_ref(), guarded(lead(1), 2, workflow(1), 3, Some(8))).unwrap();
}

/// A guard on an older control epoch is refused and told the newest.
pub fn a_guard_on_an_older_control_epoch_is_refused_and_told_the_newest<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    append_one(store.as_ref(), controlling(workflow(1), 0, 1, 1)).unwrap();
    append_one(store.as_ref(), controlling(workflow(1), 1, 2, 1)).unwrap();
    let guard = Guard { stream: workflow(1), control_epoch: 1, routing_revision: None };
    let refused = Err(AppendError::GuardMoved { guard, actual: Control { epoch: 2, revision: 1 } });
    assert_eq!(append_one(store.as_ref(), guarded(lead(1), 0, workflow(1), 1, None)), refused);
}

/// A guard that read edges is refused after a revision, and one that did not is not.
pub fn a_guard_that_read_edges_is_refused_after_a_revision_and_one_that_did_not_is_not<
    H: StoreHarness,
>() {
    let harness = H::new();
    let store = harness.open();
    append_one(store.as_ref(), controlling(workflow(1), 0, 1, 1)).unwrap();
    append_one(store.as_ref(), controlling(workflow(1), 1, 1, 2)).unwrap();
    let read_edges = guarded(lead(1), 0, workflow(1), 1, Some(1));
    assert!(matches!(
        append_one(store.as_ref(), read_edges),
        Err(AppendError::GuardMoved { actual: Control { epoch: 1, revision: 2 }, .. })
    ));
    append_one(store.as_ref(), guarded(lead(1), 0, workflow(1), 1, None)).unwrap();
}

/// A guard sees a change made earlier in the same call.
pub fn a_guard_sees_a_change_made_earlier_in_the_same_call<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    let outcomes = append(
        store.as_ref(),
        vec![
            controlling(workflow(1), 0, 1, 1),
            guarded(lead(1), 0, workflow(1), 1, Some(1)),
            controlling(workflow(1), 1, 2, 1),
            guarded(lead(2), 0, workflow(1), 1, Some(1)),
        ],
    );
    assert!(outcomes[..3].iter().all(Result::is_ok), "{outcomes:?}");
    assert!(matches!(outcomes[3], Err(AppendError::GuardMoved { .. })));
}

/// A guard on an unknown stream compares with zeros.
pub fn a_guard_on_an_unknown_stream_compares_with_zeros<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    append_one(store.as_ref(), guarded(lead(1), 0, workflow(1), 0, Some(0))).unwrap();
    let refused = append_one(store.as_ref(), guarded(lead(2), 0, workflow(1), 1, None));
    assert!(matches!(
        refused,
        Err(AppendError::GuardMoved { actual: Control { epoch: 0, revision: 0 }, .. })
    ));
}

/// Appenders that race for a version have one winner each.
pub fn appenders_that_race_for_a_version_have_one_winner_each<H: StoreHarness>() {
    const RACERS: u128 = 6;
    const ROUNDS: u64 = 40;
    let harness = H::new();
    let store = harness.open();
    let winners: Vec<Appended> = thread::scope(|scope| {
        let racers: Vec<_> = (0..RACERS)
            .map(|racer| {
                let store = &store;
                scope.spawn(move || {
                    let mut won = Vec::new();
                    for round in 0..ROUNDS {
                        // One stream of its own, which never fails, and one shared by all.
                        let own = step(lead(100 + racer), round);
                        let mut outcomes = append(store.as_ref(), vec![step(lead(1), round), own]);
                        outcomes.remove(1).unwrap();
                        won.extend(outcomes.remove(0).ok());
                        // Lets the others catch up, so that the next round is a race again.
                        while store.stream_head(lead(1)).is_none_or(|head| head.version.0 <= round)
                        {
                            thread::yield_now();
                        }
                    }
                    won
                })
            })
            .collect();
        racers.into_iter().flat_map(|racer| racer.join().unwrap()).collect()
    });
    let mut versions: Vec<u64> = winners.iter().map(|won| won.version.0).collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=ROUNDS).collect::<Vec<_>>(), "one winner a version");
    let all = store.read_all(Position::START, usize::MAX).unwrap();
    let positions: Vec<u64> = all.iter().map(|record| record.position.0).collect();
    let count = ROUNDS * (u64::try_from(RACERS).unwrap() + 1);
    assert_eq!(positions, (1..=count).collect::<Vec<_>>(), "positions have no gaps");
    assert_eq!(store.head(), Position(count));
    for won in winners {
        let record = &all[usize::try_from(won.position.0 - 1).unwrap()];
        assert_eq!((record.body.stream, record.version), (lead(1), won.version));
    }
}
