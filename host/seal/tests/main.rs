//! What a sealed record keeps, and what is refused.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;
use proviso_rows::each_row;
use proviso_seal::{Keyring, KeyringError, OpenError, Part, Record, RecordKey, Sealer, dictionary};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

dictionary!(static COMMON = b"{\"msgid\":\"\",\"text\":{\"content\":\"\"}}");

const CREATED: &str = "2026-11-29T06:00:00Z";
const BYTES_MAX: usize = 1 << 20;
const RECORD: Record<'_> = Record {
    tenant: "bank",
    number: 7,
};
const MESSAGE: &[u8] = "{\"msgid\":\"1\",\"text\":{\"content\":\"保本保息\"}}".as_bytes();

fn sealer() -> Sealer {
    let mut ring = Keyring::generate(CREATED);
    ring.add(Some("shop"), CREATED);
    ring.add(None, CREATED);
    Sealer::new(Arc::new(ring))
}

fn open(key: &RecordKey, record: Record<'_>, part: Part, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
    key.open(record, part, sealed, &COMMON, BYTES_MAX)
}

#[test]
fn a_record_is_opened_by_the_key_that_its_tenant_has() {
    let sealer = sealer();
    let key = sealer.new_key("bank").unwrap();
    assert_eq!(key.version(), 2, "the newest");
    let sealed = key.seal(RECORD, Part::Content, MESSAGE, &COMMON);
    assert!(!sealed.windows(6).any(|window| window == "保本".as_bytes()));
    let again = sealer.unwrap("bank", key.version(), key.wrapped()).unwrap();
    assert_eq!(open(&again, RECORD, Part::Content, &sealed).unwrap(), MESSAGE);
    assert_eq!(sealer.new_key("shop").unwrap().version(), 1, "its own");
    let refused = sealer.unwrap("bank", 9, key.wrapped()).map(|_| ()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "its key is wrapped by version 9 of the key of tenant \"bank\", which is not in the keyring"
    );
    let of_another_ring = self::sealer().unwrap("bank", 2, key.wrapped()).map(|_| ());
    assert_eq!(of_another_ring, Err(OpenError::Altered));
}

#[test]
fn a_part_opens_in_its_own_place_alone() {
    let sealer = sealer();
    let (key, other) = (sealer.new_key("bank").unwrap(), sealer.new_key("bank").unwrap());
    let table = [
        Part::Content,
        Part::Judgement(0),
        Part::Judgement(1),
        Part::Judgement(2),
        Part::Refused(1),
        Part::Refused(2),
    ];
    for part in table {
        let sealed = key.seal(RECORD, part, MESSAGE, &COMMON);
        assert_eq!(open(&key, RECORD, part, &sealed).unwrap(), MESSAGE);
        for elsewhere in table.into_iter().filter(|elsewhere| *elsewhere != part) {
            assert_eq!(
                open(&key, RECORD, elsewhere, &sealed),
                Err(OpenError::Altered),
                "{part:?}"
            );
        }
        let records = [
            Record { number: 8, ..RECORD },
            Record {
                tenant: "shop",
                ..RECORD
            },
            Record { tenant: "", ..RECORD },
        ];
        for elsewhere in records {
            assert_eq!(
                open(&key, elsewhere, part, &sealed),
                Err(OpenError::Altered),
                "{elsewhere:?}"
            );
        }
        assert_eq!(open(&other, RECORD, part, &sealed), Err(OpenError::Altered));
    }
}

#[test]
fn every_changed_bit_and_every_cut_is_noticed() {
    let sealer = sealer();
    let key = sealer.new_key("bank").unwrap();
    for part in [Part::Content, Part::Judgement(3)] {
        let sealed = key.seal(RECORD, part, MESSAGE, &COMMON);
        for bit in 0..sealed.len() * 8 {
            let mut altered = sealed.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(&key, RECORD, part, &altered), Err(OpenError::Altered), "bit {bit}");
        }
        for end in 0..sealed.len() {
            assert_eq!(
                open(&key, RECORD, part, &sealed[..end]),
                Err(OpenError::Altered),
                "{end} bytes"
            );
        }
    }
    for bit in 0..key.wrapped().len() * 8 {
        let mut altered = *key.wrapped();
        altered[bit / 8] ^= 1 << (bit % 8);
        let refused = sealer.unwrap("bank", key.version(), &altered).map(|_| ());
        assert_eq!(refused, Err(OpenError::Altered), "bit {bit}");
    }
}

#[test]
fn a_later_part_is_never_sealed_alike() {
    let key = sealer().new_key("bank").unwrap();
    let sealed = || key.seal(RECORD, Part::Judgement(1), MESSAGE, &COMMON);
    assert_ne!(sealed(), sealed());
}

#[test]
fn tags_are_the_rings_own_and_keep_parts_apart() {
    let sealer = sealer();
    assert_eq!(sealer.tag(&["bank", "wecom", "1"]), sealer.tag(&["bank", "wecom", "1"]));
    assert_ne!(sealer.tag(&["bank", "wecom1", ""]), sealer.tag(&["bank", "wecom", "1"]));
    assert_ne!(self::sealer().tag(&["bank"]), sealer.tag(&["bank"]));
}

#[test]
fn a_ring_is_kept_in_a_file_of_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.toml");
    let mut ring = Keyring::generate(CREATED);
    ring.create(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(
        ring.create(&path).is_err(),
        "an existing ring is never written over by a new one"
    );
    assert_eq!(ring.add(Some("bank"), CREATED), 1);
    assert_eq!(ring.add(Some("bank"), CREATED), 2);
    ring.replace(&path).unwrap();
    let again = Keyring::read(&path).unwrap();
    let shown = |ring: &Keyring| -> Vec<String> { ring.keys().iter().map(|key| format!("{key:?}")).collect() };
    assert_eq!(shown(&again), shown(&ring));
    assert_eq!(again.newest("bank").unwrap().version(), 2);
    assert_eq!(again.newest("shop").unwrap().tenant(), None);
    let text = std::fs::read_to_string(&path).unwrap();
    for secret in text.split('"').filter(|word| word.len() == 44) {
        assert!(!format!("{again:?}").contains(secret));
    }
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let error = Keyring::read(&path).unwrap_err();
    assert!(matches!(error, KeyringError::Open { mode: 0o640, .. }), "{error}");
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(
        Keyring::read(&path).unwrap_err(),
        KeyringError::Missing { .. }
    ));
}

#[test]
fn a_wrong_ring_says_what_is_wrong_and_shows_no_key() {
    let secret = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let table = [
        (
            "identity = 1".to_owned(),
            "ring: line 1: invalid type: integer `1`, expected a string",
        ),
        (
            format!("identity = \"{secret}\""),
            "ring: it holds no key: add a [[key]] with version, created and secret",
        ),
        (
            format!("identity = \"AAAA\"\n[[key]]\nversion = 1\ncreated = \"\"\nsecret = \"{secret}\""),
            "ring: identity: the secret has 3 bytes, and a key has 32",
        ),
        (
            format!("identity = \"{secret}\"\n[[key]]\nversion = 1\ncreated = \"\"\nsecret = \"not base64\""),
            "ring: version 1 of the key of all tenants: the secret is not 32 bytes in base64",
        ),
        (
            format!("identity = \"{secret}\"\n[[key]]\nversion = 0\ncreated = \"\"\nsecret = \"{secret}\""),
            "ring: version 0 of the key of all tenants: versions begin with 1",
        ),
        (
            format!(
                "identity = \"{secret}\"\n{}",
                format!("[[key]]\ntenant = \"银行\"\nversion = 1\ncreated = \"\"\nsecret = \"{secret}\"\n").repeat(2)
            ),
            "ring: version 1 of the key of tenant \"银行\" is there twice: remove the one that wraps nothing",
        ),
    ];
    each_row(table, |(text, expected)| {
        let error = Keyring::parse("ring", &text).map(|_| ()).unwrap_err();
        assert_eq!(error.to_string(), expected);
        assert!(!error.to_string().contains(secret));
    });
}

proptest! {
    #[test]
    fn what_is_opened_is_what_was_sealed(
        piece in proptest::collection::vec(any::<u8>(), 0..3_000),
        tenant in "\\PC{0,8}",
        number in any::<i64>(),
        round in any::<u32>(),
    ) {
        let sealer = sealer();
        let key = sealer.new_key(&tenant).unwrap();
        let record = Record { tenant: &tenant, number };
        let sealed = key.seal(record, Part::Judgement(round), &piece, &COMMON);
        prop_assert_eq!(open(&key, record, Part::Judgement(round), &sealed).unwrap(), piece);
    }
}
