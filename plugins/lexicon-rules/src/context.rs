//! What stands near a hit: negations, disclaimers, amplifiers.

use proviso_sdk::{Span, char_distance};

use crate::library::LibraryContext;
use crate::scene::{Occurrence, Scene};
use crate::selection::Selection;
use crate::settings::{Side, Unit};

/// Words are looked for at most so many characters from the hit, so that the cost of a hit has a bound.
pub(crate) const WORD_DISTANCE_MAX: u32 = 256;

/// A context that a rule names: one of the pack's own, or one of the library's.
#[derive(Debug, Clone)]
pub(crate) enum Context {
    Own(OwnContext),
    Library(LibraryContext),
}

impl Context {
    /// True if this context stands near the occurrence.
    pub(crate) fn is_near(&self, scene: &Scene<'_>, hit: &Occurrence) -> bool {
        match self {
            Self::Own(context) => context.is_near(scene, hit),
            Self::Library(context) => context.holds(scene, hit.span),
        }
    }
}

/// The pack's own contexts first, since they cost less, and those of the library together, so that a hit's surroundings are read once.
pub(crate) fn in_order_of_cost(contexts: Vec<Context>) -> Vec<Context> {
    let mut ordered = Vec::with_capacity(contexts.len());
    let mut together: Option<LibraryContext> = None;
    for context in contexts {
        match (context, &mut together) {
            (Context::Library(more), Some(known)) => known.kinds.extend(more.kinds),
            (Context::Library(first), together) => *together = Some(first),
            (own, _) => ordered.push(own),
        }
    }
    ordered.extend(together.map(Context::Library));
    ordered
}

/// Compiled from a context's settings.
#[derive(Debug, Clone)]
pub(crate) struct OwnContext {
    pub(crate) selection: Option<Selection>,
    pub(crate) words: Vec<Word>,
    pub(crate) except_words: Vec<Word>,
    pub(crate) side: Side,
    pub(crate) within: Option<u32>,
    pub(crate) same: Unit,
}

/// Plain text to look for, its ASCII letters in lower case.
#[derive(Debug, Clone)]
pub(crate) struct Word(Box<[u8]>);

impl Word {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_ascii_lowercase().into_bytes().into())
    }
}

impl OwnContext {
    fn is_near(&self, scene: &Scene<'_>, hit: &Occurrence) -> bool {
        self.selection
            .as_ref()
            .is_some_and(|selection| self.has_hit(selection, scene, hit))
            || self.has_word(scene, hit.span)
    }

    fn has_hit(&self, selection: &Selection, scene: &Scene<'_>, hit: &Occurrence) -> bool {
        scene.chosen.has(selection)
            && scene.hits.iter().any(|other| {
                Occurrence::from(other) != *hit && selection.accepts(other) && self.fits(scene, other.span, hit.span)
            })
    }

    fn has_word(&self, scene: &Scene<'_>, hit: Span) -> bool {
        if self.words.is_empty() {
            return false;
        }
        let text = scene.text();
        let reach = self.within.unwrap_or(WORD_DISTANCE_MAX).min(WORD_DISTANCE_MAX) as usize;
        let window = self.window(scene, hit, reach);
        self.words.iter().any(|word| {
            occurrences(text, window, word).any(|found| self.fits(scene, found, hit) && !self.is_excepted(text, found))
        })
    }

    /// Where a word that fits can stand, wide enough for one that covers the hit.
    fn window(&self, scene: &Scene<'_>, hit: Span, reach: usize) -> Span {
        let text = scene.text();
        let longest = self.words.iter().map(|word| word.0.len()).max().unwrap_or(0);
        let before = match self.side {
            Side::After => longest,
            Side::Before | Side::Either => reach + longest,
        };
        let after = match self.side {
            Side::Before => longest,
            Side::After | Side::Either => reach + longest,
        };
        let window = Span {
            start: chars_back(text, hit.start, before),
            end: chars_on(text, hit.end, after),
        };
        let unit = scene.unit_around(self.same, hit);
        Span {
            start: window.start.max(unit.start),
            end: window.end.min(unit.end).max(hit.end),
        }
    }

    /// True if what was found lies inside one of `except_words`.
    fn is_excepted(&self, text: &str, found: Span) -> bool {
        self.except_words.iter().any(|word| {
            let around = (word.0.len() as u32).saturating_sub(found.len());
            let window = Span {
                start: found.start.saturating_sub(around),
                end: (found.end + around).min(text.len() as u32),
            };
            occurrences(text, window, word).any(|exception| exception.covers(&found))
        })
    }

    /// True if a context at `other` counts for a hit at `hit`: its side, its distance, and the same unit.
    fn fits(&self, scene: &Scene<'_>, other: Span, hit: Span) -> bool {
        let covers = other.covers(&hit);
        let before = covers || other.start < hit.start;
        let after = covers || other.end > hit.end;
        let on_side = match self.side {
            Side::Before => before,
            Side::After => after,
            Side::Either => before || after,
        };
        if !on_side {
            return false;
        }
        if other.overlaps(&hit) {
            return true;
        }
        self.within.is_none_or(|most| within(scene.text(), other, hit, most))
            && scene.unit_at(self.same, other.start) == scene.unit_at(self.same, hit.start)
    }
}

/// True if at most `most` characters stand between two spans.
pub(crate) fn within(text: &str, a: Span, b: Span, most: u32) -> bool {
    let gap = b.start.saturating_sub(a.end).max(a.start.saturating_sub(b.end));
    // A character takes one to four bytes, so most distances need no counting.
    gap <= most || (gap <= most.saturating_mul(4) && char_distance(text, a, b) <= most as usize)
}

/// Where a word stands in a window of the text, ASCII in any case. A word that begins or ends with an ASCII letter or digit must stand free there.
fn occurrences<'t>(text: &'t str, window: Span, word: &'t Word) -> impl Iterator<Item = Span> + 't {
    let bytes = text.as_bytes();
    let len = word.0.len();
    let end = (window.end as usize + 1).saturating_sub(len);
    (window.start as usize..end)
        .filter(move |&at| bytes[at..at + len].eq_ignore_ascii_case(&word.0) && stands_free(bytes, at, at + len))
        .map(move |at| Span {
            start: at as u32,
            end: (at + len) as u32,
        })
}

fn stands_free(bytes: &[u8], start: usize, end: usize) -> bool {
    let joins = |left: usize, right: usize| bytes[left].is_ascii_alphanumeric() && bytes[right].is_ascii_alphanumeric();
    let joined = (start > 0 && joins(start - 1, start)) || (end < bytes.len() && joins(end - 1, end));
    !joined
}

/// The offset `count` characters before `at`, or the start of the text.
fn chars_back(text: &str, at: u32, count: usize) -> u32 {
    let head = &text[..at as usize];
    head.char_indices()
        .rev()
        .take(count)
        .last()
        .map_or(at, |(at, _)| at as u32)
}

/// The offset `count` characters behind `at`, or the end of the text.
fn chars_on(text: &str, at: u32, count: usize) -> u32 {
    let tail = &text[at as usize..];
    tail.char_indices()
        .nth(count)
        .map_or(text.len(), |(on, _)| at as usize + on) as u32
}
