//! Letters that are each written twice or more: 保保本本息息.

use crate::unit::Unit;
use proviso_chars::{self as chars, ALL, Class};

/// Times that a letter stands in a row, at most, for it to be a doubled one.
const TIMES_MAX: usize = 6;

/// Letters in a row, each doubled, from which on nobody writes so: of ideographs three; of others four, since a bookkeeper has
/// three.
fn row_min(first: char) -> usize {
    if first.is_ascii() { 4 } else { 3 }
}

/// Different ones among them, at least.
const DIFFERENT_MIN: usize = 3;

/// Keeps one of each letter where enough letters in a row are doubled.
pub(crate) fn single(units: &mut Vec<Unit>) {
    let (mut at, mut kept) = (0, 0);
    while at < units.len() {
        let (letters, length) = row(units[at..].iter().map(|unit| unit.c));
        if letters < row_min(units[at].c) {
            units[kept] = units[at];
            kept += 1;
            at += 1;
            continue;
        }
        // WhatsApp has four p when each of its letters is doubled.
        let (to, once) = (at + length, least_times(&units[at..at + length]));
        while at < to {
            let times = times(units[at..to].iter().map(|unit| unit.c));
            for number in 1..=times / once {
                let last = if number == times / once { times } else { number * once };
                units[kept] = Unit {
                    to: units[at + last - 1].to,
                    ..units[at + (number - 1) * once]
                };
                kept += 1;
            }
            at += times;
        }
    }
    units.truncate(kept);
}

/// How often each letter of a row stands at least.
fn least_times(mut row: &[Unit]) -> usize {
    let mut least = TIMES_MAX;
    while !row.is_empty() {
        let times = times(row.iter().map(|unit| unit.c));
        least = least.min(times);
        row = &row[times..];
    }
    least
}

/// True if a text begins with enough doubled letters.
pub(crate) fn begins_row(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    // What makes a row is known behind a bounded number of letters.
    let (letters, _) = row(text.chars().take((TIMES_MAX + 1) * 5));
    letters >= row_min(first)
}

/// How many letters at the beginning are doubled, one behind the other, and how many characters that is; none if they are the same
/// few again and again. Ideographs and other letters make rows of their own.
fn row(chars: impl Iterator<Item = char>) -> (usize, usize) {
    let mut chars = chars.peekable();
    let (mut letters, mut length) = (0, 0);
    let mut different = ['\0'; DIFFERENT_MIN];
    let mut seen = 0;
    let Some(&first) = chars.peek() else { return (0, 0) };
    while let Some(c) = chars.next() {
        let mut times = 1;
        while chars.next_if_eq(&c).is_some() {
            times += 1;
            if times > TIMES_MAX {
                break;
            }
        }
        if !(2..=TIMES_MAX).contains(&times) || !chars::is_letter(c) || c.is_ascii() != first.is_ascii() {
            break;
        }
        if seen < DIFFERENT_MIN && !different[..seen].contains(&c) {
            different[seen] = c;
            seen += 1;
        }
        letters += 1;
        length += times;
        if seen < DIFFERENT_MIN && letters > row_min(first) {
            break;
        }
    }
    if seen < DIFFERENT_MIN {
        (0, 0)
    } else {
        (letters, length)
    }
}

/// How often the first character stands in a row.
fn times(mut chars: impl Iterator<Item = char>) -> usize {
    let first = chars.next();
    1 + chars.take_while(|c| Some(*c) == first).count()
}

/// Keeps one of each letter that stands several times in a row, and says how often it stood: by unit that is kept.
pub(crate) fn every(units: &mut Vec<Unit>, counts: &mut Vec<u8>) {
    let relation = chars::relation(ALL);
    counts.clear();
    let mut kept = 0_usize;
    for at in 0..units.len() {
        let unit = units[at];
        let before = kept.checked_sub(1).map(|last| units[last]);
        if let Some(before) = before
            && before.to == unit.from
            && chars::class(unit.c) == Class::Letter
            && relation.fold(before.c) == relation.fold(unit.c)
        {
            units[kept - 1].to = unit.to;
            if let Some(count) = counts.last_mut() {
                *count = count.saturating_add(1);
            }
            continue;
        }
        units[kept] = unit;
        counts.push(1);
        kept += 1;
    }
    units.truncate(kept);
}
