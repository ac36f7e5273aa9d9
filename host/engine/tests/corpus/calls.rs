//! Programs that loop, recurse, grow and trap while they are called.

use super::program::*;

pub(crate) fn programs() -> Vec<Program> {
    let mut all = loops();
    all.extend(recursion());
    all.extend(growth());
    all.extend(traps());
    all.extend(heavy());
    all
}

/// Functions that come near what a component may ask of the compiler: they are compiled, twice, within the bound of time.
fn heavy() -> Vec<Program> {
    let locals = |count| joined(0..count, |_| "(local i32)".to_owned());
    let rotate = joined(1..1_000, |n| format!("(local.get {n}) (local.set {})", n - 1));
    let loops = format!(
        "(func (param i32) {} {} (local.get 0) {rotate} (local.set 999) {})",
        locals(1_000),
        "loop ".repeat(60),
        joined(0..60, |n| format!("(br_if 0 (local.get {})) end ", n * 16)),
    );
    let calls = format!(
        "(type $step (func (param i32) (result i32))) (table 1 funcref) (func (param i32) (local i32 i32 i32) {})",
        joined(0..8_000, |n| format!(
            "(local.set {} (call_indirect (type $step) (local.get {}) (local.get {})))",
            n % 4,
            (n + 1) % 4,
            (n + 2) % 4
        )),
    );
    vec![
        rules(
            "60 loops inside one another that rotate 1,000 locals",
            &[("MODULE", &loops)],
            SEEN,
        ),
        rules(
            "8,000 calls through a table in one function",
            &[("MODULE", &calls)],
            SEEN,
        ),
    ]
}

fn loops() -> Vec<Program> {
    vec![
        act("an empty loop", "(loop $l (br $l))", FUEL),
        act(
            "a loop that is left on a condition that never comes",
            "(loop $l (br_if $l (i32.const 1)))",
            FUEL,
        ),
        act(
            "a loop by a table of branches",
            "(loop $l (br_table $l $l $l (local.get $i)))",
            FUEL,
        ),
        act(
            "a loop in a loop in a loop",
            "(loop $a (loop $b (loop $c (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $c (local.get $i))) (br $b)) (br $a))",
            FUEL,
        ),
        rules(
            "a loop that calls an empty function",
            &[
                ("MODULE", "(func $nothing)"),
                ("ACT", "(loop $l (call $nothing) (br $l))"),
            ],
            FUEL,
        ),
        rules(
            "a loop that calls through a table",
            &[
                (
                    "MODULE",
                    "(type $empty (func)) (table 1 funcref) (elem (i32.const 0) $nothing) (func $nothing)",
                ),
                ("ACT", "(loop $l (call_indirect (type $empty) (i32.const 0)) (br $l))"),
            ],
            FUEL,
        ),
        rules(
            "a loop without an instruction between its labels, in a function of its own",
            &[
                ("MODULE", "(func $spin (loop $a (loop $b (br $a))))"),
                ("ACT", "(call $spin)"),
            ],
            FUEL,
        ),
        act(
            "a loop that divides",
            "(loop $l (local.set $i (i32.div_u (i32.const -1) (i32.const 3))) (br $l))",
            FUEL,
        ),
        act(
            "a loop over NaN",
            "(loop $l (local.set $f (f64.div (f64.const nan) (local.get $f))) (br $l))",
            FUEL,
        ),
        act(
            "a loop of vectors",
            "(loop $l (local.set $i (i8x16.all_true (i8x16.popcnt (i8x16.splat (local.get $i))))) (br $l))",
            FUEL,
        ),
        act(
            "a loop that asks how large its memory is",
            "(loop $l (drop (memory.size)) (br $l))",
            FUEL,
        ),
        act(
            "a loop that grows its memory by nothing",
            "(loop $l (drop (memory.grow (i32.const 0))) (br $l))",
            FUEL,
        ),
        act(
            "a loop that reads all of its memory",
            "(loop $l (local.set $i (i32.add (local.get $i) (i32.load (i32.and (local.get $j) (i32.const 0xffff))))) (local.set $j (i32.add (local.get $j) (i32.const 64))) (br $l))",
            FUEL,
        ),
        act(
            "a loop that writes to the log",
            "(loop $l (call $log (i32.const 0) (i32.const 64) (i32.const 4)) (br $l))",
            FUEL,
        ),
        act(
            "a loop that writes long lines to the log",
            "(loop $l (call $log (i32.const 2) (i32.const 0) (i32.const 1024)) (br $l))",
            FUEL,
        ),
        act(
            "a loop that fills memory",
            "(loop $l (memory.fill (i32.const 65536) (i32.const 7) (i32.const 65536)) (br $l))",
            FUEL,
        ),
        act(
            "a loop that copies memory over itself",
            "(loop $l (memory.copy (i32.const 65537) (i32.const 65536) (i32.const 65535)) (br $l))",
            FUEL,
        ),
        act(
            "a loop that fills a mebibyte at a time",
            "(drop (memory.grow (i32.const 32))) (loop $l (memory.fill (i32.const 131072) (i32.const 7) (i32.const 1048576)) (br $l))",
            FUEL,
        ),
        rules(
            "a loop that initialises memory from a segment",
            &[
                ("MODULE", "(data $d \"0123456789\")"),
                (
                    "ACT",
                    "(loop $l (memory.init $d (i32.const 1024) (i32.const 0) (i32.const 10)) (br $l))",
                ),
            ],
            FUEL,
        ),
        rules(
            "a loop that fills a table",
            &[
                ("MODULE", "(table $t 10000 funcref)"),
                (
                    "ACT",
                    "(loop $l (table.fill $t (i32.const 0) (ref.null func) (i32.const 10000)) (br $l))",
                ),
            ],
            FUEL,
        ),
        rules(
            "a loop that copies a table",
            &[
                ("MODULE", "(table $t 10000 funcref)"),
                (
                    "ACT",
                    "(loop $l (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 9999)) (br $l))",
                ),
            ],
            FUEL,
        ),
        rules(
            "a loop that initialises a table",
            &[
                (
                    "MODULE",
                    "(table $t 16 funcref) (elem $e func $nothing $nothing $nothing) (func $nothing)",
                ),
                (
                    "ACT",
                    "(loop $l (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 3)) (br $l))",
                ),
            ],
            FUEL,
        ),
        rules(
            "a loop before the first message is looked at",
            &[("CALL", "(loop $l (br $l))")],
            Expect::AllFault(proviso_model::verdict::FaultCause::Fuel),
        ),
        rules(
            "a loop that gives itself up after the fuel of its neighbours",
            &[(
                "ACT",
                "(loop $l (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const 100000))))",
            )],
            SEEN,
        ),
    ]
}

fn recursion() -> Vec<Program> {
    let recursive = |name: &str, module: &str, start: &str| rules(name, &[("MODULE", module), ("ACT", start)], STACK);
    vec![
        recursive("recursion", "(func $down (param i32) (result i32) (i32.add (local.get 0) (call $down (local.get 0))))", "(drop (call $down (i32.const 1)))"),
        recursive(
            "recursion of two functions",
            "(func $a (param i32) (result i32) (i32.add (local.get 0) (call $b (local.get 0)))) (func $b (param i32) (result i32) (i32.sub (local.get 0) (call $a (local.get 0))))",
            "(drop (call $a (i32.const 1)))",
        ),
        recursive(
            "recursion of three functions through a table",
            "(type $f (func (param i32) (result i32))) (table $t 3 funcref) (elem (i32.const 0) $a $b $c)
             (func $a (type $f) (i32.add (local.get 0) (call_indirect (type $f) (local.get 0) (i32.const 1))))
             (func $b (type $f) (i32.add (local.get 0) (call_indirect (type $f) (local.get 0) (i32.const 2))))
             (func $c (type $f) (i32.add (local.get 0) (call_indirect (type $f) (local.get 0) (i32.const 0))))",
            "(drop (call $a (i32.const 1)))",
        ),
        recursive(
            "recursion with large frames",
            "(func $wide (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64) (result i64)
                (i64.add (i64.mul (local.get 0) (local.get 15)) (i64.add (i64.mul (local.get 1) (local.get 14))
                (call $wide (local.get 15) (local.get 14) (local.get 13) (local.get 12) (local.get 11) (local.get 10) (local.get 9) (local.get 8)
                    (local.get 7) (local.get 6) (local.get 5) (local.get 4) (local.get 3) (local.get 2) (local.get 1) (local.get 0)))))",
            "(drop (call $wide (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1)
                (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1)))",
        ),
        recursive(
            "recursion that returns nothing",
            "(func $down (call $down) (call $down))",
            "(call $down)",
        ),
        rules(
            "recursion in the allocator",
            &[("REALLOC", "(if (i32.and (global.get $configured) (i32.gt_u (local.get $size) (i32.const 0))) (then (return (call $realloc (local.get $old) (local.get $old_size) (local.get $align) (local.get $size)))))")],
            Expect::AllFault(proviso_model::verdict::FaultCause::Stack),
        ),
        rules(
            "recursion down to the edge and back",
            &[
                ("MODULE", "(func $down (param i32) (result i32) (if (result i32) (local.get 0) (then (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0))))"),
                ("ACT", "(drop (call $down (i32.const 1000)))"),
            ],
            SEEN,
        ),
    ]
}

fn growth() -> Vec<Program> {
    vec![
        act(
            "memory grown page by page",
            "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable",
            MEMORY,
        ),
        act(
            "memory grown to its last page",
            "(if (i32.eq (memory.grow (i32.const 65534)) (i32.const -1)) (then unreachable))",
            MEMORY,
        ),
        act(
            "memory grown beyond 32 bits",
            "(if (i32.eq (memory.grow (i32.const 65535)) (i32.const -1)) (then unreachable))",
            TRAP,
        ),
        act(
            "memory grown by a negative number",
            "(if (i32.eq (memory.grow (i32.const -1)) (i32.const -1)) (then unreachable))",
            TRAP,
        ),
        act(
            "a refused memory that is used all the same",
            "(drop (memory.grow (i32.const 60000))) (i32.store (i32.const 0x7fff0000) (i32.const 1))",
            MEMORY,
        ),
        act(
            "a refused memory that is done without",
            "(drop (memory.grow (i32.const 60000)))",
            SEEN,
        ),
        act(
            "all memory that there is, touched page by page",
            "(drop (memory.grow (i32.const 960)))
             (loop $l (i32.store (local.get $i) (i32.const 1)) (local.set $i (i32.add (local.get $i) (i32.const 65536)))
               (br_if $l (i32.lt_u (local.get $i) (i32.mul (memory.size) (i32.const 65536)))))
             (i32.store (i32.const 0) (i32.const 0))",
            SEEN,
        ),
        rules(
            "memory that its own module bounds",
            &[
                ("PAGES", "2 4"),
                (
                    "ACT",
                    "(if (i32.eq (memory.grow (i32.const 9)) (i32.const -1)) (then unreachable))",
                ),
            ],
            TRAP,
        ),
        rules(
            "a table grown without end",
            &[
                ("MODULE", "(table $t 1 funcref)"),
                (
                    "ACT",
                    "(loop $l (br_if $l (i32.ne (table.grow $t (ref.null func) (i32.const 1000)) (i32.const -1)))) unreachable",
                ),
            ],
            MEMORY,
        ),
        rules(
            "a table grown by four thousand million",
            &[
                ("MODULE", "(table $t 1 funcref)"),
                (
                    "ACT",
                    "(if (i32.eq (table.grow $t (ref.null func) (i32.const -2)) (i32.const -1)) (then unreachable))",
                ),
            ],
            FUEL,
        ),
        rules(
            "a table of external references grown without end",
            &[
                ("MODULE", "(table $t 1 externref)"),
                (
                    "ACT",
                    "(loop $l (br_if $l (i32.ne (table.grow $t (ref.null extern) (i32.const 1000)) (i32.const -1)))) unreachable",
                ),
            ],
            Expect::Refused("gc types are disallowed"),
        ),
    ]
}

fn traps() -> Vec<Program> {
    let in_table = |name: &str, act: &str| {
        rules(
            name,
            &[
                (
                    "MODULE",
                    "(type $empty (func)) (type $other (func (param i64))) (table $t 4 funcref) (elem $e func $nothing) (elem (i32.const 0) $nothing) (func $nothing)",
                ),
                ("ACT", act),
            ],
            TRAP,
        )
    };
    let in_data = |name: &str, act: &str| rules(name, &[("MODULE", "(data $d \"0123456789\")"), ("ACT", act)], TRAP);
    vec![
        act("a trap", "unreachable", TRAP),
        act(
            "a division by zero",
            "(drop (i32.div_s (i32.const 1) (local.get $i)))",
            TRAP,
        ),
        act(
            "a remainder by zero",
            "(drop (i64.rem_u (i64.const 1) (i64.extend_i32_u (local.get $i))))",
            TRAP,
        ),
        act(
            "a division that overflows",
            "(drop (i32.div_s (i32.const 0x80000000) (i32.sub (local.get $i) (i32.const 1))))",
            TRAP,
        ),
        act(
            "NaN made an integer",
            "(drop (i32.trunc_f64_s (f64.div (local.get $f) (local.get $f))))",
            TRAP,
        ),
        act(
            "infinity made an integer",
            "(drop (i64.trunc_f64_u (f64.div (f64.const 1) (local.get $f))))",
            TRAP,
        ),
        act(
            "a read behind the memory",
            "(drop (i32.load (i32.const 0x7fffffff)))",
            TRAP,
        ),
        act(
            "a read at the last byte that ends behind it",
            "(drop (i64.load (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1))))",
            TRAP,
        ),
        act(
            "a read with an offset that wraps",
            "(drop (i32.load offset=0xffffffff (i32.const -1)))",
            TRAP,
        ),
        act(
            "a write behind the memory",
            "(i32.store8 (i32.const -1) (i32.const 1))",
            TRAP,
        ),
        act(
            "a fill behind the memory",
            "(memory.fill (i32.const 131064) (i32.const 1) (i32.const 16))",
            TRAP,
        ),
        act(
            "a fill of four gibibytes",
            "(memory.fill (i32.const 1024) (i32.const 1) (i32.const -1))",
            FUEL,
        ),
        act(
            "a copy from behind the memory",
            "(memory.copy (i32.const 1024) (i32.const -16) (i32.const 16))",
            TRAP,
        ),
        in_data(
            "a segment read behind its end",
            "(memory.init $d (i32.const 1024) (i32.const 8) (i32.const 8))",
        ),
        in_data(
            "a segment read after it was dropped",
            "(data.drop $d) (memory.init $d (i32.const 1024) (i32.const 0) (i32.const 1))",
        ),
        in_table(
            "a call through an empty place of a table",
            "(call_indirect (type $empty) (i32.const 3))",
        ),
        in_table("a call behind a table", "(call_indirect (type $empty) (i32.const 4))"),
        in_table(
            "a call of another type than it says",
            "(call_indirect (type $other) (i64.const 0) (i32.const 0))",
        ),
        in_table("a table read behind its end", "(drop (table.get $t (i32.const 99)))"),
        in_table(
            "a table written behind its end",
            "(table.set $t (i32.const 4) (ref.null func))",
        ),
        in_table(
            "a table filled behind its end",
            "(table.fill $t (i32.const 3) (ref.null func) (i32.const 2))",
        ),
        in_table(
            "a table copied from behind its end",
            "(table.copy $t $t (i32.const 0) (i32.const 4) (i32.const 1))",
        ),
        in_table(
            "elements read after they were dropped",
            "(elem.drop $e) (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1))",
        ),
        rules(
            "a trap in company only",
            &[(
                "CALL",
                "(if (i32.gt_u (local.get $message_count) (i32.const 1)) (then unreachable))",
            )],
            SEEN,
        ),
        rules(
            "a trap alone only",
            &[(
                "CALL",
                "(if (i32.eq (local.get $message_count) (i32.const 1)) (then unreachable))",
            )],
            Expect::Contained,
        ),
    ]
}
