//! Files that the operator is given: new, whole and durable, or not there.

use std::{
    fs::{self, File, OpenOptions},
    io::{BufWriter, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use anyhow::Context as _;

/// Room between a download and the file. Unit: bytes.
const BUFFER_BYTES: usize = 256 * 1024;

/// Makes a file that only its owner can read, has it written and checked, and makes it durable. One
/// that is there is left as it is; what could not be finished is deleted.
///
/// # Errors
///
/// Those of `write` and `check`, and of the file.
pub(super) fn make<T>(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
    check: impl FnOnce(&Path) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).with_context(
            || format!("cannot make {}; a file that is there is left as it is", path.display()),
        )?;
    let made = fill(path, file, write).and_then(|()| check(path));
    if made.is_err() {
        // Not whole, so nobody shall take it for a backup. Why it is not is the error.
        let _gone = fs::remove_file(path);
    }
    made
}

fn fill(
    path: &Path,
    file: File,
    write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, file);
    write(&mut out)?;
    let file =
        out.into_inner().map_err(std::io::IntoInnerError::into_error).with_context(cannot)?;
    file.sync_all().with_context(cannot)?;
    // Its name too.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).with_context(cannot)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_finished_is_not_there_and_what_is_there_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        let written = |out: &mut dyn Write| Ok(out.write_all(b"half")?);
        assert!(make(&path, |_| anyhow::bail!("broke off"), |_| Ok(())).is_err());
        assert!(make(&path, written, |_| -> anyhow::Result<()> { anyhow::bail!("no") }).is_err());
        assert!(!path.exists());

        assert_eq!(make(&path, written, |path| Ok(fs::read(path)?)).unwrap(), b"half");
        let told = make(&path, written, |_| Ok(())).unwrap_err();
        assert!(told.to_string().contains("left as it is"), "{told}");
        assert_eq!(fs::read(&path).unwrap(), b"half");
    }
}
