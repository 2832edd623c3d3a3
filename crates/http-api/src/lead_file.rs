//! Files of leads: what people export from spreadsheets, read whole and judged whole.
//!
//! Refuses what it would have to guess: another encoding than UTF-8, columns without a name or
//! with the same one, rows of another length, quotes that never end.

use std::fmt;

use branchline_domain::{lead::Values, value::Value};
use branchline_engine::{RowFault, command::NewLead};

use crate::csv_rows::{Row, Rows};

/// The column that every file has.
pub const PHONE_COLUMN: &str = "phone_number";
/// Columns of a file at most. A lead's variables have to fit one record of the journal.
pub const COLUMNS_MAX: usize = 500;
/// Rows named for one reason.
const ROWS_NAMED_MAX: usize = 100;

/// A file that is not taken: nobody in it is enrolled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultyFile {
    /// Every reason, with its rows.
    pub faults: Vec<RowFault>,
}

impl fmt::Display for FaultyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the file of leads is not taken")?;
        for RowFault { reason, rows } in &self.faults {
            let rows: Vec<String> = rows.iter().map(u64::to_string).collect();
            write!(f, "; row {}: {reason}", rows.join(", "))?;
        }
        Ok(())
    }
}

impl std::error::Error for FaultyFile {}

/// What is wrong with a file, collected by reason.
#[derive(Debug, Default)]
struct Faults(Vec<RowFault>);

impl Faults {
    fn add(&mut self, row: u64, reason: impl Into<String>) {
        let reason = reason.into();
        match self.0.iter_mut().find(|fault| fault.reason == reason) {
            Some(fault) if fault.rows.len() < ROWS_NAMED_MAX => fault.rows.push(row),
            Some(_) => {}
            None => self.0.push(RowFault { reason, rows: vec![row] }),
        }
    }

    fn only(row: u64, reason: impl Into<String>) -> Vec<RowFault> {
        vec![RowFault { reason: reason.into(), rows: vec![row] }]
    }
}

/// Reads a CSV file of leads: a header with a `phone_number` column, then one row a lead. Every
/// other column becomes a variable of its name, as text.
///
/// The separator is a comma, semicolon or tab, whichever the header has most of. Cells may be
/// quoted and then hold separators, quotes (doubled) and line breaks. Empty rows are passed over.
///
/// # Errors
///
/// Everything that is wrong, by reason, with rows counted as a spreadsheet shows them: the header
/// is 1, and a row with line breaks in its cells is one row.
pub fn read_csv(bytes: &[u8]) -> Result<Vec<NewLead>, FaultyFile> {
    read(bytes).map_err(|faults| FaultyFile { faults })
}

fn read(bytes: &[u8]) -> Result<Vec<NewLead>, Vec<RowFault>> {
    let text = decode(bytes)?;
    let mut rows = Rows::new(text, separator(text));
    let Some(header) = rows.by_ref().find(|row| !row.is_blank()) else {
        return Err(Faults::only(1, "the file is empty: its first row must name the columns"));
    };
    let columns = columns(&header)?;
    let mut faults = Faults::default();
    let mut leads = Vec::new();
    for row in rows {
        if row.is_blank() {
            continue;
        }
        if let Some(problem) = row.fault {
            faults.add(row.number, problem);
        } else if row.cells.len() == columns.len() {
            leads.push(lead(row, &columns));
        } else {
            let problem = format!(
                "the row has another number of cells than the header, which has {}",
                columns.len()
            );
            faults.add(row.number, problem);
        }
    }
    if faults.0.is_empty() { Ok(leads) } else { Err(faults.0) }
}

fn decode(bytes: &[u8]) -> Result<&str, Vec<RowFault>> {
    const AS_UTF8: &str = "save it as `CSV UTF-8`";
    if bytes.starts_with(b"PK\x03\x04") {
        let problem = format!("the file is a workbook or an archive and not CSV: {AS_UTF8}");
        return Err(Faults::only(1, problem));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let marked = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    if marked || bytes.iter().take(512).any(|&byte| byte == 0) {
        let problem = format!("the file is UTF-16 (`Unicode text`) and not UTF-8: {AS_UTF8}");
        return Err(Faults::only(1, problem));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let good = std::str::from_utf8(good).unwrap_or_default();
        let row = Rows::new(good, separator(good)).last().map_or(1, |row| row.number);
        let problem = format!("the file is not UTF-8, from this row on: {AS_UTF8}");
        Faults::only(row, problem)
    })
}

/// The separator that the header has most of; a comma when it has none.
fn separator(text: &str) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    for byte in text.trim_start_matches(['\r', '\n']).bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\r' | b'\n' if !quoted => break,
            _ if !quoted => {
                for (separator, count) in &mut counts {
                    *count += usize::from(*separator == byte);
                }
            }
            _ => {}
        }
    }
    let best = counts.iter().rev().max_by_key(|(_, count)| *count);
    best.map_or(b',', |(separator, _)| *separator)
}

/// A column: `None` is the phone number's.
type Columns = Vec<Option<String>>;

fn columns(header: &Row) -> Result<Columns, Vec<RowFault>> {
    let mut faults = Faults::default();
    let row = header.number;
    if let Some(problem) = header.fault {
        faults.add(row, problem);
    }
    if header.cells.len() > COLUMNS_MAX {
        faults.add(row, format!("the file has more than {COLUMNS_MAX} columns"));
    }
    let mut names: Vec<&str> = Vec::with_capacity(header.cells.len());
    let mut columns = Columns::new();
    for (index, cell) in header.cells.iter().enumerate().take(COLUMNS_MAX) {
        let trimmed = cell.trim();
        let is_phone = trimmed.eq_ignore_ascii_case(PHONE_COLUMN);
        let name = if is_phone { PHONE_COLUMN } else { trimmed };
        let shown: String = name.chars().take(80).collect();
        if name.is_empty() {
            faults.add(row, format!("column {} has no name", index + 1));
        } else if names.contains(&name) {
            faults.add(row, format!("there are two columns named `{shown}`"));
        }
        names.push(name);
        columns.push((!is_phone).then(|| name.to_owned()));
    }
    if !names.contains(&PHONE_COLUMN) {
        let shown: Vec<String> =
            names.iter().take(20).map(|name| name.chars().take(40).collect()).collect();
        let found = shown.join("`, `");
        faults.add(row, format!("there is no column `{PHONE_COLUMN}`; the columns are `{found}`"));
    }
    if faults.0.is_empty() { Ok(columns) } else { Err(faults.0) }
}

fn lead(row: Row, columns: &Columns) -> NewLead {
    let mut lead = NewLead { row: row.number, ..NewLead::default() };
    let mut variables = Values::new();
    for (column, cell) in columns.iter().zip(row.cells) {
        match column {
            Some(name) => {
                variables.insert(name.clone(), Value::Text(cell));
            }
            None => cell.trim().clone_into(&mut lead.phone_number),
        }
    }
    lead.variables = variables;
    lead
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Vec<(u64, String)> {
        let leads = read(text.as_bytes()).unwrap();
        leads.into_iter().map(|lead| (lead.row, lead.phone_number)).collect()
    }

    fn faults(bytes: &[u8]) -> Vec<(String, Vec<u64>)> {
        let faults = read(bytes).unwrap_err();
        faults.into_iter().map(|fault| (fault.reason, fault.rows)).collect()
    }

    #[test]
    fn every_other_column_becomes_a_variable_as_it_stands() {
        let file =
            "\u{feff}Name, Phone_Number ,note\r\n\"Rao, A.\", +91 98765 43210 ,\r\nBo,2, x \r\n";
        let leads = read(file.as_bytes()).unwrap();
        assert_eq!(leads.len(), 2);
        assert_eq!(leads[0].phone_number, "+91 98765 43210");
        assert_eq!(leads[0].variables["Name"], Value::from("Rao, A."));
        assert!(leads[0].variables["note"].is_missing());
        assert_eq!(leads[1].variables["note"], Value::from(" x "));
        assert!(!leads[0].variables.contains_key("phone_number"));
    }

    #[test]
    fn the_separator_is_read_from_the_header() {
        for file in [
            "phone_number,city\n1,a",
            "phone_number;city\n1;a",
            "phone_number\tcity\n1\ta",
            "\"phone_number\";\"a,b,c\"\n1;a",
            "phone_number\n1",
        ] {
            assert_eq!(numbers(file), [(2, "1".into())], "{file:?}");
        }
    }

    #[test]
    fn rows_are_counted_as_a_spreadsheet_shows_them() {
        let file =
            "phone_number,note\r\n1,\"two\r\nlines\"\r\n\r\n,\r\n2,x\n\n\"3\",\"\"\"q\"\"\n\n\"";
        assert_eq!(numbers(file), [(2, "1".into()), (5, "2".into()), (7, "3".into())]);
        assert_eq!(numbers("phone_number\r1\r2\r"), [(2, "1".into()), (3, "2".into())]);
    }

    #[test]
    fn ragged_rows_are_all_named() {
        let file = b"phone_number,a\n1,x\n2\n3,x,y\n\n4,x\n5,x,y\n";
        let found = faults(file);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].1, [3, 4, 7]);
    }

    #[test]
    fn quotes_that_never_end_or_end_too_early_are_faults_of_their_row() {
        let found = faults(b"phone_number,a\n1,\"x\"y\n2,z\n3,\"open\n4,w\n");
        let rows: Vec<_> = found.iter().map(|(_, rows)| rows.clone()).collect();
        assert_eq!(rows, [vec![2], vec![4]]);
        assert!(found[1].0.contains("never"), "{found:?}");
    }

    #[test]
    fn a_header_that_leaves_room_for_doubt_is_refused_with_all_its_faults() {
        let found = faults(b"name,name,,Phone\n1,2,3,4");
        let reasons: Vec<_> = found.iter().map(|(reason, _)| reason.as_str()).collect();
        assert_eq!(
            reasons,
            [
                "there are two columns named `name`",
                "column 3 has no name",
                "there is no column `phone_number`; the columns are `name`, `name`, ``, `Phone`",
            ]
        );
        assert!(faults(b"phone_number,PHONE_NUMBER\n1,2")[0].0.contains("two columns"));
        assert!(faults(b"")[0].0.contains("empty"));
        assert!(faults(b"\r\n\r\n")[0].0.contains("empty"));
    }

    #[test]
    fn another_encoding_is_refused_in_words() {
        let utf16: Vec<u8> =
            "\u{feff}phone_number\n1".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(faults(&utf16)[0].0.contains("UTF-16"));
        let unmarked: Vec<u8> = "phone_number".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert!(faults(&unmarked)[0].0.contains("UTF-16"));
        let latin = faults(b"phone_number,city\n1,a\n2,K\xf6ln\n");
        assert!(latin[0].0.contains("not UTF-8"));
        assert_eq!(latin[0].1, [3]);
        assert!(faults(b"PK\x03\x04...")[0].0.contains("workbook"));
    }

    #[test]
    fn a_file_with_only_a_header_has_no_leads() {
        assert_eq!(read(b"phone_number\n").unwrap(), []);
    }

    /// A file as another program writes it, with this separator and line end.
    fn written(rows: &[(String, String)], separator: u8, terminator: csv::Terminator) -> Vec<u8> {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(separator)
            .terminator(terminator)
            .from_writer(Vec::new());
        writer.write_record(["phone_number", "note"]).unwrap();
        for (number, note) in rows {
            writer.write_record([number, note]).unwrap();
        }
        writer.into_inner().unwrap()
    }

    proptest::proptest! {
        #[test]
        fn what_another_program_writes_is_read_as_it_was_meant(
            rows in proptest::collection::vec(("[0-9+]{1,12}", "[^\\x00]{0,12}"), 0..12),
            separator in proptest::sample::select(&b",;\t"[..]),
            crlf in proptest::bool::ANY,
        ) {
            let end = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
            let leads = read(&written(&rows, separator, end)).unwrap();
            let found: Vec<_> = leads
                .iter()
                .map(|lead| (lead.phone_number.clone(), lead.variables["note"].as_text().into_owned()))
                .collect();
            proptest::prop_assert_eq!(found, rows);
            proptest::prop_assert!(leads.iter().zip(2..).all(|(lead, row)| lead.row == row));
        }

        #[test]
        fn no_file_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = read_csv(&bytes);
            let mut file = b"phone_number,a\n".to_vec();
            file.extend(bytes);
            let _ = read_csv(&file);
        }
    }
}
