//! Exponential decay, the same on every machine.

/// After so long a contribution is worth half, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HalfLife(f64);

impl HalfLife {
    pub(crate) fn of_days(days: f64) -> Self {
        Self(days * 86_400_000.0)
    }

    /// What is left of 1 behind an age in milliseconds; 1 for a negative age.
    pub(crate) fn left_after(self, age_ms: i64) -> f64 {
        half_to_the(age_ms.max(0) as f64 / self.0)
    }
}

/// 2 to the power of -`x`, for `x` of 0 or more.
pub(crate) fn half_to_the(x: f64) -> f64 {
    if x >= 1000.0 {
        return 0.0;
    }
    let whole = x as u64;
    let fraction = x - whole as f64;
    // e to the power of -(fraction * ln 2) by its series: the exponent is below 0.7, so that 18 terms reach the last bit. No library function,
    // since those differ between platforms.
    let exponent = -fraction * std::f64::consts::LN_2;
    let mut sum = 1.0;
    let mut term = 1.0;
    for n in 1..=18 {
        term = term * exponent / f64::from(n);
        sum += term;
    }
    // Exactly 2 to the power of -whole: nothing but the exponent bits.
    sum * f64::from_bits((1023 - whole) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn powers_of_a_half() {
        let table = [
            (0.0, 1.0),
            (1.0, 0.5),
            (2.0, 0.25),
            (10.0, 1.0 / 1024.0),
            (0.5, std::f64::consts::FRAC_1_SQRT_2),
        ];
        each_row(table, |(x, expected)| {
            assert!((half_to_the(x) - expected).abs() < 1e-15, "{x}: {}", half_to_the(x));
        });
        for step in 0..4000 {
            let x = f64::from(step) * 0.01;
            assert!((half_to_the(x) / (-x).exp2() - 1.0).abs() < 1e-14, "{x}");
        }
        assert!(half_to_the(1000.0).abs() < f64::MIN_POSITIVE);
        assert!(half_to_the(f64::INFINITY).abs() < f64::MIN_POSITIVE);
    }

    #[test]
    fn the_bits_are_fixed() {
        // The golden bits make a platform that rounds otherwise visible.
        assert_eq!(
            half_to_the(0.3).to_bits(),
            GOLDEN[0],
            "{:#x}",
            half_to_the(0.3).to_bits()
        );
        assert_eq!(
            half_to_the(7.77).to_bits(),
            GOLDEN[1],
            "{:#x}",
            half_to_the(7.77).to_bits()
        );
    }

    const GOLDEN: [u64; 2] = [0x3fe9_fdf8_bcce_533d, 0x3f72_c3ee_9468_e868];

    #[test]
    fn age_is_never_negative() {
        let day = 86_400_000;
        let half_life = HalfLife::of_days(14.0);
        assert!((half_life.left_after(14 * day) - 0.5).abs() < 1e-15);
        assert!((half_life.left_after(-5 * day) - 1.0).abs() < 1e-15);
        assert!(half_life.left_after(i64::MAX).abs() < 1e-15);
    }
}
