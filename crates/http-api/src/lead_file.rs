//! Files of leads: what people export from spreadsheets, read row by row and judged whole.

use std::{
    fmt,
    fs::File,
    io::{self, BufReader},
    ops::ControlFlow,
    path::Path,
};

use branchline_engine::{
    RowFault,
    command::NewLead,
    lead_list::{LeadList, ListFault, ListRow},
};

pub use crate::lead_columns::{COLUMNS_MAX, PHONE_COLUMN};
use crate::{
    lead_csv,
    lead_workbook::{self, UnfitWorkbook},
    spool::Spooled,
};

/// What every ZIP archive begins with, and so every XLSX workbook.
const ZIP: &[u8] = b"PK\x03\x04";
/// What old workbooks begin with, and new ones with a password.
const OLD_WORKBOOK: &[u8] = b"\xd0\xcf\x11\xe0";
/// Bytes read from a workbook at once.
const BUFFER: usize = 64 * 1024;

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

/// What kind of file it is, by its first bytes: names lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Csv,
    Workbook,
    OldWorkbook,
}

/// A file of leads: CSV or an XLSX workbook. A header with a `phone_number` column, then one row a
/// lead; every other column becomes a variable of its name, as text.
///
/// CSV: the separator is a comma, semicolon or tab, whichever the header has most of. Cells may be
/// quoted and then hold separators, quotes (doubled) and line breaks. Workbook: the first worksheet
/// that is shown; numbers keep all their digits, dates are ISO 8601, booleans `true` or `false`.
/// Empty rows are passed over.
///
/// Faults name rows as a spreadsheet counts them: the header is 1, and a row with line breaks in
/// its cells is one row.
#[derive(Clone, Debug)]
pub struct LeadFile {
    spooled: Spooled,
    kind: Kind,
    /// A workbook that cannot be begun.
    damaged: Option<&'static str>,
}

/// Why a file is not even looked at.
#[derive(Debug)]
pub(crate) enum UnfitFile {
    /// It is, or unpacks to, more than is taken.
    TooLarge(String),
    /// It cannot be read back.
    Io(io::Error),
}

impl LeadFile {
    /// A file on disk. A workbook must not unpack to more than `workbook_bytes_max`.
    ///
    /// # Errors
    ///
    /// What the operating system says of the file; `InvalidData` for a workbook that unpacks to
    /// more.
    pub fn open(path: &Path, workbook_bytes_max: u64) -> io::Result<Self> {
        Self::of(Spooled::of_file(File::open(path)?)?, workbook_bytes_max).map_err(|unfit| {
            match unfit {
                UnfitFile::TooLarge(detail) => io::Error::new(io::ErrorKind::InvalidData, detail),
                UnfitFile::Io(error) => error,
            }
        })
    }

    /// An upload. A workbook must not unpack to more than `workbook_bytes_max`. Blocks.
    pub(crate) fn of(spooled: Spooled, workbook_bytes_max: u64) -> Result<Self, UnfitFile> {
        let start = spooled.start(4).map_err(UnfitFile::Io)?;
        let kind = match start.as_slice() {
            ZIP => Kind::Workbook,
            OLD_WORKBOOK => Kind::OldWorkbook,
            _ => Kind::Csv,
        };
        let mut damaged = None;
        if kind == Kind::Workbook {
            let input = BufReader::with_capacity(BUFFER, spooled.reader());
            match lead_workbook::check(input, workbook_bytes_max) {
                Ok(()) => {}
                Err(UnfitWorkbook::TooLarge(detail)) => return Err(UnfitFile::TooLarge(detail)),
                Err(UnfitWorkbook::Damaged(reason)) => damaged = Some(reason),
            }
        }
        Ok(Self { spooled, kind, damaged })
    }
}

impl LeadList for LeadFile {
    fn read(&self, take: &mut dyn FnMut(ListRow) -> ControlFlow<()>) {
        if let Some(reason) = self.damaged {
            let _ = take(Err(ListFault::whole(1, reason)));
            return;
        }
        match self.kind {
            Kind::Csv => lead_csv::read(self.spooled.reader(), take),
            Kind::Workbook => {
                let input = BufReader::with_capacity(BUFFER, self.spooled.reader());
                lead_workbook::read(input, take);
            }
            Kind::OldWorkbook => {
                let reason = "the file is a workbook in the old format (.xls), or one with a \
                              password: save it as .xlsx without a password, or as `CSV UTF-8`";
                let _ = take(Err(ListFault::whole(1, reason)));
            }
        }
    }
}

/// Reads a CSV file in memory, whole. For files that a program brings itself.
///
/// # Errors
///
/// Everything that is wrong with it, by reason.
pub fn read_csv(bytes: &[u8]) -> Result<Vec<NewLead>, FaultyFile> {
    let (mut leads, mut faults) = (Vec::new(), Vec::<RowFault>::new());
    lead_csv::read(bytes, &mut |row| {
        match row {
            Ok(lead) => leads.push(lead),
            Err(fault) => match faults.iter_mut().find(|known| known.reason == fault.reason) {
                Some(known) => known.rows.push(fault.row),
                None => faults.push(RowFault { reason: fault.reason, rows: vec![fault.row] }),
            },
        }
        ControlFlow::Continue(())
    });
    if faults.is_empty() { Ok(leads) } else { Err(FaultyFile { faults }) }
}

#[cfg(test)]
mod tests;
