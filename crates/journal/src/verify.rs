//! The check of one block after the other, from the first on: what an opening and an audit share.

pub mod newest;

use std::sync::Arc;

use crate::{
    block::{Block, BlockHeader, LeafHasher},
    index::{Index, KeyRetention, checkpoint::Checkpoint},
    merkle::{self, Hash, Tree},
    record::{Position, Record},
};

/// What is wrong with a block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// The bytes are not those of a block, or not those that were written.
    #[error("{reason}")]
    Unsound {
        /// What is wrong with the bytes.
        reason: &'static str,
    },
    /// The block says another first position than the one it is kept under.
    #[error("the block kept under {key} says that it begins at {first}")]
    Misplaced {
        /// Position it is kept under.
        key: Position,
        /// Position it claims.
        first: Position,
    },
    /// Records are missing before the block, or it repeats some.
    #[error("expected the record at {expected}, found a block that begins at {found}")]
    Gap {
        /// The next position.
        expected: Position,
        /// Where the block begins.
        found: Position,
    },
    /// The block does not follow the one before it.
    #[error("the block names {found:08x} as the checksum before it, which is {expected:08x}")]
    BrokenChain {
        /// Checksum of the block before.
        expected: u32,
        /// What the block says.
        found: u32,
    },
    /// The epoch went backwards.
    #[error("the block is of epoch {found}, after epoch {before}")]
    EpochWentBack {
        /// Epoch of the block before.
        before: u64,
        /// Epoch of this block.
        found: u64,
    },
    /// The root of the hash tree is not the one of the records.
    #[error("the root of the hash tree is not the one of the records")]
    WrongRoot,
    /// A record breaks a rule that the writer keeps.
    #[error("the record at {position} breaks a rule: {reason}")]
    RuleBroken {
        /// The record.
        position: Position,
        /// The rule.
        reason: Arc<str>,
    },
    /// The block could not be read at all.
    #[error("the block cannot be read: {reason}")]
    Unreadable {
        /// What the engine said.
        reason: Arc<str>,
    },
}

/// A chain of blocks as far as it was followed: checksums, order and the hash tree, not the rules of
/// the writer.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    /// Position of the last record.
    pub(crate) last: Position,
    /// Checksum of the last block.
    pub(crate) checksum: u32,
    /// Epoch of the last block.
    pub(crate) epoch: u64,
    /// The hash tree over the records so far.
    pub(crate) tree: Tree,
    hasher: LeafHasher,
}

impl Chain {
    /// Checks the next block against those before it, and gives it with the leaf hashes of its
    /// records.
    pub(crate) fn check(
        &mut self,
        key: Position,
        bytes: &[u8],
    ) -> Result<(Block, Vec<Hash>), Finding> {
        let block = Block::decode(bytes).map_err(|error| Finding::Unsound { reason: error.0 })?;
        let header = &block.header;
        if header.first != key {
            return Err(Finding::Misplaced { key, first: header.first });
        }
        let expected = self.last.next();
        if header.first != expected {
            return Err(Finding::Gap { expected, found: header.first });
        }
        if header.previous != self.checksum {
            return Err(Finding::BrokenChain { expected: self.checksum, found: header.previous });
        }
        if header.epoch < self.epoch {
            return Err(Finding::EpochWentBack { before: self.epoch, found: header.epoch });
        }
        let leaves: Vec<Hash> =
            block.records.iter().map(|record| self.hasher.hash(record)).collect();
        if merkle::root(&leaves) != header.root {
            return Err(Finding::WrongRoot);
        }
        Ok((block, leaves))
    }

    /// Adds a block that was checked.
    pub(crate) fn add(&mut self, header: &BlockHeader, leaves: Vec<Hash>) {
        self.last = header.last();
        self.checksum = header.checksum;
        self.epoch = header.epoch;
        self.tree.extend(leaves);
    }
}

/// The chain so far, and what its records add up to by the rules of the writer.
#[derive(Debug)]
pub(crate) struct ChainCheck {
    pub(crate) index: Index,
    pub(crate) chain: Chain,
}

impl ChainCheck {
    pub(crate) fn new(retention: KeyRetention) -> Self {
        Self { index: Index::new(retention), chain: Chain::default() }
    }

    /// Goes on after a checkpoint of the index.
    pub(crate) fn resume(found: Checkpoint) -> Self {
        let Checkpoint { index, tree, epoch, chain: checksum } = found;
        let last = index.head();
        Self { index, chain: Chain { last, checksum, epoch, tree, hasher: LeafHasher::default() } }
    }

    /// The position that the next block must begin at.
    pub(crate) const fn next(&self) -> Position {
        self.index.head().next()
    }

    /// Checks the next block and adds it. After an error nothing further can be trusted.
    pub(crate) fn add(&mut self, key: Position, bytes: &[u8]) -> Result<Block, Finding> {
        let (block, leaves) = self.check(key, bytes)?;
        self.chain.add(&block.header, leaves);
        Ok(block)
    }

    /// Checks the next block, which is added with [`Chain::add`]. After an error nothing further
    /// can be trusted.
    pub(crate) fn check(
        &mut self,
        key: Position,
        bytes: &[u8],
    ) -> Result<(Block, Vec<Hash>), Finding> {
        let (block, leaves) = self.chain.check(key, bytes)?;
        for record in &block.records {
            self.index.replay(record).map_err(|reason| Finding::RuleBroken {
                position: record.position,
                reason: Arc::from(reason),
            })?;
        }
        Ok((block, leaves))
    }
}

/// The rules of the writer over records that come without blocks, as in an export of lines.
#[derive(Debug, Default)]
pub struct RecordCheck {
    index: Index,
    epoch: u64,
}

impl RecordCheck {
    /// Takes the next record: the first one, or the one that follows the last.
    ///
    /// # Errors
    ///
    /// [`Finding`] for a record that no writer would have put there. After it nothing further can
    /// be trusted.
    pub fn add(&mut self, record: &Record) -> Result<(), Finding> {
        if record.epoch < self.epoch {
            return Err(Finding::EpochWentBack { before: self.epoch, found: record.epoch });
        }
        self.epoch = record.epoch;
        self.index.replay(record).map_err(|reason| Finding::RuleBroken {
            position: record.position,
            reason: Arc::from(reason),
        })
    }
}
