//! Builds the plugins whose source lies in a pack's folder: cargo to a core module, then to a component.

use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use wit_component::ComponentEncoder;

/// What plugins are built for: no system interface at all.
const TARGET: &str = "wasm32-unknown-unknown";

/// Builds every plugin of the pack that has its source there: `Cargo.toml`, a package with the plugin's name. The
/// component goes to `plugins/NAME.wasm`. A pack without source is left as it is.
pub(crate) fn build_all(folder: &Path) -> anyhow::Result<()> {
    let manifest = folder.join("Cargo.toml");
    if !manifest.is_file() {
        return Ok(());
    }
    let name = package_name(&manifest)?;
    let target_dir = folder.join("target");
    let compiler = Compiler::find()?;
    crate::show::error_line(format_args!("building {name} with {}", compiler.describe()));
    let status = compiler
        .command(&manifest, &target_dir)
        .status()
        .with_context(|| format!("cannot run cargo for {}", manifest.display()))?;
    if !status.success() {
        bail!("cargo could not build {}: see above", manifest.display());
    }
    let module = target_dir
        .join(TARGET)
        .join("release")
        .join(format!("{}.wasm", name.replace('-', "_")));
    let component = componentize(&module)?;
    let output = folder.join("plugins").join(format!("{name}.wasm"));
    std::fs::create_dir_all(folder.join("plugins"))?;
    std::fs::write(&output, component).with_context(|| format!("cannot write {}", output.display()))
}

fn package_name(manifest: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
    let table: toml::Table = text
        .parse()
        .with_context(|| format!("{} is not TOML", manifest.display()))?;
    let name = table
        .get("package")
        .and_then(|package| package.get("name"))
        .and_then(toml::Value::as_str);
    name.map(str::to_owned)
        .with_context(|| format!("{} has no package name", manifest.display()))
}

/// Turns a core module into a component. Its own custom sections say which interfaces it has.
fn componentize(module: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = std::fs::read(module).with_context(|| format!("cannot read {}", module.display()))?;
    let mut encoder = ComponentEncoder::default();
    encoder
        .validate(true)
        .module(&bytes)
        .with_context(|| format!("{} is not a plugin", module.display()))?;
    encoder
        .encode()
        .with_context(|| format!("{} cannot become a component", module.display()))
}

/// What can compile for the sandbox on this machine.
enum Compiler {
    /// The active toolchain, which has the target.
    Toolchain,
    /// The distribution's compiler, which builds the standard library from its source.
    Distribution { linker: PathBuf },
}

impl Compiler {
    fn find() -> anyhow::Result<Self> {
        if toolchain_has_target() {
            return Ok(Self::Toolchain);
        }
        let distribution = Path::new("/usr/bin/rustc").is_file() && Path::new("/usr/bin/cargo").is_file();
        match find_linker() {
            Some(linker) if distribution => Ok(Self::Distribution { linker }),
            _ => bail!(
                "no compiler for {TARGET}: `rustup target add {TARGET}`, or `sudo apt-get install rustc-web cargo-web rust-web-src lld`"
            ),
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
