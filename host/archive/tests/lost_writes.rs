//! What was acknowledged and is not there is told; what was changed from without is noticed.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{Write, activation, batch, entry, fresh, generation, id, raw_connection, rich_batch, rich_entry};
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
    for ending in ["", "-wal", ".writes", ".keys"] {
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
async fn an_altered_envelope_or_a_part_in_another_place_is_damage() {
    let statements = [
        "UPDATE envelopes SET held = 0 WHERE message = 1",
        "UPDATE envelopes SET keep_until = keep_until - 1 WHERE message = 1",
        "UPDATE envelopes SET keep_until = NULL WHERE message = 1",
        "UPDATE envelopes SET generation = 2 WHERE message = 1",
        "UPDATE contents SET round = 1 WHERE message = 1",
        "UPDATE contents SET key_version = 2 WHERE message = 1",
        "UPDATE contents SET content = judgement WHERE message = 1",
        "UPDATE contents SET judgement = content WHERE message = 1",
        "UPDATE contents SET content = (SELECT content FROM contents WHERE message = 2) WHERE message = 1",
        "UPDATE contents SET key = (SELECT key FROM contents WHERE message = 2) WHERE message = 1",
        "UPDATE contents SET judgement = x'00' WHERE message = 1",
        "UPDATE policies SET name = 'other' WHERE policy = 1",
        "UPDATE proposals SET json = replace(json, '153', '154')",
    ];
    for sql in statements {
        let folder = tempfile::tempdir().unwrap();
        let archive = fresh(&folder).await;
        archive.activate(&activation(generation("second"), 1)).await.unwrap();
        archive.ingest(&rich_batch("m1")).await.unwrap();
        archive.ingest(&batch(vec![entry("m2", 2)])).await.unwrap();
        let path = archive.path().to_owned();
        archive.close().await;
        let archive = changed(&path, sql).await;
        let shown = archive.show(&id("m1")).await;
        assert_eq!(shown.expect_err(sql).cause, StorageCause::Corrupt, "{sql}");
        let recorded = archive.recorded(&id("m1")).await;
        assert_eq!(recorded.expect_err(sql).cause, StorageCause::Corrupt, "{sql}");
    }
}

/// Message 1 stands in the place of message 2, key and parts together.
#[tokio::test]
async fn a_record_in_the_place_of_another_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive
        .ingest(&batch(vec![entry("m1", 1), entry("m2", 2)]))
        .await
        .unwrap();
    let path = archive.path().to_owned();
    archive.close().await;
    let sql = "UPDATE contents SET (key, content, judgement) = (SELECT key, content, judgement FROM contents WHERE message = 1)
               WHERE message = 2";
    let archive = changed(&path, sql).await;
    assert_eq!(archive.show(&id("m2")).await.unwrap_err().cause, StorageCause::Corrupt);
    archive.show(&id("m1")).await.unwrap();
    archive.close().await;
    let archive = changed(&path, "UPDATE identities SET message = 1 WHERE message = 2").await;
    assert_eq!(archive.show(&id("m2")).await.unwrap_err().cause, StorageCause::Corrupt);
}

#[tokio::test]
async fn one_flipped_bit_of_a_sealed_part_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&rich_batch("m1")).await.unwrap();
    let path = archive.path().to_owned();
    let mut shell = raw_connection(&path).await;
    for column in ["key", "content", "judgement"] {
        let read = sqlx::AssertSqlSafe(format!("SELECT {column} FROM contents"));
        let bytes: Vec<u8> = sqlx::query_scalar(read).fetch_one(&mut shell).await.unwrap();
        let write = format!("UPDATE contents SET {column} = ?");
        for bit in (0..bytes.len() * 8).step_by(37).chain([bytes.len() * 8 - 1]) {
            let mut altered = bytes.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            let update = sqlx::query(sqlx::AssertSqlSafe(write.clone())).bind(altered);
            update.execute(&mut shell).await.unwrap();
            let error = archive.show(&id("m1")).await.expect_err(column);
            assert_eq!(error.cause, StorageCause::Corrupt, "{column}, bit {bit}");
        }
        let update = sqlx::query(sqlx::AssertSqlSafe(write)).bind(bytes);
        update.execute(&mut shell).await.unwrap();
    }
    archive.show(&id("m1")).await.unwrap();
}

/// Whatever a message says stands in the contents alone, which nobody reads without the keys.
#[tokio::test]
async fn no_file_of_an_archive_holds_what_a_message_says() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let mut many = rich_batch("m1");
    many.entries.extend((2..200).map(|n| entry(&format!("m{n}"), n)));
    archive.ingest(&many).await.unwrap();
    let mut again = many.entries[0].clone();
    again.verdict.held = false;
    archive.rejudge(&crate::support::rejudging(vec![again])).await.unwrap();
    let said = [
        "理财产品",
        "简历.pdf",
        "承诺收益",
        "您好 … 王",
        "sdkfileid",
        "{\"other\":1}",
        "\"msgid\"",
    ];
    for round in ["with its log", "closed"] {
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let path = file.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            for said in said {
                let found = bytes.windows(said.len()).any(|window| window == said.as_bytes());
                assert!(!found, "{said} stands in {} ({round})", path.display());
            }
        }
        archive.clone().close().await;
    }
}

#[tokio::test]
async fn without_its_keys_an_archive_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let path = archive.path().to_owned();
    archive.close().await;
    let keys = folder.path().join("a.db.keys");
    let kept = std::fs::read(&keys).unwrap();
    std::fs::remove_file(&keys).unwrap();
    for error in [
        Archive::open(&path).await.map(|_| ()).unwrap_err(),
        Archive::open_readonly(&path).await.map(|_| ()).unwrap_err(),
    ] {
        assert!(matches!(error, ArchiveError::Keys { .. }), "{error}");
        assert!(!keys.exists(), "other keys would open nothing");
    }
    std::fs::write(&keys, kept).unwrap();
    std::fs::set_permissions(&keys, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    Archive::open(&path).await.unwrap();
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
