//! What is said in pieces, message by message, as tables.

use lexicon_rules::LexiconRules;
use proviso_rows::each_row;
use proviso_sdk::Direction::{Inbound, Outbound};
use proviso_sdk::testing::{MessageBuilder, TestLists, configure, evaluate, message};
use serde_json::{Value, json};

fn lists() -> TestLists {
    TestLists::new()
        .lexicon("product", &["理财", "基金"])
        .lexicon("promise", &["稳赚", "不会亏"])
        .lexicon("negator", &["从不"])
}

fn plugin(turns: &Value) -> LexiconRules {
    let settings = json!({ "rules": { "r": { "when": turns, "reason_en": "{text}" } } });
    crate::common::assert_schema_accepts(&settings);
    configure(&settings, &lists()).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// The text of the finding, if there is one.
fn found(plugin: &LexiconRules, builder: MessageBuilder) -> Option<String> {
    let message = builder.build(&lists());
    let findings = evaluate(plugin, std::slice::from_ref(&message)).expect("every message can be judged");
    findings.first().map(|finding| finding.reasons[0].text.clone())
}

type Earlier = &'static [(&'static str, bool, i64)];

fn talk(text: &str, earlier: Earlier) -> MessageBuilder {
    earlier
        .iter()
        .fold(message(text), |builder, (text, same_sender, seconds)| {
            let direction = if *same_sender { Outbound } else { Inbound };
            builder.preceding(text, direction, *same_sender, *seconds)
        })
}

#[test]
fn pieces_meet_over_the_turns_of_one_sender() {
    let parts = json!([{ "lists": ["product"] }, { "lists": ["promise"] }]);
    let plugin = plugin(&json!({ "turns": parts, "last": 3, "seconds": 600 }));
    let table: &[(&str, Earlier, Option<&str>)] = &[
        ("这款理财稳赚", &[], Some("理财, 稳赚")),
        ("稳赚", &[("这款理财不错", true, 60)], Some("稳赚")),
        (
            "看看这款理财",
            &[("我手上的都稳赚", true, 60), ("在吗", true, 30)],
            Some("理财"),
        ),
        // Nothing new is said in this message.
        ("好的", &[("这款理财", true, 60), ("稳赚", true, 30)], None),
        ("稳赚", &[], None),
        ("稳赚", &[("我想买理财", false, 60)], None),
        ("稳赚", &[("这款理财", true, 601)], None),
        (
            "稳赚",
            &[("这款理财", true, 90), ("嗯", true, 60), ("在", true, 30)],
            None,
        ),
    ];
    each_row(table, |(text, earlier, expected)| {
        assert_eq!(
            found(&plugin, talk(text, earlier)).as_deref(),
            *expected,
            "{text} {earlier:?}"
        );
    });
}

#[test]
fn everybodys_turns_count_where_the_rule_says_so() {
    let parts = json!([{ "lists": ["product"] }, { "lists": ["promise"] }]);
    let plugin = plugin(&json!({ "turns": parts, "by": "conversation" }));
    assert_eq!(
        found(&plugin, talk("稳赚", &[("我想买理财", false, 60)])).as_deref(),
        Some("稳赚")
    );
}

#[test]
fn a_part_may_be_asked_of_the_sender_or_of_others() {
    let parts = json!([{ "lists": ["product"], "whose": "others" }, { "lists": ["promise"], "whose": "sender" }]);
    let plugin = plugin(&json!({ "turns": parts, "by": "conversation" }));
    let table: &[(&str, Earlier, Option<&str>)] = &[
        ("稳赚", &[("我想买理财", false, 60)], Some("稳赚")),
        ("稳赚", &[("看看这款理财", true, 60)], None),
        (
            "稳赚",
            &[("看看这款理财", true, 90), ("理财？", false, 60)],
            Some("稳赚"),
        ),
        ("这款理财稳赚", &[], None),
        // Others said it, and nothing new is said in this message.
        ("我想买理财", &[("稳赚", false, 60)], None),
    ];
    each_row(table, |(text, earlier, expected)| {
        assert_eq!(
            found(&plugin, talk(text, earlier)).as_deref(),
            *expected,
            "{text} {earlier:?}"
        );
    });
}

#[test]
fn a_context_counts_in_the_turn_that_it_stands_in() {
    let unless = json!([{ "lists": ["negator"], "same": "message" }]);
    let parts = json!([{ "lists": ["product"] }, { "lists": ["promise"], "unless": unless }]);
    let plugin = plugin(&json!({ "turns": parts }));
    let table: &[(&str, Earlier, Option<&str>)] = &[
        ("这款理财", &[("从不说稳赚", true, 60)], None),
        ("从不，这款理财", &[("稳赚", true, 60)], Some("理财")),
    ];
    each_row(table, |(text, earlier, expected)| {
        assert_eq!(
            found(&plugin, talk(text, earlier)).as_deref(),
            *expected,
            "{text} {earlier:?}"
        );
    });
}

#[test]
fn mistakes_in_turns_are_named() {
    let table = [
        (json!({ "turns": [] }), "/rules/r/when/turns", "empty"),
        (
            json!({ "turns": [{ "lists": ["product"] }], "last": 7 }),
            "/rules/r/when/last",
            "7 is out of range",
        ),
        (
            json!({ "turns": [{ "message": { "kinds": ["text"] } }] }),
            "/rules/r/when/turns/0",
            "yields no hits, so no turn can say it",
        ),
        (
            json!({ "lists": ["product"], "by": "sender" }),
            "/rules/r/when/by",
            "belongs beside `turns`",
        ),
        (
            json!({ "lists": ["product"], "whose": "sender" }),
            "/rules/r/when/whose",
            "has no meaning outside of `turns`",
        ),
        (
            json!({ "turns": [{ "lists": ["product"], "whose": "others" }, { "lists": ["promise"] }] }),
            "/rules/r/when/turns/0/whose",
            "no turns of others are looked at",
        ),
        (
            json!({ "turns": [{ "any": [{ "lists": ["product"] }], "whose": "others" }], "by": "conversation" }),
            "/rules/r/when/turns/0/whose",
            "belongs beside `lists`",
        ),
    ];
    each_row(&table, |(when, pointer, text)| {
        let settings = json!({ "rules": { "r": { "when": when } } });
        let problems = configure::<LexiconRules>(&settings, &lists()).expect_err("the settings are wrong");
        let problems = problems.into_vec();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].pointer, *pointer);
        assert!(problems[0].message.contains(text), "{}", problems[0].message);
    });
}

#[test]
fn what_one_message_says_of_it_stands_together() {
    let parts = json!([{ "lists": ["product"] }, { "lists": ["promise"] }, { "lists": ["negator"] }]);
    let near = plugin(&json!({ "turns": parts, "at_least": 2, "within": 6 }));
    let anywhere = plugin(&json!({ "turns": parts, "at_least": 2 }));
    let table: &[(&str, Earlier, Option<&str>, Option<&str>)] = &[
        ("理财一二三四五六稳赚", &[], Some("理财, 稳赚"), Some("理财, 稳赚")),
        ("理财一二三四五六七稳赚", &[], None, Some("理财, 稳赚")),
        ("理财\n\n稳赚", &[], None, None),
        (
            "理财。这里说了很多别的话。基金稳赚，稳赚",
            &[],
            Some("基金, 稳赚"),
            Some("理财, 基金, 稳赚"),
        ),
        // What stands apart in this message may have been said before it.
        (
            "理财一二三四五六七稳赚",
            &[("从不", true, 60)],
            Some("理财"),
            Some("理财, 稳赚"),
        ),
    ];
    each_row(table, |(text, earlier, nearby, somewhere)| {
        assert_eq!(
            found(&near, talk(text, earlier)).as_deref(),
            *nearby,
            "{text} {earlier:?}"
        );
        assert_eq!(found(&anywhere, talk(text, earlier)).as_deref(), *somewhere, "{text}");
    });
}

#[test]
fn so_many_of_the_pieces_are_enough() {
    let parts = json!([{ "lists": ["product"] }, { "lists": ["promise"] }, { "lists": ["negator"] }]);
    let of_turns = plugin(&json!({ "turns": parts, "at_least": 2, "by": "conversation" }));
    let of_one = plugin(&json!({ "any": parts, "at_least": 2 }));
    let table: &[(&str, Earlier, Option<&str>, Option<&str>)] = &[
        ("这款理财稳赚", &[], Some("理财, 稳赚"), Some("理财, 稳赚")),
        (
            "从不说稳赚的理财",
            &[],
            Some("从不, 稳赚, 理财"),
            Some("从不, 稳赚, 理财"),
        ),
        ("稳赚", &[], None, None),
        ("稳赚", &[("这款理财", true, 60)], Some("稳赚"), None),
        ("稳赚", &[("从不", false, 60)], Some("稳赚"), None),
        ("稳赚", &[("不会亏", true, 60)], None, None),
        ("好的", &[("这款理财", true, 60), ("稳赚", true, 30)], None, None),
    ];
    each_row(table, |(text, earlier, over_turns, in_one)| {
        assert_eq!(
            found(&of_turns, talk(text, earlier)).as_deref(),
            *over_turns,
            "{text} {earlier:?}"
        );
        assert_eq!(found(&of_one, talk(text, earlier)).as_deref(), *in_one, "{text}");
    });
}
