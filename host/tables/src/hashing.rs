//! A file that counts and hashes what is written into it.

use sha2::{Digest as _, Sha256};
use std::io::{self, Write};

pub(crate) struct Hashing<W> {
    out: W,
    bytes: u64,
    hash: Sha256,
}

impl<W> Hashing<W> {
    pub(crate) fn new(out: W) -> Self {
        Self {
            out,
            bytes: 0,
            hash: Sha256::new(),
        }
    }

    /// What it wrote into, the bytes, and their SHA-256 in hexadecimal digits.
    pub(crate) fn finish(self) -> (W, u64, String) {
        (self.out, self.bytes, hex::encode(self.hash.finalize()))
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
