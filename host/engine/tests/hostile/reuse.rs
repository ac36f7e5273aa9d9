//! Nothing of one message is there for another, however often a slot is used again: guests that write what they see wherever
//! they can, and look for it on every call.

use crate::support::*;
use proviso_engine::{Engine, EngineOptions, Generation, ResolvedSet};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

/// Calls of the test, each in a slot that was used before. `PROVISO_REUSES` gives another number.
const REUSES: u64 = 200_000;
/// Slots, so that each is used again and again.
const SLOTS: NonZeroU32 = NonZeroU32::new(4).unwrap();
/// Threads that call.
const THREADS: u64 = 4;

const FRAME: &str = include_str!("../guests/hostile/rules.wat");

/// Places where a guest leaves the mark of a message: what it declares, how it looks for any mark, and how it leaves one.
/// A mark is the first word of a message's text, which is never 0.
const PLACES: [(&str, &str, &str, &str); 5] = [
    (
        "globals",
        "(global $a (mut i32) (i32.const 0)) (global $b (mut i64) (i64.const 0)) (global $c (mut f64) (f64.const 0)) (global $d (mut v128) (v128.const i64x2 0 0))",
        "(i32.or (i32.or (global.get $a) (i64.ne (global.get $b) (i64.const 0))) (i32.or (f64.ne (global.get $c) (f64.const 0)) (v128.any_true (global.get $d))))",
        "(global.set $a (local.get $mark)) (global.set $b (i64.extend_i32_u (local.get $mark))) (global.set $c (f64.const 1)) (global.set $d (i32x4.splat (local.get $mark)))",
    ),
    (
        "memory, all of what it begins with",
        "(func $dirty (param $at i32) (param $end i32) (result i32)
            (loop $l
              (if (i64.ne (i64.load (local.get $at)) (i64.const 0)) (then (return (i32.const 1))))
              (local.set $at (i32.add (local.get $at) (i32.const 8)))
              (br_if $l (i32.lt_u (local.get $at) (local.get $end))))
            (i32.const 0))",
        "(i32.or (call $dirty (i32.const 1024) (i32.const 4096)) (call $dirty (i32.const 65536) (i32.const 131072)))",
        "(memory.fill (i32.const 1024) (local.get $mark) (i32.const 3072)) (memory.fill (i32.const 65536) (local.get $mark) (i32.const 65536))",
    ),
    (
        "memory that it grew, of any size",
        "(global $at (mut i32) (i32.const 0))",
        "(block (result i32)
            (global.set $at (i32.mul (memory.grow (i32.add (i32.const 1) (i32.and (local.get $mark) (i32.const 31)))) (i32.const 65536)))
            (i32.or (i32.ne (global.get $at) (i32.const 131072))
              (i32.or (i32.load (global.get $at)) (i32.load (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4))))))",
        "(i32.store (global.get $at) (local.get $mark)) (i32.store (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4)) (local.get $mark))",
    ),
    (
        "a table, by index and by size",
        "(table $t 16 funcref) (elem declare func $nothing) (func $nothing)
         (func $full (result i32) (local $i i32)
            (loop $l
              (if (i32.eqz (ref.is_null (table.get $t (local.get $i)))) (then (return (i32.const 1))))
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br_if $l (i32.lt_u (local.get $i) (i32.const 16))))
            (i32.ne (table.size $t) (i32.const 16)))",
        "(call $full)",
        "(table.set $t (i32.and (local.get $mark) (i32.const 15)) (ref.func $nothing)) (drop (table.grow $t (ref.func $nothing) (i32.and (local.get $mark) (i32.const 63))))",
    ),
    (
        "segments that it drops",
        "(table $t 4 funcref) (elem $e func $nothing) (func $nothing) (data $d \"x\")
         (func $whole (result i32) (memory.init $d (i32.const 1024) (i32.const 0) (i32.const 1)) (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1)) (i32.const 0))",
        "(call $whole)",
        "(data.drop $d) (elem.drop $e)",
    ),
];

/// The plugin that leaves its mark there.
fn guest(engine: &Engine, (_, module, found, leave): (&str, &str, &str, &str)) -> Generation {
    let mark = "(local $mark i32)";
    let look = format!(
        "(local.set $mark (i32.load (i32.load offset=60 (local.get $messages)))) (if {found} (then (global.set $leaked (i32.const 1)))) {leave}"
    );
    let module = FRAME
        .replace(
            "(; MODULE ;)",
            &format!("(global $leaked (mut i32) (i32.const 0)) {module}"),
        )
        .replace(
            "(local $index i32) (local $message i32)",
            &format!("{mark} (local $index i32) (local $message i32)"),
        )
        .replace("(; CALL ;)", &look)
        .replace(
            "(; ACT ;)",
            "(if (global.get $leaked) (then (call $leak (local.get $index)) (br $acted)))",
        )
        .replace("(; PAGES ;)", "2");
    let manifest = format!("{HEAD}{RULES_POLICY}");
    let set = ResolvedSet::of_pack(pack(&manifest, &component(&module, "rules-plugin"), &[]));
    build(engine, &set).unwrap()
}

#[test]
fn no_byte_of_a_message_is_seen_by_another() {
    let options = EngineOptions {
        concurrent_calls: Some(SLOTS),
        ..EngineOptions::default()
    };
    let engine = Engine::new(options).unwrap();
    let generations: Vec<Generation> = PLACES.into_iter().map(|place| guest(&engine, place)).collect();
    let reuses = std::env::var("PROVISO_REUSES").map_or(REUSES, |count| count.parse().unwrap());
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= reuses {
                        return;
                    }
                    let place = number as usize % PLACES.len();
                    let outcome = judge(&generations[place], &[format!("!{number:08}")]).remove(0);
                    let found = (fault(&outcome), rules(&outcome));
                    assert_eq!(found, (None, vec!["seen"]), "{}, call {number}", PLACES[place].0);
                }
            });
        }
    });
    println!("{reuses} calls in {SLOTS} slots");
}

#[test]
fn each_of_these_guests_sees_what_is_there() {
    // What an earlier message of the same call left is found, so that finding nothing means something.
    let engine = engine();
    for (name, module, found, leave) in PLACES {
        let twice = format!("(drop {found}) {leave} (if {found} (then (global.set $leaked (i32.const 1))))");
        let outcome = judge(&guest(&engine, (name, module, "(i32.const 0)", &twice)), &["!text"]).remove(0);
        let saw = rules(&outcome) == ["leak"] || fault(&outcome).is_some();
        assert!(saw, "{name}: {:?}", outcome.verdict);
    }
}
