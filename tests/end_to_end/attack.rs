//! `proviso pack attack`: a weakness that was planted is found, one that was mended is gone, and the exit code tells.

use crate::support::{json_lines, run, stderr, stdout};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const MANIFEST: &str = r#"name = "acme/weak"
version = "0.1.0"
licence = "Apache-2.0"
host = ">=0.1.0, <0.2.0"
description = { en = "a small pack with a weak rule" }

[lexicon.promises]
file = "lexicons/promises.txt"

[[policy]]
name = "words"
plugin = "lexicon-rules"
interfaces = ["rules"]
lists = ["promises"]
trigger = { lists = ["promises"] }
fields = ["text"]

[policy.settings.contexts.negation]
words = ["别"]
side = "before"
within = 4

[policy.settings.rules.promise]
when = { lists = ["promises"] }
unless = ["negation"]
severity = "high"
reason_en = "promises: {text}"
"#;

const SCHEMA: &str =
    r#"{ "type": "object", "properties": { "words": { "type": "object", "additionalProperties": true } } }"#;

const CASES: &str = r#"
[[case]]
name = "a promise"
text = "这个产品稳赚不赔"
expect = [{ rule = "promise" }]

[[case]]
name = "a warning"
text = "别信稳赚不赔"
expect = []
"#;

/// The shields that a Chinese text can have; two of them hold the negation's 别.
const SHIELDS: u64 = 22;

fn weak(folder: &Path, manifest: &str, cases: &str) -> PathBuf {
    let folder = folder.join("weak");
    let files = [
        ("pack.toml", manifest),
        ("settings.schema.json", SCHEMA),
        ("lexicons/promises.txt", "稳赚不赔\n"),
        ("cases/all.toml", cases),
    ];
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// The same with a term of two ideographs: a space or a middle dot between them has no regularity that would tell it.
fn short(folder: &Path, manifest: &str) -> PathBuf {
    let pack = weak(folder, manifest, &CASES.replace("稳赚不赔", "保本"));
    fs::write(pack.join("lexicons/promises.txt"), "保本\n").unwrap();
    pack
}

fn report(output: &std::process::Output) -> Value {
    let mut lines = json_lines(&stdout(output));
    assert_eq!(lines.len(), 1, "{}", stderr(output));
    lines.remove(0)
}

fn rule<'a>(report: &'a Value, family: &str) -> &'a Value {
    let rules = report["rules"].as_array().unwrap();
    rules.iter().find(|rule| rule["family"] == family).unwrap()
}

#[test]
fn a_planted_weakness_is_found_and_gone_when_it_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    let pack = weak(folder.path(), MANIFEST, CASES);
    let attack = [
        "pack",
        "attack",
        pack.to_str().unwrap(),
        "--family",
        "shield",
        "--format",
        "json",
    ];
    let report_of = |more: &[&str]| {
        let output = run(&[&attack[..], more].concat());
        (output.status.code(), report(&output), stderr(&output))
    };
    let (code, found, _) = report_of(&["--min-survival", "90"]);
    assert_eq!(code, Some(0), "20 of 22 are 90.9 %");
    let weak_rule = rule(&found, "shield");
    assert_eq!(
        (&weak_rule["of"], &weak_rule["survived"]),
        (&SHIELDS.into(), &(SHIELDS - 2).into())
    );
    assert_eq!(
        weak_rule["by"],
        serde_json::json!({ "before: 特别": 1, "before: 别担心": 1 })
    );
    assert_eq!(
        weak_rule["example"]["messages"],
        serde_json::json!(["这个产品特别稳赚不赔"]),
        "the smaller of the two"
    );
    assert_eq!(
        (&weak_rule["example"]["case"], &weak_rule["example"]["line"]),
        (&"a promise".into(), &2.into())
    );
    assert!(found["families"][0]["hint"].as_str().unwrap().contains("except_words"));

    let (code, _, said) = report_of(&["--min-survival", "95"]);
    assert_eq!(code, Some(1));
    assert!(
        said.contains("acme/weak: of the mutants of shield (found) 90.9 % survive, less than 95 %"),
        "{said}"
    );

    let mended = MANIFEST.replace(
        "words = [\"别\"]",
        "words = [\"别\"]\nexcept_words = [\"特别\", \"别担心\"]",
    );
    fs::write(pack.join("pack.toml"), mended).unwrap();
    let (code, found, _) = report_of(&["--min-survival", "100"]);
    assert_eq!(code, Some(0));
    assert_eq!(rule(&found, "shield")["survived"], SHIELDS);
    assert_eq!(found["families"][0]["hint"], Value::Null);
}

#[test]
fn a_disguise_that_the_list_does_not_fold_is_told_and_a_folded_one_survives() {
    let folder = tempfile::tempdir().unwrap();
    let pack = short(folder.path(), MANIFEST);
    let attack = [
        "pack",
        "attack",
        pack.to_str().unwrap(),
        "--family",
        "disguise",
        "--format",
        "json",
    ];
    let found = report(&run(&attack));
    let by = |found: &Value| {
        rule(found, "disguise")["by"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    let lost = by(&found);
    for (name, is_lost) in [
        ("spaces", true),
        ("vertical", true),
        ("emoji", false),
        ("zero-width", false),
    ] {
        assert_eq!(lost.iter().any(|of| of == name), is_lost, "{name}: {lost:?}");
    }
    let folded = MANIFEST.replace(".txt\"\n", ".txt\"\nfold = { gaps = \"punctuation\" }\n");
    fs::write(pack.join("pack.toml"), folded).unwrap();
    let lost = by(&report(&run(&attack)));
    for name in ["spaces", "vertical"] {
        assert!(!lost.iter().any(|of| of == name), "{name}: {lost:?}");
    }
}

#[test]
fn a_finding_that_appears_in_a_harmless_text_is_told() {
    // The negation is a word: where spaces stand between all letters, nobody knows where it ends.
    let touching = MANIFEST
        .replace("within = 4", "within = 1")
        .replace("别", "not")
        .replace(".txt\"\n", ".txt\"\nfold = { gaps = \"punctuation\" }\n");
    let cases = CASES
        .replace("别信稳赚不赔", "not safe")
        .replace("这个产品稳赚不赔", "it is safe");
    let folder = tempfile::tempdir().unwrap();
    let pack = weak(folder.path(), &touching, &cases);
    fs::write(pack.join("lexicons/promises.txt"), "safe\n").unwrap();
    let found = report(&run(&[
        "pack",
        "attack",
        pack.to_str().unwrap(),
        "--family",
        "disguise",
        "--format",
        "json",
    ]));
    let rules = found["rules"].as_array().unwrap();
    let appeared = rules.iter().find(|rule| rule["stance"] == "silent").unwrap();
    assert_eq!(appeared["rule"], "promise");
    assert!(
        appeared["by"]["spaces"] == 1 && appeared["survived"].as_u64() < appeared["of"].as_u64(),
        "{appeared}"
    );
    let silent = found["families"]
        .as_array()
        .unwrap()
        .iter()
        .find(|family| family["stance"] == "silent")
        .unwrap();
    assert_eq!(
        (&silent["of"], &silent["survived"]),
        (&appeared["of"], &appeared["survived"])
    );
}

#[test]
fn the_same_seed_gives_the_same_report_and_the_table_escapes_what_it_shows() {
    let folder = tempfile::tempdir().unwrap();
    // Spaces are folded, so that the smallest example is one of those that a seed chooses.
    let spaced = MANIFEST.replace(".txt\"\n", ".txt\"\nfold = { gaps = \"spaces\" }\n");
    let pack = short(folder.path(), &spaced);
    let attack = |more: &[&str]| {
        run(&[
            &["pack", "attack", pack.to_str().unwrap(), "--family", "disguise"],
            more,
        ]
        .concat())
    };
    let json = |seed: &str, workers: &str| stdout(&attack(&["--format", "json", "--seed", seed, "--workers", workers]));
    assert!(json("5", "1") == json("5", "2"));
    let examples: BTreeSet<String> = ["1", "2", "3", "4", "5", "6"]
        .map(|seed| json_lines(&json(seed, "1"))[0]["rules"][0]["example"].to_string())
        .into();
    assert!(examples.len() > 1, "{examples:?}");

    let table = stdout(&attack(&["--seed", "2"]));
    assert!(
        table.contains("1 cases whose findings must stay, 1 that must stay silent, 0 left out"),
        "{table}"
    );
    assert!(
        table.contains("all.toml:2 \"a promise\"") && table.contains("gaps"),
        "{table}"
    );
    assert!(!table.contains(['\u{200b}', '\u{336}', '\u{ad}', '\r']), "{table}");
}

#[test]
fn what_cannot_be_tried_does_not_look_like_a_success() {
    let folder = tempfile::tempdir().unwrap();
    let pack = weak(folder.path(), MANIFEST, CASES);
    let pack = pack.to_str().unwrap();
    for (more, code, said) in [
        (
            vec!["--only", "promises"],
            2,
            "no case expects a finding of that rule; of 1 rules: promise",
        ),
        (vec!["--family", "numbers"], 2, "nothing was tried"),
        (vec!["--family", "disguises"], 2, "expected disguise, shield, splitting"),
        (vec!["--min-survival", "101"], 2, "expected 0 to 100"),
        (
            vec!["--only", "promise", "--family", "order", "--min-survival", "50"],
            2,
            "nothing was tried",
        ),
    ] {
        let output = run(&[&["pack", "attack", pack], &more[..]].concat());
        assert_eq!(output.status.code(), Some(code), "{more:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(said), "{more:?}: {}", stderr(&output));
    }
    fs::write(
        Path::new(pack).join("cases/all.toml"),
        CASES.replace("expect = []", "expect = [{ rule = \"promise\" }]"),
    )
    .unwrap();
    let output = run(&["pack", "attack", pack, "--family", "shield"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("case \"a warning\" is not tried: expected rule promise"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn a_finding_that_is_lowered_is_told_in_the_table() {
    // A warning anywhere lowers, so that every finding survives and none as it was beside a warning.
    let lowering = MANIFEST
        .replace(
            "words = [\"别\"]\nside = \"before\"\nwithin = 4",
            "words = [\"诈骗\"]\nsame = \"message\"",
        )
        .replace("unless = [\"negation\"]", "adjust = [{ near = \"negation\", by = -1 }]");
    let folder = tempfile::tempdir().unwrap();
    let pack = weak(folder.path(), &lowering, &CASES.replace("别信稳赚不赔", "天气不错"));
    let attack = ["pack", "attack", pack.to_str().unwrap(), "--family", "shield"];
    let table = stdout(&run(&attack));
    let found = report(&run(&[&attack[..], &["--format", "json"]].concat()));
    let weak_rule = rule(&found, "shield");
    let lowered = weak_rule["lowered"].as_u64().unwrap();
    assert!(lowered > 0, "{weak_rule}");
    assert_eq!(
        (&weak_rule["of"], &weak_rule["by"]),
        (&weak_rule["survived"], &serde_json::json!({}))
    );
    let by: u64 = weak_rule["lowered_by"]
        .as_object()
        .unwrap()
        .values()
        .map(|times| times.as_u64().unwrap())
        .sum();
    assert_eq!(by, lowered);
    let mutation = weak_rule["lowered_by"].as_object().unwrap().keys().next().unwrap();
    assert!(
        table.contains("or are lowered") && table.contains(mutation.as_str()),
        "{table}"
    );
    assert_eq!(found["families"][0]["lowered"], lowered);
}

#[test]
fn a_fault_where_nothing_is_to_be_found_is_no_survival() {
    // A mebibyte of ordinary sentences has more hits of these characters than one text may have: what is behind them is not known.
    let many: String = "今天气不错中午一起去食堂吃面楼下的桂花开了香味直飘到走廊周末打算带孩子公园看鸭\n"
        .chars()
        .flat_map(|c| [c, '\n'])
        .collect();
    let manifest = MANIFEST
        .replace(
            "[[policy]]",
            "[lexicon.many]\nfile = \"lexicons/many.txt\"\n\n[[policy]]",
        )
        .replace(
            "lists = [\"promises\"]\ntrigger",
            "lists = [\"promises\", \"many\"]\ntrigger",
        );
    let folder = tempfile::tempdir().unwrap();
    let pack = weak(folder.path(), &manifest, &CASES.replace("别信稳赚不赔", "明天见"));
    fs::write(pack.join("lexicons/many.txt"), many).unwrap();
    let output = run(&[
        "pack",
        "attack",
        pack.to_str().unwrap(),
        "--family",
        "filler",
        "--format",
        "json",
    ]);
    let found = report(&output);
    let families = found["families"].as_array().unwrap();
    let silent = families.iter().find(|family| family["stance"] == "silent").unwrap();
    let count = |key: &str| silent[key].as_u64().unwrap();
    assert_eq!((count("held"), count("survived")), (2, count("of") - 2), "{silent}");
    let held = found["mutations"].as_array().unwrap().iter();
    let held: BTreeSet<&str> = held
        .filter(|of| of["stance"] == "silent" && of["survived"] == 0)
        .map(|of| of["mutation"].as_str().unwrap())
        .collect();
    assert_eq!(held, ["1 MiB before", "1 MiB behind"].into());
}

#[test]
fn each_pack_must_be_tried_and_settings_that_are_refused_say_why() {
    let folder = tempfile::tempdir().unwrap();
    let pack = weak(&folder.path().join("one"), MANIFEST, CASES);
    let quiet = CASES
        .replace("expect = [{ rule = \"promise\" }]", "expect_retention = []")
        .replace("expect = []", "expect_retention = []");
    let other = weak(
        &folder.path().join("two"),
        &MANIFEST.replace("acme/weak", "acme/quiet"),
        &quiet,
    );
    let (pack, other) = (pack.to_str().unwrap(), other.to_str().unwrap());
    let output = run(&["pack", "attack", pack, other, "--family", "shield"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("acme/quiet: no mutation changes"),
        "{}",
        stderr(&output)
    );

    let settings = "settings = { words = { rules = { promise = { severity = \"grave\" } } } }\nexpect = []";
    fs::write(
        Path::new(pack).join("cases/all.toml"),
        CASES.replace("expect = []", settings),
    )
    .unwrap();
    let output = run(&["pack", "attack", pack, "--family", "shield"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.contains("\"a warning\" is not tried: its settings are refused: ") && said.contains("grave"),
        "{said}"
    );
}

#[test]
fn so_many_threads_are_refused_and_many_more_than_cases_are_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let pack = weak(folder.path(), MANIFEST, CASES);
    let attack = |workers: &str| {
        run(&[
            "pack",
            "attack",
            pack.to_str().unwrap(),
            "--family",
            "shield",
            "--workers",
            workers,
        ])
    };
    assert_eq!(attack("256").status.code(), Some(0));
    let refused = attack("100000");
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("expected 0 to 256"), "{}", stderr(&refused));
}
