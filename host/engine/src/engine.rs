//! The engine: one sandbox for a process, from which generations are built.

use crate::adapter_v0_1_0;
use crate::cache::{Cache, CacheError};
use crate::config::{Features, wasmtime_config};
use crate::guest::GuestState;
use crate::remembered::Remembered;
use crate::slots::Slots;
use crate::ticker::Ticker;
use proviso_model::Digest;
use proviso_model::digest::DigestBuilder;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use wasmtime::component::Linker;

/// How an engine is set up.
#[derive(Debug, Clone, Default)]
pub struct EngineOptions {
    /// Folder of the compiled snapshots; created if it is not there, readable by this user alone. Without one, nothing is
    /// kept, and every build compiles anew.
    pub cache_dir: Option<PathBuf>,
    /// Calls that may run at the same time; more wait. Without it, four for each processor. At most 256.
    pub concurrent_calls: Option<NonZeroU32>,
}

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

/// One sandbox with its cache. Cheap to clone; clones share everything, and generations keep it alive.
#[derive(Clone)]
pub struct Engine {
    pub(crate) sandbox: Arc<Sandbox>,
}

/// What generations share.
pub(crate) struct Sandbox {
    pub(crate) runtime: wasmtime::Engine,
    pub(crate) linker: Linker<GuestState>,
    pub(crate) slots: Slots,
    pub(crate) cache: Option<Cache>,
    pub(crate) remembered: Remembered,
    /// What compiled code of this engine fits: runtime release, configuration and processor.
    pub(crate) compatibility: Digest,
    pub(crate) features: Features,
    _ticker: Ticker,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("features", &self.sandbox.features)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Makes the sandbox, opens the cache and starts the ticker.
    ///
    /// # Errors
    /// A machine without the address space that the pool reserves, or a cache folder that others may write to.
    pub fn new(options: EngineOptions) -> Result<Self, EngineError> {
        let processors = std::thread::available_parallelism().map_or(1, |count| count.get() as u32);
        let concurrent_calls = options
            .concurrent_calls
            .map_or(processors * 4, NonZeroU32::get)
            .min(CONCURRENT_CALLS_MAX);
        let (config, mut features) = wasmtime_config(concurrent_calls);
        let runtime = wasmtime::Engine::new(&config).map_err(EngineError::Sandbox)?;
        let mut linker = Linker::new(&runtime);
        adapter_v0_1_0::link(&mut linker).map_err(EngineError::Sandbox)?;
        let cache = options.cache_dir.map(Cache::open).transpose()?;
        features.cache = cache.is_some();
        let ticker = Ticker::start(&runtime).map_err(EngineError::Ticker)?;
        let compatibility = compatibility_of(&runtime);
        let slots = Slots::new(concurrent_calls);
        let sandbox = Sandbox {
            runtime,
            linker,
            slots,
            cache,
            remembered: Remembered::default(),
            compatibility,
            features,
            _ticker: ticker,
        };
        Ok(Self {
            sandbox: Arc::new(sandbox),
        })
    }

    /// What this machine offers.
    pub fn features(&self) -> Features {
        self.sandbox.features
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
