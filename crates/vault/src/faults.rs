//! A disk that fails: after a failed sync the vault writes no more; after a full disk it goes on.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use uuid::Uuid;

use crate::{
    KeySlot, SeededEntropy, Vault, VaultError,
    slot::SlotBytes,
    slot_store::{MemorySlots, SlotStore},
};

const ASHA: Uuid = Uuid::from_u128(0xa1);
const BALA: Uuid = Uuid::from_u128(0xb2);

#[derive(Default)]
struct Faults {
    write: AtomicBool,
    sync: AtomicBool,
    syncs: AtomicU32,
}

struct FaultySlots {
    slots: MemorySlots,
    faults: Arc<Faults>,
}

impl SlotStore for FaultySlots {
    fn read(&self, number: u32) -> io::Result<SlotBytes> {
        self.slots.read(number)
    }

    fn write(&self, first: u32, slots: &[u8]) -> io::Result<()> {
        if self.faults.write.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.slots.write(first, slots)
    }

    fn sync(&self) -> io::Result<()> {
        self.faults.syncs.fetch_add(1, Ordering::Relaxed);
        if self.faults.sync.load(Ordering::Relaxed) {
            return Err(io::Error::other("the disk is gone"));
        }
        Ok(())
    }
}

fn vault_on_a_faulty_disk() -> (Vault, Arc<Faults>) {
    let faults = Arc::new(Faults::default());
    let slots = FaultySlots { slots: MemorySlots::default(), faults: Arc::clone(&faults) };
    let vault = Vault::in_memory(Arc::new(SeededEntropy::new(1)));
    (Vault { slots: Box::new(slots), ..vault }, faults)
}

#[test]
fn a_key_that_could_not_be_synced_is_not_given_out_and_writing_ends() {
    let (vault, faults) = vault_on_a_faulty_disk();
    vault.create_keys(&[ASHA]).unwrap();
    faults.sync.store(true, Ordering::Relaxed);

    assert!(matches!(vault.create_keys(&[BALA]), Err(VaultError::NotDurable { .. })));

    faults.sync.store(false, Ordering::Relaxed);
    let syncs = faults.syncs.load(Ordering::Relaxed);
    assert!(matches!(vault.create_keys(&[BALA]), Err(VaultError::Stopped { .. })));
    assert!(matches!(vault.erase(KeySlot(0), ASHA), Err(VaultError::Stopped { .. })));
    assert!(matches!(vault.organisation_key(BALA), Err(VaultError::Stopped { .. })));
    assert_eq!(faults.syncs.load(Ordering::Relaxed), syncs, "a failed sync is not tried again");
    assert_eq!(vault.slots(), 1);
    assert!(vault.key(KeySlot(0), ASHA).unwrap().is_some(), "reading goes on");
}

#[test]
fn a_full_disk_refuses_new_keys_and_takes_them_again_when_there_is_room() {
    let (vault, faults) = vault_on_a_faulty_disk();
    faults.write.store(true, Ordering::Relaxed);
    assert!(matches!(vault.create_keys(&[ASHA]), Err(VaultError::Io { .. })));
    assert_eq!(vault.slots(), 0);

    faults.write.store(false, Ordering::Relaxed);
    assert_eq!(vault.create_keys(&[BALA]).unwrap()[0].0, KeySlot(0));
    assert!(vault.key(KeySlot(0), BALA).unwrap().is_some());
}

#[test]
fn an_erasure_that_could_not_be_written_or_synced_ends_writing() {
    for on_write in [true, false] {
        let (vault, faults) = vault_on_a_faulty_disk();
        vault.create_keys(&[ASHA]).unwrap();
        let fault = if on_write { &faults.write } else { &faults.sync };
        fault.store(true, Ordering::Relaxed);
        assert!(matches!(vault.erase(KeySlot(0), ASHA), Err(VaultError::NotDurable { .. })));

        // Not "already erased": the zeros may exist in memory only.
        fault.store(false, Ordering::Relaxed);
        assert!(matches!(vault.erase(KeySlot(0), ASHA), Err(VaultError::Stopped { .. })));
    }
}

#[test]
fn a_batch_of_keys_or_erasures_costs_one_sync() {
    let (vault, faults) = vault_on_a_faulty_disk();
    let leads: Vec<_> = (1..=9_000).map(Uuid::from_u128).collect();
    let made = vault.create_keys(&leads).unwrap();
    assert_eq!(faults.syncs.load(Ordering::Relaxed), 1);

    let all: Vec<_> = made.iter().zip(&leads).map(|((slot, _), &lead)| (*slot, lead)).collect();
    vault.erase_many(&all).unwrap();
    assert_eq!(faults.syncs.load(Ordering::Relaxed), 2);
    vault.erase_many(&all).unwrap();
    assert_eq!(faults.syncs.load(Ordering::Relaxed), 2, "all were erased before");
}
