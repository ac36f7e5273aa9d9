//! How large a component may be. It is parsed, counted and validated whole before anything of it is compiled, because a few
//! bytes can ask a compiler for hours of work: what is out of proportion is refused here, by the name of what was too large.
//!
//! The figures were measured on guests in Rust, JavaScript and Python, and on shapes made to be slow; see
//! docs/adr/0014-components-are-counted-before-they-are-compiled.md.

use crate::config::WASM_PAGE_BYTES;
use crate::import_check::{self, ComponentRefused};
use proviso_model::limits;
use std::collections::HashMap;
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentDefinedTypeId, ComponentEntityType, ComponentFuncTypeId,
    ComponentInstanceTypeId, ComponentTypeId, ComponentValType,
};
use wasmparser::types::TypesRef;
use wasmparser::{
    BinaryReaderError, BlockType, CompositeInnerType, ElementItems, Encoding, FuncToValidate, FuncValidatorAllocations,
    FunctionBody, Instance, Operator, Parser, Payload, ValidPayload, Validator, ValidatorResources, WasmFeatures,
};

// -- The component around its modules -----------------------------------------------------------------------------------
/// Sections that say how modules are put together, of all components in one, in bytes.
const STRUCTURE_BYTES_MAX: u64 = 512 << 10;
/// Sections of types among them, in bytes.
const TYPE_SECTION_BYTES_MAX: u64 = 128 << 10;
/// One type written out, with every type that it is made of, in nodes.
const TYPE_NODES_MAX: u64 = 10_000;
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
/// Places that an instruction counts for which becomes a branch and a call of the runtime.
const PLACES_OF_A_CHECKED_CALL: u64 = 3;

// -- What compiling costs, in microseconds of one processor, estimated from above --------------------------------------------
/// A byte of code.
const COST_OF_BYTE: u64 = 3;
/// A place of the flow.
const COST_OF_PLACE: u64 = 30;
/// Ten values that are alive at a place.
const COST_OF_TEN_VALUES: u64 = 7;
/// A value that is alive over a loop.
const COST_OF_LOOP_VALUE: u64 = 20;
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

#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn invalid(error: BinaryReaderError) -> ComponentRefused {
    import_check::invalid(&error)
}

/// Refuses what is more than its limit; `at` is the byte where that is seen.
fn most(what: &str, found: u64, limit: u64, at: u64) -> Result<(), ComponentRefused> {
    if found <= limit {
        return Ok(());
    }
    Err(ComponentRefused::TooLarge(format!(
        "it has {found} {what}, at most {limit} are allowed (seen at byte {at})"
    )))
}

/// One of the things that are added up.
struct Sum {
    what: &'static str,
    limit: u64,
    found: u64,
}

impl Sum {
    const fn of(what: &'static str, limit: u64) -> Self {
        Self { what, limit, found: 0 }
    }

    fn add(&mut self, count: u64, at: u64) -> Result<(), ComponentRefused> {
        self.found = self.found.saturating_add(count);
        most(self.what, self.found, self.limit, at)
    }
}

/// What is being parsed.
enum Scope {
    Component(Seen),
    /// With the number of parameters of each type of a function.
    Module(Vec<u64>),
}

/// How many items of a component's index spaces were measured.
#[derive(Default)]
struct Seen {
    types: u32,
    functions: u32,
    instances: u32,
    components: u32,
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

/// What the flow of one function is made of.
#[derive(Default)]
struct Flow {
    places: u64,
    loops: u64,
    open_loops: u64,
    /// Of each open block, whether it is a loop.
    open: Vec<bool>,
}

impl Flow {
    fn see(&mut self, operator: &Operator<'_>) {
        match operator {
            Operator::Block { .. } | Operator::If { .. } => {
                self.places += 1;
                self.open.push(false);
            }
            Operator::Loop { .. } => {
                self.places += 1;
                self.loops += 1;
                self.open_loops += 1;
                self.open.push(true);
            }
            Operator::End => self.open_loops -= u64::from(self.open.pop() == Some(true)),
            Operator::BrTable { targets } => self.places += u64::from(targets.len()) + 1,
            Operator::Else | Operator::Br { .. } | Operator::BrIf { .. } | Operator::Return | Operator::Call { .. } => {
                self.places += 1;
            }
            Operator::CallIndirect { .. }
            | Operator::TableGet { .. }
            | Operator::TableSet { .. }
            | Operator::TableGrow { .. }
            | Operator::TableFill { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. }
            | Operator::ElemDrop { .. }
            | Operator::RefFunc { .. }
            | Operator::MemoryGrow { .. }
            | Operator::MemoryFill { .. }
            | Operator::MemoryCopy { .. }
            | Operator::MemoryInit { .. }
            | Operator::DataDrop { .. } => self.places += PLACES_OF_A_CHECKED_CALL,
            _ => {}
        }
    }

    /// In microseconds.
    fn cost(&self, bytes: u64, values: u64) -> u64 {
        bytes * COST_OF_BYTE
            + self.places * COST_OF_PLACE
            + self.places * values * COST_OF_TEN_VALUES / 10
            + self.loops * values * COST_OF_LOOP_VALUE
    }
}

/// Sizes of component types in nodes, each type measured once.
#[derive(Default)]
struct TypeSizes {
    defined: HashMap<ComponentDefinedTypeId, u64>,
    functions: HashMap<ComponentFuncTypeId, u64>,
    instances: HashMap<ComponentInstanceTypeId, u64>,
    components: HashMap<ComponentTypeId, u64>,
}

impl TypeSizes {
    /// Adds up what is new in a component's index spaces.
    fn measure(
        &mut self,
        types: TypesRef<'_>,
        seen: &mut Seen,
        sum: &mut Sum,
        at: u64,
    ) -> Result<(), ComponentRefused> {
        let mut add = |nodes| {
            most("nodes in one component type, written out", nodes, TYPE_NODES_MAX, at)?;
            sum.add(nodes, at)
        };
        while seen.types < types.component_type_count() {
            add(self.any(types, types.component_any_type_at(seen.types)))?;
            seen.types += 1;
        }
        while seen.functions < types.component_function_count() {
            add(self.function(types, types.component_function_at(seen.functions)))?;
            seen.functions += 1;
        }
        while seen.instances < types.component_instance_count() {
            add(self.instance(types, types.component_instance_at(seen.instances)))?;
            seen.instances += 1;
        }
        while seen.components < types.component_count() {
            add(self.component(types, types.component_at(seen.components)))?;
            seen.components += 1;
        }
        Ok(())
    }

    fn any(&mut self, types: TypesRef<'_>, id: ComponentAnyTypeId) -> u64 {
        match id {
            ComponentAnyTypeId::Resource(_) => 1,
            ComponentAnyTypeId::Defined(id) => self.defined(types, id),
            ComponentAnyTypeId::Func(id) => self.function(types, id),
            ComponentAnyTypeId::Instance(id) => self.instance(types, id),
            ComponentAnyTypeId::Component(id) => self.component(types, id),
        }
    }

    fn entity(&mut self, types: TypesRef<'_>, entity: &ComponentEntityType) -> u64 {
        match entity {
            ComponentEntityType::Module(id) => 1 + (types[*id].imports.len() + types[*id].exports.len()) as u64,
            ComponentEntityType::Func(id) => self.function(types, *id),
            ComponentEntityType::Value(ty) => self.value(types, ty),
            ComponentEntityType::Type { referenced, .. } => self.any(types, *referenced),
            ComponentEntityType::Instance(id) => self.instance(types, *id),
            ComponentEntityType::Component(id) => self.component(types, *id),
        }
    }

    fn value(&mut self, types: TypesRef<'_>, ty: &ComponentValType) -> u64 {
        match ty {
            ComponentValType::Primitive(_) => 1,
            ComponentValType::Type(id) => self.defined(types, *id),
        }
    }

    fn values<'a>(&mut self, types: TypesRef<'_>, all: impl Iterator<Item = &'a ComponentValType>) -> u64 {
        all.fold(1, |sum, ty| self.value(types, ty).saturating_add(sum))
    }

    fn defined(&mut self, types: TypesRef<'_>, id: ComponentDefinedTypeId) -> u64 {
        if let Some(size) = self.defined.get(&id) {
            return *size;
        }
        let size = match &types[id] {
            ComponentDefinedType::Primitive(_) | ComponentDefinedType::Own(_) | ComponentDefinedType::Borrow(_) => 1,
            ComponentDefinedType::Record(record) => self.values(types, record.fields.values()),
            ComponentDefinedType::Variant(variant) => {
                let empty = variant.cases.values().filter(|case| case.ty.is_none()).count() as u64;
                empty.saturating_add(self.values(types, variant.cases.values().filter_map(|case| case.ty.as_ref())))
            }
            ComponentDefinedType::List { element, .. } => self.values(types, [element].into_iter()),
            ComponentDefinedType::Map { key, value, .. } => self.values(types, [key, value].into_iter()),
            ComponentDefinedType::FixedLengthList { element, length, .. } => {
                self.value(types, element).saturating_mul(u64::from(*length).max(1))
            }
            ComponentDefinedType::Tuple(tuple) => self.values(types, tuple.types.iter()),
            ComponentDefinedType::Flags(names) | ComponentDefinedType::Enum(names) => 1 + names.len() as u64,
            ComponentDefinedType::Option { ty, .. } => self.values(types, [ty].into_iter()),
            ComponentDefinedType::Result { ok, err, .. } => self.values(types, ok.iter().chain(err)),
            ComponentDefinedType::Future { ty, .. } | ComponentDefinedType::Stream { ty, .. } => {
                self.values(types, ty.iter())
            }
        };
        self.defined.insert(id, size);
        size
    }

    fn function(&mut self, types: TypesRef<'_>, id: ComponentFuncTypeId) -> u64 {
        if let Some(size) = self.functions.get(&id) {
            return *size;
        }
        let ty = &types[id];
        let size = self.values(types, ty.params.iter().map(|(_, ty)| ty).chain(&ty.result));
        self.functions.insert(id, size);
        size
    }

    fn instance(&mut self, types: TypesRef<'_>, id: ComponentInstanceTypeId) -> u64 {
        if let Some(size) = self.instances.get(&id) {
            return *size;
        }
        let exports = types[id].exports.values();
        let size = exports.fold(1, |sum, item| self.entity(types, &item.ty).saturating_add(sum));
        self.instances.insert(id, size);
        size
    }

    fn component(&mut self, types: TypesRef<'_>, id: ComponentTypeId) -> u64 {
        if let Some(size) = self.components.get(&id) {
            return *size;
        }
        let items = types[id].imports.values().chain(types[id].exports.values());
        let size = items.fold(1, |sum, item| self.entity(types, &item.ty).saturating_add(sum));
        self.components.insert(id, size);
        size
    }
}
