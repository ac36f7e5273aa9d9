//! A pack that was read and checked as a whole.

use crate::bundle::SIGNATURES_MAX;
use crate::case::{self, Case};
use crate::error::PackError;
use crate::manifest::{self, Manifest, ManifestText, settings_bytes};
use crate::parts::{DECLARATION_BYTES_MAX, FOLDERS, MANIFEST, Parts, README, SCHEMA, size_problem, text_of};
use crate::plugin_path::PluginPath;
use crate::settings::{self, SettingProblem, SettingsSchema};
use crate::signing::Signature;
use crate::{folder, layout, regular_file};
use proviso_model::limits::{PACK_BYTES_MAX, PACK_FILES_MAX, SETTINGS_BYTES_MAX};
use proviso_model::{Digest, Problem};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A pack that was read and checked as a whole: its manifest, its parts and its cases agree with each other.
///
/// What is not checked here is what other crates know: whether terms and expressions are good (proviso-scan) and whether
/// plugins are components that the contract allows (proviso-engine). Nor is it known whether anybody trusts it: it may be
/// looked at and signed, and judges nothing until [`Trust::accept`](crate::Trust::accept) makes a
/// [`TrustedPack`](crate::TrustedPack) of it.
#[derive(Debug, Clone)]
pub struct Pack {
    origin: PathBuf,
    form: Form,
    plugins_from: Vec<PathBuf>,
    digest: Digest,
    oci_manifest: String,
    signatures: Vec<Signature>,
    manifest: Manifest,
    schema: SettingsSchema,
    parts: Parts,
    cases: Vec<Case>,
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

impl Pack {
    /// Opens a folder, or a built file. A plugin that a folder names and does not have is taken from the plugin path and
    /// becomes a part of the pack. Every problem is reported at once.
    pub fn open(path: &Path, plugins: &PluginPath) -> Result<Self, PackError> {
        let metadata =
            std::fs::metadata(path).map_err(|error| PackError::whole(path, format!("cannot be read: {error}")))?;
        if metadata.is_dir() {
            let (parts, problems) = folder::read(path);
            return Self::from_parts(path, parts, problems, Some(plugins));
        }
        let file = regular_file::read(path, layout::FILE_BYTES_MAX)
            .map_err(|error| PackError::whole(path, format!("cannot be read: {error}")))?;
        Self::from_file(&file, path)
    }

    /// Reads a built file that may come from anywhere. `name` is what problems call it.
    pub fn from_file(file: &[u8], name: &Path) -> Result<Self, PackError> {
        let refused = |error| PackError::whole(name, format!("not a pack: {error}"));
        let (parts, signatures) = layout::read(file).map_err(refused)?;
        let pack = Self::from_parts(name, parts, Vec::new(), None)?;
        // In one order, whatever order the file has them in.
        pack.with_signatures(signatures)
            .map_err(|error| PackError::whole(name, format!("not a pack: {error}")))
    }

    /// The built file: an OCI image layout in a tar, with the signatures. The same parts and signatures give the same bytes.
    pub fn to_file(&self) -> Vec<u8> {
        layout::write(&self.parts, &self.signatures)
    }

    /// What it was read from.
    pub fn form(&self) -> Form {
        self.form
    }

    /// The OCI manifest: what [`Pack::digest`] is the digest of, and what signers sign.
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

    /// The same pack, as if none of its policies asked for that field. The digest is that of the pack itself.
    pub(crate) fn without_field(&self, field: manifest::Field) -> Self {
        let mut pack = self.clone();
        for policy in &mut pack.manifest.policies {
            policy.fields.retain(|asked| *asked != field);
            if field == manifest::Field::Preceding {
                policy.preceding = 0;
            }
        }
        pack
    }

    /// What `pack.toml` says.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The component of the plugin of that name.
    pub fn plugin(&self, name: &str) -> Option<&[u8]> {
        self.parts.get(&plugin_part(name)).map(Vec::as_slice)
    }

    /// The text of the lexicon of that name; its path is in the manifest.
    pub fn lexicon_text(&self, name: &str) -> Option<&str> {
        self.list_text(name, |kind| matches!(kind, manifest::ListKind::Lexicon(_)))
    }

    /// The text of the patterns of that name; its path is in the manifest.
    pub fn pattern_text(&self, name: &str) -> Option<&str> {
        self.list_text(name, |kind| matches!(kind, manifest::ListKind::Patterns))
    }

    /// The JSON Schema of the settings; `None` if no policy takes any.
    pub fn schema(&self) -> Option<&Value> {
        self.schema.document()
    }

    /// The page for people, in Markdown.
    pub fn readme(&self) -> Option<&str> {
        self.text(README)
    }

    /// The pack's own cases, ordered by file, then as in the file.
    pub fn cases(&self) -> &[Case] {
        &self.cases
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

    /// How a person finds a part: its path below [`Pack::origin`]. For problems.
    pub fn path_of(&self, part: &str) -> PathBuf {
        self.origin.join(part)
    }

    /// Places in `pack.toml` of the settings of policies, each given by the policy, a JSON Pointer into its settings, and a
    /// message.
    pub fn at_settings<'n>(&self, notes: impl IntoIterator<Item = (&'n str, &'n str, String)>) -> Vec<Problem> {
        let text = self.text(MANIFEST).unwrap_or_default();
        let path = self.path_of(MANIFEST);
        let (_, manifest, _) = manifest::read(&path, text);
        let index = |name: &str| self.manifest.policies.iter().position(|policy| policy.name == name);
        notes
            .into_iter()
            .filter_map(|(policy, pointer, message)| Some(manifest.at_setting(index(policy)?, pointer, message)))
            .collect()
    }

    /// The settings of a policy: `overrides` over the manifest's defaults. Objects merge key by key at every depth,
    /// everything else replaces. A policy that the pack does not have has no defaults.
    pub fn merged_settings(&self, policy: &str, overrides: &Map<String, Value>) -> Map<String, Value> {
        match self.manifest.policy(policy) {
            Some(policy) => settings::merged(&policy.settings, overrides),
            None => overrides.clone(),
        }
    }

    /// What is wrong with the whole (merged) settings of a policy: a JSON Pointer into them, empty for the whole, and a
    /// message of at most about 512 bytes.
    pub fn validate_settings(&self, policy: &str, settings: &Map<String, Value>) -> Vec<SettingProblem> {
        if self.manifest.policy(policy).is_none() {
            let known = self
                .manifest
                .policies
                .iter()
                .map(|policy| policy.name.as_str())
                .collect::<Vec<_>>()
                .join(", ");
            return vec![(
                String::new(),
                format!("the pack has no policy {policy:?}: expected one of {known}"),
            )];
        }
        let bytes = settings_bytes(settings);
        if bytes > SETTINGS_BYTES_MAX {
            let message = format!("the settings have {bytes} bytes as JSON: at most {SETTINGS_BYTES_MAX} are allowed");
            return vec![(String::new(), message)];
        }
        // The other policies stand by with their defaults, so that a schema may demand that all are there.
        let all = self.manifest.policies.iter().map(|each| {
            (
                each.name.as_str(),
                if each.name == policy { settings } else { &each.settings },
            )
        });
        let below = format!("/{policy}");
        let inside = |pointer: String| match pointer.strip_prefix(&below) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => rest.to_owned(),
            _ => String::new(),
        };
        self.schema
            .problems(all)
            .into_iter()
            .map(|(pointer, message)| (inside(pointer), message))
            .collect()
    }

    fn text(&self, part: &str) -> Option<&str> {
        self.parts
            .get(part)
            .map(|bytes| text_of(bytes).expect("texts are checked when a pack is read"))
    }

    fn list_text(&self, name: &str, fits: impl Fn(manifest::ListKind) -> bool) -> Option<&str> {
        self.manifest
            .list(name)
            .filter(|list| fits(list.kind))
            .and_then(|list| self.text(&list.file))
    }

    /// Checks the parts as a whole. `plugins` is where a folder's missing plugins are looked for.
    fn from_parts(
        origin: &Path,
        mut parts: Parts,
        mut problems: Vec<Problem>,
        plugins: Option<&PluginPath>,
    ) -> Result<Self, PackError> {
        problems.extend(unreadable_texts(origin, &parts));
        let manifest_path = origin.join(MANIFEST);
        let Some(text) = parts.get(MANIFEST).cloned() else {
            problems.push(Problem::in_file(
                manifest_path,
                "missing: this is what makes a folder or a file a pack",
            ));
            return Err(PackError::new(origin, problems));
        };
        let Ok(text) = String::from_utf8(text) else {
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

        let schema = match parts.get(SCHEMA).and_then(|bytes| text_of(bytes).ok()) {
            None => SettingsSchema::default(),
            Some(text) => SettingsSchema::read(&origin.join(SCHEMA), text).unwrap_or_else(|problem| {
                problems.push(problem);
                SettingsSchema::default()
            }),
        };
        if problems.is_empty() {
            problems.extend(check_defaults(&manifest, &places, &schema));
        }

        let (cases, case_problems) = read_cases(origin, &manifest, &parts);
        problems.extend(case_problems);
        if !problems.is_empty() {
            return Err(PackError::new(origin, problems));
        }
        let oci_manifest = layout::manifest(&parts);
        let pack = Self {
            origin: origin.to_owned(),
            // A built file has its plugins, a folder may look for them elsewhere.
            form: if plugins.is_some() { Form::Folder } else { Form::File },
            plugins_from,
            digest: Digest::of(oci_manifest.as_bytes()),
            oci_manifest,
            signatures: Vec::new(),
            manifest,
            schema,
            parts,
            cases,
        };
        let problems = pack.problems_of_case_settings();
        if problems.is_empty() {
            Ok(pack)
        } else {
            Err(PackError::new(origin, problems))
        }
    }

    fn problems_of_case_settings(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for case in &self.cases {
            for (policy, overrides) in &case.settings {
                for (pointer, message) in self.validate_settings(policy, &self.merged_settings(policy, overrides)) {
                    let message = format!("settings of case {:?}, /{policy}{pointer}: {message}", case.name);
                    problems.push(Problem::on_line(self.path_of(&case.file), case.line, message));
                }
            }
        }
        problems
    }
}

fn plugin_part(name: &str) -> String {
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

fn check_defaults(manifest: &Manifest, places: &ManifestText<'_>, schema: &SettingsSchema) -> Vec<Problem> {
    let all = manifest
        .policies
        .iter()
        .map(|policy| (policy.name.as_str(), &policy.settings));
    let at = |(pointer, message): SettingProblem| {
        let (policy, rest) = pointer.strip_prefix('/').map_or(("", ""), |rest| match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, ""),
        });
        match manifest.policies.iter().position(|each| each.name == policy) {
            Some(index) => places.at_setting(index, rest, format!("setting {pointer}: {message}")),
            None => places.at_setting(0, "", format!("settings: {message}")),
        }
    };
    schema.problems(all).into_iter().map(at).collect()
}

fn read_cases(origin: &Path, manifest: &Manifest, parts: &Parts) -> (Vec<Case>, Vec<Problem>) {
    let policies: Vec<String> = manifest.policies.iter().map(|policy| policy.name.clone()).collect();
    let (mut cases, mut problems) = (Vec::new(), Vec::new());
    let files: BTreeMap<_, _> = parts.range("cases/".to_owned().."cases0".to_owned()).collect();
    for (part, bytes) in files {
        // A text that is not UTF-8 is a problem already.
        let Ok(text) = text_of(bytes) else { continue };
        let (read, wrong) = case::read(&origin.join(part), part, text, &manifest.name, &policies);
        cases.extend(read);
        problems.extend(wrong);
    }
    (cases, problems)
}
