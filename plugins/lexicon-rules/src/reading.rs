//! A message's sentences as tokens: known words, unknown ones, and marks. A sentence is read at most once for a message, and only if
//! somebody asks.

use std::cell::OnceCell;

use proviso_sdk::Span;

use crate::words::{Class, Words, fold, goes_on, is_invisible};

/// A word, a mark, or one unknown character.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    /// Byte offsets in the text.
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) class: Class,
    /// What it adds to a distance: one for a Chinese character, two for a word in letters or a number, none for a mark.
    pub(crate) weight: u32,
}

impl Token {
    pub(crate) fn is(&self, class: Class) -> bool {
        self.class.has(class)
    }
}

/// The sentences of one message.
pub(crate) struct Reading {
    sentences: Vec<OnceCell<Vec<Token>>>,
}

impl Reading {
    /// Of a text with so many sentences.
    pub(crate) fn new(sentences: usize) -> Self {
        Self {
            sentences: (0..sentences).map(|_| OnceCell::new()).collect(),
        }
    }

    /// The tokens of a sentence, which stands at `span`; none behind the last.
    pub(crate) fn tokens(&self, words: &Words, text: &str, sentence: usize, span: Span) -> &[Token] {
        match self.sentences.get(sentence) {
            Some(cell) => cell.get_or_init(|| tokens(words, text, span)),
            None => &[],
        }
    }
}

/// The tokens of `span`. Linear in its length: a word is looked up in at most as many steps as the longest has characters.
fn tokens(words: &Words, text: &str, span: Span) -> Vec<Token> {
    let sentence = span.of(text);
    let mut tokens = Vec::new();
    let mut before = '\n';
    let mut quoted = false;
    let mut at = 0;
    while let Some(c) = sentence[at..].chars().next() {
        let rest = &sentence[at..];
        let folded = fold(c);
        let (len, class, weight) = if is_invisible(c) {
            (c.len_utf8(), None, 0)
        } else if is_han(folded) || folded.is_alphanumeric() {
            let (len, class, weight) = word(words, rest, before, folded);
            (len, Some(class), weight)
        } else {
            let (len, class) = mark(rest, before, folded, &mut quoted);
            (len, class, 0)
        };
        if let Some(class) = class {
            tokens.push(Token {
                start: span.start + at as u32,
                end: span.start + (at + len) as u32,
                class,
                weight,
            });
        }
        if let Some(last) = rest[..len].chars().next_back().filter(|&last| !is_invisible(last)) {
            before = fold(last);
        }
        at += len;
    }
    tokens
}

/// The word at the start of `rest`: its bytes, its classes and its weight.
fn word(words: &Words, rest: &str, before: char, first: char) -> (usize, Class, u32) {
    if let Some(len) = asked_both_ways(rest, before, first) {
        return (len, Class::NEUTRAL, 1);
    }
    if let Some((len, class)) = words.longest(rest) {
        let weight = if first.is_ascii() {
            2
        } else {
            rest[..len].chars().count() as u32
        };
        let class = if first.is_ascii() {
            class.with(Class::LATIN)
        } else {
            class
        };
        return (len, class, weight);
    }
    if is_han(first) {
        let len = rest.chars().next().map_or(0, char::len_utf8);
        return (len, Class::default(), 1);
    }
    (length_in_letters(rest), Class::LATIN, 2)
}

/// The bytes of a word in letters or of a number, such as `we'll` and `1,000.50`.
fn length_in_letters(rest: &str) -> usize {
    let mut len = 0;
    let mut before = ' ';
    for (at, c) in rest.char_indices() {
        let end = at + c.len_utf8();
        let c = fold(c);
        let joins = match c {
            '\'' => goes_on(&rest[at..]),
            '.' | ',' => before.is_ascii_digit() && goes_on(&rest[end..]),
            c => c.is_alphanumeric() && !is_han(c),
        };
        if at > 0 && !joins {
            break;
        }
        before = c;
        len = end;
    }
    len
}

/// 要不要, 有没有, 能不能: the same character on both sides; and 忍不住, 用不着: a complement, not an object.
fn asked_both_ways(rest: &str, before: char, first: char) -> Option<usize> {
    if !matches!(first, '不' | '没') || !is_han(before) {
        return None;
    }
    let mut chars = rest.chars();
    let len = chars.next()?.len_utf8();
    let next = fold(chars.next()?);
    (next == before || (first == '不' && matches!(next, '住' | '着'))).then_some(len)
}

/// The mark at the start of `rest`: its bytes and its class, if it has one.
fn mark(rest: &str, before: char, folded: char, quoted: &mut bool) -> (usize, Option<Class>) {
    let len = rest.chars().next().map_or(0, char::len_utf8);
    let next = rest[len..].chars().map(fold).find(|c| !is_invisible(*c));
    let digits = before.is_ascii_digit() && next.is_some_and(|next| next.is_ascii_digit());
    let class = match folded {
        ' ' => {
            let blanks: usize = rest.chars().take_while(|&c| fold(c) == ' ').map(char::len_utf8).sum();
            let next = rest[blanks..].chars().next();
            // Between Chinese characters white space stands where a mark would.
            let border = ends_clause(before) && next.is_some_and(ends_clause);
            return (blanks, border.then_some(Class::BREAK));
        }
        ',' if !digits => Class::COMMA,
        ':' if !digits => Class::COLON,
        '、' | '/' => Class::LIST,
        '—' | '–' => Class::COLON,
        '(' | ')' => Class::BRACKET,
        '?' => Class::ASKS.with(Class::END),
        '!' | '。' | '…' | ';' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => Class::END,
        '“' | '「' | '『' => Class::OPEN,
        '”' | '」' | '』' => Class::CLOSE,
        '"' => {
            *quoted = !*quoted;
            if *quoted { Class::OPEN } else { Class::CLOSE }
        }
        '.' if next.is_none_or(char::is_whitespace) => Class::END,
        '-' if before == ' ' || is_han(before) => Class::BREAK,
        ',' | ':' | '.' | '-' | '\'' | '%' | '$' | '￥' | '¥' | '&' | '+' | '《' | '》' | '#' | '@' | '_' | '=' => {
            return (len, None);
        }
        _ => Class::BREAK,
    };
    (len, Some(class))
}

/// True for what may stand on the side of a blank that ends a clause: a Chinese character or a closing mark.
fn ends_clause(c: char) -> bool {
    is_han(c) || matches!(c, '”' | '」' | '』' | '“' | '「' | '『')
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{20000}'..='\u{3134F}')
}
