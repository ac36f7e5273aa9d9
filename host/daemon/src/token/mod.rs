//! The tokens of the HTTP interface: the operator's, which may do everything, and named ones, each with what it may do.
//!
//! The operator's token stands in a file of its own, as it is. Of a named one, `tokens.json` (`file.rs`) holds a digest and the
//! permissions (`permissions.rs`); `proviso token` writes that file, and the daemon reads it again when it changes (`book.rs`) and the
//! log has been told (`permitted.rs`, beside this folder).

mod book;
mod file;
mod named;
mod permissions;
mod stored;

pub use book::Caller;
pub(crate) use book::TokenBook;
pub use file::{NewToken, TokenFile, TokenFileError};
pub use named::{NamedToken, Revoked};
pub(crate) use permissions::Right;
pub use permissions::{BadGrant, Grants, IntakeGrant, Permissions};
pub(crate) use stored::line;

use anyhow::{Context, bail};
use proviso_model::Digest;
use proviso_pack::regular_file;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The name of the operator's token; no other token gets it.
pub const OPERATOR: &str = "operator";

/// A secret that stands in a file as it is: the operator's, or the one that a command presents. Never printed.
#[derive(Clone)]
pub struct Token(String);

/// A file with a secret, in bytes, at most.
const SECRET_FILE_BYTES_MAX: usize = 4 << 10;

impl Token {
    /// Reads the file, or makes it with 32 random bytes, readable by its owner alone.
    pub fn read_or_make(path: &Path) -> anyhow::Result<Self> {
        match regular_file::read_text(path, SECRET_FILE_BYTES_MAX) {
            Ok(text) => Self::checked(path, text.trim()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::make(path),
            Err(error) => Err(error).with_context(|| format!("cannot read the token file {}", path.display())),
        }
    }

    /// Reads a file that is there: the operator's, or one with the secret of a named token.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = regular_file::read_text(path, SECRET_FILE_BYTES_MAX)
            .with_context(|| format!("cannot read the token file {}", path.display()))?;
        Self::checked(path, text.trim())
    }

    fn checked(path: &Path, text: &str) -> anyhow::Result<Self> {
        if text.len() < 32 || !text.bytes().all(|b| b.is_ascii_graphic()) {
            bail!(
                "the token file {} must hold at least 32 printable ASCII characters without spaces",
                path.display()
            );
        }
        let mode = std::fs::metadata(path)?.mode();
        if mode & 0o077 != 0 {
            bail!(
                "the token file {} can be read by others (mode {:o}): chmod 600 it",
                path.display(),
                mode & 0o777
            );
        }
        Ok(Self(text.to_owned()))
    }

    fn make(path: &Path) -> anyhow::Result<Self> {
        let token = new_secret().context("no randomness")?;
        let made = regular_file::replace(path, &format!("{token}\n"));
        made.with_context(|| format!("cannot make the token file {}", path.display()))?;
        Ok(Self(token))
    }

    /// True if this is the secret. Takes the same time wherever the first difference stands.
    fn is(&self, presented: &str) -> bool {
        let (presented, expected) = (presented.as_bytes(), self.0.as_bytes());
        presented.len() == expected.len()
            && presented
                .iter()
                .zip(expected)
                .fold(0, |difference, (a, b)| difference | (a ^ b))
                == 0
    }

    /// The first 32 bits of its SHA-256, as 8 hexadecimal digits: they tell one token from another, and nobody guesses it by them.
    fn fingerprint(&self) -> String {
        Digest::of(self.0.as_bytes()).hex()[..8].to_owned()
    }

    /// The header that presents this token.
    pub fn header(&self) -> String {
        format!("Bearer {}", self.0)
    }
}

/// 32 random bytes, as 64 hexadecimal digits.
fn new_secret() -> std::io::Result<String> {
    let mut random = [0_u8; 32];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut random)?;
    Ok(Digest::from_bytes(random).hex())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_token_is_made_once_and_kept_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let token = Token::read_or_make(&path).unwrap();
        let again = Token::read_or_make(&path).unwrap();
        assert_eq!(token.header(), again.header());
        assert!(token.is(&again.0) && !token.is("") && !token.is(&token.0[1..]) && !token.is(&"0".repeat(64)));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Token::read(&path).is_err_and(|error| error.to_string().contains("chmod 600")));
    }
}
