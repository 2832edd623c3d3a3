//! Bytes in the files of a data directory.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use branchline_testkit::legible;
use branchline_vault::KeySlot;

/// Bytes of a header, and of a slot, of the leads' key file: see `branchline_vault`.
const SLOT_BYTES: usize = 64;

pub(crate) fn key_file(dir: &Path) -> PathBuf {
    dir.join("keys/leads.keys")
}

/// Where a slot lies in the key file.
pub(crate) const fn place(slot: KeySlot) -> std::ops::Range<usize> {
    let start = (slot.0 as usize + 1) * SLOT_BYTES;
    start..start + SLOT_BYTES
}

/// The 32 bytes of a lead's key, taken from the file: nothing else gives them out.
pub(crate) fn key_bytes(dir: &Path, slot: KeySlot) -> Vec<u8> {
    fs::read(key_file(dir)).unwrap()[place(slot)][20..52].to_vec()
}

fn contains(file: &[u8], bytes: &[u8]) -> bool {
    file.windows(bytes.len()).any(|window| window == bytes)
}

/// Files below a directory that contain these bytes, as they are or in a block.
pub(crate) fn files_with(dir: &Path, bytes: &[u8]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, bytes));
        } else if contains(&legible(fs::read(&path).unwrap()), bytes) {
            found.push(path);
        }
    }
    found
}

/// A text as JSON may write it: quotes escaped, and everything beyond ASCII by its number.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '"' => escaped.push_str("\\\""),
            ' '..='~' => escaped.push(letter),
            _ => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    write!(escaped, "\\u{unit:04x}").unwrap();
                }
            }
        }
    }
    escaped
}
