//! Numbers as they are written: figures with points and groups of thousands, and Chinese numerals, plain and of accounts.

use super::tape::Tape;

/// What values are counted in: so many make one.
pub(super) const ONE: u128 = 1_000_000;
/// Figures of a number, at most.
const FIGURES_MAX: usize = 15;
/// Figures behind a point, at most; those behind the sixth do not count.
const DECIMALS_MAX: usize = 32;
/// Chinese numerals of a number, at most.
const NUMERALS_MAX: usize = 24;

/// A number in a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number {
    /// Behind it.
    pub(super) to: usize,
    /// In millionths.
    pub(super) micros: u128,
    pub(super) is_chinese: bool,
    /// Figures before the point.
    pub(super) figures: usize,
    /// Its greatest unit by which it is read: 10, 100, … for Chinese numerals; 1 for figures.
    pub(super) unit: u128,
}

/// Whether a Chinese numeral stands at a place, or 百分之, 千分之, 万分之.
pub(super) fn begins(tape: &Tape, at: usize) -> bool {
    let c = tape.at(at);
    digit(c).is_some()
        || matches!(c, '十' | '拾' | '几' | '数')
        || (matches!(c, '百' | '千' | '万') && tape.has(at + 1, "分之"))
}

/// The number that begins at a place.
pub(super) fn number(tape: &Tape, at: usize) -> Option<Number> {
    if tape.at(at).is_ascii_digit() {
        figures(tape, at)
    } else {
        chinese(tape, at, false)
    }
}

/// The same, where 三点五 may end without a unit.
pub(super) fn number_with_point(tape: &Tape, at: usize) -> Option<Number> {
    if tape.at(at).is_ascii_digit() {
        figures(tape, at)
    } else {
        chinese(tape, at, true)
    }
}

fn figures(tape: &Tape, from: usize) -> Option<Number> {
    let digits = |at: usize, max: usize| (at..at + max).take_while(|&at| tape.at(at).is_ascii_digit()).count();
    let mut at = from + digits(from, FIGURES_MAX + 1);
    let mut figures = at - from;
    if figures > FIGURES_MAX {
        return None;
    }
    let mut is_grouped = false;
    while figures <= FIGURES_MAX && (is_grouped || figures <= 3) && tape.at(at) == ',' && digits(at + 1, 4) == 3 {
        is_grouped = true;
        figures += 3;
        at += 4;
    }
    let mut micros = (from..at)
        .filter_map(|at| tape.at(at).to_digit(10))
        .fold(0_u128, |sum, digit| sum * 10 + u128::from(digit))
        * ONE;
    let decimals = digits(at + 1, DECIMALS_MAX);
    if tape.at(at) == '.' && decimals > 0 {
        let mut unit = ONE;
        for place in at + 1..=at + decimals {
            unit /= 10;
            micros += u128::from(tape.at(place).to_digit(10).unwrap_or(0)) * unit;
        }
        at += 1 + decimals;
        // A version, an address, a date.
        if tape.at(at) == '.' && tape.at(at + 1).is_ascii_digit() {
            return None;
        }
    }
    (!tape.at(at).is_ascii_digit()).then_some(Number {
        to: at,
        micros,
        is_chinese: false,
        figures,
        unit: 1,
    })
}

/// The value of a Chinese digit.
pub(super) fn digit(c: char) -> Option<u128> {
    Some(match c {
        '零' | '〇' => 0,
        '一' | '壹' => 1,
        '二' | '两' | '贰' | '俩' => 2,
        '三' | '叁' | '仨' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

/// The same in a number that is read out: 幺, which is folded to 么, is one.
pub(super) fn spoken_digit(c: char) -> Option<u128> {
    if c == '么' { Some(1) } else { digit(c) }
}

/// The value of a Chinese unit.
pub(super) fn unit(c: char) -> Option<u128> {
    Some(match c {
        '十' | '拾' => 10,
        '百' | '佰' => 100,
        '千' | '仟' => 1_000,
        '万' => 10_000,
        '亿' => 100_000_000,
        _ => return None,
    })
}

/// Chinese numerals: 三万五千, 伍万, 十几, 两三百, 一千二, 三点五万, and digit by digit: 二〇二六.
fn chinese(tape: &Tape, from: usize, ends_in_decimals: bool) -> Option<Number> {
    let (mut total, mut section, mut low) = (0_u128, 0_u128, None::<u128>);
    let (mut greatest, mut last_unit) = (1, 1);
    let mut digits_in_row = 0;
    let mut at = from;
    while at < from + NUMERALS_MAX {
        let c = tape.at(at);
        if let Some(value) = digit(c) {
            digits_in_row += 1;
            // Two digits in a row: 两三万 is about the second; 二〇二六 is read digit by digit.
            low = Some(
                if digits_in_row > 1 && (value == 0 || digits_in_row > 2 || low == Some(0)) {
                    low.unwrap_or(0).saturating_mul(10).saturating_add(value)
                } else {
                    value
                },
            );
        } else if matches!(c, '几' | '数') && (at > from || unit(tape.at(at + 1)).is_some()) {
            low = Some(low.unwrap_or(0).max(1));
        } else if let Some(value) = unit(c) {
            if at == from && value != 10 {
                return None;
            }
            digits_in_row = 0;
            greatest = greatest.max(value);
            last_unit = value;
            if value >= 10_000 {
                let part = section
                    .saturating_add(low.take().unwrap_or(0))
                    .max(u128::from(total == 0));
                (total, section) = if value > 10_000 && total > 0 {
                    (total.saturating_add(part).saturating_mul(value), 0)
                } else {
                    (total.saturating_add(part.saturating_mul(value)), 0)
                };
            } else {
                section = section.saturating_add(low.take().unwrap_or(1).saturating_mul(value));
            }
        } else if c == '点' && digits_in_row > 0 && digit(tape.at(at + 1)).is_some() {
            return Some(with_decimals(
                tape,
                from,
                at,
                section + low.unwrap_or(0),
                ends_in_decimals,
            ));
        } else {
            break;
        }
        at += 1;
    }
    if at == from || at == from + NUMERALS_MAX {
        return None;
    }
    // 三万五 is 35,000.
    let low = match low {
        Some(value) if last_unit >= 100 && value < 10 && digits_in_row == 1 && tape.before(at - 1) != '零' => {
            value.saturating_mul(last_unit) / 10
        }
        value => value.unwrap_or(0),
    };
    Some(Number {
        to: at,
        micros: total.saturating_add(section).saturating_add(low).saturating_mul(ONE),
        is_chinese: true,
        figures: at - from,
        unit: greatest,
    })
}

fn with_decimals(tape: &Tape, from: usize, point: usize, whole: u128, ends_here: bool) -> Number {
    let (mut at, mut micros, mut place) = (point + 1, whole.saturating_mul(ONE), ONE);
    while let Some(value) = digit(tape.at(at)).filter(|_| place > 1) {
        place /= 10;
        micros = micros.saturating_add(value * place);
        at += 1;
    }
    let mut greatest = 1;
    while let Some(value) = unit(tape.at(at)).filter(|value| *value >= 100 && greatest < 100_000_000) {
        greatest *= value;
        micros = micros.saturating_mul(value);
        at += 1;
    }
    let number = |to: usize, micros: u128| Number {
        to,
        micros,
        is_chinese: true,
        figures: to - from,
        unit: greatest,
    };
    if greatest > 1 || ends_here {
        return number(at, micros);
    }
    number(point, whole.saturating_mul(ONE))
}
