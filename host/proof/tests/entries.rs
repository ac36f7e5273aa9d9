//! Entries, leaves, commitments, and proofs of entries.

use crate::support::{Kept, entry_proof, judged, signed, transactions, tree, trust};
use proptest::prelude::*;
use proviso_proof::Hash;
use proviso_proof::commitment::{Commitment, Salt, Shown};
use proviso_proof::entry::{ENTRY_BYTES_MAX, Entry, EntryError, FIELDS_MAX, Value};
use proviso_proof::json::{EntryProofDocument, JsonError};
use proviso_proof::leaf::{ENTRIES_MAX, LEAF_BYTES, Leaf, LeafError};
use proviso_rows::each_row;
use std::collections::BTreeMap;

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// The stored forms of version 1. A change of these bytes would break every proof that was ever given away.
#[test]
fn the_bytes_of_version_1_stay_what_they_are() {
    let fields = [
        ("when", Value::Integer(-2)),
        ("by", text("王")),
        ("of", Value::Bytes(vec![0, 255])),
    ];
    let entry = Entry::new("hold", fields).unwrap();
    let expected = concat!(
        "01",
        "04",
        "686f6c64",
        "0003",
        "02",
        "6279",
        "01",
        "00000003",
        "e78e8b",
        "02",
        "6f66",
        "02",
        "00000002",
        "00ff",
        "04",
        "7768656e",
        "03",
        "00000008",
        "fffffffffffffffe",
    );
    assert_eq!(hex::encode(entry.to_bytes()), expected);
    let commitment = Commitment::of(&Salt::new([7; 16]), &entry.to_bytes());
    let domain = b"proviso entry commitment v1\n";
    let written_out = [&domain[..], &[7; 16], &entry.to_bytes()].concat();
    // By Python: hashlib.sha256(b"proviso entry commitment v1\n" + bytes([7] * 16) + entry).hexdigest()
    assert_eq!(
        commitment.hash().to_hex(),
        "9d45dc929622542b2825c600c018904e88db5ae3d4b61d6165cad55bf15d987a"
    );
    assert_ne!(commitment.hash(), Hash::of_leaf(&written_out));
    let leaf = Leaf::new(1_760_000_000_000, &[commitment]).unwrap();
    let expected = format!("01{:016x}{:08x}{}", 1_760_000_000_000_u64, 1, commitment.leaf());
    assert_eq!(hex::encode(leaf.to_bytes()), expected);
    assert_eq!(leaf.to_bytes().len(), LEAF_BYTES);
}

#[test]
fn what_no_entry_may_be_is_refused() {
    let none: [(&'static str, Value); 0] = [];
    let longest = "x".repeat(64);
    assert!(Entry::new(longest.clone(), none.clone()).is_ok());
    for word in ["", "A", "a_b", "a b", "王", &(longest + "x")] {
        assert!(
            matches!(Entry::new(word.to_owned(), none.clone()), Err(EntryError::Word(_))),
            "{word:?}"
        );
        let field = Entry::new("x", [(word.to_owned(), text(""))]);
        assert!(matches!(field, Err(EntryError::Word(_))), "{word:?}");
    }
    let twice = Entry::new("x", [("a", text("1")), ("b", text("2")), ("a", text("3"))]);
    assert_eq!(twice, Err(EntryError::Twice("a".to_owned())));
    let many = (0..=FIELDS_MAX).map(|at| (format!("f{at}"), text("")));
    assert_eq!(Entry::new("x", many), Err(EntryError::Fields(FIELDS_MAX + 1)));
    let long = Entry::new("x", [("a", Value::Bytes(vec![0; ENTRY_BYTES_MAX]))]);
    assert!(matches!(long, Err(EntryError::TooLong(_))));
    assert!(!format!("{:?}", Entry::new("x", [("a", text("secret"))])).contains("secret"));
}

/// Each alteration of an entry's bytes is another entry or none: none is read as what it was.
#[test]
fn altered_bytes_are_another_entry_or_none() {
    let bytes = judged(7).to_bytes();
    let entry = Entry::from_bytes(&bytes).unwrap();
    assert_eq!(entry, judged(7));
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut altered = bytes.clone();
            altered[at] ^= 1 << bit;
            if let Ok(read) = Entry::from_bytes(&altered) {
                assert_eq!(read.to_bytes(), altered);
                assert_ne!(read, entry);
            }
        }
        assert!(Entry::from_bytes(&bytes[..at]).is_err(), "cut at {at}");
    }
    let more = [&bytes[..], &[0]].concat();
    assert_eq!(Entry::from_bytes(&more), Err(EntryError::Form(bytes.len())));
    each_row(
        [
            // No bytes, another version, no kind, names that do not ascend, a type that is none, a number of seven bytes, a text of none.
            ("", EntryError::Form(0)),
            ("020161", EntryError::Version(2)),
            ("01000000", EntryError::Form(1)),
            ("01016100020162010000000001610100000000", EntryError::Form(12)),
            ("01016100020161010000000001610100000000", EntryError::Form(12)),
            ("01016100010161040000000000", EntryError::Form(7)),
            ("010161000101610300000007ffffffffffffff", EntryError::Form(7)),
            ("010161000101610100000001ff", EntryError::Form(7)),
            ("0101610001016101ffffffff", EntryError::Form(12)),
            ("010161ffff", EntryError::Fields(65_535)),
        ],
        |(bytes, expected)| assert_eq!(Entry::from_bytes(&hex::decode(bytes).unwrap()), Err(expected)),
    );
}

#[test]
fn what_is_no_leaf_is_refused() {
    let commitment = Commitment::from_hash(Hash::EMPTY);
    let leaf = Leaf::new(5, &[commitment; 3]).unwrap();
    assert_eq!(Leaf::from_bytes(&leaf.to_bytes()), Ok(leaf));
    assert_eq!((leaf.time_ms(), leaf.entries()), (5, 3));
    assert_eq!(Leaf::new(5, &[]), Err(LeafError::Entries(0)));
    assert_eq!(Leaf::new(1 << 53, &[commitment]), Err(LeafError::Time(1 << 53)));
    let bytes = leaf.to_bytes();
    assert_eq!(Leaf::from_bytes(&bytes[1..]), Err(LeafError::Length(44)));
    let with = |at: usize, value: u8| {
        let mut bytes = bytes;
        bytes[at] = value;
        Leaf::from_bytes(&bytes)
    };
    assert_eq!(with(0, 2), Err(LeafError::Version(2)));
    assert_eq!(with(12, 0), Err(LeafError::Entries(0)));
    assert_eq!(with(9, 0xff), Err(LeafError::Entries(0xff00_0003)));
    assert!(matches!(with(1, 0xff), Err(LeafError::Time(_))));
    let too_many = vec![commitment; ENTRIES_MAX as usize + 1];
    assert_eq!(Leaf::new(5, &too_many), Err(LeafError::Entries(too_many.len())));
    assert!(Leaf::new(5, &too_many[1..]).is_ok());
}

/// Erasing an entry keeps its commitment: its own proof and every other of the transaction hold as before.
#[test]
fn proofs_hold_before_and_after_an_entry_is_erased() {
    let mut all = transactions(40);
    let root = tree(&all).root();
    let checkpoint = trust().verify(signed(40, root)).unwrap();
    for leaf in 0..40 {
        for entry in 0..all[leaf as usize].leaf.entries() {
            let before = entry_proof(&all, leaf, entry);
            before.verify(checkpoint.checkpoint()).unwrap();
            all[leaf as usize].kept[entry as usize] = None;
            let after = entry_proof(&all, leaf, entry);
            after.verify(checkpoint.checkpoint()).unwrap();
            assert_eq!(after.shown, Shown::Erased(before.shown.commitment()));
            assert_eq!((after.path, after.inclusion), (before.path, before.inclusion));
        }
    }
}

#[test]
fn a_document_is_verified_by_whoever_has_the_key_and_nothing_else() {
    let all = transactions(40);
    let note = signed(40, tree(&all).root()).to_string();
    let mut forms = [0, 0];
    for (leaf, entry) in [(4, 0), (4, 3), (39, 4), (0, 0), (3, 0)] {
        let proof = entry_proof(&all, leaf, entry);
        forms[usize::from(proof.shown.entry().is_some())] += 1;
        let document = EntryProofDocument {
            proof,
            checkpoint: note.clone(),
        };
        let json = document.to_json();
        let read = EntryProofDocument::from_json(&json).unwrap();
        assert_eq!(read, document);
        read.verify(&trust()).unwrap();
        // RFC 8785: what serde_json writes of the same content, by name, is the same text.
        let value: BTreeMap<String, serde_json::Value> = serde_json::from_str(&json).unwrap();
        assert_eq!(serde_json::to_string(&value).unwrap(), json);
        for (spelled, at) in [(json.replacen(':', ": ", 1), 14), (json.clone() + "\n", json.len())] {
            let refused = EntryProofDocument::from_json(&spelled);
            assert!(
                matches!(refused, Err(JsonError::NotCanonical(found)) if found == at),
                "{refused:?}"
            );
        }
        let other = json.replacen("entry-proof-v1", "entry-proof-v2", 1);
        assert!(matches!(
            EntryProofDocument::from_json(&other),
            Err(JsonError::OtherForm { .. })
        ));
        let unknown = json.replacen("\"form\"", "\"extra\":1,\"form\"", 1);
        assert!(matches!(
            EntryProofDocument::from_json(&unknown),
            Err(JsonError::Form(_))
        ));
    }
    assert!(
        forms.iter().all(|count| *count > 0),
        "kept and erased are tried: {forms:?}"
    );
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        ".{0,20}".prop_map(Value::Text),
        proptest::collection::vec(any::<u8>(), 0..20).prop_map(Value::Bytes),
        any::<i64>().prop_map(Value::Integer),
    ]
}

fn entry() -> impl Strategy<Value = Entry> {
    let fields = proptest::collection::btree_map("[a-z0-9-]{1,8}", value(), 0..6);
    ("[a-z0-9-]{1,8}", fields).prop_map(|(kind, fields)| Entry::new(kind, fields).unwrap())
}

proptest! {
    #[test]
    fn an_entry_is_read_as_it_is_written(entry in entry()) {
        let bytes = entry.to_bytes();
        prop_assert_eq!(Entry::kind_of(&bytes), Ok(entry.kind()));
        prop_assert_eq!(Entry::from_bytes(&bytes), Ok(entry));
    }

    /// Parts that are told apart by nothing but their lengths would run together here.
    #[test]
    fn two_entries_never_share_bytes_or_commitments(one in entry(), other in entry(), salt in any::<[u8; 16]>()) {
        let commitment = |entry: &Entry| Commitment::of(&Salt::new(salt), &entry.to_bytes());
        prop_assert_eq!(one == other, one.to_bytes() == other.to_bytes());
        prop_assert_eq!(one == other, commitment(&one) == commitment(&other));
    }

    #[test]
    fn any_bytes_are_an_entry_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        if let Ok(entry) = Entry::from_bytes(&bytes) {
            prop_assert_eq!(entry.to_bytes(), bytes);
        }
    }

    #[test]
    fn a_salt_hides_the_entry(one in any::<[u8; 16]>(), other in any::<[u8; 16]>()) {
        prop_assume!(one != other);
        let bytes = Kept::of(1, &judged(1)).bytes;
        prop_assert_ne!(Commitment::of(&Salt::new(one), &bytes), Commitment::of(&Salt::new(other), &bytes));
    }
}

/// A form without lengths, as it is often made: two different entries commit to the same bytes. The check above sees it.
#[test]
fn a_form_without_lengths_is_told_from_ours() {
    let careless = |entry: &Entry| {
        let mut bytes = entry.kind().as_bytes().to_vec();
        for (name, value) in entry.fields() {
            bytes.extend(name.as_bytes());
            if let Value::Text(text) = value {
                bytes.extend(text.as_bytes());
            }
        }
        bytes
    };
    let one = Entry::new("hold", [("by", text("ab"))]).unwrap();
    let other = Entry::new("hold", [("bya", text("b"))]).unwrap();
    assert_eq!(careless(&one), careless(&other), "the planted defect");
    assert_ne!(one.to_bytes(), other.to_bytes());
}
