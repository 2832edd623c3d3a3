//! The keys of the organisations: few, all in memory, in a file that is replaced as a whole.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock},
};

use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    OrganisationKey, VaultError, disk,
    header::{FileKind, Header},
    slot::{SLOT_BYTES, Slot, decode, encode_live},
};

pub(crate) type Keys = BTreeMap<Uuid, OrganisationKey>;

/// The organisations' keys, and the file they lie in.
pub(crate) struct Organisations {
    /// `None` in memory.
    file: Option<PathBuf>,
    header: Header,
    keys: RwLock<Keys>,
}

impl Organisations {
    /// No keys, and no file.
    pub(crate) fn in_memory(header: Header) -> Self {
        Self { file: None, header, keys: RwLock::default() }
    }

    /// Writes a file without keys.
    pub(crate) fn create(file: &Path, header: Header) -> Result<Self, VaultError> {
        let made = Self { file: Some(file.into()), header, keys: RwLock::default() };
        made.save(&Keys::new())?;
        Ok(made)
    }

    /// Reads the file. Any damage is an error: an organisation that seems to have no key would be
    /// given a new one, and its old contact tags would match nobody any more.
    pub(crate) fn open(file: &Path) -> Result<Self, VaultError> {
        let unsound = |reason: String| VaultError::Unsound { file: file.into(), reason };
        let bytes = Zeroizing::new(fs::read(file).map_err(disk::failed("read", file))?);
        let (header, entries) = bytes
            .split_first_chunk::<SLOT_BYTES>()
            .ok_or_else(|| unsound("it is shorter than a header".into()))?;
        let header = Header::decode(FileKind::Organisations, header, file)?;
        let wanted = u64::from(header.entries) * SLOT_BYTES as u64;
        if entries.len() as u64 != wanted {
            let found = entries.len();
            return Err(unsound(format!("{found} bytes follow its header, not {wanted}")));
        }
        let keys = read_entries(entries, unsound)?;
        Ok(Self { file: Some(file.into()), header, keys: RwLock::new(keys) })
    }

    pub(crate) const fn header(&self) -> Header {
        self.header
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// The key, if the organisation has one.
    pub(crate) fn get(&self, organisation: Uuid) -> Option<OrganisationKey> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).get(&organisation).cloned()
    }

    /// Adds a key. It is on disk when this returns. The caller holds the vault's writer lock.
    pub(crate) fn add(&self, organisation: Uuid, key: OrganisationKey) -> Result<(), VaultError> {
        let mut grown = self.keys.read().unwrap_or_else(PoisonError::into_inner).clone();
        grown.insert(organisation, key);
        self.save(&grown)?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = grown;
        Ok(())
    }

    fn save(&self, keys: &Keys) -> Result<(), VaultError> {
        let Some(file) = &self.file else { return Ok(()) };
        let (entries, bytes) = self.image(keys)?;
        let header = Header { entries, ..self.header };
        disk::replace_with(file, |mut aside| {
            let written = aside.write_all(&header.encode(FileKind::Organisations));
            written.and_then(|()| aside.write_all(&bytes)).map_err(disk::failed("write", file))
        })
    }

    /// How many keys there are, and their entries as they go into the file.
    pub(crate) fn entries(&self) -> Result<(u32, Zeroizing<Vec<u8>>), VaultError> {
        self.image(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn image(&self, keys: &Keys) -> Result<(u32, Zeroizing<Vec<u8>>), VaultError> {
        let entries = u32::try_from(keys.len()).map_err(|_| VaultError::Unsound {
            file: self.file.clone().unwrap_or_default(),
            reason: "it would have more entries than its header can count".into(),
        })?;
        // With all its room from the start it never moves, so no copy of a key is left behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(keys.len() * SLOT_BYTES));
        for (number, (&organisation, key)) in (0..).zip(keys) {
            bytes.extend_from_slice(encode_live(number, organisation, key.bytes()).as_slice());
        }
        Ok((entries, bytes))
    }
}

/// The keys in the entries of a file. Any damage is an error.
pub(crate) fn read_entries(
    entries: &[u8],
    unsound: impl Fn(String) -> VaultError,
) -> Result<Keys, VaultError> {
    let mut keys = Keys::new();
    for (number, entry) in (0..).zip(entries.as_chunks::<SLOT_BYTES>().0) {
        let taken = match decode(number, entry) {
            Slot::Live { owner, key } => keys.insert(owner, OrganisationKey::new(&key)),
            Slot::Erased { .. } => return Err(unsound(format!("entry {number} is erased"))),
            Slot::Damaged(damage) => {
                return Err(unsound(format!("entry {number} is damaged: {damage}")));
            }
        };
        if taken.is_some() {
            return Err(unsound(format!("entry {number} repeats an organisation")));
        }
    }
    Ok(keys)
}
