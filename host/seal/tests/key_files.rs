//! Every way in which a key file can be wrong, with what is said of it.

use proviso_rows::each_row;
use proviso_seal::{FileRing, KEY_RING_BYTES_MAX, KeyRing as _, RingError};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn refused(text: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bank.keys");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let error = FileRing::open(&path).map(|_| ()).unwrap_err();
    let said = error.to_string().replace(&path.display().to_string(), "FILE");
    let secret = "ECAwQFBgcICQoL";
    assert!(!said.contains(secret), "a key is quoted: {said}");
    said
}

#[test]
fn a_key_file_that_is_wrong_says_where_and_what() {
    let zeros = "A".repeat(43) + "=";
    each_row(
        [
            (
                String::new(),
                "FILE: no keys: expected the line \"proviso-keys 1\", then one line for each key",
            ),
            (
                "# only a comment\n".to_owned(),
                "FILE: no keys: expected the line \"proviso-keys 1\", then one line for each key",
            ),
            (
                format!("1 aes-256-gcm 2026-11-29T06:00:00Z {KEY}"),
                "FILE:1: expected the line \"proviso-keys 1\" before all others",
            ),
            (
                "proviso-keys 2\n".to_owned(),
                "FILE:1: expected the line \"proviso-keys 1\" before all others",
            ),
            (
                "proviso-keys 1\n".to_owned(),
                "FILE: no key: expected one line for each key",
            ),
            (
                format!("proviso-keys 1\n{KEY}"),
                "FILE:2: 1 words: expected a version, a suite, a time and a key",
            ),
            (
                format!("proviso-keys 1\n\n0 aes-256-gcm 2026-11-29T06:00:00Z {KEY}"),
                "FILE:3: the first word is no version: expected 1 to 4294967295",
            ),
            (
                format!("proviso-keys 1\n-1 aes-256-gcm 2026-11-29T06:00:00Z {KEY}"),
                "FILE:2: the first word is no version: expected 1 to 4294967295",
            ),
            (
                format!("proviso-keys 1\n4294967296 aes-256-gcm 2026-11-29T06:00:00Z {KEY}"),
                "FILE:2: the first word is no version: expected 1 to 4294967295",
            ),
            (
                format!("proviso-keys 1\n1 aes-128-gcm 2026-11-29T06:00:00Z {KEY}"),
                "FILE:2: the second word is no suite: expected \"aes-256-gcm\" or \"sm4-gcm\"",
            ),
            (
                format!("proviso-keys 1\n1 aes-256-gcm yesterday {KEY}"),
                "FILE:2: a time has another form: expected 2026-01-31T09:00:00Z",
            ),
            (
                "proviso-keys 1\n1 aes-256-gcm 2026-11-29T06:00:00Z".to_owned(),
                "FILE:2: 0 words behind the time: expected the key alone, or \"destroyed\", a time and a fingerprint",
            ),
            (
                format!("proviso-keys 1\n1 aes-256-gcm 2026-11-29T06:00:00Z {KEY} {KEY}"),
                "FILE:2: 2 words behind the time: expected the key alone, or \"destroyed\", a time and a fingerprint",
            ),
            (
                format!("proviso-keys 1\n1 aes-256-gcm 2026-11-29T06:00:00Z {}", &KEY[1..]),
                "FILE:2: the key is no base64 of 32 bytes",
            ),
            (
                "proviso-keys 1\n1 aes-256-gcm 2026-11-29T06:00:00Z AAECAwQFBgcICQoLDA0ODw==".to_owned(),
                "FILE:2: the key has 16 bytes: aes-256-gcm takes 32",
            ),
            (
                format!("proviso-keys 1\n1 sm4-gcm 2026-11-29T06:00:00Z {KEY}"),
                "FILE:2: the key has 32 bytes: sm4-gcm takes 16",
            ),
            (
                format!("proviso-keys 1\n1 aes-256-gcm 2026-11-29T06:00:00Z {zeros}"),
                "FILE:2: the key is all zeros: expected random bytes",
            ),
            (
                "proviso-keys 1\n1 aes-256-gcm 2026-11-29T06:00:00Z destroyed".to_owned(),
                "FILE:2: expected \"destroyed\", a time and a fingerprint",
            ),
            (
                "proviso-keys 1\n1 aes-256-gcm 2026-11-29T06:00:00Z destroyed 2026-11-30T06:00:00Z +123456789abcdef"
                    .to_owned(),
                "FILE:2: the fingerprint has another form: expected 16 digits of 0-9 and a-f",
            ),
            // A word is missing, and the key stands in its place.
            (
                format!("proviso-keys 1\n1 aes-256-gcm {KEY}"),
                "FILE:2: a time has another form: expected 2026-01-31T09:00:00Z",
            ),
            (
                format!("proviso-keys 1\n1 {KEY} 2026-11-29T06:00:00Z"),
                "FILE:2: the second word is no suite: expected \"aes-256-gcm\" or \"sm4-gcm\"",
            ),
            (
                format!("proviso-keys 1\n{KEY} aes-256-gcm 2026-11-29T06:00:00Z"),
                "FILE:2: the first word is no version: expected 1 to 4294967295",
            ),
            // Everything at once.
            (
                format!(
                    "proviso-keys 1\n2 aes-256-gcm 2026-11-29T06:00:00Z {KEY}\n2 aes-256-gcm 2026-11-29T06:00:00Z {KEY}\nx y z {KEY}"
                ),
                "FILE:3: version 2 stands behind version 2: versions go upwards, and each stands once\nFILE:4: the first word is no version: expected 1 to 4294967295",
            ),
        ],
        |(text, expected)| assert_eq!(refused(text.as_bytes()), expected),
    );
    assert_eq!(
        refused(b"\xff\xfe"),
        "FILE: is not UTF-8: expected the text of a key file"
    );
    let long = vec![b'#'; KEY_RING_BYTES_MAX + 1];
    assert_eq!(refused(&long), "FILE: 65537 bytes are too many: at most 65536 are read");
}

#[test]
fn a_file_that_others_can_read_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bank.keys");
    fs::write(
        &path,
        format!("proviso-keys 1\n1 aes-256-gcm 2026-11-29T06:00:00Z {KEY}\n"),
    )
    .unwrap();
    for mode in [0o640, 0o604, 0o620, 0o644, 0o660] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = FileRing::open(&path).map(|_| ()).unwrap_err();
        assert!(
            matches!(&error, RingError::Mode { mode: found, .. } if *found == mode),
            "{error}"
        );
        assert!(error.to_string().contains("chmod 600 it"), "{error}");
    }
    for mode in [0o600, 0o400] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(FileRing::open(&path).unwrap().keys().unwrap().len(), 1);
    }
}

#[test]
fn what_is_no_file_is_refused_and_nothing_waits() {
    let folder = tempfile::tempdir().unwrap();
    let missing = FileRing::open(&folder.path().join("none.keys"))
        .map(|_| ())
        .unwrap_err();
    assert!(matches!(missing, RingError::File { .. }), "{missing}");
    let path = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    let error = FileRing::open(&path).map(|_| ()).unwrap_err();
    assert!(
        error.to_string().ends_with("is no regular file: expected a key file"),
        "{error}"
    );
    let error = FileRing::open(folder.path()).map(|_| ()).unwrap_err();
    assert!(
        error.to_string().ends_with("is no regular file: expected a key file"),
        "{error}"
    );
}
