//! The directory: an import writes what it changes, and a version is read as it was.

use super::Sqlite;
use super::bulk::Insert;
use super::failure::Failure;
use super::log::entries::Entries;
use super::log::rows::DIRECTORIES;
use super::rows::{damage, damaged, read_count, read_digest, read_principal, read_time};
use crate::directory::{DirectoryImport, DirectoryImported, DirectoryRecord, DirectoryReport};
use crate::storage::StorageError;
use proviso_model::Principal;
use proviso_model::directory::{self, Account, Employment, PostClass};
use proviso_model::time::Day;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection};
use std::collections::{BTreeSet, HashMap};

const EMPLOYMENTS: Insert = Insert {
    head: "INSERT INTO employments (since, tenant, person, holds_from, holds_to, accounts, department, post, manager)",
    columns: 9,
    tail: "",
};

/// Columns of [`read_employment`].
macro_rules! employment_columns {
    () => {
        "e.tenant, e.person, e.holds_from, e.holds_to, e.accounts, e.department, e.post, e.manager"
    };
}

/// Columns of [`read_imported`].
macro_rules! imported_columns {
    () => {
        "v.version, v.digest, v.at, v.who, v.file, v.employments"
    };
}

/// Makes the next version, unless the newest says the same.
pub(super) async fn import(
    connection: &mut SqliteConnection,
    import: &DirectoryImport,
    by: &Principal,
    log: &mut Entries,
) -> Result<DirectoryReport, Failure> {
    let present = present(connection).await?;
    let tenants: BTreeSet<&str> = import.rows.iter().map(|row| row.tenant.as_str()).collect();
    let wanted: BTreeSet<&Employment> = import.rows.iter().collect();
    // What is said of other tenants stays.
    let ended: Vec<i64> = present
        .iter()
        .filter(|(row, _)| tenants.contains(row.tenant.as_str()) && !wanted.contains(row))
        .map(|(_, number)| *number)
        .collect();
    let added: Vec<&Employment> = wanted
        .iter()
        .copied()
        .filter(|row| !present.contains_key(*row))
        .collect();
    let rows: Vec<Employment> = present
        .keys()
        .filter(|row| !tenants.contains(row.tenant.as_str()))
        .chain(wanted)
        .cloned()
        .collect();
    let digest = directory::digest(&rows);
    let report = DirectoryReport {
        version: 0,
        digest,
        is_new: true,
        employments: rows.len() as u64,
        added: added.len() as u64,
        ended: ended.len() as u64,
    };
    if added.is_empty() && ended.is_empty() {
        let version = sqlx::query_scalar("SELECT max(version) FROM directory_versions")
            .fetch_one(connection)
            .await?;
        return Ok(DirectoryReport {
            version,
            is_new: false,
            ..report
        });
    }
    let version: i64 = sqlx::query_scalar(
        "INSERT INTO directory_versions (digest, at, who, file, employments) VALUES (?, ?, ?, ?, ?) RETURNING version",
    )
    .bind(digest.as_bytes().to_vec())
    .bind(import.at.as_millis())
    .bind(by.to_string())
    .bind(import.file.clone())
    .bind(rows.len() as i64)
    .fetch_one(&mut *connection)
    .await?;
    for employment in ended {
        sqlx::query("UPDATE employments SET until = ? WHERE employment = ?")
            .bind(version)
            .bind(employment)
            .execute(&mut *connection)
            .await?;
    }
    EMPLOYMENTS
        .run(connection, &added, |values, row| {
            let day = |day: Option<Day>| day.map(|day| day.to_string());
            values.int(version).text(&row.tenant).text(&row.person);
            values
                .maybe_text(day(row.from).as_deref())
                .maybe_text(day(row.to).as_deref());
            values.owned_text(write_accounts(&row.accounts)).text(&row.department);
            values.text(row.post.name()).maybe_text(row.manager.as_deref());
        })
        .await?;
    log.tell_row(connection, &DIRECTORIES, version, None, Vec::new())
        .await?;
    Ok(DirectoryReport { version, ..report })
}

/// The rows of a version, ordered by tenant, person and time.
async fn rows_of(connection: &mut SqliteConnection, version: i64) -> Result<Vec<Employment>, sqlx::Error> {
    let sql = concat!(
        "SELECT ",
        employment_columns!(),
        " FROM employments e WHERE e.since <= ?1 AND (e.until IS NULL OR e.until > ?1)"
    );
    let rows = sqlx::query(sql).bind(version).fetch_all(connection).await?;
    let mut rows: Vec<Employment> = rows.iter().map(read_employment).collect::<Result<_, _>>()?;
    rows.sort_unstable();
    Ok(rows)
}

/// True if the rows of a version are what its digest says.
pub(super) async fn is_whole(connection: &mut SqliteConnection, version: i64) -> Result<bool, sqlx::Error> {
    let row = sqlx::query("SELECT digest FROM directory_versions WHERE version = ?")
        .bind(version)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else { return Ok(false) };
    let expected = read_digest(&row, 0)?;
    match rows_of(connection, version).await {
        Ok(rows) => Ok(directory::digest(&rows) == expected),
        Err(sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The rows of the newest version, with their numbers.
async fn present(connection: &mut SqliteConnection) -> Result<HashMap<Employment, i64>, sqlx::Error> {
    let sql = concat!(
        "SELECT ",
        employment_columns!(),
        ", e.employment FROM employments e WHERE e.until IS NULL"
    );
    let rows = sqlx::query(sql).fetch_all(connection).await?;
    rows.iter()
        .map(|row| Ok((read_employment(row)?, row.try_get(8)?)))
        .collect()
}

impl Sqlite {
    pub(crate) async fn directory(&self, version: Option<i64>) -> Result<Option<DirectoryRecord>, StorageError> {
        self.reading(|mut reader| async move {
            let sql = concat!(
                "SELECT ",
                imported_columns!(),
                " FROM directory_versions v WHERE v.version = coalesce(?, (SELECT max(version) FROM directory_versions))"
            );
            let found = sqlx::query(sql).bind(version).fetch_optional(&mut *reader).await?;
            let Some(imported) = found.as_ref().map(read_imported).transpose()? else {
                return Ok(None);
            };
            let rows = rows_of(&mut reader, imported.version).await?;
            if directory::digest(&rows) != imported.digest {
                return Err(damage(format!(
                    "version {} of the directory is not what its digest says: somebody, or the disk, changed it",
                    imported.version
                )));
            }
            Ok(Some(DirectoryRecord { imported, rows }))
        })
        .await
    }

    pub(crate) async fn directory_versions(&self, limit: u32) -> Result<Vec<DirectoryImported>, StorageError> {
        self.reading(|mut reader| async move {
            let sql = concat!(
                "SELECT ",
                imported_columns!(),
                " FROM directory_versions v ORDER BY v.version DESC LIMIT ?"
            );
            let rows = sqlx::query(sql).bind(limit).fetch_all(&mut *reader).await?;
            rows.iter().map(read_imported).collect()
        })
        .await
    }
}

fn read_imported(row: &SqliteRow) -> Result<DirectoryImported, sqlx::Error> {
    Ok(DirectoryImported {
        version: row.try_get(0)?,
        digest: read_digest(row, 1)?,
        at: read_time(row, 2)?,
        by: read_principal(row, 3)?,
        file: row.try_get(4)?,
        employments: read_count(row, 5)?,
    })
}

fn read_employment(row: &SqliteRow) -> Result<Employment, sqlx::Error> {
    let day = |at: usize| -> Result<Option<Day>, sqlx::Error> {
        let text: Option<&str> = row.try_get(at)?;
        text.map(|text| text.parse().map_err(|error| damaged(at, error)))
            .transpose()
    };
    let post: &str = row.try_get(6)?;
    Ok(Employment {
        tenant: row.try_get(0)?,
        person: row.try_get(1)?,
        from: day(2)?,
        to: day(3)?,
        accounts: read_accounts(row, 4)?,
        department: row.try_get(5)?,
        post: PostClass::from_name(post).ok_or_else(|| damaged(6, format!("no post is called {post:?}")))?,
        manager: row.try_get(7)?,
    })
}

fn write_accounts(accounts: &[Account]) -> String {
    let texts: Vec<String> = accounts.iter().map(Account::to_string).collect();
    serde_json::to_string(&texts).expect("a list of texts has no map keys")
}

fn read_accounts(row: &SqliteRow, at: usize) -> Result<Vec<Account>, sqlx::Error> {
    let texts: Vec<String> = serde_json::from_str(row.try_get(at)?).map_err(|error| damaged(at, error))?;
    let accounts = texts
        .iter()
        .map(|text| text.parse().map_err(|error| damaged(at, error)));
    accounts.collect()
}
