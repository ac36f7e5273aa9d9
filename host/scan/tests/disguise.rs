//! What people do to hide words, and what the scan finds all the same: with spans in the text as it came in.

#![expect(clippy::unwrap_used, reason = "the functions that tests share are tests too")]

use proptest::prelude::*;
use proviso_rows::each_row;
use proviso_scan::{
    EntityKind, Folding, Gaps, Hit, List, ListContent, Matcher, MatcherBuilder, has_signs_of_disguise, patterns,
};
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

const TERMS: [&str; 5] = ["保本保息", "稳赚不赔", "转账", "guaranteed return", "telegram"];
const PATTERNS: &str = r"app	(?i)\bwhats\s?app\b
key	\bAKIA[0-9A-Z]{8}\b
mobile	(?-u:\b)1[3-9][0-9]{9}(?-u:\b)
figure	年化[^。，]{0,4}[0-9]+(?:\.[0-9]+)?%
mail	[a-z.]+@[a-z]+\.com
account	出租账户
contact	加我?微信
";

static MATCHER: LazyLock<Matcher> = LazyLock::new(|| {
    let folding = Folding {
        gaps: Gaps::Punctuation,
        ..Folding::default()
    };
    matcher(&TERMS, folding, PATTERNS)
});

fn matcher(terms: &[&str], folding: Folding, expressions: &str) -> Matcher {
    let mut builder = MatcherBuilder::new();
    builder.add(List {
        name: "terms".to_owned(),
        content: ListContent::Lexicon {
            terms: terms.iter().map(ToString::to_string).collect(),
            folding,
        },
    });
    builder.add(List {
        name: "patterns".to_owned(),
        content: ListContent::Patterns(patterns::parse(Path::new("p.txt"), expressions).unwrap()),
    });
    builder.build().unwrap()
}

fn scan(matcher: &Matcher, text: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    assert!(matcher.scan(text, &mut matcher.scratch(), &mut hits).is_whole());
    hits
}

/// What is hit, in the text as it came in.
fn found<'t>(matcher: &Matcher, text: &'t str) -> Vec<&'t str> {
    let hits = scan(matcher, text);
    hits.iter()
        .map(|hit| &text[hit.start as usize..hit.end as usize])
        .collect()
}

#[test]
fn what_is_hidden_is_found_where_it_stands() {
    // Before, what is hit, behind.
    let table = [
        ("", "保[玫瑰]本保[Rose]息", "，放心"),
        ("", "稳/::)赚/:rose不/微笑赔", ""),
        (
            "",
            "保👨\u{200d}👩\u{200d}👧👨\u{200d}👩\u{200d}👧👨\u{200d}👩\u{200d}👧本保息",
            "",
        ),
        ("🇨🇳", "稳🇨🇳🇺🇸🇨🇳赚不赔", "🇨🇳"),
        ("", "稳1\u{fe0f}\u{20e3}赚不赔", ""),
        ("", "稳👍🏽👍🏽👍🏽👍🏽👍🏽👍🏽赚不赔", ""),
        ("", "保&nbsp;本&#8203;保息", ""),
        ("见", "&#31283;&#x8d5a;&#19981;&amp;#36180;", "。"),
        ("", "稳稳赚赚不不赔赔", ""),
        ("", "稳\n赚\n不\n赔", ""),
        ("on ", "tele-\ngram", " now"),
        ("on ", "tele**gram", "** now"),
        ("on ", "tteelleeggrraamm", ""),
        ("私下", "转帐", ""),
        ("私下", "轉帳", ""),
        ("on ", "ᴛᴇʟᴇɢʀᴀᴍ", ""),
        ("on ", "ΤΕLЕԌRАⅯ", ""),
        ("on ", "ƭełeǥram", ""),
        ("a ", "𝓰uaranteed\u{200b} ⓡⓔⓣⓤⓡⓝ", "!"),
        // Patterns.
        ("on ", "WhаtsАpp", "."),
        ("on ", "Whats\u{200b}\u{2060}App", "."),
        ("on ", "ＷｈａｔｓＡｐｐ", "，"),
        ("on ", "𝐖𝐡𝐚𝐭𝐬𝐀𝐩𝐩", ""),
        ("on ", "whats\u{a0}app", ""),
        ("on ", "W.h.a.t.s.A.p.p", " ok"),
        ("on ", "W h a t s A p p", ". ok"),
        ("on ", "W - h - a - t - s - A - p - p", ""),
        ("on ", "W💰h💰a💰t💰s💰A💰p💰p", ""),
        ("on **", "Whats**A**pp", "**"),
        (
            "on ",
            "W\u{336}h\u{336}a\u{336}t\u{336}s\u{336}A\u{336}p\u{336}p",
            "\u{336}",
        ),
        ("on ", "Ẁḣätsäṗṗ", ""),
        ("on ", "ẀĥáťšÁṗṗ", ""),
        ("on ", "&#87;hats&shy;App", ""),
        ("on ", "🅆🄷🄰🅃🅂🄰🄿🄿", ""),
        ("on ", "ᵂʰᵃᵗˢᴬᵖᵖ", ""),
        ("on ", "ᴡʜᴀᴛꜱᴀᴘᴘ", ""),
        ("on ", "WWhhaattssAApppp", ""),
        ("key ", "АKIА１２ＡＢ\u{ad}CDEF", ""),
        ("电话", "１３８００１３８０００", ""),
        ("电话", "①③⑧00138000", "。"),
        (
            "电话",
            "1\u{fe0f}\u{20e3}3\u{fe0f}\u{20e3}8\u{fe0f}\u{20e3}00138000",
            "。",
        ),
        ("", "年化 ８．５％", "，"),
        ("发到", "a.b＠example．com", ""),
        ("", "出租帳戶", ""),
        ("", "出租賬戶", ""),
        ("", "出租帐户", ""),
        ("", "加·我·微·信", ""),
        ("", "加\n我\n微\n信", ""),
        ("", "加\u{3164}微\u{200d}信", ""),
        // Noise: once between ideographs if nobody writes it there, and in rows.
        ("你", "加🔥微🔥信", "吧"),
        ("", "加[玫瑰]微信", ""),
        ("你", "加*微/信", "吧"),
        ("你", "加 微 信", "吧"),
        ("你", "加\r\n微\r\n信", "吧"),
        ("你", "加\u{a0}微\u{a0}信", "吧"),
        ("你们都 可 以 来", "加 微信", ""),
        ("on t·h·e ", "w·h·a·t·s a·p·p", " n.o.w"),
        ("电话", "1.3.8.0.0.1.3.8.0.0.0", "。"),
        ("电话", "1🔥3🔥8🔥0🔥0🔥1🔥3🔥8🔥0🔥0🔥0", "。"),
        ("电话", "1**3**8**0**0**1**3**8**0**0**0", ""),
        ("发到", "a.b.@.e.x.a.m.p.l.e...c.o.m", ""),
        ("", "年\u{336}化\u{336}8\u{336}%", ""),
        ("k ", "A-K-I-A-1-2-A-B-C-D-E-F", ""),
    ];
    each_row(table, |(before, hidden, behind)| {
        let text = format!("{before}{hidden}{behind}");
        let hits = found(&MATCHER, &text);
        assert!(hits.contains(&hidden), "{text:?}: {hits:?}");
    });
}

#[test]
fn entities_are_read_without_their_disguise_too() {
    let mut builder = MatcherBuilder::new();
    builder.add(List {
        name: "numbers".to_owned(),
        content: ListContent::Entities(vec![EntityKind::CnMobile, EntityKind::CnIdentity]),
    });
    let matcher = builder.build().unwrap();
    let table = [
        ("电话", "13800138000", "。"),
        ("电话", "1🔥3🔥8🔥0🔥0🔥1🔥3🔥8🔥0🔥0🔥0", "。"),
        ("电话", "1\n3\n8\n0\n0\n1\n3\n8\n0\n0\n0", ""),
        ("电话", "&#49;3800138000", "，"),
        ("", "1·1·0·1·0·1·1·9·9·0·0·3·0·7·7·7·3·1", ""),
        ("证件", "３ １ ０ １ １ ５   １ ９ ８ ５ １ ２ ２ ４   ０ ０ １ ６", " "),
    ];
    each_row(table, |(before, hidden, behind)| {
        let text = format!("{before}{hidden}{behind}");
        assert_eq!(found(&matcher, &text), [hidden], "{text:?}");
    });
    // What is a number of another kind as it stands stays that.
    assert_eq!(found(&matcher, "订单号 20261380013800012，在*途"), [""; 0]);
}

#[test]
fn what_is_not_hidden_is_not_found() {
    let table = [
        // A bracket with another word is text, and so are a fraction, a code without its colon, a lone flag letter.
        "稳[附件]赚不赔",
        "稳/强赚不赔",
        "稳🇨赚不赔",
        "稳1赚不赔",
        "稳AT&T赚不赔",
        // Ordinary writing of several languages.
        "高高兴兴，转转看，账",
        "Ватсап, вацап; Whаtever арр",
        "Le réélu whàtsapp",
        "1.3.8.0",
        "①3800138000 ②13",
        "m² 10² 2：30 到 3：45",
        "138**00138000",
        "W.h.a",
        "wwhhaattss",
    ];
    each_row(table, |text| assert_eq!(found(&MATCHER, text), [""; 0], "{text:?}"));
}

#[test]
fn an_exact_list_finds_what_stands_in_the_text_and_what_stands_for_it() {
    let matcher = matcher(
        &["保本", "ＶＩＰ", "VIP", "❤\u{fe0f}", "[玫瑰]", "帳"],
        Folding::EXACT,
        "",
    );
    let table = [
        ("ＶＩＰ VIP 𝐕𝐈𝐏", &["ＶＩＰ", "VIP"][..]),
        ("&#20445;本 保\u{200b}本", &["&#20445;本"]),
        ("❤\u{fe0f}[玫瑰]帳 帐", &["❤\u{fe0f}", "[玫瑰]", "帳"]),
    ];
    each_row(table, |(text, expected)| {
        assert_eq!(found(&matcher, text), expected, "{text:?}");
    });
}

#[test]
fn a_list_may_overlook_repeated_characters() {
    let folding = Folding {
        repeats: true,
        ..Folding::default()
    };
    let matcher = matcher(&["保本", "good", "god", "看看", "c++"], folding, "");
    let table = [
        ("保保保保保保本。", &["保保保保保保本", "保本"][..]),
        ("保本保 本", &["保本"]),
        ("gooooOD", &["gooooOD", "gooooOD"]),
        ("god", &["god"]),
        ("good", &["good", "good"]),
        ("看", &[]),
        ("看看 看看看看", &["看看", "看看看看", "看看", "看看", "看看"]),
        ("c+++ ccc++", &["c++", "ccc++"]),
    ];
    each_row(table, |(text, expected)| {
        let hits = found(&matcher, text);
        let missing = expected.iter().find(|expected| !hits.contains(expected));
        assert!(
            missing.is_none() && hits.is_empty() == expected.is_empty(),
            "{text:?}: {hits:?}"
        );
    });
    // What stands around a hit is what the text has there.
    let folding = Folding {
        glued_identifiers: true,
        skip_machine_text: true,
        ..folding
    };
    let matcher = self::matcher(&["vx"], folding, "");
    let table = [
        ("vvxx 我", &["vvxx"][..]),
        ("加vvx1380011", &["vvx"]),
        ("https://example.com/vvxx/1", &[]),
        ("key vvxx0aB3dE5gH7jK9mN1pQ3sT5uV7 0000", &[]),
        ("aaavvxx", &[]),
    ];
    each_row(table, |(text, expected)| {
        assert_eq!(found(&matcher, text), expected, "{text:?}");
    });
    let without = self::matcher(&["保本", "good"], Folding::default(), "");
    assert_eq!(found(&without, "保保保本本 goood"), ["保本"]);
}

/// What disguise is made of.
const PARTS: [&str; 44] = [
    "&",
    "#",
    "&#20445;",
    "&#x672c",
    "&amp;",
    "nbsp;",
    "[",
    "]",
    "玫瑰",
    "[微笑]",
    "/",
    "/:",
    ":)",
    "/::)",
    "\u{200d}",
    "\u{fe0f}",
    "\u{20e3}",
    "👩",
    "🏽",
    "🇨",
    "🇳",
    "1",
    "①",
    "-",
    "\n",
    "\r",
    "*",
    "**",
    "`",
    "_",
    "保",
    "本",
    "保保",
    "息息",
    "帳",
    "Ａ",
    "а",
    "a",
    "W",
    ".",
    "\u{301}",
    "\u{336}",
    "é",
    "\u{e0061}",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Slicing panics within a character. Hits of a reading are those of its text, whatever else is scanned with it.
    #[test]
    fn spans_are_those_of_the_text(texts in prop::collection::vec(prop::collection::vec(prop::sample::select(&PARTS[..]), 0..40), 1..4)) {
        static ANY: LazyLock<Matcher> = LazyLock::new(|| {
            let folding = Folding { gaps: Gaps::Punctuation, repeats: true, ..Folding::default() };
            matcher(&["保", "本", "保本", "aw", "aa", "1", "*", "a"], folding, "any\t[^x]\nthree\t[^x]{3}\nword\t\\w+\nhan\t\\p{Han}{2,}\nw\tWa\n")
        });
        let texts: Vec<String> = texts.iter().map(|parts| parts.concat()).collect();
        let mut alone = Vec::new();
        for text in &texts {
            let hits = scan(&ANY, text);
            for hit in &hits {
                prop_assert!(hit.start < hit.end && hit.end as usize <= text.len());
                prop_assert!(text.is_char_boundary(hit.start as usize) && text.is_char_boundary(hit.end as usize), "{:?} {:?}", text, hit);
            }
            prop_assert!(hits.is_sorted_by(|a, b| (a.start, a.end, a.list, a.term) < (b.start, b.end, b.list, b.term)));
            alone.push(hits);
        }
        let all: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut together = Vec::new();
        ANY.scan_each(&all, &mut ANY.scratch(), |hits, _| together.push(hits.to_vec()));
        prop_assert_eq!(alone, together);
    }
}

/// Each takes about a second in a debug build, and minutes where a step is not linear.
#[test]
fn texts_of_disguise_alone_take_time_in_their_length() {
    let long = ["&#20445;", "[", "\u{200d}", "保保本本息息"];
    let short = [
        "&",
        "&amp;",
        "/:",
        "👩\u{200d}",
        "🇨🇳",
        "1\u{fe0f}\u{20e3}",
        "保保本本",
        "aabbccdd",
        "a.",
        "W h ",
        "a - ",
        "*",
        "**a",
        "a-\n",
        "a\u{301}",
        "\u{336}",
        "é",
        "帳",
        "aа",
        "\u{e0061}",
        "①1",
        "：1",
    ];
    let folding = Folding {
        repeats: true,
        gaps: Gaps::Punctuation,
        ..Folding::default()
    };
    let matcher = matcher(
        &["保本保息", "abcd"],
        folding,
        "p\t保本.{0,3}息\nq\tWhats\nr\t[0-9]{18}\n",
    );
    let mut hits = Vec::new();
    let table = long.map(|filler| (filler, 1 << 20)).into_iter();
    for (filler, bytes) in table.chain(short.map(|filler| (filler, 128 << 10))) {
        let text = filler.repeat(bytes / filler.len());
        let begun = Instant::now();
        let _ = matcher.scan(&text, &mut matcher.scratch(), &mut hits);
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "{filler:?}: {:?}",
            begun.elapsed()
        );
    }
}

#[test]
fn a_text_without_disguise_has_no_signs() {
    assert!(!has_signs_of_disguise("这款产品稳赚不赔，年化收益 8.5%。"));
    assert!(has_signs_of_disguise("保&nbsp;本"));
}

/// Wherever a part of a long text ends, no word that stands apart over lines is cut by it.
#[test]
fn filler_before_letters_that_stand_in_paragraphs_of_their_own_hides_nothing() {
    let matcher = matcher(&["telegram"], Folding::default(), "");
    let word = "t\n\ne\n\nl\n\ne\n\ng\n\nr\n\na\n\nm";
    for filler in 8_150..8_250 {
        for before in ["\n", "\n\n"] {
            let text = format!(
                "{}{before}{word}\n\n{}",
                "x".repeat(filler),
                "nothing to see here ".repeat(9)
            );
            assert_eq!(found(&matcher, &text), [word], "{filler} {before:?}");
        }
    }
}

#[test]
fn a_disguised_line_of_a_long_text_is_read_wherever_it_stands() {
    let matcher = matcher(&["telegram"], Folding::default(), "app\t(?i)whats ?app\n");
    let paragraph = format!("{}\n\n", "nothing to see in this line of a letter ".repeat(60));
    for place in [0, 1, 5, 11] {
        let (before, behind) = (paragraph.repeat(place), paragraph.repeat(11 - place));
        let text = format!("{before}say t·e·l·e·g·r·a·m or WhаtsАpp now\n\n{behind}");
        assert_eq!(found(&matcher, &text), ["t·e·l·e·g·r·a·m", "WhаtsАpp"], "{place}");
    }
}
