//! Keys in a file that its owner alone can read.

use super::held::HeldKeys;
use super::{KeyInfo, KeyRing, KeyVersion, RingError, UnwrapError, text};
use crate::record_key::{RecordKey, WrappedKey};
use proviso_model::Timestamp;
use proviso_model::problem::{Problem, Problems};
use proviso_sealed::SuiteName;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};
use zeroize::Zeroizing;

/// A ring in a file of mode 0600. A change is written beside it, put on disk, and renamed over it, so that a crash leaves the
/// file as it was or as it shall be; two processes take turns by a lock on the file's folder.
pub struct FileRing {
    path: PathBuf,
    keys: RwLock<HeldKeys>,
}

impl FileRing {
    /// Reads the file.
    ///
    /// # Errors
    /// If it cannot be read, can be read by others, or has anything wrong with it.
    pub fn open(path: &Path) -> Result<Self, RingError> {
        let keys = read(path)?;
        Ok(Self {
            path: path.to_owned(),
            keys: RwLock::new(keys),
        })
    }

    /// Makes the file, with one random key. A file that is there stays, and is an error.
    ///
    /// # Errors
    /// If it cannot be written, or is there.
    pub fn make(path: &Path, suite: SuiteName, now: Timestamp) -> Result<Self, RingError> {
        let _turn = take_turn(path)?;
        if fs::symlink_metadata(path).is_ok() {
            return Err(at(path)(io::ErrorKind::AlreadyExists.into()));
        }
        let mut keys = HeldKeys::default();
        keys.add(suite, now)?;
        write(path, &keys)?;
        Ok(Self {
            path: path.to_owned(),
            keys: RwLock::new(keys),
        })
    }

    /// Reads the file again: another process may have changed it. The keys stay as they were where that fails.
    ///
    /// # Errors
    /// As [`FileRing::open`].
    pub fn reload(&self) -> Result<(), RingError> {
        let keys = read(&self.path)?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// Changes the file as it stands on disk, then what this process has of it. Answers with the file as it was, which no
    /// name leads to any more.
    fn change(
        &self,
        change: impl FnOnce(&mut HeldKeys) -> Result<KeyInfo, RingError>,
    ) -> Result<(KeyInfo, File), RingError> {
        let _turn = take_turn(&self.path)?;
        let mut keys = read(&self.path)?;
        let info = change(&mut keys)?;
        let before = OpenOptions::new().write(true).open(&self.path);
        let before = before.map_err(at(&self.path))?;
        write(&self.path, &keys)?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok((info, before))
    }

    fn held(&self) -> std::sync::RwLockReadGuard<'_, HeldKeys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyRing for FileRing {
    fn keys(&self) -> Result<Vec<KeyInfo>, RingError> {
        Ok(self.held().infos())
    }

    fn wrap(&self, version: KeyVersion, keys: &[RecordKey], out: &mut Vec<WrappedKey>) -> Result<(), RingError> {
        self.held().wrap(version, keys, out)
    }

    fn unwrap(&self, wrapped: &[WrappedKey], out: &mut Vec<Result<RecordKey, UnwrapError>>) -> Result<(), RingError> {
        self.held().unwrap(wrapped, out)
    }

    fn add(&self, suite: SuiteName, now: Timestamp) -> Result<KeyInfo, RingError> {
        let (info, _) = self.change(|keys| keys.add(suite, now))?;
        Ok(info)
    }

    /// The bytes of the file that held the key are overwritten as well. A file system that writes elsewhere, a snapshot, a
    /// flash disk or a backup may still have them.
    fn destroy(&self, version: KeyVersion, now: Timestamp) -> Result<KeyInfo, RingError> {
        let (info, mut before) = self.change(|keys| keys.destroy(version, now))?;
        overwrite(&mut before).map_err(at(&self.path))?;
        Ok(info)
    }
}

fn at(path: &Path) -> impl Fn(io::Error) -> RingError {
    let path = path.to_owned();
    move |source| RingError::File {
        path: path.clone(),
        source,
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

/// Held until it is dropped. On the folder, since the file is another one after each change.
fn take_turn(path: &Path) -> Result<File, RingError> {
    let folder = File::open(folder_of(path)).map_err(at(path))?;
    folder.lock().map_err(at(path))?;
    Ok(folder)
}

fn read(path: &Path) -> Result<HeldKeys, RingError> {
    // What is asked of the path would not tell of a pipe, which would never end; it is asked of what was opened.
    let mut options = OpenOptions::new();
    let file = options.read(true).custom_flags(NONBLOCK).open(path).map_err(at(path))?;
    let metadata = file.metadata().map_err(at(path))?;
    if !metadata.is_file() {
        let problem = Problem::in_file(path, "is no regular file: expected a key file");
        return Err(Problems(vec![problem]).into());
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(RingError::Mode {
            path: path.to_owned(),
            mode: metadata.mode() & 0o777,
        });
    }
    // With room for all from the start: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(text::KEY_RING_BYTES_MAX + 2));
    let mut bounded = file.take(text::KEY_RING_BYTES_MAX as u64 + 1);
    bounded.read_to_end(&mut bytes).map_err(at(path))?;
    let Ok(text) = std::str::from_utf8(&bytes) else {
        return Err(Problems(vec![Problem::in_file(
            path,
            "is not UTF-8: expected the text of a key file",
        )])
        .into());
    };
    Ok(text::parse(path, text)?)
}

/// `O_NONBLOCK` of Linux.
const NONBLOCK: i32 = 0o4000;

/// Puts the new text on disk under another name, then renames it, then puts the name on disk.
fn write(path: &Path, keys: &HeldKeys) -> Result<(), RingError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    // What a crash left behind; nobody else writes while the lock is held.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&beside)(error)),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)
        .map_err(at(&beside))?;
    file.write_all(text::print(keys).as_bytes()).map_err(at(&beside))?;
    file.sync_all().map_err(at(&beside))?;
    fs::rename(&beside, path).map_err(at(path))?;
    let folder = File::open(folder_of(path)).map_err(at(path))?;
    folder.sync_all().map_err(at(path))
}

/// Writes zeros over a file that no name leads to any more.
fn overwrite(file: &mut File) -> io::Result<()> {
    let length = file.metadata()?.len() as usize;
    file.rewind()?;
    file.write_all(&vec![0; length])?;
    file.sync_all()
}
