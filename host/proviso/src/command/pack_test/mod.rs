//! `proviso pack test`: the pack's own cases, and what they do not reach.
//!
//! - `reach`: rules, terms and branches of the settings that no case reaches
//! - `golden`: writes into failing cases what was found
//! - `junit`: the report that CI systems read

mod golden;
mod junit;
mod reach;

use crate::building;
use crate::cli::{OutputFormat, TestArgs};
use crate::exit::{Ending, Usage};
use crate::show::table::{Columns, count};
use anyhow::Context;
use proviso_engine::{CaseReport, Engine};
use proviso_model::Problem;
use proviso_pack::TrustedPack;
use proviso_pipeline::loading::build;
use reach::Reach;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One pack with what came of its cases.
struct Tested {
    pack: Arc<TrustedPack>,
    reports: Vec<CaseReport>,
    took: Duration,
    reach: Option<Reach>,
}

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
        all.push(test(&engine, path, args)?);
    }
    if let Some(file) = &args.junit {
        let report = junit::report(&all);
        std::fs::write(file, report).with_context(|| format!("cannot write {}", file.display()))?;
    }
    let too_low: Vec<String> = all.iter().flat_map(|tested| too_low(tested, args)).collect();
    match args.format {
        OutputFormat::Json => print_json(&all),
        OutputFormat::Table => print_table(&all, started.elapsed(), colour)?,
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

fn test(engine: &Engine, path: &Path, args: &TestArgs) -> anyhow::Result<Tested> {
    let workers = proviso_pipeline::places::workers(args.workers);
    let started = Instant::now();
    let mut pack = super::pack::open_trusted(path, args.trust.trust.as_deref())?;
    let mut generation = building::of_packs(engine, &[Arc::clone(&pack)])?;
    let mut reports = chosen(generation.self_test_thoroughly(workers), args);
    if args.update && !reports.iter().all(CaseReport::passed) {
        for line in golden::update(&pack, &reports)? {
            crate::show::error_line(format_args!("{line}"));
        }
        pack = super::pack::open_trusted(path, args.trust.trust.as_deref())?;
        generation = building::of_packs(engine, &[Arc::clone(&pack)])?;
        reports = chosen(generation.self_test_thoroughly(workers), args);
    }
    let is_wanted = args.coverage || !args.coverage_min.is_empty();
    let reach = is_wanted
        .then(|| Reach::measure(&pack, &generation, &reports, workers))
        .transpose()?;
    Ok(Tested {
        pack,
        reports,
        took: started.elapsed(),
        reach,
    })
}

fn chosen(mut reports: Vec<CaseReport>, args: &TestArgs) -> Vec<CaseReport> {
    if let Some(part) = &args.only {
        reports.retain(|report| report.case.contains(part));
    }
    reports
}

impl Tested {
    fn name(&self) -> &str {
        &self.pack.manifest().name
    }

    /// What the cases have otherwise than expected, each at its place.
    fn failures(&self) -> impl Iterator<Item = Problem> {
        let of_case = |report: &CaseReport, mismatch: &String| {
            let message = format!("case {:?}: {mismatch}", report.case);
            Problem::on_line(self.pack.path_of(&report.file), report.line, message)
        };
        self.reports
            .iter()
            .flat_map(move |report| report.mismatches.iter().map(move |mismatch| of_case(report, mismatch)))
    }
}

/// What is below the least that was asked for.
fn too_low(tested: &Tested, args: &TestArgs) -> Vec<String> {
    let Some(reach) = &tested.reach else {
        return Vec::new();
    };
    let below = |least: &crate::cli::CoverageMin| {
        let kinds = reach
            .parts()
            .filter(|(kind, _)| least.kind.is_none_or(|wanted| wanted == *kind));
        kinds
            .filter(|(_, part)| part.percent() < least.percent)
            .map(|(kind, part)| {
                format!(
                    "{}: cases reach {:.1} % of its {}, less than {} %",
                    tested.name(),
                    part.percent(),
                    kind.name(),
                    least.percent
                )
            })
            .collect::<Vec<_>>()
    };
    args.coverage_min.iter().flat_map(below).collect()
}

fn print_json(all: &[Tested]) {
    for tested in all {
        for report in &tested.reports {
            let line = json!({
                "pack": report.pack, "case": report.case, "file": report.file, "line": report.line,
                "passed": report.passed(), "mismatches": report.mismatches,
            });
            crate::show::line(format_args!("{line}"));
        }
        if let Some(reach) = &tested.reach {
            let line = json!({ "pack": tested.name(), "coverage": reach.to_json() });
            crate::show::line(format_args!("{line}"));
        }
    }
}

fn print_table(all: &[Tested], took: Duration, colour: bool) -> anyhow::Result<()> {
    let mut failures = 0;
    for problem in all.iter().flat_map(Tested::failures) {
        failures += 1;
        crate::show::line(format_args!("{problem}"));
    }
    if failures > 0 {
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
            reach.print(&tested.pack, colour)?;
        }
    }
    crate::show::line(format_args!(
        "\n{} cases passed, {failures} mismatches, {} ms",
        count(passed),
        took.as_millis()
    ));
    Ok(())
}
