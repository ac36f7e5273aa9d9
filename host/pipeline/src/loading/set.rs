//! From a policy set's file, or from a recorded generation, to what the engine builds from.

use super::trust::Accepting;
use proviso_engine::ResolvedSet;
use proviso_model::limits::SET_FILE_BYTES_MAX;
use proviso_model::problem::line_and_column;
use proviso_model::set::PolicySet;
use proviso_model::{Digest, Problem, Problems};
use proviso_pack::trust::Load;
use proviso_pack::{PackStore, PluginPath, TrustedPack, regular_file};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// Reads a policy set and every pack that it names, and has each of them accepted; all problems at once. Also gives the text
/// of the file. Packs that are named by digest are looked for in `store`, then where `pack pull` keeps them; the network is
/// never used.
pub fn load(
    path: &Path,
    plugins: &PluginPath,
    store: Option<&PackStore>,
    accepting: &Accepting,
) -> Result<(ResolvedSet, String), Vec<Problem>> {
    let text = read(path)?;
    let set = PolicySet::parse(path, &text)?;
    let beside = path.parent().unwrap_or(Path::new(""));
    let pulled = crate::places::pack_store();
    let stores: Vec<&PackStore> = store.into_iter().chain(&pulled).collect();
    let mut packs = Vec::with_capacity(set.apply.len());
    let mut known: HashMap<&str, Arc<TrustedPack>> = HashMap::new();
    let mut problems = Vec::new();
    for apply in &set.apply {
        if let Some(pack) = known.get(apply.pack.as_str()) {
            packs.push(Arc::clone(pack));
            continue;
        }
        let found = proviso_pack::resolve(&apply.pack, beside, plugins, &stores).map_err(|error| error.problems);
        match found.and_then(|pack| accepting.accept(pack, &Load::New)) {
            Ok(pack) => {
                known.insert(&apply.pack, Arc::clone(&pack));
                packs.push(pack);
            }
            Err(found) => {
                let (line, column) = apply.at;
                problems.extend(found.into_iter().map(|problem| {
                    // What is wrong with the name itself stands in the set; what is wrong inside, in the pack's files.
                    if problem.line == 0 && problem.file == Path::new(&apply.pack) {
                        Problem {
                            file: path.to_owned(),
                            line,
                            column,
                            message: problem.message,
                        }
                    } else {
                        problem
                    }
                }));
            }
        }
    }
    drop(known);
    if problems.is_empty() {
        Ok((
            ResolvedSet {
                file: path.to_owned(),
                set,
                packs,
            },
            text,
        ))
    } else {
        Err(problems)
    }
}

/// Reads a policy set by itself: nobody asks for its packs.
pub fn alone(path: &Path) -> Result<PolicySet, Vec<Problem>> {
    PolicySet::parse(path, &read(path)?)
}

fn read(path: &Path) -> Result<String, Vec<Problem>> {
    let problem = |message: String| vec![Problem::in_file(path, message)];
    let unreadable = |error: std::io::Error| problem(format!("cannot read the policy set: {error}"));
    let opened = regular_file::open(path).map_err(unreadable)?;
    let size = opened.metadata().map_err(unreadable)?.len();
    if size > SET_FILE_BYTES_MAX as u64 {
        return Err(problem(format!(
            "the policy set has {size} bytes: expected at most {SET_FILE_BYTES_MAX}"
        )));
    }
    let bytes = regular_file::read(path, SET_FILE_BYTES_MAX).map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
        let (line, _) = line_and_column(&before, before.len());
        vec![Problem::on_line(
            path,
            line,
            "the line is not UTF-8: save the file as UTF-8",
        )]
    })
}

/// What recorded packs are to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Judge for the record.
    Judge,
    /// Judge old messages to compare.
    Replay {
        /// Though the trust file revokes them.
        though_revoked: bool,
    },
}

/// A generation as it was recorded.
#[derive(Debug, Clone)]
pub struct Recorded<'a> {
    /// Its content address.
    pub id: Digest,
    /// The set's file, as the operator named it.
    pub set_file: &'a str,
    /// The set's canonical JSON.
    pub set_json: &'a str,
    /// The versions of what judged.
    pub versions: &'a str,
    /// Its packs, in the order of the set.
    pub packs: Vec<Digest>,
}

/// Why a recorded generation cannot be had again.
#[derive(Debug, thiserror::Error)]
pub enum RecordedError {
    /// The recorded set is damaged, or of a newer version.
    #[error("the recorded policy set cannot be read")]
    Set(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The store lacks a pack, or has it damaged.
    #[error("cannot read pack {digest} from the store")]
    Store {
        /// The pack.
        digest: Digest,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The trust of today does not accept its packs, or they do not build.
    #[error(transparent)]
    Problems(#[from] Problems),
    /// What is built from it is another.
    #[error("generation {wanted} cannot be rebuilt by this version of the host: it would be {built}")]
    Different {
        /// The one that is recorded.
        wanted: Digest,
        /// The one that would judge.
        built: Digest,
    },
}

/// The set and the packs of a recorded generation, from the store that keeps every pack that was ever live. They must be
/// accepted by the trust of today.
pub fn recorded(
    record: &Recorded<'_>,
    store: &PackStore,
    accepting: &Accepting,
    purpose: Purpose,
) -> Result<ResolvedSet, RecordedError> {
    let set = PolicySet::from_canonical_json(record.set_json).map_err(|error| RecordedError::Set(error.into()))?;
    let beside = Path::new(record.set_file).parent().unwrap_or(Path::new(""));
    let mut packs = Vec::with_capacity(record.packs.len());
    let mut problems = Vec::new();
    for (apply, digest) in set.apply.iter().zip(&record.packs) {
        let found = store.get_unread(digest).map_err(|error| RecordedError::Store {
            digest: *digest,
            source: error.into(),
        })?;
        let load = match purpose {
            Purpose::Judge => Load::Again {
                named: beside.join(&apply.pack),
            },
            Purpose::Replay { though_revoked } => Load::Replay { though_revoked },
        };
        match accepting.accept(found, &load) {
            Ok(pack) => packs.push(pack),
            Err(found) => problems.extend(found),
        }
    }
    if !problems.is_empty() {
        return Err(Problems(problems).into());
    }
    Ok(ResolvedSet {
        file: "recorded generation".into(),
        set,
        packs,
    })
}
