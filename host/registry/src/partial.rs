//! Blobs on their way into a store, kept so that a pull that breaks off goes on where it was.

use crate::error::RegistryError;
use proviso_model::Digest;
use proviso_pack::PackStore;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// What files of blobs end with. The store passes over such names.
const SUFFIX: &str = ".part";
/// What nobody has gone on with for so long is removed.
const KEPT: Duration = Duration::from_hours(7 * 24);

/// The blobs of one pull, in the folder of the store that it is for.
pub(crate) struct Partials {
    folder: PathBuf,
    made: Vec<PathBuf>,
}

/// A blob as far as it is here.
pub(crate) struct Partial {
    path: PathBuf,
    file: File,
    bytes: usize,
}

impl Partials {
    /// In the folder of a store. Removes what was left there long ago.
    pub(crate) fn of(store: &PackStore) -> Self {
        let this = Self {
            folder: store.folder().to_owned(),
            made: Vec::new(),
        };
        this.sweep();
        this
    }

    /// What is here of a blob, perhaps nothing. Where another pull has it, this one keeps its own.
    pub(crate) fn open(&mut self, digest: &Digest) -> Result<Partial, RegistryError> {
        let shared = self.folder.join(format!(".{}{SUFFIX}", digest.hex()));
        let path = match open(&shared)? {
            Some(partial) => return Ok(self.remember(partial)),
            None => self
                .folder
                .join(format!(".{}-{}{SUFFIX}", digest.hex(), std::process::id())),
        };
        match open(&path)? {
            Some(partial) => Ok(self.remember(partial)),
            None => Err(at(&path)(io::Error::from(io::ErrorKind::ResourceBusy))),
        }
    }

    /// Removes the blobs of this pull: they are in the store.
    pub(crate) fn clear(self) {
        for path in self.made {
            // One that stays is swept later.
            let _ = fs::remove_file(path);
        }
    }

    fn remember(&mut self, partial: Partial) -> Partial {
        self.made.push(partial.path.clone());
        partial
    }

    /// A file that cannot be looked at or removed harms nothing.
    fn sweep(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let ours = name
                .to_str()
                .is_some_and(|name| name.starts_with('.') && name.ends_with(SUFFIX));
            let changed = entry.metadata().and_then(|metadata| metadata.modified());
            let age = changed
                .ok()
                .and_then(|changed| SystemTime::now().duration_since(changed).ok());
            if ours && age.is_some_and(|age| age > KEPT) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

impl Partial {
    /// How many bytes are here.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Begins again.
    pub(crate) fn empty(&mut self) -> Result<(), RegistryError> {
        self.file.set_len(0).map_err(at(&self.path))?;
        self.bytes = 0;
        Ok(())
    }

    /// Adds bytes at the end.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), RegistryError> {
        self.file.write_all(bytes).map_err(at(&self.path))?;
        self.bytes += bytes.len();
        Ok(())
    }

    /// All that is here.
    pub(crate) fn read(&mut self) -> Result<Vec<u8>, RegistryError> {
        let mut bytes = Vec::with_capacity(self.bytes);
        let read = self
            .file
            .seek(SeekFrom::Start(0))
            .and_then(|_| (&self.file).take(self.bytes as u64).read_to_end(&mut bytes));
        read.map_err(at(&self.path))?;
        Ok(bytes)
    }

    /// Removes it: it is of no use.
    pub(crate) fn discard(self) {
        let _ = fs::remove_file(self.path);
    }
}

/// `None` if another process has it.
fn open(path: &Path) -> Result<Option<Partial>, RegistryError> {
    // A link that somebody put there leads nowhere: what it names would be written.
    if fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(at(path)(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a file: remove it",
        )));
    }
    let opened = OpenOptions::new().read(true).append(true).create(true).open(path);
    let file = opened.map_err(at(path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(at(path)(error)),
    }
    let bytes = file.metadata().map_err(at(path))?.len();
    Ok(Some(Partial {
        path: path.to_owned(),
        file,
        bytes: usize::try_from(bytes).unwrap_or(usize::MAX),
    }))
}

fn at(path: &Path) -> impl Fn(io::Error) -> RegistryError {
    let path = path.to_owned();
    move |source| RegistryError::Io {
        path: path.clone(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_is_there_for_the_next_and_gone_when_it_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let store = PackStore::open(folder.path()).unwrap();
        let digest = Digest::of(b"a blob");
        let mut partials = Partials::of(&store);
        let mut partial = partials.open(&digest).unwrap();
        partial.push(b"a b").unwrap();
        // Another pull at the same time has its own.
        let mut others = Partials::of(&store);
        let mut other = others.open(&digest).unwrap();
        assert_eq!((partial.bytes(), other.bytes()), (3, 0));
        other.push(b"x").unwrap();
        drop((partial, partials));
        others.clear();

        let mut partials = Partials::of(&store);
        let mut partial = partials.open(&digest).unwrap();
        assert_eq!(partial.bytes(), 3);
        partial.push(b"lob").unwrap();
        assert_eq!(partial.read().unwrap(), b"a blob");
        partial.empty().unwrap();
        partial.push(b"other").unwrap();
        assert_eq!(partial.read().unwrap(), b"other");
        assert_eq!(store.list().unwrap(), []);
        drop(partial);
        partials.clear();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_was_left_long_ago_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let store = PackStore::open(folder.path()).unwrap();
        for name in [".old.part", ".new.part", "old.pack", ".old.draft"] {
            let file = File::create(folder.path().join(name)).unwrap();
            if name.contains("old") {
                file.set_modified(SystemTime::now() - KEPT - Duration::from_mins(1))
                    .unwrap();
            }
        }
        drop(Partials::of(&store));
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        left.sort();
        assert_eq!(left, [".new.part", ".old.draft", "old.pack"]);
    }

    #[test]
    fn a_link_in_its_place_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = PackStore::open(folder.path()).unwrap();
        let digest = Digest::of(b"a blob");
        std::os::unix::fs::symlink("/dev/null", folder.path().join(format!(".{}.part", digest.hex()))).unwrap();
        let error = Partials::of(&store).open(&digest).err().unwrap();
        assert!(error.to_string().contains(".part"), "{error}");
    }
}
