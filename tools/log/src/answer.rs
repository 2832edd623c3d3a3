//! How answers look: JSON as one indented object, text as aligned columns.
//!
//! Times are in UTC, ids whole. Text that people or providers wrote is quoted, so that no title can
//! pass for another line.

use std::{
    fmt,
    io::{self, Write},
};

use branchline_domain::{lead::LeadState, time::Timestamp};
use serde::Serialize;

use crate::{Past, Subject};

/// Width of the names in front of values. Unit: characters.
const NAME_WIDTH: usize = 14;

/// The record that an answer is as of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct AsOfRecord {
    /// Its position; 0 is before any.
    pub position: u64,
    /// When it was decided.
    pub at: Timestamp,
}

impl AsOfRecord {
    pub(crate) const fn of(past: &Past<'_>) -> Self {
        Self { position: past.position().0, at: past.at() }
    }
}

impl fmt::Display for AsOfRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            0 => f.write_str("before any record"),
            position => write!(f, "as of record {position}, {}", self.at),
        }
    }
}

/// One JSON object, indented, and the end of its last line.
pub(crate) fn json(answer: &impl Serialize, out: &mut dyn Write) -> anyhow::Result<()> {
    serde_json::to_writer_pretty(&mut *out, answer)?;
    Ok(writeln!(out)?)
}

/// The first line of every text answer about one subject.
pub(crate) fn headline(
    as_of: AsOfRecord,
    subject: Subject,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    Ok(writeln!(out, "{subject} {as_of}")?)
}

/// A line of a text answer: a name, and what there is of it.
pub(crate) fn row(
    out: &mut dyn Write,
    name: &str,
    value: impl fmt::Display,
) -> Result<(), io::Error> {
    writeln!(out, "  {name:<NAME_WIDTH$}{value}")
}

/// A line of a text answer, if there is anything of it.
pub(crate) fn maybe_row(
    out: &mut dyn Write,
    name: &str,
    value: Option<impl fmt::Display>,
) -> Result<(), io::Error> {
    value.map_or(Ok(()), |value| row(out, name, value))
}

/// Counts in words, without those of nothing: `3 active, 1 completed`; `none` without any.
pub(crate) fn counted(counts: impl IntoIterator<Item = (u64, impl fmt::Display)>) -> String {
    let counts = counts.into_iter().filter(|(count, _)| *count > 0);
    let words: Vec<String> = counts.map(|(count, name)| format!("{count} {name}")).collect();
    if words.is_empty() { "none".into() } else { words.join(", ") }
}

/// A node with its label, quoted: a label must not pass for another line.
pub(crate) fn node_words(past: &Past<'_>, state: &LeadState) -> Option<String> {
    let node = state.node?;
    let read = past.projections();
    let view = read.workflow_or_deleted(state.workflow?)?.view();
    Some(match view.node_at(state.entered_revision, node) {
        Some(known) => format!("{node} {:?}", known.label),
        None => node.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_leave_out_what_there_is_none_of() {
        assert_eq!(counted([(3, "active"), (0, "dropped"), (1, "removed")]), "3 active, 1 removed");
        assert_eq!(counted([(0, "active")]), "none");
    }

    #[test]
    fn names_stand_in_one_column() {
        let mut out = Vec::new();
        row(&mut out, "status", "active").unwrap();
        maybe_row(&mut out, "release", None::<&str>).unwrap();
        assert_eq!(out, b"  status        active\n");
    }
}
