mod cases;
mod counting;
mod proof;
mod properties;

use super::*;
use std::sync::Arc;

/// A verified rule of the law `law`, article `1`, from the message's own time.
fn rule(name: &str, floor: Option<&str>, ceiling: Option<&str>) -> Proposal {
    let period = |text: &str| text.parse().unwrap();
    Proposal {
        rule: name.to_owned(),
        law: "law".to_owned(),
        article: "1".to_owned(),
        jurisdiction: "CN".to_owned(),
        purpose: "records".to_owned(),
        clock: ClockStart::Message,
        floor: floor.map(period),
        ceiling: ceiling.map(period),
        verified: true,
    }
}

fn unverified(proposal: Proposal) -> Proposal {
    Proposal {
        verified: false,
        ..proposal
    }
}

/// What the settings of `pack` state of a proposal.
fn stated(proposal: &Proposal, pack: &str) -> RuleOfLaw {
    RuleOfLaw {
        pack: Arc::from(pack),
        policy: Arc::from("retention"),
        rule: proposal.rule.clone(),
        law: proposal.law.clone(),
        article: proposal.article.clone(),
        jurisdiction: proposal.jurisdiction.clone(),
        clock: Some(proposal.clock),
        verified: proposal.verified,
        from: None,
        to: None,
        counting: None,
        ceiling_is_mandatory: false,
        source: None,
        verification: None,
    }
}

fn proposed<'a>(pack: &'a str, proposal: &'a Proposal) -> Proposed<'a> {
    Proposed {
        pack,
        policy: "retention",
        proposal,
    }
}

/// Of one pack, of whose rules nothing is stated.
fn decide_alone<'a>(proposals: impl IntoIterator<Item = &'a Proposal>, facts: &Facts<'_>) -> Decision {
    let proposals = proposals.into_iter().map(|proposal| proposed("test/pack", proposal));
    decide(proposals, Laws::NONE, facts)
}

fn sent(at: &str, time_zone: &'static Zone) -> Facts<'static> {
    Facts {
        sent_at: Timestamp::from_rfc3339(at).unwrap(),
        moments: Moments::default(),
        legal_hold: false,
        consent_withdrawn: false,
        time_zone,
    }
}

static UTC: Zone = Zone::utc();

/// Disposition, its day, store-only, the ground, and the rules that decided.
fn summary(decision: &Decision) -> String {
    let day = |day: Option<Day>| day.map_or_else(String::new, |day| format!(" {day}"));
    let why = serde_json::to_value(decision.why).unwrap();
    let by: Vec<_> = decision
        .decided_by
        .iter()
        .map(|statute| statute.rule.as_str())
        .collect();
    let store_only = if decision.store_only { " store-only" } else { "" };
    format!(
        "{}{}{store_only}: {} [{}]",
        decision.disposition.name(),
        day(decision.until),
        why.as_str().unwrap(),
        by.join(" ")
    )
}

#[test]
fn what_is_certain_is_told_although_a_clock_is_unknown() {
    let known = rule("known", Some("P20Y"), None);
    let unknown = Proposal {
        clock: ClockStart::RelationshipEnd,
        ..rule("unknown", Some("P10Y"), None)
    };
    let decision = decide_alone(&[known, unknown], &sent("2024-02-01T12:00:00Z", &UTC));
    assert_eq!(decision.floor_until.unwrap().to_string(), "2044-02-01");
    assert_eq!(decision.until, None);
}

/// What other programs read in the output of `eval`; the archive's own form stands in the archive.
#[test]
fn a_decision_is_written_as_json_with_how_it_was_counted() {
    let decision = decide_alone(
        &[rule("securities-records", Some("P20Y"), None)],
        &sent("2024-02-01T12:00:00Z", &UTC),
    );
    let text = r#"{"disposition":"keep-until","until":"2044-02-01","floor_until":"2044-02-01","store_only":false,"why":"longest-floor","decided_by":[{"rule":"securities-records","law":"law","article":"1","clock":"message","counting":"cn-civil-code","starts":"2024-02-01","floor_until":"2044-02-01","ceiling_until":null,"verified":true}]}"#;
    assert_eq!(serde_json::to_string(&decision).unwrap(), text);
    assert_eq!(serde_json::from_str::<Decision>(text).unwrap(), decision);
}
