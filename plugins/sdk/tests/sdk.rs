//! What the SDK promises plugin authors, shown on a small plugin.

use proviso_sdk::testing::{FoldRun, TestLists, configure, evaluate, message, schedule};
use proviso_sdk::{
    ClockStart, Configure, Failed, Failure, Finding, Fold, Lists, Message, Period, Problems, Proposal, Retention,
    Rules, Severity, Span, Step, char_distance, chars_between, from_settings, pointer_segment, read_state, union,
    write_state,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    list: String,
    #[serde(default)]
    weights: Vec<u8>,
    severity: Option<Severity>,
}

struct Echo {
    list: u16,
    severity: Severity,
}

impl Configure for Echo {
    type Settings = Settings;

    fn configure(settings: Settings, lists: &Lists) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        let list = lists.index(&settings.list);
        if list.is_none() {
            problems.push("/list", lists.unknown(&settings.list));
        }
        if settings.weights.contains(&0) {
            problems.push("/weights", "0 is no weight");
        }
        problems.or_ok(Self {
            list: list.unwrap_or(0),
            severity: settings.severity.unwrap_or(Severity::Low),
        })
    }
}

impl Rules for Echo {
    fn evaluate(&self, message: &Message) -> Result<Vec<Finding>, Failed> {
        if message.text == "bad" {
            return Err(Failed::BadMessage);
        }
        let finding = |hit: &proviso_sdk::Hit| {
            Finding::new("echo", self.severity)
                .span(hit.span)
                .reason_en(message.hit_text(hit))
        };
        Ok(message.hits_of(self.list).map(finding).collect())
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Seen {
    texts: Vec<String>,
}

impl Fold for Echo {
    type State = Seen;
    const STATE_VERSION: u8 = 3;

    fn advance(&self, state: &mut Seen, message: &Message) -> Result<Step, Failed> {
        state.texts.push(message.text.clone());
        let count = state.texts.len();
        let finding = Finding::new("count", Severity::Low).reason_en(format!("{count} so far"));
        Ok(Step {
            findings: vec![finding],
            score: None,
        })
    }
}

impl Retention for Echo {
    fn schedule(&self, _: &Message) -> Result<Vec<Proposal>, Failed> {
        Ok(vec![Proposal {
            message: 0,
            rule: "all".to_owned(),
            law: "internal policy".to_owned(),
            article: String::new(),
            jurisdiction: "CN".to_owned(),
            purpose: "test".to_owned(),
            clock: ClockStart::Message,
            floor: Some(Period {
                years: 1,
                months: 0,
                days: 0,
            }),
            ceiling: None,
            verified: true,
        }])
    }
}

proviso_sdk::export!(Echo: rules, fold, retention);

fn lists() -> TestLists {
    TestLists::new()
        .lexicon("promissory", &["保本", "本"])
        .patterns("numbers", &[("card", "4111")])
}

fn echo() -> Echo {
    configure(&json!({ "list": "promissory" }), &lists()).expect("the settings are right")
}

#[test]
fn problems_carry_json_pointers() {
    let table = [
        (json!({ "list": "nowhere" }), "/list", "no list \"nowhere\""),
        (
            json!({ "list": "promissory", "weights": [1, "two"] }),
            "/weights/1",
            "invalid type",
        ),
        (
            json!({ "list": "promissory", "severity": "grave" }),
            "/severity",
            "unknown variant `grave`",
        ),
        (
            json!({ "list": "promissory", "lists": 1 }),
            "/lists",
            "unknown field `lists`",
        ),
        (json!([]), "", "invalid length 0"),
    ];
    for (settings, pointer, text) in table {
        let problems = configure::<Echo>(&settings, &lists())
            .err()
            .expect("the settings are wrong");
        let problem = &problems.as_slice()[0];
        assert_eq!(problem.pointer, pointer, "{settings}");
        assert!(problem.message.contains(text), "{settings}: {}", problem.message);
    }
}

#[test]
fn all_problems_are_reported_and_long_ones_cut() {
    let problems = configure::<Echo>(&json!({ "list": "x", "weights": [0] }), &lists())
        .err()
        .expect("the settings are wrong");
    assert_eq!(problems.as_slice().len(), 2);
    let long = Problems::one("", "字".repeat(500));
    assert_eq!(long.as_slice()[0].message.len(), 510);
}

#[test]
fn a_part_of_the_settings_keeps_its_place() {
    let value = json!({ "list": 1 });
    let problems = from_settings::<Settings>(&value, &format!("/parts{}", pointer_segment("a/b~c")))
        .err()
        .expect("a number is no name");
    assert_eq!(problems.as_slice()[0].pointer, "/parts/a~1b~0c/list");
}

#[test]
fn findings_name_their_message_and_hits_their_text() {
    let messages = [message("好").build(&lists()), message("不保本").build(&lists())];
    let findings = evaluate(&echo(), &messages).expect("both can be judged");
    let found: Vec<(u32, &str)> = findings
        .iter()
        .map(|finding| (finding.message, finding.reasons[0].text.as_str()))
        .collect();
    assert_eq!(found, [(1, "保本"), (1, "本")]);
}

#[test]
fn a_message_that_cannot_be_judged_is_named() {
    let messages = [message("好").build(&lists()), message("bad").build(&lists())];
    assert_eq!(evaluate(&echo(), &messages), Err(Failure::BadMessage(1)));
}

#[test]
fn reasons_and_spans_stay_within_bounds() {
    let finding = Finding::new("r", Severity::Low)
        .spans((0..40).map(|at| Span::new(at, at + 1)))
        .reason_zh("a\nb")
        .reason_zh("字".repeat(400));
    assert_eq!(
        (
            finding.spans.len(),
            finding.reasons.len(),
            finding.reasons[0].text.len()
        ),
        (16, 1, 1023)
    );
    assert_eq!(
        Finding::new("r", Severity::Low).reason_en("a\r\n\u{2028}b").reasons[0].text,
        "a   b"
    );
}

#[test]
fn a_state_goes_through_its_bytes() {
    let plugin = echo();
    let mut run = FoldRun::new(&plugin);
    run.step(&message("一").build(&lists())).expect("the first step");
    let steps = run
        .steps(&[message("二").build(&lists()), message("三").build(&lists())])
        .expect("two more");
    assert_eq!(steps[1].findings[0].reasons[0].text, "3 so far");
    assert_eq!(run.state[0], 3);
}

#[test]
fn a_state_that_cannot_be_read_starts_anew() {
    let plugin = echo();
    for damaged in [vec![2, 0], vec![3, 200], vec![3], vec![3, 0, 0]] {
        let mut run = FoldRun::new(&plugin);
        run.state.clone_from(&damaged);
        let step = run.step(&message("一").build(&lists())).expect("it goes on");
        assert_eq!(step.findings[0].reasons[0].text, "1 so far", "{damaged:?}");
    }
}

#[test]
fn a_state_over_the_limit_is_an_error() {
    let plugin = echo();
    let mut run = FoldRun::new(&plugin);
    let failure = run.step(&message(&"x".repeat(5000)).build(&lists()));
    assert!(matches!(failure, Err(Failure::Internal(text)) if text.contains("at most 4096")));
    assert!(
        write_state(&vec![0u8; 4093], 1).is_ok(),
        "4093 bytes, their length and the version are 4096"
    );
    assert!(write_state(&vec![0u8; 4094], 1).is_err());
    assert_eq!(read_state::<u8>(&[], 1), Some(0));
}

#[test]
fn proposals_name_their_message() {
    let messages = [message("a").build(&lists()), message("b").build(&lists())];
    let proposals = schedule(&echo(), &messages).expect("both get one");
    assert_eq!(
        proposals.iter().map(|proposal| proposal.message).collect::<Vec<_>>(),
        [0, 1]
    );
}

#[test]
fn distances_count_characters() {
    let text = "保本a收益";
    let (promise, gain) = (Span::new(0, 6), Span::new(7, 13));
    assert_eq!(char_distance(text, promise, gain), 1);
    assert_eq!(char_distance(text, gain, promise), 1);
    assert_eq!(char_distance(text, promise, Span::new(3, 7)), 0);
    assert_eq!(chars_between(text, 0, 13), 5);
    assert_eq!(chars_between(text, 9, 3), 0);
    assert_eq!(union(promise, gain), Span::new(0, 13));
}

#[test]
fn spans_know_how_they_lie() {
    let (whole, part, behind) = (Span::new(0, 6), Span::new(3, 6), Span::new(6, 9));
    assert!(whole.covers(&part) && whole.overlaps(&part) && !whole.overlaps(&behind) && !part.covers(&whole));
    assert_eq!((part.of("保本保"), part.len(), Span::new(1, 2).of("保")), ("本", 3, ""));
}
