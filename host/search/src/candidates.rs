//! The documents of a segment that a query may find.
//!
//! Two sets bound the answer: what the query may find, and what it finds for certain. `NOT` changes their parts. What lies between them is
//! to be looked at; what lies in both needs no look, and is counted without one.

use crate::character::TokenKind;
use crate::documents::Documents;
use crate::prepared::{Asked, Attribute, Label, Prepared, Utterance};
use crate::query::Open;
use crate::query::Side;
use crate::segment::{Builder, Index, Pages, Segment, SegmentError};
use crate::term::{self, Class};
use crate::words::{Part, Sought, Words};
use std::cell::Cell;
use std::convert::Infallible;

/// The documents of a segment that a query may find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidates {
    may: Documents,
    /// A part of `may`; none where they are the same.
    certain: Option<Documents>,
}

/// How many documents a query finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// At least so many.
    pub least: u32,
    /// At most so many.
    pub most: u32,
}

impl Candidates {
    /// Those that it may find.
    pub fn documents(&self) -> &Documents {
        &self.may
    }

    /// The same, without what is certain of them.
    pub fn into_documents(self) -> Documents {
        self.may
    }

    /// Those that are found for certain, and those that are to be looked at.
    pub fn parted(self) -> (Documents, Documents) {
        let Self { may, certain } = self;
        match certain {
            None => {
                let none = Documents::none(may.of());
                (may, none)
            }
            Some(mut certain) => {
                certain.keep(&may);
                let mut others = may;
                others.remove(&certain);
                (certain, others)
            }
        }
    }

    /// The newest first, each with whether it is found for certain: any other is to be looked at by the
    /// [`Examiner`](crate::Examiner).
    pub fn newest_first(&self) -> impl Iterator<Item = (u32, bool)> + '_ {
        self.may.newest_first().map(|document| {
            let is_certain = self.certain.as_ref().is_none_or(|certain| certain.has(document));
            (document, is_certain)
        })
    }

    /// How many it finds. Exact if both are the same.
    pub fn count(&self) -> Count {
        let most = self.may.count();
        let least = self.certain.as_ref().map_or(most, Documents::count);
        Count { least, most }
    }

    /// All of them are certain.
    pub fn exact(may: Documents) -> Self {
        Self { may, certain: None }
    }

    /// None of them is certain.
    pub fn to_be_looked_at(may: Documents) -> Self {
        let certain = Some(Documents::none(may.of()));
        Self { may, certain }
    }

    /// These may be found as well, and of none of them it is certain.
    #[must_use]
    pub fn with_uncertain(mut self, uncertain: &Documents) -> Self {
        if !uncertain.is_empty() {
            let mut certain = self.certain().clone();
            certain.remove(uncertain);
            self.may.add_all(uncertain);
            self.certain = Some(certain);
        }
        self
    }

    /// Those that others may find as well.
    #[must_use]
    pub fn or(mut self, others: &Self) -> Self {
        self.join(others, Documents::add_all);
        self
    }

    fn certain(&self) -> &Documents {
        self.certain.as_ref().unwrap_or(&self.may)
    }

    fn join(&mut self, other: &Self, join: fn(&mut Documents, &Documents)) {
        if self.certain.is_some() || other.certain.is_some() {
            let mut certain = self.certain().clone();
            join(&mut certain, other.certain());
            self.certain = Some(certain);
        }
        join(&mut self.may, &other.may);
    }

    fn invert(&mut self) {
        self.may.invert();
        if let Some(certain) = &mut self.certain {
            certain.invert();
            std::mem::swap(&mut self.may, certain);
        }
    }
}

/// What knows the labels that no index has.
pub trait Filter {
    /// Why it cannot tell.
    type Error;

    /// The documents of the segment of which a label is, or may be, true; none if nothing is known: then, as where it may be, it is asked of each
    /// candidate's own [`Labels`](crate::Labels).
    fn documents(&mut self, label: &Label) -> Result<Option<Candidates>, Self::Error>;
}

/// A filter that knows nothing.
impl Filter for () {
    type Error = Infallible;

    fn documents(&mut self, _: &Label) -> Result<Option<Candidates>, Infallible> {
        Ok(None)
    }
}

/// Candidates cannot be told.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SearchError<S, F> {
    /// The segment cannot be read.
    #[error("the segment cannot be searched")]
    Segment(S),
    /// The filter cannot tell.
    #[error("what is known of messages beside their words cannot be asked")]
    Filter(F),
}

impl<P: Pages> Segment<P> {
    /// The documents that a query may find, without those that were deleted. Reads the pages that the query's terms stand in.
    pub fn candidates<F: Filter>(
        &self,
        query: &Prepared,
        deleted: Option<&Documents>,
        filter: &mut F,
    ) -> Result<Candidates, SearchError<SegmentError<P::Error>, F::Error>> {
        candidates(self, query, deleted, filter)
    }

    /// The documents that may say more than stands in them: what their source could not take over, or what is not kept of them.
    pub fn beside(&self) -> Result<Documents, SegmentError<P::Error>> {
        let mut found = Documents::none(self.documents());
        self.add_of_term(&[Class::Beside as u8], &mut found)?;
        Ok(found)
    }
}

impl Builder {
    /// The documents that a query may find, without those that were deleted.
    pub fn candidates<F: Filter>(
        &self,
        query: &Prepared,
        deleted: Option<&Documents>,
        filter: &mut F,
    ) -> Result<Candidates, SearchError<Infallible, F::Error>> {
        candidates(self, query, deleted, filter)
    }
}

type Found<I, F> = Result<Candidates, SearchError<<I as Index>::Error, <F as Filter>::Error>>;

fn candidates<I: Index, F: Filter>(
    index: &I,
    query: &Prepared,
    deleted: Option<&Documents>,
    filter: &mut F,
) -> Found<I, F> {
    let none = Documents::none(index.count());
    let mut whole = none.clone();
    let of_whole = index.add_of_term(&[Class::Whole as u8], &mut whole);
    of_whole.map_err(SearchError::Segment)?;
    let mut look = Look {
        index,
        filter,
        none,
        whole,
        hides: query.hides,
        term: Vec::new(),
    };
    let mut found = look.asked(&query.asked)?;
    if let Some(deleted) = deleted {
        found.may.remove(deleted);
        found.certain.iter_mut().for_each(|certain| certain.remove(deleted));
    }
    Ok(found)
}

struct Look<'i, I, F> {
    index: &'i I,
    filter: &'i mut F,
    none: Documents,
    /// Documents with more terms than are indexed.
    whole: Documents,
    /// That a word stands in a text does not say that it counts.
    hides: bool,
    term: Vec<u8>,
}

impl<I: Index, F: Filter> Look<'_, I, F> {
    fn asked(&mut self, asked: &Asked) -> Found<I, F> {
        match asked {
            Asked::All(all) => {
                let mut found: Option<Candidates> = None;
                for asked in all {
                    // Nothing is left that the others could take away.
                    if found.as_ref().is_some_and(|found| found.may.is_empty()) {
                        break;
                    }
                    let other = self.asked(asked)?;
                    match &mut found {
                        Some(found) => found.join(&other, Documents::keep),
                        None => found = Some(other),
                    }
                }
                Ok(found.unwrap_or_else(|| Candidates::exact(Documents::all(self.none.of()))))
            }
            Asked::Any(all) => {
                let mut found = Candidates::exact(self.none.clone());
                for asked in all {
                    found.join(&self.asked(asked)?, Documents::add_all);
                }
                Ok(found)
            }
            Asked::Not(asked) => {
                let mut found = self.asked(asked)?;
                found.invert();
                Ok(found)
            }
            Asked::Said(utterance) => {
                let mut found = self.utterance(utterance).map_err(SearchError::Segment)?;
                if self.hides {
                    found = Candidates::to_be_looked_at(found.may);
                }
                if !self.whole.is_empty() {
                    found.join(&Candidates::to_be_looked_at(self.whole.clone()), Documents::add_all);
                }
                Ok(found)
            }
            Asked::Attribute(attribute) => self.attribute(attribute).map_err(SearchError::Segment),
            Asked::Label(label) => {
                let known = self.filter.documents(label).map_err(SearchError::Filter)?;
                Ok(known.unwrap_or_else(|| Candidates::to_be_looked_at(Documents::all(self.none.of()))))
            }
        }
    }

    fn utterance(&mut self, utterance: &Utterance) -> Result<Candidates, I::Error> {
        match utterance {
            Utterance::Words(words) => self.words(words),
            Utterance::Near { first, second, .. } => {
                let mut found = self.words(first)?;
                found.join(&self.words(second)?, Documents::keep);
                Ok(Candidates::to_be_looked_at(found.may))
            }
            Utterance::Part(part) => self.part(part),
            Utterance::Kind(kind) => {
                let mut found = self.none.clone();
                term::write_entity(kind.name(), "", &mut self.term);
                self.index.add_of_terms(&self.term, &|_| true, &mut found)?;
                Ok(Candidates::exact(found))
            }
            Utterance::Entity(said) => {
                let is_exact = term::write_entity(said.kind.name(), &said.value, &mut self.term);
                self.term(is_exact && said.currency.is_none())
            }
        }
    }

    /// The documents with the term that was written.
    fn term(&mut self, is_exact: bool) -> Result<Candidates, I::Error> {
        let mut found = self.none.clone();
        self.index.add_of_term(&self.term, &mut found)?;
        Ok(if is_exact {
            Candidates::exact(found)
        } else {
            Candidates::to_be_looked_at(found)
        })
    }

    fn words(&mut self, words: &Words) -> Result<Candidates, I::Error> {
        let mut found = self.tokens(&words.tokens)?;
        if let Some(number) = words.number.as_ref().filter(|_| words.tokens.len() > 1) {
            let is_exact = term::write(Class::Number, number.chars(), &mut self.term);
            found.join(&self.term(is_exact)?, Documents::add_all);
        }
        if let Some(said) = &words.entity {
            let is_exact = term::write_entity(said.kind.name(), &said.value, &mut self.term);
            found.join(&self.term(is_exact && said.currency.is_none())?, Documents::add_all);
        }
        Ok(found)
    }

    /// The documents with all terms of some tokens.
    fn tokens(&mut self, tokens: &[Sought]) -> Result<Candidates, I::Error> {
        let mut found: Option<Candidates> = None;
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let next = tokens
                .get(at + 1)
                .filter(|next| next.is_glued && next.kind == TokenKind::Ideograph);
            let is_behind_pair = at > 0 && token.is_glued && tokens[at - 1].kind == TokenKind::Ideograph;
            at += 1;
            let here = match (token.kind, token.text[..].first(), next) {
                (TokenKind::Ideograph, Some(&c), Some(next)) => {
                    term::write_pair(c, next.text.first().copied(), &mut self.term);
                    self.term(true)?
                }
                // The last of a row is in the pair before it.
                (TokenKind::Ideograph, ..) if is_behind_pair => continue,
                (TokenKind::Ideograph, Some(&c), None) => {
                    term::write_pair(c, None, &mut self.term);
                    let mut found = self.none.clone();
                    self.index.add_of_terms(&self.term, &|_| true, &mut found)?;
                    Candidates::exact(found)
                }
                (kind, ..) => {
                    let class = match kind {
                        TokenKind::Letters => Class::Word,
                        TokenKind::Digits => Class::Number,
                        TokenKind::Sign | TokenKind::Ideograph => Class::Sign,
                    };
                    let is_exact = term::write(class, token.text.iter().copied(), &mut self.term);
                    self.term(is_exact)?
                }
            };
            match &mut found {
                // That all are there does not say that they follow each other.
                Some(found) => {
                    found.may.keep(&here.may);
                    found.certain = Some(self.none.clone());
                }
                None => found = Some(here),
            }
            if found.as_ref().is_some_and(|found| found.may.is_empty()) {
                break;
            }
        }
        if let Some(found) = &mut found {
            self.keep_phrase(tokens, &mut found.may)?;
        }
        Ok(found.unwrap_or_else(|| Candidates::exact(self.none.clone())))
    }

    /// Keeps the documents in which the same rows seem to follow each other.
    fn keep_phrase(&mut self, tokens: &[Sought], documents: &mut Documents) -> Result<(), I::Error> {
        for both in tokens.windows(2) {
            if documents.is_empty() {
                break;
            }
            if let [first, second] = both
                && [first, second]
                    .iter()
                    .all(|token| matches!(token.kind, TokenKind::Letters | TokenKind::Digits))
            {
                term::write_next(first.text.iter().copied(), second.text.iter().copied(), &mut self.term);
                let mut here = self.none.clone();
                self.index.add_of_term(&self.term, &mut here)?;
                documents.keep(&here);
            }
        }
        Ok(())
    }

    fn part(&mut self, part: &Part) -> Result<Candidates, I::Error> {
        let class = match part.kind {
            TokenKind::Digits => Class::Number,
            _ => Class::Word,
        };
        let begins = if part.open == Open::Behind {
            part.text.as_str()
        } else {
            ""
        };
        let is_exact = term::write(class, begins.chars(), &mut self.term);
        let mut found = self.none.clone();
        // What is known by its beginning alone may go on in any way.
        let is_cut = |term: &[u8]| term.len() > 1 + term::TERM_BYTES_MAX - 4;
        let is_of = |term: &[u8]| str::from_utf8(&term[1..]).is_ok_and(|word| part.is_of(word));
        let has_cut = Cell::new(false);
        let is_sought = |term: &[u8]| {
            has_cut.set(has_cut.get() || is_cut(term));
            is_cut(term) || is_of(term)
        };
        self.index.add_of_terms(&self.term, &is_sought, &mut found)?;
        if is_exact && part.open == Open::Behind || !has_cut.get() {
            return Ok(Candidates::exact(found));
        }
        let mut certain = self.none.clone();
        let is_certain = |term: &[u8]| !is_cut(term) && is_of(term);
        self.index.add_of_terms(&self.term, &is_certain, &mut certain)?;
        Ok(Candidates {
            may: found,
            certain: Some(certain),
        })
    }

    fn attribute(&mut self, attribute: &Attribute) -> Result<Candidates, I::Error> {
        let (class, name) = match attribute {
            Attribute::Party { side, id } => return self.party(*side, id),
            Attribute::Sent(times) => {
                let mut found = self.none.clone();
                self.index.add_sent(times.clone(), &mut found)?;
                return Ok(Candidates::exact(found));
            }
            Attribute::Conversation(name) => (Class::Conversation, name.as_str()),
            Attribute::Channel(name) => (Class::Channel, name.as_str()),
            Attribute::Kind(kind) => (Class::Kind, kind.name()),
            Attribute::Direction(direction) => (Class::Direction, direction.name()),
        };
        let is_exact = term::write(class, name.chars(), &mut self.term);
        self.term(is_exact)
    }

    fn party(&mut self, side: Side, id: &str) -> Result<Candidates, I::Error> {
        let mut found = Candidates::exact(self.none.clone());
        if side != Side::To {
            let is_exact = term::write(Class::From, id.chars(), &mut self.term);
            found.join(&self.term(is_exact)?, Documents::add_all);
        }
        if side != Side::From {
            let is_exact = term::write(Class::To, id.chars(), &mut self.term);
            found.join(&self.term(is_exact)?, Documents::add_all);
            self.term.clear();
            self.term.push(Class::Many as u8);
            found.join(&self.term(false)?, Documents::add_all);
        }
        Ok(found)
    }
}
