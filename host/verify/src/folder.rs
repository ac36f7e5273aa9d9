//! Members in a folder: regular files alone, and no link is followed.

use proviso_evidence::{MEMBER_BYTES_MAX, MEMBERS_MAX, Members, is_path};
use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};

/// How deep folders of an export lie, at most.
const DEPTH_MAX: usize = 8;

/// The folder of an export.
pub struct Folder(PathBuf);

impl Folder {
    /// Of that path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    fn walk(&self, below: &str, depth: usize, paths: &mut Vec<String>) -> io::Result<()> {
        let mut entries: Vec<_> = std::fs::read_dir(self.0.join(below))?.collect::<io::Result<_>>()?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if below.is_empty() {
                name
            } else {
                format!("{below}/{name}")
            };
            // What is no file is told by its name: nothing lists it.
            if entry.file_type()?.is_dir() && depth < DEPTH_MAX {
                let before = paths.len();
                self.walk(&path, depth + 1, paths)?;
                if paths.len() == before {
                    paths.push(path);
                }
            } else {
                paths.push(path);
            }
            if paths.len() > MEMBERS_MAX {
                break;
            }
        }
        Ok(())
    }
}

impl Members for Folder {
    type Error = io::Error;

    fn paths(&mut self) -> io::Result<Vec<String>> {
        let mut paths = Vec::new();
        self.walk("", 0, &mut paths)?;
        Ok(paths)
    }

    fn is_ordered(&self) -> bool {
        false
    }

    fn read(&mut self, path: &str) -> io::Result<Option<Vec<u8>>> {
        if !is_path(path) {
            return Ok(None);
        }
        read_regular(&self.0.join(path))
    }
}

/// A regular file; `None` if there is none of that name, or it is something else.
fn read_regular(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match std::fs::symlink_metadata(path) {
        Ok(about) if about.is_file() => {}
        Ok(_) => return Ok(None),
        Err(error) if [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) => return Ok(None),
        Err(error) => return Err(error),
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MEMBER_BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() > MEMBER_BYTES_MAX {
        return Err(io::Error::new(
            ErrorKind::FileTooLarge,
            format!("it has more than {MEMBER_BYTES_MAX} bytes"),
        ));
    }
    Ok(Some(bytes))
}
