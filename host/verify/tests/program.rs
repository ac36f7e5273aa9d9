//! The program as it is run: what it says, and what it ends with.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use proviso_proof::note::{KeyKind, KeyName, SignerKey};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// An export of the first form, and one that is masked. The files never change: every later program verifies them.
const WHOLE: &str = "export-v1.tar";
const MASKED: &str = "masked-v1.tar";
/// One with what its messages were judged with, its packs, and a checkpoint that a witness signed.
const JUDGED_WITH: &str = "judged-with-v1.tar";

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn key(name: &str) -> String {
    std::fs::read_to_string(golden(&format!("{name}.key"))).unwrap()
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_proviso-verify"))
        .args(arguments)
        .output()
        .unwrap()
}

fn said(arguments: &[&str]) -> (Option<i32>, String) {
    let output = run(arguments);
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn an_export_of_the_first_form_is_verified_by_every_later_program() {
    let path = golden(WHOLE);
    let path = path.to_str().unwrap();
    let (code, text) = said(&[path, "--key", &key(WHOLE)]);
    assert_eq!(code, Some(0), "{text}");
    for line in [
        "every member is as it was written",
        "4 messages: the sealed record of each opens by its own key",
        "reason        case 7",
        "for           the court",
    ] {
        assert!(text.contains(line), "{text}");
    }
    assert!(!text.contains("compare the key"), "{text}");
    let (code, text) = said(&[path]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("compare the key that signed it"), "{text}");
    let (code, text) = said(&[path, "--format", "json"]);
    assert_eq!(code, Some(0));
    assert!(
        text.contains("\"whole\": true") && text.contains("\"key_known\": false"),
        "{text}"
    );
}

#[test]
fn a_masked_export_says_what_is_not_shown() {
    let path = golden(MASKED);
    let (code, text) = said(&[path.to_str().unwrap(), "--key", &key(MASKED)]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("4 messages are masked"), "{text}");
    assert!(!text.contains("opens by its own key"), "{text}");
}

/// They have nothing that their messages were judged with: each is counted as not judged, with the reason.
#[cfg(feature = "judge")]
#[test]
fn exports_of_before_verify_and_are_not_judged_again() {
    for (name, why, reason) in [
        (WHOLE, "did not enclose what they were judged with", "older-export"),
        (MASKED, "names in them are pseudonyms", "masked"),
    ] {
        let (path, known) = (golden(name), key(name));
        let arguments = [path.to_str().unwrap(), "--key", &known, "--judge"];
        let (code, text) = said(&arguments);
        assert_eq!(code, Some(0), "{text}");
        assert!(text.contains("the very verdict of the export again: 0\n"), "{text}");
        assert!(
            text.contains("messages that were not judged again: 4: ") && text.contains(why),
            "{text}"
        );
        let (code, text) = said(&[&arguments[..], &["--format", "json"]].concat());
        assert_eq!(code, Some(0), "{text}");
        assert!(
            text.contains("\"not_judged\": 4") && text.contains(&format!("\"{reason}\": 4")),
            "{text}"
        );
    }
    // Who does not ask is told that nobody looked.
    let (_, text) = said(&[golden(WHOLE).to_str().unwrap()]);
    assert!(text.contains("verdicts were not judged again here"), "{text}");
}

/// Its packs judge, in every later program, as they did when it was made.
#[cfg(feature = "judge")]
#[test]
fn an_export_with_what_it_was_judged_with_is_judged_again() {
    let (path, known) = (golden(JUDGED_WITH), key(JUDGED_WITH));
    let arguments = [path.to_str().unwrap(), "--key", &known, "--judge"];
    let (code, text) = said(&arguments);
    assert_eq!(code, Some(0), "{text}");
    for line in [
        "every member is as it was written",
        "the enclosed packs give the very verdict of the export again: 5\n",
        "messages that were not judged again: 1: messages before them in their conversations",
        ": not verified, for its key was not given",
    ] {
        assert!(text.contains(line), "{text}");
    }
    let (code, text) = said(&[&arguments[..], &["--format", "json"]].concat());
    assert_eq!(code, Some(0), "{text}");
    for line in [
        "\"equal\": 5",
        "\"different\": 0",
        "\"not_judged\": 1",
        "\"preceding\": 1",
    ] {
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn a_witness_that_signed_is_named_with_its_time() {
    let path = golden(JUDGED_WITH);
    let (witness, path) = (witness().verifier().to_string(), path.to_str().unwrap());
    let (code, text) = said(&[path, "--key", &key(JUDGED_WITH), "--witness", &witness]);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains(&format!("2026-10-26T07:33:20Z by {witness}")) && text.contains("a witness signed the log at "),
        "{text}"
    );
    // Who does not judge is told that nobody did.
    assert!(text.contains("verdicts were not judged again here"), "{text}");
}

#[cfg(not(feature = "judge"))]
#[test]
fn a_program_without_the_engine_says_that_it_cannot_judge() {
    let (code, text) = said(&[golden(JUDGED_WITH).to_str().unwrap(), "--judge"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(
        text.contains("--judge: this program was built without the engine"),
        "{text}"
    );
}

/// The witness of the golden export.
fn witness() -> SignerKey {
    SignerKey::new(KeyName::new("w.example").unwrap(), KeyKind::Cosignature, &[7; 32]).unwrap()
}

#[test]
fn a_witness_that_is_asked_for_must_have_signed() {
    let path = golden(WHOLE);
    let path = path.to_str().unwrap();
    let (code, text) = said(&[path, "--witness", &witness().verifier().to_string()]);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("altered: witnessed: the export has no checkpoint that a witness signed"),
        "{text}"
    );
    for (wrong, told) in [("no key", "--witness: "), (&*key(WHOLE), "is the key of a log")] {
        let (code, text) = said(&[path, "--witness", wrong]);
        assert_eq!(code, Some(2), "{text}");
        assert!(text.contains(told), "{text}");
    }
}

#[test]
fn what_was_altered_ends_with_1_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(golden(WHOLE)).unwrap();
    let altered = folder.path().join("altered.tar");
    let at = bytes.windows(8).position(|window| window == b"\"role\":\"").unwrap();
    let mut other = bytes.clone();
    other[at + 2] ^= 1;
    std::fs::write(&altered, other).unwrap();
    let (code, text) = said(&[altered.to_str().unwrap()]);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("altered: messages/0001.jsonl") && text.contains("not what the archive gave away"),
        "{text}"
    );
    std::fs::write(&altered, &bytes[..bytes.len() - 1]).unwrap();
    let (code, text) = said(&[altered.to_str().unwrap(), "--format", "json"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("\"whole\": false") && text.contains("cut off"), "{text}");
    // Another's key.
    let (code, text) = said(&[golden(WHOLE).to_str().unwrap(), "--key", OTHER]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("proof/key: it is another key than"), "{text}");
}

/// A key of another log, of the tests of C2SP's signed notes.
const OTHER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

#[test]
fn wrong_use_ends_with_2_and_what_cannot_be_read_with_3() {
    let path = golden(WHOLE);
    let path = path.to_str().unwrap();
    for arguments in [
        &[][..],
        &[path, "--key", "no key"],
        &[path, "--format", "xml"],
        &[path, path],
    ] {
        let (code, text) = said(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {text}");
    }
    let (code, text) = said(&["/no/such/export"]);
    assert_eq!(code, Some(3), "{text}");
    assert!(text.contains("/no/such/export"), "{text}");
    // A folder without a manifest is altered, not unreadable.
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = said(&[folder.path().to_str().unwrap()]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("manifest.json: it is missing"), "{text}");
}
