//! `make languages`: what a plugin costs in each language that `pack new` knows. The scaffolds are built as their authors build them;
//! they hold the same rule.

use crate::page::{Table, count, marked, publish_part};
use crate::{LanguagesArgs, machine, process};
use anyhow::{Context, ensure};
use serde::Deserialize;
use serde_json::json;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// As `pack new --plugin` and the page call them.
const LANGUAGES: [(&str, &str); 4] = [
    ("rust", "Rust"),
    ("c", "C"),
    ("typescript", "TypeScript"),
    ("python", "Python"),
];
/// Messages of the workload.
const MESSAGES: usize = 10_240;
/// Rounds of `pack bench`.
const ROUNDS: u32 = 5;

/// What one language costs.
struct Cost {
    language: &'static str,
    component_bytes: usize,
    memory_bytes: usize,
    /// From the start of the program to the first verdict: compiling, and loading what was compiled.
    first: process::Took,
    again: process::Took,
    /// In full batches.
    ns_per_message: f64,
    /// In a call of its own.
    ns_alone: u64,
    fuel: f64,
}

#[derive(Deserialize)]
struct Facts {
    plugins: Vec<Plugin>,
}

#[derive(Deserialize)]
struct Plugin {
    bytes: usize,
}

#[derive(Deserialize)]
struct Bench {
    policies: Vec<Policy>,
}

#[derive(Deserialize)]
struct Policy {
    ns_per_message: Spread,
    fuel_per_message: f64,
    memory_bytes_fresh: usize,
    slowest: Option<Slowest>,
}

#[derive(Deserialize)]
struct Spread {
    median: f64,
}

#[derive(Deserialize)]
struct Slowest {
    ns: u64,
}

pub(crate) fn run(args: &LanguagesArgs) -> anyhow::Result<ExitCode> {
    ensure!(
        args.proviso.is_file(),
        "there is no binary {}: build it first",
        args.proviso.display()
    );
    let proviso = args.proviso.canonicalize()?;
    fs::create_dir_all(&args.folder).with_context(|| format!("cannot make {}", args.folder.display()))?;
    let folder = args.folder.canonicalize()?;
    let [all, one] = [("messages.ndjson", MESSAGES), ("message.ndjson", 1)].map(|(name, count)| {
        let path = folder.join(name);
        fs::write(&path, messages(count))
            .map(|()| path.clone())
            .with_context(|| format!("cannot write {}", path.display()))
    });
    let (all, one) = (all?, one?);
    let load = machine::load_average();
    let mut costs = Vec::new();
    for (name, language) in LANGUAGES {
        eprintln!("{language}");
        let pack = build(&proviso, &folder, name)?;
        costs.push(
            measure(&proviso, &folder, &pack, language, &all, &one)
                .with_context(|| format!("cannot measure {language}"))?,
        );
    }
    let machine = format!(
        "{}. Load average before and behind the run: {load}, {}",
        machine::describe(&proviso)?,
        machine::load_average()
    );
    let section = render(&machine, &costs);
    publish_part(&section, args.write.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// A new pack, built; what its tools fetched is kept from an earlier run.
fn build(proviso: &Path, folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let pack = folder.join(format!("rates-{name}"));
    if !pack.is_dir() {
        let mut command = Command::new(proviso);
        command.args(["pack", "new", &format!("acme/rates-{name}"), "--plugin", name, "--dir"]);
        process::output(command.arg(&pack))?;
    }
    let mut command = Command::new(proviso);
    command.args(["pack", "build"]).arg(&pack).arg("--output");
    process::output(command.arg(folder.join(format!("rates-{name}.pack"))))?;
    Ok(pack)
}

fn measure(
    proviso: &Path,
    folder: &Path,
    pack: &Path,
    language: &'static str,
    all: &Path,
    one: &Path,
) -> anyhow::Result<Cost> {
    let facts: Facts = process::json(
        Command::new(proviso)
            .args(["pack", "inspect", "--format", "json"])
            .arg(pack),
    )?;
    let set = folder.join("set.toml");
    fs::write(&set, format!("[[apply]]\npack = {:?}\n", pack.display().to_string()))?;
    let cache = tempfile::tempdir()?;
    let start = || {
        let mut command = Command::new(proviso);
        command
            .env("XDG_CACHE_HOME", cache.path())
            .args(["eval", "--set"])
            .arg(&set)
            .arg(one);
        process::run(&mut command, None, &[0])
    };
    let (first, again) = (start()?, start()?);
    let bench: Bench = process::json(
        Command::new(proviso)
            .env("XDG_CACHE_HOME", cache.path())
            .args([
                "pack",
                "bench",
                "--format",
                "json",
                "--rounds",
                &ROUNDS.to_string(),
                "--input",
            ])
            .arg(all)
            .arg("--set")
            .arg(&set),
    )?;
    let policy = bench.policies.first().context("the pack has no policy")?;
    let slowest = policy.slowest.as_ref().context("no message triggers the policy")?;
    Ok(Cost {
        language,
        component_bytes: facts.plugins.first().context("the pack has no plugin")?.bytes,
        memory_bytes: policy.memory_bytes_fresh,
        first,
        again,
        ns_per_message: policy.ns_per_message.median,
        ns_alone: slowest.ns,
        fuel: policy.fuel_per_message,
    })
}

/// Messages that all speak of a return, and every second of them of one that is too high.
fn messages(count: usize) -> String {
    let mut text = String::new();
    for index in 0..count {
        let rate = if index % 2 == 0 { "2.1" } else { "8.5" };
        let message = json!({
            "id": format!("m-{index}"), "tenant": "bank", "channel": "chat", "sent_at": "2026-10-12T09:00:00+08:00",
            "from": { "id": "li.na", "class": "employee" }, "to": [{ "id": "customer-1", "class": "external" }],
            "text": format!("您好🎉，第{index}位客户：这款产品目前年化可达 {rate}%，随时可取，有需要请联系我。"),
        });
        writeln!(text, "{message}").expect("writing to a String does not fail");
    }
    text
}

fn render(machine: &str, costs: &[Cost]) -> String {
    let mut table = Table::new(&[
        "language",
        ">component",
        ">memory of an instance",
        ">first start: compile",
        ">processor time of it",
        ">later starts: from the cache",
        ">a message in a full batch",
        ">a message alone",
        ">fuel a message",
    ]);
    for cost in costs {
        table.row([
            cost.language.to_owned(),
            format!("{} KB", count(cost.component_bytes.div_ceil(1_000))),
            format!("{} KiB", count(cost.memory_bytes >> 10)),
            format!("{:.1} s", cost.first.wall.as_secs_f64()),
            format!("{:.1} s", cost.first.cpu.as_secs_f64()),
            format!("{} ms", cost.again.wall.as_millis()),
            format!("{:.1} µs", cost.ns_per_message / 1_000.0),
            format!("{:.0} µs", cost.ns_alone as f64 / 1_000.0),
            count(cost.fuel as usize),
        ]);
    }
    marked(&format!(
        "Measured by `make languages` on {}: {machine}. {} messages of some 110 bytes, each with a hit, every second with a finding; {ROUNDS} rounds, the median.\n\n{}",
        machine::now(),
        count(MESSAGES),
        table.markdown(),
    ))
}
