//! The records of a journal once more, in large appends: an import without its file and its keys.

use std::{
    path::Path,
    sync::{Arc, mpsc},
    time::Instant,
};

use anyhow::Context as _;
use branchline_journal::{
    record::{NewRecord, Position},
    store::EventStore,
};

use super::{READ_RECORDS, again, take};

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
