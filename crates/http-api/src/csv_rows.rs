//! Splits CSV text into rows that know their number in a spreadsheet.
//!
//! Our own, because the numbers must be right: blank lines count, line breaks inside quotes do
//! not, and a quote that never ends is told instead of swallowing the rest of the file.

/// One row, also a blank one.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    /// As a spreadsheet shows it, from 1.
    pub(crate) number: u64,
    /// Its cells, unquoted.
    pub(crate) cells: Vec<String>,
    /// What is wrong with its quotes.
    pub(crate) fault: Option<&'static str>,
}

impl Row {
    /// Whether every cell is empty: nothing to read here.
    pub(crate) fn is_blank(&self) -> bool {
        self.fault.is_none() && self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// The rows of a text, in order.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    rest: &'a str,
    separator: char,
    number: u64,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(text: &'a str, separator: u8) -> Self {
        Self { rest: text, separator: separator.into(), number: 0 }
    }

    /// Takes `count` bytes off the rest. `count` is always the place of an ASCII character.
    fn take(&mut self, count: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(count).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// Reads to the next separator or line break, or to the end.
    fn plain(&mut self) -> &'a str {
        let separator = self.separator;
        let end = self.rest.find([separator, '\r', '\n']);
        self.take(end.unwrap_or(self.rest.len()))
    }

    fn cell(&mut self, row: &mut Row) -> String {
        let Some(inner) = self.rest.strip_prefix('"') else {
            return self.plain().to_owned();
        };
        self.rest = inner;
        let mut cell = String::new();
        loop {
            let Some(quote) = self.rest.find('"') else {
                row.fault = Some("a quoted cell begins in this row and never ends");
                cell.push_str(self.rest);
                self.rest = "";
                return cell;
            };
            cell.push_str(self.take(quote));
            self.take(1);
            let Some(more) = self.rest.strip_prefix('"') else { break };
            self.rest = more;
            cell.push('"');
        }
        let trailing = self.plain();
        if !trailing.trim().is_empty() {
            row.fault = Some("a quoted cell has text after its closing quote");
        }
        cell
    }
}

impl Iterator for Rows<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        if self.rest.is_empty() {
            return None;
        }
        self.number += 1;
        let mut row = Row { number: self.number, ..Row::default() };
        loop {
            let cell = self.cell(&mut row);
            row.cells.push(cell);
            match self.rest.strip_prefix(self.separator) {
                Some(rest) => self.rest = rest,
                None => break,
            }
        }
        let rest = self.rest.strip_prefix('\r').unwrap_or(self.rest);
        self.rest = rest.strip_prefix('\n').unwrap_or(rest);
        Some(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        Rows::new(text, b',').map(|row| row.cells).collect()
    }

    #[test]
    fn cells_come_out_as_they_were_put_in() {
        assert_eq!(cells("a,b\nc,d"), [["a", "b"], ["c", "d"]]);
        assert_eq!(cells("a,\r\n,d\r\n"), [["a", ""], ["", "d"]]);
        assert_eq!(cells("\"a,\"\"b\"\"\n\",é"), [["a,\"b\"\n", "é"]]);
        assert_eq!(cells("a\"b,c\"\n"), [["a\"b", "c\""]]);
        assert_eq!(cells(""), Vec::<Vec<String>>::new());
    }

    #[test]
    fn every_line_outside_quotes_is_a_row() {
        let rows: Vec<_> = Rows::new("a\n\n\"b\nb\"\rc", b',').collect();
        let numbers: Vec<_> = rows.iter().map(|row| (row.number, row.is_blank())).collect();
        assert_eq!(numbers, [(1, false), (2, true), (3, false), (4, false)]);
    }
}
