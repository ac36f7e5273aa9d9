//! What the settings of a recorded generation stated of its retention rules.

use crate::candidate::recorded;
use crate::config::Config;
use proviso_archive::GenerationRecord;
use proviso_model::retention::Laws;
use proviso_pack::PackStore;
use proviso_pipeline::loading::set::{self, Purpose};
use proviso_pipeline::loading::trust::Accepting;
use std::sync::Arc;

/// Reads them from the packs that are kept. Packs that are revoked today are read as well: nothing of them runs.
pub fn laws_of(config: &Config, record: &GenerationRecord) -> anyhow::Result<Laws> {
    let store = PackStore::open(&config.store_dir())?;
    let accepting = Accepting {
        trust: Arc::new(config.trust_source().read().map_err(proviso_model::Problems)?.0),
        seen: Arc::default(),
    };
    let purpose = Purpose::Replay { though_revoked: true };
    Ok(set::recorded(&recorded(record), &store, &accepting, purpose)?.laws())
}
