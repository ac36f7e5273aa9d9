//! A model: a weight for each slot of the fragments' hashes, and the scores that mean a rate of false alarms.

use crate::FEATURES_VERSION;
use crate::fragments::{self, Sink};
use std::ops::Range;

/// Of how many bits of a hash a slot is made, at least and at most.
pub const SLOT_BITS: std::ops::RangeInclusive<u8> = 10..=18;
/// Rows in a model's table of rates.
pub const RATES_MAX: usize = 16;
/// A score is counted in parts of a weight's step.
pub const UNITS_PER_STEP: i32 = 256;

const MAGIC: &[u8; 4] = b"PVTC";
const FORM_VERSION: u8 = 1;
const HEAD_BYTES: usize = 12;
const RATE_BYTES: usize = 12;
const CHECK_BYTES: usize = 4;

/// Weights of fragments, ready to judge.
#[derive(Clone, PartialEq, Eq)]
pub struct Model {
    bits: u8,
    bias: i32,
    rates: Vec<Rate>,
    /// By slot; 0 where the model knows nothing.
    weights: Vec<i8>,
}

/// One row of the table: at this threshold so many harmless texts were taken for the other kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// False alarms in a million harmless texts.
    pub false_alarms_ppm: u32,
    /// The least score that is an alarm.
    pub threshold: i32,
    /// Texts of the kind looked for that reach it, in a million.
    pub recall_ppm: u32,
}

/// A rate as people write it: `0.001` of 1,000 in a million.
pub fn rate_in_words(ppm: u32) -> String {
    format!("{}.{:06}", ppm / 1_000_000, ppm % 1_000_000)
        .trim_end_matches('0')
        .trim_end_matches('.')
        .to_owned()
}

/// What a text came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Of the passage with the highest one, in parts of a step.
    pub score: i32,
    /// That passage, in bytes of the text.
    pub passage: Range<usize>,
}

impl Model {
    /// A model of `1 << bits` weights. The rates come in the order of their false alarms.
    ///
    /// # Panics
    ///
    /// Where `bits` is outside of [`SLOT_BITS`], or there are not `1 << bits` weights.
    pub fn new(bits: u8, bias: i32, weights: Vec<i8>, rates: Vec<Rate>) -> Self {
        assert!(SLOT_BITS.contains(&bits), "{bits} bits");
        assert_eq!(weights.len(), 1 << bits, "a weight for each slot");
        let model = Self {
            bits,
            bias,
            rates: Vec::new(),
            weights,
        };
        model.with_rates(rates)
    }

    /// The same model with another table, of which [`RATES_MAX`] rows are kept.
    #[must_use]
    pub fn with_rates(mut self, mut rates: Vec<Rate>) -> Self {
        rates.sort_by_key(|rate| rate.false_alarms_ppm);
        rates.truncate(RATES_MAX);
        self.rates = rates;
        self
    }

    /// The table, the fewest false alarms first.
    pub fn rates(&self) -> &[Rate] {
        &self.rates
    }

    /// How many weights it has that are not 0.
    pub fn weight_count(&self) -> usize {
        self.weights.iter().filter(|&&weight| weight != 0).count()
    }

    /// Where a fragment's weight stands.
    #[inline]
    pub fn slot(hash: u64, bits: u8) -> usize {
        (hash >> (64 - u32::from(bits))) as usize
    }

    /// The weight of a fragment.
    #[inline]
    pub fn weight(&self, hash: u64) -> i8 {
        self.weights[Self::slot(hash, self.bits)]
    }

    /// The score of a text: that of its passage with the highest. `None` where no passage has `min_chars` letters and a fragment.
    pub fn judge(&self, text: &str, min_chars: u32) -> Option<Judged> {
        let mut adding = Adding {
            model: self,
            min_chars: min_chars.max(1),
            sum: 0,
            fragments: 0,
            best: None,
        };
        fragments::cut(text, &mut adding);
        adding.best
    }

    /// What `sum` of the weights of so many fragments comes to: divided by the square root of their number, so that a long text weighs
    /// no more than a short one for its length alone.
    pub fn score(&self, sum: i64, fragments: u64) -> i32 {
        // The root of 2^16 n is 2^8 times the root of n.
        let root = (fragments << 16).isqrt().max(1) as i64;
        let score = i64::from(self.bias) + sum * (1 << 16) / root;
        score.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
    }

    /// As bytes: a head, the rates, the gap to each weight that is not 0 and the weight, and a check sum.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([FORM_VERSION, FEATURES_VERSION, self.bits, self.rates.len() as u8]);
        bytes.extend(self.bias.to_le_bytes());
        for rate in &self.rates {
            bytes.extend(rate.false_alarms_ppm.to_le_bytes());
            bytes.extend(rate.threshold.to_le_bytes());
            bytes.extend(rate.recall_ppm.to_le_bytes());
        }
        let mut gap = 0usize;
        for &weight in &self.weights {
            if weight == 0 {
                gap += 1;
                continue;
            }
            while gap >= 255 {
                bytes.push(255);
                gap -= 255;
            }
            bytes.extend([gap as u8, weight as u8]);
            gap = 0;
        }
        let check = check_sum(&bytes);
        bytes.extend(check.to_le_bytes());
        bytes
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FromBytes> {
        if bytes.len() < HEAD_BYTES + CHECK_BYTES || &bytes[..4] != MAGIC {
            return Err(FromBytes::NoModel);
        }
        let (body, check) = bytes.split_at(bytes.len() - CHECK_BYTES);
        if check_sum(body).to_le_bytes() != check {
            return Err(FromBytes::Damaged);
        }
        let [form, features, bits, rate_count] = [body[4], body[5], body[6], body[7]];
        if form != FORM_VERSION || features != FEATURES_VERSION {
            return Err(FromBytes::Version { form, features });
        }
        let rates_end = HEAD_BYTES + usize::from(rate_count) * RATE_BYTES;
        if !SLOT_BITS.contains(&bits) || usize::from(rate_count) > RATES_MAX || body.len() < rates_end {
            return Err(FromBytes::Damaged);
        }
        let word = |at: usize| <[u8; 4]>::try_from(&body[at..at + 4]).expect("four bytes are four");
        let rates = (HEAD_BYTES..rates_end).step_by(RATE_BYTES).map(|at| Rate {
            false_alarms_ppm: u32::from_le_bytes(word(at)),
            threshold: i32::from_le_bytes(word(at + 4)),
            recall_ppm: u32::from_le_bytes(word(at + 8)),
        });
        Ok(Self {
            bits,
            bias: i32::from_le_bytes(word(8)),
            rates: rates.collect(),
            weights: read_weights(&body[rates_end..], 1 << bits).ok_or(FromBytes::Damaged)?,
        })
    }
}

/// Without the weights, which are many.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model")
            .field("bits", &self.bits)
            .field("bias", &self.bias)
            .field("rates", &self.rates)
            .field("weights", &self.weight_count())
            .finish_non_exhaustive()
    }
}

fn read_weights(bytes: &[u8], slots: usize) -> Option<Vec<i8>> {
    let mut weights = vec![0; slots];
    let mut bytes = bytes.iter().copied();
    let mut at = 0usize;
    while let Some(gap) = bytes.next() {
        at += usize::from(gap);
        if gap < 255 {
            *weights.get_mut(at)? = bytes.next()? as i8;
            at += 1;
        }
    }
    Some(weights)
}

/// FNV-1a. It finds damage, not malice: against that the pack is signed.
fn check_sum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, &byte| {
        (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// Why bytes are no model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FromBytes {
    /// They do not begin as one.
    NoModel,
    /// They are not those that were written.
    Damaged,
    /// Their form, or the folding that they were trained for, is another version's.
    Version {
        /// Of the form.
        form: u8,
        /// Of the folding.
        features: u8,
    },
}

impl std::fmt::Display for FromBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoModel => f.write_str("no model of text-classifier"),
            Self::Damaged => f.write_str("the model is damaged: its check sum does not match"),
            Self::Version { form, features } => write!(
                f,
                "a model of form {form}, features {features}: this version reads form {FORM_VERSION}, features {FEATURES_VERSION}"
            ),
        }
    }
}

impl std::error::Error for FromBytes {}

struct Adding<'m> {
    model: &'m Model,
    min_chars: u32,
    /// A passage has some 4,000 fragments at most, so that neither of these comes near its end.
    sum: i32,
    fragments: u32,
    best: Option<Judged>,
}

impl Sink for Adding<'_> {
    #[inline]
    fn fragment(&mut self, there: bool, hash: u64, _start: usize, _end: usize) {
        let weight = i32::from(self.model.weight(hash)) & i32::from(there).wrapping_neg();
        self.sum = self.sum.wrapping_add(weight);
        self.fragments = self.fragments.wrapping_add(u32::from(there));
    }

    fn passage(&mut self, bytes: Range<usize>, chars: u32) {
        if chars >= self.min_chars && self.fragments > 0 {
            let score = self.model.score(i64::from(self.sum), u64::from(self.fragments));
            if self.best.as_ref().is_none_or(|best| score > best.score) {
                self.best = Some(Judged { score, passage: bytes });
            }
        }
        (self.sum, self.fragments) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> Model {
        let mut weights = vec![0i8; 1 << 12];
        for (at, weight) in weights.iter_mut().enumerate().filter(|(at, _)| at % 700 == 3) {
            *weight = (at / 30) as i8 - 60;
        }
        weights[4095] = i8::MIN;
        let rate = |ppm, threshold| Rate {
            false_alarms_ppm: ppm,
            threshold,
            recall_ppm: 500_000,
        };
        Model::new(12, -700, weights, vec![rate(1_000, 9), rate(500, 12)])
    }

    #[test]
    fn bytes_give_the_model_back() {
        let model = model();
        assert_eq!(Model::from_bytes(&model.to_bytes()).unwrap(), model);
        assert_eq!(model.rates()[0].false_alarms_ppm, 500, "the fewest false alarms first");
        let empty = Model::new(10, 0, vec![0; 1 << 10], Vec::new());
        assert_eq!(Model::from_bytes(&empty.to_bytes()).unwrap(), empty);
    }

    #[test]
    fn what_is_no_model_is_refused() {
        let good = model().to_bytes();
        assert_eq!(Model::from_bytes(b""), Err(FromBytes::NoModel));
        assert_eq!(Model::from_bytes(&[b'x'; 400]), Err(FromBytes::NoModel));
        for at in 4..good.len() {
            let mut bytes = good.clone();
            bytes[at] ^= 1;
            assert_eq!(Model::from_bytes(&bytes), Err(FromBytes::Damaged), "byte {at}");
        }
        for end in HEAD_BYTES..good.len() {
            assert!(Model::from_bytes(&good[..end]).is_err(), "{end} bytes");
        }
    }

    /// With a check sum that holds, so that what reads behind it is tried.
    #[test]
    fn a_forged_model_never_panics() {
        let good = model().to_bytes();
        let body = &good[..good.len() - CHECK_BYTES];
        for at in 4..body.len() {
            for byte in [0, 1, 11, 127, 254, 255] {
                let mut bytes = body.to_vec();
                bytes[at] = byte;
                let check = check_sum(&bytes);
                bytes.extend(check.to_le_bytes());
                let _ = Model::from_bytes(&bytes);
            }
        }
        let mut other = body.to_vec();
        other[5] = FEATURES_VERSION + 1;
        let check = check_sum(&other);
        other.extend(check.to_le_bytes());
        assert!(matches!(Model::from_bytes(&other), Err(FromBytes::Version { .. })));
    }

    #[test]
    fn a_score_does_not_grow_with_length_alone() {
        let model = Model::new(10, 100, vec![0; 1 << 10], Vec::new());
        assert_eq!(model.score(300, 25) - 100, 300 * 256 / 5);
        // Four times as much of the same is worth twice as much.
        assert_eq!(model.score(1_200, 100) - 100, 2 * (model.score(300, 25) - 100));
        assert_eq!(model.score(0, 0), 100);
        assert_eq!(model.score(i64::from(i32::MAX), 1), i32::MAX);
    }

    #[test]
    fn nothing_to_judge_has_no_score() {
        let model = model();
        for text in ["", "   ", "。。。", "\u{200b}", "好"] {
            assert_eq!(model.judge(text, 0), None, "{text:?}");
        }
        assert_eq!(model.judge("安全账户", 5), None);
        assert!(model.judge("安全账户", 4).is_some());
    }
}
