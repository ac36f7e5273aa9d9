//! A log to try things on: small, of a seed, with keys of its own.

use proviso_proof::Hash;
use proviso_proof::commitment::{Commitment, Salt, Shown};
use proviso_proof::entry::{Entry, Value};
use proviso_proof::entry_proof::{EntryProof, Place};
use proviso_proof::leaf::Leaf;
use proviso_proof::note::{Checkpoint, KeyKind, KeyName, LogTrust, Note, SignerKey};
use proviso_proof::tree::Tree;
use proviso_proof::tree::proof::InclusionProof;

pub(crate) const ORIGIN: &str = "archive.example.com/log";
pub(crate) const START_MS: u64 = 1_760_000_000_000;

/// Numbers of a seed (splitmix64): the same on every machine.
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below a bound above 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

pub(crate) fn key(name: &str, kind: KeyKind) -> SignerKey {
    let seed = *Hash::of_leaf(name.as_bytes()).as_bytes();
    SignerKey::new(KeyName::new(name).unwrap(), kind, &seed).unwrap()
}

pub(crate) fn log_key() -> SignerKey {
    key(ORIGIN, KeyKind::Note)
}

pub(crate) fn trust() -> LogTrust {
    LogTrust::new(ORIGIN, log_key().verifier().clone()).unwrap()
}

pub(crate) fn signed(size: u64, root: Hash) -> Note {
    Checkpoint::new(ORIGIN, size, root).unwrap().sign(&log_key()).unwrap()
}

/// An entry with its salt, as an archive keeps it.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) salt: Salt,
    pub(crate) bytes: Vec<u8>,
}

impl Kept {
    pub(crate) fn of(number: u64, entry: &Entry) -> Self {
        let salt = Hash::of_leaf(&number.to_be_bytes());
        let salt = Salt::new(*salt.as_bytes().first_chunk().unwrap());
        Self {
            salt,
            bytes: entry.to_bytes(),
        }
    }

    pub(crate) fn commitment(&self) -> Commitment {
        Commitment::of(&self.salt, &self.bytes)
    }

    pub(crate) fn shown(&self) -> Shown {
        Shown::Kept {
            salt: self.salt,
            entry: Entry::from_bytes(&self.bytes).unwrap(),
        }
    }
}

pub(crate) fn judged(message: u64) -> Entry {
    let digest = |what: &str| {
        Value::Bytes(
            Hash::of_leaf(format!("{what} {message}").as_bytes())
                .as_bytes()
                .to_vec(),
        )
    };
    let message = Value::Integer(message as i64);
    let fields = [
        ("message", message),
        ("content", digest("content")),
        ("verdict", digest("verdict")),
    ];
    Entry::new("judged", fields).unwrap()
}

/// A transaction: its leaf, its commitments, and what is left of its entries.
#[derive(Clone)]
pub(crate) struct Transaction {
    pub(crate) leaf: Leaf,
    pub(crate) commitments: Vec<Commitment>,
    pub(crate) kept: Vec<Option<Kept>>,
}

impl Transaction {
    pub(crate) fn new(time_ms: u64, kept: Vec<Kept>) -> Self {
        let commitments: Vec<Commitment> = kept.iter().map(Kept::commitment).collect();
        let leaf = Leaf::new(time_ms, &commitments).unwrap();
        Self {
            leaf,
            commitments,
            kept: kept.into_iter().map(Some).collect(),
        }
    }
}

/// So many transactions of 1-5 entries; every seventh entry is erased.
pub(crate) fn transactions(count: u64) -> Vec<Transaction> {
    let mut number = 0;
    let transactions = (0..count).map(|at| {
        let kept = (0..=at % 5).map(|_| {
            number += 1;
            Kept::of(number, &judged(number))
        });
        let mut transaction = Transaction::new(START_MS + at, kept.collect());
        for (place, kept) in transaction.kept.iter_mut().enumerate() {
            if (at as usize + place) % 7 == 3 {
                *kept = None;
            }
        }
        transaction
    });
    transactions.collect()
}

pub(crate) fn tree(transactions: &[Transaction]) -> Tree {
    Tree::of(transactions.iter().map(|transaction| transaction.leaf.hash()))
}

/// The proof of an entry in the log of all transactions.
pub(crate) fn entry_proof(transactions: &[Transaction], leaf: u64, entry: u32) -> EntryProof {
    let transaction = &transactions[leaf as usize];
    let inclusion = InclusionProof::make(leaf, transactions.len() as u64, &tree(transactions)).unwrap();
    let erased = || Shown::Erased(transaction.commitments[entry as usize]);
    let shown = transaction.kept[entry as usize]
        .as_ref()
        .map_or_else(erased, Kept::shown);
    let place = Place { leaf, entry };
    EntryProof::new(shown, place, &transaction.commitments, transaction.leaf, inclusion).unwrap()
}
