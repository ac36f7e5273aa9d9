//! The ledger of ends, and the retention decisions that change by it.

use super::Sqlite;
use super::bulk::{Insert, Values, execute};
use super::failure::Failure;
use super::log::entries::{Entries, digest, integer};
use super::log::judged;
use super::log::rows::ENDINGS as ENDING_ROWS;
use super::meanings::Meanings;
use super::names::Names;
use super::records::{CONTENT_COLUMNS, Opened, content_columns, no_packs, open_content};
use super::rows::{damage, damaged, read_digest_text, read_principal, read_time};
use super::said::cited_rules;
use super::sealing::{OpenRecord, Part, Sealing};
use crate::endings::{Clocks, EndingImport, EndingRecord, EndingReport, Retained};
use crate::storage::StorageError;
use crate::stored::codes;
use crate::stored::judgement::{self, Beside, Decided};
use proviso_model::Principal;
use proviso_model::directory::Account;
use proviso_model::retention::{Concerns, Decision, Ended, Ending};
use proviso_model::time::Day;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use std::sync::Arc;

const ENDINGS: Insert = Insert {
    head: "INSERT INTO endings (tenant, channel, customer, conversation, what, reference, ended_on, source, heard_at, who)",
    columns: 10,
    tail: "",
};

/// The day that the last line on the same thing says.
const LAST: &str =
    "SELECT ended_on FROM endings WHERE tenant = ? AND channel = ? AND customer IS ? AND conversation IS ?
                    AND what = ? AND reference = ? ORDER BY ending DESC LIMIT 1";

/// What [`Opened`] needs of a message, behind [`content_columns`].
macro_rules! said_columns {
    () => {
        ", c.judgement, c.round, e.pack_list, g.digest"
    };
}

const OF_MESSAGE: &str = concat!(
    "SELECT ",
    content_columns!(),
    said_columns!(),
    " FROM envelopes e JOIN streams s USING (stream) JOIN contents c USING (message) JOIN generations g USING (generation)
      WHERE e.message = ?"
);

/// The same of several messages.
macro_rules! clocked {
    ($which:literal) => {
        concat!(
            "SELECT ",
            content_columns!(),
            said_columns!(),
            " FROM envelopes e JOIN streams s USING (stream) JOIN contents c USING (message)
              JOIN generations g USING (generation)
              WHERE ",
            $which,
            " AND e.clocks > 0 AND e.clocks & ? AND e.message > ? ORDER BY e.message LIMIT ?"
        )
    };
}
const CLOCKED_OF_STREAM: &str = clocked!("e.stream = ?");
const CLOCKED_OF_CONVERSATION: &str = clocked!("e.conversation = ?");

const STREAM: &str = "SELECT stream FROM streams WHERE tenant = ? AND channel = ?";
const CONVERSATION: &str =
    "SELECT conversation FROM conversations WHERE stream = (SELECT stream FROM streams WHERE tenant = ? AND channel = ?)
     AND id = ?";

/// Adds what is not known yet, and writes the decisions that change.
pub(super) async fn import(
    connection: &mut SqliteConnection,
    names: &mut Names,
    sealing: &Sealing,
    import: &EndingImport,
    by: &Principal,
    log: &mut Entries,
) -> Result<EndingReport, Failure> {
    let mut added = Vec::new();
    for row in &import.rows {
        if last(connection, row).await? != Some(row.on) {
            added.push(row);
        }
    }
    let before: i64 = sqlx::query_scalar("SELECT coalesce(max(ending), 0) FROM endings")
        .fetch_one(&mut *connection)
        .await?;
    let who = by.to_string();
    ENDINGS
        .run(connection, &added, |values, row| {
            let (customer, conversation) = columns_of(&row.of);
            values.text(&row.tenant).text(&row.of.place().channel);
            values.maybe_text(customer).maybe_text(conversation);
            values.text(row.what.name()).text(&row.reference);
            values.maybe_int(row.on.map(|day| day.number().into()));
            values.text(&row.source).int(import.at.as_millis()).text(&who);
        })
        .await?;
    for number in before + 1..=before + added.len() as i64 {
        log.tell_row(connection, &ENDING_ROWS, number, None, Vec::new()).await?;
    }
    let meanings = Meanings::default();
    let mut decided = 0;
    for (message, decision) in &import.decisions {
        let written = decide(connection, names, sealing, &meanings, *message, decision, log).await?;
        decided += u64::from(written);
    }
    Ok(EndingReport {
        added: added.len() as u64,
        known: (import.rows.len() - added.len()) as u64,
        decided,
    })
}

/// `None` where nothing is known of it.
async fn last(connection: &mut SqliteConnection, row: &Ending) -> Result<Option<Option<Day>>, sqlx::Error> {
    let (customer, conversation) = columns_of(&row.of);
    let found = sqlx::query(LAST)
        .bind(row.tenant.clone())
        .bind(row.of.place().channel.clone())
        .bind(customer.map(str::to_owned))
        .bind(conversation.map(str::to_owned))
        .bind(row.what.name())
        .bind(row.reference.clone())
        .fetch_optional(connection)
        .await?;
    found.map(|row| read_day(&row, 0)).transpose()
}

/// Writes another decision on a message, sealed as a judgement of its own round: what was said of it stays. False of a message that was
/// disposed of since it was decided on.
async fn decide(
    connection: &mut SqliteConnection,
    names: &mut Names,
    sealing: &Sealing,
    meanings: &Meanings,
    message: i64,
    decision: &Arc<Decision>,
    log: &mut Entries,
) -> Result<bool, Failure> {
    let row = sqlx::query(OF_MESSAGE)
        .bind(message)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else { return Ok(false) };
    let mut said = read_said(connection, sealing, meanings, &row).await?;
    judged::keep(connection, sealing, message, &sealing.tag(&said.message.id)).await?;
    for proposal in &said.judgement.verdict.proposals {
        names.note_proposal(connection, proposal).await?;
    }
    let decided = Decided::Decision(Arc::clone(decision));
    let bytes = judgement::write(
        &said.judgement.verdict,
        said.judgement.fuel,
        &decided,
        (&said.message.text, said.message.content_digest()),
        names,
    );
    let round = said.round + 1;
    let mut values = Values::default();
    values.blob(&said.record.seal(Part::Judgement(round), &bytes)?);
    values.int(round.into()).int(message);
    let contents = "UPDATE contents SET judgement = ?, round = ? WHERE message = ?";
    execute(connection, contents, values).await?;
    let statutes = names.statute_list(connection, &cited_rules(decision)).await?;
    let mut values = Values::default();
    values.int(statutes).int(codes::of_why(decision.why).into());
    values.maybe_int(decision.until.map(|until| until.number().into()));
    values.int(message);
    let envelopes = "UPDATE envelopes SET statute_list = ?, why = ?, keep_until = ? WHERE message = ?";
    execute(connection, envelopes, values).await?;
    let read = judged::read(connection, sealing, (message, message)).await?;
    let now = &read.first().ok_or(sqlx::Error::RowNotFound)?.of;
    let fields = vec![
        integer("round", round.into()),
        digest("standing", &now.standing),
        digest("verdict", &now.verdict),
    ];
    log.tell(judged::DECIDED, Some(message), fields)?;
    Ok(true)
}

/// A message that was opened, with what was said of it.
struct SaidOf {
    record: OpenRecord,
    message: proviso_model::Message,
    judgement: judgement::Judgement,
    round: u32,
}

/// Reads [`content_columns`] and [`said_columns`].
async fn read_said(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    meanings: &Meanings,
    row: &SqliteRow,
) -> Result<SaidOf, sqlx::Error> {
    let (record, message) = open_content(row, 0, sealing)?;
    let round: u32 = row.try_get(CONTENT_COLUMNS + 1)?;
    let opened = Opened::new(&record, round, row.try_get(CONTENT_COLUMNS)?, &message.id)?;
    let pack_list: i64 = row.try_get(CONTENT_COLUMNS + 2)?;
    let known = opened.know(connection, meanings, pack_list).await?;
    let beside = Beside {
        message: &message,
        generation: read_digest_text(row, CONTENT_COLUMNS + 3)?,
        packs: known.packs(pack_list).ok_or_else(|| no_packs(pack_list))?,
    };
    let judgement = opened.read(beside, &known)?;
    Ok(SaidOf {
        record,
        message,
        judgement,
        round,
    })
}

impl Sqlite {
    pub(crate) async fn endings(&self, after: i64, limit: u32) -> Result<Vec<EndingRecord>, StorageError> {
        self.reading(|mut reader| async move {
            let rows = sqlx::query(
                "SELECT ending, tenant, channel, customer, conversation, what, reference, ended_on, source, heard_at, who
                 FROM endings WHERE ending > ? ORDER BY ending LIMIT ?",
            )
            .bind(after)
            .bind(limit)
            .fetch_all(&mut *reader)
            .await?;
            rows.iter().map(read_record).collect()
        })
        .await
    }

    /// A message by its number, with how long it is kept; `None` if there is none.
    pub(super) async fn retained(
        &self,
        connection: &mut SqliteConnection,
        message: i64,
    ) -> Result<Option<Retained>, sqlx::Error> {
        let row = sqlx::query(OF_MESSAGE)
            .bind(message)
            .fetch_optional(&mut *connection)
            .await?;
        match row {
            Some(row) => self.read_retained(connection, &row).await.map(Some),
            None => Ok(None),
        }
    }

    async fn read_retained(&self, connection: &mut SqliteConnection, row: &SqliteRow) -> Result<Retained, sqlx::Error> {
        let said = read_said(connection, &self.sealing, &self.meanings, row).await?;
        Ok(Retained {
            arrival: row.try_get(0)?,
            message: said.message,
            generation: said.judgement.verdict.generation,
            verdict: said.judgement.verdict,
            decision: match said.judgement.decision {
                Decided::Decision(decision) => Some(decision),
                Decided::Nothing | Decided::Text(_) => None,
            },
        })
    }

    pub(crate) async fn clocked(
        &self,
        tenant: &str,
        of: &Concerns,
        clocks: Clocks,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Retained>, StorageError> {
        self.reading(|mut reader| async move {
            let (numbered, clocked) = match of {
                Concerns::Customer(_) => (sqlx::query_scalar(STREAM), CLOCKED_OF_STREAM),
                Concerns::Conversation(_) => (sqlx::query_scalar(CONVERSATION), CLOCKED_OF_CONVERSATION),
            };
            let mut numbered = numbered.bind(tenant.to_owned()).bind(of.place().channel.clone());
            if let (_, Some(conversation)) = columns_of(of) {
                numbered = numbered.bind(conversation.to_owned());
            }
            let number: Option<i64> = numbered.fetch_optional(&mut *reader).await?;
            let rows = sqlx::query(clocked)
                .bind(number)
                .bind(clocks.bits())
                .bind(after)
                .bind(limit)
                .fetch_all(&mut *reader)
                .await?;
            let mut found = Vec::with_capacity(rows.len());
            for row in &rows {
                found.push(self.read_retained(&mut reader, row).await?);
            }
            Ok(found)
        })
        .await
    }
}

fn columns_of(of: &Concerns) -> (Option<&str>, Option<&str>) {
    match of {
        Concerns::Customer(place) => (Some(&place.id), None),
        Concerns::Conversation(place) => (None, Some(&place.id)),
    }
}

fn read_record(row: &SqliteRow) -> Result<EndingRecord, sqlx::Error> {
    let place = |id: String| -> Result<Account, sqlx::Error> {
        Ok(Account {
            channel: row.try_get(2)?,
            id,
        })
    };
    let (customer, conversation): (Option<String>, Option<String>) = (row.try_get(3)?, row.try_get(4)?);
    let of = match (customer, conversation) {
        (Some(customer), None) => Concerns::Customer(place(customer)?),
        (None, Some(conversation)) => Concerns::Conversation(place(conversation)?),
        _ => return Err(damage("an ending concerns a customer or a conversation".to_owned())),
    };
    let what: &str = row.try_get(5)?;
    Ok(EndingRecord {
        number: row.try_get(0)?,
        ending: Ending {
            tenant: row.try_get(1)?,
            of,
            what: Ended::from_name(what).ok_or_else(|| damaged(5, format!("nothing that ends is called {what:?}")))?,
            reference: row.try_get(6)?,
            on: read_day(row, 7)?,
            source: row.try_get(8)?,
        },
        heard_at: read_time(row, 9)?,
        by: read_principal(row, 10)?,
    })
}

fn read_day(row: &SqliteRow, at: usize) -> Result<Option<Day>, sqlx::Error> {
    let number: Option<i32> = row.try_get(at)?;
    number
        .map(|number| Day::from_number(number).ok_or_else(|| damaged(at, format!("day {number} is in no calendar"))))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::support::fresh;

    #[tokio::test]
    async fn messages_with_clocks_are_found_by_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let archive = fresh(&folder).await;
        for (sql, by) in [
            (
                CLOCKED_OF_STREAM,
                "SEARCH e USING INDEX envelopes_by_clock (stream=? AND rowid>?)",
            ),
            (
                CLOCKED_OF_CONVERSATION,
                "SEARCH e USING INDEX envelopes_by_conversation (conversation=? AND rowid>?)",
            ),
        ] {
            let explained = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
            let plan = archive.store.reading(|mut reader| async move {
                let rows = sqlx::query(explained).fetch_all(&mut *reader).await?;
                let steps = rows.iter().map(|row| row.try_get("detail"));
                steps.collect::<Result<Vec<String>, _>>()
            });
            let plan = plan.await.unwrap().join("\n");
            assert!(plan.contains(by), "{plan}");
            assert!(!plan.contains("SCAN") && !plan.contains("TEMP B-TREE"), "{plan}");
        }
    }
}
