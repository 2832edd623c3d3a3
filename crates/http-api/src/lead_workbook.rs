//! Lead files as XLSX workbooks: the first worksheet that is shown, read cell by cell.
//!
//! A workbook is a ZIP archive, so a small one may stand for a large one. Every part is unpacked
//! once to nowhere, and counted, before any is believed.

use std::{
    io::{self, Read, Seek},
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
};

use branchline_engine::lead_list::{ListFault, ListRow};
use calamine::{DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xlsx, XlsxError};
use zip::ZipArchive;

use crate::lead_columns::{COLUMNS_MAX, Columns};

/// Parts of a workbook. A spreadsheet program makes a dozen, and one a picture.
const PARTS_MAX: usize = 2_000;
/// What must fit in memory (texts, styles) is at most this part of all.
const IN_MEMORY_SHARE: u64 = 4;
const DAMAGED: &str = "the workbook is damaged: open it in a spreadsheet program and save it again, \
                       or save it as `CSV UTF-8`";

/// Why a workbook is not even begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum UnfitWorkbook {
    /// It unpacks to more than is taken.
    TooLarge(String),
    /// It is no workbook.
    Damaged(&'static str),
}

/// Unpacks every part to nowhere.
///
/// # Errors
///
/// [`UnfitWorkbook`] when it is no archive, or unpacks to more than `bytes_max`.
pub(crate) fn check(input: impl Read + Seek, bytes_max: u64) -> Result<(), UnfitWorkbook> {
    let mut archive = ZipArchive::new(input).map_err(|_| UnfitWorkbook::Damaged(DAMAGED))?;
    if archive.len() > PARTS_MAX {
        let detail = format!("the workbook has more than {PARTS_MAX} parts");
        return Err(UnfitWorkbook::TooLarge(detail));
    }
    let (mut whole, mut in_memory) = (0, 0);
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|_| UnfitWorkbook::Damaged(DAMAGED))?;
        let name = part.name().map_err(|_| UnfitWorkbook::Damaged(DAMAGED))?;
        let is_sheet = name.to_ascii_lowercase().contains("worksheets/");
        // A byte more than may be is enough to know.
        let unpacked =
            io::copy(&mut part.take((bytes_max - whole).saturating_add(1)), &mut io::sink());
        let bytes = unpacked.map_err(|_| UnfitWorkbook::Damaged(DAMAGED))?;
        whole += bytes;
        in_memory += if is_sheet { 0 } else { bytes };
        if whole > bytes_max || in_memory > bytes_max / IN_MEMORY_SHARE {
            let detail = format!(
                "the workbook unpacks to more than the {bytes_max} bytes that are taken, or to more \
                 than a quarter of that in texts: save it as `CSV UTF-8`"
            );
            return Err(UnfitWorkbook::TooLarge(detail));
        }
    }
    Ok(())
}

/// Reads a workbook that was [`check`]ed, row by row.
pub(crate) fn read(input: impl Read + Seek, take: &mut dyn FnMut(ListRow) -> ControlFlow<()>) {
    // Workbooks come from anybody, and their reader is not ours: a bug of it costs this file only.
    let read = catch_unwind(AssertUnwindSafe(|| sheet(input, take)));
    let fault = match read {
        Ok(Ok(())) => return,
        Ok(Err(fault)) => fault,
        Err(_) => ListFault::whole(1, DAMAGED),
    };
    // The last word about the file.
    let _ = take(Err(fault));
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
fn damaged(error: XlsxError) -> ListFault {
    // Its words may quote from the file.
    tracing::debug!(%error, "a workbook cannot be read");
    ListFault::whole(1, DAMAGED)
}

fn sheet(
    input: impl Read + Seek,
    take: &mut dyn FnMut(ListRow) -> ControlFlow<()>,
) -> Result<(), ListFault> {
    let mut workbook = Xlsx::new(input).map_err(damaged)?;
    let sheets = workbook.sheets_metadata().iter();
    let shown = sheets.filter(|sheet| {
        sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible
    });
    let Some(name) = shown.map(|sheet| sheet.name.clone()).next() else {
        return Err(ListFault::whole(1, "the workbook has no worksheet that is shown"));
    };
    let mut cells = workbook.worksheet_cells_reader(&name).map_err(damaged)?;
    let mut sheet = Sheet::default();
    while let Some(cell) = cells.next_cell().map_err(damaged)? {
        let (row, column) = cell.get_position();
        if u64::from(row) + 1 != sheet.row {
            if sheet.end_row(take).is_break() {
                return Ok(());
            }
            if u64::from(row) + 1 < sheet.row {
                return Err(ListFault::whole(sheet.row, DAMAGED));
            }
            sheet.row = u64::from(row) + 1;
        }
        sheet.put(column as usize, cell.get_value());
    }
    if sheet.end_row(take).is_continue() && sheet.columns.is_none() {
        let reason = "the worksheet is empty: its first row must name the columns";
        return Err(ListFault::whole(1, reason));
    }
    Ok(())
}

/// A worksheet that is being read.
#[derive(Default)]
struct Sheet {
    columns: Option<Columns>,
    /// The row that is being put together, from 1; 0 before the first.
    row: u64,
    /// Its cells up to the last that is not empty.
    cells: Vec<String>,
    fault: Option<&'static str>,
}

impl Sheet {
    fn put(&mut self, column: usize, value: &DataRef<'_>) {
        let text = match text_of(value) {
            Ok(text) => text,
            Err(fault) => {
                self.fault = Some(fault);
                return;
            }
        };
        if text.is_empty() {
            return;
        }
        // One more than may be is enough for the header to say so.
        if column > COLUMNS_MAX {
            self.fault = Some("the row has a cell beyond the last column that has a name");
            return;
        }
        while self.cells.len() <= column {
            self.cells.push(String::new());
        }
        if let Some(cell) = self.cells.get_mut(column) {
            *cell = text;
        }
    }

    fn end_row(&mut self, take: &mut dyn FnMut(ListRow) -> ControlFlow<()>) -> ControlFlow<()> {
        let cells = std::mem::take(&mut self.cells);
        let fault = self.fault.take();
        if fault.is_none() && cells.iter().all(|cell| cell.trim().is_empty()) {
            return ControlFlow::Continue(());
        }
        let texts = cells.iter().map(String::as_str);
        let Some(columns) = &self.columns else {
            let header = match fault {
                Some(reason) => Err(vec![ListFault::whole(self.row, reason)]),
                None => Columns::of(self.row, texts),
            };
            return match header {
                Ok(columns) => {
                    self.columns = Some(columns);
                    ControlFlow::Continue(())
                }
                Err(faults) => {
                    faults.into_iter().try_for_each(|fault| take(Err(fault)))?;
                    ControlFlow::Break(())
                }
            };
        };
        let beyond = "the row has a cell beyond the last column that has a name";
        let fault = fault.or_else(|| (cells.len() > columns.len()).then_some(beyond));
        take(match fault {
            Some(reason) => Err(ListFault::at(self.row, reason)),
            None => Ok(columns.lead(self.row, texts)),
        })
    }
}

/// A cell as text: numbers with all their digits, dates as ISO 8601, booleans `true` or `false`.
fn text_of(value: &DataRef<'_>) -> Result<String, &'static str> {
    Ok(match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.clone()
        }
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Int(number) => number.to_string(),
        // Without an exponent, and without `.0` behind a whole number.
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(truth) => truth.to_string(),
        DataRef::DateTime(instant) => instant_text(instant),
        DataRef::Error(_) => return Err("the row has a cell with an error in it, such as #N/A"),
    })
}

fn instant_text(instant: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, milli) = instant.to_ymd_hms_milli();
    let days = instant.as_f64();
    if instant.is_duration() || days < 1.0 {
        let (whole_s, day_s) = ((days * 86_400.0).round(), 3_600.0);
        let hours = (whole_s / day_s).floor();
        let rest = whole_s - hours * day_s;
        let (minutes, seconds) = ((rest / 60.0).floor(), rest % 60.0);
        return format!("{hours:02.0}:{minutes:02.0}:{seconds:02.0}");
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    match (hour, minute, second, milli) {
        (0, 0, 0, 0) => date,
        (_, _, _, 0) => format!("{date}T{hour:02}:{minute:02}:{second:02}"),
        _ => format!("{date}T{hour:02}:{minute:02}:{second:02}.{milli:03}"),
    }
}

#[cfg(test)]
mod tests;
