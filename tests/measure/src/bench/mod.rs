//! `make bench`: what Proviso costs beside other ways of doing its job, over one workload in one run, and a page of what was
//! measured.
//!
//! - `aim`: what is to be reached, and what the page says where it is not
//! - `alone`: judging alone, parsed messages in and verdicts out
//! - `end_to_end`: whole programs, files in and lines of JSON out
//! - `job`: one job that other programs can do as well
//! - `quarantine`: what a policy that is always slow costs the others
//! - `reload`: building, caching and reloading many packs in the daemon
//! - `daemon`: `proviso serve`, seen from outside
//! - `shipped`: the packs of the repository, each alone
//! - `serve`: a spool file into the archive
//! - `bare`: a program that writes the same rows, and nothing else
//! - `input`: the messages

mod aim;
mod alone;
mod bare;
mod daemon;
mod end_to_end;
mod input;
mod job;
mod quarantine;
mod reload;
mod serve;
mod shipped;

use crate::page::publish;
use crate::{BenchArgs, machine};
use aim::Aim;
use anyhow::ensure;
use input::Workload;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

/// Measures one part, which may give more than one section.
type Measure = fn(&Bench<'_>) -> anyhow::Result<Vec<Section>>;

/// A section of the page.
struct Section {
    title: &'static str,
    /// Markdown.
    text: String,
    aims: Vec<Aim>,
}

/// What every section measures with.
struct Bench<'a> {
    args: &'a BenchArgs,
    /// The binary under test.
    proviso: PathBuf,
    /// A folder for everything that is thrown away at the end.
    folder: &'a Path,
    workload: Workload,
}

impl Bench<'_> {
    /// The binary under test, with a cache of compiled snapshots that belongs to this run alone.
    fn proviso(&self) -> Command {
        let mut command = Command::new(&self.proviso);
        command.env("XDG_CACHE_HOME", self.folder.join("cache"));
        command
    }

    /// The native program.
    fn native(&self, set: &Path, workers: usize) -> anyhow::Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["native", "--workers", &workers.to_string(), "--proviso"]);
        command.arg(&self.proviso).arg("--set").arg(set);
        Ok(command)
    }

    /// Where the other programs are built.
    fn compare_target(&self) -> PathBuf {
        let target = self.proviso.ancestors().nth(2).unwrap_or(Path::new("target"));
        target.join("compare")
    }

    /// The folder of corpora, if there is one.
    fn corpus(&self) -> Option<PathBuf> {
        corpus(self.args)
    }
}

fn corpus(args: &BenchArgs) -> Option<PathBuf> {
    args.corpus.clone().or_else(crate::corpus_of_environment)
}

pub(crate) fn run(args: &BenchArgs) -> anyhow::Result<ExitCode> {
    ensure!(
        args.proviso.is_file(),
        "there is no binary {}: build it first",
        args.proviso.display()
    );
    let started = Instant::now();
    let folder = tempfile::tempdir()?;
    let load_before = machine::load_average();
    let bench = Bench {
        args,
        proviso: args.proviso.canonicalize()?,
        folder: folder.path(),
        workload: Workload::write(args, folder.path())?,
    };
    let parts: [(&str, Measure); 8] = [
        ("Judging alone", alone::measure),
        ("Packs that are shipped", shipped::measure),
        ("The matcher alone", job::measure_matcher),
        ("One job, several programs", job::measure),
        ("Building and reloading", reload::measure),
        ("A policy that is always slow", quarantine::measure),
        ("From a spool file into the archive", serve::measure),
        ("Files in, verdicts out", end_to_end::measure),
    ];
    let mut measured = Vec::new();
    let mut broken = false;
    for (title, measure) in parts {
        if !args.only.is_empty() && !args.only.iter().any(|only| title.to_lowercase().contains(only)) {
            continue;
        }
        eprintln!("{title}: {:.0} s since the start", started.elapsed().as_secs_f64());
        measured.extend(measure(&bench).unwrap_or_else(|error| {
            eprintln!("{title}: {error:#}");
            broken = true;
            vec![Section {
                title,
                text: format!("Could not be measured: {error:#}\n"),
                aims: Vec::new(),
            }]
        }));
    }
    let head = format!(
        "# Performance\n\n\
         What Proviso costs beside other ways of doing its job, in one run over one workload.\n\n    \
         PROVISO_CORPUS=/path/to/corpora make bench\n\n\
         writes this page; edits are lost. {}.\n\n\
         {}. Load average before the run: {load_before}. The run took {:.0} minutes.\n\n\
         Workload: {}; {} messages, {:.1} MB of canonical NDJSON, {:.0} bytes of text each. Every figure is the median of runs \
         that programs took in turns, and in parentheses the least and the most.\n",
        machine::now(),
        machine::describe(&bench.proviso)?,
        started.elapsed().as_secs_f64() / 60.0,
        bench.workload.name,
        crate::page::count(bench.workload.messages),
        bench.workload.bytes as f64 / 1e6,
        bench.workload.text_bytes as f64 / bench.workload.messages as f64,
    );
    let mut page = head + &aim::render(&measured)?;
    for section in &measured {
        page.extend(["\n## ", section.title, "\n\n", &section.text]);
    }
    page += PARTS;
    publish(&page, args.write.as_deref())?;
    Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Where the parts are measured.
const PARTS: &str = "\n## The parts\n\n\
    What a change costs is seen sooner in a part alone:\n\n\
    | part | command |\n\
    | ---- | ------- |\n\
    | scan: the matcher beside daachorse | `cargo bench -p proviso-scan` |\n\
    | call, batch, passed fields, fold, message digest | `cargo bench -p proviso-engine` |\n\
    | reading WeCom and canonical lines | `cargo bench -p proviso-sources` |\n\
    | one set, policy by policy | `proviso pack bench --set FILE FILE…` |\n";

/// The middle of some figures, the smallest, and the largest; the middle of an even number is the lower one.
#[derive(Debug, Clone, Copy)]
struct Spread {
    median: f64,
    least: f64,
    most: f64,
}

impl Spread {
    fn of(figures: impl IntoIterator<Item = f64>) -> Self {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        figures.sort_by(f64::total_cmp);
        Self {
            median: figures[(figures.len() - 1) / 2],
            least: figures[0],
            most: figures[figures.len() - 1],
        }
    }

    /// With so many digits behind the point.
    fn show(self, digits: usize) -> String {
        let Self { median, least, most } = self;
        if least.total_cmp(&most).is_eq() {
            return format!("{median:.digits$}");
        }
        format!("{median:.digits$} ({least:.digits$}-{most:.digits$})")
    }

    /// Nanoseconds with a unit that reads well.
    fn show_nanos(self) -> String {
        let divided = |by: f64| Self {
            median: self.median / by,
            least: self.least / by,
            most: self.most / by,
        };
        match self.median {
            median if median < 10e3 => format!("{} ns", divided(1.0).show(0)),
            median if median < 10e6 => format!("{} µs", divided(1e3).show(1)),
            _ => format!("{} ms", divided(1e6).show(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_median_least_most() {
        assert_eq!(Spread::of([3.0, 1.0, 2.0]).show(2), "2.00 (1.00-3.00)");
        assert_eq!(Spread::of([3.0]).show(2), "3.00");
        assert_eq!(Spread::of([31_000.0, 32_000.0]).show_nanos(), "31.0 (31.0-32.0) µs");
    }
}
