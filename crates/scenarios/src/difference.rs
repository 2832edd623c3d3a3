//! What came otherwise than it was promised, as lines to read.

use std::fmt;

/// How a line differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Promised, and it came.
    Same,
    /// Promised, and it did not come.
    Missing,
    /// It came, and nobody promised it.
    Unexpected,
    /// Lines that are the same and not shown.
    LeftOut,
}

impl Mark {
    /// The first letter of the line.
    pub const fn letter(self) -> char {
        match self {
            Self::Same | Self::LeftOut => ' ',
            Self::Missing => '-',
            Self::Unexpected => '+',
        }
    }
}

/// One line of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffLine {
    /// How it differs.
    pub mark: Mark,
    /// What it says.
    pub text: String,
}

impl fmt::Display for DiffLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.mark.letter(), self.text)
    }
}

/// What came of a step otherwise than promised. The story ends there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Line of the step in its file, from 1.
    pub line: usize,
    /// What was asked for.
    pub when: String,
    /// All that differs.
    pub lines: Vec<DiffLine>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.when)?;
        self.lines.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

/// Lines that are shown before and behind a change.
const CONTEXT: usize = 2;

/// Most cells of the table that is filled to compare two lists; beyond that they are shown whole.
const CELLS_MAX: usize = 4_000_000;

/// A promise that was not kept, and what came instead.
pub(crate) fn instead(promised: impl Into<String>, came: impl Into<String>) -> [DiffLine; 2] {
    [
        DiffLine { mark: Mark::Missing, text: promised.into() },
        DiffLine { mark: Mark::Unexpected, text: came.into() },
    ]
}

/// The lines of both lists, the common ones once; nothing when they are the same.
pub(crate) fn between(promised: &[String], came: &[String]) -> Vec<DiffLine> {
    if promised == came {
        return Vec::new();
    }
    let line = |mark, text: &String| DiffLine { mark, text: text.clone() };
    if promised.len().saturating_mul(came.len()) > CELLS_MAX {
        let promised = promised.iter().map(|text| line(Mark::Missing, text));
        return promised.chain(came.iter().map(|text| line(Mark::Unexpected, text))).collect();
    }
    let common = common_lengths(promised, came);
    let at = |row: usize, column: usize| {
        common.get(row).and_then(|row| row.get(column)).copied().unwrap_or_default()
    };
    let (mut row, mut column) = (0, 0);
    let mut lines = Vec::new();
    loop {
        match (promised.get(row), came.get(column)) {
            (None, None) => return in_context(lines),
            (Some(a), Some(b)) if a == b => {
                lines.push(line(Mark::Same, a));
                row += 1;
                column += 1;
            }
            (Some(a), b) if b.is_none() || at(row + 1, column) >= at(row, column + 1) => {
                lines.push(line(Mark::Missing, a));
                row += 1;
            }
            (_, Some(b)) => {
                lines.push(line(Mark::Unexpected, b));
                column += 1;
            }
            (Some(a), None) => {
                lines.push(line(Mark::Missing, a));
                row += 1;
            }
        }
    }
}

/// For every pair of tails of the two lists, how many lines they have in common in order.
fn common_lengths(a: &[String], b: &[String]) -> Vec<Vec<u32>> {
    let mut below = vec![0; b.len() + 1];
    let mut table = vec![below.clone()];
    for line in a.iter().rev() {
        let mut row = vec![0];
        for (other, (&straight, &diagonal)) in
            b.iter().rev().zip(below.iter().rev().skip(1).zip(below.iter().rev()))
        {
            let right = row.last().copied().unwrap_or_default();
            row.push(if line == other { diagonal + 1 } else { straight.max(right) });
        }
        row.reverse();
        table.push(row.clone());
        below = row;
    }
    table.reverse();
    table
}

/// Leaves out lines that are the same and far from any change.
fn in_context(lines: Vec<DiffLine>) -> Vec<DiffLine> {
    let changed: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.mark != Mark::Same)
        .map(|(at, _)| at)
        .collect();
    let near = |at: usize| {
        let next = changed.partition_point(|&change| change < at);
        let before = next.checked_sub(1).and_then(|before| changed.get(before));
        let distances = [before, changed.get(next)].into_iter().flatten();
        distances.map(|change| change.abs_diff(at)).min().unwrap_or(usize::MAX) <= CONTEXT
    };
    let mut shown: Vec<DiffLine> = Vec::new();
    let mut left_out = 0_usize;
    for (at, line) in lines.into_iter().enumerate() {
        if near(at) {
            shown.extend(left_out_line(left_out));
            left_out = 0;
            shown.push(line);
        } else {
            left_out += 1;
        }
    }
    shown.extend(left_out_line(left_out));
    shown
}

fn left_out_line(count: usize) -> Option<DiffLine> {
    let lines = if count == 1 { "line" } else { "lines" };
    let text = format!("… {count} {lines} as promised");
    (count > 0).then_some(DiffLine { mark: Mark::LeftOut, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(promised: &str, came: &str) -> String {
        let list = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let lines = between(&list(promised), &list(came));
        lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn lists_that_are_the_same_differ_in_nothing() {
        assert_eq!(shown("a b", "a b"), "");
        assert_eq!(shown("", ""), "");
    }

    #[test]
    fn what_is_missing_stands_before_what_came_instead() {
        assert_eq!(shown("a b c", "a x c"), "  a|- b|+ x|  c");
        assert_eq!(shown("a", ""), "- a");
        assert_eq!(shown("", "a"), "+ a");
        assert_eq!(shown("a b", "b a"), "- a|  b|+ a");
    }

    #[test]
    fn far_lines_are_counted_instead_of_shown() {
        assert_eq!(shown("a b c d x", "a b c d y"), "  … 2 lines as promised|  c|  d|- x|+ y");
        assert_eq!(shown("x a b c", "y a b c"), "- x|+ y|  a|  b|  … 1 line as promised");
    }

    #[test]
    fn a_difference_keeps_every_line_of_both_lists() {
        for (promised, came) in [("a b a c", "c a b"), ("a a a", "a a"), ("a b c", "d e f")] {
            let list = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            let lines = between(&list(promised), &list(came));
            let side = |other: Mark| {
                let of_side = lines.iter().filter(|line| line.mark != other);
                of_side.map(|line| line.text.clone()).collect::<Vec<_>>()
            };
            assert_eq!(side(Mark::Unexpected), list(promised));
            assert_eq!(side(Mark::Missing), list(came));
        }
    }
}
