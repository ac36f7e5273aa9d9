//! How large a component may be. It is parsed, counted and validated whole before anything of it is compiled, because a few
//! bytes can ask a compiler for hours of work: what is out of proportion is refused here, by the name of what was too large.
//!
//! The figures were measured on guests in Rust, JavaScript and Python, and on shapes made to be slow; see
//! docs/adr/0014-components-are-counted-before-they-are-compiled.md.
//!
//! - `flow`: what one function costs the compiler
//! - `sum`: limits, and what is added up against them
//! - `type_sizes`: types of components, written out

mod flow;
mod sum;
mod type_sizes;

use crate::component::ComponentRefused;
use crate::config::WASM_PAGE_BYTES;
use flow::Flow;
use proviso_model::limits;
use sum::{Sum, invalid, most};
use type_sizes::{Seen, TypeSizes};
use wasmparser::{
    BlockType, CompositeInnerType, ElementItems, Encoding, FuncToValidate, FuncValidatorAllocations, FunctionBody,
    Instance, Operator, Parser, Payload, ValidPayload, Validator, ValidatorResources, WasmFeatures,
};

// -- The component around its modules -----------------------------------------------------------------------------------
/// Sections that say how modules are put together, of all components in one, in bytes.
const STRUCTURE_BYTES_MAX: u64 = 512 << 10;
/// Sections of types among them, in bytes.
const TYPE_SECTION_BYTES_MAX: u64 = 128 << 10;
/// All types of a component's index spaces written out, in nodes.
const TYPE_NODES_IN_ALL_MAX: u64 = 1_000_000;
/// Components inside the component. Each may rename and export, as tools make them, and hold no code.
const NESTED_COMPONENTS_MAX: u64 = 64;
/// Instances of components.
const COMPONENT_INSTANCES_MAX: u64 = 128;
/// Instances of modules, and bundles of exports.
const CORE_INSTANCES_MAX: u64 = 256;
/// Functions between component and module, each of which is compiled.
const CANONICAL_FUNCTIONS_MAX: u64 = 256;
/// Modules of a component.
const MODULES_MAX: u64 = 64;

// -- Modules, all of a component together ---------------------------------------------------------------------------------
/// Types of functions.
const CORE_TYPES_MAX: u64 = 20_000;
/// Imports, and separately exports.
const CORE_NAMES_MAX: u64 = 50_000;
/// Names of imports and exports, in bytes.
const CORE_NAME_BYTES_MAX: u64 = 4 << 20;
/// Functions.
const FUNCTIONS_MAX: u64 = 65_536;
/// Globals, in bytes of their section: their values are computed for every instance, and cost no fuel.
const GLOBAL_BYTES_MAX: u64 = 256 << 10;
/// Segments of tables.
const ELEMENT_SEGMENTS_MAX: u64 = 1_000;
/// Items of all segments of tables.
const ELEMENTS_MAX: u64 = 100_000;
/// Segments of memory.
const DATA_SEGMENTS_MAX: u64 = 50_000;
/// Code, in bytes.
const CODE_BYTES_MAX: u64 = 16 << 20;

// -- One function -----------------------------------------------------------------------------------------------------------
/// Parameters of a function.
const PARAMS_MAX: u64 = 255;
/// Results of a function, and values into and out of a block.
const RESULTS_MAX: u64 = 16;
/// A function's body, in bytes.
const BODY_BYTES_MAX: u64 = 1 << 20;
/// Locals of a function, its parameters among them.
const LOCALS_MAX: u64 = 5_000;
/// Values that wait on a function's stack.
const STACK_VALUES_MAX: u64 = 4_000;
/// Blocks inside one another.
const NESTING_MAX: u64 = 1_500;
/// Loops inside one another.
const LOOP_NESTING_MAX: u64 = 64;
/// Places of a function where its flow parts or meets.
const PLACES_MAX: u64 = 25_000;
// -- What compiling costs, in microseconds of one processor, estimated from above --------------------------------------------
/// One function.
const COST_OF_FUNCTION_MAX: u64 = 4_000_000;
/// All functions together: so much for nothing,
const COST_BASE: u64 = 5_000_000;
/// and so much for each byte of code.
const COST_IN_ALL_OF_BYTE: u64 = 12;

/// Parses, counts and validates a component.
///
/// # Errors
/// What is too large, or not valid.
pub(crate) fn check(bytes: &[u8], features: WasmFeatures) -> Result<(), ComponentRefused> {
    most("bytes", bytes.len() as u64, limits::PACK_BYTES_MAX as u64, 0)?;
    let mut count = Count::new(features);
    let mut parser = Parser::new(0);
    parser.set_features(features);
    for payload in parser.parse_all(bytes) {
        let payload = payload.map_err(invalid)?;
        count.before(&payload)?;
        match count.validator.payload(&payload).map_err(invalid)? {
            ValidPayload::Func(function, body) => count.function(function, &body)?,
            ValidPayload::Ok | ValidPayload::Parser(_) | ValidPayload::End(_) => {}
        }
        count.after(&payload)?;
    }
    Ok(())
}

/// What is being parsed.
enum Scope {
    Component(Seen),
    /// With the number of parameters of each type of a function.
    Module(Vec<u64>),
}

struct Count {
    validator: Validator,
    features: WasmFeatures,
    allocations: FuncValidatorAllocations,
    scopes: Vec<Scope>,
    sizes: TypeSizes,
    structure: Sum,
    type_bytes: Sum,
    type_nodes: Sum,
    nested: Sum,
    component_instances: Sum,
    core_instances: Sum,
    module_instances: Sum,
    canonical: Sum,
    modules: Sum,
    core_types: Sum,
    imports: Sum,
    exports: Sum,
    name_bytes: Sum,
    functions: Sum,
    memory_bytes: Sum,
    global_bytes: Sum,
    element_segments: Sum,
    elements: Sum,
    data_segments: Sum,
    code: Sum,
    /// Cost of the functions so far.
    cost: u64,
}

impl Count {
    fn new(features: WasmFeatures) -> Self {
        Self {
            validator: Validator::new_with_features(features),
            features,
            allocations: FuncValidatorAllocations::default(),
            scopes: Vec::new(),
            sizes: TypeSizes::default(),
            structure: Sum::of("bytes of component structure", STRUCTURE_BYTES_MAX),
            type_bytes: Sum::of("bytes of component types", TYPE_SECTION_BYTES_MAX),
            type_nodes: Sum::of("nodes in its component types, written out", TYPE_NODES_IN_ALL_MAX),
            nested: Sum::of("nested components", NESTED_COMPONENTS_MAX),
            component_instances: Sum::of("component instances", COMPONENT_INSTANCES_MAX),
            core_instances: Sum::of("core instances", CORE_INSTANCES_MAX),
            module_instances: Sum::of("instances of modules", limits::GUEST_INSTANCES_MAX.into()),
            canonical: Sum::of("canonical functions", CANONICAL_FUNCTIONS_MAX),
            modules: Sum::of("core modules", MODULES_MAX),
            core_types: Sum::of("core types", CORE_TYPES_MAX),
            imports: Sum::of("core imports", CORE_NAMES_MAX),
            exports: Sum::of("core exports", CORE_NAMES_MAX),
            name_bytes: Sum::of("bytes of core imports and exports", CORE_NAME_BYTES_MAX),
            functions: Sum::of("functions", FUNCTIONS_MAX),
            memory_bytes: Sum::of("bytes of memory to begin with", limits::GUEST_MEMORY_BYTES_MAX as u64),
            global_bytes: Sum::of("bytes of globals", GLOBAL_BYTES_MAX),
            element_segments: Sum::of("element segments", ELEMENT_SEGMENTS_MAX),
            elements: Sum::of("elements", ELEMENTS_MAX),
            data_segments: Sum::of("data segments", DATA_SEGMENTS_MAX),
            code: Sum::of("bytes of code", CODE_BYTES_MAX),
            cost: 0,
        }
    }

    /// Counts what a section says of itself, before the validator does any work for it.
    fn before(&mut self, payload: &Payload<'_>) -> Result<(), ComponentRefused> {
        let section = payload.as_section();
        let at = section.as_ref().map_or(0, |(_, range)| range.start);
        let bytes = section.map_or(0, |(_, range)| range.end - range.start);
        match payload {
            Payload::Version { encoding, .. } => self.scopes.push(match encoding {
                Encoding::Component => Scope::Component(Seen::default()),
                Encoding::Module => Scope::Module(Vec::new()),
            }),
            Payload::ModuleSection { .. }
            | Payload::InstanceSection(_)
            | Payload::CoreTypeSection(_)
            | Payload::ComponentCanonicalSection(_)
            | Payload::ComponentSection { .. }
                if self.depth() > 1 =>
            {
                return Err(ComponentRefused::TooLarge(format!(
                    "a nested component holds code or components of its own (seen at byte {at})"
                )));
            }
            Payload::ModuleSection { .. } => self.modules.add(1, at)?,
            Payload::ComponentSection { .. } => self.nested.add(1, at)?,
            Payload::InstanceSection(section) => {
                self.core_instances.add(section.count().into(), at)?;
                for instance in section.clone() {
                    let runs = matches!(instance.map_err(invalid)?, Instance::Instantiate { .. });
                    self.module_instances.add(u64::from(runs), at)?;
                }
                self.structure.add(bytes, at)?;
            }
            Payload::ComponentInstanceSection(section) => {
                self.component_instances.add(section.count().into(), at)?;
                self.structure.add(bytes, at)?;
            }
            Payload::ComponentCanonicalSection(section) => {
                self.canonical.add(section.count().into(), at)?;
                self.structure.add(bytes, at)?;
            }
            Payload::ComponentTypeSection(_) | Payload::CoreTypeSection(_) => {
                self.type_bytes.add(bytes, at)?;
                self.structure.add(bytes, at)?;
            }
            Payload::ComponentAliasSection(_)
            | Payload::ComponentImportSection(_)
            | Payload::ComponentExportSection(_)
            | Payload::ComponentStartSection { .. } => {
                self.structure.add(bytes, at)?;
            }
            Payload::TypeSection(section) => {
                self.core_types.add(section.count().into(), at)?;
                self.core_types(section.clone())?;
            }
            Payload::ImportSection(section) => {
                self.imports.add(section.count().into(), at)?;
                self.name_bytes.add(bytes, at)?;
            }
            Payload::ExportSection(section) => {
                self.exports.add(section.count().into(), at)?;
                self.name_bytes.add(bytes, at)?;
            }
            Payload::FunctionSection(section) => self.functions.add(section.count().into(), at)?,
            Payload::TableSection(section) => {
                for table in section.clone() {
                    let initial = table.map_err(invalid)?.ty.initial;
                    most(
                        "places in one table to begin with",
                        initial,
                        limits::GUEST_TABLE_ELEMENTS_MAX as u64,
                        at,
                    )?;
                }
            }
            Payload::MemorySection(section) => {
                for memory in section.clone() {
                    let pages = memory.map_err(invalid)?.initial;
                    self.memory_bytes
                        .add(pages.saturating_mul(WASM_PAGE_BYTES as u64), at)?;
                }
            }
            Payload::GlobalSection(_) => self.global_bytes.add(bytes, at)?,
            Payload::ElementSection(section) => {
                self.element_segments.add(section.count().into(), at)?;
                for segment in section.clone() {
                    let count = match segment.map_err(invalid)?.items {
                        ElementItems::Functions(items) => items.count(),
                        ElementItems::Expressions(_, items) => items.count(),
                    };
                    self.elements.add(count.into(), at)?;
                }
            }
            Payload::DataSection(section) => self.data_segments.add(section.count().into(), at)?,
            Payload::CodeSectionStart { size, range, .. } => self.code.add((*size).into(), range.start)?,
            Payload::CodeSectionEntry(body) => {
                let range = body.range();
                most(
                    "bytes in one function",
                    range.end - range.start,
                    BODY_BYTES_MAX,
                    range.start,
                )?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Counts what only the validator knows.
    fn after(&mut self, payload: &Payload<'_>) -> Result<(), ComponentRefused> {
        if matches!(payload, Payload::End(_)) {
            self.scopes.pop();
            return Ok(());
        }
        let Some((_, range)) = payload.as_section() else {
            return Ok(());
        };
        let Some(Scope::Component(seen)) = self.scopes.last_mut() else {
            return Ok(());
        };
        let Some(types) = self.validator.types(0) else {
            return Ok(());
        };
        self.sizes.measure(types, seen, &mut self.type_nodes, range.start)
    }

    fn depth(&self) -> usize {
        self.scopes.len()
    }

    fn core_types(&mut self, section: wasmparser::TypeSectionReader<'_>) -> Result<(), ComponentRefused> {
        let at = section.range().start;
        for group in section {
            for sub in group.map_err(invalid)?.into_types() {
                let (params, results) = match &sub.composite_type.inner {
                    CompositeInnerType::Func(ty) => (ty.params().len() as u64, ty.results().len() as u64),
                    _ => (0, 0),
                };
                most("parameters of one function type", params, PARAMS_MAX, at)?;
                most("results of one function type", results, RESULTS_MAX, at)?;
                if let Some(Scope::Module(all)) = self.scopes.last_mut() {
                    all.push(params);
                }
            }
        }
        Ok(())
    }

    /// Validates one function and estimates what it costs the compiler: at every place where its flow parts or meets, each
    /// value that is alive has an entry in the compiler's tables, and most of all over loops.
    fn function(
        &mut self,
        function: FuncToValidate<ValidatorResources>,
        body: &FunctionBody<'_>,
    ) -> Result<(), ComponentRefused> {
        let range = body.range();
        let at = range.start;
        let mut validator = function.into_validator(std::mem::take(&mut self.allocations));
        let mut reader = body.get_binary_reader();
        validator.read_locals(&mut reader).map_err(invalid)?;
        reader.set_features(self.features);
        let locals = u64::from(validator.len_locals());
        most("locals in one function", locals, LOCALS_MAX, at)?;
        let mut flow = Flow::default();
        let mut stack = 0;
        while !reader.eof() {
            let at = reader.original_position();
            let operator = reader.peek_operator(&validator.visitor(at)).map_err(invalid)?;
            self.block_arity(&operator, at)?;
            flow.see(&operator);
            most(
                "places in one function where its flow parts or meets",
                flow.places,
                PLACES_MAX,
                at,
            )?;
            most("blocks inside one another", flow.open.len() as u64, NESTING_MAX, at)?;
            most("loops inside one another", flow.open_loops, LOOP_NESTING_MAX, at)?;
            reader
                .visit_operator(&mut validator.visitor(at))
                .and_then(std::convert::identity)
                .map_err(invalid)?;
            stack = stack.max(u64::from(validator.operand_stack_height()));
            most("values on the stack of one function", stack, STACK_VALUES_MAX, at)?;
        }
        reader
            .finish_expression(&validator.visitor(reader.original_position()))
            .map_err(invalid)?;
        self.allocations = validator.into_allocations();
        let cost = flow.cost(range.end - range.start, locals + stack);
        most(
            "microseconds of compiling in one function, by estimate",
            cost,
            COST_OF_FUNCTION_MAX,
            at,
        )?;
        self.cost += cost;
        let allowed = COST_BASE + self.code.found * COST_IN_ALL_OF_BYTE;
        most(
            "microseconds of compiling, by estimate from its code",
            self.cost,
            allowed,
            at,
        )
    }

    /// Values into a block are copied by every branch to it.
    fn block_arity(&self, operator: &Operator<'_>, at: u64) -> Result<(), ComponentRefused> {
        if let Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } = operator
            && let (BlockType::FuncType(index), Some(Scope::Module(params))) = (blockty, self.scopes.last())
        {
            let params = params.get(*index as usize).copied().unwrap_or_default();
            most("values into one block", params, RESULTS_MAX, at)?;
        }
        Ok(())
    }
}
