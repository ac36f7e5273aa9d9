//! What a pack's cases reach of it: rules that a verdict names, terms that a text holds, branches of the settings that a
//! verdict depends on.

use crate::one_list;
use proviso_engine::{Branch, CaseReport, Generation};
use proviso_model::Problem;
use proviso_model::Problems;
use proviso_pack::manifest::Policy;
use proviso_pack::named_rules::rules_of;
use proviso_pack::{Pack, TrustedPack};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::str::FromStr;

/// What cases can reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reachable {
    /// Rules, and policies without any: a verdict names it.
    Rules,
    /// Terms and patterns of lists: a message holds it.
    Terms,
    /// Branches of the settings: a verdict is another without it.
    Settings,
}

impl Reachable {
    /// Every kind, as it is told.
    pub const ALL: [Reachable; 3] = [Reachable::Rules, Reachable::Terms, Reachable::Settings];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Reachable::Rules => "rules",
            Reachable::Terms => "terms",
            Reachable::Settings => "settings",
        }
    }
}

/// The least that cases must reach, as `80` or `rules=100`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CoverageMin {
    /// Of what; of each kind if absent.
    pub kind: Option<Reachable>,
    /// 0 to 100.
    pub percent: f64,
}

/// A text says no least reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoCoverageMin {
    /// It begins with another kind.
    #[error("expected rules, terms or settings before the `=`")]
    Kind,
    /// Its figure is none.
    #[error("expected a percentage of 0 to 100, such as 80 or rules=100")]
    Percent,
}

impl FromStr for CoverageMin {
    type Err = NoCoverageMin;

    fn from_str(text: &str) -> Result<Self, NoCoverageMin> {
        let (kind, percent) = match text.split_once('=') {
            Some((name, percent)) => {
                let kind = Reachable::ALL.into_iter().find(|kind| kind.name() == name);
                (Some(kind.ok_or(NoCoverageMin::Kind)?), percent)
            }
            None => (None, text),
        };
        match percent.parse::<f64>() {
            Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Self { kind, percent }),
            _ => Err(NoCoverageMin::Percent),
        }
    }
}

/// Why it cannot be said what cases reach.
#[derive(Debug, thiserror::Error)]
pub enum ReachError {
    /// A list cannot be read.
    #[error("{0}")]
    Pack(#[from] Problems),
    /// The engine cannot try the settings; says why.
    #[error("{0}")]
    Settings(String),
}

/// What the cases of one pack reach.
pub struct Reach {
    rules: Part,
    terms: Part,
    settings: Part,
}

/// One kind of thing that cases reach.
#[derive(Default)]
pub struct Part {
    /// How many there are.
    pub of: usize,
    /// How many of them some case reaches.
    pub reached: usize,
    /// What is not reached, at its place; what lies inside of another one left out.
    pub missing: Vec<Problem>,
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
    pub fn percent(&self) -> f64 {
        if self.of == 0 {
            return 100.0;
        }
        self.reached as f64 * 100.0 / self.of as f64
    }
}

impl Reach {
    /// Measures what the reported cases reach. Settings are tried one by one on so many threads; `trying` is told how many of
    /// how many are done.
    pub fn measure(
        pack: &TrustedPack,
        generation: &Generation,
        reports: &[CaseReport],
        workers: usize,
        trying: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Self, ReachError> {
        Ok(Self {
            rules: rules(pack, reports),
            terms: terms(pack)?,
            settings: settings(pack, generation, workers, trying)?,
        })
    }

    /// Each kind, in the order of [`Reachable::ALL`].
    pub fn parts(&self) -> impl Iterator<Item = (Reachable, &Part)> {
        Reachable::ALL
            .into_iter()
            .zip([&self.rules, &self.terms, &self.settings])
    }

    /// All of it by kind, as `pack test --format json` prints it.
    pub fn to_json(&self) -> Value {
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
fn terms(pack: &Pack) -> Result<Part, Problems> {
    let mut part = Part::default();
    for list in &pack.manifest().lists {
        let path = pack.path_of(&list.file);
        let Some((matcher, lines)) = one_list::matcher_of(pack, list).map_err(Problems)? else {
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

fn settings(
    pack: &Pack,
    generation: &Generation,
    workers: usize,
    trying: &(dyn Fn(usize, usize) + Sync),
) -> Result<Part, ReachError> {
    let branches = generation.branches(workers, trying).map_err(ReachError::Settings)?;
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
