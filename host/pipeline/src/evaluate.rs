//! The stateless part of judging, on one thread or several, and how many messages go through it together.

use proviso_engine::{Generation, Input, Judged};

/// Messages that go through the stages together where many are at hand, at most: so many that of a hundred policies most
/// are still called with several at a time.
const CHUNK_MESSAGES_MAX: usize = 4_096;
/// The first chunk that each worker is given has so many: the last stage has something to do soon, and little input is
/// spread over all workers.
const CHUNK_MESSAGES_FIRST: usize = 1_024;

/// Messages below which another thread costs more than it saves.
const PARALLEL_MESSAGES_MIN: usize = 128;

/// Messages of the chunk of this number, counted from 0: each worker's next one has twice as many, up to the limit.
pub(crate) fn chunk_messages(number: usize, workers: usize) -> usize {
    let doublings = (number / workers.max(1)).min(16) as u32;
    (CHUNK_MESSAGES_FIRST << doublings).min(CHUNK_MESSAGES_MAX)
}

/// One scan, triggers, and the policies without memory. May run on any thread.
pub(crate) fn evaluate(generation: &Generation, admitted: &[Input]) -> Vec<Judged> {
    generation.evaluate(admitted)
}

/// The same on several threads, for callers with one batch at a time. The answer does not depend on their number.
pub(crate) fn evaluate_on(workers: usize, generation: &Generation, admitted: &[Input]) -> Vec<Judged> {
    let part = admitted.len().div_ceil(workers.max(1)).max(PARALLEL_MESSAGES_MIN);
    if admitted.len() <= part {
        return evaluate(generation, admitted);
    }
    std::thread::scope(|scope| {
        let parts: Vec<_> = admitted
            .chunks(part)
            .map(|part| scope.spawn(|| evaluate(generation, part)))
            .collect();
        parts
            .into_iter()
            .flat_map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}
