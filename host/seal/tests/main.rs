//! Tests of the crate from outside.
#![expect(clippy::unwrap_used, reason = "tests")]

mod altered;
mod envelope;
mod key_files;
mod rings;
mod token;

use proviso_model::Timestamp;
use proviso_seal::{EnvironmentRing, KeyRing, RecordId, RecordKey, SuiteName, UnwrapError, WrappedKey, issue};

/// A time that needs no clock.
fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis).unwrap()
}

/// A ring with two versions of a suite; another `salt` makes other keys.
fn ring(suite: SuiteName, salt: char) -> EnvironmentRing {
    let key = |version: u32| {
        let letters = match suite {
            SuiteName::Aes256Gcm => 43,
            SuiteName::Sm4Gcm => 22,
        };
        // The last letter of a base64 text must leave the bits that it has too many as zeros.
        let body = format!("{salt}{version}").repeat(letters)[..letters - 1].to_owned();
        let end = if suite == SuiteName::Aes256Gcm { "A=" } else { "A==" };
        format!("{version} {suite} 2026-11-29T06:00:00Z {body}{end};")
    };
    let text = format!("proviso-keys 1;{}{}", key(1), key(2));
    EnvironmentRing::parse("KEYS", &text).unwrap()
}

fn record(number: u64) -> RecordId<'static> {
    RecordId {
        tenant: "bank",
        kind: "message",
        number,
    }
}

fn issued(ring: &dyn KeyRing, count: usize) -> (Vec<RecordKey>, Vec<WrappedKey>) {
    let (mut keys, mut wrapped) = (Vec::new(), Vec::new());
    issue(ring, count, &mut keys, &mut wrapped).unwrap();
    (keys, wrapped)
}

fn unwrapped(ring: &dyn KeyRing, wrapped: &[WrappedKey]) -> Vec<Result<RecordKey, UnwrapError>> {
    let mut keys = Vec::new();
    ring.unwrap(wrapped, &mut keys).unwrap();
    keys
}
