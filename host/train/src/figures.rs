//! How often a model is wrong, and on what.

use super::calibrate::{RateOf, Scored};
use super::examples::Example;
use std::collections::{BTreeMap, BTreeSet};

/// Borders between lengths, in characters.
const LENGTHS: [usize; 4] = [20, 50, 200, 1_000];

/// Errors on texts that were kept apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// The table.
    pub rates: Vec<RateOf>,
    /// Counts of the two kinds.
    pub positive: Count,
    /// Those that are harmless.
    pub negative: Count,
    /// For each rate, the share of the groups looked for in which at least one text reaches it.
    pub group_recall: Vec<f64>,
    /// By what the lines say of their texts: `source`, `kind`, `channel`, `length`.
    pub slices: Vec<Slice>,
}

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Texts.
    pub texts: usize,
    /// Conversations and the like.
    pub groups: usize,
    /// Texts that are too short to be judged.
    pub too_short: usize,
}

/// A part of the texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    /// `source`, `kind`, `channel` or `length`.
    pub by: &'static str,
    /// Which.
    pub name: String,
    /// Whether these are texts of the kind looked for.
    pub positive: bool,
    /// How many.
    pub texts: usize,
    /// For each rate, how many reach it: found, or false alarms.
    pub reached: Vec<usize>,
}

/// A source or a kind, judged by a model that did not see it.
#[derive(Debug, Clone, PartialEq)]
pub struct WithoutPart {
    /// `source` or `kind`.
    pub by: &'static str,
    /// Which.
    pub name: String,
    /// By rate, as asked for: harmless texts that reach it and all, texts looked for that reach it and all.
    pub rates: Vec<(u32, [usize; 4])>,
}

impl Figures {
    /// Counts.
    pub fn new(examples: &[Example], scored: &[Scored], rates: &[RateOf]) -> Self {
        let mut slices: BTreeMap<(&'static str, bool, String), (usize, Vec<usize>)> = BTreeMap::new();
        for each in scored {
            let example = &examples[each.example];
            for (by, name) in names(example) {
                let slice = slices
                    .entry((by, !each.positive, name))
                    .or_insert_with(|| (0, vec![0; rates.len()]));
                slice.0 += 1;
                for (count, rate) in slice.1.iter_mut().zip(rates) {
                    *count += usize::from(each.reaches(rate.logit));
                }
            }
        }
        let slices = slices
            .into_iter()
            .map(|((by, negative, name), (texts, reached))| Slice {
                by,
                name,
                positive: !negative,
                texts,
                reached,
            });
        Self {
            rates: rates.to_vec(),
            positive: count(examples, scored, true),
            negative: count(examples, scored, false),
            group_recall: rates
                .iter()
                .map(|rate| group_recall(examples, scored, rate.logit))
                .collect(),
            slices: slices.collect(),
        }
    }
}

fn names(example: &Example) -> Vec<(&'static str, String)> {
    let chars = example.text.chars().count();
    let at = LENGTHS
        .iter()
        .position(|border| chars < *border)
        .unwrap_or(LENGTHS.len());
    let length = match at {
        0 => format!("1: under {}", LENGTHS[0]),
        at if at == LENGTHS.len() => format!("{}: {} and more", at + 1, LENGTHS[at - 1]),
        at => format!("{}: {} to {}", at + 1, LENGTHS[at - 1], LENGTHS[at] - 1),
    };
    let mut names = vec![("source", example.source.clone()), ("length", length)];
    let given = [("kind", &example.kind), ("channel", &example.channel)];
    names.extend(
        given
            .into_iter()
            .filter(|(_, name)| !name.is_empty())
            .map(|(by, name)| (by, name.clone())),
    );
    names
}

fn count(examples: &[Example], scored: &[Scored], positive: bool) -> Count {
    let of_kind = || scored.iter().filter(move |scored| scored.positive == positive);
    Count {
        texts: of_kind().count(),
        groups: of_kind()
            .map(|scored| group(&examples[scored.example]))
            .collect::<BTreeSet<_>>()
            .len(),
        too_short: of_kind().filter(|scored| scored.logit.is_none()).count(),
    }
}

fn group(example: &Example) -> (&str, &str) {
    (&example.source, &example.group)
}

fn group_recall(examples: &[Example], scored: &[Scored], logit: f64) -> f64 {
    let mut groups: BTreeMap<(&str, &str), bool> = BTreeMap::new();
    for each in scored.iter().filter(|scored| scored.positive) {
        *groups.entry(group(&examples[each.example])).or_default() |= each.reaches(logit);
    }
    let found = groups.values().filter(|found| **found).count();
    found as f64 / groups.len().max(1) as f64
}

impl WithoutPart {
    /// Counts.
    pub fn new(by: &'static str, name: &str, examples: &[Example], scored: &[Scored], rates: &[RateOf]) -> Self {
        let count = |positive: bool, logit: f64| {
            let of_kind = scored.iter().filter(|scored| scored.positive == positive);
            of_kind.filter(|scored| scored.reaches(logit)).count()
        };
        let all = |positive: bool| {
            scored
                .iter()
                .filter(|scored| examples[scored.example].positive == positive)
                .count()
        };
        let rates = rates.iter().map(|rate| {
            let row = [count(false, rate.logit), all(false), count(true, rate.logit), all(true)];
            (rate.false_alarms_ppm, row)
        });
        Self {
            by,
            name: name.to_owned(),
            rates: rates.collect(),
        }
    }
}
