//! What is trained on and what is kept apart: by group, never by text.

use super::calibrate::{self, Scored};
use super::chance::{Chance, hash};
use super::examples::Example;
use super::figures::WithoutPart;
use super::fit::{Lesson, Weights, fit};
use super::rows::{Rows, Texts};
use super::shrink::worth_keeping;
use super::{Labels, Options, TrainError, model_of, score_all};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// In which of so many parts a group is.
pub fn part_of(example: &Example, parts: u32, seed: u64) -> u32 {
    let bytes = example.source.bytes().chain([0]).chain(example.group.bytes());
    Chance::new(hash(seed, bytes)).below(parts as usize) as u32
}

/// Refuses what cannot be cut into parts.
pub fn check(examples: &[Example], texts: &Texts, options: &Options) -> Result<(), TrainError> {
    for (label, positive) in [("positive", true), ("negative", false)] {
        let long_enough = (0..examples.len()).filter(|&at| !texts.is_too_short(at));
        let groups: BTreeSet<u32> = long_enough
            .filter(|&at| examples[at].positive == positive)
            .map(|at| texts.group[at])
            .collect();
        let need = options.folds as usize * 2;
        if groups.len() < need {
            return Err(TrainError::TooFew {
                label,
                have: groups.len(),
                need,
                folds: options.folds,
            });
        }
    }
    Ok(())
}

/// Scores every example by a model that was trained without its part. `step` is called for each part that is done.
pub fn cross_validate(examples: &[Example], texts: &Texts, options: &Options, step: &mut dyn FnMut()) -> Vec<Scored> {
    let parts: Vec<u32> = examples
        .iter()
        .map(|example| part_of(example, options.folds, options.seed))
        .collect();
    let mut scored = Vec::with_capacity(examples.len());
    for part in 0..options.folds {
        let (apart, others): (Vec<usize>, Vec<usize>) = (0..examples.len()).partition(|&at| parts[at] == part);
        let (model, logits_per_unit) = model_of(&others, examples, texts, options);
        scored.extend(score_all(&model, logits_per_unit, &apart, examples, options));
        step();
    }
    scored.sort_by_key(|scored| scored.example);
    scored
}

/// A source, or a kind of what is looked for, with its examples.
#[derive(Debug, PartialEq, Eq)]
pub struct Part<'e> {
    /// `source` or `kind`.
    pub by: &'static str,
    /// Which.
    pub name: &'e str,
    members: Vec<usize>,
}

/// Sources and kinds that are left out one at a time, at most. Each costs a model.
pub const PARTS_MAX: usize = 32;

/// The sources, and kinds of what is looked for, that can be left out: the [`PARTS_MAX`] with most texts of them, by name, and how many
/// there are beside them. One that has all texts of one label cannot be.
pub fn parts(examples: &[Example]) -> (Vec<Part<'_>>, usize) {
    let mut by_name: BTreeMap<(&'static str, &str), Vec<usize>> = BTreeMap::new();
    for (at, example) in examples.iter().enumerate() {
        by_name.entry(("source", &example.source)).or_default().push(at);
        if example.positive && !example.kind.is_empty() {
            by_name.entry(("kind", &example.kind)).or_default().push(at);
        }
    }
    let labelled = |members: &mut dyn Iterator<Item = usize>| {
        members.fold([0_usize; 2], |mut counts, at| {
            counts[usize::from(examples[at].positive)] += 1;
            counts
        })
    };
    let all = labelled(&mut (0..examples.len()));
    let mut parts: Vec<Part<'_>> = by_name
        .into_iter()
        .filter(|(_, members)| {
            let own = labelled(&mut members.iter().copied());
            own[0] < all[0] && own[1] < all[1]
        })
        .map(|((by, name), members)| Part { by, name, members })
        .collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.members.len()));
    let more = parts.len().saturating_sub(PARTS_MAX);
    parts.truncate(PARTS_MAX);
    parts.sort_by_key(|part| (part.by, part.name));
    (parts, more)
}

/// How each of these parts fares by a model that never saw it, at the thresholds of what was kept apart of all else. `step` is called for
/// each that is done.
pub fn without_each_part(
    parts: &[Part<'_>],
    examples: &[Example],
    texts: &Texts,
    kept_apart: &[Scored],
    options: &Options,
    step: &mut dyn FnMut(),
) -> Vec<WithoutPart> {
    let mut all = Vec::with_capacity(parts.len());
    for Part { by, name, members } in parts {
        let mut left_out = vec![false; examples.len()];
        for &at in members {
            left_out[at] = true;
        }
        let others: Vec<usize> = (0..examples.len()).filter(|&at| !left_out[at]).collect();
        let rest: Vec<Scored> = kept_apart
            .iter()
            .filter(|scored| !left_out[scored.example])
            .cloned()
            .collect();
        let rates = calibrate::rates(&rest, &options.rates_ppm);
        let (model, logits_per_unit) = model_of(&others, examples, texts, options);
        let scored = score_all(&model, logits_per_unit, members, examples, options);
        all.push(WithoutPart::new(by, name, examples, &scored, &rates));
        step();
    }
    all
}

/// What some of the examples teach: once over all slots, and again over those worth keeping.
pub fn weights_of(members: &[usize], examples: &[Example], texts: &Texts, rows: &Rows, options: &Options) -> Weights {
    let chosen = match options.labels {
        Labels::OfTexts => members.to_vec(),
        Labels::OfGroups => without_doubtful(members, examples, texts, options),
    };
    let first = fit_once(&chosen, examples, rows, options, None);
    let kept = worth_keeping(&first, rows, options.weights_max);
    fit_once(&chosen, examples, rows, options, Some(&kept))
}

fn fit_once(members: &[usize], examples: &[Example], rows: &Rows, options: &Options, kept: Option<&[bool]>) -> Weights {
    let met = || rows.groups_of_slot.iter().map(|&groups| groups > 0).collect();
    let wanted: Vec<bool> = kept.map_or_else(met, <[bool]>::to_vec);
    let lessons: Vec<Lesson<'_>> = members
        .iter()
        .flat_map(|&example| {
            let positive = examples[example].positive;
            let passages = &rows.of_example[example];
            // Any passage of a harmless text can be a false alarm; of a text looked for, some passage is what is looked for.
            let weight = if positive {
                options.positive_weight / passages.len().max(1) as f64
            } else {
                1.0
            };
            let strength = options.strength * weight;
            passages.iter().map(move |row| Lesson {
                row,
                positive,
                strength,
            })
        })
        .collect();
    fit(&lessons, &wanted, options.seed)
}

/// The members without those positive texts that are like harmless ones to a model which did not see their group.
fn without_doubtful(members: &[usize], examples: &[Example], texts: &Texts, options: &Options) -> Vec<usize> {
    let half = |example: usize| part_of(&examples[example], 2, options.seed ^ 0x5bd1_e995);
    let mut logits: HashMap<usize, f64> = HashMap::new();
    for part in 0..2 {
        let others: Vec<usize> = members.iter().copied().filter(|&at| half(at) != part).collect();
        let weights = fit_once(&others, examples, &texts.rows(&others), options, None);
        for &at in members.iter().filter(|&&at| half(at) == part && examples[at].positive) {
            let rows = texts.rows_to_judge(at);
            let best = rows
                .iter()
                .map(|row| weights.logit(row))
                .fold(f64::NEG_INFINITY, f64::max);
            logits.insert(at, best);
        }
    }
    let mut likeliest: HashMap<u32, f64> = HashMap::new();
    for (&at, &logit) in &logits {
        let best = likeliest.entry(texts.group[at]).or_insert(f64::NEG_INFINITY);
        *best = best.max(logit);
    }
    let keep = |at: &usize| {
        logits
            .get(at)
            .is_none_or(|&logit| logit >= 0.0 || logit >= likeliest[&texts.group[*at]])
    };
    members.iter().copied().filter(keep).collect()
}
