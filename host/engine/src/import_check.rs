//! Looks at a component before anything in it is believed: it is parsed, counted and validated whole, may import the log
//! alone, and must export a plugin's interfaces in a version that this host speaks. Nothing is compiled or run here.

use crate::adapter_v0_1_0 as v0_1_0;
use crate::bounds;
use crate::plugin::cut_detail;
use proviso_model::Digest;
use std::collections::BTreeSet;
use wasmparser::{ComponentExternalKind, ComponentTypeRef, Encoding, Parser, Payload, WasmFeatures};

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
    pub interfaces: Vec<Interface>,
    /// What made it (`rustc 1.95.0`, `wit-component 0.258.3`, …), as its `producers` sections say.
    pub producers: Vec<String>,
    /// Why it cannot be frozen and is configured for every call, as far as its bytes tell; absent for one that can be.
    pub configured_anew: Option<&'static str>,
}

/// What a plugin can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interface {
    /// Judges messages one by one.
    Rules,
    /// Judges the messages of a key in order, with a state.
    Fold,
    /// Proposes retention.
    Retention,
}

impl Interface {
    /// The name as manifests write it.
    pub const fn name(self) -> &'static str {
        match self {
            Interface::Rules => "rules",
            Interface::Fold => "fold",
            Interface::Retention => "retention",
        }
    }
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
    #[error("imports {}: a plugin may import {log:?} and nothing else", quoted(.imports), log = v0_1_0::LOG)]
    ForeignImports {
        /// Every name that may not be imported.
        imports: Vec<String>,
    },
    /// It cannot be configured.
    #[error("does not export {expected:?}{}", hint(.exports), expected = v0_1_0::LIFECYCLE)]
    NoLifecycle {
        /// What it exports instead.
        exports: Vec<String>,
    },
    /// It cannot judge anything.
    #[error(
        "exports none of {rules:?}, {fold:?} and {retention:?}{}", hint(.exports),
        rules = v0_1_0::RULES, fold = v0_1_0::FOLD, retention = v0_1_0::RETENTION
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

/// Reads a component's facts and refuses those that no host of this version runs.
///
/// # Errors
/// Bytes that are not a valid component, a component that imports anything but the log, or one that exports no interface
/// of a plugin.
pub fn inspect_component(bytes: &[u8]) -> Result<ComponentFacts, ComponentRefused> {
    let facts = read(bytes)?;
    let foreign: Vec<String> = foreign_imports(bytes)?;
    if !foreign.is_empty() {
        return Err(ComponentRefused::ForeignImports { imports: foreign });
    }
    if !facts.exports.iter().any(|name| name == v0_1_0::LIFECYCLE) {
        return Err(ComponentRefused::NoLifecycle { exports: facts.exports });
    }
    if facts.interfaces.is_empty() {
        return Err(ComponentRefused::NoInterface { exports: facts.exports });
    }
    Ok(facts)
}

/// The proposals that a plugin may use, as `config.rs` sets them; validated here so that a refusal names the proposal.
fn features() -> WasmFeatures {
    WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::SIMD
        | WasmFeatures::FLOATS
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::COMPONENT_MODEL
}

/// What a parser or compiler said, which may quote names of the component.
pub(crate) fn invalid(said: &impl std::fmt::Display) -> ComponentRefused {
    ComponentRefused::Invalid(cut_detail(said.to_string()))
}

/// What the component says, whether or not it is a plugin.
fn read(bytes: &[u8]) -> Result<ComponentFacts, ComponentRefused> {
    if !bytes.starts_with(b"\0asm") {
        return Err(ComponentRefused::NotWasm);
    }
    if Parser::is_core_wasm(bytes) {
        return Err(ComponentRefused::CoreModule);
    }
    bounds::check(bytes, features())?;

    let (mut imports, mut exports, mut producers) = (Vec::new(), Vec::new(), BTreeSet::new());
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(|error| invalid(&error))? {
            Payload::Version {
                encoding: Encoding::Module | Encoding::Component,
                ..
            } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    imports.push(import.map_err(|error| invalid(&error))?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    exports.push(export.map_err(|error| invalid(&error))?.name.name.to_owned());
                }
            }
            Payload::CustomSection(section) => {
                if let wasmparser::KnownCustom::Producers(reader) = section.as_known() {
                    producers.extend(producers_of(reader));
                }
            }
            _ => {}
        }
    }
    let interfaces = [
        (v0_1_0::RULES, Interface::Rules),
        (v0_1_0::FOLD, Interface::Fold),
        (v0_1_0::RETENTION, Interface::Retention),
    ]
    .into_iter()
    .filter(|(name, _)| exports.iter().any(|export| export == name))
    .map(|(_, interface)| interface)
    .collect();
    Ok(ComponentFacts {
        digest: Digest::of(bytes),
        size_bytes: bytes.len(),
        imports,
        exports,
        interfaces,
        producers: producers.into_iter().collect(),
        configured_anew: crate::freezable::obstacle(bytes),
    })
}

/// Names of the imports that no plugin may have. An interface that holds types alone gives a plugin nothing to call, so the
/// contract's `types` is let through; that it holds nothing else is checked when the component is linked, as no function of
/// that name is there to be linked.
fn foreign_imports(bytes: &[u8]) -> Result<Vec<String>, ComponentRefused> {
    let mut foreign = Vec::new();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(|error| invalid(&error))? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    let import = import.map_err(|error| invalid(&error))?;
                    let is_instance = matches!(import.ty, ComponentTypeRef::Instance(_));
                    debug_assert_eq!(is_instance, import.ty.kind() == ComponentExternalKind::Instance);
                    let known = is_instance && [v0_1_0::LOG, v0_1_0::TYPES].contains(&import.name.name);
                    if !known {
                        foreign.push(import.name.name.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    Ok(foreign)
}

/// `name version` of every tool; a section that does not parse says nothing.
fn producers_of(reader: wasmparser::ProducersSectionReader<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for field in reader.into_iter().flatten() {
        for value in field.values.into_iter().flatten() {
            found.push(format!("{} {}", value.name, value.version).trim_end().to_owned());
        }
    }
    found.truncate(64);
    found
}
