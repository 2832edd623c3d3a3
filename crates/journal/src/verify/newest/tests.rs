use std::sync::Arc;

use uuid::Uuid;

use super::*;
use crate::{
    memory::MemoryStore,
    record::{Cause, Event, ExpectedVersion, Micros, NewRecord, RecordBody, StreamId},
};

/// A journal of single records, each in a stream of its own. `salt` makes it another one.
fn journal(records: u128, salt: u8) -> MemoryStore {
    let store = MemoryStore::new();
    let new = (0..records).map(|number| NewRecord {
        expected: ExpectedVersion::NoStream,
        body: RecordBody {
            organisation: Uuid::nil(),
            stream: StreamId::lead(Uuid::from_u128(number)),
            recorded_at: Micros(1),
            principal: Arc::from("engine"),
            cause: Cause::None,
            key: None,
            guard: None,
            control: None,
            claims: Vec::new(),
            events: vec![Event {
                event_type: Arc::from("lead.test"),
                schema: 1,
                payload: Box::from([salt]),
            }],
        },
    });
    store.append(new.collect(), Box::new(|answers| assert!(answers.iter().all(Result::is_ok))));
    store
}

#[test]
fn a_sound_journal_is_sound_however_little_of_it_is_looked_at() {
    let store = journal(3_000, 0);
    for records in [0, 1, 2, 500, 2_999, 3_000, u64::MAX] {
        let found = newest(&store, records).unwrap();
        assert_eq!(found.head, store.tree_head());
        assert!(found.blocks > 0 && found.from.0 <= 3_000, "{records}: {found:?}");
    }
    assert_eq!(newest(&store, 3_000).unwrap().from, Position(1));
    assert_eq!(newest(&MemoryStore::new(), 10).unwrap().blocks, 0);
}

#[test]
fn a_changed_bit_and_a_block_of_another_journal_are_found() {
    let (store, other) = (journal(3_000, 0), journal(3_000, 1));
    let blocks = |store: &MemoryStore| store.read_blocks(Position(1), 100).unwrap();
    let (ours, theirs) = (blocks(&store), blocks(&other));
    assert!(ours.len() > 1, "{}", ours.len());

    let (key, mut bytes) = ours[0].clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let changed = Run::default().add(key, &bytes);
    assert!(matches!(changed, Err(Finding::Unsound { .. })), "{changed:?}");

    let mut run = Run::default();
    run.add(ours[0].0, &ours[0].1).unwrap();
    let foreign = run.add(theirs[1].0, &theirs[1].1);
    assert!(matches!(foreign, Err(Finding::BrokenChain { .. })), "{foreign:?}");
    assert!(matches!(run.add(ours[0].0, &ours[0].1), Err(Finding::Gap { .. })));
}

#[test]
fn sound_blocks_of_another_journal_are_not_those_of_the_root() {
    let (store, other) = (journal(10, 0), journal(10, 1));
    let mut run = Run::default();
    for (key, bytes) in other.read_blocks(Position(1), 100).unwrap() {
        run.add(key, &bytes).unwrap();
    }
    let found = run.is_in_tree(&store, store.tree_head(), Position(1));
    assert!(matches!(found, Err(Wrong::NotInTree { .. })), "{found:?}");
    assert!(run.is_in_tree(&other, other.tree_head(), Position(1)).is_ok());
}
