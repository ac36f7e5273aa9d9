//! Queries that were saved under a name.

use super::Sqlite;
use super::failure::Failure;
use super::log::entries::{Entries, text};
use super::log::rows::{DELETED_QUERIES, SAVED_QUERIES};
use super::rows::{damage, damaged, read_digest, read_principal, read_time};
use super::sealing::{Part, Sealing, read_wrapped};
use crate::change::CommitError;
use crate::saved_queries::{DeletingQuery, NamedQuery, Owners, SAVED_QUERIES_MAX, SavedQuery, SavedQueryRefusal};
use crate::storage::StorageError;
use crate::stored::saved_query::StoredQuery;
use proviso_model::{Digest, Principal, Timestamp};
use proviso_seal::WrappedKey;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};

macro_rules! open_queries {
    ($rest:literal) => {
        concat!(
            "SELECT saved, tenant, name, saved_at, saved_by, digest, key_version, key, sealed FROM saved_queries
             WHERE deleted_at IS NULL ",
            $rest
        )
    };
}

impl From<SavedQueryRefusal> for Failure {
    fn from(refusal: SavedQueryRefusal) -> Self {
        Failure::Refused(CommitError::SavedQuery(refusal))
    }
}

pub(super) async fn save(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    query: &NamedQuery,
    at: Timestamp,
    by: &Principal,
    log: &mut Entries,
) -> Result<i64, Failure> {
    if let Some((_, owner)) = owned(connection, &query.tenant, &query.name).await? {
        let (tenant, name) = (query.tenant.clone(), query.name.clone());
        return Err(SavedQueryRefusal::Taken { tenant, name, owner }.into());
    }
    let counted = "SELECT count(*) FROM saved_queries WHERE tenant = ? AND deleted_at IS NULL";
    let count: u32 = sqlx::query_scalar(counted)
        .bind(query.tenant.clone())
        .fetch_one(&mut *connection)
        .await?;
    if count >= SAVED_QUERIES_MAX {
        return Err(SavedQueryRefusal::TooMany(query.tenant.clone()).into());
    }
    // No row ever goes: a number is never used again.
    let number: i64 = sqlx::query_scalar("SELECT coalesce(max(saved), 0) + 1 FROM saved_queries")
        .fetch_one(&mut *connection)
        .await?;
    let stored = StoredQuery {
        query: query.text.clone(),
        zone: query.zone.clone(),
    };
    let mut record = sealing.saved_query(&query.tenant, number)?;
    let sealed = record.seal(Part::Query, &stored.to_bytes())?;
    sqlx::query(
        "INSERT INTO saved_queries (saved, tenant, name, saved_at, saved_by, digest, key_version, key, sealed)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(number)
    .bind(query.tenant.clone())
    .bind(query.name.clone())
    .bind(at.as_millis())
    .bind(by.to_string())
    .bind(Digest::of(&sealed).as_bytes().to_vec())
    .bind(record.wrapped().version.get())
    .bind(record.wrapped().bytes.to_vec())
    .bind(sealed)
    .execute(&mut *connection)
    .await?;
    let fields = vec![text("tenant", query.tenant.clone()), text("name", query.name.clone())];
    log.tell_row(connection, &SAVED_QUERIES, number, None, fields).await?;
    Ok(number)
}

pub(super) async fn delete(
    connection: &mut SqliteConnection,
    deleting: &DeletingQuery<'_>,
    by: &Principal,
    log: &mut Entries,
) -> Result<(), Failure> {
    let (tenant, name) = (deleting.tenant, deleting.name);
    let Some((number, owner)) = owned(connection, tenant, name).await? else {
        return Err(SavedQueryRefusal::unknown(tenant, name).into());
    };
    if deleting.owners == Owners::Own && owner != *by {
        let name = name.to_owned();
        return Err(SavedQueryRefusal::OfAnother { name, owner }.into());
    }
    sqlx::query(
        "UPDATE saved_queries SET deleted_at = ?, deleted_by = ?, key_version = NULL, key = NULL, sealed = NULL WHERE saved = ?",
    )
    .bind(deleting.at.as_millis())
    .bind(by.to_string())
    .bind(number)
    .execute(&mut *connection)
    .await?;
    let fields = vec![text("tenant", tenant), text("name", name)];
    log.tell_row(connection, &DELETED_QUERIES, number, None, fields).await
}

/// The number of the saved query of a name, and who saved it.
async fn owned(
    connection: &mut SqliteConnection,
    tenant: &str,
    name: &str,
) -> Result<Option<(i64, Principal)>, sqlx::Error> {
    let row =
        sqlx::query("SELECT saved, saved_by FROM saved_queries WHERE tenant = ? AND name = ? AND deleted_at IS NULL")
            .bind(tenant.to_owned())
            .bind(name.to_owned())
            .fetch_optional(connection)
            .await?;
    row.map(|row| Ok((row.try_get(0)?, read_principal(&row, 1)?)))
        .transpose()
}

/// False of a query that was not deleted and is not what was sealed when it was saved, or does not open; and of one that was, and of which
/// something is left.
pub(super) async fn is_whole(
    connection: &mut SqliteConnection,
    sealing: &Sealing,
    number: i64,
) -> Result<bool, sqlx::Error> {
    let left = sqlx::query_scalar(
        "SELECT coalesce(key_version, key, sealed) IS NOT NULL FROM saved_queries WHERE saved = ? AND deleted_at IS NOT NULL",
    );
    let left: Option<bool> = left.bind(number).fetch_optional(&mut *connection).await?;
    if let Some(left) = left {
        return Ok(!left);
    }
    let row = sqlx::query(open_queries!("AND saved = ?"))
        .bind(number)
        .fetch_one(connection)
        .await?;
    Ok(read(&row, sealing).is_ok())
}

/// The tenants and wrapped keys of all that are there, by their numbers.
pub(super) async fn wrapped(connection: &mut SqliteConnection) -> Result<Vec<(i64, String, WrappedKey)>, sqlx::Error> {
    let sql = "SELECT saved, tenant, key_version, key FROM saved_queries WHERE key IS NOT NULL ORDER BY saved";
    let rows = sqlx::query(sql).fetch_all(connection).await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?, read_wrapped(row, 2)?)))
        .collect()
}

pub(super) async fn rewrap(
    connection: &mut SqliteConnection,
    number: i64,
    wrapped: WrappedKey,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE saved_queries SET key_version = ?, key = ? WHERE saved = ?")
        .bind(wrapped.version.get())
        .bind(wrapped.bytes.to_vec())
        .bind(number)
        .execute(connection)
        .await?;
    Ok(())
}

impl Sqlite {
    pub(crate) async fn saved_query(&self, tenant: &str, name: &str) -> Result<Option<SavedQuery>, StorageError> {
        let sql = open_queries!("AND tenant = ? AND name = ?");
        let (tenant, name) = (tenant.to_owned(), name.to_owned());
        self.reading(|mut reader| async move {
            let row = sqlx::query(sql)
                .bind(tenant)
                .bind(name)
                .fetch_optional(&mut *reader)
                .await?;
            row.map(|row| read(&row, &self.sealing)).transpose()
        })
        .await
    }

    pub(crate) async fn saved_queries(
        &self,
        tenant: Option<&str>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<SavedQuery>, StorageError> {
        let sql = open_queries!("AND (?1 IS NULL OR tenant = ?1) AND saved > ?2 ORDER BY saved LIMIT ?3");
        let tenant = tenant.map(str::to_owned);
        self.reading(|mut reader| async move {
            let rows = sqlx::query(sql)
                .bind(tenant)
                .bind(after)
                .bind(limit)
                .fetch_all(&mut *reader)
                .await?;
            rows.iter().map(|row| read(row, &self.sealing)).collect()
        })
        .await
    }
}

fn read(row: &SqliteRow, sealing: &Sealing) -> Result<SavedQuery, sqlx::Error> {
    let (number, tenant, sealed): (i64, String, &[u8]) = (row.try_get(0)?, row.try_get(1)?, row.try_get(8)?);
    if Digest::of(sealed) != read_digest(row, 5)? {
        return Err(damage(format!(
            "saved query {number} is not what its digest says: somebody, or the disk, changed it"
        )));
    }
    let record = sealing.open_saved_query(&tenant, number, read_wrapped(row, 6)?);
    let opened = record.and_then(|record| record.open(Part::Query, sealed));
    let opened = opened.map_err(|error| damage(format!("saved query {number} cannot be opened: {error}")))?;
    let StoredQuery { query, zone } = StoredQuery::from_bytes(&opened).map_err(|error| damaged(8, error))?;
    Ok(SavedQuery {
        number,
        query: NamedQuery {
            tenant,
            name: row.try_get(2)?,
            text: query,
            zone,
        },
        by: read_principal(row, 4)?,
        at: read_time(row, 3)?,
    })
}
