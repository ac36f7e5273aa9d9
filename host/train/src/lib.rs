//! Trains the models of the plugin `text-classifier`: what `proviso pack train` does, without the command line.
//!
//! - [`examples`]: labelled texts, read from JSON lines
//! - [`rows`]: texts as the numbers that the plugin sees, by the crate that the plugin uses
//! - [`mask`]: words of which nothing is learnt
//! - [`fit`]: logistic regression
//! - [`shrink`]: weights into a model that fits its file
//! - [`folds`]: what is trained on, and what is kept apart
//! - [`calibrate`]: scores that mean a rate of false alarms
//! - [`figures`]: how often a model is wrong, and on what
//! - [`card`]: the page about a model
//! - [`chance`]: what looks like chance and is the same for the same seed
//!
//! Training is the same for the same examples and options, by the same build on the same kind of machine: what looks like chance is a hash of
//! the seed, and logarithms are the platform's. Floating point is used here, and whole numbers alone in what comes out.

pub mod calibrate;
pub mod card;
pub mod chance;
pub mod examples;
pub mod figures;
pub mod fit;
pub mod folds;
pub mod mask;
#[cfg(test)]
mod reading_tests;
pub mod rows;
pub mod shrink;
#[cfg(test)]
mod tests;

use calibrate::{Platt, Scored};
use examples::Example;
use figures::Figures;
use fit::Weights;
use mask::Mask;
use proviso_model::foreign::Foreign;
use proviso_text_features::{Model, Rate};
use rows::Texts;

/// How a model is trained.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// What decides the order of examples and which are kept apart.
    pub seed: u64,
    /// Of how many bits of a hash a slot is made: 10 to 18.
    pub slot_bits: u8,
    /// At most so many weights are kept. Fewer where the file would have more than 64 KiB.
    pub weights_max: usize,
    /// A fragment is learnt if so many groups have it. Above 1 that keeps out of the model what one conversation alone says.
    pub groups_min: usize,
    /// How far the examples outweigh the wish for small weights (the `C` of LIBLINEAR).
    pub strength: f64,
    /// How much an example of the kind looked for weighs beside another one.
    pub positive_weight: f64,
    /// Words of which nothing is learnt, such as names: a classifier should know how people write, not who they are. Case does not matter;
    /// words of Latin letters are whole words.
    pub never: Vec<String>,
    /// Parts for cross-validation, 2 to 20. No group is in two of them.
    pub folds: u32,
    /// Texts with fewer letters are neither learnt nor judged.
    pub min_chars: u32,
    /// Whether every text of a group that is labelled is of the kind looked for.
    pub labels: Labels,
    /// The rates of false alarms that the table has.
    pub rates_ppm: Vec<u32>,
}

/// What a label says of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Labels {
    /// Each text has its own.
    OfTexts,
    /// A label is that of the whole group (a conversation): some of its texts are of the kind looked for, others are not. Those that a
    /// first model, which did not see the group, takes for harmless are left out of the second, save each group's likeliest.
    OfGroups,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            slot_bits: 16,
            weights_max: 12_000,
            groups_min: 5,
            strength: 16.0,
            positive_weight: 1.0,
            never: Vec::new(),
            folds: 5,
            min_chars: 12,
            labels: Labels::OfTexts,
            rates_ppm: vec![500, 1_000, 2_000, 5_000, 10_000],
        }
    }
}

/// What came of training.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// Ready to be written: [`proviso_text_features::carry::to_lexicon`].
    pub model: Model,
    /// What one unit of the model's scores is in logits.
    pub logits_per_unit: f64,
    /// Scores as likelihoods, on texts that were kept apart.
    pub platt: Platt,
    /// Errors on texts that were kept apart, by cross-validation.
    pub figures: Figures,
    /// Each source, and each kind of what is looked for, by a model that was trained without it.
    pub without: Vec<figures::WithoutPart>,
    /// Further sources and kinds, with fewer texts, that were not left out in turn.
    pub not_without: usize,
}

impl Trained {
    /// The model as the text of a lexicon, with what people should know of it above.
    pub fn lexicon(&self, about: &card::About) -> String {
        proviso_text_features::carry::to_lexicon(&self.model, &card::comments(self, about))
    }
}

/// Why nothing could be trained.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrainError {
    /// An option is outside of its range.
    #[error("{0}")]
    Option(String),
    /// There are too few examples of one label for as many parts.
    #[error("{have} groups of the {label} texts, at least {need} are needed for {folds} parts")]
    TooFew {
        /// `positive` or `negative`.
        label: &'static str,
        /// Groups with a text that is long enough.
        have: usize,
        /// What is needed.
        need: usize,
        /// By the options.
        folds: u32,
    },
    /// The model has no weight: nothing that enough groups have tells the labels apart.
    #[error("nothing was learnt: no fragment that {groups_min} groups have tells the labels apart")]
    NothingLearnt {
        /// By the options.
        groups_min: usize,
    },
}

/// Trains on all examples, and says by cross-validation how often such a model is wrong. That takes a model for all, one for each part of
/// the cross-validation and one for each of at most [`folds::PARTS_MAX`] sources and kinds; `progress` is told how many of how many are
/// made.
pub fn train(
    examples: &[Example],
    options: &Options,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Trained, TrainError> {
    let mask = check(options)?;
    let texts = Texts::new(examples, &mask, options);
    folds::check(examples, &texts, options)?;
    let (parts, not_without) = folds::parts(examples);
    let (mut made, of) = (0, 1 + options.folds as usize + parts.len());
    let mut step = || {
        made += 1;
        progress(made, of);
    };
    let all: Vec<usize> = (0..examples.len()).collect();
    let (model, logits_per_unit) = model_of(&all, examples, &texts, options);
    if model.weight_count() == 0 {
        return Err(TrainError::NothingLearnt {
            groups_min: options.groups_min,
        });
    }
    step();
    let kept_apart = folds::cross_validate(examples, &texts, options, &mut step);
    let rates = calibrate::rates(&kept_apart, &options.rates_ppm);
    Ok(Trained {
        model: with_rates(&model, &rates, logits_per_unit),
        logits_per_unit,
        platt: Platt::fit(&kept_apart),
        figures: Figures::new(examples, &kept_apart, &rates),
        without: folds::without_each_part(&parts, examples, &texts, &kept_apart, options, &mut step),
        not_without,
    })
}

/// The model of some of the examples, without a table of rates, and what a unit of its scores is in logits.
pub fn model_of(members: &[usize], examples: &[Example], texts: &Texts, options: &Options) -> (Model, f64) {
    let rows = texts.rows(members);
    let weights = folds::weights_of(members, examples, texts, &rows, options);
    shrink::shrink(&weights, &rows, options)
}

/// The scores of a model in logits. `None` for a text that is too short.
pub fn score_all(
    model: &Model,
    logits_per_unit: f64,
    members: &[usize],
    examples: &[Example],
    options: &Options,
) -> Vec<Scored> {
    let score = |&example: &usize| Scored {
        example,
        positive: examples[example].positive,
        logit: model
            .judge(&examples[example].text, options.min_chars)
            .map(|judged| f64::from(judged.score) * logits_per_unit),
    };
    members.iter().map(score).collect()
}

/// Puts a table into a model whose units are its own.
pub fn with_rates(model: &Model, rates: &[calibrate::RateOf], logits_per_unit: f64) -> Model {
    let rows = rates.iter().map(|rate| Rate {
        false_alarms_ppm: rate.false_alarms_ppm,
        // Upwards, so that rounding never lets one more through.
        threshold: (rate.logit / logits_per_unit).ceil() as i32,
        recall_ppm: (rate.recall * 1e6).round() as u32,
    });
    model.clone().with_rates(rows.collect())
}

/// Refuses what is out of range; gives the words of which nothing is learnt.
fn check(options: &Options) -> Result<Mask, TrainError> {
    let problem = if !proviso_text_features::SLOT_BITS.contains(&options.slot_bits) {
        format!("{} bits of slots: must be 10 to 18", options.slot_bits)
    } else if !(2..=20).contains(&options.folds) {
        format!("{} parts: must be 2 to 20", options.folds)
    } else if !(options.strength > 0.0 && options.strength <= 1e4) {
        format!("strength {}: must be above 0, at most 10000", options.strength)
    } else if !(options.positive_weight > 0.0 && options.positive_weight <= 1e3) {
        format!("weight {}: must be above 0, at most 1000", options.positive_weight)
    } else if options.weights_max == 0 || options.rates_ppm.is_empty() {
        "at least one weight and one rate are needed".to_owned()
    } else if options.rates_ppm.len() > proviso_text_features::RATES_MAX {
        format!(
            "{} rates, at most {}",
            options.rates_ppm.len(),
            proviso_text_features::RATES_MAX
        )
    } else {
        match Mask::new(&options.never) {
            Ok(mask) => return Ok(mask),
            Err(word) => format!(
                "{} is a word of {} bytes of which nothing is to be learnt, at most 64",
                Foreign(word).quoted(),
                word.len()
            ),
        }
    };
    Err(TrainError::Option(problem))
}
