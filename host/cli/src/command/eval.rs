//! `proviso eval`: files in, verdicts out, nothing kept.

use crate::building;
use crate::cli::{EvalArgs, OutputFormat};
use crate::exit::Ending;
use crate::reading::{self, Reading};
use crate::show::progress::Progress;
use crate::show::table::{Columns, clip, count};
use crate::tally::{self, Tally};
use crate::verdict_json::VerdictLine;
use proviso_model::Foreign;
use proviso_model::set::PolicySet;
use proviso_pipeline::Settled;
use proviso_pipeline::loading::build;
use proviso_pipeline::{Run, Take};
use std::io::{BufWriter, IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

pub(crate) fn run(args: &EvalArgs, colour: bool) -> anyhow::Result<Ending> {
    let (format, origin) = args.form.read()?;
    for file in &args.files {
        if file != Path::new("-") && !file.is_file() {
            return Err(reading::no_file(file).into());
        }
    }
    let workers = proviso_pipeline::places::workers(args.workers);
    let engine = build::engine(args.cache_dir.as_deref())?;
    let generation = building::of_set(&engine, &args.set, args.trust.trust.as_deref())?;
    warn_of_tenant(generation.set(), &args.form.tenant);

    let total: u64 = args
        .files
        .iter()
        .filter_map(|file| std::fs::metadata(file).ok())
        .map(|meta| meta.len())
        .sum();
    let progress = Progress::bytes("judging", total);
    let started = Instant::now();
    let mut printer = Printer::new(args, generation.set(), colour);
    let read = |take: &mut dyn Take| reading::read_all(&args.files, format, &origin, &progress, take);
    let Run {
        read: reading,
        forgotten,
    } = proviso_pipeline::run(&[&generation], workers, read, |chunk| {
        chunk.settled[0]
            .iter()
            .try_for_each(|settled| printer.message(settled))?;
        if chunk.is_last_for_now { printer.flush() } else { Ok(()) }
    })?;
    progress.finish();
    let elapsed = started.elapsed();
    printer.end(&reading, elapsed)?;
    reading::tell_of_forgotten(forgotten);
    if let Some(failure) = reading.failure {
        return Err(failure);
    }
    let found = args
        .fail_on
        .is_some_and(|limit| printer.tally.severity_max >= Some(limit));
    Ok(if reading.errors > 0 || found {
        Ending::Problems
    } else {
        Ending::Well
    })
}

/// Says so if the set names tenants and this is none of them: nothing would be found, and nobody would know why.
pub(crate) fn warn_of_tenant(set: &PolicySet, tenant: &str) {
    let mut named: Vec<&str> = set
        .apply
        .iter()
        .flat_map(|apply| apply.scope.tenants.iter())
        .map(String::as_str)
        .collect();
    named.sort_unstable();
    named.dedup();
    if !named.is_empty() && !named.contains(&tenant) {
        crate::show::error_line(format_args!(
            "note: messages that name no tenant count as tenant {tenant:?}, and packs that the set scopes to {} do not judge them: say --tenant",
            named.join(", ")
        ));
    }
}

/// Prints verdicts as they come.
struct Printer<'a> {
    args: &'a EvalArgs,
    set: &'a PolicySet,
    colour: bool,
    out: BufWriter<std::io::Stdout>,
    tally: Tally,
    rows: Columns,
    shown: usize,
}

/// Messages that the table lists one by one; of the others it prints the counts alone.
const ROWS_MAX: usize = 50;

impl<'a> Printer<'a> {
    fn new(args: &'a EvalArgs, set: &'a PolicySet, colour: bool) -> Self {
        let rows = Columns::new(colour, &["message", "severity", "reason"]);
        Self {
            args,
            set,
            colour,
            out: BufWriter::new(std::io::stdout()),
            tally: Tally::default(),
            rows,
            shown: 0,
        }
    }

    fn message(&mut self, settled: &Settled) -> anyhow::Result<()> {
        let verdict = &settled.outcome.verdict;
        self.tally.add(verdict);
        match self.args.format {
            OutputFormat::Json => {
                let line = serde_json::to_string(&VerdictLine::new(settled, self.set.language))?;
                writeln!(self.out, "{}", Foreign(&line).json())?;
            }
            OutputFormat::Table => {
                let headline = tally::headline(verdict, self.set.language);
                if self.shown < ROWS_MAX && (headline.is_some() || verdict.held || verdict.is_partial()) {
                    self.shown += 1;
                    let (reason, severity) = match headline {
                        Some((reason, severity)) if verdict.is_partial() => {
                            (format!("{}; judged in part", clip(reason, 66)), severity.name())
                        }
                        Some((reason, severity)) => (clip(reason, 84), severity.name()),
                        None if verdict.is_partial() => (
                            "judged in part: it is too much for a policy".to_owned(),
                            if verdict.held { "held" } else { "" },
                        ),
                        None => ("a policy failed on it".to_owned(), "held"),
                    };
                    self.rows.row([&*clip(&verdict.message.native, 24), severity, &*reason]);
                }
            }
        }
        Ok(())
    }

    /// Lets what was printed be seen, where lines go out as they come.
    fn flush(&mut self) -> anyhow::Result<()> {
        Ok(self.out.flush()?)
    }

    fn end(&mut self, reading: &Reading, elapsed: Duration) -> anyhow::Result<()> {
        if self.args.format == OutputFormat::Json {
            return Ok(self.out.flush()?);
        }
        if self.shown > 0 {
            let more = if self.shown == ROWS_MAX { ", the first 50" } else { "" };
            writeln!(self.out, "Messages with findings or faults{more}")?;
            std::mem::replace(&mut self.rows, Columns::new(self.colour, &[])).print(&mut self.out)?;
            writeln!(self.out)?;
        }
        self.tally.print(&mut self.out, self.colour)?;
        let rate = self.tally.messages as f64 / elapsed.as_secs_f64().max(1e-6);
        write!(
            self.out,
            "\n{} messages, {} with findings, {} held, {} withheld",
            count(self.tally.messages),
            count(self.tally.flagged),
            count(self.tally.held),
            count(self.tally.withheld)
        )?;
        for (number, what) in [
            (self.tally.partial, "judged in part"),
            (self.tally.in_pieces, "judged in pieces"),
        ] {
            if number > 0 {
                write!(self.out, ", {} {what}", count(number))?;
            }
        }
        if reading.errors > 0 {
            write!(self.out, ", lines that are no message: {}", count(reading.errors))?;
        }
        if std::io::stdout().is_terminal() {
            write!(self.out, "; {} messages/s", count(rate as u64))?;
        }
        writeln!(self.out)?;
        self.out.flush()?;
        Ok(())
    }
}
