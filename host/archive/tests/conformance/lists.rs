//! Lists of alerts, what may be seen of them, and their numbers.

use super::alerts::{HOUR, decides, filter, found, later, list, refused, review};
use crate::support::{Write, at, batch, entry, now, rich_batch, wei};
use proviso_archive::{
    Alert, AlertCounts, AlertDecision, AlertFilter, AlertSort, AlertView, Archive, BulkAct, Change, Entry, IngestBatch,
    OverviewAsked, ReviewAct, ReviewRefusal, Reviewing, ReviewingMany, SeenTenant, Sent, Sight, WhichAlerts,
};
use proviso_model::time::Zone;
use proviso_model::verdict::Severity;
use proviso_model::{Message, MessageId, Timestamp};
use std::sync::Arc;

pub(crate) async fn lists_are_filtered_sorted_and_turned_page_by_page(archive: Archive) {
    let severities = [Severity::Medium, Severity::High, Severity::Critical];
    for n in 0..30 {
        let rule = ["a", "b"][n % 2];
        let mut entry = found(&format!("m{n}"), n, &[(rule, severities[n % 3])]);
        entry.verdict.held = n % 5 == 0;
        let ingest = IngestBatch {
            received_at: later(n as i64 / 4),
            ..batch(vec![entry])
        };
        archive.ingest(&ingest).await.unwrap();
    }
    review(&archive, 7, decides(AlertDecision::NoIssue), (0, "li"))
        .await
        .unwrap();
    let all = list(&archive, &filter(AlertView::Open)).await;
    assert_eq!(all.len(), 35);
    let key = |alert: &Alert, sort| {
        let severity = alert.severity.map_or(0, |severity| severity as i64 + 1);
        let (due, number) = (alert.due_at.as_millis(), alert.number);
        match sort {
            AlertSort::Due => (due, number, 0),
            AlertSort::Opened => (-alert.opened_at.as_millis(), -number, 0),
            AlertSort::Severity => (-severity, due, number),
        }
    };
    for sort in [AlertSort::Due, AlertSort::Opened, AlertSort::Severity] {
        let mut expected = all.clone();
        expected.sort_by_key(|alert| key(alert, sort));
        for limit in [1, 4, 35, 36] {
            let (mut read, mut after) = (Vec::new(), None);
            loop {
                let page = archive
                    .alerts(&filter(AlertView::Open), sort, after, limit)
                    .await
                    .unwrap();
                assert!(page.alerts.len() <= limit as usize);
                read.extend(page.alerts);
                let Some(next) = page.next else { break };
                after = Some(next.to_string().parse().unwrap());
            }
            assert_eq!(read, expected, "{sort:?} by {limit}");
        }
    }
    let base = || filter(AlertView::Open);
    let sent = |from: usize, before: usize| Sent {
        from: Some(at(1_740_000_000_000 + from as i64 * 1_000)),
        before: Some(at(1_740_000_000_000 + before as i64 * 1_000)),
    };
    let conversation = all[3].conversation.clone();
    for (name, filter) in [
        ("nothing", AlertFilter { ..base() }),
        (
            "tenant",
            AlertFilter {
                tenant: Some("bank".into()),
                ..base()
            },
        ),
        (
            "another tenant",
            AlertFilter {
                tenant: Some("shop".into()),
                ..base()
            },
        ),
        (
            "severity",
            AlertFilter {
                severity: Some(Severity::High),
                ..base()
            },
        ),
        (
            "pack",
            AlertFilter {
                pack: Some("proviso/bank-cn".into()),
                ..base()
            },
        ),
        (
            "another pack",
            AlertFilter {
                pack: Some("proviso/other".into()),
                ..base()
            },
        ),
        (
            "rule",
            AlertFilter {
                rule: Some("b".into()),
                ..base()
            },
        ),
        (
            "department",
            AlertFilter {
                department: Some("wealth".into()),
                ..base()
            },
        ),
        (
            "conversation",
            AlertFilter {
                conversation: conversation.clone(),
                ..base()
            },
        ),
        (
            "no conversation",
            AlertFilter {
                conversation: Some("conversation-0".into()),
                ..base()
            },
        ),
        (
            "sent",
            AlertFilter {
                sent: sent(5, 12),
                ..base()
            },
        ),
        (
            "opened",
            AlertFilter {
                opened: Sent {
                    from: Some(later(3)),
                    before: None,
                },
                ..base()
            },
        ),
        (
            "two",
            AlertFilter {
                rule: Some("b".into()),
                severity: Some(Severity::Medium),
                ..base()
            },
        ),
    ] {
        let is_in = |time: &Sent, at: Timestamp| {
            time.from.is_none_or(|from| from <= at) && time.before.is_none_or(|before| at < before)
        };
        let is_that = |alert: &&Alert| {
            let rule = alert.rule.as_ref();
            filter.tenant.as_ref().is_none_or(|tenant| *tenant == alert.tenant)
                && filter.severity.is_none_or(|severity| alert.severity == Some(severity))
                && filter
                    .pack
                    .as_ref()
                    .is_none_or(|pack| rule.is_some_and(|rule| rule.pack == *pack))
                && filter
                    .rule
                    .as_ref()
                    .is_none_or(|name| rule.is_some_and(|rule| rule.rule == *name))
                && filter.department.is_none()
                && filter
                    .conversation
                    .as_ref()
                    .is_none_or(|one| alert.conversation.as_ref() == Some(one))
                && is_in(&filter.sent, alert.sent_at)
                && is_in(&filter.opened, alert.opened_at)
        };
        let expected: Vec<Alert> = all.iter().filter(is_that).cloned().collect();
        let page = archive.alerts(&filter, AlertSort::Due, None, 200).await.unwrap();
        assert_eq!(page.alerts, expected, "{name}");
        assert_eq!(page.counts.open, expected.len() as u64, "{name}");
    }
    for text in ["", "1.2", "1.2.x", "1.2.3.4", "a.b.c"] {
        assert!(text.parse::<proviso_archive::AlertPlace>().is_err(), "{text}");
    }
}

pub(crate) async fn views_and_their_counts_are_of_one_moment(archive: Archive) {
    let entries: Vec<_> = (0..6)
        .map(|n| found(&format!("m{n}"), n, &[("a", Severity::High)]))
        .collect();
    archive.ingest(&batch(entries)).await.unwrap();
    archive.ingest(&rich_batch("waits")).await.unwrap();
    let to = |name| ReviewAct::Assign { to: Some(name) };
    review(&archive, 1, to("li"), (0, "wei")).await.unwrap();
    review(&archive, 2, to("zhao"), (0, "wei")).await.unwrap();
    review(&archive, 3, decides(AlertDecision::Escalate), (0, "wei"))
        .await
        .unwrap();
    review(&archive, 4, decides(AlertDecision::Unclear), (0, "wei"))
        .await
        .unwrap();
    let counts = |late: bool| AlertCounts {
        open: 7,
        mine: 1,
        unassigned: 5,
        overdue: if late { 7 } else { 0 },
        held: 1,
        escalated: 1,
    };
    for (now, late) in [(later(24 * HOUR), false), (later(24 * HOUR + 1), true)] {
        for view in AlertView::ALL {
            let filter = AlertFilter { now, ..filter(view) };
            let page = archive.alerts(&filter, AlertSort::Due, None, 200).await.unwrap();
            assert_eq!(page.counts, counts(late));
            let expected = match view {
                AlertView::Open => 7,
                AlertView::Mine | AlertView::Held | AlertView::Escalated | AlertView::Closed => 1,
                AlertView::Unassigned => 5,
                AlertView::Overdue => counts(late).overdue,
            };
            assert_eq!(page.alerts.len() as u64, expected, "{}", view.name());
            let overdue = page.alerts.iter().filter(|alert| alert.is_overdue(now)).count() as u64;
            assert!(late || overdue == 0);
        }
    }
}

fn department_of(mut entry: Entry, department: &str) -> Entry {
    entry.department = Some(department.into());
    entry
}

pub(crate) async fn what_may_not_be_seen_is_not_there(archive: Archive) {
    let mut shop = found("s1", 9, &[("a", Severity::High)]);
    let mut message = Message::clone(&shop.message);
    message.id = Arc::new(MessageId {
        tenant: "shop".into(),
        ..MessageId::clone(&message.id)
    });
    let findings = shop.verdict.findings.clone();
    shop = crate::support::entry_of(message);
    shop.verdict.findings = findings;
    let entries = vec![
        department_of(found("m1", 1, &[("a", Severity::High)]), "wealth"),
        department_of(found("m2", 2, &[("a", Severity::High)]), "risk"),
        found("m3", 3, &[("a", Severity::High)]),
        shop,
    ];
    archive.ingest(&batch(entries)).await.unwrap();
    let seen = |tenant: &str, departments: Option<&[&str]>| SeenTenant {
        tenant: tenant.into(),
        departments: departments.map(|all| all.iter().map(|one| (*one).to_owned()).collect()),
    };
    for (sight, expected) in [
        (Sight::All, vec![1, 2, 3, 4]),
        (Sight::Of(vec![]), vec![]),
        (Sight::Of(vec![seen("bank", None)]), vec![1, 2, 3]),
        (Sight::Of(vec![seen("bank", Some(&["wealth"]))]), vec![1]),
        (
            Sight::Of(vec![seen("bank", Some(&["wealth"])), seen("bank", Some(&["risk"]))]),
            vec![1, 2],
        ),
        (
            Sight::Of(vec![seen("bank", Some(&["wealth"])), seen("bank", None)]),
            vec![1, 2, 3],
        ),
        (Sight::Of(vec![seen("bank", Some(&[])), seen("shop", None)]), vec![4]),
        (Sight::Of(vec![seen("gone", None)]), vec![]),
    ] {
        let filter = AlertFilter::new(sight.clone(), AlertView::Open, now());
        let page = archive.alerts(&filter, AlertSort::Due, None, 200).await.unwrap();
        let mut numbers: Vec<i64> = page.alerts.iter().map(|alert| alert.number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, expected, "{sight:?}");
        assert_eq!(page.counts.open, expected.len() as u64, "{sight:?}");
        for number in 1..=4 {
            let item = archive.alert(number, &sight).await.unwrap();
            assert_eq!(item.is_some(), expected.contains(&number), "{number} {sight:?}");
            let reviewing = Reviewing {
                alert: number,
                version: 77,
                act: ReviewAct::Undo,
                sight: &sight,
                at: now(),
            };
            let refusal = refused(archive.commit(Change::Review(&reviewing), &wei()).await);
            let is_unknown = refusal == ReviewRefusal::Unknown(number);
            assert_eq!(is_unknown, !expected.contains(&number), "{refusal}");
        }
        // The others are not counted.
        let many = ReviewingMany {
            which: WhichAlerts::Numbers(&[1, 2, 3, 4, 5], &sight),
            expected: 77,
            act: BulkAct::Assign { to: None },
            at: now(),
        };
        let differs = ReviewRefusal::CountDiffers {
            expected: 77,
            found: expected.len() as u64,
        };
        assert_eq!(
            refused(archive.commit(Change::ReviewMany(&many), &wei()).await),
            differs
        );
    }
}

pub(crate) async fn an_overview_counts_the_last_days(archive: Archive) {
    let day = 24 * HOUR;
    for n in 0..4_usize {
        let entries = vec![
            found(&format!("m{n}"), n, &[("a", Severity::High), ("b", Severity::Medium)]),
            entry(&format!("n{n}"), n),
        ];
        let ingest = IngestBatch {
            received_at: later(n as i64 * day),
            ..batch(entries)
        };
        archive.ingest(&ingest).await.unwrap();
    }
    let mut held = found("held", 9, &[]);
    held.verdict.held = true;
    let last = IngestBatch {
        received_at: later(3 * day),
        ..batch(vec![held])
    };
    archive.ingest(&last).await.unwrap();
    // The second day's: one in time, one late, which the rule was not meant to find; the third's is looked at alone.
    review(&archive, 3, decides(AlertDecision::Violation), (day + HOUR, "li"))
        .await
        .unwrap();
    review(&archive, 4, decides(AlertDecision::FalsePositive), (2 * day + 1, "li"))
        .await
        .unwrap();
    review(&archive, 5, decides(AlertDecision::Escalate), (2 * day, "li"))
        .await
        .unwrap();
    let asked = |sight: Sight, days| OverviewAsked {
        sight,
        days,
        now: later(3 * day + 5 * HOUR),
        zone: Zone::named("Europe/Berlin").unwrap(),
    };
    let overview = archive.overview(&asked(Sight::All, 3)).await.unwrap();
    let intake: Vec<u64> = overview.intake.iter().map(|one| one.messages).collect();
    assert_eq!(intake, [2, 2, 3]);
    let zone = Zone::named("Europe/Berlin").unwrap();
    let days: Vec<_> = overview.intake.iter().map(|one| one.day).collect();
    assert_eq!(days, [1, 2, 3].map(|n| zone.day(later(n * day))));
    let opened: Vec<_> = overview
        .opened
        .iter()
        .map(|one| (one.day, one.severity, one.alerts))
        .collect();
    let (high, medium) = (Some(Severity::High), Some(Severity::Medium));
    let expected = [
        (days[0], high, 1),
        (days[0], medium, 1),
        (days[1], high, 1),
        (days[1], medium, 1),
        (days[2], high, 1),
        (days[2], medium, 1),
        (days[2], None, 1),
    ];
    assert_eq!(opened, expected);
    let rules: Vec<_> = overview
        .by_rule
        .iter()
        .map(|one| (one.rule.rule.as_str(), one.open, one.closed, one.false_positives))
        .collect();
    assert_eq!(rules, [("a", 2, 1, 0), ("b", 2, 1, 1)]);
    assert_eq!(overview.open_by_age, [0, 3, 2, 2]);
    assert_eq!((overview.reviewed.opened, overview.reviewed.looked_at), (7, 3));
    assert_eq!((overview.answered.in_time, overview.answered.late), (1, 1));
    assert_eq!(overview.held, 1);
    let nothing = archive.overview(&asked(Sight::Of(vec![]), 3)).await.unwrap();
    assert!(nothing.opened.is_empty() && nothing.by_rule.is_empty() && nothing.open_by_age == [0; 4]);
    assert!(nothing.intake.iter().all(|one| one.messages == 0) && nothing.intake.len() == 3);
}
