//! Bytes cut into values, with bounded memory, the same whichever way the bytes arrive.

mod grammar;
mod lines;
mod values;
mod window;

pub(crate) use lines::Lines;
pub(crate) use values::Values;

use std::ops::Range;

/// A stretch of the source that was recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    /// Line on which it begins, from 1.
    pub(crate) line: u64,
    /// Where reading goes on.
    pub(crate) behind: Position,
    pub(crate) what: What,
}

/// What a stretch of the source is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// A whole value at these offsets of the source; its bytes are there until the next call.
    Value(Range<u64>),
    /// What stands around the list of messages in a page of the pull API: the text before it or behind it, made a whole object.
    PageFrame(Vec<u8>),
    /// No value, and why.
    Broken(String),
}

/// A place in a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Position {
    /// Bytes before it.
    pub(crate) offset: u64,
    /// Lines that end before it.
    pub(crate) lines: u64,
}

/// Why a value that is longer than `SOURCE_VALUE_BYTES_MAX` is refused.
pub(crate) fn over_long() -> String {
    format!(
        "longer than {} bytes: skipped",
        proviso_model::limits::SOURCE_VALUE_BYTES_MAX
    )
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
