//! Components that no generation is built from, and why.

#![allow(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use crate::support::*;
use proviso_engine::{ComponentRefused, Interface, ResolvedSet, inspect_component};

fn refused(bytes: &[u8]) -> ComponentRefused {
    inspect_component(bytes).expect_err("it is no plugin")
}

/// A component in text, as bytes.
fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

#[test]
fn a_plugin_is_told_by_its_type() {
    let bytes = rules_component("");
    let facts = inspect_component(&bytes).unwrap();
    assert_eq!(facts.interfaces, [Interface::Rules]);
    assert!(
        facts.imports.contains(&"proviso:policy/log@0.1.0".to_owned()),
        "{:?}",
        facts.imports
    );
    assert!(
        facts.exports.contains(&"proviso:policy/lifecycle@0.1.0".to_owned()),
        "{:?}",
        facts.exports
    );
    assert_eq!(facts.size_bytes, bytes.len());
    assert!(
        facts.producers.iter().any(|tool| tool.starts_with("wit-component ")),
        "{:?}",
        facts.producers
    );
    assert_eq!(
        inspect_component(&component(FOLD, "fold-plugin")).unwrap().interfaces,
        [Interface::Fold]
    );
}

#[test]
fn foreign_imports_are_refused_by_name() {
    for import in [
        r#"(import "wasi:clocks/monotonic-clock@0.2.0" (instance (export "now" (func (result u64)))))"#,
        r#"(import "wasi:random/random@0.2.0" (instance (export "get-random-u64" (func (result u64)))))"#,
        r#"(import "acme:tools/files" (instance (export "read" (func (result string)))))"#,
        r#"(import "proviso:policy/log@0.2.0" (instance))"#,
        r#"(import "proviso:policy/rules@0.1.0" (instance))"#,
        r#"(import "clock" (func (result u64)))"#,
        r#"(import "any" (type (sub resource)))"#,
    ] {
        let name = import.split('"').nth(1).unwrap();
        let error = refused(&wat(&format!("(component {import})")));
        assert_eq!(
            error,
            ComponentRefused::ForeignImports {
                imports: vec![name.to_owned()]
            }
        );
        assert!(error.to_string().contains(name), "{error}");
    }
    let both = refused(&wat(r#"(component (import "a" (func)) (import "b" (func)))"#));
    assert!(
        both.to_string()
            .starts_with(r#"imports "a", "b": a plugin may import "proviso:policy/log@0.1.0""#),
        "{both}"
    );
}

#[test]
fn a_pack_with_a_foreign_import_is_refused_at_its_line() {
    let component = wat(r#"(component (import "wasi:filesystem/types@0.2.0" (instance)))"#);
    let pack = pack(&format!("{HEAD}{RULES_POLICY}"), &component, &[]);
    let error = build(&engine(), &ResolvedSet::of_pack(pack)).expect_err("it is refused");
    let problem = &error.problems[0];
    assert!(problem.file.ends_with("pack.toml") && problem.line > 0, "{problem}");
    assert!(
        problem
            .message
            .starts_with(r#"the plugin "plugin" imports "wasi:filesystem/types@0.2.0""#),
        "{problem}"
    );
}

#[test]
fn a_function_in_the_interface_of_types_is_refused_when_it_is_linked() {
    // The name is let through, as it holds types alone; there is nothing behind it that could be called.
    let component = r#"(component
        (import "proviso:policy/types@0.1.0" (instance $types (export "steal" (func))))
        (alias export $types "steal" (func $steal))
        (core func $lowered (canon lower (func $steal)))
        (core module $m (import "" "" (func)) (func (export "f") (param i32 i32 i32 i32) (result i32) i32.const 0)
            (memory (export "memory") 1) (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 0))
        (core instance $i (instantiate $m (with "" (instance (export "" (func $lowered))))))
        (instance $nothing)
        (export "proviso:policy/lifecycle@0.1.0" (instance $nothing))
        (export "proviso:policy/rules@0.1.0" (instance $nothing)))"#;
    let pack = pack(&format!("{HEAD}{RULES_POLICY}"), &wat(component), &[]);
    let error = build(&engine(), &ResolvedSet::of_pack(pack)).expect_err("it is refused");
    assert!(
        error.problems[0].message.contains("does not fit the plugin contract"),
        "{error:?}"
    );
}

#[test]
fn what_is_no_component_is_refused_with_a_hint() {
    assert_eq!(refused(&wat("(module)")), ComponentRefused::CoreModule);
    assert!(refused(&wat("(module)")).to_string().contains("proviso pack build"));
    assert_eq!(refused(b""), ComponentRefused::NotWasm);
    assert_eq!(refused(b"#!/bin/sh"), ComponentRefused::NotWasm);
    assert_eq!(
        refused(&wat("(component)")),
        ComponentRefused::NoLifecycle { exports: vec![] }
    );
    let nothing = wat(r#"(component (instance $i) (export "proviso:policy/lifecycle@0.1.0" (instance $i)))"#);
    assert!(matches!(refused(&nothing), ComponentRefused::NoInterface { .. }));
    let later = wat(r#"(component (instance $i) (export "proviso:policy/lifecycle@0.9.0" (instance $i)))"#);
    assert!(
        refused(&later)
            .to_string()
            .contains("a version that this host does not speak"),
        "{}",
        refused(&later)
    );
}

#[test]
fn proposals_that_are_off_are_named() {
    for (text, word) in [
        ("(memory 1 1 shared)", "thread"),
        ("(memory i64 1)", "memory64"),
        ("(memory 1) (memory 1)", "multi"),
        ("(tag)", "exception"),
        ("(type (struct))", "gc"),
        ("(func (return_call 0))", "tail"),
    ] {
        let error = refused(&wat(&format!("(component (core module {text}))")));
        let ComponentRefused::Invalid(reason) = &error else {
            panic!("{text}: {error:?}")
        };
        assert!(reason.to_lowercase().contains(word), "{text}: {reason}");
    }
}

#[test]
fn no_truncation_and_no_flipped_byte_is_more_than_an_error() {
    let bytes = component(FOLD, "fold-plugin");
    let whole = inspect_component(&bytes).unwrap();
    let mut complete = 0;
    for length in 0..bytes.len() {
        // What can go missing are the custom sections at the end, which say nothing of what it does.
        if let Ok(facts) = inspect_component(&bytes[..length]) {
            complete += 1;
            assert_eq!(
                (&facts.interfaces, &facts.imports),
                (&whole.interfaces, &whole.imports),
                "{length} bytes"
            );
        }
    }
    assert!(complete <= 3, "{complete}");
    let mut refused = 0;
    for index in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[index] ^= 0x55;
        refused += usize::from(inspect_component(&damaged).is_err());
    }
    assert!(refused > bytes.len() / 2, "{refused} of {}", bytes.len());
}

#[test]
fn configure_has_limits_too() {
    let engine = engine();
    for (configure, expected) in [
        ("(unreachable)", "(trap)"),
        (
            "(loop $m (br_if $m (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) (unreachable)",
            "(memory)",
        ),
        ("(drop (call $down (i32.const 0)))", "(stack)"),
        ("(return (i32.const 0x7ffffff0))", "(bad-answer)"),
    ] {
        let pack = pack(&format!("{HEAD}{RULES_POLICY}"), &rules_component(configure), &[]);
        let error = build(&engine, &ResolvedSet::of_pack(pack)).expect_err(configure);
        assert_eq!(error.problems.len(), 1);
        let problem = &error.problems[0];
        assert!(
            problem.message.contains(expected) && problem.file.ends_with("pack.toml"),
            "{configure}: {problem}"
        );
        assert!(problem.line > 0, "{problem}");
    }
}

#[test]
fn memory_that_a_component_begins_with_has_the_same_limit() {
    let module = RULES.replace("(memory (export \"memory\") 2)", "(memory (export \"memory\") 1025)");
    let pack = pack(
        &format!("{HEAD}{RULES_POLICY}"),
        &component(&module, "rules-plugin"),
        &[],
    );
    let error = build(&engine(), &ResolvedSet::of_pack(pack)).expect_err("65 MiB are too much");
    assert!(error.problems[0].message.contains("cannot be run here"), "{error:?}");
}
