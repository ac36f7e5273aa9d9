//! What settings are refused for, all at once, each with its place.

use crate::common::{lists, model};
use proviso_rows::each_row;
use proviso_sdk::testing::{TestLists, configure};
use serde_json::{Value, json};
use text_classifier::TextClassifier;

fn problems(settings: &Value, lists: &TestLists) -> Vec<(String, String)> {
    match configure::<TextClassifier>(settings, lists) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .into_vec()
            .into_iter()
            .map(|problem| (problem.pointer, problem.message))
            .collect(),
    }
}

fn with(key: &str, value: Value) -> Value {
    let mut settings = json!({ "model": "fraud-model", "rule": "fraud-wording", "threshold": "0.001" });
    settings[key] = value;
    settings
}

fn without(key: &str) -> Value {
    let mut settings = with("severity", json!("low"));
    settings.as_object_mut().expect("an object").remove(key);
    settings
}

#[test]
fn a_bad_setting_is_a_problem_at_its_place() {
    let lists = lists(&model(&["把钱转到安全账户"], &[], 40));
    assert_eq!(problems(&without("nothing"), &lists), []);
    let table = [
        (without("model"), "/model", "missing: the name of the list"),
        (without("rule"), "/rule", "missing: the id"),
        (without("threshold"), "/threshold", "missing: a rate"),
        (
            with("model", json!("fraud")),
            "/model",
            "no list \"fraud\": the manifest names \"promises\"",
        ),
        (
            with("model", json!("numbers")),
            "/model",
            "\"numbers\" is a list of patterns",
        ),
        (
            with("model", json!("promises")),
            "/model",
            "\"promises\": no model of text-classifier",
        ),
        (with("model", json!(7)), "/model", "expected a string"),
        (with("rule", json!("Fraud!")), "/rule", "\"Fraud!\" must be 1 to 64"),
        (with("rule", json!("")), "/rule", "must be 1 to 64"),
        (
            with("severity", json!("high")),
            "/severity",
            "\"high\": must be \"low\" or \"medium\"",
        ),
        (
            with("severity", json!("critical")),
            "/severity",
            "\"critical\": must be",
        ),
        (
            with("severity", json!("urgent")),
            "/severity",
            "unknown variant `urgent`",
        ),
        (
            with("threshold", json!("0.02")),
            "/threshold",
            "it has \"0.0005\", \"0.001\", \"0.01\"",
        ),
        (
            with("threshold", json!("0,001")),
            "/threshold",
            "not in the model's table",
        ),
        (
            with("threshold", json!("1e-3")),
            "/threshold",
            "not in the model's table",
        ),
        (
            with("threshold", json!("99999999999.5")),
            "/threshold",
            "not in the model's table",
        ),
        (
            with("threshold", json!(0.001)),
            "/threshold",
            "0.001: must be a whole number of 32 bits",
        ),
        (
            with("threshold", json!(5_000_000_000_i64)),
            "/threshold",
            "must be a whole number of 32 bits",
        ),
        (with("threshold", json!(true)), "/threshold", "true: must be a rate"),
        (
            with("min_chars", json!(0)),
            "/min_chars",
            "0 is out of range: must be 1 to 400",
        ),
        (with("min_chars", json!(401)), "/min_chars", "401 is out of range"),
        (with("min_chars", json!(-1)), "/min_chars", "expected u32"),
        (
            with("min_ideographs", json!(401)),
            "/min_ideographs",
            "401 is out of range: must be 0 to 400",
        ),
        (
            with("directions", json!([])),
            "/directions",
            "empty: nothing would be judged",
        ),
        (
            with("directions", json!(["in"])),
            "/directions/0",
            "unknown variant `in`",
        ),
        (
            with("directions", json!("inbound")),
            "/directions",
            "expected a sequence",
        ),
        (with("reason_zh", json!("")), "/reason_zh", "0 bytes: must be 1 to 512"),
        (with("reason_en", json!("x".repeat(513))), "/reason_en", "513 bytes"),
        (
            with("reason_en", json!("of {words}")),
            "/reason_en",
            "unknown placeholder \"{words}\": there are {fragments} and {rule}",
        ),
        (
            with("reason_zh", json!("依据{fragments")),
            "/reason_zh",
            "\"{\" without \"}\"",
        ),
        (with("enabled", json!("no")), "/enabled", "expected a boolean"),
        (with("tresholds", json!(1)), "/tresholds", "unknown field"),
    ];
    each_row(table, |(settings, pointer, message)| {
        let problems = problems(&settings, &lists);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].0, pointer);
        assert!(problems[0].1.contains(message), "{problems:?}");
    });
}

#[test]
fn all_problems_are_told_at_once() {
    let lists = lists(&model(&[], &[], 1));
    let settings = json!({
        "model": "fraud", "rule": "R", "severity": "high", "threshold": [], "min_chars": 0, "directions": [], "reason_zh": "{", "reason_en": 1,
    });
    let pointers: Vec<String> = problems(&settings, &lists)
        .into_iter()
        .map(|(pointer, _)| pointer)
        .collect();
    let expected = [
        "/model",
        "/rule",
        "/severity",
        "/threshold",
        "/min_chars",
        "/directions",
        "/reason_zh",
        "/reason_en",
    ];
    assert_eq!(pointers, expected);
}

#[test]
fn a_policy_that_is_off_is_checked_all_the_same() {
    let lists = lists(&model(&[], &[], 1));
    let mut settings = with("severity", json!("high"));
    settings["enabled"] = json!(false);
    assert_eq!(problems(&settings, &lists).len(), 1);
}

#[test]
fn a_damaged_model_is_refused() {
    let model = model(&["把钱转到安全账户", "涉嫌洗钱"], &["明天上午开会"], 40);
    let whole = lists(&model).infos();
    for tag in 0..whole[2].notes[0].tags.len() {
        let mut infos = whole.clone();
        let damaged = &mut infos[2].notes[0].tags[tag];
        let last = damaged.pop().expect("a tag has characters");
        damaged.push(if last == 'A' { 'B' } else { 'A' });
        let settings = with("min_chars", json!(12)).to_string();
        let problems = proviso_sdk::configure_from_json::<TextClassifier>(&settings, infos).expect_err("it is damaged");
        assert_eq!(problems.as_slice()[0].pointer, "/model");
    }
}
