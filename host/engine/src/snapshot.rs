//! A component becomes a plugin: instrumented, instantiated, configured once, and frozen as it then stands.

use crate::adapter_v0_1_0::Exports;
use crate::answer::SettingsProblem;
use crate::component::{ComponentFacts, ComponentRefused, invalid};
use crate::fault::{CallFault, cut_detail};
use crate::freezable;
use crate::guest::GuestState;
use crate::plugin::{Configured, Plugin, fault_of, grant, new_store};
use crate::remembered::Remembered;
use crate::sandbox::Sandbox;
use crate::strip::without_custom_sections;
use crate::view::ListInfo;
use proviso_model::digest::DigestBuilder;
use proviso_model::{Digest, limits};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use wasmtime::Store;
use wasmtime::component::{Component, Instance, InstancePre, Lift, WasmList};
use wasmtime_wizer::{ComponentContext, ComponentInstanceState, Wizer};

/// How a component is instrumented and frozen; another way gets another number.
const SNAPSHOT_VERSION: &str = "proviso snapshot 1, wizer 48";
/// Remark of a cached entry whose code is configured.
const REMARK_SNAPSHOT: &str = "snapshot";
/// Begins the remark of a cached entry that is configured in every instance; the reason follows.
const REMARK_ANEW: &str = "anew: ";

/// Why a component does not become a plugin.
#[derive(Debug)]
pub(crate) enum PrepareError {
    /// Nobody could run it here.
    Refused(ComponentRefused),
    /// It does not like its settings.
    Settings(Vec<SettingsProblem>),
    /// `configure` has no answer.
    Configure(CallFault),
}

/// A component and what it is to be configured with.
pub(crate) struct Recipe<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) facts: &'a ComponentFacts,
    /// A JSON object, keys in order, so that equal settings have one text.
    pub(crate) settings: String,
    pub(crate) lists: Arc<Vec<ListInfo>>,
}

impl Recipe<'_> {
    /// What a compiled snapshot of it is filed under.
    fn key(&self, sandbox: &Sandbox) -> Digest {
        let mut key = DigestBuilder::new(SNAPSHOT_VERSION);
        key.part(self.facts.digest.as_bytes()).part(self.settings.as_bytes());
        key.part(&serde_json::to_vec(&*self.lists).expect("lists have finite weights"));
        key.part(sandbox.compatibility.as_bytes());
        key.finish()
    }

    /// What its instrumented form is filed under, which settings do not change.
    fn instrumented_key(&self, sandbox: &Sandbox) -> Digest {
        let mut key = DigestBuilder::new(SNAPSHOT_VERSION);
        key.part(b"instrumented")
            .part(self.facts.digest.as_bytes())
            .part(sandbox.compatibility.as_bytes());
        key.finish()
    }
}

/// The instrumented form of one component, compiled once for all policies of a build, or why it cannot be.
pub(crate) type InstrumentedCode = OnceLock<Result<Component, String>>;

/// The plugin that a generation already made of the component, else one from the cache, else by configuring and freezing it.
pub(crate) fn prepare(
    sandbox: &Sandbox,
    remembered: &Remembered,
    recipe: &Recipe<'_>,
    instrumented: &InstrumentedCode,
) -> Result<Arc<Plugin>, PrepareError> {
    let key = recipe.key(sandbox);
    if let Some(plugin) = remembered.plugin(&key) {
        return Ok(plugin);
    }
    let plugin = Arc::new(make(sandbox, recipe, instrumented, &key)?);
    remembered.keep_plugin(key, &plugin);
    Ok(plugin)
}

/// A plugin that is configured in every instance, for settings that are tried once: nothing is frozen, cached or remembered.
/// `code` is the component as it came, compiled once for all settings.
pub(crate) fn prepare_for_a_trial(
    sandbox: &Sandbox,
    recipe: &Recipe<'_>,
    code: &PlainCode,
) -> Result<Plugin, PrepareError> {
    let compiled = code.get_or_init(|| match without_custom_sections(recipe.bytes) {
        Some(bare) => compile(sandbox, &bare),
        None => Err(ComponentRefused::Invalid("its sections do not parse".to_owned())),
    });
    let component = compiled.clone().map_err(PrepareError::Refused)?;
    let configured = Configured::Anew {
        why: "its settings are tried".to_owned(),
        settings: recipe.settings.clone(),
        lists: Arc::clone(&recipe.lists),
    };
    finish(sandbox, recipe, &component, configured, false)
}

/// A component compiled as it came, or why it cannot be.
pub(crate) type PlainCode = OnceLock<Result<Component, ComponentRefused>>;

fn make(
    sandbox: &Sandbox,
    recipe: &Recipe<'_>,
    instrumented: &InstrumentedCode,
    key: &Digest,
) -> Result<Plugin, PrepareError> {
    if let Some(entry) = sandbox
        .cache
        .as_ref()
        .and_then(|cache| cache.load(&sandbox.runtime, key))
    {
        let configured = match entry.remark.strip_prefix(REMARK_ANEW) {
            None => Configured::Snapshot,
            Some(why) => Configured::Anew {
                why: why.to_owned(),
                settings: recipe.settings.clone(),
                lists: Arc::clone(&recipe.lists),
            },
        };
        return finish(sandbox, recipe, &entry.component, configured, true);
    }
    let bare = without_custom_sections(recipe.bytes).ok_or_else(|| {
        let reason = "its sections do not parse".to_owned();
        PrepareError::Refused(ComponentRefused::Invalid(reason))
    })?;
    let (component, configured, remark) = match freeze(sandbox, recipe, &bare, instrumented) {
        Ok(component) => (component, Configured::Snapshot, REMARK_SNAPSHOT.to_owned()),
        Err(FreezeError::Stop(error)) => return Err(error),
        Err(FreezeError::Unfit(why)) => {
            tracing::info!(plugin = %recipe.facts.digest.short(), why, "a plugin cannot be frozen and is configured for every call");
            let component = compile(sandbox, &bare).map_err(PrepareError::Refused)?;
            let remark = format!("{REMARK_ANEW}{why}");
            (
                component,
                Configured::Anew {
                    why,
                    settings: recipe.settings.clone(),
                    lists: Arc::clone(&recipe.lists),
                },
                remark,
            )
        }
    };
    let plugin = finish(sandbox, recipe, &component, configured, false)?;
    if let Some(cache) = &sandbox.cache {
        cache.store(key, &component, &remark);
    }
    Ok(plugin)
}

/// Links the component and tries it: an instance must fit the pool, and have functions of the contract's types.
fn finish(
    sandbox: &Sandbox,
    recipe: &Recipe<'_>,
    component: &Component,
    configured: Configured,
    from_cache: bool,
) -> Result<Plugin, PrepareError> {
    let pre = sandbox
        .linker
        .instantiate_pre(component)
        .map_err(|error| wrong_type(&error))?;
    let exports = Exports::find(&pre, &recipe.facts.interfaces).map_err(|error| wrong_type(&error))?;
    let _slot = sandbox.slots.take();
    let mut store = new_store(sandbox, false);
    let instance = start(&mut store, &pre)?;
    exports
        .check_types(&mut store, &instance)
        .map_err(|error| wrong_type(&error))?;
    if let Configured::Anew { settings, lists, .. } = &configured {
        configure(&mut store, &instance, &exports, settings, lists)?;
        let left = store.get_fuel().expect("fuel is switched on");
        check_cost_of_every_call(limits::FUEL_CONFIGURE.saturating_sub(left))?;
    }
    let memory_bytes = store.data().memory_bytes();
    Ok(Plugin {
        pre,
        exports,
        configured,
        memory_bytes,
        from_cache,
        meter: None,
    })
}

/// A component that cannot be frozen starts and is configured in every call, which must fit into one.
fn check_cost_of_every_call(fuel: u64) -> Result<(), PrepareError> {
    let most = limits::FUEL_PER_CALL_MAX;
    if fuel <= most {
        return Ok(());
    }
    Err(PrepareError::Refused(ComponentRefused::TooLarge(format!(
        "it cannot be frozen and would use {fuel} units of fuel to be configured for every call, at most {most} are allowed"
    ))))
}

/// Why a component is not frozen.
enum FreezeError {
    /// It cannot be used at all.
    Stop(PrepareError),
    /// It can be used, configured anew in every instance.
    Unfit(String),
}

impl From<PrepareError> for FreezeError {
    fn from(error: PrepareError) -> Self {
        FreezeError::Stop(error)
    }
}

/// The component, given as its bytes, as it stands after `configure`.
fn freeze(
    sandbox: &Sandbox,
    recipe: &Recipe<'_>,
    bytes: &[u8],
    code: &InstrumentedCode,
) -> Result<Component, FreezeError> {
    if let Some(why) = freezable::obstacle(bytes) {
        return Err(FreezeError::Unfit(format!("it cannot be instrumented: {why}")));
    }
    let wizer = wizer();
    let (context, instrumented) = guarded("instrumented", || wizer.instrument_component(bytes))?;
    let component = code.get_or_init(|| compile_instrumented(sandbox, recipe, &instrumented));
    let component = component.as_ref().map_err(|why| FreezeError::Unfit(why.clone()))?;
    let pre = sandbox
        .linker
        .instantiate_pre(component)
        .map_err(|error| wrong_type(&error))?;
    let exports = Exports::find(&pre, &recipe.facts.interfaces).map_err(|error| wrong_type(&error))?;

    let slot = sandbox.slots.take();
    let mut store = new_store(sandbox, false);
    let instance = start(&mut store, &pre)?;
    exports
        .check_types(&mut store, &instance)
        .map_err(|error| wrong_type(&error))?;
    configure(&mut store, &instance, &exports, &recipe.settings, &recipe.lists)?;
    let frozen = snapshot(&wizer, &context, &mut store, instance)?;
    drop(store);
    drop(slot);
    compile(sandbox, &frozen).map_err(|error| FreezeError::Unfit(format!("its frozen form {error}")))
}

fn wizer() -> Wizer {
    let mut wizer = Wizer::new();
    // No export of a plugin is special: the host calls `configure` itself.
    wizer.keep_init_func(true);
    wizer
}

/// Runs a step of the instrumenter, which gives up by a panic on some components that are valid.
fn guarded<T>(what: &str, step: impl FnOnce() -> wasmtime::Result<T>) -> Result<T, FreezeError> {
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(FreezeError::Unfit(format!("it cannot be {what}: {error:#}"))),
        Err(_) => Err(FreezeError::Unfit(format!(
            "it cannot be {what}: the instrumenter gave up"
        ))),
    }
}

/// Compiles the instrumented form, which is the same for all settings and therefore cached apart from them.
fn compile_instrumented(sandbox: &Sandbox, recipe: &Recipe<'_>, bytes: &[u8]) -> Result<Component, String> {
    let key = recipe.instrumented_key(sandbox);
    if let Some(entry) = sandbox
        .cache
        .as_ref()
        .and_then(|cache| cache.load(&sandbox.runtime, &key))
    {
        return Ok(entry.component);
    }
    let component = compile(sandbox, bytes).map_err(|error| format!("its instrumented form {error}"))?;
    if let Some(cache) = &sandbox.cache {
        cache.store(&key, &component, "instrumented");
    }
    Ok(component)
}

fn compile(sandbox: &Sandbox, bytes: &[u8]) -> Result<Component, ComponentRefused> {
    Component::from_binary(&sandbox.runtime, bytes).map_err(|error| invalid(&format_args!("{error:#}")))
}

fn wrong_type(error: &wasmtime::Error) -> PrepareError {
    PrepareError::Refused(ComponentRefused::WrongType(cut_detail(format!("{error:#}"))))
}

/// A first instance, before `configure`.
fn start(store: &mut Store<GuestState>, pre: &InstancePre<GuestState>) -> Result<Instance, PrepareError> {
    grant(store, limits::FUEL_CONFIGURE, limits::CONFIGURE_DEADLINE);
    pre.instantiate(&mut *store).map_err(|error| {
        if error.is::<wasmtime::Trap>() {
            PrepareError::Configure(fault_of(&error, store.data()))
        } else if store.data().was_refused() {
            let most = limits::GUEST_MEMORY_BYTES_MAX;
            PrepareError::Refused(ComponentRefused::TooLarge(format!(
                "it begins with more than {most} bytes of memory"
            )))
        } else {
            PrepareError::Refused(ComponentRefused::TooLarge(cut_detail(format!("{error:#}"))))
        }
    })
}

fn configure(
    store: &mut Store<GuestState>,
    instance: &Instance,
    exports: &Exports,
    settings: &str,
    lists: &[ListInfo],
) -> Result<(), PrepareError> {
    store.set_hostcall_fuel(limits::ANSWER_BYTES_MAX);
    match exports.configure(store, instance, settings, lists) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(problems)) => Err(PrepareError::Settings(problems)),
        Err(error) => Err(PrepareError::Configure(fault_of(&error, store.data()))),
    }
}

/// The component with its memories and globals as the instance has them.
fn snapshot(
    wizer: &Wizer,
    context: &ComponentContext<'_>,
    store: &mut Store<GuestState>,
    instance: Instance,
) -> Result<Vec<u8>, FreezeError> {
    // Reading a memory grows it by a page, and hands all of it to the host.
    store.set_hostcall_fuel(usize::MAX);
    store.data_mut().set_memory_bytes_max(usize::MAX);
    let mut reader = StateReader {
        store,
        instance,
        memories: HashMap::new(),
        error: None,
    };
    let frozen = guarded("frozen", || {
        let mut snapshot = pin!(wizer.snapshot_component(context, &mut reader));
        match snapshot.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(frozen) => frozen,
            Poll::Pending => Err(wasmtime::Error::msg("the snapshot waits for something")),
        }
    });
    match reader.error {
        Some(error) => Err(FreezeError::Unfit(format!("it cannot be frozen: {error}"))),
        None => frozen,
    }
}

/// Reads the state of an instrumented instance. The instrumenter's interface has no room for errors, so the first one is kept
/// and nothing is given.
struct StateReader<'a> {
    store: &'a mut Store<GuestState>,
    instance: Instance,
    memories: HashMap<String, Vec<u8>>,
    error: Option<String>,
}

impl StateReader<'_> {
    fn read<R: Lift + 'static>(&mut self, interface: &str, name: &str) -> Option<R> {
        let read = self.try_read(interface, name);
        read.map_err(|error| {
            self.error
                .get_or_insert_with(|| format!("{name} cannot be read: {error:#}"))
        })
        .ok()
    }

    fn try_read<R: Lift + 'static>(&mut self, interface: &str, name: &str) -> wasmtime::Result<R> {
        let missing = || wasmtime::Error::msg("the instrumented component lacks it");
        let (_, interface) = self
            .instance
            .get_export(&mut *self.store, None, interface)
            .ok_or_else(missing)?;
        let (_, function) = self
            .instance
            .get_export(&mut *self.store, Some(&interface), name)
            .ok_or_else(missing)?;
        let function = self.instance.get_typed_func::<(), (R,)>(&mut *self.store, function)?;
        grant(self.store, limits::FUEL_CONFIGURE, limits::CONFIGURE_DEADLINE);
        Ok(function.call(&mut *self.store, ())?.0)
    }
}

impl ComponentInstanceState for StateReader<'_> {
    async fn call_func_ret_list_u8(&mut self, instance: &str, func: &str, contents: impl FnOnce(&[u8]) + Send) {
        // It is asked for twice, and both times must see the same bytes.
        if !self.memories.contains_key(func) {
            let memory = self.read::<WasmList<u8>>(instance, func);
            let bytes = memory
                .map(|memory| memory.as_le_slice(&*self.store).to_vec())
                .unwrap_or_default();
            self.memories.insert(func.to_owned(), bytes);
        }
        contents(&self.memories[func]);
    }

    async fn call_func_ret_s32(&mut self, instance: &str, func: &str) -> i32 {
        self.read(instance, func).unwrap_or_default()
    }

    async fn call_func_ret_s64(&mut self, instance: &str, func: &str) -> i64 {
        self.read(instance, func).unwrap_or_default()
    }

    async fn call_func_ret_f32(&mut self, instance: &str, func: &str) -> u32 {
        self.read(instance, func).map_or(0, f32::to_bits)
    }

    async fn call_func_ret_f64(&mut self, instance: &str, func: &str) -> u64 {
        self.read(instance, func).map_or(0, f64::to_bits)
    }
}
