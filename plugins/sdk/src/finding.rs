//! Builds findings within the contract's bounds.

use crate::configure::FloorCharBoundary;
use crate::{Finding, Language, Reason, Severity, Span};

const SPANS_MAX: usize = 16;
const REASON_BYTES_MAX: usize = 1024;

impl Finding {
    /// A finding of a rule. `rule` is 1 to 64 bytes of `a-z 0-9 -`. The SDK fills in which message it is about.
    pub fn new(rule: impl Into<String>, severity: Severity) -> Self {
        Self {
            message: 0,
            rule: rule.into(),
            severity,
            spans: Vec::new(),
            reasons: Vec::new(),
        }
    }

    /// Adds where in the message's text. Beyond 16 a span is dropped: the contract takes no more.
    #[must_use]
    pub fn span(mut self, span: Span) -> Self {
        if self.spans.len() < SPANS_MAX {
            self.spans.push(span);
        }
        self
    }

    /// Adds several spans, as [`span`](Self::span) does.
    #[must_use]
    pub fn spans(self, spans: impl IntoIterator<Item = Span>) -> Self {
        spans.into_iter().fold(self, Self::span)
    }

    /// Says why, in simplified Chinese. See [`reason`](Self::reason).
    #[must_use]
    pub fn reason_zh(self, text: impl Into<String>) -> Self {
        self.reason(Language::Zh, text)
    }

    /// Says why, in English. See [`reason`](Self::reason).
    #[must_use]
    pub fn reason_en(self, text: impl Into<String>) -> Self {
        self.reason(Language::En, text)
    }

    /// Says why, once for a language: a second text replaces the first. Control characters become spaces, and what is over 1,024 bytes is cut, since
    /// the contract takes neither. At least one reason is needed.
    #[must_use]
    pub fn reason(mut self, language: Language, text: impl Into<String>) -> Self {
        let mut text = text.into();
        if text.chars().any(is_break) {
            text = text.chars().map(|c| if is_break(c) { ' ' } else { c }).collect();
        }
        text.truncate(text.floor_char_boundary_at(REASON_BYTES_MAX));
        match self.reasons.iter_mut().find(|reason| reason.language == language) {
            Some(reason) => reason.text = text,
            None => self.reasons.push(Reason { language, text }),
        }
        self
    }
}

fn is_break(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}
