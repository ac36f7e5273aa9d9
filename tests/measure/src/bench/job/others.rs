//! The other programs: built in their own workspace when they are needed, and missing with a reason where that fails.

use super::terms::Lists;
use crate::bench::Bench;
use crate::native::Alone;
use crate::process;
use anyhow::{Context, anyhow};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program that is not Proviso.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Other {
    Extism,
    ExtismBatch,
    Regorus,
    Python,
}

impl Other {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Extism => "(d) extism, a call for each message",
            Self::ExtismBatch => "(d) extism, a call for 256 messages",
            Self::Regorus => "(e) regorus, its virtual machine",
            Self::Python => "(f) Python with pyahocorasick",
        }
    }
}

/// What could be built, or why not.
pub(super) struct Others {
    /// The workspace's folder.
    folder: PathBuf,
    guest: Result<PathBuf, String>,
    extism_plugin: Result<PathBuf, String>,
    peers: Result<PathBuf, String>,
    python: Result<PathBuf, String>,
}

impl Others {
    /// Builds everything. `COMPARE_TERMS` tells guests where the lists are, which they have in them.
    pub(super) fn build(bench: &Bench<'_>, _chosen: &Lists) -> Self {
        let folder = bench.args.compare.clone();
        let target = bench.compare_target();
        let peers = cargo(bench, &["--release", "--package=peers"]).map(|()| target.join("release/peers"));
        let guest = module(bench, "own-matcher").and_then(|module| component(&module));
        let plain = |result: anyhow::Result<PathBuf>| result.map_err(|error| format!("{error:#}"));
        Self {
            guest: plain(guest),
            extism_plugin: plain(module(bench, "extism-matcher")),
            peers: plain(peers),
            python: plain(python(&target)),
            folder,
        }
    }

    /// Why a program is missing.
    pub(super) fn missing(&self, other: Other) -> Option<&str> {
        let reason = match other {
            Other::Extism | Other::ExtismBatch => self.peers.as_ref().and(self.extism_plugin.as_ref()),
            Other::Regorus => self.peers.as_ref(),
            Other::Python => self.python.as_ref(),
        };
        reason.err().map(String::as_str)
    }

    /// Why the plugin with a matcher of its own is missing.
    pub(super) fn missing_guest(&self) -> Option<&str> {
        self.guest.as_ref().err().map(String::as_str)
    }

    /// The plugin with a matcher of its own, as a component.
    pub(super) fn guest(&self) -> PathBuf {
        self.guest.clone().unwrap_or_default()
    }

    pub(super) fn run(&self, other: Other, terms: &Path, messages: &Path) -> anyhow::Result<Alone> {
        let built = |path: &Result<PathBuf, String>| path.clone().map_err(|reason| anyhow!(reason));
        let mut command = if other == Other::Python {
            let mut command = Command::new(built(&self.python)?);
            command.arg(self.folder.join("ahocorasick_peer.py"));
            command
        } else {
            let (name, rule) = match other {
                Other::Extism => ("extism", built(&self.extism_plugin)?),
                Other::ExtismBatch => ("extism-batch", built(&self.extism_plugin)?),
                Other::Regorus | Other::Python => ("regorus", self.folder.join("lexicon.rego")),
            };
            let mut command = Command::new(built(&self.peers)?);
            command.arg(name).arg("--rule").arg(rule);
            command
        };
        process::json(command.arg("--terms").arg(terms).arg("--messages").arg(messages))
    }

    /// The version that is compared, as far as it is known.
    pub(super) fn version(&self, other: Other) -> String {
        let version = match other {
            Other::Extism | Other::ExtismBatch => self.locked("extism"),
            Other::Regorus => self.locked("regorus"),
            Other::Python => Ok(PYAHOCORASICK.to_owned()),
        };
        version.unwrap_or_else(|_| "of an unknown version".to_owned())
    }

    fn locked(&self, package: &str) -> anyhow::Result<String> {
        let lock: toml::Table = std::fs::read_to_string(self.folder.join("Cargo.lock"))?.parse()?;
        let packages = lock.get("package").and_then(toml::Value::as_array);
        let mut packages = packages.into_iter().flatten();
        let found = packages.find(|each| each.get("name").and_then(toml::Value::as_str) == Some(package));
        let version = found
            .and_then(|package| package.get("version"))
            .and_then(toml::Value::as_str);
        Ok(version.context("the lock file names no version")?.to_owned())
    }
}

/// The version of pyahocorasick that is installed.
const PYAHOCORASICK: &str = "2.3.1";

/// The plugin that never ends by itself.
pub(in crate::bench) fn slow_plugin(bench: &Bench<'_>) -> anyhow::Result<PathBuf> {
    component(&module(bench, "slow-guest")?)
}

fn cargo_command() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")))
}

/// Builds a part of the workspace.
pub(in crate::bench) fn cargo(bench: &Bench<'_>, arguments: &[&str]) -> anyhow::Result<()> {
    let mut command = cargo_command();
    command.arg("build").args(arguments).args(["--locked", "--quiet"]);
    command
        .arg("--manifest-path")
        .arg(bench.args.compare.join("Cargo.toml"));
    command.arg("--target-dir").arg(bench.compare_target());
    command.env("COMPARE_TERMS", Lists::folder(bench));
    process::output(&mut command).map(drop)
}

/// Builds a guest as a core module.
fn module(bench: &Bench<'_>, package: &str) -> anyhow::Result<PathBuf> {
    let target = "wasm32-unknown-unknown";
    cargo(bench, &["--profile=plugin", "--target", target, "--package", package])?;
    let module = format!("{target}/plugin/{}.wasm", package.replace('-', "_"));
    Ok(bench.compare_target().join(module))
}

/// Makes a component of a core module, as `plugins/build.sh` does.
fn component(module: &Path) -> anyhow::Result<PathBuf> {
    let component = module.with_extension("component.wasm");
    let mut command = cargo_command();
    command.args([
        "run",
        "--quiet",
        "--release",
        "--package=proviso-sdk",
        "--example=componentize",
        "--",
    ]);
    process::output(command.arg(module).arg(&component))?;
    Ok(component)
}

/// A Python with pyahocorasick in a virtual environment of its own.
fn python(target: &Path) -> anyhow::Result<PathBuf> {
    let folder = target.join("python");
    let python = folder.join("bin/python");
    let wanted = format!("pyahocorasick=={PYAHOCORASICK}");
    if !python.is_file() {
        process::output(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    }
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    process::output(pip.args(["--retries=1", "--timeout=20", &wanted]))?;
    Ok(python)
}
