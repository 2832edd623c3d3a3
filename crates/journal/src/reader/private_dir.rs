//! A directory for private copies of evidence.

use std::{
    fs::{self, File},
    io::Result as IoResult,
    path::Path,
    time::Duration,
};

use tempfile::TempDir;

/// What the names of private directories begin with.
const PREFIX: &str = "branchline-private-";

/// Locked while the directory is used.
const IN_USE: &str = "in-use";

/// A directory that was made this recently may not be locked yet.
const MADE_JUST_NOW: Duration = Duration::from_mins(1);

/// A directory that only its owner can read, for temporary files, and gone when this is dropped.
///
/// One that a killed process left is deleted when the next one is made: a copy of a journal is
/// large, and should not outlive whoever looked at it.
#[derive(Debug)]
pub struct PrivateDir {
    dir: TempDir,
    /// Unlocked by the operating system, however the process ends.
    _in_use: File,
}

impl PrivateDir {
    /// Makes one where the system keeps temporary files (`TMPDIR`).
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn make() -> IoResult<Self> {
        let parent = std::env::temp_dir();
        delete_left(&parent, MADE_JUST_NOW);
        Self::make_in(&parent)
    }

    fn make_in(parent: &Path) -> IoResult<Self> {
        let dir = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
        let in_use = File::create(dir.path().join(IN_USE))?;
        in_use.lock()?;
        Ok(Self { dir, _in_use: in_use })
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }
}

/// Deletes private directories that nobody uses any more. What cannot be looked at or deleted is
/// somebody else's, and stays.
fn delete_left(parent: &Path, made_just_now: Duration) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let Ok(in_use) = File::open(entry.path().join(IN_USE)) else { continue };
        let made = in_use.metadata().and_then(|metadata| metadata.modified());
        let age = made.ok().and_then(|made| made.elapsed().ok());
        if age.is_some_and(|age| age >= made_just_now) && in_use.try_lock().is_ok() {
            // Another process may be deleting it too.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_goes_and_what_is_used_or_not_ours_stays() {
        let parent = tempfile::tempdir().unwrap();
        let used = PrivateDir::make_in(parent.path()).unwrap();
        let left = parent.path().join("branchline-private-left");
        let stranger = parent.path().join("another-left");
        for dir in [&left, &stranger] {
            fs::create_dir(dir).unwrap();
            fs::write(dir.join(IN_USE), "").unwrap();
            fs::write(dir.join("copy"), "a journal").unwrap();
        }
        delete_left(parent.path(), MADE_JUST_NOW);
        assert!(left.is_dir(), "it may be about to be locked");
        delete_left(parent.path(), Duration::ZERO);
        assert!(!left.exists());
        assert!(used.path().is_dir() && stranger.is_dir());
        let path = used.path().to_owned();
        drop(used);
        assert!(!path.exists());
    }
}
