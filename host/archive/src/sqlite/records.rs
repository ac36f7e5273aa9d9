//! Records: a message's envelope with what was said of it, and the two sealed parts of its content.

use super::Sqlite;
use super::meanings::{Known, Meanings};
use super::rows::{damage, damaged, read_digest_text, read_time};
use super::sealing::{OpenRecord, Part, Sealing, read_wrapped};
use crate::storage::StorageError;
use crate::stored::judgement::{self, Beside, Decided, Judgement};
use crate::stored::{basis, content, decision};
use crate::verdicts::{StoredDecision, StoredVerdict};
use proviso_model::basis::Applied;
use proviso_model::time::Day;
use proviso_model::{Digest, Message, MessageId, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use std::sync::Arc;

/// Columns of [`read_content`], from `envelopes e`, `streams s` and `contents c`.
macro_rules! content_columns {
    () => {
        "e.message, s.tenant, s.channel, c.key_version, c.key, c.content"
    };
}
pub(super) use content_columns;

/// How many columns [`content_columns`] names.
pub(super) const CONTENT_COLUMNS: usize = 6;

/// Columns of [`Record::read`] behind [`content_columns`], with `generations g` and `bases b`.
macro_rules! judgement_columns {
    () => {
        ", c.judgement, e.held, e.keep_until, e.pack_list, g.digest, e.received_at, c.round, e.directory, b.applied"
    };
}

const BY_TAG: &str = concat!(
    "SELECT ",
    content_columns!(),
    judgement_columns!(),
    " FROM identities i JOIN envelopes e USING (message) JOIN streams s USING (stream) JOIN contents c USING (message)
      JOIN generations g USING (generation) LEFT JOIN bases b ON b.basis = e.basis WHERE i.tag = ?"
);

/// A message with the verdict that stands on it.
pub(super) struct Record {
    /// Its place in the order of arrival.
    pub(super) arrival: i64,
    pub(super) received_at: Timestamp,
    pub(super) message: Message,
    pub(super) verdict: StoredVerdict,
    pub(super) decided: Decided,
    pub(super) opened: OpenRecord,
}

/// A retention decision in its form. `whose` names the message in an error.
pub(super) fn stored_decision(decided: &Decided, whose: &MessageId) -> Result<Option<StoredDecision>, sqlx::Error> {
    let json = match decided {
        Decided::Nothing => return Ok(None),
        Decided::Decision(decision) => decision::write(decision),
        Decided::Text(json) => json.clone(),
    };
    let decision = decision::read(&json).map_err(|error| {
        damage(format!(
            "the retention decision on message {whose} cannot be read: {error}"
        ))
    })?;
    Ok(Some(StoredDecision { json, decision }))
}

/// The record of [`content_columns`] from column `at` on, and what its source delivered.
pub(super) fn open_content(
    row: &SqliteRow,
    at: usize,
    sealing: &Sealing,
) -> Result<(OpenRecord, Message), sqlx::Error> {
    open(row, at, sealing).map(|opened| (opened.record, opened.message))
}

/// A record that was opened, with its content.
struct OpenContent {
    record: OpenRecord,
    message: Message,
    /// Of the whole message, where this is what may be kept of it.
    digest: Option<Digest>,
}

fn open(row: &SqliteRow, at: usize, sealing: &Sealing) -> Result<OpenContent, sqlx::Error> {
    let number: i64 = row.try_get(at)?;
    let (tenant, channel): (&str, &str) = (row.try_get(at + 1)?, row.try_get(at + 2)?);
    let whose = |error: &dyn std::fmt::Display| damage(format!("message {number} of {tenant}/{channel}: {error}"));
    let opened = sealing
        .open(tenant, number, read_wrapped(row, at + 3)?)
        .map_err(|error| whose(&error))?;
    let bytes = opened
        .open(Part::Content, row.try_get(at + 5)?)
        .map_err(|error| whose(&error))?;
    let (message, digest) = content::read(&bytes, tenant, channel).map_err(|error| whose(&error))?;
    Ok(OpenContent {
        record: opened,
        message,
        digest,
    })
}

/// The identifier of a message and the digest that it was delivered with, from [`content_columns`] from column `at` on.
pub(super) fn read_delivered(
    row: &SqliteRow,
    at: usize,
    sealing: &Sealing,
) -> Result<(MessageId, Digest), sqlx::Error> {
    let delivered = open(row, at, sealing)?;
    let digest = delivered.digest.unwrap_or_else(|| delivered.message.content_digest());
    Ok((MessageId::clone(&delivered.message.id), digest))
}

/// The message of [`content_columns`] from column `at` on.
pub(super) fn read_content(row: &SqliteRow, at: usize, sealing: &Sealing) -> Result<Message, sqlx::Error> {
    open_content(row, at, sealing).map(|(_, message)| message)
}

/// A row of a judgement that is opened, before the numbers in it are looked up.
pub(super) struct Opened {
    bytes: Vec<u8>,
    policies: Vec<u32>,
    proposals: Vec<u32>,
}

impl Opened {
    /// Opens a judgement. `whose` names the message in an error.
    pub(super) fn new(record: &OpenRecord, round: u32, sealed: &[u8], whose: &MessageId) -> Result<Self, sqlx::Error> {
        let bytes = record
            .open(Part::Judgement(round), sealed)
            .map_err(|error| damage(format!("the verdict on message {whose}: {error}")))?;
        let (policies, proposals) = judgement::used(&bytes).map_err(|error| unreadable(whose, &error))?;
        Ok(Self {
            bytes,
            policies,
            proposals,
        })
    }

    /// All that its numbers stand for.
    pub(super) async fn know(
        &self,
        connection: &mut SqliteConnection,
        meanings: &Meanings,
        pack_list: i64,
    ) -> Result<Arc<Known>, sqlx::Error> {
        meanings
            .know(connection, &self.policies, &self.proposals, pack_list)
            .await
    }

    pub(super) fn read(&self, beside: Beside<'_>, known: &Known) -> Result<Judgement, sqlx::Error> {
        let whose = &*beside.message.id;
        judgement::read(&self.bytes, beside, known).map_err(|error| unreadable(whose, &error))
    }
}

fn unreadable(whose: &MessageId, error: &dyn std::fmt::Display) -> sqlx::Error {
    damage(format!("the verdict on message {whose} cannot be read: {error}"))
}

impl Sqlite {
    /// A message with its verdict; `None` if there is no such message.
    pub(super) async fn record(
        &self,
        connection: &mut SqliteConnection,
        id: &MessageId,
    ) -> Result<Option<Record>, sqlx::Error> {
        let row = sqlx::query(BY_TAG)
            .bind(self.sealing.tag(id).to_vec())
            .fetch_optional(&mut *connection)
            .await?;
        match row {
            Some(row) => Ok(Some(self.read_record(connection, &row, id).await?)),
            None => Ok(None),
        }
    }

    async fn read_record(
        &self,
        connection: &mut SqliteConnection,
        row: &SqliteRow,
        id: &MessageId,
    ) -> Result<Record, sqlx::Error> {
        let (opened, message) = open_content(row, 0, &self.sealing)?;
        if *message.id != *id {
            return Err(damage(format!("what is kept under message {id} is another message")));
        }
        let arrival: i64 = row.try_get(0)?;
        let sealed: &[u8] = row.try_get(CONTENT_COLUMNS)?;
        let judged = Opened::new(&opened, row.try_get(CONTENT_COLUMNS + 6)?, sealed, id)?;
        let pack_list: i64 = row.try_get(CONTENT_COLUMNS + 3)?;
        let known = self.known_to(connection, &judged, pack_list).await?;
        let generation = read_digest_text(row, CONTENT_COLUMNS + 4)?;
        let beside = Beside {
            message: &message,
            generation,
            packs: known.packs(pack_list).ok_or_else(|| no_packs(pack_list))?,
        };
        let judgement = judged.read(beside, &known)?;
        let (held, keep_until): (bool, Option<i32>) =
            (row.try_get(CONTENT_COLUMNS + 1)?, row.try_get(CONTENT_COLUMNS + 2)?);
        let until = judgement.decision.decision().and_then(|decision| decision.until);
        let is_text = matches!(judgement.decision, Decided::Text(_));
        if judgement.verdict.held != held || !is_text && until.map(Day::number) != keep_until {
            return Err(damage(format!(
                "the envelope of message {id} says something else than the verdict"
            )));
        }
        Ok(Record {
            arrival,
            received_at: read_time(row, CONTENT_COLUMNS + 5)?,
            message,
            verdict: stored_verdict(
                &judgement,
                row.try_get(CONTENT_COLUMNS + 7)?,
                read_basis(row, CONTENT_COLUMNS + 8)?,
            ),
            decided: judgement.decision,
            opened,
        })
    }

    /// All that the numbers of a judgement stand for.
    pub(super) async fn known_to(
        &self,
        connection: &mut SqliteConnection,
        opened: &Opened,
        pack_list: i64,
    ) -> Result<Arc<Known>, sqlx::Error> {
        opened.know(connection, &self.meanings, pack_list).await
    }

    pub(crate) async fn verdict(&self, id: &MessageId) -> Result<Option<StoredVerdict>, StorageError> {
        self.reading(|mut reader| async move {
            let record = self.record(&mut reader, id).await?;
            Ok(record.map(|record| record.verdict))
        })
        .await
    }
}

pub(super) fn no_packs(pack_list: i64) -> sqlx::Error {
    damaged(CONTENT_COLUMNS + 3, format!("there is no list {pack_list} of packs"))
}

/// A basis that applied, where one is recorded.
fn read_basis(row: &SqliteRow, at: usize) -> Result<Option<Applied>, sqlx::Error> {
    let json: Option<&str> = row.try_get(at)?;
    json.map(|json| basis::read(json).map_err(|error| damaged(at, error)))
        .transpose()
}

pub(super) fn stored_verdict(judgement: &Judgement, directory: Option<i64>, basis: Option<Applied>) -> StoredVerdict {
    StoredVerdict {
        json: judgement.verdict.to_canonical_json(),
        verdict: judgement.verdict.clone(),
        generation: judgement.verdict.generation,
        fuel: judgement.fuel,
        directory,
        basis,
    }
}
