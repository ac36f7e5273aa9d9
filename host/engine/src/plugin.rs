//! A plugin, configured and linked, and one call of it: always in a fresh instance.

use crate::adapter_v0_1_0::Exports;
use crate::answer::Failure;
use crate::fault::{CallFault, cut_detail};
use crate::guest::{GuestState, LogLine};
use crate::meter::Meter;
use crate::sandbox::Sandbox;
use crate::ticker::ticks;
use crate::view::ListInfo;
use proviso_model::limits;
use proviso_model::verdict::FaultCause;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmtime::component::{Instance, InstancePre};
use wasmtime::{Store, Trap};

/// A component with its settings, ready to be called.
#[derive(Clone)]
pub(crate) struct Plugin {
    pub(crate) pre: InstancePre<GuestState>,
    pub(crate) exports: Exports,
    pub(crate) configured: Configured,
    /// Linear memory of a fresh instance, bytes.
    pub(crate) memory_bytes: usize,
    pub(crate) from_cache: bool,
    /// Where somebody counts what its calls take.
    pub(crate) meter: Option<Arc<Meter>>,
}

/// How an instance comes by its settings.
#[derive(Clone)]
pub(crate) enum Configured {
    /// They are in the snapshot.
    Snapshot,
    /// `configure` runs in every fresh instance.
    Anew {
        why: String,
        settings: String,
        lists: Arc<Vec<ListInfo>>,
    },
}

/// What came of a call.
pub(crate) struct Called<R> {
    pub(crate) result: Result<R, CallFault>,
    /// Fuel used, whether or not there is an answer.
    pub(crate) fuel: u64,
    pub(crate) log: Vec<LogLine>,
}

impl<R> Called<Result<R, Failure>> {
    /// Checks the answer, where there is one.
    pub(crate) fn and_then<S>(self, check: impl FnOnce(R) -> Result<S, CallFault>) -> Called<S> {
        let refused = |failure: Failure| CallFault {
            cause: FaultCause::Refused,
            detail: failure.detail().to_owned(),
        };
        let result = self.result.and_then(|answer| answer.map_err(refused)).and_then(check);
        Called {
            result,
            fuel: self.fuel,
            log: self.log,
        }
    }
}

impl Plugin {
    /// Calls the plugin in a fresh instance with that much fuel.
    pub(crate) fn call<R>(
        &self,
        sandbox: &Sandbox,
        fuel: u64,
        keep_log: bool,
        run: impl FnOnce(&Exports, &mut Store<GuestState>, &Instance) -> wasmtime::Result<R>,
    ) -> Called<R> {
        let Some(meter) = self.meter.as_deref() else {
            return self.call_in_fresh(sandbox, fuel, keep_log, run).0;
        };
        let started = Instant::now();
        let (called, memory_bytes) = self.call_in_fresh(sandbox, fuel, keep_log, run);
        meter.add(started.elapsed(), called.fuel, memory_bytes);
        called
    }

    /// Counts the messages of a call, where somebody measures.
    pub(crate) fn count_given(&self, messages: usize) {
        if let Some(meter) = &self.meter {
            meter.add_given(messages);
        }
    }

    /// Also gives the linear memory that the instance had at its end, bytes.
    fn call_in_fresh<R>(
        &self,
        sandbox: &Sandbox,
        fuel: u64,
        keep_log: bool,
        run: impl FnOnce(&Exports, &mut Store<GuestState>, &Instance) -> wasmtime::Result<R>,
    ) -> (Called<R>, usize) {
        let _slot = sandbox.slots.take();
        let mut store = new_store(sandbox, keep_log);
        let instance = match self.instantiate(&mut store) {
            Ok(instance) => instance,
            Err(error) => {
                let called = Called {
                    result: Err(fault_of(&error, store.data())),
                    fuel: 0,
                    log: Vec::new(),
                };
                return (called, store.data().memory_bytes());
            }
        };
        store.set_hostcall_fuel(limits::ANSWER_BYTES_MAX);
        grant(&mut store, fuel, limits::CALL_DEADLINE);
        let result = run(&self.exports, &mut store, &instance).map_err(|error| fault_of(&error, store.data()));
        let left = store.get_fuel().expect("fuel is switched on");
        let called = Called {
            result,
            fuel: fuel.saturating_sub(left),
            log: store.data_mut().take_log(),
        };
        (called, store.data().memory_bytes())
    }

    fn instantiate(&self, store: &mut Store<GuestState>) -> wasmtime::Result<Instance> {
        // A frozen plugin has nothing left to run here. One that is configured anew was seen to need less than this.
        grant(store, limits::FUEL_PER_CALL_MAX, limits::CALL_DEADLINE);
        let instance = self.pre.instantiate(&mut *store)?;
        if let Configured::Anew { settings, lists, .. } = &self.configured {
            self.exports
                .configure(store, &instance, settings, lists)?
                .map_err(|_| {
                    wasmtime::Error::msg("configure refuses settings that it took when the generation was built")
                })?;
        }
        Ok(instance)
    }
}

/// A store for one instance.
pub(crate) fn new_store(sandbox: &Sandbox, keep_log: bool) -> Store<GuestState> {
    let mut store = Store::new(
        &sandbox.runtime,
        GuestState::new(limits::GUEST_MEMORY_BYTES_MAX, keep_log, sandbox.ticker.tick()),
    );
    store.limiter(|state| state);
    store
}

/// Grants fuel and time anew.
pub(crate) fn grant(store: &mut Store<GuestState>, fuel: u64, deadline: Duration) {
    store.set_fuel(fuel).expect("fuel is switched on");
    store.set_epoch_deadline(ticks(deadline));
    store.data_mut().set_deadline(deadline);
}

/// Why the runtime stopped a guest.
pub(crate) fn fault_of(error: &wasmtime::Error, state: &GuestState) -> CallFault {
    let cause = match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => FaultCause::Fuel,
        Some(Trap::Interrupt) => FaultCause::Deadline,
        Some(Trap::StackOverflow) => FaultCause::Stack,
        Some(
            Trap::StringOutOfBounds
            | Trap::ListOutOfBounds
            | Trap::InvalidDiscriminant
            | Trap::InvalidChar
            | Trap::UnalignedPointer,
        )
        | None => FaultCause::BadAnswer,
        // Languages answer a refused `memory.grow` by stopping themselves.
        Some(_) if state.was_refused() => FaultCause::Memory,
        Some(_) => FaultCause::Trap,
    };
    let detail = match cause {
        FaultCause::Fuel => "the message's fuel is used up".to_owned(),
        FaultCause::Deadline => format!("the call took longer than {:?}", state.deadline()),
        FaultCause::Stack => format!(
            "the call used more than {} bytes of stack",
            limits::GUEST_STACK_BYTES_MAX
        ),
        FaultCause::Memory => format!(
            "the guest asked for more than {} bytes of memory or {} table elements",
            limits::GUEST_MEMORY_BYTES_MAX,
            limits::GUEST_TABLE_ELEMENTS_MAX
        ),
        // The runtime's own words: they name offsets and kinds, never a guest's data.
        _ => error.root_cause().to_string(),
    };
    CallFault {
        cause,
        detail: cut_detail(detail),
    }
}
