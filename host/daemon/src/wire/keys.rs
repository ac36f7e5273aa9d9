//! Keys: what each wraps, and what none does. Never a key.

use proviso_archive::{KeyInfo, KeyReport, KeyStatus, Unreadable};
use proviso_model::Timestamp;
use serde::{Deserialize, Serialize};

/// Every key of an archive, and what is lost without it.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeysV1 {
    /// That of all tenants first; the lowest version first.
    pub keys: Vec<KeyV1>,
    /// Records that no key unwraps.
    pub unreadable: Vec<UnreadableV1>,
}

/// A version of a key.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeyV1 {
    /// Whose; absent: of all tenants that have none of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// From 1.
    pub version: u32,
    /// `aes-256-gcm` or `sm4-gcm`.
    pub suite: String,
    /// A token may not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// Absent while it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destroyed: Option<Timestamp>,
    /// 16 digits.
    pub fingerprint: String,
    /// Records that are readable by it alone; absent where they were not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<u64>,
}

/// Records that no key unwraps.
#[derive(Debug, Serialize, Deserialize)]
pub struct UnreadableV1 {
    /// Whose; empty: the archive's own.
    pub tenant: String,
    /// The version that wrapped them.
    pub version: u32,
    /// Why it does not unwrap them.
    pub why: String,
    /// How many.
    pub records: u64,
}

impl KeyV1 {
    /// A version whose records were not counted.
    pub fn of(tenant: Option<String>, key: &KeyInfo) -> Self {
        Self {
            tenant,
            version: key.version.get(),
            suite: key.suite.to_string(),
            created: key.created,
            destroyed: key.destroyed,
            fingerprint: key.fingerprint.to_string(),
            records: None,
        }
    }
}

impl From<KeyReport> for KeysV1 {
    fn from(report: KeyReport) -> Self {
        let keys = report.keys.into_iter().map(|KeyStatus { tenant, key, records }| KeyV1 {
            records: Some(records),
            ..KeyV1::of(tenant, &key)
        });
        let unreadable = report.unreadable.into_iter();
        let unreadable = unreadable.map(
            |Unreadable {
                 tenant,
                 version,
                 why,
                 records,
             }| UnreadableV1 {
                tenant,
                version: version.get(),
                why,
                records,
            },
        );
        Self {
            keys: keys.collect(),
            unreadable: unreadable.collect(),
        }
    }
}

/// What came of a rotation.
#[derive(Debug, Serialize, Deserialize)]
pub struct RotatedV1 {
    /// The version that wraps now.
    pub key: KeyV1,
    /// Records that it wraps since.
    pub rewrapped: u64,
}
