//! What a command answers: documents for programs, tables for people.

use std::io::{self, BufWriter, Write};

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use console::Term;
use serde_json::value::RawValue;

use crate::fault::Fault;

/// Blank columns between two columns of a table.
const GAP: u16 = 2;

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
        let text = rows.text(self.width);
        self.written(|writer| writeln!(writer, "{text}"))
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

/// A table that is being filled. The first column, mostly an id to copy, is never wrapped.
pub(crate) struct Rows(Table);

impl Rows {
    /// A table with these names of columns.
    pub(crate) fn with<const N: usize>(names: [&str; N]) -> Self {
        let mut rows = Self::bare();
        rows.0.set_header(names);
        rows
    }

    /// A table without names of columns, such as the fields of one thing.
    pub(crate) fn bare() -> Self {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        Self(table)
    }

    /// Adds a row.
    pub(crate) fn add<const N: usize>(&mut self, cells: [String; N]) {
        self.0.add_row(cells.map(|cell| shown(&cell)));
    }

    /// Adds a field with its value, where it has one.
    pub(crate) fn field(&mut self, name: &str, value: Option<impl Into<String>>) {
        if let Some(value) = value {
            self.add([name.to_owned(), value.into()]);
        }
    }

    fn text(mut self, width: Option<u16>) -> String {
        if let Some(width) = width {
            self.0.set_content_arrangement(ContentArrangement::Dynamic);
            self.0.set_width(width);
        }
        self.0.discover_columns();
        for (index, column) in self.0.column_iter_mut().enumerate() {
            column.set_padding((0, GAP));
            if index == 0 {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        self.0.trim_fmt()
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
            table().text(None),
            "id     title\nwf_1   Spring offer of \u{fffd}[2Jthe year\nwf_22  x"
        );
    }

    #[test]
    fn on_a_narrow_terminal_ids_stay_whole() {
        let text = table().text(Some(20));
        assert!(text.lines().all(|line| line.chars().count() <= 20), "{text}");
        assert!(text.lines().nth(1).unwrap().starts_with("wf_1 "), "{text}");
    }

    #[test]
    fn instants_are_shown_to_the_second() {
        assert_eq!(when("2026-11-25T13:54:09.123456Z"), "2026-11-25T13:54:09Z");
        assert_eq!(when("2026-11-25T13:54:09Z"), "2026-11-25T13:54:09Z");
        assert_eq!(when("soon"), "soon");
    }
}
