//! Tenant keys that this process has in its memory: those of a file, or of an environment variable.

use super::{Fingerprint, KeyInfo, KeyVersion, RingError, UnwrapError};
use crate::key_wrap::WRAPPED_KEY_BYTES;
use crate::record_key::{RecordKey, WrappedKey};
use crate::suite::cipher;
use proviso_model::Timestamp;
use proviso_sealed::SuiteName;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// A version: what may be told of it, and the key while there is one.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) info: KeyInfo,
    /// [`SuiteName::tenant_key_bytes`] of them; `None` once it is destroyed.
    pub(super) key: Option<Zeroizing<Vec<u8>>>,
}

/// All versions of a ring, the lowest first.
#[derive(Clone, Default)]
pub(super) struct HeldKeys(Vec<Held>);

pub(super) fn fingerprint_of(version: KeyVersion, suite: SuiteName, key: &[u8]) -> Result<Fingerprint, RingError> {
    let zeros = cipher(suite).wrap(key, &[&[0; 32]]);
    let zeros = zeros.map_err(|_| RingError::Cipher(version))?;
    Ok(Fingerprint::from_wrapped(suite, &zeros[0]))
}

impl HeldKeys {
    /// In the order of their versions, each of which is there once.
    pub(super) fn new(keys: Vec<Held>) -> Self {
        Self(keys)
    }

    pub(super) fn all(&self) -> &[Held] {
        &self.0
    }

    pub(super) fn infos(&self) -> Vec<KeyInfo> {
        self.0.iter().map(|held| held.info).collect()
    }

    fn find(&self, version: KeyVersion) -> Option<&Held> {
        self.0.iter().find(|held| held.info.version == version)
    }

    pub(super) fn wrap(
        &self,
        version: KeyVersion,
        keys: &[RecordKey],
        out: &mut Vec<WrappedKey>,
    ) -> Result<(), RingError> {
        let held = self.find(version).ok_or(RingError::NoKey(version))?;
        let key = held.key.as_ref().ok_or(RingError::Destroyed(version))?;
        let keys: Vec<&[u8; 32]> = keys.iter().map(RecordKey::bytes).collect();
        let wrapped = cipher(held.info.suite).wrap(key, &keys);
        let wrapped = wrapped.map_err(|_| RingError::Cipher(version))?;
        out.extend(wrapped.into_iter().map(|bytes| WrappedKey { version, bytes }));
        Ok(())
    }

    /// As [`super::KeyRing::unwrap`].
    pub(super) fn unwrap(
        &self,
        wrapped: &[WrappedKey],
        out: &mut Vec<Result<RecordKey, UnwrapError>>,
    ) -> Result<(), RingError> {
        each_version(wrapped, out, |version, wrapped| {
            let Some(held) = self.find(version) else {
                return Ok(Err(UnwrapError::NoKey(version)));
            };
            let Some(key) = &held.key else {
                return Ok(Err(UnwrapError::Destroyed(version)));
            };
            let keys = cipher(held.info.suite).unwrap(key, wrapped);
            keys.map(|keys| Ok((held.info.suite, keys)))
                .map_err(|_| RingError::Cipher(version))
        })
    }

    /// Adds a random key with the next number.
    pub(super) fn add(&mut self, suite: SuiteName, now: Timestamp) -> Result<KeyInfo, RingError> {
        let version = match self.0.last() {
            Some(last) => last.info.version.next().ok_or(RingError::Numbers)?,
            None => KeyVersion::FIRST,
        };
        let mut key = Zeroizing::new(vec![0; suite.tenant_key_bytes()]);
        getrandom::fill(&mut key).map_err(RingError::Random)?;
        let info = KeyInfo {
            version,
            suite,
            created: Some(now),
            destroyed: None,
            fingerprint: fingerprint_of(version, suite, &key)?,
        };
        self.0.push(Held { info, key: Some(key) });
        Ok(info)
    }

    /// Drops the key of a version, and keeps what may be told of it.
    pub(super) fn destroy(&mut self, version: KeyVersion, now: Timestamp) -> Result<KeyInfo, RingError> {
        let newest = self.0.iter().rev().find(|held| held.key.is_some());
        if newest.is_some_and(|held| held.info.version == version) {
            return Err(RingError::Newest(version));
        }
        let held = self.0.iter_mut().find(|held| held.info.version == version);
        let held = held.ok_or(RingError::NoKey(version))?;
        held.key.take().ok_or(RingError::Destroyed(version))?;
        held.info.destroyed = Some(now);
        Ok(held.info)
    }
}

/// What one version made of what it wrapped: its suite with a key or none for each, or why there is none for all.
pub(super) type OfVersion = Result<(SuiteName, Vec<Option<[u8; 32]>>), UnwrapError>;

/// Gives each version all that it wrapped, at once, and puts the answers into the order of the questions.
pub(super) fn each_version(
    wrapped: &[WrappedKey],
    out: &mut Vec<Result<RecordKey, UnwrapError>>,
    mut unwrap: impl FnMut(KeyVersion, &[&[u8; WRAPPED_KEY_BYTES]]) -> Result<OfVersion, RingError>,
) -> Result<(), RingError> {
    let mut by_version: BTreeMap<KeyVersion, (Vec<usize>, Vec<&[u8; WRAPPED_KEY_BYTES]>)> = BTreeMap::new();
    for (place, wrapped) in wrapped.iter().enumerate() {
        let (places, bytes) = by_version.entry(wrapped.version).or_default();
        places.push(place);
        bytes.push(&wrapped.bytes);
    }
    let mut answers: Vec<Result<RecordKey, UnwrapError>> = wrapped
        .iter()
        .map(|wrapped| Err(UnwrapError::Altered(wrapped.version)))
        .collect();
    for (version, (places, bytes)) in by_version {
        match unwrap(version, &bytes)? {
            Ok((suite, keys)) => {
                for (place, key) in places.into_iter().zip(keys.into_iter().map(Zeroizing::new)) {
                    if let Some(key) = *key {
                        answers[place] = Ok(RecordKey::unwrapped(key, suite, version));
                    }
                }
            }
            Err(why) => places.into_iter().for_each(|place| answers[place] = Err(why)),
        }
    }
    out.append(&mut answers);
    Ok(())
}
