//! For those who make packs: what `proviso pack …` and `proviso backtest` do, without the command line and the tables.
//!
//! - [`scaffold`]: the files of a new pack
//! - [`build_plugin`]: a pack's own plugins, from their source
//! - [`lint`]: what a pack could do better
//! - [`mod@test`]: what came of a pack's cases, and what they do not reach
//! - [`attack`]: what of a pack's findings survives who evades them
//! - [`mod@bench`]: what packs cost
//! - [`diff`]: what an upgrade changes
//! - [`backtest`]: what another policy set would say of the same messages
//! - [`figures`]: figures as people read them
//! - [`edits`]: changes of files that people edit

pub mod attack;
pub mod backtest;
pub mod bench;
pub mod build_plugin;
pub mod diff;
pub mod edits;
pub mod figures;
mod han;
pub mod lint;
mod one_list;
pub mod scaffold;
pub mod test;
