//! The end of messages: what goes, what stays, and what keeps it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{
    Write, advance, at, batch, entry, fresh, id, is_anywhere, raw_connection, retention, rich_batch, wei,
};
use proviso_archive::certificate::{Bound, Clock, Statute};
use proviso_archive::{
    Archive, Change, ClockTrouble, CommitError, DisposalReport, Disposing, Entry, Going, KeptBy, Known, NewHold,
    Opening, Receipt,
};
use proviso_model::Timestamp;
use proviso_model::id::{FoldKey, PolicyId};
use proviso_model::time::Day;
use std::collections::HashMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Behind the end of everything that the tests let end.
pub(crate) const TODAY: &str = "2020-06-01";

pub(crate) fn clock() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    at(since.as_millis() as i64)
}

pub(crate) fn due(native: &str, n: usize) -> Entry {
    Entry {
        retention: Some(retention(Some("2020-01-01"))),
        ..entry(native, n)
    }
}

fn going(arrival: i64) -> Going {
    Going {
        arrival,
        statutes: vec![Statute {
            law: "证券法".into(),
            article: "153".into(),
            bound: Bound::Floor,
            period: "P20Y".into(),
            source: proviso_proof::Hash::EMPTY,
            verified_by: "counsel".into(),
        }],
        clock: Clock {
            start: "message".into(),
            start_ms: 0,
        },
        due_ms: 1,
    }
}

pub(crate) fn disposing(arrivals: &[i64]) -> Disposing {
    Disposing {
        at: clock(),
        clock_is_right: true,
        request: None,
        messages: arrivals.iter().map(|arrival| going(*arrival)).collect(),
    }
}

pub(crate) async fn dispose(archive: &Archive, arrivals: &[i64]) -> DisposalReport {
    let disposing = disposing(arrivals);
    match archive.commit(Change::Dispose(&disposing), &wei()).await.unwrap() {
        Receipt::Disposed(report) => report,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn hold() -> NewHold {
    NewHold {
        tenant: "bank".into(),
        reason: "case 7".into(),
        person: None,
        conversation: None,
        sent_from: None,
        sent_before: None,
        texts: Vec::new(),
        query: None,
        at: clock(),
    }
}

pub(crate) async fn place(archive: &Archive, hold: &NewHold) -> i64 {
    match archive.commit(Change::PlaceHold(hold), &wei()).await.unwrap() {
        Receipt::Hold { number } => number,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn whole(archive: &Archive) {
    let audit = archive.audit(None).await.unwrap();
    assert!(audit.is_whole(), "{:#?}", audit.named().collect::<Vec<_>>());
}

async fn bytes(path: &Path, column: &str, message: i64) -> Vec<u8> {
    let mut connection = raw_connection(path).await;
    let sql = sqlx::AssertSqlSafe(format!("SELECT {column} FROM contents WHERE message = ?"));
    let found: Vec<u8> = sqlx::query_scalar(sql)
        .bind(message)
        .fetch_one(&mut connection)
        .await
        .unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    found
}

#[tokio::test]
async fn what_is_disposed_of_is_gone_from_every_file_and_does_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let mut kept = entry("m2", 2);
    kept.retention = Some(retention(None));
    archive
        .ingest(&batch(vec![due("m1", 1), kept, due("m3", 3), entry("m4", 4)]))
        .await
        .unwrap();
    archive.ingest(&rich_batch("rich")).await.unwrap();
    let path = archive.path().to_owned();
    let listed = archive.due(TODAY.parse().unwrap(), 0, 10).await.unwrap();
    assert_eq!(listed.iter().map(|due| due.arrival).collect::<Vec<_>>(), [1, 3]);
    assert!(
        archive
            .due("2020-01-02".parse().unwrap(), 0, 10)
            .await
            .unwrap()
            .is_empty()
    );
    let mut gone = Vec::new();
    for column in ["key", "content", "judgement"] {
        let of_it = bytes(&path, column, 1).await;
        assert!(is_anywhere(folder.path(), &of_it), "{column}");
        gone.push((column, of_it));
    }
    let planted = bytes(&path, "content", 2).await;

    let report = dispose(&archive, &[1, 2, 3, 4, 99]).await;
    let expected = DisposalReport {
        disposed: 2,
        not_due: 3,
        ..DisposalReport::default()
    };
    assert_eq!(report, expected);
    whole(&archive).await;
    for (column, of_it) in &gone {
        assert!(!is_anywhere(folder.path(), of_it), "{column} is still there");
    }
    // The search finds what is there.
    assert!(is_anywhere(folder.path(), &planted));

    assert_eq!(archive.show(&id("m1")).await.unwrap(), None);
    let disposed = archive.disposed(&id("m1")).await.unwrap().unwrap();
    assert_eq!(disposed.by, wei());
    assert!(
        disposed.said.contains("证券法") && !disposed.said.contains("m1"),
        "{}",
        disposed.said
    );
    assert_eq!(archive.disposed(&id("m2")).await.unwrap(), None);
    let again = due("m1", 1);
    let known = archive
        .known(&[
            (&again.message.id, again.message.digest()),
            (&id("new"), again.message.digest()),
        ])
        .await
        .unwrap();
    assert_eq!(known, [Known::Disposed, Known::New]);
    let refused = archive.ingest(&batch(vec![again])).await.unwrap_err();
    assert!(matches!(refused, CommitError::NotNew { .. }), "{refused}");
    // Twice is once.
    assert_eq!(dispose(&archive, &[1, 3]).await.not_due, 2);

    archive.close().await;
    let archive = Archive::open(&path).await.unwrap();
    whole(&archive).await;
    assert!(archive.disposed(&id("m3")).await.unwrap().is_some());
    assert!(archive.show(&id("m2")).await.unwrap().is_some());
    archive.close().await;
}

/// A message with a row in every table goes with all of them; what its contact said of being archived stays.
#[tokio::test]
async fn a_message_goes_from_every_table() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let mut rich = rich_batch("rich");
    rich.entries[0].retention = Some(retention(Some("2020-01-01")));
    archive.ingest(&rich).await.unwrap();
    assert_eq!(dispose(&archive, &[1]).await.waiting, 1, "it waits for a person");
    archive.release(&[id("rich")], "looked at").await.unwrap();
    assert_eq!(dispose(&archive, &[1]).await.disposed, 1);
    whole(&archive).await;
    let mut connection = raw_connection(archive.path()).await;
    for table in [
        "envelopes",
        "contents",
        "findings",
        "faults",
        "held_messages",
        "conflicts",
        "fold_steps",
        "recalls",
        "earlier_judgements",
    ] {
        let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table} WHERE message = 1"));
        let rows: i64 = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
        assert_eq!(rows, 0, "{table}");
    }
    for table in ["identities", "disposals", "consents", "fold_states", "scores"] {
        let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let rows: i64 = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
        assert!(rows > 0, "{table}");
    }
    archive.close().await;
}

#[tokio::test]
async fn the_states_of_messages_that_stay_are_those_of_before() {
    for every in [2_i64, 3, 31, 40] {
        let folder = tempfile::tempdir().unwrap();
        let archive = fresh(&folder).await;
        let state = |n: usize| {
            format!(
                "{{\"subject\":\"li\",\"signals\":[{}],\"seen\":{n}}}",
                "7,".repeat(40 + n)
            )
            .into_bytes()
        };
        let entries = (0..80).map(|n| Entry {
            advances: vec![advance("li", &state(n), &state(n + 1))],
            ..due(&format!("m{n}"), n)
        });
        for some in entries.collect::<Vec<_>>().chunks(7) {
            archive.ingest(&batch(some.to_vec())).await.unwrap();
        }
        let key = FoldKey {
            tenant: "bank".into(),
            policy: PolicyId {
                pack: "proviso/bank-cn".into(),
                policy: "departure-risk".into(),
            },
            key: "li".into(),
        };
        let states = async |archive: &Archive| {
            let mut states = HashMap::new();
            for n in 0..80 {
                let id = id(&format!("m{n}"));
                if archive.show(&id).await.unwrap().is_some() {
                    let found = archive.fold_states_at(&id, std::slice::from_ref(&key)).await.unwrap();
                    states.insert(n, found[&key].to_vec());
                }
            }
            states
        };
        let before = states(&archive).await;
        let arrivals: Vec<i64> = (1..=80).filter(|arrival| arrival % every == 1).collect();
        assert_eq!(dispose(&archive, &arrivals).await.disposed, arrivals.len() as u64);
        let after = states(&archive).await;
        assert_eq!(after.len(), 80 - arrivals.len());
        for (n, found) in &after {
            assert_eq!(found, &before[n], "m{n}, every {every}");
        }
        let next = Entry {
            advances: vec![advance("li", &state(80), &state(81))],
            ..due("m80", 80)
        };
        archive.ingest(&batch(vec![next])).await.unwrap();
        whole(&archive).await;
        archive.close().await;
    }
}

#[tokio::test]
async fn nothing_goes_by_a_clock_that_may_be_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&batch(vec![due("m1", 1)])).await.unwrap();
    let refused = async |archive: &Archive, by: i64, is_right: bool| {
        let mut disposing = disposing(&[1]);
        disposing.at = at(disposing.at.as_millis() + by);
        disposing.clock_is_right = is_right;
        match archive.commit(Change::Dispose(&disposing), &wei()).await {
            Err(CommitError::Clock(trouble)) => Some(trouble),
            Ok(_) => None,
            Err(other) => panic!("{other}"),
        }
    };
    let years = 10 * 365 * 24 * 3_600_000_i64;
    for by in [years, -years, 3_700_000, -3_700_000] {
        assert!(refused(&archive, by, true).await.is_some(), "{by}");
    }
    // The tests' messages are of long ago: nobody knows what passed before the archive was opened again.
    let path = archive.path().to_owned();
    archive.close().await;
    let archive = Archive::open_with(&path, &Opening::default()).await.unwrap();
    assert!(matches!(
        refused(&archive, 0, false).await,
        Some(ClockTrouble::Pause { .. })
    ));
    assert!(archive.show(&id("m1")).await.unwrap().is_some());
    assert_eq!(refused(&archive, 0, true).await, None);
    assert!(archive.show(&id("m1")).await.unwrap().is_none());
    let day: Day = TODAY.parse().unwrap();
    assert!(archive.due(day, 0, 10).await.unwrap().is_empty());
    archive.close().await;
}

#[tokio::test]
async fn a_message_that_cannot_be_read_stays_and_stops_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&batch(vec![due("m1", 1), due("m2", 2)])).await.unwrap();
    let mut connection = raw_connection(archive.path()).await;
    sqlx::query("UPDATE contents SET key = zeroblob(40) WHERE message = 1")
        .execute(&mut connection)
        .await
        .unwrap();
    drop(connection);
    let listed = archive.due(TODAY.parse().unwrap(), 0, 10).await.unwrap();
    assert_eq!(listed[0].kept_by, Some(KeptBy::Damaged));
    assert_eq!((listed.len(), listed[1].kept_by), (2, None));
    let report = dispose(&archive, &[1, 2]).await;
    assert_eq!((report.damaged, report.disposed), (1, 1));
    archive.close().await;
}

/// Somebody reads, and the write-ahead log cannot be emptied: a later transaction does it.
#[tokio::test]
async fn what_a_reader_kept_in_the_write_ahead_log_goes_with_a_later_transaction() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&batch(vec![due("m1", 1)])).await.unwrap();
    let content = bytes(archive.path(), "content", 1).await;
    let mut reader = raw_connection(archive.path()).await;
    sqlx::query("BEGIN").execute(&mut reader).await.unwrap();
    let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM contents")
        .fetch_one(&mut reader)
        .await
        .unwrap();
    assert_eq!(seen, 1);
    assert_eq!(dispose(&archive, &[1]).await.disposed, 1);
    assert!(is_anywhere(folder.path(), &content), "no reader was in the way");
    sqlx::query("COMMIT").execute(&mut reader).await.unwrap();
    archive.ingest(&batch(vec![entry("m2", 2)])).await.unwrap();
    assert!(!is_anywhere(folder.path(), &content));
    archive.close().await;
}

/// What a caller says of its grounds is compared with the archive's own columns and with the clock.
#[tokio::test]
async fn no_caller_makes_a_message_due() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let later = Entry {
        retention: Some(retention(Some("2090-01-01"))),
        ..entry("later", 2)
    };
    archive.ingest(&batch(vec![due("m1", 1), later])).await.unwrap();
    let tried = async |change: fn(&mut Going), arrival: i64| {
        let mut disposing = disposing(&[arrival]);
        change(&mut disposing.messages[0]);
        match archive.commit(Change::Dispose(&disposing), &wei()).await.unwrap() {
            Receipt::Disposed(report) => (report.disposed, report.not_due),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(tried(|_| {}, 2).await, (0, 1));
    assert_eq!(tried(|going| going.statutes.clear(), 1).await, (0, 1));
    assert_eq!(tried(|going| going.due_ms = u64::MAX, 1).await, (0, 1));
    assert_eq!(tried(|going| going.clock.start_ms = going.due_ms + 1, 1).await, (0, 1));
    assert_eq!(tried(|_| {}, 1).await, (1, 0));
    archive.close().await;
}
