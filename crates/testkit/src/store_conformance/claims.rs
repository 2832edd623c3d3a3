//! Claims: a thing that at most one stream may hold.

use branchline_journal::{
    record::{
        Claim,
        ClaimChange::{Release, Take},
        ClaimKind,
    },
    store::AppendError,
};

use super::{StoreHarness, append, append_one, claiming, lead, live_call};

/// A claim taken by another stream is refused and names its holder.
pub fn a_claim_taken_by_another_stream_is_refused_and_names_its_holder<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    append_one(store.as_ref(), claiming(lead(1), 0, &[Take(live_call(7))])).unwrap();
    let refused = append_one(store.as_ref(), claiming(lead(2), 0, &[Take(live_call(7))]));
    let expected = AppendError::ClaimTaken { claim: live_call(7), holder: lead(1) };
    assert_eq!(refused, Err(expected.clone()));
    assert_eq!(store.claim_holder(live_call(7)), Some(lead(1)));
    // Giving it back first in the same record does not help: it is not this stream's to give.
    let trick = claiming(lead(2), 0, &[Release(live_call(7)), Take(live_call(7))]);
    assert_eq!(append_one(store.as_ref(), trick), Err(expected));
}

/// A repeated take by the holder changes nothing.
pub fn a_repeated_take_by_the_holder_changes_nothing<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    append_one(store.as_ref(), claiming(lead(1), 0, &[Take(live_call(7))])).unwrap();
    append_one(store.as_ref(), claiming(lead(1), 1, &[Take(live_call(7))])).unwrap();
    append_one(store.as_ref(), claiming(lead(1), 2, &[Release(live_call(7))])).unwrap();
    assert_eq!(store.claim_holder(live_call(7)), None);
}

/// A release by a stream that does not hold the claim changes nothing.
pub fn a_release_by_a_stream_that_does_not_hold_the_claim_changes_nothing<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    append_one(store.as_ref(), claiming(lead(1), 0, &[Take(live_call(7))])).unwrap();
    let others = [Release(live_call(7)), Release(live_call(8))];
    append_one(store.as_ref(), claiming(lead(2), 0, &others)).unwrap();
    assert_eq!(store.claim_holder(live_call(7)), Some(lead(1)));
    assert_eq!(store.claim_holder(live_call(8)), None);
}

/// A released claim can be taken in the same call.
pub fn a_released_claim_can_be_taken_in_the_same_call<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    let outcomes = append(
        store.as_ref(),
        vec![
            claiming(lead(1), 0, &[Take(live_call(7))]),
            claiming(lead(2), 0, &[Take(live_call(7))]),
            claiming(lead(1), 1, &[Release(live_call(7))]),
            claiming(lead(2), 0, &[Take(live_call(7))]),
        ],
    );
    assert!(matches!(outcomes[1], Err(AppendError::ClaimTaken { .. })));
    assert!(outcomes[2].is_ok() && outcomes[3].is_ok(), "{outcomes:?}");
    assert_eq!(store.claim_holder(live_call(7)), Some(lead(2)));
}

/// A claim taken and released in one record is free; in the other order it is held.
pub fn a_claim_taken_and_released_in_one_record_is_free<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    let passing = [Take(live_call(7)), Release(live_call(7))];
    let keeping = [Release(live_call(8)), Take(live_call(8))];
    append_one(store.as_ref(), claiming(lead(1), 0, &passing)).unwrap();
    append_one(store.as_ref(), claiming(lead(1), 1, &keeping)).unwrap();
    assert_eq!(store.claim_holder(live_call(7)), None);
    assert_eq!(store.claim_holder(live_call(8)), Some(lead(1)));
}

/// Claims of different kinds do not meet.
pub fn claims_of_different_kinds_do_not_meet<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    let enrolled = Claim { kind: ClaimKind::ENROLLED, ..live_call(7) };
    append_one(store.as_ref(), claiming(lead(1), 0, &[Take(live_call(7))])).unwrap();
    append_one(store.as_ref(), claiming(lead(2), 0, &[Take(enrolled)])).unwrap();
    assert_eq!(store.claim_holder(enrolled), Some(lead(2)));
}

/// A refused record takes no claim.
pub fn a_refused_record_takes_no_claim<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    append_one(store.as_ref(), claiming(lead(1), 0, &[Take(live_call(1))])).unwrap();
    // The second claim of the record is taken, so the first is not taken either.
    let both = claiming(lead(2), 0, &[Take(live_call(2)), Take(live_call(1))]);
    assert!(append_one(store.as_ref(), both).is_err());
    let late = claiming(lead(2), 9, &[Take(live_call(3))]);
    assert!(append_one(store.as_ref(), late).is_err());
    assert_eq!(store.claim_holder(live_call(2)), None);
    assert_eq!(store.claim_holder(live_call(3)), None);
}
