//! Packs and plugins for the tests, made where they are needed.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test file uses a part of it, and ends at what it did not expect"
)]

use proviso_engine::{BuildError, Engine, EngineOptions, FoldStates, Generation, Input, Outcome, ResolvedSet};
use proviso_model::message::{Direction, Kind, Message, Party, PartyClass};
use proviso_model::verdict::FaultCause;
use proviso_model::{MessageId, Timestamp};
use proviso_pack::trust::Occasion;
use proviso_pack::{Pack, PluginPath, Trust, TrustedPack};
use std::path::Path;
use std::sync::Arc;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

pub(crate) const RULES: &str = include_str!("../guests/rules.wat");
pub(crate) const FOLD: &str = include_str!("../guests/fold.wat");

/// A component of a core module that was written for one of the contract's worlds.
pub(crate) fn component(module: &str, world: &str) -> Vec<u8> {
    component_of_module(wat::parse_str(module).unwrap(), world)
}

/// The same of a module's bytes.
pub(crate) fn component_of_module(module: Vec<u8>, world: &str) -> Vec<u8> {
    try_component_of_module(module, world).unwrap()
}

/// The same of a module that may not fit the world.
pub(crate) fn try_component_of_module(mut module: Vec<u8>, world: &str) -> Option<Vec<u8>> {
    let mut resolve = wit_parser::Resolve::default();
    let (package, _) = resolve
        .push_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit/v0.1.0"))
        .unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).ok()?;
    ComponentEncoder::default()
        .module(&module)
        .ok()?
        .validate(true)
        .encode()
        .ok()
}

/// The plugin of rules, with this in its `configure`.
pub(crate) fn rules_component(configure: &str) -> Vec<u8> {
    component(&RULES.replace("(; CONFIGURE ;)", configure), "rules-plugin")
}

pub(crate) const HEAD: &str = r#"
name = "test/pack"
version = "0.1.0"
licence = "Apache-2.0"
host = "*"
description = { en = "a pack for tests" }
"#;

pub(crate) const RULES_POLICY: &str = r#"
[[policy]]
name = "rules"
plugin = "plugin"
interfaces = ["rules"]
trigger = "always"
fields = ["text"]
"#;

pub(crate) const FOLD_POLICY: &str = r#"
[[policy]]
name = "counts"
plugin = "plugin"
interfaces = ["fold"]
key = "sender"
trigger = "always"
fields = ["text", "parties"]
"#;

pub(crate) const SCHEMA: &str = r#"{ "type": "object", "properties": { "rules": { "type": "object", "properties": { "level": { "type": "integer" } } } } }"#;

/// A pack's folder, opened. `files` are its parts by path; the plugin is `plugins/plugin.wasm`.
pub(crate) fn pack(manifest: &str, plugin: &[u8], files: &[(&str, &str)]) -> Arc<TrustedPack> {
    let folder = tempfile::tempdir().unwrap();
    write_pack(folder.path(), manifest, plugin, files);
    let pack = Pack::open(folder.path(), &PluginPath::new([])).unwrap_or_else(|error| panic!("{:#?}", error.problems));
    let now = Timestamp::from_millis(1_760_000_000_000).unwrap();
    Arc::new(Trust::development().accept(pack, &Occasion::at(now)).unwrap())
}

pub(crate) fn write_pack(folder: &Path, manifest: &str, plugin: &[u8], files: &[(&str, &str)]) {
    std::fs::create_dir_all(folder.join("plugins")).unwrap();
    std::fs::write(folder.join("pack.toml"), manifest).unwrap();
    std::fs::write(folder.join("plugins/plugin.wasm"), plugin).unwrap();
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

pub(crate) fn engine() -> Engine {
    Engine::new(EngineOptions::default()).unwrap()
}

pub(crate) fn build(engine: &Engine, set: &ResolvedSet) -> Result<Generation, BuildError> {
    engine.build(set, &|_| {})
}

/// A generation of the plugin of rules alone, triggered by every message.
pub(crate) fn rules_generation(engine: &Engine) -> Generation {
    rules_generation_with(engine, "")
}

/// The same, with a line for the policy's table.
pub(crate) fn rules_generation_with(engine: &Engine, line: &str) -> Generation {
    let manifest = format!("{HEAD}{RULES_POLICY}{line}");
    build(
        engine,
        &ResolvedSet::of_pack(pack(&manifest, &rules_component(""), &[])),
    )
    .unwrap()
}

pub(crate) fn fold_generation(engine: &Engine) -> Generation {
    let pack = pack(&format!("{HEAD}{FOLD_POLICY}"), &component(FOLD, "fold-plugin"), &[]);
    build(engine, &ResolvedSet::of_pack(pack)).unwrap()
}

pub(crate) fn message(number: usize, text: &str) -> Message {
    let party = |id: &str, class| Party {
        id: id.to_owned(),
        class,
        department: String::new(),
    };
    Message {
        id: Arc::new(MessageId {
            tenant: "bank".into(),
            channel: "wecom".into(),
            native: format!("m{number}"),
        }),
        kind: Kind::Text,
        native_kind: "text".into(),
        direction: Direction::Outbound,
        sender: party("alice", PartyClass::Employee),
        recipients: vec![party("wang", PartyClass::External)],
        conversation: "alice-wang".into(),
        sent_at: Timestamp::from_millis(1_700_000_000_000 + number as i64).unwrap(),
        text: text.to_owned(),
        amount: None,
        attachments: Vec::new(),
        links: Vec::new(),
        recalls: None,
        consent: None,
        notes: Vec::new(),
        raw: "".into(),
    }
}

pub(crate) fn inputs<T: AsRef<str>>(texts: &[T]) -> Vec<Input> {
    texts
        .iter()
        .enumerate()
        .map(|(number, text)| Input::new(message(number, text.as_ref())))
        .collect()
}

pub(crate) fn judge<T: AsRef<str>>(generation: &Generation, texts: &[T]) -> Vec<Outcome> {
    judge_inputs(generation, &inputs(texts))
}

pub(crate) fn judge_inputs(generation: &Generation, inputs: &[Input]) -> Vec<Outcome> {
    generation.advance(generation.evaluate(inputs), inputs, &mut FoldStates::new())
}

/// The fault of an outcome, if it has one.
pub(crate) fn fault(outcome: &Outcome) -> Option<FaultCause> {
    outcome.verdict.faults.first().map(|fault| fault.cause)
}

/// The names of the rules that found something.
pub(crate) fn rules(outcome: &Outcome) -> Vec<&str> {
    outcome
        .verdict
        .findings
        .iter()
        .map(|finding| finding.rule.as_str())
        .collect()
}
