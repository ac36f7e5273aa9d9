//! Engines and generations for commands, with progress.

use crate::exit::InputProblems;
use crate::show::progress::Progress;
use crate::trust_loading::Admitting;
use proviso_engine::{Engine, EngineOptions, Generation, ResolvedSet};
use proviso_pack::{PluginPath, TrustedPack};
use std::path::Path;
use std::sync::Arc;

/// An engine that keeps compiled code in that folder, or where the user's is kept.
pub(crate) fn engine(cache_dir: Option<&Path>) -> anyhow::Result<Engine> {
    Ok(Engine::new(EngineOptions {
        cache_dir: cache_dir.map(Path::to_owned).or_else(crate::places::cache_dir),
        ..EngineOptions::default()
    })?)
}

/// Builds a generation; `what` is said while it lasts.
pub(crate) fn generation(engine: &Engine, resolved: &ResolvedSet, what: &str) -> anyhow::Result<Generation> {
    let progress = Progress::open(what);
    let built = engine.build(resolved, &|step| {
        progress.say(&format!("{what}: {} of {}", step.done, step.total));
    });
    progress.finish();
    Ok(built.map_err(|error| InputProblems(error.problems))?)
}

/// The generation of one pack alone, with its own settings and for every message.
pub(crate) fn of_pack(engine: &Engine, pack: &Arc<TrustedPack>) -> anyhow::Result<Generation> {
    generation(engine, &ResolvedSet::of_pack(Arc::clone(pack)), "building policies")
}

/// The generation of a policy set's file.
pub(crate) fn of_set(engine: &Engine, set: &Path, trust: Option<&Path>) -> anyhow::Result<Generation> {
    let admitting = Admitting::without_memory(trust, Some(set)).map_err(InputProblems)?;
    let plugins = PluginPath::of_this_process();
    let (resolved, _) = crate::set_loading::load(set, &plugins, None, &admitting).map_err(InputProblems)?;
    generation(engine, &resolved, "building policies")
}
