//! Letters and digits in groups: the shape of account numbers and credit codes.

use super::tape::Tape;

/// Characters of a code, at most.
const CODE_MAX: usize = 40;

/// ASCII letters and digits from a place on, in capitals, with single spaces or hyphens between groups left out.
#[derive(Debug)]
pub(super) struct Code {
    chars: [u8; CODE_MAX],
    /// Behind each character.
    ends: [usize; CODE_MAX],
    len: usize,
    from: usize,
    /// Whether a word ends behind each character.
    borders: u64,
}

impl Code {
    /// Reads as far as a code can be long.
    pub(super) fn at(tape: &Tape, from: usize) -> Self {
        let mut code = Self {
            chars: [0; CODE_MAX],
            ends: [0; CODE_MAX],
            len: 0,
            from,
            borders: 0,
        };
        let mut at = from;
        while code.len < CODE_MAX {
            let c = tape.at(at);
            if c.is_ascii_alphanumeric() {
                code.chars[code.len] = c.to_ascii_uppercase() as u8;
                code.ends[code.len] = at + 1;
                if !tape.at(at + 1).is_ascii_alphanumeric() {
                    code.borders |= 1 << code.len;
                }
                code.len += 1;
                at += 1;
            } else if matches!(c, ' ' | '-') && tape.at(at + 1).is_ascii_alphanumeric() {
                at += 1;
            } else {
                break;
            }
        }
        code
    }

    /// Where it begins.
    pub(super) fn from(&self) -> usize {
        self.from
    }

    /// Its first `len` characters, or all.
    pub(super) fn chars(&self, len: usize) -> &[u8] {
        &self.chars[..len.min(self.len)]
    }

    /// Behind the first `len` characters, if there are as many and a word ends there.
    pub(super) fn end_of(&self, len: usize) -> Option<usize> {
        let last = len.checked_sub(1).filter(|_| len <= self.len)?;
        (self.borders >> last & 1 == 1).then(|| self.ends[last])
    }

    /// Whether the first `len` characters stand together.
    pub(super) fn is_one_word(&self, len: usize) -> bool {
        self.borders.trailing_zeros() as usize + 1 == len
    }

    /// Characters of the shortest group but the last one among the first `len`.
    pub(super) fn shortest_word(&self, len: usize) -> usize {
        let (mut from, mut shortest) = (0, usize::MAX);
        for at in 0..len.saturating_sub(1) {
            if self.borders >> at & 1 == 1 {
                shortest = shortest.min(at + 1 - from);
                from = at + 1;
            }
        }
        shortest
    }
}
