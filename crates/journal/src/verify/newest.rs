//! A check of the newest records of a journal that runs: their blocks are read again, each is sound and
//! follows the one before, and all their records are in the hash tree. It does not look at what came before
//! them, and not at the rules of the writer: for that, `branchline-log verify` checks a whole journal.

use super::{Chain, Finding};
use crate::{
    block::decode_header,
    merkle::{Hash, TreeHead, verify_inclusion},
    record::Position,
    store::{EventStore, NoProof, ReadError},
};

/// Blocks read at once.
const BLOCKS: usize = 64;

/// What was found sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Newest {
    /// The journal when it was looked at.
    pub head: TreeHead,
    /// The first record that was checked; the last is that of the head.
    pub from: Position,
    /// Blocks that hold them.
    pub blocks: u64,
}

/// What is wrong with the newest records.
#[derive(Debug, thiserror::Error)]
pub enum Wrong {
    /// A block is not what was written, or not what follows.
    #[error("the block that begins at {first}: {finding}")]
    Block {
        /// The position that it is kept under.
        first: Position,
        /// What is wrong with it.
        finding: Finding,
    },
    /// The blocks end before the journal does.
    #[error("the records from {from} to {to} are in no block")]
    Missing {
        /// The first of them.
        from: Position,
        /// The last of them.
        to: Position,
    },
    /// The records are not those that the hash tree was built over.
    #[error("the records from {from} on are not those of the journal's root")]
    NotInTree {
        /// The first record that was checked.
        from: Position,
    },
    /// A block cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The tree cannot be asked.
    #[error(transparent)]
    Proof(#[from] NoProof),
}

/// Checks the blocks that begin among the newest `records` records, and the last one in any case: reads
/// and hashes them anew.
///
/// # Errors
///
/// [`Wrong`] with the first thing that is.
pub fn newest(store: &dyn EventStore, records: u64) -> Result<Newest, Wrong> {
    let head = store.tree_head();
    let mut wanted = records.clamp(1, head.size.max(1));
    // A block is found by where it begins: the one that holds the first record may begin before it.
    let from = loop {
        let first = Position(head.size.saturating_sub(wanted) + 1);
        match store.read_blocks(first, 1)?.first() {
            Some((first, _)) if first.0 <= head.size => break *first,
            _ if first.0 <= 1 => break first,
            _ => wanted = wanted.saturating_mul(2).min(head.size),
        }
    };
    let mut run = Run::default();
    let mut next = from;
    while next.0 <= head.size {
        let stored = store.read_blocks(next, BLOCKS)?;
        if stored.is_empty() {
            return Err(Wrong::Missing { from: next, to: Position(head.size) });
        }
        for (key, bytes) in stored.iter().take_while(|(key, _)| key.0 <= head.size) {
            run.add(*key, bytes).map_err(|finding| Wrong::Block { first: *key, finding })?;
        }
        next = run.chain.last.next();
    }
    run.is_in_tree(store, head, from)?;
    Ok(Newest { head, from, blocks: run.blocks })
}

/// The blocks so far.
#[derive(Default)]
struct Run {
    chain: Chain,
    blocks: u64,
    /// Hashes of the records, with their numbers from 0 on.
    leaves: Vec<(u64, Hash)>,
}

impl Run {
    fn add(&mut self, key: Position, bytes: &[u8]) -> Result<(), Finding> {
        if self.blocks == 0 {
            // What came before the first one is not looked at.
            let header =
                decode_header(bytes).map_err(|error| Finding::Unsound { reason: error.0 })?;
            self.chain.last = Position(key.0.saturating_sub(1));
            self.chain.checksum = header.previous;
        }
        let (block, leaves) = self.chain.check(key, bytes)?;
        self.chain.last = block.header.last();
        self.chain.checksum = block.header.checksum;
        self.chain.epoch = block.header.epoch;
        self.leaves.extend((key.0 - 1..).zip(leaves));
        self.blocks += 1;
        Ok(())
    }

    /// Says whether the records are those of the journal's root.
    fn is_in_tree(
        &mut self,
        store: &dyn EventStore,
        head: TreeHead,
        from: Position,
    ) -> Result<(), Wrong> {
        // The last block may have records that came after the look at the head.
        self.leaves.retain(|(number, _)| *number < head.size);
        if self.leaves.is_empty() {
            return Ok(());
        }
        let positions: Vec<Position> =
            self.leaves.iter().map(|(number, _)| Position(number + 1)).collect();
        let proof = store.prove_inclusion(&positions, head.size)?;
        if verify_inclusion(&self.leaves, head.size, &proof, &head.root) {
            Ok(())
        } else {
            Err(Wrong::NotInTree { from })
        }
    }
}

#[cfg(test)]
mod tests;
