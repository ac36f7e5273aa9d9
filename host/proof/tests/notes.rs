//! Notes and their keys. Keys, notes and signatures of others are facts of C2SP's signed-note and of `golang.org/x/mod/sumdb/note`
//! (`note_test.go`, `example_test.go`; BSD-3-Clause).

use crate::support::key;
use proptest::prelude::*;
use proviso_proof::note::key::{KeyError, Said};
use proviso_proof::note::signed::{NOTE_BYTES_MAX, NoteError, SIGNATURES_MAX};
use proviso_proof::note::{KeyKind, KeyName, Note, Signature, SignerKey, VerifierKey};
use proviso_rows::each_row;

const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_SIGNER: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const TEXT: &str =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const PETER_SIGNED: &str =
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const ENOCH_SIGNED: &str =
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

fn verifier(text: &str) -> VerifierKey {
    text.parse().unwrap()
}

fn open(note: &str, keys: &[VerifierKey]) -> Result<Vec<String>, NoteError> {
    let note = Note::parse(note.as_bytes())?;
    let signed = note.verify(keys)?;
    Ok(signed.into_iter().map(|(key, _)| key.name().to_string()).collect())
}

#[test]
fn the_example_of_the_standard_is_verified() {
    let note = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    let foo = verifier("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");
    assert_eq!(open(note, &[foo]).unwrap(), ["example.com/foo"]);
}

#[test]
fn a_signature_is_that_of_go_byte_by_byte() {
    let signer: SignerKey = PETER_SIGNER.parse().unwrap();
    assert_eq!(*signer.to_secret_text(), PETER_SIGNER);
    assert_eq!(signer.verifier().to_string(), PETER);
    let mut note = Note::new(TEXT).unwrap();
    note.sign(&signer).unwrap();
    assert_eq!(note.to_string(), format!("{TEXT}\n{PETER_SIGNED}"));
    // Signing again, or over a bad signature of the same key, leaves one.
    note.add(Signature::new(signer.verifier(), vec![1])).unwrap();
    note.sign(&signer).unwrap();
    assert_eq!(note.to_string(), format!("{TEXT}\n{PETER_SIGNED}"));
    assert!(
        !format!("{signer:?}").contains("AYEKFALVFGy"),
        "a private key is not shown"
    );
}

/// `TestNewVerifier` and `TestNewSigner`: every part of a key, and every key with a byte that is one more, is refused.
#[test]
fn no_part_of_a_key_and_no_altered_key_is_read() {
    fn tried(text: &str, read: impl Fn(&str) -> Option<KeyError>) {
        for start in 0..text.len() {
            for end in start..=text.len() {
                if (start, end) != (0, text.len()) {
                    assert!(read(&text[start..end]).is_some(), "{}", &text[start..end]);
                }
            }
        }
        for at in 0..text.len() {
            for bit in 0..7 {
                let mut bytes = text.as_bytes().to_vec();
                bytes[at] ^= 1 << bit;
                let altered = String::from_utf8(bytes).unwrap();
                assert!(read(&altered).is_some(), "{altered}");
            }
        }
    }
    tried(PETER, |text| text.parse::<VerifierKey>().err());
    tried(PETER_SIGNER, |text| text.parse::<SignerKey>().err());
    let with_a_longer_key = "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==";
    let of_another_kind = "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    assert!(matches!(
        with_a_longer_key.parse::<VerifierKey>(),
        Err(KeyError::Verifier(_))
    ));
    assert!(matches!(
        of_another_kind.parse::<VerifierKey>(),
        Err(KeyError::Kind { kind: 0x65, .. })
    ));
    // What a signer key's error says must not be a part of it.
    let error = PETER_SIGNER[..70].parse::<SignerKey>().unwrap_err();
    assert!(!error.to_string().contains("AYEKFAL"), "{error}");
    // Points of small order, under which one signature fits every text.
    for weak in [
        [0; 32],
        [1; 32].map(|_| 0xff),
        std::array::from_fn(|at| u8::from(at == 0)),
    ] {
        let key = VerifierKey::new(KeyName::new("weak").unwrap(), KeyKind::Note, &weak);
        assert!(matches!(key, Err(KeyError::Weak(_))), "{key:?}");
    }
}

#[test]
fn names_of_keys_are_bounded() {
    let longest = "x".repeat(255);
    for good in ["a", "example.com/log", "王", longest.as_str()] {
        assert_eq!(KeyName::new(good).unwrap().as_str(), good);
    }
    for bad in [
        "",
        "a b",
        "a+b",
        "a\tb",
        "a\u{a0}b",
        "a\u{3000}b",
        "a\nb",
        "\u{7f}",
        "x".repeat(256).as_str(),
    ] {
        assert!(matches!(KeyName::new(bad), Err(KeyError::Name(_))), "{bad:?}");
    }
}

/// `TestOpen`.
#[test]
fn signatures_of_known_keys_count_and_others_are_ignored() {
    let (peter, enoch) = (verifier(PETER), verifier(ENOCH));
    let both = format!("{TEXT}\n{PETER_SIGNED}{ENOCH_SIGNED}");
    assert_eq!(open(&both, std::slice::from_ref(&peter)).unwrap(), ["PeterNeumann"]);
    assert_eq!(
        open(&both, &[peter.clone(), enoch.clone()]).unwrap(),
        ["PeterNeumann", "EnochRoot"]
    );
    assert_eq!(open(&both, &[]), Err(NoteError::Unsigned));
    // A key that signed twice counts once, and each of its signatures must hold.
    let twice = format!("{TEXT}\n{PETER_SIGNED}{PETER_SIGNED}");
    assert_eq!(open(&twice, &[peter.clone(), peter.clone()]).unwrap(), ["PeterNeumann"]);
    let (head, tail) = PETER_SIGNED.split_at(60);
    let longer = format!("{TEXT}\n{PETER_SIGNED}{head}ABCD{tail}");
    assert!(matches!(
        open(&longer, std::slice::from_ref(&peter)),
        Err(NoteError::Bad {
            key_id: 0xc74f_20a3,
            ..
        })
    ));
    assert!(
        open(
            &longer.replace(PETER_SIGNED, ENOCH_SIGNED),
            std::slice::from_ref(&enoch)
        )
        .is_ok()
    );
    // The name or the id of a known key alone is not that key.
    let misnamed = format!("{TEXT}\n{}", PETER_SIGNED.replace("PeterNeumann", "CarmenSandiego"));
    let other_id = format!("{TEXT}\n{}", PETER_SIGNED.replace("x08g", "xxxx"));
    for note in [misnamed, other_id] {
        assert_eq!(open(&note, std::slice::from_ref(&peter)), Err(NoteError::Unsigned));
    }
}

#[test]
fn what_is_no_note_is_refused() {
    let note = format!("{TEXT}\n{PETER_SIGNED}");
    let cut = &note[..note.len() - 1];
    let error = |note: &[u8]| Note::parse(note).unwrap_err();
    each_row(
        [
            (String::new(), NoteError::Form),
            ("\n\n".to_owned(), NoteError::Form),
            (TEXT.to_owned(), NoteError::Form),
            (format!("{TEXT}\n"), NoteError::Form),
            (cut.to_owned(), NoteError::Form),
            (format!("\u{1}{note}"), NoteError::NotText(0)),
            (note.replace("problem,", "\rproblem,"), NoteError::NotText(48)),
            (note.replace("— ", "- "), NoteError::Signature { line: 1 }),
            (note.replace("— P", "—  P"), NoteError::Signature { line: 1 }),
            (
                note.replace("PeterNeumann", "Bad Name"),
                NoteError::Signature { line: 1 },
            ),
            (format!("{note}Unexpected line.\n"), NoteError::Signature { line: 2 }),
            (note.replace('=', ""), NoteError::Signature { line: 1 }),
            (
                format!("{TEXT}\n— PeterNeumann x08gow==\n"),
                NoteError::Signature { line: 1 },
            ),
            (
                format!("{TEXT}\n{}", PETER_SIGNED.repeat(SIGNATURES_MAX + 1)),
                NoteError::TooMany,
            ),
        ],
        |(note, expected)| assert_eq!(error(note.as_bytes()), expected),
    );
    assert_eq!(error(b"\xff\n\n\n"), NoteError::NotText(0));
    let long = "x".repeat(NOTE_BYTES_MAX + 1);
    assert_eq!(error(long.as_bytes()), NoteError::TooLong(NOTE_BYTES_MAX + 1));
    assert_eq!(Note::new("no newline").unwrap_err(), NoteError::Form);
    // As many as are allowed are read; a text may have blank lines.
    let most = format!("a\n\n{TEXT}\n{}", PETER_SIGNED.repeat(SIGNATURES_MAX));
    assert_eq!(Note::parse(most.as_bytes()).unwrap().text(), format!("a\n\n{TEXT}"));
}

/// Nothing of a signed note can be changed: no bit of its text, of the signature or of the key's name.
#[test]
fn each_turned_bit_of_a_note_is_seen() {
    let peter = [verifier(PETER)];
    let note = format!("{TEXT}\n{PETER_SIGNED}");
    for at in 0..note.len() {
        for bit in 0..8 {
            let mut bytes = note.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let refused = Note::parse(&bytes).and_then(|note| note.verify(&peter).map(|_| ()));
            assert!(refused.is_err(), "bit {bit} of byte {at}");
        }
        let cut = Note::parse(&note.as_bytes()[..at]).and_then(|note| note.verify(&peter).map(|_| ()));
        assert!(cut.is_err(), "cut at {at}");
    }
    assert!(open(&note, &peter).is_ok());
}

#[test]
fn each_kind_of_key_signs_its_own_and_nothing_else() {
    let (log, witness) = (key("log", KeyKind::Note), key("witness", KeyKind::Cosignature));
    assert!(matches!(log.cosign("x\n", 1), Err(KeyError::OtherKind(_))));
    assert!(matches!(witness.sign("x\n"), Err(KeyError::OtherKind(_))));
    for time_s in [0, 1 << 63, u64::MAX] {
        assert_eq!(witness.cosign("x\n", time_s), Err(KeyError::Time(time_s)));
    }
    let signature = witness.cosign("x\n", 1_679_315_147).unwrap();
    assert_eq!(signature.len(), 72);
    assert_eq!(
        witness.verifier().verify("x\n", &signature),
        Some(Said::At(1_679_315_147))
    );
    // The same 32 bytes as a log's key and as a witness's have other ids, and their signatures are not each other's.
    let same = SignerKey::new(
        KeyName::new("log").unwrap(),
        KeyKind::Cosignature,
        log_seed().as_bytes(),
    )
    .unwrap();
    assert_eq!(same.verifier().public(), log.verifier().public());
    assert_ne!(same.verifier().id(), log.verifier().id());
    assert_eq!(log.verifier().verify("x\n", &same.cosign("x\n", 1).unwrap()[8..]), None);
    let text = same.to_secret_text();
    assert_eq!(text.parse::<SignerKey>().unwrap().verifier(), same.verifier());
}

fn log_seed() -> proviso_proof::Hash {
    proviso_proof::Hash::of_leaf(b"log")
}

proptest! {
    #[test]
    fn any_bytes_are_a_note_that_is_written_again_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(note) = Note::parse(&bytes) {
            prop_assert_eq!(note.to_string().into_bytes(), bytes);
        }
    }

    #[test]
    fn a_note_of_any_text_is_read_as_it_is_written(text in "[^\u{0}-\u{1f}]{0,30}(\n[^\u{0}-\u{1f}]{0,30}){0,4}", seed in any::<[u8; 32]>()) {
        let signer = SignerKey::new(KeyName::new("any").unwrap(), KeyKind::Note, &seed).unwrap();
        let mut note = Note::new(text + "\n").unwrap();
        note.sign(&signer).unwrap();
        let read = Note::parse(note.to_string().as_bytes()).unwrap();
        prop_assert_eq!(&read, &note);
        prop_assert!(read.verify(&[signer.verifier().clone()]).is_ok());
    }
}
