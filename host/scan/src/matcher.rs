//! All lists of a generation as one thing that scans a text once, or many texts together.

use crate::chars::{self, Classes};
use crate::expressions::{ExpressionScratch, Expressions, ExpressionsBuilder};
use crate::hit::{Hit, Scanned};
use crate::list::ListId;
use crate::pages::Pages;
use crate::screen::Screen;
use crate::steps;
use crate::symbols::{IGNORED, Kinds};
use crate::term::{Key, Rule, Term};
use crate::term_search::Walked;
use crate::trie::{Keys, Symbol, Trie};
use std::sync::Arc;

/// Hits of one scan, at most. What comes behind is not looked for.
pub const HITS_PER_SCAN_MAX: usize = 65_536;
/// Text of one scan, in bytes, at most. What comes behind is not looked at.
pub const TEXT_BYTES_MAX: usize = 64 << 20;

/// All lists of a generation, ready to scan. Never changes; may be shared by any number of threads.
#[derive(Debug)]
pub struct Matcher {
    pub(crate) rules: Vec<Rule>,
    pub(crate) kinds: Kinds,
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
    /// Lists with terms that can make a scan slow: see [`crate::term_search`]. In order.
    pub(crate) heavy: Vec<ListId>,
    /// Tells this matcher's scratches from those of others.
    identity: Arc<()>,
}

/// Stands for one matcher: hits that were found by it are what it would find again.
#[derive(Debug, Clone)]
pub struct Token(Arc<()>);

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Token {}

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
    /// Lists that are out of steps, each with the number of a text.
    out_of_steps: Vec<(u32, ListId)>,
    /// Those of one text.
    out_of_steps_here: Vec<ListId>,
}

/// What is known of one of the texts of a scan.
#[derive(Debug, Clone, Copy)]
struct OfText {
    /// Where its terms end in the common list.
    hits_to: usize,
    /// Terms and matches so far.
    count: usize,
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
            expressions: ExpressionsBuilder::default().build(Vec::new()),
            classes: chars::classes(),
            count: 0,
            heavy: Vec::new(),
            identity: Arc::new(()),
        }
    }

    /// What tells this matcher's hits from those of any other.
    pub fn token(&self) -> Token {
        Token(Arc::clone(&self.identity))
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
            out_of_steps: Vec::new(),
            out_of_steps_here: Vec::new(),
        }
    }

    /// Finds all hits in `text` and puts them into `hits`, which is cleared first: sorted by start, end, list and term,
    /// each once. Allocates nothing once `scratch` and `hits` have grown to what texts like this one need.
    pub fn scan<'s>(&self, text: &str, scratch: &'s mut Scratch, hits: &mut Vec<Hit>) -> Scanned<'s> {
        hits.clear();
        let mut cut_short = false;
        self.scan_each(&[text], scratch, |found, scanned| {
            hits.extend_from_slice(found);
            cut_short = scanned.cut_short;
        });
        Scanned {
            cut_short,
            out_of_steps: &scratch.out_of_steps_here,
        }
    }

    /// Scans many texts, and gives `take` the hits of each in the order of the texts: as [`Matcher::scan`] does, sorted
    /// and each once. What is found in a text does not depend on the others.
    ///
    /// It costs less than so many scans: a pattern runs over all the texts that may have it, one after the other, while
    /// its tables are at hand. Give some hundreds or thousands at a time; the hits of all of them are held until the last
    /// is scanned.
    pub fn scan_each(&self, texts: &[&str], scratch: &mut Scratch, mut take: impl FnMut(&[Hit], Scanned<'_>)) {
        if !Arc::ptr_eq(&scratch.identity, &self.identity) {
            *scratch = self.scratch();
        }
        let Scratch {
            expressions,
            hits,
            of_text,
            found,
            of_patterns,
            out_of_steps,
            out_of_steps_here,
            ..
        } = scratch;
        expressions.begin();
        hits.clear();
        of_text.clear();
        of_patterns.clear();
        out_of_steps.clear();
        let looked_at = |number: usize| {
            let whole = texts[number];
            &whole[..whole.floor_char_boundary(TEXT_BYTES_MAX)]
        };
        for number in 0..texts.len() {
            let text = looked_at(number);
            found.clear();
            let mut walked = Walked::within(steps::term_steps(text.len()));
            self.scan_terms(text, expressions, found, &mut walked);
            if walked.is_out_of_steps() {
                // Once more, without what is long or crowded, so that the hits of all other lists are whole.
                found.clear();
                expressions.forget_pieces();
                self.scan_terms(text, expressions, found, &mut Walked::light());
                out_of_steps.extend(self.heavy.iter().map(|list| (number as u32, *list)));
            }
            found.truncate(HITS_PER_SCAN_MAX);
            hits.extend_from_slice(found);
            of_text.push(OfText {
                hits_to: hits.len(),
                count: found.len(),
            });
            self.expressions.note(text, number as u32, expressions);
        }
        let want = |number: u32, hit| {
            let of_text = &mut of_text[number as usize];
            if of_text.count == HITS_PER_SCAN_MAX {
                return false;
            }
            of_text.count += 1;
            of_patterns.push((number, hit));
            true
        };
        self.expressions.run(looked_at, expressions, out_of_steps, want);
        of_patterns.sort_unstable_by_key(|(number, hit)| (*number, hit.place()));
        out_of_steps.sort_unstable();
        out_of_steps.dedup();
        let (mut from, mut rest, mut out) = (0, of_patterns.as_slice(), out_of_steps.as_slice());
        for (number, of_text) in of_text.iter().enumerate() {
            let of_this = rest.iter().take_while(|(of, _)| *of as usize == number).count();
            let of_this = rest.split_off(..of_this).unwrap_or_default();
            found.clear();
            found.extend_from_slice(&hits[from..of_text.hits_to]);
            found.extend(of_this.iter().map(|(_, hit)| *hit));
            found.sort_unstable_by_key(Hit::place);
            found.dedup();
            from = of_text.hits_to;
            let of_this = out.iter().take_while(|(of, _)| *of as usize == number).count();
            let of_this = out.split_off(..of_this).unwrap_or_default();
            out_of_steps_here.clear();
            out_of_steps_here.extend(of_this.iter().map(|(_, list)| *list));
            let scanned = Scanned {
                cut_short: of_text.count == HITS_PER_SCAN_MAX || texts[number].len() > TEXT_BYTES_MAX,
                out_of_steps: out_of_steps_here,
            };
            take(found, scanned);
        }
        if texts.is_empty() {
            out_of_steps_here.clear();
        }
    }
}
