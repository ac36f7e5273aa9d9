//! The Rust SDK as a folder of the scaffold: a plugin builds without a checkout of Proviso, with what crates.io has.

/// The folder within the scaffold.
pub(super) const FOLDER: &str = "sdk";

/// Where the SDK's sources say that the contract is, and where it is in the scaffold.
const CONTRACT: (&str, &str) = ("\"../../wit/v0.1.0\"", "\"wit\"");

/// The crate without this repository's workspace. A test holds the versions against it.
const MANIFEST: &str = r#"# The SDK of Proviso @VERSION@, as `pack new` wrote it. A newer one comes with a newer `proviso`.
[package]
name = "proviso-sdk"
version = "@VERSION@"
edition = "2024"
rust-version = "1.85"
license = "Apache-2.0"
publish = false

[dependencies]
wit-bindgen = { version = "0.61.1", default-features = false, features = ["macros", "realloc"] }
serde = { version = "1", features = ["derive", "rc"] }
serde_json = { version = "1", features = ["raw_value"] }
serde_path_to_error = "0.1"
postcard = { version = "1", default-features = false, features = ["alloc"] }
"#;

macro_rules! sources {
    ($($name:literal),* $(,)?) => {
        [$((concat!("sdk/src/", $name), include_str!(concat!("../../../../plugins/sdk/src/", $name)))),*]
    };
}

macro_rules! contract {
    ($($name:literal),* $(,)?) => {
        [$((concat!("sdk/wit/", $name), include_str!(concat!("../../../../wit/v0.1.0/", $name)))),*]
    };
}

const SOURCES: [(&str, &str); 16] = sources![
    "address.rs",
    "arena.rs",
    "configure.rs",
    "contract.rs",
    "export.rs",
    "filter.rs",
    "finding.rs",
    "fold.rs",
    "lib.rs",
    "lists.rs",
    "log.rs",
    "message.rs",
    "retention.rs",
    "rules.rs",
    "state.rs",
    "testing.rs",
];

const WIT: [(&str, &str); 7] = contract![
    "fold.wit",
    "lifecycle.wit",
    "log.wit",
    "retention.wit",
    "rules.wit",
    "types.wit",
    "worlds.wit",
];

/// Every file with its text, by its path within the scaffold.
pub(super) fn files() -> Vec<(&'static str, String)> {
    let manifest = MANIFEST.replace("@VERSION@", env!("CARGO_PKG_VERSION"));
    let sources = SOURCES
        .iter()
        .map(|(path, text)| (*path, text.replace(CONTRACT.0, CONTRACT.1)));
    let wit = WIT.iter().map(|(path, text)| (*path, (*text).to_owned()));
    std::iter::once(("sdk/Cargo.toml", manifest))
        .chain(sources)
        .chain(wit)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn the_folder_is_the_sdk_whole() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for (folder, ours) in [("plugins/sdk/src", &SOURCES[..]), ("wit/v0.1.0", &WIT[..])] {
            let there: BTreeSet<String> = std::fs::read_dir(root.join(folder))
                .expect("a checkout")
                .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
                .collect();
            let ours: BTreeSet<String> = ours
                .iter()
                .filter_map(|(path, _)| path.rsplit('/').next())
                .map(str::to_owned)
                .collect();
            assert_eq!(there, ours, "{folder}");
        }
    }

    #[test]
    fn its_dependencies_are_those_of_the_workspace() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let read = |path: &str| -> toml::Table {
            let text = std::fs::read_to_string(root.join(path)).expect("a checkout");
            text.parse().expect("a manifest")
        };
        let (workspace, sdk) = (read("Cargo.toml"), read("plugins/sdk/Cargo.toml"));
        let ours: toml::Table = MANIFEST.replace("@VERSION@", "0.0.0").parse().expect("a manifest");
        let wanted = sdk["dependencies"].as_table().expect("a table");
        let ours = ours["dependencies"].as_table().expect("a table");
        assert_eq!(wanted.keys().collect::<Vec<_>>(), ours.keys().collect::<Vec<_>>());
        for (name, of) in ours {
            assert_eq!(of, &workspace["workspace"]["dependencies"][name], "{name}");
        }
    }
}
