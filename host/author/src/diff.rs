//! What an upgrade of a pack changes, and before all else what it may do that the old one may not.

use proviso_pack::Pack;
use proviso_pack::manifest::Policy;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Lines of a list that are shown of those that came or went.
const LINES_SHOWN: usize = 3;

/// One difference.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What it is about: `pack`, `policy NAME`, `plugin NAME`, or the path of a file.
    pub of: String,
    /// Which property of it, in a word or two.
    pub what: &'static str,
    /// `None` where it is new.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// `None` where it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Which pack it is.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// `vendor/name`.
    pub name: String,
    /// As its manifest says.
    pub version: String,
    /// Of its content.
    pub digest: String,
}

/// All that is otherwise. The JSON of `pack inspect --diff`.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The old version.
    pub old: Identity,
    /// The new version.
    pub new: Identity,
    /// What the new one may do that the old one may not.
    pub permissions: Vec<Change>,
    /// The rest.
    pub changes: Vec<Change>,
}

/// Two packs that are not versions of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("--diff compares two versions of one pack: {} is {old_name}, {} is {new_name}", old.display(), new.display())]
pub struct OtherPack {
    /// Where the old one was read from.
    pub old: PathBuf,
    /// `vendor/name` of the old one.
    pub old_name: String,
    /// Where the new one was read from.
    pub new: PathBuf,
    /// `vendor/name` of the new one.
    pub new_name: String,
}

impl Difference {
    /// What becomes otherwise when the old version of a pack gives way to the new one.
    pub fn between(old: &Pack, new: &Pack) -> Result<Self, OtherPack> {
        let (old_name, new_name) = (&old.manifest().name, &new.manifest().name);
        if old_name != new_name {
            return Err(OtherPack {
                old: old.origin().to_owned(),
                old_name: old_name.clone(),
                new: new.origin().to_owned(),
                new_name: new_name.clone(),
            });
        }
        Ok(Self {
            old: identity(old),
            new: identity(new),
            permissions: permissions(old, new),
            changes: changes(old, new),
        })
    }
}

fn identity(pack: &Pack) -> Identity {
    Identity {
        name: pack.manifest().name.clone(),
        version: pack.manifest().version.to_string(),
        digest: pack.digest().to_string(),
    }
}

fn added(of: &str, what: &'static str, after: impl Into<String>) -> Change {
    Change {
        of: of.to_owned(),
        what,
        before: None,
        after: Some(after.into()),
    }
}

fn removed(of: &str, what: &'static str, before: impl Into<String>) -> Change {
    Change {
        of: of.to_owned(),
        what,
        before: Some(before.into()),
        after: None,
    }
}

fn changed<T: ToString + ?Sized>(of: &str, what: &'static str, before: &T, after: &T) -> Change {
    Change {
        of: of.to_owned(),
        what,
        before: Some(before.to_string()),
        after: Some(after.to_string()),
    }
}

fn policies(pack: &Pack) -> BTreeMap<&str, &Policy> {
    let policies = pack.manifest().policies.iter();
    policies.map(|policy| (policy.name.as_str(), policy)).collect()
}

fn fields(policy: &Policy) -> BTreeSet<&'static str> {
    policy.fields.iter().map(|field| field.name()).collect()
}

fn interfaces(policy: &Policy) -> BTreeSet<&'static str> {
    policy.interfaces.iter().map(|interface| interface.name()).collect()
}

/// What a policy is given, when it is called, and how much it may spend, where that is more than before; a trigger that is
/// another is told as well, since it may be wider.
fn permissions(old: &Pack, new: &Pack) -> Vec<Change> {
    let mut found = Vec::new();
    let known: BTreeSet<&String> = old.manifest().jurisdictions.iter().collect();
    for jurisdiction in new.manifest().jurisdictions.iter().filter(|one| !known.contains(one)) {
        found.push(added("pack", "jurisdiction", jurisdiction));
    }
    if old.manifest().requires_assessment && !new.manifest().requires_assessment {
        found.push(removed("pack", "needs an assessment", "yes"));
    }
    let (before, after) = (old.manifest().scan_steps_per_kib, new.manifest().scan_steps_per_kib);
    if after > before {
        found.push(changed("pack", "scan steps for each KiB", &before, &after));
    }
    let before = policies(old);
    for policy in &new.manifest().policies {
        let of = format!("policy {}", policy.name);
        let Some(before) = before.get(policy.name.as_str()) else {
            found.push(added(
                &of,
                "policy",
                interfaces(policy).into_iter().collect::<Vec<_>>().join(", "),
            ));
            found.push(added(&of, "trigger", policy.trigger.to_string()));
            found.extend(fields(policy).into_iter().map(|field| added(&of, "field", field)));
            continue;
        };
        let new_fields = fields(policy)
            .into_iter()
            .filter(|field| !fields(before).contains(field));
        found.extend(new_fields.map(|field| added(&of, "field", field)));
        let new_interfaces = interfaces(policy)
            .into_iter()
            .filter(|one| !interfaces(before).contains(one));
        found.extend(new_interfaces.map(|interface| added(&of, "interface", interface)));
        if policy.trigger != before.trigger {
            found.push(changed(&of, "trigger", &before.trigger, &policy.trigger));
        }
        if policy.preceding > before.preceding {
            found.push(changed(&of, "preceding messages", &before.preceding, &policy.preceding));
        }
        if policy.time.millis() < before.time.millis() {
            found.push(changed(&of, "time", &before.time, &policy.time));
        }
        if policy.fuel_per_kib > before.fuel_per_kib {
            found.push(changed(
                &of,
                "fuel for each KiB",
                &before.fuel_per_kib,
                &policy.fuel_per_kib,
            ));
        }
        if let (Some(key), Some(before)) = (policy.key, before.key)
            && key != before
        {
            found.push(changed(&of, "fold key", before.name(), key.name()));
        }
    }
    found
}

/// What is otherwise than before.
fn changes(old: &Pack, new: &Pack) -> Vec<Change> {
    let mut found = Vec::new();
    let (before, after) = (old.manifest(), new.manifest());
    if before.licence != after.licence {
        found.push(changed("pack", "licence", &before.licence, &after.licence));
    }
    if before.host != after.host {
        found.push(changed("pack", "host versions", &before.host, &after.host));
    }
    if old.cases().len() != new.cases().len() {
        found.push(changed("pack", "cases", &old.cases().len(), &new.cases().len()));
    }
    let known = policies(new);
    for policy in &before.policies {
        let of = format!("policy {}", policy.name);
        let Some(after) = known.get(policy.name.as_str()) else {
            found.push(removed(
                &of,
                "policy",
                interfaces(policy).into_iter().collect::<Vec<_>>().join(", "),
            ));
            continue;
        };
        let gone = fields(policy)
            .into_iter()
            .filter(|field| !fields(after).contains(field));
        found.extend(gone.map(|field| removed(&of, "field", field)));
        if policy.plugin != after.plugin {
            found.push(changed(&of, "plugin", &policy.plugin, &after.plugin));
        }
        if policy.mode != after.mode {
            found.push(changed(&of, "mode", policy.mode.name(), after.mode.name()));
        }
        if policy.lists != after.lists {
            found.push(changed(&of, "lists", &policy.lists.join(", "), &after.lists.join(", ")));
        }
        let settings = |policy: &Policy| serde_json::Value::Object(policy.settings.clone());
        differing(
            "",
            &settings(policy),
            &settings(after),
            &mut |pointer, before, after| {
                found.push(Change {
                    of: format!("{of}{pointer}"),
                    what: "setting",
                    before,
                    after,
                });
            },
        );
    }
    files(old, new, &mut found);
    found
}

/// Where two JSON values differ, by JSON Pointer (RFC 6901), objects member by member.
fn differing(
    pointer: &str,
    before: &serde_json::Value,
    after: &serde_json::Value,
    take: &mut impl FnMut(String, Option<String>, Option<String>),
) {
    let (Some(old), Some(new)) = (before.as_object(), after.as_object()) else {
        if before != after {
            take(pointer.to_owned(), Some(before.to_string()), Some(after.to_string()));
        }
        return;
    };
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let inner = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
        match (old.get(name), new.get(name)) {
            (Some(before), Some(after)) => differing(&inner, before, after, take),
            (before, after) => take(inner, before.map(ToString::to_string), after.map(ToString::to_string)),
        }
    }
}

/// Files that came, went, or have another content; of lists, which lines. What `pack.toml` says is told above.
fn files(old: &Pack, new: &Pack, found: &mut Vec<Change>) {
    let before: BTreeMap<&str, &[u8]> = old.files().collect();
    let after: BTreeMap<&str, &[u8]> = new.files().collect();
    let paths: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    for path in paths.into_iter().filter(|path| *path != "pack.toml") {
        let bytes = |bytes: &[u8]| format!("{} bytes", bytes.len());
        match (before.get(path), after.get(path)) {
            (Some(old), Some(new)) if old == new => {}
            (Some(old), Some(new)) => match (lines(path, old), lines(path, new)) {
                (Some(old), Some(new)) => {
                    let (gone, come) = (shown(&old, &new), shown(&new, &old));
                    if gone.is_none() && come.is_none() {
                        found.push(changed(path, "comments or order", "", ""));
                    } else {
                        found.push(Change {
                            of: path.to_owned(),
                            what: "entries",
                            before: gone,
                            after: come,
                        });
                    }
                }
                _ => found.push(changed(path, "content", &bytes(old), &bytes(new))),
            },
            (Some(old), None) => found.push(removed(path, "file", bytes(old))),
            (None, Some(new)) => found.push(added(path, "file", bytes(new))),
            (None, None) => {}
        }
    }
}

/// The entries of a lexicon or a file of patterns; `None` for other files.
fn lines<'a>(path: &str, bytes: &'a [u8]) -> Option<BTreeSet<&'a str>> {
    let is_list = path.starts_with("lexicons/") || path.starts_with("patterns/");
    let text = std::str::from_utf8(bytes).ok().filter(|_| is_list)?;
    let entries = text.lines().map(str::trim_end);
    Some(
        entries
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .collect(),
    )
}

/// How many entries of one file are not in the other, and the first of them.
fn shown(these: &BTreeSet<&str>, others: &BTreeSet<&str>) -> Option<String> {
    let only: Vec<&str> = these.difference(others).copied().collect();
    let first = only.iter().take(LINES_SHOWN).map(|line| line.replace('\t', " "));
    let first = first.collect::<Vec<_>>().join(", ");
    let rest = if only.len() > LINES_SHOWN { ", …" } else { "" };
    (!only.is_empty()).then(|| format!("{}: {first}{rest}", only.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_are_compared_member_by_member() {
        let mut found = Vec::new();
        let before = json!({ "rules": { "a": { "severity": "low" }, "gone": 1 }, "same": [1] });
        let after = json!({ "rules": { "a": { "severity": "high" }, "x/y": 2 }, "same": [1] });
        differing("", &before, &after, &mut |pointer, before, after| {
            found.push((pointer, before, after));
        });
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            found,
            [
                ("/rules/a/severity".to_owned(), text("\"low\""), text("\"high\"")),
                ("/rules/gone".to_owned(), text("1"), None),
                ("/rules/x~1y".to_owned(), None, text("2")),
            ]
        );
    }

    #[test]
    fn entries_are_told_apart_from_comments() {
        let (old, new) = ("# 一\n保本\n", "保本\n\n稳赚\t2\n刚兑\n一\n二\n");
        let (old, new) = (
            lines("lexicons/a.txt", old.as_bytes()),
            lines("lexicons/a.txt", new.as_bytes()),
        );
        let (old, new) = (old.unwrap(), new.unwrap());
        assert_eq!(shown(&old, &new), None);
        assert_eq!(shown(&new, &old).unwrap(), "4: 一, 二, 刚兑, …");
        assert_eq!(lines("cases/a.toml", b"a"), None);
    }
}
