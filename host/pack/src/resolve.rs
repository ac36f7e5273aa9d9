//! From what a policy set writes to a pack.

use crate::error::PackError;
use crate::pack::Pack;
use crate::plugin_path::PluginPath;
use crate::store::{PackStore, StoreError};
use proviso_model::Digest;
use std::path::{Path, PathBuf};

/// Finds and reads the pack that a policy set names: `sha256:…` in the store, else a folder or a built file, relative to
/// the folder `beside`, with or without the ending `.pack`. What was tried is in the error.
pub fn resolve(
    reference: &str,
    beside: &Path,
    plugins: &PluginPath,
    store: Option<&PackStore>,
) -> Result<Pack, PackError> {
    let name = Path::new(reference);
    if reference.starts_with("sha256:") {
        let digest: Digest = reference
            .parse()
            .map_err(|error| PackError::whole(name, format!("{error}")))?;
        let store = store.ok_or_else(|| PackError::whole(name, "there is no pack store to look for this digest in"))?;
        return store.get(&digest).map_err(|error| match error {
            StoreError::Pack(error) => error,
            StoreError::Io { ref source, .. } => PackError::whole(name, format!("{error}: {source}")),
            other => PackError::whole(name, other.to_string()),
        });
    }
    if reference.is_empty() {
        return Err(PackError::whole(
            name,
            "an empty name: expected a folder, a built file, or a digest",
        ));
    }
    let tried = candidates(reference, beside);
    match tried
        .iter()
        .find(|candidate| candidate.is_file() || candidate.join(crate::parts::MANIFEST).is_file())
    {
        Some(found) => Pack::open(found, plugins),
        None => Err(PackError::whole(name, format!("no pack here: tried {}", list(&tried)))),
    }
}

/// Where a reference may lead, in the order in which it is tried.
fn candidates(reference: &str, beside: &Path) -> Vec<PathBuf> {
    let plain = beside.join(reference);
    let mut with_ending = plain.clone().into_os_string();
    with_ending.push(".pack");
    vec![plain, with_ending.into()]
}

fn list(paths: &[PathBuf]) -> String {
    let what = |path: &PathBuf| {
        let note = if path.is_dir() {
            " (a folder without pack.toml)"
        } else {
            ""
        };
        format!("{}{note}", path.display())
    };
    paths.iter().map(what).collect::<Vec<_>>().join(", ")
}
