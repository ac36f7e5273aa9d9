//! The check that stands between a pack and judging.

use super::{Trust, Unsigned, Vendor, Worth};
use crate::error::PackError;
use crate::manifest::Field;
use crate::pack::Pack;
use crate::signing::KeyId;
use crate::unread::{Form, UnreadPack};
use proviso_model::time::Day;
use proviso_model::{Digest, Problem, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::path::{Path, PathBuf};

/// A pack that may judge. Only [`Trust::accept`] makes one, and the engine takes nothing else.
///
/// ```compile_fail
/// fn forged(pack: proviso_pack::Pack) -> proviso_pack::TrustedPack {
///     proviso_pack::TrustedPack { pack, acceptance: proviso_pack::trust::Acceptance::Development }
/// }
/// ```
#[derive(Debug, Clone)]
pub struct TrustedPack {
    pack: Pack,
    acceptance: Acceptance,
}

/// What trust is asked about: a pack of which nothing was interpreted yet that need not be, or one that somebody looked at.
#[derive(Debug, Clone)]
pub enum Offered {
    /// It is read once it is accepted.
    Unread(Box<UnreadPack>),
    /// It was read already.
    Read(Box<Pack>),
}

impl From<UnreadPack> for Offered {
    fn from(pack: UnreadPack) -> Self {
        Self::Unread(Box::new(pack))
    }
}

impl From<Pack> for Offered {
    fn from(pack: Pack) -> Self {
        Self::Read(Box::new(pack))
    }
}

/// Why a pack may judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acceptance {
    /// Signed by as many signers of its vendor as the trust file asks for; ordered by name.
    Signed(Vec<SignedBy>),
    /// Not signed: it stands where a pack may be developed.
    Development,
    /// It judged before, and judges again for comparison alone.
    Replayed,
}

/// A signer whose signature counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignedBy {
    /// The name that the trust file gives.
    pub signer: String,
    /// The key that was used.
    pub key: KeyId,
    /// The last day on which the key counts for packs that are new.
    pub until: Day,
}

/// What an installation remembers of the packs that judged in it. Empty where nothing is remembered.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// By name of a pack: the version below which none is taken newly.
    pub floors: BTreeMap<String, semver::Version>,
    /// When each pack went live first.
    pub first_live: BTreeMap<Digest, Timestamp>,
    /// The packs of the generation in force. A rollback may have made them live: none of them is older than what runs.
    pub in_force: BTreeSet<Digest>,
}

/// A text that is not a version, as semver.org has it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a version: expected the form 1.2.3")]
pub struct NotAVersion(pub String);

impl Seen {
    /// Remembers that this version is not to be fallen behind: the floor rises to it.
    pub fn saw(&mut self, name: &str, version: &str) -> Result<(), NotAVersion> {
        let parsed: semver::Version = version.parse().map_err(|_| NotAVersion(version.to_owned()))?;
        match self.floors.get_mut(name) {
            Some(floor) if parsed.cmp_precedence(floor).is_le() => {}
            Some(floor) => *floor = parsed,
            None => drop(self.floors.insert(name.to_owned(), parsed)),
        }
        Ok(())
    }
}

/// What a pack is loaded for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Load {
    /// A person, or a policy set, names it now.
    New,
    /// It is recorded as live, and is to judge again: a rollback, or the last good generation. It is not asked whether a
    /// newer version was seen.
    Again {
        /// Where it stood when it was recorded.
        named: PathBuf,
    },
    /// It is recorded as live, and judges old messages to compare. Nothing becomes live by it, so it is only asked whether
    /// it was revoked.
    Replay {
        /// Even then.
        though_revoked: bool,
    },
}

/// What the check must know beside the pack and the trust file.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    /// The host's clock.
    pub now: Timestamp,
    /// What the installation remembers.
    pub seen: &'a Seen,
    /// What for.
    pub load: &'a Load,
}

impl Occasion<'static> {
    /// A pack is named at that moment, where nothing is remembered.
    pub fn at(now: Timestamp) -> Self {
        static NOTHING: Seen = Seen {
            floors: BTreeMap::new(),
            first_live: BTreeMap::new(),
            in_force: BTreeSet::new(),
        };
        Self {
            now,
            seen: &NOTHING,
            load: &Load::New,
        }
    }
}

impl TrustedPack {
    /// Why it may judge.
    pub fn acceptance(&self) -> &Acceptance {
        &self.acceptance
    }

    /// The same pack, as if none of its policies asked for that field: what they say then tells who reads it. It is given
    /// less than what was accepted, and never more. The digest is that of the pack itself.
    #[must_use]
    pub fn without_field(&self, field: Field) -> Self {
        Self {
            pack: self.pack.without_field(field),
            acceptance: self.acceptance.clone(),
        }
    }
}

impl Deref for TrustedPack {
    type Target = Pack;

    fn deref(&self) -> &Pack {
        &self.pack
    }
}

impl Acceptance {
    /// What a person reads: `signed by audit, release`.
    pub fn say(&self) -> String {
        match self {
            Acceptance::Signed(by) => {
                let signers: Vec<&str> = by.iter().map(|by| by.signer.as_str()).collect();
                format!("signed by {}", signers.join(", "))
            }
            Acceptance::Development => "development, not signed".to_owned(),
            Acceptance::Replayed => "replayed".to_owned(),
        }
    }
}

impl Trust {
    /// The one way to a pack that may judge.
    ///
    /// # Errors
    /// Everything that keeps it from judging: revoked, not signed, signed by too few, asking for too much, too old. If nothing
    /// does, everything that is wrong with the rest of the pack.
    pub fn accept(&self, pack: impl Into<Offered>, occasion: &Occasion<'_>) -> Result<TrustedPack, PackError> {
        // The order is the point: of a pack of somebody whom nobody trusts, the manifest alone is interpreted.
        let offered = pack.into();
        let unread: &UnreadPack = match &offered {
            Offered::Unread(pack) => pack,
            Offered::Read(pack) => pack,
        };
        let decided = self.decide(unread, occasion);
        let acceptance = decided.map_err(|problems| PackError::new(unread.origin(), problems))?;
        let pack = match offered {
            Offered::Unread(pack) => pack.read()?,
            Offered::Read(pack) => *pack,
        };
        Ok(TrustedPack { pack, acceptance })
    }

    fn decide(&self, pack: &UnreadPack, occasion: &Occasion<'_>) -> Result<Acceptance, Vec<Problem>> {
        let refused = |message: String| vec![Problem::in_file(pack.origin(), message)];
        let (digest, file) = (pack.digest(), self.called());
        let though_revoked = matches!(occasion.load, Load::Replay { though_revoked: true });
        if let Some(revoked) = self.revoked.get(&digest).filter(|_| !though_revoked) {
            let (line, reason) = (revoked.line, &revoked.reason);
            return Err(refused(format!(
                "the pack {digest} is revoked ({file}:{line}): {reason}"
            )));
        }
        if matches!(occasion.load, Load::Replay { .. }) {
            return Ok(Acceptance::Replayed);
        }
        if pack.signatures().is_empty() && self.may_be_unsigned(pack, occasion) {
            return Ok(Acceptance::Development);
        }
        let name = &pack.manifest().name;
        let Some(vendor) = self.vendor_of(name) else {
            return Err(refused(self.why_not_unsigned(pack)));
        };
        let mut problems = Vec::new();
        let signed = match self.signers(vendor, pack, occasion) {
            Ok(signed) => signed,
            Err(why) => {
                problems.extend(refused(why));
                Vec::new()
            }
        };
        problems.extend(vendor.ceilings.exceeded_by(pack, &file));
        // What is live is no step back, however it became so.
        let is_new = *occasion.load == Load::New && !occasion.seen.in_force.contains(&digest);
        let floor = occasion.seen.floors.get(name).filter(|_| is_new);
        let version = &pack.manifest().version;
        if let Some(floor) = floor.filter(|floor| version.cmp_precedence(floor).is_lt()) {
            problems.extend(refused(format!(
                "version {version} of {name} is older than {floor}, which was live here: if that is meant, \
                 `proviso policy allow-downgrade {name} {version}`"
            )));
        }
        if problems.is_empty() {
            Ok(Acceptance::Signed(signed))
        } else {
            Err(problems)
        }
    }

    /// The distinct signers whose signatures count, if they are enough.
    fn signers(&self, vendor: &Vendor, pack: &UnreadPack, occasion: &Occasion<'_>) -> Result<Vec<SignedBy>, String> {
        let (name, file) = (&pack.manifest().name, self.called());
        if pack.signatures().is_empty() {
            return Err(self.why_not_unsigned(pack));
        }
        // What was accepted in time stays accepted: an archive remembers when that was.
        let first_live = occasion.seen.first_live.get(&pack.digest());
        let at = first_live
            .copied()
            .filter(|at| *at < occasion.now)
            .unwrap_or(occasion.now);
        let (mut signed, mut signers, mut others) = (Vec::new(), BTreeSet::new(), Vec::new());
        for facts in self.signatures(pack, at, occasion.now) {
            match facts.worth {
                Worth::Counts { signer, until } => {
                    if signers.insert(signer.clone()) {
                        signed.push(SignedBy {
                            signer,
                            key: facts.key,
                            until,
                        });
                    }
                }
                Worth::Forged { .. } => {
                    return Err(format!("the signature of key {} {}", facts.key, facts.worth.say()));
                }
                worth => others.push(format!("one of key {} {}", facts.key, worth.say())),
            }
        }
        if signed.len() >= vendor.threshold {
            signed.sort();
            return Ok(signed);
        }
        let (have, need) = (signed.len(), vendor.threshold);
        let by = if signers.is_empty() {
            "nobody".to_owned()
        } else {
            signers.into_iter().collect::<Vec<_>>().join(", ")
        };
        let others = if others.is_empty() {
            String::new()
        } else {
            format!("; beside: {}", others.join("; "))
        };
        Err(format!(
            "{name} is signed by {have} of the {need} signers that {file} asks for ({by}){others}"
        ))
    }

    /// What to say of a pack whose vendor nobody trusts, or that has no signature.
    fn why_not_unsigned(&self, pack: &UnreadPack) -> String {
        let name = &pack.manifest().name;
        let vendor = name.split_once('/').map_or("", |(vendor, _)| vendor);
        let file = self.called();
        if self.file.is_none() {
            return "there is no trust file that says whose signatures count, and without one only a pack's folder is \
                    taken: see docs/trust.md"
                .to_owned();
        }
        if !self.vendors.contains_key(vendor) {
            return format!("{file} does not trust the vendor {vendor:?} of {name}: it has no `[vendor.{vendor}]`");
        }
        let folder = match pack.form() {
            Form::Folder => "; a folder cannot be signed, and this one is not below a folder of `[development]`",
            Form::File => "",
        };
        format!("{name} is not signed, and {file} asks for it{folder}")
    }

    /// True if the pack stands where one may be developed.
    fn may_be_unsigned(&self, pack: &UnreadPack, occasion: &Occasion<'_>) -> bool {
        let place = match (occasion.load, pack.form()) {
            (Load::Again { named }, _) => named.as_path(),
            (_, Form::Folder) => pack.origin(),
            // The store's copy of a folder that was live, named by its digest.
            (_, Form::File) => {
                return matches!(self.unsigned, Unsigned::EveryFolder)
                    && occasion.seen.first_live.contains_key(&pack.digest());
            }
        };
        match &self.unsigned {
            Unsigned::EveryFolder => true,
            Unsigned::Below(folders) => real(place).is_some_and(|place| {
                let below = |folder: &PathBuf| real(folder).is_some_and(|folder| place.starts_with(folder));
                folders.iter().any(below)
            }),
        }
    }
}

/// Where a path really leads, so that neither `..` nor a link leads out of a folder. A place that is gone is taken as it
/// was written, if that is plain.
fn real(path: &Path) -> Option<PathBuf> {
    std::fs::canonicalize(path).ok().or_else(|| {
        let plain = |path: &PathBuf| !path.components().any(|part| part == std::path::Component::ParentDir);
        std::path::absolute(path).ok().filter(plain)
    })
}
