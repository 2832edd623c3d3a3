//! Splits CSV into rows that know their number in a spreadsheet, a piece of the file at a time.
//!
//! Our own, because the numbers must be right: blank lines count, line breaks inside quotes do
//! not, and a quote that never ends is told instead of swallowing the rest of the file.

use std::io::{self, Read};

/// Bytes read at once.
const PIECE: usize = 64 * 1024;
/// Longest row. A quote that never ends would make one of the whole file. Unit: bytes.
const ROW_BYTES_MAX: usize = 1024 * 1024;

/// One row, also a blank one. Taken again for each row, so that a million rows cost no memory.
#[derive(Debug, Default)]
pub(crate) struct Row {
    /// As a spreadsheet shows it, from 1.
    pub(crate) number: u64,
    /// All cells, unquoted, one after the other.
    text: Vec<u8>,
    /// Where each cell ends in `text`.
    ends: Vec<usize>,
    /// What is wrong with it as a row.
    pub(crate) fault: Option<&'static str>,
}

impl Row {
    fn begin(&mut self, number: u64) {
        self.number = number;
        self.text.clear();
        self.ends.clear();
        self.fault = None;
    }

    /// How many cells it has.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Its cells. Of a row with a fault nothing is to be taken.
    pub(crate) fn cells(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| {
            let cell = self.text.get(start..end).unwrap_or_default();
            // Checked when the row was read.
            std::str::from_utf8(cell).unwrap_or_default()
        })
    }

    /// Whether every cell is empty: nothing to read here.
    pub(crate) fn is_blank(&self) -> bool {
        self.fault.is_none() && self.text.iter().all(u8::is_ascii_whitespace)
    }

    /// Whether each cell is UTF-8: two halves of a character in two cells are not.
    fn is_utf8(&self) -> bool {
        std::str::from_utf8(&self.text)
            .is_ok_and(|text| self.ends.iter().all(|&end| text.is_char_boundary(end)))
    }

    fn check_text(&mut self) {
        if self.fault.is_some() {
            return;
        }
        if self.text.contains(&0) {
            self.fault = Some("the row has a NUL byte in it: save the file as `CSV UTF-8`");
        } else if !self.is_utf8() {
            self.fault = Some("the row is not UTF-8: save the file as `CSV UTF-8`");
        }
    }
}

/// The rows of a file, in order.
#[derive(Debug)]
pub(crate) struct Rows<R> {
    input: R,
    piece: Box<[u8]>,
    at: usize,
    filled: usize,
    separator: u8,
    number: u64,
}

impl<R: Read> Rows<R> {
    /// The rows of a file whose first piece was looked at before.
    pub(crate) fn new(input: R, separator: u8) -> Self {
        let piece = vec![0; PIECE].into_boxed_slice();
        Self { input, piece, at: 0, filled: 0, separator, number: 0 }
    }

    /// The next byte, which stays.
    fn peek(&mut self) -> io::Result<Option<u8>> {
        if self.at == self.filled {
            self.at = 0;
            self.filled = loop {
                match self.input.read(&mut self.piece) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => break other?,
                }
            };
        }
        Ok(self.piece.get(self.at..self.filled).and_then(<[u8]>::first).copied())
    }

    /// Takes the next byte off if it is this one.
    fn take(&mut self, wanted: u8) -> io::Result<bool> {
        let is_there = self.peek()? == Some(wanted);
        self.at += usize::from(is_there);
        Ok(is_there)
    }

    /// Takes bytes into the row until one of `ends`, which stays, or the end of the file.
    fn run(&mut self, row: &mut Row, ends: impl Fn(u8) -> bool) -> io::Result<()> {
        while self.peek()?.is_some() {
            let rest = self.piece.get(self.at..self.filled).unwrap_or_default();
            let found = rest.iter().position(|&byte| ends(byte));
            let taken = rest.get(..found.unwrap_or(rest.len())).unwrap_or_default();
            if row.text.len() + taken.len() > ROW_BYTES_MAX {
                row.text.clear();
                row.fault = Some("a row is longer than 1 MiB: a quoted cell probably never ends");
            } else if row.fault.is_none() {
                row.text.extend_from_slice(taken);
            }
            self.at += taken.len();
            if found.is_some() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn cell(&mut self, row: &mut Row) -> io::Result<()> {
        let separator = self.separator;
        let is_end = move |byte| byte == separator || byte == b'\r' || byte == b'\n';
        if !self.take(b'"')? {
            return self.run(row, is_end);
        }
        loop {
            self.run(row, |byte| byte == b'"')?;
            if !self.take(b'"')? {
                row.fault = row.fault.or(Some("a quoted cell begins in this row and never ends"));
                return Ok(());
            }
            if !self.take(b'"')? {
                break;
            }
            row.text.push(b'"');
        }
        let closed_at = row.text.len();
        self.run(row, is_end)?;
        if row.text.get(closed_at..).is_some_and(|rest| !rest.trim_ascii().is_empty()) {
            row.fault = row.fault.or(Some("a quoted cell has text after its closing quote"));
        }
        row.text.truncate(closed_at);
        Ok(())
    }

    /// Reads the next row; false at the end of the file.
    ///
    /// # Errors
    ///
    /// What the operating system says of the file.
    pub(crate) fn next(&mut self, row: &mut Row) -> io::Result<bool> {
        if self.peek()?.is_none() {
            return Ok(false);
        }
        self.number += 1;
        row.begin(self.number);
        loop {
            self.cell(row)?;
            row.ends.push(row.text.len());
            if !self.take(self.separator)? {
                break;
            }
        }
        self.take(b'\r')?;
        self.take(b'\n')?;
        row.check_text();
        Ok(true)
    }
}

/// The separator that a header has most of, as far as it is in `start`: a comma, semicolon or tab;
/// a comma when it has none.
pub(crate) fn separator(start: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    let blank = start.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    for &byte in start.iter().skip(blank) {
        if byte == b'"' {
            quoted = !quoted;
        } else if quoted {
            continue;
        } else if byte == b'\r' || byte == b'\n' {
            break;
        }
        for (separator, count) in &mut counts {
            *count += usize::from(*separator == byte);
        }
    }
    let best = counts.iter().rev().max_by_key(|(_, count)| *count);
    best.map_or(b',', |(separator, _)| *separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a byte at a time, as a slow disk might.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            piece[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    type Found = (u64, Vec<String>, Option<&'static str>);

    fn all(input: impl Read) -> Vec<Found> {
        let mut rows = Rows::new(input, b',');
        let mut row = Row::default();
        let mut found = Vec::new();
        while rows.next(&mut row).unwrap() {
            found.push((row.number, row.cells().map(Into::into).collect(), row.fault));
        }
        found
    }

    fn cells(text: &str) -> Vec<Vec<String>> {
        let whole = all(text.as_bytes());
        assert_eq!(whole, all(Drip(text.as_bytes())), "however it comes in");
        whole.into_iter().map(|(_, cells, _)| cells).collect()
    }

    #[test]
    fn cells_come_out_as_they_were_put_in() {
        assert_eq!(cells("a,b\nc,d"), [["a", "b"], ["c", "d"]]);
        assert_eq!(cells("a,\r\n,d\r\n"), [["a", ""], ["", "d"]]);
        assert_eq!(cells("\"a,\"\"b\"\"\n\",é"), [["a,\"b\"\n", "é"]]);
        assert_eq!(cells("a\"b,c\"\n"), [["a\"b", "c\""]]);
        assert_eq!(cells("\"a\" ,b"), [["a", "b"]]);
        assert_eq!(cells(""), Vec::<Vec<String>>::new());
    }

    #[test]
    fn every_line_outside_quotes_is_a_row() {
        let found = all(&b"a\n\n\"b\nb\"\rc"[..]);
        let rows: Vec<_> =
            found.iter().map(|(number, cells, _)| (*number, cells.concat())).collect();
        let wanted =
            [(1, "a"), (2, ""), (3, "b\nb"), (4, "c")].map(|(row, text)| (row, text.into()));
        assert_eq!(rows, wanted);
    }

    #[test]
    fn a_row_that_is_no_text_has_a_fault_and_the_next_one_is_read() {
        let found = all(&b"a\nK\xf6ln\nb\0b\n\xc3,\xa9\nc"[..]);
        let faults: Vec<_> = found.iter().map(|(_, _, fault)| fault.is_some()).collect();
        assert_eq!(faults, [false, true, true, true, false]);
        assert!(found[1].2.unwrap().contains("not UTF-8"));
        assert!(found[2].2.unwrap().contains("NUL"));
    }

    #[test]
    fn a_quote_that_never_ends_does_not_take_the_file_into_memory() {
        let found = all((&b"a\n\"b"[..]).chain(io::repeat(b'x').take(3_000_000)));
        assert_eq!(found.len(), 2);
        assert!(found[1].2.unwrap().contains("1 MiB"));
        assert!(all(&b"a\n\"b\n\n"[..])[1].2.unwrap().contains("never ends"));
    }
}
