//! Each pack that is shipped, alone, beside a pack of two rules: what its lists, entities, patterns and policies cost a message.

use super::aim::Aim;
use super::{Bench, Section, Spread};
use crate::page::Table;
use crate::process;
use anyhow::{Context, ensure};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

/// The packs beside the policy set.
const SHIPPED: [&str; 5] = ["bank-cn", "broker-us", "data-leak", "departure-risk", "ecommerce-cn"];
/// Microseconds a message that each may cost beside the pack of two rules.
const AIM_MICROS: f64 = 3.0;
/// One message of so many is judged.
const JUDGED: usize = 6;

/// Rounds of each run, of which the median counts: the first also builds what expressions find their way by.
const ROUNDS: &str = "3";

/// What `pack bench --format json` prints, as far as it is needed here.
#[derive(Deserialize)]
struct PackBench {
    whole: super::alone::Whole,
    policies: Vec<Policy>,
}

#[derive(Deserialize)]
struct Policy {
    triggered_share: f64,
    ns_per_message: Nanos,
}

#[derive(Deserialize)]
struct Nanos {
    median: f64,
}

impl PackBench {
    fn of(bench: &Bench<'_>, pack: &Path, file: &Path) -> anyhow::Result<Self> {
        let mut command = bench.proviso();
        command.args([
            "pack",
            "bench",
            "--format",
            "json",
            "--rounds",
            ROUNDS,
            "--workers",
            "1",
        ]);
        let measured: Self = process::json(command.arg(pack).arg("--input").arg(file))?;
        ensure!(measured.whole.messages > 0, "pack bench judged no messages");
        Ok(measured)
    }

    /// Time of the calls of its policies, for a message of all.
    fn calls(&self) -> f64 {
        let of = |policy: &Policy| policy.triggered_share * policy.ns_per_message.median;
        self.policies.iter().map(of).sum()
    }
}

/// What was measured of one pack, by run, in nanoseconds a message.
#[derive(Default)]
struct Runs {
    whole: Vec<f64>,
    more: Vec<f64>,
    calls: Vec<f64>,
}

pub(super) fn measure(bench: &Bench<'_>) -> anyhow::Result<Vec<Section>> {
    let file = bench.workload.sample(JUDGED)?;
    let two_rules = write_two_rules(&bench.folder.join("two-rules"))?;
    let packs = bench.args.set.parent().context("the policy set stands in a folder")?;
    let mut least = Vec::new();
    let mut runs: Vec<(&str, Runs)> = SHIPPED.map(|name| (name, Runs::default())).into();
    for round in 1..=bench.args.runs {
        eprintln!("  round {round} of {}", bench.args.runs);
        let base = PackBench::of(bench, &two_rules, &file)?.whole.ns_per_message;
        least.push(base);
        for (name, runs) in &mut runs {
            let measured = PackBench::of(bench, &packs.join(*name), &file)?;
            runs.whole.push(measured.whole.ns_per_message);
            runs.more.push(measured.whole.ns_per_message - base);
            runs.calls.push(measured.calls());
        }
    }
    let mut table = Table::new(&[
        "pack",
        ">time for a message",
        ">more than two rules",
        ">of it calls of plugins",
    ]);
    table.row(["two rules", &Spread::of(least).show_nanos(), "", ""]);
    let mut most = f64::MIN;
    for (name, runs) in runs {
        let more = Spread::of(runs.more);
        most = most.max(more.median);
        let [whole, more, calls] = [Spread::of(runs.whole), more, Spread::of(runs.calls)].map(Spread::show_nanos);
        table.row([name, &whole, &more, &calls]);
    }
    let text = format!(
        "Each pack alone, as `proviso pack bench {}/NAME` judges one message of every {JUDGED} with it, beside a pack of two rules with two \
         terms each; one worker, {} runs, in turns. All are judged for every message, whoever wrote it.\n\n{}",
        packs.display(),
        bench.args.runs,
        table.markdown()
    );
    let aim = Aim::at_most(
        (
            "shipped",
            "the shipped pack that costs most, beside a pack of two rules",
        ),
        AIM_MICROS,
        Some(most / 1e3),
        |micros| format!("{micros:.1} µs"),
    );
    Ok(vec![Section {
        title: "Packs that are shipped",
        text,
        aims: vec![aim],
    }])
}

/// The settings of its one policy: whatever the plugin takes.
const TWO_SETTINGS: &str = "{ \"type\": \"object\", \"properties\": { \"two\": { \"type\": \"object\" } } }\n";

fn write_two_rules(folder: &Path) -> anyhow::Result<PathBuf> {
    fs::create_dir_all(folder.join("lexicons"))?;
    fs::write(folder.join("lexicons/promises.txt"), "保本\nguaranteed return\n")?;
    fs::write(folder.join("lexicons/secrets.txt"), "内幕消息\ninside information\n")?;
    fs::write(folder.join("settings.schema.json"), TWO_SETTINGS)?;
    let manifest = "name = \"bench/two-rules\"\nversion = \"0.1.0\"\nlicence = \"Apache-2.0\"\nhost = \"*\"\n\
        description = { en = \"Two rules\" }\n\n[lexicon.promises]\nfile = \"lexicons/promises.txt\"\n\n\
        [lexicon.secrets]\nfile = \"lexicons/secrets.txt\"\n\n[[policy]]\nname = \"two\"\nplugin = \"lexicon-rules\"\n\
        interfaces = [\"rules\"]\nlists = [\"promises\", \"secrets\"]\nfields = [\"text\"]\n\n\
        [policy.settings.rules.promise]\nwhen = { lists = [\"promises\"] }\n\n\
        [policy.settings.rules.secret]\nwhen = { lists = [\"secrets\"] }\n";
    fs::write(folder.join("pack.toml"), manifest)?;
    Ok(folder.to_owned())
}
