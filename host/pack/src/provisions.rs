//! The provisions of law that a pack's retention rules stand on, as their settings say.

use crate::Pack;
use crate::manifest::Interface;
use crate::named_rules::rules_of;
use serde::Serialize;
use serde_json::Value;

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
        let settings = Value::Object(policy.settings.clone());
        for (rule, pointer) in rules_of(policy) {
            let of = settings.pointer(&pointer).unwrap_or(&Value::Null);
            let text = |key: &str| of[key].as_str().map(str::to_owned);
            let Some(law) = text("law") else { continue };
            found.push(Provision {
                law,
                article: text("article").unwrap_or_default(),
                jurisdiction: text("jurisdiction").unwrap_or_default(),
                from: text("effective_from"),
                to: text("effective_to"),
                verified: of["verified"].as_bool().unwrap_or(false),
                policy: policy.name.clone(),
                rule: rule.to_owned(),
            });
        }
    }
    found.sort();
    found
}
