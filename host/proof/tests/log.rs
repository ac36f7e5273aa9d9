//! The check of a whole log.

use crate::support::{Kept, ORIGIN, START_MS, Transaction, judged, transactions, tree};
use proviso_proof::Hash;
use proviso_proof::commitment::Commitment;
use proviso_proof::leaf::LEAF_BYTES;
use proviso_proof::log_check::{FAULTS_NAMED_MAX, LogCheck, LogFault, LogReport, ReadEntry, ReadLeaf};
use proviso_proof::note::Checkpoint;
use proviso_proof::tree::{Peaks, Tree};
use proviso_rows::each_named_row;
use std::time::Instant;

fn checkpoint(size: u64, root: Hash) -> Checkpoint {
    Checkpoint::new(ORIGIN, size, root).unwrap()
}

/// A log as it is stored: what the check is given.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) leaves: Vec<(u64, [u8; LEAF_BYTES])>,
    pub(crate) tiles: Vec<Hash>,
    pub(crate) commitments: Vec<Vec<Commitment>>,
    pub(crate) kept: Vec<Vec<Option<Kept>>>,
    pub(crate) checkpoints: Vec<Checkpoint>,
}

impl Stored {
    pub(crate) fn of(transactions: &[Transaction], sizes: &[u64]) -> Self {
        let whole = tree(transactions);
        let root = |size| proviso_proof::tree::node::root(size, &whole).unwrap();
        Self {
            leaves: (0..)
                .zip(transactions)
                .map(|(at, transaction)| (at, transaction.leaf.to_bytes()))
                .collect(),
            tiles: transactions.iter().map(|transaction| transaction.leaf.hash()).collect(),
            commitments: transactions
                .iter()
                .map(|transaction| transaction.commitments.clone())
                .collect(),
            kept: transactions
                .iter()
                .map(|transaction| transaction.kept.clone())
                .collect(),
            checkpoints: sizes.iter().map(|size| checkpoint(*size, root(*size))).collect(),
        }
    }

    pub(crate) fn check(&self) -> LogReport {
        let mut check = LogCheck::new(&self.checkpoints);
        for (at, (index, data)) in self.leaves.iter().enumerate() {
            let kept = self.kept.get(at).into_iter().flatten().enumerate();
            let entries: Vec<ReadEntry<'_>> = kept
                .filter_map(|(place, kept)| {
                    let Kept { salt, bytes } = kept.as_ref()?;
                    Some(ReadEntry {
                        place: place as u32,
                        salt: *salt,
                        bytes,
                    })
                })
                .collect();
            check.add(&ReadLeaf {
                index: *index,
                data,
                hash: self.tiles.get(at).copied(),
                commitments: self.commitments.get(at).map(Vec::as_slice),
                entries: &entries,
            });
        }
        check.finish()
    }

    /// Without tiles and entries: what a checkpoint alone shows.
    fn bare(&self) -> Self {
        let (tiles, commitments, kept) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            tiles,
            commitments,
            kept,
            ..self.clone()
        }
    }
}

const SIZES: [u64; 4] = [0, 10, 33, 60];

#[test]
fn a_whole_log_has_no_fault() {
    let all = transactions(64);
    let stored = Stored::of(&all, &SIZES);
    let report = stored.check();
    assert!(report.is_whole(), "{report:?}");
    let count = |of: fn(&Transaction) -> usize| all.iter().map(of).sum::<usize>() as u64;
    let kept = count(|transaction| transaction.kept.iter().flatten().count());
    assert_eq!(report.entries, count(|transaction| transaction.commitments.len()));
    assert_eq!((report.leaves, report.entries_kept, report.unsigned), (64, kept, 4));
    assert!(kept < report.entries, "some are erased");
    assert_eq!(report.root, tree(&all).root());
    let report = stored.bare().check();
    assert!(report.is_whole() && report.entries_kept == 0);
    // Nobody vouches for a log without checkpoints: it has no fault, and all of it is unsigned.
    let report = Stored {
        checkpoints: Vec::new(),
        ..stored.clone()
    }
    .check();
    assert_eq!((report.is_whole(), report.unsigned), (true, 64));
    let mut backwards = stored;
    backwards.checkpoints.reverse();
    assert!(backwards.check().is_whole());
}

#[test]
fn the_first_fault_names_its_place() {
    type Row = (&'static str, fn(&mut Stored), fn(&LogFault) -> bool);
    let rows: [Row; 12] = [
        (
            "a leaf altered, and a tile beside it",
            |stored| stored.leaves[17].1[20] ^= 1,
            |fault| matches!(fault, LogFault::Commitments { leaf: 17, .. }),
        ),
        (
            "its time altered",
            |stored| stored.leaves[17].1[8] ^= 1,
            |fault| matches!(fault, LogFault::Tile { leaf: 17, .. }),
        ),
        (
            "a tile altered",
            |stored| stored.tiles[5] = Hash::EMPTY,
            |fault| matches!(fault, LogFault::Tile { leaf: 5, .. }),
        ),
        (
            "a leaf of another form",
            |stored| stored.leaves[3].1[0] = 9,
            |fault| matches!(fault, LogFault::Leaf { leaf: 3, .. }),
        ),
        (
            "a leaf dropped",
            |stored| {
                stored.leaves.remove(8);
            },
            |fault| matches!(fault, LogFault::Order { expected: 8, found: 9 }),
        ),
        (
            "two leaves exchanged",
            |stored| stored.leaves.swap(8, 9),
            |fault| matches!(fault, LogFault::Order { expected: 8, found: 9 }),
        ),
        (
            "a leaf twice",
            |stored| stored.leaves.insert(8, stored.leaves[7]),
            |fault| matches!(fault, LogFault::Order { expected: 8, found: 7 }),
        ),
        (
            "an entry altered",
            |stored| stored.kept[9][0].as_mut().unwrap().bytes[30] ^= 1,
            |fault| matches!(fault, LogFault::Entry { leaf: 9, entry: 0 }),
        ),
        (
            "an entry of no form",
            |stored| stored.kept[9][0].as_mut().unwrap().bytes[0] = 7,
            |fault| matches!(fault, LogFault::EntryForm { leaf: 9, entry: 0, .. }),
        ),
        (
            "an entry moved",
            |stored| stored.kept[9].swap(0, 1),
            |fault| matches!(fault, LogFault::Entry { leaf: 9, .. }),
        ),
        (
            "a commitment dropped",
            |stored| {
                stored.commitments[9].pop();
            },
            |fault| {
                matches!(
                    fault,
                    LogFault::Commitments {
                        leaf: 9,
                        expected: 5,
                        found: 4
                    }
                )
            },
        ),
        (
            "the log cut",
            |stored| stored.leaves.truncate(50),
            |fault| matches!(fault, LogFault::Short { leaves: 50, size: 60 }),
        ),
    ];
    let stored = Stored::of(&transactions(64), &SIZES);
    each_named_row(
        rows.map(|(name, alter, fits)| (name, (alter, fits))),
        |(alter, fits)| {
            let mut altered = stored.clone();
            alter(&mut altered);
            let report = altered.check();
            assert!(report.faults.first().is_some_and(fits), "{:?}", report.faults);
        },
    );
}

/// Whoever alters the database alters tiles, commitments and entries with it: the checkpoints are left to say so.
#[test]
fn what_was_altered_throughout_is_told_by_the_checkpoint_behind_it() {
    let all = transactions(64);
    let honest = Stored::of(&all, &SIZES);
    let mut forged = all.clone();
    forged[20] = Transaction::new(START_MS + 20, vec![Kept::of(999, &judged(999))]);
    let forged = Stored {
        checkpoints: honest.checkpoints.clone(),
        ..Stored::of(&forged, &[])
    };
    let altered = |from, size| move |fault: &LogFault| matches!(fault, LogFault::Altered { from: f, size: s, .. } if (*f, *s) == (from, size));
    let faults = forged.check().faults;
    assert!(
        faults.len() == 2 && altered(10, 33)(&faults[0]) && altered(10, 60)(&faults[1]),
        "{faults:?}"
    );
    // The same with a new checkpoint: the log's key signed two histories. The old checkpoint, which a witness has, says so.
    let mut resigned = forged.clone();
    resigned.checkpoints[3] = checkpoint(60, Tree::of(forged.tiles[..60].iter().copied()).root());
    let faults = resigned.check().faults;
    assert!(
        matches!(
            faults[..],
            [LogFault::Fork {
                size: 33,
                newer: 60,
                ..
            }]
        ),
        "{faults:?}"
    );
    // Two checkpoints of one size: one of them is a fork.
    let mut both = honest.clone();
    both.checkpoints.push(resigned.checkpoints[3].clone());
    assert!(matches!(
        both.check().faults[..],
        [LogFault::Fork {
            size: 60,
            newer: 60,
            ..
        }]
    ));
    // A leaf behind the newest checkpoint is vouched for by nobody, and the report counts it.
    let mut behind = all;
    behind.truncate(61);
    behind[60] = Transaction::new(START_MS, vec![Kept::of(999, &judged(999))]);
    let behind = Stored {
        checkpoints: honest.checkpoints.clone(),
        ..Stored::of(&behind, &[])
    }
    .check();
    assert_eq!((behind.is_whole(), behind.unsigned), (true, 1));
}

/// The check must be able to fail where it looks, and nowhere else: without the part that is left out, the defect passes.
#[test]
fn each_part_of_the_check_is_needed() {
    let stored = Stored::of(&transactions(64), &SIZES);
    let mut entry = stored.clone();
    entry.kept[9][0].as_mut().unwrap().bytes[30] ^= 1;
    assert!(!entry.check().is_whole());
    assert!(
        entry.bare().check().is_whole(),
        "a check without entries does not see it"
    );
    let mut leaf = stored.bare();
    leaf.leaves[40].1[8] ^= 1;
    assert!(!leaf.check().is_whole());
    leaf.checkpoints.pop();
    assert!(
        leaf.check().is_whole(),
        "a check without the checkpoint behind it does not see it"
    );
}

#[test]
fn faults_are_counted_and_few_are_named() {
    let mut stored = Stored::of(&transactions(200), &[200]);
    stored.tiles.fill(Hash::EMPTY);
    let report = stored.check();
    assert_eq!((report.faults_count, report.faults.len()), (200, FAULTS_NAMED_MAX));
}

/// 1,000,000 transactions of one entry each, the most costly form of a log: `cargo test --release -p proviso-proof million -- --nocapture`
/// prints the rate.
#[test]
fn a_log_of_a_million_entries_is_verified_within_a_minute() {
    const ENTRIES: u64 = 1_000_000;
    let of = |at: u64| Kept::of(at, &judged(at));
    let leaf = |at: u64, kept: &Kept| {
        let commitment = kept.commitment();
        (
            commitment,
            proviso_proof::leaf::Leaf::new(START_MS + at, &[commitment]).unwrap(),
        )
    };
    let mut peaks = Peaks::default();
    peaks.extend((0..ENTRIES).map(|at| leaf(at, &of(at)).1.hash()));
    let mut check = LogCheck::new([&checkpoint(ENTRIES, peaks.root())]);
    let mut spent = std::time::Duration::ZERO;
    let mut bytes = 0;
    for at in 0..ENTRIES {
        let kept = of(at);
        let (commitment, leaf) = leaf(at, &kept);
        let (data, entry) = (
            leaf.to_bytes(),
            ReadEntry {
                place: 0,
                salt: kept.salt,
                bytes: &kept.bytes,
            },
        );
        bytes += kept.bytes.len() + data.len();
        let begun = Instant::now();
        check.add(&ReadLeaf {
            index: at,
            data: &data,
            hash: None,
            commitments: Some(&[commitment]),
            entries: &[entry],
        });
        spent += begun.elapsed();
    }
    let report = check.finish();
    assert!(report.is_whole() && report.entries_kept == ENTRIES);
    let seconds = spent.as_secs_f64();
    println!(
        "{ENTRIES} entries, {bytes} bytes: {seconds:.2} s, {:.0} entries/s",
        ENTRIES as f64 / seconds
    );
    assert!(seconds < 60.0, "{seconds} s");
}
