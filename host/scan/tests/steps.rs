//! Looking for terms and patterns takes a bounded number of steps for each text, whatever the text and the lists.

use proviso_model::limits;
use proviso_scan::{Folding, Gaps, Hit, List, ListContent, ListId, MatcherBuilder, TEXT_BYTES_MAX, patterns};
use std::path::Path;
use std::time::{Duration, Instant};

/// Far more than any of these scans takes, in a debug build too, and far less than what they took without a bound. Many of the texts have
/// signs of disguise by chance, and are looked at twice.
const LONG: Duration = Duration::from_mins(1);

fn patterns_list(text: &str) -> List {
    List {
        name: "patterns".to_owned(),
        content: ListContent::Patterns(patterns::parse(Path::new("p.txt"), text).expect("good patterns")),
    }
}

fn lexicon(terms: Vec<String>, gaps: Gaps) -> List {
    let folding = Folding {
        gaps,
        word_boundaries: false,
        ..Folding::default()
    };
    List {
        name: "terms".to_owned(),
        content: ListContent::Lexicon { terms, folding },
    }
}

/// The hits of each text and the lists that were out of steps, scanned alone and together: the same both times.
fn scanned(builder: MatcherBuilder, texts: &[&str]) -> Vec<(Vec<Hit>, Vec<ListId>)> {
    let matcher = builder.build().expect("good lists");
    let (mut scratch, mut hits) = (matcher.scratch(), Vec::new());
    let begun = Instant::now();
    let alone: Vec<_> = texts
        .iter()
        .map(|text| {
            let out_of_steps = matcher.scan(text, &mut scratch, &mut hits).out_of_steps.to_vec();
            (hits.clone(), out_of_steps)
        })
        .collect();
    let mut together = Vec::new();
    matcher.scan_each(texts, &mut scratch, |found, scanned| {
        together.push((found.to_vec(), scanned.out_of_steps.to_vec()));
    });
    assert!(begun.elapsed() < LONG, "{:?}", begun.elapsed());
    assert_eq!(alone.len(), together.len());
    for (one, other) in alone.iter().zip(&together) {
        assert!(one == other, "a text has other hits in company");
    }
    alone
}

#[test]
fn patterns_that_look_again_and_again_run_out_of_steps_and_their_neighbours_do_not() {
    let table = [
        ("保证.*收益|保证", "保证", 1 << 20),
        (".*[^A-Z]|[A-Z]", "A", 1 << 20),
        (".*[^A-Z]|[A-Z]", "A", 64 << 10),
        ("保证(?:.*收益)?", "保证", 1 << 20),
        (r"\b(?:保证.*收益|保证)", "保证 ", 64 << 10),
        (r"保证.{0,700}收益|保证", "保证", 1 << 20),
    ];
    for (regex, filler, bytes) in table {
        let mut builder = MatcherBuilder::new();
        let hostile = builder.owner(limits::SCAN_STEPS_PER_KIB_DEFAULT);
        let own = builder.add_of(hostile, patterns_list(&format!("bad\t{regex}\n")));
        let own_terms = builder.add_of(hostile, lexicon(vec!["稳赚不赔".to_owned()], Gaps::Invisible));
        let other = builder.add(patterns_list("good\t稳赚.{0,4}赔\n"));
        let long = "稳赚不赔\n".to_owned() + &filler.repeat(bytes / filler.len());
        let found = scanned(builder, &[&long, "这款稳赚不赔", &long]);
        for text in [0, 2] {
            let (hits, out_of_steps) = &found[text];
            assert_eq!(*out_of_steps, [own], "{regex}");
            for list in [own_terms, other] {
                assert!(hits.iter().any(|hit| hit.list == list), "{regex}: {list:?}");
            }
        }
        assert_eq!(found[1].1, []);
    }
}

/// Characters in no order that repeats.
fn disorder(of: &[&str], bytes: usize) -> String {
    let (mut state, mut text) = (88_172_645_463_325_252_u64, String::new());
    while text.len() < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text.push_str(of[(state >> 33) as usize % of.len()]);
    }
    text
}

/// Where each byte leads to a state that was not there before, an automaton is as slow as an engine without one.
#[test]
fn texts_without_order_cannot_make_an_automaton_grow_for_ever() {
    let (letters, words, han) = (["a", "b"], ["a", "b", " "], ["保", "证", "收", "益", "好"]);
    let table: [(&str, &[&str], bool); 9] = [
        ("[ab]*a[ab]{20}[c0]", &letters, false),
        ("[ab]*a[ab]{400}[c0]", &letters, true),
        ("[ab]*a[ab]{3000}[c0]", &letters, true),
        ("[^x]*保[^x]{300}[x0]", &han, true),
        (r"[ab]{500}\b[c0]", &letters, false),
        (r"\b(?:a?b?c?){300}[x0]", &words, false),
        (r"\b(?:(?:|a)(?:|b)){400}[c0]", &words, false),
        (r"\b(?:date|moved|crazy)\s+[x0]", &["date "], false),
        ("(?:(?:a|b)*c?)*[x0]", &letters, false),
    ];
    for (regex, of, is_out) in table {
        let mut builder = MatcherBuilder::new();
        let owner = builder.owner(limits::SCAN_STEPS_PER_KIB_DEFAULT);
        let list = builder.add_of(owner, patterns_list(&format!("p\t{regex}\n")));
        let other = builder.add(patterns_list("good\t稳赚.{0,4}赔\n"));
        // What every match must have stands in it somewhere, so that no pattern is left out for the lack of it.
        let long = format!("稳赚不赔 9x c9 x0 保\n{}\n9x c0 保 ", disorder(of, 1 << 20));
        let begun = Instant::now();
        let found = scanned(builder, &["保证收益", &long, "x0"]);
        println!("{regex}: {:?}", begun.elapsed());
        assert_eq!(found[1].1, if is_out { vec![list] } else { vec![] }, "{regex}");
        assert!(found[1].0.iter().any(|hit| hit.list == other), "{regex}");
        assert_eq!((&found[0].1, &found[2].1), (&vec![], &vec![]));
    }
}

#[test]
fn many_patterns_without_pieces_are_bounded_together() {
    for (name, regex) in [
        ("counted", "[ab]{N}"),
        ("anywhere", "[ab]*[ab][ab]{N}"),
        ("words", r"\b[ab]{N}"),
    ] {
        let lines = (0..400).map(|n| format!("p{n}\t{}[{}]\n", regex.replace('N', &(300 + n).to_string()), n % 10));
        let mut builder = MatcherBuilder::new();
        let owner = builder.owner(limits::SCAN_STEPS_PER_KIB_DEFAULT);
        builder.add_of(owner, patterns_list(&lines.collect::<String>()));
        let other = builder.add(patterns_list("good\t稳赚.{0,4}赔\n"));
        let long = format!("稳赚不赔 0123456789\n{}", disorder(&["a", "b"], 256 << 10));
        let begun = Instant::now();
        let found = scanned(builder, &[&long, "稳赚"]);
        println!("{name}: {:?}", begun.elapsed());
        assert!(found[0].0.iter().any(|hit| hit.list == other), "{name}");
        assert_eq!(found[1].1, []);
    }
}

#[test]
fn a_pack_may_be_granted_more_and_never_less_than_a_short_text_needs() {
    let text = "保证".repeat(500);
    for (per_kib, is_out) in [(0, true), (limits::SCAN_STEPS_PER_KIB_DEFAULT, true), (u64::MAX, false)] {
        let mut builder = MatcherBuilder::new();
        let owner = builder.owner(per_kib);
        let list = builder.add_of(owner, patterns_list("p\t\\b(?:保证.*收益|保证)|保证.*x|保\n"));
        let found = scanned(builder, &[&text, "保证"]);
        assert_eq!(found[0].1, if is_out { vec![list] } else { vec![] }, "{per_kib}");
        assert_eq!(found[1], (found[1].0.clone(), vec![]));
    }
}

#[test]
fn ordinary_long_texts_have_steps_to_spare() {
    let line = "客户张三的年化3.5%产品，电话13800138000，保证金200元，邮箱a.b@example.com。\n";
    let text = line.repeat((1 << 20) / line.len());
    let mut builder = MatcherBuilder::new();
    let owner = builder.owner(limits::SCAN_STEPS_PER_KIB_DEFAULT);
    let all = [
        r"a	\b1[3-9]\d{9}\b",
        r"b	年化\s*\d+(\.\d+)?%",
        r"c	[\w.]+@[\w.]+",
        r"d	保证.*元",
        r"e	(?:电话|手机).{0,14}(?:13[0-9]{4}|15[0-9]{4})",
        r"f	\d{3,}",
        r"g	保证.*收益|保证",
    ];
    builder.add_of(owner, patterns_list(&all.join("\n")));
    let thousand = line.repeat(1_000);
    let found = scanned(builder, &[&text, &thousand, line]);
    assert_eq!(found[0].1, []);
    assert!(text.len() < TEXT_BYTES_MAX && found[0].0.len() > 40_000);
    // A long text gets automata of its own, and they find what the others find in each of its lines.
    let moved = |number: usize, hit: &Hit| {
        let by = (number * line.len()) as u32;
        let (start, end) = (hit.start + by, hit.end + by);
        Hit { start, end, ..*hit }
    };
    let expected: Vec<Hit> = (0..1_000)
        .flat_map(|number| found[2].0.iter().map(move |hit| moved(number, hit)))
        .collect();
    assert!(found[1].0 == expected && found[2].0.len() > 5);
}

#[test]
fn long_and_crowded_terms_run_out_of_steps_and_other_lists_do_not() {
    let crowd: Vec<String> = (0..20_000_u32)
        .map(|number| {
            let gap = |bit: u32| if number >> bit & 1 == 1 { "-" } else { "." };
            format!("a{}b", (0..15).map(gap).collect::<String>())
        })
        .collect();
    let table: [(Vec<String>, Gaps, &str); 4] = [
        (vec!["啊".repeat(340) + "嗯"], Gaps::Invisible, "啊"),
        (vec!["a".repeat(1_023) + "b"], Gaps::Invisible, "a"),
        (vec!["!".repeat(1_023) + "?"], Gaps::None, "!"),
        (crowd, Gaps::None, "ab"),
    ];
    for (terms, gaps, filler) in table {
        let mut builder = MatcherBuilder::new();
        let heavy = builder.add(lexicon(terms, gaps));
        let other = builder.add(lexicon(vec!["保本".to_owned()], Gaps::Invisible));
        let patterns = builder.add(patterns_list("p\t保本.{0,3}息\n"));
        let long = filler.repeat((1 << 20) / filler.len()) + "保本保息";
        let found = scanned(builder, &[&long, "保本保息"]);
        assert_eq!(found[0].1, [heavy], "{filler}");
        let lists: Vec<ListId> = found[0].0.iter().map(|hit| hit.list).collect();
        assert_eq!(lists, [other, patterns], "{filler}");
        assert_eq!(found[1].1, []);
    }
}
