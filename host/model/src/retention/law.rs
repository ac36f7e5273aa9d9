//! Rules as law: what a pack says of a retention rule beside the figures that it proposes for a message.
//!
//! A plugin proposes by the frozen contract, which has the law, the article, the clock and the figures. What a person needs
//! to check them stands in the policy's settings and is found by the rule's name: docs/adr/0030.

use super::{ClockStart, Counting};
use crate::digest::Digest;
use crate::time::Day;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One rule of a retention policy, as the settings in force state it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleOfLaw {
    /// `vendor/name` of the pack.
    pub pack: Arc<str>,
    /// The policy within the pack.
    pub policy: Arc<str>,
    /// Short name of the rule.
    pub rule: String,
    /// The law, regulation or internal policy, as cited.
    pub law: String,
    /// The article or section, as cited; empty for an internal policy.
    pub article: String,
    /// ISO 3166-1 alpha-2 code, or `EU`.
    pub jurisdiction: String,
    /// What starts its clock.
    pub clock: Option<ClockStart>,
    /// False where the figure comes from a secondary source only.
    pub verified: bool,
    /// First day of effect; `None` for always.
    pub from: Option<Day>,
    /// Last day of effect; `None` for ever.
    pub to: Option<Day>,
    /// How its periods are counted; `None` where it names no rule, and that of its jurisdiction holds.
    pub counting: Option<Counting>,
    /// True if the statute orders destruction at the ceiling's end whatever else would keep the message. A floor beyond it is
    /// a contradiction of two laws, which a person decides.
    pub ceiling_is_mandatory: bool,
    /// The text that was read.
    pub source: Option<Source>,
    /// Who compared the figures with that text.
    pub verification: Option<Verification>,
}

/// The text that a rule's figures were taken from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its title, as published.
    pub title: String,
    /// Where it is published.
    pub url: Option<String>,
    /// Which text that was.
    pub text: SourceText,
}

/// How a source's text is known again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceText {
    /// The statute itself, with the SHA-256 of the article's text as it was read.
    Digest(Digest),
    /// Somebody else's words about it.
    Secondary,
    /// Not said.
    Unstated,
}

/// Who compared a rule with its source, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// A person or a firm, as they name themselves.
    pub by: String,
    /// The day.
    pub on: Day,
}

impl RuleOfLaw {
    /// True if it is in effect on that day.
    pub fn in_effect_on(&self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }

    /// How a proposal of it is counted.
    pub(super) fn counting_for(&self, jurisdiction: &str) -> Counting {
        self.counting.unwrap_or_else(|| Counting::of_jurisdiction(jurisdiction))
    }

    /// True if both state the same rule of the same provision, wherever they stand.
    pub(super) fn is_provision_of(&self, other: &RuleOfLaw) -> bool {
        (&self.rule, &self.jurisdiction, &self.law, &self.article, self.clock)
            == (
                &other.rule,
                &other.jurisdiction,
                &other.law,
                &other.article,
                other.clock,
            )
    }

    /// True if it is the rule of this name of that policy.
    pub(super) fn is(&self, pack: &str, policy: &str, rule: &str) -> bool {
        self.rule == rule && &*self.policy == policy && &*self.pack == pack
    }
}

/// The rules of all retention policies of a generation. Empty where nobody states any: proposals are then counted by their
/// jurisdiction alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Laws {
    rules: Vec<RuleOfLaw>,
    /// Their places in `rules`, by name.
    by_name: Vec<usize>,
}

impl Laws {
    /// No rules.
    pub const NONE: &Laws = &Laws {
        rules: Vec::new(),
        by_name: Vec::new(),
    };

    /// These rules; one that is stated twice in the same words counts once.
    pub fn new(rules: impl IntoIterator<Item = RuleOfLaw>) -> Self {
        let mut kept: Vec<RuleOfLaw> = Vec::new();
        for rule in rules {
            if !kept.contains(&rule) {
                kept.push(rule);
            }
        }
        let mut by_name: Vec<usize> = (0..kept.len()).collect();
        by_name.sort_by_key(|&place| kept[place].rule.as_str());
        Self { rules: kept, by_name }
    }

    /// Every rule, in the order of the set.
    pub fn iter(&self) -> impl Iterator<Item = &RuleOfLaw> {
        self.rules.iter()
    }

    /// What is stated of a rule. More than one where a set applies a pack twice with different settings.
    pub(super) fn of<'a>(
        &'a self,
        pack: &'a str,
        policy: &'a str,
        rule: &'a str,
    ) -> impl Iterator<Item = &'a RuleOfLaw> {
        self.named(rule).filter(move |one| one.is(pack, policy, rule))
    }

    /// The rules of this name, of whatever policy, in the order of the set.
    pub(super) fn named<'a>(&'a self, rule: &'a str) -> impl Iterator<Item = &'a RuleOfLaw> {
        let from = self.by_name.partition_point(|&place| *self.rules[place].rule < *rule);
        let rules = self.by_name[from..].iter().map(|&place| &self.rules[place]);
        rules.take_while(move |one| one.rule == rule)
    }
}
