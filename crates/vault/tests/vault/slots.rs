//! Keys by slot: found again, refused to strangers, and damage told by name.

use std::{fs, os::unix::fs::PermissionsExt, sync::Arc, thread};

use branchline_vault::{Damage, KeySlot, Vault, VaultError};
use uuid::Uuid;

use crate::{ASHA, BALA, CHITRA, SLOT, flip, leads_file, make_key, open, same_key, seeded};

#[test]
fn keys_get_slots_in_order_and_are_found_again_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(&dir);
    let made = vault.create_keys(&[ASHA, BALA]).unwrap();
    let (third, third_key) = make_key(&vault, CHITRA);
    assert_eq!([made[0].0, made[1].0, third], [KeySlot(0), KeySlot(1), KeySlot(2)]);
    drop(vault);

    let vault = open(&dir);
    assert_eq!(vault.slots(), 3);
    assert!(same_key(&made[0].1, &vault.key(KeySlot(0), ASHA).unwrap().unwrap()));
    assert!(same_key(&made[1].1, &vault.key(KeySlot(1), BALA).unwrap().unwrap()));
    assert!(same_key(&third_key, &vault.key(KeySlot(2), CHITRA).unwrap().unwrap()));
    assert!(!same_key(&made[0].1, &made[1].1));
}

#[test]
fn a_batch_larger_than_one_write_keeps_every_key() {
    let leads: Vec<_> = (1..=10_000).map(Uuid::from_u128).collect();
    let dir = tempfile::tempdir().unwrap();
    for vault in [open(&dir), Vault::in_memory(seeded())] {
        let made = vault.create_keys(&leads).unwrap();
        assert_eq!(made.len(), leads.len());
        for ((slot, key), &lead) in made.iter().zip(&leads) {
            assert!(same_key(key, &vault.key(*slot, lead).unwrap().unwrap()), "{slot}");
        }
    }
}

#[test]
fn no_leads_need_no_slots() {
    let vault = Vault::in_memory(seeded());
    assert!(vault.create_keys(&[]).unwrap().is_empty());
    assert_eq!(vault.slots(), 0);
}

#[test]
fn a_slot_is_refused_to_another_lead() {
    let vault = Vault::in_memory(seeded());
    let (slot, _) = make_key(&vault, ASHA);
    let refused = vault.key(slot, BALA).unwrap_err();
    assert!(matches!(refused, VaultError::WrongLead { lead: BALA, owner: ASHA, .. }), "{refused}");
}

#[test]
fn a_slot_that_was_never_written_is_refused_with_the_number_of_slots() {
    let vault = Vault::in_memory(seeded());
    make_key(&vault, ASHA);
    let refused = vault.key(KeySlot(1), ASHA).unwrap_err();
    assert!(
        matches!(refused, VaultError::NoSuchSlot { slot: KeySlot(1), slots: 1, .. }),
        "{refused}"
    );
}

#[test]
fn a_slot_cut_short_by_a_crash_is_ignored_and_written_over() {
    for torn in 1..SLOT {
        let dir = tempfile::tempdir().unwrap();
        let vault = open(&dir);
        let (kept, kept_key) = make_key(&vault, ASHA);
        make_key(&vault, BALA);
        drop(vault);
        let bytes = fs::read(leads_file(&dir)).unwrap();
        fs::write(leads_file(&dir), &bytes[..2 * SLOT + torn]).unwrap();

        let vault = open(&dir);
        assert_eq!(vault.slots(), 1, "{torn} bytes of the second slot");
        let (slot, key) = make_key(&vault, CHITRA);
        assert_eq!(slot, KeySlot(1));
        drop(vault);

        let vault = open(&dir);
        assert!(same_key(&kept_key, &vault.key(kept, ASHA).unwrap().unwrap()));
        assert!(same_key(&key, &vault.key(slot, CHITRA).unwrap().unwrap()));
    }
}

#[test]
fn a_damaged_slot_is_an_error_only_when_its_key_is_asked_for() {
    for at in 0..SLOT {
        let dir = tempfile::tempdir().unwrap();
        let vault = open(&dir);
        vault.create_keys(&[ASHA, BALA, CHITRA]).unwrap();
        drop(vault);
        flip(&leads_file(&dir), 2 * SLOT + at);

        let vault = open(&dir);
        assert!(vault.key(KeySlot(0), ASHA).unwrap().is_some());
        assert!(vault.key(KeySlot(2), CHITRA).unwrap().is_some());
        let told = vault.key(KeySlot(1), BALA).unwrap_err();
        assert!(
            matches!(told, VaultError::Damaged { slot: KeySlot(1), damage: Damage::Checksum, .. }),
            "byte {at}: {told}"
        );
        let text = told.to_string();
        assert!(text.contains("slot 1 of") && text.contains("leads.keys"), "{text}");
    }
}

#[test]
fn a_damaged_last_slot_is_kept_for_repair_and_not_written_over() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(&dir);
    make_key(&vault, ASHA);
    drop(vault);
    flip(&leads_file(&dir), SLOT + 30);

    let vault = open(&dir);
    let (slot, _) = make_key(&vault, BALA);

    assert_eq!(slot, KeySlot(1));
    assert!(matches!(vault.key(KeySlot(0), ASHA), Err(VaultError::Damaged { .. })));
    drop(vault);
    flip(&leads_file(&dir), SLOT + 30);
    assert!(open(&dir).key(KeySlot(0), ASHA).unwrap().is_some());
}

#[test]
fn a_slot_that_a_crash_left_blank_is_named_as_blank() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(&dir);
    make_key(&vault, ASHA);
    drop(vault);
    let mut bytes = fs::read(leads_file(&dir)).unwrap();
    bytes[SLOT..].fill(0);
    fs::write(leads_file(&dir), bytes).unwrap();

    let told = open(&dir).key(KeySlot(0), ASHA).unwrap_err();
    assert!(matches!(told, VaultError::Damaged { damage: Damage::Blank, .. }), "{told}");
}

#[test]
fn a_slot_copied_to_another_place_is_refused_there() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(&dir);
    vault.create_keys(&[ASHA, BALA]).unwrap();
    drop(vault);
    let mut bytes = fs::read(leads_file(&dir)).unwrap();
    bytes.copy_within(SLOT..2 * SLOT, 2 * SLOT);
    fs::write(leads_file(&dir), bytes).unwrap();

    let told = open(&dir).key(KeySlot(1), ASHA).unwrap_err();
    assert!(matches!(told, VaultError::Damaged { damage: Damage::Checksum, .. }), "{told}");
}

#[test]
fn key_files_belong_to_their_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let inner = dir.path().join("keys");
    let vault = Vault::open(&inner, seeded()).unwrap();
    vault.organisation_key(CHITRA).unwrap();
    for name in ["leads.keys", "organisations.keys", "keys.lock"] {
        let mode = fs::metadata(inner.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert_eq!(fs::metadata(&inner).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn readers_and_writers_on_many_threads_see_whole_slots_only() {
    let dir = tempfile::tempdir().unwrap();
    let vault = Arc::new(open(&dir));
    let leads: Vec<_> = (1..=64).map(Uuid::from_u128).collect();
    let made = vault.create_keys(&leads).unwrap();

    thread::scope(|threads| {
        for _ in 0..3 {
            threads.spawn(|| {
                for _ in 0..200 {
                    for ((slot, key), &lead) in made.iter().zip(&leads) {
                        // Live or erased, never half of both.
                        if let Some(read) = vault.key(*slot, lead).unwrap() {
                            assert!(same_key(key, &read));
                        }
                    }
                }
            });
        }
        threads.spawn(|| {
            for ((slot, _), &lead) in made.iter().zip(&leads) {
                vault.erase(*slot, lead).unwrap();
                make_key(&vault, lead);
            }
        });
    });

    assert_eq!(vault.slots(), 128);
    assert!(
        made.iter().zip(&leads).all(|((slot, _), &lead)| vault.key(*slot, lead).unwrap().is_none())
    );
}
