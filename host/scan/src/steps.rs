//! What looking for terms and patterns in one text may cost, counted in steps that are the same on every machine. A reading of a text has as
//! many as a text of its length, beside those of the text.
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
/// Places of a pattern that cost its automaton one step more in a short text, where its building is not counted.
const PLACES_PER_STEP: u64 = 4;
/// A text is long for a pattern if an engine without an automaton might take more steps than this in it.
const SHORT_TEXT_STEPS_MAX: u64 = 2 << 20;
/// Or more than this part of the steps that are left.
const SHORT_TEXT_SHARE: u64 = 8;

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
    /// Steps of one byte in a short text.
    short: u64,
    /// Steps of one byte without an automaton.
    slow: u64,
    has_automaton: bool,
    /// Bytes of its longest match; none if there is no such bound.
    longest: Option<usize>,
    alphabet: Alphabet,
}

impl Cost {
    /// Of a pattern, which has an automaton or has to do without.
    pub(crate) fn of(hir: &Hir, has_automaton: bool) -> Self {
        let places = places(hir);
        let slow = SLOW_ENGINE_STEPS.saturating_add(places);
        let short = if has_automaton {
            1 + places / PLACES_PER_STEP
        } else {
            slow
        };
        Self {
            short,
            slow,
            has_automaton,
            longest: hir.properties().maximum_len(),
            alphabet: Alphabet::of(hir),
        }
    }

    /// Whether an automaton asks every condition of the pattern.
    pub(crate) fn has_automaton(&self) -> bool {
        self.has_automaton
    }

    /// Whether an automaton is to be built for a text of that many bytes alone, and its building counted, where so many steps
    /// are left.
    pub(crate) fn is_long(&self, bytes: usize, left: u64) -> bool {
        let (short, slow) = (self.short().of_bytes(bytes), self.slow().of_bytes(bytes));
        slow > SHORT_TEXT_STEPS_MAX || short > left / SHORT_TEXT_SHARE
    }

    /// A byte in a text that is not long.
    pub(crate) fn short(&self) -> Weight {
        Weight(self.short)
    }

    /// A byte without an automaton.
    pub(crate) fn slow(&self) -> Weight {
        Weight(self.slow)
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

/// Steps of one byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weight(u64);

impl Weight {
    /// Of an automaton whose building is counted apart.
    pub(crate) const COUNTED: Self = Self(1);

    /// Steps of looking at that many bytes.
    pub(crate) fn of_bytes(self, bytes: usize) -> u64 {
        self.0.saturating_mul(bytes as u64)
    }

    /// How many bytes can be looked at for that many steps, or for one more than that.
    pub(crate) fn bytes_for(self, steps: u64) -> usize {
        usize::try_from(steps / self.0).unwrap_or(usize::MAX).saturating_add(1)
    }
}

/// Places of an expression at which an engine can be: at a character, a condition or nothing, and where ways part. Each
/// repetition counts as often as it is at most, or at least.
pub(crate) fn places(hir: &Hir) -> u64 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Class(_) => 1,
        HirKind::Literal(literal) => literal.0.len() as u64,
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min.max(1));
            // Where it may end or go on.
            let ends = u64::from(repetition.max != Some(repetition.min));
            places(&repetition.sub)
                .saturating_add(ends)
                .saturating_mul(times.into())
        }
        HirKind::Capture(capture) => places(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().fold(0, |sum, part| sum.saturating_add(places(part)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(regex: &str) -> Cost {
        let hir = regex_syntax::parse(regex).unwrap();
        let has_automaton = crate::required::has_automaton(&hir);
        Cost::of(&hir, has_automaton)
    }

    /// A lazily built automaton gives up on a condition on Unicode's words beside a character that is not ASCII.
    #[test]
    fn conditions_on_unicodes_words_have_the_weight_of_the_slow_engine() {
        for regex in [
            r"\b保证",
            r"保证\b",
            r"保\B证",
            r"\b{start}保证",
            r"保证\b{end}",
            r"\b{start-half}保证",
            r"保证\b{end-half}",
            r"保证(?:x|(?:y\b)?z)",
        ] {
            let cost = cost(regex);
            assert_eq!(cost.short(), cost.slow(), "{regex}");
            assert!(cost.slow().0 > SLOW_ENGINE_STEPS, "{regex}");
            assert!(!cost.has_automaton() && cost.is_long(1 << 20, u64::MAX), "{regex}");
        }
        for regex in [
            r"(?-u:\b)保证(?-u:\b)",
            r"^保证$",
            r"(?m)^保证$",
            r"(?mR)^保证$",
            r"\A保证\z",
            r"\w+保证\W",
            r"(?i)保证\p{Han}[\w&&[^a-z]]",
        ] {
            let cost = cost(regex);
            assert!(cost.short().0 < SLOW_ENGINE_STEPS, "{regex}: {cost:?}");
            assert!(cost.has_automaton() && cost.is_long(1 << 20, u64::MAX), "{regex}");
        }
    }

    #[test]
    fn everything_that_an_engine_walks_through_is_a_place() {
        let table = [
            ("abc", 3),
            ("保", 3),
            ("[a-z]保", 4),
            (r"\b\b\ba", 4),
            ("(?:|a)b", 3),
            ("a{3}", 3),
            ("a{2,3}", 6),
            ("a?b+", 4),
            ("(?:ab){2,}", 6),
        ];
        for (regex, expected) in table {
            assert_eq!(places(&regex_syntax::parse(regex).unwrap()), expected, "{regex}");
        }
    }
}
