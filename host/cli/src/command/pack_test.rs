//! `proviso pack test`: the pack's own cases, and what they do not reach.

use crate::building;
use crate::cli::{OutputFormat, TestArgs};
use crate::exit::{Ending, Usage};
use crate::show::progress::Progress;
use crate::show::table::{Columns, count};
use anyhow::Context;
use proviso_author::test::{self, Reach, ReachError, Tested};
use proviso_engine::{CaseReport, Engine, Generation, LogLine};
use proviso_pack::{Pack, TrustedPack};
use proviso_pipeline::loading::build;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What people are shown of what is not reached, of each kind; `--format json` has all.
const SHOWN_MAX: usize = 20;
/// Cases that are named to somebody who asked for one that is not there.
const CASES_NAMED: usize = 5;

pub(super) fn run(args: &TestArgs, colour: bool) -> anyhow::Result<Ending> {
    if let Some(file) = args.packs.iter().find(|path| args.update && !path.is_dir()) {
        return Err(Usage(format!(
            "{}: only the cases of a pack's folder can be updated",
            file.display()
        ))
        .into());
    }
    let engine = build::engine(None)?;
    let started = Instant::now();
    let mut all = Vec::new();
    for path in &args.packs {
        all.push(run_cases(&engine, path, args)?);
    }
    some_case_is_meant(args, &all)?;
    if let Some(file) = &args.junit {
        let report = test::junit(&all);
        std::fs::write(file, report).with_context(|| format!("cannot write {}", file.display()))?;
    }
    let too_low: Vec<String> = all
        .iter()
        .flat_map(|tested| tested.too_low(&args.coverage_min))
        .collect();
    match args.format {
        OutputFormat::Json => print_json(&all, args.logs),
        OutputFormat::Table => print_table(&all, started.elapsed(), args.logs, colour)?,
    }
    for line in &too_low {
        crate::show::error_line(format_args!("{line}"));
    }
    let passed = all.iter().flat_map(|tested| &tested.reports).all(CaseReport::passed);
    Ok(if passed && too_low.is_empty() {
        Ending::Well
    } else {
        Ending::Problems
    })
}

/// A part of a name that no case has is a slip of the pen, and must not look like a success.
fn some_case_is_meant(args: &TestArgs, all: &[Tested]) -> Result<(), Usage> {
    let Some(part) = &args.only else { return Ok(()) };
    if all.iter().any(|tested| !tested.reports.is_empty()) {
        return Ok(());
    }
    let cases = || all.iter().flat_map(|tested| tested.pack.cases());
    let first: Vec<String> = cases()
        .take(CASES_NAMED)
        .map(|case| format!("{:?}", case.name))
        .collect();
    Err(Usage(match cases().count() {
        0 => format!("--only {part:?}: the packs have no cases"),
        number => {
            let more = if number > CASES_NAMED { ", …" } else { "" };
            format!(
                "--only {part:?}: no case has that in its name; of {number} cases: {}{more}",
                first.join(", ")
            )
        }
    }))
}

fn run_cases(engine: &Engine, path: &Path, args: &TestArgs) -> anyhow::Result<Tested> {
    let workers = proviso_pipeline::places::workers(args.workers);
    let started = Instant::now();
    let mut pack = super::pack_open::open_trusted(path, args.trust.trust.as_deref())?;
    let mut generation = building::of_packs(engine, &[Arc::clone(&pack)])?;
    let mut reports = chosen(generation.self_test_thoroughly(workers), args);
    if args.update && !reports.iter().all(CaseReport::passed) {
        for line in test::update(&pack, &reports)? {
            crate::show::error_line(format_args!("{line}"));
        }
        pack = super::pack_open::open_trusted(path, args.trust.trust.as_deref())?;
        generation = building::of_packs(engine, &[Arc::clone(&pack)])?;
        reports = chosen(generation.self_test_thoroughly(workers), args);
    }
    let is_wanted = args.coverage || !args.coverage_min.is_empty();
    let reach = is_wanted
        .then(|| reached(&pack, &generation, &reports, workers))
        .transpose()?;
    Ok(Tested {
        pack,
        reports,
        took: started.elapsed(),
        reach,
    })
}

fn reached(
    pack: &TrustedPack,
    generation: &Generation,
    reports: &[CaseReport],
    workers: usize,
) -> Result<Reach, ReachError> {
    let progress = Progress::open("trying settings");
    let reach = Reach::measure(pack, generation, reports, workers, &|done, total| {
        progress.say(&format!("trying settings: {done} of {total}"));
    });
    progress.finish();
    reach
}

fn chosen(mut reports: Vec<CaseReport>, args: &TestArgs) -> Vec<CaseReport> {
    if let Some(part) = &args.only {
        reports.retain(|report| report.case.contains(part));
    }
    reports
}

fn print_json(all: &[Tested], logs: bool) {
    for tested in all {
        for report in &tested.reports {
            let mut line = json!({
                "pack": report.pack, "case": report.case, "file": report.file, "line": report.line,
                "passed": report.passed(), "mismatches": report.mismatches,
            });
            if logs || !report.passed() {
                line["log"] = json!(report.log);
            }
            crate::show::json(format_args!("{line}"));
        }
        if let Some(reach) = &tested.reach {
            let line = json!({ "pack": tested.name(), "coverage": reach.to_json() });
            crate::show::json(format_args!("{line}"));
        }
    }
}

fn print_table(all: &[Tested], took: Duration, logs: bool, colour: bool) -> anyhow::Result<()> {
    let mut failures = 0;
    for problem in all.iter().flat_map(Tested::failures) {
        failures += 1;
        crate::show::line(format_args!("{problem}"));
    }
    let reports = all.iter().flat_map(|tested| &tested.reports);
    let logged = reports.filter(|report| !report.log.is_empty() && (logs || !report.passed()));
    let mut said = false;
    for report in logged {
        said = true;
        crate::show::line(format_args!("log of case {:?} of {}:", report.case, report.pack));
        for LogLine { level, line } in &report.log {
            crate::show::line(format_args!("  {}: {line}", level.name()));
        }
    }
    if failures > 0 || said {
        crate::show::line(format_args!(""));
    }
    let mut table = Columns::new(colour, &["pack", ">cases", ">passed"]);
    let mut passed = 0;
    for tested in all {
        let well = tested.reports.iter().filter(|report| report.passed()).count() as u64;
        passed += well;
        table.row([
            tested.name().to_owned(),
            count(tested.reports.len() as u64),
            count(well),
        ]);
    }
    table.print(&mut std::io::stdout())?;
    for tested in all {
        if let Some(reach) = &tested.reach {
            crate::show::line(format_args!("\nReached by the cases of {}", tested.name()));
            print_reach(reach, &tested.pack, colour)?;
        }
    }
    crate::show::line(format_args!(
        "\n{} cases passed, {failures} mismatches, {} ms",
        count(passed),
        took.as_millis()
    ));
    Ok(())
}

fn print_reach(reach: &Reach, pack: &Pack, colour: bool) -> std::io::Result<()> {
    let mut table = Columns::new(colour, &["", ">of", ">reached", ">%"]);
    for (kind, part) in reach.parts() {
        table.row([
            kind.name().to_owned(),
            count(part.of as u64),
            count(part.reached as u64),
            format!("{:.1}", part.percent()),
        ]);
    }
    table.print(&mut std::io::stdout())?;
    for (kind, part) in reach.parts().filter(|(_, part)| !part.missing.is_empty()) {
        crate::show::line(format_args!(
            "\nNo case of {} reaches these {}",
            pack.manifest().name,
            kind.name()
        ));
        for missing in part.missing.iter().take(SHOWN_MAX) {
            crate::show::line(format_args!("  {missing}"));
        }
        if let Some(more @ 1..) = part.missing.len().checked_sub(SHOWN_MAX) {
            crate::show::line(format_args!("  and {} more; --format json has all", count(more as u64)));
        }
    }
    Ok(())
}
