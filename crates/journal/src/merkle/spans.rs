//! Which subtrees a proof names: the shape of proofs, without any hash.

/// Neighbouring leaves that are a subtree of the definition: `start` is a multiple of the smallest
/// power of two that is not below the length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u64,
    pub(super) end: u64,
}

impl Span {
    /// The tree of the first `size` leaves.
    pub(super) const fn whole(size: u64) -> Self {
        Self { start: 0, end: size }
    }

    pub(super) const fn len(self) -> u64 {
        self.end - self.start
    }

    /// The two subtrees below: the left one is the largest complete one that is not all. `None` for
    /// a single leaf and for nothing.
    pub(super) fn split(self) -> Option<(Self, Self)> {
        let below = self.len().checked_sub(1)?;
        let middle = self.start + (1 << below.checked_ilog2()?);
        Some((Self { start: self.start, end: middle }, Self { start: middle, end: self.end }))
    }
}

/// The subtrees of an inclusion proof for leaves in ascending order, left to right.
pub(super) fn inclusion(leaves: &[u64], size: u64) -> Vec<Span> {
    let mut spans = Vec::new();
    without(Span::whole(size), leaves, &mut spans);
    spans
}

fn without(span: Span, leaves: &[u64], spans: &mut Vec<Span>) {
    if leaves.is_empty() {
        spans.push(span);
        return;
    }
    let Some((left, right)) = span.split() else { return };
    let (in_left, in_right) = leaves.split_at(leaves.partition_point(|leaf| *leaf < right.start));
    without(left, in_left, spans);
    without(right, in_right, spans);
}

/// The subtrees of a consistency proof, in the order of RFC 9162 2.1.4.1. None when nothing lies
/// between the two sizes, or before the old one.
pub(super) fn consistency(old: u64, new: u64) -> Vec<Span> {
    let mut spans = Vec::new();
    if old == 0 {
        return spans;
    }
    // Down to the subtree that the old tree ends with, noting what is passed on the other side.
    let mut span = Span::whole(new);
    let mut is_old_tree = true;
    while span.end > old
        && let Some((left, right)) = span.split()
    {
        if old <= left.end {
            spans.push(right);
            span = left;
        } else {
            spans.push(left);
            span = right;
            is_old_tree = false;
        }
    }
    // The verifier knows the root of the old tree.
    if !is_old_tree {
        spans.push(span);
    }
    spans.reverse();
    spans
}
