//! Retention proposals: taken over with every field, or refused as a whole.

#![allow(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use crate::support::*;
use proviso_engine::{Generation, Input, ResolvedSet};
use proviso_model::retention::{ClockStart, Period};
use proviso_model::verdict::FaultCause;

const POLICY: &str = r#"
[[policy]]
name = "schedule"
plugin = "plugin"
interfaces = ["retention"]
trigger = "always"
fields = ["text"]
"#;

#[test]
fn proposals_are_taken_over_or_refused() {
    let plugin = component(include_str!("guests/retention.wat"), "retention-plugin");
    let pack = pack(&format!("{HEAD}{POLICY}"), &plugin, &[]);
    let generation = build(&engine(), &ResolvedSet::of_pack(pack)).unwrap();
    let outcomes = judge(&generation, &["text", "Verified by nobody"]);
    let first = &outcomes[0].verdict.proposals[0];
    assert_eq!((&*first.pack, &*first.policy), ("test/pack", "schedule"));
    let proposal = &first.proposal;
    assert_eq!(
        (proposal.rule.as_str(), proposal.law.as_str(), proposal.article.as_str()),
        ("bank-records", "Measures", "Me")
    );
    assert_eq!(
        (proposal.jurisdiction.as_str(), proposal.purpose.as_str()),
        ("CN", "supervision")
    );
    assert_eq!(
        (proposal.clock, proposal.verified, proposal.ceiling),
        (ClockStart::Transaction, true, None)
    );
    assert_eq!(
        proposal.floor,
        Some(Period {
            years: 20,
            months: 0,
            days: 0
        })
    );
    let second = &outcomes[1].verdict.proposals[0].proposal;
    assert_eq!(
        (second.ceiling, second.verified),
        (
            Some(Period {
                years: 30,
                months: 0,
                days: 0
            }),
            false
        )
    );

    for bad in [
        "Code",
        "Period of nothing",
        "D too long",
        "Law missing",
        "Article too long",
        "Index",
        "Many",
    ] {
        let outcomes = judge(&generation, &["text", bad, "text"]);
        assert_eq!(
            (fault(&outcomes[1]), outcomes[1].verdict.held),
            (Some(FaultCause::BadAnswer), true),
            "{bad}"
        );
        assert_eq!(outcomes[1].verdict.proposals, Vec::new(), "{bad}");
        assert!(
            [0, 2]
                .iter()
                .all(|index| outcomes[*index].verdict.proposals.len() == 1 && fault(&outcomes[*index]).is_none())
        );
    }
}

#[test]
fn a_policy_that_is_told_little_is_asked_once_for_messages_that_look_the_same() {
    let plugin = component(include_str!("guests/retention.wat"), "retention-plugin");
    for (time, minutes) in [("quarter-hour", 15), ("hour", 60), ("day+00:00", 24 * 60)] {
        let told = format!("fields = [\"departments\"]\ntime = \"{time}\"");
        let little = POLICY.replace("fields = [\"text\"]", &told);
        let pack = pack(&format!("{HEAD}{little}"), &plugin, &[]);
        let generation = build(&engine(), &ResolvedSet::of_pack(pack)).unwrap();
        is_asked_once_within(&generation, minutes * 60 * 1_000);
    }
}

/// Messages that look the same within `span` milliseconds are asked about once.
fn is_asked_once_within(generation: &Generation, span: i64) {
    let sent = |number: usize, millis: i64| {
        let mut message = message(number, "text");
        message.sent_at = proviso_model::Timestamp::from_millis(millis).unwrap();
        message
    };
    let start = 1_700_000_100_000 / span * span;
    let mut other_department = sent(4, start);
    other_department.sender.department = "credit".into();
    let mut other_name = sent(5, start);
    other_name.sender.id = "bob".into();
    let mut longer = sent(6, start);
    longer.text = "x".repeat(1_025);
    let messages = [
        sent(0, start),
        sent(1, start + span - 1),
        sent(2, start + span),
        sent(3, start - 1),
        other_department,
        other_name,
        longer,
    ];
    // One after the other, so that what is kept counts, and all at once.
    let apart: Vec<_> = messages
        .iter()
        .map(|message| judge_inputs(generation, &[Input::new(message.clone())]).remove(0))
        .collect();
    let together = judge_inputs(generation, &messages.map(Input::new));
    let asked: Vec<bool> = apart.iter().map(|outcome| outcome.fuel > 0).collect();
    assert_eq!(asked, [true, false, true, true, true, false, true]);
    assert!(together.iter().all(|outcome| outcome.fuel == 0));
    for (apart, together) in apart.iter().zip(&together) {
        assert_eq!(apart.verdict, together.verdict);
        assert_eq!(apart.verdict.proposals.len(), 1);
    }
}
