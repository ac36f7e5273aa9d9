//! Reviews of alerts: what each does, what is refused, and many at once.

use super::alerts::{MINUTE, decides, filter, found, later, list, only, person, refused, review};
use crate::support::{Write, batch, entry, finding, id, now, rich_batch};
use proviso_archive::{
    AlertAct, AlertDecision, AlertFilter, AlertView, Archive, BulkAct, Change, Receipt, ReviewAct, ReviewRefusal,
    Reviewing, ReviewingMany, Sight, WhichAlerts,
};
use proviso_model::verdict::Severity;

pub(crate) async fn a_decision_closes_an_alert_and_is_taken_back(archive: Archive) {
    archive
        .ingest(&batch(vec![found("m1", 1, &[("a", Severity::High)])]))
        .await
        .unwrap();
    let to_li = ReviewAct::Assign { to: Some("li") };
    review(&archive, 1, to_li, (0, "wei")).await.unwrap();
    let receipt = review(&archive, 1, decides(AlertDecision::Violation), (MINUTE, "li"))
        .await
        .unwrap();
    let undo_until = Some(later(11 * MINUTE));
    assert_eq!(receipt, Receipt::Reviewed { version: 2, undo_until });
    let alert = only(&archive, 1).await;
    let decided = alert.decided.clone().unwrap();
    assert_eq!(
        (decided.decision, decided.by, decided.at),
        (AlertDecision::Violation, person("li"), later(MINUTE))
    );
    assert!(!alert.is_open && alert.assignee.as_deref() == Some("li"));
    assert_eq!(list(&archive, &filter(AlertView::Closed)).await, [alert]);

    review(&archive, 1, ReviewAct::Undo, (11 * MINUTE, "li")).await.unwrap();
    let alert = only(&archive, 1).await;
    assert!(alert.is_open && alert.decided.is_none() && alert.version == 3);
    review(&archive, 1, decides(AlertDecision::Escalate), (12 * MINUTE, "li"))
        .await
        .unwrap();
    let alert = only(&archive, 1).await;
    assert!(alert.is_open && alert.escalated && alert.assignee.is_none());
    assert_eq!(list(&archive, &filter(AlertView::Escalated)).await.len(), 1);
    review(&archive, 1, decides(AlertDecision::FalsePositive), (13 * MINUTE, "wei"))
        .await
        .unwrap();
    let again = ReviewAct::Reopen { reason: "new-facts" };
    review(&archive, 1, again, (14 * MINUTE, "wei")).await.unwrap();
    let item = archive.alert(1, &Sight::All).await.unwrap().unwrap();
    let alert = &item.alert;
    assert!(alert.is_open && !alert.escalated && alert.decided.is_none());
    let acts: Vec<_> = item
        .reviews
        .iter()
        .map(|one| (one.version, one.act, one.reason.as_deref()))
        .collect();
    let reason = Some("looked-at");
    assert_eq!(
        acts,
        [
            (1, AlertAct::Assigned, None),
            (2, AlertAct::Decided, reason),
            (3, AlertAct::Undone, None),
            (4, AlertAct::Escalated, reason),
            (5, AlertAct::Decided, reason),
            (6, AlertAct::Reopened, Some("new-facts")),
        ]
    );
}

pub(crate) async fn each_refusal_changes_nothing(archive: Archive) {
    let entries = vec![
        found("m1", 1, &[("a", Severity::High)]),
        found("m2", 2, &[("a", Severity::High)]),
    ];
    archive.ingest(&batch(entries)).await.unwrap();
    archive.ingest(&rich_batch("waits")).await.unwrap();
    review(&archive, 2, decides(AlertDecision::NoIssue), (0, "li"))
        .await
        .unwrap();
    let held = list(&archive, &filter(AlertView::Held)).await[0].number;
    archive.release(&[id("waits")], "read").await.unwrap();
    assert!(!only(&archive, held).await.is_open);
    let long = "x".repeat(4_097);
    let comment = |comment| ReviewAct::Comment { comment };
    let reason = |reason| ReviewAct::Decide {
        decision: AlertDecision::NoIssue,
        reason: Some(reason),
        comment: None,
    };
    let assign = |to| ReviewAct::Assign { to: Some(to) };
    let reopen = ReviewAct::Reopen { reason: "again" };
    let decided = decides(AlertDecision::NoIssue);
    let by_li = || person("li");
    let before: Vec<_> = [1, 2, held].to_vec();
    let mut versions = Vec::new();
    for alert in &before {
        versions.push(only(&archive, *alert).await.version);
    }
    for (alert, act, (millis, by), expected) in [
        (99, decided, (0, "wei"), ReviewRefusal::Unknown(99)),
        (2, decided, (0, "wei"), ReviewRefusal::Closed(2)),
        (2, assign("li"), (0, "wei"), ReviewRefusal::Closed(2)),
        (1, reopen, (0, "wei"), ReviewRefusal::Open(1)),
        (held, reopen, (0, "wei"), ReviewRefusal::WaitsNoMore(held)),
        (1, ReviewAct::Undo, (0, "wei"), ReviewRefusal::NothingToUndo(1)),
        (held, ReviewAct::Undo, (0, "wei"), ReviewRefusal::NothingToUndo(held)),
        (
            2,
            ReviewAct::Undo,
            (0, "wei"),
            ReviewRefusal::OfAnother { alert: 2, by: by_li() },
        ),
        (
            2,
            ReviewAct::Undo,
            (10 * MINUTE + 1, "li"),
            ReviewRefusal::TooLate { alert: 2, at: now() },
        ),
        (1, comment(" \n"), (0, "wei"), ReviewRefusal::Comment(2)),
        (1, comment(&long), (0, "wei"), ReviewRefusal::Comment(4_097)),
        (1, reason(""), (0, "wei"), ReviewRefusal::Reason(String::new())),
        (1, reason("Not So"), (0, "wei"), ReviewRefusal::Reason("Not So".into())),
        (1, assign("Li Na"), (0, "wei"), ReviewRefusal::Assignee("Li Na".into())),
        (1, assign(&long), (0, "wei"), ReviewRefusal::Assignee("x".repeat(64))),
    ] {
        let version = archive.alert(alert, &Sight::All).await.unwrap();
        let reviewing = Reviewing {
            alert,
            version: version.map_or(0, |item| item.alert.version),
            act,
            sight: &Sight::All,
            at: later(millis),
        };
        let result = archive.commit(Change::Review(&reviewing), &person(by)).await;
        assert_eq!(refused(result), expected, "{alert} {act:?}");
    }
    let stale = Reviewing {
        alert: 2,
        version: 0,
        act: ReviewAct::Undo,
        sight: &Sight::All,
        at: now(),
    };
    let changed = ReviewRefusal::Changed {
        alert: 2,
        seen: 0,
        found: 1,
    };
    assert_eq!(
        refused(archive.commit(Change::Review(&stale), &person("li")).await),
        changed
    );
    for (alert, version) in before.iter().zip(&versions) {
        assert_eq!(only(&archive, *alert).await.version, *version, "{alert}");
    }
    // A comment is added whatever others did meanwhile.
    let added = Reviewing {
        act: comment("seen"),
        ..stale
    };
    archive.commit(Change::Review(&added), &person("li")).await.unwrap();
    assert_eq!(only(&archive, 2).await.version, 2);
}

pub(crate) async fn many_are_reviewed_at_once_or_none(archive: Archive) {
    let entries: Vec<_> = (0..6)
        .map(|n| found(&format!("m{n}"), n, &[(["a", "b"][n % 2], Severity::High)]))
        .collect();
    archive.ingest(&batch(entries)).await.unwrap();
    review(&archive, 1, decides(AlertDecision::NoIssue), (0, "li"))
        .await
        .unwrap();
    let of_a = AlertFilter {
        rule: Some("a".into()),
        ..filter(AlertView::Open)
    };
    let decide = BulkAct::Decide {
        decision: AlertDecision::FalsePositive,
        reason: Some("newsletter"),
        comment: Some("all of it is the newsletter"),
    };
    let many = |which, expected, act| ReviewingMany {
        which,
        expected,
        act,
        at: later(MINUTE),
    };
    let differs = |expected, found| ReviewRefusal::CountDiffers { expected, found };
    let commit = async |many: &ReviewingMany<'_>| archive.commit(Change::ReviewMany(many), &person("li")).await;
    let refusal = refused(commit(&many(WhichAlerts::Filter(&of_a), 3, decide)).await);
    assert_eq!(refusal, differs(3, 2));
    assert_eq!(
        list(&archive, &filter(AlertView::Open)).await.len(),
        5,
        "nothing was changed"
    );
    let receipt = commit(&many(WhichAlerts::Filter(&of_a), 2, decide)).await.unwrap();
    assert_eq!(receipt, Receipt::ReviewedMany { changed: 2 });
    assert!(list(&archive, &of_a).await.is_empty());
    for number in [3, 5] {
        let item = archive.alert(number, &Sight::All).await.unwrap().unwrap();
        assert_eq!(item.reviews.len(), 1);
        assert_eq!(item.reviews[0].comment.as_deref(), Some("all of it is the newsletter"));
    }
    // Closed ones, others twice, and ones that are not there.
    let numbers = [2, 3, 4, 4, 77];
    let assign = BulkAct::Assign { to: Some("zhao") };
    let refusal = refused(commit(&many(WhichAlerts::Numbers(&numbers, &Sight::All), 5, assign)).await);
    assert_eq!(refusal, differs(5, 2));
    commit(&many(WhichAlerts::Numbers(&numbers, &Sight::All), 2, assign))
        .await
        .unwrap();
    let of_zhao = AlertFilter {
        me: Some("zhao".into()),
        ..filter(AlertView::Mine)
    };
    assert_eq!(list(&archive, &of_zhao).await.len(), 2);
    let closed = filter(AlertView::Closed);
    assert_eq!(
        refused(commit(&many(WhichAlerts::Filter(&closed), 3, assign)).await),
        differs(3, 0)
    );
    let too_many = refused(commit(&many(WhichAlerts::Filter(&of_a), 10_001, assign)).await);
    assert_eq!(too_many, ReviewRefusal::TooMany(10_001));
    let blank = BulkAct::Assign { to: Some("") };
    let nobody = refused(commit(&many(WhichAlerts::Filter(&of_a), 0, blank)).await);
    assert_eq!(nobody, ReviewRefusal::Assignee(String::new()));
    // One that arrived since it was counted is not decided on unseen.
    archive
        .ingest(&batch(vec![found("late", 7, &[("b", Severity::High)])]))
        .await
        .unwrap();
    let refusal = refused(commit(&many(WhichAlerts::Filter(&filter(AlertView::Open)), 3, decide)).await);
    assert_eq!(refusal, differs(3, 4));
}

pub(crate) async fn an_item_has_all_that_a_reviewer_needs(archive: Archive) {
    let mut entries: Vec<_> = (0..7).map(|n| entry(&format!("m{n}"), 1 + 50 * n)).collect();
    for entry in &mut entries[2..5] {
        entry.verdict.findings = vec![finding("a", Severity::High), finding("b", Severity::Low)];
    }
    entries.push(found("elsewhere", 2, &[("a", Severity::High)]));
    archive.ingest(&batch(entries.clone())).await.unwrap();
    for number in [1, 2, 4] {
        review(&archive, number, decides(AlertDecision::NoIssue), (number, "li"))
            .await
            .unwrap();
    }
    let comment = ReviewAct::Comment {
        comment: "问过 staff-1 了",
    };
    review(&archive, 3, comment, (9, "li")).await.unwrap();
    let item = archive.alert(3, &Sight::All).await.unwrap().unwrap();
    let message = item.message.unwrap();
    assert_eq!(message.message, crate::support::whole(&entries[4]));
    assert_eq!(message.findings, entries[4].verdict.findings);
    assert_eq!((message.received_at, message.is_held), (now(), false));
    assert_eq!(message.generation, entries[4].verdict.generation);
    assert_eq!(item.reviews[0].comment.as_deref(), Some("问过 staff-1 了"));
    let same: Vec<_> = item
        .same_rule
        .iter()
        .map(|same| (same.number, same.decided.at))
        .collect();
    assert_eq!(
        same,
        [(2, later(2)), (1, later(1))],
        "of this conversation, the latest first"
    );

    let names = &message.names;
    assert_eq!(Some(&names.from), item.alert.from.as_ref());
    assert_eq!(Some(&names.conversation), item.alert.conversation.as_ref());
    assert_eq!(names.to.len(), message.message.recipients.len());
    let parties = message.message.parties().map(|party| party.id.as_str());
    let hidden: Vec<&str> = parties.chain([message.message.id.native.as_str()]).collect();
    let said = format!("{names:?}");
    assert!(hidden.iter().all(|one| !said.contains(&format!("{one}\""))), "{said}");
    assert!(archive.alert(99, &Sight::All).await.unwrap().is_none());

    let around = archive.around(5, 2, 9).await.unwrap();
    let numbers = |side: &[proviso_archive::Neighbour]| side.iter().map(|one| one.arrival).collect::<Vec<_>>();
    assert_eq!(
        (numbers(&around.before), numbers(&around.after)),
        (vec![3, 4], vec![6, 7])
    );
    assert_eq!(around.before[1].message, crate::support::whole(&entries[3]));
    assert_eq!(
        Some(&around.before[1].names.conversation),
        item.alert.conversation.as_ref()
    );
    assert!(archive.around(99, 5, 5).await.unwrap().before.is_empty());
}
