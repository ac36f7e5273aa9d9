//! The secret half of a signer's key. Nothing here can be printed.

use super::public_key::PublicKey;
use super::signature::Signature;
use ct_codecs::{Base64, Decoder};
use proviso_model::Timestamp;
use std::fmt;

/// A passphrase, in bytes, at least.
const PASSPHRASE_BYTES_MIN: usize = 8;
/// A passphrase, in bytes, at most: minisign's bound.
const PASSPHRASE_BYTES_MAX: usize = 1_024;
/// How the base64 of an encrypted secret key begins: `Ed`, `Sc` (scrypt), `B2` (BLAKE2b).
const ENCRYPTED: &str = "RWRTY0Iy";
/// How one that is not begins.
const PLAIN: &str = "RWQAAEIy";
/// A secret key as bytes: what says how it is kept, its identifier, the key, and a checksum.
const SECRET_KEY_BYTES: usize = 158;

/// Why a secret key cannot be made or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SigningKeyError {
    /// The text is not that of a secret key.
    #[error("not a secret key: expected the two lines that minisign and `proviso pack keygen` write")]
    NotAKey,
    /// It is encrypted.
    #[error("the key is encrypted and no passphrase is given")]
    PassphraseMissing,
    /// Another passphrase encrypts it.
    #[error("the passphrase is not the one of this key")]
    PassphraseWrong,
    /// Too short or too long.
    #[error("a passphrase has {PASSPHRASE_BYTES_MIN} to {PASSPHRASE_BYTES_MAX} bytes, on one line")]
    PassphraseForm,
    /// The machine gave no randomness, or no memory for the derivation.
    #[error("no key could be made: {0}")]
    Failed(String),
}

/// What a secret key is encrypted with. Never printed.
#[derive(Clone)]
pub struct Passphrase(String);

impl Passphrase {
    /// Checks the length, so that nobody encrypts with nothing by accident.
    pub fn new(text: String) -> Result<Self, SigningKeyError> {
        let fits = (PASSPHRASE_BYTES_MIN..=PASSPHRASE_BYTES_MAX).contains(&text.len());
        if fits && !text.contains(['\n', '\r', '\0']) {
            Ok(Self(text))
        } else {
            Err(SigningKeyError::PassphraseForm)
        }
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

/// A key that was just made.
pub struct NewKey {
    /// What the file of the secret half is to hold. Secret.
    pub secret_file: String,
    /// The public half.
    pub public: PublicKey,
}

impl fmt::Debug for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewKey({}, …)", self.public.id())
    }
}

/// True if the text is that of a secret key that a passphrase encrypts.
pub fn is_encrypted(secret_file: &str) -> bool {
    let line = secret_file.lines().nth(1).unwrap_or_default();
    line.starts_with(ENCRYPTED)
}

/// A secret key that is ready to sign.
pub struct SigningKey {
    secret: minisign::SecretKey,
    public: PublicKey,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, …)", self.public.id())
    }
}

impl SigningKey {
    /// Makes a key from the machine's randomness, encrypted unless there is no passphrase. Takes 0.1 s of scrypt if it is.
    pub fn make(passphrase: Option<&Passphrase>) -> Result<NewKey, SigningKeyError> {
        let failed = |error: minisign::PError| SigningKeyError::Failed(error.to_string());
        let pair = match passphrase {
            Some(Passphrase(text)) => minisign::KeyPair::generate_encrypted_keypair(Some(text.clone())),
            None => minisign::KeyPair::generate_unencrypted_keypair(),
        };
        let pair = pair.map_err(failed)?;
        let comment = match passphrase {
            Some(_) => "minisign encrypted secret key",
            None => "minisign secret key, not encrypted",
        };
        let secret_file = pair.sk.to_box(Some(comment)).map_err(failed)?.into_string();
        let public = PublicKey::read(&pair.pk.to_base64()).map_err(|_| SigningKeyError::NotAKey)?;
        Ok(NewKey { secret_file, public })
    }

    /// Reads the file of a secret key, of minisign or ours.
    pub fn open(secret_file: &str, passphrase: Option<&Passphrase>) -> Result<Self, SigningKeyError> {
        let secret = if is_encrypted(secret_file) {
            let Passphrase(text) = passphrase.ok_or(SigningKeyError::PassphraseMissing)?;
            // The checksum inside tells a wrong passphrase; a damaged file looks the same.
            let boxed = minisign::SecretKeyBox::from(secret_file.to_owned());
            minisign::SecretKey::from_box(boxed, Some(text.clone())).map_err(|_| SigningKeyError::PassphraseWrong)?
        } else {
            plain(secret_file).ok_or(SigningKeyError::NotAKey)?
        };
        let public = minisign::PublicKey::from_secret_key(&secret).map_err(|_| SigningKeyError::NotAKey)?;
        let public = PublicKey::read(&public.to_base64()).map_err(|_| SigningKeyError::NotAKey)?;
        Ok(Self { secret, public })
    }

    /// The public half.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs bytes. The trusted comment says when, by the caller's clock, and what `about` says: one line without tabs.
    pub fn sign(&self, bytes: &[u8], at: Timestamp, about: &str) -> Result<Signature, SigningKeyError> {
        let failed = |error: String| SigningKeyError::Failed(error);
        let comment = format!("timestamp:{}\t{about}", at.as_millis().div_euclid(1_000));
        let signed = minisign::sign(None, &self.secret, bytes, Some(&comment), None);
        let signed = signed.map_err(|error| failed(error.to_string()))?.to_string();
        let signature = Signature::read(&signed).map_err(|error| failed(error.to_string()))?;
        // Two programs read it before anybody relies on it: what signed, and what verifies.
        self.public
            .verify(bytes, &signature)
            .map_err(|error| failed(error.to_string()))?;
        Ok(signature)
    }
}

/// A key that nothing encrypts. Its checksum is not looked at: minisign leaves it at zero. What it signs is verified at once.
fn plain(secret_file: &str) -> Option<minisign::SecretKey> {
    let line = secret_file.lines().nth(1)?;
    let bytes = Base64::decode_to_vec(line, None).ok()?;
    let whole = line.starts_with(PLAIN) && bytes.len() == SECRET_KEY_BYTES;
    minisign::SecretKey::from_bytes(&bytes).ok().filter(|_| whole)
}
