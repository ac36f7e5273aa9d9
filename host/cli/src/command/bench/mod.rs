//! `proviso pack bench`: what packs cost, policy by policy, and how fast the whole of judging is.
//!
//! - `gather`: the messages that are judged
//! - `print`: what was measured, on a terminal
//!
//! The clocks are `proviso_author::bench`'s.

mod gather;
mod print;

use crate::building;
use crate::cli::{BenchArgs, OutputFormat};
use crate::command::pack_open;
use crate::exit::{Ending, Usage};
use crate::show::progress::Progress;
use proviso_author::bench::{self, Report};
use proviso_pack::TrustedPack;
use proviso_pipeline::loading::build;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) fn run(args: &BenchArgs, colour: bool) -> anyhow::Result<Ending> {
    if args
        .fail_over
        .is_some_and(|percent| !percent.is_finite() || percent < 0.0)
    {
        return Err(Usage("--fail-over wants a percentage of 0 or more, as 10 or 2.5".to_owned()).into());
    }
    // What cannot be compared with is told before minutes are spent on measuring.
    let baseline = args.baseline.as_deref().map(Report::read).transpose()?;
    let engine = build::engine(None)?;
    let trust = args.trust.trust.as_deref();
    let (generation, packs) = if let Some(set) = &args.set {
        (building::of_set(&engine, set, trust)?, None)
    } else {
        let packs = open_all(&args.packs, trust)?;
        if packs.is_empty() {
            return Err(Usage("name a pack, or a set with --set".to_owned()).into());
        }
        (building::of_packs(&engine, &packs)?, Some(packs))
    };
    let (material, errors) = gather::material(args, &generation, packs.as_deref())?;
    let progress = Progress::steps("measuring", bench::steps(args.rounds));
    let report = bench::measure(&generation, &material, args.rounds, args.workers, &|| {
        progress.advance(1);
    });
    progress.finish();
    let changes = baseline.as_ref().map(|baseline| report.compare(baseline));
    match args.format {
        OutputFormat::Json => crate::show::json(format_args!("{}", report.to_json(changes.as_ref())?)),
        OutputFormat::Table => print::print(&report, changes.as_ref(), colour)?,
    }
    if errors > 0 {
        return Ok(Ending::Problems);
    }
    let slower = changes
        .zip(args.fail_over)
        .is_some_and(|(changes, percent)| changes.worst() > percent);
    Ok(if slower { Ending::Problems } else { Ending::Well })
}

fn open_all(paths: &[PathBuf], trust: Option<&Path>) -> anyhow::Result<Vec<Arc<TrustedPack>>> {
    paths.iter().map(|path| pack_open::open_trusted(path, trust)).collect()
}
