//! A generation runs the packs' own cases.

#![allow(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

mod support;

use proviso_engine::ResolvedSet;
use support::*;

const CASES: &str = r#"
[[case]]
name = "is seen"
text = "anything"
expect = [ { policy = "rules", rule = "seen", severity = "low" } ]

[[case]]
name = "is not leaked"
text = "anything"
expect = [ { policy = "rules", rule = "leak" } ]

[[case]]
name = "fails"
text = "Traps"
expect = []

[[case]]
name = "has the default level"
text = "V"
expect = [ { policy = "rules", rule = "seen", severity = "medium" } ]

[[case]]
name = "has a level of its own"
text = "V"
settings = { rules = { level = 3 } }
expect = [ { policy = "rules", rule = "seen", severity = "critical" } ]

[[case]]
name = "logs"
text = "w hello"
expect = [ { rule = "seen" } ]
"#;

fn set() -> ResolvedSet {
    let manifest = format!("{HEAD}{RULES_POLICY}settings = {{ level = 1 }}\n");
    let files = [("settings.schema.json", SCHEMA), ("cases/all.toml", CASES)];
    ResolvedSet::of_pack(pack(&manifest, &rules_component(""), &files))
}

#[test]
fn cases_hold_or_say_what_is_otherwise() {
    let reports = build(&engine(), &set()).unwrap().self_test();
    let told: Vec<(&str, bool)> = reports
        .iter()
        .map(|report| (report.case.as_str(), report.passed()))
        .collect();
    let expected = [
        ("is seen", true),
        ("is not leaked", false),
        ("fails", false),
        ("has the default level", true),
        ("has a level of its own", true),
        ("logs", true),
    ];
    assert_eq!(told, expected);
    assert!(
        reports[1].mismatches[0].contains("expected rule leak"),
        "{:?}",
        reports[1].mismatches
    );
    assert!(
        reports[2].mismatches[0].contains("failed (trap)"),
        "{:?}",
        reports[2].mismatches
    );
    assert_eq!((reports[1].file.as_str(), reports[1].line), ("cases/all.toml", 7));
    assert_eq!((reports[5].log.len(), reports[5].log[0].line.as_str()), (1, "w hello"));
    assert!(reports.iter().take(5).all(|report| report.log.is_empty()));
}

#[test]
fn what_the_set_changes_is_not_expected_and_faults_always_are() {
    let mut set = set();
    let level = serde_json::Map::from_iter([("level".to_owned(), 0.into())]);
    set.set.apply[0].settings.insert("rules".into(), level);
    // No message is in scope; cases are judged all the same.
    set.set.apply[0].scope.channels = vec!["nowhere".to_owned()].into();
    let reports = build(&engine(), &set).unwrap().self_test();
    let failed: Vec<&str> = reports
        .iter()
        .filter(|report| !report.passed())
        .map(|report| report.case.as_str())
        .collect();
    assert_eq!(failed, ["fails"]);
    let own = reports
        .iter()
        .find(|report| report.case == "has a level of its own")
        .unwrap();
    assert_eq!(own.verdict.as_ref().unwrap().findings.len(), 1);
}
