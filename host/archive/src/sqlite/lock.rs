//! One writer for one archive: an advisory lock on a file beside it, which the operating system drops with the process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Held as long as it lives.
#[derive(Debug)]
pub(super) struct WriterLock {
    _file: File,
}

pub(super) enum LockFailure {
    /// Another process, or another part of this one, has it. Its process number, where it could be read.
    Held(Option<u32>),
    Io(std::io::Error),
}

/// `<archive>.lock`.
pub(super) fn lock_path(archive: &Path) -> PathBuf {
    let mut name = archive.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

impl WriterLock {
    /// Takes the lock without waiting. The file stays behind when it is released: removing it would let two processes lock
    /// two files of one name.
    pub(super) fn take(archive: &Path) -> Result<Self, LockFailure> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(lock_path(archive))
            .map_err(LockFailure::Io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let holder = file
                    .read_to_string(&mut text)
                    .ok()
                    .and_then(|_| text.trim().parse().ok());
                return Err(LockFailure::Held(holder));
            }
            Err(TryLockError::Error(error)) => return Err(LockFailure::Io(error)),
        }
        let written = file
            .set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| writeln!(file, "{}", std::process::id()));
        // The number is for people; on a full disk the lock holds without it.
        if let Err(error) = written {
            tracing::warn!(%error, path = %lock_path(archive).display(), "the lock file does not name its holder");
        }
        Ok(Self { _file: file })
    }
}
