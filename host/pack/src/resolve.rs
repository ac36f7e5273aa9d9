//! From what a policy set writes to a pack.

use crate::error::PackError;
use crate::plugin_path::PluginPath;
use crate::reference::{PackReference, Target};
use crate::store::{PackStore, StoreError};
use crate::unread::UnreadPack;
use proviso_model::Digest;
use std::path::{Path, PathBuf};

/// Finds the pack that a policy set names: `sha256:…` or `registry/name@sha256:…` in the first of the stores that
/// has it, else a folder or a built file, relative to the folder `beside`, with or without the ending `.pack`. What was tried is
/// in the error. Never uses the network.
pub fn resolve(
    reference: &str,
    beside: &Path,
    plugins: &PluginPath,
    stores: &[&PackStore],
) -> Result<UnreadPack, PackError> {
    let name = Path::new(reference);
    let problem = |message: String| PackError::whole(name, message);
    if reference.starts_with("sha256:") {
        let digest: Digest = reference.parse().map_err(|error| problem(format!("{error}")))?;
        return in_stores(name, &digest, stores)?.ok_or_else(|| problem(nowhere(&digest, stores)));
    }
    if PackReference::is_meant_by(reference) {
        let reference: PackReference = reference.parse().map_err(|error| problem(format!("{error}")))?;
        if let Some(digest) = reference.digest() {
            return in_stores(name, &digest, stores)?.ok_or_else(|| problem(not_pulled(&reference, &digest, stores)));
        }
    }
    if reference.is_empty() {
        return Err(problem(
            "an empty name: expected a folder, a built file, a digest, or registry/name@sha256:…".to_owned(),
        ));
    }
    let tried = candidates(reference, beside);
    let found = tried
        .iter()
        .find(|candidate| candidate.is_file() || candidate.join(crate::parts::MANIFEST).is_file());
    if let Some(found) = found {
        return UnreadPack::open(found, plugins);
    }
    if let Ok(tagged) = reference.parse::<PackReference>()
        && let Target::Tag(tag) = tagged.target()
    {
        return Err(problem(format!(
            "a set names what it runs by digest, and the tag {tag:?} may name another pack tomorrow: \
             `proviso pack pull {tagged}` prints the digest that it names now"
        )));
    }
    Err(problem(format!("no pack here: tried {}", list(&tried))))
}

/// The pack of that digest; `None` if no store has it.
fn in_stores(name: &Path, digest: &Digest, stores: &[&PackStore]) -> Result<Option<UnreadPack>, PackError> {
    for store in stores {
        match store.get_unread(digest) {
            Ok(pack) => return Ok(Some(pack)),
            Err(StoreError::Missing { .. }) => {}
            Err(StoreError::Pack(error)) => return Err(error),
            Err(ref error @ StoreError::Io { ref source, .. }) => {
                return Err(PackError::whole(name, format!("{error}: {source}")));
            }
            Err(other) => return Err(PackError::whole(name, other.to_string())),
        }
    }
    Ok(None)
}

/// Where a digest was looked for in vain.
fn nowhere(digest: &Digest, stores: &[&PackStore]) -> String {
    let folders: Vec<String> = stores
        .iter()
        .map(|store| store.folder().display().to_string())
        .collect();
    match &folders[..] {
        [] => "there is no pack store to look for this digest in".to_owned(),
        [folder] => format!("the pack store {folder} has no pack {digest}"),
        many => format!("none of the pack stores {} has the pack {digest}", many.join(", ")),
    }
}

fn not_pulled(reference: &PackReference, digest: &Digest, stores: &[&PackStore]) -> String {
    let missing = nowhere(digest, stores);
    let store = stores
        .first()
        .map(|store| format!(" --store {}", store.folder().display()))
        .unwrap_or_default();
    format!("{missing}, and nothing is fetched while a set is read: `proviso pack pull {reference}{store}` fetches it")
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
