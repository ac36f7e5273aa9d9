//! Signatures in SM2 beside those of Ed25519: the standard's example, refusals, and OpenSSL.

use crate::support::{ORIGIN, log_key, signed, trust};
use ct_codecs::{Base64, Decoder as _, Encoder as _};
use proviso_proof::Hash;
use proviso_proof::note::checkpoint::{CheckpointError, TrustError};
use proviso_proof::note::key::KeyError;
use proviso_proof::note::signed::NoteError;
use proviso_proof::note::{Checkpoint, KeyKind, KeyName, LogTrust, Note, Said, Signature, SignerKey, VerifierKey};
use proviso_rows::each_row;
use sha2::{Digest as _, Sha256};
use sm2::SecretKey;
use sm2::dsa::SigningKey;
use sm2::dsa::signature::Signer as _;
use std::path::Path;
use std::process::Command;

/// GB/T 32918.5-2017, annex A.2: private key, public key, message and signature, under the identifier `1234567812345678`.
const PRIVATE: &str = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8";
const PUBLIC: &str = "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020\
                      ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
const MESSAGE: &str = "message digest";
const SIGNATURE: &str = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3\
                         b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";
/// The order of the curve (GB/T 32918.5-2017, section 2).
const ORDER: &str = "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123";

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    hex::decode(hex).unwrap().try_into().unwrap()
}

fn name() -> KeyName {
    KeyName::new(ORIGIN).unwrap()
}

fn sm2_key() -> SignerKey {
    SignerKey::new(name(), KeyKind::Sm2, &bytes(PRIVATE)).unwrap()
}

/// The order with something added to its last byte.
fn near_order(add: i8) -> [u8; 32] {
    let mut order = bytes::<32>(ORDER);
    order[31] = order[31].checked_add_signed(add).unwrap();
    order
}

#[test]
fn the_example_of_the_standard_holds() {
    let key = VerifierKey::new(name(), KeyKind::Sm2, &bytes::<65>(PUBLIC)).unwrap();
    assert_eq!(key, *sm2_key().verifier());
    assert_eq!(key.verify(MESSAGE, &bytes::<64>(SIGNATURE)), Some(Said::Text));
}

#[test]
fn a_key_is_read_as_it_is_written() {
    let signer = sm2_key();
    let public = signer.verifier().to_string();
    let secret = signer.to_secret_text();
    assert_eq!(public.parse::<VerifierKey>().unwrap(), *signer.verifier());
    assert_eq!(secret.parse::<SignerKey>().unwrap().to_secret_text(), secret);
    // 0xff, the identifier, the zero behind it and the point, as the format has it.
    let key = public.splitn(3, '+').nth(2).unwrap();
    let expected = [&b"\xffSM2-SM3\0"[..], &bytes::<65>(PUBLIC)[..]].concat();
    assert_eq!(Base64::decode_to_vec(key, None).unwrap(), expected);
    let id: [u8; 32] = Sha256::digest([ORIGIN.as_bytes(), b"\n", &expected].concat()).into();
    assert_eq!(signer.verifier().id().to_be_bytes(), id[..4]);
    assert!(secret.starts_with("PRIVATE+KEY+"));
    let shown = format!("{signer:?}");
    assert!(!shown.contains(secret.rsplit('+').next().unwrap()), "{shown}");
    assert!(!shown.to_lowercase().contains(&PRIVATE[..16]), "{shown}");
}

#[test]
fn what_is_no_key_is_refused() {
    let public = bytes::<65>(PUBLIC);
    let mut off_the_curve = public;
    off_the_curve[64] ^= 1;
    let mut compressed = public[..33].to_vec();
    compressed[0] = 0x03;
    let mut hybrid = public;
    hybrid[0] = 0x07;
    each_row(
        [
            off_the_curve.to_vec(),
            hybrid.to_vec(),
            compressed,
            public[..64].to_vec(),
            [&public[..], &[0]].concat(),
            // The point at infinity, in one byte and in 65.
            vec![0],
            [&[4][..], &[0; 64]].concat(),
            // x above the field's prime.
            [&[4][..], &[0xff; 64]].concat(),
            Vec::new(),
        ],
        |public| {
            let key = VerifierKey::new(name(), KeyKind::Sm2, &public);
            assert_eq!(key.unwrap_err(), KeyError::Point(name()));
        },
    );
    each_row(
        [[0; 32], near_order(-1), near_order(0), near_order(1), [0xff; 32]],
        |private| {
            assert_eq!(
                SignerKey::new(name(), KeyKind::Sm2, &private).unwrap_err(),
                KeyError::Range(name())
            );
        },
    );
    for last in [near_order(-2), near_order(-3)] {
        let key = SignerKey::new(name(), KeyKind::Sm2, &last).unwrap();
        let signature = key.sign("x\n").unwrap();
        assert_eq!(key.verifier().verify("x\n", &signature), Some(Said::Text));
    }
    // The same in their text forms, and prefixes that are cut off or are another's.
    let text = |prefix: &[u8], key: &[u8]| {
        let key = [prefix, key].concat();
        format!("{ORIGIN}+00000000+{}", Base64::encode_to_string(&key).unwrap())
    };
    let read = |prefix: &[u8], key: &[u8]| text(prefix, key).parse::<VerifierKey>().unwrap_err();
    let whole = b"\xffSM2-SM3\0";
    assert!(matches!(read(whole, &public), KeyError::Id { .. }));
    assert!(matches!(read(whole, &off_the_curve), KeyError::Point(_)));
    assert!(matches!(read(whole, &public[1..]), KeyError::Verifier(_)));
    assert!(matches!(read(whole, &bytes::<32>(PRIVATE)), KeyError::Verifier(_)));
    assert!(matches!(
        read(b"\xffSM2-SM3", &public),
        KeyError::Kind { kind: 0xff, .. }
    ));
    assert!(matches!(read(b"\xff", &public), KeyError::Kind { kind: 0xff, .. }));
    assert!(matches!(
        read(b"\xffSM2-SM4\0", &public),
        KeyError::Kind { kind: 0xff, .. }
    ));
    let secret = |key: &[u8]| {
        format!("PRIVATE+KEY+{}", text(whole, key))
            .parse::<SignerKey>()
            .unwrap_err()
    };
    assert_eq!(secret(&near_order(0)), KeyError::Range(name()));
    assert_eq!(secret(&[0; 32]), KeyError::Range(name()));
    assert_eq!(secret(&[1; 31]), KeyError::Signer);
    assert!(!secret(&near_order(0)).to_string().contains("d54123"));
    // A log's key is no witness's.
    assert_eq!(sm2_key().cosign("x\n", 1), Err(KeyError::OtherKind(name())));
}

#[test]
fn every_altered_bit_is_refused() {
    let signer = sm2_key();
    let key = signer.verifier();
    let text = signed(7, Hash::of_leaf(b"root")).text().to_owned();
    let signature = signer.sign(&text).unwrap();
    assert_eq!((signature.len(), key.verify(&text, &signature)), (64, Some(Said::Text)));
    for at in 0..signature.len() * 8 {
        let mut altered = signature.clone();
        altered[at / 8] ^= 1 << (at % 8);
        assert_eq!(key.verify(&text, &altered), None, "bit {at} of the signature");
    }
    // The eighth bit of a byte leaves no text.
    for at in (0..text.len() * 8).filter(|at| at % 8 != 7) {
        let mut altered = text.clone().into_bytes();
        altered[at / 8] ^= 1 << (at % 8);
        let altered = String::from_utf8(altered).unwrap();
        assert_eq!(key.verify(&altered, &signature), None, "bit {at} of the text");
    }
    let half = |at: usize, with: &[u8; 32]| {
        let mut altered = signature.clone();
        altered[at..at + 32].copy_from_slice(with);
        altered
    };
    each_row(
        [
            half(0, &[0; 32]),
            half(32, &[0; 32]),
            half(0, &near_order(0)),
            half(32, &near_order(0)),
            half(0, &[0xff; 32]),
            half(32, &[0xff; 32]),
            vec![0; 64],
            signature[..63].to_vec(),
            [&signature[..], &[0]].concat(),
            Vec::new(),
        ],
        |altered| assert_eq!(key.verify(&text, &altered), None),
    );
}

#[test]
fn a_signature_under_another_identifier_is_refused() {
    let key = sm2_key();
    let under = |identifier: &str| {
        let private = SecretKey::from_slice(&bytes::<32>(PRIVATE)).unwrap();
        let signature: sm2::dsa::Signature = SigningKey::new(identifier, &private).unwrap().sign(MESSAGE.as_bytes());
        key.verifier().verify(MESSAGE, &signature.to_bytes())
    };
    assert_eq!(under("1234567812345678"), Some(Said::Text));
    for other in ["", "1234567812345679", "ALICE123@YAHOO.COM"] {
        assert_eq!(under(other), None, "{other}");
    }
}

#[test]
fn whoever_does_not_know_the_key_ignores_the_line() {
    let root = Hash::of_leaf(b"root");
    let mut note = signed(7, root);
    note.sign(&sm2_key()).unwrap();
    let text = note.to_string();
    assert_eq!(text.lines().filter(|line| line.starts_with("— ")).count(), 2);
    assert_eq!(trust().open(text.as_bytes()).unwrap().checkpoint().root(), root);
    // Of any length, and of no kind at all.
    for bytes in [vec![0xff], vec![7; 64], vec![9; 8 * 1024]] {
        let mut note = signed(7, root);
        note.add(Signature {
            name: name(),
            key_id: 0xdead_beef,
            bytes,
        })
        .unwrap();
        let text = note.to_string();
        assert_eq!(trust().open(text.as_bytes()).unwrap().checkpoint().root(), root);
    }
}

#[test]
fn whoever_knows_both_keys_asks_for_both() {
    let root = Hash::of_leaf(b"root");
    let key = sm2_key();
    let both = trust().with_sm2(key.verifier().clone()).unwrap();
    assert_eq!((both.sm2(), trust().sm2()), (Some(key.verifier()), None));
    let mut note = signed(7, root);
    assert_eq!(both.verify(note.clone()), Err(CheckpointError::NotInSm2(name())));
    note.sign(&key).unwrap();
    assert_eq!(both.verify(note.clone()).unwrap().checkpoint().root(), root);
    // SM2 alone is not the log.
    let alone = Checkpoint::new(ORIGIN, 7, root).unwrap().sign(&key).unwrap();
    assert_eq!(both.verify(alone.clone()), Err(CheckpointError::NotByLog(name())));
    assert_eq!(trust().verify(alone), Err(CheckpointError::Note(NoteError::Unsigned)));
    // A wrong one is not taken for a missing one.
    let mut wrong = signed(7, root);
    wrong
        .add(Signature::new(key.verifier(), key.sign("another\n").unwrap()))
        .unwrap();
    assert!(matches!(
        both.verify(wrong),
        Err(CheckpointError::Note(NoteError::Bad { .. }))
    ));
    // Witnesses are counted beside both.
    let witness = crate::support::key("w.example", KeyKind::Cosignature);
    let watched = both
        .clone()
        .with_witnesses(vec![witness.verifier().clone()], 1)
        .unwrap();
    assert!(matches!(
        watched.verify(note.clone()),
        Err(CheckpointError::Witnesses { found: 0, .. })
    ));
    let cosigned = witness.cosign(note.text(), 1).unwrap();
    note.add(Signature::new(witness.verifier(), cosigned)).unwrap();
    assert_eq!(watched.verify(note.clone()).unwrap().witnesses().len(), 1);
    let text = note.to_string();
    let lines: Vec<&str> = text.lines().filter(|line| !is_by(line, &key)).collect();
    let lines = lines.join("\n") + "\n";
    let without = Note::parse(lines.as_bytes()).unwrap();
    assert_eq!(watched.verify(without), Err(CheckpointError::NotInSm2(name())));
    // Whom nobody should believe in.
    assert!(matches!(
        LogTrust::new(ORIGIN, key.verifier().clone()),
        Err(TrustError::Kind(_))
    ));
    assert!(matches!(
        trust().with_sm2(log_key().verifier().clone()),
        Err(TrustError::Kind(_))
    ));
    let other = SignerKey::new(KeyName::new("other.example").unwrap(), KeyKind::Sm2, &bytes(PRIVATE)).unwrap();
    assert!(matches!(
        trust().with_sm2(other.verifier().clone()),
        Err(TrustError::OtherName { .. })
    ));
    assert!(matches!(
        trust().with_witnesses(vec![key.verifier().clone()], 1),
        Err(TrustError::Kind(_))
    ));
}

fn is_by(line: &str, key: &SignerKey) -> bool {
    Signature::parse(line).is_some_and(|signature| signature.key_id == key.verifier().id())
}

/// A number in DER.
fn integer(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let mut digits = number[zeros..].to_vec();
    if digits[0] & 0x80 != 0 {
        digits.insert(0, 0);
    }
    [&[0x02, digits.len() as u8], &digits[..]].concat()
}

fn to_der(signature: &[u8]) -> Vec<u8> {
    let both = [integer(&signature[..32]), integer(&signature[32..])].concat();
    [&[0x30, both.len() as u8], &both[..]].concat()
}

fn of_der(der: &[u8]) -> Vec<u8> {
    let mut numbers = &der[2..];
    let mut signature = Vec::new();
    while !numbers.is_empty() {
        let (number, rest) = numbers[2..].split_at(usize::from(numbers[1]));
        let digits = &number[usize::from(number[0] == 0)..];
        signature.extend(std::iter::repeat_n(0, 32 - digits.len()).chain(digits.iter().copied()));
        numbers = rest;
    }
    signature
}

/// ecParameters of SM2 (RFC 5480, section 2.1.1; GM/T 0006-2012).
const ALGORITHM: &str = "301306072a8648ce3d020106082a811ccf5501822d";

#[test]
fn openssl_signs_and_verifies_the_same() {
    let version = Command::new("openssl").arg("version").output();
    let version = version
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    if !version.starts_with("OpenSSL 3") {
        println!("not run: openssl 3 is missing; apt-get install openssl");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let key = sm2_key();
    let public = format!("3059{ALGORITHM}034200{PUBLIC}");
    let private = format!("308187020100{ALGORITHM}046d306b0201010420{PRIVATE}a144034200{PUBLIC}");
    std::fs::write(at("public.der"), hex::decode(public).unwrap()).unwrap();
    std::fs::write(at("private.der"), hex::decode(private).unwrap()).unwrap();
    let openssl = |arguments: &[&str], inkey: &Path, identifier: &str| {
        let mut command = Command::new("openssl");
        command
            .args(["pkeyutl", "-rawin", "-digest", "sm3", "-keyform", "DER", "-inkey"])
            .arg(inkey);
        command
            .arg("-pkeyopt")
            .arg(format!("distid:{identifier}"))
            .args(arguments);
        command.current_dir(folder.path()).output().unwrap()
    };
    for number in 0..20_u64 {
        let text = signed(number + 1, Hash::of_leaf(&number.to_be_bytes()))
            .text()
            .to_owned();
        std::fs::write(at("text"), &text).unwrap();
        let made = openssl(
            &["-sign", "-in", "text", "-out", "theirs"],
            &at("private.der"),
            "1234567812345678",
        );
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let theirs = of_der(&std::fs::read(at("theirs")).unwrap());
        assert_eq!(key.verifier().verify(&text, &theirs), Some(Said::Text));
        std::fs::write(at("ours"), to_der(&key.sign(&text).unwrap())).unwrap();
        let verify = ["-verify", "-pubin", "-in", "text", "-sigfile", "ours"];
        let held = openssl(&verify, &at("public.der"), "1234567812345678");
        assert!(held.status.success(), "{}", String::from_utf8_lossy(&held.stdout));
        let held = openssl(&verify, &at("public.der"), "1234567812345679");
        assert!(!held.status.success());
    }
}
