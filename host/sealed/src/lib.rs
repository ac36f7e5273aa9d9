//! Sealed bytes: their form, what they are bound to, and the way of opening them. Pure: ciphers and what unpacks come through [`Opens`], so
//! that who verifies an export in a browser opens records by the same code as the archive.
//!
//! | to | see |
//! |---|---|
//! | say which part of which record bytes are | [`RecordId`], [`Part`] |
//! | read and write the header | [`Header`] |
//! | bind bytes to their place | [`associated_data`] |
//! | open a part | [`Opener`] |
//!
//! To seal, and the keys, are of `host/seal`.

mod header;
mod open;
mod record;
mod suite_name;
mod version;

pub use header::{HEADER_BYTES_MAX, Header, NONCE_BYTES, NotSealed, Packing, TAG_BYTES};
pub use open::{OpenError, Opener, Opens, PackError, Refused};
pub use record::{LOG_SALT, Part, RecordId, associated_data};
pub use suite_name::{NotASuite, RECORD_KEY_BYTES, SuiteName};
pub use version::KeyVersion;
