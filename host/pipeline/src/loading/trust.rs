//! Which trust file counts, and what it says.

use proviso_model::Problem;
use proviso_pack::trust::{Load, Occasion, Offered, Seen, TRUST_FILE_BYTES_MAX};
use proviso_pack::{Trust, TrustedPack, regular_file};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The environment variable that names a trust file.
const VARIABLE: &str = "PROVISO_TRUST";
/// The machine's own trust file.
const OF_THE_MACHINE: &str = "/etc/proviso/trust.toml";
/// What a trust file beside a policy set is called.
const BESIDE: &str = "trust.toml";

/// Where trust is read from. Found once: a file that goes away later is missing, and not a reason to do without.
#[derive(Debug, Clone)]
pub struct TrustSource {
    file: Option<PathBuf>,
}

impl TrustSource {
    /// The first of these: the file that is named, the one of the environment, the machine's, the one beside the policy set.
    pub fn find(named: Option<&Path>, set: Option<&Path>) -> Self {
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
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Reads the file; without one, what holds without. All problems at once. Also gives the text.
    pub fn read(&self) -> Result<(Trust, String), Vec<Problem>> {
        let Some(file) = &self.file else {
            return Ok((Trust::development(), String::new()));
        };
        let problem = |message: String| vec![Problem::in_file(file, message)];
        let unreadable = |error: std::io::Error| problem(format!("cannot read the trust file: {error}"));
        let opened = regular_file::open(file).map_err(unreadable)?;
        let metadata = opened.metadata().map_err(unreadable)?;
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
        let text = regular_file::read_text(file, TRUST_FILE_BYTES_MAX).map_err(unreadable)?;
        Ok((Trust::parse(file, &text)?, text))
    }
}

/// What packs are accepted by.
#[derive(Debug, Clone)]
pub struct Accepting {
    /// Whom the operator trusts.
    pub trust: Arc<Trust>,
    /// The versions that were live before.
    pub seen: Arc<Seen>,
}

impl Accepting {
    /// For a command that remembers nothing: no archive, hence no version that was seen.
    pub fn without_memory(named: Option<&Path>, set: Option<&Path>) -> Result<Self, Vec<Problem>> {
        let (trust, _) = TrustSource::find(named, set).read()?;
        Ok(Self {
            trust: Arc::new(trust),
            seen: Arc::default(),
        })
    }

    /// The one way to a pack that may judge.
    pub fn accept(&self, pack: impl Into<Offered>, load: &Load) -> Result<Arc<TrustedPack>, Vec<Problem>> {
        let occasion = Occasion {
            now: crate::places::now(),
            seen: &self.seen,
            load,
        };
        let accepted = self.trust.accept(pack, &occasion).map_err(|error| error.problems);
        accepted.map(Arc::new)
    }
}
