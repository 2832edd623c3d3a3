//! Proofs out of a running journal. The tree is locked only to look up what it knows; the records
//! of the groups that it has forgotten are read and hashed afterwards, a group at a time.

use super::shared::Shared;
use crate::{
    block::{Block, LeafHasher},
    block_cache::Records,
    merkle::{Draft, Hash, LeafSource, leaf_numbers},
    record::Position,
    storage::StoredBlock,
    store::{NoProof, ReadError},
};

impl Shared {
    pub(super) fn root_at(&self, size: u64) -> Result<Hash, NoProof> {
        let draft = self.tree().draft_root(size)?;
        // A root is one hash.
        Ok(self.finish(draft)?.first().copied().unwrap_or_default())
    }

    pub(super) fn prove_inclusion(
        &self,
        positions: &[Position],
        size: u64,
    ) -> Result<Vec<Hash>, NoProof> {
        let leaves = leaf_numbers(positions)?;
        let draft = self.tree().draft_inclusion(&leaves, size)?;
        self.finish(draft)
    }

    pub(super) fn prove_consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, NoProof> {
        let draft = self.tree().draft_consistency(old, new)?;
        self.finish(draft)
    }

    /// Records that are not those of the tree are damage, and stop the journal like any other.
    fn finish(&self, draft: Draft) -> Result<Vec<Hash>, NoProof> {
        let proof = draft.finish(self);
        if let Err(NoProof::Changed { first, .. }) = &proof {
            self.damaged(Position(first + 1), "the records are not those of the hash tree");
        }
        proof
    }

    pub(super) fn read_blocks(
        &self,
        from: Position,
        limit: usize,
    ) -> Result<Vec<StoredBlock>, ReadError> {
        let head = self.head();
        let mut stored =
            self.storage.starting_at(from, limit).map_err(|error| self.failed(error))?;
        // A group that is being written is there already, and not yet durable.
        stored.retain(|(first, _)| *first <= head);
        Ok(stored)
    }

    /// The block that holds a durable position, without keeping it: proofs go all over the journal,
    /// and would push out what streams are read from.
    fn passing_block(&self, position: Position) -> Result<Records, ReadError> {
        if let Some(records) = self.cached(position) {
            return Ok(records);
        }
        let (key, bytes) = self.stored_with(position)?;
        let block = Block::decode(&bytes).map_err(|error| self.damaged(key, error.0))?;
        self.holds(block.header, key, position)?;
        Ok(block.records.into())
    }
}

impl LeafSource for Shared {
    type Error = ReadError;

    fn leaves(&self, first: u64, count: usize) -> Result<Vec<Hash>, ReadError> {
        let mut hasher = LeafHasher::default();
        let mut leaves = Vec::with_capacity(count);
        let mut next = Position(first + 1);
        while leaves.len() < count {
            let records = self.passing_block(next)?;
            let wanted = records.iter().filter(|record| record.position >= next);
            leaves.extend(wanted.take(count - leaves.len()).map(|record| hasher.hash(record)));
            next = Position(first + 1 + leaves.len() as u64);
        }
        Ok(leaves)
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        block::{Block, BlockBuilder},
        merkle,
        record::Position,
        record_format::canonical,
        sled_store::{
            SledOptions, SledStore,
            tests::{append, engine, filled, step},
        },
        store::{EventStore, NoProof},
    };

    /// A journal of 1,000 records whose index was saved at an opening.
    fn checkpointed(dir: &std::path::Path) -> SledOptions {
        let options = SledOptions { checkpoint_records: 1, ..filled(dir) };
        drop(SledStore::open(&options).unwrap());
        options
    }

    #[test]
    fn a_tree_out_of_a_checkpoint_grows_and_proves_like_one_out_of_the_blocks() {
        let dir = tempfile::tempdir().unwrap();
        let options = checkpointed(dir.path());
        let proofs = |forget: bool| {
            if forget {
                std::fs::remove_dir_all(options.dir.join("index")).unwrap();
            }
            let keep = SledOptions { checkpoint_records: u64::MAX, ..options.clone() };
            let store = SledStore::open(&keep).unwrap();
            let head = store.tree_head();
            let inclusion = store.prove_inclusion(&[Position(3), Position(777)], 1_000).unwrap();
            (head.size, store.root_at(1_000), inclusion, store.prove_consistency(600, 1_000))
        };
        let store =
            SledStore::open(&SledOptions { checkpoint_records: u64::MAX, ..options.clone() });
        append(&store.unwrap(), (0..300).map(|lead| step(lead, 2)).collect());
        let with = proofs(false);
        assert_eq!(with.0, 1_300);
        assert_eq!(with, proofs(true));
    }

    #[test]
    fn records_that_are_not_those_of_the_tree_are_damage_and_stop_the_journal() {
        let dir = tempfile::tempdir().unwrap();
        let options = checkpointed(dir.path());
        // Another first block, sound in itself: only the tree in the checkpoint can tell.
        let db = engine(&options);
        let (key, value) = db.iter().next().unwrap().unwrap();
        let mut builder = BlockBuilder::default();
        for record in Block::decode(&value).unwrap().records {
            let mut forged = (*record).clone();
            forged.body.events[0].payload[0] ^= 1;
            assert!(builder.push(&forged, &canonical(&forged)));
        }
        db.insert(&key, &*builder.finish(0).unwrap().bytes).unwrap();
        drop(db);
        let store = SledStore::open(&options).unwrap();
        let refused = store.prove_inclusion(&[Position(2)], 1_000).unwrap_err();
        assert_eq!(refused, NoProof::Changed { first: 0, count: 256 });
        assert!(store.poisoned().unwrap().contains("position 1"), "{:?}", store.poisoned());
        assert_eq!(store.root_at(0), Ok(merkle::root(&[])));
    }
}
