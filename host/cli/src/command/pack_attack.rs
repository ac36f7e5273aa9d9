//! `proviso pack attack`: which findings of a pack's cases survive who evades them. What is tried is
//! `proviso_author::attack`'s.

use crate::building;
use crate::cli::{AttackArgs, OutputFormat};
use crate::exit::{Ending, Usage};
use crate::show::progress::Progress;
use crate::show::table::{Columns, clip, count};
use proviso_author::attack::{Attack, AttackOptions, Example, Report, RuleTotal, Stance};
use proviso_engine::Engine;
use proviso_pack::TrustedPack;
use proviso_pipeline::loading::build;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

/// Rows of a table that people are shown; `--format json` has all.
const SHOWN_MAX: usize = 20;
/// Mutations that have a row of their own.
const MUTATIONS_SHOWN_MAX: usize = 10;
/// Mutations that a row names, and rules that are named to somebody who asked for one that is not there.
const NAMED_MAX: usize = 3;
/// Terminal columns of an example's text.
const TEXT_COLUMNS: usize = 100;

pub(super) fn run(args: &AttackArgs, colour: bool) -> anyhow::Result<Ending> {
    let mut packs = Vec::new();
    for path in &args.packs {
        packs.push(super::pack_open::open_trusted(path, args.trust.trust.as_deref())?);
    }
    some_rule_is_meant(args, &packs)?;
    let engine = build::engine(None)?;
    let (mut all_hold, mut untried, mut too_low) = (true, Vec::new(), Vec::new());
    for pack in &packs {
        let started = Instant::now();
        let report = attack(&engine, pack, args)?;
        match args.format {
            OutputFormat::Json => crate::show::json(format_args!("{}", serde_json::to_string(&report)?)),
            OutputFormat::Table => {
                print_report(&report, colour)?;
                let took = started.elapsed().as_millis();
                crate::show::line(format_args!(
                    "\n{} mutants, seed {}, {took} ms",
                    count(report.mutants),
                    report.seed
                ));
            }
        }
        for problem in &report.failing {
            crate::show::error_line(format_args!("{problem}"));
        }
        all_hold &= report.failing.is_empty();
        if report.is_empty() && report.failing.is_empty() {
            untried.push(report.pack.clone());
        }
        too_low.extend(args.min_survival.iter().flat_map(|least| report.too_low(*least)));
    }
    for line in &too_low {
        crate::show::error_line(format_args!("{line}"));
    }
    if !untried.is_empty() {
        let packs = untried.join(", ");
        return Err(Usage(format!(
            "{packs}: no mutation changes a text of its cases: nothing was tried"
        ))
        .into());
    }
    Ok(if all_hold && too_low.is_empty() {
        Ending::Well
    } else {
        Ending::Problems
    })
}

fn attack(engine: &Engine, pack: &Arc<TrustedPack>, args: &AttackArgs) -> anyhow::Result<Report> {
    let attack = building::telling("building policies", |tell| Attack::prepare(engine, pack, tell))?;
    let options = AttackOptions {
        seed: args.seed,
        only: args.only.as_deref(),
        family: args.family,
        workers: proviso_pipeline::places::workers(args.workers),
    };
    let progress = Progress::open("trying mutations");
    let report = attack.run(&options, &|done, total| {
        progress.say(&format!("trying mutations: {done} of {total} cases"));
    });
    progress.finish();
    Ok(report)
}

/// A rule that no case expects is a slip of the pen, and must not look like a success.
fn some_rule_is_meant(args: &AttackArgs, packs: &[Arc<TrustedPack>]) -> Result<(), Usage> {
    let cases = packs.iter().flat_map(|pack| pack.cases());
    let expected = cases.filter_map(|case| case.expect.as_ref()).flatten();
    let rules: BTreeSet<&str> = expected.map(|finding| finding.rule.as_str()).collect();
    let Some(only) = args.only.as_deref().filter(|only| !rules.contains(only)) else {
        return Ok(());
    };
    let first: Vec<&str> = rules.iter().copied().take(NAMED_MAX).collect();
    Err(Usage(match rules.len() {
        0 => format!("--only {only:?}: no case of the packs expects a finding"),
        number => {
            let more = if number > NAMED_MAX { ", …" } else { "" };
            let first = first.join(", ");
            format!("--only {only:?}: no case expects a finding of that rule; of {number} rules: {first}{more}")
        }
    }))
}

fn print_report(report: &Report, colour: bool) -> std::io::Result<()> {
    let cases = report.cases;
    crate::show::line(format_args!(
        "{}: {} cases whose findings must stay, {} that must stay silent, {} left out",
        report.pack, cases.found, cases.silent, cases.left_out
    ));
    if report.is_empty() {
        return Ok(());
    }
    crate::show::line(format_args!(""));
    let headings = ["family", "cases", ">survived", ">of", ">%", ">lowered", ">held"];
    let mut table = Columns::new(colour, &headings);
    for total in &report.families {
        table.row([
            total.family.name().to_owned(),
            total.stance.name().to_owned(),
            count(total.survived),
            count(total.of),
            format!("{:.1}", total.percent()),
            count(total.lowered),
            count(total.held),
        ]);
    }
    table.print(&mut std::io::stdout())?;
    for (stance, heading) in [
        (
            Stance::Found,
            "Findings that do not survive, or are lowered, the weakest rules first",
        ),
        (
            Stance::Silent,
            "Findings that appear in harmless texts, the most frequent first",
        ),
    ] {
        print_rules(report, stance, heading, colour)?;
    }
    print_mutations(report, colour)?;
    let hints = report.families.iter().filter_map(|total| Some((total, total.hint?)));
    for (at, (total, hint)) in hints.enumerate() {
        if at == 0 {
            crate::show::line(format_args!("\nWhat to look at"));
        }
        crate::show::line(format_args!(
            "  {} ({}): {hint}",
            total.family.name(),
            total.stance.name()
        ));
    }
    Ok(())
}

/// The rules of which something did not survive, in a table, and the smallest example of each below it.
fn print_rules(report: &Report, stance: Stance, heading: &str, colour: bool) -> std::io::Result<()> {
    let of_stance = || report.rules.iter().filter(|total| total.stance == stance);
    let is_weak = |total: &&RuleTotal| total.survived < total.of || total.lowered > 0;
    let weak: Vec<&RuleTotal> = of_stance().filter(is_weak).collect();
    if weak.is_empty() {
        return Ok(());
    }
    crate::show::line(format_args!("\n{heading}"));
    let headings = [
        "",
        "rule",
        "policy",
        "family",
        ">survived",
        ">of",
        ">lowered",
        ">held",
        "mostly by",
    ];
    let mut table = Columns::new(colour, &headings);
    for (number, total) in weak.iter().take(SHOWN_MAX).enumerate() {
        table.row([
            format!("{}", number + 1),
            total.rule.clone(),
            total.policy.clone(),
            total.family.name().to_owned(),
            count(total.survived),
            count(total.of),
            count(total.lowered),
            count(total.held),
            mostly(total),
        ]);
    }
    table.print(&mut std::io::stdout())?;
    crate::show::line(format_args!("\nThe smallest of each"));
    for (number, total) in weak.iter().take(SHOWN_MAX).enumerate() {
        if let Some(example) = &total.example {
            print_example(number + 1, example);
        }
    }
    let whole = of_stance().count() - weak.len();
    let more = weak.len().saturating_sub(SHOWN_MAX);
    if more > 0 {
        crate::show::line(format_args!("  and {} more; --format json has all", count(more as u64)));
    }
    if stance == Stance::Found && whole > 0 {
        crate::show::line(format_args!(
            "  of {} rules and families everything survived",
            count(whole as u64)
        ));
    }
    Ok(())
}

/// The mutations by which most findings go, or appear.
fn print_mutations(report: &Report, colour: bool) -> std::io::Result<()> {
    let mut weak: Vec<_> = report
        .mutations
        .iter()
        .filter(|total| total.survived < total.of)
        .collect();
    if weak.is_empty() {
        return Ok(());
    }
    weak.sort_by_key(|total| std::cmp::Reverse(total.of - total.survived));
    crate::show::line(format_args!("\nThe mutations that do most"));
    let mut table = Columns::new(colour, &["mutation", "family", "cases", ">survived", ">of"]);
    for total in weak.iter().take(MUTATIONS_SHOWN_MAX) {
        table.row([
            total.mutation.to_owned(),
            total.family.name().to_owned(),
            total.stance.name().to_owned(),
            count(total.survived),
            count(total.of),
        ]);
    }
    table.print(&mut std::io::stdout())
}

/// The mutations that did most to a rule, with how often.
fn mostly(total: &RuleTotal) -> String {
    // Where all survive, what lowered some of them.
    let by = if total.by.is_empty() {
        &total.lowered_by
    } else {
        &total.by
    };
    let mut by: Vec<(&str, u64)> = by.iter().map(|(name, times)| (*name, *times)).collect();
    by.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    let named: Vec<String> = by
        .iter()
        .take(NAMED_MAX)
        .map(|(name, times)| {
            if *times > 1 {
                format!("{name} ({times})")
            } else {
                (*name).to_owned()
            }
        })
        .collect();
    let more = by.len().saturating_sub(NAMED_MAX);
    if more > 0 {
        format!("{}, {more} more", named.join(", "))
    } else {
        named.join(", ")
    }
}

fn print_example(number: usize, example: &Example) {
    let Example {
        case,
        file,
        line,
        mutation,
        bytes,
        messages,
    } = example;
    crate::show::line(format_args!(
        "{number:>3}  {file}:{line} {case:?}, {mutation}, {bytes} bytes"
    ));
    for message in messages {
        // What is not seen must be seen here: it is escaped before it is cut.
        let text = clip(&crate::show::terminal(message), TEXT_COLUMNS);
        crate::show::line(format_args!("       {text}"));
    }
}
