//! What the engine makes of a set: engines and generations, for commands and the daemon.

use super::set::{self, Purpose, Recorded, RecordedError};
use super::trust::Accepting;
use proviso_engine::{BuildProgress, Engine, EngineError, EngineOptions, Generation, Identity, ResolvedSet};
use proviso_model::{Problem, Problems};
use proviso_pack::{PackStore, PluginPath, TrustedPack};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Told what is built at the moment.
pub type Tell<'a> = &'a dyn Fn(BuildProgress);

/// An engine that keeps compiled code in that folder, or where the user's is kept.
pub fn engine(cache_dir: Option<&Path>) -> Result<Engine, EngineError> {
    Engine::new(EngineOptions {
        cache_dir: cache_dir.map(Path::to_owned).or_else(crate::places::cache_dir),
        ..EngineOptions::default()
    })
}

/// Builds a generation.
pub fn generation(engine: &Engine, resolved: &ResolvedSet, tell: Tell<'_>) -> Result<Generation, Problems> {
    engine.build(resolved, tell).map_err(|error| Problems(error.problems))
}

/// The generation of packs that no set names, each with its own settings and for every message. At least one.
pub fn of_packs(engine: &Engine, packs: &[Arc<TrustedPack>], tell: Tell<'_>) -> Result<Generation, Problems> {
    let mut sets = packs.iter().map(|pack| ResolvedSet::of_pack(Arc::clone(pack)));
    let mut all = sets.next().expect("a caller has a pack");
    for one in sets {
        all.set.apply.extend(one.set.apply);
        all.packs.extend(one.packs);
    }
    generation(engine, &all, tell)
}

/// The generation of a policy set's file, for a command that remembers nothing.
pub fn of_set(engine: &Engine, set: &Path, trust: Option<&Path>, tell: Tell<'_>) -> Result<Generation, Problems> {
    let accepting = Accepting::without_memory(trust, Some(set)).map_err(Problems)?;
    let plugins = PluginPath::of_this_process();
    let (resolved, _) = set::load(set, &plugins, None, &accepting).map_err(Problems)?;
    generation(engine, &resolved, tell)
}

/// A recorded generation, built again. It must be the very same; to compare, it may be one that another version recorded.
pub fn recorded(
    engine: &Engine,
    record: &Recorded<'_>,
    store: &PackStore,
    accepting: &Accepting,
    purpose: Purpose,
) -> Result<Generation, RecordedError> {
    let resolved = set::recorded(record, store, accepting, purpose)?;
    let versions = match purpose {
        // What goes live is judged by this version and says so.
        Purpose::Judge => proviso_engine::versions(),
        Purpose::Replay { .. } => record.versions,
    };
    let identity = Identity {
        versions,
        set_json: record.set_json,
    };
    let built = engine.build_as(identity, &resolved, &|_| ());
    let built = built.map_err(|error| Problems(error.problems))?;
    if built.id() == record.id {
        Ok(built)
    } else {
        Err(RecordedError::Different {
            wanted: record.id,
            built: built.id(),
        })
    }
}

/// The packs' own cases that the generation fails, as problems of the files that hold them.
pub fn failed_cases(generation: &Generation) -> Vec<Problem> {
    let mut problems = Vec::new();
    for report in generation.self_test() {
        let pack = generation.packs().find(|pack| pack.manifest().name == report.pack);
        let file = pack.map_or_else(|| PathBuf::from(&report.file), |pack| pack.path_of(&report.file));
        for mismatch in &report.mismatches {
            let message = format!("case {:?} of {}: {mismatch}", report.case, report.pack);
            problems.push(Problem::on_line(&file, report.line, message));
        }
    }
    problems
}
