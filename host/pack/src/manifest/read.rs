//! Reads `pack.toml`, and says everything that is wrong with it at once.

use super::{Field, Folding, Gaps, Interface, List, ListKind, Manifest, Policy, SubjectKey, TimePrecision, trigger};
use proviso_model::Problem;
use proviso_model::id::is_name;
use proviso_model::limits::{
    FUEL_PER_KIB_DEFAULT, FUEL_PER_KIB_MAX, NAME_BYTES_MAX, POLICIES_PER_PACK_MAX, PRECEDING_MESSAGES_MAX,
    SCAN_STEPS_PER_KIB_DEFAULT, SCAN_STEPS_PER_KIB_MAX, SETTINGS_BYTES_MAX,
};
use proviso_model::problem::line_and_column;
use proviso_model::toml_read::{At, Places, Table, TomlFile};
use proviso_model::trigger::Trigger;
use proviso_model::verdict::Reason;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The version of this host, which `host` of a manifest must allow.
const HOST_VERSION: &str = env!("CARGO_PKG_VERSION");
/// Jurisdictions of one pack.
const JURISDICTIONS_MAX: usize = 64;
/// Licence and each language of the description, in bytes.
const LINE_BYTES_MAX: usize = 1_024;
/// Lexicons and patterns of one pack.
const LISTS_MAX: usize = 256;

/// A manifest, and where in its file the things stand that can only be checked against other parts.
#[derive(Debug)]
pub struct ManifestText<'a> {
    file: PathBuf,
    text: &'a str,
    /// For each list of the manifest, where its `file` stands.
    list_files: Vec<Range<usize>>,
    /// For each policy, where its `plugin` stands.
    plugins: Vec<Range<usize>>,
    /// For each policy, where its settings stand.
    settings: Vec<Places>,
}

impl ManifestText<'_> {
    fn problem(&self, at: Range<usize>, message: impl Into<String>) -> Problem {
        Problem::at_offset(&self.file, self.text, at.start, message)
    }

    /// A problem with the file of a list, by the list's index.
    pub fn at_list(&self, list: usize, message: impl Into<String>) -> Problem {
        self.problem(self.list_files.get(list).cloned().unwrap_or_default(), message)
    }

    /// A problem with the plugin of a policy, by the policy's index.
    pub fn at_plugin(&self, policy: usize, message: impl Into<String>) -> Problem {
        self.problem(self.plugins.get(policy).cloned().unwrap_or_default(), message)
    }

    /// A problem with a setting of a policy, by the policy's index and a JSON Pointer into its settings.
    pub fn at_setting(&self, policy: usize, pointer: &str, message: impl Into<String>) -> Problem {
        self.problem(
            self.settings
                .get(policy)
                .map(|places| places.of(pointer))
                .unwrap_or_default(),
            message,
        )
    }
}

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
    let lists = lists(toml_file, &mut table, &mut places);
    let policies = policies(toml_file, &mut table, &lists, &mut places);
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

fn lists(file: &mut TomlFile<'_>, table: &mut Table<'_>, places: &mut ManifestText<'_>) -> Vec<List> {
    let mut lists: Vec<List> = Vec::new();
    for (key, folder) in [("lexicon", "lexicons"), ("patterns", "patterns")] {
        let Some(tables) = table.table(file, key) else { continue };
        for ((name, at), mut entry) in tables.into_tables(file) {
            check_name(file, "a list", &name, at.clone());
            if lists.iter().any(|list| list.name == name) {
                file.problem(
                    at.clone(),
                    format!("{name:?} is the name of two lists: lexicons and patterns share their names"),
                );
            }
            if lists.len() == LISTS_MAX {
                file.problem(at, format!("more than {LISTS_MAX} lexicons and patterns"));
                return lists;
            }
            let (path, path_at) = entry.required_string(file, "file").unwrap_or((String::new(), at));
            let in_folder = path.split_once('/').is_some_and(|(first, _)| first == folder);
            let is_part = in_folder && crate::parts::media_type_of(&path).is_ok();
            if !path.is_empty() && !is_part {
                file.problem(
                    path_at.clone(),
                    format!("`file` is {path:?}: expected {folder}/NAME.txt of this pack"),
                );
            }
            let kind = if key == "lexicon" {
                ListKind::Lexicon(folding(file, &mut entry))
            } else {
                ListKind::Patterns
            };
            entry.finish(file);
            places.list_files.push(path_at);
            lists.push(List { name, file: path, kind });
        }
    }
    lists
}

fn folding(file: &mut TomlFile<'_>, list: &mut Table<'_>) -> Folding {
    const GAPS: [(&str, Gaps); 4] = [
        ("none", Gaps::None),
        ("invisible", Gaps::Invisible),
        ("spaces", Gaps::Spaces),
        ("punctuation", Gaps::Punctuation),
    ];
    let default = Folding::default();
    let Some(mut table) = list.table(file, "fold") else {
        return default;
    };
    let mut switch = |key, default| table.boolean(file, key).map_or(default, |(value, _)| value);
    let case = switch("case", default.case);
    let width = switch("width", default.width);
    let variants = switch("variants", default.variants);
    let word_boundaries = switch("word_boundaries", default.word_boundaries);
    let repeats = switch("repeats", default.repeats);
    let gaps = table.choice(file, "gaps", &GAPS).unwrap_or(default.gaps);
    table.finish(file);
    Folding {
        case,
        width,
        variants,
        gaps,
        word_boundaries,
        repeats,
    }
}

fn policies(
    file: &mut TomlFile<'_>,
    table: &mut Table<'_>,
    lists: &[List],
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

fn policy(file: &mut TomlFile<'_>, table: &mut Table<'_>, known: &[List], places: &mut ManifestText<'_>) -> Policy {
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
        if known.iter().all(|known| known.name != list) {
            file.problem(
                at,
                format!("{list:?} is not a list of this pack: expected a [lexicon.{list}] or [patterns.{list}]"),
            );
        } else if lists.contains(&list) {
            file.problem(at, format!("{list:?} stands here twice"));
        } else {
            lists.push(list);
        }
    }
    let trigger = match table.json(file, "trigger") {
        Some((value, value_places)) => trigger::read(file, &value, &value_places, &lists),
        None if lists.is_empty() => {
            file.problem(
                table.at(),
                "the policy would never run: it needs `lists`, or a `trigger` such as \"always\"",
            );
            None
        }
        None => Some(Trigger::Lists(lists.clone())),
    }
    .unwrap_or(Trigger::Always);

    let fields = names(file, table, "fields", &Field::ALL.map(|field| (field.name(), field)));
    let time = table
        .choice(file, "time", &TimePrecision::ALL.map(|time| (time.name(), time)))
        .unwrap_or_default();
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
        time,
        preceding,
        fuel_per_kib,
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

fn check_name(file: &mut TomlFile<'_>, what: &str, name: &str, at: Range<usize>) {
    if !is_name(name) {
        file.problem(
            at,
            format!("{name:?} is not the name of {what}: expected 1-{NAME_BYTES_MAX} bytes of a-z, 0-9 and `-`"),
        );
    }
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
