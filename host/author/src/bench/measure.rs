//! The clocks.

use super::{Material, PolicyCost, Report, Slowest, Spread, Whole};
use proviso_engine::{FoldKey, FoldStates, Generation, Input, Metered};
use proviso_model::id::PolicyId;
use proviso_pipeline::{judge_all, judge_with};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A round judges the messages again and again until it has judged so many: few messages would measure the clock.
const ROUND_MESSAGES_MIN: usize = 10_000;
/// The slowest message of a policy is timed so often alone; the least counts.
const SLOWEST_TIMES: usize = 7;

/// How often [`measure`] says that it got further.
pub fn steps(rounds: u32) -> u64 {
    u64::from(rounds) + 1
}

/// Everything that `pack bench` tells. There is at least one message, one round and one worker; `step` is called when a part is
/// done, [`steps`] times, between the clocks.
pub fn measure(generation: &Generation, material: &Material, rounds: u32, workers: usize, step: &dyn Fn()) -> Report {
    let inputs = &material.inputs;
    let metered = generation.metered();
    let passes = ROUND_MESSAGES_MIN.div_ceil(inputs.len());
    let per_message = |time: Duration| time.as_nanos() as f64 / (passes * inputs.len()) as f64;
    // Warms caches, pools and the branch predictor of the machine; not counted.
    judge(generation, inputs, 1);
    metered.take();
    let alone = judge_alone(&metered, inputs);
    step();

    let (mut one, mut many) = (Vec::new(), Vec::new());
    let mut of_policies = vec![Vec::new(); alone.len()];
    let mut calls = vec![(0, 0, 0, 0); alone.len()];
    for _ in 0..rounds {
        one.push(per_message(timed(|| {
            (0..passes).for_each(|_| judge(generation, inputs, 1));
        })));
        if workers > 1 {
            many.push(per_message(timed(|| {
                (0..passes).for_each(|_| judge(generation, inputs, workers));
            })));
        }
        metered.take();
        (0..passes).for_each(|_| judge(metered.generation(), inputs, 1));
        for (index, cost) in metered.take().into_iter().enumerate() {
            of_policies[index].push(cost.time.as_nanos() as f64 / passes as f64);
            let passes = passes as u64;
            calls[index] = (
                cost.calls / passes,
                cost.messages / passes,
                cost.fuel / passes,
                cost.memory_bytes_max,
            );
        }
        step();
    }

    let fresh = fresh_memory(generation);
    let policies = metered.policies().zip(alone).zip(of_policies).zip(calls);
    let policies = policies.map(|(((id, alone), times), (calls, given, fuel, memory_bytes_max))| {
        let messages = alone.messages.max(1) as f64;
        PolicyCost {
            pack: id.pack.to_string(),
            policy: id.policy.to_string(),
            triggered: alone.messages,
            triggered_share: alone.messages as f64 / inputs.len() as f64,
            calls,
            batch_mean: if calls == 0 { 0.0 } else { given as f64 / calls as f64 },
            ns_per_message: Spread::of(times.iter().map(|time| time / messages).collect()),
            fuel_per_message: fuel as f64 / messages,
            memory_bytes_fresh: fresh.get(id).copied().unwrap_or(0),
            memory_bytes_max,
            faults: alone.faults,
            slowest: alone.slowest,
        }
    });
    let whole = |workers, times| Whole::new(inputs.len() as u64, workers, Spread::of(times));
    let one = whole(1, one);
    Report {
        generation: generation.id().to_string(),
        from: material.from.clone(),
        input: material.digest().to_string(),
        rounds,
        policies: policies.collect(),
        whole: if workers > 1 { whole(workers, many) } else { one.clone() },
        one_worker: one,
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

/// Judges all messages to the end, from empty states: scan, triggers, calls, folds in order, verdicts, retention decisions.
/// The verdicts are let go, chunk by chunk, as a reader of them would do.
fn judge(generation: &Generation, inputs: &[Input], workers: usize) {
    judge_all(generation, inputs, workers, |_, settled| {
        std::hint::black_box(settled);
    });
}

/// What one policy does with messages that come one by one.
#[derive(Clone, Default)]
struct Alone {
    /// Messages that it is called for.
    messages: u64,
    /// Messages on which it fails.
    faults: u64,
    slowest: Option<Slowest>,
}

/// Judges every message alone, in order: which policies it triggers, and what each spends on it. Fuel says which message is
/// the slowest, since it is the same each time; that one is then timed.
fn judge_alone(metered: &Metered, inputs: &[Input]) -> Vec<Alone> {
    let generation = metered.generation();
    let mut alone = vec![Alone::default(); metered.policies().len()];
    let mut slowest: Vec<Option<(usize, FoldStates)>> = vec![None; alone.len()];
    let mut states = FoldStates::new();
    for (index, input) in inputs.iter().enumerate() {
        let one = std::slice::from_ref(input);
        let settled = judge_with(generation, one, &mut states);
        let Some(outcome) = settled.first().map(|settled| &settled.outcome) else {
            continue;
        };
        for (policy, cost) in metered.take().into_iter().enumerate() {
            let alone = &mut alone[policy];
            if cost.calls > 0 && alone.slowest.as_ref().is_none_or(|most| most.fuel < cost.fuel) {
                alone.slowest = Some(Slowest {
                    message: input.message.id.to_string(),
                    ns: cost.time.as_nanos() as u64,
                    fuel: cost.fuel,
                });
                let before = outcome
                    .steps
                    .iter()
                    .map(|step| (FoldKey::clone(&step.key), Arc::clone(&step.before)));
                slowest[policy] = Some((index, before.collect()));
            }
        }
        let triggered = generation.take_triggered();
        for (policy, id) in metered.policies().enumerate() {
            alone[policy].messages += triggered.get(id).copied().unwrap_or(0).min(1);
            let failed = |fault: &proviso_model::verdict::Fault| fault.pack == id.pack && fault.policy == id.policy;
            alone[policy].faults += u64::from(outcome.verdict.faults.iter().any(failed));
        }
    }
    for (policy, found) in slowest.into_iter().enumerate() {
        let Some((index, before)) = found else { continue };
        let one = std::slice::from_ref(&inputs[index]);
        for _ in 0..SLOWEST_TIMES {
            judge_with(generation, one, &mut before.clone());
            let cost = metered.take()[policy];
            // What the engine knows by now is not asked for again.
            if let Some(slowest) = alone[policy].slowest.as_mut().filter(|_| cost.calls > 0) {
                slowest.ns = slowest.ns.min(cost.time.as_nanos() as u64);
            }
        }
    }
    alone
}

/// Linear memory of a fresh instance of each policy, bytes.
fn fresh_memory(generation: &Generation) -> BTreeMap<PolicyId, u64> {
    let described = generation.describe();
    let packs = described.packs.iter();
    packs
        .flat_map(|pack| {
            pack.policies.iter().map(|policy| {
                let id = PolicyId {
                    pack: pack.name.as_str().into(),
                    policy: policy.name.as_str().into(),
                };
                (id, policy.memory_bytes as u64)
            })
        })
        .collect()
}
