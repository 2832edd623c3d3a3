//! Lead files as CSV. Refuses what it would have to guess: another encoding than UTF-8, rows of
//! another length, quotes that never end.

use std::{
    io::{self, Read},
    ops::ControlFlow,
};

use branchline_engine::lead_list::{ListFault, ListRow};

use crate::{
    csv_rows::{Row, Rows, separator},
    lead_columns::Columns,
};

/// How much of a file is looked at for its encoding and separator. Unit: bytes.
const START: usize = 16 * 1024;
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Reads a CSV file, row by row.
pub(crate) fn read(input: impl Read, take: &mut dyn FnMut(ListRow) -> ControlFlow<()>) {
    match rows(input, take) {
        // Whoever takes the rows has enough of them.
        Ok(ControlFlow::Continue(()) | ControlFlow::Break(())) => {}
        Err(error) => {
            tracing::error!(%error, "a lead file cannot be read back");
            let _ = take(Err(ListFault::whole(1, "the file cannot be read: send it again")));
        }
    }
}

fn rows(
    mut input: impl Read,
    take: &mut dyn FnMut(ListRow) -> ControlFlow<()>,
) -> io::Result<ControlFlow<()>> {
    let mut start = Vec::with_capacity(START);
    input.by_ref().take(START as u64).read_to_end(&mut start)?;
    if is_utf16(&start) {
        let reason = "the file is UTF-16 (`Unicode text`) and not UTF-8: save it as `CSV UTF-8`";
        return Ok(take(Err(ListFault::whole(1, reason))));
    }
    let start = start.strip_prefix(BOM).unwrap_or(&start);
    let mut rows = Rows::new(start.chain(input), separator(start));
    let mut row = Row::default();
    let columns = loop {
        if !rows.next(&mut row)? {
            let reason = "the file is empty: its first row must name the columns";
            return Ok(take(Err(ListFault::whole(1, reason))));
        }
        if !row.is_blank() {
            break header(&row);
        }
    };
    let columns = match columns {
        Ok(columns) => columns,
        Err(faults) => return Ok(faults.into_iter().try_for_each(|fault| take(Err(fault)))),
    };
    while rows.next(&mut row)? {
        if !row.is_blank() && take(lead(&row, &columns)).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

fn is_utf16(start: &[u8]) -> bool {
    // Latin letters in UTF-16 have a zero beside them. A zero alone is a fault of its row.
    let mut pairs = start.chunks_exact(2).take(8);
    let zeros = pairs.clone().filter(|pair| pair.contains(&0)).count();
    let marked = start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff");
    marked || (zeros > 2 && pairs.all(|pair| pair.contains(&0) && pair != [0, 0]))
}

fn header(row: &Row) -> Result<Columns, Vec<ListFault>> {
    match row.fault {
        Some(reason) => Err(vec![ListFault::whole(row.number, reason)]),
        None => Columns::of(row.number, row.cells()),
    }
}

fn lead(row: &Row, columns: &Columns) -> ListRow {
    if let Some(reason) = row.fault {
        return Err(ListFault::at(row.number, reason));
    }
    if row.len() != columns.len() {
        let count = columns.len();
        let reason =
            format!("the row has another number of cells than the header, which has {count}");
        return Err(ListFault::at(row.number, reason));
    }
    Ok(columns.lead(row.number, row.cells()))
}
