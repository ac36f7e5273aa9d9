//! Checkpoints, and whom to believe about them.

use crate::support::{ORIGIN, key, log_key, signed, trust};
use proviso_proof::Hash;
use proviso_proof::note::checkpoint::{CHECKPOINT_BYTES_MAX, CheckpointError, EXTENSIONS_MAX, TrustError};
use proviso_proof::note::{Checkpoint, KeyKind, LogTrust, Signature};
use proviso_proof::tree::Tree;
use proviso_proof::tree::proof::ConsistencyProof;
use proviso_rows::each_row;

/// `TestFormatTree` and `TestParseTree` of Go's `tlog`, whose text is an origin as well.
#[test]
fn the_text_is_that_of_the_standard() {
    let golden = "go.sum database tree\n123456789012\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n";
    let root = Hash::of_leaf(b"hello world");
    let checkpoint = Checkpoint::new("go.sum database tree", 123_456_789_012, root).unwrap();
    assert_eq!(checkpoint.to_text(), golden);
    assert_eq!(Checkpoint::from_text(golden).unwrap(), checkpoint);
    let extended = format!("{golden}JOE\n");
    let read = Checkpoint::from_text(&extended).unwrap();
    assert_eq!((read.extensions(), read.to_text()), (&["JOE".to_owned()][..], extended));
    let of_the_standard = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    assert_eq!(Checkpoint::from_text(of_the_standard).unwrap().size(), 20_852_163);
}

#[test]
fn what_is_no_checkpoint_is_refused() {
    let good = "o\n5\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n";
    assert!(Checkpoint::from_text(good).is_ok());
    let size = |text: &str| CheckpointError::Size(text.to_owned());
    let with_size = |text: &str| good.replacen('5', text, 1);
    each_row(
        [
            (String::new(), CheckpointError::Form),
            ("o\n5\n".to_owned(), CheckpointError::Form),
            (good[..good.len() - 1].to_owned(), CheckpointError::Form),
            (good.to_owned() + "\n", CheckpointError::Form),
            (
                good.to_owned() + &"e\n".repeat(EXTENSIONS_MAX + 1),
                CheckpointError::Form,
            ),
            (
                good.to_owned() + &"e".repeat(CHECKPOINT_BYTES_MAX) + "\n",
                CheckpointError::Form,
            ),
            (good.replacen('o', "", 1), CheckpointError::Origin(String::new())),
            (with_size("05"), size("05")),
            (with_size("+5"), size("+5")),
            (with_size("-5"), size("-5")),
            (with_size("0x5"), size("0x5")),
            (with_size("5 "), size("5 ")),
            (with_size("9007199254740992"), size("9007199254740992")),
            (with_size("99999999999999999999"), size("99999999999999999999")),
            (
                with_size("0"),
                CheckpointError::EmptyRoot(Hash::of_leaf(b"hello world")),
            ),
            ("o\n5\nTszz\n".to_owned(), CheckpointError::Root("Tszz".to_owned())),
            ("o\n5\n!\n".to_owned(), CheckpointError::Root("!".to_owned())),
        ],
        |(text, expected)| assert_eq!(Checkpoint::from_text(&text), Err(expected)),
    );
    let nothing = Checkpoint::new("o", 0, Hash::EMPTY).unwrap();
    assert_eq!(
        nothing.to_text(),
        "o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    );
    for origin in ["", "a\nb", "x".repeat(256).as_str()] {
        assert!(matches!(
            Checkpoint::new(origin, 1, Hash::EMPTY),
            Err(CheckpointError::Origin(_))
        ));
    }
}

#[test]
fn a_log_is_believed_by_its_key_its_origin_and_its_witnesses() {
    let root = Hash::of_leaf(b"root");
    let mut note = signed(7, root);
    let (one, two) = (
        key("w.example/1", KeyKind::Cosignature),
        key("w.example/2", KeyKind::Cosignature),
    );
    let witnesses = vec![one.verifier().clone(), two.verifier().clone()];
    let both = trust().with_witnesses(witnesses.clone(), 2).unwrap();
    let any = trust().with_witnesses(witnesses.clone(), 1).unwrap();
    let missing = |found| CheckpointError::Witnesses { expected: 2, found };
    assert_eq!(both.verify(note.clone()), Err(missing(0)));
    let cosigned = |key: &proviso_proof::note::SignerKey, time_s, text: &str| {
        Signature::new(key.verifier(), key.cosign(text, time_s).unwrap())
    };
    let text = note.text().to_owned();
    note.add(cosigned(&one, 1_700_000_000, &text)).unwrap();
    assert_eq!(both.verify(note.clone()), Err(missing(1)));
    let verified = any.verify(note.clone()).unwrap();
    assert_eq!((verified.checkpoint().size(), verified.checkpoint().root()), (7, root));
    assert_eq!(verified.witnesses(), [(one.verifier().name().clone(), 1_700_000_000)]);
    note.add(cosigned(&two, 1_700_000_001, &text)).unwrap();
    assert_eq!(both.open(note.to_string().as_bytes()).unwrap().witnesses().len(), 2);
    // A witness's signature over something else is refused, not ignored.
    note.add(cosigned(&two, 1_700_000_001, "another\n")).unwrap();
    assert!(matches!(any.verify(note), Err(CheckpointError::Note(_))));
    // Witnesses alone are not the log.
    let mut without = proviso_proof::note::Note::new(text.clone()).unwrap();
    without.add(cosigned(&one, 1, &text)).unwrap();
    assert!(matches!(any.verify(without), Err(CheckpointError::NotByLog(_))));
    // The log's own key under another origin.
    let other = Checkpoint::new("other.example/log", 7, root)
        .unwrap()
        .sign(&log_key())
        .unwrap();
    assert!(matches!(trust().verify(other), Err(CheckpointError::OtherLog { .. })));
    // Whom nobody should believe in.
    let log = log_key().verifier().clone();
    let refused = |witnesses, min| trust().with_witnesses(witnesses, min).unwrap_err();
    assert!(matches!(
        LogTrust::new(ORIGIN, one.verifier().clone()),
        Err(TrustError::Kind(_))
    ));
    assert!(matches!(refused(vec![log], 1), TrustError::Kind(_)));
    assert!(matches!(
        refused(vec![witnesses[0].clone(), witnesses[0].clone()], 2),
        TrustError::Twice(_)
    ));
    assert_eq!(refused(witnesses, 3), TrustError::Witnesses { min: 3, witnesses: 2 });
}

#[test]
fn two_checkpoints_continue_each_other_or_are_a_fork() {
    let leaf = |at: u64| Hash::of_leaf(&at.to_be_bytes());
    let tree = Tree::of((0..20).map(leaf));
    let fork = Tree::of((0..20).map(|at| leaf(if at == 11 { 99 } else { at })));
    let checkpoint = |size, tree: &Tree| {
        let root = proviso_proof::tree::node::root(size, tree).unwrap();
        Checkpoint::new(ORIGIN, size, root).unwrap()
    };
    let (old, new) = (checkpoint(12, &tree), checkpoint(20, &tree));
    let proof = ConsistencyProof::make(12, 20, &tree).unwrap();
    new.continues(&old, &proof).unwrap();
    let forked = |result| matches!(result, Err(CheckpointError::Fork { .. }));
    assert!(forked(new.continues(&checkpoint(12, &fork), &proof)));
    assert!(forked(
        checkpoint(20, &fork).continues(&old, &ConsistencyProof::make(12, 20, &fork).unwrap())
    ));
    assert!(forked(
        checkpoint(12, &fork).continues(&old, &ConsistencyProof::default())
    ));
    assert!(forked(old.continues(&new, &ConsistencyProof::default())));
    let other = Checkpoint::new("other.example/log", 12, old.root()).unwrap();
    assert!(matches!(
        new.continues(&other, &proof),
        Err(CheckpointError::OtherLog { .. })
    ));
}
