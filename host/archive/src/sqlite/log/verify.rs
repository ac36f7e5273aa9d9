//! The audit of an archive: every leaf, every entry, every row that the log tells of.
//!
//! What is counted is counted at one moment, which is also the end of what is read. The log is then read in parts, each in a transaction
//! of its own, so that a writer beside it is not held up.

use super::checkpoints;
use super::judged::{self, JUDGED, OfMessage, Read};
use super::rows::{self, EARLIER};
use super::start::{BEGAN, UPGRADED, log_key};
use super::tiles;
use crate::audit::{Audit, AuditFault, FAULTS_NAMED_MAX, Signed};
use crate::opening::ArchiveError;
use crate::sqlite::Sqlite;
use crate::sqlite::rows::damaged;
use proviso_proof::Hash;
use proviso_proof::commitment::{Commitment, Salt};
use proviso_proof::entry::{Entry, Value};
use proviso_proof::leaf::ENTRIES_MAX;
use proviso_proof::log_check::{LogCheck, ReadEntry, ReadLeaf};
use proviso_proof::note::{LogTrust, VerifiedCheckpoint, VerifierKey};
use proviso_proof::tree::Edge;
use proviso_seal::TAG_BYTES;
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection as _, Row as _, SqliteConnection};
use std::collections::{BTreeMap, HashMap};

/// Leaves that are read in one transaction.
const LEAVES_TOGETHER: i64 = 512;
/// Messages that are read at once, unless one leaf has more.
const MESSAGES_TOGETHER: i64 = 4_096;

/// What each message is known by: the table is ordered by that, and asked by the message.
const TAGS: [&str; 2] = [
    "CREATE TEMP TABLE audit_tags (message INTEGER NOT NULL, tag BLOB NOT NULL, PRIMARY KEY (message, tag)) WITHOUT ROWID",
    "INSERT INTO audit_tags SELECT message, tag FROM identities ORDER BY message, tag",
];

const HELD: &str = "
    SELECT (SELECT count(*) FROM envelopes e WHERE e.held = 1
            AND NOT EXISTS (SELECT 1 FROM held_messages h WHERE h.message = e.message))
         + (SELECT count(*) FROM held_messages h JOIN envelopes e USING (message) WHERE h.released_at IS NULL AND e.held = 0)";

impl Sqlite {
    /// Reads the whole log and all that it tells of. `expected` is the key that the log is to be signed by, from elsewhere.
    pub(crate) async fn audit(&self, expected: Option<&VerifierKey>) -> Result<Audit, ArchiveError> {
        // Before the database: what is committed is never behind what was signed.
        let note = checkpoints::read(&self.path).map_err(|source| ArchiveError::Log {
            path: self.path.clone(),
            source: Box::new(source),
        })?;
        let found = self.read_all(note, expected).await;
        found.map_err(|error| self.storage(error).into())
    }

    async fn read_all(&self, note: Option<Vec<u8>>, expected: Option<&VerifierKey>) -> Result<Audit, sqlx::Error> {
        let mut connection = self.readers.connect_apart().await?;
        sqlx::query("BEGIN").execute(&mut connection).await?;
        let mut found = Found::default();
        let size: i64 = number(&mut connection, "SELECT coalesce(max(leaf) + 1, 0) FROM log_leaves").await?;
        let key = log_key(&mut connection).await?;
        let before = first_entry(&mut connection).await?;
        found.count(&mut connection, size, before.as_ref()).await?;
        for sql in TAGS {
            sqlx::query(sql).execute(&mut connection).await?;
        }
        sqlx::query("COMMIT").execute(&mut connection).await?;

        let checkpoint = self.checkpoint(note, key.as_ref(), size, &mut found);
        let key = key.map(|key| key.to_string());
        if size > 0 && (before.is_none() || key.is_none()) {
            found.fault(AuditFault::Entry { leaf: 0, place: 0 });
        }
        if let Some(expected) = expected
            .map(ToString::to_string)
            .filter(|expected| key.as_ref() != Some(expected))
        {
            let named = key.clone().unwrap_or_default();
            found.fault(AuditFault::Key { found: named, expected });
        }
        let check = LogCheck::new(checkpoint.as_ref().map(VerifiedCheckpoint::checkpoint));
        let messages_before = before.as_ref().map_or(0, |entry| field(entry, "messages").unwrap_or(0));
        let mut walk = Walk {
            store: self,
            check,
            edge: Edge::new(),
            next_message: messages_before + 1,
            found,
            messages: 0,
            rows: 0,
        };
        let mut next = 0;
        while next < size {
            sqlx::query("BEGIN").execute(&mut connection).await?;
            let last = walk.part(&mut connection, next, size).await?;
            sqlx::query("COMMIT").execute(&mut connection).await?;
            let Some(last) = last else { break };
            next = last + 1;
        }
        // The temporary table goes with the connection.
        connection.close().await?;
        let log = walk.check.finish();
        Ok(Audit {
            checkpoint: checkpoint.map(|opened| Signed {
                size: opened.checkpoint().size(),
                root: opened.checkpoint().root(),
                origin: opened.checkpoint().origin().to_owned(),
            }),
            key,
            messages: walk.messages,
            messages_before: messages_before.unsigned_abs(),
            rows: walk.rows,
            faults_count: walk.found.count + log.faults_count,
            faults: walk.found.faults,
            log,
        })
    }

    fn checkpoint(
        &self,
        note: Option<Vec<u8>>,
        key: Option<&VerifierKey>,
        size: i64,
        found: &mut Found,
    ) -> Option<VerifiedCheckpoint> {
        let path = checkpoints::path_of(&self.path);
        let Some(note) = note else {
            if size > 1 {
                found.fault(AuditFault::NoCheckpoint(path));
            }
            return None;
        };
        let trust = LogTrust::new(key?.name().as_str(), key?.clone()).ok()?;
        match trust.open(&note) {
            Ok(opened) => Some(opened),
            Err(source) => {
                found.fault(AuditFault::Checkpoint { path, source });
                None
            }
        }
    }
}

/// Faults that were found so far.
#[derive(Default)]
struct Found {
    faults: Vec<AuditFault>,
    count: u64,
}

impl Found {
    fn fault(&mut self, fault: AuditFault) {
        self.count += 1;
        if self.faults.len() < FAULTS_NAMED_MAX {
            self.faults.push(fault);
        }
    }

    /// Compares the number of rows with what the log tells of.
    async fn count(
        &mut self,
        connection: &mut SqliteConnection,
        size: i64,
        first: Option<&Entry>,
    ) -> Result<(), sqlx::Error> {
        let before = |name: &str| first.and_then(|entry| field(entry, name)).unwrap_or(0);
        let kept: HashMap<String, i64> =
            sqlx::query_as("SELECT kind, count(*) FROM log_entries WHERE entry IS NOT NULL GROUP BY kind")
                .fetch_all(&mut *connection)
                .await?
                .into_iter()
                .collect();
        for kind in rows::ALL {
            let expected = kept.get(kind.kind).copied().unwrap_or(0) + before(kind.before);
            let found = kind.count(connection).await?;
            self.compare(kind.kind, expected, found);
        }
        let judged = number(connection, "SELECT coalesce(sum(messages), 0) FROM log_leaves").await?;
        let erased = "SELECT count(*) FROM log_entries WHERE kind = 'judged' AND entry IS NULL";
        let erased = number(connection, erased).await?;
        for (what, sql, expected) in [
            (
                "contents",
                "SELECT count(*) FROM contents WHERE message > ?",
                judged - erased,
            ),
            (
                "identities",
                "SELECT count(*) FROM identities WHERE message > ?",
                judged,
            ),
        ] {
            let found = sqlx::query_scalar(sql)
                .bind(before("messages"))
                .fetch_one(&mut *connection)
                .await?;
            self.compare(what, expected, found);
        }
        let tiles = (1..8).map(|level| size >> (8 * level)).sum();
        let found = number(connection, "SELECT count(*) FROM log_tiles").await?;
        self.compare("log_tiles", tiles, found);
        match number(connection, HELD).await? {
            0 => {}
            wrong => self.fault(AuditFault::Held(wrong)),
        }
        Ok(())
    }

    fn compare(&mut self, what: &'static str, expected: i64, found: i64) {
        if expected != found {
            self.fault(AuditFault::Count { what, expected, found });
        }
    }
}

/// The log, as far as it was read.
struct Walk<'a> {
    store: &'a Sqlite,
    check: LogCheck,
    edge: Edge,
    /// The number that the next message must have.
    next_message: i64,
    found: Found,
    messages: u64,
    rows: u64,
}

/// A leaf as it is stored.
struct Stored {
    leaf: i64,
    data: Vec<u8>,
    first: i64,
    messages: i64,
}

/// An entry as it is stored.
struct Kept {
    kind: String,
    message: Option<i64>,
    commitment: Commitment,
    said: Option<(Salt, Vec<u8>)>,
}

/// The messages of some leaves, by their numbers.
#[derive(Default)]
struct Messages {
    read: HashMap<i64, Read>,
    tags: HashMap<i64, Option<[u8; TAG_BYTES]>>,
}

impl Walk<'_> {
    /// Reads the next leaves; the last of them.
    async fn part(
        &mut self,
        connection: &mut SqliteConnection,
        next: i64,
        size: i64,
    ) -> Result<Option<i64>, sqlx::Error> {
        let sql = "SELECT leaf, data, coalesce(first_message, 0), messages FROM log_leaves WHERE leaf >= ? AND leaf < ?
                   ORDER BY leaf LIMIT ?";
        let rows = sqlx::query(sql)
            .bind(next)
            .bind(size)
            .bind(LEAVES_TOGETHER)
            .fetch_all(&mut *connection)
            .await?;
        let leaves: Vec<Stored> = rows.iter().map(read_leaf).collect::<Result<_, _>>()?;
        let Some(last) = leaves.last().map(|leaf| leaf.leaf) else {
            return Ok(None);
        };
        let mut kept = kept(connection, next, last).await?;
        let mut rest = leaves.as_slice();
        while !rest.is_empty() {
            let run = run_of(rest);
            let (now, later) = rest.split_at(run);
            let messages = self.messages_of(connection, now).await?;
            for leaf in now {
                let kept = kept.remove(&leaf.leaf).unwrap_or_default();
                self.leaf(connection, leaf, &kept, &messages).await?;
            }
            rest = later;
        }
        Ok(Some(last))
    }

    async fn messages_of(&self, connection: &mut SqliteConnection, leaves: &[Stored]) -> Result<Messages, sqlx::Error> {
        let mut with = leaves.iter().filter(|leaf| leaf.messages > 0);
        let Some(first) = with.next() else {
            return Ok(Messages::default());
        };
        let last = with.next_back().unwrap_or(first);
        let range = (first.first, last.first.saturating_add(last.messages - 1));
        let read = judged::read(connection, &self.store.sealing, range).await?;
        let mut messages = Messages {
            read: read.into_iter().map(|read| (read.of.number, read)).collect(),
            tags: HashMap::new(),
        };
        let tags: Vec<(i64, Vec<u8>)> =
            sqlx::query_as("SELECT message, tag FROM audit_tags WHERE message BETWEEN ? AND ?")
                .bind(range.0)
                .bind(range.1)
                .fetch_all(connection)
                .await?;
        for (message, tag) in tags {
            let tag = <[u8; TAG_BYTES]>::try_from(tag).ok();
            let known = messages.tags.entry(message);
            // Of two, neither is right.
            known.and_modify(|known| *known = None).or_insert(tag);
        }
        Ok(messages)
    }

    async fn leaf(
        &mut self,
        connection: &mut SqliteConnection,
        leaf: &Stored,
        kept: &BTreeMap<i64, Kept>,
        messages: &Messages,
    ) -> Result<(), sqlx::Error> {
        let index = leaf.leaf.unsigned_abs();
        if leaf.messages > 0 {
            if leaf.first != self.next_message {
                let (expected, found) = (self.next_message, leaf.first);
                self.found.fault(AuditFault::Messages {
                    leaf: index,
                    expected,
                    found,
                });
            }
            self.next_message = leaf.first.saturating_add(leaf.messages);
        }
        let mut commitments = Vec::with_capacity(leaf.messages.unsigned_abs() as usize + kept.len());
        for place in 0..leaf.messages {
            if !kept.contains_key(&place) {
                commitments.push(self.of_rows(leaf.first + place, messages));
                continue;
            }
            let kept = &kept[&place];
            commitments.push(kept.commitment);
            self.set_aside(leaf, place, kept, messages);
            if kept.said.is_none() && messages.read.contains_key(&(leaf.first + place)) {
                self.erased(index, place, "the message is still there");
            }
        }
        for (place, kept) in kept.range(leaf.messages..) {
            commitments.push(kept.commitment);
            self.told(connection, index, *place, kept).await?;
        }
        let entries: Vec<ReadEntry<'_>> = kept
            .iter()
            .filter_map(|(place, kept)| {
                let (salt, bytes) = kept.said.as_ref()?;
                Some(ReadEntry {
                    place: u32::try_from(*place).ok()?,
                    salt: *salt,
                    bytes,
                })
            })
            .collect();
        let faults = self.check.faults_count();
        self.check.add(&ReadLeaf {
            index,
            data: &leaf.data,
            hash: None,
            commitments: Some(&commitments),
            entries: &entries,
        });
        if self.check.faults_count() == faults {
            self.messages += leaf.messages.unsigned_abs();
        }
        self.tiles(connection, Hash::of_leaf(&leaf.data)).await
    }

    /// The commitment to a message that was judged when it arrived, from its rows; another one where that cannot be.
    fn of_rows(&mut self, number: i64, messages: &Messages) -> Commitment {
        let nothing = Commitment::from_hash(Hash::EMPTY);
        let Some(read) = messages.read.get(&number) else {
            self.found.fault(AuditFault::NoMessage(number));
            return nothing;
        };
        let Some(Some(tag)) = messages.tags.get(&number) else {
            self.found.fault(AuditFault::Identity(number));
            return nothing;
        };
        match &read.salt {
            Ok(salt) => read.of.commitment(tag, salt),
            Err(source) => {
                let why = source.to_string();
                self.found.fault(AuditFault::NoKey { number, why });
                nothing
            }
        }
    }

    /// A first judgement that is kept because the message was judged again: what no judgement changes must still be so.
    fn set_aside(&mut self, leaf: &Stored, place: i64, kept: &Kept, messages: &Messages) {
        let number = leaf.first + place;
        let Some((_, bytes)) = &kept.said else { return };
        let entry = match Entry::from_bytes(bytes) {
            Ok(entry) if kept.kind == JUDGED && entry.kind() == JUDGED && kept.message == Some(number) => entry,
            _ => {
                let leaf = leaf.leaf.unsigned_abs();
                return self.found.fault(AuditFault::Entry { leaf, place });
            }
        };
        let Some(read) = messages.read.get(&number) else {
            return self.found.fault(AuditFault::NoMessage(number));
        };
        let tag = messages.tags.get(&number).copied().flatten();
        if bytes_of(&entry, "tag") != tag.as_ref().map(|tag| &tag[..]) {
            self.found.fault(AuditFault::Identity(number));
        }
        self.parts(number, &entry, &read.of, &["content", "envelope"]);
    }

    fn erased(&mut self, leaf: u64, place: i64, why: &'static str) {
        self.found.fault(AuditFault::Erased { leaf, place, why });
    }

    /// Compares digests of an entry with those of the rows.
    fn parts(&mut self, number: i64, entry: &Entry, of: &OfMessage, parts: &[&'static str]) {
        for part in parts {
            let now = match *part {
                "content" => &of.content,
                "envelope" => &of.envelope,
                "verdict" => &of.verdict,
                _ => &of.standing,
            };
            if bytes_of(entry, part) != Some(now.as_bytes()) {
                self.found.fault(AuditFault::Judged { number, part });
            }
        }
    }

    /// An entry that is kept: of a row, of a verdict, or of what no row says.
    async fn told(
        &mut self,
        connection: &mut SqliteConnection,
        leaf: u64,
        place: i64,
        kept: &Kept,
    ) -> Result<(), sqlx::Error> {
        let Some((_, bytes)) = &kept.said else {
            let Some(message) = kept.message else {
                self.erased(leaf, place, "it is about no message");
                return Ok(());
            };
            let there: i64 = sqlx::query_scalar("SELECT count(*) FROM contents WHERE message = ?")
                .bind(message)
                .fetch_one(connection)
                .await?;
            if there > 0 {
                self.erased(leaf, place, "the message is still there");
            }
            return Ok(());
        };
        // What is no entry, the check of the log tells.
        let Ok(entry) = Entry::from_bytes(bytes) else {
            return Ok(());
        };
        if entry.kind() != kept.kind || field(&entry, "message") != kept.message {
            self.found.fault(AuditFault::Entry { leaf, place });
        }
        let Some(kind) = rows::ALL.into_iter().find(|rows| rows.kind == entry.kind()) else {
            return Ok(());
        };
        let (Some(number), Some(row)) = (field(&entry, "number"), bytes_of(&entry, "row")) else {
            self.found.fault(AuditFault::Entry { leaf, place });
            return Ok(());
        };
        let what = match kind.digest(connection, number).await? {
            Some(found) if found.as_bytes() == row => None,
            Some(_) => Some("is not what was written"),
            None => Some("is not there"),
        };
        match what {
            None => self.rows += 1,
            Some(what) => self.found.fault(AuditFault::Row {
                leaf,
                place,
                kind: kept.kind.clone(),
                number,
                what,
            }),
        }
        if kind.kind == EARLIER.kind {
            self.judged_again(connection, leaf, place, &entry).await?;
        }
        Ok(())
    }

    /// The last verdict on a message must be the one that stands.
    async fn judged_again(
        &mut self,
        connection: &mut SqliteConnection,
        leaf: u64,
        place: i64,
        entry: &Entry,
    ) -> Result<(), sqlx::Error> {
        let Some(message) = field(entry, "message") else {
            self.found.fault(AuditFault::Entry { leaf, place });
            return Ok(());
        };
        let later = "SELECT count(*) FROM log_entries WHERE message = ? AND kind = 'rejudged' AND leaf > ?";
        let later: i64 = sqlx::query_scalar(later)
            .bind(message)
            .bind(leaf as i64)
            .fetch_one(&mut *connection)
            .await?;
        if later > 0 {
            return Ok(());
        }
        match judged::read(connection, &self.store.sealing, (message, message))
            .await?
            .first()
        {
            Some(read) => self.parts(message, entry, &read.of, &["standing", "verdict"]),
            None => self.found.fault(AuditFault::NoMessage(message)),
        }
        Ok(())
    }

    /// The stored tiles that a leaf makes full.
    async fn tiles(&mut self, connection: &mut SqliteConnection, leaf: Hash) -> Result<(), sqlx::Error> {
        let appended = self.edge.append(leaf).map_err(|error| damaged(0, error))?;
        for (id, hashes) in appended.full_tiles() {
            let stored = sqlx::query("SELECT hashes FROM log_tiles WHERE level = ? AND place = ?")
                .bind(id.level())
                .bind(id.index() as i64)
                .fetch_optional(&mut *connection)
                .await?;
            let stored = stored.map(|row| tiles::hashes(row.try_get(0)?)).transpose();
            if stored.ok().flatten().as_ref() != Some(hashes) {
                self.found.fault(AuditFault::Tile {
                    level: id.level(),
                    place: id.index(),
                });
            }
        }
        self.edge.accept(appended).map_err(|error| damaged(0, error))
    }
}

/// How many of the next leaves have messages that follow each other, and not too many to be read at once. At least one.
fn run_of(leaves: &[Stored]) -> usize {
    let (mut next, mut messages) = (None, 0);
    let fits = |leaf: &&Stored| {
        if leaf.messages == 0 {
            return true;
        }
        let follows = next.is_none_or(|next| next == leaf.first) && messages + leaf.messages <= MESSAGES_TOGETHER;
        next = leaf.first.checked_add(leaf.messages);
        messages += leaf.messages;
        follows
    };
    leaves.iter().take_while(fits).count().max(1)
}

fn read_leaf(row: &SqliteRow) -> Result<Stored, sqlx::Error> {
    let messages: i64 = row.try_get(3)?;
    if !(0..=i64::from(ENTRIES_MAX)).contains(&messages) {
        return Err(damaged(3, format!("a leaf of {messages} messages")));
    }
    Ok(Stored {
        leaf: row.try_get(0)?,
        data: row.try_get(1)?,
        first: row.try_get(2)?,
        messages,
    })
}

/// The entries of some leaves, by leaf and place.
async fn kept(
    connection: &mut SqliteConnection,
    first: i64,
    last: i64,
) -> Result<HashMap<i64, BTreeMap<i64, Kept>>, sqlx::Error> {
    let sql = "SELECT leaf, place, kind, message, commitment, salt, entry FROM log_entries WHERE leaf BETWEEN ? AND ?";
    let rows = sqlx::query(sql).bind(first).bind(last).fetch_all(connection).await?;
    let mut kept: HashMap<i64, BTreeMap<i64, Kept>> = HashMap::new();
    for row in &rows {
        let commitment = Hash::try_from(row.try_get::<&[u8], _>(4)?).map_err(|error| damaged(4, error))?;
        let salt: Option<&[u8]> = row.try_get(5)?;
        let salt = salt.map(|salt| salt.try_into().map(Salt::new)).transpose();
        let entry: Option<Vec<u8>> = row.try_get(6)?;
        let of_leaf = kept.entry(row.try_get(0)?).or_default();
        of_leaf.insert(
            row.try_get(1)?,
            Kept {
                kind: row.try_get(2)?,
                message: row.try_get(3)?,
                commitment: Commitment::from_hash(commitment),
                said: salt.map_err(|error| damaged(5, error))?.zip(entry),
            },
        );
    }
    Ok(kept)
}

/// The entry that the log begins with.
async fn first_entry(connection: &mut SqliteConnection) -> Result<Option<Entry>, sqlx::Error> {
    let bytes: Option<Vec<u8>> = sqlx::query_scalar("SELECT entry FROM log_entries WHERE leaf = 0 AND place = 0")
        .fetch_optional(connection)
        .await?
        .flatten();
    let entry = bytes.and_then(|bytes| Entry::from_bytes(&bytes).ok());
    Ok(entry.filter(|entry| [BEGAN, UPGRADED].contains(&entry.kind())))
}

async fn number(connection: &mut SqliteConnection, sql: &'static str) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(sql).fetch_one(connection).await
}

fn field(entry: &Entry, name: &str) -> Option<i64> {
    match entry.field(name) {
        Some(Value::Integer(integer)) => Some(*integer),
        _ => None,
    }
}

fn bytes_of<'e>(entry: &'e Entry, name: &str) -> Option<&'e [u8]> {
    match entry.field(name) {
        Some(Value::Bytes(bytes)) => Some(bytes),
        _ => None,
    }
}
