//! Looking for messages: what is found, in which order, page by page, and what is not there any more.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::disposal::{dispose, due, hold, place};
use crate::support::{Write as _, at, batch, entry_of, fresh, message, raw_connection, wei};
use proptest::prelude::*;
use proviso_archive::{Archive, Change, DirectoryImport, Entry, NewHold, SEARCH_PAGE_BYTES, Search};
use proviso_model::directory::{Account, Employment, PostClass};
use proviso_model::time::Zone;
use proviso_search::{Examiner, Labels, Prepared, Query};
use std::time::Duration;

fn query(text: &str) -> Query {
    Query::parse(text).unwrap()
}

fn saying(native: &str, n: usize, text: &str) -> Entry {
    let mut message = message(native, n);
    message.text = text.into();
    entry_of(message)
}

/// The arrivals that a query finds, all pages together.
async fn found(archive: &Archive, asked: &Search) -> Vec<i64> {
    let (mut asked, mut all) = (asked.clone(), Vec::new());
    loop {
        let page = archive.search(&asked).await.unwrap();
        assert!(page.matches.len() <= asked.limit as usize);
        all.extend(page.matches.iter().map(|one| one.arrival));
        match page.next {
            Some(next) => asked.before = Some(next),
            None => return all,
        }
    }
}

async fn found_by(archive: &Archive, text: &str) -> Vec<i64> {
    found(archive, &Search::new(&query(text), Zone::utc())).await
}

#[tokio::test]
async fn pages_follow_each_other_whatever_ends_them() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let texts = ["保本", "其他"];
    for first in (0..3_000).step_by(500) {
        let entries = (first..first + 500).map(|n| saying(&format!("m{n}"), n, texts[n % 3 % 2]));
        archive.ingest(&batch(entries.collect())).await.unwrap();
    }
    let expected: Vec<i64> = (1..=3_000).rev().filter(|n| (n - 1) % 3 != 1).collect();
    let mut asked = Search::new(&query("保本"), Zone::utc());
    for (limit, time) in [(1_000, 30_000), (7, 30_000), (1_000, 0)] {
        (asked.limit, asked.time) = (limit, Duration::from_millis(time));
        assert_eq!(found(&archive, &asked).await, expected, "{limit} within {time} ms");
    }
    let page = archive.search(&asked).await.unwrap();
    assert!(page.is_cut_short && page.looked_at < 3_000, "{}", page.looked_at);
    // What is large ends a page before it is full, and all of it is found.
    let large = "保本".repeat(SEARCH_PAGE_BYTES / 6 / 3);
    let entries = (0..5).map(|n| saying(&format!("large{n}"), n, &large));
    archive.ingest(&batch(entries.collect())).await.unwrap();
    let page = archive.search(&Search::new(&query("保本"), Zone::utc())).await.unwrap();
    assert!(page.matches.len() < 5 && page.next.is_some() && !page.is_cut_short);
    asked.time = Duration::from_secs(30);
    assert_eq!(found(&archive, &asked).await.len(), expected.len() + 5);
}

#[tokio::test]
async fn tenants_times_holds_and_departments_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let mut other = message("m2", 2);
    std::sync::Arc::make_mut(&mut other.id).tenant = "shop".into();
    let entries = vec![due("m1", 1), entry_of(other), saying("m3", 3, "保本")];
    archive.ingest(&batch(entries)).await.unwrap();
    let mut asked = Search::new(&query("kind:text"), Zone::utc());
    assert_eq!(found(&archive, &asked).await, [3, 2, 1]);
    asked.tenant = Some("shop".into());
    assert_eq!(found(&archive, &asked).await, [2]);
    let page = archive
        .search(&Search::new(&query("since:2200-01"), Zone::utc()))
        .await
        .unwrap();
    assert_eq!((page.looked_at, page.next), (0, None));

    assert_eq!(found_by(&archive, "is:kept").await, [0; 0]);
    place(
        &archive,
        &NewHold {
            texts: vec!["保本".into()],
            ..hold()
        },
    )
    .await;
    assert_eq!(found_by(&archive, "is:kept").await, [3]);
    assert_eq!(found_by(&archive, "kind:text -is:kept").await, [2, 1]);
    // By an order's number, of its tenant alone, while it is open and afterwards.
    let of_sender = NewHold {
        person: Some(message("m1", 1).sender.id),
        ..hold()
    };
    assert_eq!(place(&archive, &of_sender).await, 2);
    assert_eq!(found_by(&archive, "hold:1").await, [3]);
    let of_second = found_by(&archive, "hold:2").await;
    assert!(of_second.contains(&1) && !of_second.contains(&2), "{of_second:?}");
    assert_eq!(found_by(&archive, "hold:9 OR hold:1").await, [3]);
    let release = Change::ReleaseHold {
        hold: 1,
        request: None,
        note: "over",
        at: at(1),
    };
    archive.commit(release, &wei()).await.unwrap();
    assert_eq!(found_by(&archive, "hold:1 -is:kept OR hold:1 is:kept").await, [3]);
    let kept = found_by(&archive, "is:kept").await;
    assert_eq!(kept, of_second, "the order that ended keeps nothing");
    let release = Change::ReleaseHold {
        hold: 2,
        request: None,
        note: "over",
        at: at(1),
    };
    archive.commit(release, &wei()).await.unwrap();

    let sender = message("m1", 1).sender.id;
    let employment = Employment {
        tenant: "bank".into(),
        person: "17".into(),
        from: None,
        to: None,
        accounts: vec![Account {
            channel: message("m1", 1).id.channel.clone(),
            id: sender,
        }],
        department: "markets".into(),
        post: PostClass::Ordinary,
        manager: None,
    };
    let import = DirectoryImport {
        rows: vec![employment],
        at: at(1),
        file: "people.csv".into(),
    };
    archive.commit(Change::Directory(&import), &wei()).await.unwrap();
    assert_eq!(found_by(&archive, "department:Markets").await, [1]);
    assert_eq!(
        found_by(&archive, "department:wealth -department:markets").await,
        [3, 2]
    );
    assert_eq!(found_by(&archive, "department:trading").await, [0; 0]);

    // What was disposed of is in no page any more.
    assert_eq!(dispose(&archive, &[1]).await.disposed, 1);
    assert_eq!(found_by(&archive, "kind:text").await, [3, 2]);
}

#[tokio::test]
async fn what_cannot_be_opened_is_told_and_keeps_no_other_from_being_found() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let entries = (0..5).map(|n| saying(&format!("m{n}"), n, "保本"));
    archive.ingest(&batch(entries.collect())).await.unwrap();
    let mut raw = raw_connection(archive.path()).await;
    sqlx::query("UPDATE contents SET content = zeroblob(40) WHERE message IN (2, 4)")
        .execute(&mut raw)
        .await
        .unwrap();
    for text in ["保本", "保本 -is:kept"] {
        let page = archive.search(&Search::new(&query(text), Zone::utc())).await.unwrap();
        assert_eq!(
            page.matches.iter().map(|one| one.arrival).collect::<Vec<_>>(),
            [5, 3, 1]
        );
        let unreadable = page.unreadable.unwrap();
        assert_eq!((page.looked_at, unreadable.messages), (5, 2));
        assert!(
            unreadable.first.contains("message 4 of bank/wecom"),
            "{}",
            unreadable.first
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_search_finds_what_the_examiner_finds(
        texts in prop::collection::vec("[保本息ab 1]{0,8}", 1..40),
        words in prop::collection::vec("[保本息ab1]{1,2}", 1..4),
        any in any::<bool>(),
    ) {
        let text = words.join(if any { " OR " } else { " " });
        let asked = query(&text);
        let (prepared, mut examiner) = (Prepared::new(&asked, &Zone::utc()), Examiner::default());
        let entries: Vec<Entry> = texts.iter().enumerate().map(|(n, text)| saying(&format!("m{n}"), n, text)).collect();
        let expected = entries.iter().zip(1..).filter(|(entry, _)| {
            examiner.examine(&prepared, &entry.message, &Labels::default()).is_some()
        });
        let mut expected: Vec<i64> = expected.map(|(_, arrival)| arrival).collect();
        expected.reverse();
        let found = tokio::runtime::Runtime::new().unwrap().block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let archive = fresh(&folder).await;
            archive.ingest(&batch(entries)).await.unwrap();
            found_by(&archive, &text).await
        });
        prop_assert_eq!(found, expected);
    }
}
