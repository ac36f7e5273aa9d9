//! The statements of one batch, in the order that references between tables demand.

use crate::bulk::{Insert, Lookup, Values};
use crate::ingest::{Conflict, Entry, FoldStep, IngestBatch, IngestReport, Retention};
use crate::names::Names;
use crate::rows::{bind_message, kebab};
use proviso_model::verdict::{Fault, Finding, Score};
use proviso_model::{Digest, MessageId};
use sqlx::Row as _;
use sqlx::sqlite::SqliteConnection;
use std::collections::HashMap;

pub(crate) enum Failure {
    UnknownGeneration(Digest),
    ConflictWithNothing(MessageId),
    Sql(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Failure::Sql(error)
    }
}

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
const VERDICTS: Insert = Insert {
    head: "INSERT INTO verdicts (message, generation, pack_list, fuel, held, withheld, input, verdict)",
    columns: 8,
    tail: "",
};
const FINDINGS: Insert = Insert {
    head: "INSERT INTO findings (message, policy, rule, severity, shadow, spans, text, reason_zh, reason_en)",
    columns: 9,
    tail: "",
};
const FAULTS: Insert = Insert {
    head: "INSERT INTO faults (message, policy, cause, detail)",
    columns: 4,
    tail: "",
};
const HELD: Insert = Insert {
    head: "INSERT INTO held_messages (message)",
    columns: 1,
    tail: "",
};
const RETENTION: Insert = Insert {
    head: "INSERT INTO retention (message, statute_list, keep_until, decision)",
    columns: 4,
    tail: "",
};
const FOLD_STEPS: Insert = Insert {
    head: "INSERT INTO fold_steps (message, policy, key, state_before)",
    columns: 4,
    tail: "",
};
// `ON CONFLICT` behind `INSERT … VALUES` needs no `WHERE true`; behind `SELECT` it would.
const FOLD_STATES: Insert = Insert {
    head: "INSERT INTO fold_states (tenant, policy, key, message, state)",
    columns: 5,
    tail: "ON CONFLICT (tenant, policy, key) DO UPDATE SET message = excluded.message, state = excluded.state",
};
const SCORES: Insert = Insert {
    head: "INSERT INTO scores (tenant, policy, key, message, value, factors)",
    columns: 6,
    tail: "ON CONFLICT (tenant, policy, key) DO UPDATE SET message = excluded.message, value = excluded.value, \
           factors = excluded.factors",
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

/// An entry with the numbers that stand for it and for the names it uses.
struct Numbered<'a> {
    message: i64,
    stream: i64,
    generation: i64,
    pack_list: i64,
    /// Where something was decided.
    retention: Option<(i64, &'a Retention)>,
    entry: &'a Entry,
}

/// Something of a message that a policy said or did.
struct Said<'a, T> {
    message: i64,
    tenant: &'a str,
    policy: i64,
    what: &'a T,
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
    let steps = said(connection, names, &entries, |entry| &entry.steps).await?;
    let held: Vec<_> = entries.iter().filter(|numbered| numbered.entry.verdict.held).collect();

    write_messages(connection, batch, &entries).await?;
    write_verdicts(connection, &entries, &findings, &faults).await?;
    HELD.run(connection, &held, |values, numbered| {
        values.int(numbered.message);
    })
    .await?;
    write_retention(connection, &entries).await?;
    write_folds(connection, &steps, &scores).await?;
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

/// What is said of messages that are there already: the rows of `numbers`, in the order of `entries`, without verdict. Only the
/// states that folds began from are kept, and those only where the message has none yet: no state and no score moves.
pub(crate) async fn again(
    connection: &mut SqliteConnection,
    names: &mut Names,
    numbers: &[i64],
    entries: &[Entry],
) -> Result<(), Failure> {
    let mut numbered = number(connection, names, entries).await?;
    for (numbered, number) in numbered.iter_mut().zip(numbers) {
        numbered.message = *number;
    }
    let findings = said(connection, names, &numbered, |entry| &entry.verdict.findings).await?;
    let faults = said(connection, names, &numbered, |entry| &entry.verdict.faults).await?;
    let steps = said(connection, names, &numbered, |entry| &entry.steps).await?;
    write_verdicts(connection, &numbered, &findings, &faults).await?;
    write_retention(connection, &numbered).await?;
    for said in steps {
        sqlx::query(
            "INSERT INTO fold_steps (message, policy, key, state_before) SELECT ?1, ?2, ?3, ?4
             WHERE NOT EXISTS (SELECT 1 FROM fold_steps WHERE message = ?1 AND policy = ?2 AND key = ?3)",
        )
        .bind(said.message)
        .bind(said.policy)
        .bind(said.what.key.clone())
        .bind(said.what.before.clone())
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn number<'a>(
    connection: &mut SqliteConnection,
    names: &mut Names,
    entries: &'a [Entry],
) -> Result<Vec<Numbered<'a>>, Failure> {
    // One writer: nobody takes a number in between. The sequence never gives a number again, even of a message disposed of.
    let last: Option<i64> = sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = 'messages'")
        .fetch_optional(&mut *connection)
        .await?;
    let mut numbered = Vec::with_capacity(entries.len());
    for (message, entry) in (last.unwrap_or(0) + 1..).zip(entries) {
        let generation = &entry.verdict.generation;
        numbered.push(Numbered {
            message,
            stream: names
                .stream(connection, &entry.message.id.tenant, &entry.message.id.channel)
                .await?,
            generation: names
                .generation(connection, generation)
                .await?
                .ok_or(Failure::UnknownGeneration(*generation))?,
            pack_list: names.pack_list(connection, &entry.verdict.packs).await?,
            retention: match &entry.retention {
                Some(retention) => Some((names.statute_list(connection, &retention.statutes).await?, retention)),
                None => None,
            },
            entry,
        });
    }
    Ok(numbered)
}

/// Words of policies, each under the policy's name.
trait OfPolicy {
    fn pack_and_policy(&self) -> (&str, &str);
}

impl OfPolicy for Finding {
    fn pack_and_policy(&self) -> (&str, &str) {
        (&self.pack, &self.policy)
    }
}

impl OfPolicy for Fault {
    fn pack_and_policy(&self) -> (&str, &str) {
        (&self.pack, &self.policy)
    }
}

impl OfPolicy for Score {
    fn pack_and_policy(&self) -> (&str, &str) {
        (&self.pack, &self.policy)
    }
}

impl OfPolicy for FoldStep {
    fn pack_and_policy(&self) -> (&str, &str) {
        (&self.policy.pack, &self.policy.policy)
    }
}

async fn said<'a, T: OfPolicy + 'a>(
    connection: &mut SqliteConnection,
    names: &mut Names,
    entries: &[Numbered<'a>],
    of: impl Fn(&'a Entry) -> &'a Vec<T>,
) -> Result<Vec<Said<'a, T>>, sqlx::Error> {
    let mut all = Vec::new();
    for numbered in entries {
        for what in of(numbered.entry) {
            let (pack, policy) = what.pack_and_policy();
            let policy = names.policy(connection, pack, policy).await?;
            all.push(Said {
                message: numbered.message,
                tenant: &numbered.entry.message.id.tenant,
                policy,
                what,
            });
        }
    }
    Ok(all)
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

async fn write_verdicts(
    connection: &mut SqliteConnection,
    entries: &[Numbered<'_>],
    findings: &[Said<'_, Finding>],
    faults: &[Said<'_, Fault>],
) -> Result<(), sqlx::Error> {
    VERDICTS
        .run(connection, entries, |values, numbered| {
            let verdict = &numbered.entry.verdict;
            values
                .int(numbered.message)
                .int(numbered.generation)
                .int(numbered.pack_list);
            values.count(numbered.entry.fuel).int(verdict.held.into());
            values.maybe_text(verdict.withheld.map(kebab).as_deref());
            values
                .blob(verdict.input.as_bytes())
                .owned_text(verdict.to_canonical_json());
        })
        .await?;
    FINDINGS
        .run(connection, findings, |values, said| {
            let finding = said.what;
            values
                .int(said.message)
                .int(said.policy)
                .text(&finding.rule)
                .text(finding.severity.name());
            values
                .int(finding.shadow.into())
                .owned_text(json(&finding.spans))
                .text(&finding.text);
            values
                .maybe_text(finding.reason.zh.as_deref())
                .maybe_text(finding.reason.en.as_deref());
        })
        .await?;
    FAULTS
        .run(connection, faults, |values, said| {
            values
                .int(said.message)
                .int(said.policy)
                .text(said.what.cause.name())
                .text(&said.what.detail);
        })
        .await
}

async fn write_retention(connection: &mut SqliteConnection, entries: &[Numbered<'_>]) -> Result<(), sqlx::Error> {
    let decided: Vec<_> = entries
        .iter()
        .filter_map(|numbered| Some((numbered.message, numbered.retention?)))
        .collect();
    RETENTION
        .run(connection, &decided, |values, (message, (statute_list, retention))| {
            values.int(*message).int(*statute_list);
            values
                .maybe_text(retention.keep_until.as_deref())
                .text(&retention.decision_json);
        })
        .await
}

async fn write_folds(
    connection: &mut SqliteConnection,
    steps: &[Said<'_, FoldStep>],
    scores: &[Said<'_, Score>],
) -> Result<(), sqlx::Error> {
    FOLD_STEPS
        .run(connection, steps, |values, said| {
            values
                .int(said.message)
                .int(said.policy)
                .text(&said.what.key)
                .blob(&said.what.before);
        })
        .await?;
    FOLD_STATES
        .run(
            connection,
            &last_of_each_key(steps, |step| &step.key),
            |values, said| {
                values
                    .text(said.tenant)
                    .int(said.policy)
                    .text(&said.what.key)
                    .int(said.message)
                    .blob(&said.what.after);
            },
        )
        .await?;
    SCORES
        .run(
            connection,
            &last_of_each_key(scores, |score| &score.key),
            |values, said| {
                values
                    .text(said.tenant)
                    .int(said.policy)
                    .text(&said.what.key)
                    .int(said.message);
                values.real(said.what.value).owned_text(json(&said.what.factors));
            },
        )
        .await
}

/// A batch may advance a key many times; only where it ends is the key's state.
fn last_of_each_key<'a, 's, T>(all: &'s [Said<'a, T>], key: impl Fn(&'a T) -> &'a str) -> Vec<&'s Said<'a, T>> {
    let mut last: HashMap<(&str, i64, &str), usize> = HashMap::new();
    for (at, said) in all.iter().enumerate() {
        last.insert((said.tenant, said.policy, key(said.what)), at);
    }
    let mut places: Vec<usize> = last.into_values().collect();
    places.sort_unstable();
    places.into_iter().map(|at| &all[at]).collect()
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
        let kept = kept
            .get(&(stream, native.clone()))
            .ok_or_else(|| Failure::ConflictWithNothing(conflict.id.clone()))?;
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

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("lists of spans and factors have no map keys")
}
