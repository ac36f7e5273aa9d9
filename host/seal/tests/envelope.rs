//! What is sealed opens, each part once, whatever the suite, the length and the dictionary.

use crate::{issued, record, ring, unwrapped};
use proptest::prelude::*;
use proviso_rows::each_row;
use proviso_seal::{
    Dictionary, DisclosedKey, OpenError, Opener, PackError, Part, SealError, Sealer, SuiteName, Tagger, sealed_under,
};

/// A line of the kind that the dictionary is for.
fn line(number: usize) -> Vec<u8> {
    format!(
        "{{\"id\":\"m-{number}\",\"from\":{{\"id\":\"employee-{}\",\"class\":\"employee\"}},\"text\":\"order {} is on its way\"}}",
        number * 7 % 31,
        number * 104_729 % 99_991
    )
    .into_bytes()
}

fn dictionary(number: u32) -> Dictionary {
    let bytes =
        b"{\"id\":\"m-\",\"from\":{\"id\":\"employee-\",\"class\":\"employee\"},\"text\":\"order is on its way\"}";
    Dictionary::new(number.try_into().unwrap(), bytes)
}

proptest! {
    #[test]
    fn what_is_sealed_opens(
        suite in prop::sample::select(SuiteName::ALL.to_vec()),
        with_dictionary in any::<bool>(),
        parts in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..600), 0_usize..40), 1..4),
    ) {
        let ring = ring(suite, 'k');
        let dictionary = with_dictionary.then(|| dictionary(7));
        let mut sealer = Sealer::new(dictionary.as_ref()).unwrap();
        let (mut keys, wrapped) = issued(&ring, 1);
        let mut sealed = Vec::new();
        let mut places = Vec::new();
        // Bytes that repeat are packed, others are not.
        let texts: Vec<Vec<u8>> = parts.iter().map(|(text, times)| text.repeat(*times)).collect();
        for (number, text) in texts.iter().enumerate() {
            let part = Part(number as u64);
            places.push(sealer.seal(&mut keys[0], &record(5), part, text, &mut sealed).unwrap());
        }
        let key = unwrapped(&ring, &wrapped).remove(0).unwrap();
        prop_assert_eq!(key.salt(), keys[0].salt());
        let mut opener = Opener::new(1 << 20);
        if let Some(dictionary) = &dictionary {
            opener.know(dictionary).unwrap();
        }
        for (number, (text, place)) in texts.iter().zip(places).enumerate() {
            let mut opened = Vec::new();
            opener.open(&key, &record(5), Part(number as u64), &sealed[place], &mut opened).unwrap();
            prop_assert_eq!(&opened, text);
        }
    }
}

#[test]
fn a_dictionary_makes_short_lines_shorter_and_its_number_is_kept() {
    let ring = ring(SuiteName::Aes256Gcm, 'k');
    let line = &line(2000);
    let length = |dictionary: Option<&Dictionary>| {
        let (mut keys, _) = issued(&ring, 1);
        let mut sealed = Vec::new();
        let mut sealer = Sealer::new(dictionary).unwrap();
        sealer
            .seal(&mut keys[0], &record(1), Part::CONTENT, line, &mut sealed)
            .unwrap();
        (sealed.len(), keys, sealed)
    };
    let (with, keys, sealed) = length(Some(&dictionary(7)));
    let (without, ..) = length(None);
    assert!(with * 2 < without, "{with} and {without} bytes");
    let mut opened = Vec::new();
    let mut opener = Opener::new(1 << 20);
    opener.know(&dictionary(8)).unwrap();
    let missing = opener.open(&keys[0], &record(1), Part::CONTENT, &sealed, &mut opened);
    assert_eq!(missing, Err(OpenError::Dictionary(7)));
    opener.know(&dictionary(7)).unwrap();
    opener
        .open(&keys[0], &record(1), Part::CONTENT, &sealed, &mut opened)
        .unwrap();
    assert_eq!(&opened, line);
}

#[test]
fn a_new_key_seals_no_part_twice() {
    let ring = ring(SuiteName::Aes256Gcm, 'k');
    let mut sealer = Sealer::new(None).unwrap();
    let (mut keys, _) = issued(&ring, 1);
    let mut sealed = Vec::new();
    let mut seal = |key: &mut _, part| sealer.seal(key, &record(1), part, b"text", &mut sealed);
    seal(&mut keys[0], Part(3)).unwrap();
    for part in [Part(0), Part(3)] {
        assert_eq!(seal(&mut keys[0], part), Err(SealError::Part(part)));
    }
    seal(&mut keys[0], Part(u64::MAX)).unwrap();
    assert_eq!(seal(&mut keys[0], Part(u64::MAX)), Err(SealError::Part(Part(u64::MAX))));
}

/// What was sealed before, and rolled back, may lie on a disk: the same part twice has two nonces, and neither is a part's.
#[test]
fn a_key_that_was_kept_seals_under_nonces_of_its_own() {
    for suite in SuiteName::ALL {
        let ring = ring(suite, 'k');
        let (mut new, wrapped) = issued(&ring, 1);
        let mut kept = unwrapped(&ring, &wrapped).remove(0).unwrap();
        let mut sealer = Sealer::new(None).unwrap();
        let mut seal = |key: &mut _, text: &[u8]| {
            let mut sealed = Vec::new();
            sealer.seal(key, &record(1), Part(2), text, &mut sealed).unwrap();
            sealed
        };
        let first = seal(&mut new[0], b"one");
        let (second, third) = (seal(&mut kept, b"two"), seal(&mut kept, b"two"));
        assert_eq!(second.len(), first.len() + 12);
        let nonce = |sealed: &[u8]| sealed[3..15].to_vec();
        assert_ne!(nonce(&second), nonce(&third));
        assert!(nonce(&second)[0] >= 0x80 && nonce(&third)[0] >= 0x80);
        for (sealed, text) in [(&first, b"one"), (&second, b"two"), (&third, b"two")] {
            let mut opened = Vec::new();
            let mut opener = Opener::new(1 << 20);
            opener.open(&kept, &record(1), Part(2), sealed, &mut opened).unwrap();
            assert_eq!(opened, text);
            let elsewhere = opener.open(&kept, &record(1), Part(3), sealed, &mut opened);
            assert_eq!(elsewhere, Err(OpenError::Altered));
        }
    }
}

#[test]
fn a_tag_is_of_its_names_and_its_key_alone() {
    let ring = ring(SuiteName::Aes256Gcm, 'k');
    let (keys, wrapped) = issued(&ring, 2);
    let tagger = Tagger::new(&keys[0]);
    let again = Tagger::new(unwrapped(&ring, &wrapped)[0].as_ref().unwrap());
    assert_eq!(tagger.tag(&["bank", "m-1"]), again.tag(&["bank", "m-1"]));
    assert_ne!(
        tagger.tag(&["bank", "m-1"]),
        Tagger::new(&keys[1]).tag(&["bank", "m-1"])
    );
    assert_ne!(tagger.tag(&["bank", "m-1"]), tagger.tag(&["bankm", "-1"]));
    assert_ne!(tagger.tag(&["bank"]), tagger.tag(&["bank", ""]));
}

#[test]
fn what_would_be_longer_than_the_bound_is_not_opened() {
    let ring = ring(SuiteName::Aes256Gcm, 'k');
    each_row(
        [vec![b'a'; 1001], (0..1001).map(|i| (i * i % 251) as u8).collect()],
        |text| {
            let (mut keys, _) = issued(&ring, 1);
            let mut sealed = Vec::new();
            let mut sealer = Sealer::new(None).unwrap();
            sealer
                .seal(&mut keys[0], &record(1), Part::CONTENT, &text, &mut sealed)
                .unwrap();
            let mut opened = b"before".to_vec();
            let refused = Opener::new(1000).open(&keys[0], &record(1), Part::CONTENT, &sealed, &mut opened);
            let expected = PackError::TooLong {
                declared: 1001,
                max: 1000,
            };
            assert_eq!(refused, Err(OpenError::Pack(expected)));
            assert_eq!(opened, b"before");
        },
    );
}

#[test]
fn the_header_says_what_it_was_sealed_under() {
    for suite in SuiteName::ALL {
        let (mut keys, wrapped) = issued(&ring(suite, 'k'), 1);
        let mut sealed = Vec::new();
        let mut sealer = Sealer::new(None).unwrap();
        sealer
            .seal(&mut keys[0], &record(1), Part::CONTENT, b"text", &mut sealed)
            .unwrap();
        assert_eq!(sealed_under(&sealed), Ok((suite, wrapped[0].version)));
        assert_eq!(wrapped[0].version.get(), 2);
        // Three bytes of header, a tag, and not one more.
        assert_eq!(sealed.len(), 4 + 19);
    }
}

/// A key that is printed is a key that is lost.
#[test]
fn nothing_prints_a_key() {
    let (keys, wrapped) = issued(&ring(SuiteName::Aes256Gcm, 'k'), 2);
    assert_eq!(format!("{keys:?}"), "[RecordKey(secret), RecordKey(secret)]");
    assert_ne!(wrapped[0].bytes, wrapped[1].bytes);
    assert_ne!(keys[0].salt(), keys[1].salt());
}

/// What is given away with a record opens that record, has its salt, and opens no other.
#[test]
fn a_disclosed_key_opens_its_own_record_alone() {
    each_row(SuiteName::ALL, |suite| {
        let ring = ring(suite, 'k');
        let (mut keys, _) = issued(&ring, 2);
        let mut sealer = Sealer::new(None).unwrap();
        let (mut one, mut other) = (Vec::new(), Vec::new());
        sealer
            .seal(&mut keys[0], &record(1), Part(0), b"one", &mut one)
            .unwrap();
        sealer
            .seal(&mut keys[1], &record(2), Part(0), b"other", &mut other)
            .unwrap();
        let given = DisclosedKey::of(&keys[0]);
        assert_eq!(given.salt(), keys[0].salt());
        assert_eq!(format!("{given:?}"), "DisclosedKey(secret)");
        let read = DisclosedKey::from_bytes(*given.as_bytes());
        let mut opener = Opener::new(1 << 10);
        let mut plain = Vec::new();
        opener
            .open_disclosed(&read, &record(1), Part(0), &one, &mut plain)
            .unwrap();
        assert_eq!(plain, b"one");
        for (number, part, sealed) in [(2, 0, &other), (1, 1, &one), (2, 0, &one)] {
            let refused = opener.open_disclosed(&read, &record(number), Part(part), sealed, &mut plain);
            assert_eq!(refused, Err(OpenError::Altered));
        }
    });
}
