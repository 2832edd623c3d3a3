//! The tree as it grows, and proofs from it.

use super::{
    Hash, join, node, root,
    spans::{self, Span},
};
use crate::record::Position;

/// Leaves whose hashes are forgotten once there are this many of them: from then on their root
/// stands for them.
pub const GROUP: usize = 256;

/// [`GROUP`] as a level: the root of a group is this high above its leaves.
const GROUP_LEVEL: u32 = GROUP.ilog2();

/// What tells a tree from every other: how many leaves it has, and their root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeHead {
    /// Leaves, which is the position of the last record.
    pub size: u64,
    /// Their root.
    pub root: Hash,
}

/// Gives leaf hashes again that a [`Tree`] has forgotten.
pub trait LeafSource {
    /// Why leaves cannot be given.
    type Error;

    /// Hashes of the leaves from number `first` on, counted from 0. Asked for whole groups:
    /// `first` is a multiple of [`GROUP`] and `count` is [`GROUP`].
    ///
    /// # Errors
    ///
    /// When the records cannot be read.
    fn leaves(&self, first: u64, count: usize) -> Result<Vec<Hash>, Self::Error>;
}

/// Every leaf hash, in memory.
impl LeafSource for [Hash] {
    type Error = std::convert::Infallible;

    fn leaves(&self, first: u64, count: usize) -> Result<Vec<Hash>, Self::Error> {
        let first = usize::try_from(first).unwrap_or(usize::MAX);
        Ok(self.iter().skip(first).take(count).copied().collect())
    }
}

/// Why there is no proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProveError<E> {
    /// More was asked about than there is.
    #[error("{asked} records were asked about, and there are {size}")]
    Beyond {
        /// Size that was asked about, or that a leaf asked about needs.
        asked: u64,
        /// Size of the tree it must be in.
        size: u64,
    },
    /// No leaf was named, or one twice, or out of ascending order, or one before the first.
    #[error("records to prove are named once each, in ascending order, and at least one")]
    NotAscending,
    /// The leaves that the source gives are not those that the tree was grown from: records were
    /// changed since, or the tree was.
    #[error("the records from position {} to {} are not those that the hash tree covers", first + 1, first + count)]
    Changed {
        /// First leaf of the group, counted from 0.
        first: u64,
        /// Leaves in the group.
        count: u64,
    },
    /// The source failed.
    #[error(transparent)]
    Source(E),
}

/// The tree over every record so far. Grows by a leaf in about the time of one hash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// Roots of complete subtrees: of one group each, of two, of four and so on.
    levels: Vec<Vec<Hash>>,
    /// Leaf hashes of the incomplete group at the end.
    tail: Vec<Hash>,
}

impl Tree {
    /// A tree without leaves.
    pub const fn new() -> Self {
        Self { levels: Vec::new(), tail: Vec::new() }
    }

    /// The tree whose complete groups have these roots and whose incomplete one has these leaves;
    /// `None` when those would be a group.
    pub(crate) fn from_parts(groups: Vec<Hash>, tail: Vec<Hash>) -> Option<Self> {
        if tail.len() >= GROUP {
            return None;
        }
        let mut tree = Self::new();
        for group in groups {
            tree.push_group(group);
        }
        tree.tail = tail;
        Some(tree)
    }

    /// Memory of the hashes. Unit: bytes.
    pub(crate) fn bytes(&self) -> usize {
        let levels: usize = self.levels.iter().map(Vec::capacity).sum();
        (levels + self.tail.capacity()) * size_of::<Hash>()
    }

    /// Roots of the complete groups.
    pub(crate) fn groups(&self) -> &[Hash] {
        self.levels.first().map(Vec::as_slice).unwrap_or_default()
    }

    /// Leaf hashes of the incomplete group.
    pub(crate) fn tail(&self) -> &[Hash] {
        &self.tail
    }

    /// Adds a leaf by its hash, see [`super::leaf`].
    pub fn push(&mut self, leaf: Hash) {
        self.tail.push(leaf);
        if self.tail.len() == GROUP {
            let group = root(&self.tail);
            self.tail.clear();
            self.push_group(group);
        }
    }

    fn push_group(&mut self, group: Hash) {
        let mut hash = group;
        for level in &mut self.levels {
            level.push(hash);
            match level.as_slice() {
                [.., left, right] if level.len().is_multiple_of(2) => hash = node(left, right),
                _ => return,
            }
        }
        self.levels.push(vec![hash]);
    }

    /// Leaves so far.
    pub fn size(&self) -> u64 {
        ((self.groups().len() * GROUP) + self.tail.len()) as u64
    }

    /// Root of all leaves so far.
    pub fn root(&self) -> Hash {
        let subtrees = self.complete(Span { start: 0, end: self.size() - self.tail.len() as u64 });
        let mut subtrees = subtrees.unwrap_or_default();
        if !self.tail.is_empty() {
            subtrees.push(root(&self.tail));
        }
        join(subtrees)
    }

    /// Size and root.
    pub fn head(&self) -> TreeHead {
        TreeHead { size: self.size(), root: self.root() }
    }

    /// Root of the first `size` leaves.
    ///
    /// # Errors
    ///
    /// [`ProveError`] when there are fewer leaves, or a group of them cannot be had again.
    pub fn root_at<S: LeafSource + ?Sized>(
        &self,
        size: u64,
        source: &S,
    ) -> Result<Hash, ProveError<S::Error>> {
        let hashes = self.draft_root(size)?.finish(source)?;
        // The draft has one part.
        Ok(hashes.first().copied().unwrap_or_default())
    }

    /// Proof that the leaves with these numbers, from 0 on and in ascending order, are in the tree
    /// of the first `size` leaves; see [`super::verify_inclusion`].
    ///
    /// # Errors
    ///
    /// [`ProveError`] when the leaves are not in that tree or not in order, or a group of leaves
    /// cannot be had again.
    pub fn prove_inclusion<S: LeafSource + ?Sized>(
        &self,
        leaves: &[u64],
        size: u64,
        source: &S,
    ) -> Result<Vec<Hash>, ProveError<S::Error>> {
        self.draft_inclusion(leaves, size)?.finish(source)
    }

    /// Proof that the tree of the first `new` leaves begins with the one of the first `old`; see
    /// [`super::verify_consistency`].
    ///
    /// # Errors
    ///
    /// [`ProveError`] when there are not so many leaves, or a group of them cannot be had again.
    pub fn prove_consistency<S: LeafSource + ?Sized>(
        &self,
        old: u64,
        new: u64,
        source: &S,
    ) -> Result<Vec<Hash>, ProveError<S::Error>> {
        self.draft_consistency(old, new)?.finish(source)
    }

    pub(crate) fn draft_root<E>(&self, size: u64) -> Result<Draft, ProveError<E>> {
        self.draft(&[Span::whole(size)], size)
    }

    pub(crate) fn draft_inclusion<E>(
        &self,
        leaves: &[u64],
        size: u64,
    ) -> Result<Draft, ProveError<E>> {
        if leaves.is_empty() || !leaves.is_sorted_by(|before, after| before < after) {
            return Err(ProveError::NotAscending);
        }
        if let Some(last) = leaves.last().filter(|last| **last >= size) {
            return Err(ProveError::Beyond { asked: last.saturating_add(1), size });
        }
        self.draft(&spans::inclusion(leaves, size), size)
    }

    pub(crate) fn draft_consistency<E>(&self, old: u64, new: u64) -> Result<Draft, ProveError<E>> {
        if old > new {
            return Err(ProveError::Beyond { asked: old, size: new });
        }
        self.draft(&spans::consistency(old, new), new)
    }

    /// What is known of the hashes of these subtrees, which lie in the first `size` leaves.
    fn draft<E>(&self, spans: &[Span], size: u64) -> Result<Draft, ProveError<E>> {
        let beyond = || ProveError::Beyond { asked: size, size: self.size() };
        if size > self.size() {
            return Err(beyond());
        }
        let parts = spans.iter().map(|span| self.part(*span)).collect::<Option<_>>();
        Ok(Draft(parts.ok_or_else(beyond)?))
    }

    fn part(&self, span: Span) -> Option<Part> {
        let left_over = span.len() % GROUP as u64;
        let cut = span.end - left_over;
        let complete = self.complete(Span { start: span.start, end: cut })?;
        if left_over == 0 {
            return Some(Part::Known(join(complete)));
        }
        let group = usize::try_from(cut >> GROUP_LEVEL).ok()?;
        let from = usize::try_from(cut).ok()? % GROUP;
        let to = from + usize::try_from(left_over).ok()?;
        if let Some(root) = self.groups().get(group) {
            return Some(Part::Cut { complete, group, root: *root, from, to });
        }
        let mut subtrees = complete;
        subtrees.push(root(self.tail.get(from..to)?));
        Some(Part::Known(join(subtrees)))
    }

    /// Roots of the complete subtrees of a whole number of groups, largest first.
    fn complete(&self, span: Span) -> Option<Vec<Hash>> {
        let mut subtrees = Vec::new();
        let mut at = span.start;
        while at < span.end {
            let level = (span.end - at).ilog2();
            let known = self.levels.get(usize::try_from(level.checked_sub(GROUP_LEVEL)?).ok()?)?;
            subtrees.push(*known.get(usize::try_from(at >> level).ok()?)?);
            at += 1 << level;
        }
        Some(subtrees)
    }
}

/// Numbers of the leaves at these positions.
pub(crate) fn leaf_numbers<E>(positions: &[Position]) -> Result<Vec<u64>, ProveError<E>> {
    let numbers = positions.iter().map(|position| position.0.checked_sub(1)).collect::<Option<_>>();
    numbers.ok_or(ProveError::NotAscending)
}

impl Extend<Hash> for Tree {
    /// Adds leaves by their hashes.
    fn extend<I: IntoIterator<Item = Hash>>(&mut self, leaves: I) {
        for leaf in leaves {
            self.push(leaf);
        }
    }
}

impl FromIterator<Hash> for Tree {
    /// The tree over these leaf hashes.
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Self {
        let mut tree = Self::new();
        tree.extend(leaves);
        tree
    }
}

/// A proof as far as the tree itself knows it. Finished without the tree, so that a tree that is
/// shared is not held while records are read.
#[derive(Debug)]
pub(crate) struct Draft(Vec<Part>);

/// The hash of a subtree.
#[derive(Debug)]
enum Part {
    Known(Hash),
    /// To be had from the complete subtrees to the left and some leaves of a group.
    Cut {
        complete: Vec<Hash>,
        group: usize,
        root: Hash,
        from: usize,
        to: usize,
    },
}

impl Draft {
    /// The hashes, with the leaves that are missing from the source. Holds one group at a time.
    pub(crate) fn finish<S: LeafSource + ?Sized>(
        self,
        source: &S,
    ) -> Result<Vec<Hash>, ProveError<S::Error>> {
        let mut held: Option<(usize, Vec<Hash>)> = None;
        let mut hashes = Vec::with_capacity(self.0.len());
        for part in self.0 {
            match part {
                Part::Known(hash) => hashes.push(hash),
                Part::Cut { complete: mut subtrees, group, root: expected, from, to } => {
                    let leaves = match held.take() {
                        Some((of, leaves)) if of == group => leaves,
                        Some(_) | None => fetch(source, group, &expected)?,
                    };
                    subtrees.push(root(leaves.get(from..to).unwrap_or_default()));
                    held = Some((group, leaves));
                    hashes.push(join(subtrees));
                }
            }
        }
        Ok(hashes)
    }
}

/// The leaves of a complete group, compared with its root.
fn fetch<S: LeafSource + ?Sized>(
    source: &S,
    group: usize,
    expected: &Hash,
) -> Result<Vec<Hash>, ProveError<S::Error>> {
    let first = (group * GROUP) as u64;
    let leaves = source.leaves(first, GROUP).map_err(ProveError::Source)?;
    if leaves.len() != GROUP || root(&leaves) != *expected {
        return Err(ProveError::Changed { first, count: GROUP as u64 });
    }
    Ok(leaves)
}
