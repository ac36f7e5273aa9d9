//! What the files around a component agree on: the contract's names, what is known of a component, and why one is refused.
//! Imports none of them.

use crate::fault::cut_detail;
use proviso_model::Digest;
use proviso_pack::manifest::Interface;
use serde::Serializer;

/// The interface that every plugin exports.
pub(crate) const LIFECYCLE: &str = "proviso:policy/lifecycle@0.1.0";
/// The interface of policies that judge messages one by one.
pub(crate) const RULES: &str = "proviso:policy/rules@0.1.0";
/// The interface of policies that judge sequences.
pub(crate) const FOLD: &str = "proviso:policy/fold@0.1.0";
/// The interface of policies that propose retention.
pub(crate) const RETENTION: &str = "proviso:policy/retention@0.1.0";
/// The only interface that a plugin may call.
pub(crate) const LOG: &str = "proviso:policy/log@0.1.0";
/// Names of types; nothing in it can be called.
pub(crate) const TYPES: &str = "proviso:policy/types@0.1.0";

/// What a component says of itself. Every text is the component's own claim, save the digest and the size.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ComponentFacts {
    /// Digest of the bytes.
    pub digest: Digest,
    /// In bytes.
    pub size_bytes: usize,
    /// Names of the interfaces that it imports, types alone included.
    pub imports: Vec<String>,
    /// Names that it exports.
    pub exports: Vec<String>,
    /// Which of `rules`, `fold` and `retention` it exports in a version that this host speaks, in this order.
    #[serde(serialize_with = "by_name")]
    pub interfaces: Vec<Interface>,
    /// What made it (`rustc 1.95.0`, `wit-component 0.258.3`, …), as its `producers` sections say.
    pub producers: Vec<String>,
    /// Why it cannot be frozen and is configured for every call, as far as its bytes tell; absent for one that can be.
    pub configured_anew: Option<&'static str>,
}

/// Why a component is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComponentRefused {
    /// The bytes are a core module.
    #[error("is a core module, not a component: build the pack from it (`proviso pack build`), which makes it one")]
    CoreModule,
    /// The bytes are not WebAssembly.
    #[error("is not a WebAssembly component: expected the bytes `00 61 73 6d 0d 00 01 00` at its start")]
    NotWasm,
    /// It does not parse, or uses a proposal that is switched off.
    #[error("is not a valid component for this host: {0}")]
    Invalid(String),
    /// It wants something of its host.
    #[error("imports {}: a plugin may import {log:?} and nothing else", quoted(.imports), log = LOG)]
    ForeignImports {
        /// Every name that may not be imported.
        imports: Vec<String>,
    },
    /// It cannot be configured.
    #[error("does not export {expected:?}{}", hint(.exports), expected = LIFECYCLE)]
    NoLifecycle {
        /// What it exports instead.
        exports: Vec<String>,
    },
    /// It cannot judge anything.
    #[error(
        "exports none of {rules:?}, {fold:?} and {retention:?}{}", hint(.exports),
        rules = RULES, fold = FOLD, retention = RETENTION
    )]
    NoInterface {
        /// What it exports instead.
        exports: Vec<String>,
    },
    /// An import or export has the right name and another type.
    #[error("does not fit the plugin contract 0.1.0: {0}")]
    WrongType(String),
    /// It is larger than a component may be.
    #[error("cannot be run here: {0}")]
    TooLarge(String),
}

/// Names that a refusal tells one by one; of the others, how many there are.
const NAMES_TOLD_MAX: usize = 16;

fn quoted(names: &[String]) -> String {
    let quote = |name: &String| match name.char_indices().nth(128) {
        Some((end, _)) => format!("{:?}…", &name[..end]),
        None => format!("{name:?}"),
    };
    let told: Vec<String> = names.iter().take(NAMES_TOLD_MAX).map(quote).collect();
    match names.len().saturating_sub(NAMES_TOLD_MAX) {
        0 => told.join(", "),
        more => format!("{} and {more} more", told.join(", ")),
    }
}

fn hint(exports: &[String]) -> String {
    match exports.iter().find(|name| name.starts_with("proviso:policy/")) {
        Some(other) => format!(": it exports {other:?}, a version that this host does not speak"),
        None if exports.is_empty() => ": it exports nothing".to_owned(),
        None => format!(": it exports {}", quoted(exports)),
    }
}

/// What a parser or compiler said, which may quote names of the component.
pub(crate) fn invalid(said: &impl std::fmt::Display) -> ComponentRefused {
    ComponentRefused::Invalid(cut_detail(said.to_string()))
}

/// Interfaces as manifests and the contract write them.
pub(crate) fn by_name<S: Serializer>(interfaces: &[Interface], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(interfaces.iter().map(|interface| interface.name()))
}
