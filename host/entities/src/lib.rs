//! Entities: what the numbers and addresses of a text are. Once for all packs, and the most specific kind first, so that a run
//! of characters that is an identity number is not a card as well.
//!
//! A text is folded onto a `tape`; the `reader` goes over it once, notes the `names` that say what the number beside them
//! is, and asks the kinds in order. Each kind's shape, check and value stand in one file. What no kind can be in is told by a
//! `notice` of its characters.

mod accounts;
mod amount;
mod calling_codes;
mod card;
mod chain;
mod checks;
mod code;
mod date;
mod digits;
mod identity;
mod kind;
mod messenger;
mod names;
mod net;
mod notice;
mod numerals;
mod papers;
mod parcels;
mod percent;
mod phone;
mod prose;
mod reader;
mod reading;
mod securities;
mod starts;
mod stretch;
mod tape;
mod value;
mod web;
mod words;

pub use kind::{Entity, EntityKind};
pub use value::{EntityValue, value};

use reader::Reader;
use std::cell::RefCell;
use stretch::Stretches;
use tape::Tape;

/// A longer text is read in parts of at most so many bytes, which end behind a line, a blank, or else
/// behind a character that no number or address goes on with. What names a number in one part is not known in the next.
pub const PART_BYTES_MAX: usize = 64 << 10;

/// Memory that readings reuse.
#[derive(Debug, Default)]
pub struct Finder {
    tape: Tape,
}

impl Finder {
    /// Adds the entities of the kinds that are sought to `found`, in order of their places, until there are `max`; no two of them
    /// overlap. All kinds are read, so that what is found of one does not depend on the others that are sought.
    pub fn find(&mut self, text: &str, found: &mut Vec<Entity>, max: usize, is_sought: impl Fn(EntityKind) -> bool) {
        let mut from = 0;
        while from < text.len() && found.len() < max {
            let to = from + part_bytes(&text[from..]);
            for stretch in Stretches::of(&text[from..to]) {
                self.tape.read(text, from + stretch.start, from + stretch.end);
                Reader::new(&self.tape).read(found, max, &is_sought);
            }
            from = to;
        }
    }
}

/// Adds the entities of a text to `found`, in order of their places; no two of them overlap. Takes a time that is linear in
/// the text's bytes, of which there are at most 4 GiB, and allocates nothing once `found` and the thread's own memory have
/// grown: at most 800 KiB.
pub fn find(text: &str, found: &mut Vec<Entity>) {
    thread_local! {
        static FINDER: RefCell<Finder> = RefCell::default();
    }
    FINDER.with_borrow_mut(|finder| finder.find(text, found, usize::MAX, |_| true));
}

/// How long the first part of a text is.
fn part_bytes(text: &str) -> usize {
    if text.len() <= PART_BYTES_MAX {
        return text.len();
    }
    let part = &text[..text.floor_char_boundary(PART_BYTES_MAX)];
    let half = part.len() / 2;
    let behind = |c: char| part.rfind(c).map(|at| at + c.len_utf8()).filter(|to| *to > half);
    let last = part.floor_char_boundary(part.len() - BORDER_BYTES_MAX);
    let outside = |is_inside: fn(char) -> bool| {
        let tail = &part[last..];
        let (at, c) = tail.char_indices().rfind(|(_, c)| !is_inside(*c))?;
        Some(last + at + c.len_utf8())
    };
    behind('\n')
        .or_else(|| behind(' '))
        .or_else(|| outside(|c| is_of_number(c) || "-_.,:/@+".contains(c)))
        .or_else(|| outside(is_of_number))
        .unwrap_or(part.len())
}

/// A part without a line or a blank ends so far before its limit at most.
const BORDER_BYTES_MAX: usize = 512;

/// Letters and digits of numbers and addresses, in their full width too.
fn is_of_number(c: char) -> bool {
    c.is_ascii_alphanumeric() || ('\u{ff10}'..='\u{ff5a}').contains(&c)
}
