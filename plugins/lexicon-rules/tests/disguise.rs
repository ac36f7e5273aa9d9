//! What contexts and borders see of a disguised message, as tables. The lists have the terms as they are written here: that the host finds
//! disguised ones is its own affair.

use lexicon_rules::LexiconRules;
use proviso_rows::each_row;
use proviso_sdk::testing::{TestLists, configure, evaluate, message};
use serde_json::json;

/// What the findings' first spans have in the text.
fn found<'t>(terms: &[&str], text: &'t str) -> Vec<&'t str> {
    let lists = TestLists::new()
        .lexicon("words", terms)
        .lexicon("others", &["给你", "发\n给\n你"]);
    let settings = json!({ "rules": {
        "promise": { "when": { "lists": ["words"] }, "unless": ["library.negated", "library.forbidden", "library.denied", { "words": ["only"], "within": 2, "side": "before" }] },
        "both": { "when": { "all": [{ "lists": ["words"] }, { "lists": ["others"] }], "same": "clause" } },
    } });
    let plugin: LexiconRules = configure(&settings, &lists).unwrap_or_else(|problems| panic!("{problems:?}"));
    let message = message(text).build(&lists);
    let findings = evaluate(&plugin, std::slice::from_ref(&message)).expect("every message can be judged");
    let first = |spans: &[proviso_sdk::Span]| &text[spans[0].start as usize..spans[0].end as usize];
    findings.iter().map(|finding| first(&finding.spans)).collect()
}

#[test]
fn a_negator_is_seen_through_the_disguise_that_the_term_has() {
    let table = [
        ("不 承 诺 保 本 保 息", "保 本 保 息"),
        ("我.行.不.承.诺.保.本.保.息", "保.本.保.息"),
        ("严🔥禁🔥承🔥诺🔥保🔥本🔥保🔥息", "保🔥本🔥保🔥息"),
        ("不🇨🇳承🇨🇳诺🇨🇳保🇨🇳本", "保🇨🇳本"),
        ("不[玫瑰]承[玫瑰]诺[玫瑰]保[玫瑰]本", "保[玫瑰]本"),
        ("&#19981;&#x627f;诺保本", "保本"),
        ("不\u{200b}承\u{200b}诺保\u{200b}本", "保\u{200b}本"),
        ("never ｐｒｏｍｉｓｅ a guaranteed return", "guaranteed return"),
        ("nеvеr promise a guaranteed return", "guaranteed return"),
        ("𝐨𝐧𝐥𝐲 保本", "保本"),
        (
            "n\u{336}e\u{336}v\u{336}e\u{336}r\u{336} promise a guaranteed return",
            "guaranteed return",
        ),
    ];
    each_row(table, |(text, term)| {
        assert_eq!(found(&[term], text), [""; 0], "{text:?}");
    });
}

#[test]
fn findings_stand_where_the_message_has_them() {
    let table = [
        ("我.行.承.诺.保.本.保.息。", "保.本.保.息"),
        ("&#25105;们承诺保本", "保本"),
        ("\u{200b}\u{200b}保\u{200b}本", "保\u{200b}本"),
        // A picture may as well end a clause, and what ends one is no noise.
        ("绝不骗人😀保本", "保本"),
        ("不要错过，保本", "保本"),
    ];
    each_row(table, |(text, term)| {
        assert_eq!(found(&[term], text), [term], "{text:?}");
    });
}

#[test]
fn a_line_for_each_character_is_one_clause() {
    assert_eq!(found(&["名\n单"], "名\n单\n我\n发\n给\n你"), ["名\n单", "名\n单"]);
    assert_eq!(found(&["名单"], "名单\n给你"), ["名单"]);
}
