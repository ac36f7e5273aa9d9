//! `proviso pack train`: a model of the plugin `text-classifier` from labelled texts, with the card that says how often it is wrong.
//! The training is `proviso_train`'s.

use crate::cli::{OutputFormat, TrainArgs};
use crate::exit::{Ending, Usage};
use crate::reading::no_file;
use crate::show::progress::Progress;
use crate::show::table::{Columns, count};
use anyhow::Context;
use proviso_model::foreign::Foreign;
use proviso_model::{Problem, Problems};
use proviso_pack::regular_file;
use proviso_train::{
    Options, TrainError, Trained,
    card::{About, card},
    examples::{Example, LabelWords, Read, Reading},
    train,
};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Bytes of all files of examples together, of a file of words, and of one about the data, at most. What is learnt from stands in memory
/// about ten times.
const EXAMPLES_BYTES_MAX: usize = 256 << 20;
const WORDS_BYTES_MAX: usize = 4 << 20;
const ABOUT_BYTES_MAX: usize = 64 << 10;
/// The folder of a pack in which nothing but lists may stand.
const LISTS_FOLDER: &str = "lexicons";

pub(crate) fn run(args: &TrainArgs, colour: bool) -> anyhow::Result<Ending> {
    // Whatever is wrong with the command is told before the work, which can take many minutes.
    let outputs = Outputs::of(args)?;
    let about = About::new(&args.name, &args.looks_for).map_err(Usage)?;
    let words = LabelWords::new(args.positive.clone(), args.negative.clone()).map_err(|word| {
        Usage(format!(
            "the label {} is among --positive and among --negative: it must stand for one of them",
            Foreign(&word).quoted()
        ))
    })?;
    let never = match &args.never {
        Some(path) => text_of(path, WORDS_BYTES_MAX)?
            .lines()
            .map(|line| line.trim().to_owned())
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .collect(),
        None => Vec::new(),
    };
    let Read { examples, repeated } = examples(&args.labelled, &words)?;
    let about = match &args.about {
        Some(path) => {
            let text = text_of(path, ABOUT_BYTES_MAX)?;
            let read = about.with_file(path, &text, &examples);
            read.map_err(|problem| Problems(vec![problem]))?
        }
        None => about,
    };
    let options = Options {
        seed: args.seed,
        folds: args.folds,
        never,
        ..Options::default()
    };
    let progress = Progress::steps("training, and judging what was kept apart", 0);
    let trained = train(&examples, &options, &mut |made, of| {
        progress.reach(made as u64, of as u64);
    });
    progress.finish();
    let trained = trained.map_err(|error| match error {
        TrainError::Option(what) => Usage(what),
        TrainError::TooFew { .. } => Usage(format!("{error}: give more labelled texts, or fewer --folds")),
        TrainError::NothingLearnt { .. } => Usage(format!("{error}: give more labelled texts, of more groups")),
    })?;
    outputs.write(&trained.lexicon(&about), &card(&trained, &examples, &options, &about))?;
    match args.format {
        OutputFormat::Json => crate::show::json(format_args!("{}", facts(&trained, &examples, repeated, &outputs))),
        OutputFormat::Table => print(&trained, &examples, repeated, &outputs, colour)?,
    }
    Ok(Ending::Well)
}

/// Where the model and its card go.
struct Outputs {
    model: PathBuf,
    card: PathBuf,
}

impl Outputs {
    /// Looks whether both can be written there, without writing anything.
    fn of(args: &TrainArgs) -> Result<Self, Usage> {
        let model = args.output.clone();
        if model.extension() != Some(OsStr::new("txt")) || model.file_stem().is_none() {
            let shown = model.display();
            return Err(Usage(format!(
                "--output {shown}: a list of a pack has a name that ends with .txt"
            )));
        }
        let card = args.card.clone().unwrap_or_else(|| beside(&model));
        if is_same(&model, &card) {
            return Err(Usage(format!("--output and --card are both {}", card.display())));
        }
        let inputs = || args.labelled.iter().chain(&args.never).chain(&args.about);
        for (flag, output) in [("--output", &model), ("--card", &card)] {
            if let Some(input) = inputs().find(|input| is_same(input, output)) {
                let shown = input.display();
                return Err(Usage(format!("{flag} {shown}: that file is read; name another one")));
            }
            writable(output)
                .map_err(|error| Usage(format!("{flag} {}: cannot be written: {error}", output.display())))?;
        }
        Ok(Self { model, card })
    }

    fn write(&self, model: &str, card: &str) -> anyhow::Result<()> {
        for (path, text) in [(&self.model, model), (&self.card, card)] {
            std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))?;
        }
        Ok(())
    }
}

/// The card of a model: beside it, and of one among a pack's lists in the working directory, since a pack with a page among its lists does
/// not open.
fn beside(model: &Path) -> PathBuf {
    let card = model.with_extension("md");
    let folder = std::path::absolute(&card)
        .ok()
        .and_then(|card| card.parent().map(Path::to_owned));
    match (folder, card.file_name()) {
        (Some(folder), Some(name)) if folder.file_name() == Some(OsStr::new(LISTS_FOLDER)) => name.into(),
        _ => card,
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).ok();
    one == other || place(one).is_some_and(|one| Some(one) == place(other))
}

/// What the system says where a file cannot be written. One that is there stays as it is, and none is left behind.
fn writable(path: &Path) -> std::io::Result<()> {
    let is_new = !path.exists();
    std::fs::OpenOptions::new().append(true).create(true).open(path)?;
    if is_new {
        std::fs::remove_file(path)?;
    }
    Ok(())
}

/// The examples of all files.
fn examples(files: &[PathBuf], words: &LabelWords) -> anyhow::Result<Read> {
    let mut reading = Reading::new(words);
    let mut left = EXAMPLES_BYTES_MAX;
    for file in files {
        let text = text_of(file, left)?;
        left -= text.len();
        reading.file(file, &text);
    }
    reading.finish().map_err(|problems| Problems(problems).into())
}

fn text_of(path: &Path, bytes_max: usize) -> anyhow::Result<String> {
    if !path.is_file() {
        return Err(no_file(path).into());
    }
    regular_file::read_text(path, bytes_max)
        .map_err(|error| Problems(vec![Problem::in_file(path, error.to_string())]).into())
}

fn labelled(examples: &[Example]) -> (usize, usize) {
    let positive = examples.iter().filter(|example| example.positive).count();
    (positive, examples.len() - positive)
}

fn facts(trained: &Trained, examples: &[Example], repeated: usize, outputs: &Outputs) -> Value {
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
    json!({
        "model": outputs.model, "card": outputs.card, "positive": positive, "negative": negative, "repeated": repeated,
        "weights": trained.model.weight_count(), "rates": rates,
    })
}

fn print(
    trained: &Trained,
    examples: &[Example],
    repeated: usize,
    outputs: &Outputs,
    colour: bool,
) -> anyhow::Result<()> {
    let (positive, negative) = labelled(examples);
    crate::show::line(format_args!(
        "{} texts of the kind looked for, {} harmless ones; judged by models that did not see their group",
        count(positive as u64),
        count(negative as u64)
    ));
    if repeated > 0 {
        crate::show::line(format_args!(
            "{} lines left out, whose text stands in an earlier one",
            count(repeated as u64)
        ));
    }
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
        outputs.model.display(),
        outputs.card.display()
    ));
    Ok(())
}
