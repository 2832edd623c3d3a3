//! Proofs and blocks out of a journal in memory.

use super::State;
use crate::{
    block::{BlockBuilder, LeafHasher, SealedBlock},
    merkle::{Hash, LeafSource, leaf_numbers},
    record::Position,
    record_format::canonical,
    storage::StoredBlock,
    store::{NoProof, ReadError},
};

/// The records as the blocks that a disk would hold. A block once made stays as it is.
#[derive(Debug, Default)]
pub(super) struct Sealed {
    builder: BlockBuilder,
    blocks: Vec<SealedBlock>,
    /// Records in the blocks.
    records: usize,
}

impl Sealed {
    fn seal(&mut self) {
        let previous = self.blocks.last().map_or(0, |block| block.checksum);
        self.blocks.extend(self.builder.finish(previous));
    }
}

impl State {
    pub(super) fn root_at(&self, size: u64) -> Result<Hash, NoProof> {
        self.tree.root_at(size, self)
    }

    pub(super) fn prove_inclusion(
        &self,
        positions: &[Position],
        size: u64,
    ) -> Result<Vec<Hash>, NoProof> {
        self.tree.prove_inclusion(&leaf_numbers(positions)?, size, self)
    }

    pub(super) fn prove_consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, NoProof> {
        self.tree.prove_consistency(old, new, self)
    }

    pub(super) fn read_blocks(&mut self, from: Position, limit: usize) -> Vec<StoredBlock> {
        let sealed = &mut self.sealed;
        for record in self.records.iter().skip(sealed.records) {
            let canonical = canonical(record);
            if !sealed.builder.push(record, &canonical) {
                sealed.seal();
                sealed.builder.push(record, &canonical);
            }
            sealed.records += 1;
        }
        sealed.seal();
        let at = sealed.blocks.partition_point(|block| block.first < from);
        let wanted = sealed.blocks.iter().skip(at).take(limit);
        wanted.map(|block| (block.first, block.bytes.to_vec())).collect()
    }
}

impl LeafSource for State {
    type Error = ReadError;

    fn leaves(&self, first: u64, count: usize) -> Result<Vec<Hash>, ReadError> {
        let first = usize::try_from(first).unwrap_or(usize::MAX);
        let mut hasher = LeafHasher::default();
        Ok(self.records.iter().skip(first).take(count).map(|record| hasher.hash(record)).collect())
    }
}
