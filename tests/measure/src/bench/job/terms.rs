//! The lists: terms as people collect them, or made up, chosen so that about the same share of the messages has one of each list.

use crate::bench::{Bench, input};
use anyhow::{Context, ensure};
use proviso_scan::{Folding, List as ScanList, ListContent, MatcherBuilder};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Terms in each list.
pub(super) const SIZES: [usize; 3] = [200, 2_000, 20_000];
/// Messages that are to have a term, of every thousand.
const FLAGGED_OF_THOUSAND: usize = 30;
/// One of so many terms of a list stands in a message; the others stand in none.
const SILENT_FOR_EACH: usize = 10;
/// Terms that are looked at.
const CANDIDATES: usize = 60_000;
/// Characters of a term.
const CHARS: std::ops::RangeInclusive<usize> = 2..=24;

/// The lists of one run.
pub(super) struct Lists {
    /// Where the terms come from, for the page.
    pub origin: &'static str,
    lists: BTreeMap<usize, List>,
}

/// One list.
pub(super) struct List {
    pub terms: Vec<String>,
    /// A term on each line.
    pub file: PathBuf,
    /// Messages in which a term stands.
    pub flagged: HashSet<String>,
}

impl Lists {
    pub(super) fn of(&self, terms: usize) -> &List {
        &self.lists[&terms]
    }

    /// The folder with `SIZE.txt` for each list.
    pub(super) fn folder(bench: &Bench<'_>) -> PathBuf {
        bench.compare_target().join("terms")
    }

    pub(super) fn choose(bench: &Bench<'_>) -> anyhow::Result<Self> {
        let messages = input::read(&bench.workload.file)?;
        let corpus = bench.corpus();
        let mut candidates = plain(corpus.as_deref(), CANDIDATES)?;
        candidates.extend(pieces(&messages));
        let mut known = HashSet::new();
        candidates.retain(|term| known.insert(term.clone()));
        let found = find(&candidates, &messages)?;
        let folder = Self::folder(bench);
        fs::create_dir_all(&folder)?;
        let mut lists = BTreeMap::new();
        for size in SIZES {
            let (chosen, flagged) = choose(&found, size, messages.len());
            ensure!(chosen.len() == size, "{} terms of {size} could be found", chosen.len());
            let terms: Vec<String> = chosen.into_iter().map(|term| candidates[term].clone()).collect();
            let file = folder.join(format!("{size}.txt"));
            let text = terms.join("\n") + "\n";
            // What is built from it is not built again for the same terms.
            if fs::read_to_string(&file).ok().as_ref() != Some(&text) {
                fs::write(&file, text)?;
            }
            let flagged = flagged.into_iter().map(|message| messages[message as usize].id.clone());
            let flagged = flagged.collect();
            lists.insert(size, List { terms, file, flagged });
        }
        let origin = if corpus.is_some() {
            "from the lexicons of the corpora, and pieces of the messages where those have too few that occur"
        } else {
            "made up, and pieces of the messages"
        };
        Ok(Self { origin, lists })
    }
}

/// By candidate: the messages in which it stands.
fn find(candidates: &[String], messages: &[input::Text]) -> anyhow::Result<Vec<Vec<u32>>> {
    let mut builder = MatcherBuilder::new();
    builder.add(ScanList {
        name: "candidates".to_owned(),
        content: ListContent::Lexicon {
            terms: candidates.to_vec(),
            folding: Folding::EXACT,
        },
    });
    let matcher = builder.build().map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
    let (mut scratch, mut hits) = (matcher.scratch(), Vec::new());
    let mut found = vec![Vec::new(); candidates.len()];
    for (number, message) in (0..).zip(messages) {
        let _whole_or_not = matcher.scan(&message.text, &mut scratch, &mut hits);
        for hit in &hits {
            let messages: &mut Vec<u32> = &mut found[hit.term as usize];
            if messages.last() != Some(&number) {
                messages.push(number);
            }
        }
    }
    Ok(found)
}

/// Numbers of the terms, and of the messages that have one: first terms that occur about as often as it takes, then terms that
/// do not occur.
fn choose(found: &[Vec<u32>], size: usize, messages: usize) -> (Vec<usize>, BTreeSet<u32>) {
    let wanted = messages * FLAGGED_OF_THOUSAND / 1_000;
    let often = (wanted as f64 / (size / SILENT_FOR_EACH) as f64).max(1.0).ln();
    let mut heard: Vec<usize> = (0..found.len()).filter(|term| !found[*term].is_empty()).collect();
    let distance = |term: &usize| ((found[*term].len() as f64).ln() - often).abs();
    heard.sort_by(|one, other| distance(one).total_cmp(&distance(other)));
    let mut flagged = BTreeSet::new();
    let mut chosen = Vec::new();
    for term in heard.into_iter().take(size / 2) {
        if flagged.len() >= wanted {
            break;
        }
        chosen.push(term);
        flagged.extend(&found[term]);
    }
    let silent = (0..found.len()).filter(|term| found[*term].is_empty());
    let left = size - chosen.len();
    chosen.extend(silent.take(left));
    // Shared out among packs, each is to have some of either kind.
    chosen.sort_by_key(|term| scatter(*term as u64));
    (chosen, flagged)
}

/// So many different terms, without order: those of the lexicons, or else made up.
pub(in crate::bench) fn plain(corpus: Option<&Path>, count: usize) -> anyhow::Result<Vec<String>> {
    let mut terms = BTreeMap::new();
    let mut add = |term: &str| {
        let usable = CHARS.contains(&term.chars().count())
            && !term.starts_with('#')
            && !term.chars().any(|char| char.is_control() || "\"\\".contains(char))
            && !term.starts_with('\u{feff}');
        if usable {
            terms.insert(
                term.bytes().fold(0, |sum, byte| scatter(sum ^ u64::from(byte))),
                term.to_owned(),
            );
        }
        terms.len()
    };
    if let Some(corpus) = corpus {
        for file in lexicons(corpus)? {
            let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            for line in String::from_utf8_lossy(&bytes).lines() {
                add(line.trim());
            }
        }
    } else {
        for number in 0.. {
            if add(&made_up(number)) >= count {
                break;
            }
        }
    }
    ensure!(
        corpus.is_none() || terms.len() >= count,
        "the lexicons of the corpora have {} terms that can be used, {count} are needed",
        terms.len()
    );
    Ok(terms.into_values().take(count).collect())
}

/// `lexicons/*/*.txt`, ordered by name.
fn lexicons(corpus: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let folder = corpus.join("lexicons");
    let list = |folder: &Path| -> anyhow::Result<Vec<PathBuf>> {
        let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
        Ok(entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?)
    };
    let mut files = Vec::new();
    for folder in list(&folder)?.into_iter().filter(|path| path.is_dir()) {
        files.extend(list(&folder)?);
    }
    files.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    Ok(files)
}

/// Three of four are Chinese with 2-6 ideographs, the fourth is English in kind.
fn made_up(number: u64) -> String {
    let mut seed = scatter(number);
    let mut below = |limit: u64| {
        seed = scatter(seed);
        seed % limit
    };
    if below(4) > 0 {
        let ideograph = |place: u64| char::from_u32(0x4e00 + place as u32 * 6).unwrap_or('一');
        return (0..2 + below(5))
            .map(|_| ideograph(below(3_000).min(below(3_000))))
            .collect();
    }
    let syllables = 2 + below(4);
    let letter = |letters: &[u8], place: u64| char::from(letters[place as usize]);
    (0..syllables)
        .flat_map(|_| {
            [
                letter(b"tscpmrdlnfbgwhvkjz", below(18)),
                letter(b"eaiou", below(5)),
                letter(b"nrstlcmdpg", below(10)),
            ]
        })
        .collect()
}

/// Pieces of four to six characters, cut from messages here and there, so that there is something to find.
fn pieces(messages: &[input::Text]) -> impl Iterator<Item = String> {
    let texts = messages.iter().step_by((messages.len() / 4_000).max(1));
    texts.enumerate().filter_map(|(number, message)| {
        let place = scatter(number as u64) as usize;
        let chars = message.text.chars().count();
        let length = 4 + place % 3;
        let piece: String = message
            .text
            .chars()
            .skip(place % chars.saturating_sub(length).max(1))
            .take(length)
            .collect();
        let plain = |char: char| char.is_alphanumeric() || char == ' ';
        (piece.trim().chars().count() == length && piece.chars().all(plain)).then_some(piece)
    })
}

/// Numbers far apart for numbers close together, the same on every run.
fn scatter(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_terms_are_as_many_as_asked_for_and_always_the_same() {
        let terms = plain(None, 5_000).unwrap();
        assert_eq!(terms.iter().collect::<HashSet<_>>().len(), 5_000);
        assert_eq!(terms, plain(None, 5_000).unwrap());
    }

    #[test]
    fn a_list_flags_about_as_many_messages_as_wanted() {
        // Term 1 stands in each of 20 messages, 2-101 in one each, the others in none.
        let found: Vec<Vec<u32>> = (0..500)
            .map(|term| match term {
                1 => (0..20).collect(),
                2..=101 => vec![term],
                _ => Vec::new(),
            })
            .collect();
        let (chosen, flagged) = choose(&found, 200, 1_000);
        assert_eq!((chosen.len(), flagged.len()), (200, 30));
        assert!(
            !chosen.contains(&1),
            "thirty messages take terms that stand in one or two"
        );
    }
}
