use super::*;
use proviso_model::retention::{ClockStart, Statute};
use std::sync::Arc;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn statute(rule: &str) -> Statute {
    Statute {
        rule: rule.to_owned(),
        law: "Order Act".to_owned(),
        article: "3".to_owned(),
        clock: ClockStart::Message,
        counting: None,
        starts: None,
        floor_until: None,
        ceiling_until: None,
        verified: true,
    }
}

/// `dispose`, `keep`, or the last day.
fn decision(end: &str, why: Why, rules: &[&str]) -> Decision {
    let disposition = match end {
        "dispose" => Disposition::Dispose,
        "keep" => Disposition::Keep,
        _ => Disposition::KeepUntil,
    };
    Decision {
        disposition,
        until: (disposition == Disposition::KeepUntil).then(|| day(end)),
        floor_until: None,
        store_only: false,
        why,
        decided_by: rules.iter().map(|rule| statute(rule)).collect(),
    }
}

fn floor(end: &str) -> Decision {
    decision(end, Why::LongestFloor, &["orders"])
}

fn message(native: &str) -> MessageId {
    MessageId {
        tenant: "bank".to_owned(),
        channel: "chat".to_owned(),
        native: native.to_owned(),
    }
}

fn dates(samples_max: usize) -> Dates {
    let baseline = Baseline {
        set: None,
        generation: None,
    };
    let candidate = ("next.toml".to_owned(), Digest::from_bytes([1; 32]));
    Dates::new(
        "an archive".to_owned(),
        baseline,
        candidate,
        day("2026-11-29"),
        samples_max,
    )
}

#[test]
fn each_pair_of_decisions_moves_one_way() {
    let gone = decision("dispose", Why::ConsentWithdrawn, &[]);
    let unknown = decision("keep", Why::UnknownClock, &["orders"]);
    let none = decision("keep", Why::NoRule, &[]);
    let unverified = decision("keep", Why::NothingVerified, &[]);
    let conflict = decision("keep", Why::Contradiction, &["orders", "other"]);
    let (early, late) = (floor("2026-01-01"), floor("2026-01-02"));
    let rows = [
        ("a day later", &early, &late, Moved::Longer),
        ("a day earlier", &late, &early, Moved::Shorter),
        ("the same day", &late, &late, Moved::Same),
        ("at once instead of a day", &early, &gone, Moved::Shorter),
        ("a day instead of at once", &gone, &early, Moved::Longer),
        ("a clock that nobody knows", &early, &unknown, Moved::WithoutEnd),
        ("a clock that is known", &unknown, &early, Moved::WithEnd),
        ("at once instead of never", &none, &gone, Moved::WithEnd),
        ("never instead of at once", &gone, &none, Moved::WithoutEnd),
        ("never, by another ground", &none, &unknown, Moved::Same),
        ("rules that contradict", &early, &conflict, Moved::InConflict),
        (
            "rules that contradict, of what never ended",
            &none,
            &conflict,
            Moved::InConflict,
        ),
        ("as before in conflict", &conflict, &conflict, Moved::Same),
        ("a conflict that is over", &conflict, &early, Moved::WithEnd),
        (
            "a rule that lost its verification",
            &early,
            &unverified,
            Moved::Unverified,
        ),
        ("a rule that got it", &unverified, &early, Moved::WithEnd),
        (
            "a conflict that nobody verified",
            &conflict,
            &unverified,
            Moved::Unverified,
        ),
    ];
    proviso_rows::each_row(&rows, |(_, before, after, moved)| {
        assert_eq!(Moved::between(before, after), *moved);
    });
}

#[test]
fn what_would_be_due_at_once_is_counted_by_the_day() {
    let rows = [
        ("the day before", "2026-11-28", 1),
        ("the last day itself", "2026-11-29", 0),
        ("tomorrow", "2026-11-30", 0),
    ];
    proviso_rows::each_row(&rows, |(_, until, at_once)| {
        let mut dates = dates(1);
        dates.compare(&message("a"), &floor("2027-01-01"), &floor(until));
        // Due already, and still.
        dates.compare(&message("b"), &floor("2020-01-01"), &floor("2019-01-01"));
        let report = dates.finish();
        assert_eq!(
            (report.due_at_once, report.due_before, report.due_after),
            (*at_once, 1, 1 + *at_once)
        );
        assert_eq!(report.earlier(), 2);
    });
    let mut dates = dates(0);
    let gone = decision("dispose", Why::ConsentWithdrawn, &[]);
    dates.compare(&message("a"), &decision("keep", Why::NoRule, &[]), &gone);
    assert_eq!(dates.finish().due_at_once, 1, "nothing keeps it");
}

#[test]
fn rows_have_the_least_and_the_most_days_the_first_day_and_some_samples() {
    let mut dates = dates(2);
    for (native, before, after) in [
        ("a", "2030-01-01", "2029-01-01"),
        ("b", "2030-01-01", "2029-12-31"),
        ("c", "2026-01-05", "2026-01-01"),
        ("d", "2031-01-01", "2031-01-01"),
        ("e", "2031-01-01", "2032-01-01"),
    ] {
        dates.compare(&message(native), &floor(before), &floor(after));
    }
    // The same day, by another rule.
    let other = decision("2031-01-01", Why::ShortestCeiling, &["habit", "habit"]);
    dates.compare(&message("f"), &floor("2031-01-01"), &other);
    let report = dates.finish();
    let moved = |least, most| Some(DaysMoved { least, most });
    let told: Vec<_> = report
        .rows
        .iter()
        .map(|row| (row.moved, row.messages, row.days, row.samples.len()))
        .collect();
    assert_eq!(
        told,
        [
            (Moved::Shorter, 3, moved(-365, -1), 2),
            (Moved::Longer, 1, moved(365, 365), 1),
            (Moved::Same, 1, moved(0, 0), 1),
        ]
    );
    assert_eq!(report.rows[0].first_until, Some(day("2026-01-01")));
    assert_eq!(report.rows[2].after.rules, ["habit"]);
    assert_eq!((report.messages, report.moved[&Moved::Same]), (6, 2));
    let sum: u64 = report.moved.values().sum();
    assert_eq!(sum, report.messages, "each message is in one count");
}

#[test]
fn rules_beyond_the_bound_are_counted_and_not_told_apart() {
    let mut dates = dates(0);
    for number in 0..=ROWS_MAX {
        let after = decision("2029-01-01", Why::LongestFloor, &[&format!("rule-{number}")]);
        dates.compare(&message("a"), &floor("2030-01-01"), &after);
    }
    let report = dates.finish();
    assert_eq!((report.rows.len(), report.without_row), (ROWS_MAX, 1));
    assert_eq!(report.moved[&Moved::Shorter], ROWS_MAX as u64 + 1);
}

#[test]
fn what_is_not_compared_is_in_no_other_count_and_some_of_it_is_named() {
    let mut dates = dates(1);
    let fault = Fault {
        pack: Arc::from("test/kept"),
        policy: Arc::from("retention"),
        cause: proviso_model::verdict::FaultCause::Deadline,
        detail: "1 s".to_owned(),
    };
    dates.not_recorded();
    for _ in 0..FAULTS_NAMED {
        dates.failed(&message("a"), &fault);
    }
    dates.unreadable(&message("b"), "damaged".to_owned());
    let report = dates.finish();
    assert_eq!(
        (report.messages, report.not_recorded, report.failed, report.unreadable),
        (0, 1, FAULTS_NAMED as u64, 1)
    );
    assert!(report.has_faults());
    assert_eq!(report.not_compared.len(), FAULTS_NAMED);
    assert_eq!(report.not_compared[0].why, "test/kept:retention failed on it: 1 s");
}
