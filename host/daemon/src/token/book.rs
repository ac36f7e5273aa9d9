//! Whose request it is: the daemon's look at the tokens.

use super::file::TokenFile;
use super::named::NamedToken;
use super::permissions::Permissions;
use super::{OPERATOR, Token};
use proviso_model::time::Day;
use proviso_model::{Digest, Principal, PrincipalKind};
use std::collections::HashMap;
use std::os::unix::fs::MetadataExt as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The operator's token, and the named ones that count.
#[derive(Clone)]
pub(crate) struct TokenBook {
    operator: Token,
    named: Arc<Named>,
}

struct Named {
    file: TokenFile,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// `None` before the first look.
    stamp: Option<Stamp>,
    tokens: HashMap<Digest, NamedToken>,
}

/// What tells one state of the file from the next: its number, its size, and when anything of it changed, its mode among them.
/// `None` while there is no file.
type Stamp = Option<(u64, u64, i64, i64)>;

/// What the file says, when it says something else than what counts.
pub(crate) struct Changed {
    stamp: Stamp,
    pub(crate) tokens: Vec<NamedToken>,
}

/// Who asks, and what they may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who it is, as rows and the log name it.
    pub principal: Principal,
    /// What the token may do.
    pub permissions: Permissions,
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
    /// The operator's token, and those of a file, which need not be there yet. None of them counts before [`Self::let_count`].
    pub(crate) fn new(operator: Token, file: TokenFile) -> Self {
        let known = Mutex::default();
        let named = Arc::new(Named { file, known });
        Self { operator, named }
    }

    /// What tells the operator's token from another, and not what it is.
    pub(crate) fn operator_fingerprint(&self) -> String {
        self.operator.fingerprint()
    }

    /// What the file says now; `None` if that is what counts. A file that cannot be read says of nobody that they may do something.
    pub(crate) fn changed(&self) -> Option<Changed> {
        let file = &self.named.file;
        let stamp = std::fs::metadata(file.path())
            .ok()
            .map(|file| (file.ino(), file.size(), file.ctime(), file.ctime_nsec()));
        if self.known().stamp == Some(stamp) {
            return None;
        }
        let tokens = file.read().unwrap_or_else(|error| {
            let error = format!("{:#}", anyhow::Error::from(error));
            tracing::error!(error, "no named token counts until the file is mended");
            Vec::new()
        });
        Some(Changed { stamp, tokens })
    }

    /// What the file says counts.
    pub(crate) fn let_count(&self, changed: Changed) {
        tracing::info!(tokens = changed.tokens.len(), "tokens read");
        let tokens = changed.tokens.into_iter();
        *self.known() = Known {
            stamp: Some(changed.stamp),
            // A name stands for one token, whatever somebody wrote into the file.
            tokens: tokens.map(|token| (token.digest, token)).collect(),
        };
    }

    /// Of what counted, only that counts on which the file still says. The next look finds it changed again.
    pub(crate) fn keep_unchanged(&self, changed: &Changed) {
        self.known().tokens.retain(|_, token| changed.tokens.contains(token));
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.named.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True if this `Authorization` header presents another token than the operator's.
    pub(crate) fn is_of_file(&self, header: Option<&str>) -> bool {
        presented(header).is_some_and(|secret| !self.operator.is(secret))
    }

    /// Who presents this `Authorization` header.
    pub(crate) fn admit(&self, header: Option<&str>, today: Day) -> Result<Caller, NotAdmitted> {
        let presented = presented(header).ok_or(NotAdmitted::None)?;
        if self.operator.is(presented) {
            return Ok(caller(OPERATOR, Permissions::All));
        }
        // What is compared is a digest: how long it takes says nothing of a secret.
        let token = self.known().tokens.get(&Digest::of(presented.as_bytes())).cloned();
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

/// The secret of a header.
fn presented(header: Option<&str>) -> Option<&str> {
    let presented = header.and_then(|header| header.strip_prefix("Bearer ")).map(str::trim);
    presented.filter(|secret| !secret.is_empty())
}

fn caller(name: &str, permissions: Permissions) -> Caller {
    let principal = Principal::new(PrincipalKind::Token, name).expect("the name of a token is short and plain");
    Caller { principal, permissions }
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
        let book = TokenBook::new(operator, file.clone());
        let (by, now) = ("command-line:root".parse().unwrap(), Timestamp::from_millis(0).unwrap());
        let today: Day = "2026-09-21".parse().unwrap();
        let admit = |secret: &str, day: &str| {
            if let Some(changed) = book.changed() {
                book.let_count(changed);
            }
            book.admit(Some(&format!("Bearer {secret}")), day.parse().unwrap())
        };

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

    #[test]
    fn what_cannot_be_told_does_not_count_and_what_did_not_change_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let operator = Token::read_or_make(&folder.path().join("token")).unwrap();
        let file = TokenFile::at(folder.path().join("tokens.json"));
        let book = TokenBook::new(operator, file.clone());
        let (by, now) = ("command-line:root".parse().unwrap(), Timestamp::from_millis(0).unwrap());
        let today: Day = "2026-09-21".parse().unwrap();
        let stays = file.add(new("stays", None), &by, now, today).unwrap();
        let goes = file.add(new("goes", None), &by, now, today).unwrap();
        book.let_count(book.changed().unwrap());
        assert!(book.changed().is_none());
        file.revoke("goes", &by, now).unwrap();
        let comes = file.add(new("comes", None), &by, now, today).unwrap();
        book.keep_unchanged(&book.changed().unwrap());
        let admitted = |secret: &str| book.admit(Some(&format!("Bearer {secret}")), today).is_ok();
        assert_eq!([&stays, &goes, &comes].map(|one| admitted(one)), [true, false, false]);
        book.let_count(book.changed().expect("it was not told"));
        assert_eq!([&stays, &goes, &comes].map(|one| admitted(one)), [true, false, true]);
    }
}
