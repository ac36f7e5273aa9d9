//! Components to configured snapshots to generations to verdicts: the only crate that sees the WebAssembly runtime.

mod adapter_v0_1_0;
mod answer;
mod cache;
mod config;
mod engine;
mod guest;
mod import_check;
mod plugin;
mod slots;
mod snapshot;
mod ticker;
mod view;

pub use cache::CacheError;
pub use config::Features;
pub use engine::{Engine, EngineError, EngineOptions};
pub use guest::{LogLevel, LogLine};
pub use import_check::{ComponentFacts, ComponentRefused, Interface, inspect_component};
