//! Messages in another order than that of their arrival: each once, whatever is indexed, arrives or goes meanwhile.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::disposal::dispose;
use crate::index::index_all;
use crate::support::{Write as _, at, batch, entry_of, finding, fresh, message, retention};
use proviso_archive::{Archive, Entry, SEARCH_PAGE_BYTES, Search, SortBy, SortOrder, SortPlace, Sorting};
use proviso_model::time::Zone;
use proviso_model::verdict::Severity;
use proviso_search::Query;
use std::collections::BTreeMap;
use std::time::Duration;

const DAY_MS: i64 = 86_400_000;

/// A message with a time and a severity by its number, both of which many have.
fn one(n: i64) -> Entry {
    let mut message = message(&format!("m{n}"), n as usize);
    message.sent_at = at(message.sent_at.as_millis() + (n * 7 % 11) * 10 * DAY_MS);
    message.text = if n % 5 == 0 { "别的" } else { "保本 收益" }.into();
    let mut entry = Entry {
        retention: Some(retention(Some("2020-01-01"))),
        ..entry_of(message)
    };
    entry.verdict.findings = (0..n % 4)
        .map(|more| finding("promise", Severity::ALL[((n + more) % 4) as usize]))
        .collect();
    entry
}

fn place(n: i64, by: SortBy) -> SortPlace {
    let entry = one(n);
    let severest = entry.verdict.findings.iter().map(|finding| finding.severity).max();
    let key = match by {
        SortBy::Arrived => n,
        SortBy::Sent => entry.message.sent_at.as_millis(),
        SortBy::Severity => severest.map_or(0, |severity| 1 + severity as i64),
    };
    SortPlace { key, arrival: n }
}

fn asked(query: &str, by: SortBy, order: SortOrder, limit: u32) -> Search {
    let mut search = Search::new(&Query::parse(query).unwrap(), Zone::utc());
    search.sorting = Some(Sorting { by, order, after: None });
    search.limit = limit;
    search
}

/// Of those numbers, those that are found, in order.
fn expected(numbers: impl Iterator<Item = i64>, by: SortBy, order: SortOrder) -> Vec<i64> {
    let found = numbers.filter(|n| n % 5 != 0);
    let mut places: Vec<SortPlace> = found.map(|n| place(n, by)).collect();
    places.sort_unstable();
    if order == SortOrder::Descending {
        places.reverse();
    }
    places.iter().map(|place| place.arrival).collect()
}

async fn found(archive: &Archive, mut search: Search) -> Vec<i64> {
    let mut all = Vec::new();
    loop {
        let page = archive.search(&search).await.unwrap();
        assert!(!page.is_cut_short && page.next.is_none() && page.matches.len() <= search.limit as usize);
        all.extend(page.matches.iter().map(|one| one.arrival));
        match page.next_place {
            Some(_) => search.sorting.as_mut().unwrap().after = page.next_place,
            None => return all,
        }
    }
}

const ALL: [(SortBy, SortOrder); 6] = [
    (SortBy::Arrived, SortOrder::Ascending),
    (SortBy::Arrived, SortOrder::Descending),
    (SortBy::Sent, SortOrder::Ascending),
    (SortBy::Sent, SortOrder::Descending),
    (SortBy::Severity, SortOrder::Ascending),
    (SortBy::Severity, SortOrder::Descending),
];

#[tokio::test]
async fn every_order_is_that_of_a_full_scan_whatever_is_indexed() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&batch((1..=180).map(one).collect())).await.unwrap();
    for indexed in ["nothing", "a part", "all"] {
        match indexed {
            "nothing" => {}
            "a part" => {
                index_all(&archive).await;
                archive.ingest(&batch((181..=240).map(one).collect())).await.unwrap();
            }
            _ => _ = index_all(&archive).await,
        }
        let last = archive.message_count().await.unwrap() as i64;
        for (by, order) in ALL {
            let expected = expected(1..=last, by, order);
            // What the index is certain of, and what is to be looked at.
            for query in ["保本", "保本 收益", "\"本 收益\"", "保本 is:found OR 保本 -is:found"] {
                for limit in [1_000, 7] {
                    let got = found(&archive, asked(query, by, order, limit)).await;
                    assert_eq!(got, expected, "{query} by {by:?} {order:?}, {indexed} indexed, {limit}");
                }
            }
            let none = found(&archive, asked("没有这样的", by, order, 7)).await;
            assert_eq!(none, [0; 0]);
        }
    }
    let page = archive
        .search(&asked("保本", SortBy::Sent, SortOrder::Ascending, 3))
        .await
        .unwrap();
    assert_eq!(page.looked_at, 0, "what is certain is asked by columns");
    assert_eq!(page.matches.len(), 3);
    let severest = archive
        .search(&asked("保本", SortBy::Severity, SortOrder::Descending, 1))
        .await
        .unwrap();
    assert_eq!(severest.matches[0].severity, Some(Severity::Critical));
}

/// Between two pages messages arrive and go, and the index is built: of those that stay each is given once.
#[tokio::test]
async fn what_stays_is_given_once_while_others_come_and_go() {
    for (by, order) in ALL {
        let folder = tempfile::tempdir().unwrap();
        let archive = fresh(&folder).await;
        archive.ingest(&batch((1..=60).map(one).collect())).await.unwrap();
        index_all(&archive).await;
        let (mut search, mut next, mut gone) = (asked("保本", by, order, 5), 61, Vec::new());
        let mut given: BTreeMap<i64, u32> = BTreeMap::new();
        loop {
            let page = archive.search(&search).await.unwrap();
            for one in &page.matches {
                *given.entry(one.arrival).or_default() += 1;
            }
            let Some(last) = page.next_place else { break };
            search.sorting.as_mut().unwrap().after = Some(last);
            if next > 90 {
                continue;
            }
            archive.ingest(&batch(vec![one(next)])).await.unwrap();
            next += 1;
            // The one that was given last, on whose place the next page stands, and one that was not.
            let mut going: Vec<i64> = [last.arrival, next % 60 + 1]
                .into_iter()
                .filter(|n| !gone.contains(n))
                .collect();
            going.dedup();
            for n in going {
                gone.push(n);
                assert_eq!(dispose(&archive, &[n]).await.disposed, 1);
            }
            if next % 2 == 0 {
                index_all(&archive).await;
            }
        }
        assert!(given.values().all(|times| *times == 1), "{by:?} {order:?}: {given:?}");
        for n in (1..=60).filter(|n| n % 5 != 0 && !gone.contains(n)) {
            assert_eq!(given.get(&n), Some(&1), "{n} by {by:?} {order:?}");
        }
        assert!(gone.len() >= 10, "{}", gone.len());
    }
}

#[tokio::test]
async fn what_is_not_looked_at_in_time_is_told_and_what_is_large_ends_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let large = "保本".repeat(SEARCH_PAGE_BYTES / 6 / 3);
    let entries = (1..=8).map(|n| {
        let mut message = message(&format!("large{n}"), n);
        message.text.clone_from(&large);
        entry_of(message)
    });
    archive.ingest(&batch(entries.collect())).await.unwrap();
    let mut search = asked("保本", SortBy::Sent, SortOrder::Ascending, 100);
    let page = archive.search(&search).await.unwrap();
    assert!(
        page.matches.len() < 8 && page.next_place.is_some(),
        "{}",
        page.matches.len()
    );
    assert_eq!(found(&archive, search.clone()).await, (1..=8).collect::<Vec<_>>());
    search.time = Duration::ZERO;
    let page = archive.search(&search).await.unwrap();
    assert!(page.is_cut_short && page.matches.is_empty() && page.next_place.is_none());
}

#[test]
fn a_place_is_read_as_it_was_written() {
    for place in [
        SortPlace { key: -7, arrival: 9 },
        SortPlace {
            key: i64::MIN,
            arrival: i64::MAX,
        },
    ] {
        assert_eq!(place.to_string().parse(), Ok(place));
    }
    for text in ["", "7", "7.", ".7", "7.8.9", "a.b", "7 .8"] {
        assert!(text.parse::<SortPlace>().is_err(), "{text:?}");
    }
}
