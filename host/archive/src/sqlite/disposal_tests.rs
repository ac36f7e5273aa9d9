//! A disposal by a defective program is found: the harnesses of the tests of disposal can fail.

use super::changes;
use super::log::entries::Entries;
use super::log::tiles;
use super::support::{
    Write as _, at, batch, entry, fresh, is_anywhere, raw_connection, retention, wei, went_while_held,
};
use super::unallocated;
use crate::certificate::{Bound, Clock, Statute};
use crate::{Archive, Change, Disposing, Going, NewHold};
use proviso_model::Timestamp;
use sqlx::SqliteConnection;
use std::collections::HashSet;
use std::time::{SystemTime, UNIX_EPOCH};

pub(super) fn clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    at(since.as_millis() as i64)
}

async fn with_one_due(folder: &tempfile::TempDir) -> Archive {
    let archive = fresh(folder).await;
    let mut due = entry("m1", 1);
    due.retention = Some(retention(Some("2020-01-01")));
    archive.ingest(&batch(vec![due])).await.unwrap();
    archive
}

pub(super) fn disposing_of(messages: impl IntoIterator<Item = i64>) -> Disposing {
    let statute = Statute {
        law: "Act".into(),
        article: "1".into(),
        bound: Bound::Floor,
        period: "P1Y".into(),
        source: proviso_proof::Hash::EMPTY,
        verified_by: "counsel".into(),
    };
    Disposing {
        at: clock(),
        clock_is_right: true,
        request: None,
        messages: messages
            .into_iter()
            .map(|arrival| Going {
                arrival,
                statutes: vec![statute.clone()],
                clock: Clock {
                    start: "message".into(),
                    start_ms: 0,
                },
                due_ms: 1,
            })
            .collect(),
    }
}

/// Disposes after a statement of the defect, in one transaction with what mends its traces.
pub(super) async fn defective(archive: &Archive, disposing: &Disposing, before: &'static str, after: &'static str) {
    let mut writer = archive.store.writer.as_ref().unwrap().lock().await;
    let mut connection = writer.connection.take().unwrap();
    let mut known = writer.known.take().unwrap();
    let (clock, by) = (writer.clock, wei());
    let mut entries = Entries::new(&by);
    sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
    sqlx::query(before).execute(&mut connection).await.unwrap();
    let change = Change::Dispose(disposing);
    let sealing = &archive.store.sealing;
    let written = changes::write(&mut connection, &mut known, sealing, &clock, change, &by, &mut entries);
    assert!(written.await.is_ok());
    sqlx::query(after).execute(&mut connection).await.unwrap();
    let edge = tiles::edge(&mut connection).await.unwrap();
    let appended = tiles::append(&mut connection, &edge, entries, disposing.at).await;
    assert!(appended.is_ok());
    sqlx::query("COMMIT").execute(&mut connection).await.unwrap();
    (writer.connection, writer.known) = (Some(connection), Some(known));
    // It is read anew.
    writer.log.edge = None;
}

#[tokio::test]
async fn a_disposal_that_does_not_look_at_holds_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let archive = with_one_due(&folder).await;
    let hold = NewHold {
        tenant: "bank".into(),
        reason: "case".into(),
        person: None,
        conversation: None,
        sent_from: None,
        sent_before: None,
        texts: Vec::new(),
        query: None,
        at: clock(),
    };
    archive.commit(Change::PlaceHold(&hold), &wei()).await.unwrap();
    let not_seen = "UPDATE holds SET released_at = 1, released_by = 'nobody'";
    let as_before = "UPDATE holds SET released_at = NULL, released_by = NULL";
    defective(&archive, &disposing_of([1]), not_seen, as_before).await;
    assert!(went_while_held(&archive).await);
    archive.close().await;
}

#[tokio::test]
async fn a_disposal_that_leaves_free_pages_as_they_are_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let archive = with_one_due(&folder).await;
    let mut reader = raw_connection(archive.path()).await;
    let content: Vec<u8> = sqlx::query_scalar("SELECT content FROM contents WHERE message = 1")
        .fetch_one(&mut reader)
        .await
        .unwrap();
    sqlx::Connection::close(reader).await.unwrap();
    defective(&archive, &disposing_of([1]), "PRAGMA secure_delete = OFF", "SELECT 1").await;
    assert_eq!(archive.due("2090-01-01".parse().unwrap(), 0, 9).await.unwrap().len(), 0);
    assert!(is_anywhere(folder.path(), &content), "it went, and its bytes did not");
    archive.close().await;
}

/// How many of these keys stand anywhere in the files of a folder.
fn standing<'k>(folder: &std::path::Path, keys: impl Iterator<Item = &'k [u8]>) -> usize {
    let keys: HashSet<&[u8]> = keys.map(|key| &key[..16]).collect();
    let mut found = HashSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        found.extend(bytes.windows(16).filter_map(|window| keys.get(window).copied()));
    }
    found.len()
}

/// Rows that go have SQLite move their neighbours, and what they were moved from keeps copies of rows that go later.
#[tokio::test]
async fn no_copy_of_what_went_stands_between_rows() {
    const MESSAGES: i64 = 600;
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    for first in (1..=MESSAGES).step_by(100) {
        let of_batch = (first..first + 100).map(|number| {
            let mut due = entry(&format!("m{number}"), number as usize);
            due.retention = Some(retention(Some("2020-01-01")));
            due
        });
        archive.ingest(&batch(of_batch.collect())).await.unwrap();
    }
    let mut reader = raw_connection(archive.path()).await;
    let keys: Vec<(i64, Vec<u8>)> = sqlx::query_as("SELECT message, key FROM contents")
        .fetch_all(&mut reader)
        .await
        .unwrap();
    // The same rows go from a copy, with all that SQLite itself does.
    let copied = tempfile::tempdir().unwrap();
    let copy = copied.path().join("copy.db");
    let into = sqlx::query("VACUUM INTO ?").bind(copy.to_str().unwrap());
    into.execute(&mut reader).await.unwrap();
    sqlx::Connection::close(reader).await.unwrap();
    let mut writer = raw_connection(&copy).await;
    let secure = sqlx::query("PRAGMA secure_delete = ON");
    secure.execute(&mut writer).await.unwrap();
    // Two of three go, one after the other from all over the file.
    for rest in [0, 1] {
        let going: Vec<i64> = (1..=MESSAGES).filter(|message| message * 7 / 5 % 3 == rest).collect();
        for message in &going {
            let gone = sqlx::query("DELETE FROM contents WHERE message = ?").bind(message);
            gone.execute(&mut writer).await.unwrap();
        }
        for some in going.chunks(64) {
            let disposing = disposing_of(some.iter().copied());
            archive.commit(Change::Dispose(&disposing), &wei()).await.unwrap();
        }
    }
    sqlx::Connection::close(writer).await.unwrap();
    let gone = || {
        let gone = keys.iter().filter(|(message, _)| message * 7 / 5 % 3 != 2);
        gone.map(|(_, key)| key.as_slice())
    };
    let kept = keys.iter().filter(|(message, _)| message * 7 / 5 % 3 == 2);
    assert_eq!(
        standing(folder.path(), kept.map(|(_, key)| key.as_slice())),
        keys.len() - gone().count()
    );
    assert_eq!(standing(folder.path(), gone()), 0);
    assert!(
        standing(copied.path(), gone()) > 0,
        "SQLite leaves no copy any more: clearing is not needed"
    );
    archive.close().await;
}

async fn key_of(connection: &mut SqliteConnection, message: i64) -> Vec<u8> {
    let key = sqlx::query_scalar("SELECT key FROM contents WHERE message = ?");
    key.bind(message).fetch_one(connection).await.unwrap()
}

/// Writes a copy into the unallocated space of a page that has no row.
async fn plant(connection: &mut SqliteConnection, key: &[u8]) {
    let pages: Vec<(u32, Vec<u8>)> = sqlx::query_as("SELECT pgno, data FROM sqlite_dbpage")
        .fetch_all(&mut *connection)
        .await
        .unwrap();
    let count = pages.len() as u32;
    let is_empty = |page: &[u8]| page[0] == 13 && page[3..5] == [0, 0];
    let (number, mut page) = pages.into_iter().find(|(_, page)| is_empty(page)).unwrap();
    let space = unallocated::space(&page, number, count).unwrap();
    page[space][9..9 + key.len()].copy_from_slice(key);
    let put = sqlx::query("UPDATE sqlite_dbpage SET data = ? WHERE pgno = ?");
    put.bind(page).bind(number).execute(connection).await.unwrap();
}

/// A kill between a disposal and the clearing behind it leaves the mark of the disposal's transaction.
#[tokio::test]
async fn what_a_disposal_that_was_cut_short_left_goes_when_the_archive_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let archive = with_one_due(&folder).await;
    let path = archive.path().to_owned();
    let mut other = raw_connection(&path).await;
    let key = key_of(&mut other, 1).await;
    archive
        .commit(Change::Dispose(&disposing_of([1])), &wei())
        .await
        .unwrap();
    archive.close().await;
    assert!(!unallocated::is_marked(&mut other).await.unwrap());
    plant(&mut other, &key).await;
    Archive::open(&path).await.unwrap().close().await;
    assert_eq!(standing(folder.path(), [key.as_slice()].into_iter()), 1);
    unallocated::mark(&mut other).await.unwrap();
    Archive::open(&path).await.unwrap().close().await;
    assert_eq!(standing(folder.path(), [key.as_slice()].into_iter()), 0);
    assert!(!unallocated::is_marked(&mut other).await.unwrap());
}

/// What a change between two disposals may have left is looked for in all pages, and not in those that the second one changed.
#[tokio::test]
async fn a_copy_that_another_change_left_goes_with_the_next_disposal() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let due = ["m1", "m2"].map(|name| {
        let mut due = entry(name, 1);
        due.retention = Some(retention(Some("2020-01-01")));
        due
    });
    archive.ingest(&batch(due.into())).await.unwrap();
    archive
        .commit(Change::Dispose(&disposing_of([1])), &wei())
        .await
        .unwrap();
    let mut other = raw_connection(archive.path()).await;
    let key = key_of(&mut other, 2).await;
    plant(&mut other, &key).await;
    // A closing connection does not empty the log while the archive is open.
    let emptied = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)");
    emptied.execute(&mut other).await.unwrap();
    sqlx::Connection::close(other).await.unwrap();
    let hold = NewHold {
        tenant: "another".into(),
        reason: "case".into(),
        person: None,
        conversation: None,
        sent_from: None,
        sent_before: None,
        texts: Vec::new(),
        query: None,
        at: clock(),
    };
    archive.commit(Change::PlaceHold(&hold), &wei()).await.unwrap();
    assert_eq!(standing(folder.path(), [key.as_slice()].into_iter()), 1);
    archive
        .commit(Change::Dispose(&disposing_of([2])), &wei())
        .await
        .unwrap();
    assert_eq!(standing(folder.path(), [key.as_slice()].into_iter()), 0);
    archive.close().await;
}
