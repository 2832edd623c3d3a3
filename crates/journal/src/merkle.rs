//! Hashes of an append-only list of records, as RFC 9162 section 2.1 defines them, so that
//! standard verifiers work.
//!
//! One tree covers the whole journal: leaf `i`, counted from 0, is the record at position `i + 1`,
//! and its hash is [`leaf`] of the record's canonical bytes. The tree of the first `size` records is
//! told by that number and its root ([`TreeHead`]): whoever kept one can tell any journal that
//! changed, dropped, added or moved one of those records.
//!
//! ```text
//! leaf hash   SHA-256( 00 · canonical bytes of the record )
//! node hash   SHA-256( 01 · left hash · right hash )
//! root        of no leaves: SHA-256 of nothing; of one: its leaf hash; of n: the node over the root
//!             of the first k leaves and the root of the others, k the largest power of two below n
//! ```
//!
//! A **proof of inclusion** speaks for any number of leaves at once: going down from the root as in
//! the definition, left before right, it has the hash of every subtree that holds none of them and
//! whose parent holds one. For a single leaf these are the hashes of the RFC's audit path (2.1.3),
//! left to right instead of upwards. A **proof of consistency** is the RFC's (2.1.4), in its order.
//!
//! [`Tree`] keeps no leaf of the past: 64 bytes for each 256 records, and the leaves of the last
//! incomplete 256. What a proof needs below that is asked of a [`LeafSource`], which hashes
//! the records again, and is compared with what the tree knows.

mod checking;
mod spans;
mod tree;

use sha2::{Digest, Sha256};

pub(crate) use self::tree::{Draft, leaf_numbers};
pub use self::{
    checking::{verify_consistency, verify_inclusion},
    tree::{GROUP, LeafSource, ProveError, Tree, TreeHead},
};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// Hash of a leaf: SHA-256 of a zero byte and the record's canonical bytes.
pub fn leaf(canonical: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(canonical).finalize().into()
}

/// Hash of an inner node: SHA-256 of a one byte and the hashes below it.
pub fn node(left: &Hash, right: &Hash) -> Hash {
    // In one piece: handing over the parts one by one takes twice as long.
    let mut bytes = [1; 1 + 2 * size_of::<Hash>()];
    let (_, below) = bytes.split_at_mut(1);
    let (place_left, place_right) = below.split_at_mut(left.len());
    place_left.copy_from_slice(left);
    place_right.copy_from_slice(right);
    Sha256::digest(bytes).into()
}

/// Root over leaf hashes, in order. Of no leaves it is the SHA-256 of nothing.
pub fn root(leaves: &[Hash]) -> Hash {
    // One subtree per set bit of the count so far, largest first.
    let mut subtrees: Vec<Hash> = Vec::new();
    for (before, leaf) in leaves.iter().enumerate() {
        let mut hash = *leaf;
        for _ in 0..before.trailing_ones() {
            if let Some(left) = subtrees.pop() {
                hash = node(&left, &hash);
            }
        }
        subtrees.push(hash);
    }
    join(subtrees)
}

/// Root over neighbouring subtrees, each larger than the next and all but the last complete.
fn join(subtrees: Vec<Hash>) -> Hash {
    let mut right_to_left = subtrees.into_iter().rev();
    match right_to_left.next() {
        Some(last) => right_to_left.fold(last, |right, left| node(&left, &right)),
        None => Sha256::digest([]).into(),
    }
}

#[cfg(test)]
mod tests;
