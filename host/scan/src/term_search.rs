//! The pass over a text: candidates from screen and trie, verified under each list's own folding.
//!
//! The trie works on what is left of terms when every option of folding is on and every gap is left out: its keys are
//! the characters of one class, mostly letters, and so the letters of a term follow each other for it whatever stands
//! between them in the text. Where the screen says that a key may end or begin, it is looked up; what is found is a
//! candidate: where a term would have to end. Verification walks back from there over the original text, under the list's
//! own options, and so finds the start.

use crate::borders::{self, BORDER_CHECKS_MAX};
use crate::expressions::ExpressionScratch;
use crate::hit::{HITS_PER_SCAN_MAX, Hit};
use crate::list::ListId;
use crate::matcher::Matcher;
use crate::reading::Readings;
use crate::screen::{Pair, SYMBOL_BITS, Stop, Window};
use crate::symbols::{IGNORED, Kinds};
use crate::term::Key;
use crate::trie::{Cursor, Symbol};
use std::ops::Range;

/// Letters of a key that are followed where long keys are left out.
pub(crate) const DEPTH_MAX: usize = 32;
/// Terms of one list that may have the same key without the list being heavy.
pub(crate) const CROWD_MAX: usize = 64;

/// What a pass over a text looks for, and where.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sought<'a> {
    /// Terms, and pieces of patterns, in a text as it stands.
    All,
    /// Terms, in a reading.
    Terms,
    /// Pieces of patterns, in a reading.
    Pieces,
    /// Terms of lists that overlook repeated characters, in a reading without them.
    Repeats(Reduced<'a>),
}

/// A reading without repeated characters, and the text that it is of: what stands around a hit is asked of that.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reduced<'a> {
    pub(crate) text: &'a str,
    pub(crate) readings: &'a Readings,
    /// Number of the reading.
    pub(crate) number: usize,
}

impl<'a> Reduced<'a> {
    /// By byte of the reading: how often each character stood.
    pub(crate) fn counts(self) -> &'a [u8] {
        self.readings.counts(self.number)
    }

    /// A span of the reading in the text.
    pub(crate) fn span_of_text(self, span: &Range<usize>) -> Range<usize> {
        let (start, end) = self
            .readings
            .span_of_text(self.number, span.start as u32, span.end as u32);
        start as usize..end as usize
    }
}

/// What a pass over a text has looked at.
///
/// Two things can make looking for terms slow, both only in texts that are made for it: long terms that a text nearly has at
/// every place, and crowds of terms that differ in what the trie overlooks. A text that takes too many steps is scanned
/// once more without the lists that have such terms, which are called heavy; these are then out of steps.
pub(crate) struct Walked<'a> {
    sought: Sought<'a>,
    steps: u64,
    most: u64,
    /// Without what heavy lists alone look for.
    light: bool,
    /// Hits whose borders words were asked about.
    border_checks: u32,
}

impl<'a> Walked<'a> {
    /// Nothing yet, and at most so many steps.
    pub(crate) fn within(most: u64, sought: Sought<'a>) -> Self {
        Self {
            sought,
            steps: 0,
            most,
            light: false,
            border_checks: 0,
        }
    }

    /// Without heavy lists. What is left takes a bounded number of steps for each byte.
    pub(crate) fn light(sought: Sought<'a>) -> Self {
        Self {
            sought,
            steps: 0,
            most: u64::MAX,
            light: true,
            border_checks: 0,
        }
    }

    /// True if the words around a hit leave it its borders, or so many hits were asked about that no more are.
    /// Not part of the search, which is to stay small for lists that do not ask.
    #[inline(never)]
    fn stays(&mut self, text: &str, hit: Range<usize>) -> bool {
        self.border_checks += 1;
        self.border_checks > BORDER_CHECKS_MAX || borders::stays(text, hit)
    }

    pub(crate) fn is_out_of_steps(&self) -> bool {
        self.steps > self.most
    }
}

impl Matcher {
    /// Finds the terms of a text, and the pieces of patterns. Stops where the steps are used up.
    pub(crate) fn scan_terms(
        &self,
        text: &str,
        marks: &mut ExpressionScratch,
        hits: &mut Vec<Hit>,
        walked: &mut Walked<'_>,
    ) {
        let Kinds {
            letters_from,
            others_from,
        } = self.kinds;
        let bytes = text.as_bytes();
        let mut window = Window::from(others_from) * 0x0001_0001_0001_0001;
        let mut before = self.screen.pair(window);
        let mut at = 0;
        while at < bytes.len() && hits.len() < HITS_PER_SCAN_MAX && !walked.is_out_of_steps() {
            at = self.pass_letters(bytes, at, &mut window, &mut before);
            if is_ascii_ahead(bytes, at) {
                (at, window) = self.scan_ascii(
                    at,
                    window,
                    Found {
                        text,
                        marks,
                        hits,
                        walked,
                    },
                );
                before = self.screen.pair(window);
                continue;
            }
            let (symbol, next) = self.symbols.decode(bytes, at);
            if symbol >= letters_from {
                window = window << SYMBOL_BITS | Window::from(symbol);
                let pair = self.screen.pair(window);
                if pair.may_be_key() || before.may_go_on(symbol) || symbol < others_from {
                    let found = Found {
                        text,
                        marks,
                        hits,
                        walked,
                    };
                    self.look_at_letters(found, next, window, before.may_go_on(symbol));
                }
                before = pair;
            } else if symbol != IGNORED {
                self.look_at_gap(
                    Found {
                        text,
                        marks,
                        hits,
                        walked,
                    },
                    at,
                );
            }
            at = next;
        }
    }

    /// From byte `at` on, passes the letters of three bytes at which no key ends or goes on. Returns where it stops.
    #[inline]
    fn pass_letters(&self, text: &[u8], mut at: usize, window: &mut Window, before: &mut Pair) -> usize {
        while let Some(&[a @ 0xe0..0xf0, b, c]) = text.get(at..).and_then(<[u8]>::first_chunk) {
            let symbol = self.symbols.of_three(a, b, c);
            let longer = *window << SYMBOL_BITS | Window::from(symbol);
            let pair = self.screen.pair(longer);
            if symbol < self.kinds.others_from || pair.may_be_key() || before.may_go_on(symbol) {
                break;
            }
            (*window, *before) = (longer, pair);
            at = at.wrapping_add(3);
        }
        at
    }

    /// Scans the stretch of ASCII that begins at byte `from`, behind a window. Returns where it ends, and the window
    /// there.
    fn scan_ascii(&self, from: usize, before: Window, found: Found) -> (usize, Window) {
        let Found {
            text,
            marks,
            hits,
            walked,
        } = found;
        let bytes = text.as_bytes();
        let ascii = &self.screen.ascii;
        let mut letters = ascii.letters(before);
        let mut at = from;
        while hits.len() < HITS_PER_SCAN_MAX && !walked.is_out_of_steps() {
            let stop;
            (at, stop) = ascii.next(bytes, at, &mut letters);
            match stop {
                Stop::End => break,
                Stop::Gap => {
                    let found = Found {
                        text,
                        marks,
                        hits,
                        walked,
                    };
                    self.look_at_gap(found, at);
                }
                Stop::Letter { .. } if !ascii.is_letter(bytes[at]) => {}
                Stop::Letter { short, long } => {
                    let (window, letters) = self.window_at(&bytes[from..=at], before);
                    let mut found = Found {
                        text,
                        marks,
                        hits,
                        walked,
                    };
                    if short {
                        self.look_at_short(&mut found, at + 1, window);
                        self.key_at(&mut found, at + 1, self.place(window, 3));
                    }
                    // What has its third letter before the stretch was followed from there.
                    if long && letters >= 2 {
                        self.follow(&mut found, at + 1, self.place(window, 4));
                    }
                }
            }
            at += 1;
        }
        let (window, letters) = self.window_at(&bytes[from..at], before);
        // What has its third letter at the end of the stretch, and its fourth behind it.
        let third = window as Symbol;
        if letters > 0 && at < bytes.len() && self.screen.pair(window >> SYMBOL_BITS).may_go_on(third) {
            let mut found = Found {
                text,
                marks,
                hits,
                walked,
            };
            if let Some((at, place)) = self.advance(&mut found, at, self.place(window, 3)) {
                self.follow(&mut found, at, place);
            }
        }
        (at, window)
    }

    /// The window behind a stretch of ASCII, from the one before it, and how many of its letters are in the stretch.
    fn window_at(&self, stretch: &[u8], before: Window) -> (Window, u32) {
        let is_letter = |byte: &&u8| self.screen.ascii.is_letter(**byte);
        let (mut window, mut letters) = (0, 0);
        for &letter in stretch.iter().rev().filter(is_letter).take(4) {
            window |= Window::from(self.symbols.at(u32::from(letter))) << (letters * SYMBOL_BITS);
            letters += 1;
        }
        (
            window | before.checked_shl(letters * SYMBOL_BITS).unwrap_or_default(),
            letters,
        )
    }

    /// Looks for the keys of one letter or of two letters that end before byte `at`, and for the longer ones whose third
    /// letter does. The window has these letters.
    #[inline(never)]
    fn look_at_letters(&self, mut found: Found, at: usize, window: Window, long: bool) {
        self.look_at_short(&mut found, at, window);
        if long {
            self.follow(&mut found, at, self.place(window, 3));
        }
    }

    fn look_at_short(&self, found: &mut Found, at: usize, window: Window) {
        self.key_at(found, at, self.place(window, 1));
        self.key_at(found, at, self.place(window, 2));
    }

    /// The place in the trie behind the last letters of a window, so many of them.
    #[inline]
    fn place(&self, window: Window, letters: u32) -> Option<Cursor> {
        let letter = |back: u32| (window >> (back * SYMBOL_BITS)) as Symbol;
        let first = self.trie.begin(letter(letters - 1))?;
        (0..letters - 1)
            .rev()
            .try_fold(first, |place, back| self.trie.step(place, letter(back)))
    }

    #[inline]
    fn key_at(&self, found: &mut Found, at: usize, place: Option<Cursor>) {
        if let Some(key) = place.and_then(|place| self.trie.key(place)) {
            self.candidates(found, at, key);
        }
    }

    /// Takes all keys from a place in the trie on, by the letters that the text has from byte `at` on.
    fn follow(&self, found: &mut Found, mut at: usize, place: Option<Cursor>) {
        let mut place = place;
        let most = if found.walked.light { DEPTH_MAX } else { usize::MAX };
        let mut followed = 0;
        while place.is_some() && followed < most {
            self.key_at(found, at, place);
            let Some(next) = self.advance(found, at, place) else {
                return;
            };
            (at, place) = next;
            followed += 1;
        }
    }

    /// The place in the trie behind the next letter of the text from byte `at` on, and where that letter ends.
    fn advance(&self, found: &mut Found, from: usize, place: Option<Cursor>) -> Option<(usize, Option<Cursor>)> {
        let bytes = found.text.as_bytes();
        let mut at = from;
        while at < bytes.len() {
            let (symbol, next) = self.symbols.decode(bytes, at);
            if symbol >= self.kinds.letters_from {
                found.walked.steps += (next - from) as u64;
                return Some((next, self.trie.step(place?, symbol)));
            }
            at = next;
        }
        found.walked.steps += (at - from) as u64;
        None
    }

    /// Looks for the keys that begin with the gap at byte `at`: they have no letters, and no gaps of another class.
    #[inline(never)]
    fn look_at_gap(&self, mut found: Found, at: usize) {
        let text = found.text;
        let mut chars = text[at..].char_indices();
        let Some((_, first)) = chars.next() else { return };
        let class = self.classes.get(first);
        let mut place = self.trie.begin(self.symbols.get(first));
        let mut end = at + first.len_utf8();
        let mut depth = 1;
        while let Some(here) = place {
            self.key_at(&mut found, end, place);
            if found.walked.light && depth >= DEPTH_MAX {
                return;
            }
            place = None;
            depth += 1;
            for (offset, c) in chars.by_ref() {
                found.walked.steps += 1;
                let symbol = self.symbols.get(c);
                let class_here = self.classes.get(c);
                if class_here < class {
                    return;
                }
                if class_here == class && symbol != IGNORED {
                    end = at + offset + c.len_utf8();
                    place = self.trie.step(here, symbol);
                    break;
                }
            }
        }
    }

    /// Verifies the terms of the key that ends before byte `at`.
    fn candidates(&self, found: &mut Found, at: usize, key: usize) {
        let key = &self.keys[key];
        let terms = if found.walked.light { key.light } else { key.terms };
        let sought = found.walked.sought;
        let reduced = match sought {
            Sought::All | Sought::Terms => None,
            Sought::Repeats(reduced) => Some(reduced),
            Sought::Pieces => return self.pieces(found, at, key),
        };
        for term in terms.of(&self.terms) {
            if let Some((start, end)) = self.verify((found.text, reduced), at, term, &mut found.walked.steps) {
                let span = start as usize..end as usize;
                let (text, span) = match reduced {
                    None => (found.text, span),
                    Some(reduced) => (reduced.text, reduced.span_of_text(&span)),
                };
                if term.asks_words && !found.walked.stays(text, span) {
                    continue;
                }
                let uses = term.uses.of(&self.uses);
                let hit = |&(list, term): &(ListId, u32)| Hit { list, term, start, end };
                found.hits.extend(uses.iter().map(hit));
            }
        }
        if matches!(sought, Sought::All) {
            self.pieces(found, at, key);
        }
    }

    fn pieces(&self, found: &mut Found, at: usize, key: &Key) {
        for &waypoint in key.waypoints.of(&self.waypoints) {
            self.expressions.see(waypoint, at, found.marks);
        }
    }
}

/// A text that is being scanned, and where what is found in it goes.
struct Found<'a, 's> {
    text: &'a str,
    marks: &'a mut ExpressionScratch,
    hits: &'a mut Vec<Hit>,
    walked: &'a mut Walked<'s>,
}

/// True if the next characters of the text, so many that it pays, are all ASCII.
#[inline]
fn is_ascii_ahead(text: &[u8], at: usize) -> bool {
    let ahead = text.get(at..).and_then(<[u8]>::first_chunk::<8>);
    ahead.is_some_and(|bytes| u64::from_le_bytes(*bytes) & 0x8080_8080_8080_8080 == 0)
}
