//! Lists that nothing looks at.

use super::codes::UNUSED_LIST;
use super::{Places, Remark};
use proviso_model::trigger::Trigger;
use proviso_pack::Pack;
use proviso_pack::manifest::{List, Policy, SEGMENTS};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

pub(super) fn check(pack: &Pack, places: &Places<'_>) -> Vec<Remark> {
    let manifest = pack.manifest();
    let mut remarks = Vec::new();
    for (index, list) in manifest.lists.iter().enumerate() {
        if !manifest.policies.iter().any(|policy| policy.lists.contains(&list.name)) {
            let message = format!("no policy names {:?} among its `lists`: its hits go nowhere", list.name);
            remarks.push(places.at_list(UNUSED_LIST, index, message));
        }
    }
    for list in &manifest.entities {
        if !manifest.policies.iter().any(|policy| policy.lists.contains(&list.name)) {
            let message = format!("no policy names {:?} among its `lists`: its hits go nowhere", list.name);
            remarks.push(Remark::on_line(UNUSED_LIST, "pack.toml", list.line, message));
        }
    }
    for (index, policy) in manifest.policies.iter().enumerate() {
        let named = named_by(&policy.settings);
        // A plugin that takes its lists by their order names none of them, and may look at all.
        if !policy.lists.iter().any(|list| named.contains(list.as_str())) {
            continue;
        }
        let triggers = triggered_by(policy);
        for list in policy.lists.iter().filter(|list| *list != SEGMENTS) {
            if !named.contains(list.as_str()) && !triggers.contains(list.as_str()) {
                let message = format!(
                    "{} is given {list:?}, and neither its trigger nor its settings name it",
                    policy.name
                );
                remarks.push(places.at(UNUSED_LIST, index, "", message));
            }
        }
    }
    remarks
}

/// True if a hit of the list makes a policy run.
pub(super) fn triggers(pack: &Pack, list: &List) -> bool {
    let policies = &pack.manifest().policies;
    policies
        .iter()
        .any(|policy| triggered_by(policy).contains(list.name.as_str()))
}

/// The lists that a policy's trigger names.
fn triggered_by(policy: &Policy) -> BTreeSet<&str> {
    fn collect<'a>(trigger: &'a Trigger<String>, into: &mut BTreeSet<&'a str>) {
        match trigger {
            Trigger::Lists(lists) => into.extend(lists.iter().map(String::as_str)),
            Trigger::Any(parts) | Trigger::All(parts) => parts.iter().for_each(|part| collect(part, into)),
            Trigger::Always
            | Trigger::Kinds(_)
            | Trigger::Directions(_)
            | Trigger::Sender(_)
            | Trigger::Recipient(_) => {}
        }
    }
    let mut lists = BTreeSet::new();
    collect(&policy.trigger, &mut lists);
    lists
}

/// Every text in the settings, at any depth.
fn named_by(settings: &Map<String, Value>) -> BTreeSet<&str> {
    fn collect<'a>(value: &'a Value, into: &mut BTreeSet<&'a str>) {
        match value {
            Value::String(text) => {
                into.insert(text);
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
            Value::Object(entries) => entries.values().for_each(|entry| collect(entry, into)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let mut texts = BTreeSet::new();
    settings.values().for_each(|value| collect(value, &mut texts));
    texts
}
