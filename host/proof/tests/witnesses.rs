//! What a witness signs and what it does not.

use crate::support::{ORIGIN, key, log_key, signed, trust};
use proviso_proof::Hash;
use proviso_proof::note::checkpoint::CheckpointError;
use proviso_proof::note::witness::{Request, WitnessError, witness};
use proviso_proof::note::{Checkpoint, KeyKind};
use proviso_proof::tree::Tree;
use proviso_proof::tree::proof::ConsistencyProof;
use proviso_rows::each_row;

fn tree(size: u64) -> Tree {
    Tree::of((0..size).map(|at: u64| Hash::of_leaf(&at.to_be_bytes())))
}

fn request(older: u64, newer: u64) -> Request {
    let tree = tree(newer);
    let proof = ConsistencyProof::make(older, newer, &tree).unwrap();
    Request {
        old_size: older,
        proof,
        note: signed(newer, tree.root()).to_string(),
    }
}

fn checkpoint(size: u64) -> Checkpoint {
    Checkpoint::new(ORIGIN, size, tree(size).root()).unwrap()
}

#[test]
fn a_witness_signs_what_continues_the_last_and_who_believes_it_reads_that() {
    let signer = key("w.example/1", KeyKind::Cosignature);
    let mut last: Option<Checkpoint> = None;
    for newer in [0, 0, 1, 7, 7, 300] {
        let old = last.as_ref().map_or(0, Checkpoint::size);
        let sent = request(old, newer).to_text();
        let asked = Request::from_text(&sent).unwrap();
        assert_eq!(asked.to_text(), sent);
        let (verified, signature) = witness(&asked, last.as_ref(), &trust(), &signer, 1_700_000_000).unwrap();
        let mut note = verified.note().clone();
        note.add(signature).unwrap();
        let believed = trust().with_witnesses(vec![signer.verifier().clone()], 1).unwrap();
        assert_eq!(believed.verify(note).unwrap().checkpoint().size(), newer);
        last = Some(verified.checkpoint().clone());
    }
}

#[test]
fn a_witness_refuses_forks_stale_requests_and_strangers() {
    let signer = key("w.example/1", KeyKind::Cosignature);
    let ask = |request: &Request, last: Option<&Checkpoint>| witness(request, last, &trust(), &signer, 1).unwrap_err();
    let last = checkpoint(12);
    let stale = |asked, last| WitnessError::Stale { asked, last };
    assert_eq!(ask(&request(0, 20), Some(&last)), stale(0, 12));
    assert_eq!(ask(&request(11, 20), Some(&last)), stale(11, 12));
    assert_eq!(ask(&request(12, 20), None), stale(12, 0));
    let forked = |error| matches!(error, WitnessError::Checkpoint(CheckpointError::Fork { .. }));
    // Another history of the same size, a smaller log, an old database put back.
    let fork = Checkpoint::new(ORIGIN, 12, Hash::of_leaf(b"fork")).unwrap();
    assert!(forked(ask(&request(12, 20), Some(&fork))));
    assert!(forked(ask(&request(12, 12), Some(&fork))));
    let smaller = Request {
        old_size: 12,
        ..request(0, 9)
    };
    assert!(forked(ask(&smaller, Some(&last))));
    let without = Request {
        proof: ConsistencyProof::default(),
        ..request(12, 20)
    };
    assert!(forked(ask(&without, Some(&last))));
    let stranger = checkpoint(20).sign(&key("stranger.example", KeyKind::Note)).unwrap();
    let unsigned = Request {
        note: stranger.to_string(),
        ..request(12, 20)
    };
    assert!(matches!(
        ask(&unsigned, Some(&last)),
        WitnessError::Checkpoint(CheckpointError::Note(_))
    ));
    let wrong = witness(&request(12, 20), Some(&last), &trust(), &log_key(), 1);
    assert!(matches!(wrong, Err(WitnessError::Key(_))));
}

#[test]
fn what_is_no_request_is_refused() {
    let good = request(12, 20).to_text();
    let hashes = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n".repeat(64);
    each_row(
        [
            (String::new(), 1),
            ("old 5\n".to_owned(), 1),
            (good.replacen("old 12", "old 012", 1), 1),
            (good.replacen("old 12", "old +12", 1), 1),
            (good.replacen("old", "new", 1), 1),
            (good.replacen("old 12\n", "old 12\nx\n", 1), 2),
            (good.replacen("old 12\n", &format!("old 12\n{hashes}"), 1), 65),
        ],
        |(text, line)| assert_eq!(Request::from_text(&text), Err(WitnessError::Request(line))),
    );
}
