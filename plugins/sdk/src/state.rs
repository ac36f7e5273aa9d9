//! A fold's state as bytes: one byte of version, then postcard.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Failed, STATE_BYTES_MAX};

/// Reads a state. Empty bytes are the state of a key never seen, `Default`. `None` if the version differs or the bytes do not fit the type.
pub fn read_state<S: DeserializeOwned + Default>(bytes: &[u8], version: u8) -> Option<S> {
    let Some((&written, rest)) = bytes.split_first() else {
        return Some(S::default());
    };
    if written != version {
        return None;
    }
    match postcard::take_from_bytes(rest) {
        Ok((state, [])) => Some(state),
        _ => None,
    }
}

/// Writes a state. An error if it takes more than [`STATE_BYTES_MAX`].
pub fn write_state<S: Serialize>(state: &S, version: u8) -> Result<Vec<u8>, Failed> {
    let bytes = postcard::to_extend(state, vec![version])
        .map_err(|error| Failed::Internal(format!("state not writable: {error}")))?;
    if bytes.len() > STATE_BYTES_MAX {
        return Err(Failed::Internal(format!(
            "state of {} bytes, at most {STATE_BYTES_MAX} fit",
            bytes.len()
        )));
    }
    Ok(bytes)
}

/// FNV-1a, 32 bits: a short, stable name for a rule or signal inside a state, so that adding or removing one leaves the others alone.
pub fn stable_key(name: &str) -> u32 {
    name.bytes().fold(0x811C_9DC5, |hash: u32, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}
