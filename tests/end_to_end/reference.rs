//! The reference pages and the sources say the same: docs/wit.md is written from wit/, and every key that a file may have
//! stands on the page that describes the file.

use crate::support::{project, run, stderr};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use wit_parser::{Docs, Function, InterfaceId, Resolve, Type, TypeDef, TypeDefKind, TypeOwner, WorldItem};

/// Set, the page is written instead of compared.
const WRITE: &str = "PROVISO_WRITE_DOCS";

#[test]
fn the_page_of_the_contract_is_written_from_it() {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(project().join("wit/v0.1.0")).unwrap();
    let mut page = format!("# {}\n\n", resolve.packages[package].name);
    page.push_str(
        "<!-- Written by `PROVISO_WRITE_DOCS=1 cargo test --test end_to_end reference` from wit/v0.1.0. -->\n\n",
    );
    page.push_str(
        "The contract between host and plugins, every record, field and error. [plugin-guide.md](plugin-guide.md) says how to write a plugin with it.\n",
    );
    page.push_str("\n## Worlds\n\n| world | exports | is |\n|---|---|---|\n");
    for (name, world) in &resolve.packages[package].worlds {
        let world = &resolve.worlds[*world];
        let exports = world.exports.values().filter_map(|item| match item {
            WorldItem::Interface { id, .. } => resolve.interfaces[*id].name.as_deref(),
            _ => None,
        });
        let exports: Vec<String> = exports.map(|name| format!("[{name}](#interface-{name})")).collect();
        writeln!(page, "| `{name}` | {} | {} |", exports.join(", "), line(&world.docs)).unwrap();
    }
    // The types first: the others speak of them.
    let mut interfaces: Vec<(&String, &InterfaceId)> = resolve.packages[package].interfaces.iter().collect();
    interfaces.sort_by_key(|(name, _)| (*name != "lifecycle", *name == "types", (*name).clone()));
    for (name, id) in interfaces {
        let interface = &resolve.interfaces[*id];
        writeln!(page, "\n## interface {name}\n\n{}", paragraphs(&interface.docs)).unwrap();
        for function in interface.functions.values() {
            writeln!(
                page,
                "\n### {}\n\n{}\n\n{}",
                function.name,
                signature(&resolve, function),
                paragraphs(&function.docs)
            )
            .unwrap();
        }
        for (name, of) in &interface.types {
            let of = &resolve.types[*of];
            if of.owner == TypeOwner::Interface(*id) && !is_use(of) {
                type_section(&mut page, &resolve, name, of);
            }
        }
    }
    let path = project().join("docs/wit.md");
    if std::env::var_os(WRITE).is_some() {
        fs::write(&path, &page).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/wit.md is not what wit/ says: {WRITE}=1 cargo test --test end_to_end reference"
    );
}

/// True of `use types.{…}`.
fn is_use(of: &TypeDef) -> bool {
    matches!(of.kind, TypeDefKind::Type(Type::Id(_)))
}

fn type_section(page: &mut String, resolve: &Resolve, name: &str, of: &TypeDef) {
    writeln!(page, "\n### {name}\n\n{}\n", paragraphs(&of.docs)).unwrap();
    match &of.kind {
        TypeDefKind::Record(record) => {
            page.push_str("| field | type | meaning |\n|---|---|---|\n");
            for field in &record.fields {
                writeln!(
                    page,
                    "| `{}` | {} | {} |",
                    field.name,
                    words(resolve, &field.ty),
                    line(&field.docs)
                )
                .unwrap();
            }
        }
        TypeDefKind::Enum(of) => {
            page.push_str("| case | meaning |\n|---|---|\n");
            for case in &of.cases {
                writeln!(page, "| `{}` | {} |", case.name, line(&case.docs)).unwrap();
            }
        }
        TypeDefKind::Variant(variant) => {
            page.push_str("| case | holds | meaning |\n|---|---|---|\n");
            for case in &variant.cases {
                let holds = case.ty.as_ref().map(|of| words(resolve, of)).unwrap_or_default();
                writeln!(page, "| `{}` | {holds} | {} |", case.name, line(&case.docs)).unwrap();
            }
        }
        TypeDefKind::Type(of) => writeln!(page, "The same as {}.", words(resolve, of)).unwrap(),
        other => panic!("{name} is a {}: the page has no form for it yet", other.as_str()),
    }
}

fn signature(resolve: &Resolve, function: &Function) -> String {
    let parameters = function.params.iter();
    let parameters: Vec<String> = parameters
        .map(|of| format!("`{}`: {}", of.name, words(resolve, &of.ty)))
        .collect();
    let result = function
        .result
        .as_ref()
        .map_or_else(String::new, |of| format!(" → {}", words(resolve, of)));
    format!("({}){result}", parameters.join(", "))
}

/// A type in words; one that has a name is a link.
fn words(resolve: &Resolve, of: &Type) -> String {
    let id = match of {
        Type::Bool => return "bool".to_owned(),
        Type::U8 => return "u8".to_owned(),
        Type::U16 => return "u16".to_owned(),
        Type::U32 => return "u32".to_owned(),
        Type::U64 => return "u64".to_owned(),
        Type::S64 => return "s64".to_owned(),
        Type::F32 => return "f32".to_owned(),
        Type::F64 => return "f64".to_owned(),
        Type::String => return "string".to_owned(),
        Type::Id(id) => *id,
        other => panic!("{other:?} is new to the contract: the page has no word for it"),
    };
    let of = &resolve.types[id];
    if let Some(name) = &of.name {
        return format!("[{name}](#{name})");
    }
    let inside = |of: &Option<Type>| {
        of.as_ref()
            .map_or_else(|| "nothing".to_owned(), |of| words(resolve, of))
    };
    match &of.kind {
        TypeDefKind::List(of) => format!("list of {}", words(resolve, of)),
        TypeDefKind::Option(of) => format!("option of {}", words(resolve, of)),
        TypeDefKind::Result(of) => format!("{}, or the error {}", inside(&of.ok), inside(&of.err)),
        TypeDefKind::Tuple(of) => {
            let parts: Vec<String> = of.types.iter().map(|of| words(resolve, of)).collect();
            format!("({})", parts.join(", "))
        }
        other => panic!("a {} without a name: the page has no word for it", other.as_str()),
    }
}

fn paragraphs(docs: &Docs) -> String {
    docs.contents.clone().unwrap_or_default().trim().to_owned()
}

fn line(docs: &Docs) -> String {
    paragraphs(docs).replace('\n', " ").replace('|', "\\|")
}

/// The keys that a file's reader names when it meets one that it does not know. Every table of `text` has such a key.
fn known_keys(arguments: &[&str]) -> BTreeSet<String> {
    let output = run(arguments);
    let told = stderr(&output);
    let lists = told
        .lines()
        .filter_map(|line| line.split_once(": expected one of ").map(|(_, keys)| keys));
    let keys = lists
        .filter(|keys| keys.starts_with('`'))
        .flat_map(|keys| keys.split(", "));
    keys.map(|key| key.trim_matches('`').to_owned()).collect()
}

fn assert_described(page: &str, keys: &BTreeSet<String>, at_least: usize) {
    assert!(keys.len() >= at_least, "only {} keys were told: {keys:?}", keys.len());
    let text = fs::read_to_string(project().join("docs").join(page)).unwrap();
    // What stands between backticks is code, a block of it or a word.
    let code = text.split('`').skip(1).step_by(2);
    let words = code.flat_map(|code| code.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')));
    let words: BTreeSet<&str> = words.collect();
    let missing: Vec<&String> = keys.iter().filter(|key| !words.contains(key.as_str())).collect();
    assert!(missing.is_empty(), "docs/{page} does not speak of {missing:?}");
}

#[test]
fn every_key_of_a_pack_stands_on_its_page() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("pack");
    fs::create_dir_all(folder.join("cases")).unwrap();
    let manifest = "zzzzzzzz = 1\n[description]\nzzzzzzzz = 1\n[lexicon.a]\nzzzzzzzz = 1\nfold = { zzzzzzzz = 1 }\n\
                    [patterns.b]\nzzzzzzzz = 1\n[[policy]]\nzzzzzzzz = 1\nbudget = { zzzzzzzz = 1 }\ntrigger = { zzzzzzzz = 1 }\n";
    fs::write(folder.join("pack.toml"), manifest).unwrap();
    assert_described(
        "pack-format.md",
        &known_keys(&["pack", "inspect", folder.to_str().unwrap()]),
        20,
    );
    // Cases are read once the manifest is good.
    fs::remove_dir_all(&folder).unwrap();
    let output = run(&["pack", "new", "acme/pack", "--dir", folder.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let case = "[[case]]\nname = \"a\"\ntext = \"a\"\nzzzzzzzz = 1\nexpect = [{ zzzzzzzz = 1 }]\nexpect_retention = [{ zzzzzzzz = 1 }]\n\
                expect_score = { zzzzzzzz = 1 }\n";
    fs::write(folder.join("cases/zz.toml"), case).unwrap();
    assert_described(
        "pack-format.md",
        &known_keys(&["pack", "inspect", folder.to_str().unwrap()]),
        12,
    );
}

#[test]
fn every_key_of_the_operators_files_stands_on_its_page() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let set =
        "zzzzzzzz = 1\n[lawful_basis]\nzzzzzzzz = 1\n[[apply]]\npack = \"a\"\nzzzzzzzz = 1\nscope = { zzzzzzzz = 1 }\n";
    assert_described(
        "policy-set.md",
        &known_keys(&["policy", "check", &file("set.toml", set)]),
        15,
    );
    let trust = "zzzzzzzz = 1\n[development]\nzzzzzzzz = 1\n[vendor.a]\nzzzzzzzz = 1\n\
                 [[vendor.a.key]]\nzzzzzzzz = 1\n[[revoked]]\nzzzzzzzz = 1\n";
    let good = file("good.toml", "");
    let keys = known_keys(&["policy", "check", &good, "--trust", &file("trust.toml", trust)]);
    assert_described("trust.md", &keys, 8);
    let daemon = "zzzzzzzz = 1\n[http]\nzzzzzzzz = 1\n[quarantine]\nzzzzzzzz = 1\n[[spool]]\nzzzzzzzz = 1\n[[keys]]\nmodule = \"m\"\nzzzzzzzz = 1\n";
    let keys = known_keys(&["serve", "--config", &file("proviso.toml", daemon)]);
    assert_described("operations.md", &keys, 18);
}
