//! A plugin in Rust: cargo to a core module, then to a component.

use super::{Source, SourceProblem, TARGET, componentize, read_toml, tools};
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds the package that `Cargo.toml` describes.
pub(super) fn build(source: &Source<'_>) -> anyhow::Result<Vec<u8>> {
    let compiler = match Compiler::find() {
        Ok(compiler) => compiler,
        Err(missing) => bail!(missing),
    };
    let target_dir = source.target();
    tools::run(
        &mut compiler.command(&source.folder.join("Cargo.toml"), &target_dir),
        "cargo",
    )?;
    let module = target_dir
        .join(TARGET)
        .join("release")
        .join(format!("{}.wasm", source.name.replace('-', "_")));
    let bytes = std::fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;
    componentize(&bytes, &module)
}

/// What builds it here.
pub(super) fn find() -> Result<String, String> {
    Compiler::find().map(|compiler| compiler.describe().to_owned())
}

/// The package's name, which is the plugin's.
pub(super) fn package_name(folder: &Path) -> anyhow::Result<String> {
    let manifest = folder.join("Cargo.toml");
    let table = read_toml(&manifest)?;
    let name = table
        .get("package")
        .and_then(|package| package.get("name"))
        .and_then(toml::Value::as_str);
    name.map(str::to_owned)
        .ok_or_else(|| SourceProblem(format!("{} has no package name", manifest.display())).into())
}

/// What can compile for the sandbox on this machine.
enum Compiler {
    /// The active toolchain, which has the target.
    Toolchain,
    /// The distribution's compiler, which builds the standard library from its source.
    Distribution { linker: PathBuf },
}

impl Compiler {
    fn find() -> Result<Self, String> {
        if toolchain_has_target() {
            return Ok(Self::Toolchain);
        }
        let distribution = Path::new("/usr/bin/rustc").is_file() && Path::new("/usr/bin/cargo").is_file();
        match find_linker() {
            Some(linker) if distribution => Ok(Self::Distribution { linker }),
            _ => Err(format!(
                "no compiler for {TARGET}: `rustup target add {TARGET}`, or `sudo apt-get install rustc-web cargo-web rust-web-src lld`"
            )),
        }
    }

    const fn describe(&self) -> &'static str {
        match self {
            Self::Toolchain => "the active toolchain",
            Self::Distribution { .. } => "the distribution's compiler",
        }
    }

    fn command(&self, manifest: &Path, target_dir: &Path) -> Command {
        let mut command = match self {
            Self::Toolchain => Command::new("cargo"),
            Self::Distribution { linker } => {
                let mut command = Command::new("/usr/bin/cargo");
                command.env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1");
                command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
                command
            }
        };
        command
            .args(["build", "--release", "--target", TARGET, "--manifest-path"])
            .arg(manifest);
        command.arg("--target-dir").arg(target_dir);
        if matches!(self, Self::Distribution { .. }) {
            command.arg("-Zbuild-std=std,panic_abort");
        }
        command
    }
}

fn toolchain_has_target() -> bool {
    let output = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", TARGET])
        .output();
    let Ok(output) = output else { return false };
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .into_iter()
        .any(|file| file.file_name().to_string_lossy().starts_with("libcore-"))
}

fn find_linker() -> Option<PathBuf> {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().ok()?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&sysroot.stdout).trim());
    let inside = std::fs::read_dir(sysroot.join("lib/rustlib"))
        .into_iter()
        .flatten()
        .flatten();
    let inside = inside.map(|folder| folder.path().join("bin/rust-lld"));
    inside
        .chain([PathBuf::from("/usr/bin/wasm-ld")])
        .find(|path| path.is_file())
}
