//! A disguised message as it is read, so that contexts and borders see what a reader sees: what is put between the characters of its
//! rows is left out, letters in other forms are plain. Hits are moved into it, and spans of findings back.

use proviso_noise::{self as noise, MARK};
use proviso_sdk::{Message, Span};

/// A message as it is read, and the way back.
pub(crate) struct Plain {
    pub(crate) message: Message,
    /// By character: where it begins in the text as it is read.
    starts: Vec<u32>,
    units: Vec<Unit>,
}

/// A character as it is read, with the bytes that it stands for.
#[derive(Debug, Clone, Copy)]
struct Unit {
    c: char,
    from: u32,
    to: u32,
}

impl noise::Unit for Unit {
    fn char(&self) -> char {
        self.c
    }
}

impl Plain {
    /// None for a message that is read as it stands, or in which nothing was found.
    pub(crate) fn of(message: &Message) -> Option<Self> {
        if message.hits.is_empty() || !seems_disguised(&message.text) {
            return None;
        }
        let units = read(&message.text);
        let (mut text, mut starts) = (
            String::with_capacity(message.text.len()),
            Vec::with_capacity(units.len()),
        );
        for unit in &units {
            starts.push(text.len() as u32);
            text.push(unit.c);
        }
        if text == message.text {
            return None;
        }
        let mut plain = Self {
            message: message.clone(),
            starts,
            units,
        };
        plain.message.text = text;
        let hits = std::mem::take(&mut plain.message.hits);
        let moved = hits.into_iter().filter_map(|mut hit| {
            hit.span = plain.moved(hit.span)?;
            Some(hit)
        });
        let moved = moved.collect();
        plain.message.hits = moved;
        Some(plain)
    }

    /// Moves spans of the text as it is read back into the text.
    pub(crate) fn lead_back(&self, spans: &mut [Span]) {
        for span in spans {
            let first = self.starts.partition_point(|&start| start <= span.start);
            let last = self.starts.partition_point(|&start| start < span.end);
            if let (Some(first), Some(last)) = (self.unit_before(first), self.unit_before(last)) {
                *span = Span {
                    start: first.from,
                    end: last.to,
                };
            }
        }
    }

    fn unit_before(&self, at: usize) -> Option<&Unit> {
        self.units.get(at.checked_sub(1)?)
    }

    /// A span of the text in the text as it is read; none if nothing of it is left.
    fn moved(&self, span: Span) -> Option<Span> {
        let first = self.units.partition_point(|unit| unit.to <= span.start);
        let behind = self.units.partition_point(|unit| unit.from < span.end);
        let end = self
            .starts
            .get(behind)
            .copied()
            .unwrap_or(self.message.text.len() as u32);
        (first < behind).then(|| Span {
            start: self.starts[first],
            end,
        })
    }
}

/// False of most texts, by one look at each character: words of ASCII are passed over whole.
fn seems_disguised(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (mut at, mut before, mut row) = (0, ' ', Row::default());
    while at < bytes.len() {
        let word = bytes[at..]
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric())
            .count();
        if word > 1 {
            at += word;
            before = char::from(bytes[at - 1]);
            row = Row::default();
        }
        let Some(c) = text[at..].chars().next() else { break };
        let end = at + c.len_utf8();
        let is_mark = c.is_ascii() && !c.is_ascii_alphanumeric() && !matches!(c, '#' | '[');
        let is_ideograph = noise::is_ideograph(c);
        if is_mark || is_ideograph && noise::is_ideograph(before) {
            // Marks of ASCII disguise nothing, nor do ideographs that follow each other.
            if is_ideograph {
                row = Row::of_ideograph(c, end);
            }
            (before, at) = (c, end);
            continue;
        }
        let is_disguise = match c {
            '#' => before == '&',
            '[' => noise::is_letter(before) && picture_code(&text[at..]).is_some(),
            '\0'..='\u{7f}' => false,
            _ => noise::is_unseen(c) || is_combining(c) || noise::is_flag_letter(c) || form(c).is_some(),
        };
        if noise::is_letter(c) {
            let is_inside = |other: char| noise::are_of_word(c, other);
            if is_inside(before) || text[end..].chars().next().is_some_and(is_inside) {
                row = Row::default();
            } else {
                row.add(text, at, c);
            }
        }
        if is_disguise || row.is_noise() {
            return true;
        }
        (before, at) = (c, end);
    }
    false
}

/// Letters in a row that each stand alone, with the same between them.
#[derive(Default)]
struct Row<'a> {
    letters: usize,
    ideographs: usize,
    digits: usize,
    last: char,
    /// Where the last one ends.
    end: usize,
    between: &'a str,
}

impl<'a> Row<'a> {
    /// The first letter of a row, which ends there.
    fn of_ideograph(c: char, end: usize) -> Self {
        Self {
            letters: 1,
            ideographs: 1,
            last: c,
            end,
            ..Self::default()
        }
    }

    fn add(&mut self, text: &'a str, at: usize, c: char) {
        let between = if self.letters == 0 { "" } else { &text[self.end..at] };
        if self.letters > 1 && !self.goes_on(between) || between.is_empty() {
            // The last one may be the first of another row.
            let last = self.last;
            *self = Self::default();
            if !between.is_empty() {
                self.count(last);
            }
        }
        self.count(c);
        (self.last, self.end) = (c, at + c.len_utf8());
        if self.letters == 2 {
            self.between = between;
        }
    }

    /// The same stands between as before, or it stands there twice, with a mark in the place of a letter.
    fn goes_on(&self, between: &str) -> bool {
        between.starts_with(self.between) && between.ends_with(self.between)
    }

    fn count(&mut self, c: char) {
        self.letters += 1;
        self.ideographs += usize::from(noise::is_ideograph(c));
        self.digits += usize::from(c.is_ascii_digit());
    }

    fn is_noise(&self) -> bool {
        let least = if self.digits == self.letters {
            noise::DIGITS_MIN
        } else {
            noise::ROW_MIN
        };
        self.letters >= least || self.ideographs >= noise::IDEOGRAPHS_MIN
    }
}

/// A text as it is read.
fn read(text: &str) -> Vec<Unit> {
    let mut units = units(text);
    noise::leave_out_rows(&mut units);
    read_letters(&mut units);
    units
}

/// The characters of a text that are seen, references decoded, codes of small pictures one mark each.
fn units(text: &str) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::with_capacity(text.len() / 2);
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let is_behind_letter = units.last().is_some_and(|unit| noise::is_letter(unit.c));
        let decoded = match c {
            '&' => reference(&text[at..]),
            '[' if is_behind_letter => picture_code(&text[at..]).map(|length| (MARK, length)),
            _ if noise::is_flag_letter(c) => {
                let second = text[at..].chars().nth(1).filter(|&c| noise::is_flag_letter(c));
                second.map(|second| (MARK, c.len_utf8() + second.len_utf8()))
            }
            _ => None,
        };
        let (c, length) = decoded.unwrap_or((c, c.len_utf8()));
        if !(noise::is_unseen(c) || is_combining(c)) {
            units.push(Unit {
                c,
                from: at as u32,
                to: (at + length) as u32,
            });
        }
        at += length;
    }
    units
}

/// Characters of a code's name, at most.
const CODE_CHARS_MAX: usize = 8;

/// The bytes of a code such as `[玫瑰]` that a letter stands behind: whatever is in the brackets, it stands within a word.
fn picture_code(text: &str) -> Option<usize> {
    let (at, _) = text
        .char_indices()
        .skip(1)
        .take(CODE_CHARS_MAX + 1)
        .find(|(_, c)| !noise::is_letter(*c))?;
    let behind = text[at..].strip_prefix(']')?;
    let is_code = at > 1 && behind.chars().next().is_some_and(noise::is_letter);
    is_code.then_some(at + 1)
}

/// A character reference by number: `&#20445;`, `&#x4fdd;`.
fn reference(text: &str) -> Option<(char, usize)> {
    let rest = text.strip_prefix("&#")?;
    let (radix, digits) = match rest.strip_prefix(['x', 'X']) {
        Some(digits) => (16, digits),
        None => (10, rest),
    };
    let length = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    let c = char::from_u32(u32::from_str_radix(digits.get(..length)?, radix).ok()?)?;
    let end = text.len() - digits.len() + length;
    Some((c, end + usize::from(text[end..].starts_with(';'))))
}

/// Marks that are laid over the letter before them.
fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Reads letters in other forms as plain; those of other scripts where a Latin letter stands beside them.
fn read_letters(units: &mut [Unit]) {
    for at in 0..units.len() {
        let is_latin = |at: usize| {
            units.get(at).is_some_and(|unit| {
                let c = form(unit.c).unwrap_or(unit.c);
                c.is_ascii_alphabetic()
            })
        };
        let Some(plain) = form(units[at].c) else { continue };
        let is_of_other_script = units[at].c < '\u{600}' && plain != ' ';
        if !is_of_other_script || is_latin(at.wrapping_sub(1)) || is_latin(at + 1) {
            units[at].c = plain;
        }
    }
}

/// Letters of other scripts, each with the Latin one that it looks like.
const LOOKALIKES: &str = "АAВBЕEКKМMНHОOРPСCТTУYХXаaеeкkоoрpсcуyхxіiІIјjЈJѕsЅSԁdԛqԝw\
    ΑAΒBΕEΖZΗHΙIΚKΜMΝNΟOΡPΤTΥYΧXαaιiκkνvοoρpυu";

/// The plain character of another form of it.
fn form(c: char) -> Option<char> {
    let letter = |from: u32, count: u32, first: char| {
        let place = u32::from(c).wrapping_sub(from);
        (place < count)
            .then(|| char::from_u32(u32::from(first) + place))
            .flatten()
    };
    match c {
        '\0'..='\u{7f}' => None,
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{3000}' => Some(' '),
        '\u{370}'..='\u{52f}' => {
            let mut pairs = LOOKALIKES.chars();
            while let (Some(one), Some(plain)) = (pairs.next(), pairs.next()) {
                if one == c {
                    return Some(plain);
                }
            }
            None
        }
        '\u{ff07}' => Some('\''),
        '\u{1d400}'..='\u{1d6a3}' => {
            let place = (u32::from(c) - 0x1_d400) % 52;
            char::from_u32(if place < 26 { 0x41 + place } else { 0x61 + place - 26 })
        }
        '\u{1d7ce}'..='\u{1d7ff}' => char::from_u32(0x30 + (u32::from(c) - 0x1_d7ce) % 10),
        '\u{24ea}' => Some('0'),
        _ => letter(0xff10, 10, '0')
            .or_else(|| letter(0xff21, 26, 'A'))
            .or_else(|| letter(0xff41, 26, 'a'))
            .or_else(|| letter(0x2460, 9, '1'))
            .or_else(|| letter(0x249c, 26, 'a'))
            .or_else(|| letter(0x24b6, 26, 'A'))
            .or_else(|| letter(0x24d0, 26, 'a'))
            .or_else(|| letter(0x1_f130, 26, 'A'))
            .or_else(|| letter(0x1_f150, 26, 'A'))
            .or_else(|| letter(0x1_f170, 26, 'A')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_that_reads_differently_seems_disguised() {
        let table = [
            "W.h.a.t.s A.p.p",
            "call p.a.t.e",
            "p.a.t.e，at noon",
            "加我 V X 信号",
            "保[玫瑰]本",
            "保 本 保 息",
            "稳-赚-不-赔",
            "1-3-8-0-0-1",
            "gu\u{200b}arantee",
            "g\u{435}t",
            "&#20445;本",
            "保[保[.[玫瑰]",
        ];
        for text in table {
            assert!(seems_disguised(text), "{text:?}");
        }
    }

    /// Letters, ideographs, digits and what people put between them, forms of letters, codes of pictures, references.
    const PIECES: [&str; 30] = [
        "a", "b", "W", "hat", "the", "保", "本", "加我", "微信", "1", "2", "38", " ", " ", ".", "-", "\n", "\r\n",
        "，", "。", "·", "💰", "[玫瑰]", "[", "]", "&#20445;", "&", "\u{200b}", "е", "ａ",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]
        #[test]
        fn no_text_that_reads_differently_is_passed_over(pieces in proptest::collection::vec(0..PIECES.len(), 0..24)) {
            let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
            let read: String = read(&text).iter().map(|unit| unit.c).collect();
            prop_assert!(read == text || seems_disguised(&text), "{text:?} reads {read:?}");
        }
    }

    #[test]
    fn initials_tables_and_paragraphs_do_not_seem_disguised() {
        let table = [
            "at 4 p.m. on Friday",
            "16 U.S.C. and 31 U. S. C.",
            "- I\r\n- A\r\n-- a b",
            "the L.L.P. says: w.r.t. that, i.e. a plan (e.g. a hedge)",
            "1 2 3 4 5",
            "好的。\n是，在\n的",
            "您好 我是 客服",
        ];
        for text in table {
            assert!(!seems_disguised(text), "{text:?}");
        }
    }
}
