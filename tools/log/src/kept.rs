//! Heads and keys that an auditor kept in files, and how they are compared with records.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use branchline_evidence::head::{HEAD_BYTES_MAX, SignedHead};
use branchline_journal::merkle::TreeHead;
use branchline_vault::signing::VerifierKey;

use crate::Fault;

/// The key that checks heads, from its file.
///
/// # Errors
///
/// When the file cannot be read, or holds something else.
pub fn read_key(file: &Path) -> anyhow::Result<VerifierKey> {
    VerifierKey::read(file).context("cannot use the key")
}

/// A head in a file.
#[derive(Clone, Debug)]
pub struct KeptHead {
    file: PathBuf,
    head: SignedHead,
}

impl KeptHead {
    /// Reads a head and, when there is a key, checks that the key signed it. Without one the file is
    /// trusted as it is: whoever kept it knows where it has been.
    ///
    /// # Errors
    ///
    /// When the file cannot be read; [`Fault::Damaged`] when it is no head, is of another journal than
    /// the key, or the signature does not hold.
    pub fn read(file: &Path, key: Option<&VerifierKey>) -> anyhow::Result<Self> {
        let bytes = read_at_most(file, HEAD_BYTES_MAX)?;
        let checked = SignedHead::parse(&bytes).and_then(|head| {
            key.map_or(Ok(()), |key| head.verify(key))?;
            Ok(head)
        });
        let head = checked.map_err(|error| damaged(file, &error))?;
        Ok(Self { file: file.to_owned(), head })
    }

    /// The head.
    pub const fn head(&self) -> &SignedHead {
        &self.head
    }

    /// Its records and root.
    pub const fn tree(&self) -> TreeHead {
        self.head.tree()
    }

    /// Where it was kept.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Compares the head with records: `found` is the tree of as many records as the head covers, or
    /// of all there are where those are fewer.
    ///
    /// # Errors
    ///
    /// [`Fault::Damaged`] when they are not the records of the head.
    pub fn compare(&self, found: &TreeHead) -> Result<(), Fault> {
        let (kept, file) = (self.tree(), self.file.display());
        if found.size < kept.size {
            return Err(Fault::Damaged(format!(
                "there are {} records, and {file} is the head of {}: records were cut off at the \
                 end, or it is the head of another journal",
                found.size, kept.size
            )));
        }
        if found != &kept {
            return Err(Fault::Damaged(format!(
                "the records up to {} are not those of {file}, a head of {:?}: one of them was \
                 changed, or it is the head of another journal",
                kept.size,
                self.head.origin()
            )));
        }
        Ok(())
    }
}

/// What is wrong with a file that was given as evidence.
pub(crate) fn damaged(file: &Path, error: &dyn std::error::Error) -> Fault {
    Fault::Damaged(format!("{}: {error}", file.display()))
}

/// All of a file, or a byte more than `most` of it.
pub(crate) fn read_at_most(file: &Path, most: usize) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut limited = opened.take(most as u64 + 1);
    limited.read_to_end(&mut bytes).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(bytes)
}

/// Writes a text to a new file, or to `out` for `-`.
pub(crate) fn write_new(
    file: &Path,
    text: &str,
    out: &mut dyn std::io::Write,
) -> anyhow::Result<()> {
    if file == Path::new("-") {
        return Ok(out.write_all(text.as_bytes())?);
    }
    let mut made = File::create_new(file)
        .with_context(|| format!("cannot make {}; a file that is there is left", file.display()))?;
    let written = made.write_all(text.as_bytes()).and_then(|()| made.sync_all());
    written.with_context(|| format!("cannot write {}", file.display()))
}
