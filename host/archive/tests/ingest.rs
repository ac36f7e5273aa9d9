//! A batch is written whole or not at all, and nothing twice.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{
    at, batch, entry, entry_of, finding, fresh, generation, id, message, now, offset, place, policy, retention,
    rich_batch, row_counts, score, step,
};
use proviso_archive::{
    Archive, Conflict, ConversationKey, Duplicates, FoldKey, IngestBatch, IngestError, Known, ReleaseError,
    SourceError, StorageCause,
};
use proviso_model::consent::{ConsentEvent, ConsentState};
use proviso_model::limits::TRANSACTION_MESSAGES_MAX;
use proviso_model::message::Kind;
use proviso_model::verdict::Severity;
use proviso_model::{Digest, Message, MessageId};
use std::path::Path;
use std::sync::Arc;

async fn messages_in(path: &Path) -> i64 {
    row_counts(path)
        .await
        .into_iter()
        .find(|(table, _)| table == "messages")
        .unwrap()
        .1
}

#[tokio::test]
async fn a_message_is_new_once() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&batch(vec![entry("m1", 1)])).await.unwrap();

    let same = message("m1", 1);
    let mut reformatted = same.clone();
    reformatted.raw = same.raw.replace("\",\"", "\" ,\n\"").into();
    let other = message("m1", 2);
    let mut elsewhere = same.clone();
    Arc::make_mut(&mut elsewhere.id).tenant = "shop".into();
    let (new, new_again, new_other) = (message("m2", 1), message("m2", 1), message("m2", 9));
    let asked = [&same, &reformatted, &other, &elsewhere, &new, &new_again, &new_other];
    let asked: Vec<_> = asked
        .iter()
        .map(|message| (&*message.id, message.content_digest()))
        .collect();
    let kept = same.content_digest();
    assert_eq!(
        archive.known(&asked).await.unwrap(),
        [
            Known::Same,
            Known::Same,
            Known::Conflict { kept },
            Known::New,
            Known::New,
            Known::Same,
            Known::Conflict {
                kept: new.content_digest()
            },
        ]
    );
    assert_eq!(archive.known(&[]).await.unwrap(), []);

    let many: Vec<Message> = (0..1_500).map(|n| message(&format!("x{n}"), n)).collect();
    let many: Vec<_> = many
        .iter()
        .map(|message| (&*message.id, message.content_digest()))
        .collect();
    assert!(
        archive
            .known(&many)
            .await
            .unwrap()
            .iter()
            .all(|known| *known == Known::New)
    );
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
        (too_many, "a batch of 513 messages: at most 512 go into one transaction"),
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
    for round in 0..60 {
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
    assert!(written > 0, "the longest patience is enough");
}

#[tokio::test]
async fn a_conflict_is_recorded_beside_what_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let first = entry("m1", 1);
    let refused = message("m1", 2);
    let conflict = Conflict {
        id: MessageId::clone(&refused.id),
        refused: refused.content_digest(),
        refused_raw: refused.raw.clone(),
        place: place(2),
    };
    // Both come in one batch, then the refused one again, and another one.
    let mut one = batch(vec![first.clone()]);
    one.conflicts.push(conflict.clone());
    archive.ingest(&one).await.unwrap();
    let mut again = batch(Vec::new());
    again.conflicts = vec![
        conflict.clone(),
        Conflict {
            refused: Digest::of(b"third"),
            ..conflict.clone()
        },
    ];
    archive.ingest(&again).await.unwrap();

    let shown = archive.show(&id("m1")).await.unwrap().unwrap();
    assert_eq!(shown.message, crate::support::whole(&first), "the first stays");
    let refused: Vec<_> = shown.conflicts.iter().map(|conflict| conflict.refused).collect();
    assert_eq!(refused, [conflict.refused, Digest::of(b"third")]);
    assert_eq!(archive.stats(1).await.unwrap().conflicts, 2);
}

#[tokio::test]
async fn folds_go_on_from_batch_to_batch() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let key = FoldKey {
        tenant: "bank".into(),
        policy: policy("departure-risk"),
        key: "staff-1".into(),
    };
    assert!(
        archive
            .fold_states(std::slice::from_ref(&key))
            .await
            .unwrap()
            .is_empty()
    );
    let mut first = entry("m1", 1);
    first.steps = vec![step("staff-1", b"", b"one")];
    first.verdict.scores = vec![score("staff-1", 10.0, "m1")];
    let mut second = entry("m2", 2);
    second.steps = vec![step("staff-1", b"one", b"two"), step("staff-2", b"", b"other")];
    second.verdict.scores = vec![score("staff-1", 20.0, "m1"), score("staff-2", 90.0, "m2")];
    let mut third = entry("m3", 3);
    third.steps = vec![step("staff-1", b"two", b"")];
    third.verdict.scores = vec![score("staff-1", 15.5, "m3")];
    archive.ingest(&batch(vec![first, second])).await.unwrap();
    assert_eq!(
        archive.fold_states(std::slice::from_ref(&key)).await.unwrap()[&key].as_ref(),
        b"two"
    );
    archive.ingest(&batch(vec![third])).await.unwrap();
    assert_eq!(
        archive.fold_states(std::slice::from_ref(&key)).await.unwrap()[&key].as_ref(),
        b"",
        "an empty state is a state"
    );

    let risks = archive.risks(10).await.unwrap();
    let summary: Vec<_> = risks
        .iter()
        .map(|risk| (risk.key.as_str(), risk.value, risk.message.as_str()))
        .collect();
    assert_eq!(summary, [("staff-2", 90.0, "m2"), ("staff-1", 15.5, "m3")]);
    assert_eq!(risks[1].factors, score("staff-1", 15.5, "m3").factors);
    assert_eq!(archive.risks(1).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_last_word_of_a_contact_holds() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let said = [
        ("m1", "wang", ConsentState::Agree, 10),
        ("m2", "wang", ConsentState::Disagree, 30),
        ("m3", "wang", ConsentState::Agree, 20),
        ("m4", "li", ConsentState::Disagree, 5),
        ("m5", "li", ConsentState::DefaultAgree, 5),
        ("m6", "zhao", ConsentState::DefaultAgree, 5),
        ("m7", "zhao", ConsentState::Agree, 5),
    ];
    let event = |party: &str, state, millis| ConsentEvent {
        party: party.into(),
        state,
        at: at(millis),
    };
    let entries = said.map(|(native, party, state, millis)| {
        let mut message = message(native, 1);
        message.consent = Some(event(party, state, millis));
        entry_of(message)
    });
    archive.ingest(&batch(entries.to_vec())).await.unwrap();
    let wang = event("wang", ConsentState::Disagree, 30);
    let li = event("li", ConsentState::Disagree, 5);
    let zhao = event("zhao", ConsentState::DefaultAgree, 5);
    assert_eq!(
        archive.consent_states("bank", "wecom").await.unwrap(),
        [li, wang.clone(), zhao]
    );
    assert_eq!(archive.consent_states("shop", "wecom").await.unwrap(), []);
    let some = archive
        .consent_states_of("bank", "wecom", &["nobody", "wang"])
        .await
        .unwrap();
    assert_eq!(some, [wang]);
    assert_eq!(archive.consent_states_of("shop", "wecom", &["wang"]).await.unwrap(), []);
}

#[tokio::test]
async fn sources_are_counted_without_messages() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    for round in 1..=2 {
        let mut batch = batch(Vec::new());
        batch.offsets = vec![offset(100 * round, round)];
        batch.duplicates = vec![Duplicates {
            source: "spool".into(),
            count: 4,
        }];
        batch.source_errors = vec![SourceError {
            place: place(round),
            reason: format!("line {round} is empty"),
        }];
        archive.ingest(&batch).await.unwrap();
    }
    assert_eq!(archive.offsets("spool").await.unwrap(), [offset(200, 2)]);
    let reasons: Vec<_> = archive
        .source_errors(1)
        .await
        .unwrap()
        .into_iter()
        .map(|error| error.reason)
        .collect();
    assert_eq!(reasons, ["line 2 is empty"]);
    let sources = archive.stats(0).await.unwrap().sources;
    assert_eq!(
        (sources[0].source.as_str(), sources[0].duplicates, sources[0].errors),
        ("spool", 8, 2)
    );
}

#[tokio::test]
async fn everything_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&rich_batch("m1")).await.unwrap();
    let mut plain = entry("m2", 2);
    plain.verdict.findings = vec![finding("pressure", Severity::High), finding("pressure", Severity::High)];
    plain.retention = Some(retention(None));
    let mut undecided = entry("m3", 3);
    undecided.retention = Some(retention(None));
    undecided.retention.as_mut().unwrap().statutes.clear();
    archive.ingest(&batch(vec![plain, undecided])).await.unwrap();

    let stats = archive.stats(5).await.unwrap();
    let messages: Vec<_> = stats
        .messages
        .iter()
        .map(|count| (count.kind, count.messages))
        .collect();
    assert_eq!(messages, [(Kind::RedPacket, 1), (Kind::Text, 2)]);
    let findings: Vec<_> = stats
        .findings
        .iter()
        .map(|count| {
            (
                count.rule.as_str(),
                count.severity,
                count.shadow,
                count.findings,
                count.messages,
            )
        })
        .collect();
    assert_eq!(
        findings,
        [
            ("guaranteed-return", Severity::Critical, false, 1, 1),
            ("pressure", Severity::High, false, 2, 1),
            ("pressure", Severity::Low, true, 1, 1),
        ]
    );
    let retention: Vec<_> = stats
        .retention
        .iter()
        .map(|count| {
            (
                count.statute.as_ref().map(|statute| statute.law.as_str()),
                count.messages,
                count.dated,
            )
        })
        .collect();
    assert_eq!(retention, [(Some("证券法"), 2, 1), (None, 1, 0)]);
    assert_eq!(
        (stats.withheld, stats.held, stats.held_open, stats.conflicts),
        (1, 1, 1, 1)
    );
    assert_eq!(
        (stats.faults.len(), stats.faults[0].faults, stats.consents[0].parties),
        (1, 1, 1)
    );
    insta::assert_json_snapshot!(stats);
}

#[tokio::test]
async fn a_held_message_waits_until_somebody_releases_it() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&rich_batch("m1")).await.unwrap();
    archive
        .release(&id("m1"), "wei", "the plugin was at fault", now())
        .await
        .unwrap();
    assert!(archive.held(10).await.unwrap().is_empty());
    assert!(!archive.show(&id("m1")).await.unwrap().unwrap().held_open);
    for native in ["m1", "m2"] {
        let error = archive.release(&id(native), "wei", "", now()).await.unwrap_err();
        assert!(matches!(error, ReleaseError::NotHeld { .. }));
    }
    let stats = archive.stats(0).await.unwrap();
    assert_eq!((stats.held, stats.held_open), (1, 0));
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
    assert!(matches!(error, IngestError::Storage(error) if error.cause == StorageCause::ReadOnly));
}

#[tokio::test]
async fn writers_wait_for_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.record_generation(&generation("second")).await.unwrap();
    let tasks: Vec<_> = (0..16)
        .map(|task| {
            let archive = archive.clone();
            tokio::spawn(async move {
                let entries = (0..20).map(|n| entry(&format!("t{task}-{n}"), n)).collect();
                archive.ingest(&batch(entries)).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(archive.stats(0).await.unwrap().messages[0].messages, 320);
}
