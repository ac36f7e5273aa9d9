//! What `pack new` writes opens as it is.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use proviso_author::scaffold::{Language, ScaffoldError, scaffold_pack, scaffold_plugin};
use proviso_pack::{Pack, PluginPath};
use std::path::Path;

/// The bytes of an empty component.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// A folder of plugins with an empty component of that name.
fn plugins(folder: &Path, name: &str) -> PluginPath {
    let shared = folder.join("shared");
    std::fs::create_dir_all(&shared).unwrap();
    std::fs::write(shared.join(format!("{name}.wasm")), COMPONENT).unwrap();
    PluginPath::new([shared])
}

fn open(path: &Path, plugins: &PluginPath) -> Pack {
    Pack::open(path, plugins).unwrap_or_else(|error| panic!("{:#?}", error.problems))
}

#[test]
fn a_pack_without_code_opens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new");
    let written = scaffold_pack(&path, "acme/house-rules").unwrap();
    assert!(written.iter().all(|file| file.is_file()));
    let pack = open(&path, &plugins(folder.path(), "lexicon-rules"));
    assert_eq!(pack.manifest().name, "acme/house-rules");
    assert_eq!(
        pack.manifest().policies[0].settings["rules"].as_object().unwrap().len(),
        2
    );
    assert_eq!(pack.cases().len(), 4);
    assert!(pack.files().all(|(_, bytes)| {
        !bytes
            .windows(6)
            .any(|window| window == b"@PACK@" || window == b"@NAME@")
    }));
}

#[test]
fn a_pack_with_a_plugin_opens_and_has_the_same_rule_in_every_language() {
    let folder = tempfile::tempdir().unwrap();
    let shared = ["settings.schema.json", "lexicons/rates.txt", "cases/rates.toml"];
    for (language, source) in [
        (Language::Rust, "src/lib.rs"),
        (Language::C, "src/plugin.c"),
        (Language::TypeScript, "src/plugin.ts"),
        (Language::Python, "src/plugin.py"),
    ] {
        let path = folder.path().join(format!("{language:?}"));
        let written = scaffold_plugin(&path, "acme/promised-rates", language).unwrap();
        assert!(written.iter().all(|file| file.is_file()));
        assert!(path.join(source).is_file() && path.join(".gitignore").is_file());
        let pack = open(&path, &plugins(folder.path(), "promised-rates"));
        assert_eq!(pack.manifest().policies[0].plugin, "promised-rates");
        assert_eq!(pack.cases().len(), 5);
        for file in &written {
            let text = std::fs::read_to_string(file).unwrap();
            assert!(
                !["@PACK@", "@NAME@", "@SDK@", "@FUEL@"]
                    .iter()
                    .any(|mark| text.contains(mark)),
                "{file:?}"
            );
        }
        for file in shared {
            let [here, rust] = [&path, &folder.path().join("Rust")].map(|pack| std::fs::read(pack.join(file)).unwrap());
            assert_eq!(here, rust, "{language:?}: {file}");
        }
    }
}

#[test]
fn a_crate_finds_its_sdk() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new");
    scaffold_plugin(&path, "acme/hard-selling", Language::Rust).unwrap();
    let cargo = std::fs::read_to_string(path.join("Cargo.toml")).unwrap();
    assert!(
        cargo.contains("name = \"hard-selling\"") && cargo.contains("proviso-sdk = { path = \"sdk\" }"),
        "{cargo}"
    );
    assert!(path.join("sdk/src/lib.rs").is_file() && path.join("sdk/wit/rules.wit").is_file());

    // Within a checkout the SDK is the one that stands there.
    std::fs::create_dir_all(folder.path().join("plugins/sdk")).unwrap();
    std::fs::write(folder.path().join("plugins/sdk/Cargo.toml"), "").unwrap();
    let inside = folder.path().join("packs/other");
    scaffold_plugin(&inside, "acme/other", Language::Rust).unwrap();
    assert!(!inside.join("sdk").exists());
    let cargo = std::fs::read_to_string(inside.join("Cargo.toml")).unwrap();
    assert!(
        cargo.contains(&format!(
            "proviso-sdk = {{ path = \"{}/plugins/sdk\" }}",
            folder.path().display()
        )),
        "{cargo}"
    );
}

#[test]
fn nothing_is_overwritten_and_names_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("README.md"), "mine").unwrap();
    let error = scaffold_pack(folder.path(), "acme/house-rules").unwrap_err();
    assert!(matches!(error, ScaffoldError::Exists(path) if path.ends_with("README.md")));
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing else was written"
    );
    for name in ["house-rules", "acme/", "Acme/x", "a/b/c", "acme/../x"] {
        assert!(
            matches!(scaffold_pack(folder.path(), name), Err(ScaffoldError::Name(_))),
            "{name}"
        );
    }
}
