//! Lines of the members that hold messages: what is to be read, and what shows it. One spelling each.

use crate::base64;
use crate::evidence::{Department, Evidence, FoldBefore, JudgedAt, JudgedWith, Person, Review, Role, Standing, Told};
use proviso_model::Digest;
use proviso_model::id::PolicyId;
use proviso_model::time::Zone;
use proviso_proof::entry::{Entry, Value};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The folder of messages to be read.
pub(crate) const MESSAGES: &str = "messages";
/// The folder of what shows them.
pub(crate) const SEALS: &str = "seals";
/// The folder of what they were judged with.
pub(crate) const JUDGED_WITH: &str = "judged-with";
/// Messages of one member, and the bytes at which it takes no more.
pub(crate) const PART_MESSAGES: usize = 1_000;
pub(crate) const PART_BYTES: usize = 8 * 1024 * 1024;
/// The most bytes of a line: a message of 8 MiB, written as JSON in a string, and its raw form beside it.
pub(crate) const LINE_BYTES_MAX: usize = 128 * 1024 * 1024;

/// A message, to be read.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MessageV1 {
    pub(crate) number: i64,
    pub(crate) role: Role,
    /// `tenant/channel/identifier`.
    pub(crate) id: String,
    /// When it was sent, with the offset of the export's zone.
    pub(crate) sent_at: String,
    /// When its batch was received, likewise, and in milliseconds since 1970.
    pub(crate) received_at: String,
    pub(crate) received_at_ms: i64,
    /// The canonical form (docs/message-format.md).
    pub(crate) message: Box<RawValue>,
    /// The source's own bytes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) raw: Option<String>,
    /// The digest of what was delivered, where this is a part of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) delivered: Option<Digest>,
    /// The verdict in its canonical form.
    pub(crate) verdict: Box<RawValue>,
    pub(crate) fuel: u64,
    pub(crate) retention: Option<Box<RawValue>>,
    pub(crate) standing: Standing,
    /// By account.
    pub(crate) people: BTreeMap<String, Person>,
    pub(crate) reviews: Vec<Review>,
}

/// What shows a message that is not masked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SealV1 {
    pub(crate) number: i64,
    /// Absent of a message of before the log.
    pub(crate) judged: Option<JudgedV1>,
    /// In base64: 32 bytes.
    pub(crate) key: String,
    pub(crate) round: u32,
    /// In base64.
    pub(crate) content: String,
    pub(crate) judgement: String,
    pub(crate) told: Vec<ToldV1>,
}

/// What shows a message that is masked: that the log has something there.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MaskedSealV1 {
    pub(crate) number: i64,
    pub(crate) at: Option<MaskedAtV1>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MaskedAtV1 {
    pub(crate) leaf: u64,
    pub(crate) place: u32,
    pub(crate) commitment: String,
}

/// What a message was judged with beside itself.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JudgedWithV1 {
    pub(crate) number: i64,
    /// Absent where a message is not in the export that it was judged with.
    pub(crate) before: Option<Vec<i64>>,
    /// Absent where that is not known any more.
    pub(crate) departments: Option<Vec<Department>>,
    pub(crate) folds: Vec<FoldV1>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FoldV1 {
    pub(crate) pack: String,
    pub(crate) policy: String,
    pub(crate) key: String,
    /// In base64.
    pub(crate) state: String,
}

/// The log's entry of a message that arrived: where it stands, and the digests that it has.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JudgedV1 {
    pub(crate) leaf: u64,
    pub(crate) place: u32,
    /// SHA-256 of the sealed content.
    pub(crate) content: String,
    pub(crate) envelope: String,
    pub(crate) standing: String,
    /// What the archive knows the message by: 16 bytes.
    pub(crate) tag: String,
    /// SHA-256 of the sealed judgement, as it was first.
    pub(crate) verdict: String,
}

/// Another entry of the log, in its canonical bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToldV1 {
    pub(crate) leaf: u64,
    pub(crate) place: u32,
    pub(crate) salt: String,
    /// In base64.
    pub(crate) entry: String,
}

pub(crate) fn to_line(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts, numbers and JSON are written as JSON")
}

fn raw_json(text: String) -> Box<RawValue> {
    RawValue::from_string(text).expect("what was written as JSON is JSON")
}

impl MessageV1 {
    pub(crate) fn new(evidence: &Evidence, zone: &Zone, masked: bool) -> Self {
        let message = &evidence.message;
        let has_raw = !masked && !message.raw.is_empty();
        Self {
            number: evidence.number,
            role: evidence.role,
            id: message.id.to_string(),
            sent_at: crate::local_time::local(message.sent_at, zone),
            received_at: crate::local_time::local(evidence.received_at, zone),
            received_at_ms: evidence.received_at.as_millis(),
            message: raw_json(proviso_model::canonical::to_json(message)),
            raw: has_raw.then(|| message.raw.to_string()),
            delivered: evidence.delivered,
            verdict: raw_json(evidence.verdict.to_canonical_json()),
            fuel: evidence.fuel,
            retention: evidence.retention.clone().map(raw_json),
            standing: evidence.standing.clone(),
            people: evidence.people.clone(),
            reviews: evidence.reviews.clone(),
        }
    }
}

impl SealV1 {
    pub(crate) fn new(evidence: &Evidence) -> Self {
        let sealed = &evidence.sealed;
        Self {
            number: evidence.number,
            judged: evidence.judged.as_ref().map(JudgedV1::new),
            key: base64::encode(&sealed.key),
            round: sealed.round,
            content: base64::encode(&sealed.content),
            judgement: base64::encode(&sealed.judgement),
            told: evidence.told.iter().map(ToldV1::new).collect(),
        }
    }
}

impl JudgedWithV1 {
    pub(crate) fn of(number: i64, with: &JudgedWith) -> Self {
        let folds = with.folds.iter().map(|fold| FoldV1 {
            pack: fold.policy.pack.to_string(),
            policy: fold.policy.policy.to_string(),
            key: fold.key.to_string(),
            state: base64::encode(&fold.state),
        });
        Self {
            number,
            before: with.before.clone(),
            departments: with.departments.clone(),
            folds: folds.collect(),
        }
    }

    /// What is written; `None` if a state is no base64.
    pub(crate) fn read(self) -> Option<JudgedWith> {
        let folds = self.folds.into_iter().map(|fold| {
            Some(FoldBefore {
                policy: PolicyId {
                    pack: fold.pack.into(),
                    policy: fold.policy.into(),
                },
                key: fold.key.into(),
                state: base64::decode(&fold.state)?.into(),
            })
        });
        Some(JudgedWith {
            folds: folds.collect::<Option<_>>()?,
            before: self.before,
            departments: self.departments,
        })
    }
}

impl MaskedSealV1 {
    pub(crate) fn new(evidence: &Evidence) -> Self {
        Self {
            number: evidence.number,
            at: evidence.judged.as_ref().map(|judged| MaskedAtV1 {
                leaf: judged.place.leaf,
                place: judged.place.entry,
                commitment: judged.commitment.hash().to_hex(),
            }),
        }
    }
}

impl JudgedV1 {
    fn new(judged: &JudgedAt) -> Self {
        Self {
            leaf: judged.place.leaf,
            place: judged.place.entry,
            content: hex_of(&judged.entry, "content"),
            envelope: hex_of(&judged.entry, "envelope"),
            standing: hex_of(&judged.entry, "standing"),
            tag: hex_of(&judged.entry, "tag"),
            verdict: hex_of(&judged.entry, "verdict"),
        }
    }
}

fn hex_of(entry: &Entry, field: &str) -> String {
    match entry.field(field) {
        Some(Value::Bytes(bytes)) => hex::encode(bytes),
        _ => String::new(),
    }
}

impl ToldV1 {
    pub(crate) fn new(told: &Told) -> Self {
        Self {
            leaf: told.place.leaf,
            place: told.place.entry,
            salt: hex::encode(told.salt.as_bytes()),
            entry: base64::encode(&told.entry),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    /// The stored form. It never changes: exports are read by every later program.
    const JUDGED_WITH: &str = concat!(
        r#"{"number":7,"before":[5,6],"departments":[{"account":"wei","day":"2026-06-30","department":"财富管理部"}],"#,
        r#""folds":[{"pack":"proviso/bank-cn","policy":"departure-risk","key":"wei","state":"AG9uZQ=="}]}"#
    );
    const NOTHING_KNOWN: &str = r#"{"number":8,"before":null,"departments":null,"folds":[]}"#;

    #[test]
    fn what_a_message_was_judged_with_has_one_form() {
        let folds = vec![FoldBefore {
            policy: PolicyId {
                pack: "proviso/bank-cn".into(),
                policy: "departure-risk".into(),
            },
            key: "wei".into(),
            state: b"\0one"[..].into(),
        }];
        let departments = vec![Department {
            account: "wei".into(),
            day: "2026-06-30".parse().unwrap(),
            department: "财富管理部".into(),
        }];
        let all = JudgedWith {
            before: Some(vec![5, 6]),
            departments: Some(departments),
            folds,
        };
        for (number, with, text) in [(7, all, JUDGED_WITH), (8, JudgedWith::default(), NOTHING_KNOWN)] {
            assert_eq!(to_line(&JudgedWithV1::of(number, &with)), text);
            let read: JudgedWithV1 = serde_json::from_str(text).unwrap();
            assert_eq!(read.read(), Some(with));
        }
        for other in [
            NOTHING_KNOWN.replace("\"folds\"", "\"fold\""),
            NOTHING_KNOWN.replace('}', ",\"more\":1}"),
            JUDGED_WITH.replace("\"day\"", "\"days\""),
        ] {
            assert!(serde_json::from_str::<JudgedWithV1>(&other).is_err(), "{other}");
        }
        let state = JUDGED_WITH.replace("AG9uZQ==", "AG9uZQ");
        assert_eq!(serde_json::from_str::<JudgedWithV1>(&state).unwrap().read(), None);
    }
}
