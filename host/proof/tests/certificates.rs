//! Certificates of disposal.

use crate::support::{Kept, START_MS, Transaction, entry_proof, judged, signed, transactions, tree, trust};
use proviso_proof::Hash;
use proviso_proof::certificate::{
    Bound, CERTIFICATE, Certificate, CertificateError, Clock, DISPOSAL, Disposal, HOLD_CHECK, HOLDS, KeyDestroyed,
    RECORD, Statute,
};
use proviso_proof::commitment::Shown;
use proviso_proof::entry::{Entry, Value};
use proviso_proof::entry_proof::Place;
use proviso_proof::json::JsonError;
use proviso_rows::each_named_row;
use std::collections::BTreeMap;

const LEAF: u64 = 20;

fn record() -> Hash {
    Hash::of_leaf(b"record")
}

/// What a certificate says of the record, with the hold check at place 0 of leaf 20.
fn disposal() -> Disposal {
    Disposal {
        tenant: "bank".to_owned(),
        record: record(),
        statutes: vec![Statute {
            law: "证券法".to_owned(),
            article: "第一百三十七条".to_owned(),
            bound: Bound::Floor,
            period: "P20Y".to_owned(),
            source: Hash::of_leaf(b"text of the law"),
            verified_by: "person:wang".to_owned(),
        }],
        clock: Clock {
            start: "sent".to_owned(),
            start_ms: 1_000,
        },
        due_ms: START_MS,
        disposed_ms: START_MS + LEAF,
        key: KeyDestroyed {
            algorithm: "AES-256-GCM".to_owned(),
            fingerprint: Hash::of_leaf(b"key"),
        },
        hold_check: Place { leaf: LEAF, entry: 0 },
    }
}

fn hold_check(record: Hash, holds: i64) -> Entry {
    let record = Value::Bytes(record.as_bytes().to_vec());
    Entry::new(HOLD_CHECK, [(RECORD, record), (HOLDS, Value::Integer(holds))]).unwrap()
}

fn entry_of(disposal: &Disposal) -> Entry {
    Entry::new(
        DISPOSAL,
        [(CERTIFICATE, Value::Bytes(disposal.digest().as_bytes().to_vec()))],
    )
    .unwrap()
}

/// The certificate of what is said, in a log whose leaf 20 has these entries; the disposal is the one at `place`.
fn certificate(said: Disposal, entries: &[Entry], place: u32) -> Certificate {
    let mut all = transactions(40);
    let kept = entries.iter().zip(100..).map(|(entry, number)| Kept::of(number, entry));
    all[LEAF as usize] = Transaction::new(START_MS + LEAF, kept.collect());
    let proofs = vec![
        entry_proof(&all, said.hold_check.leaf, said.hold_check.entry),
        entry_proof(&all, LEAF, place),
        entry_proof(&all, 3, 0),
    ];
    Certificate {
        disposal: said,
        proofs,
        checkpoint: signed(40, tree(&all).root()).to_string(),
    }
}

fn good() -> Certificate {
    let said = disposal();
    let entries = vec![hold_check(record(), 0), entry_of(&said), judged(1)];
    certificate(said, &entries, 1)
}

#[test]
fn a_certificate_is_read_and_verified_by_whoever_has_the_key() {
    let json = good().to_json();
    let read = Certificate::from_json(&json).unwrap();
    assert_eq!(read, good());
    assert_eq!(read.verify(&trust()).unwrap().checkpoint().size(), 40);
    let value: BTreeMap<String, serde_json::Value> = serde_json::from_str(&json).unwrap();
    assert_eq!(serde_json::to_string(&value).unwrap(), json, "RFC 8785: by name");
    let spelled = json.replacen("P20Y", "P20\\u0059", 1);
    assert!(matches!(
        Certificate::from_json(&spelled),
        Err(JsonError::NotCanonical(_))
    ));
    let other = json.replacen("proviso-disposal", "proviso-disposed", 1);
    assert!(matches!(
        Certificate::from_json(&other),
        Err(JsonError::OtherForm { .. })
    ));
    let long = json.replacen("P20Y", &"P".repeat(2_000), 1);
    assert!(matches!(
        Certificate::from_json(&long),
        Err(JsonError::Value("period", _))
    ));
}

/// The digest that logs have of what a certificate says: it must stay what it is.
#[test]
fn what_a_certificate_says_has_one_text() {
    let json = good().to_json();
    let (_, said) = json.split_once("\"disposal\":").unwrap();
    let (said, _) = said.split_once(",\"form\":").unwrap();
    let golden = include_str!("golden/disposal-v1.json");
    assert_eq!(said, golden.trim_end());
    assert_eq!(
        disposal().digest().to_hex(),
        include_str!("golden/disposal-v1.sha256").trim_end()
    );
}

#[test]
fn a_certificate_that_says_anything_else_is_refused() {
    type Row = (&'static str, fn(&mut Disposal));
    let rows: [Row; 9] = [
        ("tenant", |said| said.tenant.push('x')),
        ("record", |said| said.record = Hash::EMPTY),
        ("period", |said| said.statutes[0].period = "P1Y".to_owned()),
        ("bound", |said| said.statutes[0].bound = Bound::Ceiling),
        ("statute more", |said| said.statutes.push(said.statutes[0].clone())),
        ("clock", |said| said.clock.start_ms -= 1),
        ("due", |said| said.due_ms -= 1),
        ("disposed", |said| said.disposed_ms += 1),
        ("key", |said| said.key.fingerprint = Hash::EMPTY),
    ];
    each_named_row(rows, |alter| {
        let mut certificate = good();
        alter(&mut certificate.disposal);
        assert_eq!(certificate.verify(&trust()), Err(CertificateError::NoDisposal));
    });
}

/// A log that says what must not be: each rule of the certificate is tried by a log that breaks that rule alone.
#[test]
fn a_log_that_shows_an_unlawful_disposal_is_refused() {
    let made = |alter: fn(&mut Disposal), check: Entry| {
        let mut said = disposal();
        alter(&mut said);
        let entries = vec![check, entry_of(&said), judged(1)];
        certificate(said, &entries, 1).verify(&trust()).unwrap_err()
    };
    let nothing: fn(&mut Disposal) = |_| {};
    let clean = || hold_check(record(), 0);
    assert_eq!(made(nothing, hold_check(record(), 2)), CertificateError::Held(2));
    let place = Place { leaf: LEAF, entry: 0 };
    assert_eq!(
        made(nothing, hold_check(Hash::EMPTY, 0)),
        CertificateError::NoHoldCheck(place)
    );
    assert_eq!(made(nothing, judged(5)), CertificateError::NoHoldCheck(place));
    let without_count = Entry::new(HOLD_CHECK, [(RECORD, Value::Bytes(record().as_bytes().to_vec()))]).unwrap();
    assert_eq!(made(nothing, without_count), CertificateError::NoHoldCheck(place));
    let early = made(|said| said.due_ms = START_MS + LEAF + 1, clean());
    assert!(matches!(early, CertificateError::Times { .. }), "{early:?}");
    let backdated = made(|said| said.disposed_ms -= 1, clean());
    assert!(matches!(backdated, CertificateError::Times { .. }), "{backdated:?}");
    let clock = made(|said| said.clock.start_ms = START_MS + 1, clean());
    assert!(matches!(clock, CertificateError::Times { .. }), "{clock:?}");
    assert_eq!(
        made(|said| said.statutes.clear(), clean()),
        CertificateError::Statutes(0)
    );
    let unverified = made(|said| said.statutes[0].verified_by = " ".to_owned(), clean());
    assert!(
        matches!(unverified, CertificateError::Unverified { .. }),
        "{unverified:?}"
    );
    // The hold check behind the disposal, and the disposal in the place of its own hold check.
    let mut said = disposal();
    said.hold_check.entry = 1;
    let entries = vec![entry_of(&said), hold_check(record(), 0)];
    let behind = certificate(said, &entries, 0).verify(&trust());
    assert!(matches!(behind, Err(CertificateError::Apart { .. })), "{behind:?}");
}

/// The hold check of an earlier transaction: a hold may have come between.
#[test]
fn a_hold_check_of_another_transaction_is_refused() {
    let mut all = transactions(40);
    let mut said = disposal();
    said.hold_check = Place { leaf: 10, entry: 0 };
    all[10] = Transaction::new(START_MS + 10, vec![Kept::of(1, &hold_check(record(), 0))]);
    all[LEAF as usize] = Transaction::new(
        START_MS + LEAF,
        vec![Kept::of(2, &judged(1)), Kept::of(3, &entry_of(&said))],
    );
    let proofs = vec![entry_proof(&all, 10, 0), entry_proof(&all, LEAF, 1)];
    let checkpoint = signed(40, tree(&all).root()).to_string();
    let apart = Certificate {
        disposal: said,
        proofs,
        checkpoint,
    }
    .verify(&trust());
    assert!(matches!(apart, Err(CertificateError::Apart { .. })), "{apart:?}");
}

#[test]
fn a_certificate_without_one_of_its_proofs_is_refused() {
    for at in 0..2 {
        let mut dropped = good();
        dropped.proofs.remove(at);
        assert!(dropped.verify(&trust()).is_err());
        // An erased entry is proved to be there, and says nothing.
        let mut erased = good();
        let commitment = erased.proofs[at].shown.commitment();
        erased.proofs[at].shown = Shown::Erased(commitment);
        assert!(erased.proofs[at].root(40).is_ok());
        assert!(erased.verify(&trust()).is_err());
    }
    let mut unneeded = good();
    unneeded.proofs.pop();
    unneeded.verify(&trust()).unwrap();
    let mut moved = good();
    moved.proofs[2].place.leaf += 1;
    assert!(matches!(
        moved.verify(&trust()),
        Err(CertificateError::Proof { at: 2, .. })
    ));
    let mut unsigned = good();
    unsigned.checkpoint = unsigned.checkpoint.replacen("40\n", "41\n", 1);
    assert!(matches!(
        unsigned.verify(&trust()),
        Err(CertificateError::Checkpoint(_))
    ));
}
