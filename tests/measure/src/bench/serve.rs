//! `proviso serve` from a spool file into its archive: how fast, where the time goes, what the archive takes on the disk, and what the daemon keeps
//! in memory the longer it runs.

use super::aim::Aim;
use super::bare;
use super::daemon::Daemon;
use super::{Bench, Section, Spread};
use crate::page::{Table, count};
use anyhow::{Context, ensure};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Runs, each with an archive of its own.
const RUNS: usize = 3;
/// Messages a second that are to be reached.
const AIM_RATE: f64 = 20_000.0;
/// Throughput beside that of a bare program that writes the same rows, in percent.
const AIM_BARE: f64 = 50.0;
/// Bytes on the disk for a byte of the lines.
const AIM_DISK: f64 = 1.5;
/// Memory at the end beside memory after the first tenth of a long run.
const AIM_MEMORY: f64 = 1.1;
/// Parts of a long run after which memory is looked at.
const LOOKS: usize = 10;
/// How often what is committed is asked for.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Stands for threads that have ended.
const ENDED: &str = "(ended)";
/// How long a run may stand still.
const PATIENCE: Duration = Duration::from_mins(5);

/// How often the workload is handed over in one run; `make memory` says more.
fn repeats() -> anyhow::Result<usize> {
    match std::env::var("PROVISO_SERVE_REPEATS") {
        Ok(text) => text.parse().context("PROVISO_SERVE_REPEATS is no number"),
        Err(_) => Ok(1),
    }
}

/// What one run came to.
struct Run {
    seconds: f64,
    /// Processor time by the name of the thread, in seconds.
    threads: BTreeMap<String, f64>,
    /// Seconds that the daemon counted for judging and for committing.
    judging: f64,
    committing: f64,
    /// Bytes of all files of the archive, once the daemon has ended.
    disk: u64,
    /// Seconds that a bare program takes to write the same rows; `None` where the workload is handed over more than once.
    bare: Option<f64>,
    /// MB after each part.
    resident: Vec<f64>,
}

pub(super) fn measure(bench: &Bench<'_>) -> anyhow::Result<Vec<Section>> {
    let repeats = repeats()?;
    let runs = if repeats == 1 { RUNS } else { 1 };
    let bare = if repeats == 1 { Some(bare::build(bench)?) } else { None };
    let mut all = Vec::new();
    for number in 0..runs {
        eprintln!("  run {} of {runs}", number + 1);
        all.push(run(
            bench,
            &bench.folder.join(format!("serve-{number}")),
            repeats,
            bare.as_deref(),
        )?);
    }
    let messages = bench.workload.messages * repeats;
    let lines = bench.workload.bytes as f64 * repeats as f64;
    let rate = Spread::of(all.iter().map(|run| messages as f64 / run.seconds));
    let disk = Spread::of(all.iter().map(|run| run.disk as f64 / lines));
    let shares_of_bare = all
        .iter()
        .filter_map(|run| Some((run.bare?, 100.0 * run.bare? / run.seconds)));
    let (bare, share): (Vec<f64>, Vec<f64>) = shares_of_bare.unzip();
    let mut aims = vec![
        Aim::at_least(
            ("serve-rate", "serve, spool file into the archive"),
            AIM_RATE,
            Some(rate.median),
            |figure| format!("{} messages/s", count(figure as usize)),
        ),
        Aim::at_most(
            ("serve-disk", "bytes of the archive for a byte of the lines"),
            AIM_DISK,
            Some(disk.median),
            |figure| format!("{figure:.2} times"),
        ),
    ];
    let mut text = format!(
        "{} messages, {:.1} MB of lines, from a file in a spool folder through the demonstration's policy set into a sealed and logged archive; until the last one \
         is committed. Messages a second: {}. The archive and all files beside it take {} bytes for a byte of the lines once the daemon has ended, {:.0} a message.\n\n{}",
        count(messages),
        lines / 1e6,
        rate.show(0),
        disk.show(2),
        disk.median * lines / messages as f64,
        shares(&all),
    );
    if !bare.is_empty() {
        let rate = Spread::of(bare.iter().map(|seconds| messages as f64 / seconds));
        let share = Spread::of(share);
        aims.push(Aim::at_least(
            (
                "serve-bare",
                "serve, spool file into the archive: share of a bare program's throughput",
            ),
            AIM_BARE,
            Some(share.median),
            |figure| format!("{figure:.0} %"),
        ));
        writeln!(
            text,
            "\nA bare program (`tests/compare/bare-writer`) reads the same lines and writes the rows of the archive that `serve` has just made, the log's among \
             them, into an empty database of the same schema, by the same SQLite, in the same transactions, with the same settings. It judges, seals and logs \
             nothing: the rows lie in its memory before the clock starts. It writes {} messages a second; `serve` has {} % of that.",
            rate.show(0),
            share.show(0),
        )?;
    }
    if repeats > 1 {
        let resident = &all[0].resident;
        let (first, last) = (resident[0], resident[resident.len() - 1]);
        aims.push(Aim::at_most(
            (
                "serve-memory",
                "serve, resident memory at the end beside that after a tenth",
            ),
            AIM_MEMORY,
            Some(last / first),
            |figure| format!("{figure:.2} times"),
        ));
        let megabytes: Vec<String> = resident.iter().map(|megabytes| format!("{megabytes:.0}")).collect();
        let megabytes = megabytes.join(", ");
        writeln!(
            text,
            "\nResident memory in MB after each tenth of the messages: {megabytes}."
        )?;
    }
    let title = "From a spool file into the archive";
    Ok(vec![Section { title, text, aims }])
}

/// Where processor time goes, of the run in the middle.
fn shares(all: &[Run]) -> String {
    let mut order: Vec<&Run> = all.iter().collect();
    order.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let run = order[order.len() / 2];
    let whole: f64 = run.threads.values().sum();
    let mut threads: Vec<(&String, &f64)> = run.threads.iter().collect();
    threads.sort_by(|a, b| b.1.total_cmp(a.1));
    let mut table = Table::new(&["threads", "what they do", ">processor time, s", ">share"]);
    let share = |seconds: f64| format!("{:.0} %", 100.0 * seconds / whole);
    for (name, seconds) in threads.iter().filter(|(_, seconds)| **seconds >= whole / 100.0) {
        table.row([
            format!("`{name}`"),
            what(name).to_owned(),
            format!("{seconds:.2}"),
            share(**seconds),
        ]);
    }
    format!(
        "Of {:.2} s, judging ran for {:.2} s and committing for {:.2} s, one beside the other. Processor time by thread:\n\n{}",
        run.seconds,
        run.judging,
        run.committing,
        table.markdown()
    )
}

/// What threads of that name do.
fn what(name: &str) -> &'static str {
    match name {
        "proviso-judge" => "asking what is new, scopes and consent, folds, and the packing of records",
        "proviso-commit" => "sealing, commitments of the log, and the rows that go to SQLite",
        ENDED => "policies in the sandbox, on threads that live for a batch",
        name if name.starts_with("sqlx") => "SQLite: rows, indexes, pages, the write-ahead log",
        name if name.starts_with("tokio") => "reading and parsing lines, answers, timers",
        _ => "the rest",
    }
}

/// The workload's lines, by tenant, with the channels that they name: a spool folder speaks for one tenant.
type ByTenant = BTreeMap<String, (BTreeSet<String>, Vec<Value>)>;

fn by_tenant(bench: &Bench<'_>) -> anyhow::Result<ByTenant> {
    let mut all = ByTenant::new();
    for line in BufReader::new(File::open(&bench.workload.file)?).lines() {
        let line: Value = serde_json::from_str(&line?)?;
        let tenant = line["tenant"].as_str().context("a message without a tenant")?;
        let (channels, lines) = all.entry(tenant.to_owned()).or_default();
        channels.extend(line["channel"].as_str().map(str::to_owned));
        lines.push(line);
    }
    Ok(all)
}

fn run(bench: &Bench<'_>, folder: &Path, repeats: usize, bare: Option<&Path>) -> anyhow::Result<Run> {
    fs::create_dir_all(folder)?;
    let workload = by_tenant(bench)?;
    let set = bench.args.set.canonicalize()?;
    let mut text = format!(
        "set = {:?}\ndata_dir = \"data\"\n\n[http]\nlisten = \"127.0.0.1:0\"\n",
        set.display().to_string()
    );
    for (tenant, (channels, _)) in &workload {
        fs::create_dir_all(folder.join(tenant))?;
        let channels: Vec<&String> = channels.iter().collect();
        writeln!(
            text,
            "\n[[spool]]\nfolder = {tenant:?}\ntenant = {tenant:?}\nchannels = {channels:?}"
        )?;
    }
    let config = folder.join("proviso.toml");
    fs::write(&config, text)?;
    let (daemon, _) = Daemon::start(bench, &config)?;
    let (threads_before, whole_before) = (daemon.threads()?, daemon.processor_time()?);
    let (mut waited, mut resident) = (Duration::ZERO, Vec::new());
    for repeat in 0..repeats {
        let files = write_part(folder, &workload, repeat)?;
        let started = Instant::now();
        for (from, to) in &files {
            fs::rename(from, to)?;
        }
        committed(&daemon, bench.workload.messages * (repeat + 1))?;
        waited += started.elapsed();
        if (repeat + 1) * LOOKS / repeats > repeat * LOOKS / repeats {
            resident.push(daemon.resident()?.now);
        }
        // What was read is of no use any more, and the disk is finite.
        for (_, file) in &files {
            fs::remove_file(file)?;
        }
    }
    let mut threads = daemon.threads()?;
    for (name, before) in threads_before {
        *threads.entry(name).or_default() -= before;
    }
    // The process has the time of threads that ended; they have no entry of their own any more.
    let whole = daemon.processor_time()?.as_secs_f64() - whole_before.as_secs_f64();
    let ended = whole - threads.values().sum::<f64>();
    threads.insert(ENDED.to_owned(), ended.max(0.0));
    let page = daemon.metrics()?;
    let counted = |name: &str| {
        let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|figure| figure.parse::<f64>().ok())
            .with_context(|| format!("the daemon counts no {name}"))
    };
    let (judging, committing) = (
        counted("proviso_judge_seconds_total")?,
        counted("proviso_commit_seconds_total")?,
    );
    let data = daemon.data.clone();
    daemon.stop()?;
    let mut disk = 0;
    for entry in fs::read_dir(&data)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("archive.db") {
            disk += entry.metadata()?.len();
        }
    }
    let bare = bare.map(|program| {
        let files = write_part(folder, &workload, 0)?;
        let lines: Vec<PathBuf> = files.into_iter().map(|(file, _)| file).collect();
        bare::run(program, &data.join("archive.db"), &lines, folder)
    });
    let bare = bare.transpose()?;
    fs::remove_dir_all(folder)?;
    Ok(Run {
        seconds: waited.as_secs_f64(),
        threads,
        judging,
        committing,
        disk,
        bare,
        resident,
    })
}

/// Files to hand over, each with its place in a spool folder: the workload, each time under identifiers of its own.
fn write_part(folder: &Path, workload: &ByTenant, repeat: usize) -> anyhow::Result<Vec<(PathBuf, PathBuf)>> {
    let mut files = Vec::new();
    for (tenant, (_, lines)) in workload {
        let file = folder.join(format!("{tenant}.part"));
        let mut out = BufWriter::new(File::create(&file)?);
        for line in lines {
            let mut line = line.clone();
            if repeat > 0 {
                let id = line["id"].as_str().context("a message without an identifier")?;
                line["id"] = format!("{repeat}/{id}").into();
            }
            writeln!(out, "{line}")?;
        }
        out.flush()?;
        files.push((file, folder.join(tenant).join(format!("part-{repeat:05}.jsonl"))));
    }
    Ok(files)
}

/// Waits until so many messages are committed.
fn committed(daemon: &Daemon, messages: usize) -> anyhow::Result<()> {
    let (mut before, mut moved) = (0, Instant::now());
    loop {
        let status = daemon.status()?;
        let counts = &status["messages"];
        let done = ["committed", "duplicate", "conflicting"]
            .iter()
            .filter_map(|kind| counts[kind].as_u64())
            .sum::<u64>();
        if done >= messages as u64 {
            return Ok(());
        }
        if done > before {
            (before, moved) = (done, Instant::now());
        }
        ensure!(
            moved.elapsed() < PATIENCE,
            "{done} of {messages} messages are committed, and no more"
        );
        std::thread::sleep(LOOK_EVERY);
    }
}
