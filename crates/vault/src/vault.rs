//! The vault: makes keys durably, finds them fast, and overwrites them.

use std::{
    fmt,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    Entropy, LeadKey, OrganisationKey, VaultError, disk,
    lead_key::KEY_BYTES,
    organisations::Organisations,
    slot::{Damage, SLOT_BYTES, Slot, SlotBytes, decode, encode_erased, encode_live},
    slot_store::SlotStore,
};

/// Slots written at once when many keys are made: 256 KiB a write.
const WRITE_SLOTS: usize = 4096;

/// Number of a slot in the leads' key file. Never given to a second lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeySlot(pub u32);

impl fmt::Display for KeySlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// What is chosen once, when a vault is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VaultOptions {
    /// Whether fields are sealed. Off: they are kept plain, and erasing a key hides a lead's
    /// fields from readers but destroys nothing.
    pub sealing: bool,
}

/// Whether the vault may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writer {
    Ready,
    /// A sync failed: what is on disk is unknown.
    Stopped,
    ReadOnly,
}

/// The keys of one data directory. Shared between threads as `Arc<Vault>`.
pub struct Vault {
    pub(crate) slots: Box<dyn SlotStore>,
    /// Slots that are on disk and may be read.
    pub(crate) count: AtomicU32,
    /// Held by whoever writes.
    pub(crate) writer: Mutex<Writer>,
    pub(crate) organisations: Organisations,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) sealing: bool,
    pub(crate) leads_file: PathBuf,
    pub(crate) organisations_file: PathBuf,
    /// Unlocked when dropped. `None` in memory and for reading only.
    pub(crate) _lock: Option<crate::disk::WriterLock>,
}

impl Vault {
    /// Whether fields are sealed, as chosen when the vault was made.
    pub const fn is_sealing(&self) -> bool {
        self.sealing
    }

    /// Drawn when the vault was made: tells the keys of one data directory from those of another.
    pub const fn id(&self) -> Uuid {
        self.organisations.header().vault
    }

    /// How many slots there are, erased ones included. A journal that names a higher slot is newer
    /// than this key file.
    pub fn slots(&self) -> u32 {
        self.count.load(Ordering::Acquire)
    }

    /// A fresh nonce for [`LeadKey::seal`].
    pub fn nonce(&self) -> [u8; 24] {
        let mut nonce = [0; 24];
        self.entropy.fill(&mut nonce);
        nonce
    }

    /// Makes a key for each lead, in order. All are on disk when this returns: one sync for all.
    ///
    /// A lead that is named twice, or again later, gets a slot each time; the caller remembers
    /// which one counts. After an error none of the keys may be used.
    ///
    /// # Errors
    ///
    /// [`VaultError::Full`], [`VaultError::ReadOnly`] and [`VaultError::Stopped`];
    /// [`VaultError::Io`] when a write fails, and it may be tried again (a full disk);
    /// [`VaultError::NotDurable`] when the sync fails, and the vault writes no more.
    pub fn create_keys(&self, leads: &[Uuid]) -> Result<Vec<(KeySlot, LeadKey)>, VaultError> {
        let mut writer = self.ready_writer()?;
        if leads.is_empty() {
            return Ok(Vec::new());
        }
        let first = self.slots();
        let end = u32::try_from(leads.len()).ok().and_then(|wanted| first.checked_add(wanted));
        let end = end.ok_or_else(|| VaultError::Full {
            slots: first,
            wanted: leads.len(),
            file: self.leads_file.clone(),
        })?;
        let mut made = Vec::with_capacity(leads.len());
        let mut drawn = Zeroizing::new(vec![0; leads.len().min(WRITE_SLOTS) * KEY_BYTES]);
        let mut image =
            Zeroizing::new(Vec::with_capacity(leads.len().min(WRITE_SLOTS) * SLOT_BYTES));
        for (numbers, leads) in (first..end).step_by(WRITE_SLOTS).zip(leads.chunks(WRITE_SLOTS)) {
            image.clear();
            let drawn = drawn.get_mut(..leads.len() * KEY_BYTES).unwrap_or_default();
            self.entropy.fill(drawn);
            for ((number, &lead), key) in
                (numbers..).zip(leads).zip(drawn.as_chunks::<KEY_BYTES>().0)
            {
                image.extend_from_slice(encode_live(number, lead, key).as_slice());
                made.push((KeySlot(number), LeadKey::new(key, self.sealing)));
            }
            self.slots.write(numbers, &image).map_err(disk::failed("write", &self.leads_file))?;
        }
        self.sync(&mut writer)?;
        self.count.store(end, Ordering::Release);
        Ok(made)
    }

    /// The key of a lead; `None` once it was erased.
    ///
    /// # Errors
    ///
    /// [`VaultError::NoSuchSlot`], [`VaultError::WrongLead`] and [`VaultError::Damaged`], each
    /// with slot and file; [`VaultError::Io`] when the file cannot be read.
    pub fn key(&self, slot: KeySlot, lead: Uuid) -> Result<Option<LeadKey>, VaultError> {
        match self.look(slot)? {
            Slot::Live { owner, key } if owner == lead => {
                Ok(Some(LeadKey::new(&key, self.sealing)))
            }
            Slot::Erased { owner } if owner == lead => Ok(None),
            Slot::Live { owner, .. } | Slot::Erased { owner } => {
                Err(self.wrong_lead(slot, lead, owner))
            }
            Slot::Damaged(damage) => Err(self.damaged(slot, damage)),
        }
    }

    /// Overwrites the key of a lead with zeros. It is gone from the file when this returns, and
    /// its slot is never used again. Once more is no error.
    ///
    /// # Errors
    ///
    /// As [`Self::erase_many`].
    pub fn erase(&self, slot: KeySlot, lead: Uuid) -> Result<(), VaultError> {
        self.erase_many(&[(slot, lead)])
    }

    /// Overwrites the keys of many leads with zeros: one sync for all, none when all were erased
    /// before.
    ///
    /// A damaged slot is overwritten as well, whoever's it was: its key could not be read by us,
    /// and shall not be read by anybody.
    ///
    /// # Errors
    ///
    /// [`VaultError::NoSuchSlot`] and [`VaultError::WrongLead`]: then nothing is overwritten.
    /// [`VaultError::Damaged`] for a slot that a newer version wrote. [`VaultError::ReadOnly`] and
    /// [`VaultError::Stopped`]. [`VaultError::NotDurable`]: whether the keys are gone is unknown,
    /// and the vault writes no more; reopen it and erase again.
    pub fn erase_many(&self, erased: &[(KeySlot, Uuid)]) -> Result<(), VaultError> {
        let mut writer = self.ready_writer()?;
        let mut doomed = Vec::with_capacity(erased.len());
        for &(slot, lead) in erased {
            if self.has_key_to_erase(slot, lead)? {
                doomed.push((slot, lead));
            }
        }
        if doomed.is_empty() {
            return Ok(());
        }
        for (slot, lead) in doomed {
            let blank = encode_erased(slot.0, lead);
            if let Err(cause) = self.slots.write(slot.0, blank.as_slice()) {
                // Part of the batch may be written and not synced. Trying again would find it
                // erased and sync nothing.
                *writer = Writer::Stopped;
                return Err(disk::not_durable(&self.leads_file)(cause));
            }
        }
        self.sync(&mut writer)
    }

    /// Says whether [`Self::erase_many`] would take this one, without erasing anything: a slot that
    /// is no slot of the lead keeps the whole batch from being erased.
    ///
    /// # Errors
    ///
    /// [`VaultError::NoSuchSlot`], [`VaultError::WrongLead`], and [`VaultError::Damaged`] for a slot
    /// that a newer version wrote; [`VaultError::Io`] when the file cannot be read.
    pub fn check_erasable(&self, slot: KeySlot, lead: Uuid) -> Result<(), VaultError> {
        // With the writer out, no slot is half erased.
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.has_key_to_erase(slot, lead).map(|_| ())
    }

    /// Whether there is something in the slot to overwrite; a damaged one may hold most of a key.
    fn has_key_to_erase(&self, slot: KeySlot, lead: Uuid) -> Result<bool, VaultError> {
        match self.look_once(slot)? {
            Slot::Erased { owner } if owner == lead => Ok(false),
            Slot::Live { owner, .. } | Slot::Erased { owner } if owner != lead => {
                Err(self.wrong_lead(slot, lead, owner))
            }
            Slot::Damaged(damage @ Damage::State(_)) => Err(self.damaged(slot, damage)),
            Slot::Live { .. }
            | Slot::Erased { .. }
            | Slot::Damaged(Damage::Blank | Damage::Checksum) => Ok(true),
        }
    }

    /// The key of an organisation. Made on first use, and on disk when this returns.
    ///
    /// # Errors
    ///
    /// [`VaultError::NoOrganisationKey`] when there is none and the vault is open for reading
    /// only; [`VaultError::Stopped`], [`VaultError::Io`] and [`VaultError::NotDurable`] when a
    /// new one cannot be kept.
    pub fn organisation_key(&self, organisation: Uuid) -> Result<OrganisationKey, VaultError> {
        if let Some(key) = self.organisations.get(organisation) {
            return Ok(key);
        }
        let mut writer = self.ready_writer().map_err(|refused| {
            if matches!(refused, VaultError::ReadOnly { .. }) {
                VaultError::NoOrganisationKey {
                    organisation,
                    file: self.organisations_file.clone(),
                }
            } else {
                refused
            }
        })?;
        // Somebody may have made it while this thread waited.
        if let Some(key) = self.organisations.get(organisation) {
            return Ok(key);
        }
        let mut drawn = Zeroizing::new([0; KEY_BYTES]);
        self.entropy.fill(drawn.as_mut_slice());
        let key = OrganisationKey::new(&drawn);
        let added = self.organisations.add(organisation, key.clone());
        if matches!(added, Err(VaultError::NotDurable { .. })) {
            *writer = Writer::Stopped;
        }
        added.map(|()| key)
    }

    /// The tag of a phone number: see [`OrganisationKey::contact_tag`].
    ///
    /// # Errors
    ///
    /// As [`Self::organisation_key`]; never for an organisation that has its key.
    pub fn contact_tag(&self, organisation: Uuid, e164: &str) -> Result<[u8; 16], VaultError> {
        Ok(self.organisation_key(organisation)?.contact_tag(e164))
    }

    /// The tag of a phone number in one workflow: see [`OrganisationKey::enrolment_tag`].
    ///
    /// # Errors
    ///
    /// As [`Self::organisation_key`]; never for an organisation that has its key.
    pub fn enrolment_tag(
        &self,
        organisation: Uuid,
        workflow: Uuid,
        contact_tag: [u8; 16],
    ) -> Result<[u8; 16], VaultError> {
        Ok(self.organisation_key(organisation)?.enrolment_tag(workflow, contact_tag))
    }

    fn ready_writer(&self) -> Result<MutexGuard<'_, Writer>, VaultError> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        match *writer {
            Writer::Ready => Ok(writer),
            Writer::Stopped => Err(VaultError::Stopped { file: self.leads_file.clone() }),
            Writer::ReadOnly => Err(VaultError::ReadOnly { file: self.leads_file.clone() }),
        }
    }

    /// A failed sync is never tried again: the kernel may have given up the pages and say yes.
    fn sync(&self, writer: &mut Writer) -> Result<(), VaultError> {
        self.slots.sync().map_err(|cause| {
            *writer = Writer::Stopped;
            disk::not_durable(&self.leads_file)(cause)
        })
    }

    fn look(&self, slot: KeySlot) -> Result<Slot, VaultError> {
        match self.look_once(slot)? {
            Slot::Damaged(_) => {
                // The slot may be half erased by a write under way. With the writer out, it is
                // damaged only if it still is.
                let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
                self.look_once(slot)
            }
            sound @ (Slot::Live { .. } | Slot::Erased { .. }) => Ok(sound),
        }
    }

    fn look_once(&self, slot: KeySlot) -> Result<Slot, VaultError> {
        let slots = self.slots();
        if slot.0 >= slots {
            return Err(VaultError::NoSuchSlot { slot, slots, file: self.leads_file.clone() });
        }
        let bytes = self.slots.read(slot.0).map_err(disk::failed("read", &self.leads_file))?;
        Ok(decode(slot.0, &bytes))
    }

    /// The bytes of a slot. Of one that seems damaged, once nobody writes it.
    pub(crate) fn settled_bytes(&self, number: u32) -> Result<SlotBytes, VaultError> {
        let read = || self.slots.read(number).map_err(disk::failed("read", &self.leads_file));
        let bytes = read()?;
        match decode(number, &bytes) {
            Slot::Damaged(_) => {
                let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
                read()
            }
            Slot::Live { .. } | Slot::Erased { .. } => Ok(bytes),
        }
    }

    fn wrong_lead(&self, slot: KeySlot, lead: Uuid, owner: Uuid) -> VaultError {
        VaultError::WrongLead { slot, lead, owner, file: self.leads_file.clone() }
    }

    fn damaged(&self, slot: KeySlot, damage: Damage) -> VaultError {
        VaultError::Damaged { slot, damage, file: self.leads_file.clone() }
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("file", &self.leads_file)
            .field("sealing", &self.sealing)
            .field("slots", &self.slots())
            .finish_non_exhaustive()
    }
}
