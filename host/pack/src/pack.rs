//! A pack that was read and checked as a whole.

use crate::case::{self, Case};
use crate::error::PackError;
use crate::layout;
use crate::manifest::{self, Manifest, ManifestText, settings_bytes};
use crate::parts::{MANIFEST, Parts, README, SCHEMA, text_of};
use crate::plugin_path::PluginPath;
use crate::settings::{self, SettingProblem, SettingsSchema};
use crate::signing::Signature;
use crate::unread::{TooManySignatures, UnreadPack, plugin_part};
use proviso_model::Problem;
use proviso_model::limits::SETTINGS_BYTES_MAX;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::Path;

/// Steps of comparing the settings of all cases of a pack with its schema: some seconds.
const CASES_STEPS_MAX: u64 = 1_000_000_000;

/// A pack that was read and checked as a whole: its manifest, its parts and its cases agree with each other.
///
/// What is not checked here is what other crates know: whether terms and expressions are good (proviso-scan) and whether
/// plugins are components that the contract allows (proviso-engine). Nor is it known whether anybody trusts it: it may be
/// looked at and signed, and judges nothing until [`Trust::accept`](crate::Trust::accept) makes a
/// [`TrustedPack`](crate::TrustedPack) of it.
#[derive(Debug, Clone)]
pub struct Pack {
    unread: UnreadPack,
    schema: SettingsSchema,
    cases: Vec<Case>,
}

/// All that may be known of a pack before it is interpreted: its manifest, parts, digest and signatures.
impl Deref for Pack {
    type Target = UnreadPack;

    fn deref(&self) -> &UnreadPack {
        &self.unread
    }
}

impl UnreadPack {
    /// Interprets the rest.
    ///
    /// # Errors
    /// Everything that is wrong with the schema, the settings and the cases.
    pub fn read(self) -> Result<Pack, PackError> {
        Pack::read(self, Vec::new())
    }
}

impl Pack {
    /// Opens a folder, or a built file, and reads all of it, whoever made it. Every problem is reported at once. What is to
    /// judge is opened by [`UnreadPack::open`] instead, so that trust is asked first.
    pub fn open(path: &Path, plugins: &PluginPath) -> Result<Self, PackError> {
        let (unread, problems) = UnreadPack::gather(path, plugins)?;
        Self::read(unread, problems)
    }

    /// Reads a built file that may come from anywhere. `name` is what problems call it.
    pub fn from_file(file: &[u8], name: &Path) -> Result<Self, PackError> {
        let (unread, problems) = UnreadPack::gather_file(file, name)?;
        Self::read(unread, problems)
    }

    /// The pack with signatures beside those that it has; one that it has already is not added.
    pub fn with_signatures(
        mut self,
        signatures: impl IntoIterator<Item = Signature>,
    ) -> Result<Self, TooManySignatures> {
        self.unread = self.unread.with_signatures(signatures)?;
        Ok(self)
    }

    /// The built file: an OCI image layout in a tar, with the signatures. The same parts and signatures give the same bytes.
    pub fn to_file(&self) -> Vec<u8> {
        layout::write(&self.unread.parts, &self.unread.signatures)
    }

    /// The same pack, as if none of its policies asked for that field. The digest is that of the pack itself.
    pub(crate) fn without_field(&self, field: manifest::Field) -> Self {
        let mut pack = self.clone();
        for policy in &mut pack.unread.manifest.policies {
            policy.fields.retain(|asked| *asked != field);
            if field == manifest::Field::Preceding {
                policy.preceding = 0;
            }
        }
        pack
    }

    /// The component of the plugin of that name.
    pub fn plugin(&self, name: &str) -> Option<&[u8]> {
        self.unread.parts.get(&plugin_part(name)).map(Vec::as_slice)
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

    /// Places in `pack.toml` of the settings of policies, each given by the policy, a JSON Pointer into its settings, and a
    /// message.
    pub fn at_settings<'n>(&self, notes: impl IntoIterator<Item = (&'n str, &'n str, String)>) -> Vec<Problem> {
        let text = self.text(MANIFEST).unwrap_or_default();
        let path = self.path_of(MANIFEST);
        let (_, manifest, _) = manifest::read(&path, text);
        let index = |name: &str| self.manifest().policies.iter().position(|policy| policy.name == name);
        notes
            .into_iter()
            .filter_map(|(policy, pointer, message)| Some(manifest.at_setting(index(policy)?, pointer, message)))
            .collect()
    }

    /// The settings of a policy: `overrides` over the manifest's defaults. Objects merge key by key at every depth,
    /// everything else replaces. A policy that the pack does not have has no defaults.
    pub fn merged_settings(&self, policy: &str, overrides: &Map<String, Value>) -> Map<String, Value> {
        match self.manifest().policy(policy) {
            Some(policy) => settings::merged(&policy.settings, overrides),
            None => overrides.clone(),
        }
    }

    /// What is wrong with the whole (merged) settings of a policy: a JSON Pointer into them, empty for the whole, and a
    /// message of at most about 512 bytes.
    pub fn validate_settings(&self, policy: &str, settings: &Map<String, Value>) -> Vec<SettingProblem> {
        if self.manifest().policy(policy).is_none() {
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
        let all = self.manifest().policies.iter().map(|each| {
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

    fn list_text(&self, name: &str, fits: impl Fn(manifest::ListKind) -> bool) -> Option<&str> {
        self.manifest()
            .list(name)
            .filter(|list| fits(list.kind))
            .and_then(|list| self.text(&list.file))
    }

    /// Interprets what was not looked at yet: the schema, the defaults that it describes, and the cases. `problems` are those
    /// that are known already.
    pub(crate) fn read(unread: UnreadPack, mut problems: Vec<Problem>) -> Result<Self, PackError> {
        let origin = unread.origin().to_owned();
        let manifest_path = origin.join(MANIFEST);
        let schema = match unread.parts.get(SCHEMA).and_then(|bytes| text_of(bytes).ok()) {
            None => SettingsSchema::default(),
            Some(text) => SettingsSchema::read(&origin.join(SCHEMA), text).unwrap_or_else(|problem| {
                problems.push(problem);
                SettingsSchema::default()
            }),
        };
        if problems.is_empty() {
            let (_, places, _) = manifest::read(&manifest_path, unread.text(MANIFEST).unwrap_or_default());
            problems.extend(check_defaults(&unread.manifest, &places, &schema));
        }
        let (cases, case_problems) = read_cases(&origin, &unread.manifest, &unread.parts);
        problems.extend(case_problems);
        if !problems.is_empty() {
            return Err(PackError::new(&origin, problems));
        }
        let pack = Self { unread, schema, cases };
        let problems = pack.problems_of_case_settings();
        if problems.is_empty() {
            Ok(pack)
        } else {
            Err(PackError::new(&origin, problems))
        }
    }

    fn problems_of_case_settings(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut steps = 0;
        for case in &self.cases {
            for (policy, overrides) in &case.settings {
                let merged = self.merged_settings(policy, overrides);
                steps += self.schema.steps(policy, &merged);
                if steps > CASES_STEPS_MAX {
                    let message = format!(
                        "comparing the settings of the cases up to {:?} with settings.schema.json may take more than \
                         {CASES_STEPS_MAX} steps together",
                        case.name
                    );
                    problems.push(Problem::on_line(self.path_of(&case.file), case.line, message));
                    return problems;
                }
                for (pointer, message) in self.validate_settings(policy, &merged) {
                    let message = format!("settings of case {:?}, /{policy}{pointer}: {message}", case.name);
                    problems.push(Problem::on_line(self.path_of(&case.file), case.line, message));
                }
            }
        }
        problems
    }
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
