//! `proviso backtest`: the same messages under two policy sets, and what differs. Nothing is kept.
//!
//! - `input`: files or an archive, and the period that counts
//! - `print`: what differs, on a terminal
//!
//! What is compared, and what a report says, is `proviso_author::backtest`'s.

mod input;
mod print;

use crate::building;
use crate::cli::{BacktestArgs, OutputFormat};
use crate::exit::{Ending, Usage};
use crate::period::Period;
use crate::reading;
use input::Input;
use proviso_author::backtest::{BacktestOptions, Built, Compared, Form, Report, Shadowed, compare};
use proviso_author::edits;
use proviso_daemon::config::Config;
use proviso_pack::PackStore;
use proviso_pipeline::Take;
use proviso_pipeline::loading::build;
use std::path::Path;

pub(crate) fn run(args: &BacktestArgs, colour: bool) -> anyhow::Result<Ending> {
    let config = args.config.as_deref().map(Config::read).transpose()?;
    for file in &args.report {
        form_of(file)?;
    }
    let input = Input::of(args, config.as_ref())?;
    let period = Period::read(args.since.as_deref(), args.until.as_deref())?;
    let (baseline, candidate) = build_both(args, config.as_ref())?;
    let options = BacktestOptions {
        input: input.to_string(),
        workers: proviso_pipeline::places::workers(args.workers),
        samples_max: args.samples as usize,
        with_text: !args.no_text,
        fail_if: &args.fail_if,
    };
    let progress = input.progress()?;
    let read = |take: &mut dyn Take| input.read(&period, &progress, take);
    let Compared { mut report, run } = compare(&baseline, &candidate, &options, read);
    progress.finish();
    reading::tell_of_forgotten(run.forgotten);
    if let Some(failure) = run.read.failure {
        return Err(failure);
    }
    report.unreadable = run.read.errors;
    for file in &args.report {
        write_report(file, &report)?;
    }
    match args.format {
        OutputFormat::Json => crate::show::json(format_args!("{}", serde_json::to_string(&report)?)),
        OutputFormat::Table => print::print(&report, colour)?,
    }
    let mut ending = Ending::Well;
    for failed in report.fail_if.iter().filter(|checked| checked.failed) {
        crate::show::error_line(format_args!("fail-if: {}: it is {}", failed.expression, failed.value));
        ending = Ending::Problems;
    }
    Ok(if report.unreadable > 0 {
        Ending::Problems
    } else {
        ending
    })
}

/// Builds what judges now, and what may.
fn build_both(args: &BacktestArgs, config: Option<&Config>) -> anyhow::Result<(Built, Built)> {
    let set = match (&args.set, config) {
        (Some(set), _) => set.clone(),
        (None, Some(config)) => config.set.clone(),
        (None, None) => return Err(Usage("--set names the set to compare with".to_owned()).into()),
    };
    let engine = build::engine(args.cache_dir.as_deref())?;
    let trust = args
        .trust
        .trust
        .clone()
        .or_else(|| config.and_then(|config| config.trust.clone()));
    let store = config.map(|config| PackStore::open(&config.store_dir())).transpose()?;
    let old = building::resolve(&set, trust.as_deref(), store.as_ref())?;
    let (new, new_name, promotes) = match (&args.candidate, &args.promote) {
        (Some(file), None) => (
            building::resolve(file, trust.as_deref(), store.as_ref())?,
            file.display().to_string(),
            None,
        ),
        (None, Some(pack)) => {
            let shadowed = Shadowed::find(&old, pack).map_err(|error| Usage(error.to_string()))?;
            let name = format!("{} with {} enforced", set.display(), shadowed.name());
            let promotes = shadowed.name();
            (shadowed.lifted(), name, Some(promotes))
        }
        _ => return Err(Usage("either --candidate or --promote names what may come".to_owned()).into()),
    };
    Ok((
        Built {
            generation: building::generation(&engine, &old, "building the baseline")?,
            set: set.display().to_string(),
            promotes: None,
        },
        Built {
            generation: building::generation(&engine, &new, "building the candidate")?,
            set: new_name,
            promotes,
        },
    ))
}

fn form_of(file: &Path) -> Result<Form, Usage> {
    Form::of(file).ok_or_else(|| {
        Usage(format!(
            "--report {}: the name says the form: expected one that ends with .md, .json or .html",
            file.display()
        ))
    })
}

fn write_report(file: &Path, report: &Report) -> anyhow::Result<()> {
    let text = report.written(form_of(file)?)?;
    Ok(edits::write_whole(file, text.as_bytes())?)
}
