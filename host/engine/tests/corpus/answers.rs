//! Programs that answer what is no answer, and some that come near it.

use super::program::*;
use proviso_model::verdict::FaultCause;

pub(crate) fn programs() -> Vec<Program> {
    let mut all = lists();
    all.extend(names());
    all.extend(spans());
    all.extend(reasons());
    all.extend(failures());
    all.extend(folds());
    all.extend(proposals());
    all.extend(allocators());
    all.extend(batches());
    all.extend(memories());
    all
}

fn lists() -> Vec<Program> {
    let answers = |name: &str, list: &str, length: &str| {
        act(
            name,
            &format!("(return (call $answer (i32.const {list}) (i32.const {length})))"),
            BAD,
        )
    };
    vec![
        act("an answer from outside the memory", "(return (i32.const 0x7ffffff0))", BAD),
        act("an answer at the last byte of the address space", "(return (i32.const -1))", BAD),
        act("an answer that begins inside the memory and ends outside", "(return (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4)))", BAD),
        act("an answer that is not aligned", "(return (i32.add (call $answer (i32.const 0) (i32.const 0)) (i32.const 1)))", BAD),
        act("an answer that is neither a list nor a failure", "(i32.store (i32.const 16) (i32.const 2)) (return (i32.const 16))", BAD),
        act("an answer of case 255", "(i32.store8 (i32.const 16) (i32.const 255)) (return (i32.const 16))", BAD),
        act("an answer from zeroed memory, which is an empty list", "(return (i32.const 1024))", Expect::Judged(&[])),
        answers("a list of four thousand million findings", "4096", "-1"),
        answers("a list whose bytes overflow 32 bits to 32", "4096", "0x08000001"),
        answers("a list whose bytes overflow 32 bits to 0", "4096", "0x08000000"),
        answers("a list that is longer than the memory", "4096", "0x0fffffff"),
        answers("a list of one finding behind the memory", "0x7ffffff0", "1"),
        answers("a list that begins at -32", "-32", "1"),
        answers("a list that is not aligned", "4097", "1"),
        act(
            "a list of more findings than an answer may have bytes",
            "(drop (memory.grow (i32.const 64))) (return (call $answer (i32.const 131072) (i32.const 40000)))",
            BAD,
        ),
        act(
            "a long list of the same finding",
            "(loop $l (call $seen (local.get $index)) (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const 65)))) (br $acted)",
            BAD,
        ),
        act(
            "64 findings, as many as may be",
            "(loop $l (call $seen (local.get $index)) (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const 64)))) (br $acted)",
            Expect::Judged(&["seen"; 64]),
        ),
        act("a finding of a message that is not there", "(call $seen (local.get $message_count)) (br $acted)", BAD),
        act("a finding of message -1", "(call $seen (i32.const -1)) (br $acted)", BAD),
        act("a finding of another message, which nobody can tell from its own", "(call $seen (i32.const 0))", Expect::Contained),
        act("a severity that does not exist", "(call $find (local.get $index) (i32.const 64) (i32.const 4) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 208) (i32.const 1)) (br $acted)", BAD),
        act("a severity of 255", "(call $find (local.get $index) (i32.const 64) (i32.const 4) (i32.const 255) (i32.const 0) (i32.const 0) (i32.const 208) (i32.const 1)) (br $acted)", BAD),
        act(
            "findings that all lie in one another",
            "(i32.store (i32.const 1024) (local.get $index)) (i32.store (i32.const 1028) (i32.const 64)) (i32.store (i32.const 1032) (i32.const 4))
             (i32.store (i32.const 1036) (i32.const 0)) (i32.store (i32.const 1040) (i32.const 1024)) (i32.store (i32.const 1044) (i32.const 0x1000))
             (i32.store (i32.const 1048) (i32.const 1024)) (i32.store (i32.const 1052) (i32.const 0x1000))
             (return (call $answer (i32.const 1024) (i32.const 1)))",
            BAD,
        ),
        act(
            "60 names of one mebibyte in the same place",
            "(drop (memory.grow (i32.const 32)))
             (loop $l (call $named (local.get $index) (i32.const 131072) (i32.const 1048576)) (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const 60))))
             (br $acted)",
            BAD,
        ),
    ]
}

/// A data segment of these bytes at 1024.
fn data(bytes: &[u8]) -> String {
    let text = joined(bytes, |byte| format!("\\{byte:02x}"));
    format!("(data (i32.const 1024) \"{text}\")")
}

/// Byte strings that are not UTF-8.
const NOT_UTF8: [(&str, &[u8]); 8] = [
    ("a byte that goes on with nothing", b"\x80"),
    ("bytes that never occur", b"\xff\xfe"),
    ("an overlong zero", b"\xc0\x80"),
    ("an overlong slash", b"\xe0\x80\xaf"),
    ("half of a surrogate pair", b"\xed\xa0\x80"),
    ("a character behind the last one", b"\xf4\x90\x80\x80"),
    ("a character without its end", b"a\xe4\xbf"),
    ("a character in five bytes", b"\xf8\x88\x80\x80\x80"),
];

fn with_data(name: &str, bytes: &[u8], act: &str, expect: Expect) -> Program {
    rules(name, &[("MODULE", &data(bytes)), ("ACT", act)], expect)
}

fn names() -> Vec<Program> {
    let named = |name: &str, bytes: &[u8], expect| {
        let act = format!(
            "(call $named (local.get $index) (i32.const 1024) (i32.const {})) (br $acted)",
            bytes.len()
        );
        with_data(&format!("a rule's name: {name}"), bytes, &act, expect)
    };
    let mut all: Vec<Program> = NOT_UTF8.iter().map(|(name, bytes)| named(name, bytes, BAD)).collect();
    all.extend([
        named("empty", b"", BAD),
        named("65 bytes", &[b'a'; 65], BAD),
        named(
            "64 bytes",
            b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            Expect::Judged(&["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]),
        ),
        named("upper case", b"Seen", BAD),
        named("a zero byte", b"se\0en", BAD),
        named("a line break", b"seen\n", BAD),
        named("a terminal's command", b"\x1b[2Jseen", BAD),
        named("Chinese", "规则".as_bytes(), BAD),
        named("a path", b"../../etc/passwd", BAD),
        named("a query", b"x';drop table verdict;--", BAD),
        act(
            "a rule's name behind the memory",
            "(call $named (local.get $index) (i32.const -8) (i32.const 4)) (br $acted)",
            BAD,
        ),
        act(
            "a rule's name of four gibibytes",
            "(call $named (local.get $index) (i32.const 0) (i32.const -1)) (br $acted)",
            BAD,
        ),
        act(
            "a rule's name whose length has the highest bit",
            "(call $named (local.get $index) (i32.const 64) (i32.const 0x80000004)) (br $acted)",
            BAD,
        ),
    ]);
    all
}

fn spans() -> Vec<Program> {
    let span = |name: &str, start: &str, end: &str, expect| {
        act(
            &format!("a span {name}"),
            &format!("(call $span (local.get $index) {start} {end}) (br $acted)"),
            expect,
        )
    };
    // The message with `!` is "! 保本": 8 bytes, characters begin at 0, 1, 2 and 5.
    vec![
        span("that ends before it begins", "(i32.const 2)", "(i32.const 1)", BAD),
        span(
            "that ends behind the text",
            "(i32.const 0)",
            "(i32.add (local.get $length) (i32.const 1))",
            BAD,
        ),
        span("that begins behind the text", "(i32.const 9)", "(i32.const 9)", BAD),
        span("of the whole 32 bits", "(i32.const 0)", "(i32.const -1)", BAD),
        span("that is negative", "(i32.const -2)", "(i32.const -1)", BAD),
        span("that begins inside a character", "(i32.const 3)", "(i32.const 5)", BAD),
        span("that ends inside a character", "(i32.const 2)", "(i32.const 4)", BAD),
        span("inside one character", "(i32.const 3)", "(i32.const 4)", BAD),
        span("of nothing at the end", "(i32.const 8)", "(i32.const 8)", SEEN),
        span("of the whole text", "(i32.const 0)", "(local.get $length)", SEEN),
        act(
            "17 spans",
            "(call $lists (local.get $index) (i32.const 1024) (i32.const 17) (i32.const 208) (i32.const 1)) (br $acted)",
            BAD,
        ),
        act(
            "16 spans",
            "(call $lists (local.get $index) (i32.const 1024) (i32.const 16) (i32.const 208) (i32.const 1)) (br $acted)",
            SEEN,
        ),
        act(
            "a million spans",
            "(call $lists (local.get $index) (i32.const 1024) (i32.const 1000000) (i32.const 208) (i32.const 1)) (br $acted)",
            BAD,
        ),
        act(
            "spans behind the memory",
            "(call $lists (local.get $index) (i32.const 0x7ffffff0) (i32.const 2) (i32.const 208) (i32.const 1)) (br $acted)",
            BAD,
        ),
        act(
            "spans that are not aligned",
            "(call $lists (local.get $index) (i32.const 1025) (i32.const 1) (i32.const 208) (i32.const 1)) (br $acted)",
            BAD,
        ),
        act(
            "spans whose bytes overflow 32 bits",
            "(call $lists (local.get $index) (i32.const 1024) (i32.const 0x20000001) (i32.const 208) (i32.const 1)) (br $acted)",
            BAD,
        ),
    ]
}

fn reasons() -> Vec<Program> {
    let reason = |name: &str, bytes: &[u8], expect| {
        let act = format!(
            "(call $reason (local.get $index) (i32.const 1024) (i32.const {})) (br $acted)",
            bytes.len()
        );
        with_data(&format!("a reason: {name}"), bytes, &act, expect)
    };
    let mut all: Vec<Program> = NOT_UTF8.iter().map(|(name, bytes)| reason(name, bytes, BAD)).collect();
    all.extend([
        reason("empty", b"", BAD),
        reason("1,025 bytes", &[b'a'; 1025], BAD),
        reason("1,024 bytes", &[b'a'; 1024], SEEN),
        reason("two lines", b"a\nb", BAD),
        reason("a carriage return", b"a\rb", BAD),
        reason("two lines by Unicode", "a\u{2028}b".as_bytes(), BAD),
        act("no reason", "(call $lists (local.get $index) (i32.const 0) (i32.const 0) (i32.const 208) (i32.const 0)) (br $acted)", BAD),
        act("a hundred thousand reasons", "(call $lists (local.get $index) (i32.const 0) (i32.const 0) (i32.const 1024) (i32.const 100000)) (br $acted)", BAD),
        act("reasons whose bytes overflow 32 bits", "(call $lists (local.get $index) (i32.const 0) (i32.const 0) (i32.const 208) (i32.const 0x55555556)) (br $acted)", BAD),
        act(
            "two reasons in one language",
            "(memory.copy (i32.const 1024) (i32.const 208) (i32.const 12)) (memory.copy (i32.const 1036) (i32.const 208) (i32.const 12))
             (call $lists (local.get $index) (i32.const 0) (i32.const 0) (i32.const 1024) (i32.const 2)) (br $acted)",
            BAD,
        ),
        act(
            "a reason in a language that does not exist",
            "(i32.store8 (i32.const 208) (i32.const 2)) (call $seen (local.get $index)) (br $acted)",
            BAD,
        ),
    ]);
    all
}

fn failures() -> Vec<Program> {
    let fails = |name: &str, case: &str, one: &str, two: &str, expect| {
        act(
            &format!("a failure: {name}"),
            &format!("(return (call $fail (i32.const {case}) (i32.const {one}) (i32.const {two})))"),
            expect,
        )
    };
    vec![
        fails("bad-message", "0", "0", "0", REFUSES),
        fails("bad-message of one that is not there", "0", "-1", "0", REFUSES),
        fails("bad-state", "1", "0", "0", REFUSES),
        fails("not-configured", "2", "0", "0", REFUSES),
        fails("internal", "3", "64", "4", REFUSES),
        fails("internal with nothing to say", "3", "0", "0", REFUSES),
        fails("internal with two mebibytes to say", "3", "0", "0x200000", BAD),
        fails("internal from behind the memory", "3", "0x7ffffff0", "64", BAD),
        fails("case 4", "4", "0", "0", BAD),
        fails("case 255", "255", "0", "0", BAD),
        with_data(
            "a failure: internal, not UTF-8",
            b"\xff\xfe",
            "(return (call $fail (i32.const 3) (i32.const 1024) (i32.const 2)))",
            BAD,
        ),
    ]
}

fn folds() -> Vec<Program> {
    let stored = |name: &str, offset: u32, of: &str, value: &str, expect| {
        fold(
            name,
            &format!("(i32.store offset={offset} (local.get ${of}) (i32.const {value}))"),
            expect,
        )
    };
    let score = |value: &str, expect| {
        fold(
            &format!("a score of {value}"),
            &format!("(f64.store offset=24 (local.get $step) (f64.const {value}))"),
            expect,
        )
    };
    let points = |value: &str| {
        fold(
            &format!("a factor of {value}"),
            &format!("(f64.store offset=8 (local.get $factor) (f64.const {value}))"),
            BAD,
        )
    };
    let string = |name: &str, offset: u32, bytes: &[u8]| {
        let mut program = fold(
            name,
            &format!(
                "(i32.store offset={offset} (local.get $factor) (i32.const 1024)) (i32.store offset={} (local.get $factor) (i32.const {}))",
                offset + 4,
                bytes.len()
            ),
            BAD,
        );
        if let Plugin::Fold(parts) = &mut program.plugin {
            parts.push(("MODULE", data(bytes)));
        }
        program
    };
    let sent_at = |value: &str| {
        fold(
            &format!("a factor sent at {value}"),
            &format!("(i64.store offset=24 (local.get $factor) (i64.const {value}))"),
            BAD,
        )
    };
    let end = |name: &str, answer: &str, expect| Program {
        name: format!("fold: {name}"),
        plugin: Plugin::Fold(vec![("ANSWER", answer.to_owned())]),
        expect,
    };
    let all = Expect::AllFault(FaultCause::BadAnswer);
    vec![
        fold("a loop", "(loop $l (br $l))", FUEL),
        fold("a trap", "unreachable", TRAP),
        stored("a state of 4,097 bytes", 4, "step", "4097", BAD),
        stored("a state of four gibibytes", 4, "step", "-1", BAD),
        stored("a state behind the memory", 0, "step", "0x7ffffff0", BAD),
        stored("65 findings", 12, "step", "65", BAD),
        stored("findings that are not aligned", 8, "step", "4097", BAD),
        stored("a finding of another event", 0, "finding", "77", BAD),
        fold("a score that is neither there nor absent", "(i32.store8 offset=16 (local.get $step) (i32.const 2))", BAD),
        fold("no score", "(i32.store8 offset=16 (local.get $step) (i32.const 0))", SEEN),
        score("nan", BAD),
        score("inf", BAD),
        score("-inf", BAD),
        score("-0.001", BAD),
        score("100.001", BAD),
        score("1e308", BAD),
        score("-0", SEEN),
        score("100", SEEN),
        points("nan"),
        points("-1"),
        points("101"),
        fold("a factor that is larger than the one before", "(memory.copy (i32.const 1024) (local.get $factor) (i32.const 32)) (memory.copy (i32.const 1056) (local.get $factor) (i32.const 32))
            (f64.store (i32.const 1032) (f64.const 1)) (i32.store offset=32 (local.get $step) (i32.const 1024)) (i32.store offset=36 (local.get $step) (i32.const 2))", BAD),
        stored("33 factors", 36, "step", "33", BAD),
        stored("a million factors", 36, "step", "1000000", BAD),
        string("a signal that is not UTF-8", 0, b"\xff"),
        string("a signal that is no name", 0, b"Job Search"),
        string("a factor's message that is not UTF-8", 16, b"m\xc0\x80"),
        string("a factor's message of 257 bytes", 16, &[b'm'; 257]),
        string("a factor's message of two lines", 16, b"m\n1"),
        sent_at("9223372036854775807"),
        sent_at("-9223372036854775808"),
        stored("one step too few", 4, "answer", "0", BAD),
        fold("one step too many", "(i32.store offset=4 (local.get $answer) (i32.add (local.get $event_count) (i32.const 1)))", BAD),
        end("no answer for a subject", "(i32.store (i32.const 24) (i32.const 0))", all),
        end("an answer for a subject that is not there", "(i32.store (i32.const 24) (i32.const 2))", all),
        end("an answer from behind the memory", "(i32.store (i32.const 20) (i32.const 0x7ffffff0))", all),
    ]
}

fn proposals() -> Vec<Program> {
    let byte = |name: &str, offset: u32, value: &str, expect| {
        retention(
            name,
            &format!("(i32.store8 offset={offset} (local.get $at) (i32.const {value}))"),
            expect,
        )
    };
    let short = |name: &str, offset: u32, value: &str| {
        retention(
            name,
            &format!("(i32.store16 offset={offset} (local.get $at) (i32.const {value}))"),
            BAD,
        )
    };
    let word = |name: &str, offset: u32, value: &str| {
        retention(
            name,
            &format!("(i32.store offset={offset} (local.get $at) (i32.const {value}))"),
            BAD,
        )
    };
    let string = |name: &str, offset: u32, bytes: &[u8]| {
        let mut program = word(name, offset, "1024");
        if let Plugin::Retention(parts) = &mut program.plugin {
            let length = format!(
                "(i32.store offset={} (local.get $at) (i32.const {}))",
                offset + 4,
                bytes.len()
            );
            parts[0].1.push_str(&length);
            parts.push(("MODULE", data(bytes)));
        }
        program
    };
    let mut all: Vec<Program> = [
        ("a rule", 4),
        ("a law", 12),
        ("an article", 20),
        ("a jurisdiction", 28),
        ("a purpose", 36),
    ]
    .into_iter()
    .flat_map(|(what, offset)| {
        [
            string(&format!("{what} that is not UTF-8"), offset, b"\xff\xff"),
            string(&format!("{what} of 300 bytes"), offset, &[b'a'; 300]),
            string(&format!("{what} of two lines"), offset, b"a\nb"),
            word(&format!("{what} behind the memory"), offset, "0x7ffffff0"),
        ]
    })
    .collect();
    all.extend([
        string("no law", 12, b""),
        string("a jurisdiction in lower case", 28, b"cn"),
        string("a jurisdiction of three letters", 28, b"CHN"),
        byte("a clock that does not exist", 44, "5", BAD),
        byte("a floor that is neither there nor absent", 46, "2", BAD),
        byte("a ceiling that is neither there nor absent", 54, "7", BAD),
        byte("a truth of 2, which is true", 62, "2", Expect::Judged(&[])),
        short("a floor of nothing", 48, "0"),
        short("a floor of 36,501 years", 48, "36501"),
        short("a floor of 65,535 months", 50, "65535"),
        word("a message that is not there", 0, "9999"),
        retention(
            "17 proposals",
            "(loop $l (drop (call $propose (local.get $index))) (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const 16))))",
            BAD,
        ),
        retention("a loop", "(loop $l (br $l))", FUEL),
        retention("a trap", "unreachable", TRAP),
    ]);
    all
}

/// Allocators that lie to the host, once they are configured.
fn allocators() -> Vec<Program> {
    let lies = |name: &str, lie: &str, cause| {
        let lie =
            format!("(if (i32.and (global.get $configured) (i32.ne (local.get $size) (i32.const 0))) (then {lie}))");
        rules(
            &format!("an allocator that {name}"),
            &[("REALLOC", &lie)],
            Expect::AllFault(cause),
        )
    };
    let bends = |name: &str, lie: &str| {
        let lie =
            format!("(if (i32.and (global.get $configured) (i32.ne (local.get $size) (i32.const 0))) (then {lie}))");
        rules(
            &format!("an allocator that {name}"),
            &[("REALLOC", &lie)],
            Expect::Contained,
        )
    };
    vec![
        lies("traps", "unreachable", FaultCause::Trap),
        lies("loops", "(loop $l (br $l))", FaultCause::Fuel),
        lies(
            "gives what lies outside",
            "(return (i32.const 0x7ffffff0))",
            FaultCause::BadAnswer,
        ),
        lies(
            "gives the last bytes of the address space",
            "(return (i32.const -16))",
            FaultCause::BadAnswer,
        ),
        lies(
            "gives what begins inside and ends outside",
            "(return (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 8)))",
            FaultCause::BadAnswer,
        ),
        lies(
            "gives what is not aligned",
            "(if (i32.gt_u (local.get $align) (i32.const 1)) (then (return (i32.const 4097))))",
            FaultCause::BadAnswer,
        ),
        lies(
            "asks for more than there is",
            "(if (i32.eq (memory.grow (i32.const 2000)) (i32.const -1)) (then unreachable))",
            FaultCause::Memory,
        ),
        bends("always gives nothing", "(return (i32.const 0))"),
        bends("always gives the same place", "(return (i32.const 8192))"),
        bends(
            "gives overlapping places",
            "(global.set $free (i32.add (global.get $free) (i32.const 8))) (return (i32.and (global.get $free) (i32.const -8)))",
        ),
        bends("gives its own names", "(return (i32.const 64))"),
        rules(
            "an allocator that takes a quarter of the memory each time",
            &[(
                "REALLOC",
                "(if (global.get $configured) (then (drop (memory.grow (i32.const 256)))))",
            )],
            SEEN,
        ),
        rules(
            "an allocator that traps while it is configured",
            &[("REALLOC", "unreachable")],
            Expect::Refused("(trap)"),
        ),
        rules(
            "an allocator that gives what lies outside while it is configured",
            &[("REALLOC", "(return (i32.const -16))")],
            Expect::Refused("(bad-answer)"),
        ),
        rules(
            "an allocator that writes to the log",
            &[("REALLOC", "(call $log (i32.const 0) (i32.const 64) (i32.const 4))")],
            Expect::Refused("cannot leave component instance"),
        ),
    ]
}

/// Guests whose answer depends on their company: contained, and not repeatable, as the contract says.
fn batches() -> Vec<Program> {
    vec![
        rules(
            "a severity that depends on the size of the batch",
            &[(
                "ACT",
                "(call $find (local.get $index) (i32.const 64) (i32.const 4) (i32.and (local.get $message_count) (i32.const 3)) (i32.const 0) (i32.const 0) (i32.const 208) (i32.const 1)) (br $acted)",
            )],
            SEEN,
        ),
        rules(
            "findings in company only",
            &[(
                "CALL",
                "(if (i32.eq (local.get $message_count) (i32.const 1)) (then (return (call $answer (i32.const 0) (i32.const 0)))))",
            )],
            Expect::Contained,
        ),
        rules(
            "a failure in company only",
            &[(
                "CALL",
                "(if (i32.gt_u (local.get $message_count) (i32.const 1)) (then (return (call $fail (i32.const 2) (i32.const 0) (i32.const 0)))))",
            )],
            SEEN,
        ),
        rules(
            "a loop in company only",
            &[(
                "CALL",
                "(if (i32.gt_u (local.get $message_count) (i32.const 1)) (then (loop $l (br $l))))",
            )],
            SEEN,
        ),
        rules(
            "a bad answer in company only",
            &[(
                "CALL",
                "(if (i32.gt_u (local.get $message_count) (i32.const 1)) (then (return (i32.const -1))))",
            )],
            SEEN,
        ),
        rules(
            "all memory in company only",
            &[(
                "CALL",
                "(if (i32.gt_u (local.get $message_count) (i32.const 1)) (then (if (i32.eq (memory.grow (i32.const 2000)) (i32.const -1)) (then unreachable))))",
            )],
            SEEN,
        ),
    ]
}

/// Guests that try to remember a message until the next call. Each says `leak` if it succeeds.
fn memories() -> Vec<Program> {
    let remembers = |name: &str, module: &str, found: &str, keep: &str| {
        let act = format!("(if {found} (then (call $leak (local.get $index)) (br $acted)))");
        rules(
            &format!("remembering by {name}"),
            &[("MODULE", module), ("ACT", &act), ("ANSWER", keep)],
            SEEN,
        )
    };
    vec![
        remembers(
            "a global",
            "(global $kept (mut i32) (i32.const 0))",
            "(global.get $kept)",
            "(global.set $kept (i32.const 1))",
        ),
        remembers(
            "a word of memory",
            "",
            "(i32.load (i32.const 1024))",
            "(i32.store (i32.const 1024) (i32.const 1))",
        ),
        remembers(
            "a byte of the stack's place",
            "",
            "(i32.load8_u (i32.const 8))",
            "(i32.store8 (i32.const 8) (i32.const 1))",
        ),
        remembers(
            "the last word of its memory",
            "",
            "(i32.load (i32.const 131068))",
            "(i32.store (i32.const 131068) (i32.const 1))",
        ),
        remembers(
            "the size of its memory",
            "",
            "(i32.gt_u (memory.size) (i32.const 40))",
            "(drop (memory.grow (i32.const 60)))",
        ),
        remembers(
            "what it wrote into grown memory",
            "",
            "(i32.ne (i32.const 0) (i32.load (i32.mul (memory.grow (i32.const 4)) (i32.const 65536))))",
            "(i32.store (i32.mul (memory.grow (i32.const 4)) (i32.const 65536)) (i32.const 1)) (i32.store (i32.mul (i32.sub (memory.size) (i32.const 8)) (i32.const 65536)) (i32.const 1))",
        ),
        remembers(
            "a place of a table",
            "(table $t 8 funcref) (elem declare func $nothing) (func $nothing)",
            "(i32.eqz (ref.is_null (table.get $t (i32.const 3))))",
            "(table.set $t (i32.const 3) (ref.func $nothing))",
        ),
        remembers(
            "the size of a table",
            "(table $t 8 funcref)",
            "(i32.gt_u (table.size $t) (i32.const 8))",
            "(drop (table.grow $t (ref.null func) (i32.const 8)))",
        ),
        remembers(
            "a dropped segment of memory",
            "(data $d \"x\") (func $alive (result i32) (memory.init $d (i32.const 1028) (i32.const 0) (i32.const 1)) (i32.const 0))",
            "(call $alive)",
            "(data.drop $d)",
        ),
        remembers(
            "a dropped segment of a table",
            "(table $t 8 funcref) (elem $e func $nothing) (func $nothing) (func $alive (result i32) (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1)) (i32.const 0))",
            "(call $alive)",
            "(elem.drop $e)",
        ),
        remembers(
            "its allocator",
            "",
            "(i32.gt_u (global.get $free) (i32.const 65536))",
            "(drop (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 65536)))",
        ),
    ]
}
