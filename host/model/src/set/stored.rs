//! The canonical JSON of a policy set: what a generation is addressed by, and what it is rebuilt from.
//!
//! One text for one meaning: keys sorted at every depth, lists that are sets sorted, no places in the file. The form has a
//! version; a released version is never changed, only followed by another.

use super::{Apply, Departments, Hours, LawfulBasis, Mode, Names, OnFault, PolicySet, Scope};
use crate::places::Places;
use crate::time::Zone;
use crate::verdict::Language;
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const VERSION: u32 = 1;

/// A text that is not a policy set in canonical JSON.
#[derive(Debug, thiserror::Error)]
pub enum NotAStoredSet {
    /// Not the JSON of a set.
    #[error("not a stored policy set")]
    Json(#[from] serde_json::Error),
    /// Written by a later release.
    #[error("a stored policy set of version {0}: this release reads version {VERSION}")]
    Version(u32),
    /// A field with a value that no set has.
    #[error("`{field}` of a stored policy set is {value:?}")]
    Value {
        /// The field.
        field: &'static str,
        /// What it says.
        value: String,
    },
}

/// The stored form. Fields stand in the order of their names: that is the order in which they are written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredSet {
    apply: Vec<StoredApply>,
    departments: BTreeMap<String, Vec<String>>,
    language: Language,
    lawful_basis: String,
    time_zone: String,
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredApply {
    assessment: Option<String>,
    extra_terms: BTreeMap<String, Vec<String>>,
    mode: String,
    /// Only where the set says something of single policies: sets of before have the text that they had.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    modes: BTreeMap<String, String>,
    on_fault: String,
    pack: String,
    scope: StoredScope,
    settings: BTreeMap<String, Object>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredScope {
    channels: Vec<String>,
    departments: Vec<String>,
    except_people: Vec<String>,
    /// Only where there are any: sets of before have the text that they had.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    except_tenants: Vec<String>,
    hours: Option<String>,
    people: Vec<String>,
    tenants: Vec<String>,
}

/// A JSON object that is written with sorted keys, however `serde_json` was built.
#[derive(Deserialize)]
#[serde(transparent)]
struct Object(Map<String, Value>);

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        sorted(&self.0, serializer)
    }
}

struct Sorted<'a>(&'a Value);

impl Serialize for Sorted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(map) => sorted(map, serializer),
            Value::Array(items) => serializer.collect_seq(items.iter().map(Sorted)),
            other => other.serialize(serializer),
        }
    }
}

fn sorted<S: Serializer>(map: &Map<String, Value>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    let mut out = serializer.serialize_map(Some(entries.len()))?;
    for (key, value) in entries {
        out.serialize_entry(key, &Sorted(value))?;
    }
    out.end()
}

impl PolicySet {
    /// The canonical JSON: equal for sets that mean the same, wherever in a file their parts stood.
    pub fn to_canonical_json(&self) -> String {
        let stored = StoredSet {
            apply: self.apply.iter().map(store_apply).collect(),
            departments: self
                .departments
                .iter()
                .map(|(name, members)| (name.to_owned(), members.to_vec()))
                .collect(),
            language: self.language,
            lawful_basis: self.lawful_basis.name().to_owned(),
            time_zone: self.time_zone.name().to_owned(),
            version: VERSION,
        };
        serde_json::to_string(&stored).expect("a policy set has string keys and finite numbers")
    }

    /// The set that [`PolicySet::to_canonical_json`] wrote, without places in a file.
    pub fn from_canonical_json(text: &str) -> Result<PolicySet, NotAStoredSet> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let Version { version } = serde_json::from_str(text)?;
        if version != VERSION {
            return Err(NotAStoredSet::Version(version));
        }
        let stored: StoredSet = serde_json::from_str(text)?;
        Ok(PolicySet {
            language: stored.language,
            time_zone: Zone::named(&stored.time_zone).map_err(|_| wrong("time_zone", stored.time_zone))?,
            lawful_basis: named(
                "lawful_basis",
                &LawfulBasis::ALL,
                LawfulBasis::name,
                stored.lawful_basis,
            )?,
            departments: stored.departments.into_iter().collect::<Departments>(),
            apply: stored.apply.into_iter().map(load_apply).collect::<Result<_, _>>()?,
        })
    }
}

fn store_apply(apply: &Apply) -> StoredApply {
    let Apply {
        pack,
        at: _,
        mode,
        modes,
        on_fault,
        scope,
        settings,
        settings_at: _,
        extra_terms,
        assessment,
    } = apply;
    StoredApply {
        assessment: assessment.clone(),
        extra_terms: extra_terms.clone(),
        mode: mode.name().to_owned(),
        modes: modes
            .iter()
            .map(|(policy, mode)| (policy.clone(), mode.name().to_owned()))
            .collect(),
        on_fault: on_fault.name().to_owned(),
        pack: pack.clone(),
        scope: StoredScope {
            channels: scope.channels.to_vec(),
            departments: scope.departments.to_vec(),
            except_people: scope.except_people.to_vec(),
            except_tenants: scope.except_tenants.to_vec(),
            hours: scope.hours.as_ref().map(Hours::to_string),
            people: scope.people.to_vec(),
            tenants: scope.tenants.to_vec(),
        },
        settings: settings
            .iter()
            .map(|(policy, settings)| (policy.clone(), Object(settings.clone())))
            .collect(),
    }
}

fn load_apply(stored: StoredApply) -> Result<Apply, NotAStoredSet> {
    let StoredScope {
        channels,
        departments,
        except_people,
        except_tenants,
        hours,
        people,
        tenants,
    } = stored.scope;
    let hours = hours
        .map(|text| Hours::parse(&text, &Zone::utc()).map_err(|_| wrong("hours", text)))
        .transpose()?;
    Ok(Apply {
        pack: stored.pack,
        at: (0, 0),
        mode: named("mode", &Mode::ALL, Mode::name, stored.mode)?,
        modes: stored
            .modes
            .into_iter()
            .map(|(policy, mode)| Ok((policy, named("modes", &Mode::ALL, Mode::name, mode)?)))
            .collect::<Result<_, NotAStoredSet>>()?,
        on_fault: named("on_fault", &OnFault::ALL, OnFault::name, stored.on_fault)?,
        scope: Scope {
            tenants: Names::from(tenants),
            channels: Names::from(channels),
            departments: Names::from(departments),
            people: Names::from(people),
            except_people: Names::from(except_people),
            except_tenants: Names::from(except_tenants),
            hours,
        },
        settings: stored
            .settings
            .into_iter()
            .map(|(policy, Object(settings))| (policy, settings))
            .collect(),
        settings_at: Places::default(),
        extra_terms: stored.extra_terms,
        assessment: stored.assessment,
    })
}

fn named<T: Copy>(
    field: &'static str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
    text: String,
) -> Result<T, NotAStoredSet> {
    all.iter()
        .copied()
        .find(|value| name(*value) == text)
        .ok_or_else(|| wrong(field, text))
}

fn wrong(field: &'static str, value: String) -> NotAStoredSet {
    NotAStoredSet::Value { field, value }
}
