//! `proviso backtest`: the same messages under two policy sets, and what differs. Nothing is kept.
//!
//! - `differences`: counts and samples, as messages stream by
//! - `report`: what was found, as data and in Markdown; `html` for a browser
//! - `fail_if`: bounds that CI sets
//! - `shadow`: a set with one pack's shadow lifted

mod differences;
mod fail_if;
mod html;
mod report;
mod shadow;

pub(crate) use fail_if::FailIf;
pub(crate) use shadow::{Shadowed, of_report};

use crate::building;
use crate::cli::{BacktestArgs, OutputFormat};
use crate::exit::{Ending, Usage};
use crate::reading::{self, Reading};
use crate::show::progress::Progress;
use crate::show::table::{Columns, clip, count};
use differences::Differences;
use proviso_archive::Archive;
use proviso_daemon::config::Config;
use proviso_engine::{Generation, ResolvedSet};
use proviso_model::Problems;
use proviso_model::{Message, Timestamp};
use proviso_pack::{PackStore, PluginPath};
use proviso_pipeline::loading::build;
use proviso_pipeline::loading::set;
use proviso_pipeline::loading::trust::Accepting;
use proviso_pipeline::{Run, Take};
use proviso_sources::{Format, Origin};
use report::{Change, Checked, Markdown, Report, Side, Totals, UsedPack};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Messages that are read from an archive at a time.
const PAGE: u32 = 512;
/// Rows of the table on a terminal; a report has all.
const ROWS_MAX: usize = 40;

/// A generation and what it is of.
struct Built {
    generation: Generation,
    set: String,
    promotes: Option<String>,
}

/// Where messages are read from.
enum Input {
    Files {
        files: Vec<PathBuf>,
        format: Format,
        origin: Arc<Origin>,
    },
    Archive(PathBuf),
}

pub(crate) fn run(args: &BacktestArgs, colour: bool) -> anyhow::Result<Ending> {
    let config = args.config.as_deref().map(Config::read).transpose()?;
    for file in &args.report {
        form_of(file)?;
    }
    let input = input_of(args, config.as_ref())?;
    let period = Period::of(args)?;
    let (baseline, candidate) = build_both(args, config.as_ref())?;
    let workers = proviso_pipeline::places::workers(args.workers);
    let progress = input.progress()?;
    let mut differences = Differences::new(candidate.generation.set(), args.samples as usize, !args.no_text);
    let mut took = [Duration::ZERO; 2];
    let started = Instant::now();
    let generations = [&baseline.generation, &candidate.generation];
    let read = |take: &mut dyn Take| input.read(&period, &progress, take);
    let Run {
        read: reading,
        forgotten,
    } = proviso_pipeline::run(&generations, workers, read, |judgement| {
        let [old, new] = judgement.settled.as_slice() else {
            anyhow::bail!("two generations give two judgements");
        };
        for ((input, old), new) in judgement.inputs.iter().zip(old).zip(new) {
            differences.add(input, old, new);
        }
        took[0] += judgement.took[0];
        took[1] += judgement.took[1];
        Ok(())
    })?;
    let elapsed = started.elapsed();
    progress.finish();
    reading::tell_of_forgotten(forgotten);
    if let Some(failure) = reading.failure {
        return Err(failure);
    }
    let mut report = report_of(&baseline, &candidate, differences);
    report.input = input.to_string();
    report.unreadable = reading.errors;
    report.seconds = elapsed.as_secs_f64();
    report.messages_per_second = report.messages as f64 / elapsed.as_secs_f64().max(1e-6);
    report.cost = took[1].as_secs_f64() / took[0].as_secs_f64().max(1e-9);
    let checked = args
        .fail_if
        .iter()
        .map(|bound| (bound.to_string(), bound.check(&report)));
    report.fail_if = checked
        .map(|(expression, (value, failed))| Checked {
            expression,
            value,
            failed,
        })
        .collect();
    for file in &args.report {
        write_report(file, &report)?;
    }
    match args.format {
        OutputFormat::Json => crate::show::line(format_args!("{}", serde_json::to_string(&report)?)),
        OutputFormat::Table => print(&report, colour)?,
    }
    let mut ending = Ending::Well;
    for failed in report.fail_if.iter().filter(|checked| checked.failed) {
        crate::show::error_line(format_args!("fail-if: {}: it is {}", failed.expression, failed.value));
        ending = Ending::Problems;
    }
    Ok(if reading.errors > 0 { Ending::Problems } else { ending })
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
    let old = resolve(&set, trust.as_deref(), store.as_ref())?;
    let (new, new_name, promotes) = match (&args.candidate, &args.promote) {
        (Some(file), None) => (
            resolve(file, trust.as_deref(), store.as_ref())?,
            file.display().to_string(),
            None,
        ),
        (None, Some(pack)) => {
            let shadowed = Shadowed::find(&old, pack)?;
            let name = format!("{} with {} enforced", set.display(), shadowed.name());
            let promotes = shadowed.name().to_owned();
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

fn resolve(set: &Path, trust: Option<&Path>, store: Option<&PackStore>) -> anyhow::Result<ResolvedSet> {
    let accepting = Accepting::without_memory(trust, Some(set)).map_err(Problems)?;
    let plugins = PluginPath::of_this_process();
    let (resolved, _) = set::load(set, &plugins, store, &accepting).map_err(Problems)?;
    Ok(resolved)
}

fn input_of(args: &BacktestArgs, config: Option<&Config>) -> anyhow::Result<Input> {
    let (format, origin) = args.form.read()?;
    if args.files.is_empty() {
        let config = config.ok_or_else(|| {
            Usage("there is nothing to read: name files of messages, or with --config an archive".to_owned())
        })?;
        return Ok(Input::Archive(config.archive_path()));
    }
    for file in &args.files {
        if file != Path::new("-") && !file.is_file() {
            return Err(Usage(format!("there is no file {}", file.display())).into());
        }
    }
    Ok(Input::Files {
        files: args.files.clone(),
        format,
        origin,
    })
}

/// The time in which a message must have been sent; from the first on, before the second.
struct Period {
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Period {
    fn of(args: &BacktestArgs) -> Result<Self, Usage> {
        let read = |flag: &str, text: &Option<String>| {
            let Some(text) = text else { return Ok(None) };
            let day = text.parse::<jiff::civil::Date>().map(|day| format!("{day}T00:00:00Z"));
            let time = Timestamp::from_rfc3339(day.as_deref().unwrap_or(text));
            time.map(Some).map_err(|_| {
                Usage(format!(
                    "{flag} is {text:?}: expected a day such as 2026-01-31, or a time with its zone"
                ))
            })
        };
        Ok(Self {
            since: read("--since", &args.since)?,
            until: read("--until", &args.until)?,
        })
    }

    fn has(&self, time: Timestamp) -> bool {
        self.since.is_none_or(|since| since <= time) && self.until.is_none_or(|until| time < until)
    }
}

impl Input {
    fn progress(&self) -> anyhow::Result<Progress> {
        match self {
            Input::Files { files, .. } => {
                let sizes = files.iter().filter_map(|file| std::fs::metadata(file).ok());
                Ok(Progress::bytes("judging", sizes.map(|meta| meta.len()).sum()))
            }
            Input::Archive(path) => {
                let count = with_archive(path, async |archive| Ok(archive.message_count().await?))?;
                Ok(Progress::steps("judging", count))
            }
        }
    }

    /// Gives every message of the period, in the order of the files or of arrival.
    fn read(&self, period: &Period, progress: &Progress, take: &mut dyn Take) -> Reading {
        let mut within = Within { period, take };
        match self {
            Input::Files { files, format, origin } => reading::read_all(files, *format, origin, progress, &mut within),
            Input::Archive(path) => {
                let read = with_archive(path, async |archive| {
                    read_archive(&archive, progress, &mut within).await
                });
                Reading {
                    errors: 0,
                    failure: read.err(),
                }
            }
        }
    }
}

impl std::fmt::Display for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Input::Files { files, .. } => {
                let names: Vec<String> = files.iter().take(4).map(|file| file.display().to_string()).collect();
                let more = files.len().saturating_sub(names.len());
                write!(f, "{}", names.join(", "))?;
                if more > 0 {
                    write!(f, " and {more} more files")?;
                }
                Ok(())
            }
            Input::Archive(path) => write!(f, "the archive {}", path.display()),
        }
    }
}

/// Has the messages of a period judged; of the others it is noted what they say of consent, and that they came before.
struct Within<'a> {
    period: &'a Period,
    take: &'a mut dyn Take,
}

impl Take for Within<'_> {
    fn take(&mut self, message: Message) -> bool {
        if self.period.has(message.sent_at) {
            self.take.take(message)
        } else {
            self.take.note(message);
            true
        }
    }

    fn pause(&mut self) -> bool {
        self.take.pause()
    }
}

fn with_archive<R>(path: &Path, act: impl AsyncFnOnce(Archive) -> anyhow::Result<R>) -> anyhow::Result<R> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { act(Archive::open_readonly(path).await?).await })
}

async fn read_archive(archive: &Archive, progress: &Progress, take: &mut dyn Take) -> anyhow::Result<()> {
    let mut after = 0;
    loop {
        let page = archive.message_ids(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.arrival;
        let ids: Vec<_> = page.iter().map(|numbered| numbered.id.clone()).collect();
        for message in archive.messages(&ids).await?.into_iter().flatten() {
            if !take.take(message) {
                return Ok(());
            }
        }
        progress.advance(ids.len() as u64);
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

/// The form that a report's name asks for.
#[derive(Debug, Clone, Copy)]
enum Form {
    Markdown,
    Json,
    Html,
}

fn form_of(file: &Path) -> Result<Form, Usage> {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("md") => Ok(Form::Markdown),
        Some("json") => Ok(Form::Json),
        Some("html") => Ok(Form::Html),
        _ => Err(Usage(format!(
            "--report {}: the name says the form: expected one that ends with .md, .json or .html",
            file.display()
        ))),
    }
}

fn write_report(file: &Path, report: &Report) -> anyhow::Result<()> {
    let text = match form_of(file)? {
        Form::Markdown => Markdown(report).to_string(),
        Form::Json => serde_json::to_string_pretty(report)? + "\n",
        Form::Html => html::Html(report).to_string(),
    };
    crate::edits::write_whole(file, text.as_bytes())
}

fn print(report: &Report, colour: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let mut table = Columns::new(colour, &["", ">baseline", ">candidate"]);
    for (what, old, new) in report.sides() {
        table.row([what.to_owned(), count(old), count(new)]);
    }
    table.print(&mut out)?;
    if !report.differences.is_empty() {
        writeln!(out, "\nFindings that differ")?;
        let headings = [
            "pack",
            "policy",
            "rule",
            "severity",
            "department",
            ">added",
            ">removed",
            ">changed",
        ];
        let mut table = Columns::new(colour, &headings);
        for difference in report.differences.iter().take(ROWS_MAX) {
            let dot = |number| if number == 0 { "·".to_owned() } else { count(number) };
            table.row([
                difference.pack.clone(),
                difference.policy.clone(),
                difference.rule.clone(),
                difference.severity.to_string(),
                clip(Report::department(&difference.department), 24),
                dot(difference.counts.added),
                dot(difference.counts.removed),
                dot(difference.counts.changed),
            ]);
        }
        table.print(&mut out)?;
        if let Some(more @ 1..) = report.differences.len().checked_sub(ROWS_MAX) {
            writeln!(out, "  and {} more rows; --report FILE has all", count(more as u64))?;
        }
    }
    if !report.samples.is_empty() {
        writeln!(out, "\nSamples")?;
        let mut table = Columns::new(colour, &["", "rule", "severity", "message", "text"]);
        for sample in report.samples.iter().take(ROWS_MAX) {
            let text = sample.excerpt.as_ref().map_or_else(String::new, |excerpt| {
                format!("{}⟦{}⟧{}", excerpt.before, excerpt.marked, excerpt.after)
            });
            table.row([
                sample.change.name().to_owned(),
                sample.rule.clone(),
                sample.severities(),
                clip(&sample.message, 32),
                clip(&text, 72),
            ]);
        }
        table.print(&mut out)?;
    }
    writeln!(out)?;
    for line in report.other_changes() {
        writeln!(out, "{line}")?;
    }
    writeln!(
        out,
        "{} messages: {} findings added, {} removed, {} changed; {}",
        count(report.messages),
        count(report.added),
        count(report.removed),
        count(report.changed),
        report.speed()
    )?;
    Ok(())
}
