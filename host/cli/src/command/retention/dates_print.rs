//! What a backtest of dates found, on a terminal.

use crate::show;
use crate::show::table::{Columns, clip, count};
use proviso_author::backtest::dates::{DateSample, DatesReport, Decider, Moved, Row};
use proviso_model::time::Day;
use std::io::Write;

/// Rows of the table on a terminal; JSON has all.
const ROWS_MAX: usize = 40;

pub(super) fn print(report: &DatesReport, colour: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let mut table = Columns::new(colour, &["", ">messages"]);
    for moved in Moved::ALL {
        table.row([
            moved.words().to_owned(),
            count(report.moved.get(&moved).copied().unwrap_or_default()),
        ]);
    }
    table.print(&mut out)?;
    if !report.rows.is_empty() {
        writeln!(out, "\nBy rule")?;
        rows(report, colour, &mut out)?;
    }
    if report.rows.iter().any(|row| !row.samples.is_empty()) {
        writeln!(out, "\nSamples")?;
        samples(report, colour, &mut out)?;
    }
    drop(out);
    show::line(format_args!(""));
    for one in &report.not_compared {
        show::line(format_args!("not compared: {}: {}", one.message, one.why));
    }
    let told = [
        (report.not_recorded, "have no recorded date to compare with"),
        (report.failed, "were not compared: a retention policy failed on them"),
        (
            report.unreadable,
            "were not compared: they cannot be read, see `proviso audit verify`",
        ),
        (
            report.without_preceding,
            "were judged without some of the messages before them, which were disposed of",
        ),
        (report.without_row, "moved by rules that are in no row"),
    ];
    for (messages, what) in told.into_iter().filter(|(messages, _)| *messages > 0) {
        show::line(format_args!("{} messages {what}", count(messages)));
    }
    let with = report.baseline.set.as_deref().unwrap_or("what is recorded of each");
    show::line(format_args!(
        "{} messages by {}, compared with {with}: {} would go earlier, {} are due by either",
        count(report.messages),
        report.candidate,
        count(report.earlier()),
        count(report.due_before.min(report.due_after)),
    ));
    let at_once = count(report.due_at_once);
    if report.due_at_once > 0 {
        show::line(format_args!(
            "DUE AT ONCE: {at_once} MESSAGES. Their last day by the candidate is past."
        ));
    } else {
        show::line(format_args!("due at once: {at_once} messages"));
    }
    Ok(())
}

fn rows(report: &DatesReport, colour: bool, out: &mut impl Write) -> anyhow::Result<()> {
    let headings = [
        "",
        "rules before",
        "rules after",
        ">messages",
        ">days",
        ">first last day",
        ">due at once",
    ];
    let mut table = Columns::new(colour, &headings);
    for row in report.rows.iter().take(ROWS_MAX) {
        table.row([
            row.moved.words().to_owned(),
            decider(&row.before),
            decider(&row.after),
            count(row.messages),
            days(row),
            day(row.first_until),
            count(row.due_at_once),
        ]);
    }
    table.print(out)?;
    if let Some(more @ 1..) = report.rows.len().checked_sub(ROWS_MAX) {
        writeln!(out, "  and {} more rows; --format json has all", count(more as u64))?;
    }
    Ok(())
}

fn samples(report: &DatesReport, colour: bool, out: &mut impl Write) -> anyhow::Result<()> {
    let mut table = Columns::new(
        colour,
        &["", "message", "last day before", "last day after", "rules after"],
    );
    let all = report.rows.iter();
    let samples = all.flat_map(|row| row.samples.iter().map(move |sample| (row, sample)));
    for (row, sample) in samples.take(ROWS_MAX) {
        let DateSample {
            message,
            before,
            after,
            due_at_once,
        } = sample;
        let at_once = if *due_at_once { ", due at once" } else { "" };
        table.row([
            row.moved.words().to_owned(),
            clip(message, 48),
            day(*before),
            format!("{}{at_once}", day(*after)),
            decider(&row.after),
        ]);
    }
    Ok(table.print(out)?)
}

/// The rules, or the ground where none decides.
fn decider(decider: &Decider) -> String {
    if decider.rules.is_empty() {
        return format!("({})", decider.why.name());
    }
    clip(&decider.rules.join(", "), 40)
}

/// `+365`, or `-730 to -365`.
fn days(row: &Row) -> String {
    match row.days {
        None => "-".to_owned(),
        Some(days) if days.least == days.most => format!("{:+}", days.least),
        Some(days) => format!("{:+} to {:+}", days.least, days.most),
    }
}

fn day(day: Option<Day>) -> String {
    day.map_or_else(|| "-".to_owned(), |day| day.to_string())
}
