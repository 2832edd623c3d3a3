//! Roots and proofs against the definitions of RFC 9162, written down as they stand there: slow and
//! obviously right.

use proptest::{collection::vec, prelude::*, sample::Index};

use super::*;

fn leaves(count: usize) -> Vec<Hash> {
    (0..count).map(|n| leaf(&n.to_be_bytes())).collect()
}

fn tree_of(leaves: &[Hash]) -> Tree {
    leaves.iter().copied().collect()
}

fn split(count: usize) -> usize {
    let mut split = 1;
    while split * 2 < count {
        split *= 2;
    }
    split
}

/// 2.1.1, `MTH(D[n])`.
fn root_by_definition(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [one] => *one,
        many => {
            let (left, right) = many.split_at(split(many.len()));
            node(&root_by_definition(left), &root_by_definition(right))
        }
    }
}

/// 2.1.3.1, `PATH(m, D[n])`.
fn path_by_definition(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut path, other) = if m < k {
        (path_by_definition(m, left), root_by_definition(right))
    } else {
        (path_by_definition(m - k, right), root_by_definition(left))
    };
    path.push(other);
    path
}

/// 2.1.4.1, `SUBPROOF(m, D[n], b)`.
fn consistency_by_definition(m: usize, leaves: &[Hash], is_old_tree: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if is_old_tree { Vec::new() } else { vec![root_by_definition(leaves)] };
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut proof, other) = if m <= k {
        (consistency_by_definition(m, left, is_old_tree), root_by_definition(right))
    } else {
        (consistency_by_definition(m - k, right, false), root_by_definition(left))
    };
    proof.push(other);
    proof
}

/// The subtrees without a wanted leaf whose parent has one, left to right.
fn inclusion_by_definition(first: u64, leaves: &[Hash], wanted: &[u64]) -> Vec<Hash> {
    let end = first + leaves.len() as u64;
    if !wanted.iter().any(|leaf| (first..end).contains(leaf)) {
        return vec![root_by_definition(leaves)];
    }
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let mut proof = inclusion_by_definition(first, left, wanted);
    proof.extend(inclusion_by_definition(first + left.len() as u64, right, wanted));
    proof
}

fn chosen(leaves: &[Hash], wanted: &[u64]) -> Vec<(u64, Hash)> {
    wanted.iter().map(|leaf| (*leaf, leaves[usize::try_from(*leaf).unwrap()])).collect()
}

#[test]
fn every_root_up_to_300_leaves_and_around_the_groups_is_the_one_of_the_definition() {
    let all = leaves(1_100);
    let tree = tree_of(&all);
    let mut growing = Tree::new();
    for size in 0..=all.len() {
        if size <= 300 || size % 256 < 3 || size % 256 > 253 {
            let expected = root_by_definition(&all[..size]);
            assert_eq!(root(&all[..size]), expected, "{size} leaves");
            assert_eq!(growing.head(), TreeHead { size: size as u64, root: expected });
            assert_eq!(tree.root_at(size as u64, &all[..]), Ok(expected), "{size} leaves");
        }
        growing.extend(all.get(size).copied());
    }
}

#[test]
fn a_proof_for_each_leaf_of_each_tree_up_to_300_has_the_hashes_of_the_rfc_and_holds() {
    let all = leaves(300);
    let tree = tree_of(&all);
    for size in 1..=all.len() {
        let now = &all[..size];
        let root = root(now);
        // Every leaf of the small trees, some of the large ones.
        for leaf in (0..size).step_by(if size < 40 { 1 } else { 13 }) {
            let proof = tree.prove_inclusion(&[leaf as u64], size as u64, &all[..]).unwrap();
            let mut path = path_by_definition(leaf, now);
            assert!(verify_inclusion(&[(leaf as u64, all[leaf])], size as u64, &proof, &root));
            // Upwards instead of left to right.
            path.sort_unstable();
            let mut hashes = proof;
            hashes.sort_unstable();
            assert_eq!(hashes, path, "leaf {leaf} of {size}");
        }
    }
}

#[test]
fn a_consistency_proof_between_any_two_sizes_up_to_300_is_the_one_of_the_rfc_and_holds() {
    let all = leaves(300);
    let tree = tree_of(&all);
    let roots: Vec<Hash> = (0..=all.len()).map(|size| root(&all[..size])).collect();
    for new in 0..=all.len() {
        for old in (0..=new).step_by(if new < 40 { 1 } else { 7 }) {
            let proof = tree.prove_consistency(old as u64, new as u64, &all[..]).unwrap();
            if old > 0 {
                assert_eq!(proof, consistency_by_definition(old, &all[..new], true));
            }
            let holds = |old_root, new_root| {
                verify_consistency(old as u64, old_root, new as u64, new_root, &proof)
            };
            assert!(holds(&roots[old], &roots[new]), "{old} to {new}");
            let other = [7; 32];
            assert!(!holds(&other, &roots[new]), "{old} to {new}");
            assert!(old == 0 && new > 0 || !holds(&roots[old], &other), "{old} to {new}");
        }
    }
}

proptest! {
    #[test]
    fn any_leaves_are_proven_together_and_nothing_else_is(
        size in 1_usize..1_000,
        picks in vec(any::<Index>(), 1..12),
        spoilt: Index,
        bit in 0_u8..8,
    ) {
        let all = leaves(1_000);
        let tree = tree_of(&all);
        let now = &all[..size];
        let wanted: std::collections::BTreeSet<u64> =
            picks.iter().map(|pick| pick.index(size) as u64).collect();
        let wanted: Vec<u64> = wanted.into_iter().collect();
        let chosen = chosen(now, &wanted);
        let root = root(now);
        let size = size as u64;
        let proof = tree.prove_inclusion(&wanted, size, &all[..]).unwrap();
        prop_assert_eq!(&proof, &inclusion_by_definition(0, now, &wanted));
        prop_assert!(verify_inclusion(&chosen, size, &proof, &root));

        // One bit of a leaf or of the proof.
        let which = spoilt.index(chosen.len() + proof.len());
        let (mut leaves, mut hashes) = (chosen.clone(), proof.clone());
        let hash = match leaves.get_mut(which) {
            Some(leaf) => &mut leaf.1,
            None => &mut hashes[which - chosen.len()],
        };
        hash[spoilt.index(32)] ^= 1 << bit;
        prop_assert!(!verify_inclusion(&leaves, size, &hashes, &root));

        // A hash less, a hash more.
        prop_assert!(!verify_inclusion(&chosen, size, &[&proof[..], &[root]].concat(), &root));
        if let Some((_, fewer)) = proof.split_last() {
            prop_assert!(!verify_inclusion(&chosen, size, fewer, &root));
        }
        // Another place, if there is another.
        let mut moved = chosen.clone();
        moved.last_mut().unwrap().0 += 1;
        prop_assert!(!verify_inclusion(&moved, size, &proof, &root));
    }

    #[test]
    fn a_changed_consistency_proof_does_not_hold(
        (old, new) in (1_u64..700).prop_flat_map(|old| (Just(old), old + 1..800)),
        spoilt: Index,
        bit in 0_u8..8,
    ) {
        let all = leaves(800);
        let tree = tree_of(&all);
        let proof = tree.prove_consistency(old, new, &all[..]).unwrap();
        let root_at = |size| tree.root_at(size, &all[..]).unwrap();
        let (old_root, new_root) = (root_at(old), root_at(new));
        prop_assert!(verify_consistency(old, &old_root, new, &new_root, &proof));
        let mut changed = proof.clone();
        changed[spoilt.index(proof.len())][spoilt.index(32)] ^= 1 << bit;
        prop_assert!(!verify_consistency(old, &old_root, new, &new_root, &changed));
        let longer = [&proof[..], &[new_root]].concat();
        prop_assert!(!verify_consistency(old, &old_root, new, &new_root, &longer));
        prop_assert!(!verify_consistency(old, &old_root, new, &new_root, &proof[1..]));
    }

    /// Nothing that a stranger hands in takes long, panics or holds by chance.
    #[test]
    fn a_hostile_proof_is_refused(
        numbers in vec(any::<u64>(), 0..8),
        old: u64,
        new: u64,
        hashes in 0_usize..200,
    ) {
        let proof = leaves(hashes);
        let root = [9; 32];
        let mut leaves: Vec<(u64, Hash)> = numbers.iter().map(|n| (*n, root)).collect();
        prop_assert!(!verify_inclusion(&leaves, new, &proof, &root) || leaves.len() == 1 && new == 1);
        leaves.sort_unstable();
        prop_assert!(!verify_inclusion(&leaves, u64::MAX, &proof, &root));
        prop_assert!(!verify_consistency(old.max(1), &[8; 32], new, &root, &proof));
        prop_assert!(!verify_consistency(u64::MAX - 1, &root, u64::MAX, &root, &proof));
    }
}

#[test]
fn leaves_out_of_order_twice_or_none_prove_nothing_and_are_not_proven() {
    let all = leaves(20);
    let tree = tree_of(&all);
    let root = tree.root();
    for wanted in [&[][..], &[3, 3], &[5, 4]] {
        let refused = tree.prove_inclusion(wanted, 20, &all[..]).unwrap_err();
        assert_eq!(refused, ProveError::NotAscending);
        let proof = inclusion_by_definition(0, &all, wanted);
        assert!(!verify_inclusion(&chosen(&all, wanted), 20, &proof, &root), "{wanted:?}");
    }
}

#[test]
fn what_lies_beyond_the_tree_is_refused() {
    let all = leaves(20);
    let tree = tree_of(&all);
    let beyond = |asked, size| Err(ProveError::Beyond { asked, size });
    assert_eq!(tree.root_at(21, &all[..]), Err(ProveError::Beyond { asked: 21, size: 20 }));
    assert_eq!(tree.prove_inclusion(&[3], 21, &all[..]), beyond(21, 20));
    assert_eq!(tree.prove_inclusion(&[7], 7, &all[..]), beyond(8, 7));
    assert_eq!(tree.prove_inclusion(&[u64::MAX], u64::MAX, &all[..]), beyond(u64::MAX, u64::MAX));
    assert_eq!(tree.prove_consistency(9, 8, &all[..]), beyond(9, 8));
    assert_eq!(tree.prove_consistency(9, 21, &all[..]), beyond(21, 20));
}

#[test]
fn records_that_changed_since_are_found_instead_of_proven() {
    let all = leaves(1_000);
    let tree = tree_of(&all);
    let mut changed = all.clone();
    changed[300][0] ^= 1;
    let found = ProveError::Changed { first: 256, count: 256 };
    assert_eq!(tree.prove_inclusion(&[310], 1_000, &changed[..]), Err(found.clone()));
    assert_eq!(tree.prove_inclusion(&[310], 1_000, &all[..400]), Err(found.clone()));
    assert_eq!(tree.root_at(301, &changed[..]), Err(found.clone()));
    assert!(tree.prove_inclusion(&[900], 1_000, &changed[..]).is_ok());
    assert_eq!(
        found.to_string(),
        "the records from position 257 to 512 are not those that the hash tree covers"
    );
}

#[test]
fn a_tree_put_together_from_its_parts_is_the_same_and_grows_the_same() {
    let all = leaves(3_000);
    for size in [0, 1, 255, 256, 257, 1_023, 1_024, 2_999] {
        let tree = tree_of(&all[..size]);
        let parts = Tree::from_parts(tree.groups().to_vec(), tree.tail().to_vec());
        let mut again = parts.unwrap();
        assert_eq!(again, tree);
        again.extend(all[size..].iter().copied());
        assert_eq!(again.head(), tree_of(&all).head());
    }
    assert_eq!(Tree::from_parts(Vec::new(), leaves(GROUP)), None);
}

/// The tree of eight leaves of Certificate Transparency's own tests.
mod certificate_transparency {
    use super::*;
    use crate::block::tests::hex;

    const LEAVES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];

    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    const LEAF_0: &str = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
    const LEAF_1: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
    const LEAF_4: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
    const LEAF_6: &str = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f";
    const LEAVES_0_1: &str = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125";
    const LEAVES_2_3: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
    const LEAVES_4_5: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
    const LEAVES_6_7: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
    const LEAVES_0_3: &str = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7";
    const LEAVES_4_7: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";

    fn hashes() -> Vec<Hash> {
        LEAVES.iter().map(|bytes| leaf(bytes)).collect()
    }

    fn in_hex(hashes: &[Hash]) -> Vec<String> {
        hashes.iter().map(|hash| hex(hash)).collect()
    }

    #[test]
    fn the_roots_are_the_published_ones() {
        let all = hashes();
        for (size, expected) in ROOTS.iter().enumerate() {
            assert_eq!(hex(&root(&all[..size])), *expected, "{size} leaves");
        }
    }

    #[test]
    fn the_inclusion_proofs_are_the_published_ones() {
        let all = hashes();
        let tree = tree_of(&all);
        // Each as published, upwards, but in the order from left to right.
        for (leaf, size, expected) in [
            (0, 1, &[][..]),
            (0, 8, &[LEAF_1, LEAVES_2_3, LEAVES_4_7]),
            (5, 8, &[LEAVES_0_3, LEAF_4, LEAVES_6_7]),
            (2, 3, &[LEAVES_0_1]),
            (1, 5, &[LEAF_0, LEAVES_2_3, LEAF_4]),
        ] {
            let proof = tree.prove_inclusion(&[leaf], size, &all[..]).unwrap();
            assert_eq!(in_hex(&proof), expected, "leaf {leaf} of {size}");
            let root = tree.root_at(size, &all[..]).unwrap();
            assert!(verify_inclusion(&chosen(&all, &[leaf]), size, &proof, &root));
        }
    }

    #[test]
    fn the_consistency_proofs_are_the_published_ones() {
        let all = hashes();
        let tree = tree_of(&all);
        for (old, new, expected) in [
            (1, 1, &[][..]),
            (1, 8, &[LEAF_1, LEAVES_2_3, LEAVES_4_7]),
            (6, 8, &[LEAVES_4_5, LEAVES_6_7, LEAVES_0_3]),
            (2, 5, &[LEAVES_2_3, LEAF_4]),
            (6, 7, &[LEAVES_4_5, LEAF_6, LEAVES_0_3]),
        ] {
            let proof = tree.prove_consistency(old, new, &all[..]).unwrap();
            assert_eq!(in_hex(&proof), expected, "{old} to {new}");
        }
    }
}
