//! Judging alone: parsed messages in, verdicts out, (a) the native program beside (b) Proviso, on one thread and on two.

use super::aim::Aim;
use super::{Bench, Section, Spread};
use crate::native::Alone;
use crate::page::{Table, count};
use crate::process;
use anyhow::ensure;
use serde::Deserialize;
use std::path::Path;

/// Messages a second that are aimed at, with one worker.
const AIM_RATE: f64 = 1e6;
/// Throughput of (b) as a share of (a) that is aimed at, in percent, with one worker.
const AIM_PERCENT: f64 = 85.0;
/// How many times one worker's throughput two are to have.
const AIM_SCALING: f64 = 1.8;

/// One of so many messages is judged: `pack bench` also judges each alone, which takes longer than everything else.
const JUDGED: usize = 5;

/// What `pack bench --format json` prints, as far as it is needed here.
#[derive(Deserialize)]
pub(super) struct PackBench {
    pub one_worker: Whole,
    pub whole: Whole,
}

/// Judging alone, with some workers.
#[derive(Deserialize)]
pub(super) struct Whole {
    pub messages: usize,
    pub ns_per_message: f64,
}

/// (b), with one worker and with so many. One round: programs take turns here.
pub(super) fn proviso(bench: &Bench<'_>, set: &Path, file: &Path, workers: usize) -> anyhow::Result<PackBench> {
    let mut command = bench.proviso();
    command.args(["pack", "bench", "--format", "json", "--rounds", "1", "--workers"]);
    command
        .arg(workers.to_string())
        .arg("--set")
        .arg(set)
        .arg("--input")
        .arg(file);
    let measured: PackBench = process::json(&mut command)?;
    ensure!(measured.whole.messages > 0, "pack bench judged no messages");
    Ok(measured)
}

/// (a), or a part of it.
pub(super) fn native(bench: &Bench<'_>, part: &str, set: &Path, file: &Path, workers: usize) -> anyhow::Result<Alone> {
    let mut command = bench.native(set, workers)?;
    command.args(["--alone", part]).arg(file);
    process::json(&mut command)
}

pub(super) fn measure(bench: &Bench<'_>) -> anyhow::Result<Vec<Section>> {
    let (set, file) = (&bench.args.set, &bench.workload.sample(JUDGED)?);
    let mut times: [[Vec<f64>; 2]; 2] = Default::default();
    for round in 1..=bench.args.runs {
        eprintln!("  round {round} of {}", bench.args.runs);
        let of_proviso = proviso(bench, set, file, 2)?;
        for (workers, of_proviso) in [(1, of_proviso.one_worker), (2, of_proviso.whole)] {
            let of_native = native(bench, "verdicts", set, file, workers)?;
            ensure!(
                of_native.messages == of_proviso.messages,
                "(a) judged {} messages, (b) {}",
                of_native.messages,
                of_proviso.messages
            );
            times[workers - 1][0].push(of_native.ns_per_message);
            times[workers - 1][1].push(of_proviso.ns_per_message);
        }
    }
    let times = times.map(|of_workers| of_workers.map(Spread::of));
    let mut table = Table::new(&[
        "workers",
        ">(a) native",
        ">(b) Proviso",
        ">(b), messages/s",
        ">(b) as a share of (a)",
    ]);
    let share = |[native, proviso]: [Spread; 2]| native.median * 100.0 / proviso.median;
    for (workers, of_workers) in (1..).zip(times) {
        table.row([
            format!("{workers}"),
            of_workers[0].show_nanos(),
            of_workers[1].show_nanos(),
            count((1e9 / of_workers[1].median) as usize),
            format!("{:.0} %", share(of_workers)),
        ]);
    }
    let scaling = |program: usize| times[0][program].median / times[1][program].median;
    let text = format!(
        "Parsed messages in, verdicts out, with the policy set `{}`, over one of {JUDGED} messages; time for each, {} runs. (b) is `proviso pack bench`, \
         (a) is `proviso-measure native --alone verdicts`. One worker is one thread; two evaluate, and a further thread does \
         folds and decisions in order.\n\n{}\n\
         Two workers have {:.2} times the throughput of one in (b), {:.2} times in (a).\n",
        set.display(),
        bench.args.runs,
        table.markdown(),
        scaling(1),
        scaling(0),
    );
    let rate = |rate: f64| format!("{} messages/s", count(rate as usize));
    let times_one = |figure: f64| format!("{figure:.2} times");
    let aims = vec![
        Aim::at_least(
            ("alone-rate", "judging alone, one worker"),
            AIM_RATE,
            Some(1e9 / times[0][1].median),
            rate,
        ),
        Aim::at_least(
            (
                "alone-share",
                "judging alone: throughput of (b) as a share of (a), one worker",
            ),
            AIM_PERCENT,
            Some(share(times[0])),
            |percent| format!("{percent:.0} %"),
        ),
        Aim::at_least(
            ("alone-cores", "judging alone: two workers beside one"),
            AIM_SCALING,
            Some(scaling(1)),
            times_one,
        ),
    ];
    Ok(vec![Section {
        title: "Judging alone",
        text,
        aims,
    }])
}
