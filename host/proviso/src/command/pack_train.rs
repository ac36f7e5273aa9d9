//! `proviso pack train`: a model of the plugin `text-classifier` from labelled texts, with the card that says how often it is wrong.
//! The training is `proviso_author::train`'s.

use crate::cli::{OutputFormat, TrainArgs};
use crate::exit::{Ending, Usage};
use crate::show::progress::Progress;
use crate::show::table::{Columns, count};
use anyhow::Context;
use proviso_author::train::{
    Options, TrainError, Trained,
    card::{About, card},
    examples::{Example, LabelWords, read},
    train,
};
use proviso_model::{Problem, Problems};
use proviso_pack::regular_file;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Bytes of a file of examples, and of one of words, at most.
const EXAMPLES_BYTES_MAX: usize = 512 << 20;
const WORDS_BYTES_MAX: usize = 4 << 20;

pub(crate) fn run(args: &TrainArgs, colour: bool) -> anyhow::Result<Ending> {
    let examples = examples(args)?;
    let never = match &args.never {
        Some(path) => text_of(path, WORDS_BYTES_MAX)?
            .lines()
            .map(|line| line.trim().to_owned())
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .collect(),
        None => Vec::new(),
    };
    let options = Options {
        seed: args.seed,
        folds: args.folds,
        never,
        ..Options::default()
    };
    let progress = Progress::open("training, and judging what was kept apart");
    let trained = train(&examples, &options);
    progress.finish();
    let trained = trained.map_err(|error| match error {
        TrainError::Option(what) => Usage(what),
        TrainError::TooFew { .. } => Usage(format!("{error}: give more labelled texts, or fewer --folds")),
    })?;
    let about = About {
        name: args.name.clone(),
        looks_for: args.looks_for.clone(),
        sources: BTreeMap::new(),
        limits: Vec::new(),
        further: String::new(),
    };
    let card_file = args.output.with_extension("md");
    write(&args.output, &trained.lexicon(&about))?;
    write(&card_file, &card(&trained, &examples, &options, &about))?;
    let files = [args.output.display().to_string(), card_file.display().to_string()];
    match args.format {
        OutputFormat::Json => crate::show::json(format_args!("{}", facts(&trained, &examples, &files))),
        OutputFormat::Table => print(&trained, &examples, &files, colour)?,
    }
    Ok(Ending::Well)
}

/// The examples of all files. A text that two files label differently is a problem of the second.
fn examples(args: &TrainArgs) -> anyhow::Result<Vec<Example>> {
    let words = LabelWords {
        positive: args.positive.clone(),
        negative: args.negative.clone(),
    };
    let mut all = Vec::new();
    let mut problems: Vec<Problem> = Vec::new();
    for file in &args.labelled {
        match read(file, &text_of(file, EXAMPLES_BYTES_MAX)?, &words) {
            Ok(read) => all.extend(read.examples),
            Err(found) => problems.extend(found),
        }
    }
    if !problems.is_empty() {
        return Err(Problems(problems).into());
    }
    let mut seen = BTreeSet::new();
    all.retain(|example| seen.insert(example.text.clone()));
    Ok(all)
}

fn text_of(path: &Path, bytes_max: usize) -> anyhow::Result<String> {
    regular_file::read_text(path, bytes_max)
        .map_err(|error| Problems(vec![Problem::in_file(path, error.to_string())]).into())
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}

fn labelled(examples: &[Example]) -> (usize, usize) {
    let positive = examples.iter().filter(|example| example.positive).count();
    (positive, examples.len() - positive)
}

fn facts(trained: &Trained, examples: &[Example], files: &[String; 2]) -> Value {
    let (positive, negative) = labelled(examples);
    let rates: Vec<Value> = trained
        .figures
        .rates
        .iter()
        .map(|rate| {
            json!({
                "asked": f64::from(rate.false_alarms_ppm) / 1e6, "false_alarms": rate.false_alarms.0, "of": rate.false_alarms.1,
                "recall": rate.recall,
            })
        })
        .collect();
    json!({ "model": files[0], "card": files[1], "positive": positive, "negative": negative, "rates": rates })
}

fn print(trained: &Trained, examples: &[Example], files: &[String; 2], colour: bool) -> anyhow::Result<()> {
    let (positive, negative) = labelled(examples);
    crate::show::line(format_args!(
        "{} texts of the kind looked for, {} harmless ones; judged by models that did not see their group",
        count(positive as u64),
        count(negative as u64)
    ));
    if trained.figures.rates.is_empty() {
        crate::show::line(format_args!(
            "too few harmless texts to tell a rate of false alarms: a rate of 0.01 needs a hundred"
        ));
    }
    let mut table = Columns::new(colour, &["threshold", "false alarms", "of", "found"]);
    for rate in &trained.figures.rates {
        table.row([
            format!("{}", f64::from(rate.false_alarms_ppm) / 1e6),
            count(rate.false_alarms.0 as u64),
            count(rate.false_alarms.1 as u64),
            format!("{:.1} %", rate.recall * 100.0),
        ]);
    }
    if !trained.figures.rates.is_empty() {
        table.print(&mut std::io::stdout())?;
    }
    crate::show::line(format_args!(
        "wrote {} for the pack's lexicons, and {}: read it before you use the model",
        files[0], files[1]
    ));
    Ok(())
}
