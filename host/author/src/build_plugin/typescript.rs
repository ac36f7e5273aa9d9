//! A plugin in TypeScript: types made here, then npm's tools as the pack's own `package.json` and lock file name them. Its script
//! `build` leaves a component, target/plugin.wasm.

use super::{Source, contract, tools, types_ts};
use anyhow::{Context, bail};
use std::process::Command;

/// The oldest release of Node.js that the tools run on.
const NODE_MIN: u32 = 18;

/// Fetches the tools where they are not there as the lock file has them, and runs the script.
pub(super) fn build(source: &Source<'_>) -> anyhow::Result<Vec<u8>> {
    if let Err(missing) = find() {
        bail!(missing);
    }
    let (folder, target) = (source.folder, source.target());
    let contract = contract::write(&target.join("wit"), &source.interfaces)?;
    contract::write_file(&target.join("contract.d.ts"), &types_ts::declare(&contract))?;
    let lock = folder.join("package-lock.json");
    let asked = std::fs::read_to_string(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    let mark = folder.join("node_modules/.made-of");
    if !tools::is_made_of(&mark, &asked) {
        let mut command = npm();
        tools::run(
            command.current_dir(folder).args(["ci", "--no-audit", "--no-fund"]),
            "npm ci",
        )?;
        contract::write_file(&mark, &asked)?;
    }
    tools::run(npm().current_dir(folder).args(["run", "build"]), "npm run build")?;
    let component = target.join("plugin.wasm");
    std::fs::read(&component).with_context(|| format!("cannot read {}", component.display()))
}

/// What builds it here.
pub(super) fn find() -> Result<String, String> {
    let advice = "`sudo apt-get install nodejs npm`";
    let Some(node) = tools::version("node", &["--version"]) else {
        return Err(format!("no Node.js: {advice}"));
    };
    let release = node.trim_start_matches('v').split('.').next().unwrap_or_default();
    if release.parse::<u32>().is_ok_and(|release| release < NODE_MIN) {
        return Err(format!("Node.js {node} is too old, {NODE_MIN} is needed: {advice}"));
    }
    match tools::version("npm", &["--version"]) {
        Some(npm) => Ok(format!("Node.js {node}, npm {npm}")),
        None => Err(format!("no npm: {advice}")),
    }
}

fn npm() -> Command {
    let mut command = Command::new("npm");
    command.arg("--silent");
    command
}
