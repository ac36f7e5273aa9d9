//! Rules of equal rank that cannot all be followed. Which of them is right, a person says: nothing is guessed.

use super::claim::Claim;
use super::{Laws, Period, Proposed, RuleOfLaw};
use crate::language::Language;
use crate::time::Day;
use serde::{Deserialize, Serialize};

/// Two statements that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contradiction {
    /// In what.
    pub about: About,
    /// The two rules; the same twice where one rule is stated in two ways.
    pub rules: [RuleName; 2],
}

/// What two rules contradict each other in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// The same provision is proposed with different figures.
    Amounts,
    /// The same provision is in effect on the message's day by one rule, and not by the other.
    Dates,
    /// The set applies a pack twice, and its settings state one rule in two ways.
    StatedTwice,
    /// A statute orders destruction before the end of a floor.
    OrderedDestruction,
}

impl About {
    /// One sentence for people.
    pub const fn sentence(self, language: Language) -> &'static str {
        match (self, language) {
            (About::Amounts, Language::En) => "both state the same provision, with different periods",
            (About::Amounts, Language::Zh) => "同一条款，期限不同",
            (About::Dates, Language::En) => "both state the same provision, with different days of effect",
            (About::Dates, Language::Zh) => "同一条款，施行日期不同",
            (About::StatedTwice, Language::En) => "the set's settings state this rule in two ways",
            (About::StatedTwice, Language::Zh) => "策略集对该规则有两种设置",
            (About::OrderedDestruction, Language::En) => "the first orders destruction before the second's floor ends",
            (About::OrderedDestruction, Language::Zh) => "前者要求在后者的保存下限届满前销毁",
        }
    }
}

/// Where a rule stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleName {
    /// `vendor/name` of the pack.
    pub pack: String,
    /// The policy within the pack.
    pub policy: String,
    /// The rule within the policy.
    pub rule: String,
}

impl From<&Proposed<'_>> for RuleName {
    fn from(proposed: &Proposed<'_>) -> Self {
        Self {
            pack: proposed.pack.to_owned(),
            policy: proposed.policy.to_owned(),
            rule: proposed.proposal.rule.clone(),
        }
    }
}

impl From<&RuleOfLaw> for RuleName {
    fn from(rule: &RuleOfLaw) -> Self {
        Self {
            pack: rule.pack.to_string(),
            policy: rule.policy.to_string(),
            rule: rule.rule.clone(),
        }
    }
}

impl Contradiction {
    pub(super) fn names(&self, proposed: &Proposed<'_>) -> bool {
        let is_it = |name: &RuleName| {
            (name.pack.as_str(), name.policy.as_str(), &name.rule)
                == (proposed.pack, proposed.policy, &proposed.proposal.rule)
        };
        self.rules.iter().any(is_it)
    }
}

/// All contradictions among the claims on one message, in an order that does not depend on theirs. Only verified rules
/// contradict each other: an unverified one destroys nothing, and a longer floor of it harms no other.
pub(super) fn among(claims: &[Claim<'_>], laws: &Laws, day: Day) -> Vec<Contradiction> {
    let mut found: Vec<Contradiction> = Vec::new();
    for (index, claim) in claims.iter().enumerate() {
        let others = &claims[index + 1..];
        found.extend(
            others
                .iter()
                .filter(|other| amounts_contradict(claim, other))
                .map(|other| of(About::Amounts, (&claim.proposed).into(), (&other.proposed).into())),
        );
        found.extend(ordered_destructions(claim, claims));
        if claim.proposal().verified {
            found.extend(of_statements(claim, laws, day));
        }
    }
    for one in &mut found {
        // The order of these two means something: which orders destruction.
        if one.about != About::OrderedDestruction {
            one.rules.sort();
        }
    }
    found.sort_by(|a, b| (a.about, &a.rules).cmp(&(b.about, &b.rules)));
    found.dedup();
    found
}

fn of(about: About, first: RuleName, second: RuleName) -> Contradiction {
    Contradiction {
        about,
        rules: [first, second],
    }
}

fn amounts_contradict(a: &Claim<'_>, b: &Claim<'_>) -> bool {
    let (first, second) = (a.proposal(), b.proposal());
    let same_provision = (&first.jurisdiction, &first.law, &first.article, first.clock)
        == (&second.jurisdiction, &second.law, &second.article, second.clock)
        && first.rule == second.rule;
    let differ = |one: Option<Period>, other: Option<Period>| one.zip(other).is_some_and(|(one, other)| one != other);
    let count = |claim: &Claim<'_>| claim.proposal().verified && claim.in_effect;
    same_provision
        && count(a)
        && count(b)
        && (differ(first.floor, second.floor) || differ(first.ceiling, second.ceiling))
}

/// The floors that run beyond a ceiling at which a statute orders destruction.
fn ordered_destructions<'a>(claim: &'a Claim<'_>, claims: &'a [Claim<'_>]) -> impl Iterator<Item = Contradiction> + 'a {
    let ceiling = claim.ceiling.filter(|_| claim.orders_destruction());
    claims
        .iter()
        .filter(move |other| ceiling.zip(other.floor).is_some_and(|(ceiling, floor)| ceiling < floor))
        .map(|other| {
            of(
                About::OrderedDestruction,
                (&claim.proposed).into(),
                (&other.proposed).into(),
            )
        })
}

/// Statements of the claim's rule that do not come to the same: in the settings of a second application, or of another pack.
fn of_statements(claim: &Claim<'_>, laws: &Laws, day: Day) -> Vec<Contradiction> {
    let name = || RuleName::from(&claim.proposed);
    let here = &claim.statements;
    let same = |one: &RuleOfLaw, other: &RuleOfLaw| {
        one.is_provision_of(other)
            && one.in_effect_on(day) == other.in_effect_on(day)
            && one.counting == other.counting
            && one.ceiling_is_mandatory == other.ceiling_is_mandatory
    };
    let mut found = Vec::new();
    if here.iter().any(|law| !same(here[0], law)) {
        found.push(of(About::StatedTwice, name(), name()));
    }
    let contradicts = |other: &RuleOfLaw| {
        let mut laws = here.iter();
        laws.any(|law| law.is_provision_of(other) && law.in_effect_on(day) != other.in_effect_on(day))
    };
    let Proposed { pack, policy, proposal } = claim.proposed;
    // The same provision has the same name wherever it stands.
    let elsewhere = laws
        .named(&proposal.rule)
        .filter(|other| !other.is(pack, policy, &proposal.rule));
    let others = elsewhere.filter(|other| other.verified && contradicts(other));
    found.extend(others.map(|other| of(About::Dates, name(), other.into())));
    found
}
