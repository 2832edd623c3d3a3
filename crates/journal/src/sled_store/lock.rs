//! One process a journal: the `LOCK` file, which says whose it is.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, SeekFrom, Write},
    path::Path,
    time::SystemTime,
};

use super::OpenError;

/// Held while the journal is open; the operating system gives it back when the process ends, in
/// whatever way.
#[derive(Debug)]
pub(crate) struct DirectoryLock {
    file: File,
}

impl Drop for DirectoryLock {
    /// Given back in words, not only by closing the file: a process that another thread starts at
    /// this moment has a copy of the open file until its own program runs, and would keep the lock.
    fn drop(&mut self) {
        if let Err(error) = self.file.unlock() {
            tracing::warn!(%error, "the lock of the journal is given back only by closing it");
        }
    }
}

impl DirectoryLock {
    /// Takes the lock and writes down who has it.
    pub(crate) fn take(dir: &Path) -> Result<Self, OpenError> {
        let path = dir.join("LOCK");
        let io = |error: std::io::Error| OpenError::io("lock", &path, &error);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(io)?;
        refuse_if_held(&mut file, &path, File::try_lock)?;
        file.set_len(0).map_err(io)?;
        file.seek(SeekFrom::Start(0)).map_err(io)?;
        file.write_all(owner().as_bytes()).map_err(io)?;
        Ok(Self { file })
    }

    /// Shares the lock with other readers, without writing. A directory without a lock file was
    /// copied without one, and nobody has it open.
    pub(crate) fn share(dir: &Path) -> Result<Option<Self>, OpenError> {
        let path = dir.join("LOCK");
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(OpenError::io("lock", &path, &error)),
        };
        refuse_if_held(&mut file, &path, File::try_lock_shared)?;
        Ok(Some(Self { file }))
    }
}

fn refuse_if_held(
    file: &mut File,
    path: &Path,
    lock: impl FnOnce(&File) -> Result<(), TryLockError>,
) -> Result<(), OpenError> {
    match lock(file) {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            let mut owner = String::new();
            // Who it is helps, but is not needed to refuse.
            if file.read_to_string(&mut owner).is_err() || owner.is_empty() {
                owner.push_str("an unknown process");
            }
            Err(OpenError::Locked { path: path.to_owned(), owner: owner.trim().to_owned() })
        }
        Err(TryLockError::Error(error)) => Err(OpenError::io("lock", path, &error)),
    }
}

fn owner() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let command: Vec<String> =
        std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect();
    format!(
        "process {} on host {}, since unix time {}, command: {}\n",
        std::process::id(),
        if host.trim().is_empty() { "unknown" } else { host.trim() },
        since.as_secs(),
        command.join(" ").replace('\n', " ")
    )
}
