//! Where the keys of an archive come from.

use proviso_model::Timestamp;
use proviso_seal::{
    EnvironmentRing, FileRing, IssueError, KeyInfo, KeyRing, OpenError, RingError, SealError, SuiteName, TokenRing,
    TokenSpot, UnwrapError,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Bytes of a file with a PIN, at most.
const PIN_BYTES_MAX: u64 = 256;

/// Where keys are: those of tenants that have their own, and those of all others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyPlaces {
    /// Of every tenant that is not named; `None`: the file beside the archive, whose name ends in `.keys`. A new archive makes
    /// it where there is none.
    pub all: Option<KeyPlace>,
    /// Of tenants by name.
    pub tenants: BTreeMap<String, KeyPlace>,
}

/// Where one key ring is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPlace {
    /// A file of mode 0600.
    File(PathBuf),
    /// An environment variable.
    Variable(String),
    /// A token that speaks PKCS#11.
    Token {
        /// The token, and the label of the keys.
        spot: TokenSpot,
        /// Where its PIN is.
        pin: PinPlace,
    },
}

/// Where the PIN of a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PinPlace {
    /// A file of mode 0600; a line's end behind the PIN is none of it.
    File(PathBuf),
    /// An environment variable.
    Variable(String),
}

/// Keys could not be had, or something could not be sealed or opened with them.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file is not there.
    #[error(
        "there is no key file {}: put back the one that this archive was written with; without it nothing can be read",
        path.display()
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A ring does not answer.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// No record keys were made.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// Two rings have one key: to destroy it in the one would destroy it in the other.
    #[error(
        "the keys of {one} and of {other} have one key in common (fingerprint {fingerprint}): each needs its own file or token"
    )]
    Shared {
        /// Whose.
        one: String,
        /// And whose.
        other: String,
        /// The key.
        fingerprint: String,
    },
    /// A record's key does not unwrap.
    #[error("the keys of tenant {tenant:?}: {source}")]
    Unwrap {
        /// Whose.
        tenant: String,
        /// Why.
        source: UnwrapError,
    },
    /// A part was not sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A part does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A PIN cannot be had.
    #[error("the PIN of token {token:?}: {why}")]
    Pin {
        /// The token's label.
        token: String,
        /// What is wrong, and what to do.
        why: String,
    },
}

impl KeyPlace {
    /// Makes a file with one random key. A file that is there stays, and is an error.
    ///
    /// # Errors
    /// If it cannot be written, or is there.
    pub fn make_file(path: &Path, suite: SuiteName, now: Timestamp) -> Result<KeyInfo, KeyError> {
        Ok(FileRing::make(path, suite, now)?.newest()?)
    }

    /// Opens the ring there.
    ///
    /// # Errors
    /// If there is none, or something is wrong with it.
    pub fn open(&self) -> Result<Arc<dyn KeyRing>, KeyError> {
        Ok(match self {
            KeyPlace::File(path) => match FileRing::open(path) {
                Ok(ring) => Arc::new(ring),
                Err(RingError::File { path, source }) if source.kind() == std::io::ErrorKind::NotFound => {
                    return Err(KeyError::Missing { path });
                }
                Err(error) => return Err(error.into()),
            },
            KeyPlace::Variable(name) => Arc::new(EnvironmentRing::open(name)?),
            KeyPlace::Token { spot, pin } => Arc::new(TokenRing::open(spot.clone(), pin.read(&spot.token)?)?),
        })
    }
}

impl PinPlace {
    fn read(&self, token: &str) -> Result<Zeroizing<String>, KeyError> {
        let pin = match self {
            PinPlace::Variable(name) => std::env::var(name)
                .map(Zeroizing::new)
                .map_err(|_| format!("the environment variable {name} is not set, or is no UTF-8")),
            PinPlace::File(path) => read_secret(path),
        };
        let pin = pin.map_err(|why| KeyError::Pin {
            token: token.to_owned(),
            why,
        })?;
        Ok(Zeroizing::new(pin.trim_end_matches(['\r', '\n']).to_owned()))
    }
}

/// A file that nobody but its owner can read.
fn read_secret(path: &Path) -> Result<Zeroizing<String>, String> {
    use std::io::Read as _;
    use std::os::unix::fs::MetadataExt as _;
    let shown = path.display();
    let file = std::fs::File::open(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
    let mode = file
        .metadata()
        .map_err(|error| format!("cannot read {shown}: {error}"))?
        .mode()
        & 0o777;
    if mode & 0o077 != 0 {
        return Err(format!("{shown} can be read by others (mode {mode:o}): chmod 600 it"));
    }
    let mut text = Zeroizing::new(String::new());
    file.take(PIN_BYTES_MAX)
        .read_to_string(&mut text)
        .map_err(|error| format!("cannot read {shown}: {error}"))?;
    Ok(text)
}
