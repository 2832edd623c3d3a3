//! The files of one engine: its journal and its keys.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use branchline_journal::{
    record::Position,
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
    /// The keys of a journal with records are gone. New ones would be given the places of the old
    /// ones, and nobody would notice what was lost.
    #[error(
        "the journal has records, and its keys are not in {keys}; `branchline keys restore` puts \
         those of a backup there; without one, `branchline backup` and `branchline restore \
         --without-keys` make a directory in which every lead's fields read as erased"
    )]
    KeysMissing {
        /// Where they should be.
        keys: String,
    },
    /// A restore was interrupted.
    #[error(
        "{dir} is half restored: its restore was interrupted; delete the directory and restore it \
         again"
    )]
    HalfRestored {
        /// The directory.
        dir: String,
    },
}

/// Why a directory was not prepared for a restore.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is something in it, which shall not be mixed with what is restored.
    #[error("{dir} is not empty: it has {found}; name a directory that is empty or not there")]
    NotEmpty {
        /// The directory.
        dir: String,
        /// The first thing in it.
        found: String,
    },
    /// The operating system refused.
    #[error("cannot {action} {file}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file.
        file: String,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
}

impl RestoreError {
    fn io(action: &'static str, file: &Path) -> impl FnOnce(io::Error) -> Self {
        let file = file.display().to_string();
        move |source| Self::Io { action, file, source }
    }
}

/// A directory that is being restored. Until [`Self::finish`] nothing opens it.
#[derive(Debug)]
pub struct HalfRestored {
    dir: PathBuf,
}

impl HalfRestored {
    /// Name of the file that says so.
    const MARK: &'static str = "RESTORING";

    /// All of it is there and durable: from now on it is a data directory like any other.
    ///
    /// # Errors
    ///
    /// [`RestoreError::Io`]; the directory counts as half restored then.
    pub fn finish(self) -> Result<(), RestoreError> {
        let mark = self.dir.join(Self::MARK);
        fs::remove_file(&mark).map_err(RestoreError::io("delete", &mark))?;
        sync(&self.dir)
    }
}

/// Makes a directory that only its owner can look into, unless it is there.
fn make_private(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    if let Some(parent) = dir.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

/// Makes the names in a directory durable.
fn sync(dir: &Path) -> Result<(), RestoreError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(RestoreError::io("sync", dir))
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
    /// [`OpenError`] when another process has it open, when a file cannot be trusted, and when it is
    /// half restored or has lost its keys.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        Self::check_whole(dir)?;
        let journal = dir.join("journal");
        make_private(dir).map_err(|source| OpenError::Journal {
            dir: journal.display().to_string(),
            source: Box::new(source),
        })?;
        let keys = dir.join("keys");
        let store = SledStore::open(&SledOptions::new(&journal)).map_err(|source| {
            OpenError::Journal { dir: journal.display().to_string(), source: Box::new(source) }
        })?;
        if store.head() > Position::START && !Vault::exists(&keys) {
            return Err(OpenError::KeysMissing { keys: keys.display().to_string() });
        }
        let vault = Vault::open(&keys, Arc::new(SystemEntropy))
            .map_err(|source| OpenError::Keys { dir: keys.display().to_string(), source })?;
        Ok(Self { store: Arc::new(store), vault: Arc::new(vault) })
    }

    /// Whether nothing speaks against opening it: no restore was interrupted.
    ///
    /// # Errors
    ///
    /// [`OpenError::HalfRestored`].
    pub fn check_whole(dir: &Path) -> Result<(), OpenError> {
        if dir.join(HalfRestored::MARK).exists() {
            return Err(OpenError::HalfRestored { dir: dir.display().to_string() });
        }
        Ok(())
    }

    /// Prepares a directory for what is restored to it: made when it is missing, and marked, so that
    /// nothing opens it before all of it is there.
    ///
    /// # Errors
    ///
    /// [`RestoreError::NotEmpty`], and nothing is written; [`RestoreError::Io`].
    pub fn begin_restore(dir: &Path) -> Result<HalfRestored, RestoreError> {
        make_private(dir).map_err(RestoreError::io("make", dir))?;
        let found = fs::read_dir(dir).map_err(RestoreError::io("read", dir))?.next();
        if let Some(found) = found {
            let found = found.map_err(RestoreError::io("read", dir))?;
            return Err(RestoreError::NotEmpty {
                dir: dir.display().to_string(),
                found: found.file_name().to_string_lossy().into_owned(),
            });
        }
        let mark = dir.join(HalfRestored::MARK);
        File::create_new(&mark)
            .and_then(|mut file| {
                file.write_all(
                    b"A backup is being restored here. While this file is there nothing \
                    opens this directory: delete it whole and restore it again.\n",
                )?;
                file.sync_all()
            })
            .map_err(RestoreError::io("write", &mark))?;
        sync(dir)?;
        Ok(HalfRestored { dir: dir.to_owned() })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_whose_restore_was_interrupted_does_not_open() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("new");
        let unfinished = DataDirectory::begin_restore(&target).unwrap();
        let told = DataDirectory::open(&target).unwrap_err().to_string();
        assert!(told.contains("delete the directory and restore it again"), "{told}");
        unfinished.finish().unwrap();
        assert!(DataDirectory::open(&target).is_ok());
    }

    #[test]
    fn a_directory_that_is_made_is_its_owners_alone_and_one_that_is_there_is_left_as_it_is() {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |dir: &Path| fs::metadata(dir).unwrap().permissions().mode() & 0o777;
        let dir = tempfile::tempdir().unwrap();
        let new = dir.path().join("some/where");
        drop(DataDirectory::open(&new).unwrap());
        assert_eq!(mode(&new), 0o700);
        fs::set_permissions(&new, fs::Permissions::from_mode(0o750)).unwrap();
        drop(DataDirectory::open(&new).unwrap());
        assert_eq!(mode(&new), 0o750);
        let restored = dir.path().join("restored");
        DataDirectory::begin_restore(&restored).unwrap();
        assert_eq!(mode(&restored), 0o700);
    }

    #[test]
    fn only_an_empty_directory_is_restored_to() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("leads.csv"), "").unwrap();
        let told = DataDirectory::begin_restore(dir.path()).unwrap_err().to_string();
        assert!(told.contains("leads.csv"), "{told}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
