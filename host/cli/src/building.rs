//! Generations for commands, with progress.

use crate::show::progress::Progress;
use proviso_engine::{BuildProgress, Engine, Generation, ResolvedSet};
use proviso_model::Problems;
use proviso_pack::{PackStore, PluginPath, TrustedPack};
use proviso_pipeline::loading::trust::Accepting;
use proviso_pipeline::loading::{build, set};
use std::path::Path;
use std::sync::Arc;

/// Builds a generation; `what` is said while it lasts.
pub(crate) fn generation(engine: &Engine, resolved: &ResolvedSet, what: &str) -> Result<Generation, Problems> {
    telling(what, |tell| build::generation(engine, resolved, tell))
}

/// A set with its packs: those beside it, of the plugin path, and of a store.
pub(crate) fn resolve(set: &Path, trust: Option<&Path>, store: Option<&PackStore>) -> anyhow::Result<ResolvedSet> {
    let accepting = Accepting::without_memory(trust, Some(set)).map_err(Problems)?;
    let plugins = PluginPath::of_this_process();
    let (resolved, _) = set::load(set, &plugins, store, &accepting).map_err(Problems)?;
    Ok(resolved)
}

/// The generation of packs that no set names, each with its own settings and for every message.
pub(crate) fn of_packs(engine: &Engine, packs: &[Arc<TrustedPack>]) -> Result<Generation, Problems> {
    telling("building policies", |tell| build::of_packs(engine, packs, tell))
}

/// The generation of a policy set's file.
pub(crate) fn of_set(engine: &Engine, set: &Path, trust: Option<&Path>) -> Result<Generation, Problems> {
    telling("building policies", |tell| build::of_set(engine, set, trust, tell))
}

/// Does work that builds generations; `what` is said while it lasts, with how far it is.
pub(crate) fn telling<T>(what: &str, work: impl FnOnce(build::Tell<'_>) -> T) -> T {
    let progress = Progress::open(what);
    let tell = |step: BuildProgress| progress.say(&format!("{what}: {} of {}", step.done, step.total));
    let done = work(&tell);
    progress.finish();
    done
}
