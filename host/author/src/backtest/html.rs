//! The report as one page for a browser: no script, nothing fetched.

use super::report::{Change, Report, Sample};
use crate::figures::count;
use proviso_model::Foreign;
use std::fmt;

/// The report in HTML.
pub(super) struct Html<'a>(pub(super) &'a Report);

const STYLE: &str = "\
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8884;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
code{font-size:.85em;overflow-wrap:anywhere}
.big{display:flex;gap:2rem;flex-wrap:wrap;margin:1rem 0}.big div{min-width:7rem}.big b{display:block;font-size:1.8rem}
.sample{border-left:3px solid #8886;padding:.2rem .8rem;margin:.8rem 0}
.sample p{margin:.2rem 0;overflow-wrap:anywhere}.quiet{opacity:.7}
mark{padding:0 .15em}
.critical{color:#a0219b}.high{color:#c62828}.medium{color:#a66b00}.low{opacity:.8}
@media(prefers-color-scheme:dark){.critical{color:#e48be0}.high{color:#ff8a80}.medium{color:#ffc46b}}
.fails{color:#c62828;font-weight:600}";

impl fmt::Display for Html<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0;
        writeln!(
            f,
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>Backtest</title>\n<style>\n{STYLE}\n</style>\n<h1>Backtest</h1>"
        )?;
        writeln!(f, "<div class=\"big\">")?;
        for (number, what) in [
            (report.messages, "messages"),
            (report.added, "findings added"),
            (report.removed, "removed"),
            (report.changed, "changed"),
            (report.newly_held, "newly held"),
        ] {
            writeln!(f, "<div><b>{}</b>{what}</div>", count(number))?;
        }
        writeln!(
            f,
            "</div>\n<p>{} from {}.</p>",
            count(report.messages),
            Foreign(&report.input).html()
        )?;
        if report.unreadable > 0 {
            writeln!(f, "<p>{} lines are no message.</p>", count(report.unreadable))?;
        }
        writeln!(f, "<p class=\"quiet\">{}.</p>", report.speed())?;
        bounds(f, report)?;
        sides(f, report)?;
        differences(f, report)?;
        for change in Change::ALL {
            let mut samples = report
                .samples
                .iter()
                .filter(|sample| sample.change == change)
                .peekable();
            if samples.peek().is_some() {
                writeln!(f, "<h2>Samples: {}</h2>", change.name())?;
            }
            samples.try_for_each(|one| sample(f, one))?;
        }
        writeln!(f, "</html>")
    }
}

fn bounds(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    if report.fail_if.is_empty() {
        return Ok(());
    }
    writeln!(f, "<h2>Bounds</h2>\n<table><tr><th>bound<th class=\"n\">value<th></tr>")?;
    for checked in &report.fail_if {
        let (class, said) = if checked.failed {
            ("fails", "fails")
        } else {
            ("", "passes")
        };
        let (expression, value) = (Foreign(&checked.expression).html(), checked.value);
        writeln!(
            f,
            "<tr><td><code>{expression}</code><td class=\"n\">{value}<td class=\"{class}\">{said}</tr>"
        )?;
    }
    writeln!(f, "</table>")
}

fn sides(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    writeln!(
        f,
        "<h2>Both sets</h2>\n<table><tr><th><th class=\"n\">baseline<th class=\"n\">candidate</tr>"
    )?;
    for (what, old, new) in report.sides() {
        let (old, new) = (count(old), count(new));
        writeln!(f, "<tr><td>{what}<td class=\"n\">{old}<td class=\"n\">{new}</tr>")?;
    }
    writeln!(f, "</table>")?;
    for line in report.other_changes() {
        writeln!(f, "<p>{line}.</p>")?;
    }
    for (what, side) in [("Baseline", &report.baseline), ("Candidate", &report.candidate)] {
        writeln!(
            f,
            "<p>{what}: {}, generation <code>{}</code></p>\n<ul>",
            Foreign(&side.set).html(),
            side.generation
        )?;
        for pack in &side.packs {
            let (name, version, digest) = (Foreign(&pack.name).html(), Foreign(&pack.version).html(), &pack.digest);
            writeln!(
                f,
                "<li>{name} {version} ({}) <code class=\"quiet\">{digest}</code></li>",
                pack.mode
            )?;
        }
        writeln!(f, "</ul>")?;
    }
    Ok(())
}

fn differences(f: &mut fmt::Formatter<'_>, report: &Report) -> fmt::Result {
    if report.differences.is_empty() {
        return writeln!(f, "<p>No finding differs.</p>");
    }
    writeln!(
        f,
        "<h2>By pack, rule, severity and department</h2>\n<table><tr><th>pack<th>policy<th>rule<th>severity<th>department\
         <th class=\"n\">added<th class=\"n\">removed<th class=\"n\">changed</tr>"
    )?;
    for difference in &report.differences {
        let counts = difference.counts;
        writeln!(
            f,
            "<tr><td>{}<td>{}<td>{}<td class=\"{severity}\">{severity}<td>{}<td class=\"n\">{}<td class=\"n\">{}<td class=\"n\">{}</tr>",
            Foreign(&difference.pack).html(),
            Foreign(&difference.policy).html(),
            Foreign(&difference.rule).html(),
            Foreign(Report::department(&difference.department)).html(),
            count(counts.added),
            count(counts.removed),
            count(counts.changed),
            severity = difference.severity,
        )?;
    }
    writeln!(f, "</table>")
}

fn sample(f: &mut fmt::Formatter<'_>, sample: &Sample) -> fmt::Result {
    writeln!(
        f,
        "<div class=\"sample\"><p><b>{}</b> of {}, <span class=\"{}\">{}</span>, {}, {} <code class=\"quiet\">{}</code></p>",
        Foreign(&sample.rule).html(),
        Foreign(&sample.policy).html(),
        sample
            .severity_after
            .or(sample.severity_before)
            .map_or("", proviso_model::verdict::Severity::name),
        sample.severities(),
        Foreign(Report::department(&sample.department)).html(),
        Foreign(&sample.sent_at).html(),
        Foreign(&sample.message).html()
    )?;
    if let Some(preceding) = &sample.preceding {
        writeln!(f, "<p class=\"quiet\">{}</p>", Foreign(preceding).html())?;
    }
    if let Some(excerpt) = &sample.excerpt {
        let (before, marked, after) = (
            Foreign(&excerpt.before).html(),
            Foreign(&excerpt.marked).html(),
            Foreign(&excerpt.after).html(),
        );
        writeln!(f, "<p>{before}<mark>{marked}</mark>{after}</p>")?;
    }
    if let Some(reason) = sample.reason.as_deref().filter(|reason| !reason.is_empty()) {
        writeln!(f, "<p class=\"quiet\">{}</p>", Foreign(reason).html())?;
    }
    writeln!(f, "</div>")
}
