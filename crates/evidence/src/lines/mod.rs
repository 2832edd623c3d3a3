//! An export as lines of JSON: readable without sled, without this crate, and with a text editor.
//!
//! One record a line, in the order of positions from 1 on, and after them one line that says how
//! many there are and what the root of their hash tree is (RFC 9162, SHA-256):
//!
//! ```text
//! {"cause":…,"claims":[…],…,"leaf":"<hex>",…,"version":1}
//! {"end":{"records":1,"root":"<hex>"}}
//! ```
//!
//! Payloads are in hexadecimal, as they are in the journal: what is sealed stays sealed. `leaf` is
//! the record's hash in the tree, over its canonical bytes
//! ([`branchline_journal::record_format::canonical`]). The names of each object are in alphabetical
//! order, nothing is between them but `,` and `:`, and every line ends with one line feed. A line is
//! taken only when it is, byte for byte, the one that would be written: so any changed byte is found,
//! and two exports of the same records are equal files.

mod form;
mod reading;

use std::io::{self, Write};

use branchline_journal::{
    merkle::{self, Hash, Tree, TreeHead},
    record::{Position, Record},
    record_format::canonical,
};

use self::form::RecordForm;
pub use self::reading::{ExportError, ExportedRecords, Line, LineProblem, read_line};
use crate::hex;

/// Longest line that is read, its line feed included. Unit: bytes. A record of the largest size
/// whose texts are all control characters stays below it.
pub const LINE_BYTES_MAX: usize = 512 * 1024;

/// How the last line of a whole export begins. No record's line begins so.
const END_BEGINS: &[u8] = b"{\"end\":";

/// Appends the line of a record, its line feed included, and says the record's leaf hash.
///
/// # Errors
///
/// Only when a text of the record cannot be written as JSON, which no text of Rust is.
pub fn put_record(line: &mut Vec<u8>, record: &Record) -> io::Result<Hash> {
    let leaf = merkle::leaf(&canonical(record));
    put_record_with_leaf(line, record, &leaf)?;
    Ok(leaf)
}

fn put_record_with_leaf(line: &mut Vec<u8>, record: &Record, leaf: &Hash) -> io::Result<()> {
    serde_json::to_writer(&mut *line, &RecordForm::of(record, leaf))?;
    line.push(b'\n');
    Ok(())
}

/// The line after the last record, its line feed included.
pub fn end_line(end: &TreeHead) -> String {
    format!("{{\"end\":{{\"records\":{},\"root\":\"{}\"}}}}\n", end.size, hex::text(&end.root))
}

/// Writes an export. Until [`Self::finish`] it has no last line, and so is seen to be unfinished.
#[derive(Debug)]
pub struct LineWriter<W> {
    out: W,
    line: Vec<u8>,
    tree: Tree,
}

impl<W: Write> LineWriter<W> {
    /// Writes to `out`, a write a line: give it a buffer.
    pub fn new(out: W) -> Self {
        Self { out, line: Vec::new(), tree: Tree::new() }
    }

    /// Writes the next record.
    ///
    /// # Errors
    ///
    /// When it is not the next one, or `out` takes no more.
    pub fn write(&mut self, record: &Record) -> io::Result<()> {
        let expected = Position(self.tree.size()).next();
        if record.position != expected {
            return Err(io::Error::other(format!(
                "the record at {} was given where {expected} comes next",
                record.position
            )));
        }
        self.line.clear();
        let leaf = put_record(&mut self.line, record)?;
        self.out.write_all(&self.line)?;
        self.tree.push(leaf);
        Ok(())
    }

    /// Records written so far, and the root of their tree.
    pub fn end(&self) -> TreeHead {
        self.tree.head()
    }

    /// Leaves the export without its last line, so that nobody takes it for a whole one.
    pub fn into_unfinished(self) -> W {
        self.out
    }

    /// Writes the last line and gives `out` back, not flushed.
    ///
    /// # Errors
    ///
    /// When `out` takes no more.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(end_line(&self.end()).as_bytes())?;
        Ok(self.out)
    }
}

#[cfg(test)]
mod tests;
