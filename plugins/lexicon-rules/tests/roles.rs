//! Which parts of a text count, as tables.

use lexicon_rules::LexiconRules;
use proviso_rows::each_row;
use proviso_sdk::testing::{TestLists, configure, evaluate, message};
use serde_json::{Value, json};

/// The host's list, with what stands for each role in these texts.
fn lists() -> TestLists {
    without_segments().patterns(
        "segments",
        &[
            ("own", "\u{0}"),
            ("quotation", "「周宁：这款保本吗」"),
            ("forwarded", "转自小王：保本"),
            ("signature", "保本部 李娜"),
        ],
    )
}

fn without_segments() -> TestLists {
    TestLists::new()
        .lexicon("promissory", &["保本"])
        .lexicon("warnings", &["谨防", "这款"])
}

fn found(settings: &Value, text: &str) -> Vec<String> {
    crate::common::assert_schema_accepts(settings);
    let plugin: LexiconRules = configure(settings, &lists()).unwrap_or_else(|problems| panic!("{problems:?}"));
    let message = message(text).build(&lists());
    let findings = evaluate(&plugin, std::slice::from_ref(&message)).expect("every message can be judged");
    findings.into_iter().map(|finding| finding.rule).collect()
}

#[test]
fn own_and_forwarded_words_count_unless_the_rule_says_otherwise() {
    let settings = json!({ "rules": {
        "default": { "when": { "lists": ["promissory"] } },
        "quoted": { "when": { "lists": ["promissory"] }, "roles": ["quotation"] },
        "twice": { "when": { "lists": ["promissory"], "at_least": 2 }, "roles": ["own", "quotation"] },
    } });
    let table: &[(&str, &[&str])] = &[
        ("保本", &["default"]),
        ("「周宁：这款保本吗」不是", &["quoted"]),
        ("「周宁：这款保本吗」保本", &["default", "quoted", "twice"]),
        ("转自小王：保本", &["default"]),
        ("好的 保本部 李娜", &[]),
        ("什么也没有", &[]),
    ];
    each_row(table, |(text, expected)| {
        assert_eq!(found(&settings, text), *expected, "{text}");
    });
}

#[test]
fn the_settings_say_what_counts_in_rules_that_do_not() {
    let settings = json!({ "roles": ["signature"], "rules": {
        "default": { "when": { "lists": ["promissory"] } },
        "own": { "when": { "lists": ["promissory"] }, "roles": ["own"] },
    } });
    let table: &[(&str, &[&str])] = &[("保本", &["own"]), ("好的 保本部 李娜", &["default"])];
    each_row(table, |(text, expected)| {
        assert_eq!(found(&settings, text), *expected, "{text}");
    });
}

#[test]
fn a_context_in_a_part_that_does_not_count_excuses_nothing() {
    let warned = json!({ "lists": ["warnings"], "same": "message" });
    let settings = json!({ "rules": { "r": { "when": { "lists": ["promissory"] }, "unless": [warned] } } });
    let table: &[(&str, &[&str])] = &[("谨防保本", &[]), ("「周宁：这款保本吗」保本", &["r"])];
    each_row(table, |(text, expected)| {
        assert_eq!(found(&settings, text), *expected, "{text}");
    });
}

#[test]
fn mistakes_in_roles_are_named() {
    let problems = |settings: Value, lists: &TestLists| -> Vec<(String, String)> {
        let problems = configure::<LexiconRules>(&settings, lists).expect_err("the settings are wrong");
        let told = problems.into_vec().into_iter();
        told.map(|problem| (problem.pointer, problem.message)).collect()
    };
    let rule = |roles: Value| json!({ "rules": { "r": { "when": { "lists": ["promissory"] }, "roles": roles } } });
    let table = [
        (
            rule(json!(["quoted"])),
            lists(),
            "/rules/r/roles/0",
            "no role \"quoted\": there are own, quotation, forwarded, signature",
        ),
        (
            rule(json!([])),
            lists(),
            "/rules/r/roles",
            "empty: name a role or leave the key out",
        ),
        (
            rule(json!(["own"])),
            without_segments(),
            "/rules/r/roles",
            "the policy's `lists` do not name \"segments\", which says who speaks: add it there",
        ),
    ];
    each_row(&table, |(settings, lists, pointer, text)| {
        assert_eq!(
            problems(settings.clone(), lists),
            [((*pointer).to_owned(), (*text).to_owned())]
        );
    });
}
