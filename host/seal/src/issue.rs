//! New record keys: random bytes of the operating system, wrapped at once.

use crate::record_key::{RecordKey, WrappedKey};
use crate::ring::{KeyRing, RingError};
use zeroize::Zeroizing;

/// Why no record keys were made.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes: {0}")]
    Random(getrandom::Error),
    /// The key ring did not wrap them.
    #[error(transparent)]
    Ring(#[from] RingError),
}

/// Makes that many record keys, with one call to the operating system, wraps them by the newest version, and appends both.
///
/// # Errors
/// [`IssueError`]; nothing is appended then.
pub fn issue(
    ring: &dyn KeyRing,
    count: usize,
    keys: &mut Vec<RecordKey>,
    wrapped: &mut Vec<WrappedKey>,
) -> Result<(), IssueError> {
    let newest = ring.newest()?;
    let mut random = Zeroizing::new(vec![0_u8; count * 32]);
    getrandom::fill(&mut random).map_err(IssueError::Random)?;
    let before = keys.len();
    keys.reserve(count);
    for bytes in random.chunks_exact(32) {
        let bytes = bytes.try_into().expect("pieces of 32 bytes");
        keys.push(RecordKey::new(bytes, newest.suite, newest.version));
    }
    if let Err(error) = ring.wrap(newest.version, &keys[before..], wrapped) {
        keys.truncate(before);
        return Err(error.into());
    }
    Ok(())
}
