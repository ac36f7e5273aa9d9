//! What the next generation would be made of: the files that are named, and a digest over what is in them.

use crate::candidate::Parts;
use proviso_engine::Generation;
use proviso_model::Digest;
use proviso_model::digest::DigestBuilder;
use proviso_model::limits::SET_FILE_BYTES_MAX;
use proviso_model::set::PolicySet;
use proviso_pack::leftover::is_leftover;
use proviso_pack::regular_file;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Files below the named paths that are looked into; of what is more, names alone count.
const FILES_MAX: usize = 10_000;
/// Of a larger file, the size and the time of its last change count.
const FILE_BYTES_MAX: usize = 64 << 20;

/// The paths that the next generation depends on: the set, the trust file, what the set names (a refused one too) and what
/// runs, and the folders of plugins. They may not be there. Nothing runs yet while a daemon starts.
pub(crate) fn paths(parts: &Parts, current: Option<&Generation>) -> BTreeSet<PathBuf> {
    let mut paths = BTreeSet::from([parts.set_path.clone()]);
    paths.extend(parts.trust.file().map(PathBuf::from));
    let beside = parts.set_path.parent().unwrap_or(Path::new(""));
    // A set that is refused for what stands in a pack names that pack all the same.
    let written = regular_file::read_text(&parts.set_path, SET_FILE_BYTES_MAX)
        .ok()
        .and_then(|text| PolicySet::parse(&parts.set_path, &text).ok());
    let sets = [current.map(Generation::set), written.as_ref()];
    for apply in sets.into_iter().flatten().flat_map(|set| &set.apply) {
        paths.insert(beside.join(&apply.pack));
        // A built file may carry an ending that the set leaves out.
        paths.insert(beside.join(format!("{}.pack", apply.pack)));
    }
    paths.extend(
        current
            .into_iter()
            .flat_map(Generation::packs)
            .map(|pack| pack.origin().to_owned()),
    );
    paths.extend(parts.plugins.folders().iter().cloned());
    paths
}

/// A digest over names and contents. An attempt to change the policies is worth while only if it is another than before the
/// last attempt.
pub(crate) fn digest(paths: &BTreeSet<PathBuf>) -> Digest {
    let mut builder = DigestBuilder::new("proviso watched inputs 1");
    let mut left = FILES_MAX;
    for path in paths {
        add(path, &mut builder, &mut left);
    }
    builder.finish()
}

fn add(path: &Path, builder: &mut DigestBuilder, left: &mut usize) {
    builder.part(path.as_os_str().as_encoded_bytes());
    if *left == 0 {
        return;
    }
    *left -= 1;
    let Ok(metadata) = std::fs::metadata(path) else {
        builder.part(b"absent");
        return;
    };
    if metadata.is_dir() {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        let names: BTreeSet<_> = entries.map(|entry| entry.file_name()).collect();
        for name in names {
            let inside = path.join(&name);
            // A link to a folder further up would be walked for ever.
            let leads_out = inside.is_symlink() && inside.is_dir();
            if !leads_out && !name.to_str().is_some_and(is_leftover) {
                add(&inside, builder, left);
            }
        }
    } else if let Ok(bytes) = regular_file::read(path, FILE_BYTES_MAX) {
        builder.part(&bytes);
    } else {
        let changed = metadata.modified().ok();
        builder.part(format!("{} {changed:?}", metadata.len()).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_follows_names_and_contents_and_passes_leftovers_over() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("pack/a.txt");
        std::fs::create_dir(root.path().join("pack")).unwrap();
        std::fs::write(&file, "one").unwrap();
        let paths = BTreeSet::from([root.path().join("pack"), root.path().join("set.toml")]);
        let first = digest(&paths);
        assert_eq!(digest(&paths), first);
        std::fs::write(root.path().join("pack/a.txt~"), "old").unwrap();
        std::fs::write(root.path().join("set.log"), "a log").unwrap();
        assert_eq!(digest(&paths), first, "leftovers and neighbours");
        std::fs::write(&file, "two").unwrap();
        let second = digest(&paths);
        assert_ne!(second, first, "contents");
        std::fs::write(root.path().join("set.toml"), "").unwrap();
        assert_ne!(digest(&paths), second, "a file that came");
    }
}
