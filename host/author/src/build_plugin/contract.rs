//! The plugin contract as other tools want it: a folder of WIT with one world, which exports what the manifest names.

use super::SourceProblem;
use anyhow::Context;
use std::fmt::Write as _;
use std::path::Path;
use wit_parser::{Resolve, WorldId};

/// The world that a plugin is built for.
pub(super) const WORLD: &str = "plugin";

const FILES: [(&str, &str); 7] = [
    ("types.wit", include_str!("../../../../wit/v0.1.0/types.wit")),
    ("lifecycle.wit", include_str!("../../../../wit/v0.1.0/lifecycle.wit")),
    ("log.wit", include_str!("../../../../wit/v0.1.0/log.wit")),
    ("rules.wit", include_str!("../../../../wit/v0.1.0/rules.wit")),
    ("fold.wit", include_str!("../../../../wit/v0.1.0/fold.wit")),
    ("retention.wit", include_str!("../../../../wit/v0.1.0/retention.wit")),
    ("worlds.wit", include_str!("../../../../wit/v0.1.0/worlds.wit")),
];

/// The contract, read.
pub(super) struct Contract {
    pub(super) resolve: Resolve,
    pub(super) world: WorldId,
}

/// Writes the contract and a world with these interfaces to a folder, and reads it.
pub(super) fn write(folder: &Path, interfaces: &[String]) -> anyhow::Result<Contract> {
    let deps = folder.join("deps/policy");
    std::fs::create_dir_all(&deps).with_context(|| format!("cannot make {}", deps.display()))?;
    for (name, text) in FILES {
        write_file(&deps.join(name), text)?;
    }
    write_file(&folder.join("plugin.wit"), &world(interfaces)?)?;
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(folder).context("the contract cannot be read")?;
    let world = resolve
        .select_world(&[package], Some(WORLD))
        .context("the contract has no world")?;
    Ok(Contract { resolve, world })
}

fn world(interfaces: &[String]) -> anyhow::Result<String> {
    let mut text = format!(
        "package proviso:build;\n\n/// What pack.toml says that the plugin does.\nworld {WORLD} {{\n  import proviso:policy/log@0.1.0;\n  export proviso:policy/lifecycle@0.1.0;\n"
    );
    for interface in interfaces {
        if !["rules", "fold", "retention"].contains(&interface.as_str()) {
            let why =
                format!("pack.toml: the interface {interface:?} is none of \"rules\", \"fold\" and \"retention\"");
            return Err(SourceProblem(why).into());
        }
        writeln!(text, "  export proviso:policy/{interface}@0.1.0;").expect("writing to a String does not fail");
    }
    text.push_str("}\n");
    Ok(text)
}

/// Writes a file if it is not as it should be, so that tools that compare times see no change where there is none.
pub(super) fn write_file(path: &Path, text: &str) -> anyhow::Result<()> {
    if std::fs::read_to_string(path).is_ok_and(|there| there == text) {
        return Ok(());
    }
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_exports_what_the_manifest_names() {
        let folder = tempfile::tempdir().unwrap();
        let interfaces = ["fold".to_owned(), "rules".to_owned()];
        let contract = write(folder.path(), &interfaces).unwrap();
        let exports = contract.resolve.worlds[contract.world].exports.keys();
        let names: Vec<String> = exports.map(|key| contract.resolve.name_world_key(key)).collect();
        assert_eq!(
            names,
            ["lifecycle", "fold", "rules"].map(|name| format!("proviso:policy/{name}@0.1.0"))
        );
        assert!(write(folder.path(), &["clock".to_owned()]).is_err());
    }

    #[test]
    fn every_file_of_the_contract_is_there() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit/v0.1.0");
        let mut there: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        there.sort();
        let mut here: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        here.sort_unstable();
        assert_eq!(there, here);
    }
}
