//! From lists to a matcher.

use crate::expressions::ExpressionsBuilder;
use crate::folding::{Folding, Gaps};
use crate::list::{List, ListContent, ListId, ScanProblem};
use crate::matcher::Matcher;
use crate::patterns::Patterns;
use crate::screen::{Borders, Screen};
use crate::steps::{Grant, Owner};
use crate::symbols::Symbols;
use crate::term::{Key, Rule, Slice, Term};
use crate::term_search::{CROWD_MAX, DEPTH_MAX};
use crate::trie::{Keys, Symbol, Trie};
use proviso_chars as chars;
use proviso_entities::EntityKind;
use proviso_model::limits::{SCAN_STEPS_PER_KIB_DEFAULT, TERM_BYTES_MAX};

/// Collects lists.
#[derive(Debug, Default)]
pub struct MatcherBuilder {
    /// Each with its owner.
    lists: Vec<(Owner, List)>,
    grants: Vec<Grant>,
}

impl MatcherBuilder {
    /// No lists yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Somebody whose lists share the steps that their patterns may take in one text: `steps_per_kib` for each begun KiB of
    /// it, and never less than [`SCAN_STEPS_MIN`](proviso_model::limits::SCAN_STEPS_MIN) nor more than
    /// [`SCAN_STEPS_MAX`](proviso_model::limits::SCAN_STEPS_MAX) in all.
    pub fn owner(&mut self, steps_per_kib: u64) -> Owner {
        self.grants.push(Grant::of(steps_per_kib));
        Owner(self.grants.len() as u32 - 1)
    }

    /// Adds a list of nobody else's. The same list may be added again: what is equal is searched for once.
    pub fn add(&mut self, list: List) -> ListId {
        let owner = self.owner(SCAN_STEPS_PER_KIB_DEFAULT);
        self.add_of(owner, list)
    }

    /// Adds a list of an owner that this builder made.
    pub fn add_of(&mut self, owner: Owner, list: List) -> ListId {
        self.lists.push((owner, list));
        ListId(self.lists.len() as u32 - 1)
    }

    /// The matcher of all lists, or everything that is wrong with them: terms that are empty or too long, or more than
    /// 65,535 different characters in all terms together.
    pub fn build(self) -> Result<Matcher, Vec<ScanProblem>> {
        let mut parts = Parts::default();
        for (number, (owner, list)) in self.lists.iter().enumerate() {
            let id = ListId(number as u32);
            match &list.content {
                ListContent::Lexicon { terms, folding } => {
                    for (item, term) in terms.iter().enumerate() {
                        parts.add_term(&list.name, id, item as u32, term, *folding);
                    }
                }
                ListContent::Patterns(patterns) => parts.add_patterns(*owner, id, patterns),
                ListContent::Entities(kinds) => parts.add_entities(id, kinds),
            }
        }
        parts.assemble(self.grants, self.lists.len())
    }
}

/// Something to look for, before what is equal is put together.
#[derive(Debug, Clone, Copy)]
struct Sought {
    /// Its key, in the characters of all keys.
    key: Slice,
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    /// A term, folded by a rule: its characters, among those of all terms. Equal ones are verified once, whatever lists
    /// they come from.
    Term {
        rule: u16,
        chars: Slice,
        list: ListId,
        item: u32,
    },
    /// A piece of an expression's waypoint.
    Piece { waypoint: u32 },
}

#[derive(Default)]
struct Parts {
    rules: Vec<Rule>,
    sought: Vec<Sought>,
    /// Characters of all keys, one behind the other.
    keys: Vec<char>,
    /// Characters of all terms.
    chars: Vec<char>,
    expressions: ExpressionsBuilder,
    entities: Vec<(EntityKind, ListId, u32)>,
    problems: Vec<ScanProblem>,
    count: usize,
}

impl Parts {
    fn add_term(&mut self, list_name: &str, list: ListId, item: u32, term: &str, folding: Folding) {
        self.count += 1;
        if term.is_empty() || term.len() > TERM_BYTES_MAX {
            let message = format!(
                "list {list_name:?}: a term has {} bytes, it must have 1-{TERM_BYTES_MAX}: {:?}",
                term.len(),
                term.chars().take(20).collect::<String>()
            );
            self.problems.push(ScanProblem { list, item, message });
            return;
        }
        if folding.repeats {
            // Once for texts as they stand, and once for readings in which nothing is repeated.
            self.seek_term(list, item, term, folding);
        }
        let repeats = false;
        self.seek_term(list, item, term, Folding { repeats, ..folding });
    }

    fn seek_term(&mut self, list: ListId, item: u32, term: &str, folding: Folding) {
        let relation = chars::relation(folding.relation_index());
        let from = self.chars.len();
        let significant = term.chars().filter(|&c| !folding.skips(c));
        self.chars.extend(significant.map(|c| relation.fold(c)));
        let folding = if self.chars.len() > from {
            folding
        } else {
            // Nothing but what the list skips: meant literally, or it would mean nothing.
            self.chars.extend(term.chars().map(|c| relation.fold(c)));
            let gaps = Gaps::None;
            Folding { gaps, ..folding }
        };
        let all = chars::relation(chars::ALL);
        let key = push_key(&mut self.keys, self.chars[from..].iter().map(|&c| all.fold(c)));
        let key = if folding.repeats {
            self.without_repeats(key)
        } else {
            key
        };
        let what = What::Term {
            rule: self.rule(folding),
            chars: Slice::new(from, self.chars.len()),
            list,
            item,
        };
        self.sought.push(Sought { key, what });
    }

    /// The key that was added last, each of its characters once.
    fn without_repeats(&mut self, key: Slice) -> Slice {
        let from = key.from as usize;
        let mut kept = from;
        for at in from..key.to as usize {
            if kept == from || self.keys[kept - 1] != self.keys[at] {
                self.keys[kept] = self.keys[at];
                kept += 1;
            }
        }
        self.keys.truncate(kept);
        Slice::new(from, kept)
    }

    fn add_patterns(&mut self, owner: Owner, list: ListId, patterns: &Patterns) {
        for (item, pattern) in patterns.patterns.iter().enumerate() {
            self.count += 1;
            self.expressions.add(owner, list, item as u32, pattern);
        }
    }

    fn add_entities(&mut self, list: ListId, kinds: &[EntityKind]) {
        self.count += kinds.len();
        let items = (0..).zip(kinds);
        self.entities.extend(items.map(|(item, kind)| (*kind, list, item)));
    }

    fn rule(&mut self, folding: Folding) -> u16 {
        let number = self
            .rules
            .iter()
            .position(|rule| rule.folding() == folding)
            .unwrap_or_else(|| {
                self.rules.push(Rule::new(folding));
                self.rules.len() - 1
            });
        // There are 1,024 different foldings.
        number as u16
    }

    fn assemble(mut self, grants: Vec<Grant>, lists: usize) -> Result<Matcher, Vec<ScanProblem>> {
        for (piece, waypoint) in std::mem::take(&mut self.expressions.pieces) {
            let key = push_key(&mut self.keys, piece.chars());
            let what = What::Piece { waypoint };
            self.sought.push(Sought { key, what });
        }
        let symbols = match Symbols::new(self.sought.iter().map(|sought| sought.key.of(&self.keys))) {
            Ok(symbols) => symbols,
            Err(message) => {
                let problem = ScanProblem {
                    list: ListId(0),
                    item: 0,
                    message,
                };
                self.problems.push(problem);
                return Err(self.problems);
            }
        };
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        let paths: Vec<Symbol> = self.keys.iter().map(|&c| symbols.of(c)).collect();
        let sought = self.sorted(&paths);
        let mut keys = Keys::default();
        let same_key = |a: &Sought, b: &Sought| a.key.of(&paths) == b.key.of(&paths);
        for of_key in sought.chunk_by(same_key) {
            keys.push(of_key[0].key.of(&paths));
        }
        let mut borders = Vec::with_capacity(keys.len());
        let mut matcher = Matcher::new(self.rules, symbols.kinds);
        let heavy = heavy_lists(sought.chunk_by(same_key), lists);
        let is_heavy = |sought: &Sought| match sought.what {
            What::Term { list, .. } => heavy[list.0 as usize],
            What::Piece { .. } => false,
        };
        for of_key in sought.chunk_by(same_key) {
            let (terms_from, waypoints_from) = (matcher.terms.len(), matcher.waypoints.len());
            let same_term = |a: &Sought, b: &Sought| a.what.term(&self.chars) == b.what.term(&self.chars);
            // What only heavy lists look for comes last, so that it can be left out.
            let mut light_to = terms_from;
            for of_heavy in [false, true] {
                let mut groups = of_key.chunk_by(same_term);
                while let Some(equal) = groups.find(|equal| equal.iter().all(is_heavy) == of_heavy) {
                    let uses_from = matcher.uses.len();
                    for sought in equal {
                        match sought.what {
                            What::Term { list, item, .. } => matcher.uses.push((list, item)),
                            What::Piece { waypoint } => matcher.waypoints.push(waypoint),
                        }
                    }
                    if let Some((rule, chars)) = equal[0].what.term(&self.chars) {
                        let from = matcher.chars.len() as u32;
                        matcher.chars.extend(chars);
                        let uses = Slice::new(uses_from, matcher.uses.len());
                        let term = Term::new(&matcher.chars, from, rule, &matcher.rules, uses);
                        matcher.terms.push(term);
                    }
                }
                if !of_heavy {
                    light_to = matcher.terms.len();
                }
            }
            let no_pieces = matcher.waypoints.len() == waypoints_from;
            let terms = &matcher.terms[terms_from..];
            borders.push(Borders {
                before: no_pieces && terms.iter().all(|term| term.begins_word(&matcher.chars)),
                behind: no_pieces && terms.iter().all(Term::ends_word),
            });
            matcher.keys.push(Key {
                terms: Slice::new(terms_from, matcher.terms.len()),
                light: Slice::new(terms_from, light_to),
                waypoints: Slice::new(waypoints_from, matcher.waypoints.len()),
            });
        }
        let ascii = std::array::from_fn(|byte| symbols.of(char::from(byte as u8)));
        matcher.trie = Trie::new(&keys, symbols.count);
        matcher.screen = Screen::new(&keys, &borders, &ascii, symbols.kinds.letters_from, symbols.count);
        matcher.symbols = symbols.pages;
        matcher.expressions = self.expressions.build(grants);
        self.entities.sort_unstable();
        matcher.entities = self.entities;
        let numbers = (0..).map(ListId).zip(&heavy);
        matcher.heavy = numbers.filter(|(_, heavy)| **heavy).map(|(list, _)| list).collect();
        matcher.has_repeats = matcher.rules.iter().any(|rule| rule.folding().repeats);
        matcher.count = self.count;
        Ok(matcher)
    }

    /// All that is sought, what is equal side by side: by key, then by rule and folded characters, then by list and term.
    fn sorted(&self, paths: &[Symbol]) -> Vec<Sought> {
        // Most are told apart by the first four symbols, which fit into a word. No key has symbol 0.
        let first_four = |key: &[Symbol]| {
            let symbol = |at: usize| u64::from(key.get(at).copied().unwrap_or_default());
            symbol(0) << 48 | symbol(1) << 32 | symbol(2) << 16 | symbol(3)
        };
        let mut order: Vec<(u64, Sought)> = self
            .sought
            .iter()
            .map(|sought| (first_four(sought.key.of(paths)), *sought))
            .collect();
        order.sort_unstable_by(|(first_a, a), (first_b, b)| {
            let by_key = || a.key.of(paths).cmp(b.key.of(paths));
            let by_term = || a.what.term(&self.chars).cmp(&b.what.term(&self.chars));
            first_a
                .cmp(first_b)
                .then_with(by_key)
                .then_with(by_term)
                .then_with(|| a.what.place().cmp(&b.what.place()))
        });
        order.into_iter().map(|(_, sought)| sought).collect()
    }
}

impl What {
    /// What makes terms equal; none for a piece.
    fn term(self, chars: &[char]) -> Option<(u16, &[char])> {
        match self {
            Self::Term { rule, chars: slice, .. } => Some((rule, slice.of(chars))),
            Self::Piece { .. } => None,
        }
    }

    fn place(self) -> (u32, u32) {
        match self {
            Self::Term { list, item, .. } => (list.0, item),
            Self::Piece { waypoint } => (0, waypoint),
        }
    }
}

/// What the trie looks for to find a term: its most significant characters, all of one class. They follow each other in
/// the text if those of the less significant classes are left out.
fn push_key(keys: &mut Vec<char>, folded: impl Iterator<Item = char> + Clone) -> Slice {
    let from = keys.len();
    let class = folded.clone().map(chars::class).min();
    keys.extend(folded.filter(|&c| Some(chars::class(c)) == class));
    Slice::new(from, keys.len())
}

/// By list: whether one of its keys is longer than a short scan follows, or stands for a crowd of its terms.
fn heavy_lists<'s>(by_key: impl Iterator<Item = &'s [Sought]>, lists: usize) -> Vec<bool> {
    let mut heavy = vec![false; lists];
    let mut counts = vec![0_usize; lists];
    for of_key in by_key {
        let key = of_key[0].key;
        let is_long = (key.to - key.from) as usize > DEPTH_MAX;
        let of_terms = || {
            of_key.iter().filter_map(|sought| match sought.what {
                What::Term { list, .. } => Some(list.0 as usize),
                What::Piece { .. } => None,
            })
        };
        for list in of_terms() {
            counts[list] += 1;
            heavy[list] |= is_long || counts[list] > CROWD_MAX;
        }
        for list in of_terms() {
            counts[list] = 0;
        }
    }
    heavy
}
