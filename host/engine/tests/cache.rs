//! Compiled snapshots on disk: found again, and never believed when something is wrong with them.

#![allow(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use crate::support::*;
use proviso_engine::{CacheError, Engine, EngineError, EngineOptions, ResolvedSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

fn open(folder: &Path) -> Result<Engine, EngineError> {
    Engine::new(EngineOptions {
        cache_dir: Some(folder.to_owned()),
        ..EngineOptions::default()
    })
}

fn set(settings: &str) -> ResolvedSet {
    let manifest = format!("{HEAD}{RULES_POLICY}settings = {settings}\n");
    ResolvedSet::of_pack(pack(
        &manifest,
        &rules_component(""),
        &[("settings.schema.json", SCHEMA)],
    ))
}

/// Builds with a new engine; true if the snapshot came from the cache. The generation judges either way.
fn build_from(folder: &Path, settings: &str) -> bool {
    let generation = build(&open(folder).unwrap(), &set(settings)).unwrap();
    assert_eq!(rules(&judge(&generation, &["x"])[0]), ["seen"]);
    generation.describe().packs[0].policies[0].from_cache
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == ending));
    files.sort();
    files
}

#[test]
fn what_was_compiled_is_found_again() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("made/cache");
    assert!(!build_from(&folder, "{ level = 1 }"));
    assert!(build_from(&folder, "{ level = 1 }"));
    assert!(
        !build_from(&folder, "{ level = 2 }"),
        "other settings are another snapshot"
    );
    assert_eq!(
        files(&folder, "cwasm").len(),
        3,
        "one instrumented form and two snapshots"
    );
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    for file in files(&folder, "cwasm").iter().chain(&files(&folder, "note")) {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert!(
        fs::read_dir(&folder)
            .unwrap()
            .all(|entry| !entry.unwrap().file_name().to_string_lossy().starts_with('.'))
    );
}

#[test]
fn a_damaged_entry_is_built_anew() {
    type Damage = fn(&[u8]) -> Vec<u8>;
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("cache");
    assert!(!build_from(&folder, "{ level = 1 }"));
    let damages: [(&str, Damage); 5] = [
        ("cwasm", |bytes| {
            [
                &bytes[..bytes.len() / 2],
                &[bytes[bytes.len() / 2] ^ 1],
                &bytes[bytes.len() / 2 + 1..],
            ]
            .concat()
        }),
        ("cwasm", |bytes| bytes[..bytes.len() - 1].to_vec()),
        ("cwasm", |_| Vec::new()),
        ("note", |bytes| bytes[..bytes.len() / 2].to_vec()),
        ("note", |_| b"proviso compiled 0\n".to_vec()),
    ];
    for (number, (ending, damage)) in damages.into_iter().enumerate() {
        for file in files(&folder, ending) {
            let bytes = fs::read(&file).unwrap();
            // As a person or a bad disk would do it: in place, with the same name.
            fs::remove_file(&file).unwrap();
            fs::write(&file, damage(&bytes)).unwrap();
        }
        assert!(!build_from(&folder, "{ level = 1 }"), "damage {number}");
        assert!(build_from(&folder, "{ level = 1 }"), "after damage {number}");
    }
    // One entry in the place of another is damage too.
    assert!(!build_from(&folder, "{ level = 2 }"));
    let entries = files(&folder, "cwasm");
    for other in &entries[1..] {
        fs::copy(&entries[0], temp.path().join("copy")).unwrap();
        fs::rename(temp.path().join("copy"), other).unwrap();
        fs::copy(entries[0].with_extension("note"), other.with_extension("note")).unwrap();
    }
    assert!(
        [1, 2]
            .iter()
            .any(|level| !build_from(&folder, &format!("{{ level = {level} }}")))
    );
}

#[test]
fn a_folder_that_others_may_write_to_is_refused() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("cache");
    fs::create_dir(&folder).unwrap();
    for mode in [0o777, 0o770, 0o702] {
        fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
        let refused = matches!(
            open(&folder),
            Err(EngineError::Cache(CacheError::WritableByOthers { .. }))
        );
        assert!(refused, "{mode:o}");
    }
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    assert!(open(&folder).is_ok());
    let file = temp.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(matches!(
        open(&file),
        Err(EngineError::Cache(CacheError::NotAFolder { .. }))
    ));
    std::os::unix::fs::symlink(&folder, temp.path().join("link")).unwrap();
    assert!(matches!(
        open(&temp.path().join("link")),
        Err(EngineError::Cache(CacheError::NotAFolder { .. }))
    ));
}

#[test]
fn a_cache_that_cannot_be_written_to_costs_time_alone() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("cache");
    let engine = open(&folder).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    let generation = build(&engine, &set("{ level = 1 }")).unwrap();
    assert_eq!(rules(&judge(&generation, &["x"])[0]), ["seen"]);
}
