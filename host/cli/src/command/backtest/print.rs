//! What a backtest found, on a terminal.

use crate::show::table::{Columns, clip, count};
use proviso_author::backtest::Report;
use std::io::Write;

/// Rows of the table on a terminal; a report has all.
const ROWS_MAX: usize = 40;

pub(super) fn print(report: &Report, colour: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let mut table = Columns::new(colour, &["", ">baseline", ">candidate"]);
    for (what, old, new) in report.sides() {
        table.row([what.to_owned(), count(old), count(new)]);
    }
    table.print(&mut out)?;
    if !report.differences.is_empty() {
        writeln!(out, "\nFindings that differ")?;
        let headings = [
            "pack",
            "policy",
            "rule",
            "severity",
            "department",
            ">added",
            ">removed",
            ">changed",
        ];
        let mut table = Columns::new(colour, &headings);
        for difference in report.differences.iter().take(ROWS_MAX) {
            let dot = |number| if number == 0 { "·".to_owned() } else { count(number) };
            table.row([
                difference.pack.clone(),
                difference.policy.clone(),
                difference.rule.clone(),
                difference.severity.to_string(),
                clip(Report::department(&difference.department), 24),
                dot(difference.counts.added),
                dot(difference.counts.removed),
                dot(difference.counts.changed),
            ]);
        }
        table.print(&mut out)?;
        if let Some(more @ 1..) = report.differences.len().checked_sub(ROWS_MAX) {
            writeln!(out, "  and {} more rows; --report FILE has all", count(more as u64))?;
        }
    }
    if !report.samples.is_empty() {
        writeln!(out, "\nSamples")?;
        let mut table = Columns::new(colour, &["", "rule", "severity", "message", "text"]);
        for sample in report.samples.iter().take(ROWS_MAX) {
            let text = sample.excerpt.as_ref().map_or_else(String::new, |excerpt| {
                format!("{}⟦{}⟧{}", excerpt.before, excerpt.marked, excerpt.after)
            });
            table.row([
                sample.change.name().to_owned(),
                sample.rule.clone(),
                sample.severities(),
                clip(&sample.message, 32),
                clip(&text, 72),
            ]);
        }
        table.print(&mut out)?;
    }
    writeln!(out)?;
    for line in report.other_changes() {
        writeln!(out, "{line}")?;
    }
    writeln!(
        out,
        "{} messages: {} findings added, {} removed, {} changed; {}",
        count(report.messages),
        count(report.added),
        count(report.removed),
        count(report.changed),
        report.speed()
    )?;
    Ok(())
}
