//! One scan: a text, or many texts together, with a matcher. Terms first, text by text, with those of its readings if it has any; then each
//! pattern over all texts, and readings of texts, that may have it; then the hits of each text, in the order of the texts.

use crate::expressions::{ExpressionScratch, Sees};
use crate::hit::{HITS_PER_SCAN_MAX, Hit, Scanned};
use crate::list::ListId;
use crate::matcher::Matcher;
use crate::reading::{For, READ_BYTES_MAX, Readings, parts};
use crate::signs::Signs;
use crate::steps;
use crate::term_search::{Reduced, Sought, Walked};
use proviso_entities::{Entity, EntityKind, Finder};
use std::sync::Arc;

/// Text of one scan, in bytes, at most. What comes behind is not looked at.
pub const TEXT_BYTES_MAX: usize = 64 << 20;

/// Memory that scans reuse; one for each thread.
#[derive(Debug)]
pub struct Scratch {
    identity: Arc<()>,
    expressions: ExpressionScratch,
    finder: Finder,
    /// Entities of one text as it stands, in order, and of its reading.
    entities: Vec<Entity>,
    of_reading: Vec<Entity>,
    /// Terms and entities found in all texts of a scan, one text behind the other.
    hits: Vec<Hit>,
    /// By text.
    of_text: Vec<OfText>,
    /// Matches of patterns, each with the number of its text.
    of_patterns: Vec<(u32, Hit)>,
    /// Those in readings.
    of_readings: Vec<(u32, Hit)>,
    /// What is found in one text.
    found: Vec<Hit>,
    /// What patterns see of texts that are disguised.
    readings: Readings,
    /// What lexicons see of the text at hand.
    of_terms: Readings,
    /// By reading for patterns: matches so far.
    counts: Vec<usize>,
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
    /// Terms and matches in the text as it stands, and terms in its readings, so far.
    count: usize,
    /// Something of it was not looked at.
    cut_short: bool,
}

impl Matcher {
    /// The patterns that the last scan with this scratch ran, whether they matched or not: list, and number in it. Once
    /// for each text, and once for the reading of it.
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
            of_reading: Vec::new(),
            hits: Vec::new(),
            of_text: Vec::new(),
            of_patterns: Vec::new(),
            of_readings: Vec::new(),
            found: Vec::new(),
            readings: Readings::default(),
            of_terms: Readings::default(),
            counts: Vec::new(),
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
            of_reading,
            hits,
            of_text,
            found,
            of_patterns,
            of_readings,
            readings,
            of_terms,
            counts,
            out_of_steps,
            out_of_steps_here,
            ..
        } = scratch;
        expressions.begin();
        hits.clear();
        of_text.clear();
        of_patterns.clear();
        of_readings.clear();
        out_of_steps.clear();
        readings.clear();
        counts.clear();
        let looked_at = |number: usize| {
            let whole = texts[number];
            &whole[..whole.floor_char_boundary(TEXT_BYTES_MAX)]
        };
        for number in 0..texts.len() {
            let (text, hits_from) = (looked_at(number), hits.len());
            let out = &mut |list| out_of_steps.push((number as u32, list));
            self.search(text, Sought::All, expressions, found, out);
            let look = match self.expressions.sees(expressions) {
                Sees::Nothing if self.entities.is_empty() => Signs::for_terms,
                Sees::Nothing | Sees::NoVariants => Signs::but_for_variants,
                Sees::All => Signs::of,
            };
            let signs = look(text);
            self.expressions.note(text, number as u32, expressions);
            if !self.entities.is_empty() {
                entities.clear();
                finder.find(text, entities, HITS_PER_SCAN_MAX, |kind| self.seeks(kind));
                for entity in &*entities {
                    self.add_hits(entity, found);
                }
                found.truncate(HITS_PER_SCAN_MAX);
            }
            hits.extend_from_slice(found);
            let mut cut_short = text.len() < texts[number].len();
            if signs.any() || self.has_repeats {
                cut_short |= text.len() > READ_BYTES_MAX;
                for part in parts(text).filter(|_| signs.any()) {
                    let signs = if part.len() == text.len() {
                        signs
                    } else {
                        look(&text[part.clone()])
                    };
                    if hits.len() - hits_from > HITS_PER_SCAN_MAX {
                        cut_short |= keep_each_once(hits, hits_from);
                    }
                    of_terms.clear();
                    if signs.structure
                        && let Some(reading) = of_terms.read(text, part.clone(), number, For::Terms)
                    {
                        self.search(of_terms.text(reading), Sought::Terms, expressions, found, out);
                        hits.extend(found.iter().map(|hit| of_terms.hit_of_text(reading, *hit)));
                    }
                    let for_patterns = signs.letters && (!self.expressions.is_empty() || !self.entities.is_empty());
                    if for_patterns && let Some(reading) = readings.read(text, part, number, For::Patterns) {
                        let text = readings.text(reading);
                        self.search(text, Sought::Pieces, expressions, found, out);
                        self.expressions.note(text, (texts.len() + reading) as u32, expressions);
                        counts.push(0);
                        if !self.entities.is_empty() {
                            of_reading.clear();
                            finder.find(text, of_reading, HITS_PER_SCAN_MAX, |kind| self.seeks(kind));
                            let of_reading = of_reading.iter().map(|entity| readings.entity_of_text(reading, entity));
                            of_reading
                                .filter(|entity| has_what_it_shares(entity, entities))
                                .for_each(|entity| self.add_hits(&entity, hits));
                        }
                    }
                }
                of_terms.clear();
                let read = 0..text.floor_char_boundary(READ_BYTES_MAX);
                if self.has_repeats
                    && let Some(reading) = of_terms.read(text, read, number, For::Repeats)
                {
                    let reduced = Reduced {
                        text,
                        readings: of_terms,
                        number: reading,
                    };
                    self.search(
                        of_terms.text(reading),
                        Sought::Repeats(reduced),
                        expressions,
                        found,
                        out,
                    );
                    hits.extend(found.iter().map(|hit| of_terms.hit_of_text(reading, *hit)));
                }
                cut_short |= keep_each_once(hits, hits_from);
            }
            of_text.push(OfText {
                hits_to: hits.len(),
                count: hits.len() - hits_from,
                cut_short,
            });
        }
        let want = |number: u32, hit| {
            let (count, all, hit) = match (number as usize).checked_sub(texts.len()) {
                None => (&mut of_text[number as usize].count, &mut *of_patterns, (number, hit)),
                Some(reading) => {
                    let hit = (readings.number_of_text(reading), readings.hit_of_text(reading, hit));
                    (&mut counts[reading], &mut *of_readings, hit)
                }
            };
            if *count == HITS_PER_SCAN_MAX {
                of_text[hit.0 as usize].cut_short = true;
                return false;
            }
            *count += 1;
            all.push(hit);
            true
        };
        let text_of = |number: usize| match number.checked_sub(texts.len()) {
            None => looked_at(number),
            Some(reading) => readings.text(reading),
        };
        self.expressions.run(text_of, expressions, out_of_steps, want);
        for (number, _) in out_of_steps.iter_mut() {
            if let Some(reading) = (*number as usize).checked_sub(texts.len()) {
                *number = readings.number_of_text(reading);
            }
        }
        add_of_readings(of_patterns, of_readings);
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
            let cut_short = keep_each_once(found, 0);
            from = of_text.hits_to;
            let of_this = out.iter().take_while(|(of, _)| *of as usize == number).count();
            let of_this = out.split_off(..of_this).unwrap_or_default();
            out_of_steps_here.clear();
            out_of_steps_here.extend(of_this.iter().map(|(_, list)| *list));
            let scanned = Scanned {
                cut_short: of_text.cut_short || cut_short || of_text.count == HITS_PER_SCAN_MAX,
                out_of_steps: out_of_steps_here,
            };
            take(found, scanned);
        }
        readings.shrink();
        of_terms.shrink();
        if texts.is_empty() {
            out_of_steps_here.clear();
        }
    }

    /// Whether some list looks for a kind of entities.
    fn seeks(&self, kind: EntityKind) -> bool {
        self.entities
            .binary_search_by_key(&kind, |(sought, ..)| *sought)
            .is_ok()
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

    /// Looks for what is sought in a text; what is found goes to `found`, which is cleared first. Lists that are out of steps go to `out`:
    /// it looks once more without what is long or crowded, so that the hits of all other lists are whole.
    fn search(
        &self,
        text: &str,
        sought: Sought<'_>,
        expressions: &mut ExpressionScratch,
        found: &mut Vec<Hit>,
        out: &mut impl FnMut(ListId),
    ) {
        found.clear();
        let mut walked = Walked::within(steps::term_steps(text.len()), sought);
        self.scan_terms(text, expressions, found, &mut walked);
        if walked.is_out_of_steps() {
            found.clear();
            expressions.forget_pieces();
            self.scan_terms(text, expressions, found, &mut Walked::light(sought));
            self.heavy.iter().for_each(|list| out(*list));
        }
        found.truncate(HITS_PER_SCAN_MAX);
    }
}

/// True of an entity in a reading that has all of each entity of the text as it stands that it shares bytes with: what is a number
/// of one kind as it stands does not become another one by the end of it.
fn has_what_it_shares(entity: &Entity, in_text: &[Entity]) -> bool {
    let from = in_text.partition_point(|other| other.end <= entity.start);
    let mut shared = in_text[from..].iter().take_while(|other| other.start < entity.end);
    shared.all(|other| entity.start <= other.start && other.end <= entity.end)
}

/// Adds the matches in readings to those in texts as they stand, each with the number of its text. One that shares bytes with a match of
/// the same pattern in the text as it stands counts if it has all of it: a pattern that fits many places, looked for in a text
/// that begins a character later, would be found a character later everywhere.
fn add_of_readings(matches: &mut Vec<(u32, Hit)>, of_readings: &[(u32, Hit)]) {
    if of_readings.is_empty() {
        return;
    }
    let pattern = |&(number, hit): &(u32, Hit)| (number, hit.list, hit.term);
    // Matches of one pattern in one text do not overlap.
    matches.sort_unstable_by_key(|found| (pattern(found), found.1.start));
    let known = matches.len();
    for found in of_readings {
        let (of, hit) = (pattern(found), found.1);
        let from = matches[..known].partition_point(|other| (pattern(other), other.1.end) <= (of, hit.start));
        let to = matches[..known].partition_point(|other| (pattern(other), other.1.start) < (of, hit.end));
        let shared = matches.get(from..to).unwrap_or_default();
        let is_within = |other: &(u32, Hit)| hit.start <= other.1.start && other.1.end <= hit.end;
        if shared.first().is_none_or(is_within) && shared.last().is_none_or(is_within) {
            matches.push(*found);
        }
    }
}

/// Sorts the hits from this place on, and keeps each once and no more than are given. True if there were more.
fn keep_each_once(hits: &mut Vec<Hit>, from: usize) -> bool {
    hits[from..].sort_unstable_by_key(Hit::place);
    let mut kept = from;
    for at in from..hits.len() {
        if kept == from || hits[kept - 1] != hits[at] {
            hits[kept] = hits[at];
            kept += 1;
        }
    }
    let most = from + HITS_PER_SCAN_MAX;
    hits.truncate(kept.min(most));
    kept > most
}
