//! What goes in comes out: messages, and all that was said of them.

use crate::support::{Write, advance, batch, entry, id, now, offset, place, policy, rich_batch};
use proviso_archive::{Archive, ConversationKey, FoldKey};
use proviso_model::{Message, MessageId};
use std::sync::Arc;

pub(crate) async fn all_that_was_said_is_shown(archive: Archive) {
    let batch = rich_batch("m1");
    let entry = &batch.entries[0];
    let report = archive.ingest(&batch).await.unwrap();
    assert_eq!(
        (
            report.messages,
            report.findings,
            report.held,
            report.duplicates,
            report.conflicts,
            report.source_errors
        ),
        (1, 2, 1, 3, 1, 1)
    );

    let shown = archive.show(&id("m1")).await.unwrap().unwrap();
    assert_eq!(shown.message, crate::support::whole(entry));
    assert_eq!(
        (shown.arrival, shown.received_at, shown.digest),
        (1, now(), entry.message.digest())
    );
    assert_eq!(shown.verdict.verdict, entry.verdict);
    assert_eq!(shown.verdict.fuel, 12_345);
    assert_eq!(shown.retention.map(|kept| Arc::new(kept.decision)), entry.retention);
    assert!(shown.held_open);
    assert_eq!(shown.conflicts, 1);
    let conflicts = archive.conflicts(&id("m1"), 10).await.unwrap();
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].refused, batch.conflicts[0].refused);
    assert_eq!(conflicts[0].refused_raw, *batch.conflicts[0].refused_raw);
    assert_eq!(conflicts[0].place, place(7));
    assert_eq!(archive.conflicts(&id("m1"), 0).await.unwrap(), []);
    assert_eq!(archive.conflicts(&id("nothing"), 10).await.unwrap(), []);
    assert_eq!(archive.show(&id("nothing")).await.unwrap(), None);

    let held = archive.held(10).await.unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!((&held[0].id, &held[0].faults), (&id("m1"), &entry.verdict.faults));
    assert_eq!(archive.offsets("spool").await.unwrap(), [offset(4_096, 8)]);
    assert_eq!(archive.offsets("other").await.unwrap(), []);
    assert_eq!(archive.source_errors(10).await.unwrap(), batch.source_errors);
}

pub(crate) async fn a_judged_message_comes_with_all_that_a_replay_needs(archive: Archive) {
    let mut entries = vec![entry("m1", 1), entry("m2", 1), entry("m3", 1)];
    entries[1].advances = vec![advance("staff-1", b"", b"one")];
    entries[2].advances = vec![advance("staff-1", b"one", b"two"), advance("room", b"", b"x")];
    entries[2].verdict.preceding = vec!["m2".into(), "m1".into()];
    archive.ingest(&batch(entries.clone())).await.unwrap();

    let recorded = archive.recorded(&id("m3")).await.unwrap().unwrap();
    assert_eq!(recorded.message, crate::support::whole(&entries[2]));
    assert_eq!(
        recorded.preceding,
        [crate::support::whole(&entries[1]), crate::support::whole(&entries[0])],
        "in the verdict's order"
    );
    assert_eq!(recorded.verdict.json, entries[2].verdict.to_canonical_json());
    let folds: Vec<_> = recorded.folds.iter().map(|fold| (&*fold.key, &*fold.state)).collect();
    assert_eq!(folds, [("room", &b""[..]), ("staff-1", b"one")]);
    assert_eq!(archive.recorded(&id("m4")).await.unwrap(), None);

    let key = |tenant: &str, key: &str| FoldKey {
        tenant: tenant.into(),
        policy: policy("departure-risk"),
        key: key.into(),
    };
    let wanted = [
        key("bank", "staff-1"),
        key("shop", "staff-1"),
        key("bank", "nobody"),
        key("bank", "staff-1"),
    ];
    let states = archive.fold_states(&wanted).await.unwrap();
    assert_eq!(states.len(), 1);
    assert_eq!(
        &*states[&wanted[0]], b"two",
        "the last advance of the batch is the state"
    );
}

pub(crate) async fn conversations_give_their_last_messages_by_arrival(archive: Archive) {
    let entries: Vec<_> = (0..300).map(|n| entry(&format!("m{n:03}"), n)).collect();
    let mut other = crate::support::message("m000", 0);
    Arc::make_mut(&mut other.id).tenant = "shop".into();
    let other = crate::support::entry_of(other);
    archive.ingest(&batch(entries.clone())).await.unwrap();
    archive.ingest(&batch(vec![other.clone()])).await.unwrap();

    let key = |n: usize| ConversationKey::of(&entries[n].message);
    let shop = ConversationKey::of(&other.message);
    let nowhere = ConversationKey {
        conversation: "nowhere".into(),
        ..key(0)
    };
    let natives = |messages: &[Message]| messages.iter().map(|m| m.id.native.clone()).collect::<Vec<_>>();
    let found = archive
        .preceding(&[key(7), nowhere, shop, key(0), key(7)], 3)
        .await
        .unwrap();
    assert_eq!(natives(&found[0]), ["m157", "m207", "m257"]);
    assert_eq!(natives(&found[1]), [] as [&str; 0]);
    assert_eq!(found[2], [crate::support::whole(&other)]);
    assert_eq!(natives(&found[3]), ["m150", "m200", "m250"]);
    assert_eq!(found[4], found[0]);
    assert_eq!(found[0][2], crate::support::whole(&entries[257]));
    assert!(archive.preceding(&[key(7)], 0).await.unwrap()[0].is_empty());
    let all: Vec<_> = (0..300).map(key).collect();
    assert!(
        archive
            .preceding(&all, 5)
            .await
            .unwrap()
            .iter()
            .all(|messages| messages.len() == 5)
    );
}

pub(crate) async fn messages_are_found_listed_and_sampled(archive: Archive) {
    assert!(archive.sample(5).await.unwrap().is_empty());
    let mut entries: Vec<_> = (0..100).map(|n| entry(&format!("m{n:03}"), n)).collect();
    entries.push(entry("a/b/c", 100));
    let mut shop = crate::support::message("m007", 7);
    shop.id = Arc::new(MessageId {
        tenant: "shop".into(),
        channel: "ndjson".into(),
        native: "m007".into(),
    });
    entries.push(crate::support::entry_of(shop));
    archive.ingest(&batch(entries)).await.unwrap();

    let find = async |text: &str| -> Vec<String> {
        archive
            .find(text)
            .await
            .unwrap()
            .iter()
            .map(|found| found.id.to_string())
            .collect()
    };
    assert_eq!(find("m007").await, ["bank/wecom/m007", "shop/ndjson/m007"]);
    assert_eq!(find("shop/ndjson/m007").await, ["shop/ndjson/m007"]);
    assert_eq!(find("a/b/c").await, ["bank/wecom/a/b/c"]);
    assert_eq!(find("bank/wecom/a/b/c").await, ["bank/wecom/a/b/c"]);
    assert_eq!(find("m7").await, [] as [&str; 0]);

    let page = archive.message_ids(98, 10).await.unwrap();
    assert_eq!(
        page.iter().map(|found| found.arrival).collect::<Vec<_>>(),
        [99, 100, 101, 102]
    );
    let sample = async |count| -> Vec<i64> {
        archive
            .sample(count)
            .await
            .unwrap()
            .iter()
            .map(|found| found.arrival)
            .collect()
    };
    assert_eq!(sample(0).await, [] as [i64; 0]);
    assert_eq!(sample(1).await, [1]);
    assert_eq!(sample(2).await, [1, 102]);
    assert_eq!(sample(5).await.len(), 5);
    assert_eq!(sample(500).await.len(), 102, "none twice");
    // In parts it is the same, save that a part may begin with what the last one ended with.
    for (count, steps) in [(1, 3), (5, 2), (50, 7), (500, 64), (7, u32::MAX)] {
        let mut parts: Vec<i64> = Vec::new();
        for first in (0..count).step_by(steps as usize) {
            let part = archive.sample_part(count, first, steps).await.unwrap();
            parts.extend(part.iter().map(|found| found.arrival));
        }
        parts.dedup();
        assert_eq!(parts, sample(count).await, "{count} in parts of {steps}");
    }
    assert!(archive.sample_part(5, 5, 10).await.unwrap().is_empty());
}
