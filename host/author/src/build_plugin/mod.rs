//! Builds the plugins whose source lies in a pack's folder, each with the tools of its language, and makes a component of what
//! they give: `plugins/NAME.wasm`.

mod c;
mod contract;
mod python;
mod rust;
mod tools;
mod types_ts;
mod typescript;

use anyhow::Context;
use std::path::{Path, PathBuf};
use wit_component::ComponentEncoder;

/// What is compiled for: no system interface at all.
const TARGET: &str = "wasm32-unknown-unknown";

/// A language that plugins are built from. What it needs is looked for when something is built.
struct Language {
    name: &'static str,
    /// The file by which its source is known, in the pack's folder.
    marker: &'static str,
    build: fn(&Source<'_>) -> anyhow::Result<Vec<u8>>,
    find: fn() -> Result<String, String>,
}

const LANGUAGES: [Language; 4] = [
    Language {
        name: "Rust",
        marker: "Cargo.toml",
        build: rust::build,
        find: rust::find,
    },
    Language {
        name: "C",
        marker: "src/plugin.c",
        build: c::build,
        find: c::find,
    },
    Language {
        name: "TypeScript",
        marker: "src/plugin.ts",
        build: typescript::build,
        find: typescript::find,
    },
    Language {
        name: "Python",
        marker: "src/plugin.py",
        build: python::build,
        find: python::find,
    },
];

/// What stands in the pack's folder cannot be built: whoever wrote it can mend it. Every other error is of this machine.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SourceProblem(pub String);

/// A plugin's source.
struct Source<'a> {
    /// The pack's folder, absolute.
    folder: &'a Path,
    /// What the plugin is called in the manifest.
    name: String,
    /// What it is to export.
    interfaces: Vec<String>,
}

impl Source<'_> {
    /// A folder for what tools make on the way.
    fn target(&self) -> PathBuf {
        self.folder.join("target")
    }
}

/// Builds every plugin of the pack that has its source there. A pack without source is left as it is. `tell` is told what is
/// built, before it is; what the tools themselves say goes to standard error.
///
/// # Errors
/// A [`SourceProblem`], somewhere in the chain, where the pack's folder is at fault; else what this machine lacks or refuses.
pub fn build_all(folder: &Path, tell: &dyn Fn(&str)) -> anyhow::Result<()> {
    let folder = &std::path::absolute(folder)?;
    for language in LANGUAGES {
        if folder.join(language.marker).is_file() {
            let source = source_of(folder, &language)?;
            tell(&format!("building {} from {}", source.name, language.marker));
            let component = (language.build)(&source)?;
            let output = folder.join("plugins").join(format!("{}.wasm", source.name));
            std::fs::create_dir_all(folder.join("plugins"))?;
            std::fs::write(&output, component).with_context(|| format!("cannot write {}", output.display()))?;
        }
    }
    Ok(())
}

/// For each language, what it is built with here, or what is missing and how to get it.
pub fn tools() -> impl Iterator<Item = (&'static str, Result<String, String>)> {
    LANGUAGES.into_iter().map(|language| (language.name, (language.find)()))
}

/// Reads name and interfaces off the manifest. A crate has its own name; elsewhere the plugin is called as the pack is.
fn source_of<'a>(folder: &'a Path, language: &Language) -> anyhow::Result<Source<'a>> {
    let manifest = read_toml(&folder.join("pack.toml"))?;
    let text = |value: Option<&toml::Value>| value.and_then(toml::Value::as_str).map(str::to_owned);
    let name = if language.marker == "Cargo.toml" {
        rust::package_name(folder)?
    } else {
        let pack = text(manifest.get("name")).ok_or_else(|| SourceProblem("pack.toml has no `name`".to_owned()))?;
        pack.rsplit('/').next().unwrap_or_default().to_owned()
    };
    if !proviso_model::id::is_name(&name) {
        let why = format!("{name:?} is not the name of a plugin: expected 1-64 bytes of a-z, 0-9 and `-`");
        return Err(SourceProblem(why).into());
    }
    let policies = manifest.get("policy").and_then(toml::Value::as_array);
    let of_plugin = policies
        .into_iter()
        .flatten()
        .filter(|policy| text(policy.get("plugin")).as_ref() == Some(&name));
    let mut interfaces: Vec<String> = of_plugin
        .filter_map(|policy| policy.get("interfaces")?.as_array())
        .flatten()
        .filter_map(|interface| text(Some(interface)))
        .collect();
    interfaces.sort_unstable();
    interfaces.dedup();
    if interfaces.is_empty() {
        let why = format!(
            "no policy of pack.toml has `plugin = {name:?}` and `interfaces`: what {} makes is a plugin of that name",
            language.marker
        );
        return Err(SourceProblem(why).into());
    }
    Ok(Source {
        folder,
        name,
        interfaces,
    })
}

fn read_toml(path: &Path) -> anyhow::Result<toml::Table> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    text.parse()
        .map_err(|error| SourceProblem(format!("{} is not TOML: {error}", path.display())).into())
}

/// Turns a core module into a component. Its own custom sections say which interfaces it has.
fn componentize(module: &[u8], path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut encoder = ComponentEncoder::default();
    encoder
        .validate(true)
        .module(module)
        .map_err(|error| SourceProblem(format!("{} is not a plugin: {error:#}", path.display())))?;
    encoder
        .encode()
        .map_err(|error| SourceProblem(format!("{} cannot become a component: {error:#}", path.display())).into())
}
