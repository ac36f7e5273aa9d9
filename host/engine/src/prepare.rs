//! Prepares the plugins of a whole set, on all processors.

use crate::component::ComponentRefused;
use crate::engine::Engine;
use crate::fault::cut_detail;
use crate::lists::at;
use crate::plan::{BuildProgress, Plan, ResolvedSet};
use crate::plugin::Plugin;
use crate::snapshot::{InstrumentedCode, PrepareError, Recipe, prepare};
use proviso_model::{Digest, Problem, limits};
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

/// Prepares every policy's plugin, on all processors. A plugin that is missing in the answer has a problem.
pub(crate) fn prepare_all(
    engine: &Engine,
    resolved: &ResolvedSet,
    plans: &[Plan<'_>],
    progress: &dyn Fn(BuildProgress),
) -> (Vec<Option<Arc<Plugin>>>, Vec<Problem>) {
    let digests: BTreeSet<Digest> = plans.iter().map(|plan| plan.facts.digest).collect();
    let instrumented: HashMap<Digest, InstrumentedCode> = digests
        .into_iter()
        .map(|digest| (digest, InstrumentedCode::default()))
        .collect();
    let mut plugins: Vec<Option<Arc<Plugin>>> = plans.iter().map(|_| None).collect();
    let mut problems = Vec::new();
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(plans.len());
    std::thread::scope(|scope| {
        let (ready, results) = mpsc::channel();
        for _ in 0..workers {
            let ready = ready.clone();
            let (next, instrumented) = (&next, &instrumented);
            scope.spawn(move || {
                while let Some((index, plan)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    plans.get(index).map(|plan| (index, plan))
                } {
                    // A compiler that gives up on a hostile component must not take the host with it.
                    let _span = tracing::info_span!("prepare plugin", policy = %plan.id).entered();
                    let step = AssertUnwindSafe(|| prepare_one(engine, plan, &instrumented[&plan.facts.digest]));
                    let prepared = catch_unwind(step).unwrap_or_else(|_| {
                        let reason = "the compiler gave up on it".to_owned();
                        Err(PrepareError::Refused(ComponentRefused::Invalid(reason)))
                    });
                    if ready.send((index, prepared)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(ready);
        for (done, (index, prepared)) in results.into_iter().enumerate() {
            let plan = &plans[index];
            match prepared {
                Ok(plugin) => {
                    let from_cache = plugin.from_cache;
                    plugins[index] = Some(plugin);
                    progress(BuildProgress {
                        policy: plan.id.clone(),
                        from_cache,
                        done: done + 1,
                        total: plans.len(),
                    });
                }
                Err(error) => problems.extend(problems_of(resolved, plan, error)),
            }
        }
    });
    (plugins, problems)
}

fn prepare_one(engine: &Engine, plan: &Plan<'_>, instrumented: &InstrumentedCode) -> Result<Arc<Plugin>, PrepareError> {
    let recipe = Recipe {
        bytes: plan
            .pack
            .plugin(&plan.declared.plugin)
            .expect("seen when the policy was planned"),
        facts: &plan.facts,
        settings: settings_text(&plan.settings),
        lists: Arc::new(plan.list_table()),
    };
    prepare(&engine.sandbox, &engine.remembered, &recipe, instrumented)
}

/// The settings as a plugin gets them.
pub(crate) fn settings_text(settings: &Map<String, Value>) -> String {
    serde_json::to_string(settings).expect("a JSON object is JSON")
}

/// A failed preparation, at the place in the set or the pack that a person must look at.
fn problems_of(resolved: &ResolvedSet, plan: &Plan<'_>, error: PrepareError) -> Vec<Problem> {
    let manifest_line = |message| Problem::on_line(plan.pack.path_of("pack.toml"), plan.declared.line, message);
    let plugin = &plan.declared.plugin;
    match error {
        PrepareError::Refused(refused) => vec![manifest_line(format!("the plugin {plugin:?} {refused}"))],
        PrepareError::Configure(fault) => {
            let (id, cause, detail) = (&plan.id, fault.cause.name(), fault.detail);
            vec![manifest_line(format!(
                "the plugin {plugin:?} failed while {id} was configured ({cause}): {detail}"
            ))]
        }
        PrepareError::Settings(found) => found
            .into_iter()
            .take(limits::PROBLEMS_PER_FILE_MAX)
            .map(|problem| {
                let apply = &resolved.set.apply[plan.apply];
                let pointer = format!("/{}{}", plan.id.policy, cut_detail(problem.pointer));
                let message = format!("setting {pointer}: {}", cut_detail(problem.message));
                // A value that the set does not state is the pack's own default.
                if apply.settings.contains_key(&*plan.id.policy) {
                    at(&resolved.file, apply.place_of(&pointer), message)
                } else {
                    manifest_line(message)
                }
            })
            .collect(),
    }
}
