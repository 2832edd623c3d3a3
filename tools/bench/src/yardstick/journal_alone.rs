//! The journal alone: the same records, already encoded, with as many in flight.

use std::{
    path::Path,
    sync::{Arc, mpsc},
    time::Instant,
};

use anyhow::Context as _;
use branchline_journal::{record::NewRecord, store::EventStore};

use super::{
    READ_RECORDS, Recorded, again,
    loops::{Driven, closed_loop},
    take,
};

/// Appends the records to a fresh journal: those of before in bulk, the measured ones with `in_flight`
/// waiting for their answer at once.
pub(crate) fn measure(
    recorded: Recorded,
    in_flight: usize,
    open: impl FnOnce(&Path) -> anyhow::Result<Arc<dyn EventStore>>,
) -> anyhow::Result<Driven> {
    let directory = tempfile::tempdir().context("no temporary directory")?;
    let target = open(directory.path())?;
    let (answered, answers) = mpsc::channel();
    for chunk in recorded.setup.chunks(READ_RECORDS) {
        let answered = answered.clone();
        let records = chunk.iter().map(|record| again(record)).collect();
        target.append(records, Box::new(move |outcome| drop(answered.send(outcome))));
        take(&answers)?;
    }
    let records: Vec<NewRecord> = recorded.measured.iter().map(|record| again(record)).collect();
    drop(recorded);
    let (answered, answers) = mpsc::channel();
    let driven = closed_loop(records, in_flight, &answers, |record| {
        let (answered, asked) = (answered.clone(), Instant::now());
        target.append(
            vec![record],
            Box::new(move |outcome| {
                let outcome = outcome.into_iter().try_for_each(|one| one.map(drop));
                drop(answered.send((asked, outcome.context("the journal refused a record"))));
            }),
        );
    })?;
    target.close();
    Ok(driven)
}
