use branchline_vault::SeededEntropy;
use proptest::prelude::*;

use super::*;

/// The checkpoint and the notes that the specifications show, and the example of
/// golang.org/x/mod/sumdb/note.
const GO_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\
    \n\
    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE\
    6RyyBwJnAM=\n";
const GO_VERIFIER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const SPEC_NOTE: &str = "This is an example message.\n\
    \n\
    — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHj\
    G1Yu72IneyaQM=\n";
const SPEC_VERIFIER: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const SPEC_CHECKPOINT: &str = "example.com/behind-the-sofa\n\
    20852163\n\
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\
    \n\
    — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1g\
    GzGku9nTo+zyWE+xeMcTOAYQ8=\n";

fn key(name: &str, seed: u64) -> SigningKey {
    SigningKey::generate(name.parse().unwrap(), &SeededEntropy::new(seed))
}

fn tree(size: u64) -> TreeHead {
    TreeHead { size, root: [size.to_le_bytes()[0]; 32] }
}

#[test]
fn notes_of_the_reference_implementation_and_the_specification_hold() {
    for (note, verifier) in [(GO_NOTE, GO_VERIFIER), (SPEC_NOTE, SPEC_VERIFIER)] {
        let parsed = SignedNote::parse(note.as_bytes()).unwrap();
        assert_eq!(parsed.to_text(), note);
        parsed.verify(&verifier.parse().unwrap()).unwrap();
    }
    let other: VerifierKey = GO_VERIFIER.parse().unwrap();
    let not_signed = SignedNote::parse(SPEC_NOTE.as_bytes()).unwrap().verify(&other);
    assert!(matches!(not_signed, Err(HeadError::NotSigned { .. })));
}

#[test]
fn the_checkpoint_of_the_specification_is_read() {
    let head = SignedHead::parse(SPEC_CHECKPOINT.as_bytes()).unwrap();
    assert_eq!(head.origin(), "example.com/behind-the-sofa");
    assert_eq!(head.tree().size, 20_852_163);
    assert_eq!(head.tree().root[..4], [0x0a, 0xc5, 0x18, 0x6a]);
    assert_eq!(head.to_text(), SPEC_CHECKPOINT);
}

#[test]
fn a_head_comes_back_from_its_text_and_its_signature_holds() {
    let key = key("example.com/journal", 1);
    let head = SignedHead::sign(tree(7), &key);
    assert_eq!(head, SignedHead::sign(tree(7), &key), "the same bytes each time");
    let read = SignedHead::parse(head.to_text().as_bytes()).unwrap();
    assert_eq!(read, head);
    assert_eq!((read.origin(), read.tree()), ("example.com/journal", tree(7)));
    read.verify(key.verifier()).unwrap();
}

#[test]
fn every_changed_byte_of_a_head_is_found() {
    let key = key("example.com/journal", 1);
    let text = SignedHead::sign(tree(1_234), &key).to_text();
    for at in 0..text.len() {
        for mask in [0x01, 0x20] {
            let mut changed = text.clone().into_bytes();
            changed[at] ^= mask;
            let found = SignedHead::parse(&changed).and_then(|head| head.verify(key.verifier()));
            assert!(found.is_err(), "byte {at} with {mask:#x}");
        }
    }
    for len in 0..text.len() {
        assert!(SignedHead::parse(&text.as_bytes()[..len]).is_err(), "{len} bytes");
    }
}

#[test]
fn signatures_of_unknown_keys_are_ignored_and_ours_must_hold() {
    let (ours, witness) = (key("example.com/journal", 1), key("witness.example", 2));
    let head = SignedHead::sign(tree(7), &ours).to_text();
    let text = head.split_once("\n\n").unwrap().0;
    let signed = |by: &SigningKey, over: &str| {
        let note = SignedNote::sign(over.to_owned(), by).to_text();
        note.rsplit_once("\n\n").unwrap().1.to_owned()
    };
    let over = format!("{text}\n");
    let both = format!("{head}{}", signed(&witness, &over));
    let both = SignedHead::parse(both.as_bytes()).unwrap();
    both.verify(ours.verifier()).unwrap();
    assert_eq!(both.signers().collect::<Vec<_>>(), ["example.com/journal", "witness.example"]);

    let foreign = format!("{over}\n{}", signed(&witness, &over));
    let foreign = SignedHead::parse(foreign.as_bytes()).unwrap();
    assert!(matches!(foreign.verify(ours.verifier()), Err(HeadError::NotSigned { .. })));

    let second = format!("{head}{}", signed(&ours, "another text\n"));
    let second = SignedHead::parse(second.as_bytes()).unwrap();
    assert!(matches!(second.verify(ours.verifier()), Err(HeadError::BadSignature { .. })));
}

#[test]
fn a_head_of_another_journal_is_told_with_both_names() {
    let (ours, other) = (key("example.com/journal", 1), key("example.com/other", 1));
    let wrong = SignedHead::sign(tree(7), &other).verify(ours.verifier()).unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "it is a head of \"example.com/other\", and the key is of \"example.com/journal\""
    );
}

#[test]
fn a_copy_of_a_head_is_covered_and_anything_else_is_not() {
    let (ours, other) = (key("example.com/journal", 1), key("example.com/journal", 2));
    let kept = SignedHead::sign(tree(7), &ours);
    assert_eq!(kept.covers(&kept, None), Ok(()));
    let later = SignedHead::sign(tree(8), &ours);
    assert!(matches!(kept.covers(&later, None), Err(HeadError::OtherTree { .. })));
    let elsewhere = SignedHead::sign(tree(7), &key("example.com/other", 1));
    assert!(matches!(kept.covers(&elsewhere, None), Err(HeadError::OtherJournal { .. })));
    let rotated = SignedHead::sign(tree(7), &other);
    assert!(matches!(kept.covers(&rotated, None), Err(HeadError::Unchecked { .. })));
    assert_eq!(kept.covers(&rotated, Some(other.verifier())), Ok(()));
}

#[test]
fn what_is_no_head_is_refused_with_its_line() {
    let sound = SPEC_CHECKPOINT;
    let line_of = |text: String| match SignedHead::parse(text.as_bytes()) {
        Err(HeadError::Form { line, .. }) => line,
        other => panic!("{text:?}: {other:?}"),
    };
    assert_eq!(line_of(sound.replacen("example.com/behind-the-sofa\n", "\n", 1)), 1);
    for size in ["020852163", "+20852163", "-1", "", "18446744073709551616", "2e7"] {
        assert_eq!(line_of(sound.replace("20852163", size)), 2, "{size}");
    }
    assert_eq!(line_of(sound.replace("CsUY", "Cs")), 3);
    assert_eq!(line_of(sound.replace("\n\n—", "\nextension\n\nmore\n\n—")), 5);
    assert_eq!(line_of(sound.replace("— ", "- ")), 5);
    assert_eq!(line_of(sound.replace("Az3g", "!z3g")), 5);
    assert_eq!(line_of(sound.replacen("20852163", "2085\t163", 1)), 2);
    let many = format!("{sound}{}", "— a AAAAAAA=\n".repeat(100));
    assert_eq!(line_of(many), 5 + 64);
    let extended = sound.replace("\n\n—", "\nextension\n\n—");
    assert_eq!(SignedHead::parse(extended.as_bytes()).unwrap().tree().size, 20_852_163);
    assert_eq!(SignedHead::parse(&vec![b'a'; HEAD_BYTES_MAX + 1]), Err(HeadError::TooLarge));
}

proptest! {
    #[test]
    fn any_bytes_are_a_head_that_is_written_the_same_or_none(
        bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            "[a-z\n]{0,9}\n[0-9]{1,3}\n[A-Za-z0-9+/]{43}=\n\n(— [a-z ]{1,4} [A-Za-z0-9]{8}\n){0,2}"
                .prop_map(String::into_bytes),
        ],
    ) {
        if let Ok(head) = SignedHead::parse(&bytes) {
            prop_assert_eq!(head.to_text().into_bytes(), bytes);
        }
    }
}
