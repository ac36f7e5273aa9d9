//! Calendar dates: 2026年3月2日, 2026-03-02, 3/2/2026, March 2, 2026. Not 明天, not a year alone.

use super::checks;
use super::kind::EntityKind;
use super::numerals::{self, ONE};
use super::reading::{Claim, Reading};
use super::tape::Tape;

/// A day, or a month of a year, or a day of no certain year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day {
    /// Behind it.
    pub(super) to: usize,
    pub(super) year: Option<u32>,
    pub(super) month: u32,
    pub(super) of_month: Option<u32>,
}

/// The date that begins at a place.
pub(super) fn claim(reading: &Reading<'_>, at: usize) -> Option<Claim> {
    let (tape, before) = (reading.tape, reading.tape.before(at));
    let joined = matches!(before, '-' | '/' | '.' | '_') && tape.at(at.wrapping_sub(2)).is_ascii_alphanumeric();
    if before.is_ascii_alphanumeric() || joined {
        return None;
    }
    let day = day(tape, at)?;
    Some(reading.claim(EntityKind::Date, at, day.to))
}

/// What stands at a place, read as a date.
pub(super) fn day(tape: &Tape, at: usize) -> Option<Day> {
    let c = tape.at(at);
    if c.is_ascii_digit() {
        figures(tape, at)
            .or_else(|| chinese(tape, at))
            .or_else(|| english(tape, at))
    } else if c.is_ascii_alphabetic() {
        month_first(tape, at)
    } else {
        chinese(tape, at)
    }
}

/// Up to `max` digits: their value, how many, and the place behind.
fn digits(tape: &Tape, at: usize, max: usize) -> Option<(u32, usize)> {
    let to = (at..=at + max).find(|&at| !tape.at(at).is_ascii_digit())?;
    let value = (at..to)
        .filter_map(|at| tape.at(at).to_digit(10))
        .fold(0, |sum, digit| sum * 10 + digit);
    (to > at).then_some((value, to))
}

fn figures(tape: &Tape, at: usize) -> Option<Day> {
    let (first, first_to) = digits(tape, at, 4)?;
    let separator = tape.at(first_to);
    if !matches!(separator, '-' | '/' | '.') {
        return None;
    }
    let (second, second_to) = digits(tape, first_to + 1, 2)?;
    if tape.at(second_to) != separator {
        return None;
    }
    let (third, to) = digits(tape, second_to + 1, 4)?;
    let (first_len, third_len) = (first_to - at, to - second_to - 1);
    let next = tape.at(to);
    let goes_on = next == separator && tape.at(to + 1).is_ascii_alphanumeric();
    let is_time = next == 'T' && tape.at(to + 1).is_ascii_digit();
    if goes_on || (next.is_ascii_alphanumeric() && !is_time) {
        return None;
    }
    let of = |year, month, day| {
        ((1900..=2100).contains(&year) && checks::is_date(year, month, day)).then_some(Day {
            to,
            year: Some(year),
            month,
            of_month: Some(day),
        })
    };
    match (first_len, third_len) {
        (4, 1..=2) => of(first, second, third),
        (1..=2, 4) => of(third, first, second).or_else(|| of(third, second, first)),
        // 05/22/01, 13/4/04
        (1..=2, 2) if separator == '/' => {
            let year = third + if third < 70 { 2000 } else { 1900 };
            of(year, first, second).or_else(|| of(year, second, first))
        }
        _ => None,
    }
}

/// A number of at most that value, in figures or Chinese numerals.
fn small(tape: &Tape, at: usize, max: u32) -> Option<(u32, usize)> {
    let at = tape.skip_spaces(at, 1);
    if tape.at(at).is_ascii_digit() {
        return digits(tape, at, 4).filter(|(value, _)| *value <= max);
    }
    if !numerals::begins(tape, at) {
        return None;
    }
    let number = numerals::number(tape, at)?;
    let value = u32::try_from(number.micros / ONE).ok()?;
    (value <= max).then_some((value, number.to))
}

fn chinese(tape: &Tape, at: usize) -> Option<Day> {
    let (first, first_to) = small(tape, at, 2100)?;
    let mut behind = tape.skip_spaces(first_to, 1);
    let (mut year, mut month) = (None, (first, behind));
    // 26年3月 is of this century; 三年三月 is a while.
    let is_short = first_to == at + 2 && tape.at(at).is_ascii_digit() && first < 70;
    if tape.at(behind) == '年' && (first >= 1900 || is_short) {
        year = Some(if is_short { 2000 + first } else { first });
        behind += 1;
        let (value, to) = small(tape, behind, 12)?;
        month = (value, tape.skip_spaces(to, 1));
    }
    let (month, behind) = month;
    if tape.at(behind) != '月' || !(1..=12).contains(&month) {
        return None;
    }
    let last = small(tape, behind + 1, 31)
        .map(|(day, to)| (day, tape.skip_spaces(to, 1)))
        .filter(|&(day, to)| matches!(tape.at(to), '日' | '号') && checks::is_date(year.unwrap_or(2000), month, day));
    match (last, year) {
        (Some((day, to)), _) => Some(Day {
            to: to + 1,
            year,
            month,
            of_month: Some(day),
        }),
        (None, Some(_)) => Some(Day {
            to: behind + 1,
            year,
            month,
            of_month: None,
        }),
        (None, None) => None,
    }
}

const MONTHS: &[(&str, u32)] = &[
    ("january", 1),
    ("february", 2),
    ("march", 3),
    ("april", 4),
    ("may", 5),
    ("june", 6),
    ("july", 7),
    ("august", 8),
    ("september", 9),
    ("october", 10),
    ("november", 11),
    ("december", 12),
    ("jan", 1),
    ("feb", 2),
    ("mar", 3),
    ("apr", 4),
    ("jun", 6),
    ("jul", 7),
    ("aug", 8),
    ("sept", 9),
    ("sep", 9),
    ("oct", 10),
    ("nov", 11),
    ("dec", 12),
];

/// The month that is named at a place. `may` and `march` are words too: with a capital alone.
fn month(tape: &Tape, at: usize) -> Option<(u32, usize)> {
    let end = tape.word_end(at);
    let (word, month) = MONTHS
        .iter()
        .find(|(word, _)| at + word.len() == end && tape.has(at, word))?;
    let is_clear =
        tape.at(at).is_ascii_uppercase() || !matches!(*word, "may" | "march" | "mar" | "sep" | "dec" | "jan");
    is_clear.then_some((*month, end + usize::from(tape.at(end) == '.')))
}

/// A day of a month with or without `st`, `nd`, `rd`, `th`.
fn ordinal(tape: &Tape, at: usize) -> Option<(u32, usize)> {
    let (day, to) = digits(tape, at, 2)?;
    let to = tape.one_of(to, &["st", "nd", "rd", "th"]).map_or(to, |(_, to)| to);
    ((1..=31).contains(&day) && !tape.at(to).is_ascii_alphanumeric()).then_some((day, to))
}

/// A year with a comma or blank before it.
fn year_behind(tape: &Tape, at: usize) -> Option<(u32, usize)> {
    let first = at + usize::from(tape.at(at) == ',');
    let first = tape.skip_spaces(first, 1);
    let (year, to) = digits(tape, first, 4).filter(|_| first > at)?;
    ((1900..=2100).contains(&year) && to - first == 4 && !tape.at(to).is_ascii_alphanumeric()).then_some((year, to))
}

/// March 2, 2026; Mar 2nd; March 2026.
fn month_first(tape: &Tape, at: usize) -> Option<Day> {
    let (month, month_to) = month(tape, at)?;
    let next = tape.skip_spaces(month_to, 1);
    let Some((day, day_to)) = ordinal(tape, next).filter(|_| next > month_to || tape.before(month_to) == '.') else {
        let (year, to) = year_behind(tape, month_to)?;
        return Some(Day {
            to,
            year: Some(year),
            month,
            of_month: None,
        });
    };
    let year = year_behind(tape, day_to);
    let is_part =
        matches!(tape.at(day_to), ':' | '%' | '/') || tape.at(day_to) == '.' && tape.at(day_to + 1).is_ascii_digit();
    (!is_part || year.is_some()).then_some(Day {
        to: year.map_or(day_to, |(_, to)| to),
        year: year.map(|(year, _)| year),
        month,
        of_month: Some(day),
    })
}

/// 2 March 2026; 2nd of March; 02-Mar-2026.
fn english(tape: &Tape, at: usize) -> Option<Day> {
    let (day, day_to) = ordinal(tape, at)?;
    let separator = tape.at(day_to);
    if !matches!(separator, ' ' | '-') {
        return None;
    }
    let next = if tape.has(day_to, " of ") {
        day_to + 4
    } else {
        day_to + 1
    };
    let (month, month_to) = month(tape, next)?;
    let year = match separator {
        '-' => digits(tape, month_to + 1, 4)
            .filter(|(year, to)| tape.at(month_to) == '-' && to - month_to == 5 && (1900..=2100).contains(year)),
        _ => year_behind(tape, month_to),
    };
    // The mark behind an abbreviation may end the sentence.
    let month_to = if tape.before(month_to) == '.' {
        month_to - 1
    } else {
        month_to
    };
    Some(Day {
        to: year.map_or(month_to, |(_, to)| to),
        year: year.map(|(year, _)| year),
        month,
        of_month: Some(day),
    })
}
