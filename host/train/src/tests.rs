//! Training on a hundred lines of our own words, `tests/lines.jsonl`: what is learnt, that it is the same again, and what is refused.

use super::calibrate::{Platt, Scored, rates};
use super::examples::{Example, LabelWords, Read, Reading};
use super::figures::Figures;
use super::folds::{PARTS_MAX, part_of, parts, weights_of};
use super::mask::Mask;
use super::rows::{Rows, Texts, rows_of_text};
use super::{Labels, Options, TrainError, Trained, card, model_of, score_all};
use proviso_model::Problem;
use proviso_text_features::{Model, UNITS_PER_STEP, carry};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const LINES: &str = include_str!("../tests/lines.jsonl");

fn words() -> LabelWords {
    LabelWords::new(vec!["scam".to_owned()], vec!["harmless".to_owned()]).unwrap()
}

pub(super) fn read(files: &[(&str, &str)]) -> Result<Read, Vec<Problem>> {
    let words = words();
    let mut reading = Reading::new(&words);
    for (name, text) in files {
        reading.file(Path::new(name), text);
    }
    reading.finish()
}

fn train(examples: &[Example], options: &Options) -> Result<Trained, TrainError> {
    super::train(examples, options, &mut |_, _| {})
}

fn cut(examples: &[Example], options: &Options) -> Texts {
    Texts::new(examples, &Mask::new(&options.never).unwrap(), options)
}

pub(super) fn examples() -> Vec<Example> {
    read(&[("lines.jsonl", LINES)]).unwrap().examples
}

/// What a hundred lines can teach.
fn options() -> Options {
    Options {
        groups_min: 2,
        min_chars: 8,
        rates_ppm: vec![50_000, 100_000],
        ..Options::default()
    }
}

fn members(examples: &[Example]) -> Vec<usize> {
    (0..examples.len()).collect()
}

#[test]
fn lines_that_were_kept_apart_are_told_apart() {
    let examples = examples();
    assert_eq!(examples.len(), 96);
    let trained = train(&examples, &options()).unwrap();
    // Chance is a half: each language has as many of each kind.
    let texts = cut(&examples, &options());
    let kept_apart = super::folds::cross_validate(&examples, &texts, &options(), &mut || {});
    let right = kept_apart
        .iter()
        .filter(|scored| scored.reaches(0.0) == scored.positive)
        .count();
    assert!(right >= 72, "{right} of 96 lines, three in four");
    for source in ["zh", "en"] {
        let of_source = || {
            kept_apart
                .iter()
                .filter(|scored| examples[scored.example].source == source)
        };
        let right = of_source()
            .filter(|scored| scored.reaches(0.0) == scored.positive)
            .count();
        assert!(right >= 34, "{right} of 48 lines in {source}");
    }
    // A likelihood above a half says so more often than not.
    assert!(trained.platt.slope > 0.0);
    let likely = |scored: &&Scored| scored.logit.is_some_and(|logit| trained.platt.likelihood(logit) > 0.5);
    let likely: Vec<&Scored> = kept_apart.iter().filter(likely).collect();
    let right = likely.iter().filter(|scored| scored.positive).count();
    assert!(right * 10 >= likely.len() * 7, "{right} of {}", likely.len());
}

#[test]
fn training_again_gives_the_same_bytes_and_another_seed_other_parts() {
    let examples = examples();
    let one = train(&examples, &options()).unwrap();
    assert_eq!(one, train(&examples, &options()).unwrap());
    let other = Options { seed: 2, ..options() };
    let parts = |seed| {
        examples
            .iter()
            .map(|example| part_of(example, 5, seed))
            .collect::<Vec<_>>()
    };
    assert_ne!(parts(1), parts(2));
    let _ = train(&examples, &other).unwrap();
}

#[test]
fn no_group_is_in_two_parts_and_every_part_has_some() {
    let examples = examples();
    let mut part: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for example in &examples {
        let here = part_of(example, 5, 1);
        let known = part.entry((&example.source, &example.group)).or_insert(here);
        assert_eq!(*known, here);
    }
    assert_eq!(part.values().collect::<BTreeSet<_>>().len(), 5);
    assert_eq!(part.len(), 48);
}

#[test]
fn the_model_s_score_is_that_of_its_weights_within_a_bound() {
    let (examples, options) = (examples(), options());
    let texts = cut(&examples, &options);
    let rows = texts.rows(&members(&examples));
    let weights = weights_of(&members(&examples), &examples, &texts, &rows, &options);
    let (model, logits_per_unit) = model_of(&members(&examples), &examples, &texts, &options);
    let mut worst: f64 = 0.0;
    for example in &examples {
        let row = &rows_of_text(&example.text, &options)[0];
        let judged = model.judge(&example.text, options.min_chars).unwrap();
        worst = worst.max((weights.logit(row) - f64::from(judged.score) * logits_per_unit).abs());
    }
    // Each fragment may be off by half a step; the largest weights are cut. 100 fragments: at most 5 steps over the root.
    let step = logits_per_unit * f64::from(UNITS_PER_STEP);
    assert!(worst < 5.0 * step, "{worst} logits, a step is {step}");
    assert!(worst < 0.2, "{worst} logits");
    assert!(
        worst > 0.0,
        "eight bits are not exact: this compares something with itself"
    );
}

#[test]
fn what_is_written_is_read_and_says_the_same() {
    let (examples, options) = (examples(), options());
    let trained = train(&examples, &options).unwrap();
    let about = about(&examples);
    let file = carry::to_lexicon(&trained.model, &card::comments(&trained, &about));
    assert!(file.len() <= carry::FILE_BYTES_MAX);
    let lexicon = file
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once('\t').unwrap().1);
    let read = carry::from_tags(lexicon.map(|tags| tags.split(','))).unwrap();
    assert_eq!(read, trained.model);
    let again = score_all(&read, trained.logits_per_unit, &members(&examples), &examples, &options);
    let before = score_all(
        &trained.model,
        trained.logits_per_unit,
        &members(&examples),
        &examples,
        &options,
    );
    assert_eq!(again, before);
    assert!(file.contains("# rate 0.05: threshold "));
}

#[test]
fn a_model_that_would_be_too_large_loses_its_smallest_weights() {
    let examples = examples();
    let few = Options {
        weights_max: 100,
        ..options()
    };
    let texts = cut(&examples, &few);
    let (model, _) = model_of(&members(&examples), &examples, &texts, &few);
    assert!((50..=100).contains(&model.weight_count()), "{}", model.weight_count());

    // More weights than a file holds, of which only some are kept.
    let many = Options {
        slot_bits: 18,
        weights_max: 200_000,
        ..options()
    };
    let slots = 1 << 18;
    let weights = super::fit::Weights {
        slots: (0..slots).map(|slot| f64::from(slot % 1000) - 500.5).collect(),
        bias: 0.1,
    };
    let rows = Rows {
        of_example: Vec::new(),
        groups_of_slot: vec![2; slots as usize],
    };
    let (model, _) = super::shrink::shrink(&weights, &rows, &many);
    assert!(carry::to_lexicon(&model, &[]).len() <= carry::FILE_BYTES_MAX);
    assert!(model.weight_count() > 15_000, "{}", model.weight_count());
}

#[test]
fn what_one_group_alone_says_is_not_learnt() {
    let mut examples = examples();
    let said = |text: &str, group: &str, like: &Example| Example {
        text: text.to_owned(),
        group: group.to_owned(),
        ..like.clone()
    };
    let alone = ["张伟明张伟明张伟明", "张伟明你好张伟明"].map(|text| said(text, "one", &examples[0]));
    let shared = ["李建国李建国李建国", "李建国你好李建国"].map(|text| said(text, text, &examples[0]));
    let before = examples.len();
    examples.extend(alone.into_iter().chain(shared));
    let rows = cut(&examples, &options()).rows(&members(&examples));
    let of = |example: usize| &rows.of_example[before + example][0].values;
    assert_eq!(
        of(0).as_slice(),
        [],
        "a name that one group says is no value of the row"
    );
    assert!(!of(2).is_empty(), "one that two groups say is");
}

#[test]
fn of_names_nothing_is_learnt() {
    let never = ["李明".to_owned(), "ann".to_owned()];
    for (text, expected) in [
        ("请李明转账", "请\u{fffd}转账"),
        ("李明李明", "\u{fffd}\u{fffd}"),
        (
            "Ann, call ANN; annual plan, Joann",
            "\u{fffd}, call \u{fffd}; annual plan, Joann",
        ),
        ("无关", "无关"),
        ("", ""),
    ] {
        assert_eq!(Mask::new(&never).unwrap().apply(text), expected);
    }
    let mut examples = examples();
    for example in examples.iter_mut().filter(|example| example.positive) {
        example.text = format!("李明说：{}", example.text);
    }
    let score = |never: Vec<String>| {
        let options = Options { never, ..options() };
        let texts = cut(&examples, &options);
        let (model, logits_per_unit) = model_of(&members(&examples), &examples, &texts, &options);
        let of = |text: &str| f64::from(model.judge(text, 8).unwrap().score) * logits_per_unit;
        of("请李明下午把合同带到会议室") - of("请同事下午把合同带到会议室")
    };
    assert!(score(Vec::new()) > 0.5, "the name alone speaks against a text");
    assert!(score(vec!["李明".to_owned()]).abs() < 0.2, "it does not any more");
}

#[test]
fn doubtful_texts_of_a_labelled_group_are_left_out() {
    let mut examples = examples();
    // Each conversation of the kind looked for also has a greeting like anybody's.
    let greetings: Vec<Example> = examples
        .iter()
        .filter(|example| example.positive && example.source == "zh")
        .enumerate()
        .map(|(number, example)| Example {
            text: format!("您好，请问您预约的讲座是周五下午吗{number}"),
            ..example.clone()
        })
        .collect();
    examples.extend(greetings);
    let score = |labels: Labels| {
        let options = Options { labels, ..options() };
        let texts = cut(&examples, &options);
        let (model, logits_per_unit) = model_of(&members(&examples), &examples, &texts, &options);
        f64::from(model.judge("您好，请问您预约的讲座是周五上午吗", 8).unwrap().score) * logits_per_unit
    };
    let (of_texts, of_groups) = (score(Labels::OfTexts), score(Labels::OfGroups));
    assert!(of_groups < of_texts, "{of_groups} {of_texts}");
}

#[test]
fn thresholds_keep_to_the_rate_and_are_left_out_where_nothing_is_known() {
    let scored: Vec<Scored> = (0..1_000)
        .map(|example| Scored {
            example,
            positive: example % 10 == 0,
            logit: (example != 7).then(|| f64::from(example as u32 % 97)),
        })
        .collect();
    let rates = rates(&scored, &[100, 2_000, 10_000, 500_000]);
    let asked: Vec<u32> = rates.iter().map(|rate| rate.false_alarms_ppm).collect();
    assert_eq!(
        asked,
        [2_000, 10_000, 500_000],
        "900 harmless texts do not show one in ten thousand"
    );
    for rate in &rates {
        let (false_alarms, harmless) = rate.false_alarms;
        assert_eq!(harmless, 900);
        assert!(
            false_alarms as u64 * 1_000_000 <= u64::from(rate.false_alarms_ppm) * 900,
            "{rate:?}"
        );
    }
    assert!(
        rates
            .windows(2)
            .all(|pair| pair[0].logit >= pair[1].logit && pair[0].recall <= pair[1].recall)
    );
    assert!(super::calibrate::rates(&scored[..0], &[1_000]).is_empty());
}

#[test]
fn likelihoods_stay_finite_where_the_kinds_do_not_overlap() {
    let scored: Vec<Scored> = (0..40)
        .map(|example| Scored {
            example,
            positive: example >= 20,
            logit: Some(example as f64 - 19.5),
        })
        .collect();
    let platt = Platt::fit(&scored);
    assert!(platt.slope.is_finite() && platt.slope > 0.0 && platt.offset.is_finite());
    assert!(platt.likelihood(10.0) > 0.9 && platt.likelihood(-10.0) < 0.1);
    let none = Platt::fit(&[]);
    assert!(none.slope.is_finite() && none.offset.is_finite());
}

#[test]
fn what_is_kept_apart_does_not_decide_what_is_learnt() {
    let examples = examples();
    let part_1 = |at: &usize| part_of(&examples[*at], 5, 1) == 1;
    let (apart, others): (Vec<usize>, Vec<usize>) = members(&examples).into_iter().partition(part_1);
    // The same model comes of the others whatever is kept apart: another text, or none.
    let mut changed = examples.clone();
    for &at in &apart {
        changed[at].text = format!("恭喜中奖请付手续费{at}");
    }
    let alone: Vec<Example> = others.iter().map(|&at| examples[at].clone()).collect();
    let of = |examples: &[Example], members: &[usize], options: &Options| {
        model_of(members, examples, &cut(examples, options), options).0
    };
    for labels in [Labels::OfTexts, Labels::OfGroups] {
        let options = Options { labels, ..options() };
        let model = of(&examples, &others, &options);
        assert_eq!(of(&changed, &others, &options), model);
        assert_eq!(of(&alone, &members(&alone), &options), model);
    }
}

#[test]
fn only_so_many_sources_and_kinds_are_left_out_and_the_card_says_so() {
    let mut examples = examples();
    let of_kinds = examples.iter().filter(|example| example.positive).count();
    for (number, example) in examples.iter_mut().filter(|example| example.positive).enumerate() {
        example.kind = format!("kind {number:02}");
    }
    let (left_out, more) = parts(&examples);
    assert_eq!((left_out.len(), more), (PARTS_MAX, of_kinds + 2 - PARTS_MAX));
    assert!(left_out.iter().any(|part| (part.by, part.name) == ("source", "zh")));
    let mut steps = Vec::new();
    let trained = super::train(&examples, &options(), &mut |made, of| steps.push((made, of))).unwrap();
    let of = 1 + 5 + PARTS_MAX;
    assert_eq!(steps, (1..=of).map(|made| (made, of)).collect::<Vec<_>>());
    let page = card::card(&trained, &examples, &options(), &about(&examples));
    let said = format!("{more} more sources and kinds, with fewer texts than these, were not left out in turn.");
    assert!(page.contains(&said), "{page}");
}

#[test]
fn what_cannot_be_trained_is_said() {
    let examples = examples();
    let few: Vec<Example> = examples
        .iter()
        .filter(|example| !example.positive || example.group == "scam-1")
        .cloned()
        .collect();
    assert_eq!(
        train(&few, &options()).unwrap_err(),
        TrainError::TooFew {
            label: "positive",
            have: 2,
            need: 10,
            folds: 5
        }
    );
    let strict = Options {
        groups_min: 1_000,
        ..options()
    };
    assert_eq!(
        train(&examples, &strict).unwrap_err(),
        TrainError::NothingLearnt { groups_min: 1_000 }
    );
    for options in [
        Options {
            never: vec!["x".repeat(65)],
            ..options()
        },
        Options {
            slot_bits: 9,
            ..options()
        },
        Options { folds: 1, ..options() },
        Options {
            strength: 0.0,
            ..options()
        },
        Options {
            strength: f64::NAN,
            ..options()
        },
        Options {
            positive_weight: f64::INFINITY,
            ..options()
        },
        Options {
            weights_max: 0,
            ..options()
        },
        Options {
            rates_ppm: Vec::new(),
            ..options()
        },
        Options {
            rates_ppm: vec![1; 17],
            ..options()
        },
    ] {
        assert!(
            matches!(train(&examples, &options), Err(TrainError::Option(_))),
            "{options:?}"
        );
    }
}

#[test]
fn the_card_says_what_people_ask() {
    let examples = examples();
    let trained = train(&examples, &options()).unwrap();
    let page = card::card(&trained, &examples, &options(), &about(&examples));
    for part in [
        "# scam-model",
        "## What it is for",
        "no ground to act",
        "| en | 24 | 24 | 24 | — | our own words | Apache-2.0 |",
        "| zh | 24 | 24 | 24 | — | not stated | not stated |",
        "Looked for: 48 texts in 24 groups",
        "| 0.05 |",
        "| kind | first | 24 |",
        "| kind | second | found |",
        "| source | en | false alarms |",
        "| length | 20 to 49 |",
        "- made of \\[few\\] lines",
    ] {
        assert!(page.contains(part), "no {part:?} in\n{page}");
    }
    let lines: BTreeSet<&str> = examples.iter().map(|example| example.text.as_str()).collect();
    assert!(lines.iter().all(|line| !page.contains(line)), "a card holds no texts");
}

#[test]
fn figures_count_what_reaches_each_rate() {
    let examples = examples();
    let scored: Vec<Scored> = members(&examples)
        .into_iter()
        .map(|example| Scored {
            example,
            positive: examples[example].positive,
            logit: Some(if examples[example].positive { 1.0 } else { -1.0 }),
        })
        .collect();
    let figures = Figures::new(&examples, &scored, &rates(&scored, &[50_000]));
    assert!((figures.group_recall[0] - 1.0).abs() < 1e-9);
    assert_eq!(figures.rates[0].false_alarms, (0, 48));
    let zh = figures
        .slices
        .iter()
        .find(|slice| slice.by == "source" && slice.name == "zh" && slice.positive)
        .unwrap();
    assert_eq!((zh.texts, zh.reached.as_slice()), (24, [24].as_slice()));
}

#[test]
fn a_model_that_was_trained_judges_a_mebibyte() {
    let examples = examples();
    let texts = cut(&examples, &options());
    let (model, _): (Model, f64) = model_of(&members(&examples), &examples, &texts, &options());
    let text = "请把存款全部转入安全账户，不要告诉家人。".repeat((1 << 20) / 60);
    assert!(model.judge(&text, 8).is_some());
}

fn about(examples: &[Example]) -> card::About {
    let file =
        "limits = [\"made of [few] lines\"]\n[source.en]\norigin = \"our own words\"\nlicence = \"Apache-2.0\"\n";
    let about = card::About::new("scam-model", "Lines as swindlers write them.").unwrap();
    about.with_file(Path::new("about.toml"), file, examples).unwrap()
}
