//! A read that runs on is ended, and the writer's log shrinks again.

use super::support::{Write as _, activation, batch, entry, generation};
use crate::{Archive, Opening, StorageCause};
use std::time::{Duration, Instant};

async fn impatient(folder: &tempfile::TempDir) -> Archive {
    let opening = Opening {
        read_time_max: Duration::from_millis(200),
        ..Opening::default()
    };
    let archive = Archive::open_with(folder.path().join("a.db"), &opening).await.unwrap();
    archive.activate(&activation(generation("first"), 0)).await.unwrap();
    archive
}

const ENDLESS: &str = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n";

#[tokio::test]
async fn a_statement_that_computes_for_ever_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let archive = impatient(&folder).await;
    let started = Instant::now();
    // More than there are connections: each of them is free again.
    for _ in 0..6 {
        let endless = archive
            .store
            .reading(|mut reader| async move { sqlx::query_scalar::<_, i64>(ENDLESS).fetch_one(&mut *reader).await });
        let error = endless.await.unwrap_err();
        assert_eq!(error.cause, StorageCause::TooLong, "{error}");
        assert_eq!(
            error.to_string(),
            format!(
                "archive {:?}: the read took too long and was ended, so that it does not hold up the writer",
                archive.path()
            )
        );
    }
    assert!(started.elapsed() < Duration::from_secs(30));
    archive.ingest(&batch(vec![entry("m1", 1)])).await.unwrap();
    assert_eq!(archive.message_count().await.unwrap(), 1);
    // The threads that ran the statements have stopped: closing waits for every connection.
    tokio::time::timeout(Duration::from_secs(30), archive.close())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_read_transaction_that_nobody_finishes_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let archive = impatient(&folder).await;
    archive.ingest(&batch(vec![entry("m1", 1)])).await.unwrap();
    let stuck = archive.store.reading(|mut reader| async move {
        sqlx::query("BEGIN").execute(&mut *reader).await?;
        sqlx::query("SELECT count(*) FROM envelopes")
            .execute(&mut *reader)
            .await?;
        std::future::pending::<Result<(), sqlx::Error>>().await
    });
    assert_eq!(stuck.await.unwrap_err().cause, StorageCause::TooLong);
    archive.ingest(&batch(vec![entry("m2", 2)])).await.unwrap();
    // While a reader stands on an old state, the log cannot be emptied, and this answers `busy`.
    let mut shell = super::support::raw_connection(archive.path()).await;
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let (busy, _, _): (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(&mut shell)
            .await
            .unwrap();
        if busy == 0 {
            break;
        }
        assert!(Instant::now() < deadline, "the reader is still there");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_closed_archive_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let archive = impatient(&folder).await;
    let clone = archive.clone();
    archive.close().await;
    assert_eq!(clone.message_count().await.unwrap_err().cause, StorageCause::Closed);
    let error = clone.ingest(&batch(vec![entry("m1", 1)])).await.unwrap_err();
    assert!(error.to_string().ends_with("it was closed"), "{error}");
}
