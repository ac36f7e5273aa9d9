//! What the settings of recorded generations stated of their retention rules.

use crate::candidate::recorded;
use crate::config::Config;
use anyhow::Context as _;
use proviso_archive::{Archive, GenerationRecord, Retained, StorageError};
use proviso_model::Digest;
use proviso_model::retention::{self, Decision, Ending, Endings, Laws};
use proviso_model::set::PolicySet;
use proviso_pack::PackStore;
use proviso_pipeline::loading::set::{self, Purpose};
use proviso_pipeline::loading::trust::Accepting;
use std::collections::HashMap;
use std::sync::Arc;

/// Lines of ends that are read at a time.
const LINES: u32 = 10_000;
/// Generations that a rulebook remembers, before it forgets them all.
const REMEMBERED_MAX: usize = 32;

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

/// The ends that were handed in behind a line, in its order, and the number of the last line.
pub(crate) async fn ends_behind(archive: &Archive, mut after: i64) -> Result<(Vec<Ending>, i64), StorageError> {
    let mut endings = Vec::new();
    loop {
        let page = archive.endings(after, LINES).await?;
        let Some(last) = page.last() else {
            return Ok((endings, after));
        };
        after = last.number;
        endings.extend(page.into_iter().map(|record| record.ending));
    }
}

/// Decides anew on messages by the rules that judged them, and remembers what it read of generations.
pub struct Rulebook {
    config: Config,
    archive: Archive,
    generations: HashMap<Digest, (PolicySet, Laws)>,
    lines: Vec<Ending>,
    /// The number of the last of them, as far as the archive gave them.
    last_line: i64,
    /// Of `lines`, by time zone.
    endings: HashMap<String, Endings>,
}

impl Rulebook {
    /// One that knows of no ends.
    pub fn new(config: &Config, archive: &Archive) -> Self {
        Self {
            config: config.clone(),
            archive: archive.clone(),
            generations: HashMap::new(),
            lines: Vec::new(),
            last_line: 0,
            endings: HashMap::new(),
        }
    }

    /// The configuration that it reads packs by.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// From now on these ends are known, in the order in which they were handed in.
    pub(crate) fn know(&mut self, lines: Vec<Ending>) {
        self.lines = lines;
        self.endings.clear();
    }

    /// From now on all ends are known that the archive has. Lines are only added: those that were read are not read again.
    pub(crate) async fn catch_up(&mut self) -> Result<(), StorageError> {
        let (lines, last) = ends_behind(&self.archive, self.last_line).await?;
        if !lines.is_empty() {
            self.lines.extend(lines);
            self.last_line = last;
            self.endings.clear();
        }
        Ok(())
    }

    /// The decision on a message by the rules of its generation and what is known, and those rules.
    ///
    /// # Errors
    /// The generation is not recorded, or its packs are not at hand.
    pub(crate) async fn decide(&mut self, retained: &Retained) -> anyhow::Result<(Decision, &Laws)> {
        let id = retained.generation;
        if !self.generations.contains_key(&id) {
            let record = self.archive.generation(&id).await?;
            let record = record.with_context(|| format!("generation {id} is not recorded"))?;
            let set = PolicySet::from_canonical_json(&record.set_json)
                .with_context(|| format!("the recorded policy set of generation {id} cannot be read"))?;
            let laws = laws_of(&self.config, &record)
                .with_context(|| format!("what generation {id} stated of its retention rules is not at hand"))?;
            if self.generations.len() >= REMEMBERED_MAX {
                self.generations.clear();
            }
            self.generations.insert(id, (set, laws));
        }
        let (set, laws) = &self.generations[&id];
        let zone = &set.time_zone;
        let endings = self
            .endings
            .entry(zone.name().to_owned())
            .or_insert_with(|| Endings::new(&self.lines, zone));
        let moments = endings.moments(&retained.message);
        let facts = proviso_pipeline::facts(set, &retained.message, &retained.verdict, moments);
        let proposals = retained.verdict.proposals.iter().map(|one| one.proposed());
        Ok((retention::decide(proposals, laws, &facts), laws))
    }
}
