//! Occurrences that must stand near each other.

use proviso_sdk::Span;

use crate::context::within;
use crate::scene::{Occurrence, Scene};
use crate::settings::Unit;

/// How near: compiled from `within`, `same`, `ordered`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nearness {
    pub(crate) within: Option<u32>,
    pub(crate) same: Unit,
    pub(crate) ordered: bool,
}

impl Nearness {
    /// In one paragraph, however far apart.
    pub(crate) const PARAGRAPH: Self = Self {
        within: None,
        same: Unit::Paragraph,
        ordered: false,
    };

    /// Chooses one occurrence of each group so that they are near; adds all that take part in such a choice to `out`.
    /// Each group is ordered by start and without overlaps. True if there is a choice.
    pub(crate) fn choose(self, scene: &Scene<'_>, groups: &[Vec<Occurrence>], out: &mut Vec<Occurrence>) -> bool {
        let before = out.len();
        let mut chosen = Vec::with_capacity(groups.len());
        let last_groups = if self.ordered {
            groups.len() - 1..groups.len()
        } else {
            0..groups.len()
        };
        for last_group in last_groups {
            for last in &groups[last_group] {
                chosen.clear();
                chosen.push(*last);
                let complete = if self.ordered {
                    in_order_before(*last, &groups[..last_group], &mut chosen)
                } else {
                    around_before(*last, last_group, groups, &mut chosen)
                };
                if complete && self.holds(scene, &chosen) {
                    out.extend_from_slice(&chosen);
                }
            }
        }
        out.len() > before
    }

    fn holds(self, scene: &Scene<'_>, chosen: &[Occurrence]) -> bool {
        let first = chosen
            .iter()
            .map(|hit| hit.span)
            .min_by_key(|span| span.start)
            .unwrap_or(Span::new(0, 0));
        let last = chosen
            .iter()
            .map(|hit| hit.span)
            .max_by_key(|span| span.start)
            .unwrap_or(first);
        scene.unit_at(self.same, first.start) == scene.unit_at(self.same, last.start)
            && self.within.is_none_or(|most| within(scene.text(), first, last, most))
    }
}

/// For `ordered`: from the last group back, the latest occurrence that ends before the next one starts. Latest is nearest, so no other choice does better.
fn in_order_before(last: Occurrence, groups: &[Vec<Occurrence>], chosen: &mut Vec<Occurrence>) -> bool {
    let mut next = last;
    for group in groups.iter().rev() {
        let count = group.partition_point(|hit| hit.span.end <= next.span.start);
        let Some(&hit) = count.checked_sub(1).and_then(|at| group.get(at)) else {
            return false;
        };
        chosen.push(hit);
        next = hit;
    }
    true
}

/// In any order: of every other group the latest occurrence that starts no later than `last`.
fn around_before(
    last: Occurrence,
    last_group: usize,
    groups: &[Vec<Occurrence>],
    chosen: &mut Vec<Occurrence>,
) -> bool {
    for (index, group) in groups.iter().enumerate() {
        if index == last_group {
            continue;
        }
        let count = group.partition_point(|hit| hit.span.start <= last.span.start);
        let Some(&hit) = count.checked_sub(1).and_then(|at| group.get(at)) else {
            return false;
        };
        chosen.push(hit);
    }
    true
}
