//! Decoded blocks that readers are likely to ask for: the newest, because subscribers follow the
//! head, and the last ones fetched, because the records of a stream often lie close together.

use std::{
    collections::{BTreeMap, VecDeque},
    mem::size_of,
    sync::Arc,
};

use crate::record::{Position, Record};

/// The records of a block.
pub(crate) type Records = Arc<[Arc<Record>]>;

/// Blocks remembered as met for one stream only.
const MET_MAX: usize = 64;

/// Two bounded sets of decoded blocks.
#[derive(Debug)]
pub(crate) struct BlockCache {
    recent: Shelf,
    fetched: Shelf,
    /// First positions of the blocks that streams were read from lately, oldest first.
    met: VecDeque<u64>,
}

/// Blocks by first position; the one put in first goes first.
#[derive(Debug)]
struct Shelf {
    blocks: BTreeMap<u64, Records>,
    order: VecDeque<(u64, usize)>,
    bytes: usize,
    bytes_max: usize,
}

impl BlockCache {
    /// Limits in bytes of memory, about.
    pub(crate) const fn new(recent_max: usize, fetched_max: usize) -> Self {
        Self {
            recent: Shelf::new(recent_max),
            fetched: Shelf::new(fetched_max),
            met: VecDeque::new(),
        }
    }

    /// The block that holds a position.
    pub(crate) fn find(&self, position: Position) -> Option<Records> {
        self.recent.find(position).or_else(|| self.fetched.find(position))
    }

    /// Memory of the newest and of the fetched records, about. Unit: bytes.
    pub(crate) const fn bytes(&self) -> (usize, usize) {
        (self.recent.bytes, self.fetched.bytes)
    }

    /// Adds the block that was just written.
    pub(crate) fn push_newest(&mut self, records: Records) {
        self.recent.push(records);
    }

    /// Notes that a stream is read from the block that begins here. True when another one was
    /// lately: then the block is worth keeping, because its neighbours are asked for as well, as
    /// when all leads of a list are called one after the other.
    pub(crate) fn meets_again(&mut self, first: Position) -> bool {
        if self.met.contains(&first.0) {
            return true;
        }
        if self.met.len() >= MET_MAX {
            self.met.pop_front();
        }
        self.met.push_back(first.0);
        false
    }

    /// Adds a block that was read from the storage.
    pub(crate) fn push_fetched(&mut self, records: Records) {
        self.fetched.push(records);
    }
}

impl Shelf {
    const fn new(bytes_max: usize) -> Self {
        Self { blocks: BTreeMap::new(), order: VecDeque::new(), bytes: 0, bytes_max }
    }

    fn find(&self, position: Position) -> Option<Records> {
        let (_, records) = self.blocks.range(..=position.0).next_back()?;
        let last = records.last()?;
        (last.position >= position).then(|| Arc::clone(records))
    }

    fn push(&mut self, records: Records) {
        let Some(first) = records.first().map(|record| record.position.0) else { return };
        let bytes = records.iter().map(|record| weight(record)).sum();
        if self.blocks.insert(first, records).is_some() {
            // Two readers fetched the same block.
            return;
        }
        self.order.push_back((first, bytes));
        self.bytes += bytes;
        while self.bytes > self.bytes_max {
            let Some((oldest, bytes)) = self.order.pop_front() else { break };
            self.blocks.remove(&oldest);
            self.bytes -= bytes;
        }
    }
}

/// Memory of a record, about: names are shared within a block and not counted.
pub(crate) fn weight(record: &Record) -> usize {
    let events: usize = record.body.events.iter().map(|event| 64 + event.payload.len()).sum();
    size_of::<Record>() + 32 + events + record.body.claims.len() * 20
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_met_again_until_many_others_were_met_since() {
        let mut cache = BlockCache::new(0, 0);
        assert!(!cache.meets_again(Position(1)));
        assert!(cache.meets_again(Position(1)));
        for other in 2..2 + MET_MAX as u64 {
            assert!(!cache.meets_again(Position(other)));
        }
        assert!(!cache.meets_again(Position(1)));
    }
}
