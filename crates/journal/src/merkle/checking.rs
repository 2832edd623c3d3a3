//! Checking proofs with nothing but hashes. Total: whatever the numbers and however many hashes, the
//! answer comes after at most 64 steps a leaf, and no step can fail.

use std::slice;

use super::{Hash, node, root, spans::Span};

/// Whether these leaves, each with its number from 0 on and in ascending order, are in the tree of
/// `size` leaves with this root. Of no leaves nothing is proven: that is false.
pub fn verify_inclusion(leaves: &[(u64, Hash)], size: u64, proof: &[Hash], root: &Hash) -> bool {
    let ascending = leaves.is_sorted_by(|before, after| before.0 < after.0);
    if !ascending || leaves.last().is_none_or(|last| last.0 >= size) {
        return false;
    }
    let mut rest = proof.iter();
    let found = hash_of(Span::whole(size), leaves, &mut rest);
    found == Some(*root) && rest.len() == 0
}

/// Hash of a subtree out of the wanted leaves in it and the hashes of the proof. As deep as the tree
/// is high, which is at most 64.
fn hash_of(span: Span, leaves: &[(u64, Hash)], proof: &mut slice::Iter<'_, Hash>) -> Option<Hash> {
    let Some(first) = leaves.first() else { return proof.next().copied() };
    let Some((left, right)) = span.split() else { return Some(first.1) };
    let (in_left, in_right) = leaves.split_at(leaves.partition_point(|leaf| leaf.0 < right.start));
    let left = hash_of(left, in_left, proof)?;
    let right = hash_of(right, in_right, proof)?;
    Some(node(&left, &right))
}

/// Whether the tree of `new_size` leaves begins with the tree of `old_size` leaves, as in RFC 9162
/// 2.1.4.2. Trees of one size are consistent when they are the same; every tree begins with the
/// empty one. Both of these have empty proofs.
pub fn verify_consistency(
    old_size: u64,
    old_root: &Hash,
    new_size: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> bool {
    if old_size == 0 {
        return *old_root == root(&[])
            && proof.is_empty()
            && (new_size > 0 || new_root == old_root);
    }
    if old_size >= new_size {
        return old_size == new_size && old_root == new_root && proof.is_empty();
    }
    let mut hashes = proof.iter();
    // A complete old tree is itself the subtree that the climb begins with.
    let begin = if old_size.is_power_of_two() { Some(old_root) } else { hashes.next() };
    let Some(begin) = begin else { return false };
    // Numbers of the last leaf of either tree, as of the subtrees that the climb has reached.
    let passed = (old_size - 1).trailing_ones();
    let mut last_old = (old_size - 1).checked_shr(passed).unwrap_or(0);
    let mut last_new = (new_size - 1).checked_shr(passed).unwrap_or(0);
    let (mut old, mut new) = (*begin, *begin);
    for hash in hashes {
        if last_new == 0 {
            return false;
        }
        if last_old & 1 == 1 || last_old == last_new {
            old = node(hash, &old);
            new = node(hash, &new);
            while last_old & 1 == 0 && last_old != 0 {
                last_old >>= 1;
                last_new >>= 1;
            }
        } else {
            new = node(&new, hash);
        }
        last_old >>= 1;
        last_new >>= 1;
    }
    last_new == 0 && old == *old_root && new == *new_root
}
