//! A vault made out of a backup, or out of nothing, for a journal that is there already.
//!
//! The journal decides: a lead that it says was erased gets no key back, whatever the backup holds,
//! and a slot that it names is never given to a second lead, also when the backup is older than the
//! slot. The key of an erased lead is not written and overwritten: it is not written at all.

use std::{
    collections::BTreeMap,
    fs::File,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use uuid::Uuid;

use super::KeyBackup;
use crate::{
    Entropy, VaultError, disk,
    header::{FileKind, Header},
    opening::{LEADS_FILE, LOCK_FILE, ORGANISATIONS_FILE, new_header},
    slot::{SLOT_BYTES, Slot, decode, encode_erased},
    vault::{KeySlot, VaultOptions},
};

/// What a journal says of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedSlot {
    /// The lead that was enrolled with it.
    pub lead: Uuid,
    /// Whether the lead was erased.
    pub erased: bool,
}

/// Every slot that a journal names.
pub type JournalSlots = BTreeMap<KeySlot, NamedSlot>;

/// What became of the keys of the leads of a journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RestoredKeys {
    /// Leads whose key is there.
    pub live: u64,
    /// Leads that the journal erased, and whose key was in the backup: left out.
    pub erased_again: u64,
    /// Leads that the journal erased, and whose key was not in the backup.
    pub erased_before: u64,
    /// Leads that nobody erased and whose key is not in the backup, mostly because they are newer
    /// than it: their fields read as erased.
    pub without_key: u64,
}

impl KeyBackup {
    /// Says whether these are the keys of a journal.
    ///
    /// # Errors
    ///
    /// [`VaultError::OtherKeys`] with the first slot that belongs to another lead than in the
    /// journal; [`VaultError::Io`].
    pub fn check_against(&self, named: &JournalSlots) -> Result<(), VaultError> {
        for (&slot, &NamedSlot { lead, .. }) in named {
            if let Some(owner) = self.owner(slot.0)?.filter(|&owner| owner != lead) {
                let (file, vault) = (self.path.clone(), self.vault());
                return Err(VaultError::OtherKeys { slot, lead, owner, file, vault });
            }
        }
        Ok(())
    }

    /// Makes a vault in `dir`, which must have none: the keys of the backup without those that the
    /// journal erased, and an erased slot for each one that the journal names and the backup does
    /// not have. Durable when it returns.
    ///
    /// # Errors
    ///
    /// [`VaultError::AlreadyThere`]; [`VaultError::OtherKeys`], and nothing is written;
    /// [`VaultError::InUse`]; [`VaultError::Io`] and [`VaultError::NotDurable`].
    pub fn restore(&self, dir: &Path, named: &JournalSlots) -> Result<RestoredKeys, VaultError> {
        self.check_against(named)?;
        let target = Target::take(dir)?;
        let mut restored = RestoredKeys::default();
        let header = Header { entries: 0, slots: 0, ..self.header };
        target.write(header, (self.header.entries, &self.organisations), |leads| {
            self.each_run(|first, slots| {
                for (number, bytes) in (first..).zip(&mut *slots) {
                    let named = named.get(&KeySlot(number));
                    let live = matches!(decode(number, bytes), Slot::Live { .. });
                    restored.count(named, live);
                    if let Some(doomed) = named.filter(|named| named.erased) {
                        *bytes = *encode_erased(number, doomed.lead);
                    }
                }
                leads.put(first, slots.as_flattened())
            })?;
            leads.pad(named, self.header.slots, &mut restored)
        })?;
        Ok(restored)
    }
}

impl crate::Vault {
    /// Makes a vault in `dir`, which must have none, for a journal whose keys are lost: every lead
    /// reads as erased, and no slot that the journal names is given to another lead. Organisations
    /// get new keys, so numbers that were recorded before match nothing any more. Durable when it
    /// returns.
    ///
    /// # Errors
    ///
    /// As [`KeyBackup::restore`].
    pub fn make_without_keys(
        dir: &Path,
        entropy: &Arc<dyn Entropy>,
        options: VaultOptions,
        named: &JournalSlots,
    ) -> Result<RestoredKeys, VaultError> {
        let target = Target::take(dir)?;
        let mut restored = RestoredKeys::default();
        let header = new_header(&**entropy, options);
        target.write(header, (0, &[]), |leads| leads.pad(named, 0, &mut restored))?;
        Ok(restored)
    }
}

impl RestoredKeys {
    fn count(&mut self, named: Option<&NamedSlot>, live: bool) {
        let Some(named) = named else { return };
        match (named.erased, live) {
            (true, true) => self.erased_again += 1,
            (true, false) => self.erased_before += 1,
            (false, true) => self.live += 1,
            (false, false) => self.without_key += 1,
        }
    }
}

/// A directory that has no vault, and that nobody else makes one in.
struct Target {
    leads: PathBuf,
    organisations: PathBuf,
    _lock: disk::WriterLock,
}

impl Target {
    fn take(dir: &Path) -> Result<Self, VaultError> {
        disk::make_directory(dir)?;
        let lock = disk::lock(&dir.join(LOCK_FILE))?;
        let (leads, organisations) = (dir.join(LEADS_FILE), dir.join(ORGANISATIONS_FILE));
        for file in [&leads, &organisations] {
            if disk::exists(file)? {
                return Err(VaultError::AlreadyThere { file: file.clone() });
            }
        }
        Ok(Self { leads, organisations, _lock: lock })
    }

    /// Writes both files; the leads' file gets its name last, since only with it is there a vault.
    fn write(
        &self,
        header: Header,
        (organisations, entries): (u32, &[u8]),
        slots: impl FnOnce(&LeadsFile<'_>) -> Result<(), VaultError>,
    ) -> Result<(), VaultError> {
        disk::replace_with(&self.organisations, |file| {
            let header = Header { entries: organisations, ..header };
            let failed = disk::failed("write", &self.organisations);
            file.write_all_at(&header.encode(FileKind::Organisations), 0)
                .and_then(|()| file.write_all_at(entries, SLOT_BYTES as u64))
                .map_err(failed)
        })?;
        disk::replace_with(&self.leads, |file| {
            file.write_all_at(&header.encode(FileKind::Leads), 0)
                .map_err(disk::failed("write", &self.leads))?;
            slots(&LeadsFile { file, path: &self.leads })
        })
    }
}

/// The leads' file on its way.
struct LeadsFile<'a> {
    file: &'a File,
    path: &'a Path,
}

impl LeadsFile<'_> {
    fn put(&self, first: u32, slots: &[u8]) -> Result<(), VaultError> {
        let at = (u64::from(first) + 1) * SLOT_BYTES as u64;
        self.file.write_all_at(slots, at).map_err(disk::failed("write", self.path))
    }

    /// Gives every slot from `first` on that the journal names to its lead, as erased. Those in
    /// between stay blank: no journal names them.
    fn pad(
        &self,
        named: &JournalSlots,
        first: u32,
        restored: &mut RestoredKeys,
    ) -> Result<(), VaultError> {
        for (slot, found) in named.range(KeySlot(first)..) {
            restored.count(Some(found), false);
            self.put(slot.0, encode_erased(slot.0, found.lead).as_slice())?;
        }
        Ok(())
    }
}
