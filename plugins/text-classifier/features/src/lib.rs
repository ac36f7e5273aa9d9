//! How a text becomes the numbers that `text-classifier` adds up. The plugin judges by it and the trainer learns by it: there is one
//! way, in one crate, so that the two cannot come apart.
//!
//! - [`fragments`]: a text into fragments, each with its hash and its place
//! - [`Model`]: weights by the hash of a fragment, and what a text comes to
//! - [`carry`]: a model as tags of a lexicon, which is how a pack carries it
//!
//! Everything that judges is whole numbers, and linear in the text.

pub mod carry;
mod fold;
pub mod fragments;
mod model;

pub use model::{FromBytes, Judged, Model, RATES_MAX, Rate, SLOT_BITS, UNITS_PER_STEP, rate_in_words};

/// The way of folding and cutting that this crate knows. A model says for which it was trained; another one is refused.
pub const FEATURES_VERSION: u8 = 1;
