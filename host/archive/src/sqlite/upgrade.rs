//! Archives of before version 5: their messages are moved into records, once, when they are opened for writing.
//!
//! A part of the messages goes in each transaction, so that a process that is killed goes on where it was. What is moved is read
//! with its digests, and read again as it was written: a message that is damaged ends the move, and nothing of it is lost.

use super::alerts;
use super::meanings::Meanings;
use super::people::People;
use super::rows::{damage, damaged, read_count, read_digest, read_digest_text, read_id, read_name, read_time};
use super::sealing::{Part, Sealing, read_wrapped};
use super::steps::Chains;
use super::vocabulary::Vocabulary;
use crate::endings::Clocks;
use crate::keys::KeyError;
use crate::stored::content;
use crate::stored::judgement::{self, Beside, Decided};
use crate::stored::{codes, decision, verdict};
use proviso_model::consent::ConsentEvent;
use proviso_model::digest::DigestBuilder;
use proviso_model::message::{Attachment, Kind, Money, Party, PartyClass};
use proviso_model::time::{Day, NotADay};
use proviso_model::{Digest, Message, MessageId, Timestamp, Verdict};
use serde::Deserialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection, TypeInfo as _, ValueRef as _};
use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

/// Messages that are moved in one transaction.
const MOVED_TOGETHER: i64 = 1_000;

/// What stands in the old tables of one message.
const OLD: &str = "
    SELECT m.message, s.tenant, s.channel, m.native, m.sent_at, m.kind, m.native_kind, m.direction, m.sender, m.sender_class,
           m.sender_department, m.conversation, m.recalls, m.amount, m.currency, m.recipients, m.attachments, m.links, m.notes,
           m.text, m.raw, c.party, c.state, c.at, m.digest, m.received_at, m.stream,
           v.verdict, v.form, v.fuel, v.digest, g.digest, r.decision, r.keep_until, v.generation, v.pack_list, r.statute_list,
           (SELECT count(*) FROM old_earlier_verdicts e WHERE e.message = m.message)
    FROM old_messages m JOIN streams s USING (stream) JOIN old_verdicts v USING (message) JOIN generations g USING (generation)
    LEFT JOIN old_retention r USING (message) LEFT JOIN old_consent_events c USING (message)
    WHERE m.message > ? ORDER BY m.message LIMIT ?";

const OLD_EARLIER: &str = "
    SELECT e.earlier, e.message, e.verdict, e.form, e.fuel, e.digest, g.digest, e.decision, e.keep_until, e.generation,
           e.pack_list, e.rejudged_at, e.rejudged_by, e.note, s.tenant, s.channel, m.native, m.text, c.key_version, c.key,
           row_number() OVER (PARTITION BY e.message ORDER BY e.earlier) - 1
    FROM old_earlier_verdicts e JOIN generations g USING (generation) JOIN old_messages m USING (message)
    JOIN streams s USING (stream) JOIN contents c USING (message) ORDER BY e.earlier";

const OLD_CONFLICTS: &str = "
    SELECT c.conflict, c.message, c.refused_digest, c.refused_raw, c.source, c.file, c.line, c.at, s.tenant, n.key_version,
           n.key
    FROM old_conflicts c JOIN old_messages m USING (message) JOIN streams s USING (stream) JOIN contents n USING (message)
    ORDER BY c.conflict";

/// What SQL moves by itself, in the order that references demand; what it moves from goes with it.
const REST: [&str; 7] = [
    "INSERT INTO findings SELECT finding, message, policy, rule, severity, shadow FROM old_findings",
    "INSERT INTO faults SELECT fault, message, policy, cause, detail FROM old_faults",
    "INSERT INTO held_messages SELECT * FROM old_held_messages",
    "INSERT INTO consents (tenant, channel, party, state, at, holds, source, version, message, heard_at, who)
     SELECT s.tenant, s.channel, c.party, c.state, c.at, min(c.at, m.sent_at), 'message', '', c.message, m.received_at,
            'system:intake'
     FROM old_consent_events c JOIN old_messages m USING (message) JOIN streams s ON s.stream = c.stream ORDER BY c.message",
    "INSERT INTO fold_states SELECT fold, tenant, policy, key, message, state FROM old_fold_states",
    // A message that was judged again may have advanced a subject that has no state.
    "INSERT INTO fold_states (tenant, policy, key, message, state)
     SELECT s.tenant, f.policy, f.key, min(f.message), NULL FROM old_fold_steps f JOIN old_messages m USING (message)
     JOIN streams s USING (stream) WHERE true GROUP BY 1, 2, 3 ON CONFLICT DO NOTHING",
    "INSERT INTO scores SELECT score, tenant, policy, key, message, value, factors FROM old_scores",
];

/// Tables that nothing is left of.
const OLD_TABLES: [&str; 12] = [
    "old_findings",
    "old_faults",
    "old_held_messages",
    "old_consent_events",
    "old_fold_steps",
    "old_fold_states",
    "old_scores",
    "old_conflicts",
    "old_earlier_verdicts",
    "old_retention",
    "old_verdicts",
    "old_messages",
];

const OLD_STEPS: &str = "
    SELECT f.step, f.message, n.fold, f.state_before FROM old_fold_steps f JOIN old_messages m USING (message)
    JOIN streams s USING (stream) JOIN fold_states n ON n.tenant = s.tenant AND n.policy = f.policy AND n.key = f.key
    WHERE (f.message, f.step) > (?, ?) ORDER BY f.message, f.step LIMIT ?";

/// Moves what an archive of before holds; nothing where there is none.
pub(super) async fn into_records(
    path: &Path,
    connection: &mut SqliteConnection,
    known: &mut Vocabulary,
    sealing: &Sealing,
) -> Result<(), sqlx::Error> {
    let old: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE name = 'old_messages'")
        .fetch_one(&mut *connection)
        .await?;
    if old == 0 {
        return Ok(());
    }
    let all: i64 = sqlx::query_scalar("SELECT count(*) FROM old_messages")
        .fetch_one(&mut *connection)
        .await?;
    let meanings = Meanings::default();
    let mut moved = 0;
    loop {
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
        let part = part(connection, known, sealing, &meanings).await?;
        sqlx::query("COMMIT").execute(&mut *connection).await?;
        if part == 0 {
            break;
        }
        moved += part;
        tracing::info!(path = %path.display(), moved, all, "the archive is brought up to date");
    }
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    earlier(connection, known, sealing, &meanings).await?;
    conflicts(connection, sealing).await?;
    for sql in REST.into_iter().chain(alerts::OF_BEFORE) {
        sqlx::query(sql).execute(&mut *connection).await?;
    }
    fold_steps(connection, &mut known.chains).await?;
    go_on(connection, "envelopes", "old_messages").await?;
    go_on(connection, "earlier_judgements", "old_earlier_verdicts").await?;
    for table in OLD_TABLES {
        let sql = AssertSqlSafe(format!("DROP TABLE {table}"));
        sqlx::query(sql).execute(&mut *connection).await?;
    }
    sqlx::query("COMMIT").execute(&mut *connection).await?;
    if all > 0 {
        // What was dropped stands in free pages until the file is written anew.
        tracing::info!(path = %path.display(), "the archive's file is written anew, without what was moved");
        sqlx::query("VACUUM").execute(&mut *connection).await?;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(connection)
            .await?;
    }
    Ok(())
}

/// A table's numbers go on where those of the old one ended: none is given twice.
async fn go_on(connection: &mut SqliteConnection, new: &str, old: &str) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM sqlite_sequence WHERE name = ?")
        .bind(new.to_owned())
        .execute(&mut *connection)
        .await?;
    sqlx::query("INSERT INTO sqlite_sequence (name, seq) SELECT ?, seq FROM sqlite_sequence WHERE name = ?")
        .bind(new.to_owned())
        .bind(old.to_owned())
        .execute(connection)
        .await?;
    Ok(())
}

/// Moves the next messages; how many.
async fn part(
    connection: &mut SqliteConnection,
    known: &mut Vocabulary,
    sealing: &Sealing,
    meanings: &Meanings,
) -> Result<i64, sqlx::Error> {
    let last: Option<i64> = sqlx::query_scalar("SELECT max(message) FROM envelopes")
        .fetch_one(&mut *connection)
        .await?;
    let rows = sqlx::query(OLD)
        .bind(last.unwrap_or(0))
        .bind(MOVED_TOGETHER)
        .fetch_all(&mut *connection)
        .await?;
    for row in &rows {
        one(connection, known, sealing, meanings, row).await?;
    }
    Ok(rows.len() as i64)
}

async fn one(
    connection: &mut SqliteConnection,
    known: &mut Vocabulary,
    sealing: &Sealing,
    meanings: &Meanings,
    row: &SqliteRow,
) -> Result<(), sqlx::Error> {
    let number: i64 = row.try_get(0)?;
    let stream: i64 = row.try_get(26)?;
    let message = read_message(row, 1)?;
    let old = OldJudgement::read(row, 27, &message.id)?;
    let (generation, pack_list): (i64, i64) = (row.try_get(34)?, row.try_get(35)?);
    let judgement = old.write(connection, known, meanings, &message, pack_list).await?;
    let sender = first(&mut known.parties, connection, (stream, &message.sender.id)).await?;
    let conversation = first(&mut known.conversations, connection, (stream, &message.conversation)).await?;
    let kind = known.names.kind(connection, message.kind).await?;
    let decided = old.decided.decision();
    let keep_until: Option<&str> = row.try_get(33)?;
    let keep_until: Option<Day> = keep_until
        .map(str::parse)
        .transpose()
        .map_err(|error: NotADay| damaged(33, error))?;
    let tenant = &message.id.tenant;
    sqlx::query(
        "INSERT INTO envelopes (message, stream, received_at, sent_at, kind, direction, sender, conversation, generation,
         pack_list, held, withheld, statute_list, why, keep_until, clocks)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(number)
    .bind(stream)
    .bind(row.try_get::<i64, _>(25)?)
    .bind(message.sent_at.as_millis())
    .bind(kind)
    .bind(codes::of_direction(message.direction))
    .bind(sender)
    .bind(conversation)
    .bind(generation)
    .bind(pack_list)
    .bind(old.verdict.held)
    .bind(old.verdict.withheld.map(super::rows::kebab))
    .bind(row.try_get::<Option<i64>, _>(36)?)
    .bind(row.try_get::<Option<i64>, _>(36)?.map(|_| decided.map_or(0, |decision| codes::of_why(decision.why))))
    .bind(keep_until.map(Day::number))
    .bind(Clocks::of_verdict(&old.verdict).bits())
    .execute(&mut *connection)
    .await?;
    let round: u32 = row.try_get(37)?;
    let records = sealing.records([(tenant.as_str(), number)]).map_err(unsealed)?;
    let mut record = records.into_iter().next().ok_or(sqlx::Error::RowNotFound)?;
    let content = record.seal(Part::Content, &content::write_whole(&message));
    let judgement = record.seal(Part::Judgement(round), &judgement);
    sqlx::query(
        "INSERT INTO contents (message, key_version, key, content, round, judgement) VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(number)
    .bind(record.wrapped().version.get())
    .bind(record.wrapped().bytes.to_vec())
    .bind(content.map_err(unsealed)?)
    .bind(round)
    .bind(judgement.map_err(unsealed)?)
    .execute(&mut *connection)
    .await?;
    sqlx::query("INSERT INTO identities (tag, message) VALUES (?, ?)")
        .bind(sealing.tag(&message.id).to_vec())
        .bind(number)
        .execute(&mut *connection)
        .await?;
    if let Some(recalled) = &message.recalls {
        let id = MessageId {
            native: recalled.clone(),
            ..MessageId::clone(&message.id)
        };
        sqlx::query("INSERT INTO recalls (recalled, message) VALUES (?, ?)")
            .bind(sealing.tag(&id).to_vec())
            .bind(number)
            .execute(connection)
            .await?;
    }
    Ok(())
}

fn unsealed(error: KeyError) -> sqlx::Error {
    sqlx::Error::Encode(Box::new(error))
}

async fn first(people: &mut People, connection: &mut SqliteConnection, name: (i64, &str)) -> Result<i64, sqlx::Error> {
    Ok(people.numbers(connection, &[name]).await?[0])
}

async fn earlier(
    connection: &mut SqliteConnection,
    known: &mut Vocabulary,
    sealing: &Sealing,
    meanings: &Meanings,
) -> Result<(), sqlx::Error> {
    for row in sqlx::query(OLD_EARLIER).fetch_all(&mut *connection).await? {
        let (earlier, number): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        let id = read_id(&row, 14)?;
        let old = OldJudgement::read(&row, 2, &id)?;
        let (generation, pack_list): (i64, i64) = (row.try_get(9)?, row.try_get(10)?);
        let message = Message {
            text: row.try_get(17)?,
            ..blank(id)
        };
        let judgement = old.write(connection, known, meanings, &message, pack_list).await?;
        let mut record = sealing
            .open(&message.id.tenant, number, read_wrapped(&row, 18)?)
            .map_err(unsealed)?;
        let round: u32 = row.try_get(20)?;
        sqlx::query(
            "INSERT INTO earlier_judgements (earlier, message, generation, pack_list, round, judgement, rejudged_at,
             rejudged_by, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(earlier)
        .bind(number)
        .bind(generation)
        .bind(pack_list)
        .bind(round)
        .bind(record.seal(Part::Judgement(round), &judgement).map_err(unsealed)?)
        .bind(row.try_get::<i64, _>(11)?)
        .bind(row.try_get::<String, _>(12)?)
        .bind(row.try_get::<String, _>(13)?)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn conflicts(connection: &mut SqliteConnection, sealing: &Sealing) -> Result<(), sqlx::Error> {
    for row in sqlx::query(OLD_CONFLICTS).fetch_all(&mut *connection).await? {
        let number: i64 = row.try_get(1)?;
        let refused = read_digest(&row, 2)?;
        let (raw, tenant): (&str, &str) = (row.try_get(3)?, row.try_get(8)?);
        let conflict: i64 = row.try_get(0)?;
        let mut record = sealing.open(tenant, number, read_wrapped(&row, 9)?).map_err(unsealed)?;
        let refused_raw = record.seal(Part::Refused(conflict), raw.as_bytes()).map_err(unsealed)?;
        sqlx::query(
            "INSERT INTO conflicts (conflict, message, refused_digest, refused_raw, source, file, line, at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(conflict)
        .bind(number)
        .bind(refused.as_bytes().to_vec())
        .bind(refused_raw)
        .bind(row.try_get::<String, _>(4)?)
        .bind(row.try_get::<String, _>(5)?)
        .bind(row.try_get::<i64, _>(6)?)
        .bind(row.try_get::<i64, _>(7)?)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn fold_steps(connection: &mut SqliteConnection, chains: &mut Chains) -> Result<(), sqlx::Error> {
    let mut last = (0_i64, 0_i64);
    loop {
        let rows = sqlx::query(OLD_STEPS)
            .bind(last.0)
            .bind(last.1)
            .bind(MOVED_TOGETHER)
            .fetch_all(&mut *connection)
            .await?;
        let Some(end) = rows.last() else { return Ok(()) };
        last = (end.try_get(1)?, end.try_get(0)?);
        let mut states: Vec<(i64, Arc<[u8]>)> = Vec::with_capacity(rows.len());
        for row in &rows {
            states.push((row.try_get(2)?, row.try_get::<&[u8], _>(3)?.into()));
        }
        let states: Vec<_> = states.iter().map(|(fold, state)| (*fold, state)).collect();
        for ((row, (fold, _)), step) in rows.iter().zip(&states).zip(chains.next(&states)) {
            sqlx::query("INSERT INTO fold_steps (message, fold, state_before) VALUES (?, ?, ?)")
                .bind(row.try_get::<i64, _>(1)?)
                .bind(*fold)
                .bind(step)
                .execute(&mut *connection)
                .await?;
        }
    }
}

/// A verdict as JSON, with its retention decision.
struct OldJudgement {
    json: String,
    verdict: Verdict,
    fuel: u64,
    decided: Decided,
}

impl OldJudgement {
    /// Verdict, form, fuel, digest, the generation's digest, decision and its last day from column `at` on.
    fn read(row: &SqliteRow, at: usize, whose: &MessageId) -> Result<Self, sqlx::Error> {
        let (json, form, fuel): (String, i64, i64) = (row.try_get(at)?, row.try_get(at + 1)?, row.try_get(at + 2)?);
        let (decided, keep_until): (Option<String>, Option<String>) = (row.try_get(at + 5)?, row.try_get(at + 6)?);
        if row.try_get::<Option<&[u8]>, _>(at + 3)?.is_some() {
            let kept = decided.as_deref().map(|json| (json, keep_until.as_deref()));
            if digest(&json, fuel, kept) != read_digest(row, at + 3)? {
                return Err(damage(format!(
                    "the verdict on message {whose} is not what its digest says: somebody, or the disk, changed it"
                )));
            }
        }
        let unreadable =
            |error: &dyn std::fmt::Display| damage(format!("the verdict on message {whose} cannot be read: {error}"));
        let verdict = verdict::read(form, &json).map_err(|error| unreadable(&error))?;
        if *verdict.message != *whose || verdict.generation != read_digest_text(row, at + 4)? {
            return Err(damage(format!(
                "the row of the verdict on message {whose} says something else than the verdict"
            )));
        }
        let decided = match decided {
            None => Decided::Nothing,
            Some(json) => match decision::read(&json) {
                Ok(decision) => Decided::Decision(Arc::new(decision)),
                Err(_) => Decided::Text(json),
            },
        };
        Ok(Self {
            json,
            verdict,
            fuel: read_count(row, at + 2)?,
            decided,
        })
    }

    /// Its bytes, which give the same again.
    async fn write(
        &self,
        connection: &mut SqliteConnection,
        known: &mut Vocabulary,
        meanings: &Meanings,
        message: &Message,
        pack_list: i64,
    ) -> Result<Vec<u8>, sqlx::Error> {
        let Verdict {
            findings,
            faults,
            scores,
            proposals,
            ..
        } = &self.verdict;
        for proposal in proposals {
            known.names.note_proposal(connection, proposal).await?;
        }
        let policies = (findings.iter().map(|finding| (&finding.pack, &finding.policy)))
            .chain(faults.iter().map(|fault| (&fault.pack, &fault.policy)))
            .chain(scores.iter().map(|score| (&score.pack, &score.policy)));
        for (pack, policy) in policies {
            known.names.policy(connection, pack, policy).await?;
        }
        let of = (&*message.text, message.content_digest());
        let bytes = judgement::write(&self.verdict, self.fuel, &self.decided, of, &known.names);
        let (policies, proposals) = judgement::used(&bytes).map_err(|error| damage(error.to_string()))?;
        let meanings = meanings.know(connection, &policies, &proposals, pack_list).await?;
        let beside = Beside {
            message,
            generation: self.verdict.generation,
            packs: meanings.packs(pack_list).unwrap_or_default(),
        };
        let again = judgement::read(&bytes, beside, &*meanings).map_err(|error| damage(error.to_string()))?;
        if again.verdict.to_canonical_json() != self.json {
            return Err(damage(format!(
                "the verdict on message {} is in no form that is known",
                message.id
            )));
        }
        Ok(bytes)
    }
}

/// What told a stored verdict from one that was altered: over its text, what the policies used, and the retention decision.
fn digest(verdict: &str, fuel: i64, decision: Option<(&str, Option<&str>)>) -> Digest {
    let mut digest = DigestBuilder::new("proviso archived verdict 1");
    digest.part(verdict.as_bytes()).part(&fuel.to_le_bytes());
    if let Some((json, keep_until)) = decision {
        digest
            .part(json.as_bytes())
            .part(keep_until.unwrap_or_default().as_bytes());
    }
    digest.finish()
}

fn blank(id: MessageId) -> Message {
    Message {
        id: id.into(),
        kind: Kind::Other,
        native_kind: String::new(),
        direction: proviso_model::message::Direction::Unknown,
        sender: Party::default(),
        recipients: Vec::new(),
        conversation: String::new(),
        sent_at: Timestamp::from_millis(0).expect("the epoch is a time"),
        text: String::new(),
        amount: None,
        attachments: Vec::new(),
        links: Vec::new(),
        recalls: None,
        consent: None,
        notes: Vec::new(),
        raw: Arc::from(""),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredParty<'a> {
    id: Cow<'a, str>,
    class: PartyClass,
    #[serde(default)]
    department: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredAttachment<'a> {
    name: Cow<'a, str>,
    size_bytes: u64,
    #[serde(default)]
    reference: Cow<'a, str>,
}

/// Reads a message's columns from column `at` on. A message whose content does not have its digest is damage.
fn read_message(row: &SqliteRow, at: usize) -> Result<Message, sqlx::Error> {
    let consent = match row.try_get::<Option<String>, _>(at + 20)? {
        Some(party) => Some(ConsentEvent {
            party,
            state: read_name(row, at + 21)?,
            at: read_time(row, at + 22)?,
        }),
        None => None,
    };
    let kind: String = row.try_get(at + 4)?;
    let message = Message {
        id: read_id(row, at)?.into(),
        sent_at: read_time(row, at + 3)?,
        kind: Kind::from_name(&kind).ok_or_else(|| damaged(at + 4, format!("no kind is called {kind:?}")))?,
        native_kind: row.try_get(at + 5)?,
        direction: read_name(row, at + 6)?,
        sender: Party {
            id: row.try_get(at + 7)?,
            class: read_name(row, at + 8)?,
            department: row.try_get(at + 9)?,
        },
        conversation: row.try_get(at + 10)?,
        recalls: row.try_get(at + 11)?,
        amount: read_amount(row, at + 12)?,
        recipients: read_list(row, at + 14, |party: StoredParty<'_>| Party {
            id: party.id.into_owned(),
            class: party.class,
            department: party.department.into_owned(),
        })?,
        attachments: read_list(row, at + 15, |attachment: StoredAttachment<'_>| Attachment {
            name: attachment.name.into_owned(),
            size_bytes: attachment.size_bytes,
            reference: attachment.reference.into_owned(),
        })?,
        links: read_list(row, at + 16, |link: String| link)?,
        notes: read_list(row, at + 17, |note: String| note)?,
        text: row.try_get(at + 18)?,
        raw: row.try_get::<&str, _>(at + 19)?.into(),
        consent,
    };
    if message.content_digest() != read_digest(row, at + 23)? {
        return Err(damage(format!(
            "message {} is not what its digest says: somebody, or the disk, changed it",
            message.id
        )));
    }
    Ok(message)
}

fn read_amount(row: &SqliteRow, at: usize) -> Result<Option<Money>, sqlx::Error> {
    let value = row.try_get_raw(at)?;
    let minor_units = if value.is_null() {
        return Ok(None);
    } else if value.type_info().name() == "TEXT" {
        row.try_get::<&str, _>(at)?
            .parse()
            .map_err(|error| damaged(at, error))?
    } else {
        read_count(row, at)?
    };
    Ok(Some(Money {
        minor_units,
        currency: row.try_get(at + 1)?,
    }))
}

fn read_list<'r, T: Deserialize<'r>, U>(
    row: &'r SqliteRow,
    at: usize,
    map: impl Fn(T) -> U,
) -> Result<Vec<U>, sqlx::Error> {
    let text: &'r str = row.try_get(at)?;
    if text == "[]" {
        return Ok(Vec::new());
    }
    let items: Vec<T> = serde_json::from_str(text).map_err(|error| damaged(at, error))?;
    Ok(items.into_iter().map(map).collect())
}
