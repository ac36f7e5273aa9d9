//! What the files of an index show to whoever has no key: the attacks of the literature get no more words out of them than a guess does.
//!
//! The attacker has messages like those of the archive (the other half of one corpus), knows in which months how many were sent, and sees the files.
//! Visible are pages: how many, in which order, how long, and which bytes come twice. Words are matched with what is visible by how often they come (Naveed,
//! Kamara, Wright, CCS 2015), by how often they come together (Islam, Kuzu, Kantarcioglu, NDSS 2012; Cash, Grubbs, Perry, Ristenpart, CCS 2015), and
//! step by step from the surest matches on (Damie, Hahn, Peter, USENIX Security 2021, for an attacker who has similar documents).
//!
//! The same attacks are made on indexes with a planted defect. Where these are not broken, the test says nothing and fails.
//!
//! A short form runs each time; `make leakage` has 24,000 messages, of `PROVISO_CORPUS` where it names a folder.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "a part of it")]
#[path = "../../search/examples/support/corpus.rs"]
mod corpus;

use crate::support::{Write as _, at, batch, entry_of, fresh, message, raw_connection};
use proviso_archive::Archive;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Words that the attacker looks for: those that come most often.
const WORDS: usize = 100;
/// Months in which messages were sent, each a segment.
const MONTHS: usize = 24;
const MONTH_MS: i64 = 31 * 86_400_000;
/// Messages of a transaction.
const PART: usize = 256;
/// Bytes of a cipher's block.
const BLOCK: usize = 16;
/// Matches that the step by step attack begins from, and takes as sure with each step.
const SURE: usize = 15;

/// Messages of each half.
fn messages() -> usize {
    std::env::var("PROVISO_LEAKAGE").map_or(9_600, |count| count.parse().unwrap())
}

/// Xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last + 1));
        }
    }

    /// Of a Zipf distribution over so many.
    fn zipf(&mut self, count: usize) -> usize {
        let share = self.below(1 << 30) as f64 / f64::from(1 << 30);
        (((count + 1) as f64).powf(share) - 1.0) as usize
    }
}

/// Texts about subjects, each with words of its own beside common ones; which subjects come changes with the months.
fn generated(count: usize) -> Vec<String> {
    const SYLLABLES: [&str; 16] = [
        "ka", "to", "mi", "ren", "sol", "ba", "di", "fu", "gor", "len", "pa", "qui", "ta", "vo", "xe", "zun",
    ];
    let words: Vec<String> = (0..4_096)
        .map(|n: usize| [n % 16, n / 16 % 16, n / 256].map(|at| SYLLABLES[at]).concat())
        .collect();
    let mut random = Random(11);
    let subjects: Vec<Vec<usize>> = (0..12)
        .map(|_| (0..400).map(|_| random.below(words.len())).collect())
        .collect();
    (0..count)
        .map(|number| {
            let subject = &subjects[(random.below(6) + number / 2 % MONTHS) % subjects.len()];
            let length = 6 + random.below(12);
            let text = (0..length).map(|_| match random.below(5) {
                0 | 1 => words[random.zipf(1_000)].as_str(),
                _ => words[subject[random.zipf(subject.len())]].as_str(),
            });
            text.collect::<Vec<_>>().join(" ")
        })
        .collect()
}

/// Words of two letters and more, and ideographs in pairs: by what an index finds.
fn words_of(text: &str) -> BTreeSet<String> {
    let lower = text.to_lowercase();
    let latin = lower
        .split(|c: char| !c.is_ascii_lowercase())
        .filter(|word| word.len() > 1);
    let mut words: BTreeSet<String> = latin.map(str::to_owned).collect();
    let is_ideograph = |c: &char| ('\u{4e00}'..='\u{9fff}').contains(c);
    let characters: Vec<char> = lower.chars().collect();
    let pairs = characters.windows(2).filter(|pair| pair.iter().all(is_ideograph));
    words.extend(pairs.map(|pair| pair.iter().collect::<String>()));
    words
}

/// Rows of what is seen, or of what is known of words: a value for each unit, which is a month or a document.
type Rows = Vec<Vec<f64>>;

/// What an attack knows of the units: the months of both halves are the same, the documents are others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Units {
    Months,
    Documents,
}

/// One half of the corpus: its texts by month, and the words of each.
struct Half {
    texts: Vec<String>,
    words: Vec<BTreeSet<String>>,
}

impl Half {
    fn of(texts: Vec<String>) -> Self {
        let words = texts.iter().map(|text| words_of(text)).collect();
        Self { texts, words }
    }

    /// How often words come: in each month, or in each document.
    fn rows(&self, of: &[String], units: Units) -> Rows {
        let places: HashMap<&str, usize> = of
            .iter()
            .enumerate()
            .map(|(place, word)| (word.as_str(), place))
            .collect();
        let width = match units {
            Units::Months => MONTHS,
            Units::Documents => self.texts.len(),
        };
        let mut rows = vec![vec![0.0; width]; of.len()];
        for (document, words) in self.words.iter().enumerate() {
            let unit = match units {
                Units::Months => document % MONTHS,
                Units::Documents => document,
            };
            for place in words.iter().filter_map(|word| places.get(word.as_str())) {
                rows[*place][unit] += 1.0;
            }
        }
        rows
    }

    /// The words that come most often, the most frequent first.
    fn most_frequent(&self, count: usize) -> Vec<String> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for word in self.words.iter().flatten() {
            *counts.entry(word).or_default() += 1;
        }
        let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        counts
            .into_iter()
            .take(count)
            .map(|(word, _)| word.to_owned())
            .collect()
    }
}

/// Of mean 0 and length 1; all zeros where nothing differs.
fn standard(row: &[f64]) -> Vec<f64> {
    let mean = row.iter().sum::<f64>() / row.len() as f64;
    let length = row.iter().map(|value| (value - mean).powi(2)).sum::<f64>().sqrt();
    let by = if length > 1e-12 { 1.0 / length } else { 0.0 };
    row.iter().map(|value| (value - mean) * by).collect()
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

/// How often each two come together.
fn together(rows: &Rows, units: Units) -> Rows {
    let rows: Rows = match units {
        Units::Months => rows.iter().map(|row| standard(row)).collect(),
        Units::Documents => rows.clone(),
    };
    let width = match units {
        Units::Months => 1.0,
        Units::Documents => rows[0].len() as f64,
    };
    let row = |one: &Vec<f64>| rows.iter().map(|other| dot(one, other) / width).collect();
    rows.iter().map(row).collect()
}

/// By how often they come in each month: the label of each word, the surest first.
fn by_frequency(labels: &Rows, words: &Rows) -> Vec<(usize, usize)> {
    // What is seen is taken for a count, whatever its unit; roots of counts differ alike from month to month, however many there are.
    let scaled = |rows: &Rows| -> Rows {
        let all: Vec<f64> = rows.iter().flatten().copied().collect();
        let least = all.iter().copied().fold(f64::INFINITY, f64::min);
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        let by = (mean - least).max(1e-12).recip();
        rows.iter()
            .map(|row| row.iter().map(|value| ((value - least) * by).sqrt()).collect())
            .collect()
    };
    let (labels, words) = (scaled(labels), scaled(words));
    let distance = |one: &[f64], other: &[f64]| one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
    let mut pairs: Vec<(f64, usize, usize)> = Vec::new();
    for (label, of_label) in labels.iter().enumerate() {
        let distances: Vec<f64> = words.iter().map(|of_word| distance(of_word, of_label)).collect();
        let mut nearest = distances.clone();
        nearest.sort_by(f64::total_cmp);
        let second = nearest.get(1).copied().unwrap_or(1.0).max(1e-300);
        // Sure is what is near to one word and far from every other.
        pairs.extend(
            distances
                .iter()
                .enumerate()
                .map(|(word, distance)| (distance / second, word, label)),
        );
    }
    pairs.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (mut taken_words, mut taken_labels) = (BTreeSet::new(), BTreeSet::new());
    let mut matched = Vec::new();
    for (_, word, label) in pairs {
        if !taken_words.contains(&word) && !taken_labels.contains(&label) {
            taken_words.insert(word);
            taken_labels.insert(label);
            matched.push((word, label));
        }
    }
    matched
}

/// From the surest matches on, by what comes together with them.
fn step_by_step(first: &[(usize, usize)], of_labels: &Rows, of_words: &Rows) -> Vec<(usize, usize)> {
    let mut sure = first.to_vec();
    let mut matched = BTreeMap::new();
    for step in 1.. {
        let mut guesses: Vec<(f64, usize, usize)> = Vec::new();
        for (label, of_label) in of_labels.iter().enumerate() {
            let mut best = (f64::INFINITY, 0);
            let mut second = f64::INFINITY;
            for (word, of_word) in of_words.iter().enumerate() {
                let distance = sure
                    .iter()
                    .map(|(w, l)| (of_word[*w] - of_label[*l]).powi(2))
                    .sum::<f64>();
                if distance < best.0 {
                    second = best.0;
                    best = (distance, word);
                } else if distance < second {
                    second = distance;
                }
            }
            let certainty = second.max(1e-300).ln() - best.0.max(1e-300).ln();
            guesses.push((certainty, best.1, label));
        }
        guesses.sort_by(|one, other| other.0.total_cmp(&one.0));
        // Of several labels for a word the surest.
        matched.clear();
        for (_, word, label) in &guesses {
            matched.entry(*word).or_insert(*label);
        }
        if step * SURE >= of_labels.len() {
            break;
        }
        // What was sure first is guessed again by what is sure now.
        let (mut words, mut next) = (BTreeSet::new(), Vec::new());
        for (_, word, label) in &guesses {
            if next.len() < SURE * (step + 1) && words.insert(*word) {
                next.push((*word, *label));
            }
        }
        sure = next;
    }
    matched.into_iter().collect()
}

/// How an attack did.
struct Recovered {
    words: usize,
    /// What as many guesses at random recover: on average, and at most once in a thousand times.
    chance: f64,
    chance_max: usize,
}

/// A word is recovered where what was matched with it was made of it: no other word's occurrences are as much like it.
fn recovered(labels: &Rows, truth: &Rows, matched: &[(usize, usize)]) -> Recovered {
    let truth: Rows = truth.iter().map(|row| standard(row)).collect();
    let made_of: Vec<usize> = labels
        .iter()
        .map(|row| {
            let row = standard(row);
            let like = truth.iter().map(|word| dot(word, &row)).enumerate();
            like.max_by(|one, other| one.1.total_cmp(&other.1)).unwrap().0
        })
        .collect();
    let count = |words: &mut dyn Iterator<Item = (usize, usize)>| {
        words.filter(|(word, label)| made_of[*label] == *word).count()
    };
    let mut random = Random(5);
    let mut by_chance: Vec<usize> = (0..5_000)
        .map(|_| {
            let mut words: Vec<usize> = (0..truth.len()).collect();
            random.shuffle(&mut words);
            count(&mut words.into_iter().zip(matched.iter().map(|(_, label)| *label)))
        })
        .collect();
    by_chance.sort_unstable();
    Recovered {
        words: count(&mut matched.iter().copied()),
        chance: by_chance.iter().sum::<usize>() as f64 / by_chance.len() as f64,
        chance_max: by_chance[by_chance.len() * 999 / 1_000],
    }
}

/// The most of what is seen that the attack looks at: what comes most often.
fn foremost(mut labels: Rows) -> Rows {
    labels.sort_by(|one, other| other.iter().sum::<f64>().total_cmp(&one.iter().sum()));
    labels.truncate(WORDS);
    labels
}

/// Both attacks on what is seen in each month, and, where documents are seen by label, in each document: the better one.
fn attack(what: &str, months: &Rows, documents: Option<&Rows>, known: &Half, secret: &Half) -> Recovered {
    let words = known.most_frequent(WORDS);
    let (known_months, truth) = (known.rows(&words, Units::Months), secret.rows(&words, Units::Months));
    let matched = by_frequency(months, &known_months);
    let first = &matched[..SURE.min(matched.len())];
    let (of_labels, of_words) = match documents {
        Some(documents) => (
            together(documents, Units::Documents),
            together(&known.rows(&words, Units::Documents), Units::Documents),
        ),
        None => (together(months, Units::Months), together(&known_months, Units::Months)),
    };
    let step_by_step = step_by_step(first, &of_labels, &of_words);
    let one = recovered(months, &truth, &matched);
    let other = recovered(months, &truth, &step_by_step);
    for (attack, of) in [("frequency", &one), ("co-occurrence, step by step", &other)] {
        println!(
            "| {what} | {attack} | {} of {} | {:.1}, at most {} |",
            of.words,
            words.len(),
            of.chance,
            of.chance_max
        );
    }
    if one.words >= other.words { one } else { other }
}

/// A page as the file has it: month, number within its segment, sealed bytes.
type Page = (usize, usize, Vec<u8>);

/// All that is seen of pages: how long those of each place are, from the beginning and from the end, and which bytes come twice.
fn seen(pages: &[Page]) -> (Rows, usize) {
    let mut by_place: BTreeMap<(bool, usize), Vec<f64>> = BTreeMap::new();
    let mut ends: BTreeMap<usize, usize> = BTreeMap::new();
    for (month, number, _) in pages {
        let end = ends.entry(*month).or_default();
        *end = (*end).max(*number);
    }
    for (month, number, sealed) in pages {
        for place in [(false, *number), (true, ends[month] - number)] {
            by_place.entry(place).or_insert_with(|| vec![0.0; MONTHS])[*month] += sealed.len() as f64;
        }
    }
    // Blocks, wherever they begin.
    let blocks = || {
        let in_page = |sealed: &'_ [u8]| {
            let blocks = sealed
                .windows(BLOCK)
                .map(|block| u128::from_le_bytes(block.try_into().unwrap()));
            blocks.collect::<Vec<_>>()
        };
        pages
            .iter()
            .flat_map(move |(month, _, sealed)| in_page(sealed).into_iter().map(|block| (*month, block)))
    };
    let (mut once, mut again) = (HashSet::new(), HashSet::new());
    for (_, block) in blocks() {
        if !once.insert(block) {
            again.insert(block);
        }
    }
    let mut rows: BTreeMap<u128, Vec<f64>> = BTreeMap::new();
    for (month, block) in blocks().filter(|(_, block)| again.contains(block)) {
        rows.entry(block).or_insert_with(|| vec![0.0; MONTHS])[month] += 1.0;
    }
    let twice: Rows = rows.into_values().collect();
    let repeated = twice.len();
    let mut labels: Rows = by_place.into_values().collect();
    labels.extend(foremost(twice));
    // A row without differences says nothing of months.
    labels.retain(|row| standard(row).iter().any(|value| value.abs() > 0.0));
    (labels, repeated)
}

async fn indexed(secret: &Half) -> (tempfile::TempDir, Archive) {
    let folder = tempfile::tempdir().unwrap();
    let archive = fresh(&folder).await;
    for (part, texts) in secret.texts.chunks(PART).enumerate() {
        let entries = texts.iter().enumerate().map(|(place, text)| {
            let number = part * PART + place;
            let mut message = message(&format!("m{number}"), number);
            message.text.clone_from(text);
            message.raw = text.as_str().into();
            message.sent_at = at(1_700_000_000_000 + (number % MONTHS) as i64 * MONTH_MS);
            entry_of(message)
        });
        archive.ingest(&batch(entries.collect())).await.unwrap();
    }
    crate::index::index_all(&archive).await;
    (folder, archive)
}

async fn pages_of(archive: &Archive) -> Vec<Page> {
    let mut connection = raw_connection(archive.path()).await;
    let sql = "SELECT s.month, p.place & 65535, p.sealed FROM search_segments s JOIN search_pages p ON p.place >> 16 = s.segment ORDER BY p.place";
    let rows: Vec<(i64, i64, Vec<u8>)> = sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap();
    sqlx::Connection::close(connection).await.unwrap();
    let months: BTreeSet<i64> = rows.iter().map(|(month, ..)| *month).collect();
    let months: BTreeMap<i64, usize> = months.into_iter().zip(0..).collect();
    assert_eq!(months.len(), MONTHS, "a segment for each month");
    let pages = rows
        .into_iter()
        .map(|(month, number, sealed)| (months[&month], number as usize, sealed));
    pages.collect()
}

#[tokio::test]
async fn the_files_of_an_index_help_nobody_to_its_words() {
    let count = 2 * messages();
    let texts = match std::env::var("PROVISO_CORPUS") {
        Ok(folder) if std::env::var("PROVISO_LEAKAGE").is_ok() => {
            let mut texts = corpus::texts(&folder);
            texts.truncate(count);
            texts
        }
        _ => generated(count),
    };
    // Neighbours are alike: one of each two is of either half.
    let (secret, known): (Vec<_>, Vec<_>) = texts.into_iter().enumerate().partition(|(place, _)| place % 2 == 0);
    let half = |texts: Vec<(usize, String)>| Half::of(texts.into_iter().map(|(_, text)| text).collect());
    let (secret, known) = (half(secret), half(known));
    println!(
        "{} messages in {MONTHS} months, and {} that are like them",
        secret.texts.len(),
        known.texts.len()
    );
    println!("| what is seen | attack | words recovered | by chance |\n|---|---|---|---|");

    let (folder, archive) = indexed(&secret).await;
    let pages = pages_of(&archive).await;
    archive.close().await;
    let (labels, repeated) = seen(&pages);
    assert!(labels.len() >= 2, "pages are seen");
    let sealed = attack("the files as they are", &labels, None, &known, &secret);

    // Defects: keys of pages that follow from their words, so that lengths are seen by word; and lists that say in which documents a word stands.
    let words = secret.most_frequent(WORDS);
    let months = secret.rows(&words, Units::Months);
    let lengths: Rows = months
        .iter()
        .map(|row| row.iter().map(|count| 40.0 + 2.0 * count).collect())
        .collect();
    let keyed = attack(
        "defect: a page for each word, with a key of its own",
        &lengths,
        None,
        &known,
        &secret,
    );
    // The same as pages in a file, each of which begins with what follows from its word: that it comes in every month is seen.
    let mut random = Random(9);
    let mut page = |month: usize, (place, word): (usize, &String)| -> Page {
        let mut bytes = proviso_model::Digest::of(word.as_bytes()).to_string().into_bytes();
        bytes.extend((0..40).map(|_| random.below(256) as u8));
        (month, place, bytes)
    };
    let in_file: Vec<Page> = (0..MONTHS)
        .flat_map(|month| {
            words
                .iter()
                .enumerate()
                .map(|word| page(month, word))
                .collect::<Vec<_>>()
        })
        .collect();
    let (_, equal) = seen(&in_file);
    let documents = secret.rows(&words, Units::Documents);
    let listed = attack("defect: documents by word", &months, Some(&documents), &known, &secret);
    println!(
        "{} pages, {repeated} blocks of {BLOCK} bytes that come twice",
        pages.len()
    );

    // What sizes do tell: how much was written in a month.
    let (mut sealed_bytes, mut text_bytes) = (vec![0.0; MONTHS], vec![0.0; MONTHS]);
    for (month, _, page) in &pages {
        sealed_bytes[*month] += page.len() as f64;
    }
    for (place, text) in secret.texts.iter().enumerate() {
        text_bytes[place % MONTHS] += text.len() as f64;
    }
    let alike = dot(&standard(&sealed_bytes), &standard(&text_bytes));
    println!("sealed bytes and bytes of texts, month by month: correlation {alike:.2}");

    assert!(
        sealed.words <= sealed.chance_max,
        "{} words recovered, and by chance at most {}",
        sealed.words,
        sealed.chance_max
    );
    assert!(
        2 * listed.words > WORDS,
        "{} words: an attack that recovers nothing shows nothing",
        listed.words
    );
    assert!(keyed.words > 5 * keyed.chance_max, "{} words", keyed.words);
    assert_eq!(
        repeated, 0,
        "what comes twice in the files follows from what is in them"
    );
    assert!(equal >= words.len(), "what follows from words is seen: {equal}");
    // The words themselves are in no file.
    for word in known.most_frequent(WORDS).iter().filter(|word| word.len() >= 5) {
        assert!(!crate::support::is_anywhere(folder.path(), word.as_bytes()), "{word}");
    }
}
