//! The matcher beside daachorse's character-wise automaton alone, in one run: the same terms, the same messages.
//!
//! `cargo bench -p proviso-scan`. Times are for one message of about 118 bytes, mixed Chinese and English. Memory and
//! build time are printed first. With PROVISO_CORPUS, a folder with `lexicons` and `messages`, real lists and messages
//! are measured too; patterns are those of the policies.

use daachorse::CharwiseDoubleArrayAhoCorasick;
use divan::{Bencher, black_box, counter::BytesCount};
use proviso_scan::{Folding, Gaps, List, ListContent, Matcher, MatcherBuilder, lexicon, patterns};
use std::path::{Path, PathBuf};
use std::time::Instant;

const SIZES: [usize; 3] = [200, 2_000, 20_000];
const MESSAGES: usize = 1_024;

fn main() {
    match corpus() {
        Some((terms, _)) => {
            let _ = built(&terms);
            let all: Vec<String> = terms.into_iter().chain(lists("lexicons/konsheng")).collect();
            let _ = built(&all);
        }
        None => println!("PROVISO_CORPUS is not set: real lexicons and messages are left out"),
    }
    for size in SIZES {
        let terms = terms(size);
        let matcher = built(&terms);
        let (mut hits, mut found, mut scratch) = (Vec::new(), 0, matcher.scratch());
        let messages = messages(&terms, 10);
        for message in &messages {
            let _ = matcher.scan(message, &mut scratch, &mut hits);
            found += usize::from(!hits.is_empty());
        }
        let bytes: usize = messages.iter().map(String::len).sum();
        println!(
            "{:>13} {found} of {MESSAGES} messages have hits; {} bytes each",
            "",
            bytes / MESSAGES
        );
    }
    divan::main();
}

/// A matcher of these terms. Memory and build time are printed, beside those of daachorse, which wants each term once.
fn built(terms: &[String]) -> Matcher {
    // What is made once a process is made before.
    drop(matcher(&terms[..1], Folding::default()));
    let begun = Instant::now();
    let matcher = matcher(terms, Folding::default());
    let ours_ms = begun.elapsed().as_secs_f64() * 1e3;
    let once: Vec<&String> = std::collections::BTreeSet::from_iter(terms).into_iter().collect();
    let begun = Instant::now();
    let automaton = daachorse(&once);
    let theirs_ms = begun.elapsed().as_secs_f64() * 1e3;
    println!(
        "{:>6} terms: matcher {:>9} bytes, built in {ours_ms:>6.1} ms; daachorse {:>9} bytes, {theirs_ms:>6.1} ms",
        terms.len(),
        matcher.memory_bytes(),
        automaton.heap_bytes(),
    );
    matcher
}

/// A sequence that is the same on every run: xorshift.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    /// As words of a language are: small numbers are much more frequent than great ones.
    fn skewed(&mut self, limit: usize) -> usize {
        let (a, b) = (self.below(limit), self.below(limit));
        a * b / limit
    }
}

/// The 3,000 ideographs that stand in for the frequent ones.
fn ideograph(numbers: &mut Numbers) -> char {
    char::from_u32(0x4e00 + numbers.skewed(3_000) as u32 * 6).expect("an ideograph")
}

fn word(numbers: &mut Numbers) -> String {
    let mut letter = |letters: &[u8]| char::from(letters[numbers.skewed(letters.len())]);
    let mut word = String::new();
    while word.len() < 4 {
        word.push(letter(b"tscpmrdlnfbgwhvkjzqx"));
        word.push(letter(b"eaiou"));
        word.push(letter(b"nrstlcmdpgk"));
    }
    word
}

/// Three of four are Chinese with 2-6 ideographs, the fourth is one or two English words.
fn terms(count: usize) -> Vec<String> {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut terms = std::collections::BTreeSet::new();
    while terms.len() < count {
        terms.insert(match numbers.below(8) {
            0 => word(&mut numbers) + &word(&mut numbers),
            1 => word(&mut numbers) + " " + &word(&mut numbers),
            _ => (0..2 + numbers.below(5)).map(|_| ideograph(&mut numbers)).collect(),
        });
    }
    terms.into_iter().collect()
}

/// About 118 bytes each, Chinese with English words and punctuation in it; one of `every` has a term.
fn messages(terms: &[String], every: usize) -> Vec<String> {
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    (0..MESSAGES)
        .map(|number| {
            let mut message = String::new();
            let place = if number % every == 0 {
                numbers.below(80)
            } else {
                usize::MAX
            };
            while message.len() < 112 {
                if message.len() >= place && message.len() < place.saturating_add(30) {
                    message.push_str(&terms[numbers.below(terms.len())]);
                }
                match numbers.below(20) {
                    0 => message.push('，'),
                    1 | 2 => message.extend([" ", &word(&mut numbers), " "]),
                    3 => message.push_str(&numbers.below(10_000).to_string()),
                    _ => message.push(ideograph(&mut numbers)),
                }
            }
            message
        })
        .collect()
}

fn matcher(terms: &[String], folding: Folding) -> Matcher {
    let mut builder = MatcherBuilder::new();
    builder.add(List {
        name: "bench".to_owned(),
        content: ListContent::Lexicon {
            terms: terms.to_vec(),
            folding,
        },
    });
    builder.build().expect("the terms are not empty")
}

fn daachorse<T: AsRef<str>>(terms: &[T]) -> CharwiseDoubleArrayAhoCorasick<u32> {
    CharwiseDoubleArrayAhoCorasick::new(terms).expect("the terms are not empty and different")
}

fn bench(bencher: Bencher, size: usize, scan: impl Fn(&str) -> usize) {
    let messages = messages(&terms(size), 10);
    let mut next = 0;
    bencher.counter(BytesCount::new(118_usize)).bench_local(|| {
        next = (next + 1) % MESSAGES;
        scan(black_box(&messages[next]))
    });
}

fn bench_matcher(bencher: Bencher, size: usize, folding: Folding) {
    let matcher = matcher(&terms(size), folding);
    let state = std::cell::RefCell::new((matcher.scratch(), Vec::new()));
    bench(bencher, size, |message| {
        let (scratch, hits) = &mut *state.borrow_mut();
        let _ = matcher.scan(message, scratch, hits);
        hits.len()
    });
}

/// A real lexicon of 65,000 terms and real messages in Chinese and English, if the corpus is there.
fn corpus() -> Option<(Vec<String>, Vec<String>)> {
    let root = PathBuf::from(std::env::var_os("PROVISO_CORPUS")?);
    let mut messages = Vec::new();
    for file in [
        "zh_service_dialogue_crosswoz",
        "zh_offensive_cold",
        "en_finance_dialogue_multidogo",
    ] {
        let text = std::fs::read_to_string(root.join("messages").join(file).with_extension("jsonl")).ok()?;
        let of_line = |line| {
            let line: serde_json::Value = serde_json::from_str(line).ok()?;
            line["text"].as_str().map(str::to_owned)
        };
        messages.extend(text.lines().filter_map(of_line).step_by(23).take(MESSAGES / 2));
    }
    Some((lists("lexicons/houbb"), messages))
}

/// The terms of all lexicons in a folder of the corpus.
fn lists(folder: &str) -> Vec<String> {
    let root = PathBuf::from(std::env::var_os("PROVISO_CORPUS").unwrap_or_default());
    let parse = |file: PathBuf| lexicon::parse(&file, &std::fs::read_to_string(&file).ok()?).ok();
    files(&root.join(folder))
        .into_iter()
        .filter_map(parse)
        .flat_map(|lexicon| lexicon.terms.into_iter().map(|term| term.text))
        .collect()
}

/// What is in a folder, by name; nothing if it is none.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// The lexicons and patterns of the policies of this project.
fn policies(with_lexicons: bool) -> Matcher {
    let mut builder = MatcherBuilder::new();
    for pack in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies")) {
        for file in files(&pack.join("patterns")) {
            let text = std::fs::read_to_string(&file).expect("a pattern file can be read");
            builder.add(List {
                name: file.display().to_string(),
                content: ListContent::Patterns(patterns::parse(&file, &text).expect("a pattern file is valid")),
            });
        }
        for file in files(&pack.join("lexicons")).into_iter().filter(|_| with_lexicons) {
            let text = std::fs::read_to_string(&file).expect("a lexicon can be read");
            let lexicon = lexicon::parse(&file, &text).expect("a lexicon is valid");
            builder.add(List {
                name: file.display().to_string(),
                content: ListContent::Lexicon {
                    terms: lexicon.terms.into_iter().map(|term| term.text).collect(),
                    folding: Folding::default(),
                },
            });
        }
    }
    builder.build().expect("the policies make a matcher")
}

/// A matcher over all real messages a turn.
fn bench_corpus(bencher: Bencher, matcher: &Matcher, messages: &[String]) {
    let (mut scratch, mut hits) = (matcher.scratch(), Vec::new());
    let bytes: usize = messages.iter().map(String::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        let mut count = 0;
        for message in black_box(messages) {
            let _ = matcher.scan(message, &mut scratch, &mut hits);
            count += hits.len();
        }
        count
    });
}

/// The patterns of the policies alone: their pieces, conditions and runs.
#[divan::bench(sample_count = 100, sample_size = 4)]
fn g_corpus_policies_patterns(bencher: Bencher) {
    let Some((_, messages)) = corpus() else { return };
    bench_corpus(bencher, &policies(false), &messages);
}

/// Lexicons and patterns of the policies.
#[divan::bench(sample_count = 100, sample_size = 4)]
fn h_corpus_policies(bencher: Bencher) {
    let Some((_, messages)) = corpus() else { return };
    bench_corpus(bencher, &policies(true), &messages);
}

/// Terms of the real lexicon, evenly taken from it.
const REAL_SIZES: [usize; 3] = [2_000, 20_000, 65_000];

fn thinned(terms: &[String], size: usize) -> Vec<String> {
    terms.iter().step_by(terms.len() / size).take(size).cloned().collect()
}

/// All real messages a turn, so that a turn is as long as another.
#[divan::bench(args = REAL_SIZES, sample_count = 100, sample_size = 4)]
fn e_corpus_daachorse_alone(bencher: Bencher, size: usize) {
    let Some((terms, messages)) = corpus() else { return };
    let automaton = daachorse(&thinned(&terms, size));
    let bytes: usize = messages.iter().map(String::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        let hits = |message: &String| automaton.find_overlapping_iter(message).count();
        black_box(&messages).iter().map(hits).sum::<usize>()
    });
}

#[divan::bench(args = REAL_SIZES, sample_count = 100, sample_size = 4)]
fn f_corpus_matcher_default(bencher: Bencher, size: usize) {
    let Some((terms, messages)) = corpus() else { return };
    let matcher = matcher(&thinned(&terms, size), Folding::default());
    bench_corpus(bencher, &matcher, &messages);
}

/// What is compared with: daachorse, overlapping, without folding, spans or verification.
#[divan::bench(args = SIZES, sample_count = 200, sample_size = 2048)]
fn a_daachorse_alone(bencher: Bencher, size: usize) {
    let automaton = daachorse(&terms(size));
    bench(bencher, size, |message| {
        automaton.find_overlapping_iter(message).count()
    });
}

/// The matcher with no option on.
#[divan::bench(args = SIZES, sample_count = 200, sample_size = 2048)]
fn b_matcher_exact(bencher: Bencher, size: usize) {
    bench_matcher(bencher, size, Folding::EXACT);
}

/// The matcher with the default options.
#[divan::bench(args = SIZES, sample_count = 200, sample_size = 2048)]
fn c_matcher_default(bencher: Bencher, size: usize) {
    bench_matcher(bencher, size, Folding::default());
}

/// The matcher with every option on.
#[divan::bench(args = SIZES, sample_count = 200, sample_size = 2048)]
fn d_matcher_all(bencher: Bencher, size: usize) {
    bench_matcher(
        bencher,
        size,
        Folding {
            gaps: Gaps::Punctuation,
            ..Folding::default()
        },
    );
}
