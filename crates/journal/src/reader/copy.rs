//! A private copy of the storage engine's files.

use std::{fs, path::Path};

use crate::sled_store::OpenError;

/// Copies files and directories as they are. Links and devices are not sled's and are left out.
pub(super) fn copy_journal(from: &Path, to: &Path) -> Result<(), OpenError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |error: std::io::Error| OpenError::io("copy", &path, &error)
    };
    fs::create_dir_all(to).map_err(io(to))?;
    for entry in fs::read_dir(from).map_err(io(from))? {
        let entry = entry.map_err(io(from))?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(io(&path))?;
        if kind.is_dir() {
            copy_journal(&path, &target)?;
        } else if kind.is_file() {
            fs::copy(&path, &target).map_err(io(&path))?;
        }
    }
    Ok(())
}
