//! Passwords: hashed and compared by Argon2id (RFC 9106), two at a time at most, away from the threads that serve.

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use proviso_archive::PasswordHash;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// Bytes of a password.
pub const PASSWORD_BYTES_MIN: usize = 12;
/// The same, at most: what is hashed is bounded.
pub const PASSWORD_BYTES_MAX: usize = 1_024;
/// Memory of one computation, its passes and its lanes: the least that OWASP's Password Storage Cheat Sheet recommends.
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Memory and passes of a hash that comes from elsewhere, at most: what is asked for is computed at each sign-in.
const MEMORY_KIB_MAX: u32 = 64 * 1_024;
const PASSES_MAX: u32 = 4;
/// Computations at a time.
const AT_ONCE: usize = 2;
/// Those that wait for their turn, at most.
const WAITING_MAX: usize = 16;
/// Bytes of a salt.
const SALT_BYTES: usize = 16;

/// A password that somebody typed. It is wiped when it is dropped, and no log has it.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// Nothing of it.
impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl<'de> serde::Deserialize<'de> for Password {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::shown)
    }
}

/// A text that is no password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPassword {
    /// Too short or too long.
    #[error("the password has {0} bytes: expected {PASSWORD_BYTES_MIN} to {PASSWORD_BYTES_MAX}")]
    Length(usize),
    /// What everybody would try first.
    #[error("the password is the user's name: choose another")]
    Name,
    /// No change.
    #[error("the new password is the old one: choose another")]
    Same,
}

/// Why a password was neither hashed nor compared.
#[derive(Debug, thiserror::Error)]
pub enum NotHashed {
    /// Too many others wait.
    #[error("too many sign in at once: try again in a moment")]
    Busy,
    /// The operating system gives no random bytes, or the computation failed.
    #[error("a password cannot be hashed: {0}")]
    Failed(String),
}

impl Password {
    /// One that somebody shows, whatever it is.
    pub fn shown(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Refuses what cannot be the new password of a user.
    pub fn check(&self, name: &str) -> Result<(), NoPassword> {
        let bytes = self.0.len();
        if !(PASSWORD_BYTES_MIN..=PASSWORD_BYTES_MAX).contains(&bytes) {
            return Err(NoPassword::Length(bytes));
        }
        if self.0.eq_ignore_ascii_case(name) {
            return Err(NoPassword::Name);
        }
        Ok(())
    }

    /// True of the same password.
    pub fn is_same(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    /// One of random letters and digits, for a first sign-in: 20 of 32, 100 bits.
    pub fn once() -> Result<Self, NotHashed> {
        const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let mut bytes = Zeroizing::new([0; 20]);
        getrandom::fill(&mut *bytes).map_err(|error| NotHashed::Failed(error.to_string()))?;
        let mut text = String::with_capacity(24);
        for (at, byte) in bytes.iter().enumerate() {
            if at > 0 && at % 5 == 0 {
                text.push('-');
            }
            text.push(LETTERS[usize::from(*byte) % LETTERS.len()].into());
        }
        Ok(Self::shown(text))
    }

    /// For whoever prints it, once.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn argon2() -> Result<Argon2<'static>, NotHashed> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None);
    let params = params.map_err(|error| NotHashed::Failed(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Hashes a password. Takes some ten milliseconds: on a thread that may be busy so long.
pub fn hash(password: &Password) -> Result<PasswordHash, NotHashed> {
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(|error| NotHashed::Failed(error.to_string()))?;
    let hash: phc::PasswordHash = argon2()?
        .hash_password_with_salt(password.0.as_bytes(), &salt)
        .map_err(|error| NotHashed::Failed(error.to_string()))?;
    PasswordHash::new(hash.to_string()).ok_or_else(|| NotHashed::Failed("the hash has no text form".into()))
}

/// True of a hash that is at least as hard to guess from as ours, and not so much harder that a sign-in takes the machine.
pub fn is_acceptable(hash: &PasswordHash) -> bool {
    let Ok(hash) = phc::PasswordHash::new(hash.as_str()) else {
        return false;
    };
    let Ok(params) = Params::try_from(&hash) else {
        return false;
    };
    hash.algorithm.as_str() == "argon2id"
        && hash.version == Some(0x13)
        && (MEMORY_KIB..=MEMORY_KIB_MAX).contains(&params.m_cost())
        && (PASSES..=PASSES_MAX).contains(&params.t_cost())
        && params.p_cost() == LANES
        && hash.salt.is_some_and(|salt| salt.len() >= SALT_BYTES)
        && hash.hash.is_some_and(|hash| hash.len() >= 32)
}

fn fits(password: &Password, hash: &PasswordHash) -> bool {
    // The hash says by which memory and passes.
    argon2().is_ok_and(|argon2| argon2.verify_password(password.0.as_bytes(), hash.as_str()).is_ok())
}

/// Who hashes and compares.
#[derive(Clone)]
pub(crate) struct Hasher {
    turns: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    /// Of a password that nobody knows: what a name that nobody has is compared with.
    nobody: Arc<PasswordHash>,
}

impl Hasher {
    pub(crate) fn new() -> Result<Self, NotHashed> {
        Ok(Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: Arc::default(),
            nobody: Arc::new(hash(&Password::once()?)?),
        })
    }

    /// True if it is the password of that hash; of no hash never, which takes as long.
    pub(crate) async fn fits(&self, password: Password, hash: Option<PasswordHash>) -> Result<bool, NotHashed> {
        let nobody = Arc::clone(&self.nobody);
        self.compute(move || {
            let fits = fits(&password, hash.as_ref().unwrap_or(&nobody));
            Ok(fits && hash.is_some())
        })
        .await
    }

    pub(crate) async fn hash(&self, password: Password) -> Result<PasswordHash, NotHashed> {
        self.compute(move || hash(&password)).await
    }

    async fn compute<T: Send + 'static>(
        &self,
        act: impl FnOnce() -> Result<T, NotHashed> + Send + 'static,
    ) -> Result<T, NotHashed> {
        let waits = Waits::begin(&self.waiting)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|error| NotHashed::Failed(error.to_string()))?;
        drop(waits);
        // The turn goes with the computation: whoever asked may be gone before it is done.
        let computed = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            act()
        });
        computed.await.map_err(|error| NotHashed::Failed(error.to_string()))?
    }
}

/// One that waits for its turn, until it is dropped.
struct Waits(Arc<AtomicUsize>);

impl Waits {
    fn begin(waiting: &Arc<AtomicUsize>) -> Result<Self, NotHashed> {
        if waiting.fetch_add(1, Ordering::Relaxed) >= WAITING_MAX {
            waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(NotHashed::Busy);
        }
        Ok(Self(Arc::clone(waiting)))
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    fn password(text: &str) -> Password {
        Password::shown(text.into())
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_alone() {
        let hasher = Hasher::new().unwrap();
        let right = password("correct horse battery");
        let hash = hasher.hash(right.clone()).await.unwrap();
        assert!(
            hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{}",
            hash.as_str()
        );
        assert!(is_acceptable(&hash));
        assert!(hasher.fits(right.clone(), Some(hash.clone())).await.unwrap());
        assert!(
            !hasher
                .fits(password("correct horse batterz"), Some(hash.clone()))
                .await
                .unwrap()
        );
        assert!(!hasher.fits(right.clone(), None).await.unwrap());
        assert_ne!(hasher.hash(right).await.unwrap(), hash, "each has a salt of its own");
    }

    #[tokio::test]
    async fn so_many_wait_at_most() {
        let hasher = Hasher::new().unwrap();
        let turns: Vec<_> = (0..AT_ONCE)
            .map(|_| Arc::clone(&hasher.turns).try_acquire_owned().unwrap())
            .collect();
        let waiting: Vec<_> = (0..WAITING_MAX)
            .map(|_| {
                let hasher = hasher.clone();
                tokio::spawn(async move { hasher.fits(password("x"), None).await })
            })
            .collect();
        while hasher.waiting.load(Ordering::Relaxed) < WAITING_MAX {
            tokio::task::yield_now().await;
        }
        let one_more = hasher.fits(password("x"), None).await;
        assert!(matches!(one_more, Err(NotHashed::Busy)), "{one_more:?}");
        drop(turns);
        for one in waiting {
            assert!(!one.await.unwrap().unwrap());
        }
        assert!(hasher.fits(password("x"), None).await.is_ok());
    }

    #[test]
    fn a_password_has_a_length_and_is_no_name() {
        each_row(
            [
                ("short", Err(NoPassword::Length(5))),
                ("LI.NA.OF.BANK", Err(NoPassword::Name)),
                ("twelve bytes", Ok(())),
                (&"x".repeat(PASSWORD_BYTES_MAX), Ok(())),
                (
                    &"x".repeat(PASSWORD_BYTES_MAX + 1),
                    Err(NoPassword::Length(PASSWORD_BYTES_MAX + 1)),
                ),
            ],
            |(text, expected)| assert_eq!(password(text).check("li.na.of.bank"), expected),
        );
        let (one, other) = (Password::once().unwrap(), Password::once().unwrap());
        assert!(one.check("li.na").is_ok() && !one.is_same(&other));
        assert_eq!(format!("{one:?}"), "Password(…)");
    }

    #[test]
    fn a_weaker_hash_is_not_acceptable() {
        let ours = hash(&password("correct horse battery")).unwrap();
        let ours = ours.as_str();
        each_row(
            [
                ours.replace("argon2id", "argon2i"),
                ours.replace("m=19456", "m=4096"),
                ours.replace("m=19456", "m=1048576"),
                ours.replace("t=2", "t=1"),
                ours.replace("t=2", "t=100"),
                ours.replace("p=1", "p=4"),
                ours.replace("$v=19", ""),
                "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$c2hvcnQ".to_owned(),
                "$5$rounds=5000$salt$hash".to_owned(),
            ],
            |text| {
                assert_ne!(text, ours);
                let hash = PasswordHash::new(text).unwrap();
                assert!(!is_acceptable(&hash), "{}", hash.as_str());
            },
        );
    }
}
