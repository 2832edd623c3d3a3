//! Opening a journal: nothing is served before every block since the last checkpoint of the index
//! was checked; without one, every block.

use std::{fs, path::Path, sync::Arc};

use super::{
    OpenError, SledOptions,
    checkpoints::{Checkpoints, ends_with},
    engine::{SledBlocks, set_torn_snapshots_aside},
    high_water::{self, HighWater, Mark},
    lock::DirectoryLock,
    queue::Queue,
    shared::Shared,
    writer::Writer,
};
use crate::{
    block::Block,
    block_cache::{BlockCache, Records},
    record::Position,
    storage::{BlockSource, BlockStorage, DiskSync},
    verify::{ChainCheck, Finding},
};

/// Blocks read at once. sled keeps in memory what a range touches, so ranges stay small.
const SCAN_BLOCKS: usize = 64;

pub(super) fn open(
    options: &SledOptions,
    disk: Box<dyn DiskSync>,
    wrap: impl FnOnce(Box<dyn BlockStorage>) -> Box<dyn BlockStorage>,
) -> Result<(Shared, Writer, DirectoryLock), OpenError> {
    let dir = &options.dir;
    let db = dir.join("db");
    make_dir(&db)?;
    let lock = DirectoryLock::take(dir)?;
    for moved in set_torn_snapshots_aside(&db, &dir.join("set-aside"))? {
        tracing::warn!(path = %moved.display(), "a half-written snapshot was set aside");
    }
    let mark_path = options.high_water();
    let mark = high_water::read(&mark_path)?;
    let storage = wrap(Box::new(SledBlocks::open(&db, options.cache_bytes, disk)?));
    let mut blocks = BlockCache::new(options.recent_bytes_max, options.fetched_bytes_max);
    let mut checkpoints = Checkpoints::new(dir, options.checkpoint_records);
    let mut check = match checkpoints.load(storage.as_ref(), options.keys) {
        Some(found) => ChainCheck::resume(found),
        None => ChainCheck::new(options.keys, true),
    };
    scan(storage.as_ref(), &mut check, |block| blocks.push_newest(Records::from(block.records)))?;
    let head = check.index.head();
    compare_with_mark(storage.as_ref(), head, mark, &mark_path)?;
    let epoch = check.epoch.max(mark.map_or(0, |mark| mark.epoch)) + 1;
    let high_water =
        HighWater::create(&mark_path, Mark { epoch, position: head, chain: check.chain })?;
    if checkpoints.due(head, true) {
        checkpoints.save(&check.index, check.epoch, check.chain);
    }
    let writer = Writer::new(check.chain, high_water, checkpoints);
    let queue = Queue::new(options.queue_bytes_max);
    Ok((Shared::new(epoch, queue, storage, check.index, blocks), writer, lock))
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
    // From 0 on, which no block may have, so that a block there is found.
    let mut from = check.index.head();
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
