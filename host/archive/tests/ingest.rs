//! A batch is written whole or not at all, and nothing twice.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{Write, batch, entry, fresh, id, message, rich_batch, row_counts};
use proviso_archive::{Archive, CommitError, ConversationKey, IngestBatch, StorageCause};
use proviso_model::Digest;
use proviso_model::limits::TRANSACTION_MESSAGES_MAX;
use std::path::Path;

async fn messages_in(path: &Path) -> i64 {
    row_counts(path)
        .await
        .into_iter()
        .find(|(table, _)| table == "envelopes")
        .unwrap()
        .1
}

/// Everything that is read of a message again.
async fn read_again(archive: &Archive, native: &str) -> String {
    let shown = archive.show(&id(native)).await.unwrap().unwrap();
    let recorded = archive.recorded(&id(native)).await.unwrap().unwrap();
    assert!(shown.differences.is_empty() && recorded.differences.is_empty());
    format!("{shown:?} {recorded:?}")
}

#[tokio::test]
async fn what_was_packed_before_its_turn_is_what_would_be_packed_in_it() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (ahead, in_turn) = (fresh(&folder).await, fresh(&other).await);
    // The names of the first have no numbers yet when it is packed; those of the second have.
    for native in ["m1", "m2"] {
        let mut packed = rich_batch(native);
        in_turn.ingest(&packed).await.unwrap();
        ahead.pack(&mut packed);
        ahead.ingest(&packed).await.unwrap();
        assert_eq!(read_again(&ahead, native).await, read_again(&in_turn, native).await);
    }
}

#[tokio::test]
async fn what_was_packed_of_another_message_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&batch(vec![entry("m1", 1)])).await.unwrap();
    let mut altered = batch(vec![entry("m2", 2), entry("m3", 3)]);
    archive.pack(&mut altered);
    altered.entries.swap(0, 1);
    archive.ingest(&altered).await.unwrap();
    for (native, n) in [("m2", 2), ("m3", 3)] {
        let shown = archive.show(&id(native)).await.unwrap().unwrap();
        assert_eq!(shown.message.text, message(native, n).text, "{native}");
        assert_eq!(shown.verdict.verdict.message, id(native).into());
    }
}

#[tokio::test]
async fn every_row_of_a_failing_batch_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let path = archive.path().to_owned();
    archive.ingest(&batch(vec![entry("m1", 1)])).await.unwrap();
    let before = row_counts(&path).await;

    let mut not_new = rich_batch("m2");
    not_new.entries.push(entry("m1", 1));
    let mut twice = rich_batch("m2");
    twice.entries.push(entry("m2", 1));
    let mut unknown_generation = rich_batch("m2");
    unknown_generation.entries.push(entry("m3", 3));
    unknown_generation.entries[1].verdict.generation = Digest::of(b"never recorded");
    let mut conflict_with_nothing = rich_batch("m2");
    conflict_with_nothing.conflicts[0].id = id("m9");
    let mut wrong_verdict = rich_batch("m2");
    wrong_verdict.entries[0].verdict.message = id("m3").into();
    let mut bad_score = rich_batch("m2");
    bad_score.entries[0].verdict.scores[0].value = 100.5;
    let too_many = batch(
        (0..=TRANSACTION_MESSAGES_MAX)
            .map(|n| entry(&format!("n{n}"), n))
            .collect(),
    );

    let failures = [
        (not_new, "message bank/wecom/m1 is not new"),
        (twice, "message bank/wecom/m2 is not new"),
        (unknown_generation, "was never recorded"),
        (
            conflict_with_nothing,
            "a conflict with message bank/wecom/m9, which is not in the archive",
        ),
        (
            wrong_verdict,
            "message bank/wecom/m2 comes with the verdict on bank/wecom/m3",
        ),
        (bad_score, "the database refused the operation"),
        (
            too_many,
            "513 messages in one change: at most 512 go into one transaction",
        ),
    ];
    for (batch, expected) in failures {
        let error = archive.ingest(&batch).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(row_counts(&path).await, before, "{expected}");
    }
    archive.ingest(&rich_batch("m2")).await.unwrap();
    assert_eq!(messages_in(&path).await, 2);
    let stats = archive.stats(10).await.unwrap();
    assert_eq!(stats.findings.len(), 2, "names that were taken back are given again");
}

#[tokio::test]
async fn a_cancelled_ingest_leaves_all_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let path = archive.path().to_owned();
    let mut written = 0;
    // On a busy machine the longest patience of the first rounds is not enough: then rounds go on until one is.
    for round in (0..60).chain((6..).map(|power| 1 << power).take_while(|round| *round < 100_000)) {
        if round >= 60 && written > 0 {
            break;
        }
        let entries = (0..100).map(|n| entry(&format!("r{round}-{n}"), n)).collect();
        let batch = batch(entries);
        let ingest = archive.ingest(&batch);
        let patience = std::time::Duration::from_micros(round * 100);
        let finished = tokio::time::timeout(patience, ingest).await.is_ok();
        let now = messages_in(&path).await;
        // The commit of a dropped future may be still on its way; the next write waits for it.
        archive.ingest(&IngestBatch::new(crate::support::now())).await.unwrap();
        let settled = messages_in(&path).await;
        assert!(settled == written || settled == written + 100, "{written} -> {settled}");
        assert!(!finished || now == written + 100);
        written = settled;
    }
    assert!(written > 0, "a patience of seconds is enough");
    let audit = archive.audit(None).await.unwrap();
    assert!(audit.is_whole(), "{:?}", audit.named().collect::<Vec<_>>());
    assert_eq!(audit.messages, written.unsigned_abs());
}

#[tokio::test]
async fn readers_see_whole_batches_while_one_writes() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let path = archive.path().to_owned();
    let writer = {
        let archive = archive.clone();
        tokio::spawn(async move {
            for round in 0..40 {
                let entries = (0..50).map(|n| entry(&format!("r{round}-{n}"), n)).collect();
                archive.ingest(&batch(entries)).await.unwrap();
            }
        })
    };
    let outside = Archive::open_readonly(&path).await.unwrap();
    let mut seen = Vec::new();
    while !writer.is_finished() {
        for reader in [&archive, &outside] {
            let messages: u64 = reader
                .stats(1)
                .await
                .unwrap()
                .messages
                .iter()
                .map(|count| count.messages)
                .sum();
            assert_eq!(messages % 50, 0, "a batch is seen whole");
            assert!(seen.last().is_none_or(|last| *last <= messages));
            seen.push(messages);
            reader
                .preceding(&[ConversationKey::of(&message("r0-0", 0))], 5)
                .await
                .unwrap();
        }
    }
    writer.await.unwrap();
    assert_eq!(messages_in(&path).await, 2_000);
    assert!(seen.len() > 2);
    let error = outside.ingest(&batch(vec![entry("m1", 1)])).await.unwrap_err();
    assert!(matches!(error, CommitError::Storage(error) if error.cause == StorageCause::ReadOnly));
}
