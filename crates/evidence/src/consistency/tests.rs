use super::*;
use crate::{
    gathering::Gathering,
    sample::{journal, lead},
};

/// Heads of the first 300 and of all 700 records, and the proof between them.
fn proof() -> (TreeHead, TreeHead, ConsistencyProof) {
    let mut gathering = Gathering::new().with_size(300);
    for record in journal(700, |_| lead(1)) {
        gathering.push(&record).unwrap();
    }
    let old = TreeHead { size: 300, root: gathering.root_at(300).unwrap() };
    let (new, hashes) = (gathering.head(), gathering.prove_consistency(300).unwrap());
    (old, new, ConsistencyProof::new(old, new, hashes))
}

#[test]
fn a_proof_comes_back_from_its_text_and_holds() {
    let (old, new, proof) = proof();
    let read = ConsistencyProof::parse(proof.to_json().unwrap().as_bytes()).unwrap();
    assert_eq!(read, proof);
    read.check(&old, &new).unwrap();
    assert!(read.proof_bytes() <= 20 * 32, "{} bytes", read.proof_bytes());
}

#[test]
fn every_changed_byte_of_a_proof_is_found() {
    let (old, new, proof) = proof();
    let text = proof.to_json().unwrap();
    for at in 0..text.len() {
        for bit in [0, 5, 7] {
            let mut changed = text.clone().into_bytes();
            changed[at] ^= 1 << bit;
            let found = ConsistencyProof::parse(&changed).and_then(|read| read.check(&old, &new));
            assert!(found.is_err(), "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn a_proof_between_other_heads_is_told() {
    let (old, new, proof) = proof();
    let other = TreeHead { size: 300, root: [7; 32] };
    let wrong = proof.check(&other, &new).unwrap_err().to_string();
    assert!(wrong.starts_with("its old tree is of 300 records with root "), "{wrong}");
    assert!(matches!(
        proof.check(&old, &other),
        Err(ConsistencyError::OtherTree { which: "new", .. })
    ));
    // A proof that says the other root too, as a forger would write it.
    let forged = ConsistencyProof::new(other, new, proof.proof.clone());
    assert!(matches!(forged.check(&other, &new), Err(ConsistencyError::Broken { .. })));
    let backwards = ConsistencyProof::new(new, old, proof.proof);
    assert!(backwards.check(&new, &old).is_err());
}
