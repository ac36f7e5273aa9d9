//! The folder and the built file: one digest, and nothing else gets in.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use crate::common::{COMPONENT, PackFolder};
use proviso_model::Digest;
use proviso_pack::{Pack, PackStore, PluginPath, StoreError, resolve};
use proviso_rows::each_row;
use std::collections::BTreeMap;
use std::path::Path;

/// The stored format, version 1. A change of this digest is a change of the format: it needs another artifact type.
const GOLDEN_DIGEST: &str = "sha256:b7b0cdf56060a5fae960abe455a51859e68310d10fb41ee8c6de4fc1bfa4a5b5";

fn parts(pack: &Pack) -> BTreeMap<String, Vec<u8>> {
    pack.files()
        .map(|(path, bytes)| (path.to_owned(), bytes.to_vec()))
        .collect()
}

fn read(file: &[u8]) -> Result<Pack, String> {
    Pack::from_file(file, Path::new("x.pack")).map_err(|error| error.problems[0].to_string())
}

#[test]
fn the_stored_format_stays_what_it_is() {
    let pack = PackFolder::new().open().unwrap();
    assert_eq!(pack.digest().to_string(), GOLDEN_DIGEST);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/house-rules.pack");
    if std::env::var_os("PROVISO_WRITE_GOLDEN").is_some() {
        std::fs::write(&golden, pack.to_file()).unwrap();
    }
    let golden = std::fs::read(golden).unwrap();
    assert!(
        pack.to_file() == golden,
        "the built file is not tests/golden/house-rules.pack"
    );
    assert_eq!(read(&golden).unwrap().digest(), pack.digest());
}

#[test]
fn a_pack_may_be_shared_between_threads() {
    fn shared<T: Send + Sync + Clone>() {}
    shared::<Pack>();
    shared::<PackStore>();
}

#[test]
fn folder_and_file_are_one_pack() {
    let folder = PackFolder::new();
    // What is not of the pack changes nothing.
    folder.write("Cargo.toml", "[package]");
    folder.write("src/lib.rs", "");
    folder.write("lexicons/.draft.txt", "x");
    let pack = folder.open().unwrap();
    assert_eq!(
        pack.digest(),
        PackFolder::new().open().unwrap().digest(),
        "the place of a folder does not matter"
    );
    let path = folder.write("house-rules.pack", pack.to_file());
    let built = Pack::open(&path, &PluginPath::default()).unwrap();
    assert_eq!(built.digest(), pack.digest());
    assert_eq!(parts(&built), parts(&pack));
    assert_eq!((built.manifest(), built.cases()), (pack.manifest(), pack.cases()));
    assert_eq!(built.to_file(), pack.to_file());
    folder.write("lexicons/promissory.txt", "保本保息\n\n");
    assert_ne!(folder.open().unwrap().digest(), pack.digest());
}

#[test]
fn a_plugin_from_the_plugin_path_becomes_a_part() {
    let whole = PackFolder::new().open().unwrap();
    let folder = PackFolder::new();
    folder.remove("plugins/lexicon-rules.wasm");
    let shared = tempfile::tempdir().unwrap();
    let plugins = PluginPath::new([shared.path().join("none"), shared.path().to_owned()]);
    let problem = Pack::open(folder.path(), &plugins).unwrap_err().problems[0].to_string();
    assert!(
        problem.contains("pack.toml:16:10: the plugin \"lexicon-rules\" is missing"),
        "{problem}"
    );
    assert!(
        problem.contains(&format!("nor has any of {0}/none, {0}", shared.path().display())),
        "{problem}"
    );
    let plugin = shared.path().join("lexicon-rules.wasm");
    std::fs::write(&plugin, COMPONENT).unwrap();
    let pack = Pack::open(folder.path(), &plugins).unwrap();
    assert_eq!(pack.digest(), whole.digest());
    assert_eq!(pack.plugins_from(), [plugin]);
    assert_eq!(read(&pack.to_file()).unwrap().plugin("lexicon-rules"), Some(COMPONENT));
}

#[cfg(unix)]
#[test]
fn links_that_stay_in_the_folder_are_followed_and_no_others() {
    use std::os::unix::fs::symlink;
    let plain = PackFolder::new().open().unwrap().digest();
    let outside = tempfile::tempdir().unwrap();
    for part in ["lexicons/promissory.txt", "pack.toml", "cases", "lexicons"] {
        for (leads_out, relative) in [(false, false), (false, true), (true, false)] {
            let folder = PackFolder::new();
            let place = if leads_out { outside.path() } else { folder.path() };
            let target = place.join("elsewhere");
            let _ = std::fs::remove_dir_all(&target).or_else(|_| std::fs::remove_file(&target));
            std::fs::rename(folder.path().join(part), &target).unwrap();
            let up = if part.contains('/') {
                "../elsewhere"
            } else {
                "elsewhere"
            };
            let named = if relative { Path::new(up) } else { &target };
            symlink(named, folder.path().join(part)).unwrap();
            if leads_out {
                let problems = folder.problems();
                let said = format!("{part}: a link out of the pack's folder, to ");
                assert!(
                    problems.iter().any(|problem| problem.starts_with(&said)),
                    "{problems:?}"
                );
            } else {
                assert_eq!(folder.open().unwrap().digest(), plain, "{part}");
            }
        }
    }
    let folder = PackFolder::new();
    folder.remove("pack.toml");
    symlink("pack.toml", folder.path().join("pack.toml")).unwrap();
    let problems = folder.problems();
    let said = "pack.toml: the link leads nowhere";
    assert!(problems.iter().any(|problem| problem.starts_with(said)), "{problems:?}");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_no_part_no_plugin_and_no_pack() {
    let pipe = |path: &Path| {
        let _ = std::fs::remove_file(path);
        assert!(
            std::process::Command::new("mkfifo")
                .arg(path)
                .status()
                .unwrap()
                .success()
        );
    };
    for part in ["pack.toml", "lexicons/promissory.txt", "cases/basic.toml"] {
        let folder = PackFolder::new();
        pipe(&folder.path().join(part));
        let said = format!("{part}: cannot be read: a pipe, not a file");
        assert!(folder.problems().contains(&said), "{part}: {:?}", folder.problems());
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.pack");
    pipe(&path);
    let problem = Pack::open(&path, &PluginPath::default()).unwrap_err().problems[0].to_string();
    assert!(problem.ends_with("cannot be read: a pipe, not a file"), "{problem}");
}

#[test]
fn a_folder_holds_its_own_files_only() {
    let folder = PackFolder::new();
    folder.write("lexicons/list.csv", "");
    folder.write("cases/deep/a.toml", "");
    folder.write("lexicons/promissory.txt", b"\xff");
    let problems = folder.problems();
    assert_eq!(
        problems,
        [
            "cases/deep: \"cases/deep\" is not a part of a pack: files of cases/ end with .toml",
            "lexicons/list.csv: \"lexicons/list.csv\" is not a part of a pack: files of lexicons/ end with .txt",
            "lexicons/promissory.txt: not UTF-8 at byte 0",
        ]
    );
    let folder = PackFolder::new();
    folder.write("lexicons/more.txt", vec![b'a'; (64 << 20) + 1]);
    assert!(
        folder
            .problems()
            .iter()
            .any(|problem| problem.contains("more than 67108864 bytes"))
    );
    let folder = PackFolder::new();
    for number in 0..2_000 {
        folder.write(&format!("cases/{number}.toml"), "");
    }
    assert!(
        folder
            .problems()
            .iter()
            .any(|problem| problem.contains("more than 2000 files"))
    );
}

#[test]
fn no_mutation_changes_a_pack_under_its_digest() {
    let pack = PackFolder::new().open().unwrap();
    let file = pack.to_file();
    for length in (0..file.len()).filter(|length| length % 37 == 0 || length % 512 < 2) {
        assert!(read(&file[..length]).is_err(), "cut to {length} bytes");
    }
    // SplitMix64: the same mutations in every run.
    let mut state = 7_u64;
    let mut random = |below: usize| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % below as u64) as usize
    };
    let (mut refused, mut same) = (0, 0);
    for _ in 0..20_000 {
        let mut mutated = file.clone();
        for _ in 0..=random(3) {
            let at = random(mutated.len());
            match random(4) {
                0 => mutated[at] ^= 1 << random(8),
                1 => mutated[at] = random(256) as u8,
                2 => {
                    let length = random(600).min(mutated.len() - at);
                    mutated.drain(at..at + length);
                }
                _ => {
                    let (from, length) = (random(mutated.len()), random(600));
                    let copied = mutated[from..(from + length).min(mutated.len())].to_vec();
                    mutated.splice(at..at, copied);
                }
            }
        }
        match read(&mutated) {
            Err(_) => refused += 1,
            Ok(read) => {
                assert_eq!(parts(&read), parts(&pack));
                assert_eq!(read.digest(), pack.digest());
                same += 1;
            }
        }
    }
    assert!(refused > 18_000, "{refused} refused, {same} unharmed");
}

/// Path and content of tar entries.
type Entries = Vec<(String, Vec<u8>)>;

/// A built file as a list of tar entries, to be put together in other ways.
fn entries(file: &[u8]) -> Entries {
    let mut archive = tar::Archive::new(file);
    let entry = |entry: std::io::Result<tar::Entry<'_, &[u8]>>| {
        let mut entry = entry.unwrap();
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
        (entry.path().unwrap().to_str().unwrap().to_owned(), bytes)
    };
    archive.entries().unwrap().map(entry).collect()
}

fn tar_of(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, bytes) in entries {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(1_700_000_000);
        header.set_entry_type(if path.ends_with('/') {
            tar::EntryType::Directory
        } else {
            tar::EntryType::Regular
        });
        header.set_cksum();
        builder.append(&header, bytes.as_slice()).unwrap();
    }
    builder.into_inner().unwrap()
}

/// The file with another manifest, named by the index: everything that a stranger can build with the right digests.
fn with_manifest(file: &[u8], change: impl Fn(&mut serde_json::Value)) -> Vec<u8> {
    let mut entries = entries(file);
    let of = |entries: &[(String, Vec<u8>)], path: &str| {
        let found = entries.iter().position(|(name, _)| name == path).unwrap();
        (
            found,
            serde_json::from_slice::<serde_json::Value>(&entries[found].1).unwrap(),
        )
    };
    let (index_at, mut index) = of(&entries, "index.json");
    let address = index["manifests"][0]["digest"].as_str().unwrap().replace(':', "/");
    let (at, mut manifest) = of(&entries, &format!("blobs/{address}"));
    change(&mut manifest);
    let bytes = serde_json::to_vec(&manifest).unwrap();
    index["manifests"][0]["digest"] = Digest::of(&bytes).to_string().into();
    entries[index_at].1 = serde_json::to_vec(&index).unwrap();
    entries[at] = (format!("blobs/sha256/{}", Digest::of(&bytes).hex()), bytes);
    tar_of(&entries)
}

#[test]
fn tools_may_write_the_tar_in_their_way() {
    let pack = PackFolder::new().open().unwrap();
    let mut entries = entries(&pack.to_file());
    entries.reverse();
    for (path, _) in &mut entries {
        path.insert_str(0, "./");
    }
    entries.insert(0, ("./blobs/".to_owned(), Vec::new()));
    entries.insert(1, ("./blobs/sha256/".to_owned(), Vec::new()));
    let index = entries.iter_mut().find(|(path, _)| path == "./index.json").unwrap();
    let text = String::from_utf8(index.1.clone()).unwrap();
    index.1 = text
        .replacen(
            "\"size\"",
            "\"annotations\":{\"org.opencontainers.image.ref.name\":\"1\"},\"size\"",
            1,
        )
        .into_bytes();
    let read = read(&tar_of(&entries)).unwrap();
    assert_eq!((read.digest(), read.to_file()), (pack.digest(), pack.to_file()));
}

#[test]
fn strangers_files_are_refused_with_a_reason() {
    let pack = PackFolder::new().open().unwrap();
    let file = pack.to_file();
    let good = entries(&file);
    let changed = |change: &dyn Fn(&mut Entries)| {
        let mut entries = good.clone();
        change(&mut entries);
        read(&tar_of(&entries)).unwrap_err()
    };
    let blob = |bytes: &[u8]| (format!("blobs/sha256/{}", Digest::of(bytes).hex()), bytes.to_vec());
    let name = |path: &'static str| move |entries: &mut Entries| entries.push((path.to_owned(), b"x".to_vec()));
    let table: Vec<(String, &str)> = vec![
        (
            changed(&name("../../etc/passwd")),
            "\"../../etc/passwd\" does not belong to a pack",
        ),
        (
            changed(&name("/etc/passwd")),
            "\"/etc/passwd\" does not belong to a pack",
        ),
        (changed(&name("blobs\\sha256\\a")), "does not belong to a pack"),
        (changed(&name("blobs/sha256/../../x")), "does not belong to a pack"),
        (changed(&name("pack.toml")), "\"pack.toml\" does not belong to a pack"),
        (changed(&|entries| entries.push(entries[0].clone())), "is in it twice"),
        (
            changed(&|entries| entries.push(blob(b"stowaway"))),
            "belongs to no part",
        ),
        (changed(&|entries| entries[0].1.push(0)), "has another digest"),
        (
            changed(&|entries| entries.retain(|(path, _)| path != "oci-layout")),
            "not an OCI image layout",
        ),
        (
            changed(&|entries| entries.retain(|(path, _)| path != "index.json")),
            "no \"index.json\"",
        ),
        (changed(&|entries| drop(entries.remove(0))), "is missing"),
        (changed(&|entries| entries.clear()), "not an OCI image layout"),
        (read(&[]).unwrap_err(), "cut short"),
        (read(b"hello").unwrap_err(), "cut short"),
        (read(&vec![0; (68 << 20) + 1]).unwrap_err(), "at most"),
    ];
    each_row(table, |(found, expected)| {
        assert!(
            found.starts_with("x.pack: not a pack: ") && found.contains(expected),
            "{found}\nis not {expected}"
        );
    });
    let title = "org.opencontainers.image.title";
    let with = |change: &dyn Fn(&mut serde_json::Value)| read(&with_manifest(&file, change)).unwrap_err();
    let titled = |path: &'static str| with(&|manifest| manifest["layers"][0]["annotations"][title] = path.into());
    let table: Vec<(String, &str)> = vec![
        (titled("../pack.toml"), "\"../pack.toml\" is not a part of a pack"),
        (titled("/etc/passwd"), "is not a part of a pack"),
        (titled("lexicons/../../x.txt"), "cannot be the path of a part"),
        (titled("lexicons\\x.txt"), "is not a part of a pack"),
        (titled("pack.toml"), "\"pack.toml\" is in it twice"),
        (
            titled("cases/more.toml"),
            "its manifest is not the one that its parts give",
        ),
        (
            with(&|manifest| manifest["layers"].as_array_mut().unwrap().reverse()),
            "is not the one that its parts give",
        ),
        (
            with(&|manifest| manifest["annotations"] = serde_json::json!({ "a": "b" })),
            "is not the one that its parts give",
        ),
        (
            with(&|manifest| manifest["layers"][0]["mediaType"] = "text/html".into()),
            "is not the one that its parts give",
        ),
        (
            with(&|manifest| manifest["layers"][0]["size"] = 1.into()),
            "is not the one that its parts give",
        ),
        (
            with(&|manifest| manifest["layers"][0]["digest"] = 1.into()),
            "has no digest",
        ),
        (with(&|manifest| manifest["layers"] = 1.into()), "no layers"),
        (
            with(&|manifest| manifest["artifactType"] = "application/vnd.proviso.pack.v2".into()),
            "expected \"application/vnd.proviso.pack.v1\"",
        ),
    ];
    each_row(table, |(found, expected)| {
        assert!(found.contains(expected), "{found}\nis not {expected}");
    });
    let unlisted = with(&|manifest| drop(manifest["layers"].as_array_mut().unwrap().remove(0)));
    assert!(
        unlisted.contains("is not the one that its parts give") || unlisted.contains("belongs to no part"),
        "{unlisted}"
    );
}

#[test]
fn the_store_gives_back_what_was_put() {
    let folder = tempfile::tempdir().unwrap();
    let store = PackStore::open(&folder.path().join("packs")).unwrap();
    assert_eq!(store.list().unwrap(), []);
    let pack = PackFolder::new().open().unwrap();
    let digest = store.put(&pack).unwrap();
    assert_eq!(store.put(&pack).unwrap(), digest);
    assert_eq!(store.list().unwrap(), [digest]);
    assert_eq!(parts(&store.get(&digest).unwrap()), parts(&pack));
    assert_eq!(
        std::fs::read_dir(store.folder()).unwrap().count(),
        1,
        "no draft is left"
    );

    let absent = Digest::of(b"absent");
    assert!(matches!(store.get(&absent), Err(StoreError::Missing { .. })));
    let other = PackFolder::new();
    other.write("README.md", "other");
    let path = store.folder().join(format!("{}.pack", digest.hex()));
    std::fs::write(&path, other.open().unwrap().to_file()).unwrap();
    assert!(matches!(store.get(&digest), Err(StoreError::Damaged { .. })));
    std::fs::write(&path, &pack.to_file()[..1_000]).unwrap();
    assert!(matches!(store.get(&digest), Err(StoreError::Pack(_))));
    assert_eq!(store.put(&pack).unwrap(), digest, "a damaged file is replaced");
    assert!(store.get(&digest).is_ok());
}

#[test]
fn references_lead_to_folders_files_and_digests() {
    let folder = tempfile::tempdir().unwrap();
    let beside = folder.path();
    let pack = PackFolder::new();
    let built = pack.open().unwrap();
    let plugins = PluginPath::default();
    let tried = resolve("house", beside, &plugins, &[]).unwrap_err().problems[0].to_string();
    assert_eq!(
        tried,
        format!("house: no pack here: tried {0}/house, {0}/house.pack", beside.display())
    );
    std::fs::create_dir(beside.join("house")).unwrap();
    assert!(
        resolve("house", beside, &plugins, &[]).unwrap_err().problems[0]
            .message
            .contains("house (a folder without pack.toml)")
    );
    std::fs::write(beside.join("house.pack"), built.to_file()).unwrap();
    for reference in ["house", "house.pack", "./house.pack", pack.path().to_str().unwrap()] {
        assert_eq!(
            resolve(reference, beside, &plugins, &[]).unwrap().digest(),
            built.digest(),
            "{reference}"
        );
    }
    let digest = built.digest().to_string();
    assert!(
        resolve(&digest, beside, &plugins, &[]).unwrap_err().problems[0]
            .message
            .contains("no pack store")
    );
    let store = PackStore::open(&beside.join("store")).unwrap();
    let missing = resolve(&digest, beside, &plugins, &[&store]).unwrap_err().problems[0].to_string();
    assert!(missing.contains("has no pack sha256:"), "{missing}");
    store.put(&built).unwrap();
    assert_eq!(
        resolve(&digest, beside, &plugins, &[&store]).unwrap().digest(),
        built.digest()
    );
    // A second store is looked into where the first has nothing.
    let empty = PackStore::at(&beside.join("nowhere"));
    assert_eq!(
        resolve(&digest, beside, &plugins, &[&empty, &store]).unwrap().digest(),
        built.digest()
    );
    assert!(!empty.folder().exists());

    // What a registry has is taken from the stores, and what is not there is said with what to do.
    let by_digest = format!("registry.example:5000/acme/house@{digest}");
    assert_eq!(
        resolve(&by_digest, beside, &plugins, &[&empty, &store])
            .unwrap()
            .digest(),
        built.digest()
    );
    let missing = resolve(&by_digest, beside, &plugins, &[&empty]).unwrap_err().problems[0].to_string();
    let hint = format!("`proviso pack pull {by_digest} --store {}`", empty.folder().display());
    assert!(missing.contains(&hint), "{missing}");
    let tag = resolve("registry.example/acme/house:1", beside, &plugins, &[&store]);
    let tag = tag.unwrap_err().problems[0].to_string();
    assert!(tag.contains("a set names what it runs by digest"), "{tag}");
    for bad in [
        "",
        "sha256:12",
        "acme/house@sha256:12",
        &format!("acme/house@{digest}"),
        "registry.example/house@sha256:12",
    ] {
        assert!(resolve(bad, beside, &plugins, &[&store]).is_err(), "{bad:?}");
    }
}
