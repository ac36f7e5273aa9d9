//! Generations that are to judge: built from the set's file and tried on the packs' own cases, or built again from the record.

use crate::approvals::{Approvals, Scores};
use crate::own_thread::OwnThread;
use crate::trust;
use anyhow::Context;
use proviso_archive::{Archive, Change, GenerationRecord, PackRecord, TrustRecord};
use proviso_engine::{Engine, Generation, ResolvedSet};
use proviso_model::digest::DigestBuilder;
use proviso_model::set::{Names, PolicySet};
use proviso_model::{Digest, Principal, Problem, Problems};
use proviso_pack::{PackStore, PluginPath, Trust};
use proviso_pipeline::loading::build::{self, failed_cases};
use proviso_pipeline::loading::set::{self, Purpose, Recorded, RecordedError};
use proviso_pipeline::loading::trust::{Accepting, TrustSource};
use proviso_pipeline::places;
use std::path::PathBuf;
use std::sync::Arc;

/// What generations are made with.
pub(crate) struct Parts {
    pub(crate) engine: Arc<Engine>,
    pub(crate) archive: Archive,
    pub(crate) store: Arc<PackStore>,
    pub(crate) plugins: PluginPath,
    pub(crate) set_path: PathBuf,
    pub(crate) trust: TrustSource,
    /// By whose approval people are scored.
    pub(crate) approvals: Arc<Approvals>,
    /// Where they are read, built and tried.
    pub(crate) builder: OwnThread,
}

/// A generation that is good, and the file it was read from.
pub(crate) struct Candidate {
    pub(crate) generation: Generation,
    pub(crate) scores: Scores,
    pub(crate) set_file: String,
    pub(crate) set_text: String,
    pub(crate) trust: TrustRecord,
}

impl Candidate {
    /// Records the trust file that it was accepted under.
    pub(crate) async fn record_trust(&self, archive: &Archive, by: &Principal) -> anyhow::Result<()> {
        archive.commit(Change::Trust(&self.trust), by).await?;
        Ok(())
    }
}

/// A set that is not good.
pub(crate) struct Refused {
    pub(crate) problems: Vec<Problem>,
    pub(crate) set_file: String,
    pub(crate) set_text: Option<String>,
}

/// Reads, builds and tries the set file. The outer error is a fault of ours, the inner one the user's to mend.
pub(crate) async fn build_from_file(parts: &Parts) -> anyhow::Result<Result<Candidate, Refused>> {
    let (engine, store, plugins) = (
        Arc::clone(&parts.engine),
        Arc::clone(&parts.store),
        parts.plugins.clone(),
    );
    let (set_path, trust_source) = (parts.set_path.clone(), parts.trust.clone());
    let seen = Arc::new(trust::seen(&parts.archive).await?);
    let (approvals, in_force) = (
        Arc::clone(&parts.approvals),
        parts.approvals.catch_up(&parts.archive).await?,
    );
    let built = parts.builder.run("building a generation", move || {
        // From wherever the daemon is started next, the folders that packs came from are to be found again.
        let set_file = std::path::absolute(&set_path).unwrap_or_else(|_| set_path.clone());
        let set_file = set_file.display().to_string();
        let refused = |problems| {
            let set_text = std::fs::read_to_string(&set_path).ok();
            Ok(Err(Refused {
                problems,
                set_file: set_file.clone(),
                set_text,
            }))
        };
        let (trust, trust_text) = match trust_source.read() {
            Ok((trust, text)) => (Arc::new(trust), text),
            Err(problems) => return refused(problems),
        };
        let accepting = Accepting { trust, seen };
        let (mut resolved, set_text) = match set::load(&set_path, &plugins, Some(&store), &accepting) {
            Ok(loaded) => loaded,
            Err(problems) => return refused(problems),
        };
        let (scores, set) = Scores::of(&resolved, &approvals, &in_force);
        resolved.set = set;
        let generation = match build::generation(&engine, &resolved, &|_| ()) {
            Ok(generation) => generation,
            Err(Problems(problems)) => return refused(problems),
        };
        let failed = failed_cases(&generation);
        if !failed.is_empty() {
            return refused(failed);
        }
        for pack in &resolved.packs {
            store.put(pack).context("cannot keep a pack in the store")?;
        }
        Ok(Ok(Candidate {
            generation,
            scores,
            set_file,
            set_text,
            trust: TrustRecord {
                at: places::now(),
                file: trust_source.file().map(|file| file.display().to_string()),
                text: trust_text,
            },
        }))
    });
    built.await?
}

/// Builds a recorded generation again, from the packs in the store, if the trust of today accepts them. The outer error is a
/// fault of ours, the inner one tells why it cannot be had.
pub(crate) async fn rebuild(
    parts: &Parts,
    record: &GenerationRecord,
) -> anyhow::Result<Result<Generation, RecordedError>> {
    match parts.trust.read() {
        Ok((trust, _)) => rebuild_under(trust, parts, record).await,
        Err(problems) => Ok(Err(Problems(problems).into())),
    }
}

/// Builds the last good generation at a start. Where the trust file is there and broken, what it said when it was read last counts, as it does
/// for a daemon that runs; where it is gone, nothing does.
pub(crate) async fn rebuild_last_good(
    parts: &Parts,
    record: &GenerationRecord,
) -> anyhow::Result<Result<Generation, RecordedError>> {
    let problems = match parts.trust.read() {
        Ok((trust, _)) => return rebuild_under(trust, parts, record).await,
        Err(problems) => problems,
    };
    let read_last = parts.archive.last_trust().await?;
    match (parts.trust.file().filter(|file| file.is_file()), read_last) {
        (Some(file), Some(last)) if last.file.as_deref() == file.to_str() => match Trust::parse(file, &last.text) {
            Ok(trust) => rebuild_under(trust, parts, record).await,
            Err(problems) => Ok(Err(Problems(problems).into())),
        },
        _ => Ok(Err(Problems(problems).into())),
    }
}

async fn rebuild_under(
    trust: Trust,
    parts: &Parts,
    record: &GenerationRecord,
) -> anyhow::Result<Result<Generation, RecordedError>> {
    let accepting = Accepting {
        trust: Arc::new(trust),
        seen: Arc::new(trust::seen(&parts.archive).await?),
    };
    let (engine, store, record) = (Arc::clone(&parts.engine), Arc::clone(&parts.store), record.clone());
    let built = parts.builder.run("building a recorded generation", move || {
        build::recorded(&engine, &recorded(&record), &store, &accepting, Purpose::Judge)
    });
    Ok(built.await?)
}

/// What a generation scores by the approvals of now; and another one in its place, of the same set and packs, where it would score
/// otherwise. No file is read: this goes by what runs, whatever became of the set.
pub(crate) async fn as_approved(
    parts: &Parts,
    generation: &Generation,
) -> anyhow::Result<(Scores, Option<Generation>)> {
    let in_force = parts.approvals.catch_up(&parts.archive).await?;
    let mut resolved = ResolvedSet {
        file: parts.set_path.clone(),
        set: generation.set().clone(),
        packs: generation.packs().cloned().collect(),
    };
    let (scores, set) = Scores::of(&resolved, &parts.approvals, &in_force);
    if set == resolved.set {
        return Ok((scores, None));
    }
    resolved.set = set;
    let engine = Arc::clone(&parts.engine);
    let built = parts.builder.run("building a generation by other approvals", move || {
        build::generation(&engine, &resolved, &|_| ())
    });
    let built = built
        .await?
        .context("the running policies cannot be built by other approvals")?;
    Ok((scores, Some(built)))
}

/// A generation as it is recorded, with the file that its set was read from.
pub(crate) fn record_of(generation: &Generation, set_file: String, set_text: String) -> GenerationRecord {
    let packs = generation.packs().map(|pack| PackRecord {
        name: pack.manifest().name.clone(),
        version: pack.manifest().version.to_string(),
        digest: pack.digest(),
    });
    GenerationRecord {
        id: generation.id(),
        recorded_at: places::now(),
        engine_version: proviso_engine::versions().to_owned(),
        packs: packs.collect(),
        set_file,
        set_text,
        set_json: generation.set().to_canonical_json(),
    }
}

/// What somebody asked for by a generation: it, whatever was approved of it when it was built.
pub(crate) fn asked_for(generation: &Generation) -> Digest {
    let packs = generation.packs().map(|pack| pack.digest());
    digest_of_asked(proviso_engine::versions(), generation.set().clone(), packs)
}

/// The same of one that was recorded.
pub(crate) fn recorded_asked_for(record: &GenerationRecord) -> anyhow::Result<Digest> {
    let set = PolicySet::from_canonical_json(&record.set_json).context("a recorded policy set cannot be read")?;
    let packs = record.packs.iter().map(|pack| pack.digest);
    Ok(digest_of_asked(&record.engine_version, set, packs))
}

fn digest_of_asked(versions: &str, mut set: PolicySet, packs: impl Iterator<Item = Digest>) -> Digest {
    for apply in &mut set.apply {
        apply.scope.except_tenants = Names::default();
    }
    let mut asked = DigestBuilder::new("proviso generation asked for 1");
    asked.part(versions.as_bytes()).part(set.to_canonical_json().as_bytes());
    for pack in packs {
        asked.part(pack.as_bytes());
    }
    asked.finish()
}

/// What the pipeline builds a recorded generation from.
pub fn recorded(record: &GenerationRecord) -> Recorded<'_> {
    Recorded {
        id: record.id,
        set_file: &record.set_file,
        set_json: &record.set_json,
        versions: &record.engine_version,
        packs: record.packs.iter().map(|pack| pack.digest).collect(),
    }
}
