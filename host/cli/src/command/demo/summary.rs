//! What the demo shows of its archive: by default as much as fits two screens, with `--full` every row; and of each table, where
//! its figures come from.

use crate::command::archive::{
    print_all_findings, print_held, print_messages, print_retention, print_scores, rule_text, statute_text,
};
use crate::show::table::{Columns, clip, count};
use crate::show::terminal;
use proviso_archive::{HeldMessage, Stats};
use proviso_model::verdict::Severity;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

/// Terminal columns of a line of the short form.
pub(super) const COLUMNS: usize = 100;
/// Rules that the short form shows with their findings.
const RULES_SHOWN: usize = 16;
/// Retention rules that the short form shows: those with dates first.
const RETENTION_SHOWN: usize = 10;
/// Terminal columns of a rule's source in the short form: what the other columns leave of a line.
const STATUTE_COLUMNS: usize = 42;
/// Scores that the short form shows.
const RISKS_SHOWN: usize = 2;

/// The archive after the sample, in tables.
pub(super) struct Summary<'a> {
    pub stats: &'a Stats,
    pub held: &'a [HeldMessage],
    /// The demo's folder.
    pub dir: &'a Path,
    pub full: bool,
}

impl Summary<'_> {
    pub(super) fn print(&self, out: &mut impl Write, colour: bool) -> io::Result<()> {
        let Self { stats, dir, full, .. } = *self;
        let dir = terminal(dir.display().to_string());
        writeln!(out)?;
        print_messages(stats, out, colour)?;
        writeln!(
            out,
            "  from: {dir}/spool; the people and their words are made up, by policies/demo/phrases.toml"
        )?;
        if full {
            print_all_findings(stats, out, colour)?;
        } else {
            self.print_gravest(out, colour)?;
        }
        writeln!(
            out,
            "  from: the packs' rules; each stands in the pack.toml of its folder under {dir}/policies"
        )?;
        let total: u64 = stats.messages.iter().map(|counted| counted.messages).sum();
        if full {
            print_retention(stats, out, colour)?;
        } else {
            self.print_dates(out, colour)?;
        }
        writeln!(
            out,
            "  {} of {} messages have a date. The others are kept: nobody told when the clock starts (the\n  \
             end of a contract, of a transaction …), or no verified rule applies. A message that two rules\n  \
             decide counts for both.",
            count(stats.dated),
            count(total)
        )?;
        writeln!(
            out,
            "  from: policy `retention` of bank-cn and ecommerce-cn; own rules from {dir}/policies/demo.toml"
        )?;
        let shown = if full { usize::MAX } else { RISKS_SHOWN };
        print_scores(&stats.risks[..stats.risks.len().min(shown)], out, colour)?;
        writeln!(
            out,
            "  from: proviso/departure-risk; each signal's points stand in its pack.toml"
        )?;
        print_held(stats, out, colour)?;
        for held in self.held {
            let faults: Vec<_> = held
                .faults
                .iter()
                .map(|fault| format!("{}: {}", fault.policy, fault.detail))
                .collect();
            let line = terminal(format!("  {} is held: {}", held.id, faults.join("; ")));
            writeln!(out, "{}", if full { line } else { clip(&line, COLUMNS) })?;
        }
        writeln!(
            out,
            "  from: the daemon; a pack in policies/demo/brittle breaks on purpose, on one text of the sample"
        )
    }

    /// The rules with the gravest findings; of equally grave ones, those that found most.
    fn print_gravest(&self, out: &mut impl Write, colour: bool) -> io::Result<()> {
        let mut rules: BTreeMap<(&str, &str), [u64; 4]> = BTreeMap::new();
        for found in self.stats.findings.iter().filter(|found| !found.shadow) {
            rules.entry((&found.pack, &found.rule)).or_default()[found.severity as usize] += found.findings;
        }
        let all = rules.len();
        let mut rules: Vec<_> = rules.into_iter().collect();
        rules.sort_by_key(|(_, counts)| std::cmp::Reverse(counts.iter().rev().copied().collect::<Vec<_>>()));
        writeln!(
            out,
            "\nFindings: {} of {all} rules that found something, the gravest first (--full: all)",
            all.min(RULES_SHOWN)
        )?;
        let severities = Severity::ALL.map(|severity| format!(">{severity}"));
        let mut headings = vec!["pack", "rule"];
        headings.extend(severities.iter().map(String::as_str));
        let mut table = Columns::new(colour, &headings);
        for ((pack, rule), counts) in rules.into_iter().take(RULES_SHOWN) {
            let mut row = vec![pack.to_owned(), rule.to_owned()];
            row.extend(counts.map(|number| if number == 0 { "·".to_owned() } else { count(number) }));
            table.row(row);
        }
        table.print(out)
    }

    /// The retention rules: those with dates, then those without.
    fn print_dates(&self, out: &mut impl Write, colour: bool) -> io::Result<()> {
        let mut rules: Vec<_> = self.stats.retention.iter().collect();
        // Stable: the most frequent first, as they are counted.
        rules.sort_by_key(|kept| kept.dated == 0);
        writeln!(
            out,
            "\nRetention: until when the messages are kept, by the rule that decides"
        )?;
        let headings = [
            "rule",
            ">messages",
            ">dated",
            "earliest",
            "statute, or the organisation's own rule",
        ];
        let mut table = Columns::new(colour, &headings);
        for kept in rules.iter().take(RETENTION_SHOWN) {
            let earliest = kept.first_until.map_or_else(|| "·".to_owned(), |day| day.to_string());
            let statute = kept.statute.as_ref().map_or_else(String::new, statute_text);
            table.row([
                rule_text(kept),
                &count(kept.messages),
                &if kept.dated == 0 {
                    "·".to_owned()
                } else {
                    count(kept.dated)
                },
                &earliest,
                &clip(&statute, STATUTE_COLUMNS),
            ]);
        }
        table.print(out)?;
        if rules.len() > RETENTION_SHOWN {
            writeln!(out, "  […] {} more (--full: all)", rules.len() - RETENTION_SHOWN)?;
        }
        Ok(())
    }
}
