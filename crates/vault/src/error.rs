//! What can go wrong with the key files, by name.

use std::{io, path::PathBuf};

use uuid::Uuid;

use crate::{KeySlot, slot::Damage};

/// A key that could not be read, made or erased.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The operating system refused to read or write.
    #[error("could not {doing} {}", file.display())]
    Io {
        /// The step that failed, in the imperative.
        doing: &'static str,
        /// The file or directory.
        file: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The operating system could not put bytes on disk. What lies there is unknown, so the vault
    /// writes nothing more until it is opened again.
    #[error("could not make {} durable; the vault writes nothing more until it is reopened", file.display())]
    NotDurable {
        /// The file or directory.
        file: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// An earlier write was not durable; see [`Self::NotDurable`].
    #[error("{} takes no writes after a failed sync; restart the process", file.display())]
    Stopped {
        /// The key file.
        file: PathBuf,
    },
    /// The vault was opened for reading only.
    #[error("{} is open for reading only", file.display())]
    ReadOnly {
        /// The key file.
        file: PathBuf,
    },
    /// Another process, or another vault of this one, has the directory open for writing.
    #[error("{} is held by another process; stop that process, or open the vault for reading only", file.display())]
    InUse {
        /// The lock file.
        file: PathBuf,
    },
    /// A key file that must be there is not.
    #[error("{} is missing although its sister file is there; restore both from one backup", file.display())]
    Missing {
        /// The file that should be there.
        file: PathBuf,
    },
    /// The header or an entry of a file makes no sense.
    #[error("{} is not a sound key file: {reason}; restore it from a backup", file.display())]
    Unsound {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A backup of keys was cut, changed, or is something else.
    #[error("{} is not a whole backup of keys: {reason}; use another backup", file.display())]
    UnsoundBackup {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A backup of keys belongs to another journal.
    #[error(
        "{} has the keys of another data directory (vault {vault}): its slot {slot} belongs to lead \
         {owner}, and the journal gives that slot to lead {lead}", file.display()
    )]
    OtherKeys {
        /// The first slot that differs.
        slot: KeySlot,
        /// Whose it is by the journal.
        lead: Uuid,
        /// Whose it is by the backup.
        owner: Uuid,
        /// The backup.
        file: PathBuf,
        /// The vault that it was taken of.
        vault: Uuid,
    },
    /// Keys are restored only where there are none: what is there is never written over.
    #[error("{} is there already and is left as it is; move it away to restore keys here", file.display())]
    AlreadyThere {
        /// The file in the way.
        file: PathBuf,
    },
    /// A newer version of this software wrote the file.
    #[error("{} has format {found}; this version reads format {known}: use a newer version", file.display())]
    TooNew {
        /// The file.
        file: PathBuf,
        /// The format number in the file.
        found: u16,
        /// The newest format number this version reads.
        known: u16,
    },
    /// The two key files were made for different vaults.
    #[error("{} belongs to another vault than {}; restore both from one backup", file.display(), sister.display())]
    Mixed {
        /// The organisations' file.
        file: PathBuf,
        /// The leads' file.
        sister: PathBuf,
    },
    /// The caller wants sealing on where the file was made with it off, or the reverse.
    #[error(
        "{} was made with sealing {}, and sealing {} is asked for; sealing is chosen once, when a data directory is made",
        file.display(), on_off(*recorded), on_off(!*recorded)
    )]
    SealingDiffers {
        /// The leads' key file.
        file: PathBuf,
        /// What the file says.
        recorded: bool,
    },
    /// The slot was never written.
    #[error("{} has {slots} slots and no slot {slot}; it may be older than the journal", file.display())]
    NoSuchSlot {
        /// The slot asked for.
        slot: KeySlot,
        /// How many slots there are.
        slots: u32,
        /// The leads' key file.
        file: PathBuf,
    },
    /// The slot cannot be read.
    #[error("slot {slot} of {} is damaged: {damage}; restore the file from a backup", file.display())]
    Damaged {
        /// The slot asked for.
        slot: KeySlot,
        /// What is wrong with it.
        damage: Damage,
        /// The leads' key file.
        file: PathBuf,
    },
    /// The slot belongs to another lead than the caller said.
    #[error("slot {slot} of {} belongs to lead {owner}, not to lead {lead}", file.display())]
    WrongLead {
        /// The slot asked for.
        slot: KeySlot,
        /// The lead it was asked for.
        lead: Uuid,
        /// The lead it belongs to.
        owner: Uuid,
        /// The leads' key file.
        file: PathBuf,
    },
    /// No number is left for another slot.
    #[error("{} is full: it has {slots} slots and {wanted} more are wanted", file.display())]
    Full {
        /// How many slots there are.
        slots: u32,
        /// How many more were asked for.
        wanted: usize,
        /// The leads' key file.
        file: PathBuf,
    },
    /// The organisation has no key, and a vault open for reading only makes none.
    #[error("{} has no key of organisation {organisation}", file.display())]
    NoOrganisationKey {
        /// The organisation asked for.
        organisation: Uuid,
        /// The organisations' key file.
        file: PathBuf,
    },
}

const fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}
