//! Roots and proofs: the vectors of others, and what holds of every size.

use crate::support::Numbers;
use proptest::prelude::*;
use proviso_proof::Hash;
use proviso_proof::tree::proof::{ConsistencyProof, InclusionProof, ProofError, consistency_ranges, inclusion_ranges};
use proviso_proof::tree::{Nodes, Peaks, Position, Range, Tree};
use proviso_rows::each_row;

fn leaf(at: u64) -> Hash {
    Hash::of_leaf(format!("leaf {at}").as_bytes())
}

fn tree(size: u64) -> Tree {
    Tree::of((0..size).map(leaf))
}

/// The root as RFC 6962, section 2.1, defines it: written once more, to compare with.
fn root_by_definition(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::EMPTY,
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            Hash::of_node(root_by_definition(left), root_by_definition(right))
        }
    }
}

/// The eight leaves and roots of certificate-transparency's own tests (`merkletree/merkle_tree_test.cc`), which many implementations share.
#[test]
fn the_roots_are_those_of_certificate_transparency() {
    let leaves = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut tree = Tree::default();
    for (leaf, root) in leaves.iter().zip(roots) {
        tree.push(Hash::of_leaf(&hex::decode(leaf).unwrap()));
        assert_eq!(tree.root().to_hex(), root, "{} leaves", tree.size());
    }
}

#[test]
fn every_way_to_the_root_is_the_definition() {
    let (mut pushed, mut peaks) = (Tree::default(), Peaks::default());
    for size in 0..300 {
        let leaves: Vec<Hash> = (0..size).map(leaf).collect();
        let root = root_by_definition(&leaves);
        assert_eq!(
            (pushed.root(), peaks.root(), tree(size).root()),
            (root, root, root),
            "{size} leaves"
        );
        assert_eq!(proviso_proof::tree::node::root(size, &pushed), Ok(root));
        pushed.push(leaf(size));
        peaks.push(leaf(size));
    }
}

/// As `golang.org/x/mod/sumdb/tlog` does in `TestTree`: all leaves of all trees, and each hash of each proof altered.
#[test]
fn all_proofs_of_small_trees_hold_and_none_that_was_altered_does() {
    for size in 1..=64 {
        let tree = tree(size);
        for at in 0..size {
            let proof = InclusionProof::make(at, size, &tree).unwrap();
            proof.verify(at, size, leaf(at), tree.root()).unwrap();
            assert_bad(&proof.0, |hashes| {
                InclusionProof(hashes).verify(at, size, leaf(at), tree.root())
            });
            assert!(proof.verify(at, size, leaf(at + 1), tree.root()).is_err());
            for other in (0..size).filter(|other| *other != at) {
                assert!(
                    proof.verify(other, size, leaf(at), tree.root()).is_err(),
                    "{at} as {other} of {size}"
                );
            }
        }
        for older in 0..=size {
            let root = root_by_definition(&(0..older).map(leaf).collect::<Vec<_>>());
            let proof = ConsistencyProof::make(older, size, &tree).unwrap();
            proof.verify((older, root), (size, tree.root())).unwrap();
            assert_bad(&proof.0, |hashes| {
                ConsistencyProof(hashes).verify((older, root), (size, tree.root()))
            });
            assert!(proof.verify((older, leaf(99)), (size, tree.root())).is_err());
            assert!(older == 0 || proof.verify((older, root), (size, leaf(99))).is_err());
            assert!(older == size || proof.verify((older + 1, root), (size, tree.root())).is_err());
        }
    }
}

/// Every proof with one bit turned, one hash less, one more, or two changed places is refused.
fn assert_bad(hashes: &[Hash], verify: impl Fn(Vec<Hash>) -> Result<(), ProofError>) {
    for at in 0..hashes.len() {
        let mut turned = hashes.to_vec();
        let mut bytes = *turned[at].as_bytes();
        bytes[at % 32] ^= 1 << (at % 8);
        turned[at] = Hash::from_bytes(bytes);
        assert!(matches!(verify(turned), Err(ProofError::Root { .. })));
        let mut dropped = hashes.to_vec();
        dropped.remove(at);
        assert!(matches!(verify(dropped), Err(ProofError::Length { .. })));
        if at > 0 {
            let mut swapped = hashes.to_vec();
            swapped.swap(at - 1, at);
            assert!(verify(swapped).is_err());
        }
    }
    let more = [hashes, &[leaf(7)]].concat();
    assert!(matches!(verify(more), Err(ProofError::Length { .. })));
}

/// Nodes of a tree of any size without its leaves: the hash of a node is made of its place. A proof over them holds no less.
struct Endless;

impl Nodes for Endless {
    type Error = std::convert::Infallible;

    fn node(&self, at: Position) -> Result<Hash, Self::Error> {
        // What stands over two others must be their node, down to a level that proofs of large trees reach.
        if at.level == 0 {
            return Ok(leaf(at.index));
        }
        let below = |index| {
            self.node(Position {
                level: at.level - 1,
                index,
            })
        };
        Ok(Hash::of_node(below(at.index * 2)?, below(at.index * 2 + 1)?))
    }
}

#[test]
fn the_port_is_asked_for_full_nodes_alone() {
    for (older, size) in [(1, 2), (3, 7), (8, 8), (100, 257), (255, 4096), (4095, 4097)] {
        let ranges = consistency_ranges(older, size).unwrap();
        let of_leaf = inclusion_ranges(older - 1, size).unwrap();
        for position in ranges.into_iter().chain(of_leaf).flat_map(Range::positions) {
            assert!((position.index + 1) << position.level <= size, "{position:?} of {size}");
        }
        let root = proviso_proof::tree::node::root(size, &Endless).unwrap();
        let old = proviso_proof::tree::node::root(older, &Endless).unwrap();
        let proof = ConsistencyProof::make(older, size, &Endless).unwrap();
        proof.verify((older, old), (size, root)).unwrap();
    }
}

#[test]
fn what_no_tree_has_is_refused() {
    let tree = tree(5);
    let root = tree.root();
    let sizes = |older, newer| Err(ProofError::Sizes { older, newer });
    each_row(
        [
            (5, 5),
            (7, 5),
            (0, 0),
            (u64::MAX, 5),
            (1, u64::MAX),
            (1 << 53, u64::MAX),
        ],
        |(index, size)| {
            let refused = Err(ProofError::NoSuchLeaf { index, size });
            assert_eq!(InclusionProof::default().root(index, size, root), refused);
            assert_eq!(
                InclusionProof::default().verify(index, size, root, root),
                refused.map(|_| ())
            );
        },
    );
    each_row([(6, 5), (u64::MAX, 0), (0, u64::MAX)], |(older, newer)| {
        let proof = ConsistencyProof::default();
        assert_eq!(proof.verify((older, root), (newer, root)), sizes(older, newer));
    });
    // Every tree continues the empty one, which has one root.
    let nothing = ConsistencyProof::default();
    assert_eq!(nothing.verify((0, Hash::EMPTY), (5, root)), Ok(()));
    assert!(nothing.verify((0, root), (5, root)).is_err());
    assert!(nothing.verify((0, Hash::EMPTY), (0, root)).is_err());
    assert!(
        ConsistencyProof(vec![root])
            .verify((0, Hash::EMPTY), (5, root))
            .is_err()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn proofs_over_random_sizes_hold(size in 1_u64..3_000, at in 0_u64..3_000, older in 0_u64..3_000, seed in any::<u64>()) {
        let (at, older) = (at % size, older % (size + 1));
        let tree = tree(size);
        let old = proviso_proof::tree::node::root(older, &tree).unwrap();
        let inclusion = InclusionProof::make(at, size, &tree).unwrap();
        prop_assert_eq!(inclusion.verify(at, size, leaf(at), tree.root()), Ok(()));
        let consistency = ConsistencyProof::make(older, size, &tree).unwrap();
        prop_assert_eq!(consistency.verify((older, old), (size, tree.root())), Ok(()));
        // As a proof of any other size, it holds for no other root than its own tree's.
        let mut numbers = Numbers(seed);
        let other = 1 + numbers.next() % 3_000;
        if other != size && at < other {
            let root = proviso_proof::tree::node::root(other, &Endless).unwrap();
            prop_assert!(inclusion.verify(at, other, leaf(at), root).is_err());
        }
        let fork = ConsistencyProof(consistency.0.clone());
        let mut bytes = *old.as_bytes();
        bytes[numbers.below(32)] ^= 1 << numbers.below(8);
        prop_assert!(fork.verify((older, Hash::from_bytes(bytes)), (size, tree.root())).is_err());
    }

    #[test]
    fn hostile_proofs_are_refused_and_end(index in any::<u64>(), size in any::<u64>(), older in any::<u64>(), hashes in 0_usize..200) {
        let hashes: Vec<Hash> = (0..hashes as u64).map(leaf).collect();
        let root = Hash::EMPTY;
        prop_assert!(InclusionProof(hashes.clone()).verify(index, size, leaf(0), root).is_err());
        let held = ConsistencyProof(hashes).verify((older, leaf(1)), (size, root));
        prop_assert!(held.is_err());
    }
}

/// A verifier with the mistake that is made most often: who forgets to count hashes takes a shorter path of another tree for a proof.
#[test]
fn a_verifier_that_does_not_count_hashes_is_told_from_ours() {
    let careless = |proof: &InclusionProof, index: u64, leaf: Hash, root: Hash| {
        let mut at = index;
        let hash = proof.0.iter().fold(leaf, |hash, beside| {
            let node = if at & 1 == 1 {
                Hash::of_node(*beside, hash)
            } else {
                Hash::of_node(hash, *beside)
            };
            at >>= 1;
            node
        });
        hash == root
    };
    let tree = tree(8);
    // An inner node passed off as a leaf: it stands at index 1 of the four pairs.
    let inner = tree.node(Position { level: 1, index: 1 }).unwrap();
    let honest = InclusionProof::make(2, 8, &tree).unwrap();
    let short = InclusionProof(honest.0[1..].to_vec());
    assert!(
        careless(&short, 1, inner, tree.root()),
        "the planted defect lets it pass"
    );
    let refused = short.verify(1, 8, inner, tree.root());
    assert_eq!(refused, Err(ProofError::Length { expected: 3, found: 2 }));
}
