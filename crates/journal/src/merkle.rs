//! Hashes of an append-only list of records, as RFC 9162 section 2.1 defines them, so that
//! standard verifiers work.

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// Hash of a leaf: SHA-256 of a zero byte and the record's canonical bytes.
pub fn leaf(canonical: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(canonical).finalize().into()
}

/// Hash of an inner node: SHA-256 of a one byte and the hashes below it.
pub fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
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
    let mut right_to_left = subtrees.into_iter().rev();
    match right_to_left.next() {
        Some(last) => right_to_left.fold(last, |right, left| node(&left, &right)),
        None => Sha256::digest([]).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition of the RFC, word by word: slow and obviously right.
    fn by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [one] => *one,
            many => {
                let mut split = 1;
                while split * 2 < many.len() {
                    split *= 2;
                }
                node(&by_definition(&many[..split]), &by_definition(&many[split..]))
            }
        }
    }

    #[test]
    fn the_root_is_the_one_of_the_definition_for_every_size_up_to_a_hundred() {
        let leaves: Vec<Hash> = (0..100_u8).map(|n| leaf(&[n])).collect();
        for size in 0..=leaves.len() {
            assert_eq!(root(&leaves[..size]), by_definition(&leaves[..size]), "{size} leaves");
        }
    }

    #[test]
    fn the_hashes_are_those_of_the_certificate_transparency_test_vectors() {
        let of = |leaves: &[&[u8]]| {
            let hashes: Vec<Hash> = leaves.iter().map(|bytes| leaf(bytes)).collect();
            crate::block::tests::hex(&root(&hashes))
        };
        assert_eq!(of(&[]), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(of(&[b""]), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        assert_eq!(
            of(&[b"", b"\0"]),
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
        );
    }
}
