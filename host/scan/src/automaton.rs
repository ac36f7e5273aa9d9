//! The lazily built automaton of one pattern, made for one text so that what building it costs can be counted.
//!
//! An automaton runs over what it knows at a step a byte. A text can be made so that nearly every byte needs a state of its
//! own, each of which costs as much as the pattern has places; in the end the automaton is dropped for an engine without
//! one. Which of the two it is shows only while it runs, and an automaton that other texts have built already would hide
//! it. So a long text gets a new one: the same text then takes the same steps in any company.

use crate::patterns::PROGRAM_BYTES_MAX;
use regex_automata::hybrid::{dfa, regex};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::prefilter::Prefilter;
use regex_automata::{Input, Match, MatchKind};
use regex_syntax::hir::Hir;

/// States of an automaton, in bytes, in each direction; it starts anew when it is full.
const STATES_BYTES: usize = 4 << 20;
/// An automaton gives up that has passed fewer bytes than this for each state that it built when it is full. Building
/// them is counted either way; from about here on an engine without an automaton takes fewer steps.
const BYTES_PER_STATE_MIN: usize = 10;
/// Steps for each byte of a state that is built. A place of the pattern in a state takes a byte of it at least.
const BUILT_BYTE_STEPS: u64 = 2;

/// The program of an automaton.
#[derive(Debug)]
pub(crate) struct Program(regex::Regex);

impl Program {
    /// None of a pattern that is too large for it.
    pub(crate) fn of(hir: &Hir) -> Option<Self> {
        let program = |reverse: bool| {
            let config = thompson::Config::new()
                .nfa_size_limit(Some(PROGRAM_BYTES_MAX))
                .which_captures(WhichCaptures::None)
                .reverse(reverse);
            thompson::Compiler::new().configure(config).build_from_hir(hir).ok()
        };
        let config = dfa::Config::new()
            .cache_capacity(STATES_BYTES)
            .minimum_cache_clear_count(Some(0))
            .minimum_bytes_per_state(Some(BYTES_PER_STATE_MIN));
        let prefilter = Prefilter::from_hir_prefix(MatchKind::LeftmostFirst, hir);
        let forward = config
            .clone()
            .specialize_start_states(prefilter.is_some())
            .prefilter(prefilter);
        let forward = dfa::Builder::new()
            .configure(forward)
            .build_from_nfa(program(false)?)
            .ok()?;
        let reverse = config.match_kind(MatchKind::All).prefilter(None);
        let reverse = dfa::Builder::new()
            .configure(reverse)
            .build_from_nfa(program(true)?)
            .ok()?;
        Some(Self(regex::Builder::new().build_from_dfas(forward, reverse)))
    }

    /// An automaton without states.
    pub(crate) fn automaton(&self) -> Automaton<'_> {
        let mut automaton = Automaton {
            program: &self.0,
            cache: self.0.create_cache(),
            built_bytes: 0,
        };
        automaton.built_bytes = automaton.built_so_far();
        automaton
    }
}

/// Too few bytes were passed for each state: an engine without an automaton is no slower.
#[derive(Debug)]
pub(crate) struct GaveUp;

/// An automaton at work.
pub(crate) struct Automaton<'p> {
    program: &'p regex::Regex,
    cache: regex::Cache,
    built_bytes: u64,
}

impl Automaton<'_> {
    /// The first match, and the steps that building took beside those of the text's bytes.
    pub(crate) fn search(&mut self, input: &Input<'_>) -> (Result<Option<Match>, GaveUp>, u64) {
        let found = self.program.try_search(&mut self.cache, input).map_err(|_| GaveUp);
        let built = self.built_so_far();
        let steps = built.saturating_sub(self.built_bytes).saturating_mul(BUILT_BYTE_STEPS);
        self.built_bytes = built;
        (found, steps)
    }

    fn built_so_far(&self) -> u64 {
        let (forward, reverse) = self.cache.as_parts();
        let of = |cache: &dfa::Cache| cache.clear_count() * STATES_BYTES + cache.memory_usage();
        (of(forward) + of(reverse)) as u64
    }
}
