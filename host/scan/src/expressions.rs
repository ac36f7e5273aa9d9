//! Which patterns to run over a text, and running them.
//!
//! A pattern with fixed pieces is run where the scan has found one of each group, in order and near enough to each
//! other. Whatever a pattern needs beside that, or a pattern without pieces needs at all, is a condition: see `conditions`. The
//! patterns without pieces whose conditions are fulfilled are run one by one if they are few. If they are many, they are first looked
//! for all at once by one lazily built automaton over their shapes, conditions on neighbours left out.

use crate::automaton::Program;
use crate::conditions::{self, Conditions, Facts, Needed};
use crate::hit::Hit;
use crate::list::ListId;
use crate::needs::describe;
use crate::patterns::Pattern;
use crate::required::{self, Route};
use crate::shapes::{Shapes, ShapesScratch};
use crate::steps::{Cost, Grant, Owner, Weight};
use regex_automata::{Anchored, Input, meta};
use regex_syntax::hir::Hir;
use std::cmp::Reverse;
use std::sync::OnceLock;

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
    /// One of those without pieces tells traditional characters from simplified ones.
    sees_variants: bool,
    shapes: Option<Shapes>,
    /// By owner.
    grants: Vec<Grant>,
}

/// What patterns can see in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sees {
    /// There are none.
    Nothing,
    /// Whatever they see, but no ideograph of which there are traditional and simplified forms.
    NoVariants,
    /// Any character.
    All,
}

#[derive(Debug)]
struct Expression {
    owner: Owner,
    list: ListId,
    item: u32,
    regex: meta::Regex,
    hir: Hir,
    /// Made when it is first looked for in a long text, without the conditions that no automaton can ask; none if it is too large.
    long: OnceLock<Option<Program>>,
    cost: Cost,
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
    sees_variants: bool,
    shapes: Vec<Hir>,
    /// Pieces, folded as far as folding goes, with the number of the waypoint.
    pub(crate) pieces: Vec<(String, u32)>,
}

impl ExpressionsBuilder {
    pub(crate) fn add(&mut self, owner: Owner, list: ListId, item: u32, pattern: &Pattern) {
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
            self.sees_variants |= required::tells_variants(&pattern.hir);
            self.shapes.push(required::without_conditions(&pattern.hir));
        }
        self.all.push(Expression {
            owner,
            list,
            item,
            regex: pattern.compiled.clone(),
            hir: pattern.hir.clone(),
            long: OnceLock::new(),
            cost: Cost::of(&pattern.hir, required::has_automaton(&pattern.hir)),
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

    /// `grants` are the steps of each owner.
    pub(crate) fn build(mut self, grants: Vec<Grant>) -> Expressions {
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
                .then(|| Shapes::of(&self.shapes))
                .flatten(),
            shapeless: self.shapeless,
            sees_variants: self.sees_variants,
            grants,
        }
    }
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
    shapes: Option<ShapesScratch>,
    /// By text: steps that the patterns of the owner at hand have taken in it.
    steps: Vec<u64>,
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
            shapes: self.shapes.as_ref().map(Shapes::scratch),
            steps: Vec::new(),
        }
    }

    /// List, item and needs of each pattern, in the order of adding.
    pub(crate) fn needs(&self) -> impl Iterator<Item = (ListId, u32, &str)> {
        self.all
            .iter()
            .map(|expression| (expression.list, expression.item, expression.needs.as_str()))
    }

    /// True if there is no pattern.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// What patterns can see in the text at hand, by the pieces that were seen in it. Pieces are the same whether characters are
    /// traditional or simplified, so that without one no pattern with pieces can match, however they are read.
    pub(crate) fn sees(&self, scratch: &ExpressionScratch) -> Sees {
        if self.is_empty() {
            Sees::Nothing
        } else if self.sees_variants || !scratch.pieces.is_empty() || !scratch.marks.is_empty() {
            Sees::All
        } else {
            Sees::NoVariants
        }
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
    ///
    /// The patterns of one owner run one behind the other. When they have used up the steps that they may take in a text,
    /// the rest of them does not run over it; a list of which something was left undone goes to `out_of_steps`, with the
    /// number of the text. Which ones these are depends on the text and the patterns alone.
    pub(crate) fn run<'t>(
        &self,
        text_of: impl Fn(usize) -> &'t str,
        scratch: &mut ExpressionScratch,
        out_of_steps: &mut Vec<(u32, ListId)>,
        mut found: impl FnMut(u32, Hit) -> bool,
    ) {
        let ExpressionScratch {
            runs, caches, steps, ..
        } = scratch;
        runs.sort_unstable_by_key(|&(pattern, number)| (self.all[pattern as usize].owner.0, pattern, number));
        let Some(texts) = runs.iter().map(|(_, number)| *number as usize + 1).max() else {
            return;
        };
        steps.resize(texts, 0);
        let mut owner_at_hand = None;
        for &(pattern, number) in runs.iter() {
            let expression = &self.all[pattern as usize];
            let owner = expression.owner;
            if owner_at_hand.replace(owner) != Some(owner) {
                steps.fill(0);
            }
            let text = text_of(number as usize);
            let steps = &mut steps[number as usize];
            let granted = self.grants[owner.0 as usize].for_text(text.len());
            let cache = caches[pattern as usize].get_or_insert_with(|| expression.regex.create_cache());
            let whole = *steps <= granted && expression.run(text, cache, (steps, granted), |hit| found(number, hit));
            if !whole {
                out_of_steps.push((number, expression.list));
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
        let (Some(shapes), Some(found)) = (&self.shapes, &mut scratch.shapes) else {
            return;
        };
        if shapes.search(text, found) {
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
                found.has(shape)
            });
        }
    }
}

impl Expression {
    /// Finds its matches, until `found` wants no more. False if the steps came to more than are granted.
    fn run(
        &self,
        text: &str,
        cache: &mut meta::Cache,
        (steps, granted): (&mut u64, u64),
        mut found: impl FnMut(Hit) -> bool,
    ) -> bool {
        let found = &mut found;
        let counted = self.cost.is_long(text.len(), granted - *steps).then(|| self.program());
        match counted {
            None => self.run_from(0, (text, cache), self.cost.short(), (steps, granted), found),
            Some(None) => self.run_from(0, (text, cache), self.cost.slow(), (steps, granted), found),
            Some(Some(program)) => self.run_counted(program, (text, cache), (steps, granted), found),
        }
    }

    /// By an engine whose steps are those of the bytes that it looks at, weighted.
    ///
    /// A search is given no more of the text than the steps that are left allow. Its match is that of the whole text if
    /// nothing behind what it was given could have made it another.
    fn run_from(
        &self,
        mut from: usize,
        (text, cache): (&str, &mut meta::Cache),
        weight: Weight,
        (steps, granted): (&mut u64, u64),
        found: &mut impl FnMut(Hit) -> bool,
    ) -> bool {
        let mut border = 0;
        while *steps <= granted {
            let to = text.floor_char_boundary(from.saturating_add(weight.bytes_for(granted - *steps)));
            let Some(matched) = self.regex.search_with(cache, &Input::new(text).range(from..to)) else {
                *steps = steps.saturating_add(weight.of_bytes(to - from));
                return to == text.len();
            };
            let span = (matched.start(), matched.end());
            let looked_to = self.cost.looked_to(text, span, &mut border);
            *steps = steps.saturating_add(weight.of_bytes(looked_to - from + span.1 - from));
            if looked_to > to {
                *steps = granted.saturating_add(1);
                return false;
            }
            if !found(self.hit(span)) {
                return true;
            }
            // No pattern matches the empty string, so that this goes on.
            from = span.1;
        }
        false
    }

    /// By an automaton of its own for this text, whose building is counted.
    ///
    /// Of a pattern with conditions that no automaton can ask, the automaton leaves them out: it finds the places where a match
    /// may begin, all of them in order, and the pattern is tried at each. What begins at none of them is no match.
    fn run_counted(
        &self,
        program: &Program,
        (text, cache): (&str, &mut meta::Cache),
        (steps, granted): (&mut u64, u64),
        found: &mut impl FnMut(Hit) -> bool,
    ) -> bool {
        let (mut from, mut border) = (0_usize, 0_usize);
        let mut automaton = program.automaton();
        while *steps <= granted {
            let to = text.floor_char_boundary(from.saturating_add(Weight::COUNTED.bytes_for(granted - *steps)));
            let (searched, built) = automaton.search(&Input::new(text).range(from..to));
            *steps = steps.saturating_add(built);
            let Ok(searched) = searched else {
                return self.run_from(from, (text, cache), self.cost.slow(), (steps, granted), found);
            };
            let Some(matched) = searched else {
                *steps = steps.saturating_add(Weight::COUNTED.of_bytes(to - from));
                return to == text.len();
            };
            let mut span = (matched.start(), matched.end());
            let looked_to = self.cost.looked_to(text, span, &mut border);
            *steps = steps.saturating_add(Weight::COUNTED.of_bytes(looked_to - from + span.1 - from));
            if looked_to > to {
                *steps = granted.saturating_add(1);
                return false;
            }
            if !self.cost.has_automaton() {
                *steps = steps.saturating_add(self.cost.slow().of_bytes(looked_to - span.0));
                if *steps > granted {
                    return false;
                }
                let here = span.0..text.ceil_char_boundary(looked_to);
                let input = Input::new(text).range(here).anchored(Anchored::Yes);
                let Some(matched) = self.regex.search_with(cache, &input) else {
                    from = text.ceil_char_boundary(span.0 + 1);
                    continue;
                };
                span.1 = matched.end();
            }
            if !found(self.hit(span)) {
                return true;
            }
            from = span.1;
        }
        false
    }

    fn hit(&self, (start, end): (usize, usize)) -> Hit {
        Hit {
            list: self.list,
            term: self.item,
            start: start as u32,
            end: end as u32,
        }
    }

    fn program(&self) -> Option<&Program> {
        let hir = || {
            if self.cost.has_automaton() {
                self.hir.clone()
            } else {
                required::without_conditions(&self.hir)
            }
        };
        self.long.get_or_init(|| Program::of(&hir())).as_ref()
    }
}

impl ExpressionScratch {
    /// Forgets the pieces of the text at hand, to see them again.
    pub(crate) fn forget_pieces(&mut self) {
        self.pieces.clear();
        for number in self.marks.drain(..) {
            self.marked[number as usize] = false;
        }
    }

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
