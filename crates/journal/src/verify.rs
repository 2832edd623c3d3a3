//! The check of one block after the other, from the first on: what an opening and an audit share.

use std::sync::Arc;

use crate::{
    block::{Block, LeafHasher},
    index::{Index, KeyRetention, checkpoint::Checkpoint},
    merkle::{self, Hash, Tree},
    record::Position,
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

/// What the blocks so far add up to.
#[derive(Debug)]
pub(crate) struct ChainCheck {
    pub(crate) index: Index,
    /// The hash tree over the records so far.
    pub(crate) tree: Tree,
    /// Checksum of the last block.
    pub(crate) chain: u32,
    /// Epoch of the last block.
    pub(crate) epoch: u64,
    hasher: LeafHasher,
}

impl ChainCheck {
    pub(crate) fn new(retention: KeyRetention) -> Self {
        let (index, tree) = (Index::new(retention), Tree::new());
        Self { index, tree, chain: 0, epoch: 0, hasher: LeafHasher::default() }
    }

    /// Goes on after a checkpoint of the index.
    pub(crate) fn resume(found: Checkpoint) -> Self {
        let Checkpoint { index, tree, epoch, chain } = found;
        Self { index, tree, chain, epoch, hasher: LeafHasher::default() }
    }

    /// The position that the next block must begin at.
    pub(crate) const fn next(&self) -> Position {
        self.index.head().next()
    }

    /// Checks the next block and adds it. After an error nothing further can be trusted.
    pub(crate) fn add(&mut self, key: Position, bytes: &[u8]) -> Result<Block, Finding> {
        let block = Block::decode(bytes).map_err(|error| Finding::Unsound { reason: error.0 })?;
        let header = &block.header;
        if header.first != key {
            return Err(Finding::Misplaced { key, first: header.first });
        }
        if header.first != self.next() {
            return Err(Finding::Gap { expected: self.next(), found: header.first });
        }
        if header.previous != self.chain {
            return Err(Finding::BrokenChain { expected: self.chain, found: header.previous });
        }
        if header.epoch < self.epoch {
            return Err(Finding::EpochWentBack { before: self.epoch, found: header.epoch });
        }
        let leaves: Vec<Hash> =
            block.records.iter().map(|record| self.hasher.hash(record)).collect();
        if merkle::root(&leaves) != header.root {
            return Err(Finding::WrongRoot);
        }
        for record in &block.records {
            self.index.replay(record).map_err(|reason| Finding::RuleBroken {
                position: record.position,
                reason: Arc::from(reason),
            })?;
        }
        self.tree.extend(leaves);
        self.chain = header.checksum;
        self.epoch = header.epoch;
        Ok(block)
    }
}
