//! The walk over the log, leaf by leaf, with the rows that each tells of.

use super::beside;
use super::export::{Export, Made};
use super::found::Found;
use super::stored::{Kept, Stored, bytes_of, field, kept, read_leaf};
use crate::audit::AuditFault;
use crate::sqlite::Sqlite;
use crate::sqlite::disposed_names::named;
use crate::sqlite::log::judged::{self, DECIDED, ERASED, JUDGED, OfMessage, Read};
use crate::sqlite::log::rows::{self, DISPOSALS, DISPOSED_AGAIN, EARLIER};
use crate::sqlite::log::tiles;
use crate::sqlite::rows::damaged;
use crate::stored::disposed_again;
use proviso_model::Digest;
use proviso_proof::Hash;
use proviso_proof::certificate::{CERTIFICATE, RECORD};
use proviso_proof::commitment::Commitment;
use proviso_proof::entry::Entry;
use proviso_proof::log_check::{LogCheck, ReadEntry, ReadLeaf};
use proviso_proof::tree::Edge;
use proviso_seal::TAG_BYTES;
use sqlx::{Row as _, SqliteConnection};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// Leaves that are read in one transaction.
const LEAVES_TOGETHER: i64 = 512;
/// Messages that are read at once, unless one leaf has more.
const MESSAGES_TOGETHER: i64 = 4_096;

/// The log, as far as it was read.
pub(super) struct Walk<'a> {
    pub(super) store: &'a Sqlite,
    pub(super) check: LogCheck,
    pub(super) edge: Edge,
    /// The number that the next message must have.
    pub(super) next_message: i64,
    pub(super) found: Found,
    pub(super) messages: u64,
    pub(super) rows: u64,
    pub(super) export: Option<Export>,
}

/// The messages of some leaves, by their numbers.
#[derive(Default)]
struct Messages {
    read: HashMap<i64, Read>,
    tags: HashMap<i64, Option<[u8; TAG_BYTES]>>,
}

impl Walk<'_> {
    /// Reads the next leaves; the last of them.
    pub(super) async fn part(
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
        if leaf.messages == 0 && leaf.first != 0 {
            let (expected, found) = (0, leaf.first);
            self.found.fault(AuditFault::Messages {
                leaf: index,
                expected,
                found,
            });
        }
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
        let mut made = Vec::with_capacity(leaf.messages.unsigned_abs() as usize + kept.len());
        for place in 0..leaf.messages {
            let Some(kept) = kept.get(&place) else {
                made.push(self.of_rows(leaf.first + place, messages));
                continue;
            };
            made.push(Made::of(kept));
            if kept.message != Some(leaf.first + place) {
                self.found.fault(AuditFault::Entry { leaf: index, place });
            }
            match kept.said {
                Some(_) => self.set_aside(connection, leaf, place, kept, messages).await?,
                None => self.erased(connection, index, place, kept).await?,
            }
        }
        for (expected, (place, kept)) in (leaf.messages..).zip(kept.range(leaf.messages..)) {
            made.push(Made::of(kept));
            if *place != expected {
                self.found.fault(AuditFault::Entry {
                    leaf: index,
                    place: *place,
                });
            }
            self.told(connection, index, *place, kept).await?;
        }
        let commitments: Vec<Commitment> = made.iter().map(|made| made.commitment).collect();
        // What was made from rows has the commitment that it makes.
        let stored = kept.iter().filter_map(|(place, kept)| {
            let (salt, bytes) = kept.said.as_ref()?;
            Some(ReadEntry {
                place: u32::try_from(*place).ok()?,
                salt: *salt,
                bytes,
            })
        });
        let faults = self.check.faults_count();
        self.check.add(&ReadLeaf {
            index,
            data: &leaf.data,
            hash: None,
            commitments: Some(&commitments),
            entries: &stored.collect::<Vec<_>>(),
        });
        if self.check.faults_count() == faults {
            self.messages += leaf.messages.unsigned_abs();
        }
        if let Some(export) = &mut self.export {
            export.leaf(&leaf.data, &made).map_err(|error| damaged(1, error))?;
        }
        self.tiles(connection, Hash::of_leaf(&leaf.data)).await
    }

    /// What the log has of a message that was judged when it arrived, from its rows; nothing where that cannot be.
    fn of_rows(&mut self, number: i64, messages: &Messages) -> Made<'static> {
        let nothing = Made {
            commitment: Commitment::from_hash(Hash::EMPTY),
            said: None,
        };
        let Some(read) = messages.read.get(&number) else {
            self.found.fault(AuditFault::NoMessage(number));
            return nothing;
        };
        let Some(Some(tag)) = messages.tags.get(&number) else {
            self.found.fault(AuditFault::Identity(number));
            return nothing;
        };
        match &read.salt {
            Ok(salt) => {
                let bytes = read.of.entry(tag).to_bytes();
                Made {
                    commitment: Commitment::of(salt, &bytes),
                    said: Some((*salt, Cow::Owned(bytes))),
                }
            }
            Err(source) => {
                let why = source.to_string();
                self.found.fault(AuditFault::NoKey { number, why });
                nothing
            }
        }
    }

    /// A first judgement that is kept because the message was judged again: what no judgement changes must still be so, and all of
    /// it where no later entry tells of another.
    async fn set_aside(
        &mut self,
        connection: &mut SqliteConnection,
        leaf: &Stored,
        place: i64,
        kept: &Kept,
        messages: &Messages,
    ) -> Result<(), sqlx::Error> {
        let number = leaf.first + place;
        let Some((salt, bytes)) = &kept.said else { return Ok(()) };
        let entry = match Entry::from_bytes(bytes) {
            Ok(entry) if kept.kind == JUDGED && entry.kind() == JUDGED && kept.message == Some(number) => entry,
            _ => {
                let leaf = leaf.leaf.unsigned_abs();
                self.found.fault(AuditFault::Entry { leaf, place });
                return Ok(());
            }
        };
        let Some(read) = messages.read.get(&number) else {
            self.found.fault(AuditFault::NoMessage(number));
            return Ok(());
        };
        // The entry has the salt that the record's key makes: another key opens nothing of the record.
        let why = match &read.salt {
            Ok(now) if now.as_bytes() == salt.as_bytes() => None,
            Ok(_) => Some("its key is that of another record".to_owned()),
            Err(source) => Some(source.to_string()),
        };
        if let Some(why) = why {
            self.found.fault(AuditFault::NoKey { number, why });
        }
        let tag = messages.tags.get(&number).copied().flatten();
        if bytes_of(&entry, "tag") != tag.as_ref().map(|tag| &tag[..]) {
            self.found.fault(AuditFault::Identity(number));
        }
        self.parts(number, &entry, &read.of, &["content", "envelope"]);
        let later: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM log_entries WHERE message = ? AND kind IN ('rejudged', 'decided'))",
        )
        .bind(number)
        .fetch_one(connection)
        .await?;
        if !later {
            self.parts(number, &entry, &read.of, &["standing", "verdict"]);
        }
        Ok(())
    }

    /// An entry whose words are gone must be about a message that was disposed of, as an entry that is kept tells.
    async fn erased(
        &mut self,
        connection: &mut SqliteConnection,
        leaf: u64,
        place: i64,
        kept: &Kept,
    ) -> Result<(), sqlx::Error> {
        let why = match kept.message {
            None => Some("it is about no message"),
            Some(message) => {
                let told: bool = sqlx::query_scalar(
                    "SELECT EXISTS (SELECT 1 FROM disposals d JOIN log_entries l ON l.leaf = d.leaf AND l.place = d.place
                     WHERE d.message = ?1 AND l.kind IN ('disposal', 'disposed-again') AND l.entry IS NOT NULL)
                     AND NOT EXISTS (SELECT 1 FROM contents WHERE message = ?1)",
                )
                .bind(message)
                .fetch_one(connection)
                .await?;
                (!told).then_some("no disposal of its message is told of")
            }
        };
        if let Some(why) = why {
            self.found.fault(AuditFault::Erased { leaf, place, why });
        }
        Ok(())
    }

    /// What the entry of a disposal says of the row beside it, which is compared as other rows are: where it stands, what its
    /// certificate says, what it is known by, and what was erased with it.
    async fn disposal(
        &mut self,
        connection: &mut SqliteConnection,
        leaf: u64,
        place: i64,
        (number, entry): (i64, &Entry),
    ) -> Result<(), sqlx::Error> {
        let row = sqlx::query(
            "SELECT d.leaf, d.place, d.said, i.tag FROM disposals d JOIN identities i USING (message) WHERE d.message = ?",
        )
        .bind(number)
        .fetch_optional(&mut *connection)
        .await?;
        let Some(row) = row else { return Ok(()) };
        let stands: (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        let said: &str = row.try_get(2)?;
        let is = |name: &str, now: &Digest| bytes_of(entry, name) == Some(now.as_bytes());
        // What the certificate of one that was carried out again says is known to the first log alone.
        let certificate = match disposed_again::read(said) {
            Some(first) => Digest::from_bytes(*first.certificate.as_bytes()),
            None => Digest::of(said.as_bytes()),
        };
        let fits = stands == (leaf.cast_signed(), place)
            && is(CERTIFICATE, &certificate)
            && bytes_of(entry, RECORD) == Some(named(row.try_get(3)?).as_bytes())
            && is(ERASED, &judged::erased(connection, number).await?);
        if !fits {
            self.found.fault(AuditFault::Row {
                leaf,
                place,
                kind: entry.kind().to_owned(),
                number,
                what: "is not what was disposed of",
            });
        }
        Ok(())
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
            self.erased(connection, leaf, place, kept).await?;
            return Ok(());
        };
        // What is no entry, the check of the log tells.
        let Ok(entry) = Entry::from_bytes(bytes) else {
            return Ok(());
        };
        if entry.kind() != kept.kind || field(&entry, "message") != kept.message {
            self.found.fault(AuditFault::Entry { leaf, place });
        }
        if entry.kind() == DECIDED {
            return self.judged_again(connection, leaf, place, &entry).await;
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
        if [DISPOSALS.kind, DISPOSED_AGAIN.kind].contains(&kind.kind) {
            self.disposal(connection, leaf, place, (number, &entry)).await?;
        }
        if let Some(what) = beside::fault(connection, self.store, kind, number, what.is_none()).await? {
            self.found.fault(AuditFault::Row {
                leaf,
                place,
                kind: kept.kind.clone(),
                number,
                what,
            });
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
        let later =
            "SELECT count(*) FROM log_entries WHERE message = ? AND kind IN ('rejudged', 'decided') AND leaf > ?";
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
            if let Some(export) = &mut self.export {
                export.tile(*id, hashes);
            }
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
