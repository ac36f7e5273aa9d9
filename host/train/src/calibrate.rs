//! Scores of texts that were kept apart, as rates of false alarms and as likelihoods.

/// What a model that did not learn from it says of an example.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// Its index.
    pub example: usize,
    /// Its label.
    pub positive: bool,
    /// `None` where it is too short to be judged.
    pub logit: Option<f64>,
}

impl Scored {
    /// True where the text reaches a threshold.
    pub fn reaches(&self, logit: f64) -> bool {
        self.logit.is_some_and(|own| own >= logit)
    }
}

/// A threshold, and what it does to texts that were kept apart.
#[derive(Debug, Clone, PartialEq)]
pub struct RateOf {
    /// False alarms in a million harmless texts, as asked for.
    pub false_alarms_ppm: u32,
    /// The least score that is an alarm.
    pub logit: f64,
    /// Harmless texts that reach it, and all of them.
    pub false_alarms: (usize, usize),
    /// The share of texts of the kind looked for that reach it; those too short to be judged do not.
    pub recall: f64,
}

/// The table. A rate for which there are not enough harmless texts to see one false alarm is left out: nothing could be said of it.
pub fn rates(scored: &[Scored], rates_ppm: &[u32]) -> Vec<RateOf> {
    let mut harmless: Vec<f64> = scored
        .iter()
        .filter(|scored| !scored.positive)
        .filter_map(|scored| scored.logit)
        .collect();
    harmless.sort_by(|one, other| other.total_cmp(one));
    let all = scored.iter().filter(|scored| !scored.positive).count();
    let looked_for = scored.iter().filter(|scored| scored.positive).count();
    let mut rates = Vec::new();
    for &false_alarms_ppm in rates_ppm {
        let allowed = (all as u64 * u64::from(false_alarms_ppm) / 1_000_000) as usize;
        if allowed == 0 || looked_for == 0 {
            continue;
        }
        // Just above the first that must not be an alarm any more; equal scores fall or stand together.
        let logit = harmless.get(allowed).map_or(f64::NEG_INFINITY, |first| first.next_up());
        // A score that every text reaches is no threshold: where so few harmless texts are judged, the last of them is.
        let logit = if logit.is_finite() {
            logit
        } else {
            harmless.last().copied().unwrap_or(0.0)
        };
        let reached = |positive: bool| {
            scored
                .iter()
                .filter(|scored| scored.positive == positive && scored.reaches(logit))
                .count()
        };
        rates.push(RateOf {
            false_alarms_ppm,
            logit,
            false_alarms: (reached(false), all),
            recall: reached(true) as f64 / looked_for as f64,
        });
    }
    rates
}

/// A likelihood by Platt's method: `1 / (1 + exp(-(slope * logit + offset)))`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Platt {
    /// Of the logit.
    pub slope: f64,
    /// Added to it.
    pub offset: f64,
}

impl Platt {
    /// By Newton's method on the log-likelihood, with the targets of Platt (1999), which keep it finite where the kinds do not overlap.
    pub fn fit(scored: &[Scored]) -> Self {
        let points: Vec<(f64, bool)> = scored
            .iter()
            .filter_map(|scored| scored.logit.map(|logit| (logit, scored.positive)))
            .collect();
        let positives = points.iter().filter(|(_, positive)| *positive).count() as f64;
        let negatives = points.len() as f64 - positives;
        let mut platt = Self {
            slope: 1.0,
            offset: 0.0,
        };
        for _ in 0..50 {
            let (mut g0, mut g1, mut h00, mut h01, mut h11) = (0.0, 0.0, 1e-9, 0.0, 1e-9);
            for &(x, positive) in &points {
                let target = if positive {
                    (positives + 1.0) / (positives + 2.0)
                } else {
                    1.0 / (negatives + 2.0)
                };
                let p = platt.likelihood(x);
                let (error, curve) = (p - target, p * (1.0 - p));
                g0 += error * x;
                g1 += error;
                h00 += curve * x * x;
                h01 += curve * x;
                h11 += curve;
            }
            let determinant = h00 * h11 - h01 * h01;
            if determinant.abs() < 1e-12 {
                break;
            }
            let (d0, d1) = ((h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant);
            platt.slope -= d0.clamp(-1.0, 1.0);
            platt.offset -= d1.clamp(-1.0, 1.0);
            if d0.abs() + d1.abs() < 1e-9 {
                break;
            }
        }
        platt
    }

    /// Of a logit.
    pub fn likelihood(self, logit: f64) -> f64 {
        1.0 / (1.0 + (-(self.slope * logit + self.offset)).exp())
    }
}
