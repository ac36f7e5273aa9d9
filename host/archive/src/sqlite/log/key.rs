//! The keys that sign the log's checkpoints: `<archive>.log-key`, and `<archive>.log-key-sm2` where they are signed in SM2 as well. Both are
//! readable by their owner alone.

use crate::log::LogTrouble;
use crate::opening::beside;
use crate::sqlite::whole_file::replace;
use proviso_proof::note::{KeyKind, KeyName, SignerKey};
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// What stands behind the archive's name.
const ENDING: &str = ".log-key";
/// The same for the key in SM2.
const SM2_ENDING: &str = ".log-key-sm2";
/// The longest file that is read: a name of 255 bytes and a key.
const FILE_BYTES_MAX: u64 = 1024;
/// How often a private key of SM2 is drawn: one in 2^32 is out of range.
const DRAWN_MAX: usize = 8;
/// Random bytes in the name of a log.
const NAME_BYTES: usize = 8;

/// What signs a checkpoint.
pub(super) struct Signers {
    pub(super) log: SignerKey,
    /// Of the same name.
    pub(super) sm2: Option<SignerKey>,
}

/// `<archive>.log-key`.
pub(super) fn path_of(archive: &Path) -> PathBuf {
    beside(archive, ENDING)
}

/// `<archive>.log-key-sm2`.
pub(super) fn sm2_path_of(archive: &Path) -> PathBuf {
    beside(archive, SM2_ENDING)
}

/// Reads the key; `None` where there is no file.
pub(super) fn read(path: PathBuf) -> Result<Option<SignerKey>, LogTrouble> {
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

/// Makes a key, and with it the name of a log.
pub(super) fn make(archive: &Path) -> Result<SignerKey, LogTrouble> {
    let io = |source| LogTrouble::Io {
        path: path_of(archive),
        source,
    };
    let (mut name, mut seed) = ([0; NAME_BYTES], Zeroizing::new([0; 32]));
    let random = getrandom::fill(&mut name).and_then(|()| getrandom::fill(&mut *seed));
    random.map_err(|error| io(std::io::Error::other(error)))?;
    let name = KeyName::new(&format!("proviso.archive/{:016x}", u64::from_be_bytes(name)))
        .expect("letters, digits, a point and a slash");
    let key = SignerKey::new(name, KeyKind::Note, &seed).expect("any 32 bytes are a seed of Ed25519");
    keep(archive, ENDING, &key).map_err(io)?;
    Ok(key)
}

/// Makes the key in SM2 of the log of this name.
pub(super) fn make_sm2(archive: &Path, name: &KeyName) -> Result<SignerKey, LogTrouble> {
    let io = |source| LogTrouble::Io {
        path: sm2_path_of(archive),
        source,
    };
    let mut private = Zeroizing::new([0; 32]);
    for _ in 0..DRAWN_MAX {
        getrandom::fill(&mut *private).map_err(|error| io(std::io::Error::other(error)))?;
        if let Ok(key) = SignerKey::new(name.clone(), KeyKind::Sm2, &private) {
            keep(archive, SM2_ENDING, &key).map_err(io)?;
            return Ok(key);
        }
    }
    Err(io(std::io::Error::other(
        "the system's random bytes gave no private key of SM2",
    )))
}

/// Writes a key. A file that is there is kept under its time: what it signed is still to be verified by its public half, which the log has.
fn keep(archive: &Path, ending: &str, key: &SignerKey) -> std::io::Result<()> {
    let path = beside(archive, ending);
    if let Ok(old) = std::fs::metadata(&path) {
        std::fs::rename(&path, beside(archive, &format!("{ending}.{}", old.mtime())))?;
    }
    let mut text = key.to_secret_text();
    text.push('\n');
    replace(&path, &text)
}
