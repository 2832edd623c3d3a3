//! `branchline-log torture`: a proof that a customer runs on their own journal.
//!
//! Copies of the journal are cut at the boundaries of records, as a crash cuts them, and damaged
//! inside the last block, as a broken disk does. The real store opens each, and must either go on
//! from exactly what was there, or refuse with a reason. What others keep is compared too: what
//! clients were answered must be in the journal, and what the carrier was asked must have been
//! recorded before. Nothing is written but private copies.
//!
//! Chance comes from a seed, and every failure names its cut, so that it can be run again alone.

mod outside;
mod prefixes;
mod store;
mod tail;

use std::{fmt, io::Write, path::PathBuf, str::FromStr};

pub use self::outside::Outside;
use crate::{Evidence, Soundness, verify};

/// How a journal is tortured.
#[derive(Clone, Debug)]
pub struct Options {
    /// The command line's name for the journal, to tell how a failure is run again.
    pub place: String,
    /// Decides which boundaries are cut and where the last block is damaged.
    pub seed: u64,
    /// Cuts of each kind at most.
    pub cuts: u64,
    /// Only this one.
    pub only: Option<Cut>,
    /// What clients were answered, a line each.
    pub acks: Option<PathBuf>,
    /// What the carrier was asked, a line each.
    pub carrier_ledger: Option<PathBuf>,
    /// How much later than the carrier's clock a dial may seem to have been recorded. Unit:
    /// microseconds.
    pub clock_skew_micros: i64,
}

/// One thing that is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The journal ends after this record.
    Prefix(u64),
    /// The last block is damaged; the number of the try, from 0.
    Tail(u64),
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix(position) => write!(f, "prefix:{position}"),
            Self::Tail(number) => write!(f, "tail:{number}"),
        }
    }
}

impl FromStr for Cut {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is no cut: write prefix:17 or tail:3, as a failure names it");
        let (kind, number) = text.split_once(':').ok_or_else(wrong)?;
        let number = number.parse().map_err(|_| wrong())?;
        match kind {
            "prefix" => Ok(Self::Prefix(number)),
            "tail" => Ok(Self::Tail(number)),
            _ => Err(wrong()),
        }
    }
}

/// What did not come out as it must.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// With what it was tried; `None` for the journal as it is, and for what others keep.
    pub cut: Option<Cut>,
    /// What is wrong.
    pub problem: String,
}

/// What was tried, and what failed.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// A line for each kind of trial, for people.
    pub lines: Vec<String>,
    /// What failed.
    pub failures: Vec<Failure>,
}

/// Tortures a journal, and writes what was tried and what failed.
///
/// # Errors
///
/// When the evidence or a file cannot be read, a copy cannot be made, or `out` takes no more.
pub fn run(
    evidence: &Evidence,
    options: &Options,
    out: &mut dyn Write,
) -> anyhow::Result<Soundness> {
    let outcome = torture(evidence, options)?;
    for line in &outcome.lines {
        writeln!(out, "{line}")?;
    }
    for Failure { cut, problem } in &outcome.failures {
        writeln!(out, "FAILED {problem}")?;
        if let Some(cut) = cut {
            let Options { place, seed, cuts, .. } = options;
            writeln!(
                out,
                "  run it again: branchline-log torture {place} --seed {seed} --cuts {cuts} \
                 --cut {cut}"
            )?;
        }
    }
    let verdict = match outcome.failures.len() {
        0 => "nothing failed".to_owned(),
        many => format!("{many} failed"),
    };
    writeln!(out, "{verdict}, seed {}", options.seed)?;
    Ok(if outcome.failures.is_empty() { Soundness::Sound } else { Soundness::Damaged })
}

/// Tortures a journal.
///
/// # Errors
///
/// When the evidence or a file cannot be read, or a copy cannot be made.
pub fn torture(evidence: &Evidence, options: &Options) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    let report = verify::check(evidence, None)?;
    let found = report.findings.iter().map(|found| Failure {
        cut: None,
        problem: format!("{} at {}: {}", found.check.as_str(), found.position, found.problem),
    });
    outcome.failures.extend(found);
    outcome.lines.push(format!(
        "journal: {} records, {} events, {} checks of `verify`",
        report.records,
        report.events,
        report.rows.len()
    ));
    if options.only.is_none() {
        let outside = Outside::read(options)?;
        outside.compare(evidence, &mut outcome);
    }
    // What lies behind damage is not used.
    let last = report.head.size.min(report.records);
    if last > 0 {
        let grown = prefixes::run(evidence, last, options, &mut outcome)?;
        tail::run(&grown, options, &mut outcome)?;
    }
    Ok(outcome)
}

/// A generator that a seed tells the whole story of (`SplitMix64`).
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_reads_back_from_the_name_that_a_failure_gives_it() {
        for cut in [Cut::Prefix(17), Cut::Tail(3)] {
            assert_eq!(cut.to_string().parse(), Ok(cut));
        }
        assert!("prefix".parse::<Cut>().unwrap_err().contains("prefix:17"));
        assert!("suffix:1".parse::<Cut>().is_err());
    }
}
