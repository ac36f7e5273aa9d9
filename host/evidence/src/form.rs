//! The manifest: what an export is, and every member of it. And the entry by which the log vouches for it.

use crate::about::About;
use proviso_model::time::Day;
use proviso_proof::entry::Value;
use serde::{Deserialize, Serialize};

/// The form, as the manifest names it.
pub(crate) const FORM: &str = "proviso-evidence-v1";
/// The member with the manifest.
pub(crate) const MANIFEST: &str = "manifest.json";
/// The kind of the log's entry of an export.
pub const EXPORTED: &str = "exported";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ManifestV1 {
    pub(crate) form: String,
    /// From 1.
    pub(crate) number: u64,
    /// The name of the log.
    pub(crate) log: String,
    /// Milliseconds since 1970.
    pub(crate) made_at_ms: i64,
    /// The same with the offset of the zone.
    pub(crate) made_at: String,
    pub(crate) zone: String,
    pub(crate) by: String,
    pub(crate) to: String,
    pub(crate) reason: String,
    pub(crate) until: Option<Day>,
    pub(crate) asked: AskedV1,
    pub(crate) context: u32,
    pub(crate) masked: bool,
    pub(crate) program: String,
    pub(crate) counts: CountsV1,
    /// In the order in which they were written.
    pub(crate) members: Vec<MemberV1>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskedV1 {
    /// `query` or `conversation`.
    pub(crate) kind: String,
    pub(crate) text: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CountsV1 {
    pub(crate) messages: u64,
    pub(crate) matches: u64,
    pub(crate) conversations: u64,
    /// Messages of before the log, of which it has no entry.
    pub(crate) untold: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberV1 {
    pub(crate) path: String,
    pub(crate) bytes: u64,
    /// 64 lower-case hexadecimal digits, as `sha256sum` prints them.
    pub(crate) sha256: String,
}

impl ManifestV1 {
    pub(crate) fn new(about: &About, counts: CountsV1, members: Vec<MemberV1>) -> Self {
        Self {
            form: FORM.to_owned(),
            number: about.number,
            log: about.log.clone(),
            made_at_ms: about.made_at.as_millis(),
            made_at: crate::local_time::local(about.made_at, &about.zone),
            zone: about.zone.name().to_owned(),
            by: about.by.clone(),
            to: about.to.clone(),
            reason: about.reason.clone(),
            until: about.until,
            asked: AskedV1 {
                kind: about.asked.kind().to_owned(),
                text: about.asked.text(),
            },
            context: about.context,
            masked: about.masked,
            program: about.program.clone(),
            counts,
            members,
        }
    }

    /// One line for each member, so that a person finds them, and one spelling.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("texts and numbers are written as JSON");
        bytes.push(b'\n');
        bytes
    }

    /// What the log's entry of the export says, without `by`, which is a field of every entry.
    pub(crate) fn exported(&self, digest: &[u8; 32]) -> Vec<(&'static str, Value)> {
        let number = |number: u64| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        let text = |text: &str| Value::Text(text.to_owned());
        let until = self.until.map_or_else(String::new, |day| day.to_string());
        vec![
            ("asked", text(&self.asked.kind)),
            ("manifest", Value::Bytes(digest.to_vec())),
            ("messages", number(self.counts.messages)),
            ("number", number(self.number)),
            ("reason", text(&self.reason)),
            ("to", text(&self.to)),
            ("until", text(&until)),
            ("what", text(&self.asked.text)),
        ]
    }
}
