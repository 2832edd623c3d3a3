//! What a command answers: documents for programs, tables for people.

use std::io::{self, BufWriter, Write};

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use console::{Term, measure_text_width};
use serde_json::value::RawValue;

use crate::fault::Fault;

/// Blank columns between two columns of a table.
const GAP: u16 = 2;
/// Narrowest column of words. Unit: columns of a terminal.
const WORDS_MIN: u16 = 10;
/// A longer word is broken when there is no room. Unit: columns of a terminal.
const WORDS_MAX: u16 = 24;

/// Where answers go, and in which form.
pub(crate) struct Out {
    writer: Box<dyn Write>,
    json: bool,
    /// Columns of the terminal; `None` where there is none: then nothing is wrapped.
    width: Option<u16>,
}

impl Out {
    /// The standard output.
    pub(crate) fn standard(json: bool) -> Self {
        let terminal = Term::stdout();
        let width = if terminal.is_term() { terminal.size_checked() } else { None };
        Self {
            writer: Box::new(BufWriter::new(io::stdout())),
            json,
            width: width.map(|(_, columns)| columns),
        }
    }

    /// Keeps for a test what would be printed.
    #[cfg(test)]
    pub(crate) fn kept(json: bool) -> (Self, std::sync::Arc<std::sync::Mutex<Vec<u8>>>) {
        struct Kept(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);
        impl Write for Kept {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().unwrap().write(bytes)
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let kept = std::sync::Arc::default();
        let writer = Box::new(Kept(std::sync::Arc::clone(&kept)));
        (Self { writer, json, width: None }, kept)
    }

    /// Whether programs read it.
    pub(crate) const fn is_json(&self) -> bool {
        self.json
    }

    /// Writes a document as it came, on one line.
    ///
    /// # Errors
    ///
    /// [`Fault::Closed`] when the reader has gone; [`Fault::Failed`] when it cannot be written.
    pub(crate) fn document(&mut self, document: &RawValue) -> Result<(), Fault> {
        // Within texts of JSON line feeds are escaped: these only lay it out.
        let line = document.get().replace(['\n', '\r'], " ");
        self.written(|writer| writeln!(writer, "{line}"))
    }

    /// Writes a line for people.
    ///
    /// # Errors
    ///
    /// As [`Self::document`].
    pub(crate) fn line(&mut self, text: &str) -> Result<(), Fault> {
        let text = shown(text);
        self.written(|writer| writeln!(writer, "{text}"))
    }

    /// Writes a table.
    ///
    /// # Errors
    ///
    /// As [`Self::document`].
    pub(crate) fn table(&mut self, rows: Rows) -> Result<(), Fault> {
        let (text, left_out) = rows.text(self.width);
        self.written(|writer| writeln!(writer, "{text}"))?;
        if !left_out.is_empty() {
            self.flush()?;
            let left_out = left_out.join(", ");
            eprintln!("branchline: the terminal is too narrow for {left_out}; --json has all");
        }
        Ok(())
    }

    /// Lets what was written be seen.
    ///
    /// # Errors
    ///
    /// As [`Self::document`].
    pub(crate) fn flush(&mut self) -> Result<(), Fault> {
        self.written(|writer| writer.flush())
    }

    fn written(
        &mut self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Fault> {
        write(&mut *self.writer)
            .map_err(|error| Fault::io("cannot write to the standard output", &error))
    }
}

/// A table that is being filled. Only columns with words in them are wrapped: ids, instants and
/// numbers are copied whole, or not shown at all.
pub(crate) struct Rows {
    /// Names of the columns; without them it is the fields of one thing, of which none is left out.
    names: Option<Vec<String>>,
    rows: Vec<Vec<String>>,
}

impl Rows {
    /// A table with these names of columns, the ones that are wanted most first.
    pub(crate) fn with<const N: usize>(names: [&str; N]) -> Self {
        Self { names: Some(names.map(ToOwned::to_owned).into()), rows: Vec::new() }
    }

    /// A table without names of columns, such as the fields of one thing.
    pub(crate) const fn bare() -> Self {
        Self { names: None, rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn add<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.map(|cell| shown(&cell)).into());
    }

    /// Adds a field with its value, where it has one.
    pub(crate) fn field(&mut self, name: &str, value: Option<impl Into<String>>) {
        if let Some(value) = value {
            self.add([name.to_owned(), value.into()]);
        }
    }

    /// The table in so many columns of a terminal, and the names of those of its own that had no
    /// room.
    fn text(self, width: Option<u16>) -> (String, Vec<String>) {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        if let Some(names) = &self.names {
            table.set_header(names);
        }
        table.add_rows(&self.rows);
        table.discover_columns();
        let whole = table.column_max_content_widths();
        let least: Vec<u16> = (0..).zip(&whole).map(|(at, width)| self.least(at, *width)).collect();
        let room = |columns: usize| -> u32 {
            least.iter().take(columns).map(|width| u32::from(*width) + u32::from(GAP)).sum()
        };
        let mut kept = whole.len();
        // The gap behind the last column is not written.
        if let Some(width) = width.map(|width| width.saturating_add(GAP)) {
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(width);
            while self.names.is_some() && kept > 2 && room(kept) > u32::from(width) {
                kept -= 1;
            }
        }
        for (at, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, GAP));
            let (whole, least) = (whole.get(at), least.get(at));
            if at >= kept {
                column.set_constraint(ColumnConstraint::Hidden);
            } else if whole == least {
                column.set_constraint(ColumnConstraint::ContentWidth);
            } else if let Some(least) = least {
                column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(*least + GAP)));
            }
        }
        let left_out = self.names.into_iter().flatten().skip(kept).collect();
        (table.trim_fmt(), left_out)
    }

    /// How narrow a column of this width may be: one of words as its longest word.
    fn least(&self, at: usize, whole: u16) -> u16 {
        let cells = || self.rows.iter().filter_map(|row| row.get(at));
        if !cells().any(|cell| cell.contains(' ')) {
            return whole;
        }
        let words = cells().flat_map(|cell| cell.split(' ')).map(measure_text_width);
        let longest = words.max().and_then(|width| u16::try_from(width).ok());
        longest.unwrap_or(whole).clamp(WORDS_MIN, WORDS_MAX).min(whole)
    }
}

/// Text from outside as a terminal may have it: what commands a terminal is replaced.
pub(crate) fn shown(text: &str) -> String {
    let clean = |c: char| match c {
        '\n' | '\r' | '\t' => ' ',
        other if other.is_control() => '\u{fffd}',
        other => other,
    };
    text.chars().map(clean).collect()
}

/// A value, or a dash where there is none.
pub(crate) fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// A number of things, in words.
pub(crate) fn count(number: u64, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// An instant of the API to the second: `2026-11-25T13:54:09Z`.
pub(crate) fn when(instant: &str) -> String {
    match instant.split_once('.') {
        Some((seconds, fraction)) if fraction.ends_with('Z') => format!("{seconds}Z"),
        Some(_) | None => instant.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Rows {
        let mut rows = Rows::with(["id", "title"]);
        rows.add(["wf_1".into(), "Spring offer\nof \u{1b}[2Jthe year".into()]);
        rows.add(["wf_22".into(), "x".into()]);
        rows
    }

    #[test]
    fn columns_line_up_and_nothing_commands_a_terminal() {
        assert_eq!(
            table().text(None).0,
            "id     title\nwf_1   Spring offer of \u{fffd}[2Jthe year\nwf_22  x"
        );
    }

    #[test]
    fn on_a_narrow_terminal_words_are_wrapped_and_nothing_else() {
        let (text, left_out) = table().text(Some(20));
        assert_eq!(
            text,
            "id     title\nwf_1   Spring offer\n       of \u{fffd}[2Jthe\n       year\nwf_22  x"
        );
        assert_eq!(left_out, Vec::<String>::new());
    }

    #[test]
    fn the_last_columns_go_when_there_is_no_room_and_are_named() {
        let rows = || {
            let mut rows = Rows::with(["id", "status", "label", "at"]);
            let instant = "2026-11-25T13:54:09Z";
            rows.add(["wf_1".into(), "removed".into(), "Say hello again".into(), instant.into()]);
            rows
        };
        assert_eq!(
            rows().text(Some(47)).0,
            "id    status   label       at\nwf_1  removed  Say hello   2026-11-25T13:54:09Z\n               again"
        );
        let (text, left_out) = rows().text(Some(40));
        assert_eq!(text, "id    status   label\nwf_1  removed  Say hello again");
        assert_eq!(left_out, ["at"]);
        // Two are always there, however narrow it is.
        assert_eq!(rows().text(Some(3)).0, "id    status\nwf_1  removed");
    }

    #[test]
    fn of_the_fields_of_one_thing_none_is_left_out() {
        let mut rows = Rows::bare();
        rows.field("settings", Some(r#"{"default_country":"US"}"#));
        rows.field("notes", None::<String>);
        let (text, left_out) = rows.text(Some(20));
        assert_eq!(text, r#"settings  {"default_country":"US"}"#);
        assert_eq!(left_out, Vec::<String>::new());
    }

    #[test]
    fn instants_are_shown_to_the_second() {
        assert_eq!(when("2026-11-25T13:54:09.123456Z"), "2026-11-25T13:54:09Z");
        assert_eq!(when("2026-11-25T13:54:09Z"), "2026-11-25T13:54:09Z");
        assert_eq!(when("soon"), "soon");
    }
}
