//! 10,000 alterations of a log and of what is given away of it, each of a seed, and each seen.

use crate::log::Stored;
use crate::support::{
    Kept, Numbers, START_MS, Transaction, entry_proof, judged, key, signed, transactions, tree, trust,
};
use proviso_proof::Hash;
use proviso_proof::json::EntryProofDocument;
use proviso_proof::note::{Checkpoint, KeyKind, Note, Signature, SignerKey};
use proviso_proof::tree::Tree;
use proviso_proof::tree::proof::{ConsistencyProof, InclusionProof};
use std::collections::BTreeMap;

const ALTERATIONS: u64 = 10_000;
const LEAVES: u64 = 48;
/// Every leaf stands before a checkpoint.
const SIZES: [u64; 3] = [5, 30, LEAVES];

/// What is altered: a honest log, and what was given away of it.
struct Honest {
    transactions: Vec<Transaction>,
    stored: Stored,
    tree: Tree,
    note: String,
    witness: SignerKey,
    documents: Vec<String>,
}

impl Honest {
    fn new() -> Self {
        let transactions = transactions(LEAVES);
        let tree = tree(&transactions);
        let stored = Stored::of(&transactions, &SIZES);
        let witness = key("w.example/1", KeyKind::Cosignature);
        let mut note = signed(LEAVES, tree.root());
        let cosigned = witness.cosign(note.text(), 1_760_000_000).unwrap();
        note.add(Signature::new(witness.verifier(), cosigned)).unwrap();
        let note = note.to_string();
        let documents = [(0, 0), (17, 1), (20, 0), (47, 2)].map(|(leaf, entry)| {
            let proof = entry_proof(&transactions, leaf, entry);
            EntryProofDocument {
                proof,
                checkpoint: note.clone(),
            }
            .to_json()
        });
        Self {
            transactions,
            stored,
            tree,
            note,
            witness,
            documents: documents.to_vec(),
        }
    }

    fn opens(&self, note: &[u8]) -> bool {
        let trust = trust()
            .with_witnesses(vec![self.witness.verifier().clone()], 1)
            .unwrap();
        trust.open(note).is_ok()
    }

    fn document_holds(text: &str) -> bool {
        EntryProofDocument::from_json(text).is_ok_and(|document| document.verify(&trust()).is_ok())
    }
}

/// One alteration: its family, and whether it went unseen.
fn alter(honest: &Honest, numbers: &mut Numbers) -> (&'static str, bool) {
    let leaf = numbers.below(LEAVES as usize);
    let mut stored = honest.stored.clone();
    match numbers.below(18) {
        0 => {
            stored.leaves[leaf].1[numbers.below(45)] ^= 1 << numbers.below(8);
            ("bit of a leaf", stored.check().is_whole())
        }
        1 => {
            stored.tiles[leaf] = turned(stored.tiles[leaf], numbers);
            ("bit of a tile", stored.check().is_whole())
        }
        2 => {
            let commitments = &mut stored.commitments[leaf];
            let at = numbers.below(commitments.len());
            let altered = turned(commitments[at].hash(), numbers);
            commitments[at] = proviso_proof::commitment::Commitment::from_hash(altered);
            ("bit of a commitment", stored.check().is_whole())
        }
        3 => {
            let Some(kept) = stored.kept[leaf].iter_mut().flatten().next() else {
                return alter(honest, numbers);
            };
            let at = numbers.below(kept.bytes.len());
            kept.bytes[at] ^= 1 << numbers.below(8);
            ("bit of an entry", stored.check().is_whole())
        }
        4 => {
            let Some(kept) = stored.kept[leaf].iter_mut().flatten().next() else {
                return alter(honest, numbers);
            };
            let mut salt = *kept.salt.as_bytes();
            salt[numbers.below(16)] ^= 1 << numbers.below(8);
            kept.salt = proviso_proof::commitment::Salt::new(salt);
            ("bit of a salt", stored.check().is_whole())
        }
        5 => {
            drop_leaf(&mut stored, leaf, numbers.below(2) == 0);
            ("leaf dropped", stored.check().is_whole())
        }
        6 => {
            let other = numbers.below(LEAVES as usize);
            if other == leaf {
                return alter(honest, numbers);
            }
            // With everything that belongs to them, and their places put right: the order alone is another.
            stored.leaves.swap(leaf, other);
            (stored.leaves[leaf].0, stored.leaves[other].0) = (leaf as u64, other as u64);
            stored.tiles.swap(leaf, other);
            stored.commitments.swap(leaf, other);
            stored.kept.swap(leaf, other);
            ("leaves exchanged", stored.check().is_whole())
        }
        7 => {
            let all = stored.leaves.len();
            stored.leaves.truncate(all - 1 - numbers.below(all - 1));
            ("log cut", stored.check().is_whole())
        }
        8 => {
            // Another history from some leaf on, consistent in itself.
            let mut forged = honest.transactions.clone();
            forged[leaf] = Transaction::new(START_MS, vec![Kept::of(numbers.next(), &judged(numbers.next() >> 1))]);
            let mut forged = Stored::of(&forged, &SIZES);
            forged.checkpoints = match numbers.below(3) {
                // The checkpoints that a witness has, or one of them among new ones.
                0 => stored.checkpoints,
                // The one with all leaves is of the honest history for sure.
                _ => vec![forged.checkpoints[1].clone(), stored.checkpoints[2].clone()],
            };
            ("fork", forged.check().is_whole())
        }
        9 => {
            // An old database put back: it is whole, and behind what a witness signed.
            let size = numbers.below(LEAVES as usize) as u64;
            let old = Stored::of(&honest.transactions[..size as usize], &[]);
            let old = Stored {
                checkpoints: stored.checkpoints,
                ..old
            };
            ("old snapshot", old.check().is_whole())
        }
        10 => {
            let kept = &mut stored.kept[leaf];
            let places = kept.len();
            if places < 2 || kept[0].is_none() && kept[1].is_none() {
                return alter(honest, numbers);
            }
            kept.swap(0, 1);
            ("entries exchanged", stored.check().is_whole())
        }
        11 => {
            let mut note = honest.note.clone().into_bytes();
            let at = numbers.below(note.len());
            note[at] ^= 1 << numbers.below(8);
            ("bit of a checkpoint", honest.opens(&note))
        }
        12 => {
            let note = &honest.note.as_bytes()[..numbers.below(honest.note.len())];
            ("checkpoint cut", honest.opens(note))
        }
        13 => {
            let seed = *Hash::of_leaf(&numbers.next().to_be_bytes()).as_bytes();
            let name = proviso_proof::note::KeyName::new(crate::support::ORIGIN).unwrap();
            let wrong = SignerKey::new(name, KeyKind::Note, &seed).unwrap();
            let checkpoint = Checkpoint::new(crate::support::ORIGIN, LEAVES, honest.tree.root()).unwrap();
            let mut note: Note = checkpoint.sign(&wrong).unwrap();
            let cosigned = honest.witness.cosign(note.text(), 1 + numbers.next() / 4).unwrap();
            note.add(Signature::new(honest.witness.verifier(), cosigned)).unwrap();
            ("wrong key", honest.opens(note.to_string().as_bytes()))
        }
        14 => {
            let document = &honest.documents[numbers.below(honest.documents.len())];
            let mut bytes = document.clone().into_bytes();
            let at = numbers.below(bytes.len());
            bytes[at] ^= 1 << numbers.below(8);
            // The witness's line is for who knows the witness; this verifier does not, and may not see it.
            let from = document.find("w.example/1").unwrap() - "\u{2014} ".len();
            let unknown = from..from + "\u{2014} w.example/1 ".len() + 4 * 76_usize.div_ceil(3);
            if unknown.contains(&at) {
                return alter(honest, numbers);
            }
            let holds = String::from_utf8(bytes).is_ok_and(|text| Honest::document_holds(&text));
            ("bit of a proof", holds)
        }
        15 => {
            let document = &honest.documents[numbers.below(honest.documents.len())];
            let cut = String::from_utf8_lossy(&document.as_bytes()[..numbers.below(document.len())]).into_owned();
            ("proof cut", Honest::document_holds(&cut))
        }
        16 => {
            let proof = InclusionProof::make(leaf as u64, LEAVES, &honest.tree).unwrap();
            let hashes = altered_path(&proof.0, numbers);
            let hash = honest.stored.tiles[leaf];
            let held = InclusionProof(hashes).verify(leaf as u64, LEAVES, hash, honest.tree.root());
            ("inclusion", held.is_ok())
        }
        _ => {
            let older = 1 + leaf as u64 % (LEAVES - 1);
            let proof = ConsistencyProof::make(older, LEAVES, &honest.tree).unwrap();
            let root = proviso_proof::tree::node::root(older, &honest.tree).unwrap();
            let hashes = altered_path(&proof.0, numbers);
            let held = ConsistencyProof(hashes).verify((older, root), (LEAVES, honest.tree.root()));
            ("consistency", held.is_ok())
        }
    }
}

/// Takes a leaf out, with a hole where it was or with the places behind it put right.
fn drop_leaf(stored: &mut Stored, leaf: usize, renumbered: bool) {
    stored.leaves.remove(leaf);
    stored.tiles.remove(leaf);
    stored.commitments.remove(leaf);
    stored.kept.remove(leaf);
    if renumbered {
        (0..).zip(&mut stored.leaves).for_each(|(at, (index, _))| *index = at);
    }
}

fn turned(hash: Hash, numbers: &mut Numbers) -> Hash {
    let mut bytes = *hash.as_bytes();
    bytes[numbers.below(32)] ^= 1 << numbers.below(8);
    Hash::from_bytes(bytes)
}

/// A path with a bit turned, a hash dropped, two exchanged, or one more.
fn altered_path(hashes: &[Hash], numbers: &mut Numbers) -> Vec<Hash> {
    let mut hashes = hashes.to_vec();
    let at = numbers.below(hashes.len());
    match numbers.below(4) {
        0 => hashes[at] = turned(hashes[at], numbers),
        1 => drop(hashes.remove(at)),
        2 if at > 0 => hashes.swap(at - 1, at),
        _ => hashes.insert(at, Hash::of_leaf(&numbers.next().to_be_bytes())),
    }
    hashes
}

#[test]
fn every_alteration_is_seen() {
    let honest = Honest::new();
    assert!(honest.stored.check().is_whole(), "what is not altered is whole");
    assert!(honest.opens(honest.note.as_bytes()));
    assert!(honest.documents.iter().all(|document| Honest::document_holds(document)));
    let mut families: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for seed in 0..ALTERATIONS {
        let (family, unseen) = alter(&honest, &mut Numbers(seed));
        let (tried, passed) = families.entry(family).or_default();
        *tried += 1;
        *passed += u64::from(unseen);
    }
    println!("{families:?}");
    assert_eq!(families.len(), 18, "{families:?}");
    assert!(families.values().all(|(tried, _)| *tried > 100), "{families:?}");
    assert!(
        families.values().all(|(_, unseen)| *unseen == 0),
        "unseen: {families:?}"
    );
}

/// The table must be able to fail: a check that looks at the leaves' order and form alone lets most alterations pass.
#[test]
fn a_check_that_believes_the_database_sees_few_alterations() {
    let mut honest = Honest::new();
    honest.stored.checkpoints.clear();
    honest.stored.tiles.clear();
    honest.stored.commitments.clear();
    honest.stored.kept.clear();
    let mut unseen = 0;
    for seed in 0..500 {
        let mut numbers = Numbers(seed);
        let mut stored = honest.stored.clone();
        stored.leaves[numbers.below(LEAVES as usize)].1[13 + numbers.below(32)] ^= 1;
        unseen += u64::from(stored.check().is_whole());
    }
    assert_eq!(unseen, 500, "the planted defect");
}
