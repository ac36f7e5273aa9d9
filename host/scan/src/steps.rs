//! What looking for terms and patterns in one text may cost, counted in steps that are the same on every machine.
//!
//! A step is a byte that a search looks at, weighted by how slow the search's engine can be; one to three nanoseconds. Searches
//! for one pattern go on behind each match. One that looked far beyond its match, for a longer one that was not there,
//! leaves that stretch to be looked at again by the next: without a bound, the work would grow with the square of the text.
//! How far a search looked is not told by the engine, so it is bounded from above: no match that began at or before the one
//! that was found can reach over a character that the pattern has nowhere, nor be longer than its longest match.

use crate::alphabet::Alphabet;
use proviso_model::limits::{SCAN_STEPS_MAX, SCAN_STEPS_MIN, SCAN_STEPS_PER_KIB_DEFAULT};
use regex_syntax::hir::{Hir, HirKind};

/// Steps for each byte of a text that looking for terms takes, at most, before it leaves out what is long or crowded.
const TERM_STEPS_PER_BYTE: u64 = 16;
/// So many are always there.
const TERM_STEPS_MIN: u64 = 1 << 20;
/// What a byte costs an engine that keeps no automaton, beside one step for each place of the pattern.
const SLOW_ENGINE_STEPS: u64 = 16;
/// Places of a pattern that cost its automaton one step more, as it may have to be built anew again and again.
const PLACES_PER_STEP: u64 = 4;

/// Whose lists share their steps: those of one pack, whatever other packs look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Owner(pub(crate) u32);

/// The steps that patterns of one owner may take in one text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grant {
    per_kib: u64,
}

impl Default for Grant {
    fn default() -> Self {
        Self::of(SCAN_STEPS_PER_KIB_DEFAULT)
    }
}

impl Grant {
    pub(crate) fn of(per_kib: u64) -> Self {
        Self { per_kib }
    }

    /// For a text of that many bytes.
    pub(crate) fn for_text(self, bytes: usize) -> u64 {
        let begun_kib = bytes.div_ceil(1 << 10).max(1) as u64;
        self.per_kib
            .saturating_mul(begun_kib)
            .clamp(SCAN_STEPS_MIN, SCAN_STEPS_MAX)
    }
}

/// How many steps looking for terms may take in a text of that many bytes.
pub(crate) fn term_steps(bytes: usize) -> u64 {
    (bytes as u64 * TERM_STEPS_PER_BYTE).max(TERM_STEPS_MIN)
}

/// What a search for one pattern costs.
#[derive(Debug)]
pub(crate) struct Cost {
    /// Steps of one byte.
    weight: u64,
    /// Bytes of its longest match; none if there is no such bound.
    longest: Option<usize>,
    alphabet: Alphabet,
}

impl Cost {
    /// Of a pattern, which has an automaton or has to do without.
    pub(crate) fn of(hir: &Hir, has_automaton: bool) -> Self {
        let places = places(hir);
        let weight = if has_automaton {
            1 + places / PLACES_PER_STEP
        } else {
            SLOW_ENGINE_STEPS + places
        };
        Self {
            weight,
            longest: hir.properties().maximum_len(),
            alphabet: Alphabet::of(hir),
        }
    }

    /// Steps of looking at that many bytes.
    pub(crate) fn of_bytes(&self, bytes: usize) -> u64 {
        self.weight.saturating_mul(bytes as u64)
    }

    /// How many bytes can be looked at for that many steps, or for one more than that.
    pub(crate) fn bytes_for(&self, steps: u64) -> usize {
        usize::try_from(steps / self.weight)
            .unwrap_or(usize::MAX)
            .saturating_add(1)
    }

    /// How far a search that found the match `start..end` can have looked, at most: to the first character behind it that
    /// no match has, or to where the longest match from there would end. `border` is kept from search to search in one
    /// text: where the last one's stretch without a foreign character ended; 0 to begin with.
    pub(crate) fn looked_to(&self, text: &str, (start, end): (usize, usize), border: &mut usize) -> usize {
        let longest = self.longest.map_or(text.len(), |longest| start.saturating_add(longest));
        if longest > end && *border < end {
            *border = self.alphabet.end_of_stretch(text, end);
        }
        // The character that ends it, or a condition on it, is looked at too.
        longest.min(*border).max(end).saturating_add(4).min(text.len())
    }
}

/// Places of an expression at which a character stands, each repetition as often as it is at most, or at least.
fn places(hir: &Hir) -> u64 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => literal.0.len() as u64,
        HirKind::Class(_) => 1,
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min.max(1));
            places(&repetition.sub).saturating_mul(times.into())
        }
        HirKind::Capture(capture) => places(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().fold(0, |sum, part| sum.saturating_add(places(part)))
        }
    }
}
