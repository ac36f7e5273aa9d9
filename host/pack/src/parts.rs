//! Which files a pack is made of, and what they may be called.

use proviso_model::limits::PACK_BYTES_MAX;
use std::collections::BTreeMap;

/// The manifest.
pub const MANIFEST: &str = "pack.toml";
/// The JSON Schema of the settings.
pub(crate) const SCHEMA: &str = "settings.schema.json";
/// The page for people.
pub(crate) const README: &str = "README.md";
/// Name of one file without its folder, in bytes.
pub(crate) const FILE_NAME_BYTES_MAX: usize = 128;
/// `pack.toml`, `settings.schema.json` and one file of cases, in bytes each.
pub(crate) const DECLARATION_BYTES_MAX: usize = 1 << 20;

/// The files of a pack by their path in it, with `/` between folder and name.
pub(crate) type Parts = BTreeMap<String, Vec<u8>>;

/// A folder of a pack.
pub(crate) struct PartFolder {
    /// Its name.
    pub(crate) name: &'static str,
    /// What the names in it end with.
    pub(crate) suffix: &'static str,
    /// How a layer of it is marked in the built file.
    pub(crate) media_type: &'static str,
}

/// The files that stand beside the folders, with their media types.
pub(crate) const TOP_FILES: [(&str, &str); 3] = [
    (MANIFEST, "application/toml"),
    (SCHEMA, "application/schema+json"),
    (README, "text/markdown"),
];

/// The folders. Nothing stands below them.
pub(crate) const FOLDERS: [PartFolder; 4] = [
    PartFolder {
        name: "lexicons",
        suffix: ".txt",
        media_type: "text/plain",
    },
    PartFolder {
        name: "patterns",
        suffix: ".txt",
        media_type: "text/plain",
    },
    PartFolder {
        name: "cases",
        suffix: ".toml",
        media_type: "application/toml",
    },
    PartFolder {
        name: "plugins",
        suffix: ".wasm",
        media_type: "application/wasm",
    },
];

/// The media type of a part, or why a pack has no part of that path.
pub fn media_type_of(path: &str) -> Result<&'static str, String> {
    if let Some((_, media_type)) = TOP_FILES.iter().find(|(name, _)| *name == path) {
        return Ok(media_type);
    }
    let Some((folder, name)) = path.split_once('/') else {
        return Err(format!(
            "{path:?} is not a part of a pack: expected {}",
            expected_paths()
        ));
    };
    let Some(folder) = FOLDERS.iter().find(|known| known.name == folder) else {
        return Err(format!(
            "{path:?} is not a part of a pack: expected {}",
            expected_paths()
        ));
    };
    if !name.ends_with(folder.suffix) || name.len() == folder.suffix.len() {
        return Err(format!(
            "{path:?} is not a part of a pack: files of {}/ end with {}",
            folder.name, folder.suffix
        ));
    }
    // Letters of any script are welcome: people name their cases in Chinese. What a shell, a URL or a path would read
    // in a way of its own is not.
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.len() > FILE_NAME_BYTES_MAX || name.starts_with('.') || !name.chars().all(plain) {
        return Err(format!(
            "{path:?} cannot be the path of a part: expected a name of 1-{FILE_NAME_BYTES_MAX} bytes of letters, digits, \
             `-`, `_` and `.`, not beginning with `.`"
        ));
    }
    Ok(folder.media_type)
}

fn expected_paths() -> String {
    let top = TOP_FILES.iter().map(|(name, _)| (*name).to_owned());
    let folders = FOLDERS
        .iter()
        .map(|folder| format!("{}/*{}", folder.name, folder.suffix));
    top.chain(folders).collect::<Vec<_>>().join(", ")
}

/// The text of a part, or where it stops being UTF-8.
pub(crate) fn text_of(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|error| format!("not UTF-8 at byte {}", error.valid_up_to()))
}

/// What is wrong with the sizes of a pack, if anything.
pub(crate) fn size_problem(parts: &Parts) -> Option<String> {
    let bytes: usize = parts.values().map(Vec::len).sum();
    (bytes > PACK_BYTES_MAX).then(|| format!("the pack has {bytes} bytes: at most {PACK_BYTES_MAX} are allowed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_the_format_are_parts() {
        for good in [
            "pack.toml",
            "README.md",
            "lexicons/a.txt",
            "cases/保本.toml",
            "plugins/lexicon-rules.wasm",
        ] {
            assert!(media_type_of(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "/",
            "pack.toml/",
            "/pack.toml",
            "./pack.toml",
            "../pack.toml",
            "lexicons",
            "lexicons/",
            "lexicons/.txt",
            "lexicons/a",
            "lexicons/a.toml",
            "lexicons/../a.txt",
            "lexicons/b/a.txt",
            "lexicons\\a.txt",
            "lexicons/..txt",
            "lexicons/a b.txt",
            "lexicons/a\0.txt",
            "lexicons/a\\b.txt",
            "Cargo.toml",
            "src/lib.rs",
            "C:/a.txt",
        ] {
            assert!(media_type_of(bad).is_err(), "{bad}");
        }
        assert!(media_type_of(&format!("lexicons/{}.txt", "a".repeat(125))).is_err());
    }
}
