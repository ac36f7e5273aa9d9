//! Which patterns to run over a text, and running them.
//!
//! A pattern whose pieces were found by the automaton is marked by it. The others, which have no fixed piece (runs of
//! digits, say), are looked for all at once by one lazily built automaton over their shapes, conditions on neighbours
//! left out, and only those that it finds are run.

use crate::build::ListId;
use crate::patterns::Pattern;
use crate::required;
use regex_automata::hybrid::dfa;
use regex_automata::nfa::thompson;
use regex_automata::{Input, MatchKind, PatternSet, meta};
use regex_syntax::hir::Hir;

/// The lazily built automaton over the shapes of patterns, in bytes, at most; it starts anew when it is full.
const SHAPES_CACHE_BYTES: usize = 4 << 20;
/// Its program, in bytes, at most. Beyond it patterns without pieces are all run.
const SHAPES_PROGRAM_BYTES: usize = 64 << 20;

#[derive(Debug)]
pub(crate) struct Expressions {
    all: Vec<Expression>,
    /// Patterns without pieces, by number, in the order of the shapes.
    shapeless: Vec<u32>,
    shapes: Option<dfa::DFA>,
}

#[derive(Debug)]
struct Expression {
    list: ListId,
    item: u32,
    regex: meta::Regex,
}

/// What a scan needs beside the text: caches, and which patterns to run.
#[derive(Debug)]
pub(crate) struct ExpressionScratch {
    marked: Vec<bool>,
    marks: Vec<u32>,
    /// Made when a pattern is first run: most never are.
    caches: Vec<Option<meta::Cache>>,
    shapes: Option<(dfa::Cache, PatternSet)>,
}

impl Expressions {
    pub(crate) fn new(patterns: Vec<(ListId, u32, Pattern)>) -> Self {
        let mut shapeless = Vec::new();
        let mut shapes = Vec::new();
        let mut all = Vec::with_capacity(patterns.len());
        for (number, (list, item, pattern)) in patterns.into_iter().enumerate() {
            if required::literals(&pattern.hir).is_none() {
                shapeless.push(number as u32);
                shapes.push(required::without_conditions(&pattern.hir));
            }
            all.push(Expression {
                list,
                item,
                regex: pattern.compiled,
            });
        }
        let shapes = if shapes.is_empty() {
            None
        } else {
            shapes_automaton(&shapes)
        };
        Self { all, shapeless, shapes }
    }

    pub(crate) fn scratch(&self) -> ExpressionScratch {
        ExpressionScratch {
            marked: vec![false; self.all.len()],
            marks: Vec::with_capacity(self.all.len()),
            caches: vec![None; self.all.len()],
            shapes: self
                .shapes
                .as_ref()
                .map(|dfa| (dfa.create_cache(), PatternSet::new(self.shapeless.len()))),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Runs the marked patterns, and those without pieces whose shape is in the text. `found` is called for each match
    /// with list, item, start and end until it says that it wants no more.
    pub(crate) fn run(
        &self,
        text: &str,
        scratch: &mut ExpressionScratch,
        mut found: impl FnMut(ListId, u32, usize, usize) -> bool,
    ) {
        self.mark_shapes(text, scratch);
        let mut wanted = true;
        for number in scratch.marks.drain(..) {
            scratch.marked[number as usize] = false;
            if !wanted {
                continue;
            }
            let Expression { list, item, regex } = &self.all[number as usize];
            let cache = scratch.caches[number as usize].get_or_insert_with(|| regex.create_cache());
            let mut input = Input::new(text);
            while let Some(matched) = regex.search_with(cache, &input) {
                wanted = found(*list, *item, matched.start(), matched.end());
                if !wanted {
                    break;
                }
                // No pattern matches the empty string, so that this goes on.
                input.set_start(matched.end());
            }
        }
    }

    fn mark_shapes(&self, text: &str, scratch: &mut ExpressionScratch) {
        let outcome = match (&self.shapes, &mut scratch.shapes) {
            (Some(dfa), Some((cache, set))) => {
                set.clear();
                dfa.try_which_overlapping_matches(cache, &Input::new(text), set)
            }
            _ => return self.shapeless.iter().for_each(|&number| scratch.mark(number)),
        };
        let Some((_, set)) = &scratch.shapes else { return };
        let (marked, marks) = (&mut scratch.marked, &mut scratch.marks);
        for (shape, &number) in self.shapeless.iter().enumerate() {
            let there = set.contains(regex_automata::PatternID::must(shape));
            if (there || outcome.is_err()) && !std::mem::replace(&mut marked[number as usize], true) {
                marks.push(number);
            }
        }
    }
}

impl ExpressionScratch {
    /// Has a pattern run over this text.
    pub(crate) fn mark(&mut self, number: u32) {
        if !std::mem::replace(&mut self.marked[number as usize], true) {
            self.marks.push(number);
        }
    }
}

fn shapes_automaton(shapes: &[Hir]) -> Option<dfa::DFA> {
    let nfa = thompson::Compiler::new()
        .configure(
            thompson::Config::new()
                .nfa_size_limit(Some(SHAPES_PROGRAM_BYTES))
                .which_captures(thompson::WhichCaptures::None),
        )
        .build_many_from_hir(shapes)
        .ok()?;
    let config = dfa::Config::new()
        .match_kind(MatchKind::All)
        .cache_capacity(SHAPES_CACHE_BYTES)
        .skip_cache_capacity_check(true)
        .minimum_cache_clear_count(None);
    dfa::Builder::new().configure(config).build_from_nfa(nfa).ok()
}
