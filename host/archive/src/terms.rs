//! Terms of an order to keep, and whether a message contains one of them.
//!
//! Both are compared as people read them: case, width and Chinese variants count as equal, and what is no letter, digit or ideograph
//! does not count. Where it is not known what a message says, it fits: it is kept.

use proviso_chars::{ALL, Class, Relation, class, relation};
use proviso_model::Message;
use proviso_model::limits::{HOLD_TERM_BYTES_MAX, HOLD_TERMS_MAX};
use std::borrow::Cow;

/// JSON within JSON that is looked into: a record within a record of a source's own bytes.
const NESTED_MAX: usize = 16;

/// A term that cannot be looked for, or too many of them.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NoTerm {
    /// More than an order may have.
    #[error("an order has {found} terms: expected at most {HOLD_TERMS_MAX}")]
    TooMany {
        /// How many.
        found: usize,
    },
    /// It is empty, or too long.
    #[error("term {place} of an order has {found} bytes: expected 1 to {HOLD_TERM_BYTES_MAX}")]
    Bytes {
        /// Which, from 1.
        place: usize,
        /// Its bytes.
        found: usize,
    },
    /// It is made of what nobody sees.
    #[error("term {place} of an order has nothing that can be seen: expected a letter, a digit or a sign")]
    Unseen {
        /// Which, from 1.
        place: usize,
    },
}

/// Refuses terms that cannot be looked for.
pub(crate) fn refuse_ill_formed(terms: &[String]) -> Result<(), NoTerm> {
    if terms.len() > HOLD_TERMS_MAX {
        return Err(NoTerm::TooMany { found: terms.len() });
    }
    for (place, term) in (1..).zip(terms) {
        if !(1..=HOLD_TERM_BYTES_MAX).contains(&term.len()) {
            return Err(NoTerm::Bytes {
                place,
                found: term.len(),
            });
        }
        if Term::of(term).is_none() {
            return Err(NoTerm::Unseen { place });
        }
    }
    Ok(())
}

/// A term as it is looked for.
enum Term {
    /// Its letters, digits and ideographs.
    Letters(String),
    /// Its signs, where it has nothing else.
    Signs(String),
}

impl Term {
    /// `None` where there is nothing to look for.
    fn of(term: &str) -> Option<Self> {
        let Folded { letters, signs } = Folded::of(term);
        if !letters.is_empty() {
            return Some(Self::Letters(letters));
        }
        (!signs.is_empty()).then_some(Self::Signs(signs))
    }
}

/// A text as terms are looked for in it.
#[derive(Default)]
struct Folded {
    /// Letters, digits and ideographs alone.
    letters: String,
    /// Also signs, and nothing that is blank.
    signs: String,
}

impl Folded {
    fn of(text: &str) -> Self {
        let folding: &Relation = relation(ALL);
        let mut folded = Self::default();
        for c in text.chars() {
            let class = class(c);
            let c = folding.fold(c);
            if class == Class::Letter {
                folded.letters.push(c);
            }
            if class <= Class::Mark {
                folded.signs.push(c);
            }
        }
        folded
    }

    fn has(&self, term: &Term) -> bool {
        match term {
            Term::Letters(term) => self.letters.contains(term.as_str()),
            Term::Signs(term) => self.signs.contains(term.as_str()),
        }
    }
}

/// What a message says, read once for all orders.
pub(crate) struct Said {
    /// `None` where it is not all known.
    texts: Option<Vec<Folded>>,
}

impl Said {
    pub(crate) fn of(message: &Message) -> Self {
        Self {
            texts: texts(message).map(|texts| texts.iter().map(|text| Folded::of(text)).collect()),
        }
    }

    /// True if one of the terms is in it, or may be: where it is not all known, and of a term that cannot be looked for.
    pub(crate) fn has_any(&self, terms: &[String]) -> bool {
        let Some(texts) = &self.texts else { return true };
        let mut terms = terms.iter().map(|term| Term::of(term));
        terms.any(|term| term.is_none_or(|term| texts.iter().any(|text| text.has(&term))))
    }
}

/// All that a person may read in a message: its text with all its parts, names of files, addresses. Where its source could not take over
/// all of it, also what is in the source's own bytes. `None` where it is not all there.
fn texts(message: &Message) -> Option<Vec<Cow<'_, str>>> {
    let beside = beside(message)?;
    let names = message.attachments.iter().map(|attachment| attachment.name.as_str());
    let links = message.links.iter().map(String::as_str);
    let taken_over = [message.text.as_str()].into_iter().chain(names).chain(links);
    Some(taken_over.map(Cow::Borrowed).chain(beside).collect())
}

/// What a person may read of a message and its source could not take over, in the source's own bytes: nothing where it took over all. `None`
/// where it is not all there.
pub(crate) fn beside(message: &Message) -> Option<Vec<Cow<'_, str>>> {
    // Of a message that may not be stored whole nothing is there: nobody knows what it said.
    if message.raw.is_empty() {
        return None;
    }
    let mut texts: Vec<Cow<'_, str>> = Vec::new();
    if !message.notes.is_empty() {
        // As they are too: of two fields of one name a parser has the last alone.
        texts.push(Cow::Borrowed(&message.raw));
        strings(serde_json::from_str(&message.raw).ok()?, NESTED_MAX, &mut texts)?;
    }
    Some(texts)
}

/// Every string in a value, also in JSON that is a string in it. `None` where it is nested deeper than anybody looks.
fn strings(value: serde_json::Value, nested: usize, texts: &mut Vec<Cow<'_, str>>) -> Option<()> {
    use serde_json::Value;
    let mut values = vec![value];
    while let Some(value) = values.pop() {
        match value {
            Value::Array(items) => values.extend(items),
            Value::Object(fields) => {
                for (name, value) in fields {
                    texts.push(Cow::Owned(name));
                    values.push(value);
                }
            }
            Value::String(text) => {
                // A text that only looks like JSON says what it says.
                if text.starts_with(['{', '[', '"'])
                    && let Ok(within) = serde_json::from_str(&text)
                {
                    strings(within, nested.checked_sub(1)?, texts)?;
                }
                texts.push(Cow::Owned(text));
            }
            Value::Number(number) => texts.push(Cow::Owned(number.to_string())),
            Value::Null | Value::Bool(_) => {}
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::support::message;
    use proviso_model::message::Attachment;

    fn said(text: &str) -> Said {
        let mut one = message("m1", 1);
        one.text = text.to_owned();
        Said::of(&one)
    }

    fn has(said: &Said, term: &str) -> bool {
        said.has_any(&[term.to_owned()])
    }

    #[test]
    fn a_term_is_found_however_it_is_written() {
        for (text, term) in [
            ("请把合同发给我", "合同"),
            ("請把合同發給我", "发给"),
            ("请把发给我", "發給"),
            ("ＰＲＯＪＥＣＴ　Ｆａｌｃｏｎ", "project falcon"),
            ("project falcon", "ＦＡＬＣＯＮ"),
            ("合\u{200b}同", "合同"),
            ("合同", "合\u{feff}同"),
            ("合 同", "合同"),
            ("合-同。", "合同"),
            ("project\nfalcon", "Project  Falcon"),
            ("卡号６２２２", "6222"),
            ("Ⓕⓐⓛⓒⓞⓝ", "falcon"),
            ("well!!! done", "！！！"),
            ("🚀 to the moon", "🚀"),
            ("falcon", "alco"),
        ] {
            assert!(has(&said(text), term), "{text:?} has {term:?}");
        }
        for (text, term) in [
            ("请把合约发给我", "合同"),
            ("同合", "合同"),
            ("", "a"),
            ("falcon", "falcons"),
            ("well! done", "!!!"),
            ("falcon", "🚀"),
        ] {
            assert!(!has(&said(text), term), "{text:?} has not {term:?}");
        }
        let any = ["nothing".to_owned(), "合同".to_owned()];
        assert!(said("合同").has_any(&any) && !said("其他").has_any(&any));
    }

    #[test]
    fn names_of_files_addresses_and_parts_are_looked_through() {
        let mut one = message("m1", 1);
        one.text = "see below\nforwarded: 机密 report".to_owned();
        one.attachments = vec![Attachment {
            name: "Ｆａｌｃｏｎ.pdf".to_owned(),
            size_bytes: 1,
            reference: "sdk-1".to_owned(),
        }];
        one.links = vec!["https://example.org/eagle".to_owned()];
        let said = Said::of(&one);
        assert!(["机密", "falcon", "eagle"].into_iter().all(|term| has(&said, term)));
        // Who wrote it is not what it says.
        assert!(!has(&said, "msgid") && !has(&said, "sdk-1"));
    }

    /// What the source could not take over is in its own bytes alone, escaped once or more.
    #[test]
    fn what_was_not_taken_over_is_looked_for_in_the_bytes_of_the_source() {
        let mut one = message("m1", 1);
        one.text = String::new();
        one.notes = vec!["unknown `msgtype`: kept raw".to_owned()];
        let within = serde_json::json!({ "content": "{\"content\":\"\\u5408\\u540c\"}" });
        one.raw = serde_json::json!({ "item": [within.to_string()] }).to_string().into();
        let said = Said::of(&one);
        assert!(has(&said, "合同") && !has(&said, "合约"));
        one.notes.clear();
        assert!(!has(&Said::of(&one), "合同"), "all of it is in its text");
    }

    #[test]
    fn what_cannot_be_read_is_kept() {
        let mut one = message("m1", 1);
        one.raw = "".into();
        assert!(has(&Said::of(&one), "合同"), "what may be kept of a message");
        one.notes = vec!["kept raw".to_owned()];
        for raw in ["{\"cut", &"[".repeat(10_000)] {
            one.raw = raw.into();
            assert!(has(&Said::of(&one), "合同"), "{}", &raw[..5]);
        }
        let mut deep = "\"a\"".to_owned();
        for _ in 0..=NESTED_MAX {
            deep = serde_json::json!([deep]).to_string();
        }
        one.raw = deep.as_str().into();
        assert!(has(&Said::of(&one), "合同"), "deeper than anybody looks");
        // A term of an older or newer program that this one cannot look for.
        assert!(has(&said("x"), "\u{200b}"));
    }

    #[test]
    fn terms_have_bounds() {
        let terms = |count: usize, term: &str| vec![term.to_owned(); count];
        let refused = |terms: &[String]| refuse_ill_formed(terms).unwrap_err();
        assert_eq!(refuse_ill_formed(&terms(HOLD_TERMS_MAX, "a")), Ok(()));
        assert_eq!(refuse_ill_formed(&terms(1, &"a".repeat(HOLD_TERM_BYTES_MAX))), Ok(()));
        assert_eq!(
            refused(&terms(HOLD_TERMS_MAX + 1, "a")),
            NoTerm::TooMany {
                found: HOLD_TERMS_MAX + 1
            }
        );
        let long = "a".repeat(HOLD_TERM_BYTES_MAX + 1);
        for (term, found) in [("", 0), (long.as_str(), long.len())] {
            let terms = ["a".to_owned(), term.to_owned()];
            assert_eq!(refused(&terms), NoTerm::Bytes { place: 2, found });
        }
        for term in [" ", "\u{200b}\u{3000}"] {
            assert_eq!(refused(&terms(1, term)), NoTerm::Unseen { place: 1 });
        }
    }
}
