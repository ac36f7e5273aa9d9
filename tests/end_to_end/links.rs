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
