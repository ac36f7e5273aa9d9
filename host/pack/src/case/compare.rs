//! Whether a verdict is what a case expects.

use super::{Case, ExpectedFinding, ExpectedProposal, ExpectedScore};
use proviso_model::verdict::{AttributedProposal, Finding, Score, Verdict, Withheld};

impl Case {
    /// What in the verdict on the last message is not as expected, in lines for people; empty if all is. `skipped` names
    /// policies whose expectations are not looked at, as where an operator's settings make them do something else.
    ///
    /// Only the case's own pack counts: what other packs found is left alone. A policy of it that failed is a mismatch, as
    /// is content that was withheld, for then nothing was judged.
    pub fn mismatches(&self, verdict: &Verdict, skipped: impl Fn(&str) -> bool) -> Vec<String> {
        let mut mismatches = Vec::new();
        if let Some(withheld) = verdict.withheld {
            let why = match withheld {
                Withheld::ConsentRefused => "consent-refused",
                Withheld::ConsentMissing => "consent-missing",
            };
            mismatches.push(format!("no policy saw the message: its content was withheld ({why})"));
            return mismatches;
        }
        let ours = |pack: &str| pack == self.pack.pack;
        for fault in verdict.faults.iter().filter(|fault| ours(&fault.pack)) {
            mismatches.push(format!(
                "the policy {} failed ({}): {}",
                fault.policy,
                fault.cause.name(),
                fault.detail
            ));
        }
        mismatches.extend(self.of_findings(verdict, &skipped));
        mismatches.extend(self.of_proposals(verdict, &skipped));
        mismatches.extend(self.of_score(verdict, &skipped));
        mismatches
    }

    pub(super) fn of_findings(&self, verdict: &Verdict, skipped: &dyn Fn(&str) -> bool) -> Vec<String> {
        let Some(expected) = &self.expect else {
            return Vec::new();
        };
        self.view(skipped)
            .compare(expected, &self.findings_in(verdict), "nothing")
    }

    pub(super) fn of_proposals(&self, verdict: &Verdict, skipped: &dyn Fn(&str) -> bool) -> Vec<String> {
        let Some(expected) = &self.expect_retention else {
            return Vec::new();
        };
        self.view(skipped)
            .compare(expected, &self.proposals_in(verdict), "no proposal")
    }

    pub(super) fn of_score(&self, verdict: &Verdict, skipped: &dyn Fn(&str) -> bool) -> Vec<String> {
        let mut mismatches = Vec::new();
        if let Some(expected) = self.expect_score.as_ref().filter(|expected| !skipped(&expected.policy)) {
            self.compare_score(expected, verdict, &mut mismatches);
        }
        mismatches
    }

    fn view<'a>(&self, skipped: &'a dyn Fn(&str) -> bool) -> View<'a> {
        View {
            any_skipped: self.pack.policies.iter().any(|policy| skipped(policy)),
            skipped,
        }
    }

    /// What the case's own pack found.
    pub(super) fn findings_in<'v>(&self, verdict: &'v Verdict) -> Vec<&'v Finding> {
        verdict
            .findings
            .iter()
            .filter(|finding| *finding.pack == *self.pack.pack)
            .collect()
    }

    /// What the case's own pack proposes.
    pub(super) fn proposals_in<'v>(&self, verdict: &'v Verdict) -> Vec<&'v AttributedProposal> {
        let all = verdict.proposals.iter().map(AsRef::as_ref);
        all.filter(|proposal: &&AttributedProposal| *proposal.pack == *self.pack.pack)
            .collect()
    }

    /// The score that the policy of the case's own pack gives.
    pub(super) fn score_in<'v>(&self, verdict: &'v Verdict, policy: &str) -> Option<&'v Score> {
        let mut scores = verdict.scores.iter();
        scores.find(|score| *score.pack == *self.pack.pack && *score.policy == *policy)
    }

    fn compare_score(&self, expected: &ExpectedScore, verdict: &Verdict, mismatches: &mut Vec<String>) {
        let score = self.score_in(verdict, &expected.policy);
        let value = score.map_or(0.0, |score| score.value);
        let factors = score.map(|score| score.factors.as_slice()).unwrap_or_default();
        let found = if factors.is_empty() {
            "without factors".to_owned()
        } else {
            let factors = factors
                .iter()
                .map(|factor| format!("{} {:.1}", factor.signal, factor.points));
            format!("made of {}", factors.collect::<Vec<_>>().join(", "))
        };
        let policy = &expected.policy;
        if value < expected.at_least || value > expected.at_most {
            let range = format!("{} to {}", expected.at_least, expected.at_most);
            mismatches.push(format!(
                "expected a score of {range} from {policy}, found {value:.1}, {found}"
            ));
        }
        let has = |signal: &String| factors.iter().any(|factor| factor.signal == *signal);
        for signal in expected.signals.iter().filter(|signal| !has(signal)) {
            mismatches.push(format!(
                "expected the signal {signal} in the score of {policy}, found {value:.1}, {found}"
            ));
        }
        for signal in expected.no_signals.iter().filter(|signal| has(signal)) {
            mismatches.push(format!(
                "expected no signal {signal} in the score of {policy}, found {value:.1}, {found}"
            ));
        }
    }
}

/// Something expected that something found may be.
trait Expected {
    type Found;
    fn policy(&self) -> Option<&str>;
    fn policy_of(found: &Self::Found) -> &str;
    fn is(&self, found: &Self::Found) -> bool;
    fn describe(&self) -> String;
    fn describe_found(found: &Self::Found) -> String;
}

struct View<'a> {
    skipped: &'a dyn Fn(&str) -> bool,
    any_skipped: bool,
}

impl View<'_> {
    /// Pairs what is expected with what was found, and tells what has no pair on either side.
    fn compare<E: Expected>(&self, expected: &[E], found: &[&E::Found], nothing: &str) -> Vec<String> {
        let mut mismatches = Vec::new();
        let expected: Vec<&E> = expected
            .iter()
            .filter(|expected| !expected.policy().is_some_and(self.skipped))
            .collect();
        let pairs = pair(expected.len(), found.len(), |e, f| expected[e].is(found[f]));
        let unpaired: Vec<&&E::Found> = found
            .iter()
            .enumerate()
            .filter(|(index, found)| !pairs.contains(&Some(*index)) && !(self.skipped)(E::policy_of(found)))
            .map(|(_, found)| found)
            .collect();
        let told: Vec<String> = unpaired.iter().map(|found| E::describe_found(found)).collect();
        let others = if told.is_empty() {
            nothing.to_owned()
        } else {
            told.join("; ")
        };
        let mut missing = false;
        for (expected, _) in expected.iter().zip(&pairs).filter(|(_, pair)| pair.is_none()) {
            // Where a policy is skipped, an expectation that names none may be one of its.
            if expected.policy().is_some() || !self.any_skipped {
                missing = true;
                mismatches.push(format!("expected {}, found {others}", expected.describe()));
            }
        }
        if !missing {
            mismatches.extend(told.iter().map(|found| format!("expected nothing more, found {found}")));
        }
        mismatches
    }
}

/// For each expected index, the found index that it is paired with: as many pairs as there can be (augmenting paths).
fn pair(expected: usize, found: usize, fits: impl Fn(usize, usize) -> bool) -> Vec<Option<usize>> {
    fn augment(e: usize, fits: &impl Fn(usize, usize) -> bool, taken: &mut [Option<usize>], seen: &mut [bool]) -> bool {
        for f in 0..taken.len() {
            if !fits(e, f) || std::mem::replace(&mut seen[f], true) {
                continue;
            }
            if taken[f].is_none_or(|other| augment(other, fits, taken, seen)) {
                taken[f] = Some(e);
                return true;
            }
        }
        false
    }
    let mut taken = vec![None; found];
    for e in 0..expected {
        augment(e, &fits, &mut taken, &mut vec![false; found]);
    }
    (0..expected)
        .map(|e| taken.iter().position(|by| *by == Some(e)))
        .collect()
}

impl Expected for ExpectedFinding {
    type Found = Finding;

    fn policy(&self) -> Option<&str> {
        self.policy.as_deref()
    }

    fn policy_of(found: &Finding) -> &str {
        &found.policy
    }

    fn is(&self, found: &Finding) -> bool {
        allows(self.policy.as_ref(), &found.policy)
            && self.rule == found.rule
            && self.severity.is_none_or(|severity| severity == found.severity)
            && allows(self.text.as_ref(), &found.text)
    }

    fn describe(&self) -> String {
        let Self {
            policy,
            rule,
            severity,
            text,
        } = self;
        let severity = severity.map(|severity| format!(" ({severity})")).unwrap_or_default();
        let text = text.as_ref().map(|text| format!(" on {text:?}")).unwrap_or_default();
        format!("rule {rule}{}{severity}{text}", of(policy.as_ref()))
    }

    fn describe_found(found: &Finding) -> String {
        let Finding {
            policy,
            rule,
            severity,
            text,
            ..
        } = found;
        let text = if text.is_empty() {
            " on no text".to_owned()
        } else {
            format!(" on {text:?}")
        };
        format!("rule {rule} of {policy} ({severity}){text}")
    }
}

impl Expected for ExpectedProposal {
    type Found = AttributedProposal;

    fn policy(&self) -> Option<&str> {
        self.policy.as_deref()
    }

    fn policy_of(found: &AttributedProposal) -> &str {
        &found.policy
    }

    fn is(&self, found: &AttributedProposal) -> bool {
        allows(self.policy.as_ref(), &found.policy)
            && allows(self.rule.as_ref(), &found.proposal.rule)
            && allows(self.law.as_ref(), &found.proposal.law)
            && allows(self.article.as_ref(), &found.proposal.article)
    }

    fn describe(&self) -> String {
        let named = [("rule", &self.rule), ("law", &self.law), ("article", &self.article)];
        let named = named
            .iter()
            .filter_map(|(key, value)| value.as_ref().map(|value| format!(" {key} {value:?}")));
        format!("a proposal{}{}", of(self.policy.as_ref()), named.collect::<String>())
    }

    fn describe_found(found: &AttributedProposal) -> String {
        let proposal = &found.proposal;
        format!(
            "a proposal of {} rule {:?} law {:?} article {:?}",
            found.policy, proposal.rule, proposal.law, proposal.article
        )
    }
}

fn allows(expected: Option<&String>, found: &str) -> bool {
    expected.is_none_or(|expected| expected == found)
}

fn of(policy: Option<&String>) -> String {
    policy.map(|policy| format!(" of {policy}")).unwrap_or_default()
}
