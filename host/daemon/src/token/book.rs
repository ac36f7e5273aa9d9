//! Whose request it is: the daemon's look at the tokens.

use super::file::TokenFile;
use super::named::NamedToken;
use super::permissions::Permissions;
use super::{OPERATOR, Token};
use proviso_model::time::Day;
use proviso_model::{Digest, Principal, PrincipalKind};
use std::collections::HashMap;
use std::os::unix::fs::MetadataExt as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often the file of tokens is looked at, at most.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The operator's token, and the named ones as the file last said.
#[derive(Clone)]
pub(crate) struct TokenBook {
    operator: Token,
    named: Arc<Named>,
}

struct Named {
    file: TokenFile,
    look_every: Duration,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    looked_at: Option<Instant>,
    stamp: Stamp,
    tokens: HashMap<Digest, NamedToken>,
}

/// What tells one state of the file from the next: its number, its size, and when anything of it changed, its mode among them.
/// `None` while there is no file.
type Stamp = Option<(u64, u64, i64, i64)>;

/// Who asks, and what they may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) principal: Principal,
    pub(crate) permissions: Permissions,
}

/// Why a request is nobody's.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum NotAdmitted {
    /// It presents none.
    #[error("send a token as `Authorization: Bearer …`")]
    None,
    /// It is not one of ours.
    #[error("this token is not known: `proviso token list` shows those that are")]
    Unknown,
    /// Its last day is past.
    #[error("the token {name:?} ended with {until} (UTC): `proviso token new` makes another")]
    Ended { name: String, until: Day },
    /// It was taken back.
    #[error("the token {name:?} was revoked: `proviso token new` makes another")]
    Revoked { name: String },
}

impl TokenBook {
    /// The operator's token, and those of a file, which need not be there yet.
    pub(crate) fn new(operator: Token, file: TokenFile) -> Self {
        Self::looking_every(operator, file, LOOK_EVERY)
    }

    fn looking_every(operator: Token, file: TokenFile, look_every: Duration) -> Self {
        let known = Mutex::new(Known::default());
        let named = Arc::new(Named {
            file,
            look_every,
            known,
        });
        Self { operator, named }
    }

    /// Who presents this `Authorization` header.
    pub(crate) fn admit(&self, header: Option<&str>, today: Day) -> Result<Caller, NotAdmitted> {
        let presented = header.and_then(|header| header.strip_prefix("Bearer ")).map(str::trim);
        let presented = presented.filter(|secret| !secret.is_empty()).ok_or(NotAdmitted::None)?;
        if self.operator.is(presented) {
            return Ok(caller(OPERATOR, Permissions::All));
        }
        // What is compared is a digest: how long it takes says nothing of a secret.
        let token = self.named.get(Digest::of(presented.as_bytes()));
        let token = token.ok_or(NotAdmitted::Unknown)?;
        match token.until {
            _ if token.revoked.is_some() => Err(NotAdmitted::Revoked { name: token.name }),
            Some(until) if until < today => Err(NotAdmitted::Ended {
                name: token.name,
                until,
            }),
            _ => Ok(caller(&token.name, token.permissions)),
        }
    }
}

fn caller(name: &str, permissions: Permissions) -> Caller {
    let principal = Principal::new(PrincipalKind::Token, name).expect("the name of a token is short and plain");
    Caller { principal, permissions }
}

impl Named {
    fn get(&self, digest: Digest) -> Option<NamedToken> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.looked_at.is_none_or(|at| at.elapsed() >= self.look_every) {
            self.look(&mut known);
        }
        known.tokens.get(&digest).cloned()
    }

    fn look(&self, known: &mut Known) {
        known.looked_at = Some(Instant::now());
        let stamp = std::fs::metadata(self.file.path())
            .ok()
            .map(|file| (file.ino(), file.size(), file.ctime(), file.ctime_nsec()));
        if stamp == known.stamp {
            return;
        }
        known.stamp = stamp;
        // A file that cannot be read says of nobody that they may do something.
        known.tokens = match self.file.read() {
            Ok(tokens) => {
                tracing::info!(tokens = tokens.len(), "tokens read");
                // A name stands for one token, whatever somebody wrote into the file.
                tokens.into_iter().map(|token| (token.digest, token)).collect()
            }
            Err(error) => {
                let error = format!("{:#}", anyhow::Error::from(error));
                tracing::error!(error, "no named token counts until the file is mended");
                HashMap::new()
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::NewToken;
    use crate::token::permissions::Grants;
    use proviso_model::Timestamp;

    fn new(name: &str, until: Option<&str>) -> NewToken {
        NewToken {
            name: name.to_owned(),
            permissions: Permissions::Granted(Grants {
                intake: vec!["bank/wecom".parse().unwrap()],
                ..Grants::default()
            }),
            until: until.map(|day| day.parse().unwrap()),
        }
    }

    #[test]
    fn a_token_counts_from_its_making_to_its_end_or_its_revoking() {
        let folder = tempfile::tempdir().unwrap();
        let operator = Token::read_or_make(&folder.path().join("token")).unwrap();
        let operators = operator.header();
        let file = TokenFile::at(folder.path().join("tokens.json"));
        let book = TokenBook::looking_every(operator, file.clone(), Duration::ZERO);
        let (by, now) = ("command-line:root".parse().unwrap(), Timestamp::from_millis(0).unwrap());
        let today: Day = "2026-09-21".parse().unwrap();
        let admit = |secret: &str, day: &str| book.admit(Some(&format!("Bearer {secret}")), day.parse().unwrap());

        assert_eq!(
            book.admit(Some(&operators), today),
            Ok(caller(OPERATOR, Permissions::All))
        );
        assert_eq!(book.admit(None, today), Err(NotAdmitted::None));
        for other in ["", "Bearer ", "Basic x", "Bearer"] {
            assert_eq!(book.admit(Some(other), today), Err(NotAdmitted::None), "{other:?}");
        }
        assert_eq!(admit("00", "2026-09-21"), Err(NotAdmitted::Unknown));

        let secret = file.add(new("feed", Some("2026-09-22")), &by, now, today).unwrap();
        let feed = admit(&secret, "2026-09-22").unwrap();
        assert_eq!(feed.principal.to_string(), "token:feed");
        assert_eq!(feed.permissions, new("feed", None).permissions);
        let digest = Digest::of(secret.as_bytes());
        assert_eq!(
            admit(&digest.hex(), "2026-09-22"),
            Err(NotAdmitted::Unknown),
            "what is stored opens nothing"
        );
        let until = "2026-09-22".parse().unwrap();
        let name = "feed".to_owned();
        assert_eq!(admit(&secret, "2026-09-23"), Err(NotAdmitted::Ended { name, until }));

        file.revoke("feed", &by, now).unwrap();
        let name = "feed".to_owned();
        assert_eq!(admit(&secret, "2026-09-22"), Err(NotAdmitted::Revoked { name }));
        let second = file.add(new("second", None), &by, now, today).unwrap();
        assert!(admit(&second, "9999-01-01").is_ok(), "without an end it has none");
        std::fs::write(file.path(), "{").unwrap();
        assert_eq!(
            admit(&second, "2026-09-22"),
            Err(NotAdmitted::Unknown),
            "a broken file admits nobody"
        );
        assert!(
            book.admit(Some(&operators), today).is_ok(),
            "and the operator can mend it"
        );
    }
}
