//! What one asks of a message, its hits and spans.

use crate::{Hit, Message, PrecedingMessage, Span};

impl Span {
    /// The half-open range of bytes `start..end`.
    pub fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// Its part of `text`; empty if it does not fit the text, which the host excludes.
    pub fn of<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.start as usize..self.end as usize).unwrap_or("")
    }

    /// In bytes.
    pub fn len(&self) -> u32 {
        self.end - self.start
    }

    /// True if it covers nothing.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// True if the two share at least one byte.
    pub fn overlaps(&self, other: &Span) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// True if `other` lies inside it.
    pub fn covers(&self, other: &Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

impl Message {
    /// The text of one of this message's own hits.
    pub fn hit_text(&self, hit: &Hit) -> &str {
        hit.span.of(&self.text)
    }

    /// The hits of one list, ordered by start.
    pub fn hits_of(&self, list: u16) -> impl Iterator<Item = &Hit> {
        self.hits.iter().filter(move |hit| hit.list == list)
    }
}

impl PrecedingMessage {
    /// The text of one of this message's own hits.
    pub fn hit_text(&self, hit: &Hit) -> &str {
        hit.span.of(&self.text)
    }
}

/// The smallest span that covers both.
pub fn union(a: Span, b: Span) -> Span {
    Span {
        start: a.start.min(b.start),
        end: a.end.max(b.end),
    }
}

/// How many characters (Unicode scalar values) stand between two spans of `text`: 0 if they touch or overlap.
pub fn char_distance(text: &str, a: Span, b: Span) -> usize {
    let (from, to) = if a.start <= b.start {
        (a.end, b.start)
    } else {
        (b.end, a.start)
    };
    chars_between(text, from, to)
}

/// How many characters stand between two byte offsets of `text`, 0 if `to` is not behind `from`.
pub fn chars_between(text: &str, from: u32, to: u32) -> usize {
    let (from, to) = (from as usize, (to as usize).min(text.len()));
    // Counting the bytes that start a character needs no decoding.
    text.as_bytes()
        .get(from..to)
        .map_or(0, |bytes| bytes.iter().filter(|&&byte| byte & 0xC0 != 0x80).count())
}
