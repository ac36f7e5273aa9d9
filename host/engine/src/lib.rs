//! Components to configured snapshots to generations to verdicts: the only crate that sees the WebAssembly runtime.
//!
#![doc = include_str!("../../../docs/embedding.md")]

mod adapter_v0_1_0;
mod answer;
mod bisect;
mod bounds;
mod build;
mod cache;
mod check;
mod config;
mod describe;
mod dispatch;
mod engine;
mod evaluate;
mod fold;
mod freezable;
mod generation;
mod guest;
mod import_check;
mod lists;
mod memo;
mod meter;
mod plugin;
mod prepare;
mod remembered;
mod self_test;
mod slots;
mod snapshot;
mod strip;
mod ticker;
mod verdict;
mod view;

pub use build::{BuildError, BuildProgress, ResolvedSet, versions};
pub use cache::CacheError;
pub use config::Features;
pub use describe::{Description, ListDescription, PackDescription, PolicyDescription};
pub use engine::{Engine, EngineError, EngineOptions};
pub use evaluate::{Input, Judged};
pub use fold::{FoldStates, FoldStep, Outcome};
pub use generation::Generation;
pub use guest::{LogLevel, LogLine};
pub use import_check::{ComponentFacts, ComponentRefused, Interface, inspect_component};
pub use lists::scan_folding;
pub use meter::{CallCost, Metered};
pub use proviso_model::id::FoldKey;
pub use self_test::{Branch, CaseReport};
