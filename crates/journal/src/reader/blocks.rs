//! Blocks and records in order, each block checked against the one before.

use std::{collections::VecDeque, sync::Arc};

use super::SCAN_BLOCKS;
use crate::{
    block::Block,
    record::{Position, Record},
    storage::BlockSource,
    store::ReadError,
};

/// See [`JournalReader::blocks`](super::JournalReader::blocks).
pub struct Blocks<'a> {
    source: &'a dyn BlockSource,
    ready: VecDeque<(Position, Vec<u8>)>,
    next: Position,
    chain: u32,
    done: bool,
}

impl std::fmt::Debug for Blocks<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blocks").field("next", &self.next).finish_non_exhaustive()
    }
}

impl<'a> Blocks<'a> {
    pub(super) const fn new(source: &'a dyn BlockSource) -> Self {
        Self { source, ready: VecDeque::new(), next: Position(1), chain: 0, done: false }
    }

    /// The next block, and its bytes.
    fn advance(&mut self) -> Result<Option<(Block, Vec<u8>)>, ReadError> {
        let damaged =
            |position, reason: String| ReadError::Damaged { position, reason: Arc::from(reason) };
        if self.ready.is_empty() {
            // Position 0 is looked at too: a block there is damage.
            let from = if self.next == Position(1) { Position(0) } else { self.next };
            let stored = self
                .source
                .starting_at(from, SCAN_BLOCKS)
                .map_err(|error| damaged(self.next, error.0))?;
            self.ready.extend(stored);
        }
        let Some((key, bytes)) = self.ready.pop_front() else { return Ok(None) };
        let block =
            Block::decode(&bytes).map_err(|error| damaged(self.next, error.0.to_owned()))?;
        let first = block.header.first;
        if key != self.next || first != self.next {
            return Err(damaged(self.next, format!("it is missing: the next block is at {key}")));
        }
        if block.header.previous != self.chain {
            return Err(damaged(self.next, "the block does not follow the one before".to_owned()));
        }
        self.chain = block.header.checksum;
        self.next = block.header.last().next();
        Ok(Some((block, bytes)))
    }

    fn step(&mut self) -> Option<Result<(Block, Vec<u8>), ReadError>> {
        if self.done {
            return None;
        }
        let item = self.advance().transpose();
        self.done = !matches!(item, Some(Ok(_)));
        item
    }
}

impl Iterator for Blocks<'_> {
    type Item = Result<Block, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().map(|step| step.map(|(block, _)| block))
    }
}

/// See [`JournalReader::block_bytes`](super::JournalReader::block_bytes).
#[derive(Debug)]
pub struct BlockBytes<'a>(pub(super) Blocks<'a>);

impl Iterator for BlockBytes<'_> {
    type Item = Result<Vec<u8>, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.step().map(|step| step.map(|(_, bytes)| bytes))
    }
}

/// See [`JournalReader::records`](super::JournalReader::records).
#[derive(Debug)]
pub struct Records<'a> {
    blocks: Blocks<'a>,
    ready: VecDeque<Arc<Record>>,
    after: Position,
}

impl<'a> Records<'a> {
    pub(super) const fn new(blocks: Blocks<'a>, after: Position) -> Self {
        Self { blocks, ready: VecDeque::new(), after }
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Arc<Record>, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.ready.pop_front() {
                return Some(Ok(record));
            }
            match self.blocks.next()? {
                Ok(block) => self.ready.extend(
                    block.records.into_iter().filter(|record| record.position > self.after),
                ),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}
