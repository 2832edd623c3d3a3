//! Proofs out of one pass over the records, wherever they come from.

use std::collections::BTreeMap;

use branchline_journal::{
    merkle::{self, GROUP, Hash, LeafSource, ProveError, Tree, TreeHead},
    record::{Position, Record, StreamId},
    record_format::canonical,
};

use crate::dossier::Dossier;

/// The hash tree of the records so far, and of their leaves those that proofs will need: the groups
/// of 256 that hold a wanted record or end a wanted size. Memory: 64 bytes for each 256 records, and
/// 8 KiB a group that is kept.
#[derive(Debug, Default)]
pub struct Gathering {
    tree: Tree,
    /// Leaves of the group that is not complete yet.
    open: Vec<Hash>,
    /// Whether it holds a wanted record.
    keep_open: bool,
    sizes: Vec<u64>,
    kept: KeptGroups,
    stream: Option<StreamId>,
    found: Vec<Record>,
}

/// Why a record cannot be gathered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the record at {found} was given where {expected} comes next")]
pub struct OutOfOrder {
    /// The next position.
    pub expected: Position,
    /// Position of the record.
    pub found: Position,
}

impl Gathering {
    /// Before the first record.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps what [`Self::root_at`] and [`Self::prove_consistency`] need at this size, which is not
    /// passed yet.
    #[must_use]
    pub fn with_size(mut self, size: u64) -> Self {
        self.sizes.push(size);
        self
    }

    /// Keeps the records of a stream, and what proves them.
    #[must_use]
    pub fn with_stream(mut self, stream: StreamId) -> Self {
        self.stream = Some(stream);
        self
    }

    /// Takes the next record.
    ///
    /// # Errors
    ///
    /// [`OutOfOrder`] when it is not the next one.
    pub fn push(&mut self, record: &Record) -> Result<(), OutOfOrder> {
        let (expected, found) = (Position(self.tree.size()).next(), record.position);
        if found != expected {
            return Err(OutOfOrder { expected, found });
        }
        let wanted = self.stream == Some(record.body.stream);
        if wanted {
            self.found.push(record.clone());
        }
        self.push_leaf(merkle::leaf(&canonical(record)), wanted);
        Ok(())
    }

    fn push_leaf(&mut self, leaf: Hash, wanted: bool) {
        self.tree.push(leaf);
        self.open.push(leaf);
        self.keep_open |= wanted || self.sizes.contains(&self.tree.size());
        if self.open.len() == GROUP {
            if self.keep_open {
                let first = self.tree.size() - GROUP as u64;
                self.kept.0.insert(first, std::mem::take(&mut self.open));
            }
            self.open.clear();
            self.keep_open = false;
        }
    }

    /// Size and root of the tree so far.
    pub fn head(&self) -> TreeHead {
        self.tree.head()
    }

    /// Root of the first `size` records, for a size that was asked for with [`Self::with_size`].
    ///
    /// # Errors
    ///
    /// [`ProveError`] when there are fewer records, or the size was not asked for.
    pub fn root_at(&self, size: u64) -> Result<Hash, ProveError<NotKept>> {
        self.tree.root_at(size, &self.kept)
    }

    /// Proof that the tree so far continues the one of the first `old` records, a size that was asked
    /// for with [`Self::with_size`].
    ///
    /// # Errors
    ///
    /// As [`Self::root_at`].
    pub fn prove_consistency(&self, old: u64) -> Result<Vec<Hash>, ProveError<NotKept>> {
        self.tree.prove_consistency(old, self.tree.size(), &self.kept)
    }

    /// Records of the stream so far.
    pub fn found(&self) -> &[Record] {
        &self.found
    }

    /// The dossier of the stream, in the tree so far.
    ///
    /// # Errors
    ///
    /// [`ProveError::NotAscending`] when there is no record of it.
    pub fn dossier(&self) -> Result<Dossier, ProveError<NotKept>> {
        let stream = self.stream.ok_or(ProveError::NotAscending)?;
        let leaves: Vec<u64> = self.found.iter().map(|record| record.position.0 - 1).collect();
        let proof = self.tree.prove_inclusion(&leaves, self.tree.size(), &self.kept)?;
        Ok(Dossier::new(stream, self.head(), &self.found, proof))
    }
}

/// Leaf hashes of the groups that were kept, by the number of their first leaf.
#[derive(Debug, Default)]
struct KeptGroups(BTreeMap<u64, Vec<Hash>>);

/// Leaves that were not asked for before they passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the records from position {} on were not kept", first + 1)]
pub struct NotKept {
    /// The first of them, from 0.
    pub first: u64,
}

impl LeafSource for KeptGroups {
    type Error = NotKept;

    fn leaves(&self, first: u64, _count: usize) -> Result<Vec<Hash>, NotKept> {
        self.0.get(&first).cloned().ok_or(NotKept { first })
    }
}

#[cfg(test)]
mod tests;
