//! All keys in one file: whole or refused, and restored as the journal says.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use branchline_vault::{
    Entropy, KeySlot, Vault, VaultError, VaultOptions,
    key_backup::{JournalSlots, KeyBackup, KeyCounts, NamedSlot, RestoredKeys},
};
use tempfile::TempDir;
use uuid::Uuid;

use crate::{ASHA, BALA, CHITRA, SLOT, contains, flip, leads_file, make_key, open, seeded};

const PHONE: &str = "+919876543210";
const ORGANISATION: Uuid = Uuid::from_u128(0x0f);

/// A vault with an organisation and three leads; Bala is erased.
fn filled(dir: &TempDir) -> Vault {
    let vault = open(dir);
    vault.organisation_key(ORGANISATION).unwrap();
    vault.create_keys(&[ASHA, BALA, CHITRA]).unwrap();
    vault.erase(KeySlot(1), BALA).unwrap();
    vault
}

fn back_up(vault: &Vault, to: &Path) -> KeyCounts {
    vault.back_up(&mut fs::File::create_new(to).unwrap()).unwrap()
}

/// What the journal says: these leads in these slots, and which of them are erased.
fn journal(leads: &[(u32, Uuid, bool)]) -> JournalSlots {
    let named =
        leads.iter().map(|&(slot, lead, erased)| (KeySlot(slot), NamedSlot { lead, erased }));
    named.collect()
}

/// A backup in a directory of its own, and an empty place to restore it to.
fn backed_up() -> (TempDir, PathBuf, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("out.keys");
    back_up(&filled(&dir), &file);
    let target = dir.path().join("restored").join("keys");
    (dir, file, target)
}

#[test]
fn what_is_restored_opens_what_was_sealed_and_finds_whom_it_found() {
    let dir = tempfile::tempdir().unwrap();
    let vault = filled(&dir);
    let key = vault.key(KeySlot(0), ASHA).unwrap().unwrap();
    let sealed = key.seal(ASHA, 1, vault.nonce(), b"known");
    let tag = vault.contact_tag(ORGANISATION, PHONE).unwrap();
    let file = dir.path().join("out.keys");
    let counts = back_up(&vault, &file);
    assert_eq!(counts, KeyCounts { organisations: 1, slots: 3, live: 2, erased: 1, damaged: 0 });

    let backup = KeyBackup::open(&file).unwrap();
    assert_eq!(backup.counts(), counts);
    let target = dir.path().join("restored");
    let named = journal(&[(0, ASHA, false), (1, BALA, true), (2, CHITRA, false)]);
    let restored = backup.restore(&target, &named).unwrap();
    assert_eq!(restored, RestoredKeys { live: 2, erased_before: 1, ..RestoredKeys::default() });

    let again = Vault::open(&target, seeded()).unwrap();
    let key = again.key(KeySlot(0), ASHA).unwrap().unwrap();
    assert_eq!(key.open(ASHA, 1, &sealed).unwrap(), b"known");
    assert!(again.key(KeySlot(1), BALA).unwrap().is_none());
    assert_eq!(again.contact_tag(ORGANISATION, PHONE).unwrap(), tag);
    // The same files, byte for byte, as if nothing had happened.
    for name in ["leads.keys", "organisations.keys"] {
        let files = [dir.path(), &target].map(|dir| fs::read(dir.join(name)).unwrap());
        assert_eq!(files[0], files[1], "{name}");
    }
}

#[test]
fn a_key_that_the_journal_erased_later_is_in_no_restored_file() {
    let (dir, file, target) = backed_up();
    let doomed = fs::read(leads_file(&dir)).unwrap()[SLOT..][20..52].to_vec();
    assert!(contains(&file, &doomed));

    let named = journal(&[(0, ASHA, true), (1, BALA, true), (2, CHITRA, false)]);
    let restored = KeyBackup::open(&file).unwrap().restore(&target, &named).unwrap();

    let expected = RestoredKeys { live: 1, erased_again: 1, erased_before: 1, without_key: 0 };
    assert_eq!(restored, expected);
    for entry in fs::read_dir(&target).unwrap() {
        let path = entry.unwrap().path();
        assert!(!contains(&path, &doomed), "{}", path.display());
    }
    let vault = Vault::open(&target, seeded()).unwrap();
    assert!(vault.key(KeySlot(0), ASHA).unwrap().is_none());
    assert!(vault.key(KeySlot(2), CHITRA).unwrap().is_some());
}

#[test]
fn slots_that_are_newer_than_the_backup_are_erased_and_never_given_away() {
    let (_dir, file, target) = backed_up();
    let late = Uuid::from_u128(0xd4);
    let named = journal(&[(0, ASHA, false), (7, late, false), (9, ORGANISATION, true)]);
    let restored = KeyBackup::open(&file).unwrap().restore(&target, &named).unwrap();
    let expected = RestoredKeys { live: 1, erased_again: 0, erased_before: 1, without_key: 1 };
    assert_eq!(restored, expected);

    let vault = Vault::open(&target, seeded()).unwrap();
    assert!(vault.key(KeySlot(7), late).unwrap().is_none());
    assert!(vault.key(KeySlot(9), ORGANISATION).unwrap().is_none());
    assert_eq!(make_key(&vault, BALA).0, KeySlot(10));
}

#[test]
fn keys_of_another_directory_are_told_by_the_first_slot_that_differs() {
    let (_dir, file, target) = backed_up();
    let backup = KeyBackup::open(&file).unwrap();
    let told = backup.restore(&target, &journal(&[(0, ASHA, false), (2, BALA, true)]));
    let told = told.unwrap_err();
    let VaultError::OtherKeys { slot: KeySlot(2), lead: BALA, owner: CHITRA, vault, .. } = told
    else {
        panic!("{told}");
    };
    assert_eq!(vault, backup.vault());
    assert!(!target.exists());
}

#[test]
fn keys_that_are_there_are_not_written_over() {
    let (dir, file, _) = backed_up();
    let before = fs::read(leads_file(&dir)).unwrap();
    let told = KeyBackup::open(&file).unwrap().restore(dir.path(), &journal(&[])).unwrap_err();
    assert!(matches!(told, VaultError::AlreadyThere { .. }), "{told}");
    assert_eq!(fs::read(leads_file(&dir)).unwrap(), before);
}

#[test]
fn any_changed_byte_of_a_backup_is_found() {
    let (_dir, file, _) = backed_up();
    let length = fs::read(&file).unwrap().len();
    assert_eq!(length, (1 + 1 + 3 + 1) * SLOT);
    for at in 0..length {
        flip(&file, at);
        let told = KeyBackup::open(&file).unwrap_err();
        assert!(matches!(told, VaultError::UnsoundBackup { .. }), "byte {at}: {told}");
        flip(&file, at);
    }
    assert!(KeyBackup::open(&file).is_ok());
}

#[test]
fn a_backup_that_was_cut_or_goes_on_is_found() {
    let (_dir, file, _) = backed_up();
    let whole = fs::read(&file).unwrap();
    let longer = [&whole[..], &[0; SLOT]].concat();
    for length in (0..whole.len()).chain([longer.len()]) {
        fs::write(&file, &longer[..length]).unwrap();
        let told = KeyBackup::open(&file).unwrap_err();
        assert!(matches!(told, VaultError::UnsoundBackup { .. }), "{length} bytes: {told}");
    }
}

#[test]
fn a_key_file_is_no_backup_and_a_backup_of_nothing_is_one() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(&dir);
    let told = KeyBackup::open(&leads_file(&dir)).unwrap_err();
    assert!(matches!(told, VaultError::UnsoundBackup { .. }), "{told}");

    let file = dir.path().join("out.keys");
    assert_eq!(back_up(&vault, &file), KeyCounts::default());
    let target = dir.path().join("restored");
    KeyBackup::open(&file).unwrap().restore(&target, &journal(&[])).unwrap();
    assert_eq!(Vault::open(&target, seeded()).unwrap().slots(), 0);
}

#[test]
fn a_damaged_slot_is_kept_as_it_is_and_counted() {
    let (dir, _, _) = backed_up();
    flip(&leads_file(&dir), SLOT + 60);
    let file = dir.path().join("again.keys");
    let counts = back_up(&open(&dir), &file);
    assert_eq!((counts.live, counts.damaged), (1, 1));
    assert_eq!(KeyBackup::open(&file).unwrap().counts(), counts);
}

#[test]
fn a_vault_without_its_keys_gives_no_slot_of_the_journal_to_anybody() {
    let dir = tempfile::tempdir().unwrap();
    let entropy: Arc<dyn Entropy> = seeded();
    let named = journal(&[(0, ASHA, false), (3, BALA, true)]);
    let options = VaultOptions { sealing: true };
    let made = Vault::make_without_keys(dir.path(), &entropy, options, &named).unwrap();
    let expected = RestoredKeys { without_key: 1, erased_before: 1, ..RestoredKeys::default() };
    assert_eq!(made, expected);

    let vault = open(&dir);
    assert!(vault.key(KeySlot(0), ASHA).unwrap().is_none());
    assert!(vault.key(KeySlot(3), BALA).unwrap().is_none());
    assert_eq!(make_key(&vault, CHITRA).0, KeySlot(4));
}

#[test]
fn an_erasure_while_a_backup_is_written_does_not_break_it() {
    /// Erases a key as soon as the header was written.
    struct Meanwhile<'a>(&'a Vault, Vec<u8>);
    impl std::io::Write for Meanwhile<'_> {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.erase(KeySlot(2), CHITRA).unwrap();
            self.0.create_keys(&[ASHA]).unwrap();
            self.1.extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let vault = filled(&dir);
    let mut out = Meanwhile(&vault, Vec::new());
    let counts = vault.back_up(&mut out).unwrap();
    assert_eq!((counts.slots, counts.live, counts.erased), (3, 1, 2));
    let file = dir.path().join("out.keys");
    fs::write(&file, out.1).unwrap();
    assert_eq!(KeyBackup::open(&file).unwrap().counts(), counts);
}
