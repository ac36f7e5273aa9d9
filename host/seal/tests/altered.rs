//! What is altered, cut, or put in another place does not open.

use crate::{issued, record, ring, unwrapped};
use proviso_rows::each_named_row;
use proviso_seal::{
    KeyVersion, NotSealed, OpenError, Opener, Part, RecordId, RecordKey, Sealer, SuiteName, UnwrapError, WrappedKey,
};

/// Short, and packed.
const TEXT: &[u8] = b"a text that repeats, a text that repeats, a text that repeats";

fn sealed(suite: SuiteName) -> (RecordKey, WrappedKey, Vec<u8>) {
    let (mut keys, wrapped) = issued(&ring(suite, 'k'), 1);
    let mut sealed = Vec::new();
    let mut sealer = Sealer::new(None).unwrap();
    sealer
        .seal(&mut keys[0], &record(1), Part::CONTENT, TEXT, &mut sealed)
        .unwrap();
    assert!(sealed.len() < TEXT.len(), "it is to be packed");
    (keys.remove(0), wrapped[0], sealed)
}

fn open(key: &RecordKey, record: &RecordId, part: Part, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
    let mut opened = Vec::new();
    let result = Opener::new(1 << 20).open(key, record, part, sealed, &mut opened);
    assert!(result.is_ok() || opened.is_empty());
    result.map(|()| opened)
}

#[test]
fn every_single_bit_counts() {
    for suite in SuiteName::ALL {
        let (key, _, sealed) = sealed(suite);
        for bit in 0..sealed.len() * 8 {
            let mut altered = sealed.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            let refused = open(&key, &record(1), Part::CONTENT, &altered);
            // In the header's three bytes the form may break; behind them the tag is all there is.
            let altered_only = bit >= 24;
            assert!(
                matches!(refused, Err(OpenError::Altered))
                    || !altered_only && matches!(refused, Err(OpenError::Form(_))),
                "{suite}, bit {bit}: {refused:?}"
            );
        }
        assert_eq!(open(&key, &record(1), Part::CONTENT, &sealed).unwrap(), TEXT);
    }
}

#[test]
fn every_length_counts() {
    for suite in SuiteName::ALL {
        let (key, _, mut sealed) = sealed(suite);
        for length in 0..sealed.len() {
            let refused = open(&key, &record(1), Part::CONTENT, &sealed[..length]);
            let expected = match length {
                0..19 => OpenError::Form(NotSealed::Short(length)),
                _ => OpenError::Altered,
            };
            assert_eq!(refused, Err(expected), "{length}");
        }
        sealed.push(0);
        assert_eq!(open(&key, &record(1), Part::CONTENT, &sealed), Err(OpenError::Altered));
    }
}

#[test]
fn what_stands_in_another_place_does_not_open() {
    let here = record(1);
    for suite in SuiteName::ALL {
        let (key, _, sealed) = sealed(suite);
        let (other, _, _) = self::sealed(suite);
        let places = [
            ("another part", &key, here, Part(1)),
            ("another record", &key, record(2), Part::CONTENT),
            (
                "another tenant",
                &key,
                RecordId { tenant: "shop", ..here },
                Part::CONTENT,
            ),
            (
                "another kind",
                &key,
                RecordId {
                    kind: "conflict",
                    ..here
                },
                Part::CONTENT,
            ),
            // The same letters, with the border between them elsewhere.
            (
                "another border",
                &key,
                RecordId {
                    tenant: "bankm",
                    kind: "essage",
                    ..here
                },
                Part::CONTENT,
            ),
            ("another key", &other, here, Part::CONTENT),
        ];
        each_named_row(
            places.map(|(name, key, record, part)| (name, (key, record, part))),
            |(key, record, part)| {
                assert_eq!(open(key, &record, part, &sealed), Err(OpenError::Altered));
            },
        );
    }
}

/// The version in the header is bound like all else: 1 in the place of 2.
#[test]
fn another_version_in_the_header_does_not_open() {
    let (key, wrapped, mut sealed) = sealed(SuiteName::Aes256Gcm);
    assert_eq!((sealed[2], wrapped.version.get()), (2, 2));
    sealed[2] = 1;
    assert_eq!(open(&key, &record(1), Part::CONTENT, &sealed), Err(OpenError::Altered));
}

#[test]
fn a_wrapped_key_unwraps_by_its_version_of_its_ring_alone() {
    for suite in SuiteName::ALL {
        let (key, wrapped, _) = sealed(suite);
        let ring = ring(suite, 'k');
        let of = |ring: &_, wrapped| unwrapped(ring, &[wrapped]).remove(0);
        assert_eq!(of(&ring, wrapped).unwrap().salt(), key.salt());
        for bit in 0..320 {
            let mut altered = wrapped;
            altered.bytes[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                of(&ring, altered).unwrap_err(),
                UnwrapError::Altered(wrapped.version),
                "{bit}"
            );
        }
        let version = |number| KeyVersion::new(number).unwrap();
        let bytes = wrapped.bytes;
        let under = |number| WrappedKey {
            version: version(number),
            bytes,
        };
        assert_eq!(of(&ring, under(1)).unwrap_err(), UnwrapError::Altered(version(1)));
        assert_eq!(of(&ring, under(3)).unwrap_err(), UnwrapError::NoKey(version(3)));
        let foreign = of(&self::ring(suite, 'j'), wrapped);
        assert_eq!(foreign.unwrap_err(), UnwrapError::Altered(version(2)));
    }
}

/// Answers stand in the order of the questions, whatever version wrapped what.
#[test]
fn a_batch_of_many_versions_keeps_its_order() {
    let ring = ring(SuiteName::Sm4Gcm, 'k');
    let (keys, second) = issued(&ring, 3);
    let mut first = Vec::new();
    proviso_seal::KeyRing::wrap(&ring, KeyVersion::FIRST, &keys, &mut first).unwrap();
    let mixed = [second[2], first[0], second[1], first[2]];
    let salts: Vec<_> = unwrapped(&ring, &mixed)
        .into_iter()
        .map(|key| key.unwrap().salt())
        .collect();
    assert_eq!(salts, [2, 0, 1, 2].map(|place: usize| keys[place].salt()));
}
