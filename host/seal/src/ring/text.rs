//! The text of a key ring, as a file or an environment variable holds it.
//!
//! ```text
//! # Keys of Proviso. Who has this file reads what they seal; who loses it loses that.
//! proviso-keys 1
//! 1 aes-256-gcm 2026-11-29T06:00:00Z destroyed 2027-02-01T08:00:00Z 6d1f0a9c53be2207
//! 2 aes-256-gcm 2027-01-04T06:00:00Z Q2hlZXJmdWwgYnl0ZXMsIG9mIG5vIHVzZSBhdCBhbGw=
//! ```
//!
//! A line is a version, its suite, when it was made, and the key in base64; or `destroyed`, when, and the key's fingerprint.
//! Versions go upwards. A problem never quotes what stands in the place of a key.

use super::held::{Held, HeldKeys, fingerprint_of};
use super::{Fingerprint, KeyInfo, KeyVersion};
use ct_codecs::{Base64, Decoder as _, Encoder as _};
use proviso_model::Timestamp;
use proviso_model::problem::{Problem, Problems};
use proviso_sealed::SuiteName;
use std::fmt::Write as _;
use std::path::Path;
use zeroize::Zeroizing;

/// Bytes of a key ring's text at most: some 600 versions.
pub const KEY_RING_BYTES_MAX: usize = 64 << 10;

const FIRST_LINE: &str = "proviso-keys 1";

/// Reads the text. `place` is the file, or the name of the variable, for the problems.
pub(super) fn parse(place: &Path, text: &str) -> Result<HeldKeys, Problems> {
    let mut problems = Vec::new();
    if text.len() > KEY_RING_BYTES_MAX {
        let message = format!(
            "{} bytes are too many: at most {KEY_RING_BYTES_MAX} are read",
            text.len()
        );
        return Err(Problems(vec![Problem::in_file(place, message)]));
    }
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    let mut lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    match lines.next() {
        Some((_, FIRST_LINE)) => {}
        Some((line, _)) => {
            // It may be a key that lost its first line: it is not quoted.
            let message = format!("expected the line {FIRST_LINE:?} before all others");
            return Err(Problems(vec![Problem::on_line(place, line, message)]));
        }
        None => {
            let message = format!("no keys: expected the line {FIRST_LINE:?}, then one line for each key");
            return Err(Problems(vec![Problem::in_file(place, message)]));
        }
    }
    let mut keys: Vec<Held> = Vec::new();
    for (line, content) in lines {
        match key_of(content) {
            Err(message) => problems.push(Problem::on_line(place, line, message)),
            Ok(held) => match keys.last() {
                Some(last) if last.info.version >= held.info.version => {
                    let message = format!(
                        "version {} stands behind version {}: versions go upwards, and each stands once",
                        held.info.version, last.info.version
                    );
                    problems.push(Problem::on_line(place, line, message));
                }
                _ => keys.push(held),
            },
        }
    }
    if keys.is_empty() && problems.is_empty() {
        problems.push(Problem::in_file(place, "no key: expected one line for each key"));
    }
    if problems.is_empty() {
        Ok(HeldKeys::new(keys))
    } else {
        Err(Problems(problems))
    }
}

/// Reads a line, or says what is wrong with it.
fn key_of(line: &str) -> Result<Held, String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [version, suite, created, rest @ ..] = words.as_slice() else {
        let found = words.len();
        return Err(format!("{found} words: expected a version, a suite, a time and a key"));
    };
    // No word is quoted: one that is missing brings the key into the place of another.
    let number = version.parse().ok().and_then(KeyVersion::new);
    let version = number.ok_or("the first word is no version: expected 1 to 4294967295")?;
    let suite: SuiteName = match suite.parse() {
        Ok(suite) => suite,
        Err(why) => return Err(format!("the second word is no suite: {why}")),
    };
    let time = |text: &str| {
        let time = Timestamp::from_rfc3339(text);
        time.map_err(|_| "a time has another form: expected 2026-01-31T09:00:00Z".to_owned())
    };
    let created = time(created)?;
    let info = |fingerprint, destroyed| KeyInfo {
        version,
        suite,
        created: Some(created),
        destroyed,
        fingerprint,
    };
    match rest {
        ["destroyed", at, fingerprint] => {
            let at = time(at)?;
            let read = Fingerprint::parse(fingerprint);
            let fingerprint = read.ok_or("the fingerprint has another form: expected 16 digits of 0-9 and a-f")?;
            Ok(Held {
                info: info(fingerprint, Some(at)),
                key: None,
            })
        }
        ["destroyed", ..] => Err("expected \"destroyed\", a time and a fingerprint".to_owned()),
        [key] => {
            let bytes = suite.tenant_key_bytes();
            let key = Zeroizing::new(
                Base64::decode_to_vec(key, None).map_err(|_| format!("the key is no base64 of {bytes} bytes"))?,
            );
            if key.len() != bytes {
                return Err(format!("the key has {} bytes: {suite} takes {bytes}", key.len()));
            }
            if key.iter().all(|byte| *byte == 0) {
                return Err("the key is all zeros: expected random bytes".to_owned());
            }
            let fingerprint = fingerprint_of(version, suite, &key).map_err(|why| why.to_string())?;
            Ok(Held {
                info: info(fingerprint, None),
                key: Some(key),
            })
        }
        others => Err(format!(
            "{} words behind the time: expected the key alone, or \"destroyed\", a time and a fingerprint",
            others.len()
        )),
    }
}

/// Writes the text of a ring.
pub(super) fn print(keys: &HeldKeys) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(256 + keys.all().len() * 128));
    text.push_str("# Keys of Proviso. Who has this file reads what they seal; who loses it loses that.\n");
    text.push_str(FIRST_LINE);
    text.push('\n');
    for held in keys.all() {
        let info = held.info;
        let created = info.created.expect("a key of a text has a time");
        write!(text, "{} {} {created} ", info.version, info.suite).expect("memory takes every text");
        match (&held.key, info.destroyed) {
            (Some(key), _) => {
                let key = Zeroizing::new(Base64::encode_to_string(key.as_slice()).expect("32 bytes have a base64"));
                text.push_str(&key);
            }
            (None, at) => {
                let at = at.expect("a destroyed key has a time");
                write!(text, "destroyed {at} {}", info.fingerprint).expect("memory takes every text");
            }
        }
        text.push('\n');
    }
    text
}
