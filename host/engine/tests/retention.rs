//! Retention proposals: taken over with every field, or refused as a whole.

#![allow(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

mod support;

use proviso_engine::ResolvedSet;
use proviso_model::retention::{ClockStart, Period};
use proviso_model::verdict::FaultCause;
use support::*;

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
    assert_eq!((first.pack.as_str(), first.policy.as_str()), ("test/pack", "schedule"));
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
        assert_eq!(outcomes[1].verdict.proposals, [], "{bad}");
        assert!(
            [0, 2]
                .iter()
                .all(|index| outcomes[*index].verdict.proposals.len() == 1 && fault(&outcomes[*index]).is_none())
        );
    }
}
