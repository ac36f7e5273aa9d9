//! A stream of messages through the pipeline, under one generation or several side by side, where nothing is kept.
//!
//! Three stages, each on threads of its own, joined by short queues: reading and admitting (in order), evaluating (any
//! number of workers), settling and giving out (in order again).

use crate::cli::FormArgs;
use crate::exit::Usage;
use crate::pipeline::{self, Intake, Settled};
use crate::show::progress::Progress;
use anyhow::Context;
use proviso_engine::{FoldStates, Generation, Input, Judged};
use proviso_model::{Addressed, Message};
use proviso_sources::{Format, Item, Reader, SourceContext};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Text of the messages that go through the stages together, in bytes; the message that exceeds it is the last one.
const CHUNK_TEXT_BYTES: usize = 8 << 20;
/// What a full pipe gives at a time: one that gives less has no more for now.
const PIPE_BYTES: usize = 64 << 10;

/// Takes messages as they are read.
pub(crate) trait Take {
    /// False if nobody wants more.
    fn take(&mut self, message: Message) -> bool;

    /// Notes a message that is not to be judged: those behind it are judged knowing of it. What takes no note forgets it.
    fn note(&mut self, _message: Message) {}

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

impl FormArgs {
    /// The form of the files, and what their messages do not say.
    pub(crate) fn read(&self) -> Result<(Format, SourceContext), Usage> {
        let format = self.input_format.parse();
        let format = format.map_err(|error| Usage(format!("--input-format: {error}")))?;
        let context = SourceContext::new(&self.tenant, &self.channel).map_err(|error| Usage(error.to_string()))?;
        Ok((format, context))
    }
}

/// What reading met with.
#[derive(Default)]
pub(crate) struct Reading {
    /// Lines that are no message.
    pub errors: u64,
    /// Why it ended early.
    pub failure: Option<anyhow::Error>,
}

/// A run of messages, judged to the end.
pub(crate) struct Judgement {
    /// The messages, in input order, as the last of the generations was given them.
    pub inputs: Vec<Input>,
    /// What came of them, for each generation.
    pub settled: Vec<Vec<Settled>>,
    /// For each generation, the processor time of evaluating and settling, as wall time of the threads that did it.
    pub took: Vec<Duration>,
    /// No more are on the way.
    pub is_last_for_now: bool,
}

/// A run of messages on its way, numbered so that the last stage can put them in order again.
struct Chunk {
    number: u64,
    sides: Vec<Side>,
}

/// The messages as one generation is given them.
#[derive(Default)]
struct Side {
    admitted: Vec<Input>,
    judged: Vec<Judged>,
    took: Duration,
}

/// Judges every message that `read` gives under each of the generations; `sink` gets them in input order.
pub(crate) fn judge(
    generations: &[&Generation],
    workers: usize,
    read: impl FnOnce(&mut dyn Take) -> Reading + Send,
    mut sink: impl FnMut(Judgement) -> anyhow::Result<()>,
) -> anyhow::Result<Reading> {
    let waiting = workers * pipeline::CHUNKS_WAITING;
    let (to_workers, chunks) = sync_channel::<Chunk>(waiting);
    let (to_sink, judged) = sync_channel::<Chunk>(waiting);
    let chunks = Arc::new(Mutex::new(chunks));
    let on_the_way = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let mut windows = Windows {
            generations,
            intakes: generations.iter().map(|_| Intake::default()).collect(),
            sides: generations.iter().map(|_| Side::default()).collect(),
            text_bytes: 0,
            number: 0,
            workers,
            on_the_way: &on_the_way,
            to_workers,
        };
        let reader = scope.spawn(move || {
            let reading = read(&mut windows);
            windows.pause();
            reading
        });
        for _ in 0..workers {
            let (chunks, to_sink) = (Arc::clone(&chunks), to_sink.clone());
            scope.spawn(move || {
                while let Some(mut chunk) = next_chunk(&chunks) {
                    for (generation, side) in generations.iter().zip(&mut chunk.sides) {
                        let started = Instant::now();
                        side.judged = pipeline::evaluate(generation, &side.admitted);
                        side.took = started.elapsed();
                    }
                    if to_sink.send(chunk).is_err() {
                        break;
                    }
                }
            });
        }
        drop(to_sink);
        drop(chunks);
        let mut states: Vec<FoldStates> = generations.iter().map(|_| FoldStates::new()).collect();
        let mut early: BTreeMap<u64, Chunk> = BTreeMap::new();
        let mut next = 0;
        let mut result = Ok(());
        'chunks: for chunk in judged {
            early.insert(chunk.number, chunk);
            while let Some(chunk) = early.remove(&next) {
                next += 1;
                let mut judgement = settle(generations, chunk, &mut states);
                judgement.is_last_for_now = on_the_way.fetch_sub(1, Ordering::AcqRel) == 1;
                result = sink(judgement);
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

fn settle(generations: &[&Generation], chunk: Chunk, states: &mut [FoldStates]) -> Judgement {
    let mut judgement = Judgement {
        inputs: Vec::new(),
        settled: Vec::with_capacity(generations.len()),
        took: Vec::with_capacity(generations.len()),
        is_last_for_now: false,
    };
    for ((generation, side), states) in generations.iter().zip(chunk.sides).zip(states) {
        let started = Instant::now();
        let settled = pipeline::settle(generation, &side.admitted, side.judged, states);
        judgement.settled.push(settled);
        judgement.took.push(side.took + started.elapsed());
        judgement.inputs = side.admitted;
    }
    judgement
}

fn next_chunk(chunks: &Mutex<Receiver<Chunk>>) -> Option<Chunk> {
    chunks
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .recv()
        .ok()
}

/// Gathers messages until there are enough for full batches, or until the input pauses.
struct Windows<'a> {
    generations: &'a [&'a Generation],
    intakes: Vec<Intake>,
    sides: Vec<Side>,
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
        let mut gathered = 0;
        for ((generation, intake), side) in self.generations.iter().zip(&mut self.intakes).zip(&mut self.sides) {
            side.admitted.push(intake.admit(generation.set(), Arc::clone(&message)));
            gathered = side.admitted.len();
        }
        let wanted = pipeline::chunk_messages(self.number as usize, self.workers);
        gathered < wanted && self.text_bytes < CHUNK_TEXT_BYTES || self.pause()
    }

    /// Its consent, and its place in its conversation.
    fn note(&mut self, message: Message) {
        let message = Arc::new(Addressed::from(message));
        for (generation, intake) in self.generations.iter().zip(&mut self.intakes) {
            intake.admit(generation.set(), Arc::clone(&message));
        }
    }

    /// Has what there is judged.
    fn pause(&mut self) -> bool {
        if self.sides.iter().all(|side| side.admitted.is_empty()) {
            return true;
        }
        let chunk = Chunk {
            number: self.number,
            sides: self.sides.iter_mut().map(std::mem::take).collect(),
        };
        self.number += 1;
        self.text_bytes = 0;
        self.on_the_way.fetch_add(1, Ordering::AcqRel);
        self.to_workers.send(chunk).is_ok()
    }
}

/// Reads files one after the other, until one cannot be read or nobody wants more.
pub(crate) fn read_all(
    files: &[PathBuf],
    format: Format,
    context: &SourceContext,
    progress: &Progress,
    take: &mut dyn Take,
) -> Reading {
    let mut reading = Reading::default();
    for file in files {
        if let Err(error) = read_file(file, format, context, progress, &mut reading.errors, take) {
            reading.failure = Some(error);
            break;
        }
    }
    reading
}

/// Reads one file; a line that is no message goes to standard error, and the others go on.
pub(crate) fn read_file(
    path: &Path,
    format: Format,
    context: &SourceContext,
    progress: &Progress,
    errors: &mut u64,
    take: &mut dyn Take,
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
    let mut take_item = |take: &mut dyn Take, item: Item| match item.result {
        Ok(message) => take.take(message),
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
