//! The number of committed changes, kept outside the database: `<archive>.writes`.
//!
//! A change is in the write-ahead log before it is in the file, and a log that is deleted takes acknowledged changes with it in
//! silence: SQLite opens what is left. The database counts its changes in the table `writes`; this file holds what that table
//! said after a commit, so it is never ahead of a whole database. Where it is, changes are lost.
//!
//! The number is written after each commit and forced to the disk once a second: a process that is killed loses nothing of it,
//! and a machine that loses power may lose the count of its last second, which then passes for fewer changes and no loss.

use super::whole_file::replace;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time between two writes to the disk itself.
const SYNC_EVERY: Duration = Duration::from_secs(1);
/// The file's first word and version.
const HEAD: &str = "proviso-writes 1 ";
/// Digits of the number, so that the file is written in place and needs no space on a full disk.
const DIGITS: usize = 20;

/// The open file.
pub(super) struct WriteCount {
    file: Arc<File>,
    path: PathBuf,
    synced: Instant,
    /// True while it cannot be written, so that the log says so once.
    failing: bool,
}

/// What the file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    /// There is none: the archive is new, was copied without it, or somebody accepted a loss.
    Nothing,
    Writes(u64),
    Unreadable,
}

/// `<archive>.writes`.
pub(super) fn path_of(archive: &Path) -> PathBuf {
    let mut name = archive.as_os_str().to_owned();
    name.push(".writes");
    name.into()
}

/// Reads the file of an archive.
pub(super) fn read(archive: &Path) -> std::io::Result<Counted> {
    let mut text = String::new();
    let read = File::open(path_of(archive)).and_then(|file| file.take(256).read_to_string(&mut text));
    match read {
        Ok(_) => Ok(text
            .strip_prefix(HEAD)
            .and_then(|rest| rest.trim_end().parse().ok())
            .map_or(Counted::Unreadable, Counted::Writes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Counted::Nothing),
        Err(error) if error.kind() == ErrorKind::InvalidData => Ok(Counted::Unreadable),
        Err(error) => Err(error),
    }
}

impl WriteCount {
    /// Opens the file, makes it if there is none, and has it say that number.
    pub(super) fn open(archive: &Path, count: u64) -> std::io::Result<Self> {
        let path = path_of(archive);
        let text = text(count);
        if !path.try_exists()? {
            replace(&path, &text)?;
        }
        let file = OpenOptions::new().write(true).open(&path)?;
        file.write_all_at(text.as_bytes(), 0)?;
        file.set_len(text.len() as u64)?;
        file.sync_data()?;
        Ok(Self {
            file: Arc::new(file),
            path,
            synced: Instant::now(),
            failing: false,
        })
    }

    /// Writes the number of a commit that is on disk.
    pub(super) async fn note(&mut self, count: u64) {
        let mut written = self.file.write_all_at(text(count).as_bytes(), 0);
        if written.is_ok() && self.synced.elapsed() >= SYNC_EVERY {
            self.synced = Instant::now();
            written = self.sync().await;
        }
        match written {
            Ok(()) => self.failing = false,
            Err(error) => {
                if !self.failing {
                    tracing::error!(
                        %error, path = %self.path.display(),
                        "the number of writes is not kept: a lost write-ahead log would not be noticed"
                    );
                }
                self.failing = true;
            }
        }
    }

    /// Forces it to the disk.
    pub(super) async fn sync(&self) -> std::io::Result<()> {
        let file = Arc::clone(&self.file);
        tokio::task::spawn_blocking(move || file.sync_data())
            .await
            .map_err(std::io::Error::other)?
    }
}

fn text(count: u64) -> String {
    format!("{HEAD}{count:0DIGITS$}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_number_is_written_in_place_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("a.db");
        assert_eq!(read(&archive).unwrap(), Counted::Nothing);
        let mut count = WriteCount::open(&archive, 7).unwrap();
        let golden = "proviso-writes 1 00000000000000000007\n";
        assert_eq!(std::fs::read_to_string(path_of(&archive)).unwrap(), golden);
        for number in [8, 9, u64::MAX] {
            count.note(number).await;
            assert_eq!(read(&archive).unwrap(), Counted::Writes(number));
        }
        assert_eq!(std::fs::metadata(path_of(&archive)).unwrap().len(), golden.len() as u64);
        for text in ["", "7", "proviso-writes 2 7", "proviso-writes 1 x", "proviso-writes 1 "] {
            std::fs::write(path_of(&archive), text).unwrap();
            assert_eq!(read(&archive).unwrap(), Counted::Unreadable, "{text:?}");
        }
    }
}
