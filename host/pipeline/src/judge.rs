//! The order of the stages for the messages of one transaction. No other place knows it, save `driver.rs`, which runs the same
//! stages on threads of their own. Messages may be judged while those before them wait for their commit.

use crate::admit::Memory;
use crate::ports::{Breaker, Keeper, Past, States};
use crate::settle::{Settled, settle};
use proviso_engine::{FoldStates, Generation, Input, Judged};
use proviso_model::{Addressed, Timestamp};
use std::sync::Arc;

/// Messages below which another thread costs more than it saves.
const PARALLEL_MESSAGES_MIN: usize = 128;

/// Who judges: policies, threads, and what stops policies that fail.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    /// The generation whose policies judge.
    pub generation: &'a Generation,
    /// The number of threads that evaluate, from 1. The verdicts do not depend on it.
    pub workers: usize,
    /// The breaker that stops policies that fail. It is absent where a message must be answered the same in any company.
    pub breaker: Option<&'a dyn Breaker>,
}

/// What is to be committed of new messages.
pub struct Taken {
    /// The messages, as far as their lawful basis lets them be kept.
    pub admitted: Vec<Input>,
    /// What was said of them, in their order.
    pub settled: Vec<Settled>,
    /// What may be kept of those that are not taken in, in the order in which they were given.
    pub refused: Vec<Arc<Addressed>>,
}

/// The way of new messages up to their commit: admitted and judged, knowing of all that came before, what waits for its commit
/// included; of `refused`, which came under identifiers of others, what their own lawful basis lets be kept. After an error the memory is empty, so that it holds nothing which the keeper does not. Otherwise it has seen the
/// messages: whoever cannot commit them clears it, and whoever judges ahead of their commit calls [`Memory::evict`] at no other time
/// than when nothing waits.
pub fn take_in<K: Past + States<Error = <K as Past>::Error>>(
    by: Judge<'_>,
    memory: &mut Memory,
    messages: Vec<Arc<Addressed>>,
    refused: Vec<Arc<Addressed>>,
    past: &mut K,
) -> Result<Taken, <K as Past>::Error> {
    let set = by.generation.set();
    let attempt = || {
        // The memory takes note of messages before they are committed, since those behind them need it.
        let admitted = memory.admit(set, messages, past)?;
        let refused = memory.only_what_may_be_kept(set, refused, past)?;
        let (admitted, settled) = judge(by, admitted, past)?;
        Ok(Taken {
            admitted,
            settled,
            refused,
        })
    };
    let taken = attempt();
    if taken.is_err() {
        memory.clear();
    }
    taken
}

/// The whole way of messages that are judged again: each is admitted for itself, since what came before one of them is not what
/// came before the next. Nothing is judged on a consent that is gone at `now`. All of them are kept, or none.
pub fn take_again<K: Keeper>(
    by: Judge<'_>,
    held: Vec<Arc<Addressed>>,
    keeper: &mut K,
    now: Timestamp,
) -> Result<K::Receipt, <K as Past>::Error> {
    let mut admitted = Vec::with_capacity(held.len());
    for message in held {
        admitted.push(Memory::backed().admit_again(by.generation.set(), message, keeper, now)?);
    }
    let (admitted, settled) = judge(by, admitted, keeper)?;
    keeper.commit(admitted, settled)
}

/// Judges admitted messages to the end, slice by slice: between two slices the breaker says who is called no more.
pub fn judge<S: States>(
    by: Judge<'_>,
    admitted: Vec<Input>,
    states: &mut S,
) -> Result<(Vec<Input>, Vec<Settled>), S::Error> {
    let id = by.generation.id();
    let mut inputs = admitted;
    let mut all = Vec::with_capacity(inputs.len());
    let mut known = FoldStates::new();
    while all.len() < inputs.len() {
        let (done, left) = (all.len(), inputs.len() - all.len());
        let next = by
            .breaker
            .map_or(left, |breaker| breaker.slice(done, left).clamp(1, left));
        let slice = &mut inputs[done..done + next];
        if let Some(stopped) = by.breaker.and_then(|breaker| breaker.stopped(id)) {
            for input in slice.iter_mut() {
                input.quarantined = Some(Arc::clone(&stopped));
            }
        }
        let settled = judge_slice(by, slice, states, &mut known)?;
        if let Some(breaker) = by.breaker {
            breaker.observe(id, by.generation.take_triggered(), &settled);
        }
        all.extend(settled);
    }
    Ok((inputs, all))
}

/// Judges admitted messages on the calling thread, from states that are at hand and go on with them.
pub fn judge_with(generation: &Generation, admitted: &[Input], states: &mut FoldStates) -> Vec<Settled> {
    let judged = generation.evaluate(admitted);
    settle(generation, admitted, judged, states)
}

/// `known` are the states that the messages ahead in the transaction left.
fn judge_slice<S: States>(
    by: Judge<'_>,
    slice: &[Input],
    states: &mut S,
    known: &mut FoldStates,
) -> Result<Vec<Settled>, S::Error> {
    let judged = evaluate(by, slice);
    let Some(first) = slice.first() else {
        return Ok(Vec::new());
    };
    if S::CONTINUOUS {
        let mut unknown = by.generation.fold_keys(&judged);
        unknown.retain(|key| !known.contains_key(key));
        known.extend(states.before(&first.message, &unknown)?);
        return Ok(settle(by.generation, slice, judged, known));
    }
    let mut settled = Vec::with_capacity(slice.len());
    for (input, judged) in slice.iter().zip(judged) {
        let judged = vec![judged];
        let subjects = by.generation.fold_keys(&judged);
        let mut own = states.before(&input.message, &subjects)?;
        settled.extend(settle(by.generation, std::slice::from_ref(input), judged, &mut own));
    }
    Ok(settled)
}

/// One scan, triggers, and the policies without memory, on as many threads as pay. The answer does not depend on their number.
fn evaluate(by: Judge<'_>, slice: &[Input]) -> Vec<Judged> {
    let part = slice.len().div_ceil(by.workers.max(1)).max(PARALLEL_MESSAGES_MIN);
    if slice.len() <= part {
        return by.generation.evaluate(slice);
    }
    std::thread::scope(|scope| {
        let parts: Vec<_> = slice
            .chunks(part)
            .map(|part| scope.spawn(|| by.generation.evaluate(part)))
            .collect();
        parts
            .into_iter()
            .flat_map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}
