//! The matcher: one pass over a text, candidates verified under each list's own folding.
//!
//! The trie works on what is left of terms when every option of folding is on and every gap is left out: its keys are
//! the characters of one class, mostly letters, and so the letters of a term follow each other for it whatever stands
//! between them in the text. Where the screen says that a key may end or begin, it is looked up; what is found is a
//! candidate: where a term would have to end. Verification walks back from there over the original text, under the list's
//! own options, and so finds the start.

use crate::build::{IGNORED, Kinds, ListId, borders};
use crate::chars::{self, Class, Classes, Relation};
use crate::expressions::{ExpressionScratch, Expressions, ExpressionsBuilder};
use crate::folding::Folding;
use crate::pages::Pages;
use crate::screen::{Pair, SYMBOL_BITS, Screen, Stop, Window};
use crate::trie::{Cursor, Keys, Symbol, Trie};
use std::sync::Arc;

/// Hits of one scan, at most. What comes behind is not looked for.
pub const HITS_PER_SCAN_MAX: usize = 65_536;
/// Text of one scan, in bytes, at most. What comes behind is not looked at.
pub const TEXT_BYTES_MAX: usize = 64 << 20;

/// An occurrence of a term or a match of a pattern. Ordered by start, end, list, term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hit {
    /// The list that it belongs to.
    pub list: ListId,
    /// The term, or pattern, of the list, from 0.
    pub term: u32,
    /// First byte in the text as it was given, on a character's border.
    pub start: u32,
    /// Behind the last byte, on a character's border; greater than `start`.
    pub end: u32,
}

/// Whether a scan saw all of its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scanned {
    /// All hits are there.
    Whole,
    /// [`HITS_PER_SCAN_MAX`] or [`TEXT_BYTES_MAX`] was reached; there may be more hits than are given.
    CutShort,
}

/// All lists of a generation, ready to scan. Never changes; may be shared by any number of threads.
#[derive(Debug)]
pub struct Matcher {
    pub(crate) rules: Vec<Rule>,
    kinds: Kinds,
    pub(crate) symbols: Pages<Symbol>,
    pub(crate) screen: Screen,
    pub(crate) trie: Trie,
    /// By the trie's numbers of keys.
    pub(crate) keys: Vec<Key>,
    pub(crate) terms: Vec<Term>,
    /// Characters of all terms, folded each by its list's options.
    pub(crate) chars: Vec<char>,
    pub(crate) uses: Vec<(ListId, u32)>,
    /// Waypoints of expressions that are reached when a key is found.
    pub(crate) waypoints: Vec<u32>,
    pub(crate) expressions: Expressions,
    pub(crate) classes: &'static Classes,
    pub(crate) count: usize,
    /// Tells this matcher's scratches from those of others.
    identity: Arc<()>,
}

/// Memory that scans reuse; one for each thread.
#[derive(Debug)]
pub struct Scratch {
    identity: Arc<()>,
    expressions: ExpressionScratch,
    /// Terms found in all texts of a scan, one text behind the other.
    hits: Vec<Hit>,
    /// By text.
    of_text: Vec<OfText>,
    /// Matches of patterns, each with the number of its text.
    of_patterns: Vec<(u32, Hit)>,
    /// What is found in one text.
    found: Vec<Hit>,
}

/// What is known of one of the texts of a scan.
#[derive(Debug, Clone, Copy)]
struct OfText {
    /// Where its terms end in the common list.
    hits_to: usize,
    /// Terms and matches so far.
    count: usize,
}

/// The options of a list, ready for verification.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) folding: Folding,
    pub(crate) relation: &'static Relation,
}

/// A range of another table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slice {
    pub(crate) from: u32,
    pub(crate) to: u32,
}

/// What a key of the trie stands for.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) terms: Slice,
    pub(crate) waypoints: Slice,
}

/// A folded term with the options that it is verified under, and all terms of all lists that are this one.
#[derive(Debug)]
pub(crate) struct Term {
    pub(crate) chars: Slice,
    /// Characters behind the last one of the key: of a less significant class, but significant in this list.
    pub(crate) behind: u16,
    pub(crate) rule: u8,
    /// The trie has compared all there is to compare: the term is all letters, under the coarsest relation.
    pub(crate) compared: bool,
    pub(crate) word_start: bool,
    pub(crate) word_end: bool,
    pub(crate) uses: Slice,
}

impl Hit {
    /// What hits are ordered by.
    fn place(&self) -> (u32, u32, ListId, u32) {
        (self.start, self.end, self.list, self.term)
    }
}

impl Slice {
    pub(crate) fn new(from: usize, to: usize) -> Self {
        Self {
            from: from as u32,
            to: to as u32,
        }
    }

    pub(crate) fn of<T>(self, table: &[T]) -> &[T] {
        &table[self.from as usize..self.to as usize]
    }
}

impl Rule {
    pub(crate) fn new(folding: Folding) -> Self {
        Self {
            folding,
            relation: chars::relation(folding.relation_index()),
        }
    }

    pub(crate) fn folding(&self) -> Folding {
        self.folding
    }
}

impl Term {
    /// True if this is a term of letters at its beginning, and matches only with the border of a word before it.
    pub(crate) fn begins_word(&self, chars: &[char]) -> bool {
        let first = self.chars.of(chars).first();
        self.word_start && first.is_some_and(|&c| chars::class(c) == Class::Letter)
    }

    /// True if this is a term of letters at its end, and matches only with the border of a word behind it.
    pub(crate) fn ends_word(&self) -> bool {
        self.word_end && self.behind == 0
    }

    /// The folded term that is the characters from `from` to the end of `chars`.
    pub(crate) fn new(chars: &[char], from: u32, rule: u8, rules: &[Rule], uses: Slice) -> Self {
        let folding = rules[usize::from(rule)].folding;
        let text = &chars[from as usize..];
        let class = text.iter().map(|&c| chars::class(c)).min();
        let behind = text
            .iter()
            .rev()
            .take_while(|&&c| Some(chars::class(c)) != class)
            .count();
        let (word_start, word_end) = borders(text, folding);
        let all_letters = text.iter().all(|&c| chars::class(c) == Class::Letter);
        Self {
            chars: Slice {
                from,
                to: chars.len() as u32,
            },
            behind: behind as u16,
            rule,
            compared: all_letters && folding.relation_index() == chars::ALL,
            word_start,
            word_end,
            uses,
        }
    }
}

impl Matcher {
    /// A matcher without anything to look for.
    pub(crate) fn new(rules: Vec<Rule>, kinds: Kinds) -> Self {
        let (nothing, symbols) = (Keys::default(), usize::from(kinds.others_from) + 1);
        Self {
            rules,
            kinds,
            symbols: Pages::new(kinds.others_from),
            screen: Screen::new(&nothing, &[], &[IGNORED; 128], kinds.letters_from, symbols),
            trie: Trie::new(&nothing, symbols),
            keys: Vec::new(),
            terms: Vec::new(),
            chars: Vec::new(),
            uses: Vec::new(),
            waypoints: Vec::new(),
            expressions: ExpressionsBuilder::default().build(),
            classes: chars::classes(),
            count: 0,
            identity: Arc::new(()),
        }
    }

    /// Terms and patterns of all lists together.
    pub fn terms(&self) -> usize {
        self.count
    }

    /// Memory of the trie and the tables around it, in bytes, without the programs of patterns and without scratches.
    pub fn memory_bytes(&self) -> usize {
        self.symbols.memory_bytes()
            + self.screen.memory_bytes()
            + self.trie.memory_bytes()
            + size_of_val(self.keys.as_slice())
            + size_of_val(self.terms.as_slice())
            + size_of_val(self.chars.as_slice())
            + size_of_val(self.uses.as_slice())
            + size_of_val(self.waypoints.as_slice())
    }

    /// What a text must have before each pattern is run over it, in one line for people; list, number of the pattern in
    /// it, and the line, which is empty for a pattern that is run over every text. In the order of adding.
    pub fn pattern_needs(&self) -> impl Iterator<Item = (ListId, u32, &str)> {
        self.expressions.needs()
    }

    /// The patterns that the last scan with this scratch ran, whether they matched or not: list, and number in it. Once
    /// for each text.
    pub fn patterns_run(&self, scratch: &Scratch) -> impl Iterator<Item = (ListId, u32)> {
        self.expressions.last_run(&scratch.expressions)
    }

    /// Memory for scans with this matcher. One that was made by another matcher is replaced by the first scan.
    pub fn scratch(&self) -> Scratch {
        Scratch {
            identity: Arc::clone(&self.identity),
            expressions: self.expressions.scratch(),
            hits: Vec::new(),
            of_text: Vec::new(),
            of_patterns: Vec::new(),
            found: Vec::new(),
        }
    }

    /// Finds all hits in `text` and puts them into `hits`, which is cleared first: sorted by start, end, list and term,
    /// each once. Allocates nothing once `scratch` and `hits` have grown to what texts like this one need.
    pub fn scan(&self, text: &str, scratch: &mut Scratch, hits: &mut Vec<Hit>) -> Scanned {
        hits.clear();
        let mut scanned = Scanned::Whole;
        self.scan_each(&[text], scratch, |found, how| {
            hits.extend_from_slice(found);
            scanned = how;
        });
        scanned
    }

    /// Scans many texts, and gives `take` the hits of each in the order of the texts: as [`Matcher::scan`] does, sorted
    /// and each once. What is found in a text does not depend on the others.
    ///
    /// It costs less than so many scans: a pattern runs over all the texts that may have it, one after the other, while
    /// its tables are at hand. Give some hundreds or thousands at a time; the hits of all of them are held until the last
    /// is scanned.
    pub fn scan_each(&self, texts: &[&str], scratch: &mut Scratch, mut take: impl FnMut(&[Hit], Scanned)) {
        if !Arc::ptr_eq(&scratch.identity, &self.identity) {
            *scratch = self.scratch();
        }
        let Scratch {
            expressions,
            hits,
            of_text,
            found,
            of_patterns,
            ..
        } = scratch;
        expressions.begin();
        hits.clear();
        of_text.clear();
        of_patterns.clear();
        let looked_at = |number: usize| {
            let whole = texts[number];
            &whole[..whole.floor_char_boundary(TEXT_BYTES_MAX)]
        };
        for number in 0..texts.len() {
            let text = looked_at(number);
            found.clear();
            self.scan_terms(text, expressions, found);
            found.truncate(HITS_PER_SCAN_MAX);
            hits.extend_from_slice(found);
            of_text.push(OfText {
                hits_to: hits.len(),
                count: found.len(),
            });
            self.expressions.note(text, number as u32, expressions);
        }
        self.expressions.run(looked_at, expressions, |number, hit| {
            let of_text = &mut of_text[number as usize];
            if of_text.count == HITS_PER_SCAN_MAX {
                return false;
            }
            of_text.count += 1;
            of_patterns.push((number, hit));
            true
        });
        of_patterns.sort_unstable_by_key(|(number, hit)| (*number, hit.place()));
        let (mut from, mut rest) = (0, of_patterns.as_slice());
        for (number, of_text) in of_text.iter().enumerate() {
            let count = rest.iter().take_while(|(of, _)| *of as usize == number).count();
            let of_this = rest.split_off(..count).unwrap_or_default();
            found.clear();
            found.extend_from_slice(&hits[from..of_text.hits_to]);
            found.extend(of_this.iter().map(|(_, hit)| *hit));
            found.sort_unstable_by_key(Hit::place);
            found.dedup();
            from = of_text.hits_to;
            let is_whole = of_text.count < HITS_PER_SCAN_MAX && texts[number].len() <= TEXT_BYTES_MAX;
            take(found, if is_whole { Scanned::Whole } else { Scanned::CutShort });
        }
    }

    fn scan_terms(&self, text: &str, marks: &mut ExpressionScratch, hits: &mut Vec<Hit>) {
        let Kinds {
            letters_from,
            others_from,
        } = self.kinds;
        let bytes = text.as_bytes();
        let mut window = Window::from(others_from) * 0x0001_0001_0001_0001;
        let mut before = self.screen.pair(window);
        let mut at = 0;
        while at < bytes.len() && hits.len() < HITS_PER_SCAN_MAX {
            at = self.pass_letters(bytes, at, &mut window, &mut before);
            if is_ascii_ahead(bytes, at) {
                (at, window) = self.scan_ascii(text, at, window, marks, hits);
                before = self.screen.pair(window);
                continue;
            }
            let (symbol, next) = self.symbols.decode(bytes, at);
            if symbol >= letters_from {
                window = window << SYMBOL_BITS | Window::from(symbol);
                let pair = self.screen.pair(window);
                if pair.may_be_key() || before.may_go_on(symbol) || symbol < others_from {
                    let found = Found { text, marks, hits };
                    self.look_at_letters(found, next, window, before.may_go_on(symbol));
                }
                before = pair;
            } else if symbol != IGNORED {
                self.look_at_gap(Found { text, marks, hits }, at);
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
    fn scan_ascii(
        &self,
        text: &str,
        from: usize,
        before: Window,
        marks: &mut ExpressionScratch,
        hits: &mut Vec<Hit>,
    ) -> (usize, Window) {
        let bytes = text.as_bytes();
        let ascii = &self.screen.ascii;
        let mut letters = ascii.letters(before);
        let mut at = from;
        while hits.len() < HITS_PER_SCAN_MAX {
            let stop;
            (at, stop) = ascii.next(bytes, at, &mut letters);
            match stop {
                Stop::End => break,
                Stop::Gap => self.look_at_gap(Found { text, marks, hits }, at),
                Stop::Letter { .. } if !ascii.is_letter(bytes[at]) => {}
                Stop::Letter { short, long } => {
                    let (window, letters) = self.window_at(&bytes[from..=at], before);
                    let mut found = Found { text, marks, hits };
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
            let mut found = Found { text, marks, hits };
            if let Some((at, place)) = self.advance(text, at, self.place(window, 3)) {
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
        while place.is_some() {
            self.key_at(found, at, place);
            let Some(next) = self.advance(found.text, at, place) else {
                return;
            };
            (at, place) = next;
        }
    }

    /// The place in the trie behind the next letter of the text from byte `at` on, and where that letter ends.
    fn advance(&self, text: &str, mut at: usize, place: Option<Cursor>) -> Option<(usize, Option<Cursor>)> {
        while at < text.len() {
            let (symbol, next) = self.symbols.decode(text.as_bytes(), at);
            if symbol >= self.kinds.letters_from {
                return Some((next, self.trie.step(place?, symbol)));
            }
            at = next;
        }
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
        while let Some(here) = place {
            self.key_at(&mut found, end, place);
            place = None;
            for (offset, c) in chars.by_ref() {
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
        for term in key.terms.of(&self.terms) {
            if let Some((start, end)) = self.verify(found.text, at, term) {
                let uses = term.uses.of(&self.uses);
                let hit = |&(list, term): &(ListId, u32)| Hit { list, term, start, end };
                found.hits.extend(uses.iter().map(hit));
            }
        }
        for &waypoint in key.waypoints.of(&self.waypoints) {
            self.expressions.see(waypoint, at, found.marks);
        }
    }
}

/// A text that is being scanned, and where what is found in it goes.
struct Found<'a> {
    text: &'a str,
    marks: &'a mut ExpressionScratch,
    hits: &'a mut Vec<Hit>,
}

/// True if the next characters of the text, so many that it pays, are all ASCII.
#[inline]
fn is_ascii_ahead(text: &[u8], at: usize) -> bool {
    let ahead = text.get(at..).and_then(<[u8]>::first_chunk::<8>);
    ahead.is_some_and(|bytes| u64::from_le_bytes(*bytes) & 0x8080_8080_8080_8080 == 0)
}
