//! Keys in a token that speaks PKCS#11 (OASIS, version 2.40 and later): the tenant key is made there and never leaves it.
//!
//! The token encrypts blocks (`CKM_AES_ECB`), and the key wrap around them is ours (`key_wrap.rs`): a batch of any size costs 24
//! calls of the token, where `C_WrapKey` would cost four for each record key. What comes out is RFC 3394 either way, so a token
//! that can `C_UnwrapKey` with `CKM_AES_KEY_WRAP` reads it. SM4 has no mechanism in the standard: AES alone.
//!
//! A device that speaks SDF (GM/T 0018) would be another ring beside this one, with `SDF_Encrypt` as its [`Blocks`].

use super::held::each_version;
use super::{Fingerprint, KeyInfo, KeyRing, KeyVersion, RingError, UnwrapError};
use crate::key_wrap::{self, Blocks};
use crate::record_key::{RecordKey, WrappedKey};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use proviso_model::Timestamp;
use proviso_sealed::SuiteName;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use zeroize::{Zeroize as _, Zeroizing};

/// Where a tenant's keys are in a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSpot {
    /// The library of the token's maker.
    pub module: PathBuf,
    /// The token's label.
    pub token: String,
    /// The label of the tenant's keys (`CKA_LABEL`). A key's `CKA_ID` is its version, four bytes, big-endian.
    pub key: String,
}

/// A ring in a token. A session that was lost is opened again once, with the next call.
pub struct TokenRing {
    spot: TokenSpot,
    pin: Zeroizing<String>,
    module: Pkcs11,
    link: Mutex<Link>,
}

/// A session that is logged in, and what it found.
struct Link {
    session: Session,
    keys: BTreeMap<KeyVersion, (ObjectHandle, KeyInfo)>,
}

/// Blocks in a call: 8 KiB, which every token takes.
const BLOCKS_MAX: usize = 512;

impl TokenRing {
    /// Opens the token and finds the tenant's keys; there may be none yet.
    ///
    /// # Errors
    /// If the module cannot be loaded, has no such token, or refuses the PIN.
    pub fn open(spot: TokenSpot, pin: Zeroizing<String>) -> Result<Self, RingError> {
        let module = Pkcs11::new(&spot.module)
            .map_err(|error| told(&format!("cannot load the module {}", spot.module.display()), &error))?;
        let flags = CInitializeFlags::OS_LOCKING_OK;
        match module.initialize(CInitializeArgs::new(flags)) {
            // Another ring of this process has done it.
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(told("cannot start the module", &error)),
        }
        let link = Mutex::new(connect(&module, &spot, &pin)?);
        Ok(Self {
            spot,
            pin,
            module,
            link,
        })
    }

    /// Does something with the token; where the session was lost, once more with a new one.
    fn with<T>(&self, mut act: impl FnMut(&mut Link) -> Result<T, Failed>) -> Result<T, RingError> {
        let mut link: MutexGuard<'_, Link> = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        match act(&mut link) {
            Err(Failed::Token(error)) if is_lost(&error) => {
                *link = connect(&self.module, &self.spot, &self.pin)?;
                act(&mut link).map_err(Failed::into_ring_error)
            }
            other => other.map_err(Failed::into_ring_error),
        }
    }
}

/// Why an act on a token failed.
enum Failed {
    Token(Error),
    Ring(RingError),
}

impl Failed {
    fn into_ring_error(self) -> RingError {
        match self {
            Failed::Token(error) => RingError::Token(error.to_string()),
            Failed::Ring(error) => error,
        }
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Failed::Token(error)
    }
}

fn told(what: &str, error: &Error) -> RingError {
    RingError::Token(format!("{what}: {error}"))
}

/// True if another session may do what this one did not.
fn is_lost(error: &Error) -> bool {
    matches!(
        error,
        Error::Pkcs11(
            RvError::SessionHandleInvalid
                | RvError::SessionClosed
                | RvError::UserNotLoggedIn
                | RvError::DeviceRemoved
                | RvError::TokenNotPresent
                | RvError::KeyHandleInvalid
                | RvError::ObjectHandleInvalid,
            _
        )
    )
}

fn connect(module: &Pkcs11, spot: &TokenSpot, pin: &str) -> Result<Link, RingError> {
    let slots = module
        .get_slots_with_token()
        .map_err(|error| told("cannot list the slots", &error))?;
    let mut found = None;
    for slot in slots {
        let info = module
            .get_token_info(slot)
            .map_err(|error| told("cannot ask a slot for its token", &error))?;
        if info.label() == spot.token {
            found = Some(slot);
        }
    }
    let Some(slot) = found else {
        let message = format!(
            "there is none with the label {:?} in {}",
            spot.token,
            spot.module.display()
        );
        return Err(RingError::Token(message));
    };
    let session = module
        .open_rw_session(slot)
        .map_err(|error| told("cannot open a session", &error))?;
    match session.login(UserType::User, Some(&AuthPin::from(pin.to_owned()))) {
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
        Err(error) => return Err(told("cannot log in", &error)),
    }
    let keys = find(&session, spot).map_err(Failed::into_ring_error)?;
    Ok(Link { session, keys })
}

/// The tenant's keys.
fn find(session: &Session, spot: &TokenSpot) -> Result<BTreeMap<KeyVersion, (ObjectHandle, KeyInfo)>, Failed> {
    let template = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::Label(spot.key.as_bytes().to_vec()),
        Attribute::Token(true),
    ];
    let mut keys = BTreeMap::new();
    for handle in session.find_objects(&template)? {
        let attributes = session.get_attributes(handle, &[AttributeType::Id])?;
        let id = attributes.iter().find_map(|attribute| match attribute {
            Attribute::Id(id) => <[u8; 4]>::try_from(id.as_slice()).ok(),
            _ => None,
        });
        let version = id.map(u32::from_be_bytes).and_then(KeyVersion::new).ok_or_else(|| {
            let message = format!(
                "a key with the label {:?} has an identifier that is no version",
                spot.key
            );
            Failed::Ring(RingError::Token(message))
        })?;
        let info = info_of(session, handle, version)?;
        if keys.insert(version, (handle, info)).is_some() {
            let message = format!("two keys with the label {:?} have the version {version}", spot.key);
            return Err(Failed::Ring(RingError::Token(message)));
        }
    }
    Ok(keys)
}

fn info_of(session: &Session, handle: ObjectHandle, version: KeyVersion) -> Result<KeyInfo, Failed> {
    let zeros = key_wrap::wrap(&TokenBlocks { session, handle }, [&[0; 32]].into_iter())?;
    Ok(KeyInfo {
        version,
        suite: SuiteName::Aes256Gcm,
        created: None,
        destroyed: None,
        fingerprint: Fingerprint::from_wrapped(SuiteName::Aes256Gcm, &zeros[0]),
    })
}

impl KeyRing for TokenRing {
    fn keys(&self) -> Result<Vec<KeyInfo>, RingError> {
        self.with(|link| Ok(link.keys.values().map(|(_, info)| *info).collect()))
    }

    fn wrap(&self, version: KeyVersion, keys: &[RecordKey], out: &mut Vec<WrappedKey>) -> Result<(), RingError> {
        let wrapped = self.with(|link| {
            let (handle, _) = link.keys.get(&version).ok_or(Failed::Ring(RingError::NoKey(version)))?;
            let blocks = TokenBlocks {
                session: &link.session,
                handle: *handle,
            };
            Ok(key_wrap::wrap(&blocks, keys.iter().map(RecordKey::bytes))?)
        })?;
        out.extend(wrapped.into_iter().map(|bytes| WrappedKey { version, bytes }));
        Ok(())
    }

    fn unwrap(&self, wrapped: &[WrappedKey], out: &mut Vec<Result<RecordKey, UnwrapError>>) -> Result<(), RingError> {
        each_version(wrapped, out, |version, wrapped| {
            self.with(|link| {
                let Some((handle, _)) = link.keys.get(&version) else {
                    return Ok(Err(UnwrapError::NoKey(version)));
                };
                let blocks = TokenBlocks {
                    session: &link.session,
                    handle: *handle,
                };
                let keys = key_wrap::unwrap(&blocks, wrapped.iter().copied())?;
                Ok(Ok((SuiteName::Aes256Gcm, keys)))
            })
        })
    }

    /// The token makes the key: 256 bits, sensitive, never extractable.
    fn add(&self, suite: SuiteName, _: Timestamp) -> Result<KeyInfo, RingError> {
        if suite != SuiteName::Aes256Gcm {
            return Err(RingError::Token(format!(
                "PKCS#11 has no mechanism for {suite}: expected aes-256-gcm"
            )));
        }
        self.with(|link| {
            let version = match link.keys.last_key_value() {
                Some((last, _)) => last.next().ok_or(Failed::Ring(RingError::Numbers))?,
                None => KeyVersion::FIRST,
            };
            let template = [
                Attribute::Token(true),
                Attribute::Private(true),
                Attribute::Sensitive(true),
                Attribute::Extractable(false),
                Attribute::Encrypt(true),
                Attribute::Decrypt(true),
                Attribute::ValueLen(32.into()),
                Attribute::Label(self.spot.key.as_bytes().to_vec()),
                Attribute::Id(version.get().to_be_bytes().to_vec()),
            ];
            let handle = link.session.generate_key(&Mechanism::AesKeyGen, &template)?;
            let info = info_of(&link.session, handle, version)?;
            link.keys.insert(version, (handle, info));
            Ok(info)
        })
    }

    /// The token forgets the key, and that there was one.
    fn destroy(&self, version: KeyVersion, now: Timestamp) -> Result<KeyInfo, RingError> {
        self.with(|link| {
            if link.keys.last_key_value().is_some_and(|(last, _)| *last == version) {
                return Err(Failed::Ring(RingError::Newest(version)));
            }
            let (handle, info) = *link.keys.get(&version).ok_or(Failed::Ring(RingError::NoKey(version)))?;
            link.session.destroy_object(handle)?;
            link.keys.remove(&version);
            Ok(KeyInfo {
                destroyed: Some(now),
                ..info
            })
        })
    }
}

/// A key of the token, as a cipher of blocks.
struct TokenBlocks<'a> {
    session: &'a Session,
    handle: ObjectHandle,
}

impl TokenBlocks<'_> {
    fn each(blocks: &mut [[u8; 16]], act: impl Fn(&[u8]) -> Result<Vec<u8>, Error>) -> Result<(), Error> {
        for blocks in blocks.chunks_mut(BLOCKS_MAX) {
            let mut answer = act(blocks.as_flattened())?;
            let whole = answer.len() == blocks.as_flattened().len();
            if whole {
                blocks.as_flattened_mut().copy_from_slice(&answer);
            }
            answer.zeroize();
            if !whole {
                return Err(Error::InvalidValue);
            }
        }
        Ok(())
    }
}

impl Blocks for TokenBlocks<'_> {
    type Error = Error;

    fn encrypt(&self, blocks: &mut [[u8; 16]]) -> Result<(), Error> {
        Self::each(blocks, |plain| {
            self.session.encrypt(&Mechanism::AesEcb, self.handle, plain)
        })
    }

    fn decrypt(&self, blocks: &mut [[u8; 16]]) -> Result<(), Error> {
        Self::each(blocks, |sealed| {
            self.session.decrypt(&Mechanism::AesEcb, self.handle, sealed)
        })
    }
}
