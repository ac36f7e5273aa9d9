//! Messages that came under the identifier of another with other content.

use super::Sqlite;
use super::records::Record;
use super::rows::{damage, read_count, read_digest, read_time};
use super::sealing::Part;

use crate::batch::SourcePlace;
use crate::messages::Conflicting;
use crate::storage::StorageError;
use proviso_model::MessageId;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

/// How many there are of the message with that number.
pub(super) async fn conflict_count(connection: &mut SqliteConnection, arrival: i64) -> Result<u64, sqlx::Error> {
    let row = sqlx::query("SELECT count(*) FROM conflicts WHERE message = ?")
        .bind(arrival)
        .fetch_one(connection)
        .await?;
    read_count(&row, 0)
}

impl Sqlite {
    pub(crate) async fn conflicts(&self, id: &MessageId, limit: u32) -> Result<Vec<Conflicting>, StorageError> {
        self.reading(|mut reader| async move {
            let Some(record) = self.record(&mut reader, id).await? else {
                return Ok(Vec::new());
            };
            sqlx::query(
                "SELECT refused_digest, refused_raw, source, file, line, at, conflict FROM conflicts
                 WHERE message = ? ORDER BY conflict LIMIT ?",
            )
            .bind(record.arrival)
            .bind(limit)
            .fetch_all(&mut *reader)
            .await?
            .iter()
            .map(|row| read_conflicting(row, &record))
            .collect()
        })
        .await
    }
}

fn read_conflicting(row: &SqliteRow, record: &Record) -> Result<Conflicting, sqlx::Error> {
    let number: i64 = row.try_get(6)?;
    let whose =
        |error: &dyn std::fmt::Display| damage(format!("a conflict with message {}: {error}", record.message.id));
    let raw = record
        .opened
        .open(Part::Refused(number), row.try_get(1)?)
        .map_err(|error| whose(&error))?;
    Ok(Conflicting {
        refused: read_digest(row, 0)?,
        refused_raw: String::from_utf8(raw).map_err(|error| whose(&error))?,
        place: SourcePlace {
            source: row.try_get(2)?,
            file: row.try_get(3)?,
            line: read_count(row, 4)?,
        },
        at: read_time(row, 5)?,
    })
}
