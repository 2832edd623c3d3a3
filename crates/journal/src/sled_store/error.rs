//! Why a journal directory could not be opened.

use std::path::{Path, PathBuf};

use crate::{record::Position, verify::Finding};

/// Why a journal could not be opened. The directory is left as it was, apart from the lock file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("{} is held by {owner}; stop it first", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// Process, host, time and command, as the holder wrote them.
        owner: String,
    },
    /// A file could not be used.
    #[error("cannot {action} {}: {reason}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the operating system said.
        reason: String,
    },
    /// The storage engine refused its files.
    #[error(
        "sled does not open {}: {reason}; `branchline-log verify` tells what can still be read, and \
         `branchline-log export` saves it; then restore a backup", dir.display()
    )]
    Storage {
        /// The engine's directory.
        dir: PathBuf,
        /// What it said.
        reason: String,
    },
    /// The database file holds no block, and nothing says that it is new.
    #[error(
        "{} is not the database of a journal, or nothing of it is left; it was not touched: restore \
         a backup, or move it away to begin a new journal",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A block is not what was written.
    #[error(
        "the journal is damaged at position {position}: {reason}; what lies before is sound: export \
         it with `branchline-log export <directory> <file> --until {}`, and compare with a backup",
        position.0.saturating_sub(1)
    )]
    Damaged {
        /// First position that cannot be trusted.
        position: Position,
        /// What was found.
        reason: Finding,
    },
    /// Records that were acknowledged are missing at the end.
    #[error(
        "the journal ends at position {found}, but {acknowledged} was acknowledged: records are \
         lost; restore a backup, or delete {} to accept the loss", mark.display()
    )]
    EndsBelowHighWater {
        /// Last position in the journal.
        found: Position,
        /// Last position that was acknowledged.
        acknowledged: Position,
        /// The high-water file.
        mark: PathBuf,
    },
    /// The journal goes beyond the high-water mark, but is another one than was acknowledged.
    #[error(
        "the records up to position {acknowledged} are not those that were acknowledged; is {} of \
         another journal?", mark.display()
    )]
    NotTheAcknowledged {
        /// Last position that was acknowledged.
        acknowledged: Position,
        /// The high-water file.
        mark: PathBuf,
    },
    /// The high-water file cannot be read.
    #[error(
        "{} is damaged; verify the journal with `branchline-log verify`, then delete the file",
        path.display()
    )]
    HighWaterDamaged {
        /// The file.
        path: PathBuf,
    },
    /// An import into the directory was cut short, or is running.
    #[error(
        "{0} holds an import that was not finished; if none is running, delete what is in {0} and \
         import again", dir.display()
    )]
    ImportUnfinished {
        /// The directory.
        dir: PathBuf,
    },
    /// The file does not begin as a block file.
    #[error("{} is no block file of format 1", path.display())]
    NoBlockFile {
        /// The file.
        path: PathBuf,
    },
    /// There is no journal.
    #[error("{} holds no journal", dir.display())]
    NoJournal {
        /// The directory.
        dir: PathBuf,
    },
}

impl OpenError {
    pub(crate) fn io(action: &'static str, path: &Path, error: &std::io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), reason: error.to_string() }
    }
}
