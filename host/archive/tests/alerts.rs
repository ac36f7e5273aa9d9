//! Alerts in the file: what a disposal takes of them, what an audit finds, what a migration makes, and that each list is as long as is counted.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::alterations::opened_to_alter;
use crate::conformance::alerts::{MINUTE, decides, filter, found, later, list, only, person, review};
use crate::disposal::{dispose, due};
use crate::keys::rewrap_all;
use crate::log::{copy, whole};
use crate::support::{
    Write, batch, entry, finding, fresh, id, is_anywhere, raw_connection, rejudging, rich_batch, wei,
};
use proviso_archive::{
    Alert, AlertAct, AlertDecision, AlertFilter, AlertSort, AlertView, Archive, BulkAct, Change, Receipt, ReviewAct,
    ReviewingMany, Sight, WhichAlerts,
};
use proviso_model::verdict::Severity;
use std::path::Path;

/// Longer than the log's or a page's own bytes, so that it is found wherever it stands.
const SECRET: &str = "ask the branch about the falcon account before it is closed";

fn wrong(native: &str, n: usize) -> proviso_archive::Entry {
    let mut entry = due(native, n);
    entry.verdict.findings = vec![finding("a", Severity::High)];
    entry
}

async fn comment(archive: &Archive, alert: i64) {
    let comment = ReviewAct::Comment { comment: SECRET };
    review(archive, alert, comment, (0, "li")).await.unwrap();
}

#[tokio::test]
async fn a_disposal_takes_the_comments_and_leaves_who_decided_what() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive
        .ingest(&batch(vec![wrong("m1", 1), wrong("m2", 2), wrong("m3", 3)]))
        .await
        .unwrap();
    for alert in [1, 2, 3] {
        comment(&archive, alert).await;
    }
    review(&archive, 1, decides(AlertDecision::Violation), (MINUTE, "li"))
        .await
        .unwrap();
    whole(&archive).await;
    assert_eq!(dispose(&archive, &[1, 2]).await.disposed, 2);
    whole(&archive).await;

    let left = |number: i64| {
        let archive = archive.clone();
        async move { archive.alert(number, &Sight::All).await.unwrap().unwrap() }
    };
    let decided = left(1).await;
    assert!(decided.message.is_none() && decided.alert.from.is_none() && decided.alert.conversation.is_none());
    let acts: Vec<_> = decided
        .reviews
        .iter()
        .map(|one| (one.act, one.has_comment, one.comment.clone()))
        .collect();
    assert_eq!(
        acts,
        [(AlertAct::Commented, true, None), (AlertAct::Decided, false, None)]
    );
    let stands = decided.alert.decided.unwrap();
    assert_eq!((stands.decision, stands.by), (AlertDecision::Violation, person("li")));
    let open = left(2).await;
    assert!(!open.alert.is_open && open.alert.decided.is_none());
    assert_eq!(
        open.reviews.last().map(|one| (one.act, one.by.clone())),
        Some((AlertAct::Disposed, wei()))
    );
    assert_eq!(left(3).await.reviews[0].comment.as_deref(), Some(SECRET));

    // Nothing can be added any more.
    for act in [ReviewAct::Comment { comment: "x" }, ReviewAct::Reopen { reason: "x" }] {
        let error = review(&archive, 1, act, (0, "li")).await.unwrap_err().to_string();
        assert_eq!(
            error,
            "the message of alert 1 was disposed of: nothing can be added to it"
        );
    }
    let path = archive.path().to_owned();
    archive.close().await;
    let count = "SELECT count(*) FROM review_comments";
    assert_eq!(crate::log::count(&path, count).await, 1);
    assert_eq!(
        crate::log::count(&path, "SELECT count(*) FROM alerts WHERE sender IS NOT NULL").await,
        1
    );
}

#[tokio::test]
async fn a_comment_stands_nowhere_in_the_open() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&batch(vec![wrong("m1", 1)])).await.unwrap();
    comment(&archive, 1).await;
    assert!(!is_anywhere(folder.path(), SECRET.as_bytes()));
    // One that is planted is found.
    let mut connection = raw_connection(archive.path()).await;
    sqlx::query("UPDATE review_comments SET sealed = ?")
        .bind(SECRET.as_bytes())
        .execute(&mut connection)
        .await
        .unwrap();
    assert!(is_anywhere(folder.path(), SECRET.as_bytes()));
    let error = archive.alert(1, &Sight::All).await.unwrap_err().to_string();
    assert!(!error.contains("falcon"), "{error}");
}

/// What somebody alters of alerts and reviews, each found by an audit.
const ALTERED: [(&str, &str); 22] = [
    ("a review deleted", "DELETE FROM reviews WHERE review = 2"),
    ("a decision by another", "UPDATE reviews SET who = 'person:zhao' WHERE act = 'decided'"),
    (
        "another decision, in both places",
        "UPDATE reviews SET decision = 'no-issue' WHERE act = 'decided'; UPDATE alerts SET decision = 'no-issue' WHERE decision IS NOT NULL",
    ),
    ("another reason", "UPDATE reviews SET reason = 'other' WHERE reason IS NOT NULL"),
    ("a later decision", "UPDATE reviews SET at = at + 1 WHERE act = 'decided'"),
    ("a review of another alert", "UPDATE reviews SET alert = 4 WHERE act = 'decided'"),
    ("a comment deleted", "DELETE FROM review_comments"),
    ("a comment altered", "UPDATE review_comments SET sealed = zeroblob(40)"),
    (
        "a comment altered, with its digest",
        "UPDATE review_comments SET sealed = zeroblob(40); UPDATE reviews SET comment = zeroblob(32) WHERE comment IS NOT NULL",
    ),
    ("a comment more", "INSERT INTO review_comments SELECT 2, message, sealed FROM review_comments LIMIT 1"),
    (
        "a review more",
        "INSERT INTO reviews SELECT 99, 4, 1, at, who, act, decision, reason, assignee, severity, comment FROM reviews WHERE act = 'decided';
         UPDATE alerts SET state = 'closed', decision = 'violation', decided_by = 'person:li', decided_at = 1, version = 1 WHERE alert = 4",
    ),
    ("an alert closed", "UPDATE alerts SET state = 'closed' WHERE alert = 4"),
    ("an alert opened", "UPDATE alerts SET state = 'open' WHERE state = 'closed'"),
    ("another assignee", "UPDATE alerts SET assignee = 'zhao' WHERE alert = 4"),
    ("another to decide", "UPDATE alerts SET decided_by = 'person:zhao' WHERE decision IS NOT NULL"),
    ("an alert deleted", "DELETE FROM alerts WHERE alert = 3"),
    ("the last alert deleted", "DELETE FROM alerts WHERE kind = 'held'"),
    ("another severity", "UPDATE alerts SET severity = 2 WHERE alert = 4"),
    ("a decided one of another severity", "UPDATE alerts SET severity = 2 WHERE decision IS NOT NULL"),
    ("another message", "UPDATE alerts SET message = 5 WHERE alert = 4"),
    ("another rule of a reviewed one", "UPDATE alerts SET rule = 'b' WHERE alert = 1"),
    ("found no more", "UPDATE alerts SET superseded = 1 WHERE alert = 4"),
];

#[tokio::test]
async fn whoever_alters_alerts_or_reviews_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let entries = (1..5)
        .map(|n| found(&format!("m{n}"), n, &[("a", Severity::High)]))
        .collect();
    archive.ingest(&batch(entries)).await.unwrap();
    archive.ingest(&rich_batch("waits")).await.unwrap();
    comment(&archive, 1).await;
    review(&archive, 1, decides(AlertDecision::Violation), (0, "li"))
        .await
        .unwrap();
    review(&archive, 2, ReviewAct::Assign { to: Some("li") }, (0, "wei"))
        .await
        .unwrap();
    whole(&archive).await;
    let path = archive.path().to_owned();
    archive.close().await;
    let altered = folder.path().join("altered.db");
    let mut unseen = Vec::new();
    for (what, sql) in ALTERED {
        copy(&path, &altered);
        let mut connection = opened_to_alter(&altered).await;
        let done = sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        assert!(done.rows_affected() > 0, "{what} alters nothing");
        sqlx::Connection::close(connection).await.unwrap();
        let archive = Archive::open_readonly(&altered).await.unwrap();
        if archive.audit(None).await.unwrap().is_whole() {
            unseen.push(what);
        }
        archive.close().await;
    }
    assert!(unseen.is_empty(), "{unseen:#?}");
}

#[tokio::test]
async fn the_schema_refuses_what_nobody_may() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&batch(vec![wrong("m1", 1)])).await.unwrap();
    comment(&archive, 1).await;
    let mut connection = raw_connection(archive.path()).await;
    for (sql, expected) in [
        ("UPDATE reviews SET who = 'x'", "a review never changes"),
        ("DELETE FROM reviews", "a review is never taken out"),
        ("UPDATE alerts SET rule = 'x'", "what an alert is about never changes"),
        ("DELETE FROM alerts", "an alert is never taken out"),
    ] {
        let error = sqlx::query(sql).execute(&mut connection).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// How an archive of schema 18 was left: without the tables of 19.
async fn as_before(path: &Path) {
    let mut connection = opened_to_alter(path).await;
    let sql = "DROP TABLE review_comments; DROP TABLE reviews; DROP TABLE alerts; DROP TABLE intake;
               DELETE FROM _sqlx_migrations WHERE version > 18";
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    sqlx::Connection::close(connection).await.unwrap();
}

#[tokio::test]
async fn an_archive_of_before_gets_the_alerts_that_it_would_have_had() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let mut shadow = found("shadow", 3, &[("a", Severity::High)]);
    shadow.verdict.findings[0].shadow = true;
    let entries = vec![
        found(
            "m1",
            1,
            &[("a", Severity::Medium), ("a", Severity::High), ("b", Severity::Low)],
        ),
        entry("m2", 2),
        shadow,
    ];
    archive.ingest(&batch(entries)).await.unwrap();
    archive.ingest(&rich_batch("waits")).await.unwrap();
    let sorted = async |archive: &Archive| {
        let mut alerts = list(archive, &filter(AlertView::Open)).await;
        alerts.sort_by_key(|alert| alert.number);
        alerts
    };
    let before = sorted(&archive).await;
    assert_eq!(before.len(), 3);
    let path = archive.path().to_owned();
    archive.close().await;
    let intake = "SELECT sum(messages) FROM intake";
    let arrived = crate::log::count(&path, intake).await;
    as_before(&path).await;
    let archive = Archive::open(&path).await.unwrap();
    assert_eq!(sorted(&archive).await, before);
    whole(&archive).await;
    assert_eq!(crate::log::count(&path, intake).await, arrived);
    review(&archive, 1, decides(AlertDecision::NoIssue), (0, "li"))
        .await
        .unwrap();
    whole(&archive).await;
}

#[tokio::test]
async fn comments_are_read_behind_another_key_of_the_tenant() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&batch(vec![wrong("m1", 1)])).await.unwrap();
    comment(&archive, 1).await;
    archive.add_key(None, None, later(0), &wei()).await.unwrap();
    rewrap_all(&archive).await;
    comment(&archive, 1).await;
    let item = archive.alert(1, &Sight::All).await.unwrap().unwrap();
    assert!(
        item.reviews.iter().all(|one| one.comment.as_deref() == Some(SECRET)),
        "{:?}",
        item.reviews
    );
    whole(&archive).await;
}

#[tokio::test]
async fn a_release_ends_the_alert_of_a_held_message() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    archive.ingest(&rich_batch("waits")).await.unwrap();
    let held = list(&archive, &filter(AlertView::Held)).await;
    archive.release(&[id("waits")], "read").await.unwrap();
    let item = archive.alert(held[0].number, &Sight::All).await.unwrap().unwrap();
    let last = item.reviews.last().unwrap();
    assert_eq!(
        (last.act, last.by.clone(), item.alert.is_open),
        (AlertAct::Released, wei(), false)
    );
    assert_eq!(
        list(&archive, &filter(AlertView::Open)).await.len(),
        1,
        "its finding is still to be looked at"
    );
    whole(&archive).await;
}

#[tokio::test]
async fn what_opens_again_is_what_is_found_now() {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    let mut held = found("m1", 1, &[("a", Severity::Medium), ("b", Severity::High)]);
    held.verdict.held = true;
    archive.ingest(&batch(vec![held.clone()])).await.unwrap();
    let no_issue = decides(AlertDecision::NoIssue);
    for alert in [1, 3] {
        review(&archive, alert, no_issue, (0, "li")).await.unwrap();
    }
    held.verdict.findings = vec![finding("a", Severity::Critical)];
    archive.rejudge(&rejudging(vec![held])).await.unwrap();
    whole(&archive).await;
    assert_eq!(
        only(&archive, 1).await.severity,
        Some(Severity::Medium),
        "as it was decided on"
    );
    review(&archive, 1, ReviewAct::Undo, (MINUTE, "li")).await.unwrap();
    let alert = only(&archive, 1).await;
    assert!(alert.is_open && alert.severity == Some(Severity::Critical));
    review(&archive, 2, ReviewAct::Reopen { reason: "again" }, (MINUTE, "wei"))
        .await
        .unwrap();
    let alert = only(&archive, 2).await;
    assert!(alert.is_open && alert.superseded, "it is looked at, and found no more");
    whole(&archive).await;
    archive.release(&[id("m1")], "read").await.unwrap();
    let error = review(&archive, 3, ReviewAct::Undo, (MINUTE, "li"))
        .await
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "the message of alert 3 waits no more: there is nothing to decide on"
    );
    whole(&archive).await;
}

/// Numbers of a seed (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// Each view of what is there, as it is counted and as a walk over all alerts says.
async fn agree(archive: &Archive, me: &str, now: i64, step: usize) {
    let mut all: Vec<Alert> = Vec::new();
    for view in [AlertView::Open, AlertView::Closed] {
        all.extend(list(archive, &filter(view)).await);
    }
    for view in AlertView::ALL {
        let filter = AlertFilter {
            me: Some(me.to_owned()),
            now: later(now),
            ..filter(view)
        };
        let page = archive.alerts(&filter, AlertSort::Severity, None, 200).await.unwrap();
        let is_in = |alert: &&Alert| {
            alert.is_open == (view != AlertView::Closed)
                && match view {
                    AlertView::Open | AlertView::Closed => true,
                    AlertView::Mine => alert.assignee.as_deref() == Some(me),
                    AlertView::Unassigned => alert.assignee.is_none(),
                    AlertView::Overdue => alert.due_at < later(now),
                    AlertView::Held => alert.rule.is_none(),
                    AlertView::Escalated => alert.escalated,
                }
        };
        let expected = all.iter().filter(is_in).count() as u64;
        let counts = page.counts;
        let counted = match view {
            AlertView::Open => counts.open,
            AlertView::Mine => counts.mine,
            AlertView::Unassigned => counts.unassigned,
            AlertView::Overdue => counts.overdue,
            AlertView::Held => counts.held,
            AlertView::Escalated => counts.escalated,
            AlertView::Closed => expected,
        };
        assert_eq!(
            (page.alerts.len() as u64, counted),
            (expected, expected),
            "step {step}: {}",
            view.name()
        );
    }
}

#[tokio::test]
async fn random_reviews_leave_lists_counts_and_log_in_agreement() {
    for seed in 1..4 {
        let folder = tempfile::tempdir().unwrap();
        let archive = fresh(&folder).await;
        let mut numbers = Numbers(seed);
        let (mut messages, mut done) = (0, 0);
        for step in 0..120 {
            let at = step as i64 * 3 * MINUTE;
            let who = ["li", "wei"][numbers.below(2) as usize];
            let alerts = list(&archive, &filter(AlertView::Open)).await.len() as u64
                + list(&archive, &filter(AlertView::Closed)).await.len() as u64;
            if alerts == 0 || numbers.below(8) == 0 {
                messages += 1;
                let mut one = wrong(&format!("m{messages}"), messages);
                one.verdict.held = numbers.below(3) == 0;
                one.verdict.findings.push(finding("b", Severity::Critical));
                archive.ingest(&batch(vec![one])).await.unwrap();
                continue;
            }
            let number = 1 + numbers.below(alerts) as i64;
            let decision = AlertDecision::ALL[numbers.below(5) as usize];
            let act = match numbers.below(7) {
                0 | 1 => decides(decision),
                2 => ReviewAct::Undo,
                3 => ReviewAct::Assign {
                    to: [None, Some("li"), Some("wei")][numbers.below(3) as usize],
                },
                4 => ReviewAct::Comment { comment: SECRET },
                5 => ReviewAct::Reopen { reason: "again" },
                _ => {
                    let of_rule = AlertFilter {
                        rule: Some("a".into()),
                        ..filter(AlertView::Unassigned)
                    };
                    let many = ReviewingMany {
                        which: WhichAlerts::Filter(&of_rule),
                        expected: list(&archive, &of_rule).await.len() as u64,
                        act: BulkAct::Assign { to: Some("li") },
                        at: later(at),
                    };
                    archive.commit(Change::ReviewMany(&many), &person(who)).await.unwrap();
                    agree(&archive, who, at, step).await;
                    continue;
                }
            };
            // What is refused changes nothing; what is not is seen.
            let before = only(&archive, number).await;
            match review(&archive, number, act, (at, who)).await {
                Ok(Receipt::Reviewed { version, .. }) => {
                    done += 1;
                    assert_eq!(version, before.version + 1);
                }
                Ok(other) => panic!("{other:?}"),
                Err(_) => assert_eq!(only(&archive, number).await, before),
            }
            agree(&archive, who, at, step).await;
        }
        assert!(done > 30, "{done}");
        whole(&archive).await;
        let gone: Vec<i64> = (1..=messages as i64).step_by(2).collect();
        dispose(&archive, &gone).await;
        agree(&archive, "li", 0, 999).await;
        whole(&archive).await;
    }
}
