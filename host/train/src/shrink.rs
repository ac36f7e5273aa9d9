//! Weights into a model: in steps of a whole number of eight bits, and no more of them than its file holds.

use super::{Options, Weights, rows::Rows};
use proviso_text_features::carry::{self, FILE_BYTES_MAX};
use proviso_text_features::{Model, UNITS_PER_STEP};

/// Room for the lines of comments and the table of rates.
const SPARE_BYTES: usize = 4 << 10;
/// The largest weight is of this quantile; the few above it are cut, so that one of them does not coarsen all others.
const STEP_QUANTILE: f64 = 0.999;

/// Which slots are worth learning again: the `most` that moved most logits by the most.
pub fn worth_keeping(weights: &Weights, rows: &Rows, most: usize) -> Vec<bool> {
    let mut worth: Vec<(f64, usize)> = weights
        .slots
        .iter()
        .enumerate()
        .filter(|(_, weight)| **weight != 0.0)
        .map(|(slot, weight)| (weight.abs() * f64::from(rows.groups_of_slot[slot]).sqrt(), slot))
        .collect();
    worth.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    let mut kept = vec![false; weights.slots.len()];
    for &(_, slot) in worth.iter().take(most) {
        kept[slot] = true;
    }
    kept
}

/// The model, and what a unit of its scores is in logits. Where the file would be too long, the smallest weights go.
pub fn shrink(weights: &Weights, rows: &Rows, options: &Options) -> (Model, f64) {
    let mut most = options.weights_max;
    loop {
        let kept = worth_keeping(weights, rows, most);
        let slots: Vec<f64> = weights
            .slots
            .iter()
            .zip(&kept)
            .map(|(weight, kept)| if *kept { *weight } else { 0.0 })
            .collect();
        let (model, logits_per_unit) = in_steps(&slots, weights.bias, options);
        if carry::to_lexicon(&model, &[]).len() + SPARE_BYTES <= FILE_BYTES_MAX {
            return (model, logits_per_unit);
        }
        most = most.min(model.weight_count()) * 19 / 20;
    }
}

fn in_steps(slots: &[f64], bias: f64, options: &Options) -> (Model, f64) {
    let mut sizes: Vec<f64> = slots
        .iter()
        .map(|weight| weight.abs())
        .filter(|size| *size > 0.0)
        .collect();
    sizes.sort_by(f64::total_cmp);
    let largest = sizes
        .get((sizes.len() as f64 * STEP_QUANTILE) as usize)
        .or(sizes.last());
    let step = largest.map_or(1.0, |largest| largest / 127.0);
    let quantised = slots
        .iter()
        .map(|weight| (weight / step).round().clamp(-127.0, 127.0) as i8)
        .collect();
    let logits_per_unit = step / f64::from(UNITS_PER_STEP);
    let bias = (bias / logits_per_unit).round().clamp(-1e9, 1e9) as i32;
    (
        Model::new(options.slot_bits, bias, quantised, Vec::new()),
        logits_per_unit,
    )
}
