//! `proviso pack lint`: what a pack could do better, each thing with a code that docs/lint.md explains.
//! What is said of packs is `proviso_author::lint`'s.

use crate::building;
use crate::cli::{LintArgs, OutputFormat};
use crate::exit::{Ending, Usage};
use crate::reading;
use crate::show::progress::Progress;
use anyhow::Context;
use proviso_author::lint::{self, Code, Grade, Harmless, LintError, LintOptions, Remark, codes};
use proviso_model::{Message, Problem};
use proviso_pack::{Pack, TrustedPack};
use proviso_sources::{Format, Origin, SourceContext};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Remarks of one code that people are shown of a pack, errors aside; `--format json` has all.
const SHOWN_MAX: usize = 5;

pub(crate) fn run(args: &LintArgs) -> anyhow::Result<Ending> {
    if let Some(code) = &args.explain {
        return explain(code);
    }
    let options = options(args)?;
    let mut counts = [0_usize; Grade::ALL.len()];
    let mut fixable = 0;
    for path in &args.packs {
        let pack = open(path, args)?;
        let mut remarks = look(&pack, &options)?;
        if args.fix {
            if path.is_dir() {
                let changed = lint::mend(&pack, &remarks)?;
                if args.format == OutputFormat::Table {
                    for line in &changed {
                        crate::show::line(format_args!("{line}"));
                    }
                }
                if !changed.is_empty() {
                    remarks = look(&open(path, args)?, &options)?;
                }
            } else {
                return Err(Usage(format!("{}: only a pack's folder can be mended", path.display())).into());
            }
        }
        show(&pack, &remarks, args.format);
        for remark in &remarks {
            counts[remark.code.grade as usize] += 1;
            fixable += usize::from(!remark.edits.is_empty());
        }
    }
    if args.format == OutputFormat::Table {
        let [notes, warnings, errors] = counts;
        let mend = if fixable > 0 {
            format!("; --fix mends {fixable} of them")
        } else {
            String::new()
        };
        crate::show::line(format_args!(
            "{errors} errors, {warnings} warnings, {notes} notes{mend}"
        ));
    }
    let fails = Grade::ALL
        .iter()
        .zip(counts)
        .any(|(grade, count)| *grade >= args.fail_on && count > 0);
    Ok(if fails { Ending::Problems } else { Ending::Well })
}

/// What the flags ask for.
fn options(args: &LintArgs) -> anyhow::Result<LintOptions> {
    let today = match &args.today {
        Some(day) => day
            .parse::<jiff::civil::Date>()
            .map_err(|_| Usage(format!("--today is {day:?}: expected a day such as 2026-01-31")))?
            .to_string(),
        None => proviso_pipeline::places::today(),
    };
    Ok(LintOptions {
        today,
        harmless: harmless(args)?,
        runs_cases: !args.no_run,
    })
}

/// Reads the files of `--benign`: a `.txt` file has a message in each line, others are read as canonical messages.
fn harmless(args: &LintArgs) -> anyhow::Result<Harmless> {
    if !(0.0..=100.0).contains(&args.benign_share) {
        return Err(Usage("--benign-share wants a percentage of 0 to 100, such as 0.5".to_owned()).into());
    }
    let mut texts = Vec::new();
    let context = SourceContext::new("default", "chat").map_err(|error| Usage(error.to_string()))?;
    let origin = Arc::new(Origin::of_person("--benign", context));
    for file in &args.benign {
        if !file.is_file() {
            return Err(reading::no_file(file).into());
        }
        if file.extension().is_some_and(|extension| extension == "txt") {
            let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            texts.extend(text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned));
            continue;
        }
        let progress = Progress::open("reading");
        let mut errors = 0;
        reading::read_file(
            file,
            Format::Ndjson,
            &origin,
            &progress,
            &mut errors,
            &mut |message: Message| {
                texts.push(message.text);
                true
            },
        )?;
        progress.finish();
    }
    if !args.benign.is_empty() && texts.is_empty() {
        return Err(Usage("the files of --benign hold no message".to_owned()).into());
    }
    Ok(Harmless {
        texts,
        share: args.benign_share,
    })
}

fn look(pack: &Arc<TrustedPack>, options: &LintOptions) -> Result<Vec<Remark>, LintError> {
    building::telling("building policies", |tell| lint::look(pack, options, tell))
}

/// Opens a pack. One that does not open because of its encodings is told where to look.
fn open(path: &Path, args: &LintArgs) -> anyhow::Result<Arc<TrustedPack>> {
    let opened = super::pack_open::open_trusted(path, args.trust.trust.as_deref());
    if opened.is_err() {
        for remark in lint::encodings(path) {
            print(&path.display().to_string(), path, &remark, args.format);
        }
    }
    opened
}

/// Shows all remarks, or to people the first of each code and how many more there are, so that many of one do not bury the others.
fn show(pack: &Pack, remarks: &[Remark], format: OutputFormat) {
    let name = &pack.manifest().name;
    let mut shown: BTreeMap<&str, (Code, usize)> = BTreeMap::new();
    for remark in remarks {
        let (_, count) = shown.entry(remark.code.id).or_insert((remark.code, 0));
        *count += 1;
        if format == OutputFormat::Json || remark.code.grade == Grade::Error || *count <= SHOWN_MAX {
            print(name, pack.origin(), remark, format);
        }
    }
    if format == OutputFormat::Json {
        return;
    }
    for (code, count) in shown.values().filter(|(code, _)| code.grade != Grade::Error) {
        if let Some(more @ 1..) = count.checked_sub(SHOWN_MAX) {
            crate::show::line(format_args!(
                "{name}: … and {more} more of {}, {}; --format json has all",
                code.id, code.title
            ));
        }
    }
}

fn print(pack: &str, origin: &Path, remark: &Remark, format: OutputFormat) {
    let Remark {
        code,
        part,
        line,
        column,
        message,
        edits,
    } = remark;
    let file = origin.join(part);
    match format {
        OutputFormat::Json => {
            let object = json!({
                "pack": pack, "code": code.id, "severity": code.grade.name(), "file": file, "line": line, "column": column,
                "message": message, "fixable": !edits.is_empty(),
            });
            crate::show::json(format_args!("{object}"));
        }
        OutputFormat::Table => {
            let problem = Problem {
                file,
                line: *line,
                column: *column,
                message: format!("{} {}: {message}", code.grade, code.id),
            };
            crate::show::line(format_args!("{problem}"));
        }
    }
}

/// Prints the section of a code.
fn explain(code: &str) -> anyhow::Result<Ending> {
    let known = codes::ALL.iter().find(|known| known.id.eq_ignore_ascii_case(code));
    let Some(known) = known else {
        let all: Vec<&str> = codes::ALL.iter().map(|code| code.id).collect();
        return Err(Usage(format!("there is no code {code:?}: expected one of {}", all.join(", "))).into());
    };
    let section = lint::section(known.id).with_context(|| format!("docs/lint.md has no section {}", known.id))?;
    crate::show::page(section.trim_end());
    Ok(Ending::Well)
}
