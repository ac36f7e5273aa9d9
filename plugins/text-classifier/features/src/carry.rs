//! A model as a list of a pack: contract 0.1 gives a plugin its settings and the notes of its lists, and no files.
//!
//! The model stands in the tags of a lexicon of its own, base64 of at most `TAG_CHARS` characters a tag behind a letter that keeps
//! tags of one term apart. The terms are never looked for; they number the lines. So the model is one file of the pack, signed with it,
//! its manifest stays readable, and retraining replaces this file alone. Settings, the other way in, end at 64 KiB with all else in them.

use crate::{FromBytes, Model};
use std::fmt::Write as _;

/// Of a tag, without the letter before them. The contract's tags end at 64 bytes.
const TAG_CHARS: usize = 60;
const TAGS_PER_TERM: usize = 16;
/// What a model's file has at most, in bytes.
pub const FILE_BYTES_MAX: usize = 64 << 10;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The lexicon's file. `comments` are lines for people above it.
pub fn to_lexicon(model: &Model, comments: &[String]) -> String {
    let mut out = String::new();
    for comment in comments {
        let _ = writeln!(out, "# {}", comment.replace(['\n', '\r'], " "));
    }
    let text = to_base64(&model.to_bytes());
    let mut tags = (0..text.len())
        .step_by(TAG_CHARS)
        .map(|at| &text[at..(at + TAG_CHARS).min(text.len())]);
    let mut line = 0;
    loop {
        let here: Vec<String> = ('a'..='p')
            .zip(tags.by_ref().take(TAGS_PER_TERM))
            .map(|(letter, tag)| format!("{letter}{tag}"))
            .collect();
        if here.is_empty() {
            return out;
        }
        let _ = writeln!(out, "text-classifier-model-{line:03}\t{}", here.join(","));
        line += 1;
    }
}

/// The model in the tags of a list's terms, which come in their order.
pub fn from_tags<'t, T: IntoIterator<Item = &'t str>>(terms: impl IntoIterator<Item = T>) -> Result<Model, FromBytes> {
    let mut text = String::new();
    for tags in terms {
        for (letter, tag) in ('a'..='p').zip(tags) {
            text.push_str(tag.strip_prefix(letter).ok_or(FromBytes::NoModel)?);
        }
    }
    if text.len() > FILE_BYTES_MAX {
        return Err(FromBytes::NoModel);
    }
    Model::from_bytes(&from_base64(&text).ok_or(FromBytes::NoModel)?)
}

fn to_base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let value = (0..3).fold(0u32, |value, at| {
            value << 8 | u32::from(chunk.get(at).copied().unwrap_or(0))
        });
        for at in 0..=chunk.len() {
            out.push(char::from(ALPHABET[(value >> (18 - 6 * at) & 63) as usize]));
        }
    }
    out
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for chunk in text.as_bytes().chunks(4) {
        let mut value = 0u32;
        for at in 0..4 {
            let digit = match chunk.get(at) {
                None => 0,
                Some(byte @ b'A'..=b'Z') => byte - b'A',
                Some(byte @ b'a'..=b'z') => byte - b'a' + 26,
                Some(byte @ b'0'..=b'9') => byte - b'0' + 52,
                Some(b'-') => 62,
                Some(b'_') => 63,
                Some(_) => return None,
            };
            value = value << 6 | u32::from(digit);
        }
        let bytes = value.to_be_bytes();
        match chunk.len() {
            1 => return None,
            // What is left over of the last character is nothing.
            len if bytes[len..].iter().any(|byte| *byte != 0) => return None,
            len => out.extend(&bytes[1..len]),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rate;

    fn tags_of(file: &str) -> Vec<Vec<&str>> {
        let lines = file.lines().filter(|line| !line.starts_with('#'));
        lines
            .map(|line| line.split('\t').nth(1).unwrap().split(',').collect())
            .collect()
    }

    #[test]
    fn a_lexicon_gives_the_model_back() {
        for weights in 0..60usize {
            let mut slots = vec![0i8; 1 << 10];
            for (at, slot) in slots.iter_mut().enumerate().take(weights * 17) {
                *slot = (at % 255) as i8;
            }
            let rates = vec![Rate {
                false_alarms_ppm: 1,
                threshold: -5,
                recall_ppm: 9,
            }];
            let model = Model::new(10, 5, slots, rates);
            let file = to_lexicon(&model, &["made by a test\nand of one line".to_owned()]);
            let tags = tags_of(&file);
            assert!(
                tags.iter()
                    .flatten()
                    .all(|tag| tag.len() <= 64 && tag.parse::<f64>().is_err())
            );
            assert!(tags.iter().all(|tags| tags.len() <= 16));
            assert_eq!(from_tags(tags.iter().map(|tags| tags.iter().copied())).unwrap(), model);
        }
    }

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("fooba", "Zm9vYmE"),
        ] {
            assert_eq!(to_base64(bytes.as_bytes()), text);
            assert_eq!(from_base64(text).unwrap(), bytes.as_bytes());
        }
        assert_eq!(from_base64("Zh"), None, "one text for the same bytes");
        assert_eq!(from_base64("A"), None);
        assert_eq!(from_base64("Zm9+"), None);
    }

    #[test]
    fn other_tags_are_no_model() {
        for tags in [vec![], vec!["promise"], vec!["aPVTC"], vec!["bAAAA"], vec!["a\u{fffd}"]] {
            assert!(from_tags([tags.iter().copied()]).is_err(), "{tags:?}");
        }
    }
}
