//! Alerts: what becomes one, how it is reviewed, and which lists it is in.

use crate::support::{
    Write, activation, at, batch, entry, finding, generation, mended, now, policy, rejudging, rich_batch,
};
use proviso_archive::{
    Alert, AlertAct, AlertDecision, AlertFilter, AlertKind, AlertRule, AlertRules, AlertSort, AlertView, Archive,
    Change, CommitError, Entry, IngestBatch, Receipt, ReviewAct, ReviewRefusal, Reviewing, Sight,
};
use proviso_model::verdict::Severity;
use proviso_model::{Message, MessageId, Principal, PrincipalKind, Timestamp};
use std::sync::Arc;

pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;

/// A message with findings of these rules and severities.
pub(crate) fn found(native: &str, n: usize, findings: &[(&str, Severity)]) -> Entry {
    let mut entry = entry(native, n);
    entry.verdict.findings = findings
        .iter()
        .map(|(rule, severity)| finding(rule, *severity))
        .collect();
    entry
}

pub(crate) fn person(name: &str) -> Principal {
    Principal::new(PrincipalKind::Person, name).unwrap()
}

pub(crate) fn later(millis: i64) -> Timestamp {
    at(now().as_millis() + millis)
}

pub(crate) fn filter(view: AlertView) -> AlertFilter {
    AlertFilter {
        me: Some("li".into()),
        ..AlertFilter::new(Sight::All, view, later(HOUR))
    }
}

pub(crate) async fn list(archive: &Archive, filter: &AlertFilter) -> Vec<Alert> {
    archive.alerts(filter, AlertSort::Due, None, 200).await.unwrap().alerts
}

pub(crate) async fn only(archive: &Archive, number: i64) -> Alert {
    archive.alert(number, &Sight::All).await.unwrap().unwrap().alert
}

/// Does something with an alert as it is now.
pub(crate) async fn review(
    archive: &Archive,
    alert: i64,
    act: ReviewAct<'_>,
    (millis, by): (i64, &str),
) -> Result<Receipt, CommitError> {
    let version = only(archive, alert).await.version;
    let reviewing = Reviewing {
        alert,
        version,
        act,
        sight: &Sight::All,
        at: later(millis),
    };
    archive.commit(Change::Review(&reviewing), &person(by)).await
}

pub(crate) fn decides(decision: AlertDecision) -> ReviewAct<'static> {
    ReviewAct::Decide {
        decision,
        reason: Some("looked-at"),
        comment: None,
    }
}

pub(crate) fn refused(result: Result<Receipt, CommitError>) -> ReviewRefusal {
    match result {
        Err(CommitError::Review(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn what_is_severe_enough_becomes_an_alert_once(archive: Archive) {
    let mut shadow = found("shadow", 2, &[("a", Severity::Critical)]);
    shadow.verdict.findings[0].shadow = true;
    let mut held = found("held", 3, &[("a", Severity::High)]);
    held.verdict.held = true;
    held.department = Some("wealth".into());
    let mut other = found("other", 4, &[("a", Severity::Medium), ("a", Severity::High)]);
    let mut moved = Message::clone(&other.message);
    moved.id = Arc::new(MessageId {
        tenant: "shop".into(),
        ..MessageId::clone(&moved.id)
    });
    let findings = std::mem::take(&mut other.verdict.findings);
    other = crate::support::entry_of(moved);
    other.verdict.findings = findings;
    let rules = AlertRules {
        all: AlertRule::default(),
        tenants: [(
            "shop".to_owned(),
            AlertRule {
                from: Severity::High,
                answer_within_hours: 4,
            },
        )]
        .into(),
    };
    let entries = vec![
        found(
            "m1",
            1,
            &[
                ("a", Severity::Medium),
                ("b", Severity::Low),
                ("a", Severity::High),
                ("c", Severity::Medium),
            ],
        ),
        shadow,
        held,
        other,
        entry("nothing", 5),
    ];
    let all = IngestBatch {
        alerts: Arc::new(rules),
        ..batch(entries)
    };
    archive.ingest(&all).await.unwrap();
    let mut alerts = list(&archive, &filter(AlertView::Open)).await;
    alerts.sort_by_key(|alert| alert.number);
    let told: Vec<_> = alerts
        .iter()
        .map(|alert| {
            let rule = alert.rule.as_ref().map(|rule| rule.rule.as_str());
            let hours = (alert.due_at.as_millis() - alert.opened_at.as_millis()) / HOUR;
            (
                alert.number,
                alert.message,
                rule,
                alert.severity,
                hours,
                alert.tenant.as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (1, 1, Some("a"), Some(Severity::High), 24, "bank"),
            (2, 1, Some("c"), Some(Severity::Medium), 24, "bank"),
            (3, 3, Some("a"), Some(Severity::High), 24, "bank"),
            (4, 3, None, None, 24, "bank"),
            (5, 4, Some("a"), Some(Severity::High), 4, "shop"),
        ]
    );
    assert_eq!(alerts[3].kind, AlertKind::Held);
    assert_eq!(alerts[2].department.as_deref(), Some("wealth"));
    assert_eq!((alerts[0].opened_at, alerts[0].department.as_deref()), (now(), None));
    let rule = alerts[0].rule.as_ref().unwrap();
    assert_eq!((&*rule.pack, &*rule.policy), ("proviso/bank-cn", "promissory-language"));
    assert!(
        alerts
            .iter()
            .all(|alert| alert.version == 0 && alert.is_open && alert.decided.is_none())
    );
    let names = alerts[0]
        .from
        .as_deref()
        .zip(alerts[0].conversation.as_deref())
        .unwrap();
    assert!(
        names.0.starts_with("person-") && names.1.starts_with("conversation-"),
        "{names:?}"
    );
}

pub(crate) async fn another_verdict_opens_withdraws_and_marks(archive: Archive) {
    let held = |native: &str, n: usize| {
        let mut entry = found(native, n, &[("stays", Severity::Medium), ("goes", Severity::High)]);
        entry.verdict.held = true;
        entry
    };
    archive
        .ingest(&batch(vec![held("m1", 1), held("m2", 2)]))
        .await
        .unwrap();
    // Of m2 somebody has looked at what goes.
    let said = ReviewAct::Comment { comment: "hm" };
    review(&archive, 5, said, (0, "li")).await.unwrap();
    archive.activate(&activation(generation("second"), 1)).await.unwrap();
    let again = |native: &str, n: usize, held: bool, rules: &[(&str, Severity)]| {
        let mut entry = found(native, n, rules);
        entry.verdict.generation = generation("second").id;
        entry.verdict.held = held;
        entry
    };
    let now = [
        ("stays", Severity::Critical),
        ("new", Severity::Medium),
        ("minor", Severity::Low),
    ];
    archive
        .rejudge(&rejudging(vec![
            again("m1", 1, true, &now),
            again("m2", 2, false, &now),
        ]))
        .await
        .unwrap();
    let mut told = Vec::new();
    for number in 1..=8 {
        let item = archive.alert(number, &Sight::All).await.unwrap().unwrap();
        let (alert, last) = (item.alert, item.reviews.last().map(|review| review.act));
        let rule = alert.rule.map(|rule| rule.rule);
        told.push((number, rule, alert.severity, alert.is_open, alert.superseded, last));
    }
    let (medium, high, critical) = (Some(Severity::Medium), Some(Severity::High), Some(Severity::Critical));
    let rule = |name: &str| Some(name.to_owned());
    assert_eq!(
        told,
        [
            (1, rule("stays"), critical, true, false, None),
            (2, rule("goes"), high, false, true, Some(AlertAct::Withdrawn)),
            (3, None, None, true, false, None),
            (4, rule("stays"), critical, true, false, None),
            (5, rule("goes"), high, true, true, Some(AlertAct::Commented)),
            (6, None, None, false, false, Some(AlertAct::Released)),
            (7, rule("new"), medium, true, false, None),
            (8, rule("new"), medium, true, false, None),
        ]
    );
    assert_eq!(only(&archive, 7).await.opened_at, at(1_760_000_000_000));
    // What was withdrawn and is found once more is open once more.
    archive
        .rejudge(&rejudging(vec![again("m1", 1, true, &[("goes", Severity::Critical)])]))
        .await
        .unwrap();
    let alert = only(&archive, 2).await;
    assert!(alert.is_open && alert.severity == critical && !alert.superseded);
    assert!(!only(&archive, 1).await.is_open && !only(&archive, 7).await.is_open);
}

/// The first verdict held it; nobody had to look at it any more once the second did not.
pub(crate) async fn a_mended_message_has_the_alerts_of_its_new_verdict(archive: Archive) {
    archive.ingest(&rich_batch("m1")).await.unwrap();
    assert_eq!(list(&archive, &filter(AlertView::Open)).await.len(), 2);
    let new = mended(&archive, "m1").await;
    archive.rejudge(&rejudging(vec![new])).await.unwrap();
    let open = list(&archive, &filter(AlertView::Open)).await;
    let rules: Vec<_> = open
        .iter()
        .map(|alert| alert.rule.as_ref().unwrap().rule.as_str())
        .collect();
    assert_eq!(rules, ["mended"]);
    assert_eq!(
        open[0].rule.as_ref().unwrap().policy,
        policy("promissory-language").policy.as_ref()
    );
}
