//! The form of a certificate: canonical JSON, fields in ascending order.

use super::{Bound, Certificate, Clock, Disposal, KeyDestroyed, STATUTES_MAX, Statute, TEXT_BYTES_MAX};
use crate::entry_proof::Place;
use crate::json::{self, EntryProofV1, JsonError};
use serde::{Deserialize, Serialize};

/// The form, as the document names it.
const FORM: &str = "proviso-disposal-certificate-v1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CertificateV1 {
    checkpoint: String,
    disposal: DisposalV1,
    form: String,
    proofs: Vec<EntryProofV1>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DisposalV1 {
    clock: ClockV1,
    disposed_ms: u64,
    due_ms: u64,
    hold_check: PlaceV1,
    key: KeyV1,
    record: String,
    statutes: Vec<StatuteV1>,
    tenant: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockV1 {
    start: String,
    start_ms: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaceV1 {
    entry: u32,
    leaf: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyV1 {
    algorithm: String,
    fingerprint: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum BoundV1 {
    Ceiling,
    Floor,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatuteV1 {
    article: String,
    bound: BoundV1,
    law: String,
    period: String,
    source: String,
    verified_by: String,
}

/// The canonical JSON of what a certificate says, over which its entry is made.
pub(super) fn disposal(said: &Disposal) -> String {
    json::write(&DisposalV1::from(said))
}

impl From<&Disposal> for DisposalV1 {
    fn from(said: &Disposal) -> Self {
        let Disposal {
            tenant,
            record,
            statutes,
            clock,
            due_ms,
            disposed_ms,
            key,
            hold_check,
        } = said;
        Self {
            clock: ClockV1 {
                start: clock.start.clone(),
                start_ms: clock.start_ms,
            },
            disposed_ms: *disposed_ms,
            due_ms: *due_ms,
            hold_check: PlaceV1 {
                entry: hold_check.entry,
                leaf: hold_check.leaf,
            },
            key: KeyV1 {
                algorithm: key.algorithm.clone(),
                fingerprint: key.fingerprint.to_hex(),
            },
            record: record.to_hex(),
            statutes: statutes.iter().map(StatuteV1::from).collect(),
            tenant: tenant.clone(),
        }
    }
}

impl From<&Statute> for StatuteV1 {
    fn from(statute: &Statute) -> Self {
        Self {
            article: statute.article.clone(),
            bound: match statute.bound {
                Bound::Ceiling => BoundV1::Ceiling,
                Bound::Floor => BoundV1::Floor,
            },
            law: statute.law.clone(),
            period: statute.period.clone(),
            source: statute.source.to_hex(),
            verified_by: statute.verified_by.clone(),
        }
    }
}

impl DisposalV1 {
    fn read(self) -> Result<Disposal, JsonError> {
        if self.statutes.len() > STATUTES_MAX {
            return Err(JsonError::Value("statutes", "at most 64"));
        }
        let statutes = self.statutes.into_iter().map(StatuteV1::read);
        Ok(Disposal {
            tenant: text("tenant", self.tenant)?,
            record: json::hash("record", &self.record)?,
            statutes: statutes.collect::<Result<_, _>>()?,
            clock: Clock {
                start: text("start", self.clock.start)?,
                start_ms: self.clock.start_ms,
            },
            due_ms: self.due_ms,
            disposed_ms: self.disposed_ms,
            key: KeyDestroyed {
                algorithm: text("algorithm", self.key.algorithm)?,
                fingerprint: json::hash("fingerprint", &self.key.fingerprint)?,
            },
            hold_check: Place {
                leaf: self.hold_check.leaf,
                entry: self.hold_check.entry,
            },
        })
    }
}

impl Disposal {
    /// Reads what a certificate says: canonical JSON of at most [`JSON_BYTES_MAX`](json::JSON_BYTES_MAX).
    pub fn from_json(text: &str) -> Result<Self, JsonError> {
        let said = json::read::<DisposalV1>(text)?.read()?;
        json::same(text, &said.to_json())?;
        Ok(said)
    }
}

impl StatuteV1 {
    fn read(self) -> Result<Statute, JsonError> {
        Ok(Statute {
            law: text("law", self.law)?,
            article: text("article", self.article)?,
            bound: match self.bound {
                BoundV1::Ceiling => Bound::Ceiling,
                BoundV1::Floor => Bound::Floor,
            },
            period: text("period", self.period)?,
            source: json::hash("source", &self.source)?,
            verified_by: text("verified_by", self.verified_by)?,
        })
    }
}

fn text(name: &'static str, text: String) -> Result<String, JsonError> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(JsonError::Value(name, "at most 1,024 bytes"));
    }
    Ok(text)
}

impl Certificate {
    /// The certificate, as canonical JSON.
    pub fn to_json(&self) -> String {
        json::write(&CertificateV1 {
            checkpoint: self.checkpoint.clone(),
            disposal: (&self.disposal).into(),
            form: FORM.to_owned(),
            proofs: self.proofs.iter().map(EntryProofV1::from).collect(),
        })
    }

    /// Reads a certificate: canonical JSON of at most [`JSON_BYTES_MAX`](json::JSON_BYTES_MAX). Nothing is verified yet.
    pub fn from_json(text: &str) -> Result<Self, JsonError> {
        let wire: CertificateV1 = json::read(text)?;
        json::of_form(FORM, &wire.form)?;
        if wire.proofs.len() > STATUTES_MAX {
            return Err(JsonError::Value("proofs", "at most 64"));
        }
        let proofs = wire.proofs.into_iter().map(EntryProofV1::read);
        let certificate = Self {
            disposal: wire.disposal.read()?,
            proofs: proofs.collect::<Result<_, _>>()?,
            checkpoint: wire.checkpoint,
        };
        json::same(text, &certificate.to_json())?;
        Ok(certificate)
    }
}
