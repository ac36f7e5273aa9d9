//! A plugin in Python: componentize-py, in the release that the pack's `requirements.txt` names, in an environment of the pack's
//! own, target/venv.

use super::{Source, contract, tools};
use anyhow::{Context, bail};
use std::path::Path;
use std::process::Command;

/// The oldest release of Python 3 that componentize-py runs on.
const PYTHON_MINOR_MIN: u32 = 10;

/// Makes the environment where it is not there as `requirements.txt` wants it, and the component.
pub(super) fn build(source: &Source<'_>) -> anyhow::Result<Vec<u8>> {
    if let Err(missing) = find() {
        bail!(missing);
    }
    let (folder, target) = (source.folder, source.target());
    contract::write(&target.join("wit"), &source.interfaces)?;
    let environment = target.join("venv");
    let (requirements, mark) = (folder.join("requirements.txt"), environment.join("made-of"));
    let asked =
        std::fs::read_to_string(&requirements).with_context(|| format!("cannot read {}", requirements.display()))?;
    if !tools::is_made_of(&mark, &asked) {
        make_environment(&environment, &requirements)?;
        contract::write_file(&mark, &asked)?;
    }
    let component = target.join("plugin.wasm");
    let mut command = Command::new(environment.join("bin/componentize-py"));
    command.current_dir(folder).arg("-d").arg(target.join("wit"));
    command.args([
        "-w",
        contract::WORLD,
        "componentize",
        "--stub-wasi",
        "-p",
        "src",
        "-p",
        "sdk",
    ]);
    command.arg("-o").arg(&component).arg("plugin");
    tools::run(&mut command, "componentize-py")?;
    std::fs::read(&component).with_context(|| format!("cannot read {}", component.display()))
}

fn make_environment(environment: &Path, requirements: &Path) -> anyhow::Result<()> {
    let mut command = Command::new("python3");
    command.args(["-m", "venv", "--clear"]).arg(environment);
    tools::run(&mut command, "python3 -m venv")?;
    let mut command = Command::new(environment.join("bin/python3"));
    command.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--requirement",
    ]);
    tools::run(command.arg(requirements), "pip install")
}

/// What builds it here.
pub(super) fn find() -> Result<String, String> {
    let advice = "`sudo apt-get install python3 python3-venv`";
    let Some(python) = tools::version("python3", &["--version"]) else {
        return Err(format!("no Python: {advice}"));
    };
    let minor = python.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok());
    if minor.is_some_and(|minor| minor < PYTHON_MINOR_MIN) {
        return Err(format!("{python} is too old, 3.{PYTHON_MINOR_MIN} is needed: {advice}"));
    }
    // Debian keeps in another package what makes environments.
    if tools::version("python3", &["-c", "import ensurepip, venv"]).is_none() {
        return Err(format!("{python} cannot make environments: {advice}"));
    }
    Ok(python)
}
