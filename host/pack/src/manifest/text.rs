//! The text of a manifest with the places that problems point at.

use proviso_model::Problem;
use proviso_model::id::is_name;
use proviso_model::limits::NAME_BYTES_MAX;
use proviso_model::toml_read::{Places, TomlFile};
use std::ops::Range;
use std::path::PathBuf;

/// A manifest, and where in its file the things stand that can only be checked against other parts.
#[derive(Debug)]
pub struct ManifestText<'a> {
    pub(super) file: PathBuf,
    pub(super) text: &'a str,
    /// For each list of the manifest, where its `file` stands.
    pub(super) list_files: Vec<Range<usize>>,
    /// For each policy, where its `plugin` stands.
    pub(super) plugins: Vec<Range<usize>>,
    /// For each policy, where its settings stand.
    pub(super) settings: Vec<Places>,
}

impl ManifestText<'_> {
    fn problem(&self, at: Range<usize>, message: impl Into<String>) -> Problem {
        Problem::at_offset(&self.file, self.text, at.start, message)
    }

    /// A problem with the file of a list, by the list's index.
    pub fn at_list(&self, list: usize, message: impl Into<String>) -> Problem {
        self.problem(self.list_files.get(list).cloned().unwrap_or_default(), message)
    }

    /// A problem with the plugin of a policy, by the policy's index.
    pub fn at_plugin(&self, policy: usize, message: impl Into<String>) -> Problem {
        self.problem(self.plugins.get(policy).cloned().unwrap_or_default(), message)
    }

    /// A problem with a setting of a policy, by the policy's index and a JSON Pointer into its settings.
    pub fn at_setting(&self, policy: usize, pointer: &str, message: impl Into<String>) -> Problem {
        self.problem(
            self.settings
                .get(policy)
                .map(|places| places.of(pointer))
                .unwrap_or_default(),
            message,
        )
    }
}

/// A name that is none is a problem.
pub(super) fn check_name(file: &mut TomlFile<'_>, what: &str, name: &str, at: Range<usize>) {
    if !is_name(name) {
        file.problem(
            at,
            format!("{name:?} is not the name of {what}: expected 1-{NAME_BYTES_MAX} bytes of a-z, 0-9 and `-`"),
        );
    }
}
