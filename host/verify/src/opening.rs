//! An export as a person names it: a folder, or a tar.

use crate::folder::Folder;
use proviso_evidence::Members;
use proviso_evidence::tar::{TarError, TarMembers};
use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

/// An export that is open.
pub enum Opened {
    /// A folder.
    Folder(Folder),
    /// One file.
    Tar(TarMembers<BufReader<File>>),
}

/// Why an export was not opened.
#[derive(Debug, thiserror::Error)]
pub enum NotOpened {
    /// It cannot be read.
    #[error("it cannot be read")]
    Io(#[from] io::Error),
    /// It is another file than was written.
    #[error(transparent)]
    Altered(TarError),
}

/// Opens an export.
pub fn open(path: &Path) -> Result<Opened, NotOpened> {
    if std::fs::metadata(path)?.is_dir() {
        return Ok(Opened::Folder(Folder::new(path)));
    }
    match TarMembers::open(BufReader::new(File::open(path)?)) {
        Ok(tar) => Ok(Opened::Tar(tar)),
        Err(TarError::Io(error)) => Err(NotOpened::Io(error)),
        Err(error) => Err(NotOpened::Altered(error)),
    }
}

impl Members for Opened {
    type Error = io::Error;

    fn paths(&mut self) -> io::Result<Vec<String>> {
        match self {
            Opened::Folder(folder) => folder.paths(),
            Opened::Tar(tar) => tar.paths(),
        }
    }

    fn is_ordered(&self) -> bool {
        matches!(self, Opened::Tar(_))
    }

    fn read(&mut self, path: &str) -> io::Result<Option<Vec<u8>>> {
        match self {
            Opened::Folder(folder) => folder.read(path),
            Opened::Tar(tar) => tar.read(path),
        }
    }
}
