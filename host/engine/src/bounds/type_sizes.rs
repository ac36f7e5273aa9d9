//! How large component types are when they are written out.

use super::sum::{Sum, most};
use crate::component::ComponentRefused;
use std::collections::HashMap;
use wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentDefinedTypeId, ComponentEntityType, ComponentFuncTypeId,
    ComponentInstanceTypeId, ComponentTypeId, ComponentValType,
};
use wasmparser::types::TypesRef;

/// One type written out, with every type that it is made of, in nodes.
const TYPE_NODES_MAX: u64 = 10_000;

/// How many items of a component's index spaces were measured.
#[derive(Default)]
pub(super) struct Seen {
    types: u32,
    functions: u32,
    instances: u32,
    components: u32,
}

/// Sizes of component types in nodes, each type measured once.
#[derive(Default)]
pub(super) struct TypeSizes {
    defined: HashMap<ComponentDefinedTypeId, u64>,
    functions: HashMap<ComponentFuncTypeId, u64>,
    instances: HashMap<ComponentInstanceTypeId, u64>,
    components: HashMap<ComponentTypeId, u64>,
}

impl TypeSizes {
    /// Adds up what is new in a component's index spaces.
    pub(super) fn measure(
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
