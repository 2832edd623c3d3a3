//! What is checked, by name, and what was found.

use branchline_journal::{record::Position, verify::Finding};
use branchline_projections::Rule;

/// One thing that is checked over a whole journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Every block has the form and the checksum that it was written with.
    Checksums,
    /// Blocks follow one another: no gap, no repeat, the chain of checksums, epochs.
    Chain,
    /// The hash tree of each block.
    BlockRoots,
    /// Every line is, byte for byte, the one that is written for its record.
    Lines,
    /// What the journal's writer checks at an append: versions, records before, guards, claims.
    WriterRules,
    /// The journal reaches as far as was acknowledged.
    End,
    /// The journal's hash tree, against its file's own end and a head that was kept.
    Root,
    /// Every event is of a type and schema that this tool reads, and reads.
    Schemas,
    /// A rule over the events.
    Invariant(Rule),
}

impl Check {
    /// Its stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Checksums => "checksums",
            Self::Chain => "chain",
            Self::BlockRoots => "block_roots",
            Self::Lines => "lines",
            Self::WriterRules => "writer_rules",
            Self::End => "end",
            Self::Root => "root",
            Self::Schemas => "schemas",
            Self::Invariant(rule) => rule.as_str(),
        }
    }

    /// What it says, and what it counts as looked at.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Checksums => ("blocks are the bytes that were written", "blocks"),
            Self::Chain => ("blocks follow one another, without a gap", "blocks"),
            Self::BlockRoots => ("the hash tree of each block is its records'", "blocks"),
            Self::Lines => ("lines are the bytes that were written", "lines"),
            Self::WriterRules => ("versions, guards and claims are right", "records"),
            Self::End => ("the end is the one that was acknowledged", "marks"),
            Self::Root => ("the journal's hash tree is the one that was kept", "roots"),
            Self::Schemas => ("every event reads", "events"),
            Self::Invariant(rule) => rule.words(),
        }
    }

    /// The check that finds this about a block.
    pub(super) const fn of(finding: &Finding) -> Self {
        match finding {
            Finding::Unsound { .. } | Finding::Misplaced { .. } | Finding::Unreadable { .. } => {
                Self::Checksums
            }
            Finding::Gap { .. } | Finding::BrokenChain { .. } | Finding::EpochWentBack { .. } => {
                Self::Chain
            }
            Finding::WrongRoot => Self::BlockRoots,
            Finding::RuleBroken { .. } => Self::WriterRules,
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which check found it.
    pub check: Check,
    /// Position of the record, or of the first record of the block, that shows it.
    pub position: Position,
    /// What is wrong, in words that name the place.
    pub problem: String,
}

/// What one check did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which.
    pub check: Check,
    /// Things it looked at.
    pub looked: u64,
    /// How many of them are wrong.
    pub found: u64,
}

/// The rows of all checks, and the first things that were found.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    rows: Vec<Row>,
    pub(super) findings: Vec<Found>,
}

impl Tally {
    /// Findings that are kept one by one; the rest is counted.
    const KEPT_MAX: usize = 100;

    /// Rows in the order of these checks.
    pub(super) fn of(checks: impl IntoIterator<Item = Check>) -> Self {
        let rows = checks.into_iter().map(|check| Row { check, looked: 0, found: 0 }).collect();
        Self { rows, findings: Vec::new() }
    }

    fn row(&mut self, check: Check) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| row.check == check)
    }

    pub(super) fn look(&mut self, check: Check, more: u64) {
        if let Some(row) = self.row(check) {
            row.looked += more;
        }
    }

    pub(super) fn find(&mut self, check: Check, position: Position, problem: String) {
        if let Some(row) = self.row(check) {
            row.found += 1;
        } else {
            // A check that is not one of this source found something all the same.
            self.rows.push(Row { check, looked: 1, found: 1 });
        }
        if self.findings.len() < Self::KEPT_MAX {
            self.findings.push(Found { check, position, problem });
        }
    }

    /// Of the second: what this one did, in addition.
    pub(super) fn add(&mut self, other: Self) {
        for row in other.rows {
            match self.row(row.check) {
                Some(known) => {
                    known.looked += row.looked;
                    known.found += row.found;
                }
                None => self.rows.push(row),
            }
        }
        let room = Self::KEPT_MAX.saturating_sub(self.findings.len());
        self.findings.extend(other.findings.into_iter().take(room));
    }

    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }
}
