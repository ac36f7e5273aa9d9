//! Readings: a text written out anew with its disguise undone, and the way back from a span of it to the text.
//!
//! A reading is made only of a text that has signs of disguise. Lexicons see one in which what is seen as one character is one;
//! patterns see one in which each character is plain as well. Hits in a reading point into the text as it came in: each of its
//! characters stands for bytes of the text, a copied one for its own.

use crate::doubles;
use crate::hit::Hit;
use crate::joined;
use crate::plain_units;
use crate::rejoin;
use crate::unit::{self, Unit};
use proviso_entities::Entity;
use std::ops::Range;

/// Bytes of a text that are read, at most: what comes behind is looked at as it stands.
pub(crate) const READ_BYTES_MAX: usize = 4 << 20;
/// Bytes that the parts of a scratch keep for the next scan, each.
const KEPT_BYTES_MAX: usize = 8 << 20;

/// Who a reading is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    /// Lexicons.
    Terms,
    /// Lexicons that overlook repeated characters.
    Repeats,
    /// Patterns.
    Patterns,
}

/// Readings of texts of one scan.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    text: String,
    pieces: Vec<Piece>,
    /// For [`For::Repeats`], by byte of the texts: how often the character that begins there stood.
    counts: Vec<u8>,
    all: Vec<Reading>,
    units: Vec<Unit>,
    unit_counts: Vec<u8>,
}

/// One of them.
#[derive(Debug, Clone)]
struct Reading {
    /// Its text's number.
    of: u32,
    text: Range<usize>,
    pieces: Range<usize>,
}

/// A part of a reading with the bytes of the text that it stands for. A copy has as many of them; anything else stands for all of
/// them with each of its characters.
#[derive(Debug, Clone, Copy)]
struct Piece {
    /// In the reading.
    at: u32,
    from: u32,
    to: u32,
    is_copy: bool,
}

impl Readings {
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.pieces.clear();
        self.counts.clear();
        self.all.clear();
    }

    /// Gives memory back that an extraordinary text took.
    pub(crate) fn shrink(&mut self) {
        self.clear();
        self.units.clear();
        self.text.shrink_to(KEPT_BYTES_MAX);
        self.pieces.shrink_to(KEPT_BYTES_MAX / size_of::<Piece>());
        self.counts.shrink_to(KEPT_BYTES_MAX);
        self.units.shrink_to(KEPT_BYTES_MAX / size_of::<Unit>());
        self.unit_counts.shrink_to(KEPT_BYTES_MAX);
    }

    /// Reads the text of this number, and returns the number of the reading; none if it is the text itself, letter for letter.
    pub(crate) fn read(&mut self, text: &str, of: usize, whom: For) -> Option<usize> {
        let text = &text[..text.floor_char_boundary(READ_BYTES_MAX)];
        let units = &mut self.units;
        unit::of_text(text, units);
        joined::join(units);
        rejoin::lines(units);
        proviso_noise::leave_out(units);
        match whom {
            For::Terms => {
                plain_units::leave_out_strokes(units);
                plain_units::read_mixed_words(units);
                rejoin::markup(units);
                doubles::single(units);
            }
            For::Repeats => doubles::every(units, &mut self.unit_counts),
            For::Patterns => {
                plain_units::read(units);
                rejoin::markup(units);
                doubles::single(units);
            }
        }
        let is_text = |(before, unit): (u32, &Unit)| {
            before == unit.from && text[before as usize..].starts_with(unit.c) && unit.len() == unit.c.len_utf8()
        };
        let ends = std::iter::once(0).chain(units.iter().map(|unit| unit.to));
        if units.last().map_or(0, |unit| unit.to as usize) == text.len() && ends.zip(units.iter()).all(is_text) {
            return None;
        }
        let (text_from, pieces_from) = (self.text.len(), self.pieces.len());
        for (place, unit) in self.units.iter().enumerate() {
            let at = (self.text.len() - text_from) as u32;
            let is_copy = unit.len() == unit.c.len_utf8() && text[unit.from as usize..].starts_with(unit.c);
            match self.pieces[pieces_from..].last_mut() {
                Some(piece) if is_copy && piece.is_copy && piece.to == unit.from => piece.to = unit.to,
                _ => self.pieces.push(Piece {
                    at,
                    from: unit.from,
                    to: unit.to,
                    is_copy,
                }),
            }
            self.text.push(unit.c);
            if whom == For::Repeats {
                self.counts.resize(self.text.len(), 0);
                self.counts[text_from + at as usize] = self.unit_counts[place];
            }
        }
        self.all.push(Reading {
            of: of as u32,
            text: text_from..self.text.len(),
            pieces: pieces_from..self.pieces.len(),
        });
        Some(self.all.len() - 1)
    }

    /// The reading of this number.
    pub(crate) fn text(&self, number: usize) -> &str {
        &self.text[self.all[number].text.clone()]
    }

    /// How often each character of the reading stood in the text, by byte.
    pub(crate) fn counts(&self, number: usize) -> &[u8] {
        &self.counts[self.all[number].text.clone()]
    }

    /// The number of the text that it is of.
    pub(crate) fn number_of_text(&self, number: usize) -> u32 {
        self.all[number].of
    }

    /// A hit in the reading as a hit in its text.
    pub(crate) fn hit_of_text(&self, number: usize, hit: Hit) -> Hit {
        let (start, end) = self.span_of_text(number, hit.start, hit.end);
        Hit { start, end, ..hit }
    }

    /// An entity in the reading as one in its text.
    pub(crate) fn entity_of_text(&self, number: usize, entity: &Entity) -> Entity {
        let (start, end) = self.span_of_text(number, entity.start, entity.end);
        Entity { start, end, ..*entity }
    }

    /// The bytes of the text that a span of the reading stands for. The span is not empty.
    pub(crate) fn span_of_text(&self, number: usize, start: u32, end: u32) -> (u32, u32) {
        let pieces = &self.pieces[self.all[number].pieces.clone()];
        // The first piece begins at the beginning.
        let piece_with = |at: u32| &pieces[pieces.partition_point(|piece| piece.at <= at) - 1];
        let (first, last) = (piece_with(start), piece_with(end - 1));
        let start = if first.is_copy {
            first.from + (start - first.at)
        } else {
            first.from
        };
        let end = if last.is_copy {
            last.from + (end - last.at)
        } else {
            last.to
        };
        (start, end)
    }
}

impl Unit {
    /// Bytes of the text.
    fn len(&self) -> usize {
        (self.to - self.from) as usize
    }
}
