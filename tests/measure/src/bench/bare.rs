//! A bare program beside `serve`: it reads the same lines, and writes the rows that `serve` made of them.

use super::Bench;
use super::job::cargo;
use crate::process;
use anyhow::Context;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds it.
pub(super) fn build(bench: &Bench<'_>) -> anyhow::Result<PathBuf> {
    cargo(bench, &["--release", "--package=bare-writer"])?;
    Ok(bench.compare_target().join("release/bare-writer"))
}

/// Seconds that it takes for these lines, of which that archive was made. Its database is removed again.
pub(super) fn run(program: &Path, archive: &Path, lines: &[PathBuf], folder: &Path) -> anyhow::Result<f64> {
    let out = folder.join("bare.db");
    let mut command = Command::new(program);
    command.arg("--archive").arg(archive).arg("--out").arg(&out).args(lines);
    let told = process::output(&mut command)?;
    for ending in ["", "-wal", "-shm"] {
        let mut name = out.clone().into_os_string();
        name.push(ending);
        match std::fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    let told: Value = serde_json::from_slice(&told).context("the bare program said something else than JSON")?;
    told["seconds"].as_f64().context("the bare program said no seconds")
}
