//! What is no plugin, or wants what no plugin may have: refused before anything of it runs.

use super::program::*;
use crate::support::component;

pub(crate) fn programs() -> Vec<Program> {
    let mut all = imports();
    all.extend(proposals());
    all.extend(exports());
    all.extend(malformed());
    all.extend(configures());
    all.extend(crowds());
    all
}

fn imports() -> Vec<Program> {
    let import =
        |name: &str, import: &'static str, words| text(&format!("an import of {name}"), import, Expect::Refused(words));
    vec![
        import(
            "the clock",
            r#"(component (import "wasi:clocks/wall-clock@0.2.0" (instance (export "now" (func (result u64))))))"#,
            r#"imports "wasi:clocks/wall-clock@0.2.0": a plugin may import"#,
        ),
        import(
            "randomness",
            r#"(component (import "wasi:random/random@0.2.0" (instance (export "get-random-u64" (func (result u64))))))"#,
            r#"imports "wasi:random/random@0.2.0""#,
        ),
        import(
            "files",
            r#"(component (import "wasi:filesystem/preopens@0.2.0" (instance)))"#,
            r#"imports "wasi:filesystem/preopens@0.2.0""#,
        ),
        import(
            "the network",
            r#"(component (import "wasi:sockets/tcp@0.2.0" (instance)))"#,
            r#"imports "wasi:sockets/tcp@0.2.0""#,
        ),
        import(
            "the environment",
            r#"(component (import "wasi:cli/environment@0.2.0" (instance)))"#,
            r#"imports "wasi:cli/environment@0.2.0""#,
        ),
        import(
            "HTTP",
            r#"(component (import "wasi:http/outgoing-handler@0.2.0" (instance)))"#,
            r#"imports "wasi:http/outgoing-handler@0.2.0""#,
        ),
        import(
            "something made up",
            r#"(component (import "acme:secrets/vault" (instance (export "open" (func (result string))))))"#,
            r#"imports "acme:secrets/vault""#,
        ),
        import(
            "a bare function",
            r#"(component (import "exec" (func (param "command" string))))"#,
            r#"imports "exec""#,
        ),
        import(
            "a module",
            r#"(component (import "libc" (core module)))"#,
            r#"imports "libc""#,
        ),
        import(
            "a component",
            r#"(component (import "helper" (component)))"#,
            r#"imports "helper""#,
        ),
        import(
            "a resource",
            r#"(component (import "handle" (type (sub resource))))"#,
            r#"imports "handle""#,
        ),
        import(
            "another version of the log",
            r#"(component (import "proviso:policy/log@0.2.0" (instance)))"#,
            r#"imports "proviso:policy/log@0.2.0""#,
        ),
        import(
            "what it should export",
            r#"(component (import "proviso:policy/rules@0.1.0" (instance)))"#,
            r#"imports "proviso:policy/rules@0.1.0""#,
        ),
        import(
            "the log as a function",
            r#"(component (import "proviso:policy/log@0.1.0" (func)))"#,
            r#"imports "proviso:policy/log@0.1.0""#,
        ),
        import(
            "a name with a terminal's command in it",
            "(component (import \"acme:\\1b[2J/x\" (instance)))",
            "is not a valid component",
        ),
        text(
            "an import of the types with a function among them",
            r#"(component
                (import "proviso:policy/types@0.1.0" (instance $types (export "steal" (func))))
                (alias export $types "steal" (func $steal))
                (core func $lowered (canon lower (func $steal)))
                (core module $m (import "" "" (func)))
                (core instance (instantiate $m (with "" (instance (export "" (func $lowered))))))
                (instance $nothing)
                (export "proviso:policy/lifecycle@0.1.0" (instance $nothing))
                (export "proviso:policy/rules@0.1.0" (instance $nothing)))"#,
            Expect::Refused("does not fit the plugin contract"),
        ),
        text(
            "an import of the log with another function in it",
            r#"(component
                (import "proviso:policy/log@0.1.0" (instance $log (export "read" (func (result string)))))
                (instance $nothing)
                (export "proviso:policy/lifecycle@0.1.0" (instance $nothing))
                (export "proviso:policy/rules@0.1.0" (instance $nothing)))"#,
            Expect::Refused("does not fit the plugin contract"),
        ),
        bytes(
            "a thousand imports",
            || {
                let imports = joined(0..1000, |n| format!("(import \"acme:x/i{n}\" (instance))"));
                wat::parse_str(format!("(component {imports})")).unwrap()
            },
            Expect::Refused("and 984 more"),
        ),
    ]
}

fn proposals() -> Vec<Program> {
    let off = |name: &str, module: &'static str, words| {
        text(
            &format!("a proposal that is off: {name}"),
            module,
            Expect::Refused(words),
        )
    };
    vec![
        off(
            "threads, a shared memory",
            "(component (core module (memory 1 1 shared)))",
            "thread",
        ),
        off(
            "threads, an atomic instruction",
            "(component (core module (memory 1) (func (drop (i32.atomic.load (i32.const 0))))))",
            "thread",
        ),
        off("64-bit memory", "(component (core module (memory i64 1)))", "memory64"),
        off(
            "64-bit tables",
            "(component (core module (table i64 1 funcref)))",
            "memory64",
        ),
        off(
            "several memories",
            "(component (core module (memory 1) (memory 1)))",
            "multi",
        ),
        off("exceptions", "(component (core module (tag)))", "exception"),
        off(
            "exceptions, thrown",
            "(component (core module (func (block $h (try_table (catch_all $h))))))",
            "exception",
        ),
        off(
            "garbage collection, a structure",
            "(component (core module (type (struct (field i32)))))",
            "gc",
        ),
        off(
            "garbage collection, an array",
            "(component (core module (type (array i8))))",
            "gc",
        ),
        off(
            "garbage collection, i31",
            "(component (core module (func (drop (ref.i31 (i32.const 1))))))",
            "gc",
        ),
        off(
            "typed function references",
            "(component (core module (type $f (func)) (func (param (ref $f)) (call_ref $f (local.get 0)))))",
            "function",
        ),
        off("tail calls", "(component (core module (func (return_call 0))))", "tail"),
        off(
            "tail calls through a table",
            "(component (core module (table 1 funcref) (func (return_call_indirect (i32.const 0)))))",
            "tail",
        ),
        off(
            "relaxed vectors",
            "(component (core module (func (param v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 0))))))",
            "relaxed",
        ),
        off(
            "wide arithmetic",
            "(component (core module (func (param i64) (drop (drop (i64.add128 (local.get 0) (local.get 0) (local.get 0) (local.get 0)))))))",
            "wide",
        ),
        off(
            "custom page sizes",
            "(component (core module (memory 1 (pagesize 1))))",
            "page size",
        ),
        off(
            "stack switching",
            "(component (core module (type $f (func)) (type $c (cont $f))))",
            "stack switching",
        ),
        off(
            "external references",
            "(component (core module (table 1 externref)))",
            "gc",
        ),
        off("asynchronous functions", "(component (type (func async)))", "async"),
        off("streams", "(component (type (stream u8)))", "async"),
        off(
            "error contexts",
            "(component (type (func (param \"e\" error-context))))",
            "error-context",
        ),
        off(
            "component start functions and values",
            "(component (import \"v\" (value string)))",
            "value",
        ),
        off("lists of fixed length", "(component (type (list u8 16)))", "fixed"),
        off("maps", "(component (type (map string u8)))", "map"),
    ]
}

/// A plugin with this in the place of the function that it exports.
fn lifted(function: &str) -> String {
    format!(
        r#"(component
            (core module $m (memory (export "memory") 1)
                (func (export "f0") (result i32) i32.const 0) (func (export "f4") (param i32 i32 i32 i32) (result i32) i32.const 0)
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 0))
            (core instance $i (instantiate $m))
            {function}
            (instance $of (export "configure" (func $f)))
            (instance $rules (export "evaluate" (func $f)))
            (export "proviso:policy/lifecycle@0.1.0" (instance $of))
            (export "proviso:policy/rules@0.1.0" (instance $rules)))"#
    )
}

fn exports() -> Vec<Program> {
    let wrong = |name: &str, function: &str| {
        let component = lifted(function);
        bytes(
            &format!("exports of the wrong type: {name}"),
            move || wat::parse_str(&component).unwrap(),
            Expect::Refused("does not fit the plugin contract"),
        )
    };
    vec![
        text(
            "no exports",
            "(component)",
            Expect::Refused("does not export \"proviso:policy/lifecycle@0.1.0\": it exports nothing"),
        ),
        text(
            "a lifecycle and nothing to judge with",
            r#"(component (instance $i) (export "proviso:policy/lifecycle@0.1.0" (instance $i)))"#,
            Expect::Refused("exports none of"),
        ),
        text(
            "a later version",
            r#"(component (instance $i) (export "proviso:policy/lifecycle@0.9.0" (instance $i)))"#,
            Expect::Refused("a version that this host does not speak"),
        ),
        text(
            "interfaces with nothing in them",
            r#"(component (instance $i) (export "proviso:policy/lifecycle@0.1.0" (instance $i)) (export "proviso:policy/rules@0.1.0" (instance $i)))"#,
            Expect::Refused("does not fit the plugin contract"),
        ),
        wrong(
            "functions without parameters",
            r#"(func $f (result u32) (canon lift (core func $i "f0")))"#,
        ),
        wrong(
            "a configure that takes what it should not",
            r#"(func $f (param "a" string) (param "b" string) (result u32) (canon lift (core func $i "f4") (memory $i "memory") (realloc (func $i "realloc"))))"#,
        ),
        wrong(
            "a result of another type",
            r#"(func $f (param "settings" string) (param "lists" (list u8)) (result string) (canon lift (core func $i "f4") (memory $i "memory") (realloc (func $i "realloc"))))"#,
        ),
        text(
            "components where interfaces should be",
            r#"(component (component $c) (export "proviso:policy/lifecycle@0.1.0" (component $c)) (export "proviso:policy/rules@0.1.0" (component $c)))"#,
            Expect::Refused("exporting a component"),
        ),
        bytes(
            "the same export twice",
            || {
                wat::parse_str(r#"(component (instance $i) (export "proviso:policy/lifecycle@0.1.0" (instance $i)) (export "proviso:policy/lifecycle@0.1.0" (instance $i)))"#).unwrap()
            },
            Expect::Refused("is not a valid component"),
        ),
        text(
            "the same export of a module twice",
            r#"(component (core module (func) (export "f" (func 0)) (export "f" (func 0))))"#,
            Expect::Refused("duplicate export"),
        ),
        bytes(
            "a policy that asks for what its plugin has not",
            || component(include_str!("../guests/fold.wat"), "fold-plugin"),
            Expect::Refused("does not export \"rules\""),
        ),
    ]
}

fn malformed() -> Vec<Program> {
    let raw = |name: &str, content: &'static [u8], words| bytes(name, move || content.to_vec(), Expect::Refused(words));
    let invalid = "is not a valid component";
    vec![
        raw("nothing", b"", "is not a WebAssembly component"),
        raw("a script", b"#!/bin/sh\nrm -rf /\n", "is not a WebAssembly component"),
        raw("the first four bytes", b"\0asm", invalid),
        raw("another version", b"\0asm\x0e\0\x01\0", invalid),
        raw("another layer", b"\0asm\x0d\0\x02\0", invalid),
        text("a module", "(module)", Expect::Refused("is a core module, not a component")),
        raw("a section of an unknown kind", b"\0asm\x0d\0\x01\0\x63\x01\x00", invalid),
        raw("a section whose length never ends", b"\0asm\x0d\0\x01\0\x01\xff\xff\xff\xff\xff\xff", invalid),
        raw("a section of four gibibytes", b"\0asm\x0d\0\x01\0\x07\xff\xff\xff\xff\x0f", invalid),
        raw("a section that is cut off", b"\0asm\x0d\0\x01\0\x07\x20\x01", invalid),
        raw("a custom section without a name", b"\0asm\x0d\0\x01\0\x00\x00", invalid),
        raw("a custom section whose name is longer than itself", b"\0asm\x0d\0\x01\0\x00\x02\x7f\x61", invalid),
        raw("four thousand million types", b"\0asm\x0d\0\x01\0\x07\x05\xff\xff\xff\xff\x0f", invalid),
        raw("four thousand million instances", b"\0asm\x0d\0\x01\0\x05\x05\xff\xff\xff\xff\x0f", "component instances, at most"),
        raw("a module without its header", b"\0asm\x0d\0\x01\0\x01\x04\0asm", invalid),
        raw("a component in the place of a module", b"\0asm\x0d\0\x01\0\x01\x08\0asm\x0d\0\x01\0", invalid),
        raw("a module with four thousand million functions", b"\0asm\x0d\0\x01\0\x01\x0f\0asm\x01\0\0\0\x03\x05\xff\xff\xff\xff\x0f", "functions, at most"),
        raw("a module whose sections are out of order", b"\0asm\x0d\0\x01\0\x01\x0e\0asm\x01\0\0\0\x03\x01\0\x01\x01\0", invalid),
        raw("a function that never ends its body", b"\0asm\x0d\0\x01\0\x01\x17\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x04\x01\x02\0\x01", invalid),
        raw("a constant whose bytes never end", b"\0asm\x0d\0\x01\0\x01\x1d\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x0a\x01\x08\0\x41\xff\xff\xff\xff\xff\x0b", invalid),
        text("a function that is not valid", "(component (core module (func (result i32) (i64.const 1))))", Expect::Refused("type mismatch")),
        text("a branch to nowhere", "(component (core module (func (br 7))))", Expect::Refused("unknown label")),
        bytes(
            "a plugin without its last byte",
            || {
                let mut bytes = wat::parse_str("(component (core module (memory 1)) (type (func)))").unwrap();
                bytes.pop();
                bytes
            },
            Expect::Refused(invalid),
        ),
    ]
}

/// A problem list at 1024 with that many entries, all with one text.
fn problems(count: u32, pointer_length: u32, text_at: u32, text_length: u32) -> String {
    format!(
        "(drop (memory.grow (i32.const 40)))
         (local.set $i (i32.const 131072))
         (loop $l
           (i32.store (local.get $i) (i32.const {text_at})) (i32.store offset=4 (local.get $i) (i32.const {pointer_length}))
           (i32.store offset=8 (local.get $i) (i32.const {text_at})) (i32.store offset=12 (local.get $i) (i32.const {text_length}))
           (local.set $i (i32.add (local.get $i) (i32.const 16))) (local.set $j (i32.add (local.get $j) (i32.const 1)))
           (br_if $l (i32.lt_u (local.get $j) (i32.const {count}))))
         (i32.store (i32.const 16) (i32.const 1)) (i32.store (i32.const 20) (i32.const 131072)) (i32.store (i32.const 24) (i32.const {count}))
         (return (i32.const 16))"
    )
}

fn configures() -> Vec<Program> {
    let configure = |name: &str, configure: &str, words| {
        rules(
            &format!("a configure that {name}"),
            &[("CONFIGURE", configure)],
            Expect::Refused(words),
        )
    };
    let start = |name: &str, start: &str, expect| {
        let module = format!(
            "(global $started (mut i32) (i32.const 0)) (start $begin) (func $begin (local $i i32) {start}) (func $down (call $down) (call $down))"
        );
        rules(&format!("a start function that {name}"), &[("MODULE", &module)], expect)
    };
    vec![
        configure("traps", "unreachable", "(trap)"),
        configure("loops", "(loop $l (br $l))", "(fuel)"),
        configure(
            "takes all memory",
            "(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable",
            "(memory)",
        ),
        configure(
            "answers from outside its memory",
            "(return (i32.const 0x7ffffff0))",
            "(bad-answer)",
        ),
        configure(
            "answers neither",
            "(i32.store (i32.const 16) (i32.const 9)) (return (i32.const 16))",
            "(bad-answer)",
        ),
        configure(
            "says that four thousand million settings are wrong",
            "(i32.store (i32.const 16) (i32.const 1)) (i32.store (i32.const 20) (i32.const 1024)) (i32.store (i32.const 24) (i32.const -1)) (return (i32.const 16))",
            "(bad-answer)",
        ),
        configure(
            "says that 20,000 settings are wrong",
            &problems(20_000, 0, 64, 4),
            "seen",
        ),
        configure(
            "says it in 60 texts of a mebibyte",
            &problems(60, 0, 131_072, 1 << 20),
            "(bad-answer)",
        ),
        configure(
            "says it in one text of half a mebibyte",
            &format!(
                "(memory.grow (i32.const 40)) drop (memory.fill (i32.const 262144) (i32.const 97) (i32.const 524288)) {}",
                problems(1, 0, 262_144, 1 << 19)
            ),
            "aaaaaaaa",
        ),
        rules(
            "a configure that says it in what is not UTF-8",
            &[
                ("MODULE", "(data (i32.const 2048) \"\\ff\\fe\")"),
                ("CONFIGURE", &problems(1, 0, 2048, 2)),
            ],
            Expect::Refused("(bad-answer)"),
        ),
        rules(
            "a configure that says it with a terminal's commands",
            &[
                ("MODULE", "(data (i32.const 2048) \"\\1b[2J\\0dall is well\")"),
                ("CONFIGURE", &problems(1, 16, 2048, 17)),
            ],
            Expect::Refused("setting /policy [2J"),
        ),
        rules(
            "a configure that calls itself",
            &[
                ("MODULE", "(func $down (call $down) (call $down))"),
                ("CONFIGURE", "(call $down)"),
            ],
            Expect::Refused("(stack)"),
        ),
        rules(
            "a configure that changes a table, and is run for every call",
            &[
                ("MODULE", "(table $t 8 funcref) (elem declare func $f) (func $f)"),
                ("CONFIGURE", "(table.set $t (i32.const 1) (ref.func $f))"),
            ],
            SEEN,
        ),
        rules(
            "a configure that changes a table and takes too long for every call",
            &[
                ("MODULE", "(table $t 8 funcref) (elem declare func $f) (func $f)"),
                (
                    "CONFIGURE",
                    "(table.set $t (i32.const 1) (ref.func $f)) (loop $l (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const 600000000))))",
                ),
            ],
            Expect::Refused("would use"),
        ),
        rules(
            "a configure that fills its memory",
            &[(
                "CONFIGURE",
                "(drop (memory.grow (i32.const 900))) (memory.fill (i32.const 131072) (i32.const 7) (i32.const 58982400))",
            )],
            SEEN,
        ),
        start("traps", "unreachable", Expect::Refused("(trap)")),
        start("calls itself", "(call $down)", Expect::Refused("(stack)")),
        start(
            "writes memory and a global",
            "(i32.store (i32.const 1024) (i32.const 7)) (global.set $started (i32.const 1))",
            SEEN,
        ),
        start(
            "takes all memory that there is",
            "(drop (memory.grow (i32.const 1022)))",
            Expect::Contained,
        ),
        start(
            "takes more memory than there is",
            "(drop (memory.grow (i32.const 65000))) (i32.store (i32.const 0x70000000) (i32.const 1))",
            Expect::Refused("(memory)"),
        ),
        start(
            "writes to the log, which is not there yet",
            "(call $log (i32.const 0) (i32.const 64) (i32.const 4))",
            Expect::Refused("(trap)"),
        ),
        rules(
            "a memory that begins with 65 MiB",
            &[("PAGES", "1040")],
            Expect::Refused("bytes of memory to begin with, at most 67108864"),
        ),
        rules(
            "a memory that begins with four gibibytes",
            &[("PAGES", "65536")],
            Expect::Refused("4294967296 bytes of memory to begin with"),
        ),
        rules(
            "a table that begins with a million places",
            &[("MODULE", "(table 1000000 funcref)")],
            Expect::Refused("1000000 places in one table to begin with, at most 20000"),
        ),
        rules(
            "a table that begins with four thousand million places",
            &[("MODULE", "(table 0xffffffff funcref)")],
            Expect::Refused("places in one table to begin with"),
        ),
        rules(
            "data behind the memory",
            &[("MODULE", "(data (i32.const 0x7ffffff0) \"x\")")],
            Expect::Refused("(trap)"),
        ),
        rules(
            "elements behind their table",
            &[(
                "MODULE",
                "(table $t 2 funcref) (elem (table $t) (i32.const 2) func $f) (func $f)",
            )],
            Expect::Refused("(trap)"),
        ),
        bytes(
            "a plugin as it should be",
            || component(include_str!("../guests/rules.wat"), "rules-plugin"),
            SEEN,
        ),
    ]
}

/// The healthy plugin with a further module, and that many instances of it.
fn with_instances(module: &str, count: usize) -> Vec<u8> {
    let plugin = component(include_str!("../guests/rules.wat"), "rules-plugin");
    let more = format!("(component (core module {module}))");
    let instances = "(core instance (instantiate 0))".repeat(count);
    let more = wat::parse_str(more).unwrap();
    // An instance names its module by number; those that the plugin has come first.
    let index = u8::try_from(sections(&plugin).into_iter().filter(|id| *id == 1).count()).unwrap();
    let named = wat::parse_str(format!("(component (core module) {instances})")).unwrap();
    let mut last = named[8..].to_vec();
    // Behind the empty module: the section's number, its size, the count, and for each instance `00`, the module, no arguments.
    let module_bytes = 2 + 8;
    assert_eq!(last[module_bytes], 2, "the section of instances");
    let first = last.len() - 3 * count;
    for instance in last[first..].chunks_mut(3) {
        assert_eq!(instance, [0, 0, 0]);
        instance[1] = index;
    }
    [plugin.as_slice(), &more[8..], &last[module_bytes..]].concat()
}

/// The numbers of a component's sections, in order.
fn sections(component: &[u8]) -> Vec<u8> {
    let mut rest = &component[8..];
    let mut ids = Vec::new();
    while let Some((&id, after)) = rest.split_first() {
        let length = after.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1;
        let size = after[..length]
            .iter()
            .rev()
            .fold(0_usize, |size, byte| size << 7 | usize::from(byte & 0x7f));
        ids.push(id);
        rest = &after[length + size..];
    }
    ids
}

fn crowds() -> Vec<Program> {
    let crowd = |name: &str, module: &'static str, count, expect| {
        bytes(
            &format!("a plugin with {name}"),
            move || with_instances(module, count),
            expect,
        )
    };
    vec![
        crowd("40 instances that have nothing", "", 40, SEEN),
        crowd("15 memories beside its own", "(memory 1)", 15, SEEN),
        crowd("16 memories beside its own", "(memory 1)", 16, Expect::Refused("memor")),
        crowd("40 memories beside its own", "(memory 1)", 40, Expect::Refused("memor")),
        crowd("17 tables", "(table 1 funcref)", 17, Expect::Refused("table")),
        crowd(
            "65 instances",
            "",
            65,
            Expect::Refused("instances of modules, at most 64"),
        ),
    ]
}
