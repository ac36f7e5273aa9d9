//! A plugin in C: bindings made here, then Debian's clang or the compiler of the Zig package to a core module, and that to a
//! component. There is no C library in the sandbox; `sdk/` of the pack has what the bindings call.

use super::{Source, TARGET, componentize, contract, tools};
use anyhow::{Context, bail};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use wit_component::{StringEncoding, embed_component_metadata};

/// What both compilers take. Without `-fno-builtin` a loop of `memcpy` would become a call of itself.
const FLAGS: [&str; 12] = [
    "-std=c11",
    "-O2",
    "-Wall",
    "-Wextra",
    "-ffreestanding",
    "-fno-builtin",
    "-nostdlib",
    "-nostdlibinc",
    "-Isdk",
    "-Isdk/include",
    "-Wl,--no-entry",
    "-Wl,--strip-all",
];
/// Stack of a call, in bytes.
const STACK: &str = "-Wl,-z,stack-size=131072";
/// The bindings refer to an object with the component's type, which is embedded otherwise.
const LINK: &str =
    "void __component_type_object_force_link_plugin(void);\nvoid __component_type_object_force_link_plugin(void) {}\n";

/// Builds `src/*.c` and `sdk/*.c`.
pub(super) fn build(source: &Source<'_>) -> anyhow::Result<Vec<u8>> {
    let compiler = match Compiler::find() {
        Ok(compiler) => compiler,
        Err(missing) => bail!(missing),
    };
    let target = source.target();
    let contract = contract::write(&target.join("wit"), &source.interfaces)?;
    let bindings = target.join("c");
    std::fs::create_dir_all(&bindings).with_context(|| format!("cannot make {}", bindings.display()))?;
    write_bindings(&contract, &bindings)?;
    let module = target.join(format!("{}.wasm", source.name));
    let mut command = compiler.command();
    command.current_dir(source.folder).args(FLAGS).arg(STACK);
    command.arg("-I").arg(&bindings).arg("-o").arg(&module);
    for folder in ["src", "sdk"]
        .map(|name| source.folder.join(name))
        .iter()
        .chain([&bindings])
    {
        command.args(sources_in(folder)?);
    }
    tools::run(&mut command, compiler.name())?;
    let mut bytes = std::fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;
    embed_component_metadata(&mut bytes, &contract.resolve, contract.world, StringEncoding::UTF8)
        .with_context(|| format!("{} is not a plugin", module.display()))?;
    componentize(&bytes, &module)
}

fn write_bindings(contract: &contract::Contract, folder: &Path) -> anyhow::Result<()> {
    let options = wit_bindgen_c::Opts {
        no_object_file: true,
        ..wit_bindgen_c::Opts::default()
    };
    let mut files = wit_bindgen_core::Files::default();
    options
        .build()
        .generate(&mut contract.resolve.clone(), contract.world, &mut files)
        .context("no bindings can be made from the contract")?;
    files.push("link.c", LINK.as_bytes());
    for (name, bytes) in files.iter() {
        let path = folder.join(name);
        std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// The C files of a folder, in order; none if there is no such folder.
fn sources_in(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    files.retain(|file| file.extension() == Some(OsStr::new("c")));
    files.sort();
    Ok(files)
}

/// What builds it here.
pub(super) fn find() -> Result<String, String> {
    Compiler::find().map(|compiler| compiler.name().to_owned())
}

enum Compiler {
    /// With its linker for WebAssembly on the path.
    Clang,
    /// The one that the Python package `ziglang` brings.
    Zig,
}

impl Compiler {
    fn find() -> Result<Self, String> {
        let clang = tools::version("clang", &["--version"]).is_some();
        if clang && tools::version("wasm-ld", &["--version"]).is_some() {
            return Ok(Self::Clang);
        }
        if tools::version("python3", &["-m", "ziglang", "version"]).is_some() {
            return Ok(Self::Zig);
        }
        Err(format!(
            "no C compiler for {TARGET}: `sudo apt-get install clang lld`, or `python3 -m pip install ziglang==0.15.2`"
        ))
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Clang => "clang and wasm-ld",
            Self::Zig => "python3 -m ziglang cc",
        }
    }

    fn command(&self) -> Command {
        match self {
            Self::Clang => {
                let mut command = Command::new("clang");
                // A stack below everything else ends in a trap, not in somebody's data; Zig does so of itself.
                command.args([format!("--target={TARGET}").as_str(), "-Wl,--stack-first"]);
                command
            }
            Self::Zig => {
                let mut command = Command::new("python3");
                command.args(["-m", "ziglang", "cc", "-target", "wasm32-freestanding"]);
                command
            }
        }
    }
}
