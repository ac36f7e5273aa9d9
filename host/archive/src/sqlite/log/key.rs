//! The key that signs the log's checkpoints: `<archive>.log-key`, readable by its owner alone.

use crate::log::LogTrouble;
use crate::opening::beside;
use crate::sqlite::whole_file::replace;
use proviso_proof::note::{KeyKind, KeyName, SignerKey};
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The longest file that is read: a name of 255 bytes and a key.
const FILE_BYTES_MAX: u64 = 1024;
/// Random bytes in the name of a log.
const NAME_BYTES: usize = 8;

/// `<archive>.log-key`.
pub(super) fn path_of(archive: &Path) -> PathBuf {
    beside(archive, ".log-key")
}

/// Reads the key; `None` where there is no file.
pub(super) fn read(archive: &Path) -> Result<Option<SignerKey>, LogTrouble> {
    let path = path_of(archive);
    let io = |source| LogTrouble::Io {
        path: path.clone(),
        source,
    };
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io(error)),
    };
    let mode = file.metadata().map_err(io)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(LogTrouble::OpenKey { path, mode });
    }
    let mut text = Zeroizing::new(String::with_capacity(FILE_BYTES_MAX as usize));
    file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(io)?;
    text.trim_end().parse().map(Some).map_err(|source| LogTrouble::BadKey {
        path: path.clone(),
        source,
    })
}

/// Makes a key, and with it the name of a log. A file that is there is kept under the key's id: what it signed is still to be verified by
/// its public half, which the log has.
pub(super) fn make(archive: &Path) -> Result<SignerKey, LogTrouble> {
    let path = path_of(archive);
    let io = |source| LogTrouble::Io {
        path: path.clone(),
        source,
    };
    let (mut name, mut seed) = ([0; NAME_BYTES], Zeroizing::new([0; 32]));
    let random = getrandom::fill(&mut name).and_then(|()| getrandom::fill(&mut *seed));
    random.map_err(|error| io(std::io::Error::other(error)))?;
    let name = KeyName::new(&format!("proviso.archive/{:016x}", u64::from_be_bytes(name)))
        .expect("letters, digits, a point and a slash");
    let key = SignerKey::new(name, KeyKind::Note, &seed).expect("any 32 bytes are a seed of Ed25519");
    if let Ok(old) = std::fs::metadata(&path) {
        let kept = beside(archive, &format!(".log-key.{}", old.mtime()));
        std::fs::rename(&path, kept).map_err(io)?;
    }
    let mut text = key.to_secret_text();
    text.push('\n');
    replace(&path, &text).map_err(io)?;
    Ok(key)
}
