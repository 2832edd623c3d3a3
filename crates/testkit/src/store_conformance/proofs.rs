//! What the hash tree of a store proves, to anybody who kept a root.

use branchline_journal::{
    block::Block,
    merkle::{self, Hash, ProveError, TreeHead},
    record::{Position, Record},
    record_format::canonical,
    store::EventStore,
};

use super::{StoreHarness, append, append_one, lead, step, workflow};

/// More than two groups of the tree, and a part of one.
const RECORDS: u64 = 700;

/// Ten streams, whose records lie all over the journal.
pub(super) fn fill(store: &dyn EventStore) {
    for round in 0..RECORDS / 10 {
        let outcomes = append(store, (0..10).map(|n| step(lead(n), round)).collect());
        assert!(outcomes.iter().all(Result::is_ok));
    }
}

fn leaf(record: &Record) -> Hash {
    merkle::leaf(&canonical(record))
}

pub(super) fn leaves(store: &dyn EventStore) -> Vec<Hash> {
    let records = store.read_all(Position::START, usize::MAX).unwrap();
    records.iter().map(|record| leaf(record)).collect()
}

pub(super) fn positions(store: &dyn EventStore, number: u128) -> Vec<Position> {
    store.read_stream(lead(number)).unwrap().iter().map(|record| record.position).collect()
}

/// The tree covers the canonical bytes of every record, at every size.
pub fn the_tree_covers_the_canonical_bytes_of_every_record<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    assert_eq!(store.tree_head(), TreeHead { size: 0, root: merkle::root(&[]) });
    fill(store.as_ref());
    let leaves = leaves(store.as_ref());
    let root = merkle::root(&leaves);
    assert_eq!(store.tree_head(), TreeHead { size: RECORDS, root });
    for size in [0, 1, 2, 255, 256, 257, 511, 512, 699, 700] {
        let first = usize::try_from(size).unwrap();
        assert_eq!(store.root_at(size), Ok(merkle::root(&leaves[..first])), "{size} records");
    }
}

/// The tree covers a record as soon as it is answered.
pub fn the_tree_covers_what_is_answered<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    for n in 0..20 {
        let position = append_one(store.as_ref(), step(lead(n), 0)).unwrap().position;
        assert!(store.tree_head().size >= position.0);
    }
}

/// One proof speaks for all records of a stream, against the newest head and an older one.
pub fn the_records_of_a_stream_have_one_proof<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    fill(store.as_ref());
    for size in [RECORDS, 520, 41] {
        let root = store.root_at(size).unwrap();
        let mut wanted = positions(store.as_ref(), 3);
        wanted.retain(|position| position.0 <= size);
        let proof = store.prove_inclusion(&wanted, size).unwrap();
        let records = store.read_stream(lead(3)).unwrap();
        let mut leaves: Vec<(u64, Hash)> =
            records.iter().map(|record| (record.position.0 - 1, leaf(record))).collect();
        leaves.truncate(wanted.len());
        assert!(merkle::verify_inclusion(&leaves, size, &proof, &root), "of {size} records");
        leaves[0].1[0] ^= 1;
        assert!(!merkle::verify_inclusion(&leaves, size, &proof, &root), "of {size} records");
    }
}

/// The journal is proven to begin with what it was before.
pub fn a_journal_is_proven_to_extend_what_it_was<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    append(store.as_ref(), (20..331).map(|n| step(lead(n), 0)).collect());
    let old = store.tree_head();
    fill(store.as_ref());
    let new = store.tree_head();
    let proof = store.prove_consistency(old.size, new.size).unwrap();
    let holds =
        |old_root| merkle::verify_consistency(old.size, old_root, new.size, &new.root, &proof);
    assert_eq!((old.size, new.size), (311, 311 + RECORDS));
    assert!(holds(&old.root));
    assert!(!holds(&new.root));
}

/// What is not there, not in order or not named is not proven.
pub fn what_lies_beyond_is_not_proven<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    append(store.as_ref(), (0..9).map(|n| step(lead(n), 0)).collect());
    let beyond = |asked, size| ProveError::Beyond { asked, size };
    assert_eq!(store.root_at(10), Err(beyond(10, 9)));
    assert_eq!(store.prove_inclusion(&[Position(1)], 10), Err(beyond(10, 9)));
    assert_eq!(store.prove_inclusion(&[Position(8)], 7), Err(beyond(8, 7)));
    assert_eq!(store.prove_consistency(3, 10), Err(beyond(10, 9)));
    assert_eq!(store.prove_consistency(5, 3), Err(beyond(5, 3)));
    for wanted in
        [&[][..], &[Position(0)], &[Position(3), Position(3)], &[Position(2), Position(1)]]
    {
        assert_eq!(store.prove_inclusion(wanted, 9), Err(ProveError::NotAscending), "{wanted:?}");
    }
}

/// The blocks are a chain that holds every record, and stay the same.
pub fn the_blocks_are_a_chain_of_every_record<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    assert_eq!(store.read_blocks(Position::START, 10), Ok(Vec::new()));
    fill(store.as_ref());
    let before = store.read_blocks(Position::START, usize::MAX).unwrap();
    append_one(store.as_ref(), step(workflow(1), 0)).unwrap();
    let all = store.read_blocks(Position::START, usize::MAX).unwrap();
    assert_eq!(all[..before.len()], before);
    let mut records = Vec::new();
    let mut previous = 0;
    for (first, bytes) in &all {
        let block = Block::decode(bytes).unwrap();
        assert!(block.root_is_right());
        assert_eq!((block.header.first, block.header.previous), (*first, previous));
        previous = block.header.checksum;
        records.extend(block.records);
    }
    assert_eq!(records, store.read_all(Position::START, usize::MAX).unwrap());
    let (second, _) = all[1];
    assert_eq!(store.read_blocks(second, 1).unwrap(), all[1..2]);
    assert_eq!(store.read_blocks(Position(2), 1).unwrap(), all[1..2], "the first begins before");
}

/// A failed write grows neither the tree nor the blocks.
pub fn a_failed_write_does_not_grow_the_tree<H: StoreHarness>() {
    let harness = H::new();
    let store = harness.open();
    append_one(store.as_ref(), step(lead(1), 0)).unwrap();
    let head = store.tree_head();
    harness.break_writes();
    append_one(store.as_ref(), step(lead(2), 0)).unwrap_err();
    assert_eq!(store.tree_head(), head);
    assert_eq!(store.read_blocks(Position::START, 10).unwrap().len(), 1);
}
