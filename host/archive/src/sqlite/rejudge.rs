//! Another verdict on a message that waits for a person: the new one takes the place of the old, which is kept beside it.
//!
//! Nothing else of the archive moves. The present states of folds and the present scores stay as they are: later messages
//! stand on them. What a fold said of the message again, it said from the state that the message met when it arrived.

use super::Sqlite;
use super::failure::Failure;
use super::names::Names;
use super::rows::{message_columns, read_message, read_principal, read_time};
use super::said::{number, said, write_retention, write_verdicts};
use super::verdicts::{VERDICT_ROW_COLUMNS, VerdictRow, read_decision, read_verdict_row, verdict_row_columns};
use crate::batch::Entry;
use crate::change::CommitError;
use crate::rejudge::{EarlierVerdict, RejudgeReport, Rejudging};
use crate::storage::StorageError;
use proviso_model::id::FoldKey;
use proviso_model::{Message, MessageId, Principal};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use std::collections::HashMap;
use std::sync::Arc;

const EARLIER: &str =
    "INSERT INTO earlier_verdicts (message, generation, pack_list, fuel, held, withheld, input, verdict,
                           form, digest, directory, statute_list, keep_until, decision, rejudged_at, rejudged_by, note)
                       SELECT v.message, v.generation, v.pack_list, v.fuel, v.held, v.withheld, v.input, v.verdict,
                           v.form, v.digest, v.directory, r.statute_list, r.keep_until, r.decision, ?, ?, ?
                       FROM verdicts v LEFT JOIN retention r USING (message) WHERE v.message = ?";

const TAKEN_OUT: [&str; 4] = [
    "DELETE FROM findings WHERE message = ?",
    "DELETE FROM faults WHERE message = ?",
    "DELETE FROM retention WHERE message = ?",
    "DELETE FROM verdicts WHERE message = ?",
];

/// Writes new verdicts on held messages; a message whose new verdict does not hold it is released.
pub(super) async fn replace(
    connection: &mut SqliteConnection,
    names: &mut Names,
    rejudging: &Rejudging,
    by: &Principal,
) -> Result<RejudgeReport, Failure> {
    let mut numbers = Vec::with_capacity(rejudging.entries.len());
    for entry in &rejudging.entries {
        let number = take_out(connection, rejudging, &entry.message.id, by).await?;
        numbers.push(number);
    }
    again(connection, names, &numbers, &rejudging.entries).await?;
    let release = format!("judged again: {}", rejudging.note);
    let release = release.trim_end_matches([' ', ':']);
    let mut report = RejudgeReport::default();
    for (number, entry) in numbers.into_iter().zip(&rejudging.entries) {
        if entry.verdict.held {
            report.still_held += 1;
            continue;
        }
        report.released += 1;
        sqlx::query("UPDATE held_messages SET released_at = ?, released_by = ?, release_note = ? WHERE message = ?")
            .bind(rejudging.at.as_millis())
            .bind(by.to_string())
            .bind(release.to_owned())
            .bind(number)
            .execute(&mut *connection)
            .await?;
    }
    Ok(report)
}

/// Moves the verdict on a held message to the earlier ones. Gives the message's number.
async fn take_out(
    connection: &mut SqliteConnection,
    rejudging: &Rejudging,
    id: &MessageId,
    by: &Principal,
) -> Result<i64, Failure> {
    let held = sqlx::query_scalar(
        "SELECT m.message FROM streams s JOIN messages m USING (stream) JOIN held_messages h USING (message)
         WHERE s.tenant = ? AND s.channel = ? AND m.native = ? AND h.released_at IS NULL",
    )
    .bind(id.tenant.clone())
    .bind(id.channel.clone())
    .bind(id.native.clone())
    .fetch_optional(&mut *connection)
    .await?;
    let number: i64 = held.ok_or_else(|| Failure::Refused(CommitError::NotHeld { id: id.clone() }))?;
    sqlx::query(EARLIER)
        .bind(rejudging.at.as_millis())
        .bind(by.to_string())
        .bind(rejudging.note.clone())
        .bind(number)
        .execute(&mut *connection)
        .await?;
    for sql in TAKEN_OUT {
        sqlx::query(sql).bind(number).execute(&mut *connection).await?;
    }
    Ok(number)
}

/// What is said of messages that are there already: the rows of `numbers`, in the order of `entries`, without verdict. Only the
/// states that folds began from are kept, and those only where the message has none yet: no state and no score moves.
async fn again(
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
    let advances = said(connection, names, &numbered, |entry| &entry.advances).await?;
    write_verdicts(connection, &numbered, &findings, &faults).await?;
    write_retention(connection, &numbered).await?;
    for said in advances {
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

impl Sqlite {
    pub(crate) async fn earlier_verdicts(&self, id: &MessageId) -> Result<Vec<EarlierVerdict>, StorageError> {
        self.reading(|mut reader| async move { earlier(&mut reader, id).await })
            .await
    }

    pub(crate) async fn preceding_of(&self, id: &MessageId, limit: usize) -> Result<Vec<Message>, StorageError> {
        self.reading(|mut reader| async move {
            let sql = concat!(
                "SELECT ",
                message_columns!(),
                " FROM streams s JOIN messages m USING (stream) LEFT JOIN consent_events c USING (message)
                  WHERE m.message IN (
                      SELECT p.message FROM streams os JOIN messages o USING (stream)
                      JOIN messages p ON p.stream = o.stream AND p.conversation = o.conversation AND p.message < o.message
                      JOIN verdicts v ON v.message = p.message
                      WHERE os.tenant = ? AND os.channel = ? AND o.native = ? AND v.withheld IS NULL
                      ORDER BY p.message DESC LIMIT ?)
                  ORDER BY m.message"
            );
            sqlx::query(sql)
                .bind(id.tenant.clone())
                .bind(id.channel.clone())
                .bind(id.native.clone())
                .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                .fetch_all(&mut *reader)
                .await?
                .iter()
                .map(|row| read_message(row, 0))
                .collect()
        })
        .await
    }

    pub(crate) async fn fold_states_at(
        &self,
        id: &MessageId,
        keys: &[FoldKey],
    ) -> Result<HashMap<FoldKey, Arc<[u8]>>, StorageError> {
        self.reading(|mut reader| async move {
            let number: Option<i64> = sqlx::query_scalar(
                "SELECT m.message FROM streams s JOIN messages m USING (stream)
                 WHERE s.tenant = ? AND s.channel = ? AND m.native = ?",
            )
            .bind(id.tenant.clone())
            .bind(id.channel.clone())
            .bind(id.native.clone())
            .fetch_optional(&mut *reader)
            .await?;
            let mut states = HashMap::with_capacity(keys.len());
            for key in keys {
                // A step of this message or a later one is looked for only where there must be one.
                let present = sqlx::query(
                    "SELECT f.message, f.state, p.policy FROM policies p JOIN fold_states f USING (policy)
                     WHERE f.tenant = ? AND p.pack = ? AND p.name = ? AND f.key = ?",
                )
                .bind(key.tenant.to_string())
                .bind(key.policy.pack.to_string())
                .bind(key.policy.policy.to_string())
                .bind(key.key.to_string())
                .fetch_optional(&mut *reader)
                .await?;
                let Some(present) = present else { continue };
                let (last, policy): (i64, i64) = (present.try_get(0)?, present.try_get(2)?);
                let number = number.unwrap_or(i64::MAX);
                let mut state: Vec<u8> = present.try_get(1)?;
                if last >= number {
                    let then: Option<Vec<u8>> = sqlx::query_scalar(
                        "SELECT f.state_before FROM fold_steps f JOIN messages m USING (message) JOIN streams s USING (stream)
                         WHERE f.message >= ? AND f.policy = ? AND f.key = ? AND s.tenant = ?
                         ORDER BY f.message LIMIT 1",
                    )
                    .bind(number)
                    .bind(policy)
                    .bind(key.key.to_string())
                    .bind(key.tenant.to_string())
                    .fetch_optional(&mut *reader)
                    .await?;
                    state = then.unwrap_or(state);
                }
                if !state.is_empty() {
                    states.insert(key.clone(), state.into());
                }
            }
            Ok(states)
        })
        .await
    }
}

/// The verdicts on a message before the one that stands, the oldest first.
pub(super) async fn earlier(
    connection: &mut SqliteConnection,
    id: &MessageId,
) -> Result<Vec<EarlierVerdict>, sqlx::Error> {
    let sql = concat!(
        "SELECT ",
        verdict_row_columns!("e", "e"),
        ", e.rejudged_at, e.rejudged_by, e.note
          FROM streams s JOIN messages m USING (stream) JOIN earlier_verdicts e USING (message)
          JOIN generations g USING (generation)
          WHERE s.tenant = ? AND s.channel = ? AND m.native = ? ORDER BY e.earlier"
    );
    sqlx::query(sql)
        .bind(id.tenant.clone())
        .bind(id.channel.clone())
        .bind(id.native.clone())
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| read_earlier(row, id))
        .collect()
}

fn read_earlier(row: &SqliteRow, id: &MessageId) -> Result<EarlierVerdict, sqlx::Error> {
    let VerdictRow { verdict, decision } = read_verdict_row(row, id)?;
    Ok(EarlierVerdict {
        json: verdict.json,
        generation: verdict.generation,
        fuel: verdict.fuel,
        held: verdict.verdict.held,
        retention: decision.map(|json| read_decision(json, id)).transpose()?,
        rejudged_at: read_time(row, VERDICT_ROW_COLUMNS)?,
        rejudged_by: read_principal(row, VERDICT_ROW_COLUMNS + 1)?,
        note: row.try_get(VERDICT_ROW_COLUMNS + 2)?,
    })
}
