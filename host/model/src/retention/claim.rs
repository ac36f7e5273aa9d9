//! A proposal beside what is known of its rule, and the days that both come to for one message.

use super::{Counting, Facts, Laws, Period, Proposal, Proposed, RuleOfLaw, Statute};
use crate::time::Day;

/// A proposal with what is known of its rule, and its days.
pub(super) struct Claim<'a> {
    pub(super) proposed: Proposed<'a>,
    /// What the settings state of the rule; more than one where they do so in several ways.
    pub(super) statements: Vec<&'a RuleOfLaw>,
    pub(super) counting: Counting,
    /// False if the rule's own dates leave out the message's day; by one statement of several, too.
    pub(super) in_effect: bool,
    pub(super) starts: Option<Day>,
    pub(super) floor: Option<Day>,
    pub(super) ceiling: Option<Day>,
}

impl<'a> Claim<'a> {
    pub(super) fn new(proposed: Proposed<'a>, laws: &'a Laws, facts: &Facts<'_>, day: Day) -> Self {
        let proposal = proposed.proposal;
        let statements: Vec<&RuleOfLaw> = laws.of(proposed.pack, proposed.policy, &proposal.rule).collect();
        let countings = statements.iter().map(|law| law.counting_for(&proposal.jurisdiction));
        let counting = countings
            .reduce(|one, other| if one == other { one } else { Counting::Latest })
            .unwrap_or_else(|| Counting::of_jurisdiction(&proposal.jurisdiction));
        let starts = facts.start_of(proposal.clock);
        let last_day = |period: Option<Period>| Some(counting.last_day(starts?, period?));
        Self {
            proposed,
            in_effect: statements.iter().all(|law| law.in_effect_on(day)),
            statements,
            counting,
            starts,
            floor: last_day(proposal.floor),
            ceiling: last_day(proposal.ceiling),
        }
    }

    pub(super) fn proposal(&self) -> &'a Proposal {
        self.proposed.proposal
    }

    /// A ceiling that may cause a disposal. A rule that its own dates leave out still keeps, and destroys nothing.
    pub(super) fn has_binding_ceiling(&self) -> bool {
        self.proposal().verified && self.in_effect && self.proposal().ceiling.is_some()
    }

    /// True if a statute orders destruction at the end of its binding ceiling; by one statement of several, too.
    pub(super) fn orders_destruction(&self) -> bool {
        self.has_binding_ceiling() && self.statements.iter().any(|law| law.ceiling_is_mandatory)
    }

    pub(super) fn counts(&self) -> bool {
        self.proposal().floor.is_some() || self.has_binding_ceiling()
    }

    pub(super) fn cite(&self) -> Statute {
        let proposal = self.proposal();
        Statute {
            rule: proposal.rule.clone(),
            law: proposal.law.clone(),
            article: proposal.article.clone(),
            clock: proposal.clock,
            counting: Some(self.counting),
            starts: self.starts,
            floor_until: self.floor,
            ceiling_until: self.ceiling,
            verified: proposal.verified,
        }
    }
}
