//! Orders to keep: which messages fit them, and that none of these goes.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::disposal::{TODAY, clock, dispose, due, hold, place, whole};
use crate::support::{Write, at, batch, entry_of, fresh, id, message, retention, wei, went_while_held};
use proviso_archive::{Archive, Change, CommitError, Entry, HoldQuery, KeptBy, NewHold, NoTerm};
use proviso_model::limits::HOLD_TERMS_MAX;
use std::sync::Arc;

/// An order to keep what contains one of the terms.
fn by_text(terms: &[&str]) -> NewHold {
    NewHold {
        texts: terms.iter().map(|term| (*term).to_owned()).collect(),
        ..hold()
    }
}

/// A message that is due and says that.
fn saying(native: &str, n: usize, text: &str) -> Entry {
    let mut message = message(native, n);
    message.text = text.into();
    Entry {
        retention: Some(retention(Some("2020-01-01"))),
        ..entry_of(message)
    }
}

#[tokio::test]
async fn a_hold_keeps_what_fits_it_until_it_is_released() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&batch(vec![due("m1", 1)])).await.unwrap();
    let message = message("m1", 1);
    let sent = message.sent_at;
    let after = |millis: i64| at(sent.as_millis() + millis);
    let fits: Vec<NewHold> = vec![
        hold(),
        NewHold {
            person: Some(message.sender.id.clone()),
            ..hold()
        },
        NewHold {
            person: Some(message.recipients[0].id.clone()),
            ..hold()
        },
        NewHold {
            conversation: Some(message.conversation.clone()),
            ..hold()
        },
        NewHold {
            sent_from: Some(sent),
            sent_before: Some(after(1)),
            ..hold()
        },
    ];
    for order in &fits {
        let number = place(&archive, order).await;
        let report = dispose(&archive, &[1]).await;
        assert_eq!((report.held, report.disposed), (1, 0), "{order:?}");
        let listed = archive.due(TODAY.parse().unwrap(), 0, 10).await.unwrap();
        assert_eq!(listed[0].kept_by, Some(KeptBy::Holds(1)));
        let release = Change::ReleaseHold {
            hold: number,
            request: None,
            note: "over",
            at: clock(),
        };
        archive.commit(release, &wei()).await.unwrap();
        let again = archive.commit(release, &wei()).await.unwrap_err();
        assert!(matches!(again, CommitError::NoHold { .. }), "{again}");
    }
    for order in [
        NewHold {
            tenant: "other".into(),
            ..hold()
        },
        NewHold {
            person: Some("nobody".into()),
            ..hold()
        },
        NewHold {
            conversation: Some("elsewhere".into()),
            ..hold()
        },
        NewHold {
            sent_from: Some(after(1)),
            ..hold()
        },
        NewHold {
            sent_before: Some(sent),
            ..hold()
        },
    ] {
        place(&archive, &order).await;
    }
    assert_eq!(dispose(&archive, &[1]).await.disposed, 1);
    let holds = archive.holds().await.unwrap();
    assert_eq!(holds.len(), 10);
    assert_eq!(holds[0].released.as_ref().unwrap().2, "over");
    assert_eq!(
        (&holds[9].order.reason, &holds[9].released),
        (&"case 7".to_owned(), &None)
    );
    whole(&archive).await;
    archive.close().await;
}

/// Somebody holds while somebody disposes: whichever the log has first counts, and nothing that is held goes. `PROVISO_RACES` says
/// how many rounds.
async fn races(order_of: impl Fn(usize) -> NewHold) {
    let rounds: usize = std::env::var("PROVISO_RACES").map_or(200, |rounds| rounds.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let (mut held, mut gone) = (0, 0);
    for round in 0..rounds {
        let native = format!("m{round}");
        archive.ingest(&batch(vec![due(&native, round)])).await.unwrap();
        let arrival = round as i64 + 1;
        let holding = tokio::spawn({
            let (archive, order) = (archive.clone(), order_of(round));
            async move {
                if round % 3 == 0 {
                    tokio::task::yield_now().await;
                }
                place(&archive, &order).await
            }
        });
        let ending = tokio::spawn({
            let archive = archive.clone();
            async move { dispose(&archive, &[arrival]).await }
        });
        let (number, report) = (holding.await.unwrap(), ending.await.unwrap());
        let told = archive.log(None, 2).await.unwrap();
        let last: Vec<&str> = told[0].entries.iter().map(|entry| &*entry.kind).collect();
        if report.disposed == 1 {
            // The disposal was first.
            gone += 1;
            assert!(last == ["hold-placed"], "{last:?}");
            assert!(archive.show(&id(&native)).await.unwrap().is_none());
        } else {
            held += 1;
            assert_eq!(report.held, 1);
            assert!(archive.show(&id(&native)).await.unwrap().is_some());
        }
        let release = Change::ReleaseHold {
            hold: number,
            request: None,
            note: "over",
            at: clock(),
        };
        archive.commit(release, &wei()).await.unwrap();
    }
    assert!(held > 0 && gone > 0, "{held} held, {gone} gone: no race");
    assert!(!went_while_held(&archive).await);
    whole(&archive).await;
    archive.close().await;
}

/// States are kept as what they differ in: those of messages that stay are read as before, whichever goes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_that_is_placed_while_a_disposal_runs_wins_or_comes_behind_it() {
    races(|round| NewHold {
        sent_from: Some(at(round as i64)),
        ..hold()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_by_a_term_that_is_placed_while_a_disposal_runs_wins_or_comes_behind_it() {
    races(|round| by_text(&[&format!("第{round}號說明書")])).await;
}

/// Group: P wrote once, long ago; the others went on. What is held by P's word there stays held as long as the rest does.
#[tokio::test]
async fn a_hold_by_person_does_not_fade_with_what_the_person_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let said = |native: &str, n: usize, sender: &str, millis: i64| {
        let mut message = message(native, n);
        message.sender.id = sender.into();
        message.recipients.clear();
        message.conversation = "group".into();
        message.sent_at = at(millis);
        Entry {
            retention: Some(retention(Some("2020-01-01"))),
            ..entry_of(message)
        }
    };
    let group = vec![
        said("p", 1, "P", 10),
        said("q", 2, "Q", 1_000),
        said("r", 3, "R", 2_000),
    ];
    archive.ingest(&batch(group)).await.unwrap();
    let order = NewHold {
        person: Some("P".into()),
        sent_from: Some(at(500)),
        ..hold()
    };
    place(&archive, &order).await;
    assert_eq!(dispose(&archive, &[1, 2, 3]).await.held, 3);
    // Before the window, and not by the person: it goes.
    archive.ingest(&batch(vec![said("s", 4, "S", 100)])).await.unwrap();
    assert_eq!(dispose(&archive, &[4]).await.disposed, 1);
    assert_eq!(dispose(&archive, &[1, 2, 3]).await.held, 3);
    archive.close().await;
}

#[tokio::test]
async fn what_contains_a_term_stays_and_the_rest_goes() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive
        .ingest(&batch(vec![
            saying("plain", 1, "猎鹰项目下周签"),
            saying("traditional", 2, "獵 鷹\u{200b}項目"),
            saying("wide", 3, "ｐｒｏｊｅｃｔ　ＦＡＬＣＯＮ is on"),
            saying("other", 4, "老鹰项目"),
        ]))
        .await
        .unwrap();
    let order = by_text(&["猎鹰", "Project Falcon"]);
    let number = place(&archive, &order).await;
    let report = dispose(&archive, &[1, 2, 3, 4]).await;
    assert_eq!((report.held, report.disposed), (3, 1));
    let listed = archive.due(TODAY.parse().unwrap(), 0, 10).await.unwrap();
    assert!(listed.iter().all(|due| due.kept_by == Some(KeptBy::Holds(1))));
    assert_eq!(archive.holds().await.unwrap()[0].order, order);
    // So does what comes later; a second order with all that it asks for is another one.
    archive
        .ingest(&batch(vec![saying("later", 5, "又是獵鷹"), saying("none", 6, "没有")]))
        .await
        .unwrap();
    let elsewhere = NewHold {
        conversation: Some("elsewhere".into()),
        ..by_text(&["没有"])
    };
    place(&archive, &elsewhere).await;
    let report = dispose(&archive, &[5, 6]).await;
    assert_eq!((report.held, report.disposed), (1, 1));
    let release = Change::ReleaseHold {
        hold: number,
        request: None,
        note: "over",
        at: clock(),
    };
    archive.commit(release, &wei()).await.unwrap();
    assert_eq!(dispose(&archive, &[1, 2, 3, 5]).await.disposed, 4);
    whole(&archive).await;
    archive.close().await;
}

/// Of a message that may not be stored whole nobody knows what it said.
#[tokio::test]
async fn what_nobody_can_read_any_more_is_kept_by_every_term() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let mut sealed = due("sealed", 1);
    sealed.message = Arc::new(sealed.message.metadata());
    archive.ingest(&batch(vec![sealed, due("whole", 2)])).await.unwrap();
    place(&archive, &by_text(&["猎鹰"])).await;
    let report = dispose(&archive, &[1, 2]).await;
    assert_eq!((report.held, report.disposed), (1, 1));
    assert!(archive.show(&id("sealed")).await.unwrap().is_some());
    archive.close().await;
}

/// By what P wrote a message of R is known to fit: it stays, without the term, as long as others wrote there.
#[tokio::test]
async fn a_hold_by_person_and_term_does_not_fade_with_what_the_person_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let said = |native: &str, n: usize, sender: &str, conversation: &str, text: &str| {
        let mut message = message(native, n);
        message.sender.id = sender.into();
        message.recipients.clear();
        message.conversation = conversation.into();
        message.text = text.into();
        Entry {
            retention: Some(retention(Some("2020-01-01"))),
            ..entry_of(message)
        }
    };
    let entries = vec![
        said("p", 1, "P", "group", "hello"),
        said("q", 2, "Q", "group", "hello"),
        said("r", 3, "R", "group", "falcon"),
        said("alone", 4, "P", "notes", "hello"),
        said("elsewhere", 5, "R", "other", "falcon"),
    ];
    archive.ingest(&batch(entries)).await.unwrap();
    let order = NewHold {
        person: Some("P".into()),
        ..by_text(&["Falcon"])
    };
    place(&archive, &order).await;
    let report = dispose(&archive, &[1, 2, 3, 4, 5]).await;
    assert_eq!((report.held, report.disposed), (2, 3));
    assert_eq!(dispose(&archive, &[1, 3]).await.held, 2);
    archive.close().await;
}

/// An order to keep what a query finds.
fn by_query(query: &str) -> NewHold {
    NewHold {
        query: Some(HoldQuery::new(query.into(), None).unwrap()),
        ..hold()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_by_a_query_that_is_placed_while_a_disposal_runs_wins_or_comes_behind_it() {
    races(|round| by_query(&format!("{round} kind:text"))).await;
}

#[tokio::test]
async fn what_a_query_finds_stays_and_the_rest_goes() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let mut of_another = message("m3", 3);
    (of_another.text, of_another.sender.id) = ("猎鹰项目".into(), "nobody-else".into());
    let entries = vec![
        saying("m1", 1, "猎鹰项目下周签"),
        saying("m2", 2, "老鹰项目"),
        Entry {
            retention: Some(retention(Some("2020-01-01"))),
            ..entry_of(of_another)
        },
        saying("m4", 4, "獵鷹"),
    ];
    archive.ingest(&batch(entries)).await.unwrap();
    let order = by_query("猎鹰 -from:nobody-else");
    let number = place(&archive, &order).await;
    assert_eq!(archive.holds().await.unwrap()[0].order, order);
    let report = dispose(&archive, &[1, 2, 3, 4]).await;
    assert_eq!((report.held, report.disposed), (2, 2));
    // So does what comes later, while the order is open.
    archive
        .ingest(&batch(vec![saying("later", 5, "又是猎鹰"), saying("none", 6, "没有")]))
        .await
        .unwrap();
    let report = dispose(&archive, &[5, 6]).await;
    assert_eq!((report.held, report.disposed), (1, 1));
    let release = Change::ReleaseHold {
        hold: number,
        request: None,
        note: "over",
        at: clock(),
    };
    archive.commit(release, &wei()).await.unwrap();
    assert_eq!(dispose(&archive, &[1, 4, 5]).await.disposed, 3);
    whole(&archive).await;
    archive.close().await;
}

/// Neither what it says is known, nor what it does not.
#[tokio::test]
async fn what_nobody_can_read_any_more_is_kept_by_every_query() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let sealed = |native: &str, n: usize| {
        let mut sealed = due(native, n);
        sealed.message = Arc::new(sealed.message.metadata());
        sealed
    };
    let entries = vec![sealed("s1", 1), sealed("s2", 2)];
    archive.ingest(&batch(entries)).await.unwrap();
    for (query, held) in [("猎鹰", 1), ("-猎鹰", 1), ("猎鹰 from:nobody-else", 0)] {
        let number = place(&archive, &by_query(query)).await;
        let listed = archive.due(TODAY.parse().unwrap(), 0, 10).await.unwrap();
        let kept = (held > 0).then_some(KeptBy::Holds(held));
        assert!(listed.iter().all(|due| due.kept_by == kept), "{query}: {listed:?}");
        let release = Change::ReleaseHold {
            hold: number,
            request: None,
            note: "over",
            at: clock(),
        };
        archive.commit(release, &wei()).await.unwrap();
    }
    archive.close().await;
}

/// A query that a newer program stored, or that somebody altered, lets nothing go.
#[tokio::test]
async fn what_a_query_that_cannot_be_read_asks_for_is_everything() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&batch(vec![saying("m1", 1, "没有")])).await.unwrap();
    place(&archive, &by_query("猎鹰")).await;
    let path = archive.path().to_owned();
    archive.close().await;
    crate::evidence::alter(&path, "UPDATE holds SET query = 'mood:angry'").await;
    let archive = Archive::open(&path).await.unwrap();
    let report = dispose(&archive, &[1]).await;
    assert_eq!((report.held, report.disposed), (1, 0));
    archive.close().await;
}

#[tokio::test]
async fn an_order_says_in_one_way_what_it_keeps() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let query = by_query("猎鹰");
    for order in [
        NewHold {
            person: Some("li.na".into()),
            ..query.clone()
        },
        NewHold {
            conversation: Some("c".into()),
            ..query.clone()
        },
        NewHold {
            sent_from: Some(at(1)),
            ..query.clone()
        },
        NewHold {
            sent_before: Some(at(1)),
            ..query.clone()
        },
        NewHold {
            texts: vec!["老鹰".into()],
            ..query.clone()
        },
    ] {
        let refused = archive.commit(Change::PlaceHold(&order), &wei()).await;
        assert!(matches!(refused, Err(CommitError::TwoOrders)), "{order:?}");
    }
    assert_eq!(archive.holds().await.unwrap(), []);
    archive.close().await;
}

#[tokio::test]
async fn an_order_with_terms_that_cannot_be_looked_for_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let many: Vec<&str> = vec!["a"; HOLD_TERMS_MAX + 1];
    for (terms, expected) in [
        (&many[..], NoTerm::TooMany { found: 65 }),
        (&[""], NoTerm::Bytes { place: 1, found: 0 }),
        (&["a", "\u{200b}"], NoTerm::Unseen { place: 2 }),
    ] {
        let refused = archive.commit(Change::PlaceHold(&by_text(terms)), &wei()).await;
        assert!(matches!(refused, Err(CommitError::Term(found)) if found == expected));
    }
    assert_eq!(archive.holds().await.unwrap(), []);
    archive.close().await;
}
