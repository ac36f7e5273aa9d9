//! Rules with a window: when they fire, and what they keep.

use lexicon_rules::LexiconRules;
use proviso_rows::each_row;
use proviso_sdk::testing::{FoldRun, TestLists, configure, message};
use proviso_sdk::{Kind, Message, STATE_BYTES_MAX};
use serde_json::{Value, json};

fn plugin(settings: &Value) -> LexiconRules {
    match configure(settings, &TestLists::new().lexicon("urging", &["快"])) {
        Ok(plugin) => {
            crate::common::assert_schema_accepts(settings);
            plugin
        }
        Err(problems) => panic!("{settings}: {problems:?}"),
    }
}

fn packets(window: &Value) -> LexiconRules {
    plugin(
        &json!({ "rules": { "packets": { "message": { "kinds": ["red-packet"] }, "window": window, "reason_zh": "{window}{count} {amount}" } } }),
    )
}

fn packet(seconds: i64, fen: u64) -> Message {
    message("")
        .kind(Kind::RedPacket)
        .sent_at(seconds * 1000)
        .amount(fen, "CNY")
        .build(&TestLists::new())
}

/// The reason of what each packet fires, or nothing, for packets at these seconds of these amounts.
fn fired(window: &Value, packets_at: &[(i64, u64)]) -> Vec<Option<String>> {
    let plugin = packets(window);
    let mut run = FoldRun::new(&plugin);
    let mut step = |&(seconds, fen): &(i64, u64)| {
        let step = run.step(&packet(seconds, fen)).expect("every message can be judged");
        step.findings.first().map(|finding| finding.reasons[0].text.clone())
    };
    packets_at.iter().map(&mut step).collect()
}

fn fires(window: &Value, seconds: &[i64]) -> Vec<i64> {
    let packets_at: Vec<(i64, u64)> = seconds.iter().map(|&seconds| (seconds, 1)).collect();
    let fired = fired(window, &packets_at);
    seconds
        .iter()
        .zip(fired)
        .filter(|(_, fired)| fired.is_some())
        .map(|(seconds, _)| *seconds)
        .collect()
}

#[test]
fn a_count_fires_when_it_is_reached() {
    let three = json!({ "seconds": 100, "at_least": 3 });
    let table: &[(&[i64], &[i64])] = &[
        (&[0, 1], &[]),
        (&[0, 1, 2], &[2]),
        (&[0, 50, 100], &[100]),
        (&[0, 50, 101], &[]),
        (&[0, 1, 2, 3, 4], &[2]),
        // Silent until the window has moved past the message at which it fired.
        (&[0, 1, 2, 50, 101, 102, 103], &[2, 103]),
        (&[0, 1, 2, 500, 501, 502], &[2, 502]),
        // Out of order: what is within the window of the newest counts, what is older does not.
        (&[100, 0, 50], &[50]),
        (&[101, 0, 50], &[]),
        (&[-50, -20, 0], &[0]),
    ];
    each_row(table, |(packets, expected)| {
        assert_eq!(fires(&three, packets), *expected, "{packets:?}");
    });
    let every = json!({ "seconds": 100, "at_least": 3, "refire": "every" });
    assert_eq!(fires(&every, &[0, 1, 2, 3, 200, 201, 202]), [2, 3, 202]);
}

#[test]
fn a_total_fires_when_it_is_reached() {
    let window = json!({ "seconds": 3600, "total_at_least": 20_000, "currency": "CNY" });
    assert_eq!(
        fired(&window, &[(0, 19_999), (1, 1)]),
        [None, Some("1 小时2 200.00 CNY".to_owned())]
    );
    assert_eq!(fired(&window, &[(0, 19_999), (3601, 1)]), [None, None]);
    let other = json!({ "seconds": 3600, "total_at_least": 1, "currency": "USD" });
    assert_eq!(fired(&other, &[(0, 100)]), [None]);
    let either = json!({ "seconds": 60, "at_least": 2, "total_at_least": 1000, "currency": "CNY" });
    assert_eq!(fired(&either, &[(0, 1000)]), [Some("1 分钟1 10.00 CNY".to_owned())]);
    assert_eq!(
        fired(&either, &[(0, 1), (1, 1)]),
        [None, Some("1 分钟2 0.02 CNY".to_owned())]
    );
}

#[test]
fn only_messages_that_fit_are_counted() {
    let plugin = plugin(&json!({ "rules": {
        "urging": { "when": { "lists": ["urging"] }, "window": { "seconds": 10, "at_least": 2 }, "reason_en": "{count}: {text}" },
        "single": { "when": { "lists": ["urging"] } },
    } }));
    let lists = TestLists::new().lexicon("urging", &["快"]);
    let mut run = FoldRun::new(&plugin);
    let mut texts = Vec::new();
    for (at, text) in ["快", "好", "快点"].iter().enumerate() {
        let step = run
            .step(&message(text).sent_at(at as i64 * 1000).build(&lists))
            .expect("every message can be judged");
        texts.extend(step.findings.iter().map(|finding| {
            (
                finding.rule.clone(),
                finding.reasons[0].text.clone(),
                finding.spans.len(),
            )
        }));
    }
    assert_eq!(texts, [("urging".to_owned(), "2: 快".to_owned(), 1)]);
}

#[test]
fn a_window_survives_other_rules_coming_and_going() {
    let rule = json!({ "message": { "kinds": ["red-packet"] }, "window": { "seconds": 100, "at_least": 2 } });
    let before = plugin(&json!({ "rules": { "b": rule, "z": rule } }));
    let after = plugin(&json!({ "rules": { "a": rule, "b": rule } }));
    let mut run = FoldRun::new(&before);
    run.step(&packet(0, 1)).expect("counted");
    let state = run.state.clone();
    let mut run = FoldRun::new(&after);
    run.state = state;
    let step = run.step(&packet(1, 1)).expect("counted");
    let rules: Vec<&str> = step.findings.iter().map(|finding| finding.rule.as_str()).collect();
    assert_eq!(rules, ["b"]);
}

#[test]
fn the_largest_state_fits() {
    // 31 counting rules of 4 entries and one totalling of 64 use up what `configure` allows but for 4.
    let mut rules = serde_json::Map::new();
    for number in 0..31 {
        let window = json!({ "seconds": 7_776_000, "at_least": 3 });
        rules.insert(
            format!("r{number}"),
            json!({ "message": { "kinds": ["red-packet"] }, "window": window }),
        );
    }
    let totalling = json!({ "seconds": 7_776_000, "total_at_least": 4_398_046_511_103u64, "currency": "CNY" });
    rules.insert(
        "total".to_owned(),
        json!({ "message": { "kinds": ["red-packet"] }, "window": totalling }),
    );
    let plugin = plugin(&json!({ "rules": rules }));
    let mut run = FoldRun::new(&plugin);
    let far_back = i64::MIN / 2000;
    for at in 0..400 {
        run.step(&packet(far_back + at * 10_000, u64::MAX))
            .expect("the state fits");
    }
    assert!(
        run.state.len() > 1000 && run.state.len() <= STATE_BYTES_MAX,
        "{} bytes",
        run.state.len()
    );
}

#[test]
fn times_at_the_ends_of_their_range_are_survived() {
    let plugin = packets(&json!({ "seconds": 100, "at_least": 2 }));
    let mut run = FoldRun::new(&plugin);
    for time in [i64::MAX, i64::MIN, 0, i64::MAX, i64::MIN] {
        let message = message("").kind(Kind::RedPacket).sent_at(time).build(&TestLists::new());
        run.step(&message).expect("no time is a fault");
    }
}
