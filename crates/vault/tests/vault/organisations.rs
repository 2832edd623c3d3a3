//! Organisation keys: made once, kept, and tags that tell organisations apart.

use std::{fs, sync::Arc, thread};

use branchline_vault::{Vault, VaultError};
use uuid::Uuid;

use crate::{ASHA, BALA, CHITRA, SLOT, flip, open, organisations_file, seeded};

const PHONE: &str = "+919876543210";

#[test]
fn tags_are_the_same_after_reopening_and_in_a_read_only_vault() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(&dir);
    let tags = [ASHA, BALA, CHITRA].map(|org| vault.contact_tag(org, PHONE).unwrap());
    let readers = Vault::open_read_only(dir.path()).unwrap();
    assert_eq!([ASHA, BALA, CHITRA].map(|org| readers.contact_tag(org, PHONE).unwrap()), tags);
    drop(vault);

    let vault = open(&dir);
    assert_eq!([ASHA, BALA, CHITRA].map(|org| vault.contact_tag(org, PHONE).unwrap()), tags);
}

#[test]
fn tags_differ_by_number_organisation_and_workflow() {
    let vault = Vault::in_memory(seeded());
    let contact = vault.contact_tag(ASHA, PHONE).unwrap();

    assert_ne!(contact, vault.contact_tag(ASHA, "+919876543211").unwrap());
    assert_ne!(contact, vault.contact_tag(BALA, PHONE).unwrap());

    let enrolled =
        |org, workflow| vault.enrolment_tag(org, Uuid::from_u128(workflow), contact).unwrap();
    assert_eq!(enrolled(ASHA, 1), enrolled(ASHA, 1));
    assert_ne!(enrolled(ASHA, 1), enrolled(ASHA, 2));
    assert_ne!(enrolled(ASHA, 1), enrolled(BALA, 1));
    assert_ne!(enrolled(ASHA, 1), contact);
}

#[test]
fn an_organisation_gets_one_key_however_many_threads_ask_first() {
    let dir = tempfile::tempdir().unwrap();
    let vault = Arc::new(open(&dir));
    let tags: Vec<_> = thread::scope(|threads| {
        let asking: Vec<_> =
            (0..8).map(|_| threads.spawn(|| vault.contact_tag(ASHA, PHONE).unwrap())).collect();
        asking.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(tags.iter().all(|tag| *tag == tags[0]));
    assert_eq!(fs::read(organisations_file(&dir)).unwrap().len(), 2 * SLOT);
}

#[test]
fn a_read_only_vault_makes_no_organisation_key() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(&dir));
    let vault = Vault::open_read_only(dir.path()).unwrap();
    let refused = vault.contact_tag(ASHA, PHONE).unwrap_err();
    assert!(
        matches!(refused, VaultError::NoOrganisationKey { organisation: ASHA, .. }),
        "{refused}"
    );
}

#[test]
fn any_damage_to_the_organisations_file_is_told_at_open() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(&dir);
    vault.organisation_key(ASHA).unwrap();
    vault.organisation_key(BALA).unwrap();
    drop(vault);
    let file = organisations_file(&dir);
    for at in 0..3 * SLOT {
        flip(&file, at);
        let told = Vault::open(dir.path(), seeded()).unwrap_err();
        assert!(matches!(told, VaultError::Unsound { .. }), "byte {at}: {told}");
        flip(&file, at);
    }
    assert!(Vault::open(dir.path(), seeded()).is_ok());
}

#[test]
fn an_organisations_file_of_another_length_is_told_at_open() {
    let dir = tempfile::tempdir().unwrap();
    let vault = open(&dir);
    vault.organisation_key(ASHA).unwrap();
    drop(vault);
    let whole = fs::read(organisations_file(&dir)).unwrap();
    for length in 0..whole.len() {
        fs::write(organisations_file(&dir), &whole[..length]).unwrap();
        let told = Vault::open(dir.path(), seeded()).unwrap_err();
        assert!(matches!(told, VaultError::Unsound { .. }), "{length} bytes: {told}");
    }
    fs::write(organisations_file(&dir), [&whole[..], &[0; SLOT]].concat()).unwrap();
    assert!(matches!(Vault::open(dir.path(), seeded()), Err(VaultError::Unsound { .. })));
}
