use branchline_domain::value::Value;

use super::*;

fn read(bytes: &[u8]) -> Result<Vec<NewLead>, Vec<RowFault>> {
    read_csv(bytes).map_err(|file| file.faults)
}

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
    let file = "\u{feff}Name, Phone_Number ,note\r\n\"Rao, A.\", +91 98765 43210 ,\r\nBo,2, x \r\n";
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
    let file = "phone_number,note\r\n1,\"two\r\nlines\"\r\n\r\n,\r\n2,x\n\n\"3\",\"\"\"q\"\"\n\n\"";
    assert_eq!(numbers(file), [(2, "1".into()), (5, "2".into()), (7, "3".into())]);
    assert_eq!(numbers("phone_number\r1\r2\r"), [(2, "1".into()), (3, "2".into())]);
    assert_eq!(numbers("phone_number\n1\n\n\n\n"), [(2, "1".into())], "empty lines at the end");
}

#[test]
fn ragged_rows_are_all_named() {
    let file = b"phone_number,a\n1,x\n2\n3,x,y\n\n4,x\n5,x,y\n";
    let found = faults(file);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].0.contains("which has 2"), "{found:?}");
    assert_eq!(found[0].1, [3, 4, 7]);
}

#[test]
fn quotes_that_do_not_end_well_are_told_with_their_row() {
    let found = faults(b"phone_number,a\n1,\"x\"y\n2,x\n3,\"never\n4,x\n");
    let rows: Vec<_> = found.iter().map(|(_, rows)| rows.clone()).collect();
    assert_eq!(rows, [[2], [4]], "{found:?}");
}

#[test]
fn a_header_without_a_phone_number_says_what_there_is() {
    let found = faults(b"name,Phone\n1,2");
    assert_eq!(
        found,
        [("there is no column `phone_number`; the columns are `name`, `Phone`".into(), vec![1])]
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
    let latin = faults(b"phone_number,city\n1,a\n2,K\xf6ln\n3,b\n4,M\xfcnchen\n");
    assert!(latin[0].0.contains("not UTF-8"));
    assert_eq!(latin[0].1, [3, 5]);
    let zero = faults(b"phone_number,city\n1,a\0\n");
    assert!(zero[0].0.contains("NUL") && zero[0].1 == [2], "{zero:?}");
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

/// Reads a file of any kind. Everything ends in leads or in a reason.
fn outcome(bytes: &[u8]) -> Result<usize, String> {
    let mut spool = crate::spool::Spool::new();
    spool.write(bytes, &std::env::temp_dir()).unwrap();
    let file = match LeadFile::of(spool.finish(), 1 << 20) {
        Ok(file) => file,
        Err(UnfitFile::TooLarge(detail)) => return Err(detail),
        Err(UnfitFile::Io(error)) => panic!("{error}"),
    };
    let (mut leads, mut fault) = (0, None);
    file.read(&mut |row| {
        match row {
            Ok(_) => leads += 1,
            Err(found) => fault = Some(found.reason),
        }
        ControlFlow::Continue(())
    });
    fault.map_or(Ok(leads), Err)
}

/// What files begin with.
const STARTS: &[&[u8]] = &[
    b"",
    b"phone_number,a\n",
    b"\xef\xbb\xbfphone_number\n1,",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
    b"\xff\xfe",
];

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
    fn no_bytes_panic_and_all_of_them_are_leads_or_a_reason(
        bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300),
        start in proptest::sample::select(STARTS),
    ) {
        let file = [start, &bytes].concat();
        let first = outcome(&file);
        if let Err(reason) = &first {
            proptest::prop_assert!(!reason.is_empty());
        }
        proptest::prop_assert_eq!(first, outcome(&file), "the same again");
    }
}
