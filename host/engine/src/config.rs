//! The sandbox's configuration: every switch of the runtime that differs from its default, or that something here relies on.

use proviso_model::limits;
use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig, Strategy, WasmBacktraceDetails};

/// Memory that the snapshot's own accessors may add to a guest's: one page for each of its memories, bytes.
const SNAPSHOT_EXTRA_BYTES: usize = limits::GUEST_MEMORIES_MAX as usize * WASM_PAGE_BYTES;
/// One page of linear memory, bytes.
pub(crate) const WASM_PAGE_BYTES: usize = 64 << 10;
/// Bytes of a memory that stay in RAM between two calls, at most; what is over is given back to the kernel.
const RESIDENT_BYTES: usize = 1 << 20;
/// Bytes of a table that stay in RAM between two calls.
const RESIDENT_TABLE_BYTES: usize = 64 << 10;
/// The runtime's own record of one module's instance, and of a component's, in bytes.
const INSTANCE_BYTES_MAX: usize = 1 << 20;
/// Memory slots that keep the image of the plugin that used them last, so that its next call need not map it again.
const WARM_SLOTS: u32 = 128;

/// What this machine offers, found at start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Features {
    /// True if the kernel can say which pages of a memory were touched (`PAGEMAP_SCAN`, Linux 6.7 and later). Without
    /// it a fresh instance costs several times as much, and several threads gain little.
    pub pagemap_scan: bool,
    /// Calls that may run at the same time; more wait.
    pub concurrent_calls: u32,
    /// True if compiled snapshots are kept on disk.
    pub cache: bool,
}

/// The configuration for that many calls at the same time.
pub(crate) fn wasmtime_config(concurrent_calls: u32) -> (Config, Features) {
    let mut config = Config::new();

    // -- What a plugin may be ---------------------------------------------------------------------------------------
    // Plugins are components: typed, with no shared memory between guest and host.
    config.wasm_component_model(true);
    // Calls are synchronous. Support for concurrent guests triples the price of a call (370 ns against 125).
    config.concurrency_support(false);
    // Threads would make an answer depend on the scheduler.
    config.wasm_threads(false);
    config.wasm_shared_everything_threads(false);
    config.shared_memory(false);
    // No supported guest language needs these; each is code of the runtime that a hostile plugin could reach.
    config.gc_support(false);
    config.wasm_gc(false);
    config.wasm_function_references(false);
    config.wasm_exceptions(false);
    config.wasm_stack_switching(false);
    config.wasm_tail_call(false);
    config.wasm_memory64(false);
    config.wasm_multi_memory(false);
    config.wasm_custom_page_sizes(false);
    config.wasm_wide_arithmetic(false);
    config.wasm_branch_hinting(false);
    config.wasm_component_model_error_context(false);
    config.wasm_component_model_map(false);
    config.wasm_component_model_fixed_length_lists(false);
    config.wasm_component_model_implements(false);
    config.wasm_component_model_gc(false);
    config.wasm_component_model_memory64(false);
    // Relaxed SIMD gives other results on other processors. Off; and were it on, it would be the deterministic form.
    config.wasm_relaxed_simd(false);
    config.relaxed_simd_deterministic(true);
    // Compilers emit these for wasm32-unknown-unknown.
    config.wasm_simd(true);
    config.wasm_bulk_memory(true);
    config.wasm_multi_value(true);
    config.wasm_reference_types(true);
    config.wasm_extended_const(true);

    // -- The same answer on every machine ---------------------------------------------------------------------------
    // The bits of a NaN differ between processors unless they are made the same.
    config.cranelift_nan_canonicalization(true);
    // One compiler for every machine: its instruction counts decide the fuel, its frames the stack.
    config.strategy(Strategy::Cranelift);
    // Compiled code of another release is never loaded, whatever the cache's key says.
    config
        .module_version(wasmtime::ModuleVersionStrategy::WasmtimeVersion)
        .expect("the runtime's own version is short");

    // -- What a call may use ----------------------------------------------------------------------------------------
    // Fuel decides: the same call uses the same fuel every time.
    config.consume_fuel(true);
    // The epoch guards: it stops what fuel cannot see, such as a slow machine. Its ticker runs while there is a store.
    config.epoch_interruption(true);
    // Recursion ends here, as a trap of the guest.
    config.max_wasm_stack(limits::GUEST_STACK_BYTES_MAX);
    // Guard pages and signals, rather than a comparison at every access, keep a guest inside its memory.
    config.signals_based_traps(true);

    // -- A fresh instance for every call, cheaply -------------------------------------------------------------------
    let pagemap_scan = PoolingAllocationConfig::is_pagemap_scan_available();
    let mut pool = PoolingAllocationConfig::new();
    // Room for every call at once, each as large as a component may be. This is address space, not memory.
    pool.total_component_instances(concurrent_calls);
    pool.total_core_instances(concurrent_calls * limits::GUEST_INSTANCES_MAX);
    pool.total_memories(concurrent_calls * limits::GUEST_MEMORIES_MAX);
    pool.total_tables(concurrent_calls * limits::GUEST_MEMORIES_MAX);
    // A call runs on its caller's stack, and no guest has a garbage-collected heap.
    pool.total_stacks(1);
    pool.total_gc_heaps(1);
    pool.max_core_instances_per_component(limits::GUEST_INSTANCES_MAX);
    pool.max_memories_per_component(limits::GUEST_MEMORIES_MAX);
    pool.max_tables_per_component(limits::GUEST_MEMORIES_MAX);
    pool.max_memories_per_module(1);
    pool.max_tables_per_module(4);
    // What the runtime itself keeps of an instance: its functions, globals and tables. The default, named as it is a limit.
    pool.max_core_instance_size(INSTANCE_BYTES_MAX);
    pool.max_component_instance_size(INSTANCE_BYTES_MAX);
    // The hard end of a memory. The limiter of each call stops the guest sooner, at `GUEST_MEMORY_BYTES_MAX`.
    pool.max_memory_size(limits::GUEST_MEMORY_BYTES_MAX + SNAPSHOT_EXTRA_BYTES);
    pool.table_elements(limits::GUEST_TABLE_ELEMENTS_MAX);
    // Pages that a call touched are written back from the snapshot rather than unmapped and faulted in again.
    pool.linear_memory_keep_resident(RESIDENT_BYTES);
    pool.table_keep_resident(RESIDENT_TABLE_BYTES);
    pool.max_unused_warm_slots(WARM_SLOTS);
    // The kernel says which pages those are. Without it every resident byte is written back, touched or not.
    pool.pagemap_scan(if pagemap_scan { Enabled::Yes } else { Enabled::No });
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    // The snapshot is mapped copy-on-write.
    config.memory_init_cow(true);

    // -- What is recorded -------------------------------------------------------------------------------------------
    // A fault names its cause; a backtrace would only cost time on every trap.
    config.wasm_backtrace_max_frames(None);
    config.generate_address_map(false);
    // Otherwise a variable of the environment would decide whether debug information is read.
    config.wasm_backtrace_details(WasmBacktraceDetails::Disable);

    (
        config,
        Features {
            pagemap_scan,
            concurrent_calls,
            cache: false,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmtime::Engine;
    use wasmtime::component::Component;

    #[test]
    fn proposals_that_no_plugin_needs_are_off_in_the_runtime_too() {
        let engine = Engine::new(&wasmtime_config(1).0).expect("this machine has address space");
        let compiles = |text: &str| {
            let bytes = wat::parse_str(format!("(component {text})")).expect("it is written as the format has it");
            Component::from_binary(&engine, &bytes).is_ok()
        };
        assert!(compiles(
            "(core module (memory 1) (func (result i32) (i32.load (i32.const 0))))"
        ));
        for off in [
            "(core module (memory 1 1 shared))",
            "(core module (memory i64 1))",
            "(core module (memory 1) (memory 1))",
            "(core module (tag))",
            "(core module (type (struct)))",
            "(core module (table 1 externref))",
            "(core module (type $f (func)) (func (param (ref $f))))",
            "(core module (func (return_call 0)))",
            "(core module (func (param v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 0)))))",
            "(core module (func (param i64 i64) (drop (drop (i64.add128 (local.get 0) (local.get 1) (local.get 0) (local.get 1))))))",
            "(core module (memory 1 (pagesize 1)))",
            "(core module (type $f (func)) (type $c (cont $f)))",
            "(type (func async))",
            "(type (stream u8))",
            "(type (list u8 16))",
            "(type (map string u8))",
            "(type (func (param \"e\" error-context)))",
        ] {
            assert!(!compiles(off), "{off}");
        }
    }
}
