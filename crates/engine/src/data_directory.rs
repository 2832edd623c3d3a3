//! The files of one engine: its journal and its keys.

use std::{path::Path, sync::Arc};

use branchline_journal::{
    sled_store::{SledOptions, SledStore},
    store::EventStore,
};
use branchline_vault::{SystemEntropy, Vault, VaultError};

/// Why a data directory did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The journal did not.
    #[error("the journal in {dir} does not open")]
    Journal {
        /// Where it lies.
        dir: String,
        /// What it said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The keys did not.
    #[error("the keys in {dir} do not open")]
    Keys {
        /// Where they lie.
        dir: String,
        /// What the vault said.
        #[source]
        source: VaultError,
    },
}

/// The files of one engine: `<dir>/journal` and `<dir>/keys`. Both are made when they are missing,
/// and belong to one process at a time.
#[derive(Clone)]
pub struct DataDirectory {
    /// The journal.
    pub store: Arc<dyn EventStore>,
    /// The keys.
    pub vault: Arc<Vault>,
}

impl DataDirectory {
    /// Opens it for one engine.
    ///
    /// # Errors
    ///
    /// [`OpenError`] when another process has it open, or when a file cannot be trusted.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        let journal = dir.join("journal");
        let keys = dir.join("keys");
        let store = SledStore::open(&SledOptions::new(&journal)).map_err(|source| {
            OpenError::Journal { dir: journal.display().to_string(), source: Box::new(source) }
        })?;
        let vault = Vault::open(&keys, Arc::new(SystemEntropy))
            .map_err(|source| OpenError::Keys { dir: keys.display().to_string(), source })?;
        Ok(Self { store: Arc::new(store), vault: Arc::new(vault) })
    }

    /// Size of all files in it. Unit: bytes.
    ///
    /// # Errors
    ///
    /// What the operating system said of the first file that cannot be looked at.
    pub fn size(dir: &Path) -> std::io::Result<u64> {
        let mut bytes = 0;
        for entry in std::fs::read_dir(dir)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            bytes += if metadata.is_dir() { Self::size(&entry.path())? } else { metadata.len() };
        }
        Ok(bytes)
    }
}

impl std::fmt::Debug for DataDirectory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DataDirectory").field("vault", &self.vault).finish_non_exhaustive()
    }
}
