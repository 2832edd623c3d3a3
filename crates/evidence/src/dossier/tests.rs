use branchline_vault::{SeededEntropy, signing::SigningKey};

use super::*;
use crate::{
    gathering::Gathering,
    sample::{journal, lead},
};

fn key() -> SigningKey {
    SigningKey::generate("example.com/journal".parse().unwrap(), &SeededEntropy::new(1))
}

/// A dossier of lead 3 in a journal of 1,000 records, and the head that it is of.
fn signed() -> (Dossier, SignedHead) {
    let mut gathering = Gathering::new().with_stream(lead(3));
    for record in journal(1_000, |at| lead(u128::from(at % 211))) {
        gathering.push(&record).unwrap();
    }
    let head = SignedHead::sign(gathering.head(), &key());
    let dossier = gathering.dossier().unwrap().with_note(head.clone()).unwrap();
    (dossier, head)
}

/// As an auditor checks it who kept the head.
fn checked(bytes: &[u8], kept: &SignedHead) -> Result<Vec<Record>, String> {
    let dossier = Dossier::parse(bytes).map_err(|error| error.to_string())?;
    dossier.is_of(kept, None).map_err(|error| error.to_string())?;
    dossier.check(&kept.tree()).map_err(|error| error.to_string())
}

#[test]
fn a_dossier_comes_back_from_its_text_and_proves_its_records() {
    let (dossier, head) = signed();
    let text = dossier.to_json().unwrap();
    assert_eq!(Dossier::parse(text.as_bytes()).unwrap(), dossier);
    let records = checked(text.as_bytes(), &head).unwrap();
    let positions: Vec<u64> = records.iter().map(|record| record.position.0).collect();
    assert_eq!(positions, [4, 215, 426, 637, 848]);
    dossier.note().unwrap().verify(key().verifier()).unwrap();
}

#[test]
fn every_changed_bit_of_a_dossier_is_found_by_who_kept_the_head() {
    let (dossier, head) = signed();
    let text = dossier.to_json().unwrap();
    for at in 0..text.len() {
        for bit in [0, 5, 7] {
            let mut changed = text.clone().into_bytes();
            changed[at] ^= 1 << bit;
            assert!(checked(&changed, &head).is_err(), "bit {bit} of byte {at}");
        }
    }
    for len in 0..text.len() {
        assert!(checked(&text.as_bytes()[..len], &head).is_err(), "{len} bytes");
    }
}

/// What is found wrong with a dossier after a change that a forger could make: everything in the
/// document agrees with itself, and only the head does not.
fn forged(change: impl FnOnce(&mut Dossier)) -> String {
    let (mut dossier, head) = signed();
    change(&mut dossier);
    checked(dossier.to_json().unwrap().as_bytes(), &head).unwrap_err()
}

/// Puts a record in place of another, with the hash that fits.
fn put(dossier: &mut Dossier, at: usize, change: impl FnOnce(&mut Record)) {
    let proven = &mut dossier.records[at];
    let mut record = branchline_journal::record_format::decode_canonical(&proven.bytes).unwrap();
    change(&mut record);
    proven.position = record.position;
    proven.bytes = canonical(&record);
    proven.leaf = merkle::leaf(&proven.bytes);
}

#[test]
fn a_forged_dossier_is_found_with_what_is_wrong_with_it() {
    let told = forged(|dossier| put(dossier, 1, |record| record.body.recorded_at.0 += 1));
    assert!(told.starts_with("its records and its proof do not lead to the root"), "{told}");
    let told = forged(|dossier| drop(dossier.records.remove(2)));
    assert!(told.starts_with("its record at 637: its first event is version "), "{told}");
    let told = forged(|dossier| {
        dossier.records.remove(0);
    });
    assert!(told.starts_with("its record at 215: its first event is version 3"), "{told}");
    let told = forged(|dossier| {
        dossier.records.truncate(4);
    });
    assert!(told.starts_with("its records and its proof do not lead"), "{told}");
    let told = forged(|dossier| dossier.records.swap(0, 1));
    assert!(told.starts_with("its record at 215: "), "{told}");
    let told = forged(|dossier| put(dossier, 4, |record| record.prev = Some(Position(5))));
    assert!(told.contains("is at 5, and the one before it here is at 637"), "{told}");
    let told = forged(|dossier| put(dossier, 4, |record| record.body.stream = lead(9)));
    assert!(told.starts_with("its record at 848: it is of lead_"), "{told}");
    let told = forged(|dossier| put(dossier, 4, |record| record.position = Position(1_001)));
    assert!(told.contains("not in a journal of 1000 records"), "{told}");
    let told = forged(|dossier| dossier.records[3].position = Position(638));
    assert_eq!(told, "its record at 638: its bytes are those of the record at 637");
    let told = forged(|dossier| dossier.records[3].bytes[9] ^= 1);
    assert!(told.starts_with("its record at 637: its bytes do not have the hash"), "{told}");
    let told = forged(|dossier| dossier.stream = lead(4));
    assert!(told.starts_with("its record at 4: it is of lead_"), "{told}");
    let told = forged(|dossier| dossier.proof[0][0] ^= 1);
    assert!(told.starts_with("its records and its proof do not lead"), "{told}");
    let told = forged(|dossier| dossier.proof.push([0; 32]));
    assert!(told.starts_with("its records and its proof do not lead"), "{told}");
    let told = forged(|dossier| dossier.records.clear());
    assert_eq!(told, "it has no records");
    let told = forged(|dossier| dossier.head.size += 1);
    assert!(told.starts_with("it is the head of 1001 records"), "{told}");
}

#[test]
fn bytes_that_say_the_same_in_another_way_are_refused() {
    // The number of the principal's name, written as a name once more: for who decodes it the same.
    let mut record = journal(1, |_| lead(3)).remove(0);
    record.body.cause = branchline_journal::record::Cause::Request("engine".into());
    let bytes = canonical(&record);
    let at = bytes.windows(7).position(|window| window == b"\x06engine").unwrap() + 7;
    assert_eq!(bytes[at], 1, "the second use is a number");
    let mut again = bytes[..at].to_vec();
    again.extend_from_slice(b"\0\x06engine");
    again.extend_from_slice(&bytes[at + 1..]);
    let leaf = merkle::leaf(&again);
    let dossier = Dossier {
        stream: lead(3),
        head: TreeHead { size: 1, root: leaf },
        note: None,
        records: vec![ProvenRecord { position: Position(1), leaf, bytes: again }],
        proof: Vec::new(),
    };
    let wrong = dossier.check(&dossier.head()).unwrap_err();
    let problem = RecordProblem::NotCanonical;
    assert!(matches!(wrong, DossierError::Record { problem: found, .. } if found == problem));
}

#[test]
fn a_head_of_another_journal_or_time_is_told() {
    let (dossier, head) = signed();
    let other: SigningKey =
        SigningKey::generate("example.com/other".parse().unwrap(), &SeededEntropy::new(1));
    let elsewhere = SignedHead::sign(head.tree(), &other);
    let told = dossier.is_of(&elsewhere, None).unwrap_err().to_string();
    assert!(told.contains("example.com/other") && told.contains("another journal"), "{told}");
    let later = SignedHead::sign(TreeHead { size: 1_001, ..head.tree() }, &key());
    let told = dossier.is_of(&later, None).unwrap_err().to_string();
    assert!(told.contains("1000 records") && told.contains("1001 records"), "{told}");
    assert!(dossier.clone().with_note(later).is_err());
    assert!(matches!(
        dossier.check(&TreeHead { root: [0; 32], ..head.tree() }),
        Err(DossierError::OtherTree { .. })
    ));
}

#[test]
fn what_is_no_dossier_is_told_as_such() {
    for bytes in [&b""[..], b"{}", b"null", b"[1]", b"\xff", b"{\"branchline_consistency\": 1}"] {
        let wrong = Dossier::parse(bytes).unwrap_err();
        assert!(matches!(wrong, DossierError::Document(_)), "{bytes:?}: {wrong}");
    }
    let newer = signed().0.to_json().unwrap().replace("dossier\": 1", "dossier\": 2");
    let wrong = Dossier::parse(newer.as_bytes()).unwrap_err();
    assert!(matches!(wrong, DossierError::Format { found: 2 }));
}
