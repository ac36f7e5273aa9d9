//! Reason texts and their placeholders.

use proviso_sdk::{Language, Message, Span};

use crate::amount;
use crate::window::Reached;

/// `{text}` is cut behind so many characters.
const TEXT_CHARS_MAX: usize = 120;

/// A reason text, taken apart. The placeholders that do not depend on the message are already filled in.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    language: Language,
    parts: Vec<Part>,
}

#[derive(Debug, Clone)]
enum Part {
    Literal(String),
    Text,
    Term,
    Count,
    Amount,
}

/// What placeholders are filled from.
pub(crate) struct Facts<'f> {
    pub(crate) message: &'f Message,
    pub(crate) spans: &'f [Span],
    pub(crate) hits: usize,
    pub(crate) reached: Option<&'f Reached>,
}

impl Template {
    /// Takes a text apart. `window_seconds` is the rule's window, if it has one. The error says what is wrong.
    pub(crate) fn parse(
        text: &str,
        language: Language,
        rule: &str,
        window_seconds: Option<u32>,
    ) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            push_literal(&mut parts, &rest[..open]);
            let close = rest[open..]
                .find('}')
                .ok_or_else(|| format!("\"{{\" without \"}}\" in \"{text}\""))?
                + open;
            match (&rest[open + 1..close], window_seconds) {
                ("text", _) => parts.push(Part::Text),
                ("term", _) => parts.push(Part::Term),
                ("count", _) => parts.push(Part::Count),
                ("amount", _) => parts.push(Part::Amount),
                ("rule", _) => push_literal(&mut parts, rule),
                ("window", Some(seconds)) => push_literal(&mut parts, &duration(seconds, language)),
                ("window", None) => return Err("\"{window}\" in a rule without `window`".to_owned()),
                (other, _) => {
                    return Err(format!(
                        "unknown placeholder \"{{{other}}}\": there are {{text}}, {{term}}, {{count}}, {{amount}}, {{rule}}, {{window}}"
                    ));
                }
            }
            rest = &rest[close + 1..];
        }
        push_literal(&mut parts, rest);
        Ok(Self { language, parts })
    }

    pub(crate) fn language(&self) -> Language {
        self.language
    }

    pub(crate) fn fill(&self, facts: &Facts<'_>) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Text => self.push_text(&mut text, facts),
                Part::Term => text.push_str(facts.spans.first().map_or("—", |span| span.of(&facts.message.text))),
                Part::Count => {
                    let count = facts.reached.map_or(facts.hits, |reached| reached.count);
                    text.push_str(&count.to_string());
                }
                Part::Amount => match (
                    facts.reached.and_then(|reached| reached.total.as_ref()),
                    &facts.message.amount,
                ) {
                    (Some((total, currency)), _) => text.push_str(&amount::in_words(*total, currency)),
                    (None, Some(money)) => text.push_str(&amount::in_words(money.minor_units, &money.currency)),
                    (None, None) => text.push('—'),
                },
            }
        }
        text
    }

    /// The texts of the spans, each once.
    fn push_text(&self, out: &mut String, facts: &Facts<'_>) {
        if facts.spans.is_empty() {
            out.push('—');
            return;
        }
        let separator = match self.language {
            Language::Zh => "、",
            Language::En => ", ",
        };
        let mut left = TEXT_CHARS_MAX;
        for (at, span) in facts.spans.iter().enumerate() {
            let part = span.of(&facts.message.text);
            if facts.spans[..at]
                .iter()
                .any(|earlier| earlier.of(&facts.message.text) == part)
            {
                continue;
            }
            if at > 0 {
                out.push_str(separator);
            }
            if let Some((cut, _)) = part.char_indices().nth(left) {
                out.push_str(&part[..cut]);
                out.push('…');
                return;
            }
            out.push_str(part);
            left -= part.chars().count();
        }
    }
}

fn push_literal(parts: &mut Vec<Part>, literal: &str) {
    match parts.last_mut() {
        _ if literal.is_empty() => {}
        Some(Part::Literal(last)) => last.push_str(literal),
        _ => parts.push(Part::Literal(literal.to_owned())),
    }
}

/// A duration in the largest unit that divides it.
fn duration(seconds: u32, language: Language) -> String {
    let (number, zh, en) = match seconds {
        s if s % 86_400 == 0 => (s / 86_400, "天", "d"),
        s if s % 3_600 == 0 => (s / 3_600, "小时", "h"),
        s if s % 60 == 0 => (s / 60, "分钟", "min"),
        s => (s, "秒", "s"),
    };
    match language {
        Language::Zh => format!("{number} {zh}"),
        Language::En => format!("{number} {en}"),
    }
}
