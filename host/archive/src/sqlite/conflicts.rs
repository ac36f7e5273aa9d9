//! Messages that came under the identifier of another with other content.

use super::Sqlite;
use super::rows::{read_count, read_digest, read_time};
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
            sqlx::query(
                "SELECT c.refused_digest, c.refused_raw, c.source, c.file, c.line, c.at
                 FROM streams s JOIN messages m USING (stream) JOIN conflicts c USING (message)
                 WHERE s.tenant = ? AND s.channel = ? AND m.native = ? ORDER BY c.conflict LIMIT ?",
            )
            .bind(id.tenant.clone())
            .bind(id.channel.clone())
            .bind(id.native.clone())
            .bind(limit)
            .fetch_all(&mut *reader)
            .await?
            .iter()
            .map(read_conflicting)
            .collect()
        })
        .await
    }
}

fn read_conflicting(row: &SqliteRow) -> Result<Conflicting, sqlx::Error> {
    Ok(Conflicting {
        refused: read_digest(row, 0)?,
        refused_raw: row.try_get(1)?,
        place: SourcePlace {
            source: row.try_get(2)?,
            file: row.try_get(3)?,
            line: read_count(row, 4)?,
        },
        at: read_time(row, 5)?,
    })
}
