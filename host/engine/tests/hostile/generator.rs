//! Components that a generator makes: each is refused with a reason, or runs contained. No step of it panics.

use crate::support::*;
use proviso_engine::{Engine, ResolvedSet, inspect_component};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use wasm_smith::{Component, Config, Module};

/// Components of a run. `PROVISO_FUZZ_RUNS` gives another number, `PROVISO_FUZZ_SEED` another beginning.
const RUNS: u64 = 1_500;
const SEED: u64 = 20_260_101;

fn number_of(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |number| number.parse().unwrap())
}

/// A stream of bytes from a seed (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}

/// What a module of the generator may use: what plugins may, or everything that it knows.
fn smith(random: &mut Random) -> Config {
    let everything = random.below(4) == 0;
    Config {
        threads_enabled: everything,
        memory64_enabled: everything,
        gc_enabled: everything,
        exceptions_enabled: everything,
        tail_call_enabled: everything,
        relaxed_simd_enabled: everything,
        reference_types_enabled: everything,
        allow_floats: true,
        max_instructions: 400,
        max_funcs: 20,
        max_memories: 1 + usize::from(everything),
        max_memory32_bytes: 1 << 20,
        max_table_elements: 1_000,
        ..Config::default()
    }
}

/// A component of the generator's own.
fn generated(random: &mut Random) -> Option<Vec<u8>> {
    let bytes = random.bytes(4096);
    let component = Component::new(smith(random), &mut arbitrary(&bytes)).ok()?;
    Some(component.to_bytes())
}

/// A plugin whose module the generator made: it has the contract's exports, with bodies of its own.
fn generated_plugin(random: &mut Random) -> Option<Vec<u8>> {
    let exports = wat::parse_str(SHELL).unwrap();
    let bytes = random.bytes(8192);
    let mut config = smith(random);
    config.exports = Some(exports);
    config.max_imports = 0;
    config.min_memories = 1;
    let mut module = Module::new(config, &mut arbitrary(&bytes)).ok()?;
    if random.below(2) == 0 {
        module.ensure_termination(10_000).ok()?;
    }
    try_component_of_module(module.to_bytes(), "rules-plugin")
}

/// The exports of a plugin of rules.
const SHELL: &str = r#"(module
    (memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
    (func (export "proviso:policy/lifecycle@0.1.0#configure") (param i32 i32 i32 i32) (result i32) unreachable)
    (func (export "proviso:policy/rules@0.1.0#evaluate") (param i32 i32) (result i32) unreachable))"#;

/// A plugin that is well, with a module of the generator's aboard, which is compiled and started with it.
fn with_passenger(random: &mut Random, plugins: &[Vec<u8>]) -> Option<Vec<u8>> {
    let bytes = random.bytes(8192);
    let mut config = smith(random);
    config.max_imports = 0;
    config.min_funcs = 3;
    let mut module = Module::new(config, &mut arbitrary(&bytes)).ok()?;
    if random.below(2) == 0 {
        module.ensure_termination(10_000).ok()?;
    }
    let plugin = &plugins[random.below(plugins.len())];
    let aboard = wasmparser::Parser::new(0)
        .parse_all(plugin)
        .filter(|payload| matches!(payload, Ok(wasmparser::Payload::ModuleSection { .. })))
        .count();
    let mut changed = wasm_encoder::Component::new();
    changed.section(&wasm_encoder::RawSection {
        id: wasm_encoder::ComponentSectionId::CoreModule.into(),
        data: &module.to_bytes(),
    });
    let mut instances = wasm_encoder::InstanceSection::new();
    instances.instantiate(aboard as u32, std::iter::empty::<(&str, wasm_encoder::ModuleArg)>());
    changed.section(&instances);
    Some([plugin, &changed.finish()[8..]].concat())
}

/// A plugin that is well, with a few bytes changed, and now and then cut out, put in or moved.
fn mutated(random: &mut Random, plugins: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = plugins[random.below(plugins.len())].clone();
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len());
        let length = 1 + random.below(16).min(bytes.len() - at - 1);
        match random.below(12) {
            0..4 => bytes[at] ^= 1 << random.below(8),
            4..6 => bytes[at] = random.next() as u8,
            6..9 => bytes[at] = [0x00, 0x7f, 0x80, 0xff, 0x41, 0x0b, 0x6a, 0x20][random.below(8)],
            9 => drop(bytes.drain(at..at + length)),
            10 => {
                let more = random.bytes(length);
                bytes.splice(at..at, more);
            }
            _ => {
                let from = random.below(bytes.len() - length);
                bytes.copy_within(from..from + length, at);
            }
        }
    }
    bytes
}

fn arbitrary(bytes: &[u8]) -> arbitrary::Unstructured<'_> {
    arbitrary::Unstructured::new(bytes)
}

/// How a run ended.
#[derive(Debug, Default)]
struct Tally {
    /// The generator had nothing to say.
    unmade: u64,
    /// Refused when it was looked at.
    refused: u64,
    /// Refused when it was compiled, started or configured.
    unbuilt: u64,
    /// Called.
    ran: u64,
}

/// Panics so far in this process: those that the host catches are counted too.
static PANICS: AtomicU64 = AtomicU64::new(0);

/// Takes one component as far as it goes.
fn try_out(engine: &Engine, bytes: &[u8], tally: &mut Tally) {
    match inspect_component(bytes) {
        Err(refused) => {
            assert!(!refused.to_string().is_empty());
            tally.refused += 1;
            return;
        }
        Ok(facts) => assert!(!facts.interfaces.is_empty()),
    }
    let manifest = format!("{HEAD}{RULES_POLICY}budget = {{ fuel_per_kib = 100_000 }}\n");
    match build(engine, &ResolvedSet::of_pack(pack(&manifest, bytes, &[]))) {
        Err(error) => {
            assert!(error.problems.iter().all(|problem| !problem.message.is_empty()));
            tally.unbuilt += 1;
        }
        Ok(generation) => {
            for outcome in judge(&generation, &["a", "message", "保本"]) {
                assert_eq!(outcome.verdict.held, fault(&outcome).is_some());
            }
            tally.ran += 1;
        }
    }
}

#[test]
fn what_a_generator_makes_is_refused_or_contained() {
    let (runs, seed) = (
        number_of("PROVISO_FUZZ_RUNS", RUNS),
        number_of("PROVISO_FUZZ_SEED", SEED),
    );
    println!("{runs} components from seed {seed}");
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // Of this test and of the threads that build; other tests of this process have none.
        PANICS.fetch_add(1, Ordering::Relaxed);
        told(panic);
    }));
    let engine = engine();
    let plugins = [
        rules_component(""),
        component_of_module(wat::parse_str(RULES).unwrap(), "rules-plugin"),
    ];
    let mut tally = Tally::default();
    let mut panicked = Vec::new();
    for run in 0..runs {
        let mut random = Random(seed.wrapping_add(run));
        let made = match run % 4 {
            0 => generated(&mut random),
            1 => generated_plugin(&mut random),
            2 => with_passenger(&mut random, &plugins),
            _ => Some(mutated(&mut random, &plugins)),
        };
        let Some(bytes) = made else {
            tally.unmade += 1;
            continue;
        };
        let before = PANICS.load(Ordering::Relaxed);
        let ended = catch_unwind(AssertUnwindSafe(|| try_out(&engine, &bytes, &mut tally)));
        if ended.is_err() || PANICS.load(Ordering::Relaxed) != before {
            panicked.push(run);
        }
    }
    println!("{tally:?}");
    assert!(
        panicked.is_empty(),
        "with seed {seed}, these runs panicked: {panicked:?}"
    );
    assert!(tally.refused > 0 && tally.unbuilt > 0 && tally.ran > 0, "{tally:?}");
    // And the engine goes on.
    let healthy = rules_generation(&engine);
    assert_eq!(rules(&judge(&healthy, &["after all that"])[0]), ["seen"]);
}
