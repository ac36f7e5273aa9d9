//! Why a text reached the threshold: the fragments that weighed most.

use proviso_sdk::Span;
use proviso_text_features::Model;
use proviso_text_features::fragments::{self, Sink};
use std::ops::Range;

/// So many fragments are named.
const GROUNDS_MAX: usize = 3;
/// So many are kept to choose from: the heaviest often lie over one another.
const CANDIDATES_MAX: usize = 24;

/// The heaviest fragments of a passage that do not overlap, in the order of the text, at most three. A fragment that stands in the passage
/// more than once counts as often, and its first place is named.
pub(crate) fn weightiest(model: &Model, text: &str, passage: Range<usize>) -> Vec<Span> {
    let mut choosing = Choosing {
        model,
        candidates: Vec::with_capacity(CANDIDATES_MAX + 1),
    };
    fragments::cut(&text[passage.clone()], &mut choosing);
    let mut candidates = choosing.candidates;
    // Of fragments that weigh alike the longest tells most.
    candidates.sort_by_key(|candidate| {
        (
            -candidate.weight,
            candidate.start as i64 - candidate.end as i64,
            candidate.start,
        )
    });
    let mut chosen: Vec<Span> = Vec::with_capacity(GROUNDS_MAX);
    for candidate in candidates {
        // One letter tells a reader nothing.
        if text[passage.clone()][candidate.start..candidate.end]
            .chars()
            .nth(1)
            .is_none()
        {
            continue;
        }
        let span = Span::new(
            (passage.start + candidate.start) as u32,
            (passage.start + candidate.end) as u32,
        );
        let apart = |other: &Span| span.end <= other.start || other.end <= span.start;
        if chosen.len() < GROUNDS_MAX
            && chosen
                .iter()
                .all(|other| apart(other) && other.of(text) != span.of(text))
        {
            chosen.push(span);
        }
    }
    chosen.sort_by_key(|span| span.start);
    chosen
}

struct Candidate {
    hash: u64,
    weight: i32,
    start: usize,
    end: usize,
}

struct Choosing<'m> {
    model: &'m Model,
    candidates: Vec<Candidate>,
}

impl Sink for Choosing<'_> {
    fn fragment(&mut self, there: bool, hash: u64, start: usize, end: usize) {
        let weight = i32::from(self.model.weight(hash));
        if !there || weight <= 0 {
            return;
        }
        if let Some(known) = self.candidates.iter_mut().find(|candidate| candidate.hash == hash) {
            known.weight += weight;
            return;
        }
        let candidate = Candidate {
            hash,
            weight,
            start,
            end,
        };
        if self.candidates.len() < CANDIDATES_MAX {
            self.candidates.push(candidate);
            return;
        }
        let lightest = self.candidates.iter_mut().min_by_key(|candidate| candidate.weight);
        if let Some(lightest) = lightest.filter(|lightest| lightest.weight < weight) {
            *lightest = candidate;
        }
    }

    fn passage(&mut self, _bytes: Range<usize>, _chars: u32) {}
}
