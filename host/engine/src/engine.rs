//! The engine: one sandbox for a process, from which generations are built.

use crate::alone::Sample;
use crate::config::Features;
use crate::remembered::Remembered;
use crate::sandbox::{EngineError, Sandbox};
use std::fmt;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;

/// How an engine is set up.
#[derive(Debug, Clone, Default)]
pub struct EngineOptions {
    /// Folder of the compiled snapshots; created if it is not there, readable by this user alone. Without one, nothing is
    /// kept, and every build compiles anew.
    pub cache_dir: Option<PathBuf>,
    /// Calls that may run at the same time; more wait. Without it, four for each processor. At most 256.
    pub concurrent_calls: Option<NonZeroU32>,
    /// One message in so many, chosen by its digest, is judged both alone and in company; a plugin whose answers differ is at
    /// fault. Without it, one in 1,024. Whoever compares verdicts must choose the same.
    pub alone_one_in: Option<NonZeroU32>,
}

/// One sandbox with its cache. Cheap to clone; clones share everything, and generations keep it alive.
#[derive(Clone)]
pub struct Engine {
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) remembered: Arc<Remembered>,
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
        Ok(Self {
            sandbox: Arc::new(Sandbox::new(
                options.cache_dir,
                options.concurrent_calls,
                Sample::of(options.alone_one_in),
            )?),
            remembered: Arc::default(),
        })
    }

    /// What this machine offers.
    pub fn features(&self) -> Features {
        self.sandbox.features
    }
}
