//! Verdicts that take the place of others, and policies that are quarantined.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{
    at, batch, entry, finding, fresh, generation, id, now, policy, retention, rich_batch, rich_entry, row_counts, step,
};
use proviso_archive::{
    ActivateError, Activation, Archive, Cause, Entry, FoldKey, Quarantined, RejudgeError, RejudgeReport, Rejudging,
    StorageCause,
};
use proviso_model::Digest;
use proviso_model::verdict::{Fault, FaultCause};

fn rejudging(entries: Vec<Entry>) -> Rejudging {
    Rejudging {
        at: at(1_760_000_000_000),
        who: "wei".into(),
        note: "plugin mended".into(),
        entries,
    }
}

/// The message of `rich_entry`, judged by another generation, which does not hold it.
async fn mended(archive: &Archive, native: &str) -> Entry {
    archive.record_generation(&generation("second")).await.unwrap();
    let mut entry = rich_entry(native, 1);
    entry.verdict.generation = generation("second").id;
    entry.verdict.held = false;
    entry.verdict.faults.clear();
    entry.verdict.findings = vec![finding("mended", proviso_model::verdict::Severity::High)];
    entry.retention = Some(retention(None));
    entry.fuel = 99;
    entry
}

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
    assert_eq!(shown.retention, new.retention);
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
        earlier.decision_json,
        old.retention.map(|retention| retention.decision_json)
    );
    assert_eq!(
        (earlier.rejudged_at, earlier.rejudged_by.as_str(), earlier.note.as_str()),
        (at(1_760_000_000_000), "wei", "plugin mended")
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
    assert_eq!(changed, [("earlier_verdicts", 1), ("faults", -1), ("findings", -1)]);
}

#[tokio::test]
async fn a_message_that_is_held_again_waits_on() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&rich_batch("m1")).await.unwrap();
    let mut still = mended(&archive, "m1").await;
    still.verdict.held = true;
    still.verdict.faults = vec![Fault {
        pack: "proviso/bank-cn".into(),
        policy: "departure-risk".into(),
        cause: FaultCause::Quarantined,
        detail: String::new(),
    }];
    let report = archive.rejudge(&rejudging(vec![still])).await.unwrap();
    assert_eq!(
        report,
        RejudgeReport {
            released: 0,
            still_held: 1
        }
    );
    let held = archive.held(10).await.unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!(held[0].faults[0].cause, FaultCause::Quarantined, "why it waits now");
    assert!(archive.held_behind(held[0].arrival, 10).await.unwrap().is_empty());
    let new = mended(&archive, "m1").await;
    archive.rejudge(&rejudging(vec![new])).await.unwrap();
    assert_eq!(archive.earlier_verdicts(&id("m1")).await.unwrap().len(), 2);
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
        assert!(matches!(error, RejudgeError::NotHeld { id } if id.native == name));
    }
    let mut unknown = held.clone();
    unknown.verdict.generation = Digest::of(b"never recorded");
    let error = archive.rejudge(&rejudging(vec![unknown])).await.unwrap_err();
    assert!(matches!(error, RejudgeError::UnknownGeneration { .. }));
    let shown = archive.show(&id("m1")).await.unwrap().unwrap();
    assert!(shown.held_open && shown.earlier.is_empty(), "nothing was written");
    archive.rejudge(&rejudging(vec![held.clone()])).await.unwrap();
    let error = archive.rejudge(&rejudging(vec![held.clone()])).await.unwrap_err();
    assert!(matches!(error, RejudgeError::NotHeld { .. }), "released before");
    let many = vec![held; 513];
    let error = archive.rejudge(&rejudging(many)).await.unwrap_err();
    assert!(matches!(error, RejudgeError::TooMany { found: 513 }));
    let reading = Archive::open_readonly(archive.path()).await.unwrap();
    let error = reading.rejudge(&rejudging(Vec::new())).await.unwrap_err();
    assert!(matches!(error, RejudgeError::Storage(error) if error.cause == StorageCause::ReadOnly));
}

#[tokio::test]
async fn a_message_meets_again_the_states_and_messages_that_it_met() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    // One conversation. The fold saw m1, m3 and m5 of one subject; m2 and m4 it did not.
    let mut entries: Vec<_> = (1..=5).map(|n| entry(&format!("m{n}"), 1)).collect();
    entries[0].steps = vec![step("staff-1", b"", b"one")];
    entries[2].steps = vec![step("staff-1", b"one", b"three")];
    entries[4].steps = vec![step("staff-1", b"three", b"five")];
    for held in [1, 3] {
        entries[held].verdict.held = true;
    }
    archive.ingest(&batch(entries.clone())).await.unwrap();
    let key = FoldKey {
        tenant: "bank".into(),
        policy: policy("departure-risk"),
        key: "staff-1".into(),
    };
    let other = FoldKey {
        tenant: "shop".into(),
        ..key.clone()
    };
    let keys = [key.clone(), other];
    let state_at = async |native: &str| {
        let states = archive.fold_states_at(&id(native), &keys).await.unwrap();
        assert!(states.keys().all(|found| *found == key), "no state of another tenant");
        states.get(&key).cloned().unwrap_or_default()
    };
    let expected: [(&str, &[u8]); 6] = [
        ("m1", b""),
        ("m2", b"one"),
        ("m3", b"one"),
        ("m4", b"three"),
        ("m5", b"three"),
        ("not there", b"five"),
    ];
    for (native, state) in expected {
        assert_eq!(&*state_at(native).await, state, "{native}");
    }
    // Judged again, m2 leaves a step of its own and moves nothing.
    let mut again = entries[1].clone();
    again.verdict.held = false;
    again.steps = vec![step("staff-1", b"one", b"of no account")];
    archive.rejudge(&rejudging(vec![again])).await.unwrap();
    for (native, state) in expected {
        assert_eq!(&*state_at(native).await, state, "{native}, after m2 was judged again");
    }
    let states = archive.fold_states(&keys).await.unwrap();
    assert_eq!(&*states[&key], b"five", "the present state stays");
    let judged = archive.judged(&id("m2")).await.unwrap().unwrap();
    assert_eq!(
        &*judged.folds[0].state, b"one",
        "what a replay of the new verdict begins from"
    );

    let preceding = archive.preceding_of(&id("m4"), 2).await.unwrap();
    assert_eq!(
        preceding,
        [crate::support::whole(&entries[1]), crate::support::whole(&entries[2])]
    );
    assert!(archive.preceding_of(&id("m1"), 5).await.unwrap().is_empty());
}

fn activation(name: &str, millis: i64) -> Activation {
    Activation {
        generation: generation(name).id,
        at: at(millis),
        cause: Cause::Start,
        who: "wei".into(),
        why: String::new(),
        changed: String::new(),
    }
}

#[tokio::test]
async fn a_quarantine_lasts_until_a_retry_or_another_activation() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let (first, second) = (generation("first").id, generation("second").id);
    archive.record_generation(&generation("second")).await.unwrap();
    archive.activate_generation(&activation("first", 1_000)).await.unwrap();
    let quarantined = |name: &str, millis| Quarantined {
        at: at(millis),
        policy: policy(name),
        faults: 16,
        messages: 20,
    };
    let (one, two) = (quarantined("one", 2_000), quarantined("two", 2_500));
    for policy in [&one, &two] {
        archive.record_quarantine(&first, policy).await.unwrap();
    }
    assert_eq!(archive.quarantined(&first).await.unwrap(), [one.clone(), two.clone()]);
    assert!(archive.quarantined(&second).await.unwrap().is_empty());
    archive.record_retry(&one.policy, "wei", now()).await.unwrap();
    assert_eq!(archive.quarantined(&first).await.unwrap(), [two]);
    archive.activate_generation(&activation("second", 3_000)).await.unwrap();
    assert!(archive.quarantined(&first).await.unwrap().is_empty(), "not in force");
    archive.activate_generation(&activation("first", 4_000)).await.unwrap();
    assert!(
        archive.quarantined(&first).await.unwrap().is_empty(),
        "it was tried again"
    );
    let again = quarantined("one", 5_000);
    archive.record_quarantine(&first, &again).await.unwrap();
    assert_eq!(archive.quarantined(&first).await.unwrap(), [again]);
    let error = archive.record_quarantine(&Digest::of(b"never recorded"), &one).await;
    assert!(matches!(error, Err(ActivateError::Unknown { .. })));
}
