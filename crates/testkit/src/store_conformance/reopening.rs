//! What a store on disk promises to the next opening.

use branchline_journal::{
    merkle,
    record::{ClaimChange::Take, Position, Version},
    store::AppendError,
};

use super::{
    ORGANISATION, StoreHarness, append, append_one, claiming, controlling, guarded, keyed, lead,
    live_call,
    proofs::{fill, leaves, positions},
    reading::whole,
    step, workflow,
};

/// Everything is there after opening again.
pub fn everything_is_there_after_opening_again<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    append(store.as_ref(), (0..300).map(whole).collect());
    append(store.as_ref(), (0..300).map(|n| step(lead(n), 2)).collect());
    let before = store.read_all(Position::START, usize::MAX).unwrap();
    assert_eq!(before.len(), 600);
    drop(store);
    let store = harness.open();
    assert_eq!(store.head(), Position(600));
    assert_eq!(store.read_all(Position::START, usize::MAX).unwrap(), before);
    let stream = store.read_stream(lead(7)).unwrap();
    assert_eq!(stream, [before[7].clone(), before[307].clone()]);
}

/// Each opening has a higher epoch, even when nothing was written.
pub fn each_opening_has_a_higher_epoch_even_when_nothing_was_written<H: StoreHarness>() {
    let harness = H::new();
    let mut last = 0;
    for round in 0..4 {
        let store = harness.open();
        assert!(store.epoch() > last, "opening {round}: {} after {last}", store.epoch());
        last = store.epoch();
        if round == 2 {
            append_one(store.as_ref(), step(lead(1), 0)).unwrap();
            assert_eq!(store.read_stream(lead(1)).unwrap()[0].epoch, last);
        }
    }
}

/// Versions, guards, claims and keys hold after opening again.
pub fn versions_guards_claims_and_keys_hold_after_opening_again<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    let outcomes = append(
        store.as_ref(),
        vec![
            controlling(workflow(1), 0, 2, 3),
            claiming(lead(1), 0, &[Take(live_call(7))]),
            keyed(lead(2), 0, "order-1", 5),
        ],
    );
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    drop(store);
    let store = harness.open();
    let outcomes = append(
        store.as_ref(),
        vec![
            step(lead(1), 0),
            guarded(lead(3), 0, workflow(1), 1, None),
            claiming(lead(4), 0, &[Take(live_call(7))]),
            keyed(lead(5), 0, "order-1", 5),
            guarded(lead(6), 0, workflow(1), 2, Some(3)),
        ],
    );
    assert!(matches!(
        outcomes[0],
        Err(AppendError::WrongExpectedVersion { actual: Version(1), .. })
    ));
    assert!(matches!(outcomes[1], Err(AppendError::GuardMoved { .. })));
    assert!(matches!(outcomes[2], Err(AppendError::ClaimTaken { .. })));
    assert!(matches!(outcomes[3], Err(AppendError::KeyKnown { .. })));
    assert_eq!(outcomes[4].as_ref().unwrap().position, Position(4));
    assert_eq!(store.known_key(ORGANISATION, "order-1").unwrap().position, Position(3));
}

/// The chain of a stream goes on over openings.
pub fn the_chain_of_a_stream_goes_on_over_openings<H: StoreHarness>() {
    let harness = H::new();
    for round in 0..5 {
        let store = harness.open();
        append_one(store.as_ref(), step(lead(1), round)).unwrap();
        append_one(store.as_ref(), step(lead(2), round)).unwrap();
    }
    let records = harness.open().read_stream(lead(1)).unwrap();
    let versions: Vec<u64> = records.iter().map(|record| record.version.0).collect();
    assert_eq!(versions, [1, 2, 3, 4, 5]);
    let epochs: Vec<u64> = records.iter().map(|record| record.epoch).collect();
    assert!(epochs.is_sorted_by(|before, after| before < after), "{epochs:?}");
}

/// Nothing of a failed write is relied on after opening again: what was acknowledged is there, and
/// the journal takes more.
pub fn nothing_of_a_failed_write_is_relied_on_after_opening_again<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    append_one(store.as_ref(), step(lead(1), 0)).unwrap();
    harness.break_writes();
    append_one(store.as_ref(), step(lead(2), 0)).unwrap_err();
    drop(store);
    let store = harness.open();
    assert_eq!(store.poisoned(), None);
    assert_eq!(store.read_stream(lead(1)).unwrap().len(), 1);
    append_one(store.as_ref(), step(lead(1), 1)).unwrap();
}

/// The tree goes on over openings, and proves what was before them.
pub fn the_tree_goes_on_and_proves_what_was_before<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    fill(store.as_ref());
    let old = store.tree_head();
    drop(store);
    let store = harness.open();
    assert_eq!(store.tree_head(), old);
    append_one(store.as_ref(), step(workflow(1), 0)).unwrap();
    let new = store.tree_head();
    assert_eq!(new.root, merkle::root(&leaves(store.as_ref())));
    let proof = store.prove_consistency(old.size, new.size).unwrap();
    assert!(merkle::verify_consistency(old.size, &old.root, new.size, &new.root, &proof));
    let wanted = positions(store.as_ref(), 7);
    assert!(store.prove_inclusion(&wanted, old.size).is_ok());
}
