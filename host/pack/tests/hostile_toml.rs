//! TOML that is written to make its reader work: each file of a MiB is read or refused in time and memory of its own size, and
//! on the stack of an ordinary thread.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use crate::common::{MANIFEST, PackFolder};
use proviso_model::toml_read::{NESTING_MAX, TomlFile};
use proviso_rows::each_named_row;
use std::path::Path;
use std::time::{Duration, Instant};

const MIB: usize = 1 << 20;
/// Far more than any of them takes on a busy machine; what was without a bound took minutes, all memory, or the process.
const LONG: Duration = Duration::from_secs(20);

/// `key` so many times with dots between.
fn dotted(key: &str, times: usize) -> String {
    vec![key; times].join(".")
}

/// Tables in tables, each by as many keys with dots between them as the parser takes.
fn deep(key: &str) -> String {
    let each = dotted(key, 79);
    let open = format!("{{ {each} = ").repeat(79);
    format!("[s.{}]\n{each} = {open}1{}\n", dotted(key, 78), "}".repeat(79))
}

/// `line` with a number in it, up to a MiB.
fn numbered(line: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    let mut number = 0;
    while text.len() < MIB - 1_000 {
        text.push_str(&line(number));
        number += 1;
    }
    text
}

/// The first problem and how many there are, of a file whose `s` may be anything.
fn problems(text: &str) -> (Option<String>, usize) {
    let (mut file, mut table) = TomlFile::parse(Path::new("x.toml"), text);
    if let Some((_, places)) = table.json(&mut file, "s") {
        drop(places.clone());
    }
    table.finish(&mut file);
    let problems = file.into_problems();
    let first = problems.first().map(ToString::to_string);
    (first.map(|text| text.chars().take(200).collect()), problems.len())
}

#[test]
fn hostile_files_are_read_or_refused_in_time_of_their_size() {
    let fill = |unit: &str| unit.repeat(MIB / unit.len());
    let good = "";
    let deeper = "nested deeper than 64 levels of tables and lists";
    let table: [(&str, String, &str); 24] = [
        ("lists in lists", format!("s = {}", fill("[")), "max recursion depth"),
        (
            "tables in tables",
            format!("s = {}", fill("{a=")),
            "max recursion depth",
        ),
        ("keys in keys", format!("{}a = 1", fill("a.")), "recursion limit"),
        ("keys in a header", format!("[{}a]", fill("a.")), "recursion limit"),
        ("keys in tables", deep("a"), deeper),
        ("keys in tables, twice", deep("a").repeat(2), deeper),
        ("long keys in tables", deep(&"a".repeat(150)), deeper),
        ("headers", numbered(|n| format!("[s.a{n}.b.c.d]\n")), good),
        (
            "deep headers",
            numbered(|n| format!("[s.{}.k{n}]\n", dotted("a", 60))),
            good,
        ),
        ("lists of tables", fill("[[s.a]]\n"), good),
        ("keys again", fill("a=1\n"), "x.toml:2:1: duplicate key"),
        ("tables again", fill("[a]\n"), "x.toml:2:2: duplicate key"),
        (
            "unknown keys",
            numbered(|n| format!("k{n}=1\n")),
            "x.toml:1:1: unknown key `k0`",
        ),
        ("a long text", format!("s = \"{}\"", "x".repeat(MIB)), good),
        ("escapes", format!("s = \"{}\"", "\\u4fdd".repeat(MIB / 6)), good),
        (
            "a text without an end",
            format!("s = \"\"\"{}", fill("x\n")),
            "invalid multi-line",
        ),
        ("no TOML at all", fill("\u{7f}]= "), "invalid"),
        ("quotes", fill("'"), "multi-line"),
        ("comments", fill("#\n"), good),
        ("items", format!("s = {{ a = [{}] }}", "1,".repeat(MIB / 2)), good),
        (
            "items below a long key",
            format!("s = {{ {} = [{}] }}", "k".repeat(MIB / 2), "1,".repeat(MIB / 4)),
            good,
        ),
        ("line ends", fill("\r"), "carriage return"),
        ("a long number", format!("s = {}", "1".repeat(MIB)), "111… does not fit"),
        (
            "a long fraction",
            format!("s = {}.5e999999", "1".repeat(MIB)),
            "111… is not a finite",
        ),
    ];
    each_named_row(
        table.map(|(name, text, expected)| (name, (text, expected))),
        |(text, expected)| {
            let begun = Instant::now();
            let (first, count) = problems(&text);
            let took = begun.elapsed();
            println!("{took:?}: {first:?}");
            assert!(took < LONG, "{took:?}");
            match first {
                None => assert_eq!(expected, good),
                Some(first) => assert!(
                    !expected.is_empty() && first.contains(expected),
                    "{first}, {count} in all"
                ),
            }
        },
    );
}

#[test]
fn nesting_is_counted_over_headers_keys_tables_and_lists() {
    let table = [
        format!("[{}]\nk = 1\n", dotted("s", NESTING_MAX - 1)),
        format!("{} = 1\n", dotted("s", NESTING_MAX)),
        format!("s = {}1{}\n", "[".repeat(NESTING_MAX - 1), "]".repeat(NESTING_MAX - 1)),
        format!("[{}]\nk = [1]\n", dotted("s", NESTING_MAX - 2)),
    ];
    for text in table {
        assert_eq!(problems(&text), (None, 0), "{text}");
        // The same, and one level more.
        let deeper = text.replacen('1', "[1]", 1);
        let (first, count) = problems(&deeper);
        let expected = format!("nested deeper than {NESTING_MAX} levels of tables and lists");
        assert!(
            count == 1 && first.as_ref().is_some_and(|first| first.ends_with(&expected)),
            "{deeper}: {first:?}"
        );
    }
}

#[test]
fn a_manifest_and_cases_like_that_are_refused_with_file_and_line() {
    let deeper = "nested deeper than 64 levels of tables and lists";
    for (part, text, place) in [
        ("pack.toml", format!("{MANIFEST}\n{}", deep("a")), "pack.toml:22:"),
        (
            "pack.toml",
            format!("{MANIFEST}{} = 1\n", dotted("s", NESTING_MAX)),
            "pack.toml:21:",
        ),
        ("cases/promises.toml", deep("a"), "cases/promises.toml:1:"),
    ] {
        let folder = PackFolder::new();
        folder.write(part, text);
        let problems = folder.problems();
        let told = |problem: &String| problem.starts_with(place) && problem.ends_with(deeper);
        assert!(problems.iter().any(told), "{place}: {problems:?}");
    }
    // The values of the messages before one are many, and the list of them is long.
    let many = "1,".repeat((MIB - 1_000) / 2);
    let before = format!("{{ x = [{many}] }}, {}", "\"a\", ".repeat(90));
    let case = format!("[[case]]\nname = \"x\"\ntext = \"x\"\nexpect = []\nbefore = [{before}]\n");
    let folder = PackFolder::new();
    folder.write("cases/promises.toml", case);
    let begun = Instant::now();
    let problems = folder.problems();
    assert!(begun.elapsed() < LONG, "{:?}", begun.elapsed());
    assert!(problems[0].starts_with("cases/promises.toml:5:"), "{problems:?}");
}

#[test]
fn many_cases_are_read_in_time_of_their_size() {
    let good = numbered(|n| format!("[[case]]\nname = \"{n}\"\ntext = \"x\"\nexpect = []\n"));
    for (text, is_good) in [(good, true), ("[[case]]\n".repeat((MIB - 10) / 9), false)] {
        let folder = PackFolder::new();
        folder.write("cases/promises.toml", text);
        let begun = Instant::now();
        assert_eq!(folder.open().is_ok(), is_good);
        assert!(begun.elapsed() < LONG, "{:?}", begun.elapsed());
    }
}
