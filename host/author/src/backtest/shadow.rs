//! A policy set in which a pack, or one of its policies, runs in shadow, and the same with that shadow lifted.

use proviso_engine::ResolvedSet;
use proviso_model::set::Mode;
use serde_json::Value;
use std::path::PathBuf;

/// Why there is no one shadow to lift.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShadowError {
    /// The set does not apply the pack.
    #[error("{} applies no pack {pack:?}", file.display())]
    NotApplied {
        /// The set.
        file: PathBuf,
        /// As it was asked for.
        pack: String,
    },
    /// The set enforces the pack.
    #[error("{} does not have {pack:?} in shadow", file.display())]
    NotInShadow {
        /// The set.
        file: PathBuf,
        /// As it was asked for.
        pack: String,
    },
    /// One policy was asked for, and all of them are in shadow.
    #[error("{} has the whole pack of {pack:?} in shadow: lift that first", file.display())]
    WholePack {
        /// The set.
        file: PathBuf,
        /// As it was asked for.
        pack: String,
    },
    /// The name is not enough to say which is meant.
    #[error("{} has {pack:?} in shadow {times} times: write the reference as the set does", file.display())]
    Several {
        /// The set.
        file: PathBuf,
        /// As it was asked for.
        pack: String,
        /// How many there are, from 2.
        times: usize,
    },
}

/// A set and the one `[[apply]]` of it whose shadow may be lifted.
pub struct Shadowed<'a> {
    resolved: &'a ResolvedSet,
    index: usize,
    /// The one policy that is meant, where not all of them are.
    policy: Option<String>,
}

impl<'a> Shadowed<'a> {
    /// The pack by its name, with or without its vendor, or as the set writes it, and perhaps one of its policies behind a colon
    /// (`bank-cn:fraud-wording`); it must run in shadow, once.
    pub fn find(resolved: &'a ResolvedSet, wanted: &str) -> Result<Self, ShadowError> {
        let applied = |pack: &str| resolved.set.apply.iter().any(|apply| apply.pack == pack);
        let (pack, policy) = match wanted.rsplit_once(':') {
            Some((pack, policy)) if !applied(wanted) => (pack, Some(policy.to_owned())),
            _ => (wanted, None),
        };
        let named = |index: &usize| {
            let name = &resolved.packs[*index].manifest().name;
            let short = name.rsplit('/').next();
            name == pack || short == Some(pack) || resolved.set.apply[*index].pack == pack
        };
        let found: Vec<usize> = (0..resolved.set.apply.len()).filter(named).collect();
        let shadowed = |index: &usize| {
            let apply = &resolved.set.apply[*index];
            let Some(name) = &policy else {
                return apply.mode == Mode::Shadow;
            };
            let declared = resolved.packs[*index].manifest().policy(name);
            declared.is_some_and(|declared| apply.mode_of(name, declared.mode) == Mode::Shadow)
        };
        let in_shadow: Vec<usize> = found.iter().copied().filter(shadowed).collect();
        let (file, pack) = (resolved.file.clone(), wanted.to_owned());
        match (found.as_slice(), in_shadow.as_slice()) {
            (_, [index]) if policy.is_some() && resolved.set.apply[*index].mode == Mode::Shadow => {
                Err(ShadowError::WholePack { file, pack })
            }
            (_, [index]) => Ok(Self {
                resolved,
                index: *index,
                policy,
            }),
            ([], _) => Err(ShadowError::NotApplied { file, pack }),
            (_, []) => Err(ShadowError::NotInShadow { file, pack }),
            _ => Err(ShadowError::Several {
                file,
                pack,
                times: in_shadow.len(),
            }),
        }
    }

    /// `vendor/name`, or `vendor/name:policy`.
    pub fn name(&self) -> String {
        let pack = &self.resolved.packs[self.index].manifest().name;
        match &self.policy {
            None => pack.clone(),
            Some(policy) => format!("{pack}:{policy}"),
        }
    }

    /// The one policy that is meant; `None` for all of the pack.
    pub fn policy(&self) -> Option<&str> {
        self.policy.as_deref()
    }

    /// Index of the `[[apply]]`.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The set with that pack enforced, or with that policy of it.
    pub fn lifted(&self) -> ResolvedSet {
        let mut lifted = self.resolved.clone();
        let apply = &mut lifted.set.apply[self.index];
        match &self.policy {
            None => apply.mode = Mode::Enforce,
            Some(policy) => {
                apply.modes.insert(policy.clone(), Mode::Enforce);
            }
        }
        lifted
    }
}

/// What a backtest's report in JSON says that it compared: the generations before and after, and how many messages.
pub fn of_report(report: &Value) -> Option<(&str, &str, u64)> {
    if report["form"] != super::report::FORM {
        return None;
    }
    Some((
        report["baseline"]["generation"].as_str()?,
        report["candidate"]["generation"].as_str()?,
        report["messages"].as_u64()?,
    ))
}
