//! Which rules are proposed for which messages, and which settings are refused.

use proviso_rows::each_row;
use proviso_sdk::testing::{MessageBuilder, TestLists, configure, message, party, schedule};
use proviso_sdk::{ClockStart, Direction, Failure, Kind, PartyClass, Period};
use retention_schedule::RetentionSchedule;
use serde_json::{Value, json};

fn lists() -> TestLists {
    TestLists::new()
        .lexicon("orders", &["订单"])
        .lexicon("advice", &["推荐"])
}

fn plugin(settings: &Value) -> RetentionSchedule {
    match configure(settings, &lists()) {
        Ok(plugin) => {
            crate::common::assert_schema_accepts(settings);
            plugin
        }
        Err(problems) => panic!("{settings}: {problems:?}"),
    }
}

/// A right rule with these keys over it.
fn rule(over: &Value) -> Value {
    let mut rule = json!({
        "law": "中华人民共和国证券法", "article": "第一百三十七条", "jurisdiction": "CN", "purpose": "业务经营资料保存",
        "clock": "message", "floor": { "years": 20 }, "verified": true,
    });
    for (key, value) in over.as_object().expect("an object") {
        rule[key] = value.clone();
    }
    rule
}

fn proposed(settings: &Value, builder: MessageBuilder) -> Vec<String> {
    let proposals = schedule(&plugin(settings), &[builder.build(&lists())]).expect("every message can be judged");
    proposals.into_iter().map(|proposal| proposal.rule).collect()
}

#[test]
fn a_proposal_says_what_the_rule_says() {
    let over = json!({ "clock": "relationship-end", "floor": { "years": 10, "months": 6 }, "ceiling": { "years": 30 }, "verified": false });
    let plugin = plugin(&json!({ "rules": { "aml-34": rule(&over) } }));
    let messages = [message("a").build(&lists()), message("b").build(&lists())];
    let proposals = schedule(&plugin, &messages).expect("both can be judged");
    assert_eq!(proposals.len(), 2);
    let second = &proposals[1];
    assert_eq!(
        (second.message, second.rule.as_str(), second.verified),
        (1, "aml-34", false)
    );
    assert_eq!(
        (second.law.as_str(), second.article.as_str()),
        ("中华人民共和国证券法", "第一百三十七条")
    );
    assert_eq!(
        (second.jurisdiction.as_str(), second.purpose.as_str()),
        ("CN", "业务经营资料保存")
    );
    assert_eq!(second.clock, ClockStart::RelationshipEnd);
    assert_eq!(
        second.floor,
        Some(Period {
            years: 10,
            months: 6,
            days: 0
        })
    );
    assert_eq!(
        second.ceiling,
        Some(Period {
            years: 30,
            months: 0,
            days: 0
        })
    );
}

/// The table is how packs of before write it.
#[test]
fn a_period_is_written_in_iso_8601_or_as_a_table() {
    let table = [
        ("P20Y", json!({ "years": 20 }), (20, 0, 0)),
        ("P6M", json!({ "months": 6 }), (0, 6, 0)),
        ("P3Y6M10D", json!({ "years": 3, "months": 6, "days": 10 }), (3, 6, 10)),
    ];
    each_row(table, |(text, parts, (years, months, days))| {
        for period in [json!(text), parts.clone()] {
            let plugin = plugin(&json!({ "rules": { "r": rule(&json!({ "floor": period })) } }));
            let proposals = schedule(&plugin, &[message("x").build(&lists())]).expect("it can be judged");
            assert_eq!(proposals[0].floor, Some(Period { years, months, days }), "{period}");
        }
    });
}

#[test]
fn what_the_host_reads_changes_no_proposal() {
    let of = |over: &Value| {
        let plugin = plugin(&json!({ "rules": { "r": rule(over) } }));
        schedule(&plugin, &[message("x").build(&lists())]).expect("it can be judged")
    };
    let stated = json!({
        "counting": "cn-civil-code", "ceiling": "P30Y", "ceiling_kind": "mandatory", "verified_by": "An Office",
        "verified_on": "2026-11-29", "source": { "title": "证券法", "url": "https://example.org", "text": "secondary" },
    });
    assert_eq!(of(&stated), of(&json!({ "ceiling": "P30Y" })));
}

#[test]
fn a_rule_is_in_effect_by_the_message_s_day() {
    // 2025-01-01T00:00:00 in China is 2024-12-31T16:00:00Z.
    let start = 1_735_660_800_000;
    let year = 365 * 86_400_000;
    let china = json!({ "utc_offset_minutes": 480, "rules": { "r": rule(&json!({ "effective_from": "2025-01-01", "effective_to": "2025-12-31" })) } });
    let greenwich = json!({ "rules": { "r": rule(&json!({ "effective_from": "2025-01-01" })) } });
    let table = [
        (&china, start - 1, false),
        (&china, start, true),
        (&china, start + year - 1, true),
        (&china, start + year, false),
        (&greenwich, start, false),
        (&greenwich, start + 8 * 3_600_000, true),
        (&greenwich, i64::MAX, true),
        (&greenwich, i64::MIN, false),
    ];
    each_row(table, |(settings, time, expected)| {
        assert_eq!(
            !proposed(settings, message("x").sent_at(time)).is_empty(),
            expected,
            "{settings} at {time}"
        );
    });
}

#[test]
fn a_rule_applies_to_its_messages() {
    let table: Vec<(Value, MessageBuilder, bool)> = vec![
        (json!([{ "lists": ["orders"] }]), message("订单号"), true),
        (json!([{ "lists": ["orders"] }]), message("推荐"), false),
        (json!([{ "lists": ["orders", "advice"] }]), message("推荐"), true),
        (
            json!([{ "lists": ["orders"] }, { "lists": ["advice"] }]),
            message("推荐"),
            true,
        ),
        (json!([{ "filter": { "kinds": ["call"] } }]), message("x"), false),
        (
            json!([{ "filter": { "kinds": ["call"] } }]),
            message("x").kind(Kind::Call),
            true,
        ),
        (
            json!([{ "filter": { "kinds": ["text"] }, "lists": ["orders"] }]),
            message("x"),
            false,
        ),
        (
            json!([{ "filter": { "directions": ["internal"] } }]),
            message("x").direction(Direction::Internal),
            true,
        ),
        (
            json!([{ "filter": { "departments": ["wealth"] } }]),
            message("x").from("a", PartyClass::Employee, "wealth"),
            true,
        ),
        (
            json!([{ "filter": { "departments": ["wealth"] } }]),
            message("x").to(vec![party("b", PartyClass::Employee, "wealth")]),
            true,
        ),
        (
            json!([{ "filter": { "departments": ["wealth"] } }]),
            message("x"),
            false,
        ),
        (json!([{ "filter": { "parties": ["customer"] } }]), message("x"), true),
        (json!([{ "filter": { "parties": ["nobody"] } }]), message("x"), false),
    ];
    each_row(table, |(messages, builder, expected)| {
        let settings = json!({ "rules": { "r": rule(&json!({ "messages": messages })) } });
        assert_eq!(!proposed(&settings, builder).is_empty(), expected, "{messages}");
    });
}

#[test]
fn rules_come_by_id_and_can_be_switched_off() {
    let settings =
        json!({ "rules": { "b": rule(&json!({})), "a": rule(&json!({})), "c": rule(&json!({ "enabled": false })) } });
    assert_eq!(proposed(&settings, message("x")), ["a", "b"]);
}

#[test]
fn more_than_sixteen_proposals_are_a_fault_rather_than_a_choice() {
    let settings = |count: usize| {
        let rules: serde_json::Map<String, Value> = (0..count).map(|at| (format!("r{at}"), rule(&json!({})))).collect();
        json!({ "rules": rules })
    };
    assert_eq!(proposed(&settings(16), message("x")).len(), 16);
    let failure = schedule(&plugin(&settings(17)), &[message("x").build(&lists())]);
    assert!(matches!(failure, Err(Failure::Internal(text)) if text.contains("17 rules apply")));
}

#[test]
fn mistakes_are_named() {
    let table: &[(Value, &str, &str)] = &[
        (json!({ "law": "" }), "/law", "0 bytes: must be 1 to 256"),
        (
            json!({ "article": "x".repeat(65) }),
            "/article",
            "65 bytes: must be 0 to 64",
        ),
        (json!({ "purpose": "" }), "/purpose", "must be 1 to 256"),
        (json!({ "jurisdiction": "China" }), "/jurisdiction", "\"China\""),
        (json!({ "clock": "birthday" }), "/clock", "unknown variant `birthday`"),
        (json!({ "floor": null }), "", "needs `floor`, `ceiling`"),
        (json!({ "floor": {} }), "/floor", "no time at all"),
        (
            json!({ "floor": { "days": 40_000 } }),
            "/floor/days",
            "must be 0 to 36500",
        ),
        (json!({ "floor": { "weeks": 4 } }), "/floor/weeks", "unknown field"),
        (json!({ "floor": "P0D" }), "/floor", "no time at all"),
        (json!({ "floor": "P4W" }), "/floor", "\"P4W\" is no period"),
        (json!({ "floor": "P1M1Y" }), "/floor", "no period"),
        (json!({ "floor": "" }), "/floor", "no period"),
        (json!({ "floor": 20 }), "/floor", "ISO 8601"),
        (json!({ "floor": "P36501D" }), "/floor/days", "must be 0 to 36500"),
        (json!({ "ceiling": "P19Y" }), "/ceiling", "shorter than the floor"),
        (
            json!({ "ceiling": { "years": 19 } }),
            "/ceiling",
            "shorter than the floor",
        ),
        (json!({ "effective_from": "2025-02-30" }), "/effective_from", "no date"),
        (
            json!({ "effective_from": "2025-02-01", "effective_to": "2025-01-31" }),
            "/effective_to",
            "never be in effect",
        ),
        (json!({ "verified": "yes" }), "/verified", "invalid type"),
        (json!({ "verified": null }), "/verified", "invalid type"),
        (json!({ "messages": [] }), "/messages", "empty"),
        (json!({ "messages": [{}] }), "/messages/0", "needs `lists`, `filter`"),
        (
            json!({ "messages": [{ "lists": ["none"] }] }),
            "/messages/0/lists/0",
            "no list \"none\"",
        ),
        (
            json!({ "messages": [{ "filter": {} }] }),
            "/messages/0/filter",
            "empty filter",
        ),
    ];
    each_row(table, |(over, pointer, text)| {
        let settings = json!({ "rules": { "r": rule(over) } });
        let problems = configure::<RetentionSchedule>(&settings, &lists())
            .expect_err("the rule is wrong")
            .into_vec();
        assert_eq!(problems.len(), 1, "{over}: {problems:?}");
        assert_eq!(problems[0].pointer, format!("/rules/r{pointer}"), "{over}");
        assert!(problems[0].message.contains(text), "{over}: {}", problems[0].message);
    });
    let whole = [
        (json!({ "rules": {} }), "/rules"),
        (json!({ "rules": { "A": rule(&json!({})) } }), "/rules/A"),
        (
            json!({ "utc_offset_minutes": 2000, "rules": { "r": rule(&json!({})) } }),
            "/utc_offset_minutes",
        ),
    ];
    for (settings, pointer) in whole {
        let problems = configure::<RetentionSchedule>(&settings, &lists())
            .expect_err("wrong")
            .into_vec();
        assert_eq!(
            problems
                .iter()
                .map(|problem| problem.pointer.as_str())
                .collect::<Vec<_>>(),
            [pointer]
        );
    }
}
