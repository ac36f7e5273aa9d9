//! One writer for one archive: an advisory lock on a file beside it, which the operating system drops with the process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

/// How often the lock is tried again because somebody asked about it at that moment.
const TRIES_MAX: u32 = 200;
/// Between two tries. Whoever asks has it for some microseconds.
const BETWEEN_TRIES: Duration = Duration::from_millis(1);

/// Held as long as it lives.
#[derive(Debug)]
pub(super) struct WriterLock {
    file: File,
}

impl Drop for WriterLock {
    /// Closing the file is not enough: a child that was forked a moment ago has it as well, until it runs its own program.
    fn drop(&mut self) {
        if let Err(error) = self.file.unlock() {
            tracing::warn!(%error, "the lock of the archive is released once its file is closed");
        }
    }
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

/// True if a process has the lock now. Asking shares it for a moment, which [`WriterLock::take`] passes over.
pub(super) fn is_held(archive: &Path) -> std::io::Result<bool> {
    let file = match File::open(lock_path(archive)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    match file.try_lock_shared() {
        // The file is closed on return, and gives it back.
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

impl WriterLock {
    /// Takes the lock without waiting for a writer. The file stays behind when it is released: removing it would let two
    /// processes lock two files of one name.
    pub(super) fn take(archive: &Path) -> Result<Self, LockFailure> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(lock_path(archive))
            .map_err(LockFailure::Io)?;
        let mut tries = 0;
        while let Err(error) = file.try_lock() {
            match error {
                TryLockError::Error(error) => return Err(LockFailure::Io(error)),
                // A writer shares it with nobody; whoever asks whether there is one does.
                TryLockError::WouldBlock => match file.try_lock_shared() {
                    Ok(()) if tries < TRIES_MAX => {
                        file.unlock().map_err(LockFailure::Io)?;
                        tries += 1;
                        sleep(BETWEEN_TRIES);
                    }
                    Err(TryLockError::Error(error)) => return Err(LockFailure::Io(error)),
                    // The number in the file is of somebody who wrote before.
                    Ok(()) => return Err(LockFailure::Held(None)),
                    Err(TryLockError::WouldBlock) => return Err(LockFailure::Held(holder(&mut file))),
                },
            }
        }
        let written = file
            .set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| writeln!(file, "{}", std::process::id()));
        // The number is for people; on a full disk the lock holds without it.
        if let Err(error) = written {
            tracing::warn!(%error, path = %lock_path(archive).display(), "the lock file does not name its holder");
        }
        Ok(Self { file })
    }
}

/// The number of the process that has it, where it could be read.
fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    let read = file.read_to_string(&mut text);
    read.ok().and_then(|_| text.trim().parse().ok())
}
