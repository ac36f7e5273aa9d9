//! A batch is written whole or not at all, and nothing twice.

use crate::support::{
    Write, advance, at, batch, entry, entry_of, finding, id, message, now, offset, place, policy, retention,
    rich_batch, score, undecided, wei,
};
use proviso_archive::{Archive, CommitError, Conflict, Duplicates, FoldKey, Known, SourceError};
use proviso_model::consent::{ConsentEvent, ConsentState};
use proviso_model::message::Kind;
use proviso_model::retention::Why;
use proviso_model::verdict::Severity;
use proviso_model::{Digest, Message, MessageId};
use std::sync::Arc;

pub(crate) async fn a_message_is_new_once(archive: Archive) {
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

pub(crate) async fn a_conflict_is_recorded_beside_what_is_kept(archive: Archive) {
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
    assert_eq!(shown.conflicts, 2);
    let conflicts = archive.conflicts(&id("m1"), 10).await.unwrap();
    let refused: Vec<_> = conflicts.iter().map(|conflict| conflict.refused).collect();
    assert_eq!(refused, [conflict.refused, Digest::of(b"third")]);
    assert_eq!(archive.stats(1).await.unwrap().conflicts, 2);
}

pub(crate) async fn folds_go_on_from_batch_to_batch(archive: Archive) {
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
    first.advances = vec![advance("staff-1", b"", b"one")];
    first.verdict.scores = vec![score("staff-1", 10.0, "m1")];
    let mut second = entry("m2", 2);
    second.advances = vec![advance("staff-1", b"one", b"two"), advance("staff-2", b"", b"other")];
    second.verdict.scores = vec![score("staff-1", 20.0, "m1"), score("staff-2", 90.0, "m2")];
    let mut third = entry("m3", 3);
    third.advances = vec![advance("staff-1", b"two", b"")];
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

pub(crate) async fn all_that_a_contact_said_is_known_and_the_last_word_counted(archive: Archive) {
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
    let of = async |tenant: &str, parties: &[&str]| archive.consents_of(tenant, "wecom", parties).await.unwrap();
    let mut wang = of("bank", &["nobody", "wang"]).await;
    wang.sort_by_key(|event| event.at);
    let expected = [
        (ConsentState::Agree, 10),
        (ConsentState::Agree, 20),
        (ConsentState::Disagree, 30),
    ];
    assert_eq!(wang, expected.map(|(state, millis)| event("wang", state, millis)));
    assert_eq!(of("shop", &["wang"]).await, []);
    assert_eq!(of("bank", &["wang", "li", "zhao"]).await.len(), 7);
    let counted = archive.stats(1).await.unwrap().consents;
    let counted: Vec<_> = counted.iter().map(|count| (count.state, count.parties)).collect();
    assert_eq!(counted, [(ConsentState::DefaultAgree, 1), (ConsentState::Disagree, 2)]);
}

pub(crate) async fn a_statement_from_the_future_counts_when_it_came(archive: Archive) {
    let said = [
        ("m1", ConsentState::Agree, 253_000_000_000_000),
        ("m2", ConsentState::Disagree, 1),
    ];
    let entries = said.map(|(native, state, stated)| {
        let mut message = message(native, if native == "m1" { 1 } else { 2 });
        let stated = if stated == 1 { message.sent_at } else { at(stated) };
        message.consent = Some(ConsentEvent {
            party: "wang".into(),
            state,
            at: stated,
        });
        entry_of(message)
    });
    let came = entries[1].message.sent_at;
    archive.ingest(&batch(entries.to_vec())).await.unwrap();
    let expected = ConsentEvent {
        party: "wang".into(),
        state: ConsentState::Disagree,
        at: came,
    };
    let mut said = archive.consents_of("bank", "wecom", &["wang"]).await.unwrap();
    said.sort_by_key(|event| event.at);
    assert_eq!(
        said.pop(),
        Some(expected),
        "the agreement counts from the message that carried it"
    );
    assert_eq!(said.len(), 1);
}

/// Some are kept as what they differ in from the one before: what is read is what was given, wherever one begins.
pub(crate) async fn the_state_before_each_of_many_messages_is_found_again(archive: Archive) {
    let mut state: Vec<u8> = (0..200).collect();
    let mut expected = Vec::new();
    for batch_of in 0..4 {
        let mut entries = Vec::new();
        for n in batch_of * 25..(batch_of + 1) * 25 {
            let mut entry = entry(&format!("m{n}"), n);
            let before = state.clone();
            match n {
                40 => state.clear(),
                41 => state = vec![7; 4_096],
                70 => state = (0..=255).collect(),
                _ if state.is_empty() => {}
                _ => {
                    let at = (n * 31) % state.len();
                    state[at] = state[at].wrapping_add(1);
                }
            }
            let of_staff = advance("staff-1", if n == 0 { b"" } else { &before }, &state);
            entry.advances = vec![of_staff, advance("staff-2", b"", &[n as u8])];
            expected.push(if n == 0 { Vec::new() } else { before });
            entries.push(entry);
        }
        archive.ingest(&batch(entries)).await.unwrap();
    }
    for (n, before) in expected.iter().enumerate() {
        let recorded = archive.recorded(&id(&format!("m{n}"))).await.unwrap().unwrap();
        assert_eq!(&*recorded.folds[0].state, &before[..], "m{n}");
        assert_eq!(recorded.folds.len(), 2);
    }
}

pub(crate) async fn sources_are_counted_without_messages(archive: Archive) {
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

pub(crate) async fn everything_is_counted(archive: Archive) {
    archive.ingest(&rich_batch("m1")).await.unwrap();
    let mut plain = entry("m2", 2);
    plain.verdict.findings = vec![finding("pressure", Severity::High), finding("pressure", Severity::High)];
    plain.retention = Some(retention(None));
    let mut without = entry("m3", 3);
    without.retention = Some(undecided(Why::NoRule));
    let mut unverified = entry("m4", 4);
    unverified.retention = Some(undecided(Why::NothingVerified));
    archive.ingest(&batch(vec![plain, without, unverified])).await.unwrap();

    let stats = archive.stats(5).await.unwrap();
    let messages: Vec<_> = stats
        .messages
        .iter()
        .map(|count| (count.kind, count.messages))
        .collect();
    assert_eq!(messages, [(Kind::RedPacket, 1), (Kind::Text, 3)]);
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
                count.why,
                count.messages,
                count.dated,
            )
        })
        .collect();
    assert_eq!(
        retention,
        [
            (Some("证券法"), None, 2, 1),
            (None, Some(Why::NoRule), 1, 0),
            (None, Some(Why::NothingVerified), 1, 0)
        ]
    );
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

pub(crate) async fn a_held_message_waits_until_somebody_releases_it(archive: Archive) {
    archive.ingest(&rich_batch("m1")).await.unwrap();
    let error = archive.release(&[id("m1"), id("m2")], "").await.unwrap_err();
    assert!(matches!(error, CommitError::NotHeld { id: other } if other == id("m2")));
    assert_eq!(archive.held(10).await.unwrap().len(), 1, "of all or of none");
    archive.release(&[id("m1")], "the plugin was at fault").await.unwrap();
    assert!(archive.held(10).await.unwrap().is_empty());
    let shown = archive.show(&id("m1")).await.unwrap().unwrap();
    let released = shown.released.unwrap();
    assert_eq!(
        (shown.held_open, released.by, released.at, &*released.note),
        (false, wei(), now(), "the plugin was at fault")
    );
    for native in ["m1", "m2"] {
        let error = archive.release(&[id(native)], "").await.unwrap_err();
        assert!(matches!(error, CommitError::NotHeld { .. }));
    }
    let stats = archive.stats(0).await.unwrap();
    assert_eq!((stats.held, stats.held_open), (1, 0));
}

pub(crate) async fn writers_wait_for_each_other(archive: Archive) {
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
