//! Where plugins are looked for that a pack names and does not carry.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The environment variable that names folders of plugins, separated by `:`.
pub const PLUGIN_PATH_VARIABLE: &str = "PROVISO_PLUGIN_PATH";

/// An ordered list of folders that may hold `NAME.wasm`. The first that does wins.
///
/// Only a pack's folder form looks here: what is found becomes a part of the pack and of its digest. A built file carries
/// every plugin that it names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PluginPath {
    folders: Vec<PathBuf>,
}

impl PluginPath {
    /// These folders, in this order.
    pub fn new(folders: impl IntoIterator<Item = PathBuf>) -> Self {
        Self {
            folders: folders.into_iter().collect(),
        }
    }

    /// The folders of the variable's value, then `plugins`, `../plugins` and `../lib/proviso/plugins` seen from the folder
    /// of the executable. Empty elements of the variable are skipped.
    pub fn from_values(variable: Option<&OsStr>, executable_folder: Option<&Path>) -> Self {
        let named = variable
            .map(|value| std::env::split_paths(value).collect::<Vec<_>>())
            .unwrap_or_default();
        let beside = executable_folder.map(|folder| {
            ["plugins", "../plugins", "../lib/proviso/plugins"]
                .map(|relative| folder.join(relative))
                .to_vec()
        });
        Self::new(
            named
                .into_iter()
                .chain(beside.unwrap_or_default())
                .filter(|folder| !folder.as_os_str().is_empty()),
        )
    }

    /// The folders of this process: by [`PLUGIN_PATH_VARIABLE`] and the place of its executable.
    pub fn of_this_process() -> Self {
        let executable = std::env::current_exe().ok();
        Self::from_values(
            std::env::var_os(PLUGIN_PATH_VARIABLE).as_deref(),
            executable.as_deref().and_then(Path::parent),
        )
    }

    /// The folders, in order.
    pub fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// The first `NAME.wasm`. The name has the form of a plugin's name, so that it cannot lead out of the folders.
    pub fn find(&self, name: &str) -> Option<PathBuf> {
        self.folders
            .iter()
            .map(|folder| folder.join(format!("{name}.wasm")))
            .find(|file| file.is_file())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_comes_before_the_executable() {
        let path = PluginPath::from_values(Some(OsStr::new("/a::/b/c")), Some(Path::new("/opt/proviso/bin")));
        let folders: Vec<_> = path.folders().iter().map(|folder| folder.to_str().unwrap()).collect();
        assert_eq!(
            folders,
            [
                "/a",
                "/b/c",
                "/opt/proviso/bin/plugins",
                "/opt/proviso/bin/../plugins",
                "/opt/proviso/bin/../lib/proviso/plugins"
            ]
        );
        assert_eq!(PluginPath::from_values(None, None).folders(), [] as [PathBuf; 0]);
    }

    #[test]
    fn the_first_folder_that_has_it_wins() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("1"), folder.path().join("2"));
        for place in [&first, &second] {
            std::fs::create_dir(place).unwrap();
        }
        let path = PluginPath::new([first.clone(), second.clone()]);
        assert_eq!(path.find("x"), None);
        std::fs::write(second.join("x.wasm"), "").unwrap();
        assert_eq!(path.find("x"), Some(second.join("x.wasm")));
        std::fs::write(first.join("x.wasm"), "").unwrap();
        assert_eq!(path.find("x"), Some(first.join("x.wasm")));
    }
}
