//! Which record and which of its parts: what sealed bytes are bound to, so that they open in their own place alone.

use crate::header::NONCE_BYTES;

/// A record: what has one record key. All three are part of the associated data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordId<'a> {
    /// Whose it is, 0-4,294,967,295 bytes.
    pub tenant: &'a str,
    /// What kind of record, where each kind has numbers of its own: `message`, `conflict`, …
    pub kind: &'a str,
    /// Its number among those of its kind and tenant.
    pub number: u64,
}

/// A part of a record. Parts that are sealed when the record's key is made are their own nonces; later ones get a random one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part(pub u64);

impl Part {
    /// What the record says.
    pub const CONTENT: Part = Part(0);

    /// The nonce of a part that is sealed with the record's key new: four zero bytes, then the number, big-endian (NIST SP
    /// 800-38D, section 8.2.1: a deterministic nonce under a key that nobody else has).
    pub fn nonce(self) -> [u8; NONCE_BYTES] {
        let mut nonce = [0; NONCE_BYTES];
        nonce[4..].copy_from_slice(&self.0.to_be_bytes());
        nonce
    }
}

/// What the salt of a record's entries in the log is derived for: HKDF-Expand with SHA-256 of the record key (RFC 5869), 16 bytes.
pub const LOG_SALT: &str = "proviso/log-salt/1";

/// Names the form of the associated data; another form has another label.
const LABEL: &[u8] = b"proviso/sealed-part/1";

/// Writes the associated data into `out`, which is emptied first. Every piece of variable length is preceded by its length
/// in four bytes, and the others have fixed ones, so that no two places share their bytes.
pub fn associated_data(record: &RecordId, part: Part, header: &[u8], out: &mut Vec<u8>) {
    out.clear();
    for piece in [LABEL, record.tenant.as_bytes(), record.kind.as_bytes(), header] {
        out.extend_from_slice(&(piece.len() as u32).to_be_bytes());
        out.extend_from_slice(piece);
    }
    out.extend_from_slice(&record.number.to_be_bytes());
    out.extend_from_slice(&part.0.to_be_bytes());
}
