//! The part of a source that is in memory.

use std::ops::Range;

/// Consecutive bytes of a source, addressed by their offsets in it.
#[derive(Debug, Default)]
pub(super) struct Window {
    bytes: Vec<u8>,
    /// Offset in the source of `bytes[0]`.
    base: u64,
    /// Bytes before this offset are no longer needed.
    kept_from: u64,
}

/// Unneeded bytes are moved out once there are this many, so that moving costs less than reading.
const SLACK_BYTES: u64 = 64 << 10;

impl Window {
    pub(super) fn starting_at(offset: u64) -> Self {
        Self {
            bytes: Vec::new(),
            base: offset,
            kept_from: offset,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        let unneeded = (self.kept_from - self.base) as usize;
        if unneeded == self.bytes.len() {
            self.bytes.clear();
            self.base = self.kept_from;
        } else if unneeded as u64 >= SLACK_BYTES {
            self.bytes.drain(..unneeded);
            self.base = self.kept_from;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Bytes before `offset` will not be asked for again.
    pub(super) fn forget_before(&mut self, offset: u64) {
        self.kept_from = self.kept_from.max(offset);
    }

    /// Offset behind the last byte.
    pub(super) fn end(&self) -> u64 {
        self.base + self.bytes.len() as u64
    }

    /// The bytes at these offsets, which were not forgotten.
    pub(super) fn slice(&self, range: Range<u64>) -> &[u8] {
        &self.bytes[(range.start - self.base) as usize..(range.end - self.base) as usize]
    }

    /// The bytes from that offset on.
    pub(super) fn from(&self, offset: u64) -> &[u8] {
        self.slice(offset..self.end())
    }

    /// Bytes that are still needed.
    pub(super) fn needed(&self) -> usize {
        (self.end() - self.kept_from) as usize
    }

    /// Gives back the memory that is not needed.
    pub(super) fn shrink(&mut self) {
        self.bytes.drain(..(self.kept_from - self.base) as usize);
        self.base = self.kept_from;
        self.bytes.shrink_to_fit();
    }
}
