//! A batch of messages: its statements, in the order that references between tables demand.

use super::Sqlite;
use super::alerts;
use super::bulk::{Insert, Lookup, Values};
use super::consents;
use super::disposed_elsewhere;
use super::failure::Failure;
use super::log::digests::{Envelope, Judged, Lists, Standing};
use super::log::entries::Entries;
use super::log::judged::OfMessage;
use super::log::rows::CONFLICTS as CONFLICT_ROWS;
use super::names::pack_list_text;
use super::rows::kebab;
use super::said::{Numbered, cited_rules, number, said, write_findings, write_folds};
use super::sealing::{Part, Sealing, read_wrapped};
use super::vocabulary::Vocabulary;
use crate::batch::{IngestBatch, IngestReport};
use crate::change::{Change, CommitError};
use crate::endings::Clocks;
use crate::known::Known;
use crate::storage::{StorageError, breaks_unique};
use crate::stored::lists::write_cited_rules;
use crate::stored::{basis, codes, content};
use proviso_model::basis::Permit;
use proviso_model::{Digest, Message, MessageId, Principal};
use proviso_seal::{TAG_BYTES, WrappedKey};
use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;
use std::collections::HashMap;

const ENVELOPES: Insert = Insert {
    head: "INSERT INTO envelopes (message, stream, received_at, sent_at, kind, direction, sender, conversation, \
           generation, pack_list, held, withheld, statute_list, why, keep_until, directory, basis, \
           clocks)",
    columns: 18,
    tail: "",
};
const CONTENTS: Insert = Insert {
    head: "INSERT INTO contents (message, key_version, key, content, round, judgement)",
    columns: 6,
    tail: "",
};
const IDENTITIES: Insert = Insert {
    head: "INSERT INTO identities (tag, message)",
    columns: 2,
    tail: "",
};
const RECALLS: Insert = Insert {
    head: "INSERT INTO recalls (recalled, message)",
    columns: 2,
    tail: "",
};
const CONFLICTS: Insert = Insert {
    head: "INSERT INTO conflicts (conflict, message, refused_digest, refused_raw, source, file, line, at)",
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
    columns: &["tag"],
    select:
        "SELECT w.tag, i.message, c.key_version, c.key, b.permits FROM wanted w CROSS JOIN identities i ON i.tag = w.tag
             CROSS JOIN contents c ON c.message = i.message CROSS JOIN envelopes e ON e.message = i.message
             LEFT JOIN bases b ON b.basis = e.basis",
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
        if !breaks_unique(error, "identities.tag") {
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
    known: &mut Vocabulary,
    sealing: &Sealing,
    batch: &IngestBatch,
    by: &Principal,
    log: &mut Entries,
) -> Result<IngestReport, Failure> {
    let names = &mut known.names;
    let entries = number(connection, names, &batch.entries).await?;
    let findings = said(connection, names, &entries, |entry| &entry.verdict.findings).await?;
    let faults = said(connection, names, &entries, |entry| &entry.verdict.faults).await?;
    let scores = said(connection, names, &entries, |entry| &entry.verdict.scores).await?;
    let advances = said(connection, names, &entries, |entry| &entry.advances).await?;
    let held: Vec<_> = entries.iter().filter(|numbered| numbered.entry.verdict.held).collect();

    write_messages(connection, known, sealing, batch, &entries, by, log).await?;
    write_findings(connection, &findings, &faults).await?;
    HELD.run(connection, &held, |values, numbered| {
        values.int(numbered.message);
    })
    .await?;
    alerts::judged(connection, &batch.alerts, &entries, &findings, batch.received_at).await?;
    alerts::intake(connection, &entries, batch.received_at).await?;
    write_folds(connection, &mut known.chains, &advances, &scores).await?;
    write_conflicts(connection, sealing, batch, log).await?;
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
    known: &mut Vocabulary,
    sealing: &Sealing,
    batch: &IngestBatch,
    entries: &[Numbered<'_>],
    by: &Principal,
    log: &mut Entries,
) -> Result<(), Failure> {
    let received_at = batch.received_at.as_millis();
    let names = |of: fn(&Message) -> &str| -> Vec<(i64, &str)> {
        entries
            .iter()
            .map(|numbered| (numbered.stream, of(&numbered.entry.message)))
            .collect()
    };
    let senders = known
        .parties
        .numbers(connection, &names(|message| &message.sender.id))
        .await?;
    let conversations = known
        .conversations
        .numbers(connection, &names(|message| &message.conversation))
        .await?;
    let rows: Vec<_> = entries.iter().zip(senders).zip(conversations).collect();
    ENVELOPES
        .run(connection, &rows, |values, ((numbered, sender), conversation)| {
            let message = &numbered.entry.message;
            values
                .int(numbered.message)
                .int(numbered.stream)
                .int(received_at)
                .int(message.sent_at.as_millis());
            values
                .int(numbered.kind)
                .int(codes::of_direction(message.direction).into())
                .int(*sender)
                .int(*conversation);
            numbered.bind_judged(values);
        })
        .await?;
    let mut sealed = Vec::with_capacity(entries.len());
    let wanted = entries
        .iter()
        .map(|numbered| (&*numbered.entry.message.id.tenant, numbered.message));
    for (place, (numbered, mut record)) in entries.iter().zip(sealing.records(wanted)?).enumerate() {
        let packed = batch.packed.of(place, numbered.entry);
        let content = match packed {
            Some(packed) => record.seal_packed(Part::Content, &packed.content)?,
            None => record.seal(Part::Content, &content::write(&numbered.entry.message))?,
        };
        let judgement = match packed.and_then(|packed| packed.judgement.as_ref()) {
            Some(packed) => record.seal_packed(Part::Judgement(0), packed)?,
            None => record.seal(Part::Judgement(0), &numbered.judgement(&known.names))?,
        };
        sealed.push((numbered.message, record, content, judgement));
    }
    let tags: Vec<_> = entries
        .iter()
        .map(|numbered| sealing.tag(&numbered.entry.message.id))
        .collect();
    let gone = disposed_elsewhere::of_tags(connection, &tags).await?;
    if let Some((numbered, _)) = entries.iter().zip(&tags).find(|(_, tag)| gone.contains(*tag)) {
        return Err(Failure::Refused(CommitError::NotNew {
            id: MessageId::clone(&numbered.entry.message.id),
        }));
    }
    let mut lists = (Lists::default(), Lists::default());
    let commitments = entries.iter().zip(&sealed).zip(&tags);
    let commitments = commitments.map(|((numbered, (message, record, content, judgement)), tag)| {
        let of = OfMessage {
            number: *message,
            envelope: envelope_of(numbered, received_at).digest(),
            content: Digest::of(content),
            verdict: Digest::of(judgement),
            standing: standing_of(numbered, &mut lists),
        };
        of.commitment(tag, &record.salt())
    });
    log.judged(
        entries.first().map_or(0, |numbered| numbered.message),
        commitments.collect(),
    );
    CONTENTS
        .run(connection, &sealed, |values, (message, record, content, judgement)| {
            values
                .int(*message)
                .int(record.wrapped().version.get().into())
                .blob(&record.wrapped().bytes);
            values.blob(content).int(0).blob(judgement);
        })
        .await?;
    let identities: Vec<_> = tags.iter().zip(entries).collect();
    IDENTITIES
        .run(connection, &identities, |values, (tag, numbered)| {
            values.blob(*tag).int(numbered.message);
        })
        .await?;
    let recalls: Vec<_> = entries
        .iter()
        .filter_map(|numbered| Some((numbered, numbered.entry.message.recalls.as_ref()?)))
        .collect();
    RECALLS
        .run(connection, &recalls, |values, (numbered, recalled)| {
            let id = MessageId {
                native: (*recalled).clone(),
                ..MessageId::clone(&numbered.entry.message.id)
            };
            values.blob(&sealing.tag(&id)).int(numbered.message);
        })
        .await?;
    let carried: Vec<(i64, &Message)> = entries
        .iter()
        .map(|numbered| (numbered.message, &**numbered.entry.message))
        .collect();
    consents::carried(connection, &carried, batch.received_at, by, log).await?;
    Ok(())
}

fn envelope_of<'a>(numbered: &Numbered<'a>, received_at: i64) -> Envelope<'a> {
    let message = &numbered.entry.message;
    Envelope {
        tenant: &message.id.tenant,
        channel: &message.id.channel,
        received_at,
        sent_at: message.sent_at.as_millis(),
        kind: message.kind.name(),
        direction: codes::of_direction(message.direction).into(),
        sender: &message.sender.id,
        conversation: &message.conversation,
    }
}

fn standing_of(numbered: &Numbered<'_>, (packs, statutes): &mut (Lists, Lists)) -> Digest {
    let (verdict, decision) = (&numbered.entry.verdict, numbered.entry.retention.as_deref());
    let mut standing = Standing::new(&Judged {
        generation: &verdict.generation.to_string(),
        packs: packs.digest(numbered.pack_list, || pack_list_text(&verdict.packs)),
        held: verdict.held.into(),
        withheld: verdict.withheld.map(kebab).as_deref(),
        statutes: numbered
            .statute_list
            .zip(decision)
            .map(|(number, decision)| statutes.digest(number, || write_cited_rules(&cited_rules(decision)))),
        why: decision.map(|decision| codes::of_why(decision.why).into()),
        round: 0,
        facts: (
            numbered.entry.directory,
            numbered
                .entry
                .basis
                .as_deref()
                .map(|applied| Digest::of(basis::write(applied).as_bytes())),
            Clocks::of_verdict(verdict).bits(),
        ),
        keep_until: decision
            .and_then(|decision| decision.until)
            .map(|until| until.number().into()),
    });
    for finding in &verdict.findings {
        let policy = (&*finding.pack, &*finding.policy);
        standing.finding(policy, &finding.rule, finding.severity.name(), finding.shadow.into());
    }
    for fault in &verdict.faults {
        standing.fault((&fault.pack, &fault.policy), fault.cause.name(), &fault.detail);
    }
    standing.digest()
}

async fn write_conflicts(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    batch: &IngestBatch,
    log: &mut Entries,
) -> Result<(), Failure> {
    if batch.conflicts.is_empty() {
        return Ok(());
    }
    let tags: Vec<_> = batch
        .conflicts
        .iter()
        .map(|conflict| sealing.tag(&conflict.id))
        .collect();
    let bind = |values: &mut Values, tag: &[u8; TAG_BYTES]| {
        values.blob(tag);
    };
    let mut kept: HashMap<Vec<u8>, (i64, WrappedKey, bool)> = HashMap::new();
    for row in KEPT.run(connection, &tags, bind).await? {
        let permits: Option<&str> = row.try_get("permits")?;
        let is_whole = permits != Some(Permit::Metadata.name());
        kept.insert(row.try_get(0)?, (row.try_get(1)?, read_wrapped(&row, 2)?, is_whole));
    }
    let last: Option<i64> = sqlx::query_scalar("SELECT max(conflict) FROM conflicts")
        .fetch_one(&mut *connection)
        .await?;
    let mut rows = Vec::with_capacity(tags.len());
    for ((tag, conflict), number) in tags.iter().zip(&batch.conflicts).zip(last.unwrap_or(0) + 1..) {
        let (message, wrapped, is_whole) = kept.get(&tag[..]).ok_or_else(|| {
            Failure::Refused(CommitError::ConflictWithNothing {
                id: conflict.id.clone(),
            })
        })?;
        let mut record = sealing.open(&conflict.id.tenant, *message, *wrapped)?;
        let part = Part::Refused(number);
        // What comes under the identifier of a message whose content may not be kept is not kept either.
        let raw: &[u8] = if *is_whole {
            conflict.refused_raw.as_bytes()
        } else {
            b""
        };
        rows.push((number, *message, conflict, record.seal(part, raw)?));
    }
    CONFLICTS
        .run(connection, &rows, |values, (number, message, conflict, refused)| {
            values
                .int(*number)
                .int(*message)
                .blob(conflict.refused.as_bytes())
                .blob(refused);
            values
                .text(&conflict.place.source)
                .text(&conflict.place.file)
                .count(conflict.place.line);
            values.int(batch.received_at.as_millis());
        })
        .await?;
    // One that was recorded before is not recorded again.
    let written: Vec<(i64, i64)> =
        sqlx::query_as("SELECT conflict, message FROM conflicts WHERE conflict > ? ORDER BY conflict")
            .bind(last.unwrap_or(0))
            .fetch_all(&mut *connection)
            .await?;
    for (conflict, message) in written {
        log.tell_row(connection, &CONFLICT_ROWS, conflict, Some(message), Vec::new())
            .await?;
    }
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
