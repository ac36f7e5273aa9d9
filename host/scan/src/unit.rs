//! A text as units: characters as they are read, each with the bytes of the text that it stands for.

use crate::emoticons;
use crate::references;
use proviso_noise::MARK;

/// One character of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// As it is read.
    pub c: char,
    /// The first byte of the text that it stands for, on a character's border.
    pub from: u32,
    /// Behind the last byte, on a character's border.
    pub to: u32,
}

impl proviso_noise::Unit for Unit {
    fn char(&self) -> char {
        self.c
    }
}

/// Puts the units of a text into `units`: each character one, and each character reference and emoticon code one.
pub(crate) fn of_text(text: &str, units: &mut Vec<Unit>) {
    units.clear();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let (c, length) = match c {
            '&' => references::reference(&text[at..]),
            '[' | '/' => emoticons::code(&text[at..]).map(|length| (MARK, length)),
            _ => None,
        }
        .unwrap_or((c, c.len_utf8()));
        let to = at + length;
        units.push(Unit {
            c,
            from: at as u32,
            to: to as u32,
        });
        at = to;
    }
}
