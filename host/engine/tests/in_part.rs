//! Nothing is judged in part, in company or at a cost without being told.

#![allow(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use crate::support::*;
use proviso_engine::{Engine, EngineOptions, Generation, Input, ResolvedSet};
use proviso_model::message::Addressed;
use proviso_model::verdict::{FaultCause, Span};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Far more than any of these judgements takes, and far less than what it took without a bound.
const LONG: Duration = Duration::from_secs(30);

/// A generation of two policies with a list each: words, and patterns that can look at a text again and again.
fn listed(fields: &str) -> Generation {
    listed_with("", fields)
}

/// The same, with a line on top of its manifest.
fn listed_with(line: &str, fields: &str) -> Generation {
    let manifest = format!(
        "{HEAD}{line}[lexicon.words]\nfile = \"lexicons/words.txt\"\n[patterns.slow]\nfile = \"patterns/slow.txt\"\n{}{}",
        RULES_POLICY
            .replace("trigger = \"always\"\n", "lists = [\"words\"]\ntrigger = \"always\"\n")
            .replace("[\"text\"]", fields),
        RULES_POLICY
            .replace("\"rules\"\nplugin", "\"slow\"\nplugin")
            .replace("trigger = \"always\"\n", "lists = [\"slow\"]\n"),
    );
    let files = [
        ("lexicons/words.txt", "保本\n"),
        ("patterns/slow.txt", "bad\t保证.*收益|保证\n"),
    ];
    build(
        &engine(),
        &ResolvedSet::of_pack(pack(&manifest, &rules_component(""), &files)),
    )
    .unwrap()
}

#[test]
fn a_message_with_too_much_for_one_look_is_judged_in_pieces() {
    let generation = listed("[\"text\"]");
    let flood = "保本。".repeat(5_000);
    let long = "好".repeat(400_000) + "保本";
    let outcomes = judge(&generation, &[&flood, &long, "保本", "好"]);
    let spans = |number: usize| -> Vec<Span> {
        let findings = outcomes[number]
            .verdict
            .findings
            .iter()
            .filter(|finding| finding.rule == "hit");
        findings.flat_map(|finding| finding.spans.clone()).collect()
    };
    // The plugin tells the first hit of what it is given: the pieces' own places are those of the message.
    assert_eq!((spans(0).len(), spans(0)[0]), (2, Span { start: 0, end: 6 }));
    assert!(spans(0)[1].start > 30_000, "{:?}", spans(0));
    assert_eq!(
        spans(1),
        [Span {
            start: 1_200_000,
            end: 1_200_006
        }]
    );
    for (outcome, truncated) in outcomes.iter().zip([true, true, false, false]) {
        let verdict = &outcome.verdict;
        assert_eq!(
            (verdict.truncated, verdict.held, &verdict.faults),
            (truncated, false, &vec![])
        );
        assert!(
            verdict
                .findings
                .iter()
                .all(|finding| !finding.spans.is_empty() || finding.rule == "seen")
        );
    }
}

#[test]
fn what_is_more_than_any_number_of_looks_is_held_as_partial() {
    let outcomes = judge(&listed("[\"text\"]"), &["保本".repeat(70_000), "保本".to_owned()]);
    let verdict = &outcomes[0].verdict;
    assert_eq!(
        verdict.faults.iter().map(|fault| fault.cause).collect::<Vec<_>>(),
        [FaultCause::Partial; 2]
    );
    assert!(verdict.held && verdict.truncated && !verdict.findings.is_empty());
    assert_eq!((fault(&outcomes[1]), outcomes[1].verdict.held), (None, false));

    let folded = judge(&fold_generation(&engine()), &["好".repeat(400_000), "好".to_owned()]);
    assert_eq!(
        (fault(&folded[0]), fault(&folded[1])),
        (Some(FaultCause::Partial), None)
    );
}

#[test]
fn patterns_out_of_steps_hold_the_message_for_those_who_see_them_alone() {
    let slow = "保证".repeat(100_000);
    let outcomes = judge(&listed("[\"text\"]"), &[&*slow, "保本", "保证收益"]);
    let faults = &outcomes[0].verdict.faults;
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!((&*faults[0].policy, faults[0].cause), ("slow", FaultCause::Fuel));
    assert!(faults[0].detail.contains("\"slow\"") && outcomes[0].verdict.held);
    assert!(
        outcomes[0]
            .verdict
            .findings
            .iter()
            .all(|finding| &*finding.policy == "rules")
    );
    assert_eq!((fault(&outcomes[1]), fault(&outcomes[2])), (None, None));
    assert_eq!(
        judge(&listed("[\"text\"]"), &[&*slow])[0].verdict.faults,
        *faults,
        "the same alone"
    );
}

#[test]
fn a_manifest_may_grant_patterns_more_steps_and_there_is_an_end_to_them() {
    let (long, medium) = ("保证".repeat((1 << 20) / 6), "保证".repeat(2_000));
    let texts = [&*long, &*medium, "保证收益，保证", "保本"];
    let more = "budget = { scan_steps_per_kib = 67_108_864 }\n";
    let fewer = "budget = { scan_steps_per_kib = 1 }\n";
    let mut digests = Vec::new();
    for (line, faults) in [
        ("", [true, true, false, false]),
        (more, [true, false, false, false]),
        (fewer, [true, true, false, false]),
    ] {
        let generation = listed_with(line, "[\"text\"]");
        digests.push(generation.describe().packs[0].digest);
        let begun = Instant::now();
        for (text, outcome) in judge(&generation, &texts).iter().enumerate() {
            let verdict = &outcome.verdict;
            let of: Vec<_> = verdict
                .faults
                .iter()
                .map(|fault| (&*fault.policy, fault.cause))
                .collect();
            let expected = if faults[text] {
                vec![("slow", FaultCause::Fuel)]
            } else {
                vec![]
            };
            assert_eq!((of, verdict.held), (expected, faults[text]), "{line}: text {text}");
            let by_neighbour = verdict.findings.iter().any(|finding| &*finding.policy == "rules");
            assert!(by_neighbour, "{line}: text {text}");
        }
        let took = begun.elapsed();
        println!("{line:?} took {took:?}");
        assert!(took < LONG, "{took:?}");
    }
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(
        digests.len(),
        3,
        "a pack with another budget is another pack, and makes another generation"
    );
}

#[test]
fn the_programs_of_a_packs_patterns_are_bounded_together() {
    // Each file takes some 50 MiB.
    let file: Vec<String> = (0..28).map(|number| format!("p{number}\t\\w{{30}}x\n")).collect();
    let file = file.concat();
    let names = ["a", "b", "c", "d", "e"];
    let lists = names.map(|name| format!("[patterns.{name}]\nfile = \"patterns/{name}.txt\"\n"));
    let lists = lists.concat();
    let policy = RULES_POLICY.replace("trigger = ", &format!("lists = {names:?}\ntrigger = "));
    let files = names.map(|name| format!("patterns/{name}.txt"));
    let files: Vec<(&str, &str)> = files.iter().map(|path| (path.as_str(), file.as_str())).collect();
    let set = ResolvedSet::of_pack(pack(&format!("{HEAD}{lists}{policy}"), &rules_component(""), &files));
    let problems = build(&engine(), &set).err().unwrap().problems;
    let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    for (told, name) in told.iter().zip(["d", "e"]) {
        let expected =
            format!("patterns/{name}.txt: the pack's other patterns take more than 134217728 bytes as programs");
        assert!(told.ends_with(&expected), "{told}");
    }
}

#[test]
fn a_preceding_text_is_seen_the_same_whether_or_not_it_was_judged_before() {
    let generation = listed("[\"text\", \"preceding\"]\npreceding = 2");
    let texts = ["这款保本", "好的", &"保本".repeat(1_500), "再见"];
    let messages: Vec<Arc<Addressed>> = (0..)
        .zip(texts)
        .map(|(number, text)| Arc::new(message(number, text).into()))
        .collect();
    let input = |number: usize, fresh: bool| {
        let again = |message: &Arc<Addressed>| {
            if fresh {
                Arc::new(Addressed::from((***message).clone()))
            } else {
                Arc::clone(message)
            }
        };
        let preceding = messages[number.saturating_sub(2)..number].iter().map(again).collect();
        Input {
            message: again(&messages[number]),
            preceding,
            withheld: None,
            basis: None,
            moments: proviso_model::retention::Moments::default(),
            quarantined: None,
            directory: None,
        }
    };
    let judged = |fresh: bool| -> Vec<String> {
        let one = |number| {
            judge_inputs(&generation, &[input(number, fresh)])[0]
                .verdict
                .to_canonical_json()
        };
        (0..texts.len()).map(one).collect()
    };
    // The second time what was found is known, and under another generation it is not taken.
    let fresh = judged(true);
    assert_eq!((judged(false), judged(false)), (fresh.clone(), fresh.clone()));
    let other = listed("[\"text\", \"preceding\"]\npreceding = 2");
    let before = judge_inputs(&other, &[input(3, true)])[0].verdict.to_canonical_json();
    assert_eq!(
        judge_inputs(&other, &[input(3, false)])[0].verdict.to_canonical_json(),
        before
    );
    assert_eq!(judged(false), fresh);
}

#[test]
fn a_plugin_that_looks_at_its_company_is_at_fault_alone_and_in_company() {
    let every = Engine::new(EngineOptions {
        alone_one_in: NonZeroU32::new(1),
        ..EngineOptions::default()
    })
    .unwrap();
    let generation = rules_generation(&every);
    for texts in [
        &["~ looks", "plain", "plain too"][..],
        &["~ looks"],
        &["plain", "~ looks"],
    ] {
        let outcomes = judge(&generation, texts);
        for (text, outcome) in texts.iter().zip(&outcomes) {
            let looks = text.starts_with('~');
            assert_eq!(fault(outcome), looks.then_some(FaultCause::Inconsistent), "{texts:?}");
            assert_eq!(outcome.verdict.held, looks);
            assert_eq!(rules(outcome), if looks { vec![] } else { vec!["seen"] });
        }
    }
    let fault = judge(&generation, &["~ looks"])[0].verdict.faults[0].clone();
    assert!(fault.detail.contains("the plugin \"plugin\" ("), "{}", fault.detail);
    // Folds are tried too, and an honest one is never at fault.
    let pack = pack(&format!("{HEAD}{FOLD_POLICY}"), &component(FOLD, "fold-plugin"), &[]);
    let folds = build(&every, &ResolvedSet::of_pack(pack)).unwrap();
    let tried = judge(&folds, &["one", "two", "three"]);
    let plain = judge(&fold_generation(&engine()), &["one", "two", "three"]);
    for (tried, plain) in tried.iter().zip(&plain) {
        assert_eq!(
            (&tried.verdict.scores, &tried.steps),
            (&plain.verdict.scores, &plain.steps)
        );
        assert_eq!(tried.verdict.faults, []);
    }
}
