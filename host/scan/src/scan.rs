//! One scan: a text, or many texts together, with a matcher. Terms first, text by text; then each pattern over all texts that
//! may have it; then the hits of each text, in the order of the texts.

use crate::entities::{Entity, Finder};
use crate::expressions::ExpressionScratch;
use crate::hit::{HITS_PER_SCAN_MAX, Hit, Scanned};
use crate::list::ListId;
use crate::matcher::Matcher;
use crate::steps;
use crate::term_search::Walked;
use std::sync::Arc;

/// Text of one scan, in bytes, at most. What comes behind is not looked at.
pub const TEXT_BYTES_MAX: usize = 64 << 20;

/// Memory that scans reuse; one for each thread.
#[derive(Debug)]
pub struct Scratch {
    identity: Arc<()>,
    expressions: ExpressionScratch,
    finder: Finder,
    /// Entities of one text.
    entities: Vec<Entity>,
    /// Terms and entities found in all texts of a scan, one text behind the other.
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
            finder: Finder::default(),
            entities: Vec::new(),
            hits: Vec::new(),
            of_text: Vec::new(),
            of_patterns: Vec::new(),
            found: Vec::new(),
            out_of_steps: Vec::new(),
            out_of_steps_here: Vec::new(),
        }
    }

    /// Finds all hits in `text` and puts them into `hits`, which is cleared first: sorted by start, end, list and term,
    /// each once. Allocates nothing once `scratch` and `hits` have grown to what texts like this one need, if the text is not so
    /// long that patterns get automata of their own for it (a few KiB for a large pattern).
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
            finder,
            entities,
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
            if !self.entities.is_empty() {
                entities.clear();
                finder.find(text, entities, HITS_PER_SCAN_MAX);
                for entity in &*entities {
                    self.add_hits(entity, found);
                }
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

    /// Adds a hit for each list that looks for an entity's kind.
    fn add_hits(&self, entity: &Entity, found: &mut Vec<Hit>) {
        let from = self.entities.partition_point(|(kind, ..)| *kind < entity.kind);
        let of_kind = self.entities[from..]
            .iter()
            .take_while(|(kind, ..)| *kind == entity.kind);
        found.extend(of_kind.map(|&(_, list, term)| Hit {
            list,
            term,
            start: entity.start,
            end: entity.end,
        }));
    }
}
