//! What the same work costs without the engine, or in another one: a figure means something beside
//! these only, measured in the same run.

pub(crate) mod bare_decider;
pub(crate) mod disk_sync;
pub(crate) mod journal_alone;
pub(crate) mod loops;
mod pieces;
pub(crate) mod plain_file;
pub(crate) mod postgres;

use std::sync::{Arc, mpsc};

use anyhow::Context as _;
use branchline_journal::{
    record::{ExpectedVersion, NewRecord, Position, Record, Version},
    store::{AppendError, Appended, EventStore},
};

pub(crate) use self::pieces::journal_in_pieces;

/// Records read at once.
const READ_RECORDS: usize = 4_096;

/// The records of a journal: those that were there before the clock ran, and the measured ones.
pub(crate) struct Recorded {
    setup: Vec<Arc<Record>>,
    measured: Vec<Arc<Record>>,
}

impl Recorded {
    /// All of them; those after `before` were measured.
    pub(crate) fn read(source: &dyn EventStore, before: Position) -> anyhow::Result<Self> {
        let mut all: Vec<Arc<Record>> = Vec::new();
        loop {
            let after = all.last().map_or(Position::START, |record| record.position);
            let more = source.read_all(after, READ_RECORDS)?;
            if more.is_empty() {
                break;
            }
            all.extend(more);
        }
        let (setup, measured) = all.into_iter().partition(|record| record.position <= before);
        Ok(Self { setup, measured })
    }

    /// Events in the measured records.
    pub(crate) fn measured_events(&self) -> usize {
        self.measured.iter().map(|record| record.body.events.len()).sum()
    }
}

type Outcome = Vec<Result<Appended, AppendError>>;

fn take(answers: &mpsc::Receiver<Outcome>) -> anyhow::Result<()> {
    for outcome in answers.recv().context("the journal did not answer")? {
        outcome.context("the journal refused a record")?;
    }
    Ok(())
}

/// The record as it was before it had a position.
fn again(record: &Record) -> NewRecord {
    let expected = match record.version.0 {
        0 | 1 => ExpectedVersion::NoStream,
        version => ExpectedVersion::Exact(Version(version - 1)),
    };
    NewRecord { expected, body: record.body.clone() }
}
