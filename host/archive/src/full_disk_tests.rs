//! A disk that is full: simulated by the number of pages that the writing connection may use.

#[path = "../tests/support/mod.rs"]
mod support;

use crate::{IngestError, StorageCause};
use support::{batch, entry, fresh, row_counts};

#[tokio::test]
async fn a_full_disk_keeps_what_was_there_and_takes_the_batch_later() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let path = archive.path().to_owned();
    let batch_of = |round: usize| batch((0..256).map(|n| entry(&format!("r{round}-{n}"), n)).collect());
    archive.ingest(&batch_of(0)).await.unwrap();
    let writer = archive.writer().unwrap();
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(writer).await.unwrap();
    let limit = |pages: i64| sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
    sqlx::query(limit(pages + 10)).execute(writer).await.unwrap();

    let before = row_counts(&path).await;
    for _ in 0..3 {
        let error = archive.ingest(&batch_of(1)).await.unwrap_err();
        assert_eq!(error.to_string(), format!("archive {path:?}: no space left for it"));
        assert!(matches!(error, IngestError::Storage(error) if error.cause == StorageCause::Full));
        assert_eq!(row_counts(&path).await, before);
    }
    sqlx::query(limit(1 << 30)).execute(writer).await.unwrap();
    archive.ingest(&batch_of(1)).await.unwrap();
    assert_eq!(archive.stats(0).await.unwrap().messages[0].messages, 512);
}
