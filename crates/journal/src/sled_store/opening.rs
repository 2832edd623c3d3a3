//! Opening a journal: nothing is served before every block was checked.

use std::{fs, path::Path, sync::Arc};

use super::{
    OpenError, SledOptions,
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
    let mut check = ChainCheck::new(options.keys, true);
    let mut water_level = WaterLevel { mark, met: false };
    scan(storage.as_ref(), &mut check, |block| {
        water_level.pass(&block);
        blocks.push_newest(Records::from(block.records));
    })?;
    let head = check.index.head();
    water_level.judge(head, &mark_path)?;
    let epoch = check.epoch.max(mark.map_or(0, |mark| mark.epoch)) + 1;
    let high_water =
        HighWater::create(&mark_path, Mark { epoch, position: head, chain: check.chain })?;
    let writer = Writer::new(check.chain, high_water);
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

/// Compares the journal with the high-water mark while it passes by.
struct WaterLevel {
    mark: Option<Mark>,
    met: bool,
}

impl WaterLevel {
    fn pass(&mut self, block: &Block) {
        // A mark is always at the end of a block.
        self.met |= self.mark.is_some_and(|mark| {
            mark.position == block.header.last() && mark.chain == block.header.checksum
        });
    }

    fn judge(&self, found: Position, path: &Path) -> Result<(), OpenError> {
        let Some(mark) = self.mark else {
            if found > Position::START {
                tracing::warn!(path = %path.display(), "there was no high-water mark to compare with");
            }
            return Ok(());
        };
        let acknowledged = mark.position;
        if found < acknowledged {
            return Err(OpenError::EndsBelowHighWater {
                found,
                acknowledged,
                mark: path.to_owned(),
            });
        }
        if !self.met && acknowledged > Position::START {
            return Err(OpenError::NotTheAcknowledged { acknowledged, mark: path.to_owned() });
        }
        Ok(())
    }
}
