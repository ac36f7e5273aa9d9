//! Running the tools of other languages.

use super::SourceProblem;
use anyhow::Context;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs a tool to its end. What it says goes to standard error: standard output is this program's own.
pub(super) fn run(command: &mut Command, what: &str) -> anyhow::Result<()> {
    let status = command
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .status()
        .with_context(|| format!("cannot run {what}"))?;
    if !status.success() {
        return Err(SourceProblem(format!("{what} failed ({status}): see above")).into());
    }
    Ok(())
}

/// What a program prints of its version, if it is there and runs.
pub(super) fn version(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next().unwrap_or_default().trim().to_owned();
    output.status.success().then_some(line)
}

/// True if the mark says that something was made of this text.
pub(super) fn is_made_of(mark: &Path, text: &str) -> bool {
    std::fs::read_to_string(mark).is_ok_and(|there| there == text)
}
