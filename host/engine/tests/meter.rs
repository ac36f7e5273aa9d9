//! What `Generation::metered` counts.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use crate::support::{HEAD, RULES_POLICY, build, engine, inputs, judge, pack, rules_component, rules_generation};
use proviso_engine::{CallCost, FoldStates, ResolvedSet};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

#[test]
fn a_metered_generation_judges_the_same_and_counts_each_call() {
    let generation = rules_generation(&engine());
    let texts = ["quiet", "still quiet", "好"];
    let plain = judge(&generation, &texts);
    let metered = generation.metered();
    let ids: Vec<_> = metered.policies().map(ToString::to_string).collect();
    assert_eq!(ids, ["test/pack:rules"]);
    let inputs = inputs(&texts);
    let judged = metered.generation().evaluate(&inputs);
    let counted = metered.generation().advance(judged, &inputs, &mut FoldStates::new());
    assert_eq!(counted, plain);
    let cost = metered.take()[0];
    assert_eq!(
        (cost.calls, cost.messages),
        (1, 3),
        "three messages in one batch: {cost:?}"
    );
    let of_messages: u64 = counted.iter().map(|outcome| outcome.fuel).sum();
    assert!(
        (of_messages..of_messages + 3).contains(&cost.fuel),
        "each message has its share, rounded down: {cost:?}"
    );
    assert!(cost.time.as_nanos() > 0);
    assert!(cost.memory_bytes_max >= 2 << 16, "two pages to begin with: {cost:?}");
    assert_eq!(metered.take(), [CallCost::default()], "what was taken is counted anew");

    metered.generation().evaluate(&inputs[..1]);
    metered.generation().evaluate(&inputs[1..]);
    assert_eq!(metered.take()[0].calls, 2);
    generation.evaluate(&inputs);
    assert_eq!(
        metered.take()[0].calls,
        0,
        "the generation that it was made of is not counted"
    );
}

#[test]
fn messages_that_trigger_a_policy_are_counted_until_they_are_taken() {
    let generation = rules_generation(&engine());
    let mut inputs = inputs(&["one", "two", "three"]);
    generation.evaluate(&inputs);
    generation.evaluate(&inputs[..1]);
    let id = generation.metered().policies().next().unwrap().clone();
    assert_eq!(generation.take_triggered(), BTreeMap::from([(id.clone(), 4)]));
    assert!(generation.take_triggered().is_empty());
    let quarantined = Arc::new(BTreeSet::from([id]));
    inputs[0].quarantined = Some(quarantined);
    generation.evaluate(&inputs);
    assert_eq!(
        generation.take_triggered().into_values().sum::<u64>(),
        2,
        "one is not called"
    );
}

#[test]
fn cases_are_no_messages_that_faults_are_a_share_of() {
    let manifest = format!("{HEAD}{RULES_POLICY}");
    let cases = "[[case]]\nname = \"any\"\ntext = \"quiet\"\nexpect = [{ rule = \"seen\" }]\n";
    let files = [("cases/all.toml", cases)];
    let pack = pack(&manifest, &rules_component(""), &files);
    let generation = build(&engine(), &ResolvedSet::of_pack(pack)).unwrap();
    let reports = generation.self_test();
    assert!(reports.len() == 1 && reports[0].passed(), "{reports:?}");
    assert!(generation.take_triggered().is_empty());
}
