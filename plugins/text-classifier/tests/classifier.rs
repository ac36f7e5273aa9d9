//! What is found, why it says so, and that nothing else decides.

use crate::common::{assert_schema_accepts, lists, model};
use proviso_rows::each_row;
use proviso_sdk::testing::{TestLists, configure, evaluate, message};
use proviso_sdk::{Direction, Finding, Severity};
use serde_json::{Value, json};
use text_classifier::TextClassifier;

const HEAVY: &[&str] = &["把钱转到安全账户", "涉嫌洗钱", "claim your prize"];
const LIGHT: &[&str] = &["请问您需要预约哪一项服务", "明天上午开会", "see you at lunch tomorrow"];

fn settings() -> Value {
    json!({ "model": "fraud-model", "rule": "fraud-wording", "threshold": "0.001" })
}

fn own_lists() -> TestLists {
    lists(&model(HEAVY, LIGHT, 40))
}

fn plugin(settings: &Value) -> TextClassifier {
    match configure(settings, &own_lists()) {
        Ok(plugin) => {
            assert_schema_accepts(settings);
            plugin
        }
        Err(problems) => panic!("{settings}: {problems:?}"),
    }
}

fn found(plugin: &TextClassifier, text: &str) -> Vec<Finding> {
    let message = message(text).build(&own_lists());
    evaluate(plugin, &[message]).expect("every message can be judged")
}

fn with(key: &str, value: Value) -> Value {
    let mut settings = settings();
    settings[key] = value;
    settings
}

#[test]
fn what_is_worded_like_the_model_s_texts_is_found() {
    let plugin = plugin(&settings());
    let table = [
        ("请您马上把钱转到安全账户，谢谢配合", true),
        ("您的账户涉嫌洗钱，请把钱转到安全账户", true),
        ("CLAIM YOUR PRIZE: call now", true),
        ("明天上午开会，请问您需要预约哪一项服务", false),
        ("see you at lunch tomorrow, claim your seat", false),
        // Full width, capitals and what nobody sees do not matter.
        ("ＣＬＡＩＭ　ｙｏｕｒ ＰＲＩＺＥ please", true),
        ("请您马上把钱转\u{200b}到安全\u{200d}账户，谢谢配合", true),
        ("", false),
        ("   \n\t", false),
        ("。。。！！！", false),
        ("\u{200b}\u{feff}", false),
        // Too short to say anything of.
        ("把钱转到安全账户", false),
    ];
    each_row(table, |(text, expected)| {
        assert_eq!(found(&plugin, text).len(), usize::from(expected), "{text}");
    });
}

#[test]
fn a_finding_names_the_fragments_that_weighed_most_and_marks_them() {
    let plugin = plugin(&with("severity", json!("medium")));
    let text = "您好，请马上把钱转到安全账户，否则就是涉嫌洗钱";
    let [finding] = found(&plugin, text).try_into().expect("one finding");
    assert_eq!(
        (finding.rule.as_str(), finding.severity),
        ("fraud-wording", Severity::Medium)
    );
    assert!((1..=3).contains(&finding.spans.len()));
    let marked: Vec<&str> = finding.spans.iter().map(|span| span.of(text)).collect();
    for fragment in &marked {
        assert!(
            HEAVY.iter().any(|heavy| heavy.contains(fragment)),
            "{fragment} is no fragment of what weighs"
        );
        assert!(
            finding.reasons.iter().all(|reason| reason.text.contains(fragment)),
            "{finding:?}"
        );
    }
    let overlapping = finding.spans.windows(2).any(|pair| pair[1].start < pair[0].end);
    assert!(!overlapping, "{marked:?}");
}

#[test]
fn reasons_have_the_fragments_as_the_text_has_them() {
    let mut settings = with("reason_zh", json!("依据{fragments}（{rule}）"));
    settings["reason_en"] = json!("because of {fragments}");
    let [finding] = found(&plugin(&settings), "Please CLAIM ＹＯＵＲ prize today")
        .try_into()
        .expect("one finding");
    let texts: Vec<&str> = finding.reasons.iter().map(|reason| reason.text.as_str()).collect();
    assert!(
        texts[0].starts_with("依据“") && texts[0].ends_with("”（fraud-wording）"),
        "{texts:?}"
    );
    assert!(texts[1].contains("CLAIM") || texts[1].contains("ＹＯＵＲ"), "{texts:?}");
}

#[test]
fn thresholds_directions_and_length_decide() {
    let long = "请您马上把钱转到安全账户，谢谢配合";
    let table = [
        (settings(), long, Direction::Outbound, true),
        (with("enabled", json!(false)), long, Direction::Outbound, false),
        (with("threshold", json!("0.0005")), long, Direction::Outbound, false),
        (with("threshold", json!("0.01")), long, Direction::Outbound, true),
        (with("threshold", json!("0.0010")), long, Direction::Outbound, true),
        (with("threshold", json!(i32::MAX)), long, Direction::Outbound, false),
        (
            with("threshold", json!(i32::MIN)),
            "明天上午开会，下午休息，晚上聚餐",
            Direction::Outbound,
            true,
        ),
        (with("directions", json!(["inbound"])), long, Direction::Outbound, false),
        (
            with("directions", json!(["inbound", "unknown"])),
            long,
            Direction::Inbound,
            true,
        ),
        (with("min_chars", json!(100)), long, Direction::Outbound, false),
        (
            with("min_chars", json!(8)),
            "把钱转到安全账户",
            Direction::Outbound,
            true,
        ),
        (settings(), "把钱转到安全账户", Direction::Outbound, false),
        (with("min_ideographs", json!(4)), long, Direction::Outbound, true),
        (with("min_ideographs", json!(400)), long, Direction::Outbound, false),
        (
            json!({ "model": "fraud-model", "rule": "fraud-wording", "threshold": i32::MIN, "min_ideographs": 1 }),
            "the meeting is at noon, and lunch behind it",
            Direction::Outbound,
            false,
        ),
    ];
    each_row(table, |(settings, text, direction, expected)| {
        let plugin = plugin(&settings);
        let message = message(text).direction(direction).build(&own_lists());
        let found = evaluate(&plugin, &[message]).expect("every message can be judged");
        assert_eq!(found.len(), usize::from(expected), "{settings} {text}");
    });
}

#[test]
fn an_answer_is_the_same_every_time_and_whatever_stands_beside_it() {
    let text = "请您马上把钱转到安全账户，谢谢配合";
    let messages: Vec<_> = ["明天上午开会", text, "", text]
        .map(|text| message(text).build(&own_lists()))
        .into();
    let (one, other) = (plugin(&settings()), plugin(&settings()));
    // `evaluate` of the SDK also judges each message alone and compares.
    let first = evaluate(&one, &messages).expect("every message can be judged");
    assert_eq!(first.len(), 2);
    assert_eq!(first[0].reasons, first[1].reasons);
    assert_eq!(first, evaluate(&other, &messages).expect("every message can be judged"));
}

#[test]
fn one_passage_of_a_long_text_is_enough() {
    let lists = lists(&model(HEAVY, &[], 40));
    let plugin: TextClassifier = configure(&with("threshold", json!(0)), &lists).expect("the settings are good");
    let found = |text: &str| evaluate(&plugin, &[message(text).build(&lists)]).expect("every message can be judged");
    let harmless = "明天上午开会。请问您需要预约哪一项服务？".repeat(100);
    assert!(found(&harmless).is_empty());
    let long = format!("{harmless}请您马上把钱转到安全账户，涉嫌洗钱。{harmless}");
    let [finding] = found(&long).try_into().expect("one finding");
    assert!(
        finding
            .spans
            .iter()
            .all(|span| HEAVY.iter().any(|heavy| heavy.contains(span.of(&long))))
    );
}

#[test]
fn a_text_of_a_mebibyte_is_judged_in_bounded_time() {
    let plugin = plugin(&settings());
    for unit in [
        "把钱转到安全账户",
        "claim your prize ",
        "a",
        "1 ",
        "\u{200b}",
        "。",
        "💰",
        "a\u{301}",
    ] {
        let text: String = unit.repeat((1 << 20) / unit.len());
        let began = std::time::Instant::now();
        let findings = found(&plugin, &text);
        assert!(findings.len() <= 1);
        // A hundredth of a second where it is compiled for speed; what grows with the square would take hours.
        assert!(began.elapsed().as_secs() < 60, "{unit:?} took {:?}", began.elapsed());
    }
    // A word as long as that is named in part.
    let long_word = format!("claim your prize{}", "e".repeat(1 << 19));
    let finding = found(&self::plugin(&with("threshold", json!(i32::MIN))), &long_word);
    assert!(finding[0].reasons.iter().all(|reason| reason.text.len() < 512));
}
