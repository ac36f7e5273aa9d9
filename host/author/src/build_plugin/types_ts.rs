//! The plugin contract as TypeScript declares it: one module for each interface, with the contract's own comments. How values look
//! is what componentize-js passes: names in camel case, enums as texts, 64-bit integers as `bigint`, an absent option as `undefined`.

use super::contract::Contract;
use std::fmt::Write as _;
use wit_parser::{Docs, Function, InterfaceId, Resolve, Type, TypeDef, TypeDefKind, TypeId, TypeOwner};

/// Declares every interface of the contract's package.
pub(super) fn declare(contract: &Contract) -> String {
    let resolve = &contract.resolve;
    let mut text = String::from("// Made from the contract by `proviso pack build`; edits are lost.\n");
    for (id, interface) in &resolve.interfaces {
        let Some(name) = resolve.id_of(id) else { continue };
        let _ = write!(text, "\n{}declare module \"{name}\" {{\n", comment(&interface.docs, ""));
        for (name, foreign) in imported(resolve, id) {
            let _ = writeln!(text, "  import type {{ {name} }} from \"{foreign}\";");
        }
        for (name, ty) in &interface.types {
            declare_type(resolve, name, &resolve.types[*ty], &mut text);
        }
        for function in interface.functions.values() {
            declare_function(resolve, function, &mut text);
        }
        text.push_str("}\n");
    }
    text
}

/// Names of types that an interface takes from others, with the interface that has them.
fn imported(resolve: &Resolve, id: InterfaceId) -> Vec<(String, String)> {
    let taken = resolve.interfaces[id].types.values().filter_map(|ty| {
        let TypeDefKind::Type(Type::Id(from)) = resolve.types[*ty].kind else {
            return None;
        };
        let from = &resolve.types[from];
        let TypeOwner::Interface(owner) = from.owner else {
            return None;
        };
        (owner != id).then(|| Some((upper_camel(from.name.as_deref()?), resolve.id_of(owner)?)))?
    });
    taken.collect()
}

fn declare_type(resolve: &Resolve, name: &str, ty: &TypeDef, text: &mut String) {
    let (docs, name) = (comment(&ty.docs, "  "), upper_camel(name));
    let _ = match &ty.kind {
        TypeDefKind::Record(record) => {
            let _ = writeln!(text, "{docs}  export interface {name} {{");
            for field in &record.fields {
                let (docs, name) = (comment(&field.docs, "    "), lower_camel(&field.name));
                let _ = match option_of(resolve, &field.ty) {
                    Some(inner) => writeln!(text, "{docs}    {name}?: {};", type_name(resolve, inner)),
                    None => writeln!(text, "{docs}    {name}: {};", type_name(resolve, &field.ty)),
                };
            }
            writeln!(text, "  }}")
        }
        TypeDefKind::Enum(cases) => {
            let names: Vec<String> = cases.cases.iter().map(|case| format!("\"{}\"", case.name)).collect();
            writeln!(text, "{docs}  export type {name} = {};", names.join(" | "))
        }
        TypeDefKind::Variant(variant) => {
            let cases = variant.cases.iter().map(|case| match &case.ty {
                Some(ty) => format!("{{ tag: \"{}\"; val: {} }}", case.name, type_name(resolve, ty)),
                None => format!("{{ tag: \"{}\" }}", case.name),
            });
            let cases: Vec<String> = cases.collect();
            writeln!(text, "{docs}  export type {name} = {};", cases.join(" | "))
        }
        // Another interface's type, which is imported.
        TypeDefKind::Type(Type::Id(_)) => Ok(()),
        other => writeln!(text, "{docs}  export type {name} = {};", kind_name(resolve, other)),
    };
}

fn declare_function(resolve: &Resolve, function: &Function, text: &mut String) {
    let params: Vec<String> = function
        .params
        .iter()
        .map(|param| format!("{}: {}", lower_camel(&param.name), type_name(resolve, &param.ty)))
        .collect();
    let result = function.result.as_ref().map(|ty| type_name(resolve, ty));
    let _ = writeln!(
        text,
        "{}  export function {}({}): {};",
        comment(&function.docs, "  "),
        lower_camel(&function.name),
        params.join(", "),
        result.as_deref().unwrap_or("void")
    );
}

fn type_name(resolve: &Resolve, ty: &Type) -> String {
    match ty {
        Type::Bool => "boolean".into(),
        Type::U64 | Type::S64 => "bigint".into(),
        Type::Char | Type::String => "string".into(),
        Type::Id(id) => match &resolve.types[*id].name {
            Some(name) => upper_camel(name),
            None => kind_name(resolve, &resolve.types[*id].kind),
        },
        _ => "number".into(),
    }
}

/// A type without a name. Those that the contract does not use are told as unknown.
fn kind_name(resolve: &Resolve, kind: &TypeDefKind) -> String {
    match kind {
        TypeDefKind::List(Type::U8) => "Uint8Array".into(),
        TypeDefKind::List(item) => format!("Array<{}>", type_name(resolve, item)),
        TypeDefKind::Option(inner) => format!("{} | undefined", type_name(resolve, inner)),
        // What fails is thrown.
        TypeDefKind::Result(result) => result.ok.map_or("void".into(), |ok| type_name(resolve, &ok)),
        TypeDefKind::Type(ty) => type_name(resolve, ty),
        _ => "unknown".into(),
    }
}

fn option_of<'r>(resolve: &'r Resolve, ty: &Type) -> Option<&'r Type> {
    let id: TypeId = match ty {
        Type::Id(id) => *id,
        _ => return None,
    };
    match &resolve.types[id].kind {
        TypeDefKind::Option(inner) => Some(inner),
        _ => None,
    }
}

fn comment(docs: &Docs, indent: &str) -> String {
    let Some(text) = &docs.contents else {
        return String::new();
    };
    let lines: Vec<&str> = text.trim().lines().map(str::trim).collect();
    format!("{indent}/** {} */\n", lines.join(&format!("\n{indent} *  ")))
}

fn upper_camel(name: &str) -> String {
    let mut text = String::new();
    for word in name.split('-') {
        let mut chars = word.chars();
        text.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        text.extend(chars);
    }
    text
}

fn lower_camel(name: &str) -> String {
    let upper = upper_camel(name);
    let mut chars = upper.chars();
    let first = chars.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build_plugin::contract;

    #[test]
    fn the_contract_is_declared_as_componentize_js_passes_it() {
        let folder = tempfile::tempdir().unwrap();
        let contract = contract::write(folder.path(), &["rules".to_owned()]).unwrap();
        let text = declare(&contract);
        for line in [
            "declare module \"proviso:policy/types@0.1.0\" {",
            "  export type Timestamp = bigint;",
            "  export type Severity = \"low\" | \"medium\" | \"high\" | \"critical\";",
            "    sentAt: Timestamp;",
            "    amount?: Money;",
            "    minorUnits: bigint;",
            "    preceding: Array<PrecedingMessage>;",
            "    /** Offset of the first byte, 0 to 1,048,576. */",
            "  export type Failure = { tag: \"bad-message\"; val: number } | { tag: \"bad-state\"; val: number } | { tag: \"not-configured\" } | { tag: \"internal\"; val: string };",
            "  import type { Message } from \"proviso:policy/types@0.1.0\";",
            "  export function evaluate(messages: Array<Message>): Array<Finding>;",
            "  export function configure(settings: string, lists: Array<ListInfo>): void;",
            "  export function write(level: Level, line: string): void;",
        ] {
            assert!(text.lines().any(|there| there == line), "{line}\n{text}");
        }
        assert!(!text.contains("unknown;"), "{text}");
    }
}
