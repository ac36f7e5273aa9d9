//! A pack's folder form on disk.

use crate::leftover::is_leftover;
use crate::parts::{FOLDERS, Parts, TOP_FILES, media_type_of};
use crate::regular_file;
use proviso_model::Problem;
use proviso_model::limits::{PACK_BYTES_MAX, PACK_FILES_MAX};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Reads every part of the folder; other files beside the parts (a README in another language, the source of a plugin) are
/// left alone, and so are names that begin with `.`. Files in the pack's own folders that no pack has are problems.
pub(crate) fn read(folder: &Path) -> (Parts, Vec<Problem>) {
    let mut reader = Reader {
        folder,
        parts: Parts::new(),
        problems: Vec::new(),
        bytes_left: PACK_BYTES_MAX,
    };
    for (name, _) in TOP_FILES {
        reader.take(name);
    }
    for part_folder in &FOLDERS {
        reader.take_folder(part_folder.name);
    }
    (reader.parts, reader.problems)
}

struct Reader<'a> {
    folder: &'a Path,
    parts: Parts,
    problems: Vec<Problem>,
    bytes_left: usize,
}

impl Reader<'_> {
    fn problem(&mut self, path: &str, message: impl Into<String>) {
        self.problems.push(Problem::in_file(self.folder.join(path), message));
    }

    fn take_folder(&mut self, name: &'static str) {
        let path = self.folder.join(name);
        let path = match self.followed(&path) {
            Ok(None) => return,
            Ok(Some(followed)) if followed.is_dir() => followed,
            Ok(Some(_)) => return self.problem(name, "not a folder"),
            Err(message) => return self.problem(name, message),
        };
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) => return self.problem(name, format!("cannot be read: {error}")),
        };
        let mut names = Vec::new();
        for entry in entries {
            match entry.map(|entry| entry.file_name().into_string()) {
                Ok(Ok(file)) if file.starts_with('.') || is_leftover(&file) => {}
                Ok(Ok(file)) => names.push(file),
                Ok(Err(file)) => self.problem(name, format!("the file name \"{}\" is not UTF-8", file.display())),
                Err(error) => self.problem(name, format!("cannot be read: {error}")),
            }
            if names.len() > PACK_FILES_MAX {
                return self.problem(name, format!("more than {PACK_FILES_MAX} files"));
            }
        }
        names.sort();
        for file in names {
            let part = format!("{name}/{file}");
            match media_type_of(&part) {
                Ok(_) => self.take(&part),
                Err(message) => self.problem(&part, message),
            }
        }
    }

    /// Where a path really leads; `None` if nothing is there. Editors and deployments link from one place of a folder to
    /// another, as `pack.toml -> versions/2/pack.toml`; a link out of the folder would make a pack of what is nobody's to give.
    fn followed(&self, path: &Path) -> Result<Option<PathBuf>, String> {
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("cannot be read: {error}")),
            // What a part stands in may be a link as well.
            Ok(metadata) if !metadata.is_symlink() && path.parent() == Some(self.folder) => {
                return Ok(Some(path.to_owned()));
            }
            Ok(_) => {}
        }
        let leads = |path: &Path| fs::canonicalize(path).map_err(|error| format!("the link leads nowhere: {error}"));
        let (target, folder) = (leads(path)?, leads(self.folder)?);
        if target.starts_with(&folder) {
            Ok(Some(target))
        } else {
            Err(format!(
                "a link out of the pack's folder, to {}: a pack holds what stands in its folder",
                target.display()
            ))
        }
    }

    /// Takes a file as a part, if it is there.
    fn take(&mut self, part: &str) {
        let path = self.folder.join(part);
        let path = match self.followed(&path) {
            Ok(None) => return,
            Ok(Some(followed)) => followed,
            Err(message) => return self.problem(part, message),
        };
        if self.parts.len() >= PACK_FILES_MAX {
            return self.problem(part, format!("more than {PACK_FILES_MAX} files"));
        }
        match regular_file::read(&path, self.bytes_left) {
            Ok(bytes) => {
                self.bytes_left -= bytes.len();
                self.parts.insert(part.to_owned(), bytes);
            }
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                self.problem(
                    part,
                    format!("the pack has more than {PACK_BYTES_MAX} bytes with this file"),
                );
            }
            Err(error) => self.problem(part, format!("cannot be read: {error}")),
        }
    }
}
