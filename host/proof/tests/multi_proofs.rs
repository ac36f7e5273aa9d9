//! One proof for many leaves leads to the same root as one for each, and nothing of it may be another.

use proptest::prelude::*;
use proviso_proof::Hash;
use proviso_proof::tree::Tree;
use proviso_proof::tree::multi::MultiProof;
use proviso_proof::tree::proof::{InclusionProof, ProofError};

fn leaf(index: u64) -> Hash {
    Hash::of_leaf(&index.to_be_bytes())
}

fn tree(size: u64) -> Tree {
    Tree::of((0..size).map(leaf))
}

fn leaves(size: u64, chosen: &[u64]) -> Vec<(u64, Hash)> {
    let mut chosen: Vec<u64> = chosen.iter().map(|index| index % size).collect();
    chosen.sort_unstable();
    chosen.dedup();
    chosen.into_iter().map(|index| (index, leaf(index))).collect()
}

fn proof(size: u64, leaves: &[(u64, Hash)]) -> MultiProof {
    let indices: Vec<u64> = leaves.iter().map(|(index, _)| *index).collect();
    MultiProof::make(&indices, size, &tree(size)).unwrap()
}

proptest! {
    #[test]
    fn many_leaves_lead_to_the_root(size in 1_u64..600, chosen in prop::collection::vec(any::<u64>(), 1..40)) {
        let leaves = leaves(size, &chosen);
        let proof = proof(size, &leaves);
        prop_assert_eq!(proof.root(&leaves, size), Ok(tree(size).root()));
        let apart: usize = leaves
            .iter()
            .map(|(index, _)| InclusionProof::make(*index, size, &tree(size)).unwrap().0.len())
            .sum();
        prop_assert!(proof.0.len() <= apart);
    }

    #[test]
    fn another_leaf_or_hash_leads_elsewhere(
        size in 2_u64..300,
        chosen in prop::collection::vec(any::<u64>(), 1..20),
        at in any::<prop::sample::Index>(),
    ) {
        let leaves = leaves(size, &chosen);
        let whole = proof(size, &leaves);
        let root = tree(size).root();
        let mut other = leaves.clone();
        let place = at.index(other.len());
        other[place].1 = leaf(size + 7);
        prop_assert_ne!(whole.root(&other, size), Ok(root));
        if !whole.0.is_empty() {
            let place = at.index(whole.0.len());
            let mut altered = whole.clone();
            altered.0[place] = leaf(size + 7);
            prop_assert_ne!(altered.root(&leaves, size), Ok(root));
            let mut shorter = whole.clone();
            shorter.0.remove(place);
            prop_assert!(shorter.root(&leaves, size).is_err());
        }
        let mut longer = whole.clone();
        longer.0.push(leaf(0));
        let wrong_length = matches!(longer.root(&leaves, size), Err(ProofError::Length { .. }));
        prop_assert!(wrong_length);
    }
}

#[test]
fn leaves_out_of_order_or_out_of_the_tree_are_refused() {
    let proof = MultiProof::default();
    let at = |indices: &[u64], size| {
        let leaves: Vec<_> = indices.iter().map(|index| (*index, leaf(*index))).collect();
        proof.root(&leaves, size)
    };
    assert_eq!(at(&[], 1), Err(ProofError::Order(0)));
    assert_eq!(at(&[1, 0], 2), Err(ProofError::Order(0)));
    assert_eq!(at(&[1, 1], 2), Err(ProofError::Order(1)));
    assert_eq!(at(&[2], 2), Err(ProofError::NoSuchLeaf { index: 2, size: 2 }));
    assert_eq!(
        at(&[0], u64::MAX),
        Err(ProofError::NoSuchLeaf {
            index: 0,
            size: u64::MAX
        })
    );
    assert_eq!(at(&[0, 1], 2), Ok(tree(2).root()));
}
