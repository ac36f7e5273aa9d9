//! The index: what is found is what a look at each message finds, whatever was indexed, merged, disposed of or damaged; and what is left of
//! a message that went.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::disposal::{dispose, due};
use crate::support::{
    Write as _, at, batch, entry_of, fresh, is_anywhere, message, now, raw_connection, retention, wei,
};
use proptest::prelude::*;
use proviso_archive::{Archive, CommitError, Entry, IndexPass, IndexReport, KeyVersion, Search};
use proviso_model::time::Zone;
use proviso_search::{Examiner, Labels, Prepared, Query};
use sqlx::SqliteConnection;
use std::collections::BTreeMap;
use std::sync::Arc;

/// 31 days.
const MONTH_MS: i64 = 31 * 86_400_000;

fn saying(native: &str, n: usize, text: &str) -> Entry {
    let mut message = message(native, n);
    message.text = text.into();
    entry_of(message)
}

async fn pass(archive: &Archive) -> IndexPass {
    archive.index(now(), &wei()).await.unwrap()
}

/// Passes until nothing is left to do; how many.
pub(crate) async fn index_all(archive: &Archive) -> usize {
    let mut passes = 0;
    while !pass(archive).await.is_idle() {
        passes += 1;
        assert!(passes < 1_000, "it goes on for ever");
    }
    passes
}

pub(crate) async fn found(archive: &Archive, text: &str) -> Vec<i64> {
    let mut asked = Search::new(&Query::parse(text).unwrap(), Zone::utc());
    asked.limit = 300;
    let mut all = Vec::new();
    loop {
        let page = archive.search(&asked).await.unwrap();
        all.extend(page.matches.iter().map(|one| one.arrival));
        match page.next {
            Some(next) => asked.before = Some(next),
            None => return all,
        }
    }
}

/// How many messages a search looks at.
async fn looked_at(archive: &Archive, text: &str) -> u64 {
    let asked = Search::new(&Query::parse(text).unwrap(), Zone::utc());
    archive.search(&asked).await.unwrap().looked_at
}

async fn opened_anew(archive: Archive) -> Archive {
    let path = archive.path().to_owned();
    archive.close().await;
    Archive::open(path).await.unwrap()
}

async fn raw<T>(archive: &Archive, act: impl AsyncFnOnce(&mut SqliteConnection) -> T) -> T {
    let mut connection = raw_connection(archive.path()).await;
    let done = act(&mut connection).await;
    sqlx::Connection::close(connection).await.unwrap();
    done
}

async fn count(archive: &Archive, table: &'static str) -> i64 {
    raw(archive, async |connection| {
        let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        sqlx::query_scalar(sql).fetch_one(connection).await.unwrap()
    })
    .await
}

#[tokio::test]
async fn an_index_is_built_merged_and_asked() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    assert!(pass(&archive).await.is_idle());
    for first in (1..=40).step_by(10) {
        let entries =
            (first..first + 10).map(|n| saying(&format!("m{n}"), n, if n % 10 == 3 { "保本" } else { "其他" }));
        archive.ingest(&batch(entries.collect())).await.unwrap();
        assert_eq!(archive.index_left().await.unwrap(), 10);
        assert_eq!(looked_at(&archive, "保本").await, 10 + first as u64 / 10);
        let pass = pass(&archive).await;
        assert_eq!((pass.indexed, pass.unreadable), (10, 0));
    }
    index_all(&archive).await;
    let report = archive.index_report().await.unwrap();
    assert!(report.bytes > 0);
    let expected = IndexReport {
        segments: 1,
        messages: 40,
        bytes: report.bytes,
        left: 0,
        unreadable: 0,
    };
    assert_eq!(report, expected);
    assert_eq!(found(&archive, "保本").await, [33, 23, 13, 3]);
    assert_eq!(looked_at(&archive, "保本").await, 4);
    // What the index is certain of is counted without being opened; what stands in a row is looked at.
    for (text, messages, looked_at) in [
        ("保本", 4, 0),
        ("kind:text -保本", 36, 0),
        ("其他 OR \"保本 没有\"", 36, 0),
        ("没有", 0, 0),
    ] {
        let counted = archive
            .count(&Search::new(&Query::parse(text).unwrap(), Zone::utc()))
            .await
            .unwrap();
        assert_eq!((counted.messages, counted.looked_at), (messages, looked_at), "{text}");
    }
    assert_eq!(found(&archive, "保本 -from:staff-3").await, [33, 13]);
    // Another process that only reads finds the same by the same segments.
    let path = archive.path().to_owned();
    archive.close().await;
    let reading = Archive::open_readonly(path).await.unwrap();
    assert_eq!(looked_at(&reading, "保本").await, 4);
    reading.close().await;
}

#[tokio::test]
async fn a_disposal_takes_the_segment_with_it_and_loses_no_other_message() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let mut entries: Vec<Entry> = (1..=6).map(|n| due(&format!("m{n}"), n)).collect();
    entries.push(saying("m7", 7, "planted 保本"));
    archive.ingest(&batch(entries)).await.unwrap();
    index_all(&archive).await;
    // Those that are kept until another month are in a segment of their own.
    assert_eq!(count(&archive, "search_segments").await, 2);
    let (key, page): (Vec<u8>, Vec<u8>) = raw(&archive, async |connection| {
        sqlx::query_as(
            "SELECT key, (SELECT sealed FROM search_pages WHERE place >> 16 = segment LIMIT 1) FROM search_segments WHERE ends IS NOT NULL",
        )
        .fetch_one(connection)
        .await
        .unwrap()
    })
    .await;
    assert!(is_anywhere(folder.path(), &key) && is_anywhere(folder.path(), &page));
    assert_eq!(dispose(&archive, &[2, 5]).await.disposed, 2);
    assert_eq!(found(&archive, "理财").await, [6, 4, 3, 1]);
    let report = archive.index_report().await.unwrap();
    assert_eq!((report.segments, report.messages, report.left), (1, 1, 4));
    assert!(!is_anywhere(folder.path(), &key) && !is_anywhere(folder.path(), &page));
    assert_eq!(pass(&archive).await.indexed, 4);
    let report = archive.index_report().await.unwrap();
    assert_eq!((report.segments, report.messages, report.left), (2, 5, 0));
    assert_eq!(found(&archive, "理财").await, [6, 4, 3, 1]);
    assert_eq!(dispose(&archive, &[1, 3, 4, 6]).await.disposed, 4);
    assert_eq!(
        (
            found(&archive, "kind:text").await,
            count(&archive, "search_pending").await
        ),
        (vec![7], 0)
    );
}

#[tokio::test]
async fn what_cannot_be_read_of_an_index_is_examined_and_built_anew() {
    for sql in [
        "UPDATE search_pages SET sealed = zeroblob(100) WHERE place = (SELECT max(place) FROM search_pages)",
        "UPDATE search_pages SET sealed = substr(sealed, 1, length(sealed) - 1)",
        "UPDATE search_segments SET key = zeroblob(40)",
        "UPDATE search_segments SET pages = pages - 1",
        // Pages of one segment in the place of those of another.
        "UPDATE search_pages SET sealed = (SELECT p.sealed FROM search_pages p WHERE p.place > search_pages.place LIMIT 1)
         WHERE place < (SELECT max(place) FROM search_pages)",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let archive = fresh(&folder).await;
        let mut entries: Vec<Entry> = (1..=5).map(|n| saying(&format!("m{n}"), n, "保本")).collect();
        let mut other = message("m6", 6);
        Arc::make_mut(&mut other.id).tenant = "shop".into();
        entries.push(entry_of(other));
        archive.ingest(&batch(entries)).await.unwrap();
        index_all(&archive).await;
        assert_eq!(looked_at(&archive, "保本 word").await, 0);
        // The cache of another process is empty.
        let archive = opened_anew(archive).await;
        raw(&archive, async |connection| sqlx::query(sql).execute(connection).await.unwrap()).await;
        assert_eq!(found(&archive, "kind:text").await, [6, 5, 4, 3, 2, 1], "{sql}");
        assert!(index_all(&archive).await > 0, "{sql}");
        let report = archive.index_report().await.unwrap();
        assert_eq!((report.messages, report.left), (6, 0), "{sql}");
        assert_eq!(looked_at(&archive, "保本 word").await, 0, "{sql}");
        assert_eq!(found(&archive, "kind:text").await, [6, 5, 4, 3, 2, 1], "{sql}");
    }
}

#[tokio::test]
async fn a_message_that_cannot_be_opened_is_in_no_segment_until_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let entries = (1..=3).map(|n| saying(&format!("m{n}"), n, "保本"));
    archive.ingest(&batch(entries.collect())).await.unwrap();
    let swap = "UPDATE contents SET content = (SELECT content FROM contents WHERE message = ?) WHERE message = ?";
    let kept: Vec<u8> = raw(&archive, async |connection| {
        let kept = sqlx::query_scalar("SELECT content FROM contents WHERE message = 2")
            .fetch_one(&mut *connection)
            .await
            .unwrap();
        sqlx::query(swap).bind(1).bind(2).execute(connection).await.unwrap();
        kept
    })
    .await;
    let first = pass(&archive).await;
    assert_eq!((first.indexed, first.unreadable), (2, 1));
    index_all(&archive).await;
    let asked = Search::new(&Query::parse("一个都没有").unwrap(), Zone::utc());
    let page = archive.search(&asked).await.unwrap();
    assert_eq!((page.looked_at, page.unreadable.unwrap().messages), (1, 1));
    let report = archive.index_report().await.unwrap();
    assert_eq!((report.messages, report.left, report.unreadable), (2, 0, 1));
    raw(&archive, async |connection| {
        let mend = sqlx::query("UPDATE contents SET content = ? WHERE message = 2").bind(kept);
        mend.execute(connection).await.unwrap()
    })
    .await;
    assert_eq!(found(&archive, "保本").await, [3, 2, 1]);
    let archive = opened_anew(archive).await;
    assert_eq!(pass(&archive).await.indexed, 1);
    index_all(&archive).await;
    assert_eq!(looked_at(&archive, "一个都没有").await, 0);
    assert_eq!(found(&archive, "保本").await, [3, 2, 1]);
}

#[tokio::test]
async fn keys_of_segments_are_counted_and_rotated() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let entries = (1..=3).map(|n| saying(&format!("m{n}"), n, "保本"));
    archive.ingest(&batch(entries.collect())).await.unwrap();
    index_all(&archive).await;
    // Three messages, the archive's own and the segment's.
    let counted = async || {
        let keys = archive.keys().await.unwrap().keys.into_iter();
        keys.map(|key| key.records).collect::<Vec<_>>()
    };
    assert_eq!(counted().await, [5]);
    archive.add_key(None, None, at(1), &wei()).await.unwrap();
    assert_eq!(crate::keys::rewrap_all(&archive).await, 5);
    assert_eq!(counted().await, [0, 5]);
    let first = KeyVersion::new(1).unwrap();
    archive.destroy_key(None, first, at(2), &wei()).await.unwrap();
    let archive = opened_anew(archive).await;
    assert_eq!(
        (found(&archive, "保本").await, looked_at(&archive, "一个都没有").await),
        (vec![3, 2, 1], 0)
    );
}

/// Passes and disposals meet in every order, and none loses the other's work.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passes_and_disposals_run_beside_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let entries = (1..=400).map(|n| due(&format!("m{n}"), n));
    archive.ingest(&batch(entries.collect())).await.unwrap();
    let indexing = {
        let archive = archive.clone();
        tokio::spawn(async move {
            loop {
                match archive.index(now(), &wei()).await {
                    Ok(pass) if pass.is_idle() && archive.message_count().await.unwrap() == 100 => return,
                    Ok(_) | Err(CommitError::Overtaken) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        })
    };
    for first in (1..=300).step_by(5) {
        let gone: Vec<i64> = (first..first + 5).collect();
        assert_eq!(dispose(&archive, &gone).await.disposed, 5);
        let expected: Vec<i64> = (first + 5..=400).rev().collect();
        assert_eq!(found(&archive, "kind:text").await, expected);
    }
    indexing.await.unwrap();
    index_all(&archive).await;
    let report = archive.index_report().await.unwrap();
    assert_eq!((report.messages, report.left), (100, 0));
}

#[tokio::test]
async fn a_page_ends_with_its_time_and_goes_on_from_there() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    for first in (1..=600).step_by(200) {
        let entries = (first..first + 200).map(|n| saying(&format!("m{n}"), n, "保本 w"));
        archive.ingest(&batch(entries.collect())).await.unwrap();
        pass(&archive).await;
    }
    archive
        .ingest(&batch(
            (601..=700).map(|n| saying(&format!("m{n}"), n, "保本 w")).collect(),
        ))
        .await
        .unwrap();
    let mut asked = Search::new(&Query::parse("保本 w").unwrap(), Zone::utc());
    (asked.limit, asked.time) = (1_000, std::time::Duration::ZERO);
    let (mut all, mut pages) = (Vec::new(), 0);
    loop {
        let page = archive.search(&asked).await.unwrap();
        all.extend(page.matches.iter().map(|one| one.arrival));
        pages += 1;
        match page.next {
            Some(next) => asked.before = Some(next),
            None => break,
        }
    }
    assert!(pages > 3, "{pages}");
    assert_eq!(all, (1..=700).rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn who_indexes_waits_while_nothing_comes() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let is_wanted = async || {
        let moment = std::time::Duration::from_millis(50);
        tokio::time::timeout(moment, archive.index_wanted()).await.is_ok()
    };
    assert!(!is_wanted().await);
    archive
        .ingest(&batch(vec![due("m1", 1), saying("m2", 2, "保本")]))
        .await
        .unwrap();
    assert!(is_wanted().await);
    // Its own passes are no reason for another.
    index_all(&archive).await;
    assert!(!is_wanted().await);
    dispose(&archive, &[1]).await;
    assert!(is_wanted().await && !is_wanted().await);
}

/// What is done with an archive.
#[derive(Debug, Clone)]
enum Act {
    Ingest(Vec<(u8, u8, String, bool)>),
    Pass,
    Dispose(Vec<prop::sample::Index>),
    Damage(prop::sample::Index),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let said = (0_u8..2, 0_u8..3, "[保本息ab 1]{0,8}", any::<bool>());
    let act = prop_oneof![
        3 => prop::collection::vec(said, 1..12).prop_map(Act::Ingest),
        4 => Just(Act::Pass),
        1 => prop::collection::vec(any::<prop::sample::Index>(), 1..4).prop_map(Act::Dispose),
        1 => any::<prop::sample::Index>().prop_map(Act::Damage),
    ];
    prop::collection::vec(act, 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn whatever_was_done_a_search_finds_what_the_examiner_finds(acts in acts(), queries in prop::collection::vec("-?[保本息ab1]{1,2}( (OR )?[保本息ab1]{1,2})?", 1..4)) {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let archive = fresh(&folder).await;
            let (mut living, mut next) = (BTreeMap::new(), 1);
            for act in acts {
                match act {
                    Act::Ingest(said) => {
                        let entries = said.into_iter().map(|(tenant, month, text, ends)| {
                            let mut message = message(&format!("m{next}"), next);
                            Arc::make_mut(&mut message.id).tenant = ["bank", "shop"][usize::from(tenant)].into();
                            message.sent_at = at(message.sent_at.as_millis() + i64::from(month) * MONTH_MS);
                            message.text = text;
                            living.insert(next as i64, (message.clone(), ends));
                            next += 1;
                            Entry { retention: ends.then(|| retention(Some("2020-01-01"))), ..entry_of(message) }
                        });
                        archive.ingest(&batch(entries.collect())).await.unwrap();
                    }
                    Act::Pass => _ = pass(&archive).await,
                    Act::Dispose(which) => {
                        let ending: Vec<i64> = living.iter().filter(|(_, (_, ends))| *ends).map(|(number, _)| *number).collect();
                        if ending.is_empty() {
                            continue;
                        }
                        let mut gone: Vec<i64> = which.iter().map(|one| *one.get(&ending)).collect();
                        gone.sort_unstable();
                        gone.dedup();
                        prop_assert_eq!(dispose(&archive, &gone).await.disposed, gone.len() as u64);
                        living.retain(|number, _| !gone.contains(number));
                    }
                    Act::Damage(which) => raw(&archive, async |connection| {
                        let pages: Vec<i64> = sqlx::query_scalar("SELECT place FROM search_pages").fetch_all(&mut *connection).await.unwrap();
                        if !pages.is_empty() {
                            let sql = "UPDATE search_pages SET sealed = zeroblob(length(sealed)) WHERE place = ?";
                            sqlx::query(sql).bind(*which.get(&pages)).execute(connection).await.unwrap();
                        }
                    }).await,
                }
                for text in &queries {
                    let (prepared, mut examiner) = (Prepared::new(&Query::parse(text).unwrap(), &Zone::utc()), Examiner::default());
                    let expected = living.iter().rev().filter(|(_, (message, _))| examiner.examine(&prepared, message, &Labels::default()).is_some());
                    let expected: Vec<i64> = expected.map(|(number, _)| *number).collect();
                    let counted = archive.count(&Search::new(&Query::parse(text).unwrap(), Zone::utc())).await.unwrap();
                    prop_assert_eq!((counted.messages, counted.is_cut_short), (expected.len() as u64, false), "{}", text);
                    prop_assert_eq!(found(&archive, text).await, expected, "{}", text);
                }
            }
            // In the end all of it is in segments, once.
            index_all(&archive).await;
            let report = archive.index_report().await.unwrap();
            prop_assert_eq!((report.messages, report.left), (living.len() as u64, 0));
            Ok(())
        })?;
    }
}
