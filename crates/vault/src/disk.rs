//! The few file operations of the vault, each with its place in its error.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use crate::VaultError;

/// Readable and writable by their owner only.
const KEY_FILE_MODE: u32 = 0o600;
/// Readable by everybody, writable by its owner.
const PUBLIC_FILE_MODE: u32 = 0o644;
/// Enterable by its owner only.
const KEY_DIRECTORY_MODE: u32 = 0o700;

/// Wraps an error of the operating system with the step and the file.
pub(crate) fn failed(doing: &'static str, file: &Path) -> impl FnOnce(io::Error) -> VaultError {
    move |source| VaultError::Io { doing, file: file.into(), source }
}

/// Wraps a failed sync.
pub(crate) fn not_durable(file: &Path) -> impl FnOnce(io::Error) -> VaultError {
    move |source| VaultError::NotDurable { file: file.into(), source }
}

/// Makes the directory, and those above it, when it is not there. Durable: keys synced into a
/// directory that a power cut takes away would be lost all the same.
pub(crate) fn make_directory(dir: &Path) -> Result<(), VaultError> {
    if dir.is_dir() {
        return Ok(());
    }
    let above = directory_of(dir);
    if above != dir {
        make_directory(above)?;
    }
    match fs::DirBuilder::new().mode(KEY_DIRECTORY_MODE).create(dir) {
        Ok(()) => sync_directory(above),
        // Another process was faster.
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => {
            sync_directory(above)
        }
        Err(cause) => Err(failed("make the directory", dir)(cause)),
    }
}

/// The directory a path lies in; a bare name lies in the current one.
fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// Who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Its owner only.
    Owner,
    /// Everybody, as far as the process's mask allows it.
    Everybody,
}

/// Makes a file that was not there.
pub(crate) fn create_new(file: &Path, readers: Readers) -> io::Result<File> {
    let mode = match readers {
        Readers::Owner => KEY_FILE_MODE,
        Readers::Everybody => PUBLIC_FILE_MODE,
    };
    OpenOptions::new().create_new(true).write(true).mode(mode).open(file)
}

/// Makes the name of a file durable.
pub(crate) fn sync_names_of(file: &Path) -> Result<(), VaultError> {
    sync_directory(directory_of(file))
}

/// Makes the names in a directory durable.
fn sync_directory(dir: &Path) -> Result<(), VaultError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(not_durable(dir))
}

/// Whether the file is there.
pub(crate) fn exists(file: &Path) -> Result<bool, VaultError> {
    file.try_exists().map_err(failed("look for", file))
}

/// The lock that only one writer can have.
#[derive(Debug)]
pub(crate) struct WriterLock(File);

impl Drop for WriterLock {
    /// Given back in words: a process that another thread starts at this moment has a copy of the
    /// open file until its own program runs, and closing ours alone would leave it locked.
    fn drop(&mut self) {
        // When that fails, closing the file gives it back, a moment later.
        let _ = self.0.unlock();
    }
}

/// Takes the lock that only one writer can have. It lasts as long as what is returned.
pub(crate) fn lock(file: &Path) -> Result<WriterLock, VaultError> {
    let handle = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(KEY_FILE_MODE)
        .open(file)
        .map_err(failed("open", file))?;
    match handle.try_lock() {
        Ok(()) => Ok(WriterLock(handle)),
        Err(fs::TryLockError::WouldBlock) => Err(VaultError::InUse { file: file.into() }),
        Err(fs::TryLockError::Error(source)) => Err(failed("lock", file)(source)),
    }
}

/// Replaces a file as a whole by these bytes: see [`replace_with`].
pub(crate) fn replace(file: &Path, bytes: &[u8]) -> Result<(), VaultError> {
    replace_with(file, |mut aside| aside.write_all(bytes).map_err(failed("write", file)))
}

/// Replaces a file as a whole: written aside, synced, renamed, and the directory synced.
///
/// A crash leaves the old file or the new one, never a mixture.
pub(crate) fn replace_with(
    file: &Path,
    write: impl FnOnce(&File) -> Result<(), VaultError>,
) -> Result<(), VaultError> {
    let aside = aside(file);
    let handle = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(KEY_FILE_MODE)
        .open(&aside)
        .map_err(failed("open", &aside))?;
    write(&handle)?;
    handle.sync_all().map_err(not_durable(&aside))?;
    fs::rename(&aside, file).map_err(failed("rename into place", &aside))?;
    sync_directory(directory_of(file))
}

/// Removes what a crash inside [`replace`] may have left.
pub(crate) fn remove_aside(file: &Path) -> Result<(), VaultError> {
    let aside = aside(file);
    match fs::remove_file(&aside) {
        Ok(()) => Ok(()),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(failed("remove", &aside)(cause)),
    }
}

fn aside(file: &Path) -> PathBuf {
    file.with_extension("keys.new")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_name_lies_in_the_current_directory() {
        assert_eq!(directory_of(Path::new("leads.keys")), Path::new("."));
        assert_eq!(directory_of(Path::new("data/leads.keys")), Path::new("data"));
        assert_eq!(directory_of(Path::new("/data")), Path::new("/"));
    }

    #[test]
    fn a_file_in_the_way_of_a_directory_is_told_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("data");
        fs::write(&file, "").unwrap();
        let told = make_directory(&file).unwrap_err().to_string();
        assert_eq!(told, format!("could not make the directory {}", file.display()));
        assert!(make_directory(&file.join("keys")).is_err());
    }
}
