//! Lists: a table of the first rows for people, every row for programs.

use clap::Args;
use serde::de::DeserializeOwned;

use crate::{
    client::{Ask, Pages, Server},
    fault::Fault,
    names,
    out::{Out, Rows},
};

/// Rows of a table when nobody says how many.
const TABLE_ROWS: u64 = 100;

/// How much of a list is shown.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct LimitFlags {
    /// Rows at most; else 100, and with --json all.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Every row.
    #[arg(long, conflicts_with = "limit")]
    all: bool,
}

/// In which order.
#[derive(Clone, Debug, Args)]
pub(crate) struct SortFlags {
    /// In order of this field, such as `status`; with a minus the greatest first. A wrong one is
    /// answered with all there are.
    #[arg(long, value_name = "FIELD", allow_hyphen_values = true)]
    pub(crate) sort: Option<String>,
}

impl LimitFlags {
    fn rows(self, json: bool) -> Option<u64> {
        match self.limit {
            None if self.all || json => None,
            None => Some(TABLE_ROWS),
            limited => limited,
        }
    }
}

/// Shows a list. `columns` are the names of the columns, `cells` a row's part of each.
///
/// # Errors
///
/// What the server says; a row that cannot be read; an output that takes no more.
pub(crate) fn show<T: DeserializeOwned, const N: usize>(
    server: &Server,
    out: &mut Out,
    limit: LimitFlags,
    ask: impl Fn() -> Ask,
    columns: [&str; N],
    cells: impl Fn(T) -> [String; N],
) -> Result<(), Fault> {
    let mut pages = Pages::new(server, limit.rows(out.is_json()), ask);
    if out.is_json() {
        for row in pages {
            out.document(&row?)?;
        }
        return out.flush();
    }
    let (mut rows, mut shown) = (Rows::with(columns), 0);
    for row in pages.by_ref() {
        rows.add(cells(names::read(server, row?.get())?));
        shown += 1;
    }
    out.table(rows)?;
    out.flush()?;
    if let Some(total) = pages.total.filter(|total| *total > shown) {
        eprintln!("branchline: {shown} of {total} are shown; --limit N or --all shows more");
    }
    Ok(())
}
