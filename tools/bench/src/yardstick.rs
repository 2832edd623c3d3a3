//! The journal alone: the same records, already encoded, with as many in flight.

use std::{
    path::Path,
    sync::{Arc, mpsc},
    time::Instant,
};

use anyhow::Context as _;
use branchline_journal::{
    record::{ExpectedVersion, NewRecord, Position, Record, Version},
    store::EventStore,
};

/// Records read at once.
const READ_RECORDS: usize = 4_096;

/// Appends the records of one journal to a fresh one: those up to `before` in bulk, the rest with
/// `in_flight` waiting for their answer at once. Gives the seconds of the second part.
pub(crate) fn journal_alone(
    source: &dyn EventStore,
    before: Position,
    in_flight: usize,
    open: impl FnOnce(&Path) -> anyhow::Result<Arc<dyn EventStore>>,
) -> anyhow::Result<f64> {
    let directory = tempfile::tempdir().context("no temporary directory")?;
    let target = open(directory.path())?;
    let (setup, measured): (Vec<_>, Vec<_>) =
        all_records(source)?.into_iter().partition(|record| record.position <= before);
    let (answered, answers) = mpsc::channel();
    for chunk in setup.chunks(READ_RECORDS) {
        let answered = answered.clone();
        let records = chunk.iter().map(|record| again(record)).collect();
        target.append(records, Box::new(move |outcome| drop(answered.send(outcome))));
        take(&answers)?;
    }
    let mut waiting = measured.into_iter().map(|record| again(&record));
    let send = |record: NewRecord| {
        let answered = answered.clone();
        target.append(vec![record], Box::new(move |outcome| drop(answered.send(outcome))));
    };
    let began = Instant::now();
    let mut under_way = 0;
    for record in waiting.by_ref().take(in_flight) {
        send(record);
        under_way += 1;
    }
    while under_way > 0 {
        take(&answers)?;
        under_way -= 1;
        if let Some(record) = waiting.next() {
            send(record);
            under_way += 1;
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    target.close();
    Ok(seconds)
}

/// Appends the records of one journal to a fresh one, a piece at a time, never holding all. Gives
/// the seconds that the appends took.
pub(crate) fn journal_in_pieces(
    source: &dyn EventStore,
    open: impl FnOnce(&Path) -> anyhow::Result<Arc<dyn EventStore>>,
) -> anyhow::Result<f64> {
    let directory = tempfile::tempdir().context("no temporary directory")?;
    let target = open(directory.path())?;
    let (answered, answers) = mpsc::channel();
    let mut after = Position::START;
    let mut seconds = 0.0;
    loop {
        let records = source.read_all(after, READ_RECORDS)?;
        let Some(last) = records.last().map(|record| record.position) else { break };
        let again: Vec<NewRecord> = records.iter().map(|record| again(record)).collect();
        let answered = answered.clone();
        let began = Instant::now();
        target.append(again, Box::new(move |outcome| drop(answered.send(outcome))));
        take(&answers)?;
        seconds += began.elapsed().as_secs_f64();
        after = last;
    }
    target.close();
    Ok(seconds)
}

type Outcome =
    Vec<Result<branchline_journal::store::Appended, branchline_journal::store::AppendError>>;

fn take(answers: &mpsc::Receiver<Outcome>) -> anyhow::Result<()> {
    for outcome in answers.recv().context("the journal did not answer")? {
        outcome.context("the journal refused a record")?;
    }
    Ok(())
}

fn all_records(source: &dyn EventStore) -> anyhow::Result<Vec<Arc<Record>>> {
    let mut records: Vec<Arc<Record>> = Vec::new();
    loop {
        let after = records.last().map_or(Position::START, |record| record.position);
        let more = source.read_all(after, READ_RECORDS)?;
        if more.is_empty() {
            return Ok(records);
        }
        records.extend(more);
    }
}

fn again(record: &Record) -> NewRecord {
    let expected = match record.version.0 {
        0 | 1 => ExpectedVersion::NoStream,
        version => ExpectedVersion::Exact(Version(version - 1)),
    };
    NewRecord { expected, body: record.body.clone() }
}
