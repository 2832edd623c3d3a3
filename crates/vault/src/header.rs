//! The first 64 bytes of both key files, and of a backup of them.

use std::path::Path;

use uuid::Uuid;

use crate::{
    VaultError,
    slot::{SLOT_BYTES, field, put},
};

/// The newest format this version reads, and the one it writes.
const FORMAT: u16 = 1;
const SEALING_FLAG: u8 = 1;

const MAGIC_AT: usize = 0;
const FORMAT_AT: usize = 8;
const FLAGS_AT: usize = 10;
const ENTRIES_AT: usize = 12;
const VAULT_AT: usize = 16;
const SLOTS_AT: usize = 32;
const CHECKSUM_AT: usize = 60;

/// Which of the two files this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// `leads.keys`
    Leads,
    /// `organisations.keys`
    Organisations,
    /// Both in one; see `key_backup`.
    Backup,
}

impl FileKind {
    const fn magic(self) -> [u8; 8] {
        match self {
            Self::Leads => *b"BRLNLEAD",
            Self::Organisations => *b"BRLNORGS",
            Self::Backup => *b"BRLNKEYS",
        }
    }
}

impl FileKind {
    /// The file is not sound. What to do then depends on which one it is.
    fn unsound(self, file: &Path, reason: String) -> VaultError {
        let file = file.into();
        match self {
            Self::Leads | Self::Organisations => VaultError::Unsound { file, reason },
            Self::Backup => VaultError::UnsoundBackup { file, reason },
        }
    }
}

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// Drawn when the vault is made; the same in both of its files.
    pub(crate) vault: Uuid,
    /// Whether fields are sealed.
    pub(crate) sealing: bool,
    /// How many entries follow. Zero in `leads.keys`, where the length says it.
    pub(crate) entries: u32,
    /// How many slots follow them. Zero but in a backup.
    pub(crate) slots: u32,
}

impl Header {
    /// The bytes of this header.
    pub(crate) fn encode(self, kind: FileKind) -> [u8; SLOT_BYTES] {
        let mut bytes = [0; SLOT_BYTES];
        put(&mut bytes, MAGIC_AT, &kind.magic());
        put(&mut bytes, FORMAT_AT, &FORMAT.to_le_bytes());
        put(&mut bytes, FLAGS_AT, &[if self.sealing { SEALING_FLAG } else { 0 }]);
        put(&mut bytes, ENTRIES_AT, &self.entries.to_le_bytes());
        put(&mut bytes, VAULT_AT, self.vault.as_bytes());
        put(&mut bytes, SLOTS_AT, &self.slots.to_le_bytes());
        let checksum = checksum(&bytes);
        put(&mut bytes, CHECKSUM_AT, &checksum);
        bytes
    }

    /// Reads a header of `file`.
    ///
    /// # Errors
    ///
    /// [`VaultError::Unsound`] and [`VaultError::TooNew`].
    pub(crate) fn decode(
        kind: FileKind,
        bytes: &[u8; SLOT_BYTES],
        file: &Path,
    ) -> Result<Self, VaultError> {
        let unsound = |reason: &str| kind.unsound(file, reason.into());
        if field::<8>(bytes, MAGIC_AT) != kind.magic() {
            return Err(unsound("it does not begin as one"));
        }
        if field::<4>(bytes, CHECKSUM_AT) != checksum(bytes) {
            return Err(unsound("the checksum of its header does not fit"));
        }
        let found = u16::from_le_bytes(field(bytes, FORMAT_AT));
        if found != FORMAT {
            return Err(VaultError::TooNew { file: file.into(), found, known: FORMAT });
        }
        let [flags] = field::<1>(bytes, FLAGS_AT);
        if flags & !SEALING_FLAG != 0 {
            return Err(unsound("its header has flags that format 1 does not know"));
        }
        Ok(Self {
            vault: Uuid::from_bytes(field(bytes, VAULT_AT)),
            sealing: flags & SEALING_FLAG != 0,
            entries: u32::from_le_bytes(field(bytes, ENTRIES_AT)),
            slots: u32::from_le_bytes(field(bytes, SLOTS_AT)),
        })
    }
}

fn checksum(bytes: &[u8; SLOT_BYTES]) -> [u8; 4] {
    crc32fast::hash(bytes.get(..CHECKSUM_AT).unwrap_or_default()).to_le_bytes()
}
