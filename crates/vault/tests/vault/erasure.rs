//! Erased keys are gone from the file, stay gone, and their slots stay theirs.

use std::fs;

use branchline_vault::{KeySlot, Vault, VaultError};

use crate::{ASHA, BALA, CHITRA, SLOT, contains, flip, leads_file, make_key, open, seeded};

/// The bytes of a key, taken from the file: nothing else gives them out.
fn key_bytes(dir: &tempfile::TempDir, slot: usize) -> Vec<u8> {
    fs::read(leads_file(dir)).unwrap()[(slot + 1) * SLOT..][20..52].to_vec()
}

#[test]
fn erasing_leaves_no_byte_of_the_key_in_any_file() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(&dir);
    vault.create_keys(&[ASHA, BALA]).unwrap();
    let (doomed, kept) = (key_bytes(&dir, 0), key_bytes(&dir, 1));
    assert!(contains(&leads_file(&dir), &doomed));

    vault.erase(KeySlot(0), ASHA).unwrap();

    for entry in fs::read_dir(dir.path()).unwrap() {
        let file = entry.unwrap().path();
        for part in doomed.windows(4) {
            assert!(!contains(&file, part), "{}", file.display());
        }
    }
    assert!(contains(&leads_file(&dir), &kept));
}

#[test]
fn an_erased_key_reads_as_gone_also_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(&dir);
    vault.create_keys(&[ASHA, BALA]).unwrap();
    vault.erase(KeySlot(0), ASHA).unwrap();
    assert!(vault.key(KeySlot(0), ASHA).unwrap().is_none());
    assert!(vault.key(KeySlot(1), BALA).unwrap().is_some());
    drop(vault);

    let vault = open(&dir);
    assert!(vault.key(KeySlot(0), ASHA).unwrap().is_none());
    assert!(vault.key(KeySlot(1), BALA).unwrap().is_some());
}

#[test]
fn an_erased_slot_is_never_used_again() {
    let vault = Vault::in_memory(seeded());
    let (slot, _) = make_key(&vault, ASHA);
    vault.erase(slot, ASHA).unwrap();

    assert_eq!(make_key(&vault, ASHA).0, KeySlot(1));
    assert!(vault.key(slot, ASHA).unwrap().is_none());
    let refused = vault.key(slot, BALA).unwrap_err();
    assert!(matches!(refused, VaultError::WrongLead { owner: ASHA, .. }), "{refused}");
}

#[test]
fn erasing_twice_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(&dir);
    make_key(&vault, ASHA);
    vault.erase(KeySlot(0), ASHA).unwrap();
    let once = fs::read(leads_file(&dir)).unwrap();
    vault.erase(KeySlot(0), ASHA).unwrap();
    assert_eq!(fs::read(leads_file(&dir)).unwrap(), once);
}

#[test]
fn a_wrong_lead_in_a_batch_leaves_the_whole_batch_alone() {
    let vault = Vault::in_memory(seeded());
    vault.create_keys(&[ASHA, BALA]).unwrap();

    let refused = vault.erase_many(&[(KeySlot(0), ASHA), (KeySlot(1), CHITRA)]).unwrap_err();

    assert!(
        matches!(refused, VaultError::WrongLead { lead: CHITRA, owner: BALA, .. }),
        "{refused}"
    );
    assert!(vault.key(KeySlot(0), ASHA).unwrap().is_some());
    assert!(vault.key(KeySlot(1), BALA).unwrap().is_some());
}

#[test]
fn erasing_a_slot_beyond_the_end_is_refused() {
    let vault = Vault::in_memory(seeded());
    let refused = vault.erase(KeySlot(0), ASHA).unwrap_err();
    assert!(matches!(refused, VaultError::NoSuchSlot { slots: 0, .. }), "{refused}");
}

#[test]
fn a_damaged_slot_is_wiped_when_its_lead_is_erased() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(&dir);
    make_key(&vault, ASHA);
    drop(vault);
    let key = key_bytes(&dir, 0);
    flip(&leads_file(&dir), SLOT + 60);
    assert!(contains(&leads_file(&dir), &key));

    let vault = open(&dir);
    vault.erase(KeySlot(0), ASHA).unwrap();

    assert!(!contains(&leads_file(&dir), &key));
    assert!(vault.key(KeySlot(0), ASHA).unwrap().is_none());
}
