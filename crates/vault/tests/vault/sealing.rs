//! What goes in comes out, with the right key, lead and field only.

use std::collections::BTreeSet;

use branchline_vault::{
    Entropy, LeadKey, OpenSealError, SeededEntropy, SystemEntropy, Vault, VaultOptions,
};

use crate::{ASHA, BALA, make_key, seeded};

const PHONE: &[u8] = b"+919876543210";

fn key_and_sealed() -> (LeadKey, Vec<u8>) {
    let vault = Vault::in_memory(seeded());
    let (_, key) = make_key(&vault, ASHA);
    let sealed = key.seal(ASHA, 3, vault.nonce(), PHONE);
    (key, sealed)
}

#[test]
fn a_sealed_field_opens_with_its_key_and_hides_its_content() {
    let (key, sealed) = key_and_sealed();

    assert_eq!(key.open(ASHA, 3, &sealed), Ok(PHONE.to_vec()));
    assert_eq!(sealed.len(), PHONE.len() + LeadKey::SEAL_BYTES);
    assert!(!sealed.windows(4).any(|window| PHONE.windows(4).any(|plain| plain == window)));
}

#[test]
fn an_empty_field_and_a_long_one_open_as_well() {
    let vault = Vault::in_memory(seeded());
    let (_, key) = make_key(&vault, ASHA);
    for length in [0, 1, 63, 64, 65, 12 * 1024] {
        let plain = vec![0xab; length];
        let sealed = key.seal(ASHA, 1, vault.nonce(), &plain);
        assert_eq!(key.open(ASHA, 1, &sealed), Ok(plain));
    }
}

#[test]
fn a_field_sealed_for_one_lead_is_refused_for_another() {
    let (key, sealed) = key_and_sealed();

    assert_eq!(key.open(BALA, 3, &sealed), Err(OpenSealError::Broken { lead: BALA, field: 3 }));
}

#[test]
fn a_field_is_refused_in_the_place_of_another_field() {
    let (key, sealed) = key_and_sealed();

    assert_eq!(key.open(ASHA, 4, &sealed), Err(OpenSealError::Broken { lead: ASHA, field: 4 }));
}

#[test]
fn the_key_of_another_lead_opens_nothing() {
    let vault = Vault::in_memory(seeded());
    let keys = vault.create_keys(&[ASHA, BALA]).unwrap();
    let sealed = keys[0].1.seal(ASHA, 3, vault.nonce(), PHONE);

    assert_eq!(
        keys[1].1.open(ASHA, 3, &sealed),
        Err(OpenSealError::Broken { lead: ASHA, field: 3 })
    );
}

#[test]
fn every_flipped_bit_is_refused() {
    let (key, sealed) = key_and_sealed();
    for at in 0..sealed.len() {
        for bit in 0..8 {
            let mut changed = sealed.clone();
            changed[at] ^= 1 << bit;
            assert_eq!(
                key.open(ASHA, 3, &changed),
                Err(OpenSealError::Broken { lead: ASHA, field: 3 }),
                "bit {bit} of byte {at}"
            );
        }
    }
}

#[test]
fn cut_bytes_are_refused_at_every_length() {
    let (key, sealed) = key_and_sealed();
    for length in 0..sealed.len() {
        let refused = key.open(ASHA, 3, &sealed[..length]).unwrap_err();
        if length < LeadKey::SEAL_BYTES {
            let least = LeadKey::SEAL_BYTES;
            let short = OpenSealError::TooShort { lead: ASHA, field: 3, found: length, least };
            assert_eq!(refused, short);
        } else {
            assert_eq!(refused, OpenSealError::Broken { lead: ASHA, field: 3 });
        }
    }
}

#[test]
fn with_sealing_off_fields_are_kept_plain_behind_a_mark() {
    let vault = Vault::in_memory_with(seeded(), VaultOptions { sealing: false });
    let (_, key) = make_key(&vault, ASHA);
    let kept = key.seal(ASHA, 3, vault.nonce(), PHONE);

    assert!(!vault.is_sealing());
    assert_eq!(kept, [b"\0", PHONE].concat());
    assert_eq!(key.open(ASHA, 3, &kept), Ok(PHONE.to_vec()));
    assert_eq!(key.open(ASHA, 3, b""), Err(OpenSealError::NotPlain { lead: ASHA, field: 3 }));
    assert_eq!(key.open(ASHA, 3, PHONE), Err(OpenSealError::NotPlain { lead: ASHA, field: 3 }));
}

#[test]
fn a_sealing_vault_refuses_a_plain_field() {
    let plain = Vault::in_memory_with(seeded(), VaultOptions { sealing: false });
    let (_, plain_key) = make_key(&plain, ASHA);
    let long = vec![0; 100];
    let forged = plain_key.seal(ASHA, 3, plain.nonce(), &long);

    let (key, _) = key_and_sealed();

    assert_eq!(key.open(ASHA, 3, &forged), Err(OpenSealError::Broken { lead: ASHA, field: 3 }));
}

#[test]
fn debug_output_shows_no_key() {
    let vault = Vault::in_memory(seeded());
    let (_, key) = make_key(&vault, ASHA);
    let organisation = vault.organisation_key(BALA).unwrap();

    assert_eq!(format!("{key:?}"), "LeadKey(…)");
    assert_eq!(format!("{organisation:?}"), "OrganisationKey(…)");
}

#[test]
fn the_same_seed_gives_the_same_bytes_however_they_are_cut() {
    let (whole, cut) = (SeededEntropy::new(42), SeededEntropy::new(42));
    let mut at_once = [0; 64];
    whole.fill(&mut at_once);
    let mut in_parts = [0; 64];
    for part in in_parts.chunks_mut(16) {
        cut.fill(part);
    }
    assert_eq!(at_once, in_parts);

    let mut other = [0; 64];
    SeededEntropy::new(43).fill(&mut other);
    assert_ne!(at_once, other);
}

#[test]
fn nonces_do_not_repeat() {
    let seeded_vault = Vault::in_memory(seeded());
    let system_vault = Vault::in_memory(std::sync::Arc::new(SystemEntropy));
    for vault in [seeded_vault, system_vault] {
        let nonces: BTreeSet<_> = (0..10_000).map(|_| vault.nonce()).collect();
        assert_eq!(nonces.len(), 10_000);
    }
}
