//! What dependencies may be, by deny.toml: their licences, how many versions of one there are, and where they come from.
//!
//! This is the part of cargo-deny that the file uses, without cargo-deny, which takes longer to compile than Proviso.

use super::support::project;
use cargo_metadata::{Metadata, MetadataCommand, Package};
use proviso_rows::{each_named_row, each_row};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// deny.toml. A key that this test does not understand is an error: it would be a rule that nobody checks.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    graph: Graph,
    licenses: Licenses,
    bans: Bans,
    sources: Sources,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Graph {
    targets: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Licenses {
    allow: BTreeSet<String>,
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Bans {
    multiple_versions: String,
    deny: Vec<Named>,
    skip: Vec<Named>,
}

/// A crate, `NAME` or `NAME@VERSION`, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    #[serde(rename = "crate")]
    spec: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Sources {
    unknown_registry: String,
    unknown_git: String,
    allow_registry: Vec<String>,
    allow_git: Vec<String>,
}

fn rules() -> Rules {
    toml::from_str(&fs::read_to_string(project().join("deny.toml")).unwrap()).unwrap()
}

/// All packages that a build for these targets can reach, our own among them.
fn metadata(rules: &Rules) -> Metadata {
    let mut options = vec!["--locked".to_owned()];
    for target in &rules.graph.targets {
        options.extend(["--filter-platform".to_owned(), target.clone()]);
    }
    let mut command = MetadataCommand::new();
    command
        .manifest_path(project().join("Cargo.toml"))
        .other_options(options);
    command.exec().unwrap()
}

fn foreign(metadata: &Metadata) -> impl Iterator<Item = &Package> {
    metadata.packages.iter().filter(|package| package.source.is_some())
}

#[test]
fn every_licence_is_allowed() {
    let rules = rules();
    let metadata = metadata(&rules);
    let exceptions: BTreeMap<_, _> = rules
        .licenses
        .exceptions
        .iter()
        .map(|exception| (exception.name.as_str(), &exception.allow))
        .collect();
    let none = BTreeSet::new();
    let packages = foreign(&metadata).map(|package| (format!("{} {}", package.name, package.version), package));
    each_named_row(packages, |package| {
        let licence = package.license.as_deref().unwrap_or_default();
        let more = exceptions.get(package.name.as_str()).copied().unwrap_or(&none);
        let allowed = |name: &str| rules.licenses.allow.contains(name) || more.contains(name);
        assert!(
            satisfied(licence, &allowed),
            "{} {} is licensed {licence:?}, which deny.toml does not allow",
            package.name,
            package.version
        );
    });
    for exception in exceptions.keys() {
        let named = foreign(&metadata).any(|package| package.name.as_str() == *exception);
        assert!(
            named,
            "deny.toml has an exception for {exception}, which nothing depends on"
        );
    }
}

#[test]
fn no_crate_is_banned_and_each_has_one_version_or_a_reason() {
    let rules = rules();
    let metadata = metadata(&rules);
    assert_eq!(rules.bans.multiple_versions, "deny");
    let found = banned(
        &rules.bans,
        foreign(&metadata).map(|package| (package.name.to_string(), package.version.to_string())),
    );
    assert!(found.is_empty(), "{found:#?}");
    for named in rules.bans.deny.iter().chain(&rules.bans.skip) {
        assert!(!named.reason.is_empty(), "{} has no reason", named.spec);
    }
}

#[test]
fn every_dependency_comes_from_the_registry() {
    let rules = rules();
    let metadata = metadata(&rules);
    assert_eq!(
        (&*rules.sources.unknown_registry, &*rules.sources.unknown_git),
        ("deny", "deny")
    );
    assert!(
        rules.sources.allow_git.is_empty(),
        "this test knows no allowed repositories"
    );
    for package in foreign(&metadata) {
        let source = package.source.as_ref().unwrap().to_string();
        let registry = source.strip_prefix("registry+").unwrap_or_default();
        let allowed = rules.sources.allow_registry.iter().any(|allowed| allowed == registry);
        assert!(allowed, "{} comes from {source}", package.name);
    }
    // What has no source is a folder; every such folder is ours.
    for package in metadata.packages.iter().filter(|package| package.source.is_none()) {
        let inside = package.manifest_path.as_std_path().starts_with(project());
        assert!(inside, "{} is the folder {}", package.name, package.manifest_path);
    }
}

/// What is wrong with these names and versions.
fn banned(bans: &Bans, packages: impl Iterator<Item = (String, String)>) -> Vec<String> {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, version) in packages {
        versions.entry(name).or_default().insert(version);
    }
    let mut found = Vec::new();
    for named in &bans.deny {
        if versions.contains_key(&named.spec) {
            found.push(format!("{} is banned: {}", named.spec, named.reason));
        }
    }
    for named in &bans.skip {
        let (name, version) = named.spec.split_once('@').unwrap_or((&named.spec, ""));
        if !versions.get_mut(name).is_some_and(|versions| versions.remove(version)) {
            found.push(format!("nothing depends on {}: take it out of `skip`", named.spec));
        }
    }
    let many = versions.iter().filter(|(_, versions)| versions.len() > 1);
    found.extend(many.map(|(name, versions)| format!("{name} has the versions {versions:?}")));
    found
}

/// True if an SPDX expression is met by licences that are allowed. `/` between licences, as older manifests have it, is `OR`.
fn satisfied(expression: &str, allowed: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    any_of(&mut rest, allowed) == Some(true) && rest.is_empty()
}

/// Terms joined by `OR`; `None` where the expression is broken. Nothing is left out because its fellow already decides: what
/// follows must be read.
fn any_of(rest: &mut &[&str], allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let mut met = all_of(rest, allowed)?;
    while let Some((&"OR", behind)) = rest.split_first() {
        *rest = behind;
        met |= all_of(rest, allowed)?;
    }
    Some(met)
}

/// Terms joined by `AND`, which binds closer.
fn all_of(rest: &mut &[&str], allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let mut met = one(rest, allowed)?;
    while let Some((&"AND", behind)) = rest.split_first() {
        *rest = behind;
        met &= one(rest, allowed)?;
    }
    Some(met)
}

/// A licence, one `WITH` an exception, or an expression in parentheses.
fn one(rest: &mut &[&str], allowed: &dyn Fn(&str) -> bool) -> Option<bool> {
    let (&first, behind) = rest.split_first()?;
    *rest = behind;
    match first {
        "(" => {
            let met = any_of(rest, allowed)?;
            let (&")", behind) = rest.split_first()? else {
                return None;
            };
            *rest = behind;
            Some(met)
        }
        ")" | "OR" | "AND" | "WITH" => None,
        licence => match rest {
            ["WITH", exception, behind @ ..] => {
                let met = allowed(&format!("{licence} WITH {exception}"));
                *rest = behind;
                Some(met)
            }
            _ => Some(allowed(licence)),
        },
    }
}

/// The checks must be able to fail.
#[test]
fn a_licence_that_is_not_allowed_is_found() {
    let allowed = |name: &str| ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "ISC"].contains(&name);
    each_row(
        [
            ("MIT", true),
            ("GPL-3.0", false),
            ("", false),
            ("MIT OR GPL-3.0", true),
            ("MIT AND GPL-3.0", false),
            ("MIT/Apache-2.0", true),
            ("GPL-3.0 / MIT", true),
            ("GPL-3.0 OR AGPL-3.0", false),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("MIT WITH LLVM-exception", false),
            ("(MIT OR GPL-3.0) AND ISC", true),
            ("MIT AND (GPL-3.0 OR AGPL-3.0)", false),
            // `AND` binds closer than `OR`.
            ("MIT OR ISC AND GPL-3.0", true),
            ("GPL-3.0 OR ISC AND GPL-3.0", false),
            ("MIT OR", false),
            ("(MIT", false),
            ("MIT)", false),
            ("MIT ISC", false),
        ],
        |(expression, met)| assert_eq!(satisfied(expression, &allowed), met),
    );
}

#[test]
fn a_banned_crate_and_a_second_version_are_found() {
    let named = |spec: &str| Named {
        spec: spec.to_owned(),
        reason: "a reason".to_owned(),
    };
    let bans = |deny: &[&str], skip: &[&str]| Bans {
        multiple_versions: "deny".to_owned(),
        deny: deny.iter().copied().map(named).collect(),
        skip: skip.iter().copied().map(named).collect(),
    };
    let packages = [("a", "1.0.0"), ("a", "2.0.0"), ("b", "1.0.0")];
    let found = |deny: &[&str], skip: &[&str]| {
        let packages = packages.map(|(name, version)| (name.to_owned(), version.to_owned()));
        banned(&bans(deny, skip), packages.into_iter())
    };
    assert_eq!(found(&["c"], &["a@1.0.0"]), [""; 0]);
    assert_eq!(found(&[], &[]), ["a has the versions {\"1.0.0\", \"2.0.0\"}"]);
    assert_eq!(found(&["b"], &["a@1.0.0"]), ["b is banned: a reason"]);
    assert_eq!(
        found(&[], &["a@1.0.0", "b@0.9.0"]),
        ["nothing depends on b@0.9.0: take it out of `skip`"]
    );
}
