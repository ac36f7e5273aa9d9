//! Reads `pack.toml`, and says everything that is wrong with it at once.

use super::text::{ManifestText, check_name};
use super::{Field, Interface, Manifest, Policy, SEGMENTS, SubjectKey, TimePrecision, lists, trigger};
use proviso_model::Problem;
use proviso_model::foreign::Foreign;
use proviso_model::id::is_name;
use proviso_model::limits::{
    FUEL_PER_KIB_DEFAULT, FUEL_PER_KIB_MAX, NAME_BYTES_MAX, POLICIES_PER_PACK_MAX, PRECEDING_MESSAGES_MAX,
    SCAN_STEPS_PER_KIB_DEFAULT, SCAN_STEPS_PER_KIB_MAX, SETTINGS_BYTES_MAX,
};
use proviso_model::problem::line_and_column;
use proviso_model::set::Mode;
use proviso_model::toml_read::{At, Places, Table, TomlFile};
use proviso_model::trigger::Trigger;
use proviso_model::verdict::Reason;
use std::ops::Range;
use std::path::Path;

/// The version of this host, which `host` of a manifest must allow.
const HOST_VERSION: &str = env!("CARGO_PKG_VERSION");
/// Jurisdictions of one pack.
const JURISDICTIONS_MAX: usize = 64;
/// Licence and each language of the description, in bytes.
const LINE_BYTES_MAX: usize = 1_024;

/// Reads the manifest. It may be believed only if there are no problems: what is wrong has a stand-in.
pub fn read<'a>(file: &Path, text: &'a str) -> (Manifest, ManifestText<'a>, Vec<Problem>) {
    let (mut toml, mut table) = TomlFile::parse(file, text);
    let mut places = ManifestText {
        file: file.to_owned(),
        text,
        list_files: Vec::new(),
        plugins: Vec::new(),
        settings: Vec::new(),
    };
    let toml_file = &mut toml;
    let name = pack_name(toml_file, &mut table);
    let version = parsed(toml_file, &mut table, "version", "a semantic version such as \"0.1.0\"")
        .unwrap_or_else(|| semver::Version::new(0, 0, 0));
    let licence = line(toml_file, &mut table, "licence").unwrap_or_default();
    let host = host_versions(toml_file, &mut table);
    let jurisdictions = jurisdictions(toml_file, &mut table);
    let description = description(toml_file, &mut table);
    let requires_assessment = table
        .boolean(toml_file, "requires_assessment")
        .is_some_and(|(value, _)| value);
    let scan_steps_per_kib = budgeted(
        toml_file,
        &mut table,
        "scan_steps_per_kib",
        (SCAN_STEPS_PER_KIB_DEFAULT, SCAN_STEPS_PER_KIB_MAX),
    );
    let lists = lists::files(toml_file, &mut table, &mut places);
    let entities = lists::entities(toml_file, &mut table, text, &lists);
    let names = lists::names(&lists, &entities);
    let policies = policies(toml_file, &mut table, &names, &mut places);
    table.finish(toml_file);
    let manifest = Manifest {
        name,
        version,
        licence,
        host,
        jurisdictions,
        description,
        requires_assessment,
        scan_steps_per_kib,
        lists,
        entities,
        policies,
    };
    (manifest, places, toml.into_problems())
}

fn pack_name(file: &mut TomlFile<'_>, table: &mut Table<'_>) -> String {
    let Some((name, at)) = table.required_string(file, "name") else {
        return String::new();
    };
    if !name
        .split_once('/')
        .is_some_and(|(vendor, name)| is_name(vendor) && is_name(name))
    {
        file.problem(
            at,
            format!("`name` is {name:?}: expected vendor/name, each 1-{NAME_BYTES_MAX} bytes of a-z, 0-9 and `-`"),
        );
    }
    name
}

fn parsed<T: std::str::FromStr>(
    file: &mut TomlFile<'_>,
    table: &mut Table<'_>,
    key: &'static str,
    expected: &str,
) -> Option<T>
where
    T::Err: std::fmt::Display,
{
    let (text, at) = table.required_string(file, key)?;
    match text.parse() {
        Ok(value) => Some(value),
        Err(error) => {
            file.problem(at, format!("`{key}` is {text:?}: expected {expected} ({error})"));
            None
        }
    }
}

fn host_versions(file: &mut TomlFile<'_>, table: &mut Table<'_>) -> semver::VersionReq {
    let at = table.at_key("host");
    let Some(range) = parsed(file, table, "host", "a range such as \">=0.1.0, <0.2.0\"") else {
        return semver::VersionReq::STAR;
    };
    let this = semver::Version::parse(HOST_VERSION).expect("cargo writes a semantic version");
    if !semver::VersionReq::matches(&range, &this) {
        file.problem(at, format!("`host` is \"{range}\", and this host is {HOST_VERSION}"));
    }
    range
}

fn line(file: &mut TomlFile<'_>, table: &mut Table<'_>, key: &'static str) -> Option<String> {
    let (text, at) = table.required_string(file, key)?;
    check_line(file, key, &text, at);
    Some(text)
}

fn check_line(file: &mut TomlFile<'_>, key: &str, text: &str, at: Range<usize>) {
    if text.trim().is_empty() || text.len() > LINE_BYTES_MAX || text.chars().any(char::is_control) {
        file.problem(
            at,
            format!("`{key}` needs 1-{LINE_BYTES_MAX} bytes without line breaks"),
        );
    }
}

fn jurisdictions(file: &mut TomlFile<'_>, table: &mut Table<'_>) -> Vec<String> {
    let mut codes: Vec<String> = Vec::new();
    for (code, at) in table.strings(file, "jurisdictions").unwrap_or_default() {
        if code.len() != 2 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
            file.problem(
                at,
                format!("{code:?} is not a jurisdiction: expected two letters of ISO 3166-1, or EU"),
            );
        } else if codes.contains(&code) || codes.len() >= JURISDICTIONS_MAX {
            file.problem(
                at,
                format!("{code:?} stands here twice, or more than {JURISDICTIONS_MAX} are named"),
            );
        } else {
            codes.push(code);
        }
    }
    codes
}

fn description(file: &mut TomlFile<'_>, table: &mut Table<'_>) -> Reason {
    let at = table.at();
    let Some(mut languages) = table.table(file, "description") else {
        file.problem(
            at,
            "`description` is missing here: expected { zh = \"…\", en = \"…\" }, at least one of them",
        );
        return Reason::default();
    };
    let mut language = |key| {
        let (text, at) = languages.string(file, key)?;
        check_line(file, key, &text, at);
        Some(text)
    };
    let description = Reason {
        zh: language("zh"),
        en: language("en"),
    };
    if description == Reason::default() {
        file.problem(languages.at(), "`description` needs `zh`, `en`, or both");
    }
    languages.finish(file);
    description
}

fn policies(
    file: &mut TomlFile<'_>,
    table: &mut Table<'_>,
    lists: &[&str],
    places: &mut ManifestText<'_>,
) -> Vec<Policy> {
    let pack_at = table.at();
    let tables = table.tables(file, "policy");
    if tables.is_empty() {
        file.problem(pack_at, "the pack has no policy: expected at least one [[policy]]");
    }
    let mut policies: Vec<Policy> = Vec::new();
    for mut table in tables {
        if policies.len() == POLICIES_PER_PACK_MAX {
            file.problem(table.at(), format!("more than {POLICIES_PER_PACK_MAX} policies"));
            break;
        }
        let name_at = table.at_key("name");
        let policy = policy(file, &mut table, lists, places);
        table.finish(file);
        if policies
            .iter()
            .any(|other| other.name == policy.name && !other.name.is_empty())
        {
            file.problem(name_at, format!("{:?} is the name of two policies", policy.name));
        }
        policies.push(policy);
    }
    policies
}

fn policy(file: &mut TomlFile<'_>, table: &mut Table<'_>, known: &[&str], places: &mut ManifestText<'_>) -> Policy {
    let at = table.at();
    let line = line_and_column(places.text, at.start).0;
    let mut named = |file: &mut TomlFile<'_>, key, what| {
        let (name, at) = table.required_string(file, key).unwrap_or((String::new(), at.clone()));
        if !name.is_empty() {
            check_name(file, what, &name, at.clone());
        }
        (name, at)
    };
    let (name, _) = named(file, "name", "a policy");
    let (plugin, plugin_at) = named(file, "plugin", "a plugin");
    places.plugins.push(plugin_at);

    let mut interfaces = names(
        file,
        table,
        "interfaces",
        &Interface::ALL.map(|each| (each.name(), each)),
    );
    interfaces.sort_unstable();
    if interfaces.is_empty() {
        file.problem(
            table.at(),
            "`interfaces` is missing here: expected at least one of \"rules\", \"fold\", \"retention\"",
        );
    }
    let key_at = table.at_key("key");
    let key = table.choice(file, "key", &SubjectKey::ALL.map(|key| (key.name(), key)));
    match (interfaces.contains(&Interface::Fold), key) {
        (true, None) => file.problem(
            key_at,
            "a fold needs `key`: expected \"sender\", \"conversation\" or \"sender-in-conversation\"",
        ),
        (false, Some(_)) => file.problem(key_at, "`key` is for folds, and `interfaces` has no \"fold\""),
        _ => {}
    }

    let mut lists: Vec<String> = Vec::new();
    for (list, at) in table.strings(file, "lists").unwrap_or_default() {
        if !known.contains(&list.as_str()) {
            file.problem(
                at,
                format!("{list:?} is not a list of this pack: expected a [lexicon.{list}], [patterns.{list}] or [entities.{list}]"),
            );
        } else if lists.contains(&list) {
            file.problem(at, format!("{list:?} stands here twice"));
        } else {
            lists.push(list);
        }
    }
    let triggering: Vec<String> = lists.iter().filter(|list| *list != SEGMENTS).cloned().collect();
    let trigger = match table.json(file, "trigger") {
        Some((value, value_places)) => trigger::read(file, &value, &value_places, &triggering),
        None if triggering.is_empty() => {
            file.problem(
                table.at(),
                "the policy would never run: it needs `lists`, or a `trigger` such as \"always\"",
            );
            None
        }
        None => Some(Trigger::Lists(triggering)),
    }
    .unwrap_or(Trigger::Always);

    let fields = names(file, table, "fields", &Field::ALL.map(|field| (field.name(), field)));
    let time = table.string(file, "time").and_then(|(text, at)| {
        let time = TimePrecision::named(&text);
        if time.is_none() {
            let expected = "expected \"exact\", \"quarter-hour\", \"hour\", or \"day\" with where it begins, from \"day-12:00\" to \"day+14:00\"";
            file.problem(at, format!("`time` is {}: {expected}", Foreign(&text).quoted()));
        }
        time
    });
    let preceding_at = table.at_key("preceding");
    let preceding = table
        .integer(file, "preceding", 0..=PRECEDING_MESSAGES_MAX as i64)
        .map_or(0, |(count, _)| count as usize);
    if (preceding > 0) != fields.contains(&Field::Preceding) {
        file.problem(
            preceding_at,
            format!("`preceding` is {preceding}: the field \"preceding\" and `preceding = 1` to {PRECEDING_MESSAGES_MAX} go together"),
        );
    }

    let mode = table.choice(file, "mode", &Mode::ALL.map(|mode| (mode.name(), mode)));
    let fuel_per_kib = budgeted(file, table, "fuel_per_kib", (FUEL_PER_KIB_DEFAULT, FUEL_PER_KIB_MAX));

    let (settings, settings_places) = match table.table(file, "settings") {
        Some(settings) => settings.into_json(file),
        None => (serde_json::Map::new(), Places::default()),
    };
    let bytes = settings_bytes(&settings);
    if bytes > SETTINGS_BYTES_MAX {
        file.problem(
            settings_places.of(""),
            format!("the settings have {bytes} bytes as JSON: at most {SETTINGS_BYTES_MAX} are allowed"),
        );
    }
    places.settings.push(settings_places);
    Policy {
        name,
        plugin,
        interfaces,
        key,
        trigger,
        lists,
        fields,
        time: time.unwrap_or_default(),
        preceding,
        fuel_per_kib,
        mode: mode.unwrap_or_default(),
        settings,
        line,
    }
}

/// The figure of a `budget`, 1 to `most`.
fn budgeted(file: &mut TomlFile<'_>, table: &mut Table<'_>, key: &'static str, (default, most): (u64, u64)) -> u64 {
    let Some(mut budget) = table.table(file, "budget") else {
        return default;
    };
    let figure = budget.integer(file, key, 1..=most as i64);
    budget.finish(file);
    figure.map_or(default, |(figure, _)| figure as u64)
}

/// Length of the settings as JSON text.
pub(crate) fn settings_bytes(settings: &serde_json::Map<String, serde_json::Value>) -> usize {
    serde_json::to_string(settings).map_or(usize::MAX, |text| text.len())
}

/// A list of known words, none twice.
fn names<T: Copy + PartialEq>(
    file: &mut TomlFile<'_>,
    table: &mut Table<'_>,
    key: &'static str,
    known: &[(&str, T)],
) -> Vec<T> {
    let mut values = Vec::new();
    let words: Vec<At<String>> = table.strings(file, key).unwrap_or_default();
    for (word, at) in words {
        match known.iter().find(|(known, _)| *known == word) {
            None => {
                let known = known
                    .iter()
                    .map(|(word, _)| format!("{word:?}"))
                    .collect::<Vec<_>>()
                    .join(", ");
                file.problem(at, format!("`{key}` has {word:?}: expected {known}"));
            }
            Some((_, value)) if values.contains(value) => file.problem(at, format!("{word:?} stands here twice")),
            Some((_, value)) => values.push(*value),
        }
    }
    values
}
