//! Patterns in a matcher against the same patterns alone: what keeps a pattern from being run may not lose a match.

use proptest::prelude::*;
use proviso_scan::{List, ListContent, MatcherBuilder, has_signs_of_disguise, patterns};
use regex_automata::meta::Regex;
use std::fmt::Write;
use std::path::Path;

/// An expression that can be written down, and that texts can be made from.
#[derive(Debug, Clone)]
enum Shape {
    /// Itself.
    Literal(&'static str),
    /// As it is written, and some of what it matches.
    Class(&'static str, &'static [&'static str]),
    /// A condition on neighbours.
    Edge(&'static str),
    Sequence(Vec<Shape>),
    Either(Vec<Shape>),
    Repeated(Box<Shape>, usize, usize),
}

impl Shape {
    fn write(&self, regex: &mut String) {
        let group = |parts: &[Shape], between: &str, regex: &mut String| {
            regex.push_str("(?:");
            for (place, part) in parts.iter().enumerate() {
                regex.push_str(if place > 0 { between } else { "" });
                part.write(regex);
            }
            regex.push(')');
        };
        match self {
            Self::Literal(text) => text.chars().for_each(|c| {
                regex.push_str(if c.is_ascii_punctuation() { "\\" } else { "" });
                regex.push(c);
            }),
            Self::Class(written, _) | Self::Edge(written) => regex.push_str(written),
            Self::Sequence(parts) => group(parts, "", regex),
            Self::Either(parts) => group(parts, "|", regex),
            Self::Repeated(part, min, max) => {
                group(std::slice::from_ref(part), "", regex);
                let _ = write!(regex, "{{{min},{max}}}");
            }
        }
    }

    /// Something that the expression matches if its edges are right.
    fn example(&self, numbers: &mut Numbers, text: &mut String) {
        match self {
            Self::Literal(literal) => text.push_str(literal),
            Self::Class(_, examples) => text.push_str(examples[numbers.below(examples.len())]),
            Self::Edge(_) => {}
            Self::Sequence(parts) => parts.iter().for_each(|part| part.example(numbers, text)),
            Self::Either(parts) => parts[numbers.below(parts.len())].example(numbers, text),
            Self::Repeated(part, min, max) => {
                let times = min + numbers.below(max - min + 1);
                (0..times).for_each(|_| part.example(numbers, text));
            }
        }
    }
}

/// A sequence that depends on its start alone: xorshift.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

const LITERALS: [&str; 16] = [
    "保本",
    "转账",
    "验证码",
    "链接",
    "保",
    "元",
    "Key",
    "secret",
    "sk-",
    "ab",
    "-",
    "{",
    "@",
    "://",
    "AKIA",
    "１",
];
const CLASSES: [(&str, &[&str]); 12] = [
    ("[0-9]", &["0", "1", "9"]),
    (r"\d", &["0", "7", "５", "٣"]),
    ("[A-Z0-9]", &["A", "Z", "5"]),
    ("[a-z_-]", &["a", "z", "_", "-"]),
    ("[０-９Xx]", &["０", "９", "X"]),
    ("[元块万]", &["元", "块", "万"]),
    ("[^。\\n]", &["a", " ", "保", "，", "😀"]),
    (r"\s", &[" ", "\t", "\u{3000}"]),
    (r"\w", &["a", "保", "5", "é"]),
    ("(?i:k)", &["k", "K", "\u{212a}"]),
    ("(?i:token)", &["token", "TOKEN", "To\u{212a}en"]),
    ("[:：=]", &[":", "：", "="]),
];
const EDGES: [&str; 5] = [r"\b", "^", "$", "(?m:^)", r"(?-u:\b)"];

fn shape() -> impl Strategy<Value = Shape> {
    let leaf = prop_oneof![
        4 => prop::sample::select(&LITERALS[..]).prop_map(Shape::Literal),
        4 => prop::sample::select(&CLASSES[..]).prop_map(|(written, examples)| Shape::Class(written, examples)),
        1 => prop::sample::select(&EDGES[..]).prop_map(Shape::Edge),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 1..6).prop_map(Shape::Sequence),
            2 => prop::collection::vec(inner.clone(), 2..4).prop_map(Shape::Either),
            2 => (inner, 0..20_usize, 0..6_usize)
                .prop_map(|(part, min, more)| Shape::Repeated(Box::new(part), min, min + more)),
        ]
    })
}

const NOISE: [&str; 12] = [
    "保",
    "本保本",
    " ",
    "。",
    "a",
    "key",
    "13800138000",
    "\n",
    "A",
    "，转",
    "{x}",
    "\u{200b}",
];

/// Examples with noise between them, in some of which characters are missing or doubled.
fn text(shapes: &[Shape], seed: u64) -> String {
    let mut numbers = Numbers(seed | 1);
    let mut text = String::new();
    for _ in 0..numbers.below(6) {
        match numbers.below(3) {
            0 => text.push_str(NOISE[numbers.below(NOISE.len())]),
            1 => shapes[numbers.below(shapes.len())].example(&mut numbers, &mut text),
            _ => {
                let mut example = String::new();
                shapes[numbers.below(shapes.len())].example(&mut numbers, &mut example);
                let hurt = numbers.below(example.chars().count() + 1);
                for (place, c) in example.chars().enumerate() {
                    let times = if place == hurt { numbers.below(2) * 2 } else { 1 };
                    text.extend(std::iter::repeat_n(c, times));
                }
            }
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_match_of_every_pattern_is_found(shapes in prop::collection::vec(shape(), 1..8), seeds in prop::array::uniform8(any::<u64>())) {
        let regexes = shapes.iter().map(|shape| {
            let mut regex = String::new();
            shape.write(&mut regex);
            regex
        });
        // Those that could match nothing at all are refused.
        let regexes: Vec<String> = regexes
            .filter(|regex| patterns::parse(Path::new("p"), &format!("p\t{regex}")).is_ok())
            .collect();
        let mut file = String::new();
        for (number, regex) in regexes.iter().enumerate() {
            let _ = writeln!(file, "p{number}\t{regex}");
        }
        let mut builder = MatcherBuilder::new();
        builder.add(List {
            name: "p".to_owned(),
            content: ListContent::Patterns(patterns::parse(Path::new("p"), &file).unwrap()),
        });
        let matcher = builder.build().unwrap();
        let alone: Vec<Regex> = regexes.iter().map(|regex| Regex::new(regex).unwrap()).collect();
        let (mut scratch, mut hits) = (matcher.scratch(), Vec::new());
        let texts: Vec<String> = seeds.into_iter().map(|seed| text(&shapes, seed)).collect();
        for text in &texts {
            let mut expected = Vec::new();
            for (number, alone) in alone.iter().enumerate() {
                expected.extend(alone.find_iter(text).map(|m| (m.start() as u32, m.end() as u32, number as u32)));
            }
            expected.sort_unstable();
            let is_whole = matcher.scan(text, &mut scratch, &mut hits).is_whole();
            let found: Vec<_> = hits.iter().map(|hit| (hit.start, hit.end, hit.term)).collect();
            if !is_whole {
                // Steps may end before a long text under a repetition of thousands does. That is told, and nothing is made up but what
                // is read in other characters.
                let is_read = has_signs_of_disguise(text);
                let is_there = |&(start, end, _): &(u32, u32, u32)| start < end && text.get(start as usize..end as usize).is_some();
                prop_assert!(
                    found.iter().all(|hit| expected.contains(hit) || is_read && is_there(hit)),
                    "{:?} in {:?}",
                    regexes,
                    text
                );
                continue;
            }
            if has_signs_of_disguise(text) {
                // What is read in other characters may have more.
                prop_assert!(expected.iter().all(|hit| found.contains(hit)), "{:?} in {:?}: {:?} {:?}", regexes, text, expected, found);
                prop_assert!(found.iter().all(|&(start, end, _)| start < end && text.get(start as usize..end as usize).is_some()));
                continue;
            }
            prop_assert_eq!(found, expected, "{:?} in {:?}, by {:?}", regexes, text, matcher.pattern_needs().collect::<Vec<_>>());
        }
        // All of them at once, in a scratch that has seen them.
        let all: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut together = Vec::new();
        matcher.scan_each(&all, &mut scratch, |found, scanned| together.push((found.to_vec(), scanned.is_whole())));
        for (text, together) in texts.iter().zip(&together) {
            let scanned = matcher.scan(text, &mut scratch, &mut hits).is_whole();
            prop_assert_eq!(&(hits.clone(), scanned), together, "{:?} in {:?}", regexes, text);
        }
        prop_assert_eq!(together.len(), texts.len());
    }
}

/// With whole automata, which another crate's features bring, regex-automata 0.4.18 panics on each of these.
#[test]
fn a_condition_on_words_beside_a_literal_does_not_end_the_host() {
    let text = "ab 保本ab a b 保证1 ";
    for regex in [
        r"\b[^a]a[a-z]",
        r" [^a]a\B.",
        r"[^a]a.a\b\b{start}a*",
        r"a?a?[^a]a[a-z]b+\B.",
    ] {
        let mut builder = MatcherBuilder::new();
        builder.add(List {
            name: "p".to_owned(),
            content: ListContent::Patterns(patterns::parse(Path::new("p"), &format!("p\t(?:){regex}")).unwrap()),
        });
        let matcher = builder.build().unwrap();
        let (mut scratch, mut hits) = (matcher.scratch(), Vec::new());
        let _ = matcher.scan(text, &mut scratch, &mut hits);
        let found: Vec<_> = hits.iter().map(|hit| hit.start as usize..hit.end as usize).collect();
        let regex = Regex::new(regex).unwrap();
        let expected: Vec<_> = regex.find_iter(text).map(|found| found.range()).collect();
        assert_eq!(found, expected, "{regex:?}");
    }
}

/// A long text has automata of its own, and conditions on words are asked where a match may begin.
#[test]
fn long_texts_give_the_matches_of_short_ones() {
    let regexes = [
        r"\b保本\b",
        r"\bkey[:：=]\s*\w{2,9}\b",
        r"(?i)\b(?:token|secret)\b[^。\n]{0,20}?\b(?:保|ab|1)",
        r"\b(?:a|ab|abc)(?:bc|c|d)?\b",
        r"(?:\bab|ab\b|a\B)[^x]",
        r"\B[0-9]{3}\b",
        r"\b{start}[a-z_-]+\b{end}[.。，]",
        r"(?m:^)\s*\bkey|转账\b",
        r"保证.{0,40}收益|保证",
        r"(?-u:\b)AKIA[A-Z0-9]{2,}",
    ];
    let parts = [
        "保本",
        "保证",
        "收益",
        "key",
        "KEY",
        "token",
        "To\u{212a}en",
        "secret",
        "ab",
        "abc",
        "abcd",
        "a",
        "d",
        "1",
        "13800138000",
        " ",
        " ",
        " ",
        "\n",
        "。",
        "，",
        "’",
        ":",
        "=",
        "AKIA",
        "x",
        "é",
        "_",
        "-",
        ".",
        "\u{3000}",
    ];
    let mut file = String::new();
    for (number, regex) in regexes.iter().enumerate() {
        let _ = writeln!(file, "p{number}\t{regex}");
    }
    let mut builder = MatcherBuilder::new();
    builder.add(List {
        name: "p".to_owned(),
        content: ListContent::Patterns(patterns::parse(Path::new("p"), &file).unwrap()),
    });
    let matcher = builder.build().unwrap();
    let alone = regexes.map(|regex| Regex::new(regex).unwrap());
    let (mut scratch, mut hits) = (matcher.scratch(), Vec::new());
    let signs = ["\u{3000}", "To\u{212a}en", "a", "d", "x", "é", "_", "-", "."];
    let without_signs: Vec<&str> = parts.into_iter().filter(|part| !signs.contains(part)).collect();
    for (seed, bytes) in [(1, 1 << 10), (2, 20 << 10), (3, 80 << 10), (4, 160 << 10)] {
        for parts in [&parts[..], &without_signs] {
            let (mut numbers, mut text) = (Numbers(seed * 0x9e37_79b9), String::new());
            while text.len() < bytes {
                text.push_str(parts[numbers.below(parts.len())]);
            }
            assert!(matcher.scan(&text, &mut scratch, &mut hits).is_whole(), "{bytes}");
            let found: Vec<_> = hits.iter().map(|hit| (hit.start, hit.end, hit.term)).collect();
            let mut expected = Vec::new();
            for (number, alone) in alone.iter().enumerate() {
                let matches = alone.find_iter(&text);
                expected.extend(matches.map(|m| (m.start() as u32, m.end() as u32, number as u32)));
            }
            expected.sort_unstable();
            let missing = expected.iter().find(|hit| found.binary_search(hit).is_err());
            assert_eq!(missing, None, "{bytes}");
            // Where a text has signs of disguise, its reading gives others beside them.
            assert_eq!(
                has_signs_of_disguise(&text),
                parts.len() > without_signs.len(),
                "{bytes}"
            );
            assert!(found.len() == expected.len() || has_signs_of_disguise(&text), "{bytes}");
        }
    }
}
