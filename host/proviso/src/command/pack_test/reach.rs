//! What a pack's cases reach of it: rules that a verdict names, terms that a text holds, branches of the settings that a
//! verdict depends on.

use crate::cli::Reachable;
use crate::show::progress::Progress;
use crate::show::table::{Columns, count};
use anyhow::anyhow;
use proviso_engine::{Branch, CaseReport, Generation};
use proviso_model::Problem;
use proviso_model::Problems;
use proviso_pack::manifest::Policy;
use proviso_pack::named_rules::rules_of;
use proviso_pack::{Pack, TrustedPack};
use serde_json::{Value, json};
use std::collections::HashSet;

/// What people are shown of what is not reached, of each kind; `--format json` has all.
const SHOWN_MAX: usize = 20;

/// What the cases of one pack reach.
pub(super) struct Reach {
    rules: Part,
    terms: Part,
    settings: Part,
}

/// One kind of thing that cases reach.
#[derive(Default)]
pub(super) struct Part {
    of: usize,
    reached: usize,
    /// What is not reached, what lies inside of another one left out.
    missing: Vec<Problem>,
}

impl Part {
    fn add(&mut self, reached: bool, missing: impl FnOnce() -> Problem) {
        self.of += 1;
        self.reached += usize::from(reached);
        if !reached {
            self.missing.push(missing());
        }
    }

    /// 0 to 100; 100 where there is nothing to reach.
    pub(super) fn percent(&self) -> f64 {
        if self.of == 0 {
            return 100.0;
        }
        self.reached as f64 * 100.0 / self.of as f64
    }
}

impl Reach {
    pub(super) fn measure(
        pack: &TrustedPack,
        generation: &Generation,
        reports: &[CaseReport],
        workers: usize,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            rules: rules(pack, reports),
            terms: terms(pack)?,
            settings: settings(pack, generation, workers)?,
        })
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = (Reachable, &Part)> {
        Reachable::ALL
            .into_iter()
            .zip([&self.rules, &self.terms, &self.settings])
    }

    pub(super) fn to_json(&self) -> Value {
        let part = |part: &Part| {
            let missing = part
                .missing
                .iter()
                .map(|missing| json!({ "file": missing.file, "line": missing.line, "what": missing.message }));
            json!({ "of": part.of, "reached": part.reached, "missing": missing.collect::<Vec<_>>() })
        };
        self.parts()
            .map(|(kind, of)| (kind.name().to_owned(), part(of)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    pub(super) fn print(&self, pack: &Pack, colour: bool) -> std::io::Result<()> {
        let mut table = Columns::new(colour, &["", ">of", ">reached", ">%"]);
        for (kind, part) in self.parts() {
            table.row([
                kind.name().to_owned(),
                count(part.of as u64),
                count(part.reached as u64),
                format!("{:.1}", part.percent()),
            ]);
        }
        table.print(&mut std::io::stdout())?;
        for (kind, part) in self.parts().filter(|(_, part)| !part.missing.is_empty()) {
            crate::show::line(format_args!(
                "\nNo case of {} reaches these {}",
                pack.manifest().name,
                kind.name()
            ));
            for missing in part.missing.iter().take(SHOWN_MAX) {
                crate::show::line(format_args!("  {missing}"));
            }
            if let Some(more @ 1..) = part.missing.len().checked_sub(SHOWN_MAX) {
                crate::show::line(format_args!("  and {} more; --format json has all", count(more as u64)));
            }
        }
        Ok(())
    }
}

fn rules(pack: &Pack, reports: &[CaseReport]) -> Part {
    let mut part = Part::default();
    let verdicts = || reports.iter().filter_map(|report| report.verdict.as_ref());
    for policy in &pack.manifest().policies {
        let of = |named: &str| *named == *policy.name;
        let names = |verdict: &proviso_model::verdict::Verdict, rule: Option<&str>| {
            let is = |name: &str| rule.is_none_or(|rule| rule == name);
            verdict
                .findings
                .iter()
                .any(|finding| of(&finding.policy) && is(&finding.rule))
                || verdict
                    .proposals
                    .iter()
                    .any(|proposal| of(&proposal.policy) && is(&proposal.proposal.rule))
                || verdict
                    .scores
                    .iter()
                    .any(|score| of(&score.policy) && score.factors.iter().any(|factor| is(&factor.signal)))
        };
        let mut add = |rule: Option<&str>, pointer: &str, what: String| {
            part.add(verdicts().any(|verdict| names(verdict, rule)), || {
                at_setting(pack, policy, pointer, what)
            });
        };
        let rules = rules_of(policy);
        if rules.is_empty() {
            add(None, "", format!("the policy {}", policy.name));
        }
        for (rule, pointer) in &rules {
            add(Some(*rule), pointer, format!("{rule} of {}", policy.name));
        }
    }
    part
}

/// Every term of every list that some policy sees, looked for in all messages of the cases.
fn terms(pack: &Pack) -> anyhow::Result<Part> {
    let mut part = Part::default();
    for list in &pack.manifest().lists {
        let path = pack.path_of(&list.file);
        let Some((matcher, lines)) = crate::one_list::matcher_of(pack, list).map_err(Problems)? else {
            continue;
        };
        let (mut scratch, mut hits, mut reached) = (matcher.scratch(), Vec::new(), HashSet::new());
        for message in pack.cases().iter().flat_map(|case| &case.messages) {
            matcher.scan(&message.text, &mut scratch, &mut hits);
            reached.extend(hits.iter().map(|hit| hit.term));
        }
        for (number, (text, line)) in (0..).zip(lines) {
            part.add(reached.contains(&number), || {
                Problem::on_line(path.clone(), line as usize, format!("{text:?} of {}", list.name))
            });
        }
    }
    Ok(part)
}

fn settings(pack: &Pack, generation: &Generation, workers: usize) -> anyhow::Result<Part> {
    let progress = Progress::open("trying settings");
    let tried = generation.branches(workers, &|done, total| {
        progress.say(&format!("trying settings: {done} of {total}"));
    });
    progress.finish();
    let branches = tried.map_err(|why| anyhow!("{why}"))?;
    let unreached = || branches.iter().filter(|branch| !branch.reached);
    let is_missing: HashSet<(&str, &str)> = unreached().map(|branch| (&*branch.policy, &*branch.pointer)).collect();
    let is_outermost = |branch: &&Branch| {
        let mut around = std::iter::successors(branch.pointer.rsplit_once('/'), |(around, _)| around.rsplit_once('/'));
        !around.any(|(around, _)| is_missing.contains(&(branch.policy.as_str(), around)))
    };
    let notes = unreached().filter(is_outermost).map(|branch| {
        let what = format!("{} of {}", branch.pointer, branch.policy);
        (branch.policy.as_str(), branch.pointer.as_str(), what)
    });
    Ok(Part {
        of: branches.len(),
        reached: branches.len() - unreached().count(),
        missing: pack.at_settings(notes),
    })
}

fn at_setting(pack: &Pack, policy: &Policy, pointer: &str, message: String) -> Problem {
    let mut places = pack.at_settings([(policy.name.as_str(), pointer, message)]);
    places.remove(0)
}
