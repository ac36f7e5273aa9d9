//! Components that are small for what they ask of a compiler. All are refused before anything of them is compiled.

use super::program::*;
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataSection, ElementSection, Elements, ExportKind, ExportSection, Function,
    FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction as I, MemorySection, MemoryType, Module,
    RefType, TableSection, TableType, TypeSection, ValType,
};

/// A component that holds a module and nothing else.
fn holding(module: &[u8]) -> Vec<u8> {
    let mut bytes = b"\0asm\x0d\0\x01\0\x01".to_vec();
    leb(&mut bytes, module.len());
    bytes.extend_from_slice(module);
    bytes
}

fn leb(to: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

/// A module with these types and that many functions of the type 0, each with these locals and this body.
fn module(types: &[(usize, usize)], count: u32, locals: u32, body: &dyn Fn(&mut Function)) -> Module {
    let mut type_section = TypeSection::new();
    for (params, results) in types {
        type_section
            .ty()
            .function(vec![ValType::I32; *params], vec![ValType::I32; *results]);
    }
    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    for _ in 0..count {
        functions.function(0);
        let mut function = Function::new([(locals, ValType::I32)]);
        body(&mut function);
        function.instruction(&I::End);
        code.function(&function);
    }
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        minimum: 1,
        maximum: None,
        table64: false,
        shared: false,
    });
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut module = Module::new();
    module
        .section(&type_section)
        .section(&functions)
        .section(&tables)
        .section(&memories)
        .section(&code);
    module
}

fn functions(
    name: &str,
    types: &'static [(usize, usize)],
    count: u32,
    locals: u32,
    words: &'static str,
    body: impl Fn(&mut Function) + 'static,
) -> Program {
    bytes(
        &format!("a bomb of {name}"),
        move || holding(&module(types, count, locals, &body).finish()),
        Expect::Refused(words),
    )
}

fn section(name: &str, words: &'static str, fill: impl Fn(&mut Module) + 'static) -> Program {
    bytes(
        &format!("a bomb of {name}"),
        move || {
            let mut module = Module::new();
            fill(&mut module);
            holding(&module.finish())
        },
        Expect::Refused(words),
    )
}

fn component(name: &str, words: &'static str, make: impl Fn() -> String + 'static) -> Program {
    bytes(
        &format!("a bomb of {name}"),
        move || wat::parse_str(make()).unwrap(),
        Expect::Refused(words),
    )
}

pub(crate) fn programs() -> Vec<Program> {
    let mut all = of_functions();
    all.extend(of_modules());
    all.extend(of_components());
    all.extend(of_custom_sections());
    all
}

const NONE: &[(usize, usize)] = &[(0, 0)];

fn of_functions() -> Vec<Program> {
    vec![
        functions("one huge function", NONE, 1, 1, "bytes in one function, at most", |f| {
            for _ in 0..700_000 {
                f.instruction(&I::LocalGet(0))
                    .instruction(&I::LocalGet(0))
                    .instruction(&I::I32Mul)
                    .instruction(&I::LocalSet(0));
            }
        }),
        functions(
            "50,000 locals",
            NONE,
            1,
            50_000,
            "locals in one function, at most",
            |_| {},
        ),
        functions(
            "locals in many functions of a few bytes",
            NONE,
            4_000,
            4_900,
            "microseconds of compiling, by estimate from its code, at most",
            |f| {
                for _ in 0..32 {
                    f.instruction(&I::Block(BlockType::Empty)).instruction(&I::End);
                }
            },
        ),
        functions(
            "many branches and many locals",
            NONE,
            1,
            4_900,
            "microseconds of compiling in one function, by estimate, at most",
            |f| {
                f.instruction(&I::Block(BlockType::Empty));
                for local in 0..10_000 {
                    f.instruction(&I::I32Const(local))
                        .instruction(&I::LocalSet(local as u32 % 4_900))
                        .instruction(&I::LocalGet(0))
                        .instruction(&I::BrIf(0));
                }
                f.instruction(&I::End);
            },
        ),
        functions(
            "nested loops that change every local",
            NONE,
            1,
            4_900,
            "microseconds of compiling in one function, by estimate, at most",
            |f| {
                for _ in 0..60 {
                    f.instruction(&I::Loop(BlockType::Empty));
                }
                for local in 0..4_900 {
                    f.instruction(&I::LocalGet(local))
                        .instruction(&I::LocalGet(0))
                        .instruction(&I::I32Add)
                        .instruction(&I::LocalSet(local));
                }
                for _ in 0..60 {
                    f.instruction(&I::LocalGet(0))
                        .instruction(&I::BrIf(0))
                        .instruction(&I::End);
                }
            },
        ),
        functions(
            "loops one after another over many locals",
            NONE,
            1,
            4_900,
            "microseconds of compiling in one function, by estimate, at most",
            |f| {
                for local in 0..4_900_u32 {
                    f.instruction(&I::Loop(BlockType::Empty))
                        .instruction(&I::I32Const(1))
                        .instruction(&I::LocalSet(local))
                        .instruction(&I::LocalGet(0))
                        .instruction(&I::BrIf(0))
                        .instruction(&I::End);
                }
            },
        ),
        functions("loops in loops", NONE, 1, 1, "loops inside one another, at most", |f| {
            for _ in 0..1_000 {
                f.instruction(&I::Loop(BlockType::Empty));
            }
            for _ in 0..1_000 {
                f.instruction(&I::End);
            }
        }),
        functions(
            "calls through a table",
            NONE,
            1,
            10,
            "places in one function where its flow parts or meets, at most",
            |f| {
                for _ in 0..60_000 {
                    f.instruction(&I::LocalGet(0)).instruction(&I::CallIndirect {
                        type_index: 0,
                        table_index: 0,
                    });
                }
            },
        ),
        functions(
            "copies of memory",
            NONE,
            1,
            10,
            "places in one function where its flow parts or meets, at most",
            |f| {
                for _ in 0..30_000 {
                    f.instruction(&I::LocalGet(0))
                        .instruction(&I::LocalGet(0))
                        .instruction(&I::LocalGet(0))
                        .instruction(&I::MemoryCopy { src_mem: 0, dst_mem: 0 });
                }
            },
        ),
        functions(
            "blocks in blocks",
            NONE,
            1,
            1,
            "blocks inside one another, at most",
            |f| {
                for _ in 0..100_000 {
                    f.instruction(&I::Block(BlockType::Empty));
                }
                for _ in 0..100_000 {
                    f.instruction(&I::End);
                }
            },
        ),
        functions(
            "conditions in conditions",
            NONE,
            1,
            1,
            "blocks inside one another, at most",
            |f| {
                for _ in 0..50_000 {
                    f.instruction(&I::LocalGet(0)).instruction(&I::If(BlockType::Empty));
                }
                for _ in 0..50_000 {
                    f.instruction(&I::Else).instruction(&I::End);
                }
            },
        ),
        functions(
            "tables of branches",
            NONE,
            1,
            1,
            "places in one function where its flow parts or meets, at most",
            |f| {
                for _ in 0..20 {
                    f.instruction(&I::Block(BlockType::Empty))
                        .instruction(&I::LocalGet(0))
                        .instruction(&I::BrTable(vec![0; 20_000].into(), 0))
                        .instruction(&I::End);
                }
            },
        ),
        functions(
            "values on the stack",
            NONE,
            1,
            1,
            "values on the stack of one function, at most",
            |f| {
                for _ in 0..200_000 {
                    f.instruction(&I::LocalGet(0));
                }
                for _ in 0..200_000 {
                    f.instruction(&I::Drop);
                }
            },
        ),
        functions(
            "calls over values on the stack",
            NONE,
            1,
            1,
            "microseconds of compiling in one function, by estimate, at most",
            |f| {
                for _ in 0..3_900 {
                    f.instruction(&I::LocalGet(0));
                }
                for _ in 0..20_000 {
                    f.instruction(&I::Call(0));
                }
                for _ in 0..3_900 {
                    f.instruction(&I::Drop);
                }
            },
        ),
        functions(
            "a thousand parameters",
            &[(0, 0), (1_000, 0)],
            1,
            0,
            "parameters of one function type, at most",
            |_| {},
        ),
        functions(
            "a thousand results",
            &[(0, 0), (0, 1_000)],
            1,
            0,
            "results of one function type, at most",
            |_| {},
        ),
        functions(
            "values into a block",
            &[(0, 0), (200, 0)],
            1,
            1,
            "values into one block, at most",
            |f| {
                for _ in 0..200 {
                    f.instruction(&I::LocalGet(0));
                }
                f.instruction(&I::Block(BlockType::FunctionType(1)))
                    .instruction(&I::Unreachable)
                    .instruction(&I::End);
            },
        ),
        functions(
            "a hundred thousand functions and one",
            NONE,
            100_001,
            0,
            "functions, at most",
            |_| {},
        ),
        functions(
            "code, in functions that are each allowed",
            NONE,
            40,
            1,
            "bytes of code, at most",
            |f| {
                for _ in 0..130_000 {
                    f.instruction(&I::LocalGet(0))
                        .instruction(&I::LocalGet(0))
                        .instruction(&I::I32Mul)
                        .instruction(&I::LocalSet(0));
                }
            },
        ),
    ]
}

fn of_modules() -> Vec<Program> {
    let mut all = vec![
        section("types of functions", "core types, at most", |module| {
            let mut types = TypeSection::new();
            for _ in 0..100_000 {
                types.ty().function([], []);
            }
            module.section(&types);
        }),
        section("imports", "core imports, at most", |module| {
            let mut types = TypeSection::new();
            types.ty().function([], []);
            let mut imports = ImportSection::new();
            for number in 0..60_000 {
                imports.import("m", &format!("f{number}"), wasm_encoder::EntityType::Function(0));
            }
            module.section(&types).section(&imports);
        }),
        section("exports", "core exports, at most", |module| {
            let mut types = TypeSection::new();
            types.ty().function([], []);
            let mut functions = FunctionSection::new();
            functions.function(0);
            let mut exports = ExportSection::new();
            for number in 0..60_000 {
                exports.export(&format!("f{number}"), ExportKind::Func, 0);
            }
            module.section(&types).section(&functions).section(&exports);
        }),
        section(
            "names of exports",
            "bytes of core imports and exports, at most",
            |module| {
                let mut types = TypeSection::new();
                types.ty().function([], []);
                let mut functions = FunctionSection::new();
                functions.function(0);
                let mut exports = ExportSection::new();
                for number in 0..60 {
                    exports.export(&format!("{number}{}", "x".repeat(90_000)), ExportKind::Func, 0);
                }
                module.section(&types).section(&functions).section(&exports);
            },
        ),
        section("globals", "bytes of globals, at most", |module| {
            let mut globals = GlobalSection::new();
            for _ in 0..200_000 {
                globals.global(
                    GlobalType {
                        val_type: ValType::I32,
                        mutable: true,
                        shared: false,
                    },
                    &ConstExpr::i32_const(1),
                );
            }
            module.section(&globals);
        }),
        section("one global with a long sum", "bytes of globals, at most", |module| {
            let mut globals = GlobalSection::new();
            let mut sum = vec![I::I32Const(1)];
            for _ in 0..100_000 {
                sum.extend([I::I32Const(1), I::I32Add]);
            }
            globals.global(
                GlobalType {
                    val_type: ValType::I32,
                    mutable: true,
                    shared: false,
                },
                &ConstExpr::extended(sum),
            );
            module.section(&globals);
        }),
        section("elements", "elements, at most", |module| {
            let mut types = TypeSection::new();
            types.ty().function([], []);
            let mut functions = FunctionSection::new();
            functions.function(0);
            let mut tables = TableSection::new();
            tables.table(TableType {
                element_type: RefType::FUNCREF,
                minimum: 1,
                maximum: None,
                table64: false,
                shared: false,
            });
            let mut elements = ElementSection::new();
            elements.passive(Elements::Functions(vec![0; 500_000].into()));
            module
                .section(&types)
                .section(&functions)
                .section(&tables)
                .section(&elements);
        }),
        section("element segments", "element segments, at most", |module| {
            let mut elements = ElementSection::new();
            for _ in 0..50_000 {
                elements.passive(Elements::Functions(Vec::<u32>::new().into()));
            }
            module.section(&elements);
        }),
        section("data segments", "data segments, at most", |module| {
            let mut data = DataSection::new();
            for _ in 0..90_000 {
                data.passive([]);
            }
            module.section(&data);
        }),
    ];
    all.push(bytes(
        "a bomb of modules",
        || {
            let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
            for _ in 0..500 {
                bytes.extend_from_slice(b"\x01\x08\0asm\x01\0\0\0");
            }
            bytes
        },
        Expect::Refused("core modules, at most"),
    ));
    all
}

/// Each type holds the one before it ten times.
fn growing(depth: usize) -> String {
    let types = joined(1..depth, |n| {
        format!("(type $t{n} (tuple{}))", format!(" $t{}", n - 1).repeat(10))
    });
    format!("(type $t0 (tuple u8 u8 u8)) {types}")
}

/// Each type of an instance holds eight of the one before it.
fn growing_instances(depth: usize) -> String {
    let types = joined(1..depth, |n| {
        let exports = joined(0..8, |e| format!("(export \"e{e}\" (instance (type $before)))"));
        format!(
            "(type $t{n} (instance (alias outer 1 $t{} (type $before)) {exports}))",
            n - 1
        )
    });
    format!("(type $t0 (instance)) {types}")
}

/// A record of that many fields.
fn record(fields: std::ops::Range<usize>) -> String {
    format!(
        "(type (record {}))",
        joined(fields, |n| format!("(field \"field-{n}\" u8)"))
    )
}

fn of_components() -> Vec<Program> {
    let one_type = "nodes in one component type, written out, at most";
    let nested = "a nested component holds code or components of its own";
    vec![
        component("types that hold one another", one_type, || {
            format!("(component {})", growing(6))
        }),
        component(
            "types that hold one another, beyond what a parser counts",
            "effective type size",
            || format!("(component {})", growing(20)),
        ),
        component(
            "types that are each allowed",
            "nodes in its component types, written out, at most",
            || {
                let functions = joined(0..500, |n| format!("(type (func (param \"p{n}\" $t3)))"));
                format!("(component {} {functions})", growing(4))
            },
        ),
        component("types in types in types", "is not a valid component", || {
            let lists = joined(1..200, |n| format!("(type $t{n} (list $t{}))", n - 1));
            format!("(component (type $t0 (list u8)) {lists})")
        }),
        component("fields", "bytes of component types, at most", || {
            format!("(component {} {})", record(0..9_000), record(10_000..19_000))
        }),
        component("instance types in instance types", one_type, || {
            format!("(component {})", growing_instances(6))
        }),
        component(
            "instance types in instance types, beyond what a parser counts",
            "effective type size",
            || format!("(component {})", growing_instances(12)),
        ),
        component("nested components", "nested components, at most", || {
            format!("(component {})", "(component)".repeat(900))
        }),
        component("components in components", nested, || {
            format!("(component {}{})", "(component ".repeat(50), ")".repeat(50))
        }),
        component("code in a nested component", nested, || {
            "(component (component (core module)))".to_owned()
        }),
        component("instances that double at each level", nested, || {
            let mut text = "(component $c0)".to_owned();
            for level in 1..30 {
                text = format!(
                    "(component $c{level} {text} (instance (instantiate $c{0})) (instance (instantiate $c{0})))",
                    level - 1
                );
            }
            format!("(component {text})")
        }),
        component("component instances", "component instances, at most", || {
            format!(
                "(component (component $c) {})",
                "(instance (instantiate $c))".repeat(900)
            )
        }),
        component("module instances that run", "instances of modules, at most 64", || {
            format!(
                "(component (core module $m) {})",
                "(core instance (instantiate $m))".repeat(65)
            )
        }),
        component("module instances", "core instances, at most", || {
            format!(
                "(component (core module $m) {})",
                "(core instance (instantiate $m))".repeat(900)
            )
        }),
        component("aliases", "bytes of component structure, at most", || {
            format!(
                "(component (core module $m (func (export \"{0}\"))) (core instance $i (instantiate $m)) {1})",
                "x".repeat(1_000),
                format!("(alias core export $i \"{}\" (core func))", "x".repeat(1_000)).repeat(1_200)
            )
        }),
        component("canonical functions", "canonical functions, at most", || {
            format!(
                "(component (core module $m (func (export \"f\"))) (core instance $i (instantiate $m)) (alias core export $i \"f\" (core func $f)) {})",
                "(func (canon lift (core func $f)))".repeat(2_000)
            )
        }),
        component("an export with a long name", "is not a valid component", || {
            format!(
                "(component (component $c) (export \"{}\" (component $c)))",
                "x".repeat(200_000)
            )
        }),
    ]
}

fn custom(name: &str, data: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    leb(&mut content, name.len());
    content.extend_from_slice(name.as_bytes());
    content.extend_from_slice(data);
    let mut section = vec![0];
    leb(&mut section, content.len());
    section.extend(content);
    section
}

/// The component with a section more at the end of each of its modules.
fn with_custom_in_modules(component: &[u8], custom: &[u8]) -> Vec<u8> {
    let mut changed = component[..8].to_vec();
    let mut at = 8;
    while at < component.len() {
        let id = component[at];
        let (mut size, mut shift) = (0, 0);
        loop {
            at += 1;
            size |= usize::from(component[at] & 0x7f) << shift;
            shift += 7;
            if component[at] & 0x80 == 0 {
                break;
            }
        }
        at += 1;
        let more: &[u8] = if id == 1 { custom } else { &[] };
        changed.push(id);
        leb(&mut changed, size + more.len());
        changed.extend_from_slice(&component[at..at + size]);
        changed.extend_from_slice(more);
        at += size;
    }
    changed
}

/// Custom sections cost nothing: they are dropped, and the plugin is as it was.
fn of_custom_sections() -> Vec<Program> {
    let with = |name: &str, sections: fn() -> Vec<u8>| {
        bytes(
            &format!("a bomb of {name}, which are dropped"),
            move || {
                let mut bytes = rules("", &[], SEEN).component();
                bytes.extend(sections());
                bytes
            },
            SEEN,
        )
    };
    vec![
        with("one large custom section", || custom("debug", &vec![7; 20 << 20])),
        with("many custom sections", || {
            (0..100_000).flat_map(|n| custom(&format!("s{n}"), b"")).collect()
        }),
        with("producers that say nonsense", || custom("producers", &[0xff; 100])),
        with("names that say nonsense", || custom("component-name", &[0xff; 1000])),
        bytes(
            "a bomb of a name section inside each module, which is dropped",
            || {
                // Names of four thousand million functions.
                with_custom_in_modules(
                    &rules("", &[], SEEN).component(),
                    &custom("name", &[1, 6, 0xff, 0xff, 0xff, 0xff, 0x0f, 0]),
                )
            },
            SEEN,
        ),
    ]
}
