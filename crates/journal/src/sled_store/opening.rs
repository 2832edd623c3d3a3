//! Opening a journal: nothing is served before every block since the last checkpoint of the index
//! was checked; without one, every block.

use std::{
    fs,
    io::Read as _,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    OpenError, SledOptions,
    checkpoints::{Checkpoints, ends_with},
    engine::{SledBlocks, set_torn_snapshots_aside},
    high_water::{self, HighWater, Mark},
    import::refuse_unfinished,
    lock::DirectoryLock,
    queue::Queue,
    shared::Shared,
    writer::Writer,
};
use crate::{
    block::{Block, MAGIC},
    block_cache::{BlockCache, Records},
    record::Position,
    storage::{BlockSource, BlockStorage, DiskSync},
    verify::{ChainCheck, Finding},
};

/// Blocks read at once. sled keeps in memory what a range touches, so ranges stay small.
const SCAN_BLOCKS: usize = 64;

/// Bytes of a database file looked through at once.
const WINDOW_BYTES: u64 = 1024 * 1024;

/// What an opening took, step by step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpeningTimes {
    /// Until the storage engine had its files.
    pub database: Duration,
    /// To read the checkpoint of the index.
    pub checkpoint: Duration,
    /// To check the records after the checkpoint.
    pub tail: Duration,
    /// How many there were. Unit: records.
    pub tail_records: u64,
}

pub(super) fn open(
    options: &SledOptions,
    disk: Box<dyn DiskSync>,
    wrap: impl FnOnce(Box<dyn BlockStorage>) -> Box<dyn BlockStorage>,
) -> Result<(Shared, Writer, DirectoryLock, OpeningTimes), OpenError> {
    let dir = &options.dir;
    let db = dir.join("db");
    make_dir(&db)?;
    let lock = DirectoryLock::take(dir)?;
    refuse_unfinished(dir)?;
    for moved in set_torn_snapshots_aside(&db, &dir.join("set-aside"))? {
        tracing::warn!(path = %moved.display(), "a half-written snapshot was set aside");
    }
    let mark_path = options.high_water();
    let mark = high_water::read(&mark_path)?;
    if mark.is_none() {
        refuse_foreign(&db.join("db"), &mark_path)?;
    }
    let begun = Instant::now();
    let storage = wrap(Box::new(SledBlocks::open(&db, options.cache_bytes, disk)?));
    let has_database = Instant::now();
    let mut blocks = BlockCache::new(options.recent_bytes_max, options.fetched_bytes_max);
    let mut checkpoints = Checkpoints::new(dir, options.checkpoint_records);
    let mut check = match checkpoints.load(storage.as_ref(), options.keys) {
        Some(found) => ChainCheck::resume(found),
        None => ChainCheck::new(options.keys),
    };
    let (has_checkpoint, known) = (Instant::now(), check.index.head());
    scan(storage.as_ref(), &mut check, |block| blocks.push_newest(Records::from(block.records)))?;
    let head = check.index.head();
    let times = OpeningTimes {
        database: has_database - begun,
        checkpoint: has_checkpoint - has_database,
        tail: has_checkpoint.elapsed(),
        tail_records: head.0.saturating_sub(known.0),
    };
    compare_with_mark(storage.as_ref(), head, mark, &mark_path)?;
    let epoch = check.chain.epoch.max(mark.map_or(0, |mark| mark.epoch)) + 1;
    let high_water =
        HighWater::create(&mark_path, Mark { epoch, position: head, chain: check.chain.checksum })?;
    if checkpoints.due(head, true) {
        checkpoints.save(&check.index, &check.chain.tree, check.chain.epoch, check.chain.checksum);
    }
    let writer = Writer::new(check.chain.checksum, high_water, checkpoints);
    let queue = Queue::new(options.queue_bytes_max);
    let shared = Shared::new(epoch, queue, storage, check.index, check.chain.tree, blocks);
    Ok((shared, writer, lock, times))
}

/// Refuses a database file that was never ours, or of which nothing is left: sled would take it for
/// an empty one and write over it. A mark is made before the first file of a new database, so a
/// database without one either lost it, and then has blocks, or is not a journal.
fn refuse_foreign(database: &Path, mark: &Path) -> Result<(), OpenError> {
    let io = |error: std::io::Error| OpenError::io("read", database, &error);
    let is_new = match fs::metadata(database) {
        Ok(metadata) => metadata.len() == 0,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => true,
        Err(error) => return Err(io(error)),
    };
    if is_new {
        return HighWater::create(mark, Mark::default()).map(drop);
    }
    let mut file = fs::File::open(database).map_err(io)?;
    let mut window = Vec::new();
    loop {
        let read = file.by_ref().take(WINDOW_BYTES).read_to_end(&mut window).map_err(io)?;
        if window.windows(MAGIC.len()).any(|bytes| bytes == MAGIC) {
            return Ok(());
        }
        if read == 0 {
            return Err(OpenError::Foreign { path: database.to_owned() });
        }
        // The first bytes of a block may lie across two windows.
        let kept = window.len().saturating_sub(MAGIC.len() - 1);
        window.drain(..kept);
    }
}

fn make_dir(path: &Path) -> Result<(), OpenError> {
    fs::create_dir_all(path).map_err(|error| OpenError::io("make", path, &error))
}

/// Checks every block in order and gives each to `seen`.
fn scan(
    storage: &dyn BlockSource,
    check: &mut ChainCheck,
    mut seen: impl FnMut(Block),
) -> Result<(), OpenError> {
    // From 0 on, which no block may have, so that a block there is found; after a checkpoint from
    // the next block on.
    let head = check.index.head();
    let mut from = if head == Position::START { head } else { check.next() };
    loop {
        let damaged = |position: Position, reason| OpenError::Damaged { position, reason };
        let stored = storage.starting_at(from, SCAN_BLOCKS).map_err(|error| {
            damaged(check.next(), Finding::Unreadable { reason: Arc::from(error.0) })
        })?;
        for (key, bytes) in &stored {
            let block = check.add(*key, bytes).map_err(|finding| damaged(check.next(), finding))?;
            seen(block);
        }
        if stored.len() < SCAN_BLOCKS {
            return Ok(());
        }
        from = check.next();
    }
}

/// Refuses a journal that lost what was acknowledged.
fn compare_with_mark(
    source: &dyn BlockSource,
    found: Position,
    mark: Option<Mark>,
    path: &Path,
) -> Result<(), OpenError> {
    let Some(mark) = mark else {
        if found > Position::START {
            tracing::warn!(path = %path.display(), "there was no high-water mark to compare with");
        }
        return Ok(());
    };
    let acknowledged = mark.position;
    if found < acknowledged {
        return Err(OpenError::EndsBelowHighWater { found, acknowledged, mark: path.to_owned() });
    }
    // A mark is always at the end of a block.
    if acknowledged == Position::START || ends_with(source, acknowledged, mark.chain) {
        return Ok(());
    }
    Err(OpenError::NotTheAcknowledged { acknowledged, mark: path.to_owned() })
}
