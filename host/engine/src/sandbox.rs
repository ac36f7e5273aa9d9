//! Where guests run: the runtime, the calls that may run at a time, and the cache of compiled code.

use crate::adapter_v0_1_0;
use crate::alone::Sample;
use crate::cache::{Cache, CacheError};
use crate::config::{Features, wasmtime_config};
use crate::guest::GuestState;
use crate::slots::Slots;
use crate::ticker::Ticker;
use proviso_model::Digest;
use proviso_model::digest::DigestBuilder;
use std::hash::{Hash, Hasher};
use std::num::NonZeroU32;
use std::path::PathBuf;
use wasmtime::component::Linker;

/// Most calls that may run at the same time.
const CONCURRENT_CALLS_MAX: u32 = 256;

/// Why no engine could be made.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The runtime refuses this machine, mostly because of a limit on address space.
    #[error("the sandbox cannot be set up on this machine (it needs address space: see `ulimit -v`)")]
    Sandbox(#[source] wasmtime::Error),
    /// The ticker's thread could not be started.
    #[error("the thread that counts deadlines cannot be started")]
    Ticker(#[source] std::io::Error),
    /// The cache's folder cannot be used.
    #[error(transparent)]
    Cache(#[from] CacheError),
}

/// What generations share.
pub(crate) struct Sandbox {
    pub(crate) runtime: wasmtime::Engine,
    pub(crate) linker: Linker<GuestState>,
    pub(crate) slots: Slots,
    pub(crate) cache: Option<Cache>,
    /// What compiled code of this engine fits: runtime release, configuration and processor.
    pub(crate) compatibility: Digest,
    pub(crate) features: Features,
    /// Messages that are judged both alone and in company.
    pub(crate) sample: Sample,
    pub(crate) ticker: Ticker,
}

impl Sandbox {
    /// Reserves the address space, opens the cache and starts the ticker.
    pub(crate) fn new(
        cache_dir: Option<PathBuf>,
        concurrent_calls: Option<NonZeroU32>,
        sample: Sample,
    ) -> Result<Self, EngineError> {
        let processors = std::thread::available_parallelism().map_or(1, |count| count.get() as u32);
        let concurrent_calls = concurrent_calls
            .map_or(processors * 4, NonZeroU32::get)
            .min(CONCURRENT_CALLS_MAX);
        let (config, mut features) = wasmtime_config(concurrent_calls);
        let runtime = wasmtime::Engine::new(&config).map_err(EngineError::Sandbox)?;
        let mut linker = Linker::new(&runtime);
        adapter_v0_1_0::link(&mut linker).map_err(EngineError::Sandbox)?;
        let cache = cache_dir.map(Cache::open).transpose()?;
        features.cache = cache.is_some();
        let ticker = Ticker::start(&runtime).map_err(EngineError::Ticker)?;
        let compatibility = compatibility_of(&runtime);
        let slots = Slots::new(concurrent_calls);
        Ok(Self {
            runtime,
            linker,
            slots,
            cache,
            compatibility,
            features,
            sample,
            ticker,
        })
    }
}

/// Digests all that the runtime says must be equal for compiled code to fit.
fn compatibility_of(runtime: &wasmtime::Engine) -> Digest {
    struct Collect(DigestBuilder);
    impl Hasher for Collect {
        fn write(&mut self, bytes: &[u8]) {
            self.0.part(bytes);
        }
        fn finish(&self) -> u64 {
            0
        }
    }
    let mut collect = Collect(DigestBuilder::new("proviso compiled code 1"));
    runtime.precompile_compatibility_hash().hash(&mut collect);
    collect.0.finish()
}
