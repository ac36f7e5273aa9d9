//! The lists that a manifest declares: lexicons and patterns by their files, entities by their kinds.

use super::text::{ManifestText, check_name};
use super::{Entities, Folding, Gaps, List, ListKind, SEGMENTS};
use proviso_model::EntityKind;
use proviso_model::problem::line_and_column;
use proviso_model::toml_read::{Table, TomlFile};
use std::ops::Range;

/// Lexicons and patterns of one pack.
const LISTS_MAX: usize = 256;

/// The lexicons and pattern files.
pub(super) fn files(file: &mut TomlFile<'_>, table: &mut Table<'_>, places: &mut ManifestText<'_>) -> Vec<List> {
    let mut lists: Vec<List> = Vec::new();
    for (key, folder) in [("lexicon", "lexicons"), ("patterns", "patterns")] {
        let Some(tables) = table.table(file, key) else { continue };
        for ((name, at), mut entry) in tables.into_tables(file) {
            check_name(file, "a list", &name, at.clone());
            if name == SEGMENTS {
                file.problem(
                    at.clone(),
                    format!("{name:?} is the name of the host's own list: choose another"),
                );
            }
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
    let word_segmentation = switch("word_segmentation", default.word_segmentation);
    let glued_identifiers = switch("glued_identifiers", default.glued_identifiers);
    let skip_machine_text = switch("skip_machine_text", default.skip_machine_text);
    let repeats = switch("repeats", default.repeats);
    let gaps = table.choice(file, "gaps", &GAPS).unwrap_or(default.gaps);
    table.finish(file);
    Folding {
        case,
        width,
        variants,
        gaps,
        word_boundaries,
        word_segmentation,
        glued_identifiers,
        skip_machine_text,
        repeats,
    }
}

/// The lists of entities. `text` is the manifest's, for lines; `lists` are those with files: all share their names.
pub(super) fn entities(file: &mut TomlFile<'_>, table: &mut Table<'_>, text: &str, lists: &[List]) -> Vec<Entities> {
    let mut entities: Vec<Entities> = Vec::new();
    let Some(tables) = table.table(file, "entities") else {
        return entities;
    };
    for ((name, at), mut entry) in tables.into_tables(file) {
        check_name(file, "a list", &name, at.clone());
        check_free(file, &name, &at, &names(lists, &entities));
        if lists.len() + entities.len() == LISTS_MAX {
            file.problem(at, format!("more than {LISTS_MAX} lists"));
            break;
        }
        let line = line_and_column(text, at.start).0;
        let mut kinds = Vec::new();
        for (kind, kind_at) in entry.strings(file, "kinds").unwrap_or_default() {
            match EntityKind::from_name(&kind) {
                None => {
                    let known: Vec<&str> = EntityKind::ALL.iter().map(|kind| kind.name()).collect();
                    let message = format!("{kind:?} is not a kind of entity: expected one of {}", known.join(", "));
                    file.problem(kind_at, message);
                }
                Some(known) if kinds.contains(&known) => file.problem(kind_at, format!("{kind:?} stands here twice")),
                Some(known) => kinds.push(known),
            }
        }
        if kinds.is_empty() {
            file.problem(
                at,
                format!("[entities.{name}] needs `kinds`, such as [\"bank-card\", \"cn-identity\"]"),
            );
        }
        entry.finish(file);
        entities.push(Entities { name, kinds, line });
    }
    entities
}

/// The names that a policy may give among its `lists`.
pub(super) fn names<'a>(lists: &'a [List], entities: &'a [Entities]) -> Vec<&'a str> {
    let lists = lists.iter().map(|list| list.name.as_str());
    let entities = entities.iter().map(|list| list.name.as_str());
    lists.chain(entities).chain([SEGMENTS]).collect()
}

/// `taken` are the names of the lists so far.
fn check_free(file: &mut TomlFile<'_>, name: &str, at: &Range<usize>, taken: &[&str]) {
    if name == SEGMENTS {
        file.problem(
            at.clone(),
            format!("{name:?} is the name of the host's own list: choose another"),
        );
    } else if taken.contains(&name) {
        file.problem(
            at.clone(),
            format!("{name:?} is the name of two lists: lexicons, patterns and entities share their names"),
        );
    }
}
