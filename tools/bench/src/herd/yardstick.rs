//! The journal alone: the records of the herd and of the other work, already encoded, on top of the
//! same staged journal. No actors, no rules, no reading.

use std::{path::Path, sync::mpsc, time::Instant};

use anyhow::Context as _;
use branchline_engine::DataDirectory;
use branchline_journal::record::NewRecord;

/// Records that go over at once, as the engine does it.
const PIECE: usize = 256;
/// Pieces that wait for their answer at once.
const IN_FLIGHT: usize = 2;

/// Appends the records. Gives how many became durable in a second.
pub(super) fn records_per_s(data: &Path, records: Vec<NewRecord>) -> anyhow::Result<f64> {
    let DataDirectory { store, .. } = DataDirectory::open(data)?;
    let count = records.len();
    let mut records = records.into_iter();
    let (answered, answers) = mpsc::channel();
    let send = |piece: Vec<NewRecord>| {
        let answered = answered.clone();
        store.append(piece, Box::new(move |outcome| drop(answered.send(outcome))));
    };
    let began = Instant::now();
    let mut under_way = 0;
    loop {
        while under_way < IN_FLIGHT {
            let piece: Vec<NewRecord> = records.by_ref().take(PIECE).collect();
            if piece.is_empty() {
                break;
            }
            send(piece);
            under_way += 1;
        }
        if under_way == 0 {
            break;
        }
        for outcome in answers.recv().context("the journal did not answer")? {
            outcome.context("the journal refused a record")?;
        }
        under_way -= 1;
    }
    let seconds = began.elapsed().as_secs_f64();
    store.close();
    #[expect(clippy::cast_precision_loss, reason = "a figure for people to read")]
    let count = count as f64;
    Ok(count / seconds)
}
