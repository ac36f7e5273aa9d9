//! What a backtest found, as data, and as a page of Markdown. `html` writes the same for a browser.

use crate::figures::count;
use proviso_model::Foreign;
use proviso_model::verdict::Severity;
use serde::Serialize;
use std::fmt;

/// The form of the report; another form gets another number.
pub(super) const FORM: u32 = 1;

/// All that a backtest found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The form of the report, 1; another form gets another number.
    pub form: u32,
    /// What judges now.
    pub baseline: Side,
    /// What may.
    pub candidate: Side,
    /// What was read, for people.
    pub input: String,
    /// Messages that both sets judged.
    pub messages: u64,
    /// Lines that are no message.
    pub unreadable: u64,
    /// Findings that only the candidate has.
    pub added: u64,
    /// Findings that only the baseline has.
    pub removed: u64,
    /// Findings that both have, with another severity, place or reason.
    pub changed: u64,
    /// Messages that only the candidate holds.
    pub newly_held: u64,
    /// Messages that only the baseline holds.
    pub no_longer_held: u64,
    /// Messages with another retention decision.
    pub retention_changed: u64,
    /// Messages with other scores.
    pub scores_changed: u64,
    /// Ordered by pack, policy, rule, severity and department.
    pub differences: Vec<Difference>,
    /// Ordered by kind of change, pack, policy and rule.
    pub samples: Vec<Sample>,
    /// Wall time of reading and judging.
    pub seconds: f64,
    /// Messages in a second of that, both sets together.
    pub messages_per_second: f64,
    /// Time that judging took by the candidate, as a multiple of the baseline's.
    pub cost: f64,
    /// Bounds, and what came of each.
    pub fail_if: Vec<Checked>,
}

/// One of the two sets.
#[derive(Debug, Serialize)]
pub struct Side {
    /// The file, and what was changed of it.
    pub set: String,
    /// The pack whose shadow was lifted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promotes: Option<String>,
    /// Identity of its generation.
    pub generation: String,
    /// In the order of the set.
    pub packs: Vec<UsedPack>,
    /// What it found.
    #[serde(flatten)]
    pub totals: Totals,
}

/// A pack of a set.
#[derive(Debug, Serialize)]
pub struct UsedPack {
    /// `vendor/name`.
    pub name: String,
    /// As its manifest says.
    pub version: String,
    /// Of its content.
    pub digest: String,
    /// `enforce` or `shadow`.
    pub mode: &'static str,
}

/// Counts of one side.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Totals {
    /// Messages with findings that count.
    pub flagged: u64,
    /// Findings that count.
    pub findings: u64,
    /// Findings in shadow.
    pub shadow: u64,
    /// Messages held.
    pub held: u64,
    /// Messages whose content no policy saw.
    pub withheld: u64,
    /// Failures of policies.
    pub faults: u64,
}

/// What became of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Only the candidate has it.
    Added,
    /// Only the baseline has it.
    Removed,
    /// Both have it, with another severity, place or reason.
    Changed,
}

impl Change {
    /// Every kind, as reports order them.
    pub const ALL: [Change; 3] = [Change::Added, Change::Removed, Change::Changed];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Change::Added => "added",
            Change::Removed => "removed",
            Change::Changed => "changed",
        }
    }
}

/// How many findings changed in which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Findings that only the candidate has.
    pub added: u64,
    /// Findings that only the baseline has.
    pub removed: u64,
    /// Findings that both have, otherwise.
    pub changed: u64,
}

impl Counts {
    pub(super) fn add(&mut self, change: Change) {
        match change {
            Change::Added => self.added += 1,
            Change::Removed => self.removed += 1,
            Change::Changed => self.changed += 1,
        }
    }

    /// How many findings changed so.
    pub fn of(self, change: Change) -> u64 {
        match change {
            Change::Added => self.added,
            Change::Removed => self.removed,
            Change::Changed => self.changed,
        }
    }
}

/// Counts of one rule at one severity in one department; of a changed finding, the severity that it has now.
#[derive(Debug, Serialize)]
pub struct Difference {
    /// `vendor/name`.
    pub pack: String,
    /// Its name in the pack.
    pub policy: String,
    /// Its name in the policy.
    pub rule: String,
    /// `low` to `critical`.
    pub severity: Severity,
    /// Empty where neither the set nor the source names one.
    pub department: String,
    /// How many findings changed, and how.
    #[serde(flatten)]
    pub counts: Counts,
}

/// A message whose finding changed.
#[derive(Debug, Serialize)]
pub struct Sample {
    /// What became of the finding.
    pub change: Change,
    /// `vendor/name`.
    pub pack: String,
    /// Its name in the pack.
    pub policy: String,
    /// Its name in the policy.
    pub rule: String,
    /// `tenant/channel/identifier`.
    pub message: String,
    /// RFC 3339.
    pub sent_at: String,
    /// Empty where neither the set nor the source names one.
    pub department: String,
    /// By the baseline; absent where it does not have the finding.
    pub severity_before: Option<Severity>,
    /// By the candidate; absent where it does not have the finding.
    pub severity_after: Option<Severity>,
    /// In the language of the set; absent where texts are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The end of the message before it in its conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preceding: Option<String>,
    /// Absent where texts are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<Excerpt>,
}

impl Sample {
    /// `medium → high`.
    pub fn severities(&self) -> String {
        match (self.severity_before, self.severity_after) {
            (Some(before), Some(after)) if before != after => format!("{before} → {after}"),
            (_, Some(severity)) | (Some(severity), None) => severity.to_string(),
            (None, None) => String::new(),
        }
    }
}

/// The text around what was found.
#[derive(Debug, Serialize)]
pub struct Excerpt {
    /// Up to 40 characters before it.
    pub before: String,
    /// What was found; empty where the finding marks nothing.
    pub marked: String,
    /// Up to 40 characters behind it.
    pub after: String,
}

/// A bound of `--fail-if` and what came of it.
#[derive(Debug, Serialize)]
pub struct Checked {
    /// As it was written.
    pub expression: String,
    /// What its metric is.
    pub value: f64,
    /// True if the bound is broken.
    pub failed: bool,
}

impl Report {
    /// Counts of both sides, for tables: what, baseline, candidate.
    pub fn sides(&self) -> [(&'static str, u64, u64); 6] {
        let (old, new) = (&self.baseline.totals, &self.candidate.totals);
        [
            ("messages with findings", old.flagged, new.flagged),
            ("findings", old.findings, new.findings),
            ("findings in shadow", old.shadow, new.shadow),
            ("messages held", old.held, new.held),
            ("messages withheld", old.withheld, new.withheld),
            ("faults", old.faults, new.faults),
        ]
    }

    /// What changed beside findings, one line each.
    pub fn other_changes(&self) -> Vec<String> {
        let told = [
            (self.newly_held, "messages are held that were not"),
            (self.no_longer_held, "messages are no longer held"),
            (self.retention_changed, "messages have another retention schedule"),
            (self.scores_changed, "messages have other scores"),
        ];
        told.into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, what)| format!("{} {what}", count(number)))
            .collect()
    }

    /// How long it took, and what the candidate costs.
    pub fn speed(&self) -> String {
        format!(
            "{} messages a second, both sets together; the candidate takes {:.2} times the baseline's time",
            count(self.messages_per_second as u64),
            self.cost
        )
    }

    /// The department in words.
    pub fn department(name: &str) -> &str {
        if name.is_empty() { "(none named)" } else { name }
    }
}

/// The report in Markdown (CommonMark with tables).
pub(super) struct Markdown<'a>(pub(super) &'a Report);

impl fmt::Display for Markdown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0;
        writeln!(f, "# Backtest\n")?;
        for (what, side) in [("Baseline", &report.baseline), ("Candidate", &report.candidate)] {
            writeln!(
                f,
                "- {what}: {}, generation `{}`",
                Foreign(&side.set).markdown(),
                side.generation
            )?;
            for pack in &side.packs {
                let UsedPack {
                    name,
                    version,
                    mode,
                    digest,
                } = pack;
                writeln!(
                    f,
                    "  - {} {} ({mode}), `{digest}`",
                    Foreign(name).markdown(),
                    Foreign(version).markdown()
                )?;
            }
        }
        writeln!(
            f,
            "- Messages: {} from {}",
            count(report.messages),
            Foreign(&report.input).markdown()
        )?;
        if report.unreadable > 0 {
            writeln!(f, "- Lines that are no message: {}", count(report.unreadable))?;
        }
        writeln!(f, "- {}\n", report.speed())?;
        writeln!(f, "| | baseline | candidate |\n|---|---:|---:|")?;
        for (what, old, new) in report.sides() {
            writeln!(f, "| {what} | {} | {} |", count(old), count(new))?;
        }
        writeln!(
            f,
            "\n{} findings added, {} removed, {} changed.\n",
            count(report.added),
            count(report.removed),
            count(report.changed)
        )?;
        for line in report.other_changes() {
            writeln!(f, "- {line}")?;
        }
        if !report.differences.is_empty() {
            writeln!(f, "\n## By pack, rule, severity and department\n")?;
            writeln!(
                f,
                "| pack | policy | rule | severity | department | added | removed | changed |"
            )?;
            writeln!(f, "|---|---|---|---|---|---:|---:|---:|")?;
            for difference in &report.differences {
                let Difference {
                    pack,
                    policy,
                    rule,
                    severity,
                    department,
                    counts,
                } = difference;
                let department = Foreign(Report::department(department)).markdown();
                writeln!(
                    f,
                    "| {} | {} | {} | {severity} | {department} | {} | {} | {} |",
                    Foreign(pack).markdown(),
                    Foreign(policy).markdown(),
                    Foreign(rule).markdown(),
                    count(counts.added),
                    count(counts.removed),
                    count(counts.changed)
                )?;
            }
        }
        for change in Change::ALL {
            let mut samples = report
                .samples
                .iter()
                .filter(|sample| sample.change == change)
                .peekable();
            if samples.peek().is_some() {
                writeln!(f, "\n## Samples: {}\n", change.name())?;
            }
            for sample in samples {
                markdown_sample(f, sample)?;
            }
        }
        if !report.fail_if.is_empty() {
            writeln!(f, "\n## Bounds\n\n| bound | value | |\n|---|---:|---|")?;
            for checked in &report.fail_if {
                let said = if checked.failed { "**fails**" } else { "passes" };
                let expression = Foreign(&checked.expression).markdown_code();
                writeln!(f, "| {expression} | {} | {said} |", checked.value)?;
            }
        }
        Ok(())
    }
}

fn markdown_sample(f: &mut fmt::Formatter<'_>, sample: &Sample) -> fmt::Result {
    writeln!(
        f,
        "- **{}** of {} ({}), {}, {}, {}",
        Foreign(&sample.rule).markdown(),
        Foreign(&sample.policy).markdown(),
        sample.severities(),
        Foreign(&sample.message).markdown_code(),
        Foreign(&sample.sent_at).markdown(),
        Foreign(Report::department(&sample.department)).markdown()
    )?;
    if let Some(preceding) = &sample.preceding {
        writeln!(f, "  - before it: {}", Foreign(preceding).markdown())?;
    }
    if let Some(excerpt) = &sample.excerpt {
        let marked = if excerpt.marked.is_empty() {
            String::new()
        } else {
            format!(" ⟦{}⟧ ", Foreign(&excerpt.marked).markdown())
        };
        writeln!(
            f,
            "  - text: {}{marked}{}",
            Foreign(&excerpt.before).markdown(),
            Foreign(&excerpt.after).markdown()
        )?;
    }
    if let Some(reason) = sample.reason.as_deref().filter(|reason| !reason.is_empty()) {
        writeln!(f, "  - reason: {}", Foreign(reason).markdown())?;
    }
    Ok(())
}
