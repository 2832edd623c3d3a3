use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::SeededEntropy;

/// The example of golang.org/x/mod/sumdb/note.
const GO_SIGNING: &str =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const GO_VERIFIER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                       then you don't know what your problem is.\n";
const GO_SIGNATURE: &str = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngot\
                            pRZb6KE6RyyBwJnAM=";

/// Id and signature of the example.
fn go_signature() -> (u32, [u8; SIGNATURE_BYTES]) {
    let bytes = STANDARD.decode(GO_SIGNATURE).unwrap();
    let (id, signature) = bytes.split_at(4);
    (u32::from_be_bytes(id.try_into().unwrap()), signature.try_into().unwrap())
}

fn generated(seed: u64) -> SigningKey {
    SigningKey::generate("example.com/journal".parse().unwrap(), &SeededEntropy::new(seed))
}

#[test]
fn keys_ids_and_signatures_are_those_of_the_reference_implementation() {
    let key = SigningKey::parse(GO_SIGNING).unwrap();
    assert_eq!(*key.to_text(), GO_SIGNING);
    assert_eq!(key.verifier().to_string(), GO_VERIFIER);
    let (id, signature) = go_signature();
    assert_eq!(key.verifier().id(), id);
    assert_eq!(key.sign(GO_TEXT.as_bytes()), signature);
    let verifier: VerifierKey = GO_VERIFIER.parse().unwrap();
    assert!(verifier.verify(GO_TEXT.as_bytes(), &signature));
    assert!(!verifier.verify(&GO_TEXT.as_bytes()[1..], &signature));
}

#[test]
fn every_changed_bit_of_a_signature_is_found() {
    let verifier: VerifierKey = GO_VERIFIER.parse().unwrap();
    let (_, signature) = go_signature();
    for bit in 0..SIGNATURE_BYTES * 8 {
        let mut changed = signature;
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(!verifier.verify(GO_TEXT.as_bytes(), &changed), "bit {bit}");
    }
}

#[test]
fn a_key_comes_back_from_its_file_which_only_its_owner_reads() {
    let directory = tempfile::tempdir().unwrap();
    let (file, public) = (directory.path().join("a.key"), directory.path().join("a.key.pub"));
    let key = generated(1);
    key.write_new(&file).unwrap();
    key.verifier().write_new(&public).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let plain = directory.path().join("plain");
    fs::write(&plain, "").unwrap();
    let mode = |file| fs::metadata(file).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&public), mode(&plain) & 0o644, "as public as the process's mask allows");
    assert_eq!(SigningKey::read(&file).unwrap().verifier(), key.verifier());
    assert_eq!(VerifierKey::read(&public).unwrap(), *key.verifier());
    let before = fs::read(&file).unwrap();
    assert!(generated(2).write_new(&file).is_err(), "never over a key");
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn one_key_is_not_taken_for_the_other_and_no_error_shows_a_key() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a.key");
    generated(1).write_new(&file).unwrap();
    let wrong = VerifierKey::read(&file).unwrap_err();
    assert!(wrong.to_string().contains("a.key: it is a signing key"), "{wrong}");
    assert!(matches!(SigningKey::parse(GO_VERIFIER), Err(SigningKeyError::NotSigning)));
    let secret = GO_SIGNING.rsplit_once('+').unwrap().1;
    let changed = GO_SIGNING.replace("c74f20a3", "c74f20a4");
    let wrong = SigningKey::parse(&changed).unwrap_err();
    assert!(matches!(wrong, SigningKeyError::OtherId));
    assert!(!format!("{wrong:?} {wrong} {:?}", generated(1)).contains(secret));
}

#[test]
fn every_changed_character_of_a_verifier_key_is_found() {
    for at in 0..GO_VERIFIER.len() {
        let mut changed = GO_VERIFIER.as_bytes().to_vec();
        changed[at] ^= 1;
        let text = String::from_utf8(changed).unwrap();
        assert!(text.parse::<VerifierKey>().is_err(), "{text}");
    }
    for text in ["", "+", "++", "a+b+c", "a+00000000+", "a+00000000+AQ==", "A+C74F20A3+ARpc2Q=="] {
        assert!(text.parse::<VerifierKey>().is_err(), "{text}");
    }
}

#[test]
fn a_name_that_standard_tools_refuse_is_refused_with_the_reason() {
    for (name, reason) in [
        ("", "empty"),
        ("a b", "white space"),
        ("a\u{a0}b", "white space"),
        ("a\nb", "white space"),
        ("a+b", "`+`"),
        ("a\u{7f}b", "control"),
        (&"a".repeat(201), "longer"),
    ] {
        let wrong = name.parse::<KeyName>().unwrap_err().to_string();
        assert!(wrong.contains(reason) && wrong.contains("example.com/journal"), "{wrong}");
    }
}

#[test]
fn two_keys_of_one_name_are_told_apart() {
    let (one, other) = (generated(1), generated(2));
    assert_ne!(one.verifier().id(), other.verifier().id());
    assert!(!other.verifier().verify(b"head", &one.sign(b"head")));
}
