//! Another verdict on a message that waits for a person: the new one takes the place of the old, which is kept beside it.
//!
//! Nothing else of the archive moves. The present states of folds and the present scores stay as they are: later messages
//! stand on them. What a fold said of the message again, it said from the state that the message met when it arrived.

use super::Sqlite;
use super::alerts;
use super::bulk::{Values, execute};
use super::failure::Failure;
use super::log::entries::{Entries, digest, integer};
use super::log::judged;
use super::log::rows::{EARLIER, RELEASES};
use super::names::Names;
use super::records::{Opened, Record, content_columns, no_packs, read_content, stored_decision};
use super::rows::{read_digest_text, read_principal, read_time};
use super::said::{number, said, write_findings};
use super::sealing::{OpenRecord, Part, Sealing, read_wrapped};
use super::steps;
use crate::change::CommitError;
use crate::rejudge::{EarlierVerdict, RejudgeReport, Rejudging};
use crate::storage::StorageError;
use crate::stored::judgement::Beside;
use proviso_model::id::FoldKey;
use proviso_model::{Message, MessageId, Principal};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use std::collections::HashMap;
use std::sync::Arc;

const JUDGED: &str =
    "UPDATE envelopes SET generation = ?, pack_list = ?, held = ?, withheld = ?, statute_list = ?, why = ?,
                      keep_until = ?, directory = ?, basis = ?, clocks = ? WHERE message = ?";

const TAKEN_OUT: [&str; 2] = [
    "DELETE FROM findings WHERE message = ?",
    "DELETE FROM faults WHERE message = ?",
];

/// Writes new verdicts on held messages; a message whose new verdict does not hold it is released.
pub(super) async fn replace(
    connection: &mut SqliteConnection,
    names: &mut Names,
    sealing: &Sealing,
    rejudging: &Rejudging,
    by: &Principal,
    log: &mut Entries,
) -> Result<RejudgeReport, Failure> {
    let mut taken = Vec::with_capacity(rejudging.entries.len());
    for entry in &rejudging.entries {
        taken.push(take_out(connection, sealing, rejudging, &entry.message.id, by).await?);
    }
    again(connection, names, &mut taken, (rejudging, by), log).await?;
    tell(connection, sealing, &taken, log).await?;
    let release = format!("judged again: {}", rejudging.note);
    let release = release.trim_end_matches([' ', ':']);
    let mut report = RejudgeReport::default();
    for (taken, entry) in taken.iter().zip(&rejudging.entries) {
        if entry.verdict.held {
            report.still_held += 1;
            continue;
        }
        report.released += 1;
        sqlx::query("UPDATE held_messages SET released_at = ?, released_by = ?, release_note = ? WHERE message = ?")
            .bind(rejudging.at.as_millis())
            .bind(by.to_string())
            .bind(release.to_owned())
            .bind(taken.number)
            .execute(&mut *connection)
            .await?;
        log.tell_row(connection, &RELEASES, taken.number, Some(taken.number), Vec::new())
            .await?;
    }
    Ok(report)
}

/// Moves the verdict on a held message to the earlier ones.
async fn take_out(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    rejudging: &Rejudging,
    id: &MessageId,
    by: &Principal,
) -> Result<TakenOut, Failure> {
    let held = sqlx::query(
        "SELECT c.message, c.key_version, c.key, c.round FROM identities i JOIN contents c USING (message)
         JOIN held_messages h USING (message) WHERE i.tag = ? AND h.released_at IS NULL",
    )
    .bind(sealing.tag(id).to_vec())
    .fetch_optional(&mut *connection)
    .await?;
    let held = held.ok_or_else(|| Failure::Refused(CommitError::NotHeld { id: id.clone() }))?;
    let (number, round): (i64, u32) = (held.try_get(0)?, held.try_get(3)?);
    judged::keep(connection, sealing, number, &sealing.tag(id)).await?;
    // Sealed as it was: its round binds it to its place.
    let earlier = sqlx::query_scalar(
        "INSERT INTO earlier_judgements (message, generation, pack_list, round, judgement, directory, basis,
                                         rejudged_at, rejudged_by, note)
         SELECT e.message, e.generation, e.pack_list, c.round, c.judgement, e.directory, e.basis, ?1, ?2, ?3
         FROM envelopes e JOIN contents c USING (message) WHERE e.message = ?4 RETURNING earlier",
    )
    .bind(rejudging.at.as_millis())
    .bind(by.to_string())
    .bind(rejudging.note.clone())
    .bind(number)
    .fetch_one(&mut *connection)
    .await?;
    for sql in TAKEN_OUT {
        sqlx::query(sql).bind(number).execute(&mut *connection).await?;
    }
    Ok(TakenOut {
        number,
        earlier,
        round,
        record: sealing.open(&id.tenant, number, read_wrapped(&held, 1)?)?,
    })
}

/// A message whose verdict was moved to the earlier ones.
struct TakenOut {
    number: i64,
    /// The verdict that was moved, and its round.
    earlier: i64,
    round: u32,
    record: OpenRecord,
}

/// Tells the log of the verdicts that were moved, and of those that took their place.
async fn tell(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    taken: &[TakenOut],
    log: &mut Entries,
) -> Result<(), Failure> {
    for taken in taken {
        let read = judged::read(connection, sealing, (taken.number, taken.number)).await?;
        let now = &read.first().ok_or(sqlx::Error::RowNotFound)?.of;
        let fields = vec![
            integer("round", (taken.round + 1).into()),
            digest("standing", &now.standing),
            digest("verdict", &now.verdict),
        ];
        log.tell_row(connection, &EARLIER, taken.earlier, Some(taken.number), fields)
            .await?;
    }
    Ok(())
}

/// What is said of messages that are there already: the rows of `taken`, in the order of `entries`, without verdict. Only the
/// states that folds began from are kept, and those only where the message has none yet: no state and no score moves.
async fn again(
    connection: &mut SqliteConnection,
    names: &mut Names,
    taken: &mut [TakenOut],
    (rejudging, by): (&Rejudging, &Principal),
    log: &mut Entries,
) -> Result<(), Failure> {
    let mut numbered = number(connection, names, &rejudging.entries).await?;
    for (numbered, taken) in numbered.iter_mut().zip(&*taken) {
        numbered.message = taken.number;
    }
    let findings = said(connection, names, &numbered, |entry| &entry.verdict.findings).await?;
    let faults = said(connection, names, &numbered, |entry| &entry.verdict.faults).await?;
    let advances = said(connection, names, &numbered, |entry| &entry.advances).await?;
    write_findings(connection, &findings, &faults).await?;
    for (numbered, taken) in numbered.iter().zip(taken.iter_mut()) {
        let mut values = Values::default();
        numbered.bind_judged(&mut values);
        values.int(numbered.message);
        execute(connection, JUDGED, values).await?;
        let round = taken.round + 1;
        let judgement = taken.record.seal(Part::Judgement(round), &numbered.judgement(names))?;
        let mut values = Values::default();
        values.blob(&judgement).int(round.into()).int(numbered.message);
        execute(
            connection,
            "UPDATE contents SET judgement = ?, round = ? WHERE message = ?",
            values,
        )
        .await?;
    }
    let when = (rejudging.at, by);
    alerts::judged_again(connection, &rejudging.alerts, &numbered, &findings, when, log).await?;
    for said in advances {
        // A subject that no message has advanced yet gets a number, and no state.
        sqlx::query(
            "INSERT INTO fold_states (tenant, policy, key, message, state) VALUES (?, ?, ?, ?, NULL) ON CONFLICT DO NOTHING",
        )
        .bind(said.tenant.to_owned())
        .bind(said.policy)
        .bind(said.what.key.to_string())
        .bind(said.message)
        .execute(&mut *connection)
        .await?;
        sqlx::query(
            "INSERT INTO fold_steps (message, fold, state_before)
             SELECT ?1, f.fold, ?5 FROM fold_states f WHERE f.tenant = ?2 AND f.policy = ?3 AND f.key = ?4
             ON CONFLICT DO NOTHING",
        )
        .bind(said.message)
        .bind(said.tenant.to_owned())
        .bind(said.policy)
        .bind(said.what.key.to_string())
        .bind(steps::aside(&said.what.before))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

impl Sqlite {
    pub(crate) async fn earlier_verdicts(&self, id: &MessageId) -> Result<Vec<EarlierVerdict>, StorageError> {
        self.reading(|mut reader| async move {
            match self.record(&mut reader, id).await? {
                Some(record) => self.earlier(&mut reader, &record).await,
                None => Ok(Vec::new()),
            }
        })
        .await
    }

    pub(crate) async fn preceding_of(&self, id: &MessageId, limit: usize) -> Result<Vec<Message>, StorageError> {
        self.reading(|mut reader| async move {
            let sql = concat!(
                "SELECT ",
                content_columns!(),
                " FROM envelopes e JOIN streams s USING (stream) JOIN contents c USING (message)
                  WHERE e.message IN (
                      SELECT p.message FROM identities i JOIN envelopes o ON o.message = i.message
                      JOIN envelopes p ON p.conversation = o.conversation AND p.message < o.message
                      WHERE i.tag = ? AND p.withheld IS NULL
                      ORDER BY p.message DESC LIMIT ?)
                  ORDER BY e.message"
            );
            sqlx::query(sql)
                .bind(self.sealing.tag(id).to_vec())
                .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                .fetch_all(&mut *reader)
                .await?
                .iter()
                .map(|row| read_content(row, 0, &self.sealing))
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
            let number: Option<i64> = sqlx::query_scalar("SELECT message FROM identities WHERE tag = ?")
                .bind(self.sealing.tag(id).to_vec())
                .fetch_optional(&mut *reader)
                .await?;
            let mut states = HashMap::with_capacity(keys.len());
            for key in keys {
                // A step of this message or a later one is looked for only where there must be one.
                let present = sqlx::query(
                    "SELECT f.message, f.state, f.fold FROM policies p JOIN fold_states f USING (policy)
                     WHERE f.tenant = ? AND p.pack = ? AND p.name = ? AND f.key = ?",
                )
                .bind(key.tenant.to_string())
                .bind(key.policy.pack.to_string())
                .bind(key.policy.policy.to_string())
                .bind(key.key.to_string())
                .fetch_optional(&mut *reader)
                .await?;
                let Some(present) = present else { continue };
                let (last, fold): (i64, i64) = (present.try_get(0)?, present.try_get(2)?);
                let number = number.unwrap_or(i64::MAX);
                let mut state: Vec<u8> = present.try_get::<Option<_>, _>(1)?.unwrap_or_default();
                if last >= number {
                    let then = steps::state_at(&mut reader, fold, number).await?;
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

    /// The verdicts on a message before the one that stands, the oldest first.
    pub(super) async fn earlier(
        &self,
        connection: &mut SqliteConnection,
        record: &Record,
    ) -> Result<Vec<EarlierVerdict>, sqlx::Error> {
        let rows = sqlx::query(
            "SELECT r.round, r.judgement, r.pack_list, g.digest, r.rejudged_at, r.rejudged_by, r.note
             FROM earlier_judgements r JOIN generations g USING (generation) WHERE r.message = ? ORDER BY r.earlier",
        )
        .bind(record.arrival)
        .fetch_all(&mut *connection)
        .await?;
        let mut earlier = Vec::with_capacity(rows.len());
        for row in &rows {
            earlier.push(self.read_earlier(connection, record, row).await?);
        }
        Ok(earlier)
    }

    async fn read_earlier(
        &self,
        connection: &mut SqliteConnection,
        record: &Record,
        row: &SqliteRow,
    ) -> Result<EarlierVerdict, sqlx::Error> {
        let id = &record.message.id;
        let opened = Opened::new(&record.opened, row.try_get(0)?, row.try_get(1)?, id)?;
        let pack_list: i64 = row.try_get(2)?;
        let known = self.known_to(connection, &opened, pack_list).await?;
        let beside = Beside {
            message: &record.message,
            generation: read_digest_text(row, 3)?,
            packs: known.packs(pack_list).ok_or_else(|| no_packs(pack_list))?,
        };
        let judgement = opened.read(beside, &known)?;
        Ok(EarlierVerdict {
            json: judgement.verdict.to_canonical_json(),
            generation: judgement.verdict.generation,
            fuel: judgement.fuel,
            held: judgement.verdict.held,
            retention: stored_decision(&judgement.decision, id)?,
            rejudged_at: read_time(row, 4)?,
            rejudged_by: read_principal(row, 5)?,
            note: row.try_get(6)?,
        })
    }
}
