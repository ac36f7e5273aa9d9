//! What keeps contents from whoever holds the file: the parts of records are sealed, and identifiers kept as tags.

use super::rows::damage;
use crate::keys::{KeyError, KeyPlaces};
use proviso_model::MessageId;
use proviso_model::limits::SOURCE_VALUE_BYTES_MAX;
use proviso_seal::{
    Dictionary, KeyRing, KeyVersion, OpenError, Opener, PackError, RecordId, RecordKey, Sealer, TAG_BYTES, Tagger,
    UnwrapError, WrappedKey, issue,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;

/// What messages of the canonical form and of WeCom have in common. Never changes.
const CONTENT: Dictionary = Dictionary::new(NonZeroU32::MIN, include_bytes!("../stored/content-v1.dictionary"));
/// What judgements have in common. Never changes.
const JUDGEMENT: Dictionary = Dictionary::new(
    NonZeroU32::new(2).unwrap(),
    include_bytes!("../stored/judgement-v1.dictionary"),
);

/// A part of a record, at most, before it was packed: a message with its raw bytes, its text and all that it names.
const PART_BYTES_MAX: usize = 4 * SOURCE_VALUE_BYTES_MAX;
/// The kind of a message's record, in what its parts are bound to.
const MESSAGE: &str = "message";
/// The tenant that no message has: of the archive's own keys.
const ARCHIVE: &str = "";

/// A part of a message's record.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    /// What the source delivered.
    Content,
    /// What was said of it: 0 when it arrived, then one more each time that it was judged again.
    Judgement(u32),
    /// What came under its identifier with another content, by the number of the conflict.
    Refused(i64),
}

impl Part {
    /// Contents and first judgements are sealed with a new key, in this order.
    fn numbered(self) -> proviso_seal::Part {
        proviso_seal::Part(match self {
            Part::Content => 0,
            Part::Judgement(round) => 2 * u64::from(round) + 1,
            Part::Refused(conflict) => 2 * conflict.unsigned_abs() + 2,
        })
    }
}

/// What a thread seals and opens with.
struct Tools {
    content: Sealer,
    judgement: Sealer,
    opener: Opener,
}

impl Tools {
    fn new() -> Result<Self, PackError> {
        let mut opener = Opener::new(PART_BYTES_MAX);
        opener.know(&CONTENT)?;
        opener.know(&JUDGEMENT)?;
        Ok(Self {
            content: Sealer::new(Some(&CONTENT))?,
            judgement: Sealer::new(Some(&JUDGEMENT))?,
            opener,
        })
    }
}

thread_local! {
    static TOOLS: RefCell<Option<Tools>> = const { RefCell::new(None) };
}

fn with_tools<T>(act: impl FnOnce(&mut Tools) -> Result<T, KeyError>) -> Result<T, KeyError> {
    TOOLS.with_borrow_mut(|tools| {
        let tools = match tools {
            Some(tools) => tools,
            None => tools.insert(Tools::new().map_err(OpenError::Pack)?),
        };
        act(tools)
    })
}

/// The key rings of an archive.
pub(super) struct Rings {
    all: Arc<dyn KeyRing>,
    tenants: BTreeMap<String, Arc<dyn KeyRing>>,
}

impl Rings {
    pub(super) fn open(places: &KeyPlaces, all: Arc<dyn KeyRing>) -> Result<Self, KeyError> {
        let tenants = places.tenants.iter();
        let tenants = tenants.map(|(tenant, place)| Ok((tenant.clone(), place.open()?)));
        Ok(Self {
            all,
            tenants: tenants.collect::<Result<_, KeyError>>()?,
        })
    }

    /// The ring that wraps a tenant's new keys.
    pub(super) fn of(&self, tenant: &str) -> &dyn KeyRing {
        self.tenants.get(tenant).map_or(&*self.all, |ring| &**ring)
    }

    /// A tenant's own ring, where it has one, and that of all: a tenant that got its own has older keys in the other.
    fn unwrap(&self, tenant: &str, wrapped: WrappedKey) -> Result<RecordKey, KeyError> {
        let mut failed = None;
        for ring in self.tenants.get(tenant).into_iter().chain([&self.all]) {
            let mut keys = Vec::with_capacity(1);
            ring.unwrap(&[wrapped], &mut keys)?;
            match keys.pop() {
                Some(Ok(key)) => return Ok(key),
                Some(Err(error)) => failed = failed.or(Some(error)),
                None => {}
            }
        }
        Err(KeyError::Unwrap {
            tenant: tenant.to_owned(),
            source: failed.unwrap_or(UnwrapError::NoKey(wrapped.version)),
        })
    }
}

/// Seals and opens records of an archive.
pub(super) struct Sealing {
    rings: Rings,
    tagger: Tagger,
}

/// A record that is open.
pub(super) struct OpenRecord {
    tenant: String,
    number: i64,
    key: RecordKey,
    wrapped: WrappedKey,
}

impl Sealing {
    /// The key that identifiers are known by stands in the archive, wrapped like those of records.
    pub(super) async fn read(connection: &mut SqliteConnection, rings: Rings) -> Result<Self, SealingFailure> {
        let row = sqlx::query("SELECT key_version, key FROM archive_keys WHERE purpose = 'identity'")
            .fetch_one(connection)
            .await?;
        let key = rings.unwrap(ARCHIVE, read_wrapped(&row, 0)?)?;
        let tagger = Tagger::new(&key);
        Ok(Self { rings, tagger })
    }

    /// As [`Sealing::read`]; an archive that has no such key yet gets one.
    pub(super) async fn make(connection: &mut SqliteConnection, rings: Rings) -> Result<Self, SealingFailure> {
        let there: i64 = sqlx::query_scalar("SELECT count(*) FROM archive_keys WHERE purpose = 'identity'")
            .fetch_one(&mut *connection)
            .await?;
        if there == 0 {
            let (mut keys, mut wrapped) = (Vec::with_capacity(1), Vec::with_capacity(1));
            issue(rings.of(ARCHIVE), 1, &mut keys, &mut wrapped).map_err(KeyError::from)?;
            sqlx::query("INSERT INTO archive_keys (purpose, key_version, key) VALUES ('identity', ?, ?)")
                .bind(wrapped[0].version.get())
                .bind(wrapped[0].bytes.to_vec())
                .execute(&mut *connection)
                .await?;
        }
        Self::read(connection, rings).await
    }

    /// What a message is known by.
    pub(super) fn tag(&self, id: &MessageId) -> [u8; TAG_BYTES] {
        self.tagger.tag(&[&id.tenant, &id.channel, &id.native])
    }

    /// New records, each of a tenant, in order. A ring is asked once.
    pub(super) fn records<'a>(
        &self,
        wanted: impl IntoIterator<Item = (&'a str, i64)>,
    ) -> Result<Vec<OpenRecord>, KeyError> {
        let mut places: BTreeMap<&str, Vec<(usize, i64)>> = BTreeMap::new();
        let mut count = 0;
        for (place, (tenant, number)) in wanted.into_iter().enumerate() {
            places.entry(tenant).or_default().push((place, number));
            count += 1;
        }
        let mut records: Vec<Option<OpenRecord>> = (0..count).map(|_| None).collect();
        for (tenant, places) in places {
            let (mut keys, mut wrapped) = (Vec::new(), Vec::new());
            issue(self.rings.of(tenant), places.len(), &mut keys, &mut wrapped)?;
            for (((place, number), key), wrapped) in places.into_iter().zip(keys).zip(wrapped) {
                records[place] = Some(OpenRecord {
                    tenant: tenant.to_owned(),
                    number,
                    key,
                    wrapped,
                });
            }
        }
        Ok(records.into_iter().flatten().collect())
    }

    /// A record whose key is stored.
    pub(super) fn open(&self, tenant: &str, number: i64, wrapped: WrappedKey) -> Result<OpenRecord, KeyError> {
        Ok(OpenRecord {
            tenant: tenant.to_owned(),
            number,
            key: self.rings.unwrap(tenant, wrapped)?,
            wrapped,
        })
    }
}

impl OpenRecord {
    fn id(&self) -> RecordId<'_> {
        RecordId {
            tenant: &self.tenant,
            kind: MESSAGE,
            number: self.number.unsigned_abs(),
        }
    }

    /// The key as it is stored.
    pub(super) fn wrapped(&self) -> &WrappedKey {
        &self.wrapped
    }

    pub(super) fn seal(&mut self, part: Part, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut sealed = Vec::with_capacity(plain.len() / 2 + 64);
        with_tools(|tools| {
            let sealer = match part {
                Part::Content | Part::Refused(_) => &mut tools.content,
                Part::Judgement(_) => &mut tools.judgement,
            };
            let record = RecordId {
                tenant: &self.tenant,
                kind: MESSAGE,
                number: self.number.unsigned_abs(),
            };
            sealer.seal(&mut self.key, &record, part.numbered(), plain, &mut sealed)?;
            Ok(())
        })?;
        Ok(sealed)
    }

    pub(super) fn open(&self, part: Part, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut plain = Vec::new();
        with_tools(|tools| {
            Ok(tools
                .opener
                .open(&self.key, &self.id(), part.numbered(), sealed, &mut plain)?)
        })?;
        Ok(plain)
    }
}

/// The version and the bytes of a wrapped key, from column `at` on.
pub(super) fn read_wrapped(row: &SqliteRow, at: usize) -> Result<WrappedKey, sqlx::Error> {
    let (version, bytes): (u32, &[u8]) = (row.try_get(at)?, row.try_get(at + 1)?);
    let version = KeyVersion::new(version).ok_or_else(|| damage("a key is wrapped by version 0".to_owned()))?;
    let bytes = bytes.try_into();
    let bytes = bytes.map_err(|_| damage("a wrapped key has another length than 40 bytes".to_owned()))?;
    Ok(WrappedKey { version, bytes })
}

/// Why the keys of an archive were not had.
pub(super) enum SealingFailure {
    Keys(KeyError),
    Sql(sqlx::Error),
}

impl From<KeyError> for SealingFailure {
    fn from(error: KeyError) -> Self {
        SealingFailure::Keys(error)
    }
}

impl From<sqlx::Error> for SealingFailure {
    fn from(error: sqlx::Error) -> Self {
        SealingFailure::Sql(error)
    }
}
