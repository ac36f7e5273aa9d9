//! What the sandbox remembers from one build to the next, so that a change prepares only what changed.

use crate::component::{ComponentFacts, ComponentRefused};
use crate::component_check::inspect_component;
use crate::plugin::Plugin;
use proviso_model::Digest;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Components whose facts are remembered at a time.
const COMPONENTS_MAX: usize = 1_024;

/// Facts of components, and the plugins that a living generation uses. Everything is found by content.
#[derive(Default)]
pub(crate) struct Remembered {
    components: Mutex<HashMap<Digest, Arc<ComponentFacts>>>,
    plugins: Mutex<HashMap<Digest, Weak<Plugin>>>,
}

impl Remembered {
    /// Inspects a component, unless the same bytes were inspected and found good before.
    pub(crate) fn inspect(&self, bytes: &[u8]) -> Result<Arc<ComponentFacts>, ComponentRefused> {
        let digest = Digest::of(bytes);
        if let Some(facts) = lock(&self.components).get(&digest) {
            return Ok(Arc::clone(facts));
        }
        let facts = Arc::new(inspect_component(bytes)?);
        let mut components = lock(&self.components);
        if components.len() == COMPONENTS_MAX {
            components.clear();
        }
        components.insert(digest, Arc::clone(&facts));
        Ok(facts)
    }

    /// The plugin of that key, if a generation still has it.
    pub(crate) fn plugin(&self, key: &Digest) -> Option<Arc<Plugin>> {
        lock(&self.plugins).get(key)?.upgrade()
    }

    /// Remembers a plugin for as long as a generation has it.
    pub(crate) fn keep_plugin(&self, key: Digest, plugin: &Arc<Plugin>) {
        let mut plugins = lock(&self.plugins);
        plugins.retain(|_, plugin| plugin.strong_count() > 0);
        plugins.insert(key, Arc::downgrade(plugin));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
