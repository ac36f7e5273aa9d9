//! Fuel decides, and decides the same every time: guests at the very edge of their budget.

use crate::support::*;
use proviso_engine::{Generation, ResolvedSet};
use proviso_model::verdict::FaultCause;

/// How often each outcome is seen again.
const RUNS: usize = 1_000;

const FRAME: &str = include_str!("../guests/hostile/rules.wat");

/// Work that a guest does for a message with `!`, all of which takes different paths through the runtime.
const WORK: [(&str, &str, &str); 6] = [
    ("a loop", "", "(loop $l (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const 500))))"),
    (
        "calls",
        "(func $fib (param i32) (result i32) (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
            (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))",
        "(drop (call $fib (i32.const 10)))",
    ),
    ("floating point", "", "(loop $l (local.set $f (f64.sqrt (f64.add (local.get $f) (f64.const 1.5)))) (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const 300))))"),
    ("fills of memory", "", "(memory.fill (i32.const 65536) (i32.const 1) (i32.const 5000)) (memory.copy (i32.const 65536) (i32.const 66000) (i32.const 4000))"),
    ("growth", "", "(drop (memory.grow (i32.const 3))) (i32.store (i32.const 200000) (i32.const 1)) (drop (memory.grow (i32.const 2)))"),
    ("lines of the log", "", "(loop $l (call $log (i32.const 1) (i32.const 64) (i32.const 4)) (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const 20))))"),
];

fn guest(engine: &proviso_engine::Engine, module: &str, act: &str, fuel_per_kib: u64) -> Generation {
    let module = FRAME
        .replace("(; MODULE ;)", module)
        .replace("(; ACT ;)", act)
        .replace("(; PAGES ;)", "2");
    let manifest = format!("{HEAD}{RULES_POLICY}budget = {{ fuel_per_kib = {fuel_per_kib} }}\n");
    build(
        engine,
        &ResolvedSet::of_pack(pack(&manifest, &component(&module, "rules-plugin"), &[])),
    )
    .unwrap()
}

/// The least fuel with which the message is judged. Fuel is looked at where functions begin and loops turn, so that it is a
/// little less than what is used in the end.
fn edge(engine: &proviso_engine::Engine, module: &str, act: &str) -> u64 {
    let used = judge(&guest(engine, module, act, 1_000_000), &["!"]).remove(0).fuel;
    assert!((100..1_000_000).contains(&used), "{used}");
    let (mut too_little, mut enough) = (1, used);
    while enough - too_little > 1 {
        let middle = u64::midpoint(too_little, enough);
        match fault(&judge(&guest(engine, module, act, middle), &["!"])[0]) {
            Some(_) => too_little = middle,
            None => enough = middle,
        }
    }
    enough
}

#[test]
fn at_the_edge_of_a_budget_a_thousand_runs_end_alike() {
    let engine = engine();
    for (name, module, act) in WORK {
        let enough = edge(&engine, module, act);
        for (fuel_per_kib, expected) in [(enough, None), (enough - 1, Some(FaultCause::Fuel))] {
            let generation = guest(&engine, module, act, fuel_per_kib);
            let first = judge(&generation, &["!"]).remove(0);
            assert_eq!(fault(&first), expected, "{name} with {fuel_per_kib}");
            std::thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| {
                        for run in 0..RUNS / 2 {
                            assert_eq!(
                                judge(&generation, &["!"])[0],
                                first,
                                "{name} with {fuel_per_kib}, run {run}"
                            );
                        }
                    });
                }
            });
        }
    }
}
