//! Choices that a seed makes, the same on every machine.

use proviso_train::chance::{Chance, hash};

/// What an attack draws its choices from.
#[derive(Debug, Clone)]
pub(super) struct Draw(Chance);

impl Draw {
    /// Choices for one mutation of one case. They depend on nothing but these, so that a mutation that is new changes no other.
    pub(super) fn new(seed: u64, of: &[&str]) -> Self {
        // 0xff is in no UTF-8 and parts the names.
        let bytes = of.iter().flat_map(|name| name.bytes().chain([0xff]));
        Self(Chance::new(hash(0, bytes) ^ seed))
    }

    /// The next number below `count`, which is not 0.
    pub(super) fn below(&mut self, count: usize) -> usize {
        self.0.below(count)
    }

    /// One of a list that is not empty.
    pub(super) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::Draw;

    #[test]
    fn a_seed_and_names_give_the_same_choices_and_others_give_others() {
        let drawn = |seed, of: &[&str]| {
            let mut draw = Draw::new(seed, of);
            (0..8).map(|_| draw.below(1_000)).collect::<Vec<_>>()
        };
        assert_eq!(drawn(1, &["a", "b"]), drawn(1, &["a", "b"]));
        assert_ne!(drawn(1, &["a", "b"]), drawn(2, &["a", "b"]));
        assert_ne!(drawn(1, &["a", "b"]), drawn(1, &["ab"]));
        assert!(drawn(1, &["a"]).iter().all(|choice| *choice < 1_000));
    }
}
