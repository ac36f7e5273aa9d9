//! `proviso pack lint`: what a pack could do better, each thing with a code that docs/lint.md explains.
//!
//! - `terms`: what the matcher knows of the lists: terms that find the same, that are never found, that are too common
//! - `measured`: what the cases show when they are run: fields that nobody reads, budgets that nobody needs
//! - `fix`: mends what can be mended without a doubt
//!
//! What needs neither is `proviso_author::lint`.

mod fix;
mod measured;
mod terms;

use crate::cli::{LintArgs, OutputFormat};
use crate::exit::{Ending, Usage};
use anyhow::Context;
use proviso_author::lint::{self, Grade, Remark, codes};
use proviso_model::Problem;
use proviso_pack::{Pack, TrustedPack};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

/// The page that explains every code.
const PAGE: &str = include_str!("../../../../../docs/lint.md");

pub(crate) fn run(args: &LintArgs) -> anyhow::Result<Ending> {
    if let Some(code) = &args.explain {
        return explain(code);
    }
    let today = match &args.today {
        Some(day) => day
            .parse::<jiff::civil::Date>()
            .map_err(|_| Usage(format!("--today is {day:?}: expected a day such as 2026-01-31")))?
            .to_string(),
        None => proviso_pipeline::places::today(),
    };
    let harmless = terms::Harmless::read(args)?;
    let mut counts = [0_usize; Grade::ALL.len()];
    let mut fixable = 0;
    for path in &args.packs {
        let pack = open(path, args)?;
        let mut remarks = look(&pack, &today, &harmless, args)?;
        if args.fix {
            if path.is_dir() {
                let changed = fix::apply(&pack, &remarks)?;
                if args.format == OutputFormat::Table {
                    for line in &changed {
                        crate::show::line(format_args!("{line}"));
                    }
                }
                if !changed.is_empty() {
                    remarks = look(&open(path, args)?, &today, &harmless, args)?;
                }
            } else {
                return Err(Usage(format!("{}: only a pack's folder can be mended", path.display())).into());
            }
        }
        for remark in &remarks {
            show(&pack, remark, args.format);
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

/// Every remark of a pack that nobody has allowed.
fn look(
    pack: &Arc<TrustedPack>,
    today: &str,
    harmless: &terms::Harmless,
    args: &LintArgs,
) -> anyhow::Result<Vec<Remark>> {
    let mut remarks = lint::check(pack, today);
    remarks.extend(terms::check(pack, harmless)?);
    if !args.no_run {
        remarks.extend(measured::check(pack)?);
    }
    let looked_for = |code: &str| {
        let runs = [codes::LARGE_BUDGET.id, codes::UNREAD_FIELD.id];
        !(args.no_run && runs.contains(&code) || harmless.is_empty() && code == codes::COMMON_TERM.id)
    };
    Ok(lint::without_allowed(pack, remarks, looked_for))
}

/// Opens a pack. One that does not open because of its encodings is told where to look.
fn open(path: &Path, args: &LintArgs) -> anyhow::Result<Arc<TrustedPack>> {
    let opened = crate::command::pack::open_trusted(path, args.trust.trust.as_deref());
    if opened.is_err() {
        for remark in lint::encodings(path) {
            print(&path.display().to_string(), path, &remark, args.format);
        }
    }
    opened
}

fn show(pack: &Pack, remark: &Remark, format: OutputFormat) {
    print(&pack.manifest().name, pack.origin(), remark, format);
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
            crate::show::line(format_args!("{object}"));
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
    let section = section(known.id).with_context(|| format!("docs/lint.md has no section {}", known.id))?;
    crate::show::line(format_args!("{}", section.trim_end()));
    Ok(Ending::Well)
}

/// The text below the heading of a code, with it.
fn section(id: &str) -> Option<&'static str> {
    let start = PAGE.find(&format!("\n### {id} "))? + 1;
    let rest = &PAGE[start..];
    let end = ["\n### ", "\n## "].iter().filter_map(|head| rest.find(head)).min();
    Some(&rest[..end.unwrap_or(rest.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_section_and_every_section_its_code() {
        for code in codes::ALL {
            let section = section(code.id).unwrap_or_else(|| panic!("docs/lint.md has no section {}", code.id));
            let heading = format!("### {} {} ({})", code.id, code.title, code.grade);
            assert!(section.starts_with(&heading), "expected {heading:?}, found {section:?}");
            assert!(section.len() > heading.len() + 80, "{} is not explained", code.id);
        }
        let headings = PAGE.lines().filter_map(|line| line.strip_prefix("### "));
        for heading in headings {
            let id = heading.split(' ').next().unwrap_or_default();
            assert!(codes::ALL.iter().any(|code| code.id == id), "{id} is no code");
        }
    }
}
