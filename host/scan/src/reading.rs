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
use crate::signs::Signs;
use crate::unit::{self, Unit};
use proviso_entities::Entity;
use std::ops::Range;

/// Bytes of a text that are read, at most: what comes behind is looked at as it stands.
pub(crate) const READ_BYTES_MAX: usize = 4 << 20;
/// Bytes of a part of a long text, at least.
const PART_BYTES_MIN: usize = 8 << 10;
/// Bytes of the lines between which a part may end, at least.
const LINE_BYTES_MIN: usize = 16;
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
    /// Where the part that was read begins in its text.
    base: u32,
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

    /// Reads a part of the text of this number, and returns the number of the reading; none if it is that part, letter for letter.
    pub(crate) fn read(&mut self, text: &str, part: Range<usize>, of: usize, whom: For) -> Option<usize> {
        let base = part.start as u32;
        let text = &text[part];
        if !read_units(text, whom, &mut self.units, &mut self.unit_counts) {
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
            base,
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
        let base = self.all[number].base;
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
        (base + start, base + end)
    }
}

/// Puts the characters of a reading into `units`; false if they are the text itself, letter for letter.
fn read_units(text: &str, whom: For, units: &mut Vec<Unit>, counts: &mut Vec<u8>) -> bool {
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
        For::Repeats => doubles::every(units, counts),
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
    units.last().map_or(0, |unit| unit.to as usize) != text.len() || !ends.zip(units.iter()).all(is_text)
}

/// Gives `take` the characters of each part of a text that reads otherwise than it stands, as lexicons read it: in their order, with
/// the bytes of the whole text that each stands for. They are not folded. `units` is memory that calls reuse. A text without signs of
/// disguise has no such part; what stands behind 4 MiB is not read.
pub fn read_disguised(text: &str, units: &mut Vec<Unit>, mut take: impl FnMut(&[Unit])) {
    if !Signs::for_terms(text).structure {
        return;
    }
    for part in parts(text) {
        let is_whole = part.len() == text.len();
        if !is_whole && !Signs::for_terms(&text[part.clone()]).structure {
            continue;
        }
        let base = part.start as u32;
        if read_units(&text[part], For::Terms, units, &mut Vec::new()) {
            for unit in &mut *units {
                unit.from += base;
                unit.to += base;
            }
            take(units);
        }
    }
}

/// The parts of a text that are read, each by itself: a disguised line of a long mail costs the reading of what stands around it, not of
/// the mail. A part of a long text ends between paragraphs, and what noise its rows show is left out of it alone.
pub(crate) fn parts(text: &str) -> impl Iterator<Item = Range<usize>> {
    let text = &text[..text.floor_char_boundary(READ_BYTES_MAX)];
    let mut from = 0;
    std::iter::from_fn(move || {
        let rest = text.get(from..).filter(|rest| !rest.is_empty())?;
        let behind = rest.as_bytes().get(PART_BYTES_MIN..).and_then(next_paragraph);
        let part = from..behind.map_or(text.len(), |behind| from + PART_BYTES_MIN + behind);
        from = part.end;
        Some(part)
    })
}

/// Where a line of words begins behind blank lines and, before these, another line of words. Shorter lines may be letters of one
/// word, which blank lines keep apart.
fn next_paragraph(bytes: &[u8]) -> Option<usize> {
    let (mut at, mut is_behind_words, mut is_behind_blank) = (0, false, false);
    for line in bytes.split(|&byte| byte == b'\n') {
        let length = line.trim_ascii().len();
        if length > 0 {
            let is_words = length >= LINE_BYTES_MIN;
            if is_words && is_behind_words && is_behind_blank {
                return Some(at);
            }
            (is_behind_words, is_behind_blank) = (is_words, false);
        } else {
            is_behind_blank = true;
        }
        at += line.len() + 1;
    }
    None
}

impl Unit {
    /// Bytes of the text.
    fn len(&self) -> usize {
        (self.to - self.from) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disguised_parts_are_given_as_lexicons_read_them() {
        let read = |text: &str| {
            let mut all = Vec::new();
            read_disguised(text, &mut Vec::new(), |units| {
                let spans = units
                    .iter()
                    .all(|unit| text.get(unit.from as usize..unit.to as usize).is_some());
                assert!(spans, "{text}: {units:?}");
                all.push(units.iter().map(|unit| unit.c).collect::<String>());
            });
            all
        };
        assert_eq!(read("保本保息"), [""; 0]);
        assert_eq!(read("&#20445;本"), ["保本"]);
        assert_eq!(read("保💰本"), ["保本"]);
        let long = format!(
            "{}\n{}&#20445;本",
            "an ordinary line of words\n".repeat(400),
            "another line of words\n".repeat(2)
        );
        let parts = read(&long);
        assert!(
            matches!(&parts[..], [one] if one.ends_with("words\n保本") && one.len() < 100),
            "{parts:?}"
        );
    }

    #[test]
    fn a_long_text_is_read_in_parts_that_end_with_paragraphs() {
        let line = format!("{}\n", "x".repeat(99));
        let lines = |count: usize| line.repeat(count);
        let lengths = |text: &str| -> Vec<usize> { parts(text).map(|part| part.len()).collect() };
        assert_eq!(lengths(""), [0; 0]);
        assert_eq!(lengths("a\n\nb"), [4]);
        assert_eq!(lengths(&lines(200)), [20_000], "no line is blank");
        assert_eq!(lengths(&format!("{}\n{}", lines(81), lines(200))), [28_101], "too soon");
        for blank in ["\n", "\r\n", "\n \t\n\n"] {
            let text = format!("{}{blank}{}", lines(90), lines(3));
            assert_eq!(lengths(&text), [9_000 + blank.len(), 300], "{blank:?}");
        }
        assert_eq!(lengths(&format!("{}\n{}\n", lines(90), lines(90))), [9_001, 9_001]);
        for short in ["a\n\nb\n\n", "a\n\n", "\n保本保息\n\n"] {
            let text = format!("{}\n{short}{}", lines(90), lines(3));
            assert_eq!(lengths(&text), [text.len()], "{short:?}");
        }
        assert_eq!(lengths(&"保".repeat(READ_BYTES_MAX)), [READ_BYTES_MAX - 1]);
    }

    #[test]
    fn a_reading_of_a_part_leads_back_into_the_text() {
        let mut readings = Readings::default();
        let text = "abc\n\nx W-h-a-t y";
        let reading = readings
            .read(text, 5..text.len(), 3, For::Terms)
            .expect("it is another text");
        assert_eq!(readings.text(reading), "x What y");
        assert_eq!(readings.number_of_text(reading), 3);
        assert_eq!(readings.span_of_text(reading, 2, 6), (7, 14));
        assert!(readings.read(text, 0..5, 3, For::Terms).is_none());
    }
}
