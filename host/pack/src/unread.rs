//! A pack before it is interpreted: what its digest, its signatures and the question of trust need, and no more.
//!
//! The manifest is read, since it says whose pack it is and what it asks for. The schema, the cases, lists and plugins are
//! bytes here. Whoever is to let a pack judge asks [`Trust`](crate::Trust) first and reads the rest after.

use crate::bundle::SIGNATURES_MAX;
use crate::error::PackError;
use crate::manifest::{self, Manifest, ManifestText};
use crate::parts::{DECLARATION_BYTES_MAX, FOLDERS, MANIFEST, Parts, SCHEMA, size_problem, text_of};
use crate::plugin_path::PluginPath;
use crate::signing::Signature;
use crate::{folder, layout, regular_file};
use proviso_model::limits::{PACK_BYTES_MAX, PACK_FILES_MAX};
use proviso_model::{Digest, Problem};
use std::path::{Path, PathBuf};

/// A pack of which the manifest alone was interpreted.
#[derive(Debug, Clone)]
pub struct UnreadPack {
    origin: PathBuf,
    form: Form,
    plugins_from: Vec<PathBuf>,
    digest: Digest,
    oci_manifest: String,
    pub(crate) signatures: Vec<Signature>,
    pub(crate) manifest: Manifest,
    pub(crate) parts: Parts,
}

/// What a pack was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A folder, which a person may be editing. Carries no signatures.
    Folder,
    /// A built file.
    File,
}

/// More signatures than a pack may carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a pack has at most {SIGNATURES_MAX} signatures")]
pub struct TooManySignatures;

impl UnreadPack {
    /// Opens a folder, or a built file. A plugin that a folder names and does not have is taken from the plugin path and
    /// becomes a part of the pack.
    ///
    /// # Errors
    /// Everything that is wrong with the manifest and with which parts there are.
    pub fn open(path: &Path, plugins: &PluginPath) -> Result<Self, PackError> {
        Self::whole(Self::gather(path, plugins)?)
    }

    /// Opens a built file that may come from anywhere. `name` is what problems call it.
    ///
    /// # Errors
    /// What is refused of the file; everything that is wrong with the manifest and with which parts there are.
    pub fn from_file(file: &[u8], name: &Path) -> Result<Self, PackError> {
        Self::whole(Self::gather_file(file, name)?)
    }

    fn whole((unread, problems): (Self, Vec<Problem>)) -> Result<Self, PackError> {
        if problems.is_empty() {
            Ok(unread)
        } else {
            Err(PackError::new(&unread.origin, problems))
        }
    }

    /// As [`UnreadPack::open`]; problems that leave something to look at are given beside it.
    pub(crate) fn gather(path: &Path, plugins: &PluginPath) -> Result<(Self, Vec<Problem>), PackError> {
        let metadata =
            std::fs::metadata(path).map_err(|error| PackError::whole(path, format!("cannot be read: {error}")))?;
        if metadata.is_dir() {
            let (parts, problems) = folder::read(path);
            return Self::from_parts(path, parts, problems, Some(plugins));
        }
        let file = regular_file::read(path, layout::FILE_BYTES_MAX)
            .map_err(|error| PackError::whole(path, format!("cannot be read: {error}")))?;
        Self::gather_file(&file, path)
    }

    /// As [`UnreadPack::from_file`]; problems that leave something to look at are given beside it.
    pub(crate) fn gather_file(file: &[u8], name: &Path) -> Result<(Self, Vec<Problem>), PackError> {
        let refused = |error| PackError::whole(name, format!("not a pack: {error}"));
        let (parts, signatures) = layout::read(file).map_err(refused)?;
        let (unread, problems) = Self::from_parts(name, parts, Vec::new(), None)?;
        // In one order, whatever order the file has them in.
        let unread = unread.with_signatures(signatures);
        let unread = unread.map_err(|error| PackError::whole(name, format!("not a pack: {error}")))?;
        Ok((unread, problems))
    }

    /// What it was read from.
    pub fn form(&self) -> Form {
        self.form
    }

    /// The OCI manifest: what [`UnreadPack::digest`] is the digest of, and what signers sign.
    pub fn oci_manifest(&self) -> &str {
        &self.oci_manifest
    }

    /// The OCI configuration, which the manifest names.
    pub fn oci_config(&self) -> String {
        layout::config(&self.parts)
    }

    /// The signatures that it carries, at most 16, distinct, ordered by their text. Nobody has verified them.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// The pack with signatures beside those that it has; one that it has already is not added.
    pub fn with_signatures(
        mut self,
        signatures: impl IntoIterator<Item = Signature>,
    ) -> Result<Self, TooManySignatures> {
        self.signatures.extend(signatures);
        self.signatures.sort_by(|one, other| one.text().cmp(other.text()));
        self.signatures.dedup();
        if self.signatures.len() > SIGNATURES_MAX {
            return Err(TooManySignatures);
        }
        Ok(self)
    }

    /// The pack's address: the digest of the OCI manifest, which names every part by its own. A folder and the file built
    /// from it have the same.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What `pack.toml` says.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Every part, ordered by path.
    pub fn files(&self) -> impl ExactSizeIterator<Item = (&str, &[u8])> {
        self.parts.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// The folder or the file that the pack was read from, as the user named it.
    pub fn origin(&self) -> &Path {
        &self.origin
    }

    /// Plugins that were taken from the plugin path. A change of one of them changes the pack.
    pub fn plugins_from(&self) -> &[PathBuf] {
        &self.plugins_from
    }

    /// How a person finds a part: its path below [`UnreadPack::origin`]. For problems.
    pub fn path_of(&self, part: &str) -> PathBuf {
        self.origin.join(part)
    }

    pub(crate) fn text(&self, part: &str) -> Option<&str> {
        self.parts.get(part).and_then(|bytes| text_of(bytes).ok())
    }

    /// Checks which parts there are. `plugins` is where a folder's missing plugins are looked for.
    fn from_parts(
        origin: &Path,
        mut parts: Parts,
        mut problems: Vec<Problem>,
        plugins: Option<&PluginPath>,
    ) -> Result<(Self, Vec<Problem>), PackError> {
        problems.extend(unreadable_texts(origin, &parts));
        let manifest_path = origin.join(MANIFEST);
        let Some(text) = parts.get(MANIFEST).cloned() else {
            problems.push(Problem::in_file(
                manifest_path,
                "missing: this is what makes a folder or a file a pack",
            ));
            return Err(PackError::new(origin, problems));
        };
        // What is too large is a problem already, and is not read.
        let text = Some(text).filter(|text| text.len() <= DECLARATION_BYTES_MAX);
        let Some(text) = text.and_then(|text| String::from_utf8(text).ok()) else {
            return Err(PackError::new(origin, problems));
        };
        let (manifest, places, manifest_problems) = manifest::read(&manifest_path, &text);
        problems.extend(manifest_problems);

        let mut plugins_from = Vec::new();
        problems.extend(take_plugins(&manifest, &places, &mut parts, plugins, &mut plugins_from));
        problems.extend(check_references(origin, &manifest, &places, &parts));
        if parts.len() > PACK_FILES_MAX {
            problems.push(Problem::in_file(origin, format!("more than {PACK_FILES_MAX} files")));
        }
        problems.extend(size_problem(&parts).map(|message| Problem::in_file(origin, message)));
        let oci_manifest = layout::manifest(&parts);
        let unread = Self {
            origin: origin.to_owned(),
            // A built file has its plugins, a folder may look for them elsewhere.
            form: if plugins.is_some() { Form::Folder } else { Form::File },
            plugins_from,
            digest: Digest::of(oci_manifest.as_bytes()),
            oci_manifest,
            signatures: Vec::new(),
            manifest,
            parts,
        };
        Ok((unread, problems))
    }
}

pub(crate) fn plugin_part(name: &str) -> String {
    format!("plugins/{name}.wasm")
}

/// Every part but a plugin is a text; those that declare something are short.
fn unreadable_texts(origin: &Path, parts: &Parts) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (path, bytes) in parts.iter().filter(|(path, _)| !path.starts_with("plugins/")) {
        if let Err(message) = text_of(bytes) {
            problems.push(Problem::in_file(origin.join(path), message));
        }
        let declares = path == MANIFEST || path == SCHEMA || path.starts_with("cases/");
        if declares && bytes.len() > DECLARATION_BYTES_MAX {
            let message = format!("{} bytes: at most {DECLARATION_BYTES_MAX} are allowed", bytes.len());
            problems.push(Problem::in_file(origin.join(path), message));
        }
    }
    problems
}

/// Takes the plugins that are missing from the plugin path.
fn take_plugins(
    manifest: &Manifest,
    places: &ManifestText<'_>,
    parts: &mut Parts,
    plugins: Option<&PluginPath>,
    plugins_from: &mut Vec<PathBuf>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, policy) in manifest.policies.iter().enumerate() {
        let part = plugin_part(&policy.plugin);
        if policy.plugin.is_empty() || crate::parts::media_type_of(&part).is_err() || parts.contains_key(&part) {
            continue;
        }
        let missing = format!("the plugin {:?} is missing: the pack has no {part}", policy.plugin);
        let Some(path) = plugins else {
            problems.push(places.at_plugin(index, missing));
            continue;
        };
        let Some(file) = path.find(&policy.plugin) else {
            let tried = path
                .folders()
                .iter()
                .map(|folder| folder.display().to_string())
                .collect::<Vec<_>>()
                .join(", ");
            let tried = if tried.is_empty() {
                "the plugin path is empty".to_owned()
            } else {
                format!("nor has any of {tried}")
            };
            problems.push(places.at_plugin(index, format!("{missing}, {tried}")));
            continue;
        };
        match regular_file::read(&file, PACK_BYTES_MAX) {
            Ok(bytes) => {
                parts.insert(part, bytes);
                plugins_from.push(file);
            }
            Err(error) => {
                let message = format!("the plugin {} cannot be read: {error}", file.display());
                problems.push(places.at_plugin(index, message));
            }
        }
    }
    problems
}

/// What the manifest names must be there, and what is there must be named: a list that nobody declared would silently
/// never match.
fn check_references(origin: &Path, manifest: &Manifest, places: &ManifestText<'_>, parts: &Parts) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, list) in manifest.lists.iter().enumerate() {
        if crate::parts::media_type_of(&list.file).is_ok() && !parts.contains_key(&list.file) {
            problems.push(places.at_list(index, format!("the file {:?} is missing in the pack", list.file)));
        }
    }
    for part in parts.keys() {
        let folder = FOLDERS
            .iter()
            .find(|folder| part.split_once('/').is_some_and(|(first, _)| first == folder.name));
        let named = match folder.map(|folder| folder.name) {
            Some("lexicons" | "patterns") => manifest.lists.iter().any(|list| list.file == *part),
            Some("plugins") => manifest
                .policies
                .iter()
                .any(|policy| plugin_part(&policy.plugin) == *part),
            _ => true,
        };
        if !named {
            problems.push(Problem::in_file(origin.join(part), "pack.toml does not name this file"));
        }
    }
    problems
}
