//! Checkpoints of the read models on disk: `read-models` beside the journal's own checkpoints.
//!
//! A start reads the newest one and folds what came after it. Derived data: written aside and
//! renamed, only up to what is durable, and used only when the journal has the very records it was
//! made of. Losing it costs time at the next start, nothing else, so one that cannot be written or
//! read is a warning.

mod file;

use std::{
    fs::{self, File},
    io::{BufReader, BufWriter, ErrorKind, Result as IoResult, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use branchline_journal::{merkle::Hash, record::Position, store::EventStore};
use branchline_projections::{Projections, checkpoint::Checkpoint};

use self::file::WriteError;
use crate::read_side::ReadSide;

/// How long nothing came in a quiet moment. When none was made for [`RARELY`], any moment is as good.
const QUIET: Duration = Duration::from_secs(1);
const RARELY: Duration = Duration::from_mins(2);

/// How fast a checkpoint is written while the engine serves. Unit: bytes a second.
const BYTES_PER_S: f64 = 64.0 * 1024.0 * 1024.0;
/// Bytes that the disk may have left to do when somebody else waits for a sync.
const UNSYNCED_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The checkpoint file of a journal, and when it is due again.
pub(crate) struct Checkpoints {
    /// Where it lies; none for a journal in memory.
    dir: Option<PathBuf>,
    /// Records after which a new one is worth its while at a quiet moment.
    every: u64,
    /// The last record of the newest one that was read, written or tried.
    newest: Position,
    made: Instant,
    writing: Option<Writing>,
}

/// A checkpoint on its way to the disk.
struct Writing {
    thread: JoinHandle<()>,
    hurry: Arc<AtomicBool>,
}

impl Checkpoints {
    pub(crate) fn new(store: &dyn EventStore, every: u64) -> Self {
        let dir = store.derived_dir().map(Path::to_owned);
        Self {
            dir,
            every: every.max(1),
            newest: Position::START,
            made: Instant::now(),
            writing: None,
        }
    }

    /// The read models of the newest checkpoint, if there is one that fits the journal.
    pub(crate) fn load(&mut self, store: &dyn EventStore) -> Option<Projections> {
        let path = self.dir.as_deref()?.join(NAME);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "all records are folded");
                return None;
            }
        };
        let begun = Instant::now();
        match file::read(BufReader::new(file), |position, root| fits(store, position, root)) {
            Ok(read) => {
                self.newest = read.position();
                let took_ms = begun.elapsed().as_millis();
                tracing::debug!(position = %read.position(), took_ms, "read models are there");
                Some(read)
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(
                    path = %path.display(),
                    error,
                    "the checkpoint of the read models is left out, and all records are folded"
                );
                None
            }
        }
    }

    /// Begins to write one when it is due. `quiet_for` is how long no record has come.
    pub(crate) fn tend(
        &mut self,
        store: &Arc<dyn EventStore>,
        reads: &ReadSide,
        quiet_for: Duration,
    ) {
        let since = self.since(reads);
        if since < self.every || self.is_writing() {
            return;
        }
        if since >= self.every.saturating_mul(10)
            || quiet_for >= QUIET
            || self.made.elapsed() >= RARELY
        {
            self.begin(store, reads);
        }
    }

    /// Sees the one through that is being written, and makes another when it is worth its while.
    pub(crate) fn finish(mut self, store: &Arc<dyn EventStore>, reads: &ReadSide) {
        self.wait();
        if self.since(reads) >= (self.every / 10).max(1) {
            self.begin(store, reads);
            self.wait();
        }
    }

    /// Records folded since the newest one.
    fn since(&self, reads: &ReadSide) -> u64 {
        reads.folded().0.saturating_sub(self.newest.0)
    }

    fn is_writing(&mut self) -> bool {
        if self.writing.as_ref().is_some_and(|writing| writing.thread.is_finished()) {
            self.wait();
        }
        self.writing.is_some()
    }

    /// Waits for the one that is being written, which need not be slow any more.
    fn wait(&mut self) {
        let Some(Writing { thread, hurry }) = self.writing.take() else { return };
        hurry.store(true, Ordering::Release);
        if thread.join().is_err() {
            tracing::error!("a checkpoint of the read models panicked");
        }
    }

    fn begin(&mut self, store: &Arc<dyn EventStore>, reads: &ReadSide) {
        // A store that failed may have shown what is not durable.
        let Some(dir) = self.dir.clone().filter(|_| store.poisoned().is_none()) else { return };
        let checkpoint = reads.look(Projections::checkpoint);
        self.newest = checkpoint.position();
        self.made = Instant::now();
        let hurry = Arc::new(AtomicBool::new(false));
        let (store, hurried) = (Arc::clone(store), Arc::clone(&hurry));
        let thread = thread::Builder::new().name("branchline-checkpoint".into()).spawn(move || {
            let (begun, position) = (Instant::now(), checkpoint.position());
            match save(&dir, store.as_ref(), checkpoint, &hurried) {
                Ok(bytes) => {
                    let took_ms = begun.elapsed().as_millis();
                    tracing::debug!(%position, bytes, took_ms, "a checkpoint of the read models");
                }
                Err(reason) => {
                    let dir = dir.display();
                    tracing::warn!(%dir, %reason, "no checkpoint of the read models");
                }
            }
        });
        match thread {
            Ok(thread) => self.writing = Some(Writing { thread, hurry }),
            Err(error) => tracing::warn!(%error, "no thread for a checkpoint of the read models"),
        }
    }
}

const NAME: &str = "read-models";

/// Whether the journal has these very records.
fn fits(store: &dyn EventStore, position: Position, root: &Hash) -> bool {
    position <= store.head() && store.root_at(position.0).is_ok_and(|found| found == *root)
}

/// Writes a checkpoint aside, makes it durable and puts it in place of the one before. Gives its
/// size.
fn save(
    dir: &Path,
    store: &dyn EventStore,
    checkpoint: Checkpoint,
    hurry: &AtomicBool,
) -> Result<usize, String> {
    let root = store.root_at(checkpoint.position().0).map_err(|error| error.to_string())?;
    let aside = dir.join("read-models.new");
    let written = write(&aside, checkpoint, &root, hurry).map_err(|error| error.to_string())?;
    fs::rename(&aside, dir.join(NAME))
        .and_then(|()| File::open(dir)?.sync_all())
        .map_err(|error| error.to_string())?;
    Ok(written)
}

fn write(
    aside: &Path,
    checkpoint: Checkpoint,
    root: &Hash,
    hurry: &AtomicBool,
) -> Result<usize, WriteError> {
    let begun = Instant::now();
    let (mut bytes, mut unsynced) = (0, 0);
    let out = BufWriter::new(create(aside)?);
    let mut out = file::write(out, checkpoint, root, |out: &BufWriter<File>, frame| {
        bytes += frame;
        unsynced += frame;
        if unsynced >= UNSYNCED_BYTES_MAX {
            // Whoever syncs the journal meanwhile must not wait for all of this file.
            out.get_ref().sync_data()?;
            unsynced = 0;
        }
        if !hurry.load(Ordering::Acquire) {
            #[expect(clippy::cast_precision_loss, reason = "a size, far below 2^52")]
            let due = Duration::from_secs_f64(bytes as f64 / BYTES_PER_S);
            thread::sleep(due.saturating_sub(begun.elapsed()));
        }
        Ok(())
    })?;
    out.flush()?;
    out.get_ref().sync_all()?;
    Ok(bytes)
}

fn create(aside: &Path) -> IoResult<File> {
    if let Some(dir) = aside.parent() {
        fs::create_dir_all(dir)?;
    }
    File::create(aside)
}
