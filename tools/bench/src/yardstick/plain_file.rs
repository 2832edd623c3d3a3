//! A plain file: whoever waits when the last sync ends is appended and synced together.
//!
//! The least that any engine does that answers when the record is on the disk: no index, no checks, no
//! checksum.

use std::{
    fs::File,
    io::Write as _,
    sync::{Arc, Condvar, Mutex, PoisonError, mpsc},
    thread,
    time::Instant,
};

use anyhow::Context as _;
use branchline_journal::record_format::canonical;

use super::{
    Recorded,
    loops::{Answer, Driven, closed_loop},
};

/// What waits for the next group, and whether more will come.
#[derive(Default)]
struct Waiting {
    records: Vec<(Vec<u8>, Instant)>,
    closed: bool,
}

/// Shared by the driver and the writer.
#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    woken: Condvar,
}

impl Queue {
    fn push(&self, record: Vec<u8>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.records.push((record, Instant::now()));
        self.woken.notify_one();
    }

    fn close(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.woken.notify_one();
    }

    /// Everything that waits; empty when nothing more comes.
    fn next_group(&self) -> Vec<(Vec<u8>, Instant)> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = |waiting: &mut Waiting| waiting.records.is_empty() && !waiting.closed;
        let mut waiting =
            self.woken.wait_while(waiting, idle).unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut waiting.records)
    }
}

/// Appends the measured records' canonical bytes to a fresh file, with `in_flight` waiting at once.
pub(crate) fn measure(recorded: &Recorded, in_flight: usize) -> anyhow::Result<Driven> {
    let directory = tempfile::tempdir().context("no temporary directory")?;
    let file = File::create_new(directory.path().join("records"))?;
    let records = recorded.measured.iter().map(|record| canonical(record)).collect();
    let queue = Arc::new(Queue::default());
    let (answered, answers) = mpsc::channel();
    let writer = thread::Builder::new().name("plain-file".into()).spawn({
        let queue = Arc::clone(&queue);
        move || write(file, &queue, &answered)
    })?;
    let driven = closed_loop(records, in_flight, &answers, |record| queue.push(record));
    queue.close();
    writer.join().map_err(|_| anyhow::anyhow!("the writer of the plain file panicked"))?;
    driven
}

fn write(mut file: File, queue: &Queue, answered: &mpsc::Sender<Answer>) {
    let mut bytes = Vec::new();
    loop {
        let group = queue.next_group();
        if group.is_empty() {
            return;
        }
        bytes.clear();
        for (record, _) in &group {
            bytes.extend_from_slice(record);
        }
        let written = file.write_all(&bytes).and_then(|()| file.sync_data());
        for (_, asked) in group {
            let outcome = match &written {
                Ok(()) => Ok(()),
                Err(error) => Err(anyhow::anyhow!("the plain file was not written: {error}")),
            };
            if answered.send((asked, outcome)).is_err() {
                return;
            }
        }
    }
}
