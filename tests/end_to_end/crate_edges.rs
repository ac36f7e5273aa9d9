//! The edges between the crates, as docs/ARCHITECTURE.md draws them.

use super::support::project;
use cargo_metadata::{DependencyKind, MetadataCommand};
use proviso_rows::each_row;
use std::collections::{BTreeMap, BTreeSet};

/// Every edge inside the workspace that may be, tests aside.
const EDGES: &[(&str, &[&str])] = &[
    ("proviso-model", &[]),
    // What is noise is one crate for the scan, which looks through it, and for the rules, whose contexts do.
    ("proviso-noise", &[]),
    ("proviso-chars", &[]),
    // It verifies where nothing else of the host is: in an auditor's program, in a browser.
    ("proviso-proof", &[]),
    // Whoever verifies reads records by the code of the archive.
    ("proviso-record", &["proviso-model", "proviso-proof"]),
    (
        "proviso-evidence",
        &["proviso-model", "proviso-entities", "proviso-proof", "proviso-record"],
    ),
    // The last four by its feature `judge`, without which it is built small.
    (
        "proviso-verify",
        &[
            "proviso-evidence",
            "proviso-proof",
            "proviso-record",
            "proviso-seal",
            "proviso-model",
            "proviso-pack",
            "proviso-engine",
            "proviso-pipeline",
        ],
    ),
    // In a browser there is neither AWS-LC nor zstd's library: it opens by ciphers of its own, in the way of the archive.
    (
        "proviso-verify-page",
        &["proviso-evidence", "proviso-proof", "proviso-record", "proviso-sealed"],
    ),
    ("proviso-sealed", &[]),
    // Rows by column, in files: whoever reads an archive for them makes pseudonyms first.
    ("proviso-tables", &[]),
    ("proviso-entities", &["proviso-model", "proviso-chars"]),
    (
        "proviso-scan",
        &["proviso-model", "proviso-chars", "proviso-entities", "proviso-noise"],
    ),
    // A text is folded, read and looked at for entities for an index as it is for the scan.
    (
        "proviso-search",
        &["proviso-model", "proviso-chars", "proviso-entities", "proviso-scan"],
    ),
    ("proviso-pack", &["proviso-model"]),
    ("proviso-registry", &["proviso-model", "proviso-pack"]),
    ("proviso-engine", &["proviso-model", "proviso-scan", "proviso-pack"]),
    ("proviso-pipeline", &["proviso-model", "proviso-pack", "proviso-engine"]),
    ("proviso-seal", &["proviso-model", "proviso-sealed"]),
    // What a term of a hold is equal to is what one of a lexicon is.
    (
        "proviso-archive",
        &[
            "proviso-model",
            "proviso-chars",
            "proviso-evidence",
            "proviso-proof",
            "proviso-record",
            "proviso-seal",
            "proviso-search",
            "proviso-tables",
        ],
    ),
    ("proviso-archive-tests", &[]),
    ("proviso-sources", &["proviso-model"]),
    ("proviso-facts", &["proviso-model"]),
    (
        "proviso-daemon",
        &[
            "proviso-model",
            "proviso-pack",
            "proviso-engine",
            "proviso-evidence",
            "proviso-pipeline",
            "proviso-archive",
            "proviso-proof",
            "proviso-search",
            "proviso-sources",
            "proviso-facts",
            "proviso-tables",
        ],
    ),
    // People work with what the daemon keeps, and see no SQL.
    (
        "proviso-console",
        &["proviso-model", "proviso-archive", "proviso-daemon", "proviso-pipeline"],
    ),
    ("proviso-train", &["proviso-model", "proviso-text-features"]),
    (
        "proviso-author",
        &[
            "proviso-model",
            "proviso-scan",
            "proviso-pack",
            "proviso-engine",
            "proviso-pipeline",
            "proviso-train",
        ],
    ),
    ("proviso", &["proviso-cli"]),
    (
        "proviso-cli",
        &[
            "proviso-model",
            "proviso-scan",
            "proviso-pack",
            "proviso-registry",
            "proviso-engine",
            "proviso-evidence",
            "proviso-pipeline",
            "proviso-archive",
            "proviso-proof",
            "proviso-search",
            "proviso-sources",
            "proviso-facts",
            "proviso-tables",
            "proviso-daemon",
            "proviso-console",
            "proviso-author",
            "proviso-train",
        ],
    ),
    ("proviso-sdk", &[]),
    ("lexicon-rules", &["proviso-sdk", "proviso-noise"]),
    ("retention-schedule", &["proviso-sdk"]),
    ("departure-risk", &["proviso-sdk"]),
    // How a text is cut is one crate for who judges by a model and who trains it.
    ("proviso-text-features", &[]),
    ("text-classifier", &["proviso-sdk", "proviso-text-features"]),
    ("brittle-example", &["proviso-sdk"]),
    ("proviso-rows", &[]),
    // The native program of `make bench` links what the host runs in the sandbox.
    (
        "proviso-measure",
        &[
            "proviso-model",
            "proviso-scan",
            "proviso-pack",
            "proviso-sources",
            "proviso-sdk",
            "lexicon-rules",
            "retention-schedule",
            "departure-risk",
            "text-classifier",
            "brittle-example",
        ],
    ),
];

/// The folders of the host's crates.
const HOST: [&str; 26] = [
    "model",
    "noise",
    "chars",
    "entities",
    "proof",
    "record",
    "evidence",
    "verify",
    "verify-page",
    "sealed",
    "tables",
    "scan",
    "search",
    "pack",
    "registry",
    "engine",
    "pipeline",
    "seal",
    "archive",
    "sources",
    "facts",
    "daemon",
    "console",
    "author",
    "cli",
    "proviso",
];

/// Packages from outside that one crate alone may name.
const OWNED: &[(&str, &[&str])] = &[
    ("wasmtime", &["proviso-engine"]),
    ("wasmtime-wizer", &["proviso-engine"]),
    ("sqlx", &["proviso-archive"]),
    ("csv", &["proviso-facts"]),
    ("parquet", &["proviso-tables"]),
    ("aws-lc-rs", &["proviso-seal"]),
    ("aes", &["proviso-verify-page"]),
    ("aes-gcm", &["proviso-seal", "proviso-verify-page"]),
    ("hkdf", &["proviso-verify-page"]),
    ("ruzstd", &["proviso-verify-page"]),
    ("sm4", &["proviso-seal", "proviso-verify-page"]),
    ("sm3", &["proviso-seal"]),
    ("cryptoki", &["proviso-seal"]),
    ("zstd", &["proviso-seal"]),
    ("minisign", &["proviso-pack"]),
    ("ed25519-dalek", &["proviso-proof"]),
    ("sm2", &["proviso-proof"]),
    ("minisign-verify", &["proviso-pack"]),
    ("getrandom", &["proviso-archive", "proviso-seal", "proviso-console"]),
    ("docker_credential", &["proviso-registry"]),
    ("rustls-native-certs", &["proviso-registry"]),
    ("ureq", &["proviso-registry", "proviso-cli"]),
    ("wit-bindgen-c", &["proviso-author"]),
    ("argon2", &["proviso-console"]),
    ("totp-rs", &["proviso-console"]),
    ("utoipa", &["proviso-console"]),
    ("rust-embed", &["proviso-console"]),
];

#[test]
fn the_crates_have_the_edges_of_the_architecture_and_no_others() {
    let metadata = MetadataCommand::new()
        .manifest_path(project().join("Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap();
    let allowed: BTreeMap<_, BTreeSet<_>> = EDGES
        .iter()
        .map(|(name, edges)| (*name, edges.iter().copied().collect()))
        .collect();
    let names: BTreeSet<_> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    assert_eq!(
        names,
        allowed.keys().copied().collect(),
        "a crate came or went: say so here and in docs/ARCHITECTURE.md"
    );
    for package in &metadata.packages {
        let name = package.name.as_str();
        let dependencies = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind != DependencyKind::Development);
        for dependency in dependencies {
            let on = dependency.name.as_str();
            if names.contains(on) {
                assert!(allowed[name].contains(on), "{name} must not depend on {on}");
            }
            for (owned, owners) in OWNED {
                assert!(on != *owned || owners.contains(&name), "{name} must not name {owned}");
            }
        }
    }
}

/// What tells the time.
const CLOCKS: &[&str] = &["SystemTime", "Instant", "Timestamp::now", "Zoned::now"];
/// What reaches files, the network, the environment, or another thread.
const WORLD: &[&str] = &[
    "std::fs",
    "std::net",
    "std::process",
    "std::env",
    "std::thread",
    "tokio",
    "rayon",
];

#[test]
fn pure_crates_have_no_clock_files_or_threads() {
    for folder in [
        "host/model/src",
        "host/noise/src",
        "host/chars/src",
        "host/entities/src",
        "host/proof/src",
        "host/record/src",
        "host/sealed/src",
        "host/evidence/src",
        "host/facts/src",
        "host/tables/src",
        "host/scan/src",
        "host/search/src",
    ] {
        let sources = sources(&project().join(folder));
        assert!(!sources.is_empty(), "{folder} has no sources");
        let found = named_in(&sources, &[CLOCKS, WORLD].concat());
        assert!(found.is_empty(), "{found:#?}");
    }
}

/// It has threads, and loads sets from files; what time it is, one file says.
#[test]
fn the_pipeline_has_one_clock() {
    // A span of time that was measured goes into no verdict.
    let clocks: Vec<&str> = CLOCKS.iter().copied().filter(|clock| *clock != "Instant").collect();
    let sources = sources(&project().join("host/pipeline/src"));
    assert!(!sources.is_empty(), "the pipeline has no sources");
    let found = named_in(&sources, &clocks);
    assert!(
        matches!(found.as_slice(), [only] if only.ends_with("host/pipeline/src/places.rs names Timestamp::now")),
        "{found:#?}"
    );
}

/// The test above must be able to fail, wherever in a file the defect stands and however it is imported.
#[test]
fn a_clock_or_a_file_is_found_wherever_it_stands() {
    each_row(
        [
            ("fn f() { std::fs::read(path) }", "std::fs"),
            ("use std::fs;", "std::fs"),
            ("use std::{collections::BTreeMap, fs::{File, read}};", "std::fs"),
            ("use std::{sync::{Arc, Mutex},\n    thread,\n};", "std::thread"),
            ("use ::std::env::{self, var};", "std::env"),
            ("fn f() -> i64 { SystemTime::now() }", "SystemTime"),
            ("use std::time::{Duration, Instant};", "Instant"),
            // What the test once did not read: all that follows the first of these lines.
            (
                "#[cfg(test)]\nmod tests;\n\nfn f() { jiff::Timestamp::now() }",
                "Timestamp::now",
            ),
            ("#[cfg(test)]\nuse x::y;\nuse tokio::sync::mpsc;", "tokio"),
            (
                "const URL: &str = \"http://x\"; fn f() { std::net::lookup() }",
                "std::net",
            ),
        ],
        |(text, expected)| {
            let found = named_in(&[("x.rs".to_owned(), text.to_owned())], &[CLOCKS, WORLD].concat());
            assert_eq!(found, [format!("x.rs names {expected}")]);
        },
    );
    for text in [
        "/// As `std::fs` does.\nfn f() {}",
        "use std::{collections::BTreeMap, fmt};",
        "struct InstantReply; fn restd_fs() { mystd::fs() }",
        "env!(\"CARGO_PKG_VERSION\")",
    ] {
        let found = named_in(&[("x.rs".to_owned(), text.to_owned())], &[CLOCKS, WORLD].concat());
        assert!(found.is_empty(), "{text}: {found:?}");
    }
}

/// `PATH names NAME` of every name that a source uses, comments aside, also where it stands in the braces of a `use`.
fn named_in(sources: &[(String, String)], names: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in sources {
        let lines = text.lines().map(|line| match line.find("//") {
            // Two slashes of an address stand behind a colon.
            Some(at) if !line[..at].ends_with(':') => &line[..at],
            _ => line,
        });
        let code: String = lines.collect::<Vec<_>>().join("\n");
        let code = code.clone() + &of_groups(&code);
        found.extend(
            names
                .iter()
                .filter(|name| has_word(&code, name))
                .map(|name| format!("{path} names {name}")),
        );
    }
    found
}

/// Each member of each `std::{…}`, with its `std::`.
fn of_groups(code: &str) -> String {
    let mut all = String::new();
    for (at, opening) in code.match_indices("std::{") {
        let mut depth = 1;
        all.push_str("\nstd::");
        for character in code[at + opening.len()..]
            .chars()
            .filter(|character| !character.is_whitespace())
        {
            match character {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => {
                    all.push_str("\nstd::");
                    continue;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
            all.push(character);
        }
    }
    all
}

/// True if `word` stands in `code` with no letter, digit or underscore beside it.
fn has_word(code: &str, word: &str) -> bool {
    let part_of_word = |character: char| character.is_alphanumeric() || character == '_';
    code.match_indices(word)
        .any(|(at, _)| !code[..at].ends_with(part_of_word) && !code[at + word.len()..].starts_with(part_of_word))
}

/// A crate whose tests are one binary names its files there; one that is not named would never run.
#[test]
fn every_file_of_tests_is_part_of_a_binary() {
    let metadata = MetadataCommand::new()
        .manifest_path(project().join("Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap();
    let mut read = 0;
    for package in &metadata.packages {
        let folder = package.manifest_path.parent().unwrap().join("tests");
        let Ok(main) = std::fs::read_to_string(folder.join("main.rs")) else {
            continue;
        };
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let module = path.extension().is_some_and(|extension| extension == "rs");
            let folder_with_tests = path.join("main.rs").is_file();
            if name == "main" || !(module || folder_with_tests) {
                continue;
            }
            read += 1;
            let own_binary = package
                .targets
                .iter()
                .any(|target| target.is_test() && (target.src_path == path || target.src_path == path.join("main.rs")));
            assert!(
                own_binary || main.contains(&format!("mod {name};")),
                "{} is part of no binary: name it in {folder}/main.rs",
                path.display()
            );
        }
    }
    assert!(read > 20, "only {read} files of tests were found");
}

/// Files that import each other are one thought in two places. A folder's first file and its children are no circle.
#[test]
fn no_two_files_of_a_crate_import_each_other() {
    let mut read = 0;
    for folder in HOST {
        let root = project().join("host").join(folder).join("src");
        let sources = sources(&root);
        let modules = sources.iter().filter_map(|(path, text)| {
            let inside = std::path::Path::new(path).strip_prefix(&root).unwrap();
            Some((module_of(inside)?, text.clone()))
        });
        let modules: BTreeMap<Vec<String>, String> = modules.collect();
        read += modules.len();
        let circles = circles(&modules);
        assert!(circles.is_empty(), "{folder}: {circles:?} import each other");
    }
    assert!(read > 200, "only {read} files were read");
}

/// The test above must be able to fail.
#[test]
fn a_circle_is_found_however_it_is_imported() {
    let module = |path: &str, text: &str| {
        let path = path.split("::").map(str::to_owned).collect::<Vec<_>>();
        (path, text.to_owned())
    };
    each_row(
        [
            ("use crate::b::B;", "use crate::a::A;", true),
            ("use crate::{c, b::{B, C}};", "fn f() -> crate::a::A {}", true),
            ("use super::b;", "use super::{c::C, a::A as Other};", true),
            // Through a third.
            ("use crate::b::B;", "use crate::c::C;", true),
            ("use crate::b::B;", "use crate::d::D;", false),
            ("use crate::b::B;", "//! As in `crate::a`.\nuse std::a::A;", false),
            (
                "use crate::b::B;",
                "#[cfg(test)]\nmod tests {\n    use crate::a::A;\n}",
                false,
            ),
        ],
        |(a, b, found)| {
            let modules = BTreeMap::from([
                module("a", a),
                module("b", b),
                module("c", "use crate::a::A;"),
                module("d", "use self::e::E;"),
                module("d::e", "use super::D;"),
            ]);
            assert_eq!(!circles(&modules).is_empty(), found, "{a} {b}: {:?}", circles(&modules));
        },
    );
}

/// The path of a file's module; `None` of the crate's first file, from which all hang, and of files of tests.
fn module_of(file: &std::path::Path) -> Option<Vec<String>> {
    let mut path: Vec<String> = file
        .with_extension("")
        .iter()
        .map(|part| part.to_str().unwrap().to_owned())
        .collect();
    let last = path.last()?;
    if last == "tests" || last.ends_with("_tests") {
        return None;
    }
    if ["mod", "lib", "main"].contains(&last.as_str()) {
        path.pop();
    }
    (!path.is_empty()).then_some(path)
}

/// The modules that reach themselves by what they import.
fn circles(modules: &BTreeMap<Vec<String>, String>) -> Vec<String> {
    let imports: BTreeMap<_, _> = modules
        .iter()
        .map(|(module, text)| (module, imports(module, text, modules)))
        .collect();
    let reaches_itself = |module: &&Vec<String>| {
        let (mut seen, mut left) = (BTreeSet::new(), vec![*module]);
        while let Some(at) = left.pop() {
            for next in &imports[at] {
                if next == module {
                    return true;
                }
                if seen.insert(*next) {
                    left.push(next);
                }
            }
        }
        false
    };
    let found = modules.keys().filter(reaches_itself);
    found.map(|module| module.join("::")).collect()
}

/// The modules that a file names by `crate::` or `super::`, comments and tests aside, and the folders that it stands in.
fn imports<'m>(module: &[String], text: &str, modules: &'m BTreeMap<Vec<String>, String>) -> BTreeSet<&'m Vec<String>> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    let code = lines.collect::<Vec<_>>().join(" ");
    let mut found = BTreeSet::new();
    for (root, from) in [
        ("crate::", &[][..]),
        ("super::", &module[..module.len() - 1]),
        ("self::", module),
    ] {
        for (at, _) in code.match_indices(root) {
            let before = &code[..at];
            // A path that stays public is no import.
            let is_public = before.trim_end().ends_with("pub use");
            if is_public || before.ends_with(|character: char| character.is_alphanumeric() || "_:".contains(character))
            {
                continue;
            }
            for path in members(&code[at + root.len()..]) {
                let path: Vec<String> = from.iter().cloned().chain(path).collect();
                let mut lengths = (1..=path.len()).rev();
                let named = lengths.find_map(|length| modules.get_key_value(&path[..length]));
                let named = named.map(|(named, _)| named);
                found.extend(named.filter(|named| !module.starts_with(named)));
            }
        }
    }
    found
}

/// The paths that begin at the beginning of `code`: one, or each of those in its braces.
fn members(code: &str) -> Vec<Vec<String>> {
    let part = |character: char| character.is_alphanumeric() || character == '_';
    let mut found = Vec::new();
    let mut open: Vec<Vec<String>> = vec![Vec::new()];
    let mut path: Vec<String> = Vec::new();
    let mut rest = code;
    loop {
        rest = rest.trim_start();
        let length = rest.find(|character| !part(character)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(length);
        if !word.is_empty() {
            path.push(word.to_owned());
            rest = behind;
        }
        if let Some(behind) = rest.strip_prefix("::") {
            rest = behind;
            if let Some(inside) = rest.strip_prefix('{') {
                open.push(path.clone());
                rest = inside;
            }
            continue;
        }
        if open.len() == 1 && rest.starts_with('{') && path.is_empty() && found.is_empty() {
            open.push(Vec::new());
            rest = &rest[1..];
            continue;
        }
        if !path.is_empty() {
            found.push(std::mem::take(&mut path));
        }
        // What a name is called here says nothing of where it comes from.
        if let Some(behind) = rest.trim_start().strip_prefix("as ") {
            rest = behind.trim_start().trim_start_matches(part);
        }
        rest = rest.trim_start();
        while open.len() > 1
            && let Some(behind) = rest.strip_prefix('}')
        {
            open.pop();
            rest = behind.trim_start();
        }
        match rest.strip_prefix(',') {
            Some(behind) if open.len() > 1 => {
                path = open.last().cloned().unwrap_or_default();
                rest = behind;
                // A comma behind the last.
                if rest.trim_start().starts_with('}') {
                    path.clear();
                }
            }
            _ => return found,
        }
    }
}

#[test]
fn unsafe_stands_in_one_file_of_the_host_and_in_one_of_the_guests() {
    let host = HOST.map(|name| format!("host/{name}"));
    let guests = [
        "sdk",
        "lexicon-rules",
        "retention-schedule",
        "departure-risk",
        "text-classifier",
        "brittle-example",
    ]
    .map(|name| format!("plugins/{name}"));
    for (folders, allowed) in [
        (&host[..], "host/engine/src/cache.rs"),
        (&guests[..], "plugins/sdk/src/arena.rs"),
    ] {
        let mut found = Vec::new();
        for folder in folders {
            for (path, text) in sources(&project().join(folder).join("src")) {
                if text.contains("unsafe {") || text.contains("unsafe fn") || text.contains("unsafe impl") {
                    found.push(path);
                }
            }
        }
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].ends_with(allowed), "{found:?}");
    }
}

/// What does without signatures is asked for in one place; and by the verifier of exports, which keeps nothing: a pack that it accepts is
/// compared with what it said before, and becomes live nowhere.
#[test]
fn development_is_decided_in_one_file_of_the_binary() {
    let mut found = Vec::new();
    for folder in HOST {
        for (path, text) in sources(&project().join("host").join(folder).join("src")) {
            if text.contains("Trust::development") {
                found.push(path);
            }
        }
    }
    found.sort();
    let expected = ["host/pipeline/src/loading/trust.rs", "host/verify/src/judging.rs"];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.ends_with(expected), "{found:?}");
    }
}

/// Who embeds the engine compiles neither TLS nor what speaks to registries. Features are those that the crate has when it is
/// built alone, not those that the binary adds.
#[test]
fn the_engine_brings_neither_tls_nor_a_registry_client() {
    let tree = |package: &str| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = std::process::Command::new(cargo)
            .args([
                "tree",
                "--locked",
                "--offline",
                "--edges",
                "normal,build",
                "--prefix",
                "none",
            ])
            .args(["--format", "{p}", "--package", package])
            .current_dir(project())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines()
            .filter_map(|line| line.split_whitespace().next())
            .map(str::to_owned)
            .collect::<BTreeSet<_>>()
    };
    let of_the_network = [
        "proviso-registry",
        "ureq",
        "rustls",
        "rustls-native-certs",
        "ring",
        "aws-lc-rs",
        "docker_credential",
        "sqlx",
        "tokio",
    ];
    for package in ["proviso-model", "proviso-scan", "proviso-pack", "proviso-engine"] {
        let brings = tree(package);
        assert!(brings.contains(package), "{brings:?}");
        let found: Vec<_> = of_the_network.iter().filter(|name| brings.contains(**name)).collect();
        assert!(found.is_empty(), "{package} brings {found:?}");
    }
    // What is looked for is called so: the crate that speaks to registries has it.
    let brings = tree("proviso-registry");
    for name in ["ureq", "rustls", "rustls-native-certs", "docker_credential"] {
        assert!(brings.contains(name), "{name}: {brings:?}");
    }
}

/// Reading a set never uses the network: registries are spoken to in one crate, for two commands.
#[test]
fn registries_are_spoken_to_by_two_commands_alone() {
    for folder in HOST {
        for (path, text) in sources(&project().join("host").join(folder).join("src")) {
            let clients = ["/cli/src/client.rs", "/cli/src/witness_client.rs"];
            let speaks = path.contains("/registry/src/") || clients.iter().any(|client| path.ends_with(client));
            assert!(speaks || !text.contains("ureq"), "{path} speaks HTTP");
            let calls = text.contains("proviso_registry");
            assert!(
                !calls || path.ends_with("/command/pack_registry.rs"),
                "{path} calls a registry"
            );
        }
    }
}

fn sources(folder: &std::path::Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    found
}
