//! Choices that a seed makes, the same on every machine.

/// What an attack draws its choices from.
#[derive(Debug, Clone)]
pub(super) struct Draw(u64);

impl Draw {
    /// Choices for one mutation of one case. They depend on nothing but these, so that a mutation that is new changes no other.
    pub(super) fn new(seed: u64, of: &[&str]) -> Self {
        // FNV-1a; 0xff is in no UTF-8 and parts the names.
        let bytes = of.iter().flat_map(|name| name.bytes().chain([0xff]));
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self(hash ^ seed)
    }

    /// The next number below `count`, which is not 0 (splitmix64).
    pub(super) fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        (mixed % count as u64) as usize
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
