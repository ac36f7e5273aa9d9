//! What a message is searched by: every text that a person reads in it, each as it stands and, where it is disguised, as it is read
//! without the disguise; and the entities of both.

use crate::character::TokenKind;
use crate::entity::Said;
use crate::form::{Form, Token};
use crate::number;
use crate::term::{self, Class};
use proviso_entities::{Entity, Finder};
use proviso_model::Message;
use proviso_model::verdict::Span;
use proviso_scan::Unit;

/// Version of what terms messages have. It is raised where folding, readings, tokens, numbers, entities or attributes change: an index of another
/// version would miss messages in silence.
pub const ANALYSIS_VERSION: u64 = 2;

/// A text of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// [`Message::text`].
    Text,
    /// The name of the attachment with this number, from 0.
    Attachment(usize),
    /// The link with this number, from 0.
    Link(usize),
}

/// Everything that is searched of a message's words.
pub(crate) fn texts(message: &Message) -> impl Iterator<Item = (Place, &str)> {
    let names = message.attachments.iter().enumerate();
    let names = names.map(|(number, attachment)| (Place::Attachment(number), attachment.name.as_str()));
    let links = message.links.iter().enumerate();
    let links = links.map(|(number, link)| (Place::Link(number), link.as_str()));
    std::iter::once((Place::Text, message.text.as_str()))
        .chain(names)
        .chain(links)
}

/// Memory that analyses reuse; one for each thread.
#[derive(Default)]
pub(crate) struct Analyser {
    form: Form,
    units: Vec<Unit>,
    reading: String,
    finder: Finder,
    entities: Vec<Entity>,
    digits: String,
    term: Vec<u8>,
}

impl Analyser {
    /// Gives `form` each form of a text, and `entity`, where somebody asks for them, each entity of each of them, with its bytes of the
    /// text.
    pub(crate) fn analyse(
        &mut self,
        text: &str,
        mut form: impl FnMut(&Form),
        mut entity: Option<&mut dyn FnMut(Said, Span)>,
    ) {
        self.form.read(text);
        form(&self.form);
        if let Some(entity) = &mut entity {
            self.entities.clear();
            self.finder.find(text, &mut self.entities, usize::MAX, |_| true);
            for found in &self.entities {
                let (start, end) = (found.start, found.end);
                entity(Said::of(text, found), Span { start, end });
            }
        }
        let Self {
            form: read,
            units,
            reading,
            finder,
            entities,
            ..
        } = self;
        proviso_scan::read_disguised(text, units, |units| {
            read.read_units(units.iter().copied());
            form(read);
            let Some(entity) = &mut entity else { return };
            reading.clear();
            reading.extend(units.iter().map(|unit| unit.c));
            entities.clear();
            finder.find(reading, entities, usize::MAX, |_| true);
            // Of each byte of the reading's characters, which of these it is.
            let (mut number, mut at) = (0, 0);
            for found in &*entities {
                while at < found.start {
                    at += units[number].c.len_utf8() as u32;
                    number += 1;
                }
                let start = units[number].from;
                while at < found.end {
                    at += units[number].c.len_utf8() as u32;
                    number += 1;
                }
                let end = units[number - 1].to;
                entity(Said::of(reading, found), Span { start, end });
            }
        });
    }

    /// Gives `take` each term of a text, some of them more than once.
    pub(crate) fn terms(&mut self, text: &str, take: impl FnMut(&[u8])) {
        let (mut term, mut digits) = (std::mem::take(&mut self.term), std::mem::take(&mut self.digits));
        let take = std::cell::RefCell::new(take);
        let mut of_entity = Vec::new();
        self.analyse(
            text,
            |form| terms_of(form, &mut term, &mut digits, &mut *take.borrow_mut()),
            Some(&mut |said, _| {
                term::write_entity(said.kind.name(), &said.value, &mut of_entity);
                take.borrow_mut()(&of_entity);
            }),
        );
        (self.term, self.digits) = (term, digits);
    }
}

fn terms_of(form: &Form, term: &mut Vec<u8>, digits: &mut String, take: &mut impl FnMut(&[u8])) {
    let mut tokens = form.tokens.iter().peekable();
    while let Some(&token) = tokens.next() {
        let c = form.units[token.from as usize].c;
        match token.kind {
            TokenKind::Ideograph => {
                let next = tokens
                    .peek()
                    .filter(|next| next.is_glued && next.kind == TokenKind::Ideograph);
                term::write_pair(c, next.map(|next| form.units[next.from as usize].c), term);
            }
            TokenKind::Letters => _ = term::write(Class::Word, form.of(token), term),
            TokenKind::Digits => _ = term::write(Class::Number, form.of(token), term),
            TokenKind::Sign => _ = term::write(Class::Sign, form.of(token), term),
        }
        take(term);
    }
    number::grouped(form, digits, |_, number| {
        term::write(Class::Number, number.chars(), term);
        take(term);
    });
    let is_row = |token: &Token| matches!(token.kind, TokenKind::Letters | TokenKind::Digits);
    for [first, second] in form
        .tokens
        .array_windows()
        .filter(|both: &&[Token; 2]| both.iter().all(is_row))
    {
        term::write_next(form.of(*first), form.of(*second), term);
        take(term);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disguised_text_has_the_terms_of_its_reading_too() {
        let terms = |text: &str| {
            let mut all = Vec::new();
            Analyser::default().terms(text, |term| all.push(term.to_vec()));
            all
        };
        let mut pair = Vec::new();
        term::write_pair('保', Some('本'), &mut pair);
        for text in ["保本", "保\u{200b}本", "保💰本", "&#20445;本", "加.保.本.微.信"] {
            assert!(terms(text).contains(&pair), "{text}");
        }
        assert!(!terms("保 本").contains(&pair));
        let mobile = b"\x05cn-mobile=+8613800138000".to_vec();
        for text in ["13800138000", "+86 138 0013 8000", "1 3 8 0 0 1 3 8 0 0 0"] {
            assert!(terms(text).contains(&mobile), "{text}");
        }
    }

    /// What these texts have for terms, and what each character is folded to, is what version 2 had.
    #[test]
    fn the_analysis_has_the_version_that_it_had() {
        let mut hash = 0_u64;
        let mut note = |value: u64| hash = (hash ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23);
        let texts = [
            "我们的產品保本保息，稳.赚.不.赔，保💰本 &#20445;本 [微笑] 保保本本息息",
            "W.h.a.t.s.A.p.p whаtsаpp 𝐖hatsApp cafe\u{301} what-\nsapp **bold** don't iPhone15手机",
            "138 0013-8000, +86 13900139000, 1,000,000元 100万 8.5% 百分之八点五 2026年1月31日 6222 0212 3456 7890",
            "a@example.org https://example.org/x 微信 wx_12345 京A12345 🚀 €5",
        ];
        for text in texts {
            Analyser::default().terms(text, |term| {
                note(term.len() as u64);
                for byte in term {
                    note(u64::from(*byte));
                }
            });
        }
        let mut form = Form::default();
        for c in '\0'..=char::MAX {
            form.read(c.encode_utf8(&mut [0; 4]));
            form.units.iter().for_each(|unit| note(u64::from(u32::from(unit.c))));
            form.tokens.iter().for_each(|token| note(token.kind as u64));
        }
        assert_eq!(
            (ANALYSIS_VERSION, hash),
            (2, 0x1525_c3d7_1b07_c1a8),
            "texts have other terms: raise ANALYSIS_VERSION"
        );
    }

    #[test]
    fn an_entity_of_a_reading_knows_its_bytes_of_the_text() {
        let text = "保💰本 call 1&#51;800138000 now";
        let mut all = Vec::new();
        let mut analysed = |said: Said, span: Span| all.push((said.value, span.of(text).unwrap()));
        Analyser::default().analyse(text, |_| {}, Some(&mut analysed));
        assert!(
            all.contains(&("+8613800138000".to_owned(), "1&#51;800138000")),
            "{all:?}"
        );
    }
}
