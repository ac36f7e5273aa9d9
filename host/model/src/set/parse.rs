//! Reads a policy set file: every problem of it at once, each with line and column.

use super::{Apply, Departments, Hours, LawfulBasis, Mode, Names, OnFault, PolicySet, Scope};
use crate::limits::{ID_BYTES_MAX, PACKS_PER_SET_MAX, SET_FILE_BYTES_MAX, SETTINGS_BYTES_MAX, TERM_BYTES_MAX};
use crate::places::{Below, Places};
use crate::problem::Problem;
use crate::time::Zone;
use crate::toml_read::{At, Table, TomlFile};
use crate::verdict::Language;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::Path;

impl PolicySet {
    /// Reads a policy set; `file` is the name that problems carry. The keys are those of docs/policy-set.md.
    ///
    /// # Errors
    /// Everything wrong with the file, in its order: syntax, unknown keys, values out of range, limits exceeded.
    pub fn parse(file: &Path, text: &str) -> Result<PolicySet, Vec<Problem>> {
        if text.len() > SET_FILE_BYTES_MAX {
            let message = format!("{} bytes: a policy set has at most {SET_FILE_BYTES_MAX}", text.len());
            return Err(vec![Problem::in_file(file, message)]);
        }
        let (mut toml, mut table) = TomlFile::parse(file, text);
        // What could not be parsed is not there; that it is missing would be a second word for one problem.
        let missing = !toml.has_problems() && !table.has("apply");
        let set = read_set(&mut toml, &mut table);
        if missing || (set.apply.is_empty() && !toml.has_problems()) {
            toml.problem(0..0, "nothing applies: a policy set has at least one `[[apply]]`");
        }
        table.finish(&mut toml);
        if toml.has_problems() {
            Err(toml.into_problems())
        } else {
            Ok(set)
        }
    }
}

fn read_set(toml: &mut TomlFile<'_>, table: &mut Table<'_>) -> PolicySet {
    let language = table
        .choice(toml, "language", &[("en", Language::En), ("zh", Language::Zh)])
        .unwrap_or_default();
    let time_zone = table
        .string(toml, "time_zone")
        .and_then(|(name, at)| match Zone::named(&name) {
            Ok(zone) => Some(zone),
            Err(error) => {
                toml.problem(at, format!("`time_zone`: {error}"));
                None
            }
        });
    let time_zone = time_zone.unwrap_or_default();
    let lawful_basis = table.table(toml, "lawful_basis").map(|mut basis| {
        let external = basis.choice(toml, "external", &LawfulBasis::ALL.map(|basis| (basis.name(), basis)));
        basis.finish(toml);
        external.unwrap_or_default()
    });
    let departments = table
        .table(toml, "departments")
        .map(|departments| read_departments(toml, departments));
    let applied = table.tables(toml, "apply");
    if let Some(beyond) = applied.get(PACKS_PER_SET_MAX) {
        toml.problem(
            beyond.at(),
            format!("{} packs: a set has at most {PACKS_PER_SET_MAX}", applied.len()),
        );
    }
    let mut apply: Vec<Apply> = Vec::new();
    for table in applied.into_iter().take(PACKS_PER_SET_MAX) {
        let Some((read, at)) = read_apply(toml, table, &time_zone) else {
            continue;
        };
        if let Some(earlier) = apply
            .iter()
            .find(|earlier| earlier.pack == read.pack && earlier.scope == read.scope)
        {
            let (line, _) = earlier.at;
            toml.problem(
                at,
                format!("pack {:?} is applied on line {line} with the same scope", read.pack),
            );
        }
        apply.push(read);
    }
    PolicySet {
        language,
        time_zone,
        lawful_basis: lawful_basis.unwrap_or_default(),
        departments: departments.unwrap_or_default(),
        apply,
    }
}

fn read_departments(toml: &mut TomlFile<'_>, table: Table<'_>) -> Departments {
    let mut department_of: HashMap<String, String> = HashMap::new();
    let mut departments = Vec::new();
    for ((name, at), members) in table.into_string_lists(toml) {
        check_id(toml, "a department", &name, at);
        let mut ids = Vec::new();
        for (id, at) in members {
            check_id(toml, "a user id", &id, at.clone());
            let known = department_of.entry(id.clone()).or_insert_with(|| name.clone());
            if *known != name {
                toml.problem(
                    at,
                    format!("{id:?} is in department {known:?} too: a person has one department"),
                );
            }
            ids.push(id);
        }
        departments.push((name, ids));
    }
    departments.into_iter().collect()
}

fn read_apply(toml: &mut TomlFile<'_>, mut table: Table<'_>, zone: &Zone) -> Option<(Apply, Range<usize>)> {
    let pack = table.required_string(toml, "pack");
    if let Some((name, at)) = &pack
        && (name.trim().is_empty() || name.contains(char::is_control))
    {
        toml.problem(
            at.clone(),
            format!("`pack` is {name:?}: expected a folder, a built file, a digest, or registry/name@sha256:…"),
        );
    }
    let mode = table.choice(toml, "mode", &Mode::ALL.map(|mode| (mode.name(), mode)));
    let modes = table.table(toml, "modes").map(|modes| read_modes(toml, modes));
    let on_fault = table.choice(toml, "on_fault", &OnFault::ALL.map(|way| (way.name(), way)));
    let scope = table.table(toml, "scope").map(|scope| read_scope(toml, scope, zone));
    let (settings, settings_at) = table
        .table(toml, "settings")
        .map(|it| read_settings(toml, it))
        .unwrap_or_default();
    let extra_terms = table
        .table(toml, "extra_terms")
        .map(|terms| read_extra_terms(toml, terms));
    let assessment = table.string(toml, "assessment");
    if let Some((id, at)) = &assessment {
        check_id(toml, "an assessment", id, at.clone());
    }
    table.finish(toml);
    let (pack, at) = pack?;
    let apply = Apply {
        pack,
        at: toml.lines_and_columns([&at])[0],
        mode: mode.unwrap_or_default(),
        modes: modes.unwrap_or_default(),
        on_fault: on_fault.unwrap_or_default(),
        scope: scope.unwrap_or_default(),
        settings,
        settings_at,
        extra_terms: extra_terms.unwrap_or_default(),
        assessment: assessment.map(|(id, _)| id),
    };
    Some((apply, at))
}

fn read_modes(toml: &mut TomlFile<'_>, table: Table<'_>) -> BTreeMap<String, Mode> {
    let modes = Mode::ALL.map(|mode| (mode.name(), mode));
    let choices = table.into_choices(toml, &modes).into_iter();
    choices.map(|((policy, _), mode)| (policy, mode)).collect()
}

fn read_scope(toml: &mut TomlFile<'_>, mut table: Table<'_>, zone: &Zone) -> Scope {
    let mut names = |key: &'static str, what: &str| -> Names {
        let names: Vec<At<String>> = table.strings(toml, key).unwrap_or_default();
        for (name, at) in &names {
            check_id(toml, what, name, at.clone());
        }
        names.into_iter().map(|(name, _)| name).collect()
    };
    let tenants = names("tenants", "a tenant");
    let channels = names("channels", "a channel");
    let departments = names("departments", "a department");
    let people = names("people", "an id");
    let except_people = names("except_people", "an id");
    let hours = table
        .string(toml, "hours")
        .and_then(|(text, at)| match Hours::parse(&text, zone) {
            Ok(hours) => Some(hours),
            Err(error) => {
                toml.problem(at, format!("`hours`: {error}"));
                None
            }
        });
    table.finish(toml);
    Scope {
        tenants,
        channels,
        departments,
        people,
        except_people,
        except_tenants: Names::default(),
        hours,
    }
}

type Settings = BTreeMap<String, serde_json::Map<String, serde_json::Value>>;

fn read_settings(toml: &mut TomlFile<'_>, table: Table<'_>) -> (Settings, Places<(usize, usize)>) {
    let mut settings = Settings::new();
    let at = table.at();
    let mut places = BTreeMap::new();
    for ((policy, at), table) in table.into_tables(toml) {
        let (object, within) = table.into_json(toml);
        let bytes = serde_json::to_string(&object).map_or(0, |json| json.len());
        if bytes > SETTINGS_BYTES_MAX {
            let message = format!("settings of {policy:?} are {bytes} bytes as JSON: at most {SETTINGS_BYTES_MAX}");
            toml.problem(at.clone(), message);
        }
        places.insert(policy.clone(), within.at(at));
        settings.insert(policy, object);
    }
    let places = Places::new(at, Below::Entries(places));
    (
        settings,
        places.converted(|all| toml.lines_and_columns(all.iter().copied())),
    )
}

fn read_extra_terms(toml: &mut TomlFile<'_>, table: Table<'_>) -> BTreeMap<String, Vec<String>> {
    let mut lexicons = BTreeMap::new();
    for ((lexicon, _), terms) in table.into_string_lists(toml) {
        for (term, at) in &terms {
            if term.trim().is_empty() || term.len() > TERM_BYTES_MAX || term.contains(char::is_control) {
                let shown: String = term.chars().take(40).collect();
                let message =
                    format!("{shown:?} is not a term: expected 1 to {TERM_BYTES_MAX} bytes on one line, without tabs");
                toml.problem(at.clone(), message);
            }
        }
        lexicons.insert(lexicon, terms.into_iter().map(|(term, _)| term).collect());
    }
    lexicons
}

fn check_id(toml: &mut TomlFile<'_>, what: &str, id: &str, at: Range<usize>) {
    if id.is_empty() || id.len() > ID_BYTES_MAX || id.contains(char::is_control) {
        let shown: String = id.chars().take(40).collect();
        toml.problem(
            at,
            format!("{shown:?} is not {what}: expected 1 to {ID_BYTES_MAX} bytes without control characters"),
        );
    }
}
