//! Where a change can come from: a path is not one file, but every link and every folder on the way to it.

use proviso_pack::leftover::is_leftover;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

/// Links that are followed on the way to a file, as the kernel does.
const LINKS_MAX: usize = 40;

/// What is watched for the sake of one path that somebody named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Places {
    /// Entries of folders, each by folder and name: a link or folder on the way, or the file itself.
    pub(super) entries: BTreeSet<(PathBuf, OsString)>,
    /// Folders in which everything counts.
    pub(super) folders: BTreeSet<PathBuf>,
}

impl Places {
    /// Adds all that leads to a path. What is not there yet counts as soon as it comes.
    pub(super) fn add(&mut self, path: &Path) {
        let Ok(path) = std::path::absolute(path) else { return };
        let mut links = 0;
        let mut left: Vec<OsString> = names(&path);
        left.reverse();
        let mut at = PathBuf::from("/");
        while let Some(name) = left.pop() {
            if name == ".." {
                at.pop();
                continue;
            }
            self.entries.insert((at.clone(), name.clone()));
            let next = at.join(&name);
            match std::fs::read_link(&next) {
                Ok(target) if links < LINKS_MAX => {
                    links += 1;
                    if target.is_absolute() {
                        at = PathBuf::from("/");
                    }
                    left.extend(names(&target).into_iter().rev());
                }
                _ => at = next,
            }
        }
        if at.is_dir() {
            self.folders.insert(at);
        }
    }

    /// True if an event about this path may be a change of what was named.
    pub(super) fn concern(&self, path: &Path) -> bool {
        if path.file_name().and_then(OsStr::to_str).is_some_and(is_leftover) {
            return false;
        }
        let entry = path.parent().zip(path.file_name());
        let is_entry = |(folder, name): (&Path, &OsStr)| self.entries.contains(&(folder.to_owned(), name.to_owned()));
        entry.is_some_and(is_entry) || self.folders.iter().any(|folder| path.starts_with(folder))
    }
}

fn names(path: &Path) -> Vec<OsString> {
    let name = |component: Component<'_>| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some(OsString::from("..")),
        Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
    };
    path.components().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn every_link_and_folder_on_the_way_counts() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("etc/..v1")).unwrap();
        std::fs::write(root.join("etc/..v1/set.toml"), "").unwrap();
        symlink("..v1", root.join("etc/..data")).unwrap();
        symlink("..data/set.toml", root.join("etc/set.toml")).unwrap();
        let mut places = Places::default();
        places.add(&root.join("etc/set.toml"));
        for (path, concerns) in [
            ("etc/set.toml", true),
            ("etc/..data", true),
            ("etc/..v1/set.toml", true),
            ("etc", true),
            ("etc/set.log", false),
            ("etc/..v1/other", false),
            ("data/archive.db", false),
        ] {
            assert_eq!(places.concern(&root.join(path)), concerns, "{path}");
        }
        assert!(places.folders.is_empty());
    }

    #[test]
    fn everything_in_a_folder_counts_save_leftovers() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("pack/lexicons")).unwrap();
        let mut places = Places::default();
        places.add(&root.join("pack"));
        for (path, concerns) in [
            ("pack", true),
            ("pack/lexicons/a.txt", true),
            ("pack/lexicons/a.txt~", false),
            ("pack/lexicons/#a.txt#", false),
            ("pack/lexicons/.#a.txt", false),
            ("pack/lexicons/.a.txt.swp", false),
            ("pack/Thumbs.db", false),
            ("packs/x", false),
        ] {
            assert_eq!(places.concern(&root.join(path)), concerns, "{path}");
        }
    }

    #[test]
    fn links_that_lead_in_a_circle_end() {
        let root = tempfile::tempdir().unwrap();
        symlink("b", root.path().join("a")).unwrap();
        symlink("a", root.path().join("b")).unwrap();
        let mut places = Places::default();
        places.add(&root.path().join("a"));
        assert!(places.entries.len() < 64);
    }
}
