//! Whether the instrumenter can freeze a component. It gives up by a panic on some that are valid; those are told apart here,
//! so that they are configured for every call without any noise.

use wasmparser::{Encoding, Parser, Payload, ValType};

/// What is seen of one module.
#[derive(Default)]
struct Module {
    exports: bool,
    state: bool,
}

/// Why a validated component cannot be frozen, as far as it can be seen from outside.
pub(crate) fn obstacle(component: &[u8]) -> Option<&'static str> {
    let mut modules: Vec<Option<Module>> = Vec::new();
    for payload in Parser::new(0).parse_all(component) {
        match payload.ok()? {
            Payload::Version { encoding, .. } => modules.push((encoding == Encoding::Module).then(Module::default)),
            Payload::ExportSection(_) => seen(&mut modules).exports = true,
            Payload::MemorySection(section) => seen(&mut modules).state |= section.count() > 0,
            Payload::GlobalSection(section) => {
                for global in section.into_iter().flatten().filter(|global| global.ty.mutable) {
                    if global.ty.content_type == ValType::V128 {
                        return Some("a module changes a global of 128 bits");
                    }
                    seen(&mut modules).state = true;
                }
            }
            Payload::End(_) => {
                let module = modules.pop().flatten().unwrap_or_default();
                if module.state && !module.exports {
                    return Some("a module with memory or globals exports nothing");
                }
            }
            _ => {}
        }
    }
    None
}

/// The module that is being read.
fn seen(modules: &mut [Option<Module>]) -> &mut Module {
    let module = modules.last_mut().and_then(Option::as_mut);
    module.expect("the component is validated, so that these sections are a module's")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proviso_rows::each_row;

    #[test]
    fn what_the_instrumenter_gives_up_on_is_told_apart() {
        let table = [
            (r#"(memory 1) (export "m" (memory 0))"#, None),
            ("(memory 1)", Some("a module with memory or globals exports nothing")),
            (
                "(global (mut i32) (i32.const 1))",
                Some("a module with memory or globals exports nothing"),
            ),
            ("(global i32 (i32.const 1))", None),
            (
                r#"(global (mut v128) (v128.const i64x2 0 0)) (func (export "f"))"#,
                Some("a module changes a global of 128 bits"),
            ),
        ];
        each_row(table, |(module, expected)| {
            let component = wat::parse_str(format!("(component (component) (core module {module}))")).unwrap();
            assert_eq!(obstacle(&component), expected, "{module}");
        });
    }
}
