//! The root of a hash tree that grows, in as many hashes as its size has bits.

use branchline_journal::merkle::{self, Hash};

/// The roots of the complete subtrees so far, largest first: one for each bit of the size.
#[derive(Clone, Debug, Default)]
pub(super) struct RunningRoot {
    subtrees: Vec<Hash>,
    size: u64,
}

impl RunningRoot {
    pub(super) fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.subtrees.pop() {
                hash = merkle::node(&left, &hash);
            }
        }
        self.subtrees.push(hash);
        self.size += 1;
    }

    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn root(&self) -> Hash {
        let mut right_to_left = self.subtrees.iter().rev();
        match right_to_left.next() {
            Some(last) => right_to_left.fold(*last, |right, left| merkle::node(left, &right)),
            None => merkle::root(&[]),
        }
    }
}
