//! Verdicts that take the place of others, and policies that are quarantined.

use crate::support::{
    Write, activation, activation_again, advance, at, batch, entry, generation, id, mended, now, policy, rejudging,
    rich_batch, wei,
};
use proviso_archive::{Archive, Change, CommitError, FoldKey, Quarantined, RejudgeReport};
use proviso_model::Digest;
use proviso_model::verdict::{Fault, FaultCause};

pub(crate) async fn a_message_that_is_held_again_waits_on(archive: Archive) {
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

pub(crate) async fn a_message_meets_again_the_states_and_messages_that_it_met(archive: Archive) {
    // One conversation. The fold saw m1, m3 and m5 of one subject; m2 and m4 it did not.
    let mut entries: Vec<_> = (1..=5).map(|n| entry(&format!("m{n}"), 1)).collect();
    entries[0].advances = vec![advance("staff-1", b"", b"one")];
    entries[2].advances = vec![advance("staff-1", b"one", b"three")];
    entries[4].advances = vec![advance("staff-1", b"three", b"five")];
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
    // Judged again, m2 leaves an advance of its own and moves nothing.
    let mut again = entries[1].clone();
    again.verdict.held = false;
    again.advances = vec![advance("staff-1", b"one", b"of no account")];
    archive.rejudge(&rejudging(vec![again])).await.unwrap();
    for (native, state) in expected {
        assert_eq!(&*state_at(native).await, state, "{native}, after m2 was judged again");
    }
    let states = archive.fold_states(&keys).await.unwrap();
    assert_eq!(&*states[&key], b"five", "the present state stays");
    let recorded = archive.recorded(&id("m2")).await.unwrap().unwrap();
    assert_eq!(
        &*recorded.folds[0].state, b"one",
        "what a replay of the new verdict begins from"
    );

    let preceding = archive.preceding_of(&id("m4"), 2).await.unwrap();
    assert_eq!(
        preceding,
        [crate::support::whole(&entries[1]), crate::support::whole(&entries[2])]
    );
    assert!(archive.preceding_of(&id("m1"), 5).await.unwrap().is_empty());
}

pub(crate) async fn a_quarantine_lasts_until_a_retry_or_another_activation(archive: Archive) {
    let (first, second) = (generation("first").id, generation("second").id);
    archive.activate(&activation(generation("second"), 500)).await.unwrap();
    archive.activate(&activation_again("first", 1_000)).await.unwrap();
    let quarantined = |name: &str, millis| Quarantined {
        at: at(millis),
        policy: policy(name),
        faults: 16,
        messages: 20,
    };
    let (one, two) = (quarantined("one", 2_000), quarantined("two", 2_500));
    for policy in [&one, &two] {
        archive.quarantine(&first, policy).await.unwrap();
    }
    assert_eq!(archive.quarantined(&first).await.unwrap(), [one.clone(), two.clone()]);
    assert!(archive.quarantined(&second).await.unwrap().is_empty());
    let retry = Change::Retry {
        policies: std::slice::from_ref(&one.policy),
        at: now(),
    };
    archive.commit(retry, &wei()).await.unwrap();
    assert_eq!(archive.quarantined(&first).await.unwrap(), [two]);
    archive.activate(&activation_again("second", 3_000)).await.unwrap();
    assert!(archive.quarantined(&first).await.unwrap().is_empty(), "not in force");
    archive.activate(&activation_again("first", 4_000)).await.unwrap();
    assert!(
        archive.quarantined(&first).await.unwrap().is_empty(),
        "it was tried again"
    );
    let again = quarantined("one", 5_000);
    archive.quarantine(&first, &again).await.unwrap();
    assert_eq!(archive.quarantined(&first).await.unwrap(), [again]);
    let error = archive.quarantine(&Digest::of(b"never recorded"), &one).await;
    assert!(matches!(error, Err(CommitError::UnknownGeneration { .. })));
}
