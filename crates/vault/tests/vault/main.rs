//! The vault as its users see it, and its files as a stranger would read them.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests: one that cannot go on has failed"
)]

mod erasure;
mod key_backup;
mod known_answers;
mod opening;
mod organisations;
mod sealing;
mod slots;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use branchline_vault::{KeySlot, LeadKey, SeededEntropy, Vault};
use tempfile::TempDir;
use uuid::Uuid;

const ASHA: Uuid = Uuid::from_u128(0xa1);
const BALA: Uuid = Uuid::from_u128(0xb2);
const CHITRA: Uuid = Uuid::from_u128(0xc3);

/// The header, and every slot after it.
const SLOT: usize = 64;

fn seeded() -> Arc<SeededEntropy> {
    Arc::new(SeededEntropy::new(7))
}

fn open(dir: &TempDir) -> Vault {
    Vault::open(dir.path(), seeded()).unwrap()
}

fn leads_file(dir: &TempDir) -> PathBuf {
    dir.path().join("leads.keys")
}

fn organisations_file(dir: &TempDir) -> PathBuf {
    dir.path().join("organisations.keys")
}

fn make_key(vault: &Vault, lead: Uuid) -> (KeySlot, LeadKey) {
    vault.create_keys(&[lead]).unwrap().remove(0)
}

/// Two keys are the same when one opens what the other sealed.
fn same_key(one: &LeadKey, other: &LeadKey) -> bool {
    other.open(ASHA, 1, &one.seal(ASHA, 1, [5; 24], b"same")).is_ok()
}

fn flip(file: &Path, at: usize) {
    let mut bytes = fs::read(file).unwrap();
    bytes[at] ^= 0x40;
    fs::write(file, bytes).unwrap();
}

fn contains(file: &Path, needle: &[u8]) -> bool {
    fs::read(file).unwrap().windows(needle.len()).any(|window| window == needle)
}
