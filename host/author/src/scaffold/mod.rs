//! What `pack new` writes: packs that open, test and run as they are, to be changed from there.

mod sdk;

use proviso_model::id::is_name;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Why nothing, or not everything, was written.
#[derive(Debug, thiserror::Error)]
pub enum ScaffoldError {
    /// The name is not one of a pack.
    #[error("{0:?} is not the name of a pack: expected vendor/name, each 1-64 bytes of a-z, 0-9 and `-`")]
    Name(String),
    /// A file that would be written is there. Nothing was written.
    #[error("{0:?} is there already: nothing is overwritten")]
    Exists(PathBuf),
    /// A file could not be written.
    #[error("{path:?} cannot be written")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

const PACK: [(&str, &str); 6] = [
    (
        "pack.toml",
        include_str!("../../../../plugins/templates/pack/pack.toml"),
    ),
    (
        "settings.schema.json",
        include_str!("../../../../plugins/templates/pack/settings.schema.json"),
    ),
    (
        "lexicons/promises.txt",
        include_str!("../../../../plugins/templates/pack/lexicons/promises.txt"),
    ),
    (
        "lexicons/off-channel.txt",
        include_str!("../../../../plugins/templates/pack/lexicons/off-channel.txt"),
    ),
    (
        "cases/conduct.toml",
        include_str!("../../../../plugins/templates/pack/cases/conduct.toml"),
    ),
    (
        "README.md",
        include_str!("../../../../plugins/templates/pack/README.md"),
    ),
];

/// What a pack with a plugin has in every language: the same rule, settings and cases.
const PLUGIN: [(&str, &str); 4] = [
    (
        "pack.toml",
        include_str!("../../../../plugins/templates/plugin/pack.toml"),
    ),
    (
        "settings.schema.json",
        include_str!("../../../../plugins/templates/plugin/settings.schema.json"),
    ),
    (
        "lexicons/rates.txt",
        include_str!("../../../../plugins/templates/plugin/lexicons/rates.txt"),
    ),
    (
        "cases/rates.toml",
        include_str!("../../../../plugins/templates/plugin/cases/rates.toml"),
    ),
];

const RUST: [(&str, &str); 4] = [
    (
        "README.md",
        include_str!("../../../../plugins/templates/rust/README.md"),
    ),
    (
        "Cargo.toml",
        include_str!("../../../../plugins/templates/rust/Cargo.toml"),
    ),
    (
        "src/lib.rs",
        include_str!("../../../../plugins/templates/rust/src/lib.rs"),
    ),
    (
        ".gitignore",
        include_str!("../../../../plugins/templates/rust/gitignore"),
    ),
];

const C: [(&str, &str); 8] = [
    ("README.md", include_str!("../../../../plugins/templates/c/README.md")),
    (
        "src/plugin.c",
        include_str!("../../../../plugins/templates/c/src/plugin.c"),
    ),
    (
        "sdk/proviso.h",
        include_str!("../../../../plugins/templates/c/sdk/proviso.h"),
    ),
    (
        "sdk/proviso.c",
        include_str!("../../../../plugins/templates/c/sdk/proviso.c"),
    ),
    (
        "sdk/freestanding.c",
        include_str!("../../../../plugins/templates/c/sdk/freestanding.c"),
    ),
    (
        "sdk/include/stdlib.h",
        include_str!("../../../../plugins/templates/c/sdk/include/stdlib.h"),
    ),
    (
        "sdk/include/string.h",
        include_str!("../../../../plugins/templates/c/sdk/include/string.h"),
    ),
    (".gitignore", include_str!("../../../../plugins/templates/c/gitignore")),
];

const TYPESCRIPT: [(&str, &str); 10] = [
    (
        "README.md",
        include_str!("../../../../plugins/templates/typescript/README.md"),
    ),
    (
        "src/plugin.ts",
        include_str!("../../../../plugins/templates/typescript/src/plugin.ts"),
    ),
    (
        "sdk/proviso.ts",
        include_str!("../../../../plugins/templates/typescript/sdk/proviso.ts"),
    ),
    (
        "sdk/offsets.ts",
        include_str!("../../../../plugins/templates/typescript/sdk/offsets.ts"),
    ),
    (
        "sdk/offsets.test.ts",
        include_str!("../../../../plugins/templates/typescript/sdk/offsets.test.ts"),
    ),
    (
        "sdk/build.mjs",
        include_str!("../../../../plugins/templates/typescript/sdk/build.mjs"),
    ),
    (
        "package.json",
        include_str!("../../../../plugins/templates/typescript/package.json"),
    ),
    (
        "package-lock.json",
        include_str!("../../../../plugins/templates/typescript/package-lock.json"),
    ),
    (
        "tsconfig.json",
        include_str!("../../../../plugins/templates/typescript/tsconfig.json"),
    ),
    (
        ".gitignore",
        include_str!("../../../../plugins/templates/typescript/gitignore"),
    ),
];

const PYTHON: [(&str, &str); 7] = [
    (
        "README.md",
        include_str!("../../../../plugins/templates/python/README.md"),
    ),
    (
        "src/plugin.py",
        include_str!("../../../../plugins/templates/python/src/plugin.py"),
    ),
    (
        "sdk/proviso.py",
        include_str!("../../../../plugins/templates/python/sdk/proviso.py"),
    ),
    (
        "sdk/offsets.py",
        include_str!("../../../../plugins/templates/python/sdk/offsets.py"),
    ),
    (
        "sdk/offsets_test.py",
        include_str!("../../../../plugins/templates/python/sdk/offsets_test.py"),
    ),
    (
        "requirements.txt",
        include_str!("../../../../plugins/templates/python/requirements.txt"),
    ),
    (
        ".gitignore",
        include_str!("../../../../plugins/templates/python/gitignore"),
    ),
];

/// A language that a plugin can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// A crate on the SDK.
    Rust,
    /// C without a C library.
    C,
    /// TypeScript, run by a JavaScript engine that is part of the component.
    TypeScript,
    /// Python, with its interpreter in the component.
    Python,
}

/// Writes a pack without code: two rules around the plugin lexicon-rules, and four cases. `name` is `vendor/name`. Gives
/// the files, in the order written.
pub fn scaffold_pack(folder: &Path, name: &str) -> Result<Vec<PathBuf>, ScaffoldError> {
    write(folder, &PACK, &[("@PACK@", name), ("@NAME@", plain_name(name)?)])
}

/// Writes a pack with a plugin of its own: its source, a manifest, a lexicon and cases. `name` is `vendor/name`; the plugin is called
/// by its second part. Gives the files, in the order written.
///
/// A crate has the SDK beside it, in `sdk/`; where `folder` stands in a checkout of Proviso, it uses the checkout's.
pub fn scaffold_plugin(folder: &Path, name: &str, language: Language) -> Result<Vec<PathBuf>, ScaffoldError> {
    let checkout = sdk_above(folder);
    let sdk = checkout
        .as_ref()
        .map_or(sdk::FOLDER.into(), |path| path.to_string_lossy());
    let sdk = format!("{{ path = {} }}", quoted(&sdk));
    // Fuel for which a full batch of the rule's messages can be judged: what is interpreted takes more of it.
    let (source, fuel): (&[(&str, &str)], _) = match language {
        Language::Rust => (&RUST, "50_000_000"),
        Language::C => (&C, "50_000_000"),
        Language::TypeScript => (&TYPESCRIPT, "500_000_000"),
        Language::Python => (&PYTHON, "200_000_000"),
    };
    let carried = match language {
        Language::Rust if checkout.is_none() => sdk::files(),
        _ => Vec::new(),
    };
    let carried: Vec<(&str, &str)> = carried.iter().map(|(path, text)| (*path, text.as_str())).collect();
    write(
        folder,
        &[&PLUGIN[..], source, &carried].concat(),
        &[
            ("@PACK@", name),
            ("@NAME@", plain_name(name)?),
            ("@SDK@", &sdk),
            ("@FUEL@", fuel),
        ],
    )
}

fn plain_name(name: &str) -> Result<&str, ScaffoldError> {
    let parts = name
        .split_once('/')
        .filter(|(vendor, name)| is_name(vendor) && is_name(name));
    parts
        .map(|(_, name)| name)
        .ok_or_else(|| ScaffoldError::Name(name.to_owned()))
}

/// A basic string of TOML.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The SDK of the checkout that the folder stands in.
fn sdk_above(folder: &Path) -> Option<PathBuf> {
    let folder = std::path::absolute(folder).ok()?;
    let sdk = folder.ancestors().map(|above| above.join("plugins/sdk"));
    sdk.into_iter().find(|sdk| sdk.join("Cargo.toml").is_file())
}

fn write(folder: &Path, files: &[(&str, &str)], names: &[(&str, &str)]) -> Result<Vec<PathBuf>, ScaffoldError> {
    let paths: Vec<PathBuf> = files.iter().map(|(path, _)| folder.join(path)).collect();
    if let Some(there) = paths.iter().find(|path| path.symlink_metadata().is_ok()) {
        return Err(ScaffoldError::Exists(there.clone()));
    }
    for (path, (_, template)) in paths.iter().zip(files) {
        let text = names
            .iter()
            .fold((*template).to_owned(), |text, (mark, name)| text.replace(mark, name));
        create(path, &text).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => ScaffoldError::Exists(path.clone()),
            _ => ScaffoldError::Write {
                path: path.clone(),
                source,
            },
        })?;
    }
    Ok(paths)
}

fn create(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    File::create_new(path)?.write_all(text.as_bytes())
}
