//! Links between the project's pages lead somewhere.

use super::support::project;
use std::path::{Path, PathBuf};

#[test]
fn every_relative_link_has_a_target() {
    let root = project();
    let mut pages = pages(&root.join("docs"));
    for folder in ["plugins", "policies", "wit"] {
        pages.extend(self::pages(&root.join(folder)));
    }
    pages.extend(["README.md", "README.zh-CN.md", "CHANGELOG.md"].map(|page| root.join(page)));
    assert!(pages.len() > 20);
    let mut dead = Vec::new();
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        for link in links(&text) {
            let target = page.parent().unwrap().join(link.split('#').next().unwrap());
            if !target.exists() {
                dead.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

/// Targets of `[text](target)` that are paths.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets
        .filter(|target| !target.contains("://") && !target.starts_with('#') && !target.contains(' '))
        .collect()
}

fn pages(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(pages(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found
}

/// Where the sources lie: a path that these pages name begins with one of them.
const FOLDERS: [&str; 6] = ["host/", "plugins/", "policies/", "tests/", "wit/", "docs/"];

/// A page that tells where things are is worth what its paths are worth.
#[test]
fn every_path_on_the_pages_about_the_sources_is_there() {
    for (page, at_least) in [("GLOSSARY.md", 150), ("ARCHITECTURE.md", 60), ("STYLE.md", 0)] {
        let text = std::fs::read_to_string(project().join("docs").join(page)).unwrap();
        let found = wrong_paths(&text, &project());
        assert!(found.is_empty(), "docs/{page}:\n{}", found.join("\n"));
        let paths = code(&text).into_iter().filter(|word| begins_as_a_path(word)).count();
        assert!(paths >= at_least, "docs/{page} names {paths} paths");
    }
}

/// The test above must be able to fail.
#[test]
fn a_path_that_leads_nowhere_is_found() {
    let text = "`host/model/src/id.rs`, `host/model/src/gone.rs`, `id.rs`, [`id.rs`](../host/model/src/id.rs), `a/b`, `Cargo.toml`";
    assert_eq!(
        wrong_paths(text, &project()),
        [
            "`host/model/src/gone.rs` is not there",
            "`id.rs` is not a path from the project's root"
        ]
    );
}

#[test]
fn the_glossary_is_sorted_and_has_each_word_once() {
    let text = std::fs::read_to_string(project().join("docs/GLOSSARY.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| ")).skip(1);
    let mut words = Vec::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [word, _, _, places] = cells[..] else {
            panic!("not four cells: {row}")
        };
        assert!(!code(places).is_empty(), "no path: {row}");
        for place in code(places) {
            assert!(project().join(place).exists(), "{word}: `{place}` is not there");
        }
        words.push(
            word.to_lowercase()
                .replace(|c: char| !c.is_alphanumeric() && c != ' ', ""),
        );
    }
    assert!(words.len() > 150);
    for pair in words.windows(2) {
        assert!(pair[0] < pair[1], "{:?} stands before {:?}", pair[0], pair[1]);
    }
}

/// What stands between backticks within a line, the texts of links aside.
fn code(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for line in text.lines() {
        let parts: Vec<&str> = line.split('`').collect();
        let pairs = parts.windows(2).skip(1).step_by(2);
        found.extend(pairs.filter(|pair| !pair[1].starts_with("](")).map(|pair| pair[0]));
    }
    found
}

fn begins_as_a_path(word: &str) -> bool {
    FOLDERS.iter().any(|folder| word.starts_with(folder)) && !word.contains([' ', '*', '{'])
}

fn wrong_paths(text: &str, root: &Path) -> Vec<String> {
    let mut wrong = Vec::new();
    for word in code(text) {
        if begins_as_a_path(word) {
            if !root.join(word).exists() {
                wrong.push(format!("`{word}` is not there"));
            }
        } else if Path::new(word).extension().is_some_and(|extension| extension == "rs") {
            wrong.push(format!("`{word}` is not a path from the project's root"));
        }
    }
    wrong
}
