//! Packs in registries: what speaks the OCI distribution protocol (distribution-spec 1.1).
//!
//! [`push`] takes a pack with its signatures to a registry, [`pull`] brings one into a [`PackStore`](proviso_pack::PackStore). What
//! they are called is in [`PackReference`](proviso_pack::PackReference). Nothing here judges whom to trust, and nothing that a registry says is believed: the
//! sizes are bounded first, each digest is checked, and what came is read as a built file is read.
//!
//! Calls block; whoever has an async runtime gives them a thread.

mod authorization;
mod challenge;
mod credentials;
mod documents;
mod error;
mod exchange;
mod partial;
mod patience;
mod pull;
mod push;
mod signatures;

pub use error::RegistryError;
pub use pull::{Pulled, pull};
pub use push::{OtherUnderTag, Pushed, push};

use std::time::Duration;

/// How to speak to a registry.
#[derive(Debug, Clone)]
pub struct RegistryOptions {
    /// Without TLS. `localhost`, `127.0.0.1` and `[::1]` are always spoken to so.
    pub plain_http: bool,
    /// How long nothing may arrive or leave before an attempt is given up; above zero.
    pub silence: Duration,
    /// Bytes a second that what moves must keep up with on the average, at least: what is slower is given up, and a blob that
    /// was begun goes on with the next attempt. At least 1.
    pub pace_bytes: u64,
    /// How often something is tried while the reason may pass: a connection that fails or breaks off, 408, 429, 500, 502, 503
    /// and 504. At least 1.
    pub attempts: u32,
}

impl Default for RegistryOptions {
    /// TLS, a minute, 16 KiB a second, four times.
    fn default() -> Self {
        Self {
            plain_http: false,
            silence: Duration::from_mins(1),
            pace_bytes: 16 << 10,
            attempts: 4,
        }
    }
}

/// How far a push or a pull is, in bytes. An attempt that is made again goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// Bytes that have moved, or that need not.
    pub done: u64,
    /// All bytes of the pack.
    pub total: u64,
}
