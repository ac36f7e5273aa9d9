//! The port by which sealed parts are opened. Ciphers are not of this crate.

/// The most bytes of a part, before it was packed.
pub const PART_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A part of a message's record.
#[derive(Debug, Clone, Copy)]
pub struct SealedPart<'a> {
    /// Whose it is.
    pub tenant: &'a str,
    /// The record's number.
    pub number: u64,
    /// The part's number ([`proviso_record::part`]).
    pub part: u64,
}

/// Opens sealed parts by the keys that an export has.
pub trait Unsealer {
    /// The salt that a record's key makes for the record's entry in the log.
    fn salt(&mut self, key: &[u8; 32]) -> [u8; 16];

    /// What is sealed, or why it does not open, in words.
    fn open(&mut self, key: &[u8; 32], part: SealedPart<'_>, sealed: &[u8]) -> Result<Vec<u8>, String>;
}
