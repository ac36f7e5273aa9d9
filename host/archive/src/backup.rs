//! A backup: a folder with a copy of an archive's database, what lies beside it, and a manifest of all that.

use crate::opening::ArchiveError;
use crate::storage::StorageError;
use proviso_model::{Digest, Timestamp};
use proviso_proof::Hash;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _};
use std::path::{Component, Path, PathBuf};

/// The database of a backup. Its companions are named as those of an archive are.
pub(crate) const DATABASE: &str = "archive.db";
/// The manifest, which is written last.
pub(crate) const MANIFEST: &str = "manifest.json";
const FORM: &str = "proviso-backup-v1";
/// The longest manifest that is read: some 100,000 files.
const MANIFEST_BYTES_MAX: u64 = 16 << 20;

/// What is in a backup, as its file `manifest.json` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of this file.
    form: String,
    /// When the backup was begun, RFC 3339.
    pub made_at: String,
    /// The schema version of the database.
    pub schema: i64,
    /// Its log.
    pub log: LogInBackup,
    /// Rows of each table.
    pub rows: BTreeMap<String, u64>,
    /// Keys that are in it, and in which files. Empty: keys are kept elsewhere, and nobody reads the backup without them.
    pub keys: Vec<KeysInBackup>,
    /// Every other file, by its path from the folder on.
    pub files: BTreeMap<String, FileInBackup>,
}

/// The log of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogInBackup {
    /// The public key that it names.
    pub key: String,
    /// Leaves.
    pub leaves: u64,
    /// Their root, in hexadecimal digits.
    pub root: String,
    /// Leaves of the checkpoint: all, or those of a second before.
    pub signed: u64,
}

/// Keys of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysInBackup {
    /// Whose; `None`: of all tenants that have none of their own.
    pub tenant: Option<String>,
    /// The file.
    pub file: String,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileInBackup {
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub digest: Digest,
}

/// What goes into a backup beside the archive.
#[derive(Debug, Clone)]
pub struct Including<'a> {
    /// When.
    pub at: Timestamp,
    /// Files of keys, by whose they are; `None`: of all tenants that have none of their own. With them goes the log's key.
    pub keys: &'a [(Option<String>, PathBuf)],
    /// Folders whose files are copied behind the database, each under a name of its own.
    pub folders: &'a [(&'a str, &'a Path)],
}

/// How far a backup or its restoration is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// What goes on.
    pub what: &'static str,
    /// Bytes that are done.
    pub done: u64,
    /// Bytes that there are, about.
    pub all: u64,
}

/// Who is told of it.
pub type Told<'a> = &'a (dyn Fn(Step) + Sync);

/// A backup could not be made or read. No folder that looks whole is left.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The folder has something in it.
    #[error("{0:?} is not empty: name a new folder")]
    NotEmpty(PathBuf),
    /// Another one is on its way, or was cut off.
    #[error("{0:?} is there: another backup runs, or one was cut off. If none runs, remove it")]
    Unfinished(PathBuf),
    /// SQLite takes paths as text.
    #[error("{0:?} is no UTF-8: name another folder")]
    NoText(PathBuf),
    /// No manifest of this form.
    #[error("{path:?} is no manifest of a backup: {why}")]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A file cannot be read or written.
    #[error("cannot use {path:?}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The database could not be copied.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The archive, or its log, is not what was signed.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

impl BackupError {
    /// For a file.
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

impl Manifest {
    pub(crate) fn new(
        at: Timestamp,
        schema: i64,
        log: (String, u64, Hash, u64),
        rows: BTreeMap<String, u64>,
        keys: Vec<KeysInBackup>,
        files: BTreeMap<String, FileInBackup>,
    ) -> Self {
        let (key, leaves, root, signed) = log;
        Self {
            form: FORM.to_owned(),
            made_at: at.to_string(),
            schema,
            log: LogInBackup {
                key,
                leaves,
                root: root.to_hex(),
                signed,
            },
            rows,
            keys,
            files,
        }
    }

    /// Reads that of a backup's folder.
    ///
    /// # Errors
    /// If there is none, or it is none of this form.
    pub fn read(backup: &Path) -> Result<Self, BackupError> {
        let path = backup.join(MANIFEST);
        let none = |why: String| BackupError::Manifest {
            path: path.clone(),
            why,
        };
        let mut text = String::new();
        let file = match open_file(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(none("there is none".to_owned())),
            opened => opened.map_err(BackupError::io(&path))?,
        };
        let length = match file.take(MANIFEST_BYTES_MAX + 1).read_to_string(&mut text) {
            Err(error) if error.kind() == ErrorKind::InvalidData => return Err(none("it is no UTF-8".to_owned())),
            read => read.map_err(BackupError::io(&path))?,
        };
        if length as u64 > MANIFEST_BYTES_MAX {
            return Err(none(format!("more than {MANIFEST_BYTES_MAX} bytes")));
        }
        let manifest: Self = serde_json::from_str(&text).map_err(|error| none(error.to_string()))?;
        if manifest.form != FORM {
            let found: String = manifest.form.chars().take(64).collect();
            return Err(none(format!("its form is {found:?}: expected {FORM:?}")));
        }
        let stays_within = |name: &String| {
            let mut parts = Path::new(name).components();
            !name.is_empty() && name != MANIFEST && parts.all(|part| matches!(part, Component::Normal(_)))
        };
        let of_keys = manifest.keys.iter().map(|keys| &keys.file);
        if let Some(name) = manifest.files.keys().chain(of_keys).find(|name| !stays_within(name)) {
            let name: String = name.chars().take(64).collect();
            return Err(none(format!(
                "it names the file {name:?}: expected a path within the folder"
            )));
        }
        if !manifest.files.contains_key(DATABASE) {
            return Err(none(format!("it names no file {DATABASE:?}")));
        }
        Ok(manifest)
    }

    pub(crate) fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("names and numbers");
        text.push('\n');
        text
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.values().map(|file| file.bytes).sum()
    }
}

/// Opens a file that is one: a pipe or a device is never waited for.
pub(crate) fn open_file(path: &Path) -> std::io::Result<std::fs::File> {
    if !std::fs::symlink_metadata(path)?.is_file() {
        return Err(std::io::Error::other("it is no regular file"));
    }
    std::fs::File::open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was written first. The file never changes.
    const GOLDEN: &str = include_str!("stored/golden/backup-v1.json");

    #[test]
    fn a_manifest_of_before_is_read_by_every_later_program() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(MANIFEST), GOLDEN).unwrap();
        let manifest = Manifest::read(folder.path()).unwrap();
        assert_eq!(manifest.to_json(), GOLDEN);
        assert_eq!(
            (manifest.log.leaves, manifest.keys.len(), manifest.bytes()),
            (7, 1, 159_809)
        );
    }

    #[test]
    fn what_is_no_manifest_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let error = Manifest::read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("there is none"), "{error}");
        for (text, why) in [
            ("{".to_owned(), "EOF"),
            (
                GOLDEN.replace("backup-v1", "backup-v9"),
                "expected \"proviso-backup-v1\"",
            ),
            (
                GOLDEN.replace("archive.db.writes", "../writes"),
                "expected a path within the folder",
            ),
            (
                GOLDEN.replace("archive.db.keys", "/etc/keys"),
                "expected a path within the folder",
            ),
            (
                GOLDEN.replace("\"archive.db\"", "\"other.db\""),
                "names no file \"archive.db\"",
            ),
        ] {
            std::fs::write(folder.path().join(MANIFEST), &text).unwrap();
            let error = Manifest::read(folder.path()).unwrap_err().to_string();
            assert!(error.contains(why), "{why}: {error}");
        }
    }
}
