//! Counts over many verdicts, for the tables that end a run.

use crate::show::table::{Columns, clip, count};
use proviso_model::verdict::{Language, Severity, Verdict};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

/// What a run found.
#[derive(Default)]
pub(crate) struct Tally {
    pub messages: u64,
    pub held: u64,
    pub withheld: u64,
    pub partial: u64,
    pub in_pieces: u64,
    pub flagged: u64,
    pub severity_max: Option<Severity>,
    rules: BTreeMap<(Arc<str>, Arc<str>, String), Rule>,
    faults: BTreeMap<(Arc<str>, Arc<str>, &'static str), u64>,
}

#[derive(Default)]
struct Rule {
    by_severity: [u64; 4],
    example: String,
}

impl Tally {
    /// Adds one verdict.
    pub(crate) fn add(&mut self, verdict: &Verdict) {
        self.messages += 1;
        self.held += u64::from(verdict.held);
        self.withheld += u64::from(verdict.withheld.is_some());
        self.partial += u64::from(verdict.is_partial());
        self.in_pieces += u64::from(verdict.truncated && !verdict.is_partial());
        self.flagged += u64::from(!verdict.findings.is_empty());
        self.severity_max = self.severity_max.max(verdict.severity_max());
        for finding in &verdict.findings {
            let key = (
                Arc::clone(&finding.pack),
                Arc::clone(&finding.policy),
                finding.rule.clone(),
            );
            let rule = self.rules.entry(key).or_default();
            rule.by_severity[finding.severity as usize] += 1;
            if rule.example.is_empty() {
                rule.example.clone_from(&finding.text);
            }
        }
        for fault in &verdict.faults {
            *self
                .faults
                .entry((Arc::clone(&fault.pack), Arc::clone(&fault.policy), fault.cause.name()))
                .or_default() += 1;
        }
    }

    /// Prints findings by pack, rule and severity, then faults.
    pub(crate) fn print(&self, out: &mut impl Write, colour: bool) -> io::Result<()> {
        writeln!(out, "Findings by pack, policy and rule")?;
        let mut table = Columns::new(
            colour,
            &[
                "pack",
                "policy",
                "rule",
                ">low",
                ">medium",
                ">high",
                ">critical",
                "for example",
            ],
        );
        for ((pack, policy, rule), counts) in &self.rules {
            let mut row = vec![pack.to_string(), policy.to_string(), rule.clone()];
            row.extend(
                counts
                    .by_severity
                    .iter()
                    .map(|number| if *number == 0 { "·".to_owned() } else { count(*number) }),
            );
            row.push(clip(&counts.example, 32));
            table.row(row);
        }
        table.print(out)?;
        if !self.faults.is_empty() {
            writeln!(out, "\nFaults (each message is held where the set says so)")?;
            let mut table = Columns::new(colour, &["pack", "policy", "cause", ">messages"]);
            for ((pack, policy, cause), number) in &self.faults {
                table.row([&**pack, &**policy, cause, &count(*number)]);
            }
            table.print(out)?;
        }
        Ok(())
    }
}

/// The reason of the first finding that matters most, for a one-line summary.
pub(crate) fn headline(verdict: &Verdict, language: Language) -> Option<(&str, Severity)> {
    let worst = verdict.findings.iter().max_by_key(|finding| finding.severity)?;
    Some((worst.reason.in_language(language), worst.severity))
}

/// How a message was judged that is more than a policy can be given at once; `None` where it was judged whole, at once.
pub(crate) fn wholeness(verdict: &Verdict) -> Option<&'static str> {
    if verdict.is_partial() {
        Some("in part: it is more than a policy can be given, see Faults")
    } else {
        verdict
            .truncated
            .then_some("in pieces: it is more than a policy can be given at once")
    }
}
