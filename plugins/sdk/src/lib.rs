//! Writes Proviso plugins in Rust.
//!
//! A plugin is a type that implements [`Configure`] and one to three of [`Rules`], [`Fold`] and [`Retention`], and names them once:
//!
//! ```
//! use proviso_sdk::{Configure, Failed, Finding, Lists, Message, Problems, Rules, Severity};
//!
//! #[derive(serde::Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Settings {
//!     list: String,
//! }
//!
//! struct Shouting {
//!     list: u16,
//! }
//!
//! impl Configure for Shouting {
//!     type Settings = Settings;
//!
//!     fn configure(settings: Settings, lists: &Lists) -> Result<Self, Problems> {
//!         match lists.index(&settings.list) {
//!             Some(list) => Ok(Self { list }),
//!             None => Err(Problems::one("/list", lists.unknown(&settings.list))),
//!         }
//!     }
//! }
//!
//! impl Rules for Shouting {
//!     fn evaluate(&self, message: &Message) -> Result<Vec<Finding>, Failed> {
//!         let hits = message.hits.iter().filter(|hit| hit.list == self.list);
//!         Ok(hits
//!             .map(|hit| Finding::new("shouting", Severity::Low).span(hit.span).reason_en(format!("shouts {:?}", message.hit_text(hit))))
//!             .collect())
//!     }
//! }
//!
//! proviso_sdk::export!(Shouting: rules);
//! ```
//!
//! Everything but [`export!`] works natively as well, and [`testing`] runs a plugin in an ordinary `cargo test`.
//!
//! A plugin is a pure function: results must not depend on anything but the arguments. The standard library's clocks, files and random numbers
//! do not exist in the sandbox; prefer `BTreeMap` to `HashMap` wherever an order reaches a result.

mod address;
mod arena;
mod configure;
pub mod contract;
mod export;
mod filter;
mod finding;
mod fold;
mod lists;
pub mod log;
mod message;
mod retention;
mod rules;
mod state;
pub mod testing;

pub use address::{host_of, is_below, is_domain};
pub use configure::{Configure, Problems, from_settings, is_name, pointer_segment};
pub use contract::fold::{Factor, Score};
pub use contract::lifecycle::{ListInfo, ListKind, Problem, TermNote};
pub use contract::retention::{ClockStart, Period, Proposal};
pub use contract::shared::types::{
    Attachment, Direction, Failure, Finding, Hit, Kind, Language, Message, Money, Party, PartyClass, PrecedingMessage,
    Reason, Severity, Span,
};
pub use filter::{MessageFilter, MessageFilterSettings};
pub use fold::{Fold, STATE_BYTES_MAX, Step, advance_batch};
pub use lists::Lists;
pub use message::{char_distance, chars_between, union};
pub use retention::{Retention, schedule_batch};
pub use rules::{Failed, Rules, evaluate_batch};
pub use state::{read_state, stable_key, write_state};

#[doc(hidden)]
#[cfg(target_arch = "wasm32")]
pub use arena::open as open_arena;
#[doc(hidden)]
pub use configure::configure_from_json;
