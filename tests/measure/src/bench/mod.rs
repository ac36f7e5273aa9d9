//! `make bench`: (a) the native program and (b) Proviso over one workload, in turns, and a page of what was measured.

use crate::native::{self, FoldStates, Native};
use crate::page::{Table, count, percent, publish};
use crate::process::{Took, run as run_process};
use crate::{BenchArgs, corpus, machine, sample, workload};
use anyhow::{Context, ensure};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

/// Differences that are shown before the comparison is given up.
const DIFFERENCES_SHOWN: usize = 5;
/// Throughput of Proviso that is aimed at, in percent of the native program's, with one worker.
const AIM_PERCENT: f64 = 70.0;
/// What the runs themselves do not show.
const NOTES: &str = include_str!("notes.md");

/// The messages that both programs judge.
struct Workload {
    name: &'static str,
    messages: usize,
    bytes: u64,
}

/// One program with a number of workers, and what its runs took.
struct Contender {
    name: String,
    command: Command,
    runs: Vec<Took>,
}

pub(crate) fn run(args: &BenchArgs) -> anyhow::Result<ExitCode> {
    ensure!(
        args.proviso.is_file(),
        "there is no binary {}: build it first",
        args.proviso.display()
    );
    let proviso = args.proviso.canonicalize()?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("messages.ndjson");
    let load_before = machine::load_average();
    let workload = write_workload(args, &file)?;
    eprintln!(
        "{} messages, {} MB of NDJSON",
        count(workload.messages),
        workload.bytes / 1_000_000
    );

    let eval = |workers: &str| {
        let mut command = Command::new(&proviso);
        command
            .args([
                "eval",
                "--format",
                "json",
                "--tenant",
                "bank",
                "--workers",
                workers,
                "--set",
            ])
            .arg(&args.set)
            .arg(&file);
        command
    };
    let own = std::env::current_exe()?;
    let native = |workers: &str| {
        let mut command = Command::new(&own);
        command
            .args(["native", "--workers", workers, "--proviso"])
            .arg(&proviso)
            .arg("--set")
            .arg(&args.set)
            .arg(&file);
        command
    };

    // The first runs warm the cache of compiled snapshots, and are compared line by line.
    let (of_native, of_proviso) = (folder.path().join("native.jsonl"), folder.path().join("proviso.jsonl"));
    run_process(&mut native("1"), Some(&of_native), &[0])?;
    run_process(&mut eval("1"), Some(&of_proviso), &[0])?;
    let compared = compare(&of_native, &of_proviso)?;
    if !compared.differences.is_empty() {
        eprintln!("the two programs disagree, so the comparison is void. The first differences:");
        for difference in &compared.differences {
            eprintln!("{difference}");
        }
        return Ok(ExitCode::FAILURE);
    }
    ensure!(
        compared.lines == workload.messages,
        "{} verdicts for {} messages",
        compared.lines,
        workload.messages
    );
    fs::remove_file(&of_native)?;
    fs::remove_file(&of_proviso)?;

    let mut contenders: Vec<Contender> = ["1", "2"]
        .into_iter()
        .flat_map(|workers| {
            let plural = if workers == "1" { "" } else { "s" };
            [("(a) native", native(workers)), ("(b) Proviso", eval(workers))]
                .map(|(name, command)| (format!("{name}, {workers} worker{plural}"), command))
        })
        .map(|(name, command)| Contender {
            name,
            command,
            runs: Vec::new(),
        })
        .collect();
    for round in 1..=args.runs {
        eprintln!("round {round} of {}", args.runs);
        for contender in &mut contenders {
            contender.runs.push(run_process(&mut contender.command, None, &[0])?);
        }
    }
    let alone = evaluate_alone(&Native::load(&args.set, &proviso)?, &file, args.runs)?;
    let page = render(
        args,
        &workload,
        &compared,
        &contenders,
        &alone,
        &machine::describe(&proviso)?,
        &load_before,
    );
    publish(&page, args.write.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

fn write_workload(args: &BenchArgs, file: &Path) -> anyhow::Result<Workload> {
    let out = BufWriter::new(File::create(file)?);
    let folder = args.corpus.clone().or_else(crate::corpus_of_environment);
    let (name, messages) = if let Some(folder) = folder {
        (
            "every message of the corpora that PROVISO_CORPUS names",
            workload::write(&corpus::read_all(&folder)?, out)?,
        )
    } else {
        eprintln!(
            "PROVISO_CORPUS names no folder of corpora: the lines of {} are repeated",
            args.phrases.display()
        );
        (
            "the demonstration's own lines, repeated (PROVISO_CORPUS was not set)",
            sample::write(&args.phrases, out)?,
        )
    };
    Ok(Workload {
        name,
        messages,
        bytes: fs::metadata(file)?.len(),
    })
}

/// What came of comparing two files of verdicts.
struct Compared {
    lines: usize,
    with_findings: usize,
    differences: Vec<String>,
}

/// Compares verdicts whole: findings with pack, policy, rule, severity, spans, text and reason, retention, scores, faults.
/// Only the generation's name may differ.
fn compare(native: &Path, proviso: &Path) -> anyhow::Result<Compared> {
    let open = |path: &Path| Ok::<_, std::io::Error>(BufReader::new(File::open(path)?).lines());
    let (mut native, mut proviso) = (open(native)?, open(proviso)?);
    let mut compared = Compared {
        lines: 0,
        with_findings: 0,
        differences: Vec::new(),
    };
    loop {
        let (one, other) = (native.next().transpose()?, proviso.next().transpose()?);
        let (Some(one), Some(other)) = (&one, &other) else {
            if one != other {
                compared.differences.push(format!(
                    "line {}: one program stopped before the other",
                    compared.lines + 1
                ));
            }
            return Ok(compared);
        };
        compared.lines += 1;
        let (one, other) = (without_generation(one)?, without_generation(other)?);
        compared.with_findings += usize::from(!other.contains("\"findings\":[]"));
        if one != other {
            compared
                .differences
                .push(format!("line {}\n  (a) {one}\n  (b) {other}", compared.lines));
            if compared.differences.len() == DIFFERENCES_SHOWN {
                return Ok(compared);
            }
        }
    }
}

fn without_generation(line: &str) -> anyhow::Result<String> {
    let (before, rest) = line
        .split_once(",\"generation\":\"")
        .context("a verdict without a generation")?;
    let (_, behind) = rest.split_once('"').context("a generation without an end")?;
    Ok(format!("{before}{behind}"))
}

/// Parsed messages in, verdicts out, on one thread: the native program without reading and writing.
fn evaluate_alone(native: &Native, file: &Path, runs: u32) -> anyhow::Result<Vec<Duration>> {
    let mut chunks = Vec::new();
    native::read(file, &native.set, |chunk| {
        chunks.push(chunk);
        true
    })?;
    let mut scratch = native.scratch();
    (0..runs)
        .map(|_| {
            let mut states = FoldStates::default();
            let started = Instant::now();
            for chunk in &chunks {
                let judged = native::evaluate(native, chunk, &mut scratch)?;
                std::hint::black_box(native::settle(native, chunk, judged, &mut states)?);
            }
            Ok(started.elapsed())
        })
        .collect()
}

/// The middle of some durations, the smallest, and the largest; the middle of an even number is the lower one.
fn spread(times: impl Iterator<Item = Duration>) -> [f64; 3] {
    let mut times: Vec<f64> = times.map(|time| time.as_secs_f64()).collect();
    times.sort_by(f64::total_cmp);
    [times[(times.len() - 1) / 2], times[0], times[times.len() - 1]]
}

fn seconds([median, least, most]: [f64; 3]) -> String {
    format!("{median:.2} ({least:.2}-{most:.2})")
}

fn render(
    args: &BenchArgs,
    workload: &Workload,
    compared: &Compared,
    contenders: &[Contender],
    alone: &[Duration],
    machine: &str,
    load_before: &str,
) -> String {
    let rate = |time: f64| count((workload.messages as f64 / time) as usize);
    let mut table = Table::new(&["", ">wall, s", ">messages/s", ">MB/s", ">CPU, s", ">CPU µs/message"]);
    for contender in contenders {
        let wall = spread(contender.runs.iter().map(|run| run.wall));
        let cpu = spread(contender.runs.iter().map(|run| run.cpu));
        table.row([
            contender.name.clone(),
            seconds(wall),
            rate(wall[0]),
            format!("{:.1}", workload.bytes as f64 / 1e6 / wall[0]),
            seconds(cpu),
            format!("{:.2}", cpu[0] * 1e6 / workload.messages as f64),
        ]);
    }
    let ratio = |pair: &[Contender], of: fn(&Took) -> Duration| {
        let [native, proviso] = [&pair[0], &pair[1]].map(|contender| spread(contender.runs.iter().map(of))[0]);
        native * 100.0 / proviso
    };
    let (by_wall, by_cpu) = (ratio(contenders, |run| run.wall), ratio(contenders, |run| run.cpu));
    let verdict = |percent: f64| {
        if percent >= AIM_PERCENT {
            "reached"
        } else {
            "not reached"
        }
    };
    let mut ratios = Table::new(&["throughput of (b) as a share of (a)", ">by wall time", ">by CPU time"]);
    for (pair, workers) in contenders.chunks(2).zip(["1 worker", "2 workers"]) {
        let [wall, cpu] =
            [ratio(pair, |run| run.wall), ratio(pair, |run| run.cpu)].map(|percent| format!("{percent:.0} %"));
        ratios.row([workers.to_owned(), wall, cpu]);
    }
    let alone = spread(alone.iter().copied());
    let mut page = String::new();
    write!(
        page,
        "# Performance\n\n\
         Throughput of `proviso eval` beside a native program that links the same rules.\n\n    \
         PROVISO_CORPUS=/path/to/corpora make bench\n\n\
         writes this page; edits are lost. {now}.\n\n\
         {machine}. Load average before the runs: {load_before}.\n\n\
         Workload: {workload}; {messages} messages, {megabytes:.1} MB of canonical NDJSON, {share} of the messages with findings. \
         Policy set: `{set}`. {runs} runs of each program, in turns; the median, and (least-most).\n\n\
         {table}\n{ratios}\n\
         Aim: {AIM_PERCENT:.0} % with one worker. By wall time {of_wall}, by CPU time {of_cpu}.\n\n\
         (a), the evaluation alone (parsed messages in, verdicts out, one thread): {rate} messages/s, {microseconds:.2} µs a message \
         ({least:.2}-{most:.2}).\n\n\
         ## What is compared\n\n\
         - (b) is `proviso eval --format json`, (a) is `proviso-measure native`: one process each, from its start to its end, standard \
         output to `/dev/null`. Start-up is counted: (b) loads compiled snapshots from its cache, (a) configures its plugins.\n\
         - (a) links what (b) runs in the sandbox: the same sources, scanner, lists, triggers, scopes, plugins and settings, the same \
         fields and preceding messages shown to them, batches of the same size, the same retention arithmetic, the same lines of JSON, \
         and the same three stages (read, evaluate, settle and print) on threads of their own. \"Workers\" counts the threads that \
         evaluate.\n\
         - Before anything is measured, the two outputs are compared line by line, all {lines} of them: findings with their spans, \
         retention and scores are equal. If they were not, this page would not have been written.\n\
         - CPU time is user and system time of the whole process. On a machine with fewer free cores than threads, it says more than \
         wall time.\n\n\
         ## What is not\n\n\
         - (a) has no sandbox: no limits, no fuel, no fresh instance for every call, no check of answers, and a failing rule ends it. It \
         computes no digest of each message's input, which (b) does for replay.\n\
         - Nothing is kept: neither writes to a database. The daemon's own limit is measured elsewhere.\n\
         - (b)'s evaluation alone, other engines, and more packs are not measured here.\n\n\
         {NOTES}",
        now = machine::now(),
        workload = workload.name,
        messages = count(workload.messages),
        megabytes = workload.bytes as f64 / 1e6,
        share = percent(compared.with_findings, compared.lines),
        set = args.set.display(),
        runs = args.runs,
        table = table.markdown(),
        ratios = ratios.markdown(),
        rate = rate(alone[0]),
        microseconds = alone[0] * 1e6 / workload.messages as f64,
        least = alone[1] * 1e6 / workload.messages as f64,
        most = alone[2] * 1e6 / workload.messages as f64,
        lines = count(compared.lines),
        of_wall = verdict(by_wall),
        of_cpu = verdict(by_cpu),
    )
    .expect("writing to a String does not fail");
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_compared_apart_from_the_generation() {
        let folder = tempfile::tempdir().unwrap();
        let check = |one: &str, other: &str| {
            let (a, b) = (folder.path().join("a"), folder.path().join("b"));
            fs::write(&a, one).unwrap();
            fs::write(&b, other).unwrap();
            let compared = compare(&a, &b).unwrap();
            (compared.lines, compared.with_findings, compared.differences.len())
        };
        let line = |generation: &str, findings: &str| {
            format!("{{\"message\":\"m\",\"generation\":\"{generation}\",\"held\":false,\"findings\":[{findings}]}}\n")
        };
        assert_eq!(check(&line("x", ""), &line("y", "")), (1, 0, 0));
        assert_eq!(check(&line("x", "1"), &line("y", "1")), (1, 1, 0));
        assert_eq!(check(&line("x", "1"), &line("y", "2")), (1, 1, 1));
        assert_eq!(check(&line("x", ""), ""), (0, 0, 1));
    }

    #[test]
    fn the_spread_is_median_least_most() {
        let times = [3, 1, 2].map(Duration::from_secs);
        assert_eq!(seconds(spread(times.into_iter())), "2.00 (1.00-3.00)");
    }
}
