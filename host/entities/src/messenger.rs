//! A messenger's name with the identifier beside it, in the ways in which people write around a filter.

use super::kind::EntityKind;
use super::reading::{Claim, Reading};
use super::tape::{Tape, is_han};

/// What a messenger is called, and whether the name means nothing else.
pub(super) const NAMES: &[(&str, Means)] = &[
    ("微信", Means::One),
    ("薇信", Means::One),
    ("威信", Means::Other),
    ("徽信", Means::One),
    ("微芯", Means::Other),
    ("v信", Means::One),
    ("vx", Means::One),
    ("wx", Means::One),
    ("weixin", Means::One),
    ("wechat", Means::One),
    ("扣扣", Means::One),
    ("企鹅号", Means::One),
    ("qq群", Means::One),
    ("qq", Means::One),
    ("q号", Means::One),
    ("q", Means::AfterPlus),
    ("叩叩", Means::One),
    ("企鹅", Means::AfterPlus),
    ("球球", Means::AfterPlus),
    ("whatsapp", Means::One),
    ("telegram", Means::One),
    ("电报", Means::Other),
    ("纸飞机", Means::One),
    ("tg", Means::One),
    ("line", Means::Other),
    ("skype", Means::One),
    ("viber", Means::One),
    ("zalo", Means::One),
    ("kakaotalk", Means::One),
    ("kakao", Means::One),
    ("薇", Means::AfterPlus),
    ("微", Means::AfterPlus),
    ("威", Means::AfterPlus),
    ("卫星", Means::AfterPlus),
    ("v", Means::AfterPlus),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Means {
    /// A messenger alone.
    One,
    /// Other things too: the identifier must be set off by a colon.
    Other,
    /// A messenger behind 加 and + alone.
    AfterPlus,
}

/// Words between a name and its identifier.
const BETWEEN: &[&str] = &[
    "号码", "账号", "同号", "同步", "号", "搜索", "搜", "是", "为", "也是", "就是", "id", "number", "no.", "no", "is",
    "me at", "at", "加我", "加", "联系", "添加", "我", "的",
];
/// Characters between them, at most.
const BETWEEN_MAX: usize = 12;
/// An identifier, at least and at most: a messenger's own rules lie within.
const ID_CHARS: std::ops::RangeInclusive<usize> = 5..=32;

/// The name at a place with its identifier; also where `+` stands before the name.
pub(super) fn claim(reading: &Reading<'_>, at: usize) -> Option<Claim> {
    let tape = reading.tape;
    if !begins_name(tape, at) {
        return None;
    }
    if tape.at(at) == '+' {
        let name = tape.skip_spaces(at + 1, 2);
        // The sign belongs to the name where the name is one letter.
        return contact(tape, name, true).map(|contact| reading.claim(EntityKind::Messenger, at, contact.to));
    }
    let is_after_plus = is_plus_before(tape, at);
    let contact = contact(tape, at, is_after_plus)?;
    Some(reading.claim(EntityKind::Messenger, at, contact.to))
}

/// Whether a name may begin at a place: most words are passed over by their first letters.
fn begins_name(tape: &Tape, at: usize) -> bool {
    let lower = |at: usize| tape.at(at).to_ascii_lowercase();
    let (second, third) = (lower(at + 1), || lower(at + 2));
    match lower(at) {
        '+' | '微' | '薇' | '威' | '徽' | '扣' | '叩' | '企' | '球' | '电' | '纸' | '卫' => true,
        'v' => match second {
            'a' | 'e' | 'o' | 'u' => false,
            'i' => third() == 'b',
            _ => true,
        },
        'w' => match second {
            'x' => true,
            'e' => matches!(third(), 'i' | 'c'),
            'h' => third() == 'a',
            _ => false,
        },
        'q' => !second.is_ascii_alphabetic() || second == 'q',
        't' => second == 'g' || second == 'e' && third() == 'l',
        'l' => second == 'i' && third() == 'n',
        's' => second == 'k' && third() == 'y',
        'k' => second == 'a' && third() == 'k',
        'z' => second == 'a' && third() == 'l',
        _ => false,
    }
}

/// A name with an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Contact {
    pub(super) service: &'static str,
    /// Where the identifier begins.
    pub(super) id: usize,
    /// Behind it.
    pub(super) to: usize,
}

/// What stands at a place, read so.
pub(super) fn contact(tape: &Tape, at: usize, is_after_plus: bool) -> Option<Contact> {
    let first = tape.at(at);
    if first.is_ascii_alphabetic() && tape.before(at).is_ascii_alphanumeric()
        || !(first.is_ascii_alphabetic() || is_han(first))
    {
        return None;
    }
    let fits = |means: Means| means != Means::AfterPlus || is_after_plus;
    NAMES
        .iter()
        .filter(|(name, means)| fits(*means) && tape.has(at, name))
        .find_map(|(name, means)| {
            let (id, is_set_off) = identifier(tape, at + name.chars().count());
            let to = identifier_end(tape, id)?;
            let has = |is: fn(&char) -> bool| (id..to).any(|at| is(&tape.at(at)));
            let digits = has(char::is_ascii_digit);
            let is_glued = id == at + name.chars().count();
            let letters_glued = is_glued && name.is_ascii() && tape.at(id).is_ascii_alphabetic();
            let is_identifier = match means {
                // A line of text is no messenger.
                Means::Other if *name == "line" => {
                    is_set_off && digits && (at..at + 4).all(|at| tape.at(at).is_ascii_uppercase())
                }
                Means::Other => is_set_off,
                // vxabc is a word unless somebody is told to add it.
                _ if letters_glued => digits && (is_after_plus || is_told(tape, at)),
                _ => digits || has(|c| *c == '_') || is_set_off || (is_after_plus && !is_english(tape, at)),
            };
            is_identifier.then_some(Contact { service: name, id, to })
        })
}

/// Where the identifier begins, and whether a colon or a word for number stands before it.
fn identifier(tape: &Tape, from: usize) -> (usize, bool) {
    let (mut at, mut is_set_off) = (from, false);
    while at - from < BETWEEN_MAX {
        let c = tape.at(at);
        if matches!(c, ':' | ';' | '=' | '@' | '#') {
            is_set_off = true;
            at += 1;
        } else if matches!(
            c,
            ' ' | '-'
                | '('
                | ')'
                | '['
                | ']'
                | '~'
                | '+'
                | '·'
                | '/'
                | '.'
                | '"'
                | '*'
                | '_'
                | '\n'
                | '>'
                | '👉'
                | '→'
                | '➡'
                | '⬇'
                | '↓'
                | '【'
                | '】'
        ) {
            at += 1;
        } else if let Some((word, to)) = tape.one_of(at, BETWEEN) {
            let is_word =
                !word.is_ascii() || !tape.at(to).is_ascii_alphanumeric() && !tape.before(at).is_ascii_alphanumeric();
            if !is_word {
                break;
            }
            is_set_off |= matches!(
                word,
                "号码" | "账号" | "号" | "同号" | "id" | "是" | "搜" | "搜索" | "number"
            );
            at = to;
        } else {
            break;
        }
    }
    (at, is_set_off)
}

/// Behind the identifier that begins at a place: letters, digits, `_` and `-`, or a telephone number.
fn identifier_end(tape: &Tape, from: usize) -> Option<usize> {
    let mut to = from;
    while to - from < *ID_CHARS.end() && (tape.at(to).is_ascii_alphanumeric() || matches!(tape.at(to), '_' | '-')) {
        to += 1;
    }
    while to > from && tape.before(to) == '-' {
        to -= 1;
    }
    let mut digits = (from..to).filter(|&at| tape.at(at).is_ascii_digit()).count();
    // A telephone number in groups.
    let is_number = digits == to - from && digits > 0;
    while is_number && digits < 11 && tape.at(to) == ' ' && tape.at(to + 1).is_ascii_digit() {
        let end = tape.word_end(to + 1);
        if !(to + 1..end).all(|at| tape.at(at).is_ascii_digit()) || digits + end - to - 1 > 13 {
            break;
        }
        digits += end - to - 1;
        to = end;
    }
    let next = tape.at(to);
    let is_part = next.is_ascii_alphanumeric() || next == '@' || next == '.' && tape.at(to + 1).is_ascii_alphanumeric();
    let is_long_enough = ID_CHARS.contains(&(to - from));
    let is_date = digits >= 6 && (from..to).any(|at| tape.at(at) == '-') && digits + 2 == to - from;
    (is_long_enough && !is_part && !is_date).then_some(to)
}

/// Whether 加, + or a word like it stands before a name.
fn is_plus_before(tape: &Tape, at: usize) -> bool {
    let from = (at.saturating_sub(AFTER_PLUS_MAX)..at)
        .rev()
        .find(|&at| !is_after_plus(tape.at(at)))
        .unwrap_or(at);
    matches!(tape.at(from), '加' | '+' | '添' | '佳' | '嘉' | '伽')
}

/// Characters between 加 and a name, at most.
pub(super) const AFTER_PLUS_MAX: usize = 8;

/// What stands between 加 and a name: 加我的v, 加老师微.
pub(super) fn is_after_plus(c: char) -> bool {
    matches!(c, ' ' | '我' | '个' | '下' | '一' | '老' | '师' | '的' | '本' | '人')
}

/// Whether a listener is told to look somebody up.
fn is_told(tape: &Tape, at: usize) -> bool {
    matches!(tape.before(at), '加' | '+' | '联' | '系' | '私' | '我' | '搜' | ':')
}

/// Whether what surrounds a place is written in letters.
fn is_english(tape: &Tape, at: usize) -> bool {
    !(at.saturating_sub(6)..at + 16).any(|at| is_han(tape.at(at)) || tape.at(at) == '+')
}
