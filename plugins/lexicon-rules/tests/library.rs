//! The library's contexts, by tables: promises with shields, and denials.

use lexicon_rules::LexiconRules;
use proviso_rows::each_row;
use proviso_sdk::testing::{TestLists, configure, evaluate, message};
use proviso_sdk::{Direction, Rules};
use serde_json::json;

/// What a pack would look for.
const ZH: &[&str] = &[
    "保本",
    "保息",
    "保本保息",
    "保证本金",
    "保证收益",
    "承诺收益",
    "保收益",
    "稳赚不赔",
];
const EN: &[&str] = &[
    "guaranteed return",
    "guaranteed returns",
    "guaranteed profit",
    "guaranteed profits",
    "returns are guaranteed",
    "principal is guaranteed",
    "Guaranteed return",
    "Guaranteed returns",
    "Guaranteed profit",
    "Guaranteed profits",
];

fn plugin(lists: &TestLists) -> LexiconRules {
    let settings = json!({ "rules": { "promise": {
        "when": { "lists": ["promises"] },
        "unless": ["library.negated", "library.denied", "library.warned", "library.disclosed", "library.reported", "library.quoted"],
    } } });
    crate::common::assert_schema_accepts(&settings);
    configure(&settings, lists).expect("the settings are right")
}

/// The rows of a table that are judged wrongly.
fn wrong(table: &str, terms: &[&str]) -> Vec<String> {
    let lists = TestLists::new().lexicon("promises", terms);
    let plugin = plugin(&lists);
    let rows = table.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let mut wrong = Vec::new();
    for row in rows {
        let (expected, text) = row.split_once('\t').expect("a sign, a tab, a sentence");
        let message = message(text).build(&lists);
        assert!(!message.hits.is_empty(), "nothing to judge in {text:?}");
        let found = !evaluate(&plugin, &[message]).expect("it is judged").is_empty();
        if found != (expected == "+") {
            wrong.push(row.to_owned());
        }
    }
    wrong
}

#[test]
fn promises_and_denials_in_chinese_are_told_apart() {
    let wrong = wrong(include_str!("library/promises-zh.tsv"), ZH);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn promises_and_denials_in_english_are_told_apart() {
    let wrong = wrong(include_str!("library/promises-en.tsv"), EN);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn sentences_that_were_written_later_are_told_apart() {
    let tables = [
        (include_str!("library/second-zh.tsv"), ZH),
        (include_str!("library/second-en.tsv"), EN),
        (include_str!("library/third-zh.tsv"), ZH),
        (include_str!("library/third-en.tsv"), EN),
        (include_str!("library/fourth-zh.tsv"), ZH),
        (include_str!("library/fourth-en.tsv"), EN),
        (include_str!("library/fifth-zh.tsv"), ZH),
        (include_str!("library/fifth-en.tsv"), EN),
        (include_str!("library/sixth-zh.tsv"), ZH),
        (include_str!("library/sixth-en.tsv"), EN),
        (include_str!("library/seventh-zh.tsv"), ZH),
        (include_str!("library/seventh-en.tsv"), EN),
        (include_str!("library/eighth-zh.tsv"), ZH),
        (include_str!("library/eighth-en.tsv"), EN),
    ];
    let wrong_rows: Vec<String> = tables.iter().flat_map(|(table, terms)| wrong(table, terms)).collect();
    assert!(
        wrong_rows.is_empty(),
        "{} wrong:\n{}",
        wrong_rows.len(),
        wrong_rows.join("\n")
    );
}

/// The texts of one cell of the README's table, and what is bold in each.
fn examples(cell: &str) -> Vec<(String, String)> {
    cell.split(" · ")
        .filter(|example| example.contains("**"))
        .map(|example| {
            let example = example.trim().replace("(inbound)", "");
            let hit = example.split("**").nth(1).expect("what is bold ends").to_owned();
            (example.replace('*', "").trim().to_owned(), hit)
        })
        .collect()
}

/// True if the library's context holds for `hit` in `text`.
fn holds(context: &str, text: &str, hit: &str) -> bool {
    let lists = TestLists::new().lexicon("promises", &[hit]);
    let settings = json!({ "rules": { "r": { "when": { "lists": ["promises"] }, "unless": [context] } } });
    let plugin: LexiconRules = configure(&settings, &lists).expect("the settings are right");
    let direction = if context == "library.asked" {
        Direction::Inbound
    } else {
        Direction::Outbound
    };
    let message = message(text).direction(direction).build(&lists);
    assert_eq!(message.hits.len(), 1, "{hit} in {text}");
    evaluate(&plugin, &[message]).expect("it is judged").is_empty()
}

#[test]
fn the_examples_of_the_readme_are_true() {
    let mut tried = Vec::new();
    for line in include_str!("../README.md")
        .lines()
        .filter(|line| line.starts_with("| `library."))
    {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let context = cells[1].trim_matches('`');
        for (text, hit) in examples(cells[3]) {
            assert!(
                holds(context, &text, &hit),
                "{context} does not hold for {hit} in {text}"
            );
            tried.push(context.to_owned());
        }
        for (text, hit) in examples(cells[4]) {
            assert!(!holds(context, &text, &hit), "{context} holds for {hit} in {text}");
        }
    }
    for name in lexicon_rules::library::names() {
        let count = tried.iter().filter(|context| **context == name).count();
        assert!(count >= 2, "the README has {count} examples of {name}");
    }
}

#[test]
fn traditional_characters_and_folded_ones_are_read() {
    let table: &[(&str, &str, &str, bool)] = &[
        ("library.negated", "我們絕不會承諾保本", "保本", true),
        ("library.negated", "沒有保本的產品", "保本", true),
        ("library.negated", "這款特別好保本", "保本", false),
        ("library.denied", "保本是不可能的！", "保本", true),
        ("library.negated", "We don’t promise a sure thing", "sure thing", true),
        (
            "library.negated",
            "ＷＥ　ＮＥＶＥＲ promise a sure thing",
            "sure thing",
            true,
        ),
        (
            "library.negated",
            "we never\n\npromise a sure thing",
            "sure thing",
            false,
        ),
        ("library.negated", "不\u{200b}承诺保本", "保本", true),
    ];
    each_row(table, |(context, text, hit, expected)| {
        assert_eq!(holds(context, text, hit), *expected, "{context}: {text}");
    });
}

#[test]
fn borders_end_a_reach() {
    let table: &[(&str, bool)] = &[
        ("不承诺保本", true),
        ("不承诺，保本", false),
        ("不承诺 保本", false),
        ("不承诺🔥保本", false),
        ("不承诺\n保本", false),
        ("不承诺但保本", false),
        ("不承诺“保本”", true),
        ("不承诺APP 保本", true),
        ("不承诺收益、保本", true),
        ("不限额、保本", false),
        ("严禁说：保本", true),
        ("别忘了：保本", false),
    ];
    each_row(table, |(text, expected)| {
        assert_eq!(holds("library.negated", text, "保本"), *expected, "{text}");
    });
}

#[test]
fn a_context_looks_no_further_than_its_reach() {
    let near = format!("严禁{}保本", "甲".repeat(30));
    let far = format!("严禁{}保本", "甲".repeat(100));
    assert!(holds("library.negated", &near, "保本"));
    assert!(!holds("library.negated", &far, "保本"));
    let behind = format!("保本{}，这种说法不对", "甲".repeat(100));
    assert!(!holds("library.denied", &behind, "保本"));
}

#[test]
fn a_flood_of_hits_and_negators_takes_linear_time() {
    let time = |count: usize| {
        let lists = TestLists::new().lexicon("promises", &["保本"]);
        let plugin = plugin(&lists);
        let message = message(&"不是谁说这种保本".repeat(count)).build(&lists);
        let start = std::time::Instant::now();
        let findings = plugin.evaluate(&message);
        assert!(findings.is_ok());
        start.elapsed()
    };
    // Twice the smallest of three each: a machine that is busy slows a run down, never up.
    let least = |count| (0..3).map(|_| time(count)).min().unwrap_or_default();
    let (some, many) = (least(400), least(3200));
    assert!(
        many < some * 24 + std::time::Duration::from_millis(50),
        "{some:?} for 400 hits, {many:?} for 3,200"
    );
}

#[test]
fn any_mixture_of_words_and_marks_is_judged() {
    const PIECES: &[&str] = &[
        "保本",
        "不",
        "没有",
        "严禁",
        "谁敢",
        "承诺",
        "这种",
        "是",
        "骗子",
        "的",
        "，",
        "、",
        "。",
        "？",
        "“",
        "”",
        "\"",
        " ",
        "\n",
        "：",
        "🔥",
        "\u{200b}",
        "ａ",
        "'",
        "’",
        "-",
        "1,000.5",
        "don't",
        "promise",
        "guaranteed return",
        "we",
        "沒",
        "𠀀",
        "…",
        "(",
        "年化",
    ];
    let lists = TestLists::new().lexicon("promises", &["保本", "guaranteed return", "”保本"]);
    let names: Vec<String> = lexicon_rules::library::names().collect();
    let settings = json!({ "rules": { "r": { "when": { "lists": ["promises"] }, "unless": names } } });
    let plugin: LexiconRules = configure(&settings, &lists).expect("the settings are right");
    // A small generator of its own, so that every run tries the same texts.
    let mut state = 1_u64;
    let mut found = 0;
    for _ in 0..2000 {
        let mut text = String::new();
        for _ in 0..24 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            text.push_str(PIECES[(state >> 33) as usize % PIECES.len()]);
        }
        let message = message(&text).direction(Direction::Inbound).build(&lists);
        found += plugin.evaluate(&message).expect("every text is judged").len();
    }
    assert!(found > 0, "something remains to be found");
}
