//! Verdicts that take the place of others, and policies that are quarantined.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{Write, at, batch, entry, fresh, generation, id, mended, rejudging, rich_batch, row_counts};
use proviso_archive::{Archive, CommitError, RejudgeReport, StorageCause};
use proviso_model::Digest;
use std::sync::Arc;

#[tokio::test]
async fn a_new_verdict_stands_and_the_old_one_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let old = rich_batch("m1").entries.remove(0);
    archive.ingest(&rich_batch("m1")).await.unwrap();
    let new = mended(&archive, "m1").await;
    let before = row_counts(archive.path()).await;
    let report = archive.rejudge(&rejudging(vec![new.clone()])).await.unwrap();
    assert_eq!(
        report,
        RejudgeReport {
            released: 1,
            still_held: 0
        }
    );

    let shown = archive.show(&id("m1")).await.unwrap().unwrap();
    assert_eq!(shown.message, crate::support::whole(&old));
    assert_eq!(shown.verdict.json, new.verdict.to_canonical_json());
    assert_eq!(
        (shown.verdict.generation, shown.verdict.fuel),
        (generation("second").id, 99)
    );
    assert_eq!(shown.retention.map(|kept| Arc::new(kept.decision)), new.retention);
    assert_eq!(
        shown.differences,
        [] as [&str; 0],
        "its score is that of the first verdict"
    );
    assert!(!shown.held_open);
    let [earlier] = &shown.earlier[..] else {
        panic!("{:?}", shown.earlier)
    };
    assert_eq!(earlier.json, old.verdict.to_canonical_json());
    assert_eq!(
        (earlier.generation, earlier.fuel, earlier.held),
        (old.verdict.generation, old.fuel, true)
    );
    assert_eq!(
        earlier.retention.as_ref().map(|kept| &kept.decision),
        old.retention.as_deref()
    );
    assert_eq!(
        (
            earlier.rejudged_at,
            earlier.rejudged_by.to_string(),
            earlier.note.as_str()
        ),
        (at(1_760_000_000_000), "person:wei".to_owned(), "plugin mended")
    );

    let stats = archive.stats(5).await.unwrap();
    assert_eq!((stats.held, stats.held_open), (1, 0));
    assert_eq!(stats.findings.len(), 1, "what the old verdict found counts no more");
    assert!(stats.faults.is_empty());
    let after = row_counts(archive.path()).await;
    let changed: Vec<_> = before
        .iter()
        .zip(&after)
        .filter(|(before, after)| before != after)
        .map(|((name, before), (_, after))| (name.as_str(), after - before))
        .collect();
    assert_eq!(
        changed,
        [
            ("alerts", 1),
            ("earlier_judgements", 1),
            ("faults", -1),
            ("findings", -1),
            // What it said at first is kept, and four things are told: that it was judged again, that it was released, and the ends of
            // its two alerts.
            ("log_entries", 5),
            ("log_leaves", 1),
            ("reviews", 2)
        ]
    );
}

#[tokio::test]
async fn only_held_messages_are_judged_again_and_all_of_a_request_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&rich_batch("m1")).await.unwrap();
    archive.ingest(&batch(vec![entry("m2", 2)])).await.unwrap();
    let held = mended(&archive, "m1").await;
    for (other, name) in [(entry("m2", 2), "m2"), (entry("m3", 3), "m3")] {
        let error = archive
            .rejudge(&rejudging(vec![held.clone(), other]))
            .await
            .unwrap_err();
        assert!(matches!(error, CommitError::NotHeld { id } if id.native == name));
    }
    let mut unknown = held.clone();
    unknown.verdict.generation = Digest::of(b"never recorded");
    let error = archive.rejudge(&rejudging(vec![unknown])).await.unwrap_err();
    assert!(matches!(error, CommitError::UnknownGeneration { .. }));
    let shown = archive.show(&id("m1")).await.unwrap().unwrap();
    assert!(shown.held_open && shown.earlier.is_empty(), "nothing was written");
    archive.rejudge(&rejudging(vec![held.clone()])).await.unwrap();
    let error = archive.rejudge(&rejudging(vec![held.clone()])).await.unwrap_err();
    assert!(matches!(error, CommitError::NotHeld { .. }), "released before");
    let many = vec![held; 513];
    let error = archive.rejudge(&rejudging(many)).await.unwrap_err();
    assert!(matches!(error, CommitError::TooMany { found: 513 }));
    let reading = Archive::open_readonly(archive.path()).await.unwrap();
    let error = reading.rejudge(&rejudging(Vec::new())).await.unwrap_err();
    assert!(matches!(error, CommitError::Storage(error) if error.cause == StorageCause::ReadOnly));
}
