//! Keys in an environment variable.

use super::held::HeldKeys;
use super::{KeyInfo, KeyRing, KeyVersion, RingError, UnwrapError, text};
use crate::record_key::{RecordKey, WrappedKey};
use proviso_model::Timestamp;
use proviso_sealed::SuiteName;
use std::path::Path;
use zeroize::Zeroizing;

/// A ring from a variable, which holds the text of a key file; `;` may stand for the ends of lines. It can only be read: who
/// starts the process changes it. Whoever may look into the process, or into `/proc`, sees the variable.
pub struct EnvironmentRing(HeldKeys);

impl EnvironmentRing {
    /// Reads the variable.
    ///
    /// # Errors
    /// If it is not set, or has anything wrong with it.
    pub fn open(variable: &str) -> Result<Self, RingError> {
        let text = std::env::var(variable).map_err(|_| RingError::Variable(variable.to_owned()))?;
        Self::parse(variable, &Zeroizing::new(text))
    }

    /// Reads what a variable held.
    ///
    /// # Errors
    /// If it has anything wrong with it; the variable's name stands in the place of a file's.
    pub fn parse(variable: &str, text: &str) -> Result<Self, RingError> {
        let lines = Zeroizing::new(text.replace(';', "\n"));
        Ok(Self(text::parse(Path::new(&format!("${variable}")), &lines)?))
    }
}

const WHERE: &str = "an environment variable";

impl KeyRing for EnvironmentRing {
    fn keys(&self) -> Result<Vec<KeyInfo>, RingError> {
        Ok(self.0.infos())
    }

    fn wrap(&self, version: KeyVersion, keys: &[RecordKey], out: &mut Vec<WrappedKey>) -> Result<(), RingError> {
        self.0.wrap(version, keys, out)
    }

    fn unwrap(&self, wrapped: &[WrappedKey], out: &mut Vec<Result<RecordKey, UnwrapError>>) -> Result<(), RingError> {
        self.0.unwrap(wrapped, out)
    }

    fn add(&self, _: SuiteName, _: Timestamp) -> Result<KeyInfo, RingError> {
        Err(RingError::ReadOnly(WHERE))
    }

    fn destroy(&self, _: KeyVersion, _: Timestamp) -> Result<KeyInfo, RingError> {
        Err(RingError::ReadOnly(WHERE))
    }
}
