//! Records read back from their lines.

use std::io::{self, BufRead};

use branchline_journal::{
    FormatError,
    merkle::{self, Hash, Tree, TreeHead},
    record::{Position, Record},
    record_format::{canonical, decode_canonical},
};
use serde::Deserialize;

use super::{END_BEGINS, LINE_BYTES_MAX, end_line, form::RecordForm, put_record_with_leaf};
use crate::hex::Hex;

/// A line of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A record and its leaf hash, which is that of its bytes.
    Record(Box<Record>, Hash),
    /// The last line: how many records are before it, and the root of their hash tree.
    End(TreeHead),
}

/// What is wrong with a line.
#[derive(Debug, thiserror::Error)]
pub enum LineProblem {
    /// The file ends within the line.
    #[error("it does not end with a line feed: the file was cut there")]
    Cut,
    /// No record is that long.
    #[error("it is longer than {LINE_BYTES_MAX} bytes")]
    TooLong,
    /// It is no JSON, or not of a record.
    #[error("it is no line of an export: {0}")]
    Json(#[from] serde_json::Error),
    /// A field is not what is written there.
    #[error("it is no record: {0}")]
    Field(&'static str),
    /// The record breaks a limit of the format.
    #[error("it is no record: {0}")]
    Format(#[from] FormatError),
    /// The record is another than the one that was written.
    #[error("its hash is not the one that it was written with")]
    Leaf,
    /// The values are the record's, and the bytes are not those that are written for them.
    #[error("it is not as it was written, from its byte {byte} on")]
    NotAsWritten {
        /// First byte that differs, from 1.
        byte: usize,
    },
    /// A record is missing, or there twice.
    #[error("it is of position {found}, and {expected} is expected")]
    Position {
        /// The next position.
        expected: Position,
        /// What the line says.
        found: Position,
    },
    /// The last line counts other records.
    #[error("it says that {said} records are before it, and there are {found}")]
    Records {
        /// What the line says.
        said: u64,
        /// Lines of records before it.
        found: u64,
    },
    /// The last line was written after other records.
    #[error("the root of the hash tree is not the one of the records before it")]
    Root,
    /// Something comes after the last line.
    #[error("it comes after the line that ends the export")]
    AfterEnd,
}

/// Why an export gives no more records.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file cannot be read; it may be sound.
    #[error("the export cannot be read: {0}")]
    Read(#[from] io::Error),
    /// A line is not what was written.
    #[error("the export is damaged: line {line}: {problem}")]
    Damaged {
        /// Which one, from 1. The records before it are sound.
        line: u64,
        /// What is wrong with it.
        problem: LineProblem,
    },
}

/// Reads one line, its line feed included, and checks all that it says of itself.
///
/// # Errors
///
/// [`LineProblem`] for any byte that is not the one that would be written.
pub fn read_line(line: &[u8]) -> Result<Line, LineProblem> {
    let text = line.strip_suffix(b"\n").ok_or(LineProblem::Cut)?;
    if text.starts_with(END_BEGINS) { read_end(line) } else { read_record(line) }
}

fn read_record(line: &[u8]) -> Result<Line, LineProblem> {
    let form: RecordForm<'_> = serde_json::from_slice(line)?;
    let record = form.record().map_err(LineProblem::Field)?;
    let bytes = canonical(&record);
    // What cannot be read back breaks a limit: no journal has it, so nobody wrote it.
    if decode_canonical(&bytes)? != record {
        return Err(LineProblem::Field("it breaks a limit of the record format"));
    }
    let leaf = merkle::leaf(&bytes);
    if form.leaf() != Some(leaf) {
        return Err(LineProblem::Leaf);
    }
    let mut again = Vec::with_capacity(line.len());
    put_record_with_leaf(&mut again, &record, &leaf)
        .map_err(|_| LineProblem::Field("a text of it cannot be written"))?;
    same(line, &again)?;
    Ok(Line::Record(Box::new(record), leaf))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndLine<'a> {
    #[serde(borrow)]
    end: EndForm<'a>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndForm<'a> {
    records: u64,
    #[serde(borrow)]
    root: Hex<'a>,
}

fn read_end(line: &[u8]) -> Result<Line, LineProblem> {
    let EndLine { end } = serde_json::from_slice(line)?;
    let root = end.root.array().ok_or(LineProblem::Field("a root is of 32 bytes"))?;
    let end = TreeHead { size: end.records, root };
    same(line, end_line(&end).as_bytes())?;
    Ok(Line::End(end))
}

/// Refuses a line that is not the expected one, naming the place.
fn same(line: &[u8], expected: &[u8]) -> Result<(), LineProblem> {
    if line == expected {
        return Ok(());
    }
    let equal = line.iter().zip(expected).take_while(|(a, b)| a == b).count();
    Err(LineProblem::NotAsWritten { byte: equal + 1 })
}

/// The records of an export, in order, up to the first line that is not what was written. Keeps
/// one line at a time.
#[derive(Debug)]
pub struct ExportedRecords<R> {
    input: R,
    line: Vec<u8>,
    /// Lines read so far.
    number: u64,
    tree: Tree,
    end: Option<TreeHead>,
    /// Nothing is left of the input.
    exhausted: bool,
    done: bool,
}

impl<R: BufRead> ExportedRecords<R> {
    /// Reads an export from its first line on.
    pub fn new(input: R) -> Self {
        Self {
            input,
            line: Vec::new(),
            number: 0,
            tree: Tree::new(),
            end: None,
            exhausted: false,
            done: false,
        }
    }

    /// What the last line said, once it was read; it agrees with the records.
    pub const fn end(&self) -> Option<TreeHead> {
        self.end
    }

    /// Whether the input ended between two lines without a last one: an export of an older release,
    /// or one that was cut there. False while there may be more records, and after damage.
    pub const fn ends_without_last_line(&self) -> bool {
        self.exhausted && self.end.is_none()
    }

    /// Records read so far, and the root of their tree.
    pub fn so_far(&self) -> TreeHead {
        self.tree.head()
    }

    /// The next line into the buffer; false at the end of the input.
    fn fill(&mut self) -> Result<bool, ExportError> {
        self.line.clear();
        let most = LINE_BYTES_MAX as u64 + 1;
        let read = io::Read::take(&mut self.input, most).read_until(b'\n', &mut self.line)?;
        if read == 0 {
            self.exhausted = true;
            return Ok(false);
        }
        self.number += 1;
        if read > LINE_BYTES_MAX {
            return Err(self.damaged(LineProblem::TooLong));
        }
        Ok(true)
    }

    const fn damaged(&self, problem: LineProblem) -> ExportError {
        ExportError::Damaged { line: self.number, problem }
    }

    /// The next record, or `None` at the end.
    fn read(&mut self) -> Result<Option<Record>, ExportError> {
        if !self.fill()? {
            return Ok(None);
        }
        match read_line(&self.line).map_err(|problem| self.damaged(problem))? {
            Line::Record(record, leaf) => {
                let expected = Position(self.tree.size()).next();
                if record.position != expected {
                    let found = record.position;
                    return Err(self.damaged(LineProblem::Position { expected, found }));
                }
                self.tree.push(leaf);
                Ok(Some(*record))
            }
            Line::End(end) => {
                self.check_end(end)?;
                self.end = Some(end);
                Ok(None)
            }
        }
    }

    /// The last line agrees with the records, and nothing comes after it.
    fn check_end(&mut self, end: TreeHead) -> Result<(), ExportError> {
        let found = self.so_far();
        if end.size != found.size {
            let problem = LineProblem::Records { said: end.size, found: found.size };
            return Err(self.damaged(problem));
        }
        if end.root != found.root {
            return Err(self.damaged(LineProblem::Root));
        }
        if self.fill()? { Err(self.damaged(LineProblem::AfterEnd)) } else { Ok(()) }
    }
}

impl<R: BufRead> Iterator for ExportedRecords<R> {
    type Item = Result<Record, ExportError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let read = self.read().transpose();
        self.done = !matches!(read, Some(Ok(_)));
        read
    }
}
