//! What of the packs' findings survives who evades them, by `proviso pack attack` of the binary under test.

use super::WRITES;
use crate::page::{Table, count};
use crate::process;
use anyhow::Context;
use serde::Deserialize;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Makes the choices of the mutations, so that two measurements differ by the packs alone.
const SEED: u64 = 1;
/// Mutations of a pack that the page names.
const MUTATIONS_SHOWN: usize = 3;

/// The columns of the page: whose mutants, and of which family.
const COLUMNS: [(&str, &str); 10] = [
    ("found", "disguise"),
    ("found", "shield"),
    ("found", "splitting"),
    ("found", "order"),
    ("found", "numbers"),
    ("found", "filler"),
    ("silent", "disguise"),
    ("silent", "shield"),
    ("silent", "numbers"),
    ("silent", "filler"),
];

/// What `pack attack --format json` says of a pack, as far as it matters here.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Attacked {
    mutants: usize,
    families: Vec<Family>,
    mutations: Vec<Mutation>,
}

#[derive(Debug, Deserialize)]
struct Family {
    stance: String,
    #[serde(rename = "family")]
    name: String,
    survived: usize,
    held: usize,
    of: usize,
}

#[derive(Debug, Deserialize)]
struct Mutation {
    stance: String,
    family: String,
    #[serde(rename = "mutation")]
    name: String,
    survived: usize,
    of: usize,
}

/// Attacks one pack. One whose cases expect no findings, as of a pack that scores alone, is not attacked.
pub(super) fn attack(proviso: &Path, pack: &Path, expects_findings: bool) -> anyhow::Result<Option<Attacked>> {
    if !expects_findings {
        return Ok(None);
    }
    let report = tempfile::NamedTempFile::new()?;
    let mut command = Command::new(proviso);
    command.args(["pack", "attack", "--format", "json", "--seed", &SEED.to_string()]);
    process::run(command.arg(pack), Some(report.path()), &[0])?;
    let text = fs::read_to_string(report.path())?;
    let attacked = serde_json::from_str(&text).context("the output of `proviso pack attack` has another form")?;
    Ok(Some(attacked))
}

/// The part of the page, of the packs by name.
pub(super) fn render<'a>(packs: impl Iterator<Item = (&'a str, &'a Attacked)>) -> String {
    let heads = COLUMNS.map(|(stance, family)| match stance {
        "silent" => format!(">silent: {family}"),
        _ => format!(">{family}"),
    });
    let mut heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    heads.insert(0, "pack");
    heads.extend([">mutants", ">held"]);
    let mut survival = Table::new(&heads);
    let mut weakest = Table::new(&["pack", "mutation", "cases", ">survived", ">of"]);
    for (name, attacked) in packs {
        let cells = COLUMNS.map(|(stance, family)| {
            let mut all = attacked.families.iter();
            let of_column = all.find(|of| of.stance == stance && of.name == family);
            of_column.map_or("-".to_owned(), |of| {
                format!("{:.1}", of.survived as f64 * 100.0 / of.of as f64)
            })
        });
        let held: usize = attacked.families.iter().map(|family| family.held).sum();
        let counts = [count(attacked.mutants), count(held)];
        survival.row([name.to_owned()].into_iter().chain(cells).chain(counts));
        let mut weak: Vec<&Mutation> = attacked.mutations.iter().collect();
        weak.sort_by_key(|mutation| std::cmp::Reverse(mutation.of - mutation.survived));
        for mutation in weak.iter().take(MUTATIONS_SHOWN).filter(|weak| weak.survived < weak.of) {
            weakest.row([
                name.to_owned(),
                format!("{}: {}", mutation.family, mutation.name),
                mutation.stance.clone(),
                count(mutation.survived),
                count(mutation.of),
            ]);
        }
    }
    let mut text = String::new();
    write!(
        text,
        "\n## What survives an attack\n\n\
         `proviso pack attack policies/NAME --seed {SEED}` changes the messages of a pack's cases as somebody would who evades its rules, and says which \
         findings survive ([pack-attack.md](pack-attack.md)). In per cent of the mutants of cases whose finding must stay, and of cases that must stay silent; \
         *held* are mutants without a finding on which a policy failed, which do not survive.\n\n\
         {survival}\nThe mutations by which most findings go, or appear:\n\n{weakest}",
        survival = survival.markdown(),
        weakest = weakest.markdown(),
    )
    .expect(WRITES);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survival_stands_in_its_column_and_the_strongest_mutations_below() {
        let report = r#"{"pack":"v/p","seed":1,"mutants":12,"rules":[],"families":[
            {"stance":"found","family":"shield","survived":3,"lowered":1,"held":1,"of":8},
            {"stance":"silent","family":"disguise","survived":4,"lowered":0,"held":0,"of":4}],"mutations":[
            {"stance":"found","family":"shield","mutation":"a","survived":3,"of":4},
            {"stance":"found","family":"shield","mutation":"b","survived":0,"of":4},
            {"stance":"silent","family":"disguise","mutation":"c","survived":4,"of":4}]}"#;
        let attacked: Attacked = serde_json::from_str(report).unwrap();
        let page = render([("p", &attacked)].into_iter());
        let rows: Vec<Vec<&str>> = page
            .lines()
            .filter(|line| line.starts_with("| p"))
            .map(|line| line.split('|').map(str::trim).filter(|cell| !cell.is_empty()).collect())
            .collect();
        let survival = ["p", "-", "37.5", "-", "-", "-", "-", "100.0", "-", "-", "-", "12", "1"];
        assert_eq!(rows[1], survival, "{page}");
        assert_eq!(rows[3], ["p", "shield: b", "found", "0", "4"]);
        assert_eq!(rows[4], ["p", "shield: a", "found", "3", "4"]);
        assert_eq!(rows.len(), 5, "what survives whole is not named: {page}");
    }
}
