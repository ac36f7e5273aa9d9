//! Rules of law that have ended.

use super::codes::ENDED_STATUTE;
use super::{Places, Remark};
use proviso_pack::Pack;
use proviso_pack::named_rules::{enabled, pointer_to};
use serde_json::Value;

/// Every rule of every policy whose settings say when it ends: `rules.NAME.effective_to`, as retention-schedule has it.
pub(super) fn check(pack: &Pack, places: &Places<'_>, today: &str) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for (index, policy) in pack.manifest().policies.iter().enumerate() {
        for (name, rule) in enabled(&policy.settings, "rules") {
            let Some(end) = rule.get("effective_to").and_then(Value::as_str) else {
                continue;
            };
            // Days are written alike, so that they are in the order of their letters.
            if end < today {
                let law = rule.get("law").and_then(Value::as_str).unwrap_or(name);
                let message = format!(
                    "{law} ended on {end}: {name:?} covers only what was sent until then. Is there a rule for what came after?"
                );
                remarks.push(places.at(
                    ENDED_STATUTE,
                    index,
                    &format!("{}/effective_to", pointer_to("rules", name)),
                    message,
                ));
            }
        }
    }
    remarks
}
