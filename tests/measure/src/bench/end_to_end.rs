//! Whole programs, files in and lines of JSON out: (a) the native program beside (b) Proviso, with the policy set as it ships.

use super::aim::Aim;
use super::{Bench, Section, Spread};
use crate::page::{Table, count, percent};
use crate::process::{Took, run as run_process};
use anyhow::{Context, bail, ensure};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Differences that are shown before the comparison is given up.
const DIFFERENCES_SHOWN: usize = 5;
/// Throughput of Proviso that is aimed at, in percent of the native program's, with one worker.
const AIM_PERCENT: f64 = 70.0;

/// One program with a number of workers, and what its runs took.
struct Contender {
    name: String,
    command: Command,
    runs: Vec<Took>,
}

impl Contender {
    fn spread(&self, of: fn(&Took) -> Duration) -> Spread {
        Spread::of(self.runs.iter().map(|run| of(run).as_secs_f64()))
    }
}

pub(super) fn measure(bench: &Bench<'_>) -> anyhow::Result<Vec<Section>> {
    let (set, file) = (&bench.args.set, &bench.workload.file);
    let eval = |workers: usize| {
        let mut command = bench.proviso();
        command.args(["eval", "--format", "json", "--tenant", "bank", "--workers"]);
        command.arg(workers.to_string()).arg("--set").arg(set).arg(file);
        command
    };
    let native = |workers: usize| {
        let mut command = bench.native(set, workers)?;
        command.arg(file);
        anyhow::Ok(command)
    };

    // The first runs warm the cache of compiled snapshots, and are compared line by line.
    let (of_native, of_proviso) = (bench.folder.join("native.jsonl"), bench.folder.join("proviso.jsonl"));
    run_process(&mut native(1)?, Some(&of_native), &[0])?;
    run_process(&mut eval(1), Some(&of_proviso), &[0])?;
    let compared = compare(&of_native, &of_proviso)?;
    if !compared.differences.is_empty() {
        bail!(
            "the two programs disagree, so the comparison is void. The first differences:\n{}",
            compared.differences.join("\n")
        );
    }
    ensure!(
        compared.lines == bench.workload.messages,
        "{} verdicts for {} messages",
        compared.lines,
        bench.workload.messages
    );
    fs::remove_file(&of_native)?;
    fs::remove_file(&of_proviso)?;

    let mut contenders = Vec::new();
    for (workers, plural) in [(1, ""), (2, "s")] {
        for (name, command) in [("(a) native", native(workers)?), ("(b) Proviso", eval(workers))] {
            contenders.push(Contender {
                name: format!("{name}, {workers} worker{plural}"),
                command,
                runs: Vec::new(),
            });
        }
    }
    for round in 1..=bench.args.runs {
        eprintln!("  round {round} of {}", bench.args.runs);
        for contender in &mut contenders {
            contender.runs.push(run_process(&mut contender.command, None, &[0])?);
        }
    }
    Ok(vec![section(bench, &compared, &contenders)])
}

fn section(bench: &Bench<'_>, compared: &Compared, contenders: &[Contender]) -> Section {
    let messages = bench.workload.messages as f64;
    let mut table = Table::new(&["", ">wall, s", ">messages/s", ">MB/s", ">CPU, s", ">CPU µs/message"]);
    for contender in contenders {
        let (wall, cpu) = (contender.spread(|run| run.wall), contender.spread(|run| run.cpu));
        table.row([
            contender.name.clone(),
            wall.show(2),
            count((messages / wall.median) as usize),
            format!("{:.1}", bench.workload.bytes as f64 / 1e6 / wall.median),
            cpu.show(2),
            format!("{:.2}", cpu.median * 1e6 / messages),
        ]);
    }
    let share =
        |pair: &[Contender], of: fn(&Took) -> Duration| pair[0].spread(of).median * 100.0 / pair[1].spread(of).median;
    let mut shares = Table::new(&["throughput of (b) as a share of (a)", ">by wall time", ">by CPU time"]);
    for (pair, workers) in contenders.chunks(2).zip(["1 worker", "2 workers"]) {
        let [wall, cpu] =
            [share(pair, |run| run.wall), share(pair, |run| run.cpu)].map(|percent| format!("{percent:.0} %"));
        shares.row([workers.to_owned(), wall, cpu]);
    }
    let text = format!(
        "The policy set `{}`; {} of the messages have findings. {} runs.\n\n{}\n{}\n\
         - (b) is `proviso eval --format json`, (a) is `proviso-measure native`: one process each, from its start to its end, \
         standard output to `/dev/null`. Start-up is counted: (b) loads compiled snapshots from its cache, (a) configures its \
         plugins.\n\
         - (a) links what (b) runs in the sandbox: the same sources, scanner, lists, triggers, scopes, plugins and settings, the \
         same fields and preceding messages shown to them, batches of the same size, the same retention arithmetic, the same lines \
         of JSON, and the same three stages (read, evaluate, settle and print) on threads of their own. \"Workers\" counts the \
         threads that evaluate.\n\
         - Before anything is measured, the two outputs are compared line by line, all {} of them: findings with their spans, \
         retention and scores are equal. If they were not, nothing would stand here.\n\
         - CPU time is user and system time of the whole process. On a machine with fewer free cores than threads, it says more \
         than wall time.\n\
         - (a) has no sandbox: no limits, no fuel, no fresh instance for every call, no check of answers, and a failing rule ends \
         it. It computes no digest of each message's input, which (b) does for replay.\n\
         - Nothing is kept: neither writes to a database.\n",
        bench.args.set.display(),
        percent(compared.with_findings, compared.lines),
        bench.args.runs,
        table.markdown(),
        shares.markdown(),
        count(compared.lines),
    );
    let aim = Aim::at_least(
        (
            "end-to-end-share",
            "whole program: throughput of (b) as a share of (a), one worker",
        ),
        AIM_PERCENT,
        Some(share(contenders, |run| run.wall)),
        |percent| format!("{percent:.0} %"),
    );
    Section {
        title: "Files in, verdicts out",
        text,
        aims: vec![aim],
    }
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
}
