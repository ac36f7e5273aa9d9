//! Cases and lists: the project's own, always, and those that others published, where PROVISO_CORPUS names a folder that holds
//! them.

#![expect(clippy::unwrap_used, reason = "the functions that tests share are tests too")]

use proviso_scan::{
    EntityKind, Folding, Gaps, Hit, List, ListContent, Matcher, MatcherBuilder, entities, has_signs_of_disguise,
    lexicon,
};
use serde_json::Value;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The project's own corpus.
fn own() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpus")
}

/// What others published.
fn published() -> Option<PathBuf> {
    std::env::var_os("PROVISO_CORPUS").map(PathBuf::from)
}

/// Tells what is not tried. Past the harness, which shows only what a failed test printed.
fn say_skipped(what: &str) {
    let _ = writeln!(
        std::io::stderr(),
        "not tried, since PROVISO_CORPUS names no folder: {what}"
    );
}

fn matcher(terms: &[&str], folding: Folding) -> Matcher {
    let terms = terms.iter().map(ToString::to_string).collect();
    let mut builder = MatcherBuilder::new();
    builder.add(List {
        name: "list".to_owned(),
        content: ListContent::Lexicon { terms, folding },
    });
    builder.build().unwrap()
}

fn scan(matcher: &Matcher, text: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    let _ = matcher.scan(text, &mut matcher.scratch(), &mut hits);
    hits
}

fn found<'a>(matcher: &Matcher, text: &'a str) -> Vec<&'a str> {
    scan(matcher, text)
        .iter()
        .map(|hit| &text[hit.start as usize..hit.end as usize])
        .collect()
}

fn json_lines(path: &Path) -> Vec<Value> {
    fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Left out are the cases with an empty pattern, which a list refuses, and those that hold only for other semantics than
/// all overlapping matches (leftmost, not overlapping, anchored).
#[test]
fn overlapping_cases_of_aho_corasick() {
    let check = |name: &str, patterns: &[&str], haystack: &str, mut expected: Vec<(u32, u32, u32)>| {
        expected.sort_by_key(|&(pattern, start, end)| (start, end, pattern));
        let hits = scan(&matcher(patterns, Folding::EXACT), haystack);
        let hits: Vec<_> = hits.iter().map(|hit| (hit.term, hit.start, hit.end)).collect();
        if has_signs_of_disguise(haystack) {
            assert!(expected.iter().all(|hit| hits.contains(hit)), "{name}: {hits:?}");
        } else {
            assert_eq!(hits, expected, "{name}");
        }
    };
    check(
        "sample",
        &["abcd", "bcd", "cd", "b"],
        "abcd",
        vec![(0, 0, 4), (1, 1, 4), (2, 2, 4), (3, 1, 2)],
    );
    check(
        "equal patterns",
        &["foo", "foo"],
        "foobarfoo",
        vec![(0, 0, 3), (1, 0, 3), (0, 6, 9), (1, 6, 9)],
    );

    let roots: Vec<PathBuf> = [Some(own()), published()].into_iter().flatten().collect();
    let mut tried = 0;
    for case in roots
        .iter()
        .flat_map(|root| json_lines(&root.join("vectors/aho_corasick_cases.jsonl")))
    {
        let patterns: Vec<&str> = case["patterns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| p.as_str().unwrap())
            .collect();
        let collections = case["collections"].as_array().unwrap();
        if !collections.contains(&"AC_STANDARD_OVERLAPPING".into()) || patterns.contains(&"") {
            continue;
        }
        let number = |value: &Value| value.as_u64().unwrap() as u32;
        let matches = case["matches"].as_array().unwrap().iter();
        let expected = matches.map(|m| (number(&m[0]), number(&m[1]), number(&m[2]))).collect();
        check(
            case["name"].as_str().unwrap(),
            &patterns,
            case["haystack"].as_str().unwrap(),
            expected,
        );
        tried += 1;
    }
    assert!(tried >= 40 * roots.len(), "only {tried} cases fit");
}

/// Conversions to simplified script that change characters one by one must be the same after folding. 13 of the 108 in the
/// file hold for whole words only (破坏 but 土坯, both from 坏) or for rare forms that the tables of 0.4.0 do not have.
#[test]
fn conversions_of_opencc() {
    let folding = Folding {
        variants: true,
        ..Folding::EXACT
    };
    let folded = |text: &str| text.chars().map(|c| folding.fold(c)).collect::<String>();
    for (traditional, simplified) in [
        ("虛偽歎息", "虚伪叹息"),
        ("發財頭髮", "发财头发"),
        ("乾淨幹部", "干净干部"),
    ] {
        assert_eq!(folded(traditional), folded(simplified));
        assert_eq!(
            folded(simplified),
            simplified,
            "simplified characters represent themselves"
        );
    }

    let (by_character, by_phrase) = conversions(&own(), &folded);
    assert_eq!((by_character, by_phrase.as_slice()), (30, &[][..]));
    let Some(published) = published() else {
        return say_skipped("the conversions of OpenCC");
    };
    let (by_character, by_phrase) = conversions(&published, &folded);
    assert!(
        by_character >= CONVERSIONS_BY_CHARACTER_MIN,
        "{by_character} conversions hold; by phrase: {by_phrase:#?}"
    );
}

/// How many conversions of a corpus are the same after folding, and those that are not.
fn conversions(root: &Path, folded: &dyn Fn(&str) -> String) -> (usize, Vec<String>) {
    let text = fs::read_to_string(root.join("vectors/opencc/testcases.json")).unwrap();
    // The file has comments on lines of their own and commas behind the last item, which JSON does not know.
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with("//"))
        .collect();
    let text = lines.join("").replace(",}", "}").replace(",]", "]");
    let cases: Value = serde_json::from_str(&text).unwrap();
    let (mut by_character, mut by_phrase) = (0, Vec::new());
    for case in cases["cases"].as_array().unwrap() {
        let input = case["input"].as_str().unwrap();
        for direction in ["t2s", "tw2s", "hk2s"] {
            let Some(expected) = case["expected"][direction].as_str() else {
                continue;
            };
            if folded(input) == folded(expected) {
                by_character += 1;
            } else {
                by_phrase.push(format!("{direction}: {input} -> {expected}"));
            }
        }
    }
    (by_character, by_phrase)
}

const CONVERSIONS_BY_CHARACTER_MIN: usize = 95;

/// Left out are the checks for numbers, addresses and mail, which are patterns' work; skipping repeated characters, which
/// folding does not do; and replacing.
#[test]
fn texts_of_sensitive_word() {
    let folding = Folding {
        word_boundaries: false,
        ..Folding::default()
    };
    let sample = matcher(&["fuck", "五星红旗", "sb"], folding);
    assert_eq!(found(&sample, "Ⓕⓤc⒦ the bad words"), ["Ⓕⓤc⒦"]);
    assert_eq!(found(&sample, "ｆｕｃｋ the bad words."), ["ｆｕｃｋ"]);
    assert_eq!(
        found(&sample, "fuCK 你是SB吧，我爱五星紅旗。"),
        ["fuCK", "SB", "五星紅旗"]
    );

    let Some(root) = published() else {
        return say_skipped("the texts of sensitive-word");
    };
    let dictionary = read_lexicon(&root.join("lexicons/houbb/dict_v20240407.txt"));
    let denied = read_lexicon(&root.join("lexicons/houbb/sensitive_word_deny.txt"));
    // The library's own list is longer than the published one; these are what its cases add.
    let terms: Vec<&str> = dictionary
        .iter()
        .chain(&denied)
        .map(String::as_str)
        .chain(["fuck", "五星红旗"])
        .collect();
    let matcher = matcher(&terms, folding);
    let mut tried = 0;
    for case in json_lines(&root.join("vectors/sensitive_word_cases.jsonl")) {
        if !case["options"].as_object().unwrap().is_empty() {
            continue;
        }
        let text = case["text"].as_str().unwrap();
        let hits = found(&matcher, text);
        for assertion in case["asserts"].as_array().unwrap() {
            let expected = &assertion["expect"];
            match (assertion["op"].as_str().unwrap(), expected.as_str()) {
                ("contains", _) => assert_eq!(!hits.is_empty(), expected.as_bool().unwrap(), "{text}"),
                ("findAll", Some(list)) => {
                    let words = list
                        .trim_matches(['[', ']'])
                        .split(", ")
                        .filter(|word| !word.is_empty());
                    words.for_each(|word| assert!(hits.contains(&word), "{word} in {text}: {hits:?}"));
                }
                ("findFirst", Some(word)) if !word.starts_with("WordResult") => {
                    assert!(hits.contains(&word), "{word} in {text}: {hits:?}");
                }
                _ => continue,
            }
            tried += 1;
        }
    }
    assert!(tried >= 15, "only {tried} assertions fit");
    println!("{tried} assertions of sensitive-word hold");
}

fn read_lexicon(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let lexicon = lexicon::parse(path, &text).unwrap_or_else(|problems| panic!("{problems:?}"));
    lexicon.terms.into_iter().map(|term| term.text).collect()
}

/// The lists of the packs load, and every term of theirs is found in itself under every option.
#[test]
fn the_lists_of_the_packs_load_and_find_their_own_terms() {
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let folders = fs::read_dir(packs)
        .unwrap()
        .map(|entry| entry.unwrap().path().join("lexicons"));
    lists_find_their_own_terms(folders.filter(|folder| folder.is_dir()), 3_000);
}

/// The same of lists that others published, as they are.
#[test]
fn real_lists_load_and_find_their_own_terms() {
    let Some(root) = published() else {
        return say_skipped("the lists of houbb, konsheng and LDNOOBW");
    };
    let folders = ["houbb", "konsheng", "ldnoobw"].map(|folder| root.join("lexicons").join(folder));
    lists_find_their_own_terms(folders, 140_000);
}

/// Loads every list of these folders, which must have this many terms at least.
fn lists_find_their_own_terms(folders: impl IntoIterator<Item = PathBuf>, terms_min: usize) {
    let mut all = Vec::new();
    for folder in folders {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "txt") {
                all.push((path.clone(), read_lexicon(&path)));
            }
        }
    }
    all.sort();
    let total: usize = all.iter().map(|(_, terms)| terms.len()).sum();
    assert!(total > terms_min, "{total}");
    for folding in [
        Folding::EXACT,
        Folding::default(),
        Folding {
            gaps: Gaps::Punctuation,
            ..Folding::default()
        },
    ] {
        let mut builder = MatcherBuilder::new();
        for (path, terms) in &all {
            let name = path.display().to_string();
            builder.add(List {
                name,
                content: ListContent::Lexicon {
                    terms: terms.clone(),
                    folding,
                },
            });
        }
        let matcher = builder.build().unwrap();
        assert_eq!(matcher.terms(), total);
        println!("{folding:?}: {total} terms in {} bytes", matcher.memory_bytes());
        let (mut scratch, mut hits) = (matcher.scratch(), Vec::new());
        for (list, (_, terms)) in all.iter().enumerate() {
            for (number, term) in terms.iter().enumerate() {
                let _ = matcher.scan(term, &mut scratch, &mut hits);
                let found = hits
                    .iter()
                    .any(|hit| (hit.list.0 as usize, hit.term as usize) == (list, number));
                assert!(found, "{term:?} of list {list} under {folding:?}");
            }
        }
    }
}

/// Each corpus that has this file: the project's, then that of PROVISO_CORPUS.
fn cases_of(file: &str) -> Vec<Vec<Value>> {
    if published().is_none() {
        say_skipped(file);
    }
    let corpora = [Some(own()), published()].into_iter().flatten();
    corpora
        .map(|corpus| json_lines(&corpus.join("vectors").join(file)))
        .collect()
}

/// True if the text has an entity of that kind.
fn has(kind: EntityKind, text: &str) -> bool {
    let mut found = Vec::new();
    entities::find(text, &mut found);
    found.iter().any(|entity| entity.kind == kind)
}

#[test]
fn identity_numbers_of_id_validator() {
    for cases in cases_of("cn_id_card_cases.jsonl") {
        let mut tried = 0;
        for case in &cases {
            let number = case["id_number"].as_str().unwrap();
            // 15 digits ask for a word beside them, and `strict` for the history of every region code.
            if number.len() == 18 && case["strict"] != Value::Bool(true) {
                assert_eq!(
                    Some(has(EntityKind::CnIdentity, number)),
                    case["valid"].as_bool(),
                    "{case}"
                );
                tried += 1;
            }
        }
        assert!(tried > 10, "only {tried} cases");
    }
}

#[test]
fn cards_and_accounts_of_presidio() {
    for cases in cases_of("presidio_recognizer_cases.jsonl") {
        let mut tried = 0;
        for case in &cases {
            let kind = match case["recognizer"].as_str() {
                Some("iban") => EntityKind::Iban,
                Some("credit_card") => EntityKind::BankCard,
                _ => continue,
            };
            let text = case["case"]["text"].as_str().or(case["case"]["iban"].as_str());
            let (Some(text), Some(expected)) = (text, case["case"]["expected_len"].as_u64()) else {
                continue;
            };
            // One number in usual writing: the recognizers have settings of their own for the others.
            let usual = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == ' ' || c == '-';
            let is_number = text.chars().all(usual) && text.chars().any(|c| c.is_ascii_digit()) && text.len() <= 40;
            if !is_number || text.contains("ALL CAPS") || !text.chars().take(4).all(|c| c.is_ascii_alphanumeric()) {
                continue;
            }
            // A card of the air travel plan asks for a word beside it: numbers of many kinds look the same.
            let word = if text.starts_with("1220") { "card: " } else { "" };
            assert_eq!(has(kind, &format!("{word}{text}")), expected == 1, "{case}");
            tried += 1;
        }
        assert!(tried > 100, "only {tried} cases");
    }
}
