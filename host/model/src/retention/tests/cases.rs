//! The table of statutes: `cases.toml`.

use super::*;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    rule: BTreeMap<String, Rule>,
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// Where two provisions of the table are one rule.
    name: Option<String>,
    law: String,
    article: String,
    jurisdiction: String,
    clock: ClockStart,
    floor: Option<String>,
    ceiling: Option<String>,
    #[serde(default = "yes")]
    verified: bool,
    counting: Option<String>,
    #[serde(default)]
    mandatory: bool,
    from: Option<Day>,
    to: Option<Day>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    statute: String,
    sent: String,
    #[serde(default = "shanghai")]
    zone: String,
    transaction: Option<String>,
    relationship_end: Option<String>,
    contract_end: Option<String>,
    dispute_end: Option<String>,
    #[serde(default)]
    hold: bool,
    #[serde(default)]
    consent_withdrawn: bool,
    rules: Vec<String>,
    expect: String,
}

fn yes() -> bool {
    true
}

fn shanghai() -> String {
    "Asia/Shanghai".to_owned()
}

fn proposal(name: &str, rule: &Rule) -> Proposal {
    let period = |text: &Option<String>| text.as_deref().map(|text| text.parse().unwrap());
    Proposal {
        rule: rule.name.as_deref().unwrap_or(name).to_owned(),
        law: rule.law.clone(),
        article: rule.article.clone(),
        jurisdiction: rule.jurisdiction.clone(),
        purpose: name.to_owned(),
        clock: rule.clock,
        floor: period(&rule.floor),
        ceiling: period(&rule.ceiling),
        verified: rule.verified,
    }
}

#[test]
fn every_case_of_the_table_is_decided_as_the_statute_says() {
    let table: Table = toml::from_str(include_str!("../cases.toml")).unwrap();
    assert!(table.case.len() >= 60, "{} cases", table.case.len());
    let used: BTreeSet<&String> = table.case.iter().flat_map(|case| &case.rules).collect();
    assert_eq!(
        used,
        table.rule.keys().collect(),
        "rules of the table that no case uses"
    );
    for case in &table.case {
        let moment = |text: &Option<String>| text.as_deref().map(|text| Timestamp::from_rfc3339(text).unwrap());
        let zone = Zone::named(&case.zone).unwrap();
        let facts = Facts {
            sent_at: Timestamp::from_rfc3339(&case.sent).unwrap(),
            moments: Moments {
                transaction: moment(&case.transaction),
                relationship_end: moment(&case.relationship_end),
                contract_end: moment(&case.contract_end),
                dispute_end: moment(&case.dispute_end),
            },
            legal_hold: case.hold,
            consent_withdrawn: case.consent_withdrawn,
            time_zone: &zone,
        };
        // A pack for each provision, as if a vendor wrote each.
        let packs: Vec<String> = case.rules.iter().map(|name| format!("test/{name}")).collect();
        let of = |name: &String| (proposal(name, &table.rule[name]), &table.rule[name]);
        let proposals: Vec<(Proposal, &Rule)> = case.rules.iter().map(of).collect();
        let laws = Laws::new(packs.iter().zip(&proposals).map(|(pack, (proposal, rule))| RuleOfLaw {
            from: rule.from,
            to: rule.to,
            counting: rule.counting.as_deref().map(|name| Counting::named(name).unwrap()),
            ceiling_is_mandatory: rule.mandatory,
            ..stated(proposal, pack)
        }));
        let claims = || {
            packs
                .iter()
                .zip(&proposals)
                .map(|(pack, (proposal, _))| proposed(pack, proposal))
        };
        let proof = prove(claims(), &laws, &facts);
        assert_eq!(summary(&proof.decision), case.expect, "{}", case.statute);
        assert_eq!(decide(claims(), &laws, &facts), proof.decision, "{}", case.statute);
        let held = Facts {
            legal_hold: true,
            ..facts
        };
        assert_eq!(
            decide(claims(), &laws, &held).disposition,
            Disposition::LegalHold,
            "{}",
            case.statute
        );
    }
}
