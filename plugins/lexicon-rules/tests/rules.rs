//! Rules over single messages, as tables: settings, text, what is found.

use lexicon_rules::LexiconRules;
use proviso_rows::each_row;
use proviso_sdk::testing::{MessageBuilder, TestLists, configure, evaluate, message, party};
use proviso_sdk::{Direction, Finding, Kind, Message, PartyClass, Severity};
use serde_json::{Value, json};

fn lists() -> TestLists {
    TestLists::new()
        .lexicon(
            "promissory",
            &["保本", "保本保息", "保息", "稳赚", "保收益", "guaranteed"],
        )
        .note("稳赚", &["slang"], Some(0.5))
        .note("保收益", &["formal", "old"], Some(2.0))
        .lexicon("product", &["理财", "基金"])
        .lexicon("disclaimer", &["投资有风险"])
        .lexicon("harmless", &["保本点", "不保本"])
        .patterns(
            "numbers",
            &[
                ("card", "4111111111111111"),
                ("wrong-card", "4111111111111112"),
                ("id", "11010519491231002X"),
                ("code", "91350100M000100Y43"),
            ],
        )
}

/// One rule `r`, configured.
fn rule(rule: &Value) -> LexiconRules {
    policy(&json!({ "rules": { "r": rule } }))
}

fn policy(settings: &Value) -> LexiconRules {
    match configure(settings, &lists()) {
        Ok(plugin) => {
            crate::common::assert_schema_accepts(settings);
            plugin
        }
        Err(problems) => panic!("{settings}: {problems:?}"),
    }
}

fn judge(plugin: &LexiconRules, message: &Message) -> Vec<Finding> {
    evaluate(plugin, std::slice::from_ref(message)).expect("every message can be judged")
}

/// The texts of the spans of the one finding, or nothing.
fn spans_of(plugin: &LexiconRules, builder: MessageBuilder) -> Option<Vec<String>> {
    let message = builder.build(&lists());
    let findings = judge(plugin, &message);
    assert!(findings.len() <= 1, "one rule, one finding");
    findings.first().map(|finding| {
        finding
            .spans
            .iter()
            .map(|span| span.of(&message.text).to_owned())
            .collect()
    })
}

fn check(settings: &Value, table: &[(&str, Option<&[&str]>)]) {
    let plugin = rule(settings);
    each_row(table, |(text, expected)| {
        let found = spans_of(&plugin, message(text));
        let found: Option<Vec<&str>> = found.as_ref().map(|spans| spans.iter().map(String::as_str).collect());
        assert_eq!(found.as_deref(), *expected, "{settings} on {text:?}");
    });
}

#[test]
fn a_leaf_finds_hits_merged_to_the_longest() {
    check(
        &json!({ "when": { "lists": ["promissory"] } }),
        &[
            ("本产品保本保息", Some(&["保本保息"])),
            ("保本，也保收益", Some(&["保本", "保收益"])),
            ("保本保本保本", Some(&["保本保本保本"])),
            ("普通的话", None),
            ("", None),
        ],
    );
}

#[test]
fn the_parts_of_an_all_meet_in_one_paragraph_unless_the_rule_says_otherwise() {
    let parts = json!([{ "lists": ["promissory"] }, { "lists": ["product"] }]);
    check(
        &json!({ "when": { "all": parts } }),
        &[
            ("这款理财\n保本", Some(&["理财", "保本"])),
            ("这款理财\n\n保本", None),
            ("保本的理财\n\n基金", Some(&["保本", "理财"])),
            ("基金\n\n保本的理财\n\n稳赚", Some(&["保本", "理财"])),
        ],
    );
    check(
        &json!({ "when": { "all": parts, "same": "message" } }),
        &[("这款理财\n\n保本", Some(&["理财", "保本"]))],
    );
}

#[test]
fn a_selection_narrows_by_tag_name_and_weight() {
    let table: &[(Value, &str, bool)] = &[
        (json!({ "lists": ["promissory"], "tags": ["slang"] }), "稳赚", true),
        (json!({ "lists": ["promissory"], "tags": ["slang"] }), "保收益", false),
        (
            json!({ "lists": ["promissory"], "tags": ["slang", "old"] }),
            "保收益",
            true,
        ),
        (json!({ "lists": ["promissory"], "not_tags": ["slang"] }), "稳赚", false),
        (json!({ "lists": ["promissory"], "not_tags": ["slang"] }), "保本", true),
        (json!({ "lists": ["promissory"], "min_weight": 1.0 }), "保本", true),
        (json!({ "lists": ["promissory"], "min_weight": 1.0 }), "稳赚", false),
        (json!({ "lists": ["promissory"], "min_weight": 1.5 }), "保本", false),
        (json!({ "lists": ["promissory"], "min_weight": 2 }), "保收益", true),
        (
            json!({ "lists": ["numbers"], "patterns": ["card"] }),
            "4111111111111111",
            true,
        ),
        (
            json!({ "lists": ["numbers"], "patterns": ["card"] }),
            "4111111111111112",
            false,
        ),
        (
            json!({ "lists": ["numbers", "product"], "patterns": ["card"] }),
            "基金",
            false,
        ),
    ];
    each_row(table, |(condition, text, expected)| {
        let found = spans_of(&rule(&json!({ "when": condition })), message(text)).is_some();
        assert_eq!(found, *expected, "{condition} on {text}");
    });
}

#[test]
fn counts_are_of_merged_hits() {
    check(
        &json!({ "when": { "lists": ["promissory"], "at_least": 2 } }),
        &[
            ("保本保息", None),
            ("保本，保本", Some(&["保本", "保本"])),
            ("保本、稳赚", Some(&["保本", "稳赚"])),
        ],
    );
    check(
        &json!({ "when": { "lists": ["promissory"], "distinct": 2 } }),
        &[("保本，保本", None), ("保本，稳赚", Some(&["保本", "稳赚"]))],
    );
}

#[test]
fn trees_of_all_any_and_not() {
    let promise = json!({ "lists": ["promissory"] });
    let product = json!({ "lists": ["product"] });
    let disclaimer = json!({ "lists": ["disclaimer"] });
    check(
        &json!({ "when": { "all": [promise, product] } }),
        &[("保本理财", Some(&["保本", "理财"])), ("保本", None), ("理财", None)],
    );
    check(
        &json!({ "when": { "any": [promise, product] } }),
        &[
            ("保本理财", Some(&["保本", "理财"])),
            ("理财", Some(&["理财"])),
            ("", None),
        ],
    );
    check(
        &json!({ "when": { "all": [promise, { "not": disclaimer }] } }),
        &[("保本", Some(&["保本"])), ("保本，投资有风险", None)],
    );
    check(
        &json!({ "when": { "not": promise } }),
        &[("保本", None), ("你好", Some(&[]))],
    );
    check(
        &json!({ "when": { "any": [{ "all": [promise, disclaimer] }, product] } }),
        &[
            ("保本基金", Some(&["基金"])),
            ("保本，投资有风险", Some(&["保本", "投资有风险"])),
        ],
    );
}

#[test]
fn nearness_counts_characters_between() {
    let all = json!([{ "lists": ["promissory"] }, { "lists": ["product"] }]);
    check(
        &json!({ "when": { "all": all, "within": 2 } }),
        &[
            ("保本理财", Some(&["保本", "理财"])),
            ("理财的保本", Some(&["理财", "保本"])),
            ("保本的好理财", Some(&["保本", "理财"])),
            ("保本的大好理财", None),
            ("保本abc理财", None),
            ("保本，稳赚的大好的基金", None),
            ("保本，稳赚的基金", Some(&["稳赚", "基金"])),
        ],
    );
    check(
        &json!({ "when": { "all": all, "within": 0, "ordered": true } }),
        &[
            ("保本理财", Some(&["保本", "理财"])),
            ("理财保本", None),
            ("保本 理财", None),
        ],
    );
    check(
        &json!({ "when": { "all": all, "same": "sentence" } }),
        &[("保本，买理财", Some(&["保本", "理财"])), ("保本。买理财", None)],
    );
    check(
        &json!({ "when": { "all": all, "same": "clause" } }),
        &[("保本买理财", Some(&["保本", "理财"])), ("保本，买理财", None)],
    );
}

#[test]
fn nearness_spans_the_whole_stretch_of_three() {
    let all = json!([{ "lists": ["promissory"] }, { "lists": ["product"] }, { "lists": ["disclaimer"] }]);
    check(
        &json!({ "when": { "all": all, "within": 4 } }),
        &[
            ("理财a保本b投资有风险", Some(&["理财", "保本", "投资有风险"])),
            ("理财aa保本b投资有风险", None),
        ],
    );
    check(
        &json!({ "when": { "all": all, "within": 9, "ordered": true } }),
        &[
            ("保本a理财b投资有风险", Some(&["保本", "理财", "投资有风险"])),
            ("理财a保本b投资有风险", None),
            ("理财保本保收益投资有风险", None),
        ],
    );
}

#[test]
fn a_suppressing_context_takes_single_hits_away() {
    let negation = json!({ "words": ["不", "并非"], "except_words": ["不但"], "side": "before", "within": 1 });
    let plain = json!({ "when": { "lists": ["promissory"] }, "unless": [negation] });
    check(
        &plain,
        &[
            ("不保本", None),
            ("不承诺保本", Some(&["保本"])),
            ("并非 保本", None),
            ("不但保本", Some(&["保本"])),
            ("保本不", Some(&["保本"])),
            ("不。保本", Some(&["保本"])),
            ("不保本，但稳赚", Some(&["稳赚"])),
            ("不保本保息", None),
        ],
    );
    let anywhere =
        json!({ "when": { "lists": ["promissory"] }, "unless": [{ "lists": ["disclaimer"], "same": "message" }] });
    check(
        &anywhere,
        &[("投资有风险。这个保本", None), ("这个保本", Some(&["保本"]))],
    );
    let sentence = json!({ "when": { "lists": ["promissory"] }, "unless": [{ "lists": ["disclaimer"] }] });
    check(
        &sentence,
        &[
            ("投资有风险，这个保本", None),
            ("投资有风险。这个保本", Some(&["保本"])),
        ],
    );
    let covered = json!({ "when": { "lists": ["promissory"] }, "unless": [{ "lists": ["harmless"], "within": 0 }] });
    check(
        &covered,
        &[("保本点在哪", None), ("不保本", None), ("保本基金", Some(&["保本"]))],
    );
    let after =
        json!({ "when": { "lists": ["promissory"] }, "unless": [{ "words": ["吗"], "side": "after", "within": 2 }] });
    check(
        &after,
        &[
            ("保本的吗", None),
            ("吗保本", Some(&["保本"])),
            ("保本这样的吗", Some(&["保本"])),
        ],
    );
}

#[test]
fn words_of_a_context_ignore_ascii_case_and_stand_free() {
    let settings =
        json!({ "when": { "lists": ["promissory"] }, "unless": [{ "words": ["no"], "side": "before", "within": 1 }] });
    check(
        &settings,
        &[
            ("NO guaranteed", None),
            ("no guaranteed", None),
            ("casino guaranteed", Some(&["guaranteed"])),
        ],
    );
}

#[test]
fn a_leaf_has_its_own_unless_and_names_shared_contexts() {
    let settings = json!({
        "contexts": { "negation": { "words": ["不"], "side": "before", "within": 0 } },
        "rules": { "r": { "when": { "all": [{ "lists": ["promissory"], "unless": ["negation"] }, { "lists": ["product"] }] } } },
    });
    let plugin = policy(&settings);
    assert!(spans_of(&plugin, message("不保本，不理财")).is_none());
    assert!(spans_of(&plugin, message("保本，不理财")).is_some());
}

#[test]
fn a_filter_chooses_messages() {
    let base = || message("保本");
    let staff = |department: &str| {
        vec![
            party("x", PartyClass::Employee, department),
            party("y", PartyClass::External, ""),
        ]
    };
    let table: Vec<(Value, MessageBuilder, bool)> = vec![
        (json!({ "kinds": ["text"] }), base(), true),
        (json!({ "kinds": ["red-packet", "file"] }), base(), false),
        (
            json!({ "kinds": ["red-packet", "file"] }),
            base().kind(Kind::File),
            true,
        ),
        (json!({ "kinds": ["other"] }), base().kind(Kind::Other), true),
        (json!({ "directions": ["inbound"] }), base(), false),
        (json!({ "directions": ["inbound", "outbound"] }), base(), true),
        (json!({ "sender_classes": ["external"] }), base(), false),
        (json!({ "sender_classes": ["employee"] }), base(), true),
        (json!({ "recipient_classes": ["employee"] }), base(), false),
        (
            json!({ "recipient_classes": ["employee"] }),
            base().to(staff("a")),
            true,
        ),
        (
            json!({ "sender_departments": ["wealth"] }),
            base().from("e", PartyClass::Employee, "wealth"),
            true,
        ),
        (json!({ "sender_departments": ["wealth"] }), base(), false),
        (json!({ "recipient_departments": ["a"] }), base().to(staff("a")), true),
        (json!({ "recipient_departments": ["a"] }), base().to(staff("b")), false),
        (json!({ "recipients_at_least": 2 }), base(), false),
        (json!({ "recipients_at_least": 2 }), base().to(staff("a")), true),
        (json!({ "kinds": ["text"], "directions": ["inbound"] }), base(), false),
    ];
    each_row(table, |(filter, builder, expected)| {
        let of_rule = rule(&json!({ "message": filter, "when": { "lists": ["promissory"] } }));
        let of_condition = rule(&json!({ "when": { "all": [{ "lists": ["promissory"] }, { "message": filter }] } }));
        for plugin in [of_rule, of_condition] {
            assert_eq!(spans_of(&plugin, builder.clone()).is_some(), expected, "{filter}");
        }
    });
}

#[test]
fn conditions_on_money_files_and_links() {
    let base = || message("x");
    let table: Vec<(Value, MessageBuilder, bool)> = vec![
        (
            json!({ "amount": { "at_least": 100, "currency": "CNY" } }),
            base(),
            false,
        ),
        (
            json!({ "amount": { "at_least": 100, "currency": "CNY" } }),
            base().amount(100, "CNY"),
            true,
        ),
        (
            json!({ "amount": { "at_least": 100, "currency": "CNY" } }),
            base().amount(99, "CNY"),
            false,
        ),
        (
            json!({ "amount": { "at_least": 100, "currency": "CNY" } }),
            base().amount(100, "USD"),
            false,
        ),
        (
            json!({ "amount": { "at_least": 100, "currency": "USD" } }),
            base().amount(100, "USD"),
            true,
        ),
        (
            json!({ "attachment": { "extensions": ["xlsx"] } }),
            base().attachment("A.XLSX", 1),
            true,
        ),
        (
            json!({ "attachment": { "extensions": ["xls"] } }),
            base().attachment("a.xlsx", 1),
            false,
        ),
        (
            json!({ "attachment": { "bytes_at_least": 10 } }),
            base().attachment("a", 9).attachment("b", 9),
            false,
        ),
        (
            json!({ "attachment": { "bytes_at_least": 9, "at_least": 2 } }),
            base().attachment("a", 9).attachment("b", 9),
            true,
        ),
        (
            json!({ "attachment": { "name_words": ["客户名单"] } }),
            base().attachment("2024客户名单.csv", 0),
            true,
        ),
        (
            json!({ "attachment": { "name_words": ["客户名单"], "extensions": ["pdf"] } }),
            base().attachment("客户名单.csv", 0),
            false,
        ),
        (
            json!({ "link": { "domains": ["example.com"] } }),
            base().link("https://a.example.com/x"),
            true,
        ),
        (
            json!({ "link": { "domains": ["example.com"] } }),
            base().link("https://example.org/example.com"),
            false,
        ),
        (
            json!({ "link": { "not_domains": ["example.com"] } }),
            base().link("https://a.example.com"),
            false,
        ),
        (
            json!({ "link": { "not_domains": ["example.com"] } }),
            base().link("https://other.net"),
            true,
        ),
        (json!({ "link": { "not_domains": ["example.com"] } }), base(), false),
    ];
    each_row(table, |(condition, builder, expected)| {
        let plugin = rule(&json!({ "when": condition }));
        assert_eq!(spans_of(&plugin, builder).is_some(), expected, "{condition}");
    });
}

#[test]
fn preceding_messages_are_weighed() {
    let base = || message("保本").sent_at(1_000_000);
    let asked = || base().preceding("理财怎么样", Direction::Inbound, false, 60);
    let table: Vec<(Value, MessageBuilder, bool)> = vec![
        (json!({ "lists": ["product"] }), base(), false),
        (json!({ "lists": ["product"] }), asked(), true),
        (json!({ "lists": ["disclaimer"] }), asked(), false),
        (
            json!({ "lists": ["product"], "directions": ["outbound"] }),
            asked(),
            false,
        ),
        (json!({ "lists": ["product"], "same_sender": true }), asked(), false),
        (
            json!({ "directions": ["inbound"], "same_sender": false }),
            asked(),
            true,
        ),
        (json!({ "lists": ["product"], "seconds": 60 }), asked(), true),
        (json!({ "lists": ["product"], "seconds": 59 }), asked(), false),
        (json!({ "lists": ["product"], "at_least": 2 }), asked(), false),
        (
            json!({ "lists": ["product"], "at_least": 2 }),
            asked().preceding("基金", Direction::Outbound, true, 5),
            true,
        ),
    ];
    each_row(table, |(preceding, builder, expected)| {
        let plugin = rule(&json!({ "when": { "preceding": preceding } }));
        assert_eq!(spans_of(&plugin, builder).is_some(), expected, "{preceding}");
    });
}

#[test]
fn severities_are_adjusted_in_order() {
    let product = json!({ "lists": ["product"] });
    let table: &[(Value, &str, Severity)] = &[
        (json!([]), "保本理财", Severity::Medium),
        (json!([{ "when": product, "by": 1 }]), "保本理财", Severity::High),
        (json!([{ "when": product, "by": 1 }]), "保本", Severity::Medium),
        (json!([{ "when": product, "by": -3 }]), "保本理财", Severity::Low),
        (
            json!([{ "when": product, "to": "critical" }, { "when": product, "by": 2 }]),
            "保本理财",
            Severity::Critical,
        ),
        (
            json!([{ "when": product, "to": "critical" }, { "when": { "not": product }, "by": -1 }]),
            "保本",
            Severity::Low,
        ),
        (
            json!([{ "near": { "words": ["绝对"], "side": "before", "within": 0 }, "by": 1 }]),
            "绝对保本",
            Severity::High,
        ),
        (
            json!([{ "near": { "words": ["绝对"], "side": "before", "within": 0 }, "by": 1 }]),
            "绝对是保本",
            Severity::Medium,
        ),
    ];
    each_row(table, |(adjust, text, expected)| {
        let plugin = rule(&json!({ "when": { "lists": ["promissory"] }, "adjust": adjust }));
        let findings = judge(&plugin, &message(text).build(&lists()));
        assert_eq!(findings[0].severity, *expected, "{adjust} on {text}");
        assert!(findings[0].spans.len() == 1, "an adjustment gives no span");
    });
}

#[test]
fn the_policy_overrides_severities_and_switches_off() {
    let rules = json!({ "a": { "severity": "low", "when": { "lists": ["promissory"] } }, "b": { "when": { "lists": ["product"] } } });
    let text = message("保本理财").build(&lists());
    let severities = |settings: &Value| -> Vec<(String, Severity)> {
        judge(&policy(settings), &text)
            .into_iter()
            .map(|finding| (finding.rule, finding.severity))
            .collect()
    };
    let named = |a, b| vec![("a".to_owned(), a), ("b".to_owned(), b)];
    assert_eq!(
        severities(&json!({ "rules": rules })),
        named(Severity::Low, Severity::Medium)
    );
    assert_eq!(
        severities(&json!({ "rules": rules, "severity": "high" })),
        named(Severity::High, Severity::High)
    );
    assert_eq!(severities(&json!({ "rules": rules, "enabled": false })), []);
    let mut one_off = rules.clone();
    one_off["a"]["enabled"] = json!(false);
    assert_eq!(
        severities(&json!({ "rules": one_off })),
        [("b".to_owned(), Severity::Medium)]
    );
}

#[test]
fn reasons_fill_their_placeholders() {
    let reason = |zh: &str, builder: MessageBuilder| {
        let plugin = rule(
            &json!({ "when": { "any": [{ "lists": ["promissory"] }, { "message": { "kinds": ["text"] } }] }, "reason_zh": zh }),
        );
        let findings = judge(&plugin, &builder.build(&lists()));
        findings[0].reasons[0].text.clone()
    };
    assert_eq!(
        reason("{rule}：{text}（{count}）", message("保本，稳赚，保本")),
        "r：保本、稳赚（3）"
    );
    assert_eq!(
        reason("{term} {amount}", message("保本").amount(12_345, "CNY")),
        "保本 123.45 CNY"
    );
    assert_eq!(reason("{term} {text} {amount}", message("好")), "— — —");
    let plugin = rule(&json!({ "when": { "lists": ["promissory"] } }));
    let findings = judge(&plugin, &message("保本").build(&lists()));
    let texts: Vec<&str> = findings[0].reasons.iter().map(|reason| reason.text.as_str()).collect();
    assert_eq!(texts, ["规则 r：保本", "rule r: 保本"]);
}

#[test]
fn many_hits_stay_within_the_contract() {
    let text = "保本、稳赚，".repeat(300);
    let plugin = rule(&json!({ "when": { "lists": ["promissory"] }, "reason_en": "{text} {count}" }));
    let findings = judge(&plugin, &message(&text).build(&lists()));
    assert_eq!(
        (findings[0].spans.len(), findings[0].reasons[0].text.as_str()),
        (16, "保本, 稳赚 600")
    );
}
