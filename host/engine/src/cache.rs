//! Compiled snapshots on disk. The only file of the host with `unsafe`: loading compiled code means trusting it, so the
//! folder belongs to this user alone, and every entry is checked against the digest that was written with it.

use proviso_model::Digest;
use proviso_model::digest::DigestBuilder;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use wasmtime::component::Component;

/// First line of an entry's note; another form gets another number.
const NOTE_VERSION: &str = "proviso compiled 1";
/// Compiled code that is kept, in bytes. Beyond it, the entries that were used least recently go.
const CODE_BYTES_MAX: u64 = 1 << 30;

/// Why the cache's folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// It cannot be made or looked at.
    #[error("the cache folder {path:?} cannot be used")]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The name is taken by something else.
    #[error("the cache {path:?} is not a folder")]
    NotAFolder {
        /// What stands there.
        path: PathBuf,
    },
    /// Compiled code in it could come from somebody else.
    #[error("the cache folder {path:?} may be written to by others: its owner must be this user and its mode 0700")]
    WritableByOthers {
        /// The folder.
        path: PathBuf,
    },
}

/// The folder.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
}

/// An entry that was found good.
pub(crate) struct Entry {
    pub(crate) component: Component,
    /// What was stored with it, at most a few hundred bytes.
    pub(crate) remark: String,
}

impl Cache {
    /// Opens the folder, making it if it is not there.
    pub(crate) fn open(folder: PathBuf) -> Result<Self, CacheError> {
        let unusable = |source| CacheError::Unusable {
            path: folder.clone(),
            source,
        };
        make_private_folder(&folder).map_err(unusable)?;
        let metadata = fs::symlink_metadata(&folder).map_err(unusable)?;
        if !metadata.is_dir() {
            return Err(CacheError::NotAFolder { path: folder });
        }
        if !is_ours_alone(&metadata) {
            return Err(CacheError::WritableByOthers { path: folder });
        }
        Ok(Self { folder })
    }

    /// Loads an entry. One that is missing, damaged or of another release is `None`, and is built anew.
    pub(crate) fn load(&self, runtime: &wasmtime::Engine, key: &Digest) -> Option<Entry> {
        let (code, note) = (self.code_path(key), self.note_path(key));
        let note = fs::read_to_string(note).ok()?;
        let checked = check(&code, key, &note);
        match checked.and_then(|remark| load_code(runtime, &code).map(|component| Entry { component, remark })) {
            Ok(entry) => {
                self.mark_used(key);
                Some(entry)
            }
            Err(reason) => {
                tracing::warn!(entry = %key.short(), reason, "a cached snapshot is unusable and is built anew");
                None
            }
        }
    }

    /// Writes an entry. A cache that cannot be written to costs time and nothing else, so failing is a warning.
    pub(crate) fn store(&self, key: &Digest, component: &Component, remark: &str) {
        let written = component
            .serialize()
            .map_err(|error| error.to_string())
            .and_then(|code| {
                let note = note_of(key, &code, remark);
                // The code first: a note is only there when its code is.
                self.write(&self.code_path(key), &code)
                    .and_then(|()| self.write(&self.note_path(key), note.as_bytes()))
                    .map_err(|error| error.to_string())
            });
        match written {
            Ok(()) => self.prune(&self.code_path(key), CODE_BYTES_MAX),
            Err(reason) => tracing::warn!(entry = %key.short(), reason, "a compiled snapshot could not be cached"),
        }
    }

    /// The note's time says when an entry was used last; the code itself is never touched. Failing costs an entry its place.
    fn mark_used(&self, key: &Digest) {
        let note = fs::File::options().write(true).open(self.note_path(key));
        drop(note.and_then(|note| note.set_modified(SystemTime::now())));
    }

    /// Removes what was used least recently until what is left fits. Code that is mapped stays mapped. `newest` stays.
    fn prune(&self, newest: &Path, bytes_max: u64) {
        let files = fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path());
        let mut entries: Vec<(SystemTime, u64, PathBuf)> = files
            .filter(|path| path.extension().is_some_and(|extension| extension == "cwasm"))
            .filter_map(|code| {
                let used = fs::metadata(code.with_extension("note")).and_then(|note| note.modified());
                Some((
                    used.unwrap_or(SystemTime::UNIX_EPOCH),
                    fs::metadata(&code).ok()?.len(),
                    code,
                ))
            })
            .collect();
        entries.sort();
        let mut bytes: u64 = entries.iter().map(|(_, size, _)| size).sum();
        for (_, size, code) in entries.iter().filter(|(_, _, code)| code != newest) {
            if bytes <= bytes_max {
                return;
            }
            // The note first: a note is only there when its code is.
            drop(fs::remove_file(code.with_extension("note")));
            if fs::remove_file(code).is_ok() {
                bytes -= size;
            }
        }
    }

    fn code_path(&self, key: &Digest) -> PathBuf {
        self.folder.join(format!("{}.cwasm", key.hex()))
    }

    fn note_path(&self, key: &Digest) -> PathBuf {
        self.folder.join(format!("{}.note", key.hex()))
    }

    /// Writes beside and renames, so that nobody ever sees half of it, and a file that is mapped is never changed.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let name = path.file_name().expect("entries have names").to_string_lossy();
        let unique = format!(".{name}.{}.{:?}", std::process::id(), std::thread::current().id());
        let beside = self.folder.join(unique);
        let written = create_private(&beside).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        written
            .and_then(|()| fs::rename(&beside, path))
            .inspect_err(|_| drop(fs::remove_file(&beside)))
    }
}

/// `NOTE_VERSION`, the digest over key, code and remark, and the remark; a line each.
fn note_of(key: &Digest, code: &[u8], remark: &str) -> String {
    format!("{NOTE_VERSION}\n{}\n{remark}", seal(key, code, remark))
}

fn seal(key: &Digest, code: &[u8], remark: &str) -> Digest {
    let mut seal = DigestBuilder::new(NOTE_VERSION);
    seal.part(key.as_bytes()).part(code).part(remark.as_bytes());
    seal.finish()
}

/// The remark of an entry whose code is what was written.
fn check(code: &Path, key: &Digest, note: &str) -> Result<String, String> {
    let mut lines = note.splitn(3, '\n');
    let (Some(NOTE_VERSION), Some(digest), Some(remark)) = (lines.next(), lines.next(), lines.next()) else {
        return Err("its note has another form".to_owned());
    };
    let code = fs::read(code).map_err(|error| format!("its code cannot be read: {error}"))?;
    if seal(key, &code, remark).to_string() != digest {
        return Err("its code is not what was written".to_owned());
    }
    Ok(remark.to_owned())
}

#[expect(
    unsafe_code,
    reason = "compiled code is mapped and run as it is; see the comment for why it can be trusted"
)]
fn load_code(runtime: &wasmtime::Engine, path: &Path) -> Result<Component, String> {
    // SAFETY: the file was written by `Cache::store` of this user: nobody else may write to the folder (`Cache::open`), and
    // its digest was just compared with the one written beside it. It is never changed in place while it is mapped
    // (`Cache::write` renames). The runtime itself refuses code of another release, configuration or processor.
    unsafe { Component::deserialize_file(runtime, path) }.map_err(|error| format!("{error:#}"))
}

#[cfg(unix)]
fn make_private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent)?;
    }
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

#[cfg(unix)]
fn create_private(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

#[cfg(unix)]
fn is_ours_alone(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let writable_by_others = metadata.mode() & 0o022 != 0;
    // Whose the process is, without a foreign call: the owner of what it just made, or of its own entry in /proc.
    let ours = fs::metadata("/proc/self").map_or(true, |own| own.uid() == metadata.uid());
    !writable_by_others && ours
}

#[cfg(not(unix))]
fn make_private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(not(unix))]
fn is_ours_alone(_metadata: &fs::Metadata) -> bool {
    // Profile folders of other systems are private to their user by default.
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_was_used_least_recently_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache {
            folder: folder.path().to_owned(),
        };
        let keys: Vec<Digest> = (0..5_u8).map(|number| Digest::of(&[number])).collect();
        for (age, key) in keys.iter().enumerate() {
            fs::write(cache.code_path(key), [0; 10]).unwrap();
            fs::write(cache.note_path(key), "").unwrap();
            let used = SystemTime::now() - Duration::from_secs(1_000 * (age as u64 + 1));
            fs::File::options()
                .write(true)
                .open(cache.note_path(key))
                .unwrap()
                .set_modified(used)
                .unwrap();
        }
        let left = || -> Vec<bool> {
            let whole = |key| (cache.code_path(key).exists(), cache.note_path(key).exists());
            keys.iter()
                .map(whole)
                .inspect(|(code, note)| assert_eq!(code, note))
                .map(|(code, _)| code)
                .collect()
        };
        cache.prune(&cache.code_path(&keys[0]), 50);
        assert_eq!(left(), [true; 5]);
        // The oldest was used just now, and the next oldest is the newest that was written: both stay.
        cache.mark_used(&keys[4]);
        cache.prune(&cache.code_path(&keys[3]), 30);
        assert_eq!(left(), [true, false, false, true, true]);
        cache.prune(&cache.code_path(&keys[3]), 0);
        assert_eq!(left(), [false, false, false, true, false]);
    }
}
