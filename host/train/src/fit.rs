//! Logistic regression with L2 regularisation, by coordinate descent on its dual.
//!
//! Yu, Huang and Lin, "Dual coordinate descent methods for logistic regression and maximum entropy models" (2011), algorithm 5, which
//! LIBLINEAR has as solver 7. It is exact, it needs no rate of learning, and it goes through the rows in an order that the seed gives.

use super::chance::Chance;
use super::rows::Row;

const ROUNDS_MAX: usize = 60;
/// It ends where no row's condition is further off than this.
const TOLERANCE: f64 = 0.01;
const NEWTON_STEPS_MAX: usize = 100;

/// What was learnt: the logit is the bias and the sum of the weights by the row's values.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// By slot.
    pub slots: Vec<f64>,
    /// Learnt as the weight of something that every row has once.
    pub bias: f64,
}

impl Weights {
    /// The logit of a row.
    pub fn logit(&self, row: &Row) -> f64 {
        let sum: f64 = row
            .values
            .iter()
            .map(|&(slot, value)| self.slots[slot as usize] * f64::from(value))
            .sum();
        sum + self.bias
    }
}

/// One row to learn.
#[derive(Debug, Clone, Copy)]
pub struct Lesson<'r> {
    /// Of a passage.
    pub row: &'r Row,
    /// True of the kind looked for.
    pub positive: bool,
    /// `C`, above 0.
    pub strength: f64,
}

/// Learns. Slots that `wanted` says no of stay 0.
pub fn fit(lessons: &[Lesson<'_>], wanted: &[bool], seed: u64) -> Weights {
    let mut weights = Weights {
        slots: vec![0.0; wanted.len()],
        bias: 0.0,
    };
    // Only what is learnt is kept of the rows.
    let mut rows: Vec<Vec<(u32, f32)>> = Vec::with_capacity(lessons.len());
    let mut squares = Vec::with_capacity(lessons.len());
    let mut alphas: Vec<[f64; 2]> = Vec::with_capacity(lessons.len());
    for lesson in lessons {
        let values: Vec<(u32, f32)> = lesson
            .row
            .values
            .iter()
            .copied()
            .filter(|&(slot, _)| wanted[slot as usize])
            .collect();
        squares.push(1.0 + values.iter().map(|&(_, value)| f64::from(value).powi(2)).sum::<f64>());
        let least = (0.001 * lesson.strength).min(1e-8);
        alphas.push([least, lesson.strength - least]);
        add(&mut weights, &values, sign(lesson) * least);
        rows.push(values);
    }
    let mut order: Vec<usize> = (0..lessons.len()).collect();
    let mut chance = Chance::new(seed);
    let mut inner_tolerance = 1e-2;
    for _ in 0..ROUNDS_MAX {
        chance.shuffle(&mut order);
        let mut newton_steps = 0;
        let mut furthest: f64 = 0.0;
        for &at in &order {
            let sign = sign(&lessons[at]);
            let most = lessons[at].strength;
            let dot: f64 = rows[at]
                .iter()
                .map(|&(slot, value)| weights.slots[slot as usize] * f64::from(value))
                .sum();
            let (square, margin) = (squares[at], sign * (dot + weights.bias));
            // The variable that is smaller after the step is solved for: near 0 the logarithm is the more exact.
            let second = 0.5 * square * (alphas[at][1] - alphas[at][0]) + margin < 0.0;
            let (one, other, direction) = if second { (1, 0, -1.0) } else { (0, 1, 1.0) };
            let before = alphas[at][one];
            let mut z = if most - before < 0.5 * most {
                0.1 * before
            } else {
                before
            };
            let gradient = |z: f64| square * (z - before) + direction * margin + (z / (most - z)).ln();
            let mut slope = gradient(z);
            furthest = furthest.max(slope.abs());
            let mut steps = 0;
            while slope.abs() >= inner_tolerance && steps < NEWTON_STEPS_MAX {
                let next = z - slope / (square + most / (most - z) / z);
                z = if next <= 0.0 { z * 0.1 } else { next };
                slope = gradient(z);
                steps += 1;
            }
            newton_steps += steps;
            if steps > 0 {
                alphas[at][one] = z;
                alphas[at][other] = most - z;
                add(&mut weights, &rows[at], direction * (z - before) * sign);
            }
        }
        if furthest < TOLERANCE {
            break;
        }
        if newton_steps <= lessons.len() / 10 {
            inner_tolerance = (inner_tolerance * 0.1_f64).max(1e-8);
        }
    }
    weights
}

fn sign(lesson: &Lesson<'_>) -> f64 {
    if lesson.positive { 1.0 } else { -1.0 }
}

fn add(weights: &mut Weights, values: &[(u32, f32)], by: f64) {
    for &(slot, value) in values {
        weights.slots[slot as usize] += by * f64::from(value);
    }
    weights.bias += by;
}
