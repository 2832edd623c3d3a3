//! Files, seals and tags, byte for byte, against answers that other software computed.
//!
//! They come from a Python program that shares no code with this crate: its `hmac`, `hashlib` and
//! `zlib`, and an XChaCha20-Poly1305 written from draft-irtf-cfrg-xchacha-03 and checked with the
//! draft's own example. Key files, seals and tags are storage format: these bytes never change.

use std::{fmt::Write, fs};

use branchline_vault::{Entropy, KeySlot, SeededEntropy, Vault};
use uuid::Uuid;

use crate::{ASHA, BALA, CHITRA, leads_file, open, organisations_file, seeded};

const WORKFLOW: Uuid = Uuid::from_u128(0xd4);
const PHONE: &str = "+919876543210";

const LEADS_HEADER: &str = "42524c4e4c4541440100010000000000d70d3259e4e1cb631c663cf4d73c4c04\
    0000000000000000000000000000000000000000000000000000000054a0c885";
const ASHA_ERASED: &str = "02000000000000000000000000000000000000a1000000000000000000000000\
    00000000000000000000000000000000000000000000000000000000fb52b4dc";
const BALA_LIVE: &str = "01000000000000000000000000000000000000b2f6d0c233a1c4cb77febe023d\
    51d6fc53616750997ac05e226953798876a2c3690000000000000000eea79b85";
const ORGANISATIONS_HEADER: &str = "42524c4e4f5247530100010001000000d70d3259e4e1cb631c663cf4d73c4c04\
    0000000000000000000000000000000000000000000000000000000064a58c1b";
const CHITRA_LIVE: &str = "01000000000000000000000000000000000000c3ebfab5059be7821a2c63dd28\
    b74ebaf54eb3454adf5403eb306401a324990fdf0000000000000000a70690f7";
const SEALED: &str = "e6155f0b2d9b2fddf885eb1a6b905c8cafd6d36c005d2ee12ffe1eeafa14f361\
    2743188f3f5ce6897467fe017b352b7962b872414a";
const CONTACT_TAG: &str = "f3f2855028a6de961c7cfece897f89a6";
const ENROLMENT_TAG: &str = "9fd22918fbbb79c82be7598d86433805";
/// Of a digest of 32 sevens.
const REQUEST_TAG: &str = "1966ff86193260d5ceefb19241c1f4dfa23a4543c23488b544e34adf7c9736ed";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

#[test]
fn files_seals_and_tags_are_the_bytes_that_other_software_computes() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(&dir);
    let keys = vault.create_keys(&[ASHA, BALA]).unwrap();
    let contact = vault.contact_tag(CHITRA, PHONE).unwrap();
    let sealed = keys[1].1.seal(BALA, 3, vault.nonce(), PHONE.as_bytes());
    vault.erase(KeySlot(0), ASHA).unwrap();

    assert_eq!(
        hex(&fs::read(leads_file(&dir)).unwrap()),
        [LEADS_HEADER, ASHA_ERASED, BALA_LIVE].concat()
    );
    assert_eq!(
        hex(&fs::read(organisations_file(&dir)).unwrap()),
        [ORGANISATIONS_HEADER, CHITRA_LIVE].concat()
    );
    assert_eq!(hex(&sealed), SEALED);
    assert_eq!(hex(&contact), CONTACT_TAG);
    assert_eq!(hex(&vault.enrolment_tag(CHITRA, WORKFLOW, contact).unwrap()), ENROLMENT_TAG);
    let request = vault.organisation_key(CHITRA).unwrap().request_tag([7; 32]);
    assert_eq!(hex(&request), REQUEST_TAG);
}

#[test]
fn the_vault_in_memory_makes_the_same_keys_seals_and_tags() {
    let vault = Vault::in_memory(seeded());
    let keys = vault.create_keys(&[ASHA, BALA]).unwrap();
    let contact = vault.contact_tag(CHITRA, PHONE).unwrap();
    let sealed = keys[1].1.seal(BALA, 3, vault.nonce(), PHONE.as_bytes());

    assert_eq!(hex(&sealed), SEALED);
    assert_eq!(hex(&contact), CONTACT_TAG);
}

#[test]
fn seeded_entropy_is_split_mix_64() {
    // The first words for seed 1234567, as published with the generator's reference code.
    let mut bytes = [0; 24];
    SeededEntropy::new(1_234_567).fill(&mut bytes);
    let words: Vec<_> =
        bytes.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word)).collect();
    assert_eq!(
        words,
        [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
    );
}
