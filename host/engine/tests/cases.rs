//! A generation runs the packs' own cases.

#![allow(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use crate::support::*;
use proviso_engine::ResolvedSet;

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

#[test]
fn a_case_is_answered_the_same_in_any_company() {
    let generation = build(&engine(), &set()).unwrap();
    assert_eq!(generation.self_test(), generation.self_test_thoroughly(2));

    let alone_finds_nothing =
        "(if (i32.eq (local.get $message_count) (i32.const 1)) (then (local.set $index (i32.const 1)))) (block $done";
    let guest = component(&RULES.replace("(block $done", alone_finds_nothing), "rules-plugin");
    let cases =
        "[[case]]\nname = \"a\"\ntext = \"x\"\nexpect = []\n\n[[case]]\nname = \"b\"\ntext = \"y\"\nexpect = []\n";
    let set = ResolvedSet::of_pack(pack(
        &format!("{HEAD}{RULES_POLICY}"),
        &guest,
        &[("cases/all.toml", cases)],
    ));
    let generation = build(&engine(), &set).unwrap();
    assert!(generation.self_test().iter().all(proviso_engine::CaseReport::passed));
    for report in generation.self_test_thoroughly(1) {
        let expected = [
            "in a batch with the pack's other cases it has other findings than alone",
            "shuffled among the pack's other cases it has other findings than alone",
        ];
        assert_eq!(report.mismatches, expected);
    }
}

#[test]
fn a_branch_of_the_settings_is_reached_if_a_verdict_depends_on_it() {
    let branches = |case: &str| {
        let manifest = format!("{HEAD}{RULES_POLICY}settings = {{ level = 1, note = \"n\" }}\n");
        let schema = SCHEMA.replace(
            r#""level": { "type": "integer" }"#,
            r#""level": { "type": "integer" }, "note": { "type": "string" }"#,
        );
        let files = [("settings.schema.json", schema.as_str()), ("cases/all.toml", case)];
        let set = ResolvedSet::of_pack(pack(&manifest, &rules_component(""), &files));
        let seen = std::sync::atomic::AtomicUsize::new(0);
        let count = |_, total| seen.store(total, std::sync::atomic::Ordering::Relaxed);
        let branches = build(&engine(), &set).unwrap().branches(2, &count).unwrap();
        assert_eq!(seen.into_inner(), 2);
        let reached: Vec<_> = branches
            .iter()
            .map(|branch| (branch.pointer.clone(), branch.reached))
            .collect();
        reached
    };
    let told = |level, note| vec![("/level".to_owned(), level), ("/note".to_owned(), note)];
    // `V` has the guest answer with the level of its settings.
    let reads = "[[case]]\nname = \"a\"\ntext = \"V\"\nexpect = [ { rule = \"seen\" } ]\n";
    let does_not = "[[case]]\nname = \"a\"\ntext = \"x\"\nexpect = [ { rule = \"seen\" } ]\n";
    assert_eq!(branches(reads), told(true, false));
    assert_eq!(branches(does_not), told(false, false));
}
