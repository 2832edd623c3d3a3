//! Taking a backup of a vault that others may be writing.

use std::{io::Write, path::Path};

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{PIECES_AT_ONCE, trailer};
use crate::{
    Vault, VaultError, disk,
    header::{FileKind, Header},
    slot::{SLOT_BYTES, Slot, decode},
};

/// What is in a backup of keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyCounts {
    /// Organisations with a key.
    pub organisations: u32,
    /// Slots, whatever they hold.
    pub slots: u32,
    /// Slots with a key.
    pub live: u32,
    /// Slots whose key was erased.
    pub erased: u32,
    /// Slots that cannot be read, blank ones included.
    pub damaged: u32,
}

impl KeyCounts {
    /// Counts one slot in.
    pub(super) const fn add(&mut self, slot: &Slot) {
        self.slots += 1;
        match slot {
            Slot::Live { .. } => self.live += 1,
            Slot::Erased { .. } => self.erased += 1,
            Slot::Damaged(_) => self.damaged += 1,
        }
    }
}

impl Vault {
    /// Writes all keys in one piece that checks itself; its form is in the source of
    /// `key_backup`. Others may make and erase keys meanwhile; slots that are made after this call
    /// are not in it. The caller makes durable what it was written to.
    ///
    /// Whoever holds the file can open the fields of every lead in it. Keep it apart from the
    /// journal, and not for longer than you promise to forget people in.
    ///
    /// # Errors
    ///
    /// [`VaultError::Io`] when a slot cannot be read or `out` takes no more.
    pub fn back_up(&self, out: &mut dyn Write) -> Result<KeyCounts, VaultError> {
        let mut out = Digesting { out, digest: Sha256::new() };
        // The slots first: whoever has a slot had its organisation's key before.
        let slots = self.slots();
        let (organisations, entries) = self.organisations.entries()?;
        let header = Header { entries: organisations, slots, ..self.organisations.header() };
        out.write(&header.encode(FileKind::Backup))?;
        out.write(&entries)?;
        let mut counts = KeyCounts { organisations, ..KeyCounts::default() };
        let mut image = Zeroizing::new(Vec::with_capacity(PIECES_AT_ONCE as usize * SLOT_BYTES));
        for first in (0..slots).step_by(PIECES_AT_ONCE as usize) {
            image.clear();
            for number in first..slots.min(first.saturating_add(PIECES_AT_ONCE)) {
                let bytes = self.settled_bytes(number)?;
                counts.add(&decode(number, &bytes));
                image.extend_from_slice(bytes.as_slice());
            }
            out.write(&image)?;
        }
        let Digesting { out, digest } = out;
        out.write_all(&trailer(digest)).and_then(|()| out.flush()).map_err(not_written)?;
        Ok(counts)
    }
}

/// Writes, and remembers the digest of what was written.
struct Digesting<'a> {
    out: &'a mut dyn Write,
    digest: Sha256,
}

impl Digesting<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), VaultError> {
        self.digest.update(bytes);
        self.out.write_all(bytes).map_err(not_written)
    }
}

fn not_written(cause: std::io::Error) -> VaultError {
    disk::failed("write", Path::new("the backup of the keys"))(cause)
}
