//! One message as the conditions see it, with what is worked out at most once for it.

use std::borrow::Cow;
use std::cell::OnceCell;

use proviso_sdk::{Hit, Message, PrecedingMessage, Span};

use crate::reading::Reading;
use crate::roles::{Roles, Segments};
use crate::settings::Unit;
use crate::sieve::{Chosen, Sieve};

/// A hit that counts for a condition, perhaps merged from several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Occurrence {
    pub(crate) span: Span,
    pub(crate) list: u16,
    pub(crate) term: u32,
}

impl From<&Hit> for Occurrence {
    fn from(hit: &Hit) -> Self {
        Self {
            span: hit.span,
            list: hit.list,
            term: hit.term,
        }
    }
}

/// A message being judged.
pub(crate) struct Scene<'m> {
    pub(crate) message: &'m Message,
    /// The hits that count.
    pub(crate) hits: Cow<'m, [Hit]>,
    /// What counts, and by which list, where the message or an earlier one may have more than the sender's own words.
    counted: Option<(&'m Segments, Roles)>,
    /// The sender of the message that is judged wrote it.
    pub(crate) is_by_sender: bool,
    /// Which selections have a hit.
    pub(crate) chosen: Chosen,
    sieve: &'m Sieve,
    /// The same of each earlier message.
    chosen_before: OnceCell<Vec<Chosen>>,
    borders: OnceCell<Borders>,
    reading: OnceCell<Reading>,
}

/// The scenes of a message, one for each choice of what counts.
pub(crate) struct Scenes<'m> {
    message: &'m Message,
    segments: Option<&'m Segments>,
    sieve: &'m Sieve,
    /// True if some part of the text is not the sender's own.
    has_parts: bool,
    made: Vec<(Option<Roles>, Scene<'m>)>,
}

impl<'m> Scenes<'m> {
    pub(crate) fn new(message: &'m Message, segments: Option<&'m Segments>, sieve: &'m Sieve) -> Self {
        Self {
            message,
            segments,
            sieve,
            has_parts: segments.is_some_and(|segments| message.hits.iter().any(|hit| segments.has(hit))),
            made: Vec::new(),
        }
    }

    /// The message as a rule that counts these roles sees it.
    pub(crate) fn of(&mut self, roles: Option<Roles>) -> &Scene<'m> {
        let at = self.made.iter().position(|(of, _)| *of == roles);
        let at = at.unwrap_or_else(|| {
            let counted = self.segments.zip(roles);
            let hits = match counted.filter(|(_, roles)| self.has_parts || !roles.has_own()) {
                Some((segments, roles)) => segments.counted(&self.message.hits, roles).into(),
                None => self.message.hits.as_slice().into(),
            };
            self.made
                .push((roles, Scene::new(self.message, hits, counted, self.sieve)));
            self.made.len() - 1
        });
        &self.made[at].1
    }
}

/// Byte offsets behind which a new clause or sentence begins.
struct Borders {
    clauses: Vec<u32>,
    sentences: Vec<u32>,
    paragraphs: Vec<u32>,
}

/// The end of a line with more characters ends a paragraph: nobody wrapped it. Mails wrap at 72 to 80.
const WRAPPED_CHARS_MAX: usize = 100;

impl<'m> Scene<'m> {
    fn new(
        message: &'m Message,
        hits: Cow<'m, [Hit]>,
        counted: Option<(&'m Segments, Roles)>,
        sieve: &'m Sieve,
    ) -> Self {
        let chosen = sieve.chosen(&hits);
        Self {
            message,
            hits,
            counted,
            is_by_sender: true,
            chosen,
            sieve,
            chosen_before: OnceCell::new(),
            borders: OnceCell::new(),
            reading: OnceCell::new(),
        }
    }

    pub(crate) fn text(&self) -> &'m str {
        &self.message.text
    }

    fn preceding(&self) -> &'m [PrecedingMessage] {
        &self.message.preceding
    }

    /// The hits of an earlier message that count.
    pub(crate) fn hits_of(&self, earlier: &'m PrecedingMessage) -> Cow<'m, [Hit]> {
        match self.counted {
            Some((segments, roles)) if !roles.has_own() || earlier.hits.iter().any(|hit| segments.has(hit)) => {
                segments.counted(&earlier.hits, roles).into()
            }
            _ => earlier.hits.as_slice().into(),
        }
    }

    /// Each earlier message with the selections that have a hit in it, the oldest first.
    pub(crate) fn before(&self) -> impl DoubleEndedIterator<Item = (&'m PrecedingMessage, &Chosen)> {
        let chosen = |earlier| self.sieve.chosen(&self.hits_of(earlier));
        let before = self
            .chosen_before
            .get_or_init(|| self.preceding().iter().map(chosen).collect());
        self.preceding().iter().zip(before)
    }

    /// An earlier message, shown as `message`, as the same rule sees it.
    pub(crate) fn earlier<'e>(&self, message: &'e Message, of: &'m PrecedingMessage) -> Scene<'e>
    where
        'm: 'e,
    {
        Scene {
            is_by_sender: of.same_sender,
            ..Scene::new(message, self.hits_of(of), self.counted, self.sieve)
        }
    }

    /// True if the text has one paragraph.
    pub(crate) fn is_one_paragraph(&self) -> bool {
        self.borders_of(Unit::Paragraph).is_empty()
    }

    /// The number of the clause, sentence or paragraph in which an offset stands; always 0 for the message.
    pub(crate) fn unit_at(&self, unit: Unit, offset: u32) -> usize {
        self.borders_of(unit).partition_point(|&border| border <= offset)
    }

    /// The bytes of the clause or sentence that a span starts in, up to the end of the one that it ends in.
    pub(crate) fn unit_around(&self, unit: Unit, span: Span) -> Span {
        let borders = self.borders_of(unit);
        let before = borders.partition_point(|&border| border <= span.start);
        let start = if before == 0 { 0 } else { borders[before - 1] };
        let behind = borders.partition_point(|&border| border < span.end);
        let end = borders.get(behind).copied().unwrap_or(self.text().len() as u32);
        Span { start, end }
    }

    /// How many sentences the text has, an empty last one included.
    pub(crate) fn sentences(&self) -> usize {
        self.borders_of(Unit::Sentence).len() + 1
    }

    /// The number of the sentence in which an offset stands.
    pub(crate) fn sentence_at(&self, offset: u32) -> usize {
        self.unit_at(Unit::Sentence, offset)
    }

    /// Where a sentence stands, its end mark included.
    pub(crate) fn sentence(&self, at: usize) -> Span {
        let borders = self.borders_of(Unit::Sentence);
        let start = at.checked_sub(1).and_then(|at| borders.get(at));
        Span {
            start: start.copied().unwrap_or(0),
            end: borders.get(at).copied().unwrap_or(self.text().len() as u32),
        }
    }

    /// The message as the library reads it.
    pub(crate) fn reading(&self) -> &Reading {
        self.reading.get_or_init(|| Reading::new(self.sentences()))
    }

    fn borders_of(&self, unit: Unit) -> &[u32] {
        let borders = || self.borders.get_or_init(|| find_borders(self.text()));
        match unit {
            Unit::Message => &[],
            Unit::Clause => &borders().clauses,
            Unit::Sentence => &borders().sentences,
            Unit::Paragraph => &borders().paragraphs,
        }
    }
}

fn find_borders(text: &str) -> Borders {
    let mut borders = Borders {
        clauses: Vec::new(),
        sentences: Vec::new(),
        paragraphs: Vec::new(),
    };
    let bytes = text.as_bytes();
    let (mut at, mut line_from) = (0, 0);
    while let Some(&byte) = bytes.get(at) {
        if !MAY_BE_BORDER[usize::from(byte)] {
            at += 1;
            continue;
        }
        let Some(c) = text[at..].chars().next() else { break };
        let end = at + c.len_utf8();
        if c == '\n' {
            let line = &text[line_from..at];
            if line.trim_start().is_empty()
                || (line.len() > WRAPPED_CHARS_MAX && line.chars().count() > WRAPPED_CHARS_MAX)
            {
                borders.paragraphs.push(end as u32);
            }
            line_from = end;
        }
        let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        let ends_sentence = match c {
            '。' | '！' | '？' | '!' | '?' | '；' | ';' | '…' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => true,
            '.' => text[end..].chars().next().is_none_or(char::is_whitespace),
            _ => false,
        };
        if ends_sentence {
            borders.sentences.push(end as u32);
        }
        let ends_clause =
            matches!(c, '，' | ',' | '、' | '：' | ':') && !(is_digit(at.wrapping_sub(1)) && is_digit(end));
        if ends_sentence || ends_clause {
            borders.clauses.push(end as u32);
        }
        at = end;
    }
    borders
}

/// The first bytes of what may end a clause, a sentence or a line.
static MAY_BE_BORDER: [bool; 256] = {
    let mut may_be = [false; 256];
    let first = b"\n\r!?;.,:\xe2\xe3\xef";
    let mut at = 0;
    while at < first.len() {
        may_be[first[at] as usize] = true;
        at += 1;
    }
    may_be
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proviso_rows::each_row;

    #[test]
    fn text_is_divided_into_clauses_and_sentences() {
        let table: &[(&str, &[&str], &[&str])] = &[
            ("保本", &["保本"], &["保本"]),
            ("不，保本。好", &["不，", "保本。", "好"], &["不，保本。", "好"]),
            (
                "10:30 付 1,000.50 元",
                &["10:30 付 1,000.50 元"],
                &["10:30 付 1,000.50 元"],
            ),
            (
                "No. It is not. ok",
                &["No.", " It is not.", " ok"],
                &["No.", " It is not.", " ok"],
            ),
            ("a: b\nc", &["a:", " b\n", "c"], &["a: b\n", "c"]),
        ];
        each_row(table, |(text, clauses, sentences)| {
            let borders = find_borders(text);
            assert_eq!(parts(text, &borders.clauses), *clauses, "{text}");
            assert_eq!(parts(text, &borders.sentences), *sentences, "{text}");
        });
    }

    #[test]
    fn a_paragraph_ends_at_a_blank_line_and_with_a_line_that_nobody_wrapped() {
        let long = "长".repeat(101);
        let table: &[(&str, usize)] = &[
            ("一行\n又一行\n", 1),
            ("一段\n\n又一段", 2),
            ("一段\r\n \t\r\n又一段", 2),
            ("a\n\n\nb", 3),
            ("", 1),
        ];
        each_row(table, |(text, count)| {
            let borders = find_borders(text).paragraphs;
            assert_eq!(parts(text, &borders).len().max(1), *count, "{text:?} {borders:?}");
        });
        assert_eq!(find_borders(&format!("{long}\n好")).paragraphs.len(), 1);
    }

    /// Borders by the definition, character by character.
    fn by_definition(text: &str) -> [Vec<u32>; 3] {
        let (mut clauses, mut sentences, mut paragraphs) = (Vec::new(), Vec::new(), Vec::new());
        let chars: Vec<(usize, char)> = text.char_indices().collect();
        let mut line = String::new();
        for (place, &(at, c)) in chars.iter().enumerate() {
            let end = (at + c.len_utf8()) as u32;
            let before = place.checked_sub(1).map(|before| chars[before].1);
            let next = chars.get(place + 1).map(|next| next.1);
            let between_digits = [before, next].iter().all(|c| c.is_some_and(|c| c.is_ascii_digit()));
            let ends_sentence =
                "。！？!?；;…\n\r\u{2028}\u{2029}".contains(c) || c == '.' && next.is_none_or(char::is_whitespace);
            if ends_sentence {
                sentences.push(end);
            }
            if ends_sentence || "，,、：:".contains(c) && !between_digits {
                clauses.push(end);
            }
            line.push(c);
            if c == '\n' {
                if line.trim().is_empty() || line.chars().count() > WRAPPED_CHARS_MAX + 1 {
                    paragraphs.push(end);
                }
                line.clear();
            }
        }
        [clauses, sentences, paragraphs]
    }

    proptest! {
        #[test]
        fn borders_are_those_of_the_definition(pieces in proptest::collection::vec(0..PIECES.len(), 0..40)) {
            let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
            let found = find_borders(&text);
            prop_assert_eq!([found.clauses, found.sentences, found.paragraphs], by_definition(&text), "{:?}", text);
        }
    }

    const PIECES: [&str; 20] = [
        "a",
        "字",
        "1",
        "2",
        ",",
        "，",
        "、",
        "：",
        ":",
        ".",
        "。",
        "…",
        "?",
        " ",
        "\u{3000}",
        "\n",
        "\r\n",
        "\u{2028}",
        "～",
        "一行没有人折过的字一行没有人折过的字一行没有人折过的字一行没有人折过的字一行没有人折过的字",
    ];

    fn parts<'t>(text: &'t str, borders: &[u32]) -> Vec<&'t str> {
        let mut start = 0;
        let mut parts = Vec::new();
        for &border in borders.iter().chain([&(text.len() as u32)]) {
            if border as usize > start {
                parts.push(&text[start..border as usize]);
            }
            start = border as usize;
        }
        parts
    }
}
