//! The ledger of what everybody said of being archived.

use super::Sqlite;
use super::bulk::{Insert, Lookup, Values};
use super::failure::Failure;
use super::log::entries::Entries;
use super::log::rows::{CONSENTS as CARRIED, STATEMENTS};
use super::rows::{damaged, read_principal, read_time};
use crate::consents::{ConsentImport, ConsentRecord, ConsentReport};
use crate::storage::StorageError;
use proviso_model::consent::{ConsentEvent, ConsentState};
use proviso_model::statement::{Statement, Whose};
use proviso_model::{Message, Principal, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

const CONSENTS: Insert = Insert {
    head: "INSERT INTO consents (tenant, channel, party, state, at, holds, source, version, message, heard_at, who)",
    columns: 11,
    tail: "ON CONFLICT DO NOTHING",
};

const OF_PARTIES: Lookup = Lookup {
    columns: &["tenant", "channel", "party"],
    select: "SELECT c.party, c.state, c.holds
             FROM wanted w
             CROSS JOIN consents c ON c.tenant = w.tenant AND c.channel = w.channel AND c.party = w.party",
};

/// What stands for a source where a message carried the statement.
const BY_MESSAGE: &str = "message";

/// Adds what is not known yet.
pub(super) async fn import(
    connection: &mut SqliteConnection,
    import: &ConsentImport,
    by: &Principal,
    log: &mut Entries,
) -> Result<ConsentReport, Failure> {
    let before = last(connection).await?;
    let who = by.to_string();
    CONSENTS
        .run(connection, &import.rows, |values, row| {
            let holds = row.at.min(import.at);
            values
                .text(&row.tenant)
                .text(row.whose.channel())
                .text(row.whose.id())
                .text(row.state.name());
            values.int(row.at.as_millis()).int(holds.as_millis());
            values.text(&row.source).text(&row.version).maybe_int(None);
            values.int(import.at.as_millis()).text(&who);
        })
        .await?;
    let added = behind(connection, before).await?;
    for (number, _) in &added {
        log.tell_row(connection, &STATEMENTS, *number, None, Vec::new()).await?;
    }
    let added = added.len() as u64;
    Ok(ConsentReport {
        added,
        known: import.rows.len() as u64 - added,
    })
}

/// Adds what messages carry: each with its number.
pub(super) async fn carried(
    connection: &mut SqliteConnection,
    messages: &[(i64, &Message)],
    received_at: Timestamp,
    by: &Principal,
    log: &mut Entries,
) -> Result<(), Failure> {
    let said: Vec<_> = messages
        .iter()
        .filter_map(|(number, message)| Some((*number, *message, message.consent.as_ref()?)))
        .collect();
    if said.is_empty() {
        return Ok(());
    }
    let before = last(connection).await?;
    let who = by.to_string();
    CONSENTS
        .run(connection, &said, |values, (number, message, consent)| {
            let holds = consent.heard_at(message.sent_at).at;
            values.text(&message.id.tenant).text(&message.id.channel);
            values.text(&consent.party).text(consent.state.name());
            values.int(consent.at.as_millis()).int(holds.as_millis());
            values.text(BY_MESSAGE).text("").int(*number);
            values.int(received_at.as_millis()).text(&who);
        })
        .await?;
    for (number, message) in behind(connection, before).await? {
        log.tell_row(connection, &CARRIED, number, message, Vec::new()).await?;
    }
    Ok(())
}

/// The last line's number; 0 where there is none.
async fn last(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT coalesce(max(consent), 0) FROM consents")
        .fetch_one(connection)
        .await
}

/// The lines behind one, each with the message that carried it.
async fn behind(connection: &mut SqliteConnection, before: i64) -> Result<Vec<(i64, Option<i64>)>, sqlx::Error> {
    sqlx::query_as("SELECT consent, message FROM consents WHERE consent > ? ORDER BY consent")
        .bind(before)
        .fetch_all(connection)
        .await
}

impl Sqlite {
    pub(crate) async fn consents_of(
        &self,
        tenant: &str,
        channel: &str,
        parties: &[&str],
    ) -> Result<Vec<ConsentEvent>, StorageError> {
        if parties.is_empty() {
            return Ok(Vec::new());
        }
        self.reading(|mut reader| async move {
            let bind = |values: &mut Values, party: &&str| {
                values.text(tenant).text(channel).text(party);
            };
            let rows = OF_PARTIES.run(&mut reader, parties, bind).await?;
            let event = |row: &SqliteRow| {
                Ok(ConsentEvent {
                    party: row.try_get(0)?,
                    state: read_state(row, 1)?,
                    at: read_time(row, 2)?,
                })
            };
            rows.iter().map(event).collect()
        })
        .await
    }

    pub(crate) async fn consents(&self, after: i64, limit: u32) -> Result<Vec<ConsentRecord>, StorageError> {
        self.reading(|mut reader| async move {
            let rows = sqlx::query(
                "SELECT consent, tenant, channel, party, state, at, source, version, holds, heard_at, who, message
                 FROM consents WHERE consent > ? ORDER BY consent LIMIT ?",
            )
            .bind(after)
            .bind(limit)
            .fetch_all(&mut *reader)
            .await?;
            rows.iter().map(read_record).collect()
        })
        .await
    }
}

fn read_record(row: &SqliteRow) -> Result<ConsentRecord, sqlx::Error> {
    Ok(ConsentRecord {
        number: row.try_get(0)?,
        statement: Statement {
            tenant: row.try_get(1)?,
            whose: Whose::of(row.try_get(2)?, row.try_get(3)?),
            state: read_state(row, 4)?,
            at: read_time(row, 5)?,
            source: row.try_get(6)?,
            version: row.try_get(7)?,
        },
        holds: read_time(row, 8)?,
        heard_at: read_time(row, 9)?,
        by: read_principal(row, 10)?,
        message: row.try_get(11)?,
    })
}

fn read_state(row: &SqliteRow, at: usize) -> Result<ConsentState, sqlx::Error> {
    let name: &str = row.try_get(at)?;
    let state = ConsentState::ALL.into_iter().find(|state| state.name() == name);
    state.ok_or_else(|| damaged(at, format!("no state is called {name:?}")))
}
