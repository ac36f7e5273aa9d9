//! What packs cost, policy by policy, and how fast the whole of judging is.
//!
//! Messages are parsed and admitted before any clock starts; nothing is printed while one runs. Every measurement is done in
//! turns with the others, several rounds, and the median is told with the least and the most.
//!
//! - `material`: the messages that are judged
//! - `measure`: the clocks
//! - `report`: what was measured, and how it compares with an earlier measurement

mod material;
mod measure;
mod report;

pub use material::Material;
pub use measure::{measure, steps};
pub use report::{Changes, PolicyChange, PolicyCost, Report, Slowest, Spread, Whole};
