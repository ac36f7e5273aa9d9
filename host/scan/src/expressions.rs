//! Which patterns to run over a text, and running them.
//!
//! A pattern with fixed pieces is run where the scan has found one of each group, in order and near enough to each
//! other. Whatever a pattern needs beside that, or a pattern without pieces needs at all, is a condition: see `conditions`. The
//! patterns without pieces whose conditions are fulfilled are run one by one if they are few. If they are many, they are first looked
//! for all at once by one lazily built automaton over their shapes, conditions on neighbours left out.

use crate::build::ListId;
use crate::conditions::{self, Conditions, Facts, Needed};
use crate::matcher::Hit;
use crate::patterns::Pattern;
use crate::required::{self, Route};
use regex_automata::hybrid::dfa;
use regex_automata::nfa::thompson;
use regex_automata::{Input, MatchKind, PatternSet, meta};
use regex_syntax::hir::Hir;
use std::cmp::Reverse;
use std::fmt::Write;

/// The lazily built automaton over the shapes of patterns, in bytes, at most; it starts anew when it is full.
const SHAPES_CACHE_BYTES: usize = 4 << 20;
/// Its program, in bytes, at most. Beyond it patterns without pieces are all run.
const SHAPES_PROGRAM_BYTES: usize = 64 << 20;
/// Patterns without pieces that are run over a text one by one, at most.
const ONE_BY_ONE_MAX: usize = 4;
/// A pattern whose rarest run tells this much, and whose pieces tell less than the other, is known by its run alone.
const RUN_BITS_ENOUGH: f32 = 30.0;
const PIECES_BITS_ENOUGH: f32 = 13.0;

/// Pieces of one text whose order is looked at, at most. Beyond it, each is taken for all that its pattern needs.
const PIECES_MAX: usize = 4_096;

#[derive(Debug)]
pub(crate) struct Expressions {
    all: Vec<Expression>,
    waypoints: Vec<Waypoint>,
    known: Conditions,
    /// Patterns without pieces, by number, in the order of the shapes.
    shapeless: Vec<u32>,
    shapes: Option<dfa::DFA>,
}

#[derive(Debug)]
struct Expression {
    list: ListId,
    item: u32,
    regex: meta::Regex,
    needed: Needed,
    /// What keeps it from being run, for people.
    needs: String,
}

/// A group of pieces on one of the ways that an expression can match.
#[derive(Debug)]
struct Waypoint {
    expression: u32,
    /// Has a waypoint before it, the one before this in the table, which must have been reached at most so many bytes ago.
    after: Option<u32>,
    /// No other waypoint has to be reached behind it.
    last: bool,
}

/// Patterns on their way into a matcher: what the trie has to look for, and for which waypoints.
#[derive(Debug, Default)]
pub(crate) struct ExpressionsBuilder {
    all: Vec<Expression>,
    waypoints: Vec<Waypoint>,
    /// By expression.
    conditions: Vec<Vec<conditions::Run>>,
    shapeless: Vec<u32>,
    shapes: Vec<Hir>,
    /// Pieces, folded as far as folding goes, with the number of the waypoint.
    pub(crate) pieces: Vec<(String, u32)>,
}

impl ExpressionsBuilder {
    pub(crate) fn add(&mut self, list: ListId, item: u32, pattern: &Pattern) {
        let expression = self.all.len() as u32;
        let mut conditions = conditions::of(&pattern.hir);
        let run_bits = conditions.iter().map(conditions::Run::bits).fold(0.0, f32::max);
        let routes = required::routes(&pattern.hir)
            .filter(|routes| run_bits < RUN_BITS_ENOUGH || required::bits(routes) >= PIECES_BITS_ENOUGH);
        if routes.is_some() {
            // The letters that a pattern must have are those of its pieces.
            conditions.retain(|condition| condition.least() > 1 || !condition.has_letters());
        }
        let needs = describe(routes.as_deref().unwrap_or_default(), &conditions);
        if let Some(routes) = routes {
            for route in routes {
                self.add_route(expression, route);
            }
        } else {
            self.shapeless.push(expression);
            self.shapes.push(required::without_conditions(&pattern.hir));
        }
        self.all.push(Expression {
            list,
            item,
            regex: pattern.compiled.clone(),
            needed: Needed::default(),
            needs,
        });
        self.conditions.push(conditions);
    }

    fn add_route(&mut self, expression: u32, route: Route) {
        let groups = route.len();
        for (place, group) in route.into_iter().enumerate() {
            let waypoint = self.waypoints.len() as u32;
            self.pieces
                .extend(group.literals.into_iter().map(|literal| (literal, waypoint)));
            self.waypoints.push(Waypoint {
                expression,
                after: (place > 0).then(|| group.reach.unwrap_or(u32::MAX)),
                last: place + 1 == groups,
            });
        }
    }

    pub(crate) fn build(mut self) -> Expressions {
        let mut known = Conditions::default();
        // Those come first whose conditions are asked for every text.
        for &number in &self.shapeless {
            self.all[number as usize].needed = known.add(&std::mem::take(&mut self.conditions[number as usize]));
        }
        for (expression, conditions) in self.all.iter_mut().zip(&self.conditions) {
            if !conditions.is_empty() {
                expression.needed = known.add(conditions);
            }
        }
        Expressions {
            all: self.all,
            waypoints: self.waypoints,
            known,
            shapes: (self.shapeless.len() > ONE_BY_ONE_MAX)
                .then(|| shapes_automaton(&self.shapes))
                .flatten(),
            shapeless: self.shapeless,
        }
    }
}

/// What a pattern needs, in one line.
fn describe(routes: &[Route], conditions: &[conditions::Run]) -> String {
    let mut needs = String::new();
    for (number, route) in routes.iter().enumerate() {
        needs.push_str(if number > 0 { " or " } else { "" });
        for (place, group) in route.iter().enumerate() {
            let _ = match (place, group.reach) {
                (0, _) => Ok(()),
                (_, Some(bytes)) => write!(needs, " then within {bytes} bytes "),
                (_, None) => write!(needs, " then "),
            };
            let pieces: Vec<&str> = group.literals.iter().map(String::as_str).collect();
            needs.push_str(&pieces.join("|"));
        }
    }
    for condition in conditions {
        let _ = write!(needs, "{}{condition}", if needs.is_empty() { "" } else { " and " });
    }
    needs
}

/// What a scan needs beside the text: caches, and which patterns to run.
#[derive(Debug)]
pub(crate) struct ExpressionScratch {
    /// Pieces that were found: the byte behind each, and its waypoint. In no order.
    pieces: Vec<(u32, Reverse<u32>)>,
    /// By waypoint: the byte behind the last piece of it that was found behind one of the waypoint before, or 0.
    reached: Vec<u32>,
    marked: Vec<bool>,
    /// Patterns that may match the text at hand.
    marks: Vec<u32>,
    /// Patterns to run, each with the number of a text; afterwards those that were run.
    runs: Vec<(u32, u32)>,
    /// Made when a pattern is first run: most never are.
    caches: Vec<Option<meta::Cache>>,
    shapes: Option<(dfa::Cache, PatternSet)>,
}

impl Expressions {
    pub(crate) fn scratch(&self) -> ExpressionScratch {
        ExpressionScratch {
            pieces: Vec::new(),
            reached: vec![0; self.waypoints.len()],
            marked: vec![false; self.all.len()],
            marks: Vec::with_capacity(self.all.len()),
            runs: Vec::new(),
            caches: vec![None; self.all.len()],
            shapes: self
                .shapes
                .as_ref()
                .map(|dfa| (dfa.create_cache(), PatternSet::new(self.shapeless.len()))),
        }
    }

    /// List, item and needs of each pattern, in the order of adding.
    pub(crate) fn needs(&self) -> impl Iterator<Item = (ListId, u32, &str)> {
        self.all
            .iter()
            .map(|expression| (expression.list, expression.item, expression.needs.as_str()))
    }

    /// List and item of the patterns that the last scan ran, once for each text.
    pub(crate) fn last_run(&self, scratch: &ExpressionScratch) -> impl Iterator<Item = (ListId, u32)> {
        let of_run = |&(pattern, _): &(u32, u32)| self.all.get(pattern as usize).map(|run| (run.list, run.item));
        scratch.runs.iter().filter_map(of_run)
    }

    /// A piece of a waypoint's group ends before byte `at`. Pieces may come in any order.
    pub(crate) fn see(&self, number: u32, at: usize, scratch: &mut ExpressionScratch) {
        let waypoint = &self.waypoints[number as usize];
        if waypoint.after.is_none() && waypoint.last || scratch.pieces.len() >= PIECES_MAX {
            scratch.mark(waypoint.expression);
        } else if !scratch.marked[waypoint.expression as usize] {
            // Of two waypoints at the same place the later one comes first, so that one piece does not do for both.
            scratch.pieces.push((at as u32, Reverse(number)));
        }
    }

    /// Marks the patterns with a way on which each waypoint was reached.
    fn follow(&self, scratch: &mut ExpressionScratch) {
        scratch.pieces.sort_unstable();
        for place in 0..scratch.pieces.len() {
            let (at, Reverse(number)) = scratch.pieces[place];
            let waypoint = &self.waypoints[number as usize];
            let reached = waypoint.after.is_none_or(|reach| {
                let before = scratch.reached[number as usize - 1];
                before != 0 && at - before <= reach
            });
            if reached && waypoint.last {
                scratch.mark(waypoint.expression);
            } else if reached {
                scratch.reached[number as usize] = at;
            }
        }
        for (_, Reverse(number)) in scratch.pieces.drain(..) {
            scratch.reached[number as usize] = 0;
        }
    }

    /// Notes which patterns are to run over the text of this number, from the pieces that were seen since the last one.
    pub(crate) fn note(&self, text: &str, number: u32, scratch: &mut ExpressionScratch) {
        if self.all.is_empty() {
            return;
        }
        self.follow(scratch);
        let mut facts = Facts::default();
        let marked = &mut scratch.marked;
        scratch.marks.retain(|&pattern| {
            marked[pattern as usize] = false;
            self.known
                .passes(&self.all[pattern as usize].needed, text.as_bytes(), &mut facts)
        });
        self.mark_shapeless(text, &mut facts, scratch);
        scratch
            .runs
            .extend(scratch.marks.drain(..).map(|pattern| (pattern, number)));
    }

    /// Runs each pattern over all texts that it was noted for, so that its tables are read from memory once. `found` is
    /// called for each match with the number of the text, until it says that it wants no more of this text.
    pub(crate) fn run<'t>(
        &self,
        text_of: impl Fn(usize) -> &'t str,
        scratch: &mut ExpressionScratch,
        mut found: impl FnMut(u32, Hit) -> bool,
    ) {
        scratch.runs.sort_unstable();
        for &(pattern, number) in &scratch.runs {
            let Expression { list, item, regex, .. } = &self.all[pattern as usize];
            let cache = scratch.caches[pattern as usize].get_or_insert_with(|| regex.create_cache());
            let mut input = Input::new(text_of(number as usize));
            while let Some(matched) = regex.search_with(cache, &input) {
                let hit = Hit {
                    list: *list,
                    term: *item,
                    start: matched.start() as u32,
                    end: matched.end() as u32,
                };
                if !found(number, hit) {
                    break;
                }
                // No pattern matches the empty string, so that this goes on.
                input.set_start(matched.end());
            }
        }
    }

    fn mark_shapeless(&self, text: &str, facts: &mut Facts, scratch: &mut ExpressionScratch) {
        let before = scratch.marks.len();
        let passes = |&number: &u32| {
            self.known
                .passes(&self.all[number as usize].needed, text.as_bytes(), facts)
        };
        scratch.marks.extend(self.shapeless.iter().copied().filter(passes));
        if scratch.marks.len() - before <= ONE_BY_ONE_MAX {
            return;
        }
        let (Some(dfa), Some((cache, set))) = (&self.shapes, &mut scratch.shapes) else {
            return;
        };
        set.clear();
        if dfa.try_which_overlapping_matches(cache, &Input::new(text), set).is_ok() {
            let mut shape = 0;
            let mut place = 0;
            // Both are in the order of the patterns.
            scratch.marks.retain(|&number| {
                place += 1;
                if place <= before {
                    return true;
                }
                while self.shapeless[shape] != number {
                    shape += 1;
                }
                set.contains(regex_automata::PatternID::must(shape))
            });
        }
    }
}

impl ExpressionScratch {
    /// Forgets the texts of the last scan.
    pub(crate) fn begin(&mut self) {
        self.runs.clear();
    }

    /// Has a pattern run over this text if its conditions are fulfilled.
    fn mark(&mut self, number: u32) {
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
