//! Signatures of minisign, made by it and by us, and what a pack that carries them is.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use crate::common::PackFolder;
use proviso_model::Timestamp;
use proviso_pack::signing::{NotASignature, Passphrase, PublicKey, SigningKey, SigningKeyError, is_encrypted};
use proviso_pack::{Form, Pack, PackStore, Signature};
use std::path::Path;

/// Made by minisign 0.11 for these tests, of the manifest of the golden pack.
fn vector(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/minisign")
        .join(name);
    std::fs::read_to_string(path).unwrap()
}

fn noon() -> Timestamp {
    Timestamp::from_rfc3339("2026-05-01T12:00:00Z").unwrap()
}

fn read(file: &[u8]) -> Result<Pack, String> {
    Pack::from_file(file, Path::new("x.pack")).map_err(|error| error.problems[0].to_string())
}

#[test]
fn what_minisign_signed_verifies() {
    let pack = PackFolder::new().open().unwrap();
    assert_eq!(pack.oci_manifest(), vector("manifest.json"));
    let (release, audit) = (vector("test-only-release.pub"), vector("test-only-audit.pub"));
    let (release, audit) = (PublicKey::read(&release).unwrap(), PublicKey::read(&audit).unwrap());
    assert_eq!(release.id().to_string(), "DE459254EF362BA0");
    assert_eq!(
        PublicKey::read(release.text()).unwrap().to_file(),
        vector("test-only-release.pub")
    );

    let signature = Signature::read(&vector("release.minisig")).unwrap();
    assert_eq!(signature.key(), release.id());
    assert_eq!(
        signature.trusted_comment(),
        "timestamp:1763700000\tpack:acme/house-rules"
    );
    assert_eq!(signature.stated_at().unwrap().to_string(), "2025-11-21T04:40:00Z");
    let manifest = pack.oci_manifest().as_bytes();
    release.verify(manifest, &signature).unwrap();
    audit
        .verify(manifest, &Signature::read(&vector("audit.minisig")).unwrap())
        .unwrap();
    assert!(audit.verify(manifest, &signature).is_err());
    assert!(release.verify(&manifest[1..], &signature).is_err());
}

#[test]
fn the_older_form_of_minisign_is_refused_by_name() {
    let refused = Signature::read(&vector("release-legacy.minisig")).unwrap_err();
    assert_eq!(refused, NotASignature::Legacy);
    assert!(refused.to_string().contains("sign again without -l"));
}

#[test]
fn what_is_no_signature_is_refused() {
    let good = vector("release.minisig");
    let lines: Vec<&str> = good.lines().collect();
    let with = |number: usize, line: &str| {
        let mut lines = lines.clone();
        lines[number] = line;
        lines.join("\n")
    };
    let long = format!("trusted comment: {}", "x".repeat(1_025));
    for bad in [
        String::new(),
        "\n\n\n\n".to_owned(),
        lines[..3].join("\n"),
        format!("{good}more\n"),
        with(0, "comment: x"),
        with(1, "RUQ="),
        with(1, "!"),
        with(2, "a comment"),
        with(2, "trusted comment: \u{1b}[2J"),
        with(2, "trusted comment:  padded "),
        with(2, &long),
        with(3, ""),
        with(3, &lines[3][4..]),
        "x".repeat(3_000),
    ] {
        assert!(Signature::read(&bad).is_err(), "{bad:?}");
    }
    // Line ends and the untrusted comment do not matter, and are not kept.
    let other = with(0, "untrusted comment: anything").replace('\n', "\r\n");
    assert_eq!(Signature::read(&other).unwrap(), Signature::read(&good).unwrap());
    for bad in ["", "RWQ", &"A".repeat(56), lines[1]] {
        assert!(PublicKey::read(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_key_signs_and_only_its_passphrase_opens_it() {
    let passphrase = Passphrase::new("correct horse".to_owned()).unwrap();
    let made = SigningKey::make(Some(&passphrase)).unwrap();
    assert!(is_encrypted(&made.secret_file));
    let open = |text: Option<&Passphrase>| SigningKey::open(&made.secret_file, text);
    assert_eq!(open(None).unwrap_err(), SigningKeyError::PassphraseMissing);
    let wrong = Passphrase::new("battery staple".to_owned()).unwrap();
    assert_eq!(open(Some(&wrong)).unwrap_err(), SigningKeyError::PassphraseWrong);
    let key = open(Some(&passphrase)).unwrap();
    let signature = key.sign(b"bytes", noon(), "pack:a/b").unwrap();
    made.public.verify(b"bytes", &signature).unwrap();
    assert_eq!(signature.trusted_comment(), "timestamp:1777636800\tpack:a/b");

    let plain = SigningKey::make(None).unwrap();
    assert!(!is_encrypted(&plain.secret_file));
    SigningKey::open(&plain.secret_file, None).unwrap();
    // A key that minisign made with -W.
    let key = SigningKey::open(&vector("test-only-release.key"), None).unwrap();
    assert_eq!(
        key.public().text(),
        vector("test-only-release.pub").lines().nth(1).unwrap()
    );
    for bad in [
        "",
        "a\nb\n",
        &vector("test-only-release.pub"),
        &plain.secret_file[..120],
    ] {
        assert_eq!(
            SigningKey::open(bad, None).unwrap_err(),
            SigningKeyError::NotAKey,
            "{bad:?}"
        );
    }
    for bad in ["", "short", "with\nline", &"x".repeat(1_025)] {
        assert_eq!(
            Passphrase::new(bad.to_owned()).unwrap_err(),
            SigningKeyError::PassphraseForm
        );
    }
}

#[test]
fn nothing_secret_can_be_printed() {
    let passphrase = Passphrase::new("correct horse".to_owned()).unwrap();
    let made = SigningKey::make(None).unwrap();
    let key = SigningKey::open(&made.secret_file, None).unwrap();
    let printed = format!("{passphrase:?} {made:?} {key:?}");
    let secret = made.secret_file.lines().nth(1).unwrap();
    assert!(!printed.contains("horse") && !printed.contains(secret), "{printed}");
    assert_eq!(printed.matches(&made.public.id().to_string()).count(), 2);
    assert!(printed.len() < 100, "{printed}");
}

#[test]
fn a_pack_carries_signatures_and_stays_the_same_pack() {
    let pack = PackFolder::new().open().unwrap();
    let unsigned = pack.to_file();
    let (release, audit) = (vector("release.minisig"), vector("audit.minisig"));
    let both = [Signature::read(&release).unwrap(), Signature::read(&audit).unwrap()];
    let signed = pack.clone().with_signatures(both.clone()).unwrap();
    let file = signed.to_file();
    let read = read(&file).unwrap();
    assert_eq!(read.form(), Form::File);
    assert_eq!(read.digest(), pack.digest());
    assert_eq!(read.signatures(), signed.signatures());
    assert_eq!(read.to_file(), file, "the same bytes again");
    let reversed = pack.clone().with_signatures(both.clone().into_iter().rev()).unwrap();
    assert_eq!(reversed.to_file(), file, "whatever order they come in");
    let again = signed.clone().with_signatures(both).unwrap();
    assert_eq!(again.to_file(), file, "one signature counts once");
    assert!(unsigned.len() < file.len());
    assert_eq!(signed.oci_manifest(), pack.oci_manifest());

    let key = SigningKey::open(&vector("test-only-audit.key"), None).unwrap();
    let many = (0..17).map(|number| key.sign(b"x", noon(), &number.to_string()).unwrap());
    assert!(pack.with_signatures(many).is_err());
}

#[test]
fn the_store_keeps_signatures_and_gathers_them() {
    let folder = tempfile::tempdir().unwrap();
    let store = PackStore::open(folder.path()).unwrap();
    let pack = PackFolder::new().open().unwrap();
    let of = |name: &str| Signature::read(&vector(name)).unwrap();
    let (release, audit) = (of("release.minisig"), of("audit.minisig"));
    let stored = |pack: &Pack| {
        store.put(pack).unwrap();
        store.get(&pack.digest()).unwrap().signatures().len()
    };
    assert_eq!(stored(&pack), 0);
    assert_eq!(stored(&pack.clone().with_signatures([release.clone()]).unwrap()), 1);
    assert_eq!(stored(&pack), 1, "an unsigned copy takes nothing away");
    assert_eq!(stored(&pack.clone().with_signatures([audit]).unwrap()), 2);
    let key = SigningKey::open(&vector("test-only-audit.key"), None).unwrap();
    let many = (0..16).map(|number| key.sign(b"x", noon(), &number.to_string()).unwrap());
    assert_eq!(
        stored(&pack.with_signatures(many).unwrap()),
        16,
        "both together are too many"
    );
    assert_eq!(store.list().unwrap().len(), 1);
}
