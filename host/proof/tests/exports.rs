//! Exports: written and verified in memory.

use crate::support::{Numbers, Transaction, signed, transactions, tree, trust};
use proviso_proof::Hash;
use proviso_proof::export::{CHECKPOINT, ExportError, Exported, Files, verify, write_entries};
use proviso_proof::tree::Edge;
use proviso_proof::tree::tile::{TileId, to_bundle, to_bytes};
use std::collections::BTreeMap;
use std::convert::Infallible;

const LEAVES: u64 = 600;

#[derive(Clone)]
struct Memory(BTreeMap<String, Vec<u8>>);

impl Files for Memory {
    type Error = Infallible;

    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.0.get(path).cloned())
    }
}

fn export(transactions: &[Transaction]) -> Memory {
    let (mut files, mut edge) = (BTreeMap::new(), Edge::new());
    for transaction in transactions {
        let appended = edge.append(Hash::of_leaf(&transaction.leaf.to_bytes())).unwrap();
        for (id, hashes) in appended.full_tiles() {
            files.insert(id.path(), to_bytes(hashes));
        }
        edge.accept(appended).unwrap();
    }
    for (id, hashes) in edge.partial_tiles() {
        files.insert(id.path(), to_bytes(hashes));
    }
    for (index, leaves) in (0..).zip(transactions.chunks(256)) {
        let id = TileId::new(0, index, leaves.len() as u16).unwrap();
        let data: Vec<_> = leaves.iter().map(|transaction| transaction.leaf.to_bytes()).collect();
        files.insert(id.bundle_path(), to_bundle(data.iter().map(|data| &data[..])).unwrap());
        let mut bytes = Vec::new();
        for transaction in leaves {
            let entries: Vec<Exported<'_>> = transaction
                .commitments
                .iter()
                .zip(&transaction.kept)
                .map(|(commitment, kept)| Exported {
                    commitment: *commitment,
                    kept: kept.as_ref().map(|kept| (kept.salt, &kept.bytes[..])),
                })
                .collect();
            write_entries(&entries, &mut bytes);
        }
        files.insert(id.entries_path(), bytes);
    }
    let note = signed(transactions.len() as u64, tree(transactions).root());
    files.insert(CHECKPOINT.to_owned(), note.to_string().into_bytes());
    Memory(files)
}

#[test]
fn an_export_is_verified_without_the_archive() {
    let report = verify(&export(&transactions(LEAVES)), &trust()).unwrap();
    assert!(report.is_whole(), "{:?} {:?}", report.faults, report.log.faults);
    assert_eq!((report.log.leaves, report.log.unsigned), (LEAVES, 0));
    assert_eq!(report.kinds["judged"], report.log.entries_kept);
    assert!(report.log.entries > report.log.entries_kept, "some are erased");
    let files = export(&[]);
    assert_eq!(verify(&files, &trust()).unwrap().log.leaves, 0);
    assert!(matches!(
        verify(&Memory(BTreeMap::new()), &trust()),
        Err(ExportError::NoCheckpoint)
    ));
}

#[test]
fn every_alteration_of_an_export_is_found() {
    let honest = export(&transactions(LEAVES));
    let paths: Vec<&String> = honest.0.keys().collect();
    assert_eq!(paths.len(), 11, "{paths:?}");
    for seed in 0..1_000 {
        let (mut numbers, mut files) = (Numbers(seed), honest.clone());
        let path = paths[numbers.below(paths.len())].clone();
        let bytes = files.0.get_mut(&path).unwrap();
        let at = numbers.below(bytes.len());
        let what = match numbers.below(5) {
            0 => {
                bytes.truncate(at);
                "cut"
            }
            1 => {
                files.0.remove(&path);
                "removed"
            }
            2 => {
                bytes.push(0);
                "longer"
            }
            _ => {
                bytes[at] ^= 1 << numbers.below(8);
                "a bit"
            }
        };
        let found = verify(&files, &trust()).map_or(true, |report| !report.is_whole());
        assert!(found, "{seed}: {path} {what} at {at}");
    }
}
