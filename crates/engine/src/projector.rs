//! The thread that folds committed records into the read models.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use branchline_journal::{record::Position, store::EventStore};

use crate::{checkpoint::Checkpoints, read_side::ReadSide, rebuild::fact_of};

/// Records folded under one lock. Unit: records. Readers wait for at most that many.
const BATCH: usize = 512;
/// How long the thread waits for records before it looks whether it shall stop.
const WAIT: Duration = Duration::from_millis(50);

/// The projector's thread.
pub(crate) struct Projector {
    stop: Arc<AtomicBool>,
    abandon: Arc<AtomicBool>,
    thread: thread::JoinHandle<()>,
}

impl Projector {
    /// Starts the thread. `every` is [`crate::EngineConfig::checkpoint_records`].
    ///
    /// # Errors
    ///
    /// When the operating system gives no thread.
    pub(crate) fn start(
        store: Arc<dyn EventStore>,
        reads: Arc<ReadSide>,
        every: u64,
    ) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let abandon = Arc::new(AtomicBool::new(false));
        let (stopped, abandoned) = (Arc::clone(&stop), Arc::clone(&abandon));
        let thread =
            thread::Builder::new().name("branchline-projector".into()).spawn(move || {
                let mut checkpoints = Checkpoints::new(store.as_ref(), every);
                if let Some(read) = checkpoints.load(store.as_ref()) {
                    reads.restore(read);
                }
                let run = run(&store, &reads, &mut checkpoints, &stopped);
                if let Err(reason) = &run {
                    reads.fail(&format!("reads stopped: {reason}").into());
                }
                reads.end();
                if run.is_ok() && !abandoned.load(Ordering::Acquire) {
                    checkpoints.finish(&store, &reads);
                }
            })?;
        Ok(Self { stop, abandon, thread })
    }

    /// Folds what is there and ends; leaves a checkpoint behind unless it is abandoned.
    pub(crate) fn stop(self, abandon: bool) {
        self.abandon.store(abandon, Ordering::Release);
        self.stop.store(true, Ordering::Release);
        if self.thread.join().is_err() {
            tracing::error!("the projector panicked");
        }
    }
}

fn run(
    store: &Arc<dyn EventStore>,
    reads: &ReadSide,
    checkpoints: &mut Checkpoints,
    stop: &AtomicBool,
) -> Result<(), String> {
    // What a start has to fold is folded before anything is written beside it.
    let found = store.head();
    let mut newest = Instant::now();
    loop {
        // Looked at first: what was durable before the stop is folded all the same.
        let stopping = stop.load(Ordering::Acquire);
        let folded = reads.folded();
        let asked = Instant::now();
        if store.wait_beyond(folded, if stopping { Duration::ZERO } else { WAIT }) > folded {
            catch_up(store.as_ref(), reads, found)?;
            newest = Instant::now();
        } else if stopping {
            return Ok(());
        } else if let Some(reason) = store.poisoned() {
            reads.fail(&reason);
            thread::sleep(WAIT);
        } else if asked.elapsed() < WAIT {
            // A store that was closed does not wait; look again slowly.
            thread::sleep(WAIT);
        }
        if reads.folded() >= found {
            checkpoints.tend(store, reads, newest.elapsed());
        }
    }
}

/// Folds the next records. Those after `found` are new, and count as such.
fn catch_up(store: &dyn EventStore, reads: &ReadSide, found: Position) -> Result<(), String> {
    let records = store.read_all(reads.folded(), BATCH).map_err(|error| error.to_string())?;
    let Some(last) = records.last().map(|record| record.position) else {
        return Err(format!("the journal shows nothing after {}", reads.folded()));
    };
    let mut facts = Vec::with_capacity(records.len());
    for record in &records {
        facts.extend(fact_of(record, None).map_err(|error| error.to_string())?);
    }
    let new = facts.partition_point(|fact| fact.position <= found);
    reads.metrics().count(facts.get(new..).unwrap_or_default());
    reads.fold(&facts, last);
    Ok(())
}
