//! What the carrier was asked to dial, kept apart from the journal: evidence of another party.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::Path,
    sync::{Mutex, PoisonError},
};

use branchline_domain::{id::CallId, time::Timestamp};
use serde::Serialize;

/// A file with a line of JSON for each call that a carrier was asked to dial, written before it
/// does: `{"call":"call_…_1","at":"2026-11-24T09:30:00.123456Z"}`. Lines are only ever added.
///
/// `branchline-log torture --carrier-ledger` compares it with the journal. What was written survives
/// the end of the process, not a power cut: then lines are missing, which the comparison allows.
#[derive(Debug)]
pub struct Ledger(Mutex<File>);

#[derive(Serialize)]
struct Line {
    call: CallId,
    at: Timestamp,
}

impl Ledger {
    /// Goes on with the file, or makes it.
    ///
    /// # Errors
    ///
    /// When it cannot be opened for adding.
    pub fn open(path: &Path) -> io::Result<Self> {
        OpenOptions::new().append(true).create(true).open(path).map(Mutex::new).map(Self)
    }

    /// Adds a call that is about to be dialled.
    ///
    /// # Errors
    ///
    /// When the line cannot be written; then the call must not be dialled.
    pub fn add(&self, call: CallId, at: Timestamp) -> io::Result<()> {
        let mut line = serde_json::to_vec(&Line { call, at })?;
        line.push(b'\n');
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(&line)
    }
}

#[cfg(test)]
mod tests {
    use branchline_domain::id::LeadId;

    use super::*;

    #[test]
    fn a_ledger_that_is_opened_again_goes_on() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("dials.jsonl");
        let call = |number| CallId { lead: LeadId::from_u128(1), number };
        for number in [1, 2] {
            Ledger::open(&path)
                .unwrap()
                .add(call(number), Timestamp::from_micros(1_234_567))
                .unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        let wanted = format!(r#"{{"call":"{}","at":"1970-01-01T00:00:01.234567Z"}}"#, call(2));
        assert_eq!(lines[1], wanted);
        assert!(Ledger::open(&place.path().join("nowhere/dials.jsonl")).is_err());
    }
}
