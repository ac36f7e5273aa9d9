//! The characters that an expression can match.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Every character that an expression can match anywhere.
#[derive(Debug)]
pub(crate) struct Alphabet {
    /// In order, apart from each other; first and last.
    ranges: Vec<(char, char)>,
    /// Of ASCII, by value.
    ascii: u128,
}

impl Alphabet {
    pub(crate) fn of(hir: &Hir) -> Self {
        let mut found = Vec::new();
        collect(hir, &mut found);
        found.sort_unstable();
        let mut ranges: Vec<(char, char)> = Vec::new();
        for (first, last) in found {
            match ranges.last_mut() {
                Some((_, end)) if first <= *end => *end = last.max(*end),
                _ => ranges.push((first, last)),
            }
        }
        let has = |c: &u8| in_ranges(&ranges, char::from(*c));
        let ascii = (0..128_u8).filter(has).fold(0, |bits, c| bits | 1 << c);
        Self { ranges, ascii }
    }

    pub(crate) fn has(&self, c: char) -> bool {
        if c.is_ascii() {
            self.ascii >> u32::from(c) & 1 == 1
        } else {
            in_ranges(&self.ranges, c)
        }
    }

    /// The first character from byte `from` on that the expression has nowhere, or the end of the text.
    pub(crate) fn end_of_stretch(&self, text: &str, from: usize) -> usize {
        text[from..]
            .find(|c| !self.has(c))
            .map_or(text.len(), |ahead| from + ahead)
    }

    /// True if each of these characters is one of the others.
    pub(crate) fn is_within(&self, others: &Self) -> bool {
        let whole = |&(first, last): &(char, char)| {
            let place = others.ranges.partition_point(|range| range.1 < first);
            others
                .ranges
                .get(place)
                .is_some_and(|range| range.0 <= first && last <= range.1)
        };
        self.ranges.iter().all(whole)
    }

    /// True if one of these characters is one of the others.
    pub(crate) fn meets(&self, others: &Self) -> bool {
        self.ranges.iter().any(|&(first, last)| {
            let place = others.ranges.partition_point(|range| range.1 < first);
            others.ranges.get(place).is_some_and(|range| range.0 <= last)
        })
    }
}

fn in_ranges(ranges: &[(char, char)], c: char) -> bool {
    let place = ranges.partition_point(|range| range.1 < c);
    ranges.get(place).is_some_and(|range| range.0 <= c)
}

fn collect(hir: &Hir, ranges: &mut Vec<(char, char)>) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
            Ok(text) => ranges.extend(text.chars().map(|c| (c, c))),
            Err(_) => ranges.push(('\0', char::MAX)),
        },
        HirKind::Class(Class::Unicode(class)) => {
            ranges.extend(class.ranges().iter().map(|range| (range.start(), range.end())));
        }
        HirKind::Class(Class::Bytes(class)) => {
            for range in class.ranges() {
                let last = if range.end().is_ascii() {
                    char::from(range.end())
                } else {
                    char::MAX
                };
                ranges.push((char::from(range.start()), last));
            }
        }
        HirKind::Repetition(repetition) => collect(&repetition.sub, ranges),
        HirKind::Capture(capture) => collect(&capture.sub, ranges),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().for_each(|part| collect(part, ranges)),
    }
}
