//! What keeps contents from whoever holds the file: the parts of records are sealed, and identifiers kept as tags.

use proviso_model::MessageId;
use proviso_model::limits::SOURCE_VALUE_BYTES_MAX;
use proviso_seal::{OpenError, Part, Record, RecordKey, Sealer, TAG_BYTES, dictionary};

dictionary!(
    /// What messages of the canonical form and of WeCom have in common. Never changes.
    static CONTENT = include_bytes!("../stored/content-v1.dictionary")
);
dictionary!(
    /// What judgements have in common. Never changes.
    static JUDGEMENT = include_bytes!("../stored/judgement-v1.dictionary")
);

/// A part of a record, at most, before it was compressed: a message with its raw bytes, its text and all that it names.
const PART_BYTES_MAX: usize = 4 * SOURCE_VALUE_BYTES_MAX;

/// Seals and opens records of an archive.
pub(super) struct Sealing(Sealer);

/// A record that is open.
pub(super) struct OpenRecord {
    tenant: String,
    number: i64,
    key: RecordKey,
}

impl Sealing {
    pub(super) fn new(sealer: Sealer) -> Self {
        Self(sealer)
    }

    /// What a message is known by.
    pub(super) fn tag(&self, id: &MessageId) -> [u8; TAG_BYTES] {
        self.0.tag(&[&id.tenant, &id.channel, &id.native])
    }

    /// A new record of a tenant.
    pub(super) fn make(&self, tenant: &str, number: i64) -> Result<OpenRecord, OpenError> {
        Ok(OpenRecord {
            tenant: tenant.to_owned(),
            number,
            key: self.0.new_key(tenant)?,
        })
    }

    /// A record whose key is stored.
    pub(super) fn open(
        &self,
        tenant: &str,
        number: i64,
        version: u32,
        wrapped: &[u8],
    ) -> Result<OpenRecord, OpenError> {
        Ok(OpenRecord {
            tenant: tenant.to_owned(),
            number,
            key: self.0.unwrap(tenant, version, wrapped)?,
        })
    }
}

impl OpenRecord {
    fn record(&self) -> Record<'_> {
        Record {
            tenant: &self.tenant,
            number: self.number,
        }
    }

    pub(super) fn key(&self) -> &RecordKey {
        &self.key
    }

    pub(super) fn seal(&self, part: Part, piece: &[u8]) -> Vec<u8> {
        self.key.seal(self.record(), part, piece, dictionary_of(part))
    }

    pub(super) fn open(&self, part: Part, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
        self.key
            .open(self.record(), part, sealed, dictionary_of(part), PART_BYTES_MAX)
    }
}

fn dictionary_of(part: Part) -> &'static proviso_seal::compress::Dictionary {
    match part {
        Part::Content | Part::Refused(_) => &CONTENT,
        Part::Judgement(_) => &JUDGEMENT,
    }
}
