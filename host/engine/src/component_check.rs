//! Looks at a component before anything in it is believed: it is parsed, counted and validated whole, may import the log
//! alone, and must export a plugin's interfaces in a version that this host speaks. Nothing is compiled or run here.

use crate::bounds;
use crate::component::{ComponentFacts, ComponentRefused, FOLD, LIFECYCLE, LOG, RETENTION, RULES, TYPES, invalid};
use proviso_model::Digest;
use proviso_pack::manifest::Interface;
use std::collections::BTreeSet;
use wasmparser::{ComponentExternalKind, ComponentTypeRef, Encoding, Parser, Payload, WasmFeatures};

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
    if !facts.exports.iter().any(|name| name == LIFECYCLE) {
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
        (RULES, Interface::Rules),
        (FOLD, Interface::Fold),
        (RETENTION, Interface::Retention),
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
                    let known = is_instance && [LOG, TYPES].contains(&import.name.name);
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
