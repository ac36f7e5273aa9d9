//! What the archive relies on in SQLite: set when a connection is opened, and read back before it is used. SQLite passes over what it does
//! not know or cannot do.

use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Row as _, SqliteConnection};

/// A setting of a connection.
pub(super) struct Setting {
    name: &'static str,
    set: &'static str,
    /// How it reads when it is set.
    reads: &'static str,
}

const fn setting(name: &'static str, set: &'static str, reads: &'static str) -> Setting {
    Setting { name, set, reads }
}

/// Milliseconds for which another program's lock is waited for.
const BUSY_TIMEOUT: Setting = setting("busy_timeout", "5000", "5000");
/// What goes is written over with zeros: SQLite's own builds differ in what they do unasked.
const SECURE_DELETE: Setting = setting("secure_delete", "ON", "1");
/// What a schema that somebody altered may call.
const TRUSTED_SCHEMA: Setting = setting("trusted_schema", "OFF", "0");

/// Of the connection that writes.
pub(super) const WRITER: [Setting; 10] = [
    BUSY_TIMEOUT,
    setting("journal_mode", "WAL", "wal"),
    setting("synchronous", "FULL", "2"),
    setting("foreign_keys", "ON", "1"),
    // 32 MiB of pages.
    setting("cache_size", "-32768", "-32768"),
    // Pages in the write-ahead log before it is copied into the file: 32 MiB, so that a hot page is copied once for many batches.
    setting("wal_autocheckpoint", "8192", "8192"),
    // The write-ahead log is cut back to 64 MiB after it was copied.
    setting("journal_size_limit", "67108864", "67108864"),
    // A statement of many rows that may fail keeps the pages it changes aside until it ends: in memory, not in /tmp.
    setting("temp_store", "MEMORY", "2"),
    TRUSTED_SCHEMA,
    SECURE_DELETE,
];

/// Of connections that read.
pub(super) const READER: [Setting; 4] = [
    BUSY_TIMEOUT,
    // 8 MiB of pages.
    setting("cache_size", "-8192", "-8192"),
    TRUSTED_SCHEMA,
    // `VACUUM INTO` writes as the connection that reads does. Without it a page that splits keeps its old rows in its gap, where no later
    // disposal finds them.
    SECURE_DELETE,
];

/// A setting that is another one than was asked for.
#[derive(Debug, thiserror::Error)]
#[error("SQLite's setting {setting} is {found:?}: expected {expected:?}")]
pub(super) struct WrongSetting {
    pub(super) setting: &'static str,
    pub(super) found: String,
    pub(super) expected: &'static str,
}

/// Asks for settings.
pub(super) fn asked(options: SqliteConnectOptions, settings: &[Setting]) -> SqliteConnectOptions {
    settings
        .iter()
        .fold(options, |options, setting| options.pragma(setting.name, setting.set))
}

/// A connection that has the settings, or a [`WrongSetting`] as [`sqlx::Error::Configuration`].
pub(super) async fn connect(
    options: &SqliteConnectOptions,
    settings: &[Setting],
) -> Result<SqliteConnection, sqlx::Error> {
    let mut connection = options.connect().await?;
    assert(&mut connection, settings).await?;
    assert_pages(&mut connection).await?;
    Ok(connection)
}

/// That this SQLite was built with its pages as a table, by which unallocated space is cleared: `.cargo/config.toml`.
async fn assert_pages(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let found: i64 = sqlx::query_scalar("SELECT sqlite_compileoption_used('ENABLE_DBPAGE_VTAB')")
        .fetch_one(connection)
        .await?;
    if found == 1 {
        return Ok(());
    }
    Err(sqlx::Error::Configuration(Box::new(WrongSetting {
        setting: "ENABLE_DBPAGE_VTAB",
        found: found.to_string(),
        expected: "1",
    })))
}

async fn assert(connection: &mut SqliteConnection, settings: &[Setting]) -> Result<(), sqlx::Error> {
    for Setting { name, reads, .. } in settings {
        // A name of this file; SQLite takes no parameters in a PRAGMA.
        let row = sqlx::query(AssertSqlSafe(format!("PRAGMA {name}")))
            .fetch_optional(&mut *connection)
            .await?;
        let found = row.as_ref().map(read).transpose()?.unwrap_or_default();
        if found != *reads {
            let (setting, expected) = (name, reads);
            return Err(sqlx::Error::Configuration(Box::new(WrongSetting {
                setting,
                found,
                expected,
            })));
        }
    }
    Ok(())
}

/// A number or a word.
fn read(row: &SqliteRow) -> Result<String, sqlx::Error> {
    match row.try_get::<i64, _>(0) {
        Ok(number) => Ok(number.to_string()),
        Err(_) => row.try_get(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_setting_that_is_another_is_told_with_both_values() {
        let folder = tempfile::tempdir().unwrap();
        // A file for each: a connection that was given up closes a moment later, and has its lock until then.
        let options = |name: &str| {
            let options = SqliteConnectOptions::new().filename(folder.path().join(name));
            asked(options.create_if_missing(true), &WRITER)
        };
        connect(&options("all are as asked for"), &WRITER).await.unwrap();
        for setting in &WRITER {
            let other = match setting.name {
                "journal_mode" => "DELETE",
                "synchronous" => "NORMAL",
                "temp_store" => "FILE",
                "foreign_keys" | "secure_delete" => "OFF",
                "trusted_schema" => "ON",
                _ => "7",
            };
            let error = connect(&options(setting.name).pragma(setting.name, other), &WRITER)
                .await
                .unwrap_err();
            let text = error.to_string();
            let sqlx::Error::Configuration(error) = error else {
                panic!("{text}")
            };
            let wrong: &WrongSetting = error.downcast_ref().unwrap();
            assert_eq!((wrong.setting, wrong.expected), (setting.name, setting.reads));
            assert_ne!(wrong.found, setting.reads);
        }
    }
}
