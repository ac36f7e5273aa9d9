//! Built packs by their digest, on disk.

use crate::error::PackError;
use crate::layout::FILE_BYTES_MAX;
use crate::pack::Pack;
use crate::regular_file;
use crate::unread::UnreadPack;
use proviso_model::Digest;
use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

const SUFFIX: &str = ".pack";

/// A folder of built packs, each in a file named by its digest. Several processes may use one folder.
#[derive(Debug, Clone)]
pub struct PackStore {
    folder: PathBuf,
}

/// Why the store cannot do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder or a file of it cannot be read or written.
    #[error("{path:?} in the pack store: {attempt}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried: `cannot be written`.
        attempt: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// No pack of that digest.
    #[error("the pack store {folder:?} has no pack {digest}")]
    Missing {
        /// The store.
        folder: PathBuf,
        /// What was asked for.
        digest: Digest,
    },
    /// The file of that digest holds another pack.
    #[error("{path:?} in the pack store holds the pack {found}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The digest of what it holds.
        found: Digest,
    },
    /// The file of that digest is no pack, or one that this host cannot use.
    #[error(transparent)]
    Pack(#[from] PackError),
}

impl PackStore {
    /// Opens a store, and makes its folder if there is none.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(folder).map_err(at(folder, "cannot be made"))?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// A store that may not be there; then it has no packs.
    pub fn at(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// Keeps a pack with its signatures. After a crash the store has the whole of it or nothing. A pack that is there already
    /// is written again only if this one has signatures that it lacks; both together are kept then, or this one's alone if
    /// both are too many.
    pub fn put(&self, pack: &Pack) -> Result<Digest, StoreError> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let digest = pack.digest();
        let path = self.path_of(&digest);
        let mut together = Cow::Borrowed(pack);
        if let Ok(kept) = self.get(&digest) {
            if pack
                .signatures()
                .iter()
                .all(|signature| kept.signatures().contains(signature))
            {
                return Ok(digest);
            }
            if let Ok(both) = kept.with_signatures(pack.signatures().iter().cloned()) {
                together = Cow::Owned(both);
            }
        }
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let draft = self
            .folder
            .join(format!(".{}-{}-{number}.draft", digest.short(), std::process::id()));
        let written = write_durably(&draft, &together.to_file())
            .and_then(|()| fs::rename(&draft, &path))
            .and_then(|()| File::open(&self.folder)?.sync_all());
        if written.is_err() {
            // Nothing to do if this fails as well: the next error is the one to tell.
            let _ = fs::remove_file(&draft);
        }
        written.map_err(at(&path, "cannot be written"))?;
        Ok(digest)
    }

    /// Reads a pack and checks that it is the one of that digest.
    pub fn get(&self, digest: &Digest) -> Result<Pack, StoreError> {
        Ok(self.get_unread(digest)?.read()?)
    }

    /// As [`PackStore::get`], and interprets no more of it than its digest and the question of trust need.
    pub fn get_unread(&self, digest: &Digest) -> Result<UnreadPack, StoreError> {
        let path = self.path_of(digest);
        let file = match regular_file::read(&path, FILE_BYTES_MAX) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(StoreError::Missing {
                    folder: self.folder.clone(),
                    digest: *digest,
                });
            }
            Err(error) => return Err(at(&path, "cannot be read")(error)),
        };
        let pack = UnreadPack::from_file(&file, &path)?;
        let found = pack.digest();
        if found == *digest {
            Ok(pack)
        } else {
            Err(StoreError::Damaged { path, found })
        }
    }

    /// The digests of all packs, in order. Files of other names are passed over.
    pub fn list(&self) -> Result<Vec<Digest>, StoreError> {
        let unreadable = at(&self.folder, "cannot be read");
        let mut digests = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(&unreadable)? {
            let name = entry.map_err(&unreadable)?.file_name();
            let hex = name.to_str().and_then(|name| name.strip_suffix(SUFFIX));
            digests.extend(hex.and_then(|hex| format!("sha256:{hex}").parse::<Digest>().ok()));
        }
        digests.sort_unstable();
        Ok(digests)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn path_of(&self, digest: &Digest) -> PathBuf {
        self.folder.join(format!("{}{SUFFIX}", digest.hex()))
    }
}

fn at(path: &Path, attempt: &'static str) -> impl Fn(io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Io {
        path: path.clone(),
        attempt,
        source,
    }
}

fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
