//! Idempotency keys: one intent, one record.

use branchline_journal::{
    record::Position,
    store::{AppendError, KnownKey},
};
use uuid::Uuid;

use super::{ORGANISATION, StoreHarness, append, append_one, keyed, lead};

const KNOWN: KnownKey = KnownKey { position: Position(1), digest: [5; 32] };

/// A repeated key is answered with the record it made.
pub fn a_repeated_key_is_answered_with_the_record_it_made<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    assert_eq!(store.known_key(ORGANISATION, "order-1"), None);
    append_one(store.as_ref(), keyed(lead(1), 0, "order-1", 5)).unwrap();
    assert_eq!(store.known_key(ORGANISATION, "order-1"), Some(KNOWN));
    // The digest given back is the recorded one, so that the caller can tell a repeat from a mistake.
    let repeated = append_one(store.as_ref(), keyed(lead(2), 0, "order-1", 6));
    assert_eq!(repeated, Err(AppendError::KeyKnown { known: KNOWN }));
    append_one(store.as_ref(), keyed(lead(2), 0, "order-2", 5)).unwrap();
}

/// A repeated key is found within one call.
pub fn a_repeated_key_is_found_within_one_call<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    let records = vec![keyed(lead(1), 0, "order-1", 5), keyed(lead(2), 0, "order-1", 5)];
    let outcomes = append(store.as_ref(), records);
    assert!(outcomes[0].is_ok());
    assert_eq!(outcomes[1], Err(AppendError::KeyKnown { known: KNOWN }));
}

/// A repeated key comes before a wrong version: a repeat hears of its own record.
pub fn a_repeated_key_comes_before_a_wrong_version<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    append_one(store.as_ref(), keyed(lead(1), 0, "order-1", 5)).unwrap();
    let repeated = append_one(store.as_ref(), keyed(lead(1), 0, "order-1", 5));
    assert_eq!(repeated, Err(AppendError::KeyKnown { known: KNOWN }));
}

/// A key belongs to its organisation.
pub fn a_key_belongs_to_its_organisation<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    append_one(store.as_ref(), keyed(lead(1), 0, "order-1", 5)).unwrap();
    let mut other = keyed(lead(2), 0, "order-1", 5);
    other.body.organisation = Uuid::from_u128(0x0b);
    append_one(store.as_ref(), other).unwrap();
    let known = store.known_key(Uuid::from_u128(0x0b), "order-1").unwrap();
    assert_eq!(known.position, Position(2));
}

/// A refused record does not use its key up.
pub fn a_refused_record_does_not_use_its_key_up<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    assert!(append_one(store.as_ref(), keyed(lead(1), 4, "order-1", 5)).is_err());
    assert_eq!(store.known_key(ORGANISATION, "order-1"), None);
    append_one(store.as_ref(), keyed(lead(1), 0, "order-1", 5)).unwrap();
}
