//! A batch of messages: its statements, in the order that references between tables demand.

use super::Sqlite;
use super::bulk::{Insert, Lookup, Values};
use super::failure::Failure;
use super::names::Names;
use super::rows::bind_message;
use super::said::{Numbered, number, said, write_folds, write_retention, write_verdicts};
use crate::batch::{Conflict, IngestBatch, IngestReport};
use crate::change::{Change, CommitError};
use crate::known::Known;
use crate::storage::{StorageError, breaks_unique};
use proviso_model::MessageId;
use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;
use std::collections::HashMap;

const MESSAGES: Insert = Insert {
    head: "INSERT INTO messages (message, stream, native, digest, received_at, sent_at, kind, native_kind, direction, sender, \
           sender_class, sender_department, conversation, recalls, amount, currency, recipients, attachments, links, notes, \
           text, raw)",
    columns: 22,
    tail: "",
};
const CONSENTS: Insert = Insert {
    head: "INSERT INTO consent_events (message, stream, party, state, at)",
    columns: 5,
    tail: "",
};
const CONFLICTS: Insert = Insert {
    head: "INSERT INTO conflicts (message, kept_digest, refused_digest, refused_raw, source, file, line, at)",
    columns: 8,
    tail: "ON CONFLICT (message, refused_digest) DO NOTHING",
};
const SOURCE_ERRORS: Insert = Insert {
    head: "INSERT INTO source_errors (source, file, line, reason, at)",
    columns: 5,
    tail: "",
};
const DUPLICATES: Insert = Insert {
    head: "INSERT INTO source_duplicates (source, duplicates)",
    columns: 2,
    tail: "ON CONFLICT (source) DO UPDATE SET duplicates = duplicates + excluded.duplicates",
};
const OFFSETS: Insert = Insert {
    head: "INSERT INTO source_offsets (source, file, offset, line, updated_at)",
    columns: 5,
    tail: "ON CONFLICT (source, file) DO UPDATE SET offset = excluded.offset, line = excluded.line, \
           updated_at = excluded.updated_at",
};
const KEPT: Lookup = Lookup {
    columns: &["stream", "native"],
    select: "SELECT w.stream, w.native, m.message, m.digest FROM wanted w CROSS JOIN messages m
             ON m.stream = w.stream AND m.native = w.native",
};

const HELD: Insert = Insert {
    head: "INSERT INTO held_messages (message)",
    columns: 1,
    tail: "",
};

impl Sqlite {
    /// The message that a batch brings a second time, where that is why it could not be written.
    pub(super) async fn not_new(
        &self,
        error: &sqlx::Error,
        change: Change<'_>,
    ) -> Result<Option<MessageId>, StorageError> {
        let Change::Messages(batch) = change else {
            return Ok(None);
        };
        if !breaks_unique(error, "messages.stream, messages.native") {
            return Ok(None);
        }
        let wanted: Vec<_> = batch
            .entries
            .iter()
            .map(|entry| (&*entry.message.id, entry.message.digest()))
            .collect();
        let known = self.known(&wanted).await?;
        let mut pairs = known.iter().zip(&batch.entries);
        let found = pairs.find(|(known, _)| !matches!(known, Known::New));
        Ok(found.map(|(_, entry)| MessageId::clone(&entry.message.id)))
    }
}

pub(super) async fn batch(
    connection: &mut SqliteConnection,
    names: &mut Names,
    batch: &IngestBatch,
) -> Result<IngestReport, Failure> {
    let entries = number(connection, names, &batch.entries).await?;
    let findings = said(connection, names, &entries, |entry| &entry.verdict.findings).await?;
    let faults = said(connection, names, &entries, |entry| &entry.verdict.faults).await?;
    let scores = said(connection, names, &entries, |entry| &entry.verdict.scores).await?;
    let advances = said(connection, names, &entries, |entry| &entry.advances).await?;
    let held: Vec<_> = entries.iter().filter(|numbered| numbered.entry.verdict.held).collect();

    write_messages(connection, batch, &entries).await?;
    write_verdicts(connection, &entries, &findings, &faults).await?;
    HELD.run(connection, &held, |values, numbered| {
        values.int(numbered.message);
    })
    .await?;
    write_retention(connection, &entries).await?;
    write_folds(connection, &advances, &scores).await?;
    write_conflicts(connection, names, batch).await?;
    write_sources(connection, batch).await?;

    Ok(IngestReport {
        messages: entries.len() as u64,
        findings: findings.len() as u64,
        held: held.len() as u64,
        duplicates: batch.duplicates.iter().map(|duplicates| duplicates.count).sum(),
        conflicts: batch.conflicts.len() as u64,
        source_errors: batch.source_errors.len() as u64,
    })
}

async fn write_messages(
    connection: &mut SqliteConnection,
    batch: &IngestBatch,
    entries: &[Numbered<'_>],
) -> Result<(), sqlx::Error> {
    let received_at = batch.received_at.as_millis();
    MESSAGES
        .run(connection, entries, |values, numbered| {
            values.int(numbered.message).int(numbered.stream);
            bind_message(values, &numbered.entry.message, received_at);
        })
        .await?;
    let consents: Vec<_> = entries
        .iter()
        .filter_map(|numbered| Some((numbered, numbered.entry.message.consent.as_ref()?)))
        .collect();
    CONSENTS
        .run(connection, &consents, |values, (numbered, consent)| {
            values.int(numbered.message).int(numbered.stream).text(&consent.party);
            values.text(consent.state.name()).int(consent.at.as_millis());
        })
        .await
}

async fn write_conflicts(
    connection: &mut SqliteConnection,
    names: &mut Names,
    batch: &IngestBatch,
) -> Result<(), Failure> {
    if batch.conflicts.is_empty() {
        return Ok(());
    }
    let mut keys = Vec::with_capacity(batch.conflicts.len());
    for conflict in &batch.conflicts {
        keys.push((
            names
                .stream(connection, &conflict.id.tenant, &conflict.id.channel)
                .await?,
            &conflict.id.native,
        ));
    }
    let mut kept: HashMap<(i64, String), (i64, Vec<u8>)> = HashMap::new();
    let bind = |values: &mut Values, (stream, native): &(i64, &String)| {
        values.int(*stream).text(native);
    };
    for row in KEPT.run(connection, &keys, bind).await? {
        kept.insert((row.try_get(0)?, row.try_get(1)?), (row.try_get(2)?, row.try_get(3)?));
    }
    let mut rows: Vec<(&Conflict, &(i64, Vec<u8>))> = Vec::with_capacity(keys.len());
    for ((stream, native), conflict) in keys.into_iter().zip(&batch.conflicts) {
        let kept = kept.get(&(stream, native.clone())).ok_or_else(|| {
            Failure::Refused(CommitError::ConflictWithNothing {
                id: conflict.id.clone(),
            })
        })?;
        rows.push((conflict, kept));
    }
    CONFLICTS
        .run(connection, &rows, |values, (conflict, (message, kept))| {
            values
                .int(*message)
                .blob(kept)
                .blob(conflict.refused.as_bytes())
                .shared_text(&conflict.refused_raw);
            values
                .text(&conflict.place.source)
                .text(&conflict.place.file)
                .count(conflict.place.line);
            values.int(batch.received_at.as_millis());
        })
        .await?;
    Ok(())
}

async fn write_sources(connection: &mut SqliteConnection, batch: &IngestBatch) -> Result<(), sqlx::Error> {
    let at = batch.received_at.as_millis();
    SOURCE_ERRORS
        .run(connection, &batch.source_errors, |values, error| {
            values
                .text(&error.place.source)
                .text(&error.place.file)
                .count(error.place.line);
            values.text(&error.reason).int(at);
        })
        .await?;
    DUPLICATES
        .run(connection, &batch.duplicates, |values, duplicates| {
            values.text(&duplicates.source).count(duplicates.count);
        })
        .await?;
    OFFSETS
        .run(connection, &batch.offsets, |values, offset| {
            values
                .text(&offset.source)
                .text(&offset.file)
                .count(offset.offset)
                .count(offset.line)
                .int(at);
        })
        .await
}
