//! Judging alone, timed: parsed messages in, verdicts out, without reading and writing.

use super::judge::{self, FoldStates, Judged};
use super::{CHUNKS_WAITING, Input, Native, evaluate, read, settle};
use crate::NativeArgs;
use anyhow::ensure;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::Instant;

/// What is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// From the scan to the verdict.
    Verdicts,
    /// The matcher alone, on one thread.
    Scan,
}

/// What was measured, on a line of JSON.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Alone {
    pub messages: usize,
    pub ns_per_message: f64,
    /// Messages with findings; for the matcher alone, with hits.
    pub flagged: Vec<String>,
}

/// Judges a tenth of the messages unmeasured, then all of them.
pub(super) fn run(native: &Native, args: &NativeArgs, part: Part) -> anyhow::Result<Alone> {
    let mut chunks = Vec::new();
    read(&args.file, &native.set, |chunk| {
        chunks.push(chunk);
        true
    })?;
    let messages: usize = chunks.iter().map(Vec::len).sum();
    ensure!(messages > 0, "{} has no messages", args.file.display());
    let judge = |chunks: &[Vec<Input>]| match part {
        Part::Verdicts => verdicts(native, chunks, args.workers.max(1)),
        Part::Scan => Ok(scan(native, chunks)),
    };
    judge(&chunks[..chunks.len().div_ceil(10)])?;
    let started = Instant::now();
    let flags = judge(&chunks)?;
    let took = started.elapsed();
    let flagged = chunks.iter().flatten().zip(flags).filter(|(_, flag)| *flag);
    Ok(Alone {
        messages,
        ns_per_message: took.as_nanos() as f64 / messages as f64,
        flagged: flagged.map(|(input, _)| input.message.id.native.clone()).collect(),
    })
}

fn scan(native: &Native, chunks: &[Vec<Input>]) -> Vec<bool> {
    let mut scratch = native.scratch();
    let mut flags = Vec::new();
    for chunk in chunks {
        judge::flag_hits(native, chunk, &mut scratch, &mut flags);
    }
    flags
}

/// One worker evaluates and settles in turn. More of them evaluate, and this thread settles what they bring in order, as in (b).
fn verdicts(native: &Native, chunks: &[Vec<Input>], workers: usize) -> anyhow::Result<Vec<bool>> {
    let (mut states, mut flags) = (FoldStates::default(), Vec::new());
    let mut take = |number: usize, judged: Vec<Judged>| {
        let settled = settle(native, &chunks[number], judged, &mut states)?;
        let settled = std::hint::black_box(settled);
        flags.extend(settled.iter().map(|settled| !settled.findings.is_empty()));
        anyhow::Ok(())
    };
    if workers == 1 {
        let mut scratch = native.scratch();
        for (number, chunk) in chunks.iter().enumerate() {
            take(number, evaluate(native, chunk, &mut scratch)?)?;
        }
        return Ok(flags);
    }
    let claimed = AtomicUsize::new(0);
    let (to_settle, judged) = sync_channel(workers * CHUNKS_WAITING);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let (claimed, to_settle) = (&claimed, to_settle.clone());
            scope.spawn(move || {
                let mut scratch = native.scratch();
                loop {
                    let number = claimed.fetch_add(1, Ordering::Relaxed);
                    let Some(chunk) = chunks.get(number) else { return };
                    if to_settle.send((number, evaluate(native, chunk, &mut scratch))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(to_settle);
        let mut early = BTreeMap::new();
        let mut expected = 0;
        for (number, part) in judged {
            early.insert(number, part?);
            while let Some(part) = early.remove(&expected) {
                take(expected, part)?;
                expected += 1;
            }
        }
        anyhow::Ok(())
    })?;
    Ok(flags)
}
