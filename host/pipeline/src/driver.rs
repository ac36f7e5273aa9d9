//! A long run of messages through the stages, under one generation or several side by side, where nothing is kept.
//!
//! Three stages, each on threads of its own, joined by short queues: reading and admitting (in order), evaluating (any
//! number of workers), settling and giving out (in order again). Only the middle one may be out of order: admitting and settling
//! go on from what the message ahead left. A queue ends when its last sender or its receiver is gone, and so an end runs through
//! all stages, from the reader on or from the sink back.

use crate::admit::Memory;
use crate::settle::{Settled, settle};
use proviso_engine::{FoldStates, Generation, Input, Judged};
use proviso_model::basis::LawfulBases;
use proviso_model::directory::{Directory, DirectoryVersion};
use proviso_model::retention::{Ending, Endings};
use proviso_model::statement::Statement;
use proviso_model::{Addressed, Message};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Messages that go through the stages together where many are at hand, at most: so many that of a hundred policies most
/// are still called with several at a time.
const CHUNK_MESSAGES_MAX: usize = 4_096;
/// The first chunk that each worker is given has so many: the last stage has something to do soon, and little input is
/// spread over all workers.
const CHUNK_MESSAGES_FIRST: usize = 1_024;
/// Text of the messages that go through the stages together, in bytes; the message that exceeds it is the last one.
const CHUNK_TEXT_BYTES: usize = 8 << 20;
/// Chunks that wait between two stages, for each worker.
const CHUNKS_WAITING: usize = 1;
/// Chunks that were read and are not settled, for each worker. Behind a slow one the others wait to be put in order: the reader
/// stops there, so that they never fill the memory.
const CHUNKS_ON_THE_WAY: usize = 4;

/// Takes messages as they are read.
pub trait Take {
    /// False if nobody wants more.
    fn take(&mut self, message: Message) -> bool;

    /// Notes a message that is not to be judged: those behind it are judged knowing of it. What takes no note forgets it.
    fn note(&mut self, _message: Message) {}

    /// Has the messages from here on judged by what is known beside them. What does not judge forgets it.
    fn know(&mut self, _known: &Circumstances) {}

    /// The input has no more for now. False if nobody wants more.
    fn pause(&mut self) -> bool {
        true
    }
}

/// What is known beside messages, where they are those of an archive.
#[derive(Debug, Clone, Default)]
pub struct Circumstances {
    /// The version of the directory.
    pub directory: Option<DirectoryVersion>,
    /// The ends from which retention clocks run, in the order in which they were handed in.
    pub endings: Vec<Ending>,
    /// All that was said of being archived.
    pub statements: Vec<Statement>,
    /// The lawful basis of each tenant that names its own.
    pub bases: Arc<LawfulBases>,
}

impl<F: FnMut(Message) -> bool> Take for F {
    fn take(&mut self, message: Message) -> bool {
        self(message)
    }
}

/// What a run gives when it is over.
pub struct Run<R> {
    /// What the reading gave.
    pub read: R,
    /// Conversations whose last messages were forgotten on the way, for want of memory: what was said in them later was judged
    /// without.
    pub forgotten: u64,
}

/// Messages that were judged together to the end.
pub struct Judgement {
    /// The messages, in input order, as the last of the generations was given them.
    pub inputs: Vec<Input>,
    /// What came of them, for each generation.
    pub settled: Vec<Vec<Settled>>,
    /// For each generation, how long its threads evaluated and settled: wall times, added up.
    pub took: Vec<Duration>,
    /// True if no others are on the way.
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

/// Judges every message that `read` gives under each of the generations; `sink` gets them in input order. Gives what `read`
/// gave, or why the sink wanted no more.
pub fn run<R: Send, E>(
    generations: &[&Generation],
    workers: usize,
    read: impl FnOnce(&mut dyn Take) -> R + Send,
    mut sink: impl FnMut(Judgement) -> Result<(), E>,
) -> Result<Run<R>, E> {
    let waiting = workers * CHUNKS_WAITING;
    let (to_workers, chunks) = sync_channel::<Chunk>(waiting);
    let (to_sink, judged) = sync_channel::<Chunk>(waiting);
    let chunks = Arc::new(Mutex::new(chunks));
    let on_the_way = OnTheWay::new(workers * CHUNKS_ON_THE_WAY);
    std::thread::scope(|scope| {
        let mut windows = Windows {
            generations,
            memories: generations.iter().map(|_| Memory::alone()).collect(),
            sides: generations.iter().map(|_| Side::default()).collect(),
            text_bytes: 0,
            number: 0,
            workers,
            on_the_way: &on_the_way,
            to_workers,
        };
        let reader = scope.spawn(move || {
            let read = read(&mut windows);
            windows.pause();
            let forgotten = windows.memories.iter().map(Memory::forgotten).max();
            Run {
                read,
                forgotten: forgotten.unwrap_or(0),
            }
        });
        for _ in 0..workers {
            let (chunks, to_sink) = (Arc::clone(&chunks), to_sink.clone());
            scope.spawn(move || {
                while let Some(mut chunk) = next_chunk(&chunks) {
                    for (generation, side) in generations.iter().zip(&mut chunk.sides) {
                        let started = Instant::now();
                        side.judged = generation.evaluate(&side.admitted);
                        side.took = started.elapsed();
                    }
                    if to_sink.send(chunk).is_err() {
                        break;
                    }
                }
            });
        }
        // The workers have theirs. With one kept here, the queue to the sink would never end; nor would the reader learn that the
        // workers are gone.
        drop(to_sink);
        drop(chunks);
        let mut states: Vec<FoldStates> = generations.iter().map(|_| FoldStates::new()).collect();
        let mut early: BTreeMap<u64, Chunk> = BTreeMap::new();
        let mut next = 0;
        let mut result = Ok(());
        'chunks: for chunk in judged {
            // Chunks come as workers finish them. Folds go on from the chunk ahead, so each waits here for its number.
            early.insert(chunk.number, chunk);
            while let Some(chunk) = early.remove(&next) {
                next += 1;
                let mut judgement = settle_chunk(generations, chunk, &mut states);
                judgement.is_last_for_now = on_the_way.one_is_settled();
                result = sink(judgement);
                if result.is_err() {
                    break 'chunks;
                }
            }
        }
        // A sink that wants no more has closed the queues, and the reader may wait for a place.
        on_the_way.close();
        let run = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        result.map(|()| run)
    })
}

/// The chunks that were sent and are not settled, and the reader's wait while they are too many.
struct OnTheWay {
    state: Mutex<Chunks>,
    changed: Condvar,
    most: usize,
}

#[derive(Default)]
struct Chunks {
    sent: usize,
    is_closed: bool,
}

impl OnTheWay {
    fn new(most: usize) -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            most,
        }
    }

    fn state(&self) -> MutexGuard<'_, Chunks> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// False if nobody wants more.
    fn wait_for_a_place(&self) -> bool {
        let full = |state: &mut Chunks| state.sent >= self.most && !state.is_closed;
        let waited = self.changed.wait_while(self.state(), full);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        state.sent += 1;
        !state.is_closed
    }

    /// True if no other is on the way.
    fn one_is_settled(&self) -> bool {
        let mut state = self.state();
        state.sent -= 1;
        self.changed.notify_all();
        state.sent == 0
    }

    fn close(&self) {
        self.state().is_closed = true;
        self.changed.notify_all();
    }
}

fn settle_chunk(generations: &[&Generation], chunk: Chunk, states: &mut [FoldStates]) -> Judgement {
    let mut judgement = Judgement {
        inputs: Vec::new(),
        settled: Vec::with_capacity(generations.len()),
        took: Vec::with_capacity(generations.len()),
        is_last_for_now: false,
    };
    for ((generation, side), states) in generations.iter().zip(chunk.sides).zip(states) {
        let started = Instant::now();
        let settled = settle(generation, &side.admitted, side.judged, states);
        judgement.settled.push(settled);
        judgement.took.push(side.took + started.elapsed());
        judgement.inputs = side.admitted;
    }
    judgement
}

/// The lock is held while the queue is empty: the other workers wait for the lock instead, and each chunk wakes one of them.
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
    memories: Vec<Memory>,
    sides: Vec<Side>,
    text_bytes: usize,
    number: u64,
    workers: usize,
    on_the_way: &'a OnTheWay,
    to_workers: SyncSender<Chunk>,
}

impl Take for Windows<'_> {
    fn take(&mut self, message: Message) -> bool {
        let message = Arc::new(Addressed::from(message));
        self.text_bytes += message.text.len();
        let mut gathered = 0;
        for ((generation, memory), side) in self.generations.iter().zip(&mut self.memories).zip(&mut self.sides) {
            side.admitted
                .push(memory.admit_next(generation.set(), Arc::clone(&message)));
            gathered = side.admitted.len();
        }
        let wanted = chunk_messages(self.number as usize, self.workers);
        gathered < wanted && self.text_bytes < CHUNK_TEXT_BYTES || self.pause()
    }

    /// Its consent, and its place in its conversation.
    fn note(&mut self, message: Message) {
        let message = Arc::new(Addressed::from(message));
        for (generation, memory) in self.generations.iter().zip(&mut self.memories) {
            memory.admit_next(generation.set(), Arc::clone(&message));
        }
    }

    fn know(&mut self, known: &Circumstances) {
        for (generation, memory) in self.generations.iter().zip(&mut self.memories) {
            let ready = known.directory.as_ref().map(|DirectoryVersion { version, rows }| {
                Arc::new(Directory::new(*version, rows, &generation.set().time_zone))
            });
            let zone = &generation.set().time_zone;
            let endings = (!known.endings.is_empty()).then(|| Arc::new(Endings::new(&known.endings, zone)));
            memory.know(ready, endings, Arc::clone(&known.bases));
            for statement in &known.statements {
                memory.hear(statement);
            }
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
        // Between two chunks: what the messages of one need stays until all of them are admitted.
        self.memories.iter_mut().for_each(Memory::evict);
        // A place first. It bounds what waits to be put in order too, which no queue sees.
        self.on_the_way.wait_for_a_place() && self.to_workers.send(chunk).is_ok()
    }
}

/// Judges messages that are admitted already, from empty states, in the chunks and on the threads that [`run`] would use. Gives
/// what came of each chunk to `sink`, in order.
pub fn judge_all(
    generation: &Generation,
    inputs: &[Input],
    workers: usize,
    mut sink: impl FnMut(&[Input], Vec<Settled>),
) {
    let mut states = FoldStates::new();
    if workers <= 1 {
        for chunk in chunks(inputs, 1) {
            let judged = generation.evaluate(chunk);
            sink(chunk, settle(generation, chunk, judged, &mut states));
        }
        return;
    }
    let chunks: Vec<&[Input]> = chunks(inputs, workers).collect();
    let next = AtomicUsize::new(0);
    let (to_settle, judged) = sync_channel::<(usize, Vec<Judged>)>(workers * CHUNKS_WAITING);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let (chunks, next, to_settle) = (&chunks, &next, to_settle.clone());
            scope.spawn(move || {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(chunk) = chunks.get(number) else { return };
                    if to_settle.send((number, generation.evaluate(chunk))).is_err() {
                        return;
                    }
                }
            });
        }
        // The workers have theirs; with one kept here, this would wait for ever.
        drop(to_settle);
        let mut early = BTreeMap::new();
        let mut expected = 0;
        for (number, part) in judged {
            early.insert(number, part);
            while let Some(part) = early.remove(&expected) {
                let chunk = chunks[expected];
                sink(chunk, settle(generation, chunk, part, &mut states));
                expected += 1;
            }
        }
    });
}

/// The messages that go through the stages together.
fn chunks(mut inputs: &[Input], workers: usize) -> impl Iterator<Item = &[Input]> {
    let sizes = (0..).map(move |number| chunk_messages(number, workers));
    sizes.map_while(move |size| {
        inputs
            .split_off(..size.min(inputs.len()))
            .filter(|chunk| !chunk.is_empty())
    })
}

/// Messages of the chunk of this number, counted from 0: each worker's next one has twice as many, up to the limit.
fn chunk_messages(number: usize, workers: usize) -> usize {
    let doublings = (number / workers.max(1)).min(16) as u32;
    (CHUNK_MESSAGES_FIRST << doublings).min(CHUNK_MESSAGES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reader_waits_while_too_many_chunks_are_on_the_way() {
        let on_the_way = OnTheWay::new(2);
        assert!(on_the_way.wait_for_a_place() && on_the_way.wait_for_a_place());
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| on_the_way.wait_for_a_place());
            while !reader.is_finished() && on_the_way.state().sent < 2 {}
            assert!(!reader.is_finished(), "two are on the way");
            assert!(!on_the_way.one_is_settled());
            assert!(reader.join().unwrap());
        });
        assert_eq!(on_the_way.state().sent, 2);
    }

    #[test]
    fn a_reader_that_waits_is_told_that_nobody_wants_more() {
        let on_the_way = OnTheWay::new(1);
        assert!(on_the_way.wait_for_a_place());
        std::thread::scope(|scope| {
            let reader = scope.spawn(|| on_the_way.wait_for_a_place());
            on_the_way.close();
            assert!(!reader.join().unwrap());
        });
    }

    #[test]
    fn chunks_grow_until_they_are_full() {
        let sizes: Vec<usize> = (0..6).map(|number| chunk_messages(number, 2)).collect();
        assert_eq!(sizes, [1_024, 1_024, 2_048, 2_048, 4_096, 4_096]);
    }
}
