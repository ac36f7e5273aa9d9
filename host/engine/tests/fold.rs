//! Folds: states go on in order, a fault leaves the state as it was, and a replay gives the same.

#![allow(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use crate::support::*;
use proviso_engine::{FoldKey, FoldStates, Generation, Input, ResolvedSet};
use proviso_model::id::PolicyId;
use proviso_model::set::PolicySet;
use proviso_model::verdict::FaultCause;
use std::path::Path;
use std::sync::Arc;

fn key(sender: &str) -> FoldKey {
    FoldKey {
        tenant: "bank".into(),
        policy: PolicyId {
            pack: "test/pack".into(),
            policy: "counts".into(),
        },
        key: sender.into(),
    }
}

/// Messages of these senders with these texts.
fn events(events: &[(&str, &str)]) -> Vec<Input> {
    let of = |(number, (sender, text)): (usize, &(&str, &str))| {
        let mut message = message(number, text);
        (*sender).clone_into(&mut message.sender.id);
        Input::new(message)
    };
    events.iter().enumerate().map(of).collect()
}

fn scores(generation: &Generation, inputs: &[Input], states: &mut FoldStates) -> Vec<Option<f64>> {
    let outcomes = generation.advance(generation.evaluate(inputs), inputs, states);
    outcomes
        .iter()
        .map(|outcome| outcome.verdict.scores.first().map(|score| score.value))
        .collect()
}

#[test]
fn every_key_counts_for_itself_and_in_order() {
    let generation = fold_generation(&engine());
    let inputs = events(&[("a", "1"), ("b", "1"), ("a", "2"), ("a", "3"), ("c", "1"), ("b", "2")]);
    let judged = generation.evaluate(&inputs);
    assert_eq!(generation.fold_keys(&judged), [key("a"), key("b"), key("c")]);
    let mut states = FoldStates::from([(key("b"), [4].into())]);
    let outcomes = generation.advance(judged, &inputs, &mut states);
    let scored: Vec<f64> = outcomes.iter().map(|outcome| outcome.verdict.scores[0].value).collect();
    assert_eq!(scored, [10.0, 50.0, 20.0, 30.0, 10.0, 60.0]);
    assert_eq!(
        states,
        FoldStates::from([(key("a"), [3].into()), (key("b"), [6].into()), (key("c"), [1].into())])
    );
    let step = &outcomes[3].steps[0];
    assert_eq!(
        (&*step.key, &*step.before, &*step.after),
        (&key("a"), &[2_u8][..], &[3_u8][..])
    );
    assert_eq!(
        (rules(&outcomes[3]), &*outcomes[3].verdict.scores[0].key),
        (vec!["counted"], "a")
    );
}

#[test]
fn the_event_at_fault_is_held_and_its_state_stays() {
    let generation = fold_generation(&engine());
    for (text, cause) in [
        ("Traps", FaultCause::Trap),
        ("State too long", FaultCause::BadAnswer),
        ("Not a number", FaultCause::BadAnswer),
        ("Index of another event", FaultCause::BadAnswer),
    ] {
        let inputs = events(&[
            ("a", "1"),
            ("b", "1"),
            ("a", text),
            ("a", "2"),
            ("b", "2"),
            ("a", text),
            ("a", "3"),
        ]);
        let mut states = FoldStates::new();
        let outcomes = generation.advance(generation.evaluate(&inputs), &inputs, &mut states);
        let scored: Vec<Option<f64>> = outcomes
            .iter()
            .map(|outcome| outcome.verdict.scores.first().map(|score| score.value))
            .collect();
        assert_eq!(
            scored,
            [Some(10.0), Some(10.0), None, Some(20.0), Some(20.0), None, Some(30.0)],
            "{text}"
        );
        for index in [2, 5] {
            assert_eq!(
                (fault(&outcomes[index]), outcomes[index].verdict.held),
                (Some(cause), true),
                "{text}"
            );
            let [step] = outcomes[index].steps.as_slice() else {
                panic!("{text}: one step, for a replay")
            };
            assert_eq!(step.before, step.after, "{text}: the state stays");
        }
        assert_eq!(
            states,
            FoldStates::from([(key("a"), [3].into()), (key("b"), [2].into())]),
            "{text}"
        );
    }
}

#[test]
fn how_events_come_together_changes_nothing() {
    let generation = fold_generation(&engine());
    let table: Vec<(String, &str)> = (0..700)
        .map(|number| {
            (
                format!("s{}", number * number % 13),
                if number % 31 == 7 { "Traps" } else { "x" },
            )
        })
        .collect();
    let table: Vec<(&str, &str)> = table.iter().map(|(sender, text)| (sender.as_str(), *text)).collect();
    let inputs = events(&table);
    let mut states = FoldStates::new();
    let whole = generation.advance(generation.evaluate(&inputs), &inputs, &mut states);
    for size in [1, 10, 256] {
        let mut other_states = FoldStates::new();
        let mut parts = Vec::new();
        for part in inputs.chunks(size) {
            parts.extend(generation.advance(generation.evaluate(part), part, &mut other_states));
        }
        for (one, other) in whole.iter().zip(&parts) {
            assert_eq!(
                (&one.verdict, &one.steps),
                (&other.verdict, &other.steps),
                "in parts of {size}"
            );
        }
        assert_eq!(states, other_states);
    }
}

#[test]
fn a_replay_needs_only_the_state_before() {
    let generation = fold_generation(&engine());
    let inputs = events(&[("a", "1"), ("a", "2"), ("a", "Traps"), ("a", "3")]);
    let outcomes = generation.advance(generation.evaluate(&inputs), &inputs, &mut FoldStates::new());
    for (input, outcome) in inputs.iter().zip(&outcomes) {
        let alone = std::slice::from_ref(input);
        let mut states = outcome
            .steps
            .iter()
            .map(|step| (proviso_engine::FoldKey::clone(&step.key), Arc::clone(&step.before)))
            .collect();
        let again = generation
            .advance(generation.evaluate(alone), alone, &mut states)
            .remove(0);
        assert_eq!(again.verdict.to_canonical_json(), outcome.verdict.to_canonical_json());
        assert_eq!(again.steps, outcome.steps);
    }
}

#[test]
fn tenants_share_no_state_and_nobody_has_none() {
    let generation = fold_generation(&engine());
    let mut inputs = events(&[("a", "1"), ("a", "2"), ("", "3")]);
    let mut other = message(9, "1");
    other.sender.id = "a".into();
    Arc::make_mut(&mut other.id).tenant = "shop".into();
    inputs.push(Input::new(other));
    // A message without a sender is nobody's, so it moves no state.
    assert_eq!(
        scores(&generation, &inputs, &mut FoldStates::new()),
        [Some(10.0), Some(20.0), None, Some(10.0)]
    );
}

#[test]
fn a_fold_is_applied_once() {
    let pack = pack(&format!("{HEAD}{FOLD_POLICY}"), &component(FOLD, "fold-plugin"), &[]);
    let text = "[[apply]]\npack = \"p\"\n[[apply]]\npack = \"p\"\nscope = { channels = [\"wecom\"] }\n";
    let set = PolicySet::parse(Path::new("set.toml"), text).unwrap();
    let set = ResolvedSet {
        file: "set.toml".into(),
        set,
        packs: vec![pack.clone(), pack],
    };
    let error = build(&engine(), &set).expect_err("it is a problem");
    assert_eq!(error.problems.len(), 1);
    assert!(
        error.problems[0]
            .to_string()
            .starts_with("set.toml:4:8: test/pack:counts keeps a state"),
        "{error:?}"
    );
}
