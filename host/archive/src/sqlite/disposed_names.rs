//! What the log and certificates call what was disposed of, and the fields of entries that say so.

use super::log::entries::{Field, digest};
use proviso_model::Digest;
use proviso_proof::{Hash, certificate};

/// The name of a record that was disposed of, by its tag.
pub(super) fn named(tag: &[u8]) -> Hash {
    hash_of(b"proviso/disposed/1", tag)
}

/// SHA-256 over a fixed text and bytes.
pub(super) fn hash_of(text: &[u8], bytes: &[u8]) -> Hash {
    Hash::from_bytes(*Digest::of(&[text, bytes].concat()).as_bytes())
}

/// The field of an entry with the record that it is about.
pub(super) fn about(record: Hash) -> Field {
    digest(certificate::RECORD, &Digest::from_bytes(*record.as_bytes()))
}

/// The field of an entry with the digest of what the certificate says.
pub(super) fn certified(said: Hash) -> Field {
    digest(certificate::CERTIFICATE, &Digest::from_bytes(*said.as_bytes()))
}
