//! Which trust file counts, and what it says.

use crate::exit::InputProblems;
use proviso_archive::{Archive, Downgrade};
use proviso_model::Problem;
use proviso_model::id::is_name;
use proviso_pack::trust::{Acceptance, Load, Occasion, Seen, TRUST_FILE_BYTES_MAX};
use proviso_pack::{Pack, Trust, TrustedPack};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The environment variable that names a trust file.
const VARIABLE: &str = "PROVISO_TRUST";
/// The machine's own trust file.
const OF_THE_MACHINE: &str = "/etc/proviso/trust.toml";
/// What a trust file beside a policy set is called.
const BESIDE: &str = "trust.toml";
/// An expiring key is told of so many days ahead.
const EXPIRY_TOLD_DAYS: u32 = 30;

/// Where trust is read from. Found once: a file that goes away later is missing, and not a reason to do without.
#[derive(Debug, Clone)]
pub(crate) struct TrustSource {
    file: Option<PathBuf>,
}

impl TrustSource {
    /// The first of these: the file that is named, the one of the environment, the machine's, the one beside the policy set.
    pub(crate) fn find(named: Option<&Path>, set: Option<&Path>) -> Self {
        let variable = std::env::var_os(VARIABLE).filter(|value| !value.is_empty());
        let machine = || {
            Path::new(OF_THE_MACHINE)
                .exists()
                .then(|| PathBuf::from(OF_THE_MACHINE))
        };
        let beside = || {
            let file = set?.parent().unwrap_or(Path::new("")).join(BESIDE);
            // A dangling link is there as well: whoever put it there meant something by it.
            std::fs::symlink_metadata(&file).is_ok().then_some(file)
        };
        let file = named.map(Path::to_owned).or_else(|| variable.map(PathBuf::from));
        Self {
            file: file.or_else(machine).or_else(beside),
        }
    }

    /// The file; `None` if there is none.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Reads the file; without one, what holds without. All problems at once. Also gives the text.
    pub(crate) fn read(&self) -> Result<(Trust, String), Vec<Problem>> {
        let Some(file) = &self.file else {
            return Ok((Trust::development(), String::new()));
        };
        let problem = |message: String| vec![Problem::in_file(file, message)];
        let unreadable = |error: std::io::Error| problem(format!("cannot read the trust file: {error}"));
        let metadata = std::fs::metadata(file).map_err(unreadable)?;
        if metadata.mode() & 0o002 != 0 {
            return Err(problem(
                "everybody may write the trust file: chmod o-w it, and see who did".to_owned(),
            ));
        }
        if metadata.len() > TRUST_FILE_BYTES_MAX as u64 {
            let size = metadata.len();
            return Err(problem(format!(
                "{size} bytes: a trust file has at most {TRUST_FILE_BYTES_MAX}"
            )));
        }
        let text = std::fs::read_to_string(file).map_err(unreadable)?;
        Ok((Trust::parse(file, &text)?, text))
    }
}

/// What packs are admitted by.
#[derive(Debug, Clone)]
pub(crate) struct Admitting {
    pub trust: Arc<Trust>,
    pub seen: Arc<Seen>,
}

impl Admitting {
    /// For a command that remembers nothing: no archive, hence no version that was seen.
    pub(crate) fn without_memory(named: Option<&Path>, set: Option<&Path>) -> Result<Self, Vec<Problem>> {
        let (trust, _) = TrustSource::find(named, set).read()?;
        Ok(Self {
            trust: Arc::new(trust),
            seen: Arc::default(),
        })
    }

    /// The one way to a pack that may judge.
    pub(crate) fn admit(&self, pack: Pack, load: &Load) -> Result<Arc<TrustedPack>, Vec<Problem>> {
        let occasion = Occasion {
            now: crate::places::now(),
            seen: &self.seen,
            load,
        };
        let admitted = self.trust.accept(pack, &occasion).map_err(|error| error.problems);
        admitted.map(Arc::new)
    }
}

/// What an archive remembers of the packs that were live.
pub(crate) async fn seen(archive: &Archive) -> anyhow::Result<Seen> {
    let (packs, downgrades) = (archive.packs_seen().await?, archive.downgrades().await?);
    let mut seen = Seen::default();
    // The last permission for a pack counts: it is the floor, with what was live since.
    let last: HashMap<&str, &Downgrade> = downgrades.iter().map(|each| (each.pack.as_str(), each)).collect();
    for allowed in last.values() {
        seen.saw(&allowed.pack, &allowed.version)?;
    }
    for live in &packs {
        let (name, version) = (&live.pack.name, &live.pack.version);
        seen.first_live.insert(live.pack.digest, live.first_live);
        if last
            .get(name.as_str())
            .is_none_or(|allowed| live.last_entry > allowed.after)
        {
            seen.saw(name, version)?;
        }
    }
    Ok(seen)
}

/// What is wrong with a permission to go back to an older version; for people.
pub(crate) fn check_downgrade(pack: &str, version: &str) -> Result<(), String> {
    let named = pack
        .split_once('/')
        .is_some_and(|(vendor, name)| is_name(vendor) && is_name(name));
    if !named {
        return Err(format!("{pack:?} is not a pack: expected vendor/name"));
    }
    Seen::default().saw(pack, version).map_err(|error| error.to_string())
}

/// Keeps a daemon from going back to development because a file is gone.
pub(crate) async fn must_not_vanish(source: &TrustSource, archive: &Archive) -> anyhow::Result<()> {
    let before = archive.last_trust().await?.and_then(|last| last.file);
    if let (None, Some(before)) = (source.file(), before) {
        let message = "the packs of this archive were admitted by this trust file, and now there is none: put it back, name \
                       another (`trust` in the configuration), or write one that says `[development]`";
        return Err(InputProblems(vec![Problem::in_file(before, message)]).into());
    }
    Ok(())
}

/// What an operator wants to know of the trust in force: for `policy status`.
pub(crate) fn describe<'a>(file: Option<&Path>, packs: impl Iterator<Item = &'a Arc<TrustedPack>>) -> Value {
    let packs: Vec<&Arc<TrustedPack>> = packs.collect();
    let mut warnings = Vec::new();
    if file.is_none() {
        warnings.push("no trust file: packs in folders are taken as they are, whoever wrote them".to_owned());
    }
    let today = proviso_model::time::Zone::utc().day(crate::places::now());
    let mut told = Vec::new();
    for pack in &packs {
        match pack.acceptance() {
            Acceptance::Signed(by) => {
                for by in by.iter().filter(|by| by.until < today.plus(0, EXPIRY_TOLD_DAYS)) {
                    let ended = if by.until < today { "ended" } else { "ends" };
                    told.push(format!(
                        "the key of {} ({}) {ended} with {}: what runs goes on, what is new needs another",
                        by.signer, by.key, by.until
                    ));
                }
            }
            Acceptance::Development if file.is_some() => {
                told.push(format!(
                    "{} is not signed: it stands in a folder for development",
                    pack.manifest().name
                ));
            }
            Acceptance::Development | Acceptance::Replayed => {}
        }
    }
    told.sort();
    told.dedup();
    warnings.extend(told);
    let packs: Vec<Value> = packs
        .iter()
        .map(
            |pack| json!({ "name": pack.manifest().name, "digest": pack.digest(), "admitted": pack.acceptance().say() }),
        )
        .collect();
    json!({ "file": file, "packs": packs, "warnings": warnings })
}
