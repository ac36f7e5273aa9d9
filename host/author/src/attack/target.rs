//! What a mutation changes: a text, and where in it the finding stands.

use crate::han::is_han;
use std::ops::Range;

/// A message's text and the places that matter in it.
#[derive(Debug, Clone)]
pub(super) struct Target<'a> {
    /// Not empty.
    pub(super) text: &'a str,
    /// In order, without overlap, on characters' borders, none of them empty; one at least.
    spans: Vec<Range<usize>>,
}

impl<'a> Target<'a> {
    /// Spans that are none of this text's are left out; without any, the whole text is what matters. `None` for a text without
    /// a character that is seen.
    pub(super) fn new(text: &'a str, spans: impl IntoIterator<Item = Range<usize>>) -> Option<Self> {
        if text.trim().is_empty() {
            return None;
        }
        let mut spans: Vec<Range<usize>> = spans
            .into_iter()
            .filter(|span| text.get(span.clone()).is_some_and(|part| !part.trim().is_empty()))
            .collect();
        spans.sort_by_key(|span| (span.start, span.end));
        let mut end = 0;
        spans.retain(|span| {
            let is_apart = span.start >= end;
            if is_apart {
                end = span.end;
            }
            is_apart
        });
        if spans.is_empty() {
            spans.push(0..text.len());
        }
        Some(Self { text, spans })
    }

    /// Where the first span begins.
    pub(super) fn start(&self) -> usize {
        self.spans[0].start
    }

    /// The spans, at least one.
    pub(super) fn spans(&self) -> &[Range<usize>] {
        &self.spans
    }

    /// The text of the spans.
    pub(super) fn parts(&self) -> impl Iterator<Item = &'a str> {
        self.spans.iter().map(|span| &self.text[span.clone()])
    }

    /// The text with each span as `change` makes it.
    pub(super) fn with(&self, mut change: impl FnMut(&str) -> String) -> String {
        let (mut whole, mut at) = (String::with_capacity(self.text.len() * 2), 0);
        for span in &self.spans {
            whole.push_str(&self.text[at..span.start]);
            whole.push_str(&change(&self.text[span.clone()]));
            at = span.end;
        }
        whole.push_str(&self.text[at..]);
        whole
    }

    /// The text with each character of the spans as `change` makes it.
    pub(super) fn with_each(&self, mut change: impl FnMut(char, &mut String)) -> String {
        self.with(|part| {
            let mut changed = String::with_capacity(part.len() * 2);
            part.chars().for_each(|c| change(c, &mut changed));
            changed
        })
    }

    /// The text with something between the characters of each span; where white space stands already, nothing is added.
    pub(super) fn between(&self, mut noise: impl FnMut() -> &'static str) -> String {
        self.with(|part| {
            let mut changed = String::with_capacity(part.len() * 4);
            let mut before = None;
            for c in part.chars() {
                if before.is_some_and(|before: char| !before.is_whitespace()) && !c.is_whitespace() {
                    changed.push_str(noise());
                }
                changed.push(c);
                before = Some(c);
            }
            changed
        })
    }

    /// True if what matters is written in Chinese characters.
    pub(super) fn is_chinese(&self) -> bool {
        self.parts().any(|part| part.chars().any(is_han))
    }
}

/// Where clauses end: behind a comma or a sentence's mark with what follows of such. Not between digits. The text's own end is none.
pub(super) fn clause_ends(text: &str) -> Vec<usize> {
    let is_mark = |c: char| {
        matches!(
            c,
            '，' | ',' | '、' | '。' | '；' | ';' | '！' | '!' | '？' | '?' | '\n'
        )
    };
    let mut ends = Vec::new();
    let mut before: Option<char> = None;
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let after = rest.peek().map(|(_, c)| *c);
        let is_number = before.is_some_and(|c| c.is_ascii_digit()) && after.is_some_and(|c| c.is_ascii_digit());
        let is_stop = c == '.' && after.is_some_and(char::is_whitespace);
        if (is_mark(c) && !is_number || is_stop) && after.is_some_and(|c| !is_mark(c)) {
            ends.push(at + c.len_utf8());
        }
        before = Some(c);
    }
    // A clause without a word is none.
    ends.retain(|end| {
        text[..*end].chars().any(char::is_alphanumeric) && text[*end..].chars().any(char::is_alphanumeric)
    });
    ends
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn spans_are_put_in_order_and_those_of_another_text_left_out() {
        let spans = |text, of: &[Range<usize>]| Target::new(text, of.to_vec()).map(|target| target.spans().to_vec());
        assert_eq!(spans("保本稳赚", &[6..12, 0..6, 3..9]), Some(vec![0..6, 6..12]));
        assert_eq!(
            spans("保本", &[1..4, 9..12, 0..0]),
            Some(Vec::from_iter(Some(0..6))),
            "the whole text"
        );
        assert_eq!(spans(" \n", &[]), None);
    }

    #[test]
    fn clauses_end_at_marks_and_not_within_figures() {
        each_row(
            [
                ("先说这个，再说那个。完", vec!["先说这个，", "再说那个。", "完"]),
                (
                    "at 1,000 a day, net. All of it",
                    vec!["at 1,000 a day,", " net.", " All of it"],
                ),
                ("真的？！好", vec!["真的？！", "好"]),
                ("，只有一句。", vec!["，只有一句。"]),
                ("3.5%", vec!["3.5%"]),
            ],
            |(text, expected)| {
                let mut at = 0;
                let mut clauses = Vec::new();
                for end in clause_ends(text).into_iter().chain([text.len()]) {
                    clauses.push(&text[at..end]);
                    at = end;
                }
                assert_eq!(clauses, expected);
            },
        );
    }
}
