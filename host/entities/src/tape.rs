//! A text as entities are read: folded character by character, each with its place in the original.

use super::starts::tells;
use proviso_chars::Pages;
use proviso_chars::{self as chars, ALL, Class, relation};
use std::sync::LazyLock;

/// A text, or a part of one, folded: full-width and other forms are plain, traditional characters simplified, dashes, spaces
/// and middle dots of every kind one each, invisible characters left out. The case of ASCII letters is kept.
#[derive(Debug, Default)]
pub(super) struct Tape {
    marks: Vec<Mark>,
}

#[derive(Debug, Clone, Copy)]
struct Mark {
    c: char,
    /// Something may begin with it: see [`tells`].
    tells: bool,
    start: u32,
    end: u32,
}

/// What a character becomes: its difference from that, and what it is, all in one look.
#[derive(Debug, Clone, Copy)]
struct Form(u32);

impl Form {
    const LEFT_OUT: u32 = 1 << 21;
    const ENCLOSED: u32 = 1 << 22;
    const TELLS: u32 = 1 << 23;

    fn of(c: char, folded: Option<char>) -> Self {
        let Some(folded) = folded else {
            return Self(Self::LEFT_OUT);
        };
        let enclosed = if is_enclosed(c) { Self::ENCLOSED } else { 0 };
        let telling = if tells(folded) { Self::TELLS } else { 0 };
        Self(u32::from(c) ^ u32::from(folded) | enclosed | telling)
    }

    fn is(self, what: u32) -> bool {
        self.0 & what != 0
    }

    /// What a character of this form becomes.
    fn folded(self, c: char) -> char {
        // The difference leads from a character to a character, so that the fallback is never taken.
        char::from_u32(u32::from(c) ^ self.0 & 0x1f_ffff).unwrap_or(c)
    }
}

static FORMS: LazyLock<Pages<Form>> = LazyLock::new(|| {
    let mut forms = Pages::new(Form(0));
    for c in '\0'..=char::MAX {
        let form = Form::of(c, folded(c));
        if form.0 != 0 {
            forms.set(c, form);
        }
    }
    forms
});

/// What a character is on a tape; none if it is left out.
fn folded(c: char) -> Option<char> {
    Some(match c {
        '\n' | ' '..='\x7e' => c,
        '\t' | '\r' | '\x0b' | '\x0c' => ' ',
        '\0'..='\x1f' | '\x7f' | '\u{20e3}' => return None,
        _ if is_enclosed(c) => relation(ALL).fold(c),
        '²' | '³' | '¹' | '\u{2070}'..='\u{209f}' => '^',
        '➕' | '﹢' | '╋' => '+',
        '\u{2010}'..='\u{2015}' | '−' | '－' | '﹣' | '─' | '﹘' => '-',
        '·' | '•' | '・' | '‧' | '∙' | '⋅' | '･' | '●' => '·',
        _ => match chars::class(c) {
            Class::Invisible => return None,
            Class::Space => ' ',
            Class::Letter | Class::Mark => relation(ALL).fold(c),
        },
    })
}

impl Tape {
    /// Reads the part `from..to` of a text; both are borders of characters.
    pub(super) fn read(&mut self, text: &str, from: usize, to: usize) {
        self.marks.clear();
        let forms = &*FORMS;
        let mut was_enclosed = false;
        let part = &text[from..to];
        self.marks.reserve(part.len());
        let mut at = 0;
        while let Some(&byte) = part.as_bytes().get(at) {
            // Printable ASCII stands for itself.
            if let b' '..=b'~' | b'\n' = byte {
                self.marks.push(Mark {
                    c: char::from(byte),
                    tells: byte != b' ',
                    start: (from + at) as u32,
                    end: (from + at + 1) as u32,
                });
                (at, was_enclosed) = (at + 1, false);
                continue;
            }
            let Some(c) = part[at..].chars().next() else {
                return;
            };
            let start = from + at;
            at += c.len_utf8();
            let form = forms.get(c);
            if form.is(Form::LEFT_OUT) {
                continue;
            }
            let (mut folded, mut tells) = (form.folded(c), form.is(Form::TELLS));
            if form.is(Form::ENCLOSED) {
                let next = part[at..].chars().next().unwrap_or(' ');
                let inside = self.at(self.len().wrapping_sub(1)).is_ascii_digit() && next.is_ascii_digit();
                // One alone numbers an item of a list: ① 13800138000.
                if !(was_enclosed || is_enclosed(next) || inside) {
                    (folded, tells) = ('•', false);
                }
            }
            was_enclosed = form.is(Form::ENCLOSED);
            self.marks.push(Mark {
                c: folded,
                tells,
                start: start as u32,
                end: (from + at) as u32,
            });
        }
    }

    /// The first place from `at` on with which something may begin; the length if there is none.
    #[inline]
    pub(super) fn next_telling(&self, at: usize) -> usize {
        let rest = self.marks.get(at..).unwrap_or_default();
        at + rest.iter().position(|mark| mark.tells).unwrap_or(rest.len())
    }

    /// Folded characters.
    pub(super) fn len(&self) -> usize {
        self.marks.len()
    }

    /// The character at a place; `\0` outside.
    #[inline]
    pub(super) fn at(&self, at: usize) -> char {
        self.marks.get(at).map_or('\0', |mark| mark.c)
    }

    /// The character before a place; `\0` outside.
    #[inline]
    pub(super) fn before(&self, at: usize) -> char {
        self.at(at.wrapping_sub(1))
    }

    /// Where a place begins in the text.
    pub(super) fn start(&self, at: usize) -> u32 {
        self.marks.get(at).map_or(0, |mark| mark.start)
    }

    /// Where the place before `at` ends in the text.
    pub(super) fn end(&self, at: usize) -> u32 {
        self.marks.get(at.wrapping_sub(1)).map_or(0, |mark| mark.end)
    }

    /// Whether `word` stands at a place; ASCII letters in any case.
    #[inline]
    pub(super) fn has(&self, at: usize, word: &str) -> bool {
        // The first byte tells it of most words.
        let (c, first) = (self.at(at), word.as_bytes().first().copied().unwrap_or(0));
        let may_be = if first.is_ascii() {
            c.eq_ignore_ascii_case(&char::from(first))
        } else {
            !c.is_ascii()
        };
        may_be && self.has_whole(at, word)
    }

    fn has_whole(&self, at: usize, word: &str) -> bool {
        let mut place = at;
        word.chars().all(|c| {
            place += 1;
            self.at(place - 1).eq_ignore_ascii_case(&c)
        })
    }

    /// Whether `word` ends before a place.
    pub(super) fn has_before(&self, at: usize, word: &str) -> bool {
        let chars = word.chars().count();
        at >= chars && self.has(at - chars, word)
    }

    /// The first of `words` that stands at a place, with the place behind it.
    pub(super) fn one_of(&self, at: usize, words: &[&'static str]) -> Option<(&'static str, usize)> {
        let word = words.iter().find(|word| self.has(at, word))?;
        Some((word, at + word.chars().count()))
    }

    /// Behind the ASCII letters and digits from a place on.
    pub(super) fn word_end(&self, at: usize) -> usize {
        let mut end = at;
        while self.at(end).is_ascii_alphanumeric() {
            end += 1;
        }
        end
    }

    /// Behind the blanks from a place on, at most `max`.
    pub(super) fn skip_spaces(&self, at: usize, max: usize) -> usize {
        let mut end = at;
        while end < at + max && self.at(end) == ' ' {
            end += 1;
        }
        end
    }
}

/// Digits and letters in circles, brackets and squares.
fn is_enclosed(c: char) -> bool {
    matches!(c, '\u{2460}'..='\u{24ff}' | '\u{2776}'..='\u{2793}' | '\u{3220}'..='\u{3229}' | '\u{3280}'..='\u{3289}' | '\u{1f100}'..='\u{1f10c}')
}

/// Whether a character is an ideograph.
pub(super) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '〇')
}
