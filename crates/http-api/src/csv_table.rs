//! CSV as it goes out: RFC 4180, UTF-8, and nothing that a spreadsheet would run.

use std::io::{self, Write};

/// What a spreadsheet takes for the beginning of a formula. Source: OWASP, CSV Injection.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Whether a spreadsheet would run it. A number with its sign, such as a phone number in E.164, is
/// taken for a number, and for nothing else.
fn is_formula(text: &str) -> bool {
    let number = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = number.starts_with(|first: char| first.is_ascii_digit())
        && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.starts_with(FORMULA) && !is_number
}

/// Writes rows of cells.
pub(crate) struct CsvTable<W> {
    out: W,
    /// Cells are left as they are, also where a spreadsheet would run them.
    raw: bool,
    at_start: bool,
}

impl<W: Write> CsvTable<W> {
    pub(crate) const fn new(out: W, raw: bool) -> Self {
        Self { out, raw, at_start: true }
    }

    /// Adds a cell to the row.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(crate) fn cell(&mut self, text: &str) -> io::Result<()> {
        if !std::mem::take(&mut self.at_start) {
            self.out.write_all(b",")?;
        }
        let guard = if !self.raw && is_formula(text) { "'" } else { "" };
        if !text.contains(['"', ',', '\r', '\n']) && text.trim() == text {
            return write!(self.out, "{guard}{text}");
        }
        write!(self.out, "\"{guard}{}\"", text.replace('"', "\"\""))
    }

    /// Adds a cell that may have nothing to say.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(crate) fn maybe(&mut self, text: Option<impl ToString>) -> io::Result<()> {
        self.cell(&text.map(|text| text.to_string()).unwrap_or_default())
    }

    /// Ends the row.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(crate) fn end_row(&mut self) -> io::Result<()> {
        self.at_start = true;
        self.out.write_all(b"\r\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str], raw: bool) -> String {
        let mut out = Vec::new();
        let mut table = CsvTable::new(&mut out, raw);
        cells.iter().try_for_each(|cell| table.cell(cell)).unwrap();
        table.end_row().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let cells = ["plain", "", "a,b", "say \"hi\"", "two\nlines", "cr\r", " space ", "Zoë"];
        assert_eq!(
            row(&cells, false),
            "plain,,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\"cr\r\",\" space \",Zoë\r\n"
        );
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_held_back_unless_it_is_wanted() {
        for formula in [
            "=1+1",
            "+1+1",
            "-1-A1",
            "+A1",
            "--1",
            "-",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "=HYPERLINK(\"x\",\"y\")",
        ] {
            let read = |text: &str| {
                let mut rows =
                    csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
                let row = rows.records().next().unwrap().unwrap();
                row.get(0).unwrap().to_owned()
            };
            assert_eq!(read(&row(&[formula], false)), format!("'{formula}"));
            assert_eq!(read(&row(&[formula, ""], true)), *formula);
        }
        let harmless = ["1=1", "a-b", "+12125550123", "-7.5"];
        assert_eq!(row(&harmless, false), "1=1,a-b,+12125550123,-7.5\r\n");
    }
}
