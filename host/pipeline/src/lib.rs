//! The way of a message: every stage in order, once. `serve`, `eval`, `backtest`, `replay`, `rejudge`, `demo`, `pack bench` and
//! `pack lint` go through these functions and know no order of their own.
//!
//! 1. a source hands over messages (`proviso-sources`)
//! 2. [`Memory::admit`]: their consent is noted, the gate opens or stays shut, the preceding messages are picked (`admit.rs`)
//! 3. `Generation::evaluate`: one scan, triggers, `rules` and `retention` policies, in batches; any thread (`proviso-engine`)
//! 4. `settle`: folds, in order of arrival, from the states given; then the retention decision (`settle.rs`)
//! 5. the keeper writes all of it in one transaction, and the source is told
//!
//! [`take_in`], up to the commit, and [`take_again`] for held messages, hold the order for one transaction (`judge.rs`); [`run`] drives a long run of messages through
//! the same stages over threads, where nothing is kept (`driver.rs`). [`replay`] judges again what is recorded (`replay.rs`). [`loading`] leads from a policy set's file to a generation.
//!
//! This crate is synchronous. It knows no database and no source: what it must ask stands in [`ports`].

mod admit;
mod driver;
mod judge;
pub mod loading;
pub mod places;
pub mod ports;
mod replay;
mod settle;

pub use admit::Memory;
pub use driver::{Circumstances, Judgement, Run, Take, judge_all, run};
pub use judge::{Judge, Taken, judge, judge_with, take_again, take_in};
pub use ports::{Breaker, Keeper, Past, States};
pub use replay::{Replayed, replay};
pub use settle::{Settled, facts};
