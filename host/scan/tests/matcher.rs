//! What lists, patterns and scratches do together, and the limits of a scan.

#![expect(clippy::unwrap_used, reason = "the functions that tests share are tests too")]

use proptest::prelude::*;
use proviso_scan::{
    Folding, Gaps, HITS_PER_SCAN_MAX, List, ListContent, ListId, Matcher, MatcherBuilder, Patterns,
    has_signs_of_disguise, patterns,
};
use regex_automata::meta::Regex;
use std::path::Path;
use std::sync::LazyLock;

fn lexicon(terms: &[&str], folding: Folding) -> List {
    let terms = terms.iter().map(ToString::to_string).collect();
    List {
        name: "terms".to_owned(),
        content: ListContent::Lexicon { terms, folding },
    }
}

fn parse(text: &str) -> Patterns {
    patterns::parse(Path::new("p.txt"), text).unwrap()
}

fn build(lists: impl IntoIterator<Item = List>) -> Matcher {
    let mut builder = MatcherBuilder::new();
    for (number, list) in lists.into_iter().enumerate() {
        assert_eq!(builder.add(list), ListId(number as u32));
    }
    builder.build().unwrap()
}

/// Each hit as `list.term matched`.
fn check(matcher: &Matcher, text: &str, expected: &[&str]) {
    let mut hits = Vec::new();
    assert!(matcher.scan(text, &mut matcher.scratch(), &mut hits).is_whole());
    let shown = hits.iter().map(|hit| {
        format!(
            "{}.{} {}",
            hit.list.0,
            hit.term,
            &text[hit.start as usize..hit.end as usize]
        )
    });
    assert_eq!(shown.collect::<Vec<_>>(), expected, "{text:?}");
}

#[test]
fn each_list_has_its_own_folding() {
    let strict = Folding {
        gaps: Gaps::None,
        case: false,
        width: false,
        variants: false,
        word_boundaries: false,
        ..Folding::default()
    };
    let matcher = build([
        lexicon(&["VIP", "发财"], strict),
        lexicon(&["vip", "發財"], Folding::default()),
        lexicon(
            &["vip", "发财"],
            Folding {
                gaps: Gaps::Punctuation,
                ..Folding::default()
            },
        ),
    ]);
    check(
        &matcher,
        "VIP发财",
        &["0.0 VIP", "1.0 VIP", "2.0 VIP", "0.1 发财", "1.1 发财", "2.1 发财"],
    );
    check(&matcher, "v.i-p 發，财", &["2.0 v.i-p", "2.1 發，财"]);
    check(
        &matcher,
        "ＶＩＰS 发\u{200b}财",
        &["1.1 发\u{200b}财", "2.1 发\u{200b}财"],
    );
}

#[test]
fn word_borders_ask_only_what_is_latin() {
    let matcher = build([lexicon(&["ass", "k线", "2024"], Folding::default())]);
    check(
        &matcher,
        "class ass, 加ass吧 assé аss",
        &["0.0 ass", "0.0 ass", "0.0 аss"],
    );
    check(&matcher, "看K线图 xk线", &["0.1 K线"]);
    check(&matcher, "在2024年 12024 ２０２４", &["0.2 2024", "0.2 ２０２４"]);
    check(&matcher, "cl\u{200b}ass", &[]);
}

#[test]
fn terms_of_gaps_alone_are_meant_literally() {
    let everything = Folding {
        gaps: Gaps::Punctuation,
        ..Folding::default()
    };
    let matcher = build([lexicon(&["💰", "++", "c++", "a b"], everything)]);
    check(&matcher, "💰a+b++", &["0.0 💰", "0.3 a+b", "0.1 ++"]);
    check(&matcher, "C", &["0.2 C"]);
    let matcher = build([lexicon(&["💰💰", "c++", "a b", "\u{200b}"], Folding::default())]);
    check(&matcher, "💰\u{200b}💰", &["0.0 💰\u{200b}💰", "0.3 \u{200b}"]);
    check(
        &matcher,
        "C+\u{200b}+ a\u{3000}b ab",
        &["0.1 C+\u{200b}+", "0.3 \u{200b}", "0.2 a\u{3000}b"],
    );
}

#[test]
fn at_most_eight_characters_are_skipped() {
    let matcher = build([lexicon(
        &["保本"],
        Folding {
            gaps: Gaps::Spaces,
            ..Folding::default()
        },
    )]);
    check(
        &matcher,
        &format!("保{}本", " ".repeat(8)),
        &[&format!("0.0 保{}本", " ".repeat(8))],
    );
    check(&matcher, &format!("保{}本", " ".repeat(9)), &[]);
}

#[test]
fn equal_lists_share_what_is_searched_for() {
    let terms: Vec<String> = (0..5_000).map(|n| format!("词{n}条")).collect();
    let list = || List {
        name: "l".to_owned(),
        content: ListContent::Lexicon {
            terms: terms.clone(),
            folding: Folding::default(),
        },
    };
    let (one, ten) = (build([list()]), build((0..10).map(|_| list())));
    assert_eq!((one.terms(), ten.terms()), (5_000, 50_000));
    let per_use = (ten.memory_bytes() - one.memory_bytes()) / 45_000;
    assert!(per_use <= 8, "{per_use} bytes for each further use of a term");
    check(
        &ten,
        "词7条",
        &(0..10)
            .map(|n| format!("{n}.7 词7条"))
            .collect::<Vec<_>>()
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
    );
}

#[test]
fn patterns_see_the_text_as_it_stands_and_as_it_is_read() {
    let matcher = build([
        lexicon(&["年化"], Folding::default()),
        List {
            name: "p".to_owned(),
            content: ListContent::Patterns(parse("rate\t年化\\s*\\d+%\nupper\t[A-Z]{2,}\nboth\t保本|\\bID\\d+\n")),
        },
    ]);
    check(
        &matcher,
        "年化 8%，年化９％ AB ab ＡＢ，年Ａ",
        &[
            "0.0 年化",
            "1.0 年化 8%",
            "0.0 年化",
            "1.0 年化９％",
            "1.1 AB",
            "1.1 ＡＢ",
        ],
    );
    check(
        &matcher,
        "保 本 xID7 ID8保本",
        &["1.1 ID", "1.1 ID", "1.2 ID8", "1.2 保本"],
    );
    check(&matcher, "年化%", &["0.0 年化"]);
}

#[test]
fn a_flood_of_hits_is_cut_short() {
    let text = "a".repeat(1 << 20);
    let terms: Vec<String> = (1..40).map(|n| "a".repeat(n)).collect();
    let folding = Folding::EXACT;
    let lexicon = List {
        name: "l".to_owned(),
        content: ListContent::Lexicon { terms, folding },
    };
    let flood = List {
        name: "p".to_owned(),
        content: ListContent::Patterns(parse("a\t[ab]\n")),
    };
    for lists in [vec![lexicon.clone()], vec![flood.clone()], vec![lexicon, flood]] {
        let matcher = build(lists);
        let (mut scratch, mut hits) = (matcher.scratch(), Vec::new());
        assert!(matcher.scan(&text, &mut scratch, &mut hits).cut_short);
        assert!(
            hits.len() > HITS_PER_SCAN_MAX / 2 && hits.len() <= HITS_PER_SCAN_MAX,
            "{}",
            hits.len()
        );
        assert!(hits.is_sorted_by_key(|hit| (hit.start, hit.end, hit.list, hit.term)));
        assert!(matcher.scan("b", &mut scratch, &mut hits).is_whole());
        // A flood in one text cuts no other short.
        let mut together = Vec::new();
        matcher.scan_each(&[&text, "b", &text], &mut scratch, |_, scanned| {
            together.push(scanned.cut_short);
        });
        assert_eq!(together, [true, false, true]);
    }
}

#[test]
fn every_problem_of_every_list_is_reported() {
    let mut builder = MatcherBuilder::new();
    builder.add(lexicon(&["ok", ""], Folding::default()));
    builder.add(lexicon(&[&"长".repeat(342)], Folding::EXACT));
    let problems = builder.build().unwrap_err();
    let shown: Vec<_> = problems
        .iter()
        .map(|problem| format!("{}.{} {problem}", problem.list.0, problem.item))
        .collect();
    assert_eq!(
        shown,
        [
            "0.1 list \"terms\": a term has 0 bytes, it must have 1-1024: \"\"".to_owned(),
            format!(
                "1.0 list \"terms\": a term has 1026 bytes, it must have 1-1024: {:?}",
                "长".repeat(20)
            ),
        ]
    );
}

#[test]
fn nothing_is_found_without_lists_and_a_foreign_scratch_is_replaced() {
    let empty = build([]);
    check(&empty, "保本 vip", &[]);
    let other = build([List {
        name: "p".to_owned(),
        content: ListContent::Patterns(parse("x\t\\d{3}\ny\tab\n")),
    }]);
    let (mut scratch, mut hits) = (empty.scratch(), Vec::new());
    for (matcher, count) in [(&empty, 0), (&other, 2), (&empty, 0), (&other, 2)] {
        let _ = matcher.scan("ab 123", &mut scratch, &mut hits);
        assert_eq!(hits.len(), count);
    }
}

#[test]
fn a_matcher_is_shared_by_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Matcher>();
}

const PATTERNS: &str = r"mobile	\b1[3-9]\d{9}\b
long	\d{17}[\dXx]
rate	年化\s*\d+(?:\.\d+)?%
word	(?i)guarante+d
either	保本|稳.赚|a+b
mail	[\w.]+@\w+
start	^保
negated	[^a-z\s]{4}
repeated	(?:ab|保本){2}
optional	x?y?保z?
";

static TOGETHER_AND_ALONE: LazyLock<(Matcher, Vec<Regex>)> = LazyLock::new(|| {
    let patterns = parse(PATTERNS);
    let alone = patterns
        .patterns
        .iter()
        .map(|pattern| Regex::new(&pattern.regex).unwrap())
        .collect();
    (
        build([List {
            name: "p".to_owned(),
            content: ListContent::Patterns(patterns),
        }]),
        alone,
    )
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Prefilters may not lose a match: each pattern run alone finds the same.
    #[test]
    fn patterns_together_find_what_each_finds_alone(
        pieces in prop::collection::vec(prop::sample::select(&[
            "13800138000", "110105194912310", "02X", "1", "年化", " ", "8.5%", "Guarantee", "d", "保", "本", "稳a赚", "a", "b",
            "@", "x.y", "\n", "！", "\u{200b}", "😀", "ＡＢ",
        ][..]), 0..12)
    ) {
        let text: String = pieces.concat();
        let (matcher, alone) = &*TOGETHER_AND_ALONE;
        let mut expected = Vec::new();
        for (number, alone) in alone.iter().enumerate() {
            expected.extend(alone.find_iter(&text).map(|m| (m.start() as u32, m.end() as u32, number as u32)));
        }
        expected.sort_unstable();
        let mut hits = Vec::new();
        let _ = matcher.scan(&text, &mut matcher.scratch(), &mut hits);
        let hits: Vec<_> = hits.iter().map(|hit| (hit.start, hit.end, hit.term)).collect();
        if has_signs_of_disguise(&text) {
            prop_assert!(expected.iter().all(|hit| hits.contains(hit)), "{:?}: {:?} {:?}", text, hits, expected);
        } else {
            prop_assert_eq!(hits, expected, "{:?}", text);
        }
    }
}
