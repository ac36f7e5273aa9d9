//! Hits of the matcher against a scan written down plainly from the definition.

#![expect(clippy::unwrap_used, reason = "the functions that tests share are tests too")]

use proptest::prelude::*;
use proviso_scan::{
    Folding, GAP_CHARS_MAX, Gaps, Hit, List, ListContent, ListId, Matcher, MatcherBuilder, has_signs_of_disguise,
    is_word,
};

/// All occurrences of `term`, by the definition: its significant characters follow each other in the text, each equal
/// after folding, with at most eight skipped characters between two of them, at word borders if these are asked for.
fn occurrences(text: &str, term: &str, folding: Folding) -> Vec<(usize, usize)> {
    let significant: Vec<char> = term.chars().filter(|&c| !folding.skips(c)).collect();
    let (wanted, folding) = if significant.is_empty() {
        (
            term.chars().collect(),
            Folding {
                gaps: Gaps::None,
                ..folding
            },
        )
    } else {
        (significant, folding)
    };
    let chars: Vec<(usize, char)> = text.char_indices().collect();
    let mut found = Vec::new();
    for first in 0..chars.len() {
        let Some(last) = match_from(&chars, first, &wanted, folding) else {
            continue;
        };
        let starts_word = folding.word_boundaries && is_word(wanted[0]);
        let ends_word = folding.word_boundaries && is_word(wanted[wanted.len() - 1]);
        let before = neighbour(chars[..first].iter().rev(), folding);
        let after = neighbour(chars[last + 1..].iter(), folding);
        if (starts_word && before.is_some_and(is_word)) || (ends_word && after.is_some_and(is_word)) {
            continue;
        }
        found.push((chars[first].0, chars[last].0 + chars[last].1.len_utf8()));
    }
    found
}

fn match_from(chars: &[(usize, char)], first: usize, wanted: &[char], folding: Folding) -> Option<usize> {
    let mut at = first;
    for (number, &c) in wanted.iter().enumerate() {
        if number > 0 {
            at += 1;
            let gap = chars[at..].iter().take_while(|(_, c)| folding.skips(*c)).count();
            if gap > GAP_CHARS_MAX {
                return None;
            }
            at += gap;
        }
        if folding.fold(chars.get(at)?.1) != folding.fold(c) {
            return None;
        }
    }
    Some(at)
}

/// The nearest character that is not invisible, where the list skips invisible ones, if it is among the nearest nine.
fn neighbour<'a>(mut chars: impl Iterator<Item = &'a (usize, char)>, folding: Folding) -> Option<char> {
    let invisible = Folding {
        gaps: Gaps::Invisible,
        ..folding
    };
    let mut near = chars.by_ref().take(GAP_CHARS_MAX + 1);
    near.find(|(_, c)| folding.gaps == Gaps::None || !invisible.skips(*c))
        .map(|&(_, c)| c)
}

fn naive(text: &str, lists: &[(Vec<String>, Folding)]) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (list, (terms, folding)) in lists.iter().enumerate() {
        for (number, term) in terms.iter().enumerate() {
            for (start, end) in occurrences(text, term, *folding) {
                let (list, term) = (ListId(list as u32), number as u32);
                hits.push(Hit {
                    list,
                    term,
                    start: start as u32,
                    end: end as u32,
                });
            }
        }
    }
    hits.sort_by_key(|hit| (hit.start, hit.end, hit.list, hit.term));
    hits
}

/// True if all hits of the first are among those of the second. Both are sorted.
fn is_within(some: &[Hit], hits: &[Hit]) -> bool {
    let mut hits = hits.iter();
    some.iter().all(|hit| hits.any(|other| other == hit))
}

/// Panics if the hits are not those of the naive scan, or these are not among them where a reading may have others.
fn check(text: &str, lists: &[(Vec<String>, Folding)], hits: &[Hit]) {
    let expected = naive(text, lists);
    if has_signs_of_disguise(text) {
        assert!(
            is_within(&expected, hits),
            "{lists:?} in {text:?}: {expected:?} {hits:?}"
        );
    } else {
        assert_eq!(hits, expected, "{lists:?} in {text:?}");
    }
}

fn matcher(lists: &[(Vec<String>, Folding)]) -> Matcher {
    let mut builder = MatcherBuilder::new();
    for (terms, folding) in lists {
        builder.add(List {
            name: "list".to_owned(),
            content: ListContent::Lexicon {
                terms: terms.clone(),
                folding: *folding,
            },
        });
    }
    builder.build().unwrap()
}

/// Characters in which every kind is related to some other: cases, widths, enclosed forms, variants, look-alikes, gaps
/// of all kinds, combining marks, characters of one to four bytes.
const ALPHABET: &[char] = &[
    'a',
    'A',
    'ａ',
    'Ⓐ',
    '🅰',
    'а',
    'b',
    'B',
    'ß',
    's',
    'ſ',
    'é',
    'e',
    '\u{301}',
    '1',
    '１',
    '①',
    '¹',
    'k',
    '\u{212a}',
    '发',
    '發',
    '髮',
    '干',
    '乾',
    '著',
    '着',
    '保',
    '本',
    '一',
    '㈠',
    '⼀',
    '𠮷',
    '𪨧',
    '😀',
    '+',
    '＋',
    '！',
    '!',
    '。',
    ' ',
    '\u{3000}',
    '\u{a0}',
    '\n',
    '\u{200b}',
    '\u{200d}',
    '\u{feff}',
    '\u{fe0f}',
    '\u{0}',
    '\u{e0001}',
    'ｶ',
    'カ',
];

fn text(chars: std::ops::Range<usize>) -> impl Strategy<Value = String> {
    // Half of the characters come from a handful, so that terms are found at all.
    let few = prop::sample::select(&['a', 'Ａ', '发', '發', '1', '+', ' ', '\u{200b}', '！'][..]);
    let any = prop::sample::select(ALPHABET);
    prop::collection::vec(prop_oneof![few, any], chars).prop_map(|chars| chars.into_iter().collect())
}

fn folding() -> impl Strategy<Value = Folding> {
    let gaps = prop::sample::select(&[Gaps::None, Gaps::Invisible, Gaps::Spaces, Gaps::Punctuation][..]);
    (any::<bool>(), any::<bool>(), any::<bool>(), gaps, any::<bool>()).prop_map(
        |(case, width, variants, gaps, word_boundaries)| Folding {
            case,
            width,
            variants,
            gaps,
            word_boundaries,
            ..Folding::default()
        },
    )
}

fn lists() -> impl Strategy<Value = Vec<(Vec<String>, Folding)>> {
    prop::collection::vec((prop::collection::vec(text(1..5), 1..8), folding()), 1..5)
}

/// A text with the terms in it, disturbed by gaps.
fn text_with(lists: Vec<(Vec<String>, Folding)>) -> impl Strategy<Value = (Vec<(Vec<String>, Folding)>, String)> {
    let terms: Vec<String> = lists.iter().flat_map(|(terms, _)| terms.clone()).collect();
    let piece = prop_oneof![prop::sample::select(terms), text(0..6)];
    let gap = prop_oneof![
        6 => Just(String::new()),
        1 => prop::sample::select(&["\u{200b}", " ", "！", "+ ", "\u{200b} "][..]).prop_map(str::to_owned),
        1 => (7..10_usize).prop_map(|count| "\u{200b}".repeat(count)),
    ];
    let pieces = prop::collection::vec((piece, prop::collection::vec(gap, 6)), 0..6);
    pieces.prop_map(move |pieces| {
        let mut text = String::new();
        for (piece, gaps) in pieces {
            for (number, c) in piece.chars().enumerate() {
                text.push(c);
                text.push_str(&gaps[number % gaps.len()]);
            }
        }
        (lists.clone(), text)
    })
}

/// Terms, mostly of ASCII, and a text of them.
fn ascii_with_terms() -> impl Strategy<Value = (Vec<String>, String)> {
    let terms = prop::collection::vec("[aB1]{1,6}|[aB保]{2,6}|\\+", 1..8);
    terms.prop_flat_map(|terms| {
        let between = prop::sample::select(&["+", " ", ", ", "，", "x", "ab", "保", ""][..]).prop_map(str::to_owned);
        let piece = prop_oneof![2 => prop::sample::select(terms.clone()), 1 => between];
        let text = prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat());
        (Just(terms), text)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hits_equal_a_naive_scan((lists, text) in lists().prop_flat_map(text_with)) {
        let matcher = matcher(&lists);
        let mut hits = Vec::new();
        prop_assert!(matcher.scan(&text, &mut matcher.scratch(), &mut hits).is_whole());
        let expected = naive(&text, &lists);
        if has_signs_of_disguise(&text) {
            prop_assert!(is_within(&expected, &hits), "{:?} in {:?}: {:?} {:?}", lists, text, expected, hits);
            for hit in &hits {
                prop_assert!(text.is_char_boundary(hit.start as usize) && text.is_char_boundary(hit.end as usize));
                prop_assert!(hit.start < hit.end && hit.end as usize <= text.len());
            }
            return Ok(());
        }
        prop_assert_eq!(&hits, &expected, "{:?} in {:?}", lists, text);
        for hit in &hits {
            // Slicing panics within a character.
            let (terms, folding) = &lists[hit.list.0 as usize];
            let found = &text[hit.start as usize..hit.end as usize];
            let fold = |text: &str| text.chars().filter(|&c| !folding.skips(c)).map(|c| folding.fold(c)).collect::<String>();
            prop_assert_eq!(fold(found), fold(&terms[hit.term as usize]));
        }
    }

    /// Long runs of plain characters, most of which begin no term: what the scan passes over.
    #[test]
    fn hits_equal_a_naive_scan_in_plain_text(
        terms in prop::collection::vec("[abxyz保本發财]{1,4}", 1..6), folding in folding(), text in "[abXyzt保本发財天地，ｂ ]{0,60}"
    ) {
        let lists = [(terms, folding)];
        let matcher = matcher(&lists);
        let mut hits = Vec::new();
        let _ = matcher.scan(&text, &mut matcher.scratch(), &mut hits);
        check(&text, &lists, &hits);
    }

    /// Stretches of ASCII, which are passed over by other tables than the rest, with terms across their borders.
    #[test]
    fn hits_equal_a_naive_scan_across_stretches_of_ascii((terms, text) in ascii_with_terms(), folding in folding()) {
        let lists = [(terms, folding)];
        let matcher = matcher(&lists);
        let mut hits = Vec::new();
        let _ = matcher.scan(&text, &mut matcher.scratch(), &mut hits);
        check(&text, &lists, &hits);
    }

    #[test]
    fn a_used_scratch_changes_nothing((lists, text) in lists().prop_flat_map(text_with), before in text(0..40)) {
        let matcher = matcher(&lists);
        let (mut fresh, mut reused) = (Vec::new(), Vec::new());
        let mut scratch = matcher.scratch();
        let _ = matcher.scan(&before, &mut scratch, &mut reused);
        let _ = matcher.scan(&text, &mut scratch, &mut reused);
        let _ = matcher.scan(&text, &mut matcher.scratch(), &mut fresh);
        prop_assert_eq!(&fresh, &reused);
        let mut together = Vec::new();
        matcher.scan_each(&[&before, &text, "", &text], &mut scratch, |found, _| together.push(found.to_vec()));
        prop_assert_eq!(&together[1..], &[fresh.clone(), Vec::new(), fresh]);
    }
}

#[test]
fn every_folding_is_tried_on_every_pair_of_characters() {
    // One term of each single character and text of each: the relations themselves, and gaps as terms.
    let terms: Vec<String> = ALPHABET.iter().map(ToString::to_string).collect();
    let text: String = ALPHABET.iter().collect();
    for bits in 0..16 {
        let on = |bit: u32| bits >> bit & 1 == 1;
        for gaps in [Gaps::None, Gaps::Invisible, Gaps::Spaces, Gaps::Punctuation] {
            let folding = Folding {
                case: on(0),
                width: on(1),
                variants: on(2),
                gaps,
                word_boundaries: on(3),
                ..Folding::default()
            };
            let lists = [(terms.clone(), folding)];
            let matcher = matcher(&lists);
            let mut hits = Vec::new();
            let _ = matcher.scan(&text, &mut matcher.scratch(), &mut hits);
            check(&text, &lists, &hits);
        }
    }
}
