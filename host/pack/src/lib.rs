//! The pack: a bundle of plugins, lexicons, patterns, a settings schema and cases, with a manifest that says which
//! policies are made of them. The only crate that knows how a pack is written down.
//!
//! A pack has two forms with one digest: a folder, which people edit, and a built file, an OCI image layout in a tar, which
//! registries and tools carry. Both are described, key by key, in docs/pack-format.md.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use proviso_pack::{Pack, PluginPath};
//! use std::path::Path;
//!
//! let pack = Pack::open(Path::new("policies/bank-cn"), &PluginPath::of_this_process())?;
//! println!("{} {} is {}", pack.manifest().name, pack.manifest().version, pack.digest());
//! std::fs::write("bank-cn.pack", pack.to_file())?;
//! # Ok(())
//! # }
//! ```

pub mod bundle;
pub mod case;
pub mod layout;
pub mod leftover;
pub mod manifest;
pub mod named_rules;
pub mod page;
pub mod parts;
pub mod reference;
pub mod regular_file;
pub mod signing;
pub mod trust;

mod edit;
mod error;
mod folder;
mod law;
mod oci;
mod pack;
mod plugin_path;
mod provisions;
mod resolve;
mod schema_cost;
mod settings;
mod store;
mod tar_file;
mod unread;

pub use case::Case;
pub use edit::Edit;
pub use error::PackError;
pub use law::rules_of_law;
pub use manifest::Manifest;
pub use pack::Pack;
pub use plugin_path::{PLUGIN_PATH_VARIABLE, PluginPath};
pub use provisions::{Provision, provisions};
pub use reference::PackReference;
pub use resolve::resolve;
pub use settings::SettingProblem;
pub use signing::Signature;
pub use store::{PackStore, StoreError};
pub use trust::{Trust, TrustedPack};
pub use unread::{Form, TooManySignatures, UnreadPack};
