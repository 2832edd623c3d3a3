use std::io::{Cursor, Write};

use branchline_engine::command::NewLead;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::*;

const MAX: u64 = 1 << 20;

/// A workbook as spreadsheet programs write it: style 1 is a date, 2 a date with a time, 3 hours.
struct Book {
    sheet: String,
    shared: Vec<&'static str>,
    more: Vec<(String, Vec<u8>)>,
}

impl Book {
    fn of(rows: &str) -> Self {
        Self { sheet: rows.into(), shared: Vec::new(), more: Vec::new() }
    }

    fn bytes(&self) -> Vec<u8> {
        let texts: Vec<_> =
            self.shared.iter().map(|text| format!("<si><t>{text}</t></si>")).collect();
        let texts = texts.concat();
        let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
        let package = "http://schemas.openxmlformats.org/package/2006/relationships";
        let parts = [
            (
                "_rels/.rels",
                format!(
                    "<Relationships xmlns=\"{package}\"><Relationship Id=\"rId1\" \
                     Type=\"{relations}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
                ),
            ),
            (
                "xl/workbook.xml",
                format!(
                    "<workbook xmlns=\"{main}\" xmlns:r=\"{relations}\"><sheets>\
                     <sheet name=\"Hidden\" sheetId=\"1\" state=\"hidden\" r:id=\"rId1\"/>\
                     <sheet name=\"Leads\" sheetId=\"2\" r:id=\"rId2\"/></sheets></workbook>"
                ),
            ),
            (
                "xl/_rels/workbook.xml.rels",
                format!(
                    "<Relationships xmlns=\"{package}\">\
                     <Relationship Id=\"rId1\" Type=\"{relations}/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
                     <Relationship Id=\"rId2\" Type=\"{relations}/worksheet\" Target=\"worksheets/sheet2.xml\"/>\
                     </Relationships>"
                ),
            ),
            (
                "xl/styles.xml",
                format!(
                    "<styleSheet xmlns=\"{main}\"><cellXfs count=\"4\"><xf numFmtId=\"0\"/>\
                     <xf numFmtId=\"14\"/><xf numFmtId=\"22\"/><xf numFmtId=\"46\"/></cellXfs></styleSheet>"
                ),
            ),
            ("xl/sharedStrings.xml", format!("<sst xmlns=\"{main}\">{texts}</sst>")),
            (
                "xl/worksheets/sheet1.xml",
                format!("<worksheet xmlns=\"{main}\"><sheetData/></worksheet>"),
            ),
            (
                "xl/worksheets/sheet2.xml",
                format!(
                    "<worksheet xmlns=\"{main}\"><sheetData>{}</sheetData></worksheet>",
                    self.sheet
                ),
            ),
        ];
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        for (name, text) in parts {
            archive.start_file(name, options).unwrap();
            archive.write_all(text.as_bytes()).unwrap();
        }
        for (name, bytes) in &self.more {
            archive.start_file(name.as_str(), options).unwrap();
            archive.write_all(bytes).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }
}

/// A row of cells, each as the inside of its element: attributes, then content.
fn row(number: u32, cells: &[(&str, &str)]) -> String {
    let cells: Vec<_> = cells
        .iter()
        .zip('A'..)
        .map(|((attributes, inner), column)| {
            format!("<c r=\"{column}{number}\" {attributes}>{inner}</c>")
        })
        .collect();
    format!("<row r=\"{number}\">{}</row>", cells.concat())
}

fn text(text: &str) -> (&'static str, String) {
    ("t=\"inlineStr\"", format!("<is><t>{text}</t></is>"))
}

fn header(names: &[&str]) -> String {
    let cells: Vec<_> = names.iter().map(|name| text(name)).collect();
    let cells: Vec<_> = cells.iter().map(|(kind, inner)| (*kind, inner.as_str())).collect();
    row(1, &cells)
}

fn rows_of(bytes: &[u8]) -> Vec<ListRow> {
    let mut rows = Vec::new();
    read(Cursor::new(bytes), &mut |row| {
        rows.push(row);
        ControlFlow::Continue(())
    });
    rows
}

fn leads(book: &Book) -> Vec<NewLead> {
    let bytes = book.bytes();
    check(Cursor::new(&bytes), MAX).unwrap();
    rows_of(&bytes).into_iter().map(Result::unwrap).collect()
}

fn faults(book: &Book) -> Vec<(u64, String)> {
    let faults = rows_of(&book.bytes()).into_iter().filter_map(Result::err);
    faults.map(|fault| (fault.row, fault.reason)).collect()
}

#[test]
fn the_first_worksheet_that_is_shown_is_read_with_the_types_of_its_cells() {
    let mut book = Book::of(
        &(header(&["phone_number", "name", "when", "at", "score", "vip"])
            + &row(
                2,
                &[
                    ("", "<v>919876543210</v>"),
                    ("t=\"s\"", "<v>0</v>"),
                    ("s=\"1\"", "<v>46178</v>"),
                    ("s=\"2\"", "<v>46178.6875</v>"),
                    ("", "<v>0.5</v>"),
                    ("t=\"b\"", "<v>1</v>"),
                ],
            )
            + &row(3, &[("", "<v>9.19876543211E+11</v>"), ("s=\"1\"", "")])),
    );
    book.shared = vec!["Rao, A."];
    let found = leads(&book);
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].row, found[0].phone_number.as_str()), (2, "919876543210"));
    let texts: Vec<_> = ["name", "when", "at", "score", "vip"]
        .map(|name| found[0].variables[name].as_text().into_owned())
        .into();
    assert_eq!(texts, ["Rao, A.", "2026-06-05", "2026-06-05T16:30:00", "0.5", "true"]);
    assert_eq!(found[1].phone_number, "919876543211");
    assert!(found[1].variables.values().all(branchline_domain::value::Value::is_missing));
}

#[test]
fn rows_keep_the_numbers_the_sheet_shows_and_empty_ones_are_passed_over() {
    let book = Book::of(
        &(header(&["phone_number", "name"])
            + &row(4, &[("", "<v>1</v>")])
            + &row(5, &[("s=\"1\"", ""), ("", "")])
            + &row(9, &[("", "<v>2</v>")])
            + &row(1_000, &[("s=\"1\"", "")])),
    );
    let found: Vec<_> =
        leads(&book).into_iter().map(|lead| (lead.row, lead.phone_number)).collect();
    assert_eq!(found, [(4, "1".into()), (9, "2".into())]);
}

#[test]
fn a_duration_and_a_time_of_day_are_hours() {
    let book = Book::of(
        &(header(&["phone_number", "length", "at"])
            + &row(2, &[("", "<v>1</v>"), ("s=\"3\"", "<v>1.5</v>"), ("s=\"2\"", "<v>0.5</v>")])),
    );
    let found = leads(&book);
    assert_eq!(found[0].variables["length"].as_text(), "36:00:00");
    assert_eq!(found[0].variables["at"].as_text(), "12:00:00");
}

#[test]
fn faulty_cells_are_told_with_their_rows() {
    let beyond = row(3, &[("", "<v>1</v>"), ("", "<v>2</v>"), ("", "<v>3</v>")]);
    let book = Book::of(
        &(header(&["phone_number", "name"])
            + &row(2, &[("", "<v>1</v>"), ("t=\"e\"", "<v>#N/A</v>")])
            + &beyond),
    );
    let found = faults(&book);
    assert_eq!(found.iter().map(|(row, _)| *row).collect::<Vec<_>>(), [2, 3], "{found:?}");
    assert!(found[0].1.contains("#N/A") && found[1].1.contains("beyond"));
    assert!(faults(&Book::of(&header(&["name"])))[0].1.contains("no column `phone_number`"));
    assert!(faults(&Book::of(""))[0].1.contains("empty"));
}

#[test]
fn a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_read() {
    let mut bomb = Book::of(&header(&["phone_number"]));
    bomb.more = vec![("xl/worksheets/sheet3.xml".into(), vec![b' '; 8 << 20])];
    let bytes = bomb.bytes();
    assert!(bytes.len() < 64 * 1024, "{} bytes", bytes.len());
    assert!(matches!(check(Cursor::new(&bytes), MAX), Err(UnfitWorkbook::TooLarge(_))));
    check(Cursor::new(&bytes), 9 << 20).unwrap();

    // Texts go into memory: less of them is taken.
    let mut texts = Book::of(&header(&["phone_number"]));
    texts.more = vec![("xl/media/image1.png".into(), vec![b' '; 512 * 1024])];
    let told = check(Cursor::new(texts.bytes()), MAX);
    assert!(matches!(told, Err(UnfitWorkbook::TooLarge(_))), "{told:?}");

    let mut parts = Book::of(&header(&["phone_number"]));
    parts.more = (0..PARTS_MAX).map(|part| (format!("xl/{part}"), Vec::new())).collect();
    assert!(matches!(check(Cursor::new(parts.bytes()), MAX), Err(UnfitWorkbook::TooLarge(_))));
}

#[test]
fn a_workbook_that_was_cut_or_changed_is_told_and_nothing_panics() {
    let whole = Book::of(&(header(&["phone_number"]) + &row(2, &[("", "<v>1</v>")]))).bytes();
    for cut in (0..whole.len()).step_by(97) {
        let _ = check(Cursor::new(&whole[..cut]), MAX);
        let rows = rows_of(&whole[..cut]);
        assert!(rows.iter().any(Result::is_err), "cut at {cut}");
    }
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 0x55;
        let _ = check(Cursor::new(&changed), MAX);
        let _ = rows_of(&changed);
    }
}

#[test]
fn whoever_takes_rows_may_stop() {
    let many: String = (2..100).map(|number| row(number, &[("", "<v>1</v>")])).collect();
    let bytes = Book::of(&(header(&["phone_number"]) + &many)).bytes();
    let mut taken = 0;
    read(Cursor::new(&bytes), &mut |_| {
        taken += 1;
        if taken == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(taken, 3);
}
