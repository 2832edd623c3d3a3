use super::*;
use crate::{
    consistency::ConsistencyProof,
    sample::{journal, lead},
};

fn head_of(records: &[Record]) -> TreeHead {
    let leaves: Vec<Hash> = records.iter().map(|record| merkle::leaf(&canonical(record))).collect();
    TreeHead { size: leaves.len() as u64, root: merkle::root(&leaves) }
}

#[test]
fn one_pass_gives_every_root_that_was_asked_for_and_proofs_that_hold() {
    let records = journal(1_100, |at| lead(u128::from(at % 5)));
    for old in [0, 1, 255, 256, 257, 600, 1_023, 1_024, 1_100] {
        let mut gathering = Gathering::new().with_size(old);
        for record in &records {
            gathering.push(record).unwrap();
        }
        let (old_head, new_head) =
            (head_of(&records[..usize::try_from(old).unwrap()]), head_of(&records));
        assert_eq!(gathering.head(), new_head);
        assert_eq!(gathering.root_at(old), Ok(old_head.root), "{old}");
        let proof = gathering.prove_consistency(old).unwrap();
        ConsistencyProof::new(old_head, new_head, proof).check(&old_head, &new_head).unwrap();
    }
}

#[test]
fn a_dossier_of_any_stream_holds_in_the_tree_that_was_gathered() {
    for (size, streams) in [(1, 1), (255, 3), (256, 256), (1_500, 2), (1_500, 700)] {
        let records = journal(size, |at| lead(u128::from(at % streams)));
        let mut gathering = Gathering::new().with_stream(lead(0));
        for record in &records {
            gathering.push(record).unwrap();
        }
        let dossier = gathering.dossier().unwrap();
        let proven = dossier.check(&head_of(&records)).unwrap();
        let wanted: Vec<Record> =
            records.into_iter().filter(|record| record.body.stream == lead(0)).collect();
        assert_eq!(proven, wanted, "{size} records of {streams} streams");
    }
}

#[test]
fn what_was_not_asked_for_or_is_not_there_is_an_error() {
    let records = journal(600, |_| lead(1));
    let mut gathering = Gathering::new().with_stream(lead(2));
    for record in &records {
        gathering.push(record).unwrap();
    }
    assert_eq!(gathering.root_at(100), Err(ProveError::Source(NotKept { first: 0 })));
    assert_eq!(gathering.root_at(601), Err(ProveError::Beyond { asked: 601, size: 600 }));
    assert!(matches!(gathering.dossier(), Err(ProveError::NotAscending)));
    let (expected, found) = (Position(601), Position(600));
    assert_eq!(gathering.push(&records[599]), Err(OutOfOrder { expected, found }));
}
