//! `tokens.json`: named tokens on disk. `proviso token` makes and revokes them here; the daemon only reads.
//!
//! A secret is 32 random bytes, and the file has its SHA-256. A slow hash is for what people choose, whose guesses are few; here a
//! guess is one of 2^256, and a hash that is checked with every request must be fast.

use super::named::{NamedToken, Revoked};
use super::permissions::{Grants, Permissions};
use super::{OPERATOR, new_secret, stored};
use proviso_model::id::is_name;
use proviso_model::time::Day;
use proviso_model::{Digest, Principal, Timestamp};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Tokens in one file, the revoked ones with them.
pub(super) const TOKENS_MAX: usize = 1_000;
/// The file, in bytes.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// What a new token is to be.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Its name.
    pub name: String,
    /// What it may do; something, and not everything.
    pub permissions: Permissions,
    /// The last day on which it counts, in UTC.
    pub until: Option<Day>,
}

/// Why tokens cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum TokenFileError {
    /// The file system refused.
    #[error("cannot {what} the file of tokens {}", path.display())]
    Io {
        /// `read`, `write` or `lock`.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        error: std::io::Error,
    },
    /// Others than its owner may open it.
    #[error("the file of tokens {} can be opened by others (mode {mode:o}): chmod 600 it", path.display())]
    Open {
        /// Which file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It is not what this program writes.
    #[error("the file of tokens {} cannot be understood: {why}", path.display())]
    Form {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// It cannot be a token's name.
    #[error("{0:?} cannot be the name of a token: expected 1 to 64 of a-z, 0-9 and `-`, and not `operator`")]
    Name(String),
    /// It was given before.
    #[error("{0:?} is or was the name of a token, and the archive knows who did something by it: take another")]
    Taken(String),
    /// Nothing was granted.
    #[error(
        "a token that may do nothing is of no use: grant --intake, --policies, --reading, --content, --search-masked or --facts"
    )]
    Nothing,
    /// It would never count.
    #[error("the token would have ended on {until}: today is {today} (UTC)")]
    Past {
        /// Its last day.
        until: Day,
        /// The day of the making.
        today: Day,
    },
    /// There is no room.
    #[error("there are {TOKENS_MAX} tokens, the revoked ones with them: no file of tokens holds more")]
    Full,
    /// Nobody has it.
    #[error("no token is called {0:?}: `proviso token list` shows them")]
    Unknown(String),
    /// It was taken back before.
    #[error("the token {name:?} was revoked at {at} by {by}")]
    Revoked {
        /// Its name.
        name: String,
        /// When.
        at: Timestamp,
        /// By whom.
        by: Principal,
    },
}

impl TokenFileError {
    /// True if whoever asked can mend it by asking for something else.
    pub fn is_usage(&self) -> bool {
        !matches!(
            self,
            TokenFileError::Io { .. } | TokenFileError::Open { .. } | TokenFileError::Form { .. }
        )
    }
}

/// The file, wherever it is. It need not be there: then there are no tokens.
#[derive(Debug, Clone)]
pub struct TokenFile {
    path: PathBuf,
}

/// Held while the file is read, changed and written.
struct Locked<'a> {
    file: &'a TokenFile,
    tokens: Vec<NamedToken>,
    _lock: File,
}

impl TokenFile {
    /// The file of that path.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Every token in the order of the making, the revoked ones with them.
    pub fn read(&self) -> Result<Vec<NamedToken>, TokenFileError> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.io("read", error)),
        };
        let metadata = file.metadata().map_err(|error| self.io("read", error))?;
        let mode = metadata.mode() & 0o777;
        if mode & 0o077 != 0 {
            let path = self.path.clone();
            return Err(TokenFileError::Open { path, mode });
        }
        let form = |why| TokenFileError::Form {
            path: self.path.clone(),
            why,
        };
        if !metadata.is_file() || metadata.len() > FILE_BYTES_MAX {
            return Err(form(format!("expected a file of at most {FILE_BYTES_MAX} bytes")));
        }
        let mut text = String::new();
        (&mut file)
            .take(FILE_BYTES_MAX)
            .read_to_string(&mut text)
            .map_err(|error| self.io("read", error))?;
        stored::from_text(&text).map_err(form)
    }

    /// Makes a token and gives its secret, which stands nowhere else.
    pub fn add(&self, new: NewToken, by: &Principal, now: Timestamp, today: Day) -> Result<String, TokenFileError> {
        let NewToken {
            name,
            permissions,
            until,
        } = new;
        if !is_name(&name) || name == OPERATOR {
            return Err(TokenFileError::Name(name));
        }
        match &permissions {
            Permissions::Granted(grants) if *grants != Grants::default() => {}
            Permissions::Granted(_) | Permissions::All => return Err(TokenFileError::Nothing),
        }
        if let Some(until) = until.filter(|until| *until < today) {
            return Err(TokenFileError::Past { until, today });
        }
        let mut locked = self.lock()?;
        if locked.tokens.iter().any(|token| token.name == name) {
            return Err(TokenFileError::Taken(name));
        }
        if locked.tokens.len() >= TOKENS_MAX {
            return Err(TokenFileError::Full);
        }
        let secret = new_secret().map_err(|error| self.io("make a secret for", error))?;
        locked.tokens.push(NamedToken {
            name,
            digest: Digest::of(secret.as_bytes()),
            made_at: now,
            made_by: by.clone(),
            until,
            permissions,
            revoked: None,
        });
        locked.write()?;
        Ok(secret)
    }

    /// Takes a token back. A daemon that runs refuses it within a second.
    pub fn revoke(&self, name: &str, by: &Principal, now: Timestamp) -> Result<(), TokenFileError> {
        let mut locked = self.lock()?;
        let token = locked.tokens.iter_mut().find(|token| token.name == name);
        let token = token.ok_or_else(|| TokenFileError::Unknown(name.to_owned()))?;
        if let Some(Revoked { at, by }) = token.revoked.clone() {
            let name = name.to_owned();
            return Err(TokenFileError::Revoked { name, at, by });
        }
        token.revoked = Some(Revoked {
            at: now,
            by: by.clone(),
        });
        locked.write()
    }

    fn io(&self, what: &'static str, error: std::io::Error) -> TokenFileError {
        let path = self.path.clone();
        TokenFileError::Io { what, path, error }
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(ending);
        name.into()
    }

    /// Two commands at once would each write what the other did not know of. The lock is on a file of its own, since the other
    /// one is replaced.
    fn lock(&self) -> Result<Locked<'_>, TokenFileError> {
        let lock = Self::open_private(
            &self.beside(".lock"),
            OpenOptions::new().write(true).create(true).truncate(false),
        );
        let lock = lock.map_err(|error| self.io("lock", error))?;
        lock.lock().map_err(|error| self.io("lock", error))?;
        Ok(Locked {
            file: self,
            tokens: self.read()?,
            _lock: lock,
        })
    }

    /// Opens a file that its owner alone may read. Where root does this for a daemon of another user, that user gets it: the
    /// owner of the folder.
    fn open_private(path: &Path, options: &mut OpenOptions) -> std::io::Result<File> {
        let file = options.mode(0o600).open(path)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let (folder, own) = (std::fs::metadata(folder.unwrap_or(Path::new(".")))?, file.metadata()?);
        if folder.uid() != own.uid() {
            std::os::unix::fs::fchown(&file, Some(folder.uid()), Some(folder.gid()))?;
        }
        Ok(file)
    }
}

impl Locked<'_> {
    /// Replaces the file whole: who reads it meanwhile has the old one or the new one.
    fn write(&self) -> Result<(), TokenFileError> {
        let file = self.file;
        let written = || {
            let new = file.beside(".new");
            let mut out = TokenFile::open_private(&new, OpenOptions::new().write(true).create(true).truncate(true))?;
            out.write_all(stored::to_text(&self.tokens).as_bytes())?;
            out.sync_all()?;
            std::fs::rename(&new, &file.path)?;
            let folder = file.path.parent().filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
        };
        written().map_err(|error| file.io("write", error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn new(name: &str) -> NewToken {
        NewToken {
            name: name.to_owned(),
            permissions: Permissions::Granted(Grants {
                intake: vec!["bank".parse().unwrap()],
                ..Grants::default()
            }),
            until: None,
        }
    }

    fn by() -> Principal {
        "command-line:root".parse().unwrap()
    }

    fn now() -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000).unwrap()
    }

    fn today() -> Day {
        "2026-09-21".parse().unwrap()
    }

    #[test]
    fn a_token_is_made_listed_and_revoked_and_its_name_is_not_given_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = TokenFile::at(folder.path().join("tokens.json"));
        assert_eq!(file.read().unwrap(), []);
        let secret = file.add(new("feed"), &by(), now(), today()).unwrap();
        let other = file.add(new("other"), &by(), now(), today()).unwrap();
        assert!(secret != other && secret.len() == 64);
        let text = std::fs::read_to_string(file.path()).unwrap();
        assert!(!text.contains(&secret), "the secret stands nowhere");
        assert_eq!(std::fs::metadata(file.path()).unwrap().mode() & 0o777, 0o600);
        file.revoke("feed", &by(), now()).unwrap();
        let tokens = file.read().unwrap();
        let revoked: Vec<_> = tokens
            .iter()
            .map(|token| (token.name.as_str(), token.revoked.is_some()))
            .collect();
        assert_eq!(revoked, [("feed", true), ("other", false)]);
        assert_eq!(tokens[0].digest, Digest::of(secret.as_bytes()));
        for (error, told) in [
            (file.add(new("feed"), &by(), now(), today()).unwrap_err(), "is or was"),
            (file.revoke("feed", &by(), now()).unwrap_err(), "was revoked at"),
            (file.revoke("nobody", &by(), now()).unwrap_err(), "no token is called"),
        ] {
            assert!(
                error.is_usage() && error.to_string().contains(told),
                "{told} in {error}"
            );
        }
    }

    #[test]
    fn what_could_not_be_a_token_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = TokenFile::at(folder.path().join("tokens.json"));
        for name in ["", "operator", "Feed", "a b", &"x".repeat(65)] {
            let error = file.add(new(name), &by(), now(), today()).unwrap_err();
            assert!(matches!(error, TokenFileError::Name(_)), "{name:?}: {error}");
        }
        let nothing = NewToken {
            permissions: Permissions::Granted(Grants::default()),
            ..new("a")
        };
        assert!(matches!(
            file.add(nothing, &by(), now(), today()),
            Err(TokenFileError::Nothing)
        ));
        let past = NewToken {
            until: Some("2026-09-20".parse().unwrap()),
            ..new("a")
        };
        assert!(matches!(
            file.add(past, &by(), now(), today()),
            Err(TokenFileError::Past { .. })
        ));
        let last_day = NewToken {
            until: Some(today()),
            ..new("a")
        };
        assert!(file.add(last_day, &by(), now(), today()).is_ok());
    }

    #[test]
    fn a_file_that_others_may_open_or_that_is_broken_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = TokenFile::at(folder.path().join("tokens.json"));
        file.add(new("feed"), &by(), now(), today()).unwrap();
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(file.read().unwrap_err().to_string().contains("chmod 600"));
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o600)).unwrap();
        std::fs::write(file.path(), "{").unwrap();
        assert!(matches!(file.read(), Err(TokenFileError::Form { .. })));
        assert!(
            matches!(
                file.add(new("more"), &by(), now(), today()),
                Err(TokenFileError::Form { .. })
            ),
            "what cannot be read is not written over"
        );
        assert_eq!(std::fs::read_to_string(file.path()).unwrap(), "{");
    }

    #[test]
    fn no_file_holds_more_than_so_many() {
        let folder = tempfile::tempdir().unwrap();
        let file = TokenFile::at(folder.path().join("tokens.json"));
        file.add(new("feed"), &by(), now(), today()).unwrap();
        let first = file.read().unwrap().remove(0);
        let many = (0..TOKENS_MAX).map(|n| NamedToken {
            name: format!("feed-{n}"),
            ..first.clone()
        });
        let text = stored::to_text(&many.collect::<Vec<_>>());
        assert!((text.len() as u64) < FILE_BYTES_MAX);
        std::fs::write(file.path(), text).unwrap();
        assert!(matches!(
            file.add(new("one-more"), &by(), now(), today()),
            Err(TokenFileError::Full)
        ));
    }
}
