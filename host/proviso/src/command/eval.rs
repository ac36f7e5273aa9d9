//! `proviso eval`: files in, verdicts out, nothing kept.
//!
//! Three stages, each on threads of its own, joined by short queues: reading and admitting (in order), evaluating (any
//! number of workers), settling and printing (in order again).

use crate::cli::{EvalArgs, OutputFormat};
use crate::exit::{Ending, InputProblems, Usage};
use crate::pipeline::{self, Intake, Settled};
use crate::show::progress::Progress;
use crate::show::table::{Columns, clip, count};
use crate::tally::{self, Tally};
use crate::trust_loading::Admitting;
use crate::verdict_json::VerdictLine;
use anyhow::Context;
use proviso_engine::{Engine, EngineOptions, FoldStates, Generation, Input, Judged};
use proviso_model::set::PolicySet;
use proviso_model::{Addressed, Message};
use proviso_pack::PluginPath;
use proviso_sources::{Format, Item, Reader, SourceContext};
use std::collections::BTreeMap;
use std::io::{BufWriter, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Text of the messages that go through the stages together, in bytes; the message that exceeds it is the last one.
const CHUNK_TEXT_BYTES: usize = 8 << 20;

/// A run of messages on its way, numbered so that the last stage can put them in order again.
struct Chunk {
    number: u64,
    admitted: Vec<Input>,
    judged: Vec<Judged>,
}

/// What reading met with.
#[derive(Default)]
struct Reading {
    errors: u64,
    failure: Option<anyhow::Error>,
}

pub(crate) fn run(args: &EvalArgs, colour: bool) -> anyhow::Result<Ending> {
    let format: Format = args
        .input_format
        .parse()
        .map_err(|error| Usage(format!("--input-format: {error}")))?;
    for file in &args.files {
        if file != Path::new("-") && !file.is_file() {
            return Err(Usage(format!("there is no file {}", file.display())).into());
        }
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = if args.workers == 0 { cores } else { args.workers };
    let cache_dir = args.cache_dir.clone().or_else(crate::places::cache_dir);
    let engine = Engine::new(EngineOptions {
        cache_dir,
        ..EngineOptions::default()
    })?;
    let generation = build(&engine, &args.set, args.trust.trust.as_deref())?;
    warn_of_tenant(generation.set(), &args.tenant);

    let total: u64 = args
        .files
        .iter()
        .filter_map(|file| std::fs::metadata(file).ok())
        .map(|meta| meta.len())
        .sum();
    let progress = Progress::bytes("judging", total);
    let started = Instant::now();
    let mut printer = Printer::new(args, generation.set(), colour);
    let context = SourceContext::new(&args.tenant, &args.channel).map_err(|error| Usage(error.to_string()))?;
    let reading = judge_all(
        &generation,
        &args.files,
        format,
        &context,
        workers,
        &progress,
        |settled, is_last_for_now| {
            settled.iter().try_for_each(|settled| printer.message(settled))?;
            if is_last_for_now { printer.flush() } else { Ok(()) }
        },
    )?;
    progress.finish();
    let elapsed = started.elapsed();
    printer.end(&reading, elapsed)?;
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

/// Builds the generation of a policy set file, with progress.
pub(crate) fn build(engine: &Engine, set: &Path, trust: Option<&Path>) -> anyhow::Result<Generation> {
    let progress = Progress::open("building policies");
    let plugins = PluginPath::of_this_process();
    let admitting = Admitting::without_memory(trust, Some(set)).map_err(InputProblems)?;
    let (resolved, _) = crate::set_loading::load(set, &plugins, None, &admitting).map_err(InputProblems)?;
    let built = engine.build(&resolved, &|step| {
        progress.say(&format!("building policies: {} of {}", step.done, step.total));
    });
    progress.finish();
    Ok(built.map_err(|error| InputProblems(error.problems))?)
}

/// Runs every message of the files through the pipeline; `sink` gets them settled, in input order, and is told when no more
/// are on the way.
fn judge_all(
    generation: &Generation,
    files: &[PathBuf],
    format: Format,
    context: &SourceContext,
    workers: usize,
    progress: &Progress,
    mut sink: impl FnMut(&[Settled], bool) -> anyhow::Result<()>,
) -> anyhow::Result<Reading> {
    let waiting = workers * pipeline::CHUNKS_WAITING;
    let (to_workers, chunks) = sync_channel::<Chunk>(waiting);
    let (to_sink, judged) = sync_channel::<Chunk>(waiting);
    let chunks = Arc::new(Mutex::new(chunks));
    let on_the_way = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let windows = Windows {
            set: generation.set(),
            intake: Intake::default(),
            admitted: Vec::new(),
            text_bytes: 0,
            number: 0,
            workers,
            on_the_way: &on_the_way,
            to_workers,
        };
        let reader = scope.spawn(move || read_all(windows, files, format, context, progress));
        for _ in 0..workers {
            let (chunks, to_sink) = (Arc::clone(&chunks), to_sink.clone());
            scope.spawn(move || {
                while let Some(mut chunk) = next_chunk(&chunks) {
                    chunk.judged = pipeline::evaluate(generation, &chunk.admitted);
                    if to_sink.send(chunk).is_err() {
                        break;
                    }
                }
            });
        }
        drop(to_sink);
        drop(chunks);
        let mut states = FoldStates::new();
        let mut early: BTreeMap<u64, Chunk> = BTreeMap::new();
        let mut next = 0;
        let mut result = Ok(());
        'chunks: for chunk in judged {
            early.insert(chunk.number, chunk);
            while let Some(chunk) = early.remove(&next) {
                next += 1;
                let settled = pipeline::settle(generation, &chunk.admitted, chunk.judged, &mut states);
                let before = on_the_way.fetch_sub(1, Ordering::AcqRel);
                result = sink(&settled, before == 1);
                if result.is_err() {
                    break 'chunks;
                }
            }
        }
        let reading = reader
            .join()
            .map_err(|_| anyhow::anyhow!("the reading thread ended in a panic"));
        result.and(reading)
    })
}

fn next_chunk(chunks: &Mutex<Receiver<Chunk>>) -> Option<Chunk> {
    chunks
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .recv()
        .ok()
}

/// Takes messages as they are read.
pub(crate) trait Take {
    /// False if nobody wants more.
    fn take(&mut self, message: Message) -> bool;

    /// The input has no more for now. False if nobody wants more.
    fn pause(&mut self) -> bool {
        true
    }
}

impl<F: FnMut(Message) -> bool> Take for F {
    fn take(&mut self, message: Message) -> bool {
        self(message)
    }
}

/// Gathers messages until there are enough for full batches, or until the input pauses.
struct Windows<'a> {
    set: &'a PolicySet,
    intake: Intake,
    admitted: Vec<Input>,
    text_bytes: usize,
    number: u64,
    workers: usize,
    /// Chunks that were sent and are not settled.
    on_the_way: &'a AtomicUsize,
    to_workers: SyncSender<Chunk>,
}

impl Take for Windows<'_> {
    fn take(&mut self, message: Message) -> bool {
        let message = Arc::new(Addressed::from(message));
        self.text_bytes += message.text.len();
        self.admitted.push(self.intake.admit(self.set, message));
        let wanted = pipeline::chunk_messages(self.number as usize, self.workers);
        self.admitted.len() < wanted && self.text_bytes < CHUNK_TEXT_BYTES || self.pause()
    }

    /// Has what there is judged.
    fn pause(&mut self) -> bool {
        if self.admitted.is_empty() {
            return true;
        }
        let chunk = Chunk {
            number: self.number,
            admitted: std::mem::take(&mut self.admitted),
            judged: Vec::new(),
        };
        self.number += 1;
        self.text_bytes = 0;
        self.on_the_way.fetch_add(1, Ordering::AcqRel);
        self.to_workers.send(chunk).is_ok()
    }
}

fn read_all(
    mut windows: Windows<'_>,
    files: &[PathBuf],
    format: Format,
    context: &SourceContext,
    progress: &Progress,
) -> Reading {
    let mut reading = Reading::default();
    for file in files {
        if let Err(error) = read_file(file, format, context, progress, &mut reading.errors, &mut windows) {
            reading.failure = Some(error);
            break;
        }
    }
    windows.pause();
    reading
}

/// Reads one file; a line that is no message goes to standard error, and the others go on.
pub(crate) fn read_file(
    path: &Path,
    format: Format,
    context: &SourceContext,
    progress: &Progress,
    errors: &mut u64,
    take: &mut impl Take,
) -> anyhow::Result<()> {
    let name = if path == Path::new("-") {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    };
    let mut input: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::fs::File::open(path).with_context(|| format!("cannot open {name}"))?)
    };
    let mut reader = Reader::new(format, context.clone());
    let mut buffer = vec![0_u8; 256 << 10];
    let mut take_item = |take: &mut _, item: Item| match item.result {
        Ok(message) => Take::take(take, message),
        Err(error) => {
            *errors += 1;
            crate::show::error_line(format_args!(
                "{}",
                serde_json::json!({ "file": name, "line": item.line, "error": error.to_string() })
            ));
            true
        }
    };
    loop {
        let length = input.read(&mut buffer).with_context(|| format!("cannot read {name}"))?;
        progress.advance(length as u64);
        if length == 0 {
            // False means that nobody reads the verdicts any more.
            let _all_taken = reader.finish().all(|item| take_item(take, item));
            return Ok(());
        }
        reader.push(&buffer[..length]);
        while let Some(item) = reader.next_item() {
            if !take_item(take, item) {
                return Ok(());
            }
        }
        if length < PIPE_BYTES && !take.pause() {
            return Ok(());
        }
    }
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

/// What a full pipe gives at a time: one that gives less has no more for now.
const PIPE_BYTES: usize = 64 << 10;

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
                serde_json::to_writer(&mut self.out, &VerdictLine::new(settled, self.set.language))
                    .map_err(std::io::Error::from)?;
                self.out.write_all(b"\n")?;
            }
            OutputFormat::Table => {
                let headline = tally::headline(verdict, self.set.language);
                if self.shown < ROWS_MAX && (headline.is_some() || verdict.held) {
                    self.shown += 1;
                    let (reason, severity) =
                        headline.map_or(("a policy failed on it", "held"), |(text, s)| (text, s.name()));
                    self.rows
                        .row([&clip(&verdict.message.native, 24), severity, &clip(reason, 84)]);
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
        if reading.errors > 0 {
            write!(self.out, ", {} lines that are no message", count(reading.errors))?;
        }
        if std::io::stdout().is_terminal() {
            write!(self.out, "; {} messages/s", count(rate as u64))?;
        }
        writeln!(self.out)?;
        self.out.flush()?;
        Ok(())
    }
}
