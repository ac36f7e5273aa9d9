//! The provisions of law that a pack's retention rules stand on, as their settings say.

use crate::Pack;
use crate::law::rules_of_law;
use crate::manifest::Interface;
use serde::Serialize;

/// A provision, and the rule that stands on it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Provision {
    /// The law, as cited.
    pub law: String,
    /// The article, as cited; empty if the rule names none.
    pub article: String,
    /// Whose law it is, such as `CN`; empty if the rule does not say.
    pub jurisdiction: String,
    /// The first day on which it is in force, as 2026-01-31, if the rule says.
    pub from: Option<String>,
    /// The last day on which it is in force, if the rule says.
    pub to: Option<String>,
    /// False if the pack's author saw the figure in a secondary source only.
    pub verified: bool,
    /// The policy within the pack.
    pub policy: String,
    /// The rule within the policy.
    pub rule: String,
}

/// Those of every rule that is not switched off, of every policy that proposes retention, by law and article. A rule names its law
/// in `law`, as the plugin retention-schedule has it; the settings are the manifest's.
pub fn provisions(pack: &Pack) -> Vec<Provision> {
    let mut found = Vec::new();
    for policy in pack
        .manifest()
        .policies
        .iter()
        .filter(|policy| policy.uses(Interface::Retention))
    {
        let (rules, _) = rules_of_law(&pack.manifest().name, &policy.name, &policy.settings);
        found.extend(rules.into_iter().map(|rule| Provision {
            law: rule.law,
            article: rule.article,
            jurisdiction: rule.jurisdiction,
            from: rule.from.map(|day| day.to_string()),
            to: rule.to.map(|day| day.to_string()),
            verified: rule.verified,
            policy: policy.name.clone(),
            rule: rule.rule,
        }));
    }
    found.sort();
    found
}
