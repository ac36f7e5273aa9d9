//! Which of many patterns a text can have, told by one pass: the patterns' shapes, which are the expressions without their
//! conditions on neighbours, in one lazily built automaton.

use crate::steps::places;
use regex_automata::hybrid::dfa;
use regex_automata::nfa::thompson;
use regex_automata::{Input, MatchKind, PatternID, PatternSet};
use regex_syntax::hir::Hir;

/// The automaton, in bytes, at most; it starts anew when it is full.
const CACHE_BYTES: usize = 4 << 20;
/// Its program, in bytes, at most. Beyond it there is none, and every pattern is run.
const PROGRAM_BYTES: usize = 64 << 20;
/// Places of all shapes times the bytes of a text up to which building the automaton is not looked at: at a few nanoseconds
/// each, a tenth of a second or two.
const SHORT_TEXT_PLACES_MAX: u64 = 32 << 20;
/// Places for each byte that has to be passed between two states of an automaton that was full, at most. With fewer bytes
/// the pass is given up.
const PLACES_PER_BYTE: u64 = 16;

/// The shapes of some patterns, numbered as they were given.
#[derive(Debug)]
pub(crate) struct Shapes {
    /// For short texts, whose states are kept for the next.
    shared: dfa::DFA,
    /// For long ones: it is built for one text, so that whether it gives up depends on that text alone.
    single: dfa::DFA,
    places: u64,
    count: usize,
}

/// What a pass needs beside the text.
#[derive(Debug)]
pub(crate) struct ShapesScratch {
    cache: dfa::Cache,
    found: PatternSet,
}

impl Shapes {
    /// None if they are too large together.
    pub(crate) fn of(shapes: &[Hir]) -> Option<Self> {
        let nfa = thompson::Compiler::new()
            .configure(
                thompson::Config::new()
                    .nfa_size_limit(Some(PROGRAM_BYTES))
                    .which_captures(thompson::WhichCaptures::None),
            )
            .build_many_from_hir(shapes)
            .ok()?;
        let places = shapes.iter().map(places).fold(0, u64::saturating_add);
        let config = dfa::Config::new()
            .match_kind(MatchKind::All)
            .cache_capacity(CACHE_BYTES)
            .skip_cache_capacity_check(true);
        let shared = config.clone().minimum_cache_clear_count(None);
        let bytes_per_state = usize::try_from(places / PLACES_PER_BYTE).unwrap_or(usize::MAX);
        let single = config
            .minimum_cache_clear_count(Some(0))
            .minimum_bytes_per_state(Some(bytes_per_state));
        let build = |config| dfa::Builder::new().configure(config).build_from_nfa(nfa.clone()).ok();
        Some(Self {
            shared: build(shared)?,
            single: build(single)?,
            places,
            count: shapes.len(),
        })
    }

    pub(crate) fn scratch(&self) -> ShapesScratch {
        ShapesScratch {
            cache: self.shared.create_cache(),
            found: PatternSet::new(self.count),
        }
    }

    /// Looks for all of them; false if that took too much, and each of them may be there.
    pub(crate) fn search(&self, text: &str, scratch: &mut ShapesScratch) -> bool {
        let ShapesScratch { cache, found } = scratch;
        found.clear();
        let input = Input::new(text);
        let searched = if self.places.saturating_mul(text.len() as u64) > SHORT_TEXT_PLACES_MAX {
            let mut cache = self.single.create_cache();
            self.single.try_which_overlapping_matches(&mut cache, &input, found)
        } else {
            self.shared.try_which_overlapping_matches(cache, &input, found)
        };
        searched.is_ok()
    }
}

impl ShapesScratch {
    /// True if the last search found the shape of that number.
    pub(crate) fn has(&self, shape: usize) -> bool {
        self.found.contains(PatternID::must(shape))
    }
}
