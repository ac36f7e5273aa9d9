//! Telephone numbers: mobile and fixed ones of China, E.164 with `+`, and national shapes of elsewhere.

use super::calling_codes::{cn_area, lengths};
use super::checks;
use super::digits::Cluster;
use super::kind::EntityKind;
use super::names::{Name, is_chinese};
use super::numerals;
use super::reading::{Claim, Reading};
use super::tape::Tape;

/// A word for telephone counts this far.
const NEAR_CHARS: usize = 24;
/// Digits and separators of one number, at most.
const NUMBER_CHARS_MAX: usize = 28;

/// 11 digits that begin with 13 to 19, with 86 before them or not.
pub(super) fn claim_mobile(reading: &Reading<'_>, cluster: &Cluster) -> Option<Claim> {
    for (digits, skipped) in [(11, 0), (13, 2), (15, 4)] {
        let Some(groups) = cluster.groups_of(digits) else {
            continue;
        };
        let code = cluster.digits(groups);
        let has_prefix = match skipped {
            2 => code.starts_with(b"86"),
            4 => code.starts_with(b"0086"),
            _ => true,
        };
        let fits = has_prefix
            && is_mobile(&code[skipped..])
            && cluster.separated_by(groups, " -._·")
            && !cluster.goes_on(groups)
            && !cluster.is_decimal()
            && (groups == 1 || !is_other_shape(cluster, skipped));
        if fits {
            return reading.digits(EntityKind::CnMobile, cluster, groups);
        }
    }
    None
}

/// Groups that nobody writes a mobile number in; 1-541-754-3010 is American.
fn is_other_shape(cluster: &Cluster, skipped: usize) -> bool {
    let is_usual = match cluster.size(0) {
        3 => true,
        1 => cluster.size(1) == 1 || cluster.size(1) == 2,
        4 => cluster.has_sizes(&[4, 3, 4]) || cluster.has_sizes(&[4, 4, 3]),
        7 => cluster.has_sizes(&[7, 4]),
        _ => false,
    };
    skipped == 0 && !is_usual
}

fn is_mobile(code: &[u8]) -> bool {
    matches!(code, [b'1', b'3'..=b'9', ..])
        && code.len() == 11
        && (!checks::is_one_digit(&code[3..]) || code.ends_with(b"00000000"))
}

/// A mobile number in Chinese numerals: 幺三八零零一三八零零零.
pub(super) fn claim_spelled(reading: &Reading<'_>, at: usize) -> Option<Claim> {
    let tape = reading.tape;
    if !matches!(tape.at(at), '一' | '么' | '壹') || numerals::digit(tape.before(at)).is_some() {
        return None;
    }
    let (mut code, mut to) = ([0_u8; 11], at);
    for slot in &mut code {
        let c = tape.at(to);
        let value = numerals::spoken_digit(c).or_else(|| c.to_digit(10).map(u128::from))?;
        *slot = b'0' + value as u8;
        to += 1;
    }
    let ends = numerals::digit(tape.at(to)).is_none() && !tape.at(to).is_ascii_alphanumeric();
    (ends && is_mobile(&code)).then(|| reading.claim(EntityKind::CnMobile, at, to))
}

/// `+`, country code and national number; also with (0), brackets and an extension.
pub(super) fn claim_international(reading: &Reading<'_>, at: usize) -> Option<Claim> {
    let before = reading.tape.before(at);
    if before.is_ascii_alphanumeric()
        || before == '+'
        || !"(".contains(reading.tape.at(at + 1)) && !reading.tape.at(at + 1).is_ascii_digit()
    {
        return None;
    }
    let number = Dialled::read(reading.tape, at + 1, true);
    let (min, max) = lengths(number.digits(number.len))?;
    let (len, to) = number.longest(min, max)?;
    let code = number.digits(len);
    let is_chinese_mobile = code.starts_with(b"86") && is_mobile(&code[2..]);
    let is_free = !reading.tape.at(to).is_ascii_alphanumeric() || reading.tape.at(to).eq_ignore_ascii_case(&'x');
    let kind = if is_chinese_mobile {
        EntityKind::CnMobile
    } else if code.starts_with(b"86") {
        EntityKind::CnLandline
    } else {
        EntityKind::Phone
    };
    is_free.then(|| reading.claim(kind, at, extension(reading.tape, to)))
}

/// A number that begins with a bracket: (010)12345678, (415) 555-0132, (+86)13800138000.
pub(super) fn claim_in_brackets(reading: &Reading<'_>, at: usize) -> Option<Claim> {
    let tape = reading.tape;
    if tape.before(at).is_ascii_digit() {
        return None;
    }
    let number = Dialled::read(tape, at, false);
    if tape.at(at + 1) == '+' {
        let (min, max) = lengths(number.digits(number.len))?;
        let (len, to) = number.longest(min, max)?;
        let code = number.digits(len);
        let is_mobile = code.starts_with(b"86") && is_mobile(&code[2..]);
        let kind = if is_mobile {
            EntityKind::CnMobile
        } else {
            EntityKind::Phone
        };
        return Some(reading.claim(kind, at, to));
    }
    if !number.opens_with_bracket || number.bracket_closes == 0 {
        return None;
    }
    let in_brackets = number.bracket_closes;
    let area = cn_area(number.digits(number.len)).filter(|area| *area == in_brackets);
    if let Some(area) = area {
        let (_, to) = number.longest(area + 7, area + 8)?;
        return Some(reading.claim(EntityKind::CnLandline, at, to));
    }
    let (len, to) = number.longest(7, 12)?;
    let digits = number.digits(len);
    let is_american = in_brackets == 3 && len == 10 && digits[0] >= b'2';
    let fits = is_american || (len > 6 && is_near_phone(reading, at, to));
    (fits && !tape.at(to).is_ascii_alphabetic() || is_american && tape.at(to).eq_ignore_ascii_case(&'x'))
        .then(|| reading.claim(EntityKind::Phone, at, extension(tape, to)))
}

/// Fixed numbers of China, and numbers of elsewhere by their national shape or beside a word for telephone.
pub(super) fn claim(reading: &Reading<'_>, cluster: &Cluster, name: Option<Name>) -> Option<Claim> {
    let (tape, from) = (reading.tape, cluster.groups()[0].from);
    if cluster.is_decimal() && cluster.groups().len() == 2 || cluster.is_disguised(1) {
        return None;
    }
    if let Some(claim) = claim_landline(reading, cluster) {
        return Some(claim);
    }
    let all = cluster.groups().len();
    let mut groups = (1..=all)
        .take_while(|&groups| cluster.digits(groups).len() <= 15 && cluster.separated_by(groups, " -./·"))
        .last()?;
    // A list of whole numbers is not one number.
    let is_whole = |group: usize| cluster.size(group) >= 6;
    groups = (1..groups)
        .find(|&group| is_whole(group - 1) || (is_whole(group) && cluster.size(0) > 4))
        .unwrap_or(groups);
    let to = cluster.to(groups);
    let digits = cluster.digits(groups);
    if digits.len() < 7 || checks::is_one_digit(digits) {
        return None;
    }
    let joined = groups > 1 && cluster.goes_on(groups);
    let is_free = !joined && !reading.goes_before(from, '-') && !reading.goes_before(from, '.');
    let is_named = name == Some(Name::Phone) || is_near_phone(reading, from, to);
    let shape = shape_of(cluster, groups);
    let counts = match shape {
        Shape::American => true,
        Shape::National => groups > 1 || !is_chinese(tape, from, to) || is_named,
        Shape::Any => is_named && groups_look_dialled(cluster, groups),
    };
    (is_free && counts && name != Some(Name::Other))
        .then(|| reading.claim(EntityKind::Phone, from, extension(tape, to)))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Three, three and four digits, by the North American plan.
    American,
    /// A zero first, as the trunk prefix of most plans.
    National,
    Any,
}

fn shape_of(cluster: &Cluster, groups: usize) -> Shape {
    let digits = cluster.digits(groups);
    let area = |at: usize| digits.get(at).is_some_and(|c| *c >= b'2');
    let is_spaced = groups > 1 && cluster.groups()[groups - 1].separator == ' ';
    let is_american = match groups {
        // With blanks alone, both parts must be such that the plan has them.
        3 => cluster.has_sizes(&[3, 3, 4]) && area(0) && (!is_spaced || area(3)),
        4 => {
            (cluster.has_sizes(&[1, 3, 3, 4]) && digits[0] == b'1' && area(1))
                || (cluster.has_sizes(&[3, 3, 3, 4]) && digits.starts_with(b"001") && area(3))
        }
        2 => cluster.has_sizes(&[3, 7]) && area(0) && area(3) && cluster.groups()[1].separator == '-',
        _ => false,
    };
    if is_american {
        return Shape::American;
    }
    let has_trunk = digits.len() >= 9 && digits.len() <= 12 && digits[0] == b'0' && digits[1] != b'0';
    let is_grouped = groups > 1 && (0..groups).all(|group| (1..=7).contains(&cluster.size(group)));
    let separator = cluster.groups().get(1).map(|group| group.separator);
    let is_even = cluster.groups()[1..groups]
        .iter()
        .all(|group| Some(group.separator) == separator);
    if has_trunk
        && (groups == 1 && (10..=11).contains(&digits.len()) || is_grouped && is_even && separator != Some('/'))
    {
        return Shape::National;
    }
    Shape::Any
}

/// Groups of at least two digits, as many as people dial in.
fn groups_look_dialled(cluster: &Cluster, groups: usize) -> bool {
    (0..groups).all(|group| cluster.size(group) >= 2 || group == 0) && groups <= 6
}

fn is_near_phone(reading: &Reading<'_>, from: usize, to: usize) -> bool {
    reading.names.near(Name::Phone, from, NEAR_CHARS) || super::names::after(reading.tape, to, 2) == Some(Name::Phone)
}

fn claim_landline(reading: &Reading<'_>, cluster: &Cluster) -> Option<Claim> {
    let (tape, from) = (reading.tape, cluster.groups()[0].from);
    let separators = " -·";
    let country = match () {
        () if cluster.digits(cluster.groups().len()).starts_with(b"86") && cluster.size(0) == 2 => 2,
        () => 0,
    };
    // 400 and 800
    if let Some(groups) = cluster.groups_of(10) {
        let digits = cluster.digits(groups);
        let is_service = matches!(digits, [b'4' | b'8', b'0', b'0', ..])
            && !cluster.goes_on(groups)
            && cluster.separated_by(groups, separators)
            && (digits[0] == b'4' || is_chinese(tape, from, cluster.to(groups)));
        if is_service {
            return reading.digits(EntityKind::CnLandline, cluster, groups);
        }
    }
    for len in [12, 11, 10] {
        let Some(groups) = cluster.groups_of(len + country) else {
            continue;
        };
        let digits = &cluster.digits(groups)[country..];
        let (area, rest) = match cn_area(digits) {
            Some(area) => (area, &digits[area..]),
            None => continue,
        };
        let rest_fits = if area == 3 {
            rest.len() == 8
        } else {
            matches!(rest.len(), 7 | 8)
        };
        let splits = groups == 1 || cluster.groups_of(area + country).is_some();
        if rest_fits && splits && rest[0] >= b'2' && cluster.separated_by(groups, separators) {
            // What follows by a hyphen may be an extension of up to four digits.
            let is_free = !cluster.goes_on(groups) || cluster.size(groups) <= 4;
            return is_free
                .then(|| reading.digits(EntityKind::CnLandline, cluster, groups))
                .flatten();
        }
    }
    let is_local = matches!(cluster.size(0), 7 | 8) && matches!(cluster.digits(1)[0], b'2'..=b'8');
    let is_named = reading.names.near(Name::Phone, from, 8) && is_chinese(tape, from, from);
    (is_local && is_named && !cluster.goes_on(1))
        .then(|| reading.digits(EntityKind::CnLandline, cluster, 1))
        .flatten()
}

/// Behind an extension: x4587, ext. 12.
fn extension(tape: &Tape, to: usize) -> usize {
    let at = tape.skip_spaces(to, 1);
    let Some((_, at)) = tape.one_of(at, &["ext.", "ext", "x"]) else {
        return to;
    };
    let at = tape.skip_spaces(at, 1);
    let end = tape.word_end(at);
    let is_number = (1..=5).contains(&(end - at)) && (at..end).all(|at| tape.at(at).is_ascii_digit());
    if is_number { end } else { to }
}

/// Digits as they are dialled, and where each ends.
#[derive(Debug)]
struct Dialled {
    digits: [u8; 16],
    ends: [usize; 16],
    len: usize,
    opens_with_bracket: bool,
    /// How many digits stand before the first closing bracket.
    bracket_closes: usize,
}

impl Dialled {
    /// From a place on. A (0) behind a country code is read over.
    fn read(tape: &Tape, from: usize, has_country: bool) -> Self {
        let mut number = Self {
            digits: [0; 16],
            ends: [0; 16],
            len: 0,
            opens_with_bracket: tape.at(from) == '(',
            bracket_closes: 0,
        };
        let mut at = from;
        while at < from + NUMBER_CHARS_MAX && number.len < 16 {
            let c = tape.at(at);
            let next = tape.at(at + 1);
            if c.is_ascii_digit() {
                number.digits[number.len] = c as u8;
                number.ends[number.len] = at + 1;
                number.len += 1;
            } else if has_country && tape.has(at, "(0)") {
                at += 2;
            } else if c == ')' && number.bracket_closes == 0 {
                number.bracket_closes = number.len;
            } else {
                let joins = match c {
                    '-' | '.' | '/' | '·' => next.is_ascii_digit() || next == '(',
                    ' ' => next.is_ascii_digit() || next == '(' || next == '-' && tape.at(at + 2) == ' ',
                    '(' => next.is_ascii_digit() || next == '+',
                    '+' => at == from + 1,
                    _ => false,
                };
                if !joins {
                    break;
                }
            }
            at += 1;
        }
        number
    }

    fn digits(&self, len: usize) -> &[u8] {
        &self.digits[..len]
    }

    /// The most digits within bounds behind which a group ends, and where.
    fn longest(&self, min: usize, max: usize) -> Option<(usize, usize)> {
        (min..=max.min(self.len)).rev().find_map(|len| {
            let end = self.ends[len - 1];
            // The next digit is not joined directly.
            let is_border = len == self.len || self.ends[len] > end + 1;
            (is_border && len > 0).then_some((len, end))
        })
    }
}
