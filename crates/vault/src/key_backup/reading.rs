//! Reading a backup: whole and unchanged, or not at all.

use std::{
    fs::File,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{KeyCounts, PIECES_AT_ONCE, begins_as_trailer, trailer};
use crate::{
    VaultError, disk,
    header::{FileKind, Header},
    organisations,
    slot::{SLOT_BYTES, Slot, decode},
};

/// A backup of keys that was read to its end and found whole.
pub struct KeyBackup {
    pub(super) file: File,
    pub(super) path: PathBuf,
    pub(super) header: Header,
    /// The organisations' entries, as they go into their file.
    pub(super) organisations: Zeroizing<Vec<u8>>,
    counts: KeyCounts,
}

impl KeyBackup {
    /// Opens a backup and checks every byte of it.
    ///
    /// # Errors
    ///
    /// [`VaultError::UnsoundBackup`] when it was cut, changed, or is something else;
    /// [`VaultError::TooNew`]; [`VaultError::Io`] from the operating system.
    pub fn open(path: &Path) -> Result<Self, VaultError> {
        let file = File::open(path).map_err(disk::failed("open", path))?;
        let length = file.metadata().map_err(disk::failed("measure", path))?.len();
        let unsound = |reason: String| VaultError::UnsoundBackup { file: path.into(), reason };
        if length < SLOT_BYTES as u64 {
            return Err(unsound(format!("it has {length} bytes, fewer than its header")));
        }
        let mut first = [0; SLOT_BYTES];
        file.read_exact_at(&mut first, 0).map_err(disk::failed("read", path))?;
        let header = Header::decode(FileKind::Backup, &first, path)?;
        let pieces = 2 + u64::from(header.entries) + u64::from(header.slots);
        let expected = pieces * SLOT_BYTES as u64;
        if length != expected {
            return Err(unsound(format!(
                "it has {length} bytes, and its header speaks of {expected}: it was cut, or something \
                 was added"
            )));
        }
        let mut opened = Self {
            file,
            path: path.into(),
            header,
            organisations: Zeroizing::default(),
            counts: KeyCounts { organisations: header.entries, ..KeyCounts::default() },
        };
        opened.check(&first)?;
        Ok(opened)
    }

    /// Drawn when the vault was made: which vault's keys these are.
    pub const fn vault(&self) -> Uuid {
        self.header.vault
    }

    /// Whether the vault sealed fields.
    pub const fn is_sealing(&self) -> bool {
        self.header.sealing
    }

    /// What is in it.
    pub const fn counts(&self) -> KeyCounts {
        self.counts
    }

    /// Reads everything after the header once, against the digest in the trailer.
    fn check(&mut self, header: &[u8; SLOT_BYTES]) -> Result<(), VaultError> {
        let mut digest = Sha256::new();
        digest.update(header);
        let bytes = self.header.entries as usize * SLOT_BYTES;
        self.organisations = Zeroizing::new(vec![0; bytes]);
        self.file
            .read_exact_at(&mut self.organisations, SLOT_BYTES as u64)
            .map_err(disk::failed("read", &self.path))?;
        digest.update(self.organisations.as_slice());
        let mut counts = self.counts;
        self.each_run(|first, slots| {
            digest.update(slots.as_flattened());
            (first..).zip(slots).for_each(|(number, bytes)| counts.add(&decode(number, bytes)));
            Ok(())
        })?;
        let mut last = [0; SLOT_BYTES];
        let at = self.offset(self.header.slots);
        self.file.read_exact_at(&mut last, at).map_err(disk::failed("read", &self.path))?;
        if !begins_as_trailer(&last) {
            return Err(self.unsound("its last 64 bytes are not the end of one".into()));
        }
        if last != trailer(digest) {
            return Err(self.unsound("its bytes do not have the digest in its end".into()));
        }
        organisations::read_entries(&self.organisations, |reason| self.unsound(reason))?;
        self.counts = counts;
        Ok(())
    }

    /// Gives every slot to `see`, in order, a run of them at a time with the number of its first.
    pub(super) fn each_run(
        &self,
        mut see: impl FnMut(u32, &mut [[u8; SLOT_BYTES]]) -> Result<(), VaultError>,
    ) -> Result<(), VaultError> {
        let mut image = Zeroizing::new(Vec::new());
        for first in (0..self.header.slots).step_by(PIECES_AT_ONCE as usize) {
            let count = PIECES_AT_ONCE.min(self.header.slots - first);
            image.resize(count as usize * SLOT_BYTES, 0);
            let at = self.offset(first);
            self.file.read_exact_at(&mut image, at).map_err(disk::failed("read", &self.path))?;
            see(first, image.as_chunks_mut::<SLOT_BYTES>().0)?;
        }
        Ok(())
    }

    /// Whose a slot is; `None` beyond the last slot and for one that is damaged.
    pub(super) fn owner(&self, number: u32) -> Result<Option<Uuid>, VaultError> {
        if number >= self.header.slots {
            return Ok(None);
        }
        let mut bytes = Zeroizing::new([0; SLOT_BYTES]);
        let at = self.offset(number);
        self.file
            .read_exact_at(bytes.as_mut_slice(), at)
            .map_err(disk::failed("read", &self.path))?;
        Ok(match decode(number, &bytes) {
            Slot::Live { owner, .. } | Slot::Erased { owner } => Some(owner),
            Slot::Damaged(_) => None,
        })
    }

    /// Where a slot begins.
    const fn offset(&self, number: u32) -> u64 {
        (1 + self.header.entries as u64 + number as u64) * SLOT_BYTES as u64
    }

    fn unsound(&self, reason: String) -> VaultError {
        VaultError::UnsoundBackup { file: self.path.clone(), reason }
    }
}

impl std::fmt::Debug for KeyBackup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyBackup")
            .field("file", &self.path)
            .field("vault", &self.header.vault)
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}
