//! How far the sources were read, and what could not be read.

use super::Sqlite;
use super::rows::read_count;
use crate::batch::{SourceError, SourceOffset, SourcePlace};
use crate::storage::StorageError;
use sqlx::Row as _;

impl Sqlite {
    pub(crate) async fn offsets(&self, source: &str) -> Result<Vec<SourceOffset>, StorageError> {
        self.reading(|mut reader| async move {
            sqlx::query("SELECT source, file, offset, line FROM source_offsets WHERE source = ? ORDER BY file")
                .bind(source.to_owned())
                .fetch_all(&mut *reader)
                .await?
                .iter()
                .map(|row| {
                    Ok(SourceOffset {
                        source: row.try_get(0)?,
                        file: row.try_get(1)?,
                        offset: read_count(row, 2)?,
                        line: read_count(row, 3)?,
                    })
                })
                .collect()
        })
        .await
    }

    pub(crate) async fn source_errors(&self, limit: u32) -> Result<Vec<SourceError>, StorageError> {
        self.reading(|mut reader| async move {
            sqlx::query("SELECT source, file, line, reason FROM source_errors ORDER BY error DESC LIMIT ?")
                .bind(limit)
                .fetch_all(&mut *reader)
                .await?
                .iter()
                .map(|row| {
                    let (source, file, line) = (row.try_get(0)?, row.try_get(1)?, read_count(row, 2)?);
                    Ok(SourceError {
                        place: SourcePlace { source, file, line },
                        reason: row.try_get(3)?,
                    })
                })
                .collect()
        })
        .await
    }
}
