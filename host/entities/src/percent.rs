//! Shares and rates: `%`, 百分之, 个点, basis points, and interest by 分 and 厘.

use super::kind::EntityKind;
use super::names::{self, Name};
use super::numerals::{self, ONE};
use super::reading::{Claim, Reading};
use super::tape::Tape;

/// A rate or a range of rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rate {
    /// Behind it.
    pub(super) to: usize,
    /// In millionths of a hundredth.
    pub(super) low: u128,
    pub(super) high: u128,
    evidence: Evidence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Evidence {
    /// It says itself that it is a rate.
    Sign,
    /// 三个点 may be three of anything.
    Points,
    /// 八分 is a mark at school too: beside a word for interest alone.
    Parts,
}

/// The rate that begins at a place.
pub(super) fn claim(reading: &Reading<'_>, at: usize) -> Option<Claim> {
    let tape = reading.tape;
    let before = tape.before(at);
    let is_part = before.is_ascii_alphanumeric() && tape.at(at).is_ascii_alphanumeric()
        || matches!(before, '.' | ',') && tape.at(at.wrapping_sub(2)).is_ascii_digit()
        || numerals::digit(before).is_some()
        || numerals::unit(before).is_some();
    if is_part {
        return None;
    }
    let rate = rate(tape, at)?;
    let near = |max| reading.names.near(Name::Interest, at, max);
    let after = || names::after(tape, rate.to, 4) == Some(Name::Interest);
    let counts = match rate.evidence {
        Evidence::Sign => true,
        Evidence::Points => tape.at(at).is_ascii_digit() || is_formal(tape.at(at)) || near(12) || after(),
        Evidence::Parts => near(3) || "利息".contains(tape.at(rate.to)) || tape.has(rate.to, "的利"),
    };
    counts.then(|| reading.claim(EntityKind::Percent, at, rate.to))
}

/// Numerals of accounts: nobody counts things with them.
fn is_formal(c: char) -> bool {
    "壹贰叁肆伍陆柒捌玖拾".contains(c)
}

/// What stands at a place, read as a rate.
pub(super) fn rate(tape: &Tape, at: usize) -> Option<Rate> {
    // Hundredths, thousandths, ten thousandths.
    let parts = match tape.at(at) {
        '百' => 1,
        '千' => 10,
        '万' => 100,
        _ => 0,
    };
    let is_spelled = parts > 0 && tape.has(at + 1, "分之");
    let first = if is_spelled { at + 3 } else { at };
    if is_spelled && parts == 1 && tape.at(first) == '百' {
        return Some(Rate {
            to: first + 1,
            low: 100 * ONE,
            high: 100 * ONE,
            evidence: Evidence::Sign,
        });
    }
    if !tape.at(first).is_ascii_digit() && !numerals::begins(tape, first) {
        return None;
    }
    let read = if is_spelled {
        numerals::number_with_point
    } else {
        numerals::number
    };
    let low = read(tape, first)?;
    let own = if is_spelled { None } else { sign(tape, low.to) };
    let joint = tape.skip_spaces(own.map_or(low.to, |sign| sign.to), 1);
    let mut next = joint + 1;
    if is_spelled && tape.has(next, "百分之") {
        next += 3;
    }
    let joins = matches!(tape.at(joint), '-' | '~' | '至' | '到');
    let second = joins.then(|| read(tape, tape.skip_spaces(next, 1))).flatten();
    let second = second.and_then(|high| {
        let sign = if is_spelled {
            Some(Sign::spelled(high.to, parts))
        } else {
            sign(tape, high.to)
        };
        Some((high, sign?))
    });
    let (high, sign) = match (second, own) {
        (Some((high, sign)), _) => (high, sign),
        (None, _) if is_spelled => (low, Sign::spelled(low.to, parts)),
        (None, Some(own)) => (low, own),
        (None, None) => return None,
    };
    let scale = |micros: u128| micros.saturating_mul(sign.times) / sign.divided_by;
    // 1分2: the second figure is a tenth.
    let tail = tape.at(sign.to);
    let tail = numerals::digit(tail).or(tail.to_digit(10).map(u128::from));
    let (to, more) = match tail.filter(|_| sign.evidence == Evidence::Parts) {
        Some(tail) if ends_figure(tape.at(sign.to + 1)) => (sign.to + 1, tail * ONE / 10),
        _ => (sign.to, 0),
    };
    Some(Rate {
        to,
        low: scale(low.micros).saturating_add(more),
        high: scale(high.micros).saturating_add(more),
        evidence: sign.evidence,
    })
}

/// Whether a figure ends before a character: not 二分一年, 12分30秒.
fn ends_figure(next: char) -> bool {
    !next.is_ascii_alphanumeric() && !"年月天个秒十百万次人".contains(next)
}

/// What makes a number a rate: per cent are the number times one value, divided by the other.
#[derive(Debug, Clone, Copy)]
struct Sign {
    to: usize,
    times: u128,
    divided_by: u128,
    evidence: Evidence,
}

impl Sign {
    fn spelled(to: usize, divided_by: u128) -> Self {
        Self {
            to,
            times: 1,
            divided_by,
            evidence: Evidence::Sign,
        }
    }
}

const SIGNS: &[(&str, u128, u128, Evidence)] = &[
    ("%", 1, 1, Evidence::Sign),
    ("‰", 1, 10, Evidence::Sign),
    ("个百分点", 1, 1, Evidence::Sign),
    ("百分点", 1, 1, Evidence::Sign),
    ("个基点", 1, 100, Evidence::Sign),
    ("基点", 1, 100, Evidence::Sign),
    ("个点", 1, 1, Evidence::Points),
    ("个多点", 1, 1, Evidence::Points),
    ("per cent", 1, 1, Evidence::Sign),
    ("percent", 1, 1, Evidence::Sign),
    ("pct", 1, 1, Evidence::Sign),
    ("bps", 1, 100, Evidence::Sign),
    ("bp", 1, 100, Evidence::Sign),
    ("分", 1, 1, Evidence::Parts),
    ("厘", 1, 10, Evidence::Parts),
];

fn sign(tape: &Tape, at: usize) -> Option<Sign> {
    let at = tape.skip_spaces(at, 1);
    if !matches!(
        tape.at(at),
        '%' | '‰' | '个' | '百' | '基' | 'p' | 'P' | 'b' | 'B' | '分' | '厘'
    ) {
        return None;
    }
    let (word, times, divided_by, evidence) = SIGNS.iter().find(|(word, ..)| tape.has(at, word))?;
    let to = at + word.chars().count();
    let next = tape.at(to);
    let is_whole = if *word == "%" {
        !next.is_ascii_digit()
    } else {
        !word.is_ascii() || !next.is_ascii_alphanumeric()
    };
    // 一个点赞, 三个点击.
    let is_whole = is_whole && !(*evidence == Evidence::Points && "赞击心评半钟".contains(next) && next != '\0');
    is_whole.then_some(Sign {
        to,
        times: *times,
        divided_by: *divided_by,
        evidence: *evidence,
    })
}
