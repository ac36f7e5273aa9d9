//! What was acknowledged and is not there is told; what was changed from without is noticed.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{Write, batch, entry, fresh, id, raw_connection, rich_batch, rich_entry};
use proviso_archive::{Archive, ArchiveError, Opening, StorageCause};
use sqlx::Connection as _;
use std::path::{Path, PathBuf};

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// The files of an archive as a power cut would leave them: its log is not in it yet.
fn copy_of(path: &Path, folder: &Path) -> PathBuf {
    let copy = folder.join("copy.db");
    for ending in ["", "-wal", ".writes"] {
        std::fs::copy(beside(path, ending), beside(&copy, ending)).unwrap();
    }
    copy
}

#[tokio::test]
async fn a_deleted_log_is_told_and_its_loss_accepted_by_an_explicit_word() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.close().await;
    let archive = Archive::open(folder.path().join("a.db")).await.unwrap();
    archive.ingest(&batch(vec![entry("m1", 1)])).await.unwrap();
    archive.ingest(&batch(vec![entry("m2", 2)])).await.unwrap();

    let copy = copy_of(archive.path(), folder.path());
    Archive::open(&copy).await.unwrap().close().await;
    let copy = copy_of(archive.path(), folder.path());
    std::fs::remove_file(beside(&copy, "-wal")).unwrap();
    let error = Archive::open(&copy).await.map(|_| ()).unwrap_err();
    assert!(
        matches!(
            &error,
            ArchiveError::LostWrites {
                found: 1,
                acknowledged: Some(3),
                ..
            }
        ),
        "{error:?}"
    );
    let (log, count) = (beside(&copy, "-wal"), beside(&copy, ".writes"));
    assert_eq!(
        error.to_string(),
        format!(
            "archive {copy:?} has 1 writes, and 3 were acknowledged: its write-ahead log was deleted, or an older copy was put \
             in its place. Put back {log:?} or the newer file; to go on without what is lost, `proviso serve --accept-lost-writes`"
        )
    );
    // Looking is allowed, and a refusal changes nothing.
    let reader = Archive::open_readonly(&copy).await.unwrap();
    assert_eq!(reader.message_count().await.unwrap(), 0);
    reader.close().await;
    assert!(matches!(
        Archive::open(&copy).await,
        Err(ArchiveError::LostWrites { .. })
    ));

    let accepting = Opening {
        accept_lost_writes: true,
        ..Opening::default()
    };
    let accepted = Archive::open_with(&copy, &accepting).await.unwrap();
    accepted.ingest(&batch(vec![entry("m1", 1)])).await.unwrap();
    accepted.close().await;
    Archive::open(&copy).await.unwrap().close().await;

    std::fs::write(&count, "unreadable").unwrap();
    let error = Archive::open(&copy).await.map(|_| ()).unwrap_err();
    assert!(
        error.to_string().contains("an unreadable number were acknowledged"),
        "{error}"
    );
    std::fs::remove_file(&count).unwrap();
    Archive::open(&copy).await.unwrap().close().await;
    archive.close().await;
}

#[tokio::test]
async fn an_archive_that_is_gone_is_not_made_anew_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let path = archive.path().to_owned();
    archive.close().await;
    std::fs::remove_file(&path).unwrap();
    let error = Archive::open(&path).await.map(|_| ()).unwrap_err();
    assert!(
        matches!(
            error,
            ArchiveError::LostWrites {
                found: 0,
                acknowledged: Some(1),
                ..
            }
        ),
        "{error:?}"
    );
    assert!(!path.exists(), "nothing is made that would look whole the next time");
}

/// Runs a statement in another program, and opens the archive again.
async fn changed(path: &Path, sql: &'static str) -> Archive {
    let mut shell = raw_connection(path).await;
    assert_eq!(
        sqlx::query(sql).execute(&mut shell).await.unwrap().rows_affected(),
        1,
        "{sql}"
    );
    shell.close().await.unwrap();
    Archive::open(path).await.unwrap()
}

#[tokio::test]
async fn one_flipped_bit_of_a_message_or_a_verdict_is_damage() {
    let statements = [
        "UPDATE messages SET text = replace(text, '您', '悩')",
        "UPDATE messages SET raw = replace(raw, 'send', 'sene')",
        "UPDATE messages SET sent_at = sent_at + 1",
        "UPDATE messages SET sender_department = 'vealth'",
        "UPDATE verdicts SET verdict = replace(verdict, '61.25', '61.24')",
        "UPDATE verdicts SET verdict = verdict || ' '",
        "UPDATE verdicts SET fuel = fuel + 1",
        "UPDATE verdicts SET held = 0",
        "UPDATE verdicts SET form = 2",
        "UPDATE retention SET keep_until = '2046-01-30'",
        "UPDATE retention SET decision = replace(decision, '2046', '2044')",
        "DELETE FROM retention",
    ];
    for sql in statements {
        let folder = tempfile::tempdir().unwrap();
        let archive = fresh(&folder).await;
        archive.ingest(&rich_batch("m1")).await.unwrap();
        let path = archive.path().to_owned();
        archive.close().await;
        let archive = changed(&path, sql).await;
        let shown = archive.show(&id("m1")).await;
        assert_eq!(shown.expect_err(sql).cause, StorageCause::Corrupt, "{sql}");
        let recorded = archive.recorded(&id("m1")).await;
        assert_eq!(recorded.expect_err(sql).cause, StorageCause::Corrupt, "{sql}");
    }
}

#[tokio::test]
async fn an_edited_row_beside_the_verdict_is_a_difference() {
    let statements = [
        (
            "UPDATE scores SET value = 12.5",
            "the score that proviso/bank-cn:departure-risk gave to \"staff-1\" is 12.5 in its row, and 61.25 in the verdict",
        ),
        (
            "UPDATE scores SET factors = replace(factors, 'job-sites', 'weekend')",
            "the factors of the score that proviso/bank-cn:departure-risk gave to \"staff-1\" differ from the verdict's",
        ),
        (
            "DELETE FROM scores",
            "the score that proviso/bank-cn:departure-risk gave to \"staff-1\" is not there any more",
        ),
        (
            "UPDATE findings SET severity = 'low' WHERE severity = 'critical'",
            "the rows of its findings say something else than its verdict",
        ),
        (
            "UPDATE faults SET cause = 'trap'",
            "the rows of its faults say something else than its verdict",
        ),
    ];
    for (sql, expected) in statements {
        let folder = tempfile::tempdir().unwrap();
        let archive = fresh(&folder).await;
        archive.ingest(&rich_batch("m1")).await.unwrap();
        assert_eq!(
            archive.recorded(&id("m1")).await.unwrap().unwrap().differences,
            [] as [&str; 0]
        );
        let path = archive.path().to_owned();
        archive.close().await;
        let archive = changed(&path, sql).await;
        assert_eq!(
            archive.recorded(&id("m1")).await.unwrap().unwrap().differences,
            [expected]
        );
        assert_eq!(archive.show(&id("m1")).await.unwrap().unwrap().differences, [expected]);
        let differs: Vec<bool> = archive
            .risks(5)
            .await
            .unwrap()
            .iter()
            .map(|risk| risk.differs)
            .collect();
        let of_score: &[bool] = match sql {
            "DELETE FROM scores" => &[],
            sql if sql.contains("scores") => &[true],
            _ => &[false],
        };
        assert_eq!(differs, of_score, "{sql}");
    }
}

/// A later message of the subject takes the row over, and the earlier one has nothing to say of it.
#[tokio::test]
async fn a_score_of_an_earlier_message_is_not_compared() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&rich_batch("m1")).await.unwrap();
    archive.ingest(&batch(vec![rich_entry("m2", 2)])).await.unwrap();
    for native in ["m1", "m2"] {
        assert_eq!(
            archive.recorded(&id(native)).await.unwrap().unwrap().differences,
            [] as [&str; 0]
        );
    }
}
