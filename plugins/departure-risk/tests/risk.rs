//! What adds to a score, how it decays, and what never adds anything.

use departure_risk::DepartureRisk;
use proviso_rows::each_row;
use proviso_sdk::testing::{FoldRun, MessageBuilder, TestLists, configure, message};
use proviso_sdk::{Direction, Kind, Message, PartyClass, STATE_BYTES_MAX, Score};
use serde_json::{Value, json};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// 2024-01-01T00:00:00Z, a Monday.
const MONDAY: i64 = 1_704_067_200_000;

fn lists() -> TestLists {
    TestLists::new()
        .lexicon("job-sites", &["job.example"])
        .lexicon("headhunting", &["猎头", "offer"])
        .lexicon("excluded", &["仲裁", "维权", "工会", "怀孕", "病假", "孩子", "抑郁"])
}

fn settings() -> Value {
    json!({
        "half_life_days": 10,
        "excluded": ["excluded"],
        "signals": {
            "job-site": { "points": 10, "cap": 25, "lists": ["job-sites"], "domains": ["jobs.example"] },
            "headhunter": { "points": 20, "cap": 30, "lists": ["headhunting"] },
            "resume": { "points": 15, "cap": 30, "name_words": ["简历", "CV"] },
            "bulk-files": { "points": 30, "cap": 60, "files": { "hours": 24, "files_at_least": 10, "bytes_at_least": 104_857_600 } },
            "volume-drop": { "points": 5, "cap": 15, "measure": "volume-drop" },
            "off-hours": { "points": 5, "cap": 15, "measure": "off-hours" },
        },
    })
}

fn plugin(settings: &Value) -> DepartureRisk {
    match configure(settings, &lists()) {
        Ok(plugin) => {
            crate::common::assert_schema_accepts(settings);
            plugin
        }
        Err(problems) => panic!("{settings}: {problems:?}"),
    }
}

/// A message of the employee's own, named after its time.
fn at(time: i64, text: &str) -> MessageBuilder {
    message(text).id(&format!("m{time}")).sent_at(time)
}

fn step(run: &mut FoldRun<'_, DepartureRisk>, builder: MessageBuilder) -> Score {
    run.step(&builder.build(&lists()))
        .expect("every message can be judged")
        .score
        .expect("this fold scores")
}

/// The factors' signals and points, rounded.
fn factors(score: &Score) -> Vec<(&str, i64)> {
    score
        .factors
        .iter()
        .map(|factor| (factor.signal.as_str(), factor.points.round() as i64))
        .collect()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

#[test]
fn signals_add_their_points_and_name_their_message() {
    let plugin = plugin(&settings());
    let mut run = FoldRun::new(&plugin);
    assert_eq!(
        step(&mut run, at(MONDAY, "早上好")),
        Score {
            value: 0.0,
            factors: Vec::new()
        }
    );
    step(&mut run, at(MONDAY + 1, "看看 job.example"));
    let score = step(&mut run, at(MONDAY + 2, "猎头找我"));
    assert_eq!(factors(&score), [("headhunter", 20), ("job-site", 10)]);
    assert_eq!(
        (score.factors[0].message.as_str(), score.factors[0].sent_at),
        (format!("m{}", MONDAY + 2).as_str(), MONDAY + 2)
    );
    assert!((score.value - 30.0).abs() < 1e-4);
}

#[test]
fn links_and_file_names_count_like_words() {
    let plugin = plugin(&settings());
    let table = [
        (
            at(MONDAY, "x").link("https://www.Jobs.example/1"),
            vec![("job-site", 10)],
        ),
        (at(MONDAY, "x").link("https://otherjobs.example/1"), vec![]),
        (at(MONDAY, "x").attachment("我的简历.pdf", 1), vec![("resume", 15)]),
        (at(MONDAY, "x").attachment("my cv.PDF", 1), vec![("resume", 15)]),
        (
            at(MONDAY, "offer").link("https://jobs.example"),
            vec![("headhunter", 20), ("job-site", 10)],
        ),
    ];
    each_row(table, |(builder, expected)| {
        let score = step(&mut FoldRun::new(&plugin), builder);
        assert_eq!(factors(&score), expected);
    });
}

#[test]
fn points_halve_with_every_half_life() {
    let plugin = plugin(&settings());
    for (days, expected) in [
        (0, 20.0),
        (10, 10.0),
        (20, 5.0),
        (5, 20.0 * std::f64::consts::FRAC_1_SQRT_2),
        (100, 0.0),
    ] {
        let mut run = FoldRun::new(&plugin);
        step(&mut run, at(MONDAY, "猎头"));
        let score = step(&mut run, at(MONDAY + days * DAY, "好"));
        assert!(close(score.value, expected), "{days} days: {}", score.value);
    }
}

#[test]
fn a_signal_stops_at_its_cap_and_the_whole_at_100() {
    let plugin = plugin(&settings());
    let mut run = FoldRun::new(&plugin);
    for second in 0..10 {
        let score = step(&mut run, at(MONDAY + second, "猎头"));
        assert!(score.value <= 30.0 + 1e-9);
    }
    let score = step(&mut run, at(MONDAY + 10 * DAY, "好"));
    assert!(
        score.value < 15.000_001,
        "what is over the cap must not be remembered: {}",
        score.value
    );

    let mut high = settings();
    for signal in ["job-site", "headhunter", "resume"] {
        high["signals"][signal]["points"] = json!(60);
        high["signals"][signal]["cap"] = json!(60);
    }
    let plugin = self::plugin(&high);
    let score = step(
        &mut FoldRun::new(&plugin),
        at(MONDAY, "猎头 job.example").attachment("简历.doc", 1),
    );
    assert!(close(score.value, 100.0));
    assert_eq!(factors(&score), [("headhunter", 33), ("job-site", 33), ("resume", 33)]);
}

#[test]
fn times_out_of_order_do_not_break_decay() {
    let plugin = plugin(&settings());
    let mut run = FoldRun::new(&plugin);
    step(&mut run, at(MONDAY + 10 * DAY, "猎头"));
    let late = step(&mut run, at(MONDAY, "job.example"));
    assert!(
        close(late.value, 25.0),
        "20 now, and 10 of ten days ago: {}",
        late.value
    );
    let same = step(&mut run, at(MONDAY + 3 * DAY, "好"));
    assert!(close(same.value, 25.0), "an earlier time moves nothing: {}", same.value);
    for time in [i64::MIN, i64::MAX, 0, i64::MIN] {
        let score = step(&mut run, at(time, "猎头"));
        assert!((0.0..=100.0).contains(&score.value));
    }
}

#[test]
fn bulk_files_to_outside_are_counted_over_the_window() {
    let plugin = plugin(&settings());
    let send = |time: i64, files: usize, bytes: u64| {
        (0..files).fold(at(time, "x").kind(Kind::File), |builder, at| {
            builder.attachment(&format!("{at}.dat"), bytes)
        })
    };
    let scores = |messages: Vec<MessageBuilder>| -> i64 {
        let mut run = FoldRun::new(&plugin);
        messages
            .into_iter()
            .map(|builder| step(&mut run, builder).value.round() as i64)
            .max()
            .unwrap_or(0)
    };
    assert_eq!(scores(vec![send(MONDAY, 9, 1)]), 0);
    assert_eq!(scores(vec![send(MONDAY, 10, 1)]), 30);
    assert_eq!(scores(vec![send(MONDAY, 9, 1), send(MONDAY + 20 * HOUR, 1, 1)]), 30);
    assert_eq!(scores(vec![send(MONDAY, 9, 1), send(MONDAY + 24 * HOUR, 1, 1)]), 0);
    assert_eq!(scores(vec![send(MONDAY, 1, 104_857_600)]), 30);
    assert_eq!(
        scores(vec![send(MONDAY, 1, 52_428_800), send(MONDAY + HOUR, 1, 52_428_800)]),
        30
    );
    assert_eq!(
        scores(vec![send(MONDAY, 20, 1).direction(Direction::Internal)]),
        0,
        "only to outside"
    );
    // It counts once for a window, and again in the next.
    assert_eq!(scores(vec![send(MONDAY, 10, 1), send(MONDAY + HOUR, 10, 1)]), 30);
    assert!(scores(vec![send(MONDAY, 10, 1), send(MONDAY + 24 * HOUR, 10, 1)]) > 50);
    // Times at the ends are survived, and huge sizes do not overflow.
    assert_eq!(
        scores(vec![send(i64::MAX, 3, u64::MAX), send(i64::MIN, 3, u64::MAX)]),
        30
    );
}

/// `days` weekdays of so many messages a day, all within working hours, from Monday on; then the end.
fn routine(run: &mut FoldRun<'_, DepartureRisk>, days: i64, a_day: i64) -> i64 {
    let mut day = 0;
    for counted in 0..days {
        day = counted + counted / 5 * 2;
        let varied = a_day + counted % 3;
        for number in 0..varied {
            step(run, at(MONDAY + day * DAY + 10 * HOUR + number, "好"));
        }
    }
    let next = if (day + 1) % 7 == 5 { day + 3 } else { day + 1 };
    MONDAY + next * DAY
}

#[test]
fn a_drop_in_volume_is_told_against_the_person_s_own_habits() {
    let plugin = plugin(&settings());
    let after = |days: i64, a_day: i64, messages: i64| {
        let mut run = FoldRun::new(&plugin);
        let start = routine(&mut run, days, a_day);
        for number in 0..messages {
            step(&mut run, at(start + 10 * HOUR + number, "好"));
        }
        step(&mut run, at(start + 7 * DAY, "好"))
    };
    let score = after(25, 40, 5);
    assert_eq!(
        factors(&score).iter().map(|(signal, _)| *signal).collect::<Vec<_>>(),
        ["volume-drop"]
    );
    let last_of_day = score.factors[0].message.clone();
    assert!(
        last_of_day.ends_with("004"),
        "the last message of the poor day: {last_of_day}"
    );
    assert_eq!(after(25, 40, 38).factors, [], "an ordinary day");
    assert_eq!(after(25, 2, 1).factors, [], "a quiet person is no drop");
    assert_eq!(after(10, 40, 5).factors, [], "not before the warm-up");
    assert_eq!(after(25, 40, 0).factors, [], "days without messages say nothing");
}

#[test]
fn off_hours_are_told_against_the_person_s_own_habits() {
    let plugin = plugin(&settings());
    let mut run = FoldRun::new(&plugin);
    let start = routine(&mut run, 25, 10);
    for number in 0..10 {
        step(&mut run, at(start + 22 * HOUR + number, "好"));
    }
    let score = step(&mut run, at(start + 7 * DAY + 10 * HOUR, "好"));
    assert_eq!(
        factors(&score).iter().map(|(signal, _)| *signal).collect::<Vec<_>>(),
        ["off-hours"]
    );

    // Somebody who always works at night does not depart from anything.
    let mut run = FoldRun::new(&plugin);
    for day in 0..40 {
        for number in 0..10 {
            let score = step(&mut run, at(MONDAY + day * DAY + 22 * HOUR + number, "好"));
            assert_eq!(score.factors, []);
        }
    }
}

/// Labour arbitration and rights-seeking, union, health, pregnancy, family, inferred emotion.
#[test]
fn excluded_subjects_add_nothing_at_all() {
    let plugin = plugin(&settings());
    let mut run = FoldRun::new(&plugin);
    routine(&mut run, 25, 10);
    let before_score = step(&mut run, at(MONDAY + 60 * DAY, "猎头"));
    let before = run.state.clone();
    for (hour, subject) in (1..).zip(["仲裁", "维权", "工会", "怀孕", "病假", "孩子", "抑郁"]) {
        let text = format!("{subject} 猎头 offer job.example");
        let builder = (0..50).fold(
            at(MONDAY + 90 * DAY + hour * HOUR, &text).link("https://jobs.example"),
            |builder, at| builder.attachment(&format!("简历{at}.pdf"), 1 << 40),
        );
        let score = step(&mut run, builder);
        assert_eq!(
            run.state, before,
            "{subject} must leave no trace, not even in the habits or the clock"
        );
        assert_eq!(score, before_score, "{subject}");
    }
}

#[test]
fn messages_of_others_and_notices_add_nothing() {
    let plugin = plugin(&settings());
    let mut run = FoldRun::new(&plugin);
    let table = [
        at(MONDAY, "猎头").from("c", PartyClass::External, ""),
        at(MONDAY, "猎头").from("b", PartyClass::Robot, ""),
        at(MONDAY, "猎头").kind(Kind::System),
        at(MONDAY, "猎头").kind(Kind::Recall),
    ];
    each_row(table, |builder| {
        assert_eq!(step(&mut run, builder).factors, []);
    });
    assert_eq!(
        step(&mut run, at(MONDAY, "猎头").from("e", PartyClass::Unknown, ""))
            .factors
            .len(),
        1
    );
}

#[test]
fn the_largest_state_fits_and_keeps_the_sum() {
    let mut signals = serde_json::Map::new();
    for number in 0..7 {
        signals.insert(
            format!("s{number}"),
            json!({ "points": 1, "cap": 100, "lists": ["headhunting"] }),
        );
    }
    let files = json!({ "points": 1, "cap": 100, "filter": { "kinds": ["text"] }, "files": { "hours": 24, "files_at_least": 1 } });
    signals.insert("f1".to_owned(), files.clone());
    signals.insert("f2".to_owned(), files);
    let plugin = plugin(&json!({ "half_life_days": 365, "excluded": ["excluded"], "signals": signals }));
    let mut run = FoldRun::new(&plugin);
    let mut largest = 0;
    let mut score = None;
    for number in 0..150i64 {
        let mut message = message("猎头").sent_at(i64::MAX / 2 + number * HOUR).build(&lists());
        message.id = format!("{number:0>256}");
        message.attachments = vec![
            proviso_sdk::Attachment {
                name: "a".to_owned(),
                size_bytes: u64::MAX
            };
            200
        ];
        score = run.step(&message).expect("the state fits").score;
        largest = largest.max(run.state.len());
    }
    assert!(largest > 2500 && largest <= STATE_BYTES_MAX, "{largest} bytes");
    // 7 signals of 150 points each stop at the cap, together at 100.
    assert!(close(score.expect("this fold scores").value, 100.0));
}

#[test]
fn joining_contributions_keeps_their_sum() {
    let settings = json!({ "half_life_days": 10, "excluded": ["excluded"], "signals": { "s": { "points": 1, "cap": 100, "lists": ["headhunting"] } } });
    let plugin = plugin(&settings);
    let mut run = FoldRun::new(&plugin);
    let mut expected = 0.0;
    for day in 0..40 {
        let score = step(&mut run, at(MONDAY + day * DAY, "猎头"));
        expected = expected * 0.5f64.powf(0.1) + 1.0;
        assert!(score.factors.len() <= 20);
        assert!(
            (score.value - expected).abs() < 0.06 * f64::from(day as u8 + 1),
            "day {day}: {} and {expected}",
            score.value
        );
    }
}

#[test]
fn a_step_does_not_depend_on_how_many_come_in_one_call() {
    let plugin = plugin(&settings());
    let messages: Vec<Message> = (0..200)
        .map(|number| {
            at(
                MONDAY + number * 7 * HOUR,
                if number % 9 == 0 { "猎头 job.example" } else { "好" },
            )
            .build(&lists())
        })
        .collect();
    let mut one_by_one = FoldRun::new(&plugin);
    let singly: Vec<_> = messages
        .iter()
        .map(|message| one_by_one.step(message).expect("judged"))
        .collect();
    let mut together = FoldRun::new(&plugin);
    assert_eq!(together.steps(&messages).expect("judged"), singly);
    assert_eq!(together.state, one_by_one.state);
}

#[test]
fn the_score_is_the_same_to_the_bit_everywhere() {
    let plugin = plugin(&settings());
    let mut run = FoldRun::new(&plugin);
    let mut bits = 0u64;
    for number in 0..500i64 {
        let text = match number % 17 {
            0 => "猎头",
            5 => "job.example",
            _ => "好",
        };
        let score = step(&mut run, at(MONDAY + number * 3 * HOUR + number * number, text));
        bits = bits.rotate_left(1) ^ score.value.to_bits();
    }
    assert_eq!(bits, GOLDEN_BITS, "{bits:#x}");
}

/// Of a run on x86-64; another machine that gives other bits breaks replay.
const GOLDEN_BITS: u64 = 0xc1cb_9c28_0e88_3786;

#[test]
fn mistakes_are_named() {
    let set = |pointer: &str, value: Value| {
        let mut settings = settings();
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        settings.pointer_mut(parent).expect("the parent exists")[key] = value;
        settings
    };
    let table: Vec<(Value, &str, &str)> = vec![
        (
            set("/half_life_days", json!(0)),
            "/half_life_days",
            "0 is out of range: must be 0.5 to 365",
        ),
        (set("/excluded", json!([])), "/excluded", "never an input"),
        (set("/excluded", json!(["gone"])), "/excluded/0", "no list \"gone\""),
        (
            set("/signals/headhunter/lists", json!(["headhunting", "excluded"])),
            "/signals/headhunter/lists/1",
            "it can be no signal",
        ),
        (
            set("/signals/headhunter/lists", json!(["gone"])),
            "/signals/headhunter/lists/0",
            "no list \"gone\"",
        ),
        (
            set("/signals/headhunter/lists", json!([])),
            "/signals/headhunter",
            "names nothing",
        ),
        (
            set("/signals/headhunter/points", json!(-1)),
            "/signals/headhunter/points",
            "must be 0.1 to 100",
        ),
        (
            set("/signals/headhunter/cap", json!(5)),
            "/signals/headhunter/cap",
            "less than `points`",
        ),
        (
            set("/signals/headhunter/files", json!({ "hours": 1, "files_at_least": 1 })),
            "/signals/headhunter",
            "needs one of",
        ),
        (
            set("/signals/headhunter/weight", json!(1)),
            "/signals/headhunter/weight",
            "unknown field",
        ),
        (
            set("/signals/job-site/domains", json!(["https://x.example"])),
            "/signals/job-site/domains/0",
            "bare domain",
        ),
        (
            set("/signals/resume/name_words", json!([""])),
            "/signals/resume/name_words/0",
            "1 to 64",
        ),
        (
            set("/signals/bulk-files/files", json!({ "hours": 24 })),
            "/signals/bulk-files/files",
            "`files_at_least`",
        ),
        (
            set("/signals/bulk-files/files/hours", json!(0)),
            "/signals/bulk-files/files/hours",
            "must be 1 to 720",
        ),
        (
            set("/signals/off-hours/filter", json!({ "kinds": ["text"] })),
            "/signals/off-hours/filter",
            "no meaning",
        ),
        (
            set("/signals/off-hours/measure", json!("mood")),
            "/signals/off-hours/measure",
            "unknown variant `mood`",
        ),
        (set("/signals", json!({})), "/signals", "0 signals"),
        (
            set("/signals/Bad", json!({ "points": 1, "cap": 1, "measure": "off-hours" })),
            "/signals/Bad",
            "a-z",
        ),
        (
            set("/working_time", json!({ "from": "9" })),
            "/working_time/from",
            "\"9\" is no time of day",
        ),
        (
            set("/working_time", json!({ "from": "18:00", "to": "09:00" })),
            "/working_time/to",
            "not behind",
        ),
        (
            set("/working_time", json!({ "days": [] })),
            "/working_time/days",
            "at least one",
        ),
        (
            set("/baseline", json!({ "warm_up_days": 1 })),
            "/baseline/warm_up_days",
            "must be 5 to 365",
        ),
    ];
    each_row(table, |(settings, pointer, text)| {
        let problems = configure::<DepartureRisk>(&settings, &lists())
            .expect_err(pointer)
            .into_vec();
        assert_eq!(problems.len(), 1, "{pointer}: {problems:?}");
        assert_eq!(problems[0].pointer, pointer);
        assert!(problems[0].message.contains(text), "{pointer}: {}", problems[0].message);
    });
}
