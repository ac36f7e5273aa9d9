//! Many packs in the daemon: built without a cache, built from the cache, reloaded after an edit, and what they keep in memory.

use super::aim::Aim;
use super::daemon::{self, Daemon, Live};
use super::{Bench, Section, Spread, job};
use crate::page::{Table, count};
use anyhow::Context;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

const PACKS: usize = 50;
/// Terms of all packs together.
const TERMS: usize = 87_000;
/// Packs that are edited, one after the other.
const EDITS: usize = 7;
/// Warm starts.
const STARTS: usize = 3;
/// One of so many messages is sent to the daemon.
const SENT: usize = 10;
/// After an edit so long, in ms, the next generation is to judge.
const AIM_RELOAD_MS: f64 = 300.0;
/// Memory that is aimed at, in MB of 1,000,000 bytes.
const AIM_RESIDENT_MB: f64 = 400.0;
/// The daemon rests so long before an edit.
const BETWEEN_EDITS: Duration = Duration::from_millis(500);

pub(super) fn measure(bench: &Bench<'_>) -> anyhow::Result<Vec<Section>> {
    let folder = bench.folder.join("many");
    let terms = job::plain_terms(bench.corpus().as_deref(), TERMS)?;
    let packs = (0..PACKS).map(|part| job::Pack {
        terms: terms.iter().skip(part).step_by(PACKS).cloned().collect(),
        folding: true,
        plugin: job::Plugin::LexiconRules,
    });
    job::write_packs(&folder.join("policies"), packs)?;
    let config = daemon::configure(&folder)?;
    let start = || Daemon::start(bench, &config);

    eprintln!("  start without a cache");
    let (daemon, cold) = start()?;
    daemon.stop()?;
    let mut warm = Vec::new();
    for _ in 1..STARTS {
        eprintln!("  start from the cache");
        let (daemon, started) = start()?;
        warm.push(started);
        daemon.stop()?;
    }
    let (daemon, started) = start()?;
    warm.push(started);
    let at_rest = daemon.resident()?;
    eprintln!("  messages and edits");
    let sent = fs::read_to_string(bench.workload.sample(SENT)?)?;
    let messages: Vec<&str> = sent.lines().collect();
    daemon.post(&messages)?;
    let judged = daemon.resident()?;
    let mut reloads = Vec::new();
    for number in 0..EDITS {
        let list = format!("policies/pack-{:03}/lexicons/terms.txt", number * PACKS / EDITS);
        reloads.push(edit(&daemon, &folder.join(list))?);
    }
    let edited = daemon.resident()?;
    daemon.stop()?;

    let mut table = Table::new(&["", ">seen from outside, ms", ">as the log says, ms"]);
    let mut row = |name: &str, all: &[Live]| {
        let of = |figure: fn(&Live) -> f64| Spread::of(all.iter().map(figure)).show(0);
        table.row([name.to_owned(), of(|live| live.seen), of(|live| live.logged)]);
    };
    row("start, nothing in the cache, once", &[cold]);
    row("start, all in the cache", &warm);
    row("one term edited", &reloads);
    let mut memory = Table::new(&["resident memory, MB", ">now", ">at most so far"]);
    for (name, resident) in [
        ("after the start", at_rest),
        ("after some messages", judged),
        ("after the edits", edited),
    ] {
        memory.row([
            name.to_owned(),
            format!("{:.0}", resident.now),
            format!("{:.0}", resident.most),
        ]);
    }
    let text = format!(
        "{PACKS} packs with {} terms between them ({}) and a rule of its own in each, folding as by default, in `proviso serve`. From \
         outside a start lasts from the process to its line `ready`, an edit from the renaming of the new file to the line `generation \
         live`; the daemon waits 80 ms for more changes, and runs the packs' cases, of which there are none here. {EDITS} edits, each \
         of another pack.\n\n{}\n\
         Resident memory is VmRSS and VmHWM of the daemon, with every page of the cache's files that is mapped. {} messages of \
         the workload were judged and archived before the edits. While a generation is built, the one before it is still there.\n\n{}",
        count(terms.len()),
        if bench.corpus().is_some() {
            "from the lexicons of the corpora"
        } else {
            "made up"
        },
        table.markdown(),
        count(messages.len()),
        memory.markdown(),
    );
    let reload = Spread::of(reloads.iter().map(|live| live.seen)).median;
    let aims = vec![
        Aim::at_most(
            (
                "reload",
                "one term edited in 50 packs, until the next generation judges",
            ),
            AIM_RELOAD_MS,
            Some(reload),
            |millis| format!("{millis:.0} ms"),
        ),
        Aim::at_most(
            (
                "memory",
                "resident memory with 50 packs and 87,000 terms, after messages and edits",
            ),
            AIM_RESIDENT_MB,
            Some(edited.now),
            |megabytes| format!("{megabytes:.0} MB"),
        ),
    ];
    Ok(vec![Section {
        title: "Building and reloading",
        text,
        aims,
    }])
}

/// Replaces a list's first term, as an editor does, and waits for the generation that has it.
fn edit(daemon: &Daemon, list: &Path) -> anyhow::Result<Live> {
    let text = fs::read_to_string(list)?;
    let (_, rest) = text.split_once('\n').context("a list of one line")?;
    // Not beside the list, where writing it would be a change as well.
    let new = daemon.data.join("terms.new");
    fs::write(&new, format!("改动的词语\n{rest}"))?;
    std::thread::sleep(BETWEEN_EDITS);
    let begun = Instant::now();
    fs::rename(&new, list)?;
    let (at, line) = daemon.wait("generation live")?;
    Ok(Live {
        seen: at.duration_since(begun).as_secs_f64() * 1e3,
        logged: daemon::millis(&line)?,
    })
}
