//! What keeps contents from whoever holds the file: the parts of records are sealed, and identifiers kept as tags.

use super::rows::damage;
use crate::key_report::KeysError;
use crate::keys::{KeyError, KeyPlaces};
use proviso_model::MessageId;
use proviso_model::limits::SOURCE_VALUE_BYTES_MAX;
use proviso_proof::commitment::Salt;
use proviso_record::dictionaries;
use proviso_record::part::{self, MESSAGE};
use proviso_seal::{
    Dictionary, DisclosedKey, Fingerprint, KeyRing, KeyVersion, OpenError, Opener, PackError, Packed, RecordId,
    RecordKey, RingError, SealError, Sealer, SuiteName, TAG_BYTES, Tagger, UnwrapError, WrappedKey, issue,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;
use std::sync::Arc;

/// What records have in common.
const CONTENT: Dictionary = dictionary(dictionaries::CONTENT);
const JUDGEMENT: Dictionary = dictionary(dictionaries::JUDGEMENT);

const fn dictionary(of: dictionaries::Dictionary) -> Dictionary {
    let number = NonZeroU32::new(of.number);
    Dictionary::new(number.expect("dictionaries have numbers from 1"), of.bytes)
}

/// A part of a record, at most, before it was packed: a message with its raw bytes, its text and all that it names.
const PART_BYTES_MAX: usize = 4 * SOURCE_VALUE_BYTES_MAX;
/// The kind of a segment's record.
const SEGMENT: &str = "segment";
/// The kind of a saved query's record.
const SAVED_QUERY: &str = "saved-query";
/// The kind of a second factor's record.
const TOTP: &str = "totp";
/// The tenant that no message has: of the archive's own keys.
pub(super) const ARCHIVE: &str = "";

/// A part of a message's record, of a segment's, of a saved query's, or of a second factor's.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    /// What the source delivered.
    Content,
    /// What was said of it: 0 when it arrived, then one more each time that it was judged again.
    Judgement(u32),
    /// What came under its identifier with another content, by the number of the conflict.
    Refused(i64),
    /// A page of a segment, the only parts that a segment has.
    Page(u32),
    /// What a saved query asks for, its only part.
    Query,
    /// The secret of a second factor, its only part.
    Totp,
    /// What a reviewer wrote of it, by the number of the review.
    Comment(i64),
}

impl Part {
    /// Contents and first judgements are sealed with a new key, in this order.
    fn numbered(self) -> proviso_seal::Part {
        proviso_seal::Part(match self {
            Part::Content => part::CONTENT,
            Part::Judgement(round) => part::judgement(round),
            Part::Refused(conflict) => part::refused(conflict),
            Part::Page(page) => page.into(),
            Part::Query | Part::Totp => 0,
            Part::Comment(review) => part::comment(review),
        })
    }
}

/// What a thread seals and opens with.
struct Tools {
    content: Sealer,
    judgement: Sealer,
    /// Of what has no dictionary.
    plain: Sealer,
    opener: Opener,
}

impl Tools {
    fn new() -> Result<Self, PackError> {
        let mut opener = Opener::new(PART_BYTES_MAX);
        for known in dictionaries::ALL {
            opener.know(&dictionary(known))?;
        }
        Ok(Self {
            content: Sealer::new(Some(&CONTENT))?,
            judgement: Sealer::new(Some(&JUDGEMENT))?,
            plain: Sealer::new(None)?,
            opener,
        })
    }

    fn sealer(&mut self, part: Part) -> &mut Sealer {
        match part {
            Part::Content | Part::Refused(_) => &mut self.content,
            Part::Judgement(_) => &mut self.judgement,
            Part::Page(_) | Part::Query | Part::Totp | Part::Comment(_) => &mut self.plain,
        }
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

/// Packs a part. The sealing is left for later, when its record has a number.
pub(super) fn pack(part: Part, plain: &[u8]) -> Result<Packed, KeyError> {
    with_tools(|tools| Ok(tools.sealer(part).pack(plain).map_err(SealError::from)?))
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
        let rings = Self {
            all,
            tenants: tenants.collect::<Result<_, KeyError>>()?,
        };
        rings.refuse_shared()?;
        Ok(rings)
    }

    fn refuse_shared(&self) -> Result<(), KeyError> {
        let named = |tenant: Option<&str>| {
            tenant.map_or_else(|| "all others".to_owned(), |tenant| format!("tenant {tenant:?}"))
        };
        let mut known: HashMap<Fingerprint, Option<&str>> = HashMap::new();
        for (tenant, ring) in self.each() {
            for key in ring.keys()? {
                if let Some(other) = known.insert(key.fingerprint, tenant)
                    && key.destroyed.is_none()
                {
                    return Err(KeyError::Shared {
                        one: named(other),
                        other: named(tenant),
                        fingerprint: key.fingerprint.to_string(),
                    });
                }
            }
        }
        Ok(())
    }

    /// The ring that wraps a tenant's new keys.
    pub(super) fn of(&self, tenant: &str) -> &dyn KeyRing {
        self.tenants.get(tenant).map_or(&*self.all, |ring| &**ring)
    }

    /// Every ring: that of all first, then those of tenants with their names.
    pub(super) fn each(&self) -> impl Iterator<Item = (Option<&str>, &dyn KeyRing)> {
        let tenants = self.tenants.iter();
        let tenants = tenants.map(|(tenant, ring)| (Some(tenant.as_str()), &**ring));
        std::iter::once((None, &*self.all)).chain(tenants)
    }

    /// The ring that `[[keys]]` gives to a tenant, or to all that have none.
    pub(super) fn named(&self, tenant: Option<&str>) -> Result<&dyn KeyRing, KeysError> {
        match tenant {
            None => Ok(&*self.all),
            Some(tenant) => match self.tenants.get(tenant) {
                Some(ring) => Ok(&**ring),
                None => Err(KeysError::NoRing(tenant.to_owned())),
            },
        }
    }

    /// Unwraps each, by the tenant's own ring, where it has one, and by that of all where that does not: a tenant that got its
    /// own has older keys in the other. With each key, whose ring it was.
    fn unwrap_each(&self, tenant: &str, wrapped: &[WrappedKey]) -> Result<Vec<Unwrapped<'_>>, RingError> {
        let mut keys = Vec::with_capacity(wrapped.len());
        let own = self.tenants.get_key_value(tenant);
        let (whose, ring) = own.map_or((None, &self.all), |(tenant, ring)| (Some(tenant.as_str()), ring));
        ring.unwrap(wrapped, &mut keys)?;
        let mut unwrapped: Vec<Unwrapped<'_>> = keys.into_iter().map(|key| Ok((key?, whose))).collect();
        if own.is_some() {
            for (wrapped, unwrapped) in wrapped.iter().zip(&mut unwrapped) {
                if unwrapped.is_err() {
                    let mut other = Vec::with_capacity(1);
                    self.all.unwrap(&[*wrapped], &mut other)?;
                    if let Some(Ok(key)) = other.pop() {
                        *unwrapped = Ok((key, None));
                    }
                }
            }
        }
        Ok(unwrapped)
    }

    fn unwrap(&self, tenant: &str, wrapped: WrappedKey) -> Result<RecordKey, KeyError> {
        let unwrapped = self.unwrap_each(tenant, &[wrapped])?.pop();
        match unwrapped.unwrap_or(Err(UnwrapError::NoKey(wrapped.version))) {
            Ok((key, _)) => Ok(key),
            Err(source) => Err(KeyError::Unwrap {
                tenant: tenant.to_owned(),
                source,
            }),
        }
    }

    /// The tenant whose ring unwraps it, `None` where that is the ring of all; or why none does.
    pub(super) fn who_wraps(
        &self,
        tenant: &str,
        wrapped: WrappedKey,
    ) -> Result<Result<Option<String>, UnwrapError>, RingError> {
        let unwrapped = self.unwrap_each(tenant, &[wrapped])?.pop();
        let unwrapped = unwrapped.unwrap_or(Err(UnwrapError::NoKey(wrapped.version)));
        Ok(unwrapped.map(|(_, whose)| whose.map(str::to_owned)))
    }

    /// Wraps each by the newest key of the tenant; `None` for one that it wraps already.
    pub(super) fn rewrap(&self, tenant: &str, wrapped: &[WrappedKey]) -> Result<Vec<Option<WrappedKey>>, KeyError> {
        let ring = self.of(tenant);
        let newest = ring.newest()?.version;
        let own = self.tenants.contains_key(tenant);
        let mut old = Vec::new();
        let mut places = Vec::new();
        let unwrapped = self.unwrap_each(tenant, wrapped)?;
        for (place, (unwrapped, wrapped)) in unwrapped.into_iter().zip(wrapped).enumerate() {
            match unwrapped {
                Ok((_, whose)) if wrapped.version == newest && whose.is_some() == own => {}
                Ok((key, _)) => {
                    places.push(place);
                    old.push(key);
                }
                // What no key unwraps stays as it is: `keys status` tells of it.
                Err(_) => {}
            }
        }
        let mut new = Vec::with_capacity(old.len());
        ring.wrap(newest, &old, &mut new)?;
        let mut rewrapped = vec![None; wrapped.len()];
        for (place, new) in places.into_iter().zip(new) {
            rewrapped[place] = Some(new);
        }
        Ok(rewrapped)
    }
}

/// A record key, and whose ring it was; or why there is none.
type Unwrapped<'a> = Result<(RecordKey, Option<&'a str>), UnwrapError>;

/// Seals and opens records of an archive.
pub(super) struct Sealing {
    rings: Rings,
    tagger: Tagger,
}

/// A record that is open.
pub(super) struct OpenRecord {
    tenant: String,
    kind: &'static str,
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

    pub(super) fn rings(&self) -> &Rings {
        &self.rings
    }

    /// What a message is known by.
    pub(super) fn tag(&self, id: &MessageId) -> [u8; TAG_BYTES] {
        self.tagger.tag(&[&id.tenant, &id.channel, &id.native])
    }

    /// What stands for a text of a kind in an export of that number. Nobody makes or finds it without the archive's key.
    pub(super) fn pseudonym(&self, export: u64, kind: &str, text: &str) -> [u8; TAG_BYTES] {
        // Four names, and a message's tag has three: no two lists are one.
        self.tagger
            .tag(&["proviso export pseudonym 1", &export.to_string(), kind, text])
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
                    kind: MESSAGE,
                    number,
                    key,
                    wrapped,
                });
            }
        }
        Ok(records.into_iter().flatten().collect())
    }

    /// A message's record whose key is stored.
    pub(super) fn open(&self, tenant: &str, number: i64, wrapped: WrappedKey) -> Result<OpenRecord, KeyError> {
        self.open_kind(tenant, MESSAGE, number, wrapped)
    }

    /// A segment's record whose key is stored.
    pub(super) fn open_segment(&self, tenant: &str, number: i64, wrapped: WrappedKey) -> Result<OpenRecord, KeyError> {
        self.open_kind(tenant, SEGMENT, number, wrapped)
    }

    /// A saved query's record whose key is stored.
    pub(super) fn open_saved_query(
        &self,
        tenant: &str,
        number: i64,
        wrapped: WrappedKey,
    ) -> Result<OpenRecord, KeyError> {
        self.open_kind(tenant, SAVED_QUERY, number, wrapped)
    }

    /// A new record of a segment.
    pub(super) fn segment(&self, tenant: &str, number: i64) -> Result<OpenRecord, KeyError> {
        self.new_kind(tenant, SEGMENT, number)
    }

    /// A new record of a saved query.
    pub(super) fn saved_query(&self, tenant: &str, number: i64) -> Result<OpenRecord, KeyError> {
        self.new_kind(tenant, SAVED_QUERY, number)
    }

    /// A second factor's record whose key is stored. Users are of no tenant.
    pub(super) fn open_totp(&self, number: i64, wrapped: WrappedKey) -> Result<OpenRecord, KeyError> {
        self.open_kind(ARCHIVE, TOTP, number, wrapped)
    }

    /// A new record of a second factor.
    pub(super) fn totp(&self, number: i64) -> Result<OpenRecord, KeyError> {
        self.new_kind(ARCHIVE, TOTP, number)
    }

    fn new_kind(&self, tenant: &str, kind: &'static str, number: i64) -> Result<OpenRecord, KeyError> {
        let mut records = self.records([(tenant, number)])?;
        let mut record = records.pop().expect("each that was wanted is given");
        record.kind = kind;
        Ok(record)
    }

    fn open_kind(
        &self,
        tenant: &str,
        kind: &'static str,
        number: i64,
        wrapped: WrappedKey,
    ) -> Result<OpenRecord, KeyError> {
        Ok(OpenRecord {
            tenant: tenant.to_owned(),
            kind,
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
            kind: self.kind,
            number: self.number.unsigned_abs(),
        }
    }

    /// The salt of what the log has of the record: it goes with the key.
    pub(super) fn salt(&self) -> Salt {
        Salt::new(self.key.salt())
    }

    /// Its key, to be given away with it.
    pub(super) fn disclosed(&self) -> DisclosedKey {
        DisclosedKey::of(&self.key)
    }

    /// What its key seals by, as the newest key of its tenant says.
    pub(super) fn suite(&self) -> SuiteName {
        self.key.suite()
    }

    /// The key as it is stored.
    pub(super) fn wrapped(&self) -> &WrappedKey {
        &self.wrapped
    }

    pub(super) fn seal(&mut self, part: Part, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.seal_with(plain.len() / 2, |record, key, sealed| {
            with_tools(|tools| Ok(tools.sealer(part).seal(key, record, part.numbered(), plain, sealed)?))
        })
    }

    /// The same of a part that is packed.
    pub(super) fn seal_packed(&mut self, part: Part, packed: &Packed) -> Result<Vec<u8>, KeyError> {
        self.seal_with(packed.bytes(), |record, key, sealed| {
            with_tools(|tools| {
                Ok(tools
                    .sealer(part)
                    .seal_packed(key, record, part.numbered(), packed, sealed)?)
            })
        })
    }

    fn seal_with<T>(
        &mut self,
        bytes: usize,
        seal: impl FnOnce(&RecordId<'_>, &mut RecordKey, &mut Vec<u8>) -> Result<T, KeyError>,
    ) -> Result<Vec<u8>, KeyError> {
        let mut sealed = Vec::with_capacity(bytes + 64);
        let record = RecordId {
            tenant: &self.tenant,
            kind: self.kind,
            number: self.number.unsigned_abs(),
        };
        seal(&record, &mut self.key, &mut sealed)?;
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
