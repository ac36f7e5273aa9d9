//! One value a line.

use super::window::Window;
use super::{BYTE_ORDER_MARK, Cut, Position, What, over_long};
use proviso_model::limits::SOURCE_VALUE_BYTES_MAX;
use std::ops::Range;

/// Cuts at line feeds. Blank lines, a carriage return before the line feed, and a byte order mark at the begin of a line are
/// passed over.
#[derive(Debug)]
pub(crate) struct Lines {
    window: Window,
    /// Where the current line begins.
    start: Position,
    /// The first byte that was not looked at.
    at: u64,
    /// The current line is too long: its bytes are not kept.
    over_long: bool,
}

impl Lines {
    pub(crate) fn starting_at(start: Position) -> Self {
        Self {
            window: Window::starting_at(start.offset),
            start,
            at: start.offset,
            over_long: false,
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.window.push(bytes);
    }

    /// The next line that is not blank; with `ended`, what is left counts as a line.
    pub(crate) fn next(&mut self, ended: bool) -> Option<Cut> {
        loop {
            self.forget();
            let unseen = self.window.from(self.at);
            let Some(length) = unseen.iter().position(|byte| *byte == b'\n') else {
                self.at += unseen.len() as u64;
                self.over_long |= self.at - self.start.offset > SOURCE_VALUE_BYTES_MAX as u64;
                self.forget();
                if !ended || self.start.offset == self.at {
                    return None;
                }
                let end = self.at;
                if let Some(cut) = self.cut(
                    end,
                    Position {
                        offset: end,
                        lines: self.start.lines,
                    },
                ) {
                    return Some(cut);
                }
                continue;
            };
            let end = self.at + length as u64;
            self.at = end + 1;
            if let Some(cut) = self.cut(
                end,
                Position {
                    offset: end + 1,
                    lines: self.start.lines + 1,
                },
            ) {
                return Some(cut);
            }
        }
    }

    /// The bytes of a value that the last call of `next` or `tail` named.
    pub(crate) fn bytes(&self, range: Range<u64>) -> &[u8] {
        self.window.slice(range)
    }

    /// The last line, which no line feed ends yet, without taking it.
    pub(crate) fn tail(&self) -> Option<Range<u64>> {
        let end = self.window.end();
        (!self.over_long && self.at == end)
            .then(|| self.trimmed(self.start.offset..end))
            .flatten()
    }

    /// Takes what `tail` named.
    pub(crate) fn take_tail(&mut self) -> Option<Cut> {
        let end = self.window.end();
        self.cut(
            end,
            Position {
                offset: end,
                lines: self.start.lines,
            },
        )
    }

    pub(crate) fn needed(&self) -> usize {
        self.window.needed()
    }

    pub(crate) fn shrink(&mut self) {
        self.window.shrink();
    }

    fn forget(&mut self) {
        self.window
            .forget_before(if self.over_long { self.at } else { self.start.offset });
    }

    /// The current line, which ends before `end`, unless it is blank.
    fn cut(&mut self, end: u64, behind: Position) -> Option<Cut> {
        let start = std::mem::replace(&mut self.start, behind);
        let too_long = std::mem::take(&mut self.over_long) || end - start.offset > SOURCE_VALUE_BYTES_MAX as u64;
        let what = if too_long {
            What::Broken(over_long())
        } else {
            What::Value(self.trimmed(start.offset..end)?)
        };
        Some(Cut {
            line: start.lines + 1,
            behind,
            what,
        })
    }

    fn trimmed(&self, mut range: Range<u64>) -> Option<Range<u64>> {
        let mut bytes = self.window.slice(range.clone());
        if bytes.starts_with(BYTE_ORDER_MARK) {
            range.start += BYTE_ORDER_MARK.len() as u64;
            bytes = &bytes[BYTE_ORDER_MARK.len()..];
        }
        range.start += (bytes.len() - bytes.trim_ascii_start().len()) as u64;
        range.end -= (bytes.len() - bytes.trim_ascii_end().len()) as u64;
        (range.start < range.end).then_some(range)
    }
}
