//! Every mutation by name: what it does to which cases.

use super::draw::Draw;
use super::family::Family;
use super::filler::{self, Filling};
use super::target::Target;
use super::{disguise, numbers, order, shields, splitting};

/// One way to change a message.
pub(super) struct Mutation {
    pub(super) family: Family,
    pub(super) name: &'static str,
    /// True if no finding may appear by it in a case that expects none.
    pub(super) is_benign: bool,
    /// Cases of one rule, and cases that expect nothing, that are tried with it at most.
    pub(super) cases_max: usize,
    change: Change,
}

enum Change {
    Drawn(fn(&Target<'_>, &mut Draw) -> Option<String>),
    Fixed(fn(&Target<'_>) -> Option<String>),
    Split(fn(&Target<'_>, &mut Draw) -> Option<Vec<String>>),
    Filled(&'static Filling),
}

/// Cases that are tried with a text of 64 KiB, and of 1 MiB.
const LONG_CASES_MAX: usize = 2;
const LONGEST_CASES_MAX: usize = 1;

impl Mutation {
    /// The messages in place of the one with this text: one, or several that follow each other. `None` where there is nothing
    /// to change.
    pub(super) fn apply(&self, target: &Target<'_>, draw: &mut Draw, own_cases: &str) -> Option<Vec<String>> {
        match self.change {
            Change::Drawn(change) => change(target, draw).map(|text| vec![text]),
            Change::Fixed(change) => change(target).map(|text| vec![text]),
            Change::Split(change) => change(target, draw),
            Change::Filled(filling) => filling.fill(target, own_cases).map(|text| vec![text]),
        }
    }
}

/// Every mutation, by family.
pub(super) fn all() -> Vec<Mutation> {
    let of = |family, name, is_benign, change| Mutation {
        family,
        name,
        is_benign,
        cases_max: usize::MAX,
        change,
    };
    let disguises = disguise::ALL.map(|(name, change)| of(Family::Disguise, name, true, Change::Drawn(change)));
    let shields = shields::ALL.map(|(name, change)| {
        of(
            Family::Shield,
            name,
            shields::BENIGN.contains(&name),
            Change::Fixed(change),
        )
    });
    let splits = splitting::ALL.map(|(name, change)| of(Family::Splitting, name, false, Change::Split(change)));
    let orders = order::ALL.map(|(name, change)| of(Family::Order, name, false, Change::Drawn(change)));
    let numbers = numbers::ALL.map(|(name, change)| of(Family::Numbers, name, true, Change::Drawn(change)));
    let fillers = filler::ALL.iter().map(|filling| Mutation {
        cases_max: match filling.bytes >> 10 {
            0..=8 => usize::MAX,
            9..=64 => LONG_CASES_MAX,
            _ => LONGEST_CASES_MAX,
        },
        ..of(
            Family::Filler,
            filling.name,
            filling.is_plain(),
            Change::Filled(filling),
        )
    });
    let mut all: Vec<Mutation> = disguises.into_iter().chain(shields).collect();
    all.extend(splits.into_iter().chain(orders).chain(numbers).chain(fillers));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_family_has_mutations_and_no_two_share_a_name() {
        let all = all();
        let names: BTreeSet<_> = all.iter().map(|mutation| (mutation.family, mutation.name)).collect();
        assert_eq!(names.len(), all.len());
        for family in Family::ALL {
            assert!(all.iter().any(|mutation| mutation.family == family), "{family:?}");
        }
    }

    #[test]
    fn every_mutation_gives_text_that_is_another_and_the_same_for_a_seed() {
        let texts = [
            "这款产品保本，年化8.5%，转50000元到6222021234567890，百分之二十五；放心",
            "we guarantee a return of 50000, risk free. Call 13800138000",
        ];
        for mutation in all() {
            let mut made = 0;
            for text in texts {
                let target = Target::new(text, [3..12, 15..18]).or(Target::new(text, [])).unwrap();
                let apply = || mutation.apply(&target, &mut Draw::new(9, &[mutation.name]), "没有承诺。\n");
                let parts = apply();
                assert_eq!(parts, apply());
                let Some(parts) = parts else { continue };
                made += 1;
                assert!(!parts.is_empty() && parts.iter().all(|part| !part.trim().is_empty()));
                assert_ne!(parts, [text]);
            }
            assert!(made > 0, "{} changes neither text", mutation.name);
        }
    }
}
