//! Which files make a vault, and what is refused before a key is given out.

use std::fs;

use branchline_vault::{KeySlot, Vault, VaultError, VaultOptions};

use crate::{ASHA, SLOT, flip, leads_file, make_key, open, organisations_file, seeded};

#[test]
fn a_new_directory_becomes_a_sealing_vault() {
    let dir = tempfile::tempdir().unwrap();
    let vault = Vault::open(&dir.path().join("data").join("keys"), seeded()).unwrap();
    assert!(vault.is_sealing());
    assert_eq!(vault.slots(), 0);
}

#[test]
fn the_choice_of_sealing_is_kept_in_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let off = VaultOptions { sealing: false };
    let vault = Vault::open_with(dir.path(), seeded(), off).unwrap();
    let (slot, key) = make_key(&vault, ASHA);
    let kept = key.seal(ASHA, 1, vault.nonce(), b"plain");
    drop(vault);

    let vault = open(&dir);
    assert!(!vault.is_sealing());
    assert_eq!(vault.key(slot, ASHA).unwrap().unwrap().open(ASHA, 1, &kept).unwrap(), b"plain");
    drop(vault);

    let on = VaultOptions { sealing: true };
    let refused = Vault::open_with(dir.path(), seeded(), on).unwrap_err();
    assert!(matches!(refused, VaultError::SealingDiffers { recorded: false, .. }), "{refused}");
    assert!(Vault::open_with(dir.path(), seeded(), off).is_ok());
}

#[test]
fn a_second_writer_is_refused_until_the_first_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(&dir);
    let refused = Vault::open(dir.path(), seeded()).unwrap_err();
    assert!(matches!(refused, VaultError::InUse { .. }), "{refused}");
    drop(first);
    assert!(Vault::open(dir.path(), seeded()).is_ok());
}

#[test]
fn a_read_only_vault_reads_beside_a_writer_and_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let writer = open(&dir);
    let (slot, _) = make_key(&writer, ASHA);
    let reader = Vault::open_read_only(dir.path()).unwrap();

    assert!(reader.key(slot, ASHA).unwrap().is_some());
    assert!(matches!(reader.create_keys(&[ASHA]), Err(VaultError::ReadOnly { .. })));
    assert!(matches!(reader.erase(slot, ASHA), Err(VaultError::ReadOnly { .. })));
    writer.erase(slot, ASHA).unwrap();
    assert!(reader.key(slot, ASHA).unwrap().is_none());
}

#[test]
fn opening_for_reading_makes_no_files() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(Vault::open_read_only(dir.path()), Err(VaultError::Io { .. })));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_lost_key_file_is_told_and_not_replaced_by_an_empty_one() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(&dir);
    vault.organisation_key(ASHA).unwrap();
    drop(vault);

    let (leads, organisations) = (leads_file(&dir), organisations_file(&dir));
    let aside = dir.path().join("aside");
    for lost in [leads, organisations] {
        fs::rename(&lost, &aside).unwrap();
        let told = Vault::open(dir.path(), seeded()).unwrap_err();
        assert!(matches!(&told, VaultError::Missing { file } if *file == lost), "{told}");
        fs::rename(&aside, &lost).unwrap();
    }
    assert!(Vault::open(dir.path(), seeded()).is_ok());
}

#[test]
fn a_crash_while_the_vault_is_made_leaves_nothing_in_the_way() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(&dir));
    // As after a crash between the two files, in the middle of writing the second one aside.
    fs::rename(leads_file(&dir), dir.path().join("leads.keys.new")).unwrap();

    let vault = open(&dir);
    assert_eq!(make_key(&vault, ASHA).0, KeySlot(0));
    assert!(!dir.path().join("leads.keys.new").exists());
}

#[test]
fn files_of_two_vaults_are_not_mixed() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    drop(open(&one));
    drop(Vault::open(other.path(), std::sync::Arc::new(branchline_vault::SystemEntropy)).unwrap());
    fs::copy(organisations_file(&other), organisations_file(&one)).unwrap();

    let told = Vault::open(one.path(), seeded()).unwrap_err();
    assert!(matches!(told, VaultError::Mixed { .. }), "{told}");
}

#[test]
fn a_damaged_header_is_told_at_open() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(&dir));
    for at in 0..SLOT {
        flip(&leads_file(&dir), at);
        let told = Vault::open(dir.path(), seeded()).unwrap_err();
        assert!(matches!(told, VaultError::Unsound { .. }), "byte {at}: {told}");
        flip(&leads_file(&dir), at);
    }
}

#[test]
fn a_file_shorter_than_its_header_is_told_at_open() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(&dir));
    let whole = fs::read(leads_file(&dir)).unwrap();
    for length in 0..whole.len() {
        fs::write(leads_file(&dir), &whole[..length]).unwrap();
        let told = Vault::open(dir.path(), seeded()).unwrap_err();
        assert!(matches!(told, VaultError::Unsound { .. }), "{length} bytes: {told}");
    }
}

#[test]
fn a_file_of_a_newer_format_is_refused_with_both_numbers() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(&dir));
    let mut bytes = fs::read(leads_file(&dir)).unwrap();
    bytes[8] = 2;
    let checksum = crc32fast::hash(&bytes[..60]);
    bytes[60..64].copy_from_slice(&checksum.to_le_bytes());
    fs::write(leads_file(&dir), bytes).unwrap();

    let told = Vault::open(dir.path(), seeded()).unwrap_err();
    assert!(matches!(told, VaultError::TooNew { found: 2, known: 1, .. }), "{told}");
}
