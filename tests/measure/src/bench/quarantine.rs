//! What a policy that always runs to the end of its budget costs the others once it is quarantined.

use super::aim::Aim;
use super::daemon::{self, Daemon};
use super::{Bench, Section, Spread, job};
use crate::page::{Table, count};
use anyhow::ensure;
use std::fs;
use std::time::Instant;

/// Packs beside the slow one, and their terms together.
const PACKS: usize = 10;
const TERMS: usize = 20_000;
/// Requests to each daemon, in turns, and the messages of each.
const REQUESTS: usize = 20;
const MESSAGES: usize = 2_000;
/// Messages after which the slow policy is to be quarantined.
const TRIAL: usize = 64;
/// The word that triggers it, in one of so many messages.
const WORD: &str = "拖延拖延";
const WORD_EVERY: usize = 33;
/// Throughput that the others may lose, in percent.
const AIM_PERCENT: f64 = 5.0;

pub(super) fn measure(bench: &Bench<'_>) -> anyhow::Result<Vec<Section>> {
    let slow = job::slow_plugin(bench)?;
    let terms = job::plain_terms(bench.corpus().as_deref(), TERMS)?;
    let daemon = |name: &str, slow: Option<job::Pack>| {
        let folder = bench.folder.join(name);
        let packs = (0..PACKS).map(|part| job::Pack {
            terms: terms.iter().skip(part).step_by(PACKS).cloned().collect(),
            folding: true,
            plugin: job::Plugin::LexiconRules,
        });
        job::write_packs(&folder.join("policies"), packs.chain(slow))?;
        Ok::<_, anyhow::Error>(Daemon::start(bench, &daemon::configure(&folder)?)?.0)
    };
    let with = daemon(
        "with-slow",
        Some(job::Pack {
            terms: vec![WORD.to_owned()],
            folding: true,
            plugin: job::Plugin::Other("slow-guest", slow),
        }),
    )?;
    let without = daemon("without-slow", None)?;

    let text = fs::read_to_string(&bench.workload.file)?;
    let mut lines = text.lines();
    let mut next = |messages: usize, every: usize| -> anyhow::Result<Vec<String>> {
        let taken = lines.by_ref().take(messages).enumerate();
        taken
            .map(|(number, line)| {
                if number.is_multiple_of(every) {
                    with_word(line)
                } else {
                    Ok(line.to_owned())
                }
            })
            .collect()
    };
    let trial = next(TRIAL, 1)?;
    for line in &trial {
        with.post(&[line])?;
    }
    without.post(&trial.iter().map(String::as_str).collect::<Vec<_>>())?;
    ensure!(
        with.status()?["quarantined"]
            .as_array()
            .is_some_and(|policies| policies.len() == 1),
        "the daemon quarantines nothing after {TRIAL} messages on which a policy ran out of fuel"
    );
    let before = [with.processor_time()?, without.processor_time()?];
    let mut ratios = Vec::new();
    for request in 0..REQUESTS {
        let messages = next(MESSAGES, WORD_EVERY)?;
        ensure!(messages.len() == MESSAGES, "the workload has too few messages");
        let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
        let took = |daemon: &Daemon| {
            let started = Instant::now();
            daemon.post(&messages)?;
            anyhow::Ok(started.elapsed().as_secs_f64())
        };
        // Whoever is second finds the machine as the first left it.
        let (with, without) = if request.is_multiple_of(2) {
            let with = took(&with)?;
            (with, took(&without)?)
        } else {
            let without = took(&without)?;
            (took(&with)?, without)
        };
        ratios.push(with / without);
    }
    let used = [
        with.processor_time()?.saturating_sub(before[0]),
        without.processor_time()?.saturating_sub(before[1]),
    ];
    with.stop()?;
    without.stop()?;

    let ratio = Spread::of(ratios);
    let by_cpu = used[0].as_secs_f64() / used[1].as_secs_f64().max(0.01);
    let mut table = Table::new(&["with the quarantined policy, beside without it", ">times"]);
    table.row(["time from a request to its commit".to_owned(), ratio.show(3)]);
    table.row(["processor time of the daemon".to_owned(), format!("{by_cpu:.3}")]);
    let text = format!(
        "Two daemons with {PACKS} packs and {} terms. One of them has a policy more, whose plugin loops until its fuel is spent; one of \
         {WORD_EVERY} messages triggers it. {TRIAL} such messages come first, and it is quarantined: its messages are held, and it is \
         called no more. Then both daemons are given the same {REQUESTS} requests of {} messages in turns, and commit them.\n\n{}",
        count(terms.len()),
        count(MESSAGES),
        table.markdown(),
    );
    let aim = Aim::at_most(
        ("quarantine", "throughput lost beside a quarantined policy"),
        AIM_PERCENT,
        Some((1.0 - 1.0 / ratio.median).max(0.0) * 100.0),
        |percent| format!("{percent:.1} %"),
    );
    Ok(vec![Section {
        title: "A policy that is always slow",
        text,
        aims: vec![aim],
    }])
}

/// A canonical message with the word at the end of its text.
fn with_word(line: &str) -> anyhow::Result<String> {
    let mut message: serde_json::Value = serde_json::from_str(line)?;
    let text = message["text"].as_str().unwrap_or_default();
    message["text"] = format!("{text} {WORD}").into();
    Ok(message.to_string())
}
