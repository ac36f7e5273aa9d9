//! The same messages under two policy sets, and what differs. Nothing is kept.
//!
//! - `differences`: counts and samples, as messages stream by
//! - `report`: what was found, as data and in Markdown; `html` for a browser
//! - `fail_if`: bounds that CI sets
//! - `shadow`: a set with one pack's shadow lifted
//! - [`dates`]: what another law would do to the dates of messages

pub mod dates;
mod differences;
mod fail_if;
mod html;
mod report;
mod shadow;

pub use fail_if::{FailIf, NoBound};
pub use report::{Change, Checked, Counts, Difference, Excerpt, Report, Sample, Side, Totals, UsedPack};
pub use shadow::{ShadowError, Shadowed, of_report};

use differences::Differences;
use proviso_engine::Generation;
use proviso_pipeline::{Run, Take};
use std::convert::Infallible;
use std::path::Path;
use std::time::{Duration, Instant};

/// One of the two that are compared.
pub struct Built {
    /// What judges.
    pub generation: Generation,
    /// The set's file, and what was changed of it, for people.
    pub set: String,
    /// The pack whose shadow was lifted.
    pub promotes: Option<String>,
}

/// How two sets are compared.
#[derive(Debug, Clone)]
pub struct BacktestOptions<'a> {
    /// What is read, for people.
    pub input: String,
    /// Threads that evaluate, from 1.
    pub workers: usize,
    /// Samples of each rule and kind of change.
    pub samples_max: usize,
    /// Whether samples show text of messages and reasons.
    pub with_text: bool,
    /// What must not be.
    pub fail_if: &'a [FailIf],
}

/// What came of a backtest.
pub struct Compared<R> {
    /// What differs.
    pub report: Report,
    /// What the reading gave, and how many conversations were forgotten on the way.
    pub run: Run<R>,
}

/// Judges every message that `read` gives by both, and says what differs. The report counts no unreadable lines: who reads adds
/// them.
pub fn compare<R: Send>(
    baseline: &Built,
    candidate: &Built,
    options: &BacktestOptions<'_>,
    read: impl FnOnce(&mut dyn Take) -> R + Send,
) -> Compared<R> {
    let mut differences = Differences::new(candidate.generation.set(), options.samples_max, options.with_text);
    let mut took = [Duration::ZERO; 2];
    let started = Instant::now();
    let generations = [&baseline.generation, &candidate.generation];
    let Ok(run) = proviso_pipeline::run(&generations, options.workers, read, |judgement| {
        // One entry for each of the two generations, in their order.
        let (old, new) = (&judgement.settled[0], &judgement.settled[1]);
        for ((input, old), new) in judgement.inputs.iter().zip(old).zip(new) {
            differences.add(input, old, new);
        }
        took[0] += judgement.took[0];
        took[1] += judgement.took[1];
        Ok::<_, Infallible>(())
    });
    let elapsed = started.elapsed();
    let mut report = report_of(baseline, candidate, differences);
    report.input.clone_from(&options.input);
    report.seconds = elapsed.as_secs_f64();
    report.messages_per_second = report.messages as f64 / elapsed.as_secs_f64().max(1e-6);
    report.cost = took[1].as_secs_f64() / took[0].as_secs_f64().max(1e-9);
    report.fail_if = options.fail_if.iter().map(|bound| checked(bound, &report)).collect();
    Compared { report, run }
}

fn checked(bound: &FailIf, report: &Report) -> Checked {
    let (value, failed) = bound.check(report);
    Checked {
        expression: bound.to_string(),
        value,
        failed,
    }
}

fn report_of(baseline: &Built, candidate: &Built, differences: Differences<'_>) -> Report {
    let counts = differences.counts();
    let sum = |change: Change| counts.iter().map(|difference| difference.counts.of(change)).sum();
    Report {
        form: report::FORM,
        baseline: side(baseline, differences.baseline.clone()),
        candidate: side(candidate, differences.candidate.clone()),
        input: String::new(),
        messages: differences.messages,
        unreadable: 0,
        added: sum(Change::Added),
        removed: sum(Change::Removed),
        changed: sum(Change::Changed),
        newly_held: differences.newly_held,
        no_longer_held: differences.no_longer_held,
        retention_changed: differences.retention_changed,
        scores_changed: differences.scores_changed,
        differences: counts,
        samples: differences.into_samples(),
        seconds: 0.0,
        messages_per_second: 0.0,
        cost: 0.0,
        fail_if: Vec::new(),
    }
}

fn side(built: &Built, totals: Totals) -> Side {
    let packs = built.generation.packs().zip(&built.generation.set().apply);
    Side {
        set: built.set.clone(),
        promotes: built.promotes.clone(),
        generation: built.generation.id().to_string(),
        packs: packs
            .map(|(pack, apply)| UsedPack {
                name: pack.manifest().name.clone(),
                version: pack.manifest().version.to_string(),
                digest: pack.digest().to_string(),
                mode: apply.mode.name(),
            })
            .collect(),
        totals,
    }
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `.md`: CommonMark with tables.
    Markdown,
    /// `.json`: every field of [`Report`].
    Json,
    /// `.html`: one page without scripts, which fetches nothing.
    Html,
}

impl Form {
    /// The form that a file's name asks for; `None` if it ends otherwise.
    pub fn of(file: &Path) -> Option<Self> {
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("md") => Some(Form::Markdown),
            Some("json") => Some(Form::Json),
            Some("html") => Some(Form::Html),
            _ => None,
        }
    }
}

impl Report {
    /// The report in a form. Fails only where JSON cannot be written.
    pub fn written(&self, form: Form) -> serde_json::Result<String> {
        Ok(match form {
            Form::Markdown => report::Markdown(self).to_string(),
            Form::Json => serde_json::to_string_pretty(self)? + "\n",
            Form::Html => html::Html(self).to_string(),
        })
    }
}
