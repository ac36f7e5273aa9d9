//! A policy set in which a pack runs in shadow, and the same with its shadow lifted.

use crate::exit::Usage;
use proviso_engine::ResolvedSet;
use proviso_model::set::Mode;
use serde_json::Value;

/// A set and the one `[[apply]]` of it whose shadow may be lifted.
pub(crate) struct Shadowed<'a> {
    resolved: &'a ResolvedSet,
    index: usize,
}

impl<'a> Shadowed<'a> {
    /// The pack by its name, with or without its vendor, or as the set writes it; it must run in shadow, once.
    pub(crate) fn find(resolved: &'a ResolvedSet, pack: &str) -> Result<Self, Usage> {
        let named = |index: &usize| {
            let name = &resolved.packs[*index].manifest().name;
            let short = name.rsplit('/').next();
            name == pack || short == Some(pack) || resolved.set.apply[*index].pack == pack
        };
        let found: Vec<usize> = (0..resolved.set.apply.len()).filter(named).collect();
        let shadowed = |index: &usize| resolved.set.apply[*index].mode == Mode::Shadow;
        let in_shadow: Vec<usize> = found.iter().copied().filter(shadowed).collect();
        let file = resolved.file.display();
        match (found.as_slice(), in_shadow.as_slice()) {
            (_, [index]) => Ok(Self {
                resolved,
                index: *index,
            }),
            ([], _) => Err(Usage(format!("{file} applies no pack {pack:?}"))),
            (_, []) => Err(Usage(format!("{file} does not have {pack:?} in shadow"))),
            _ => Err(Usage(format!(
                "{file} has {pack:?} in shadow {} times: write the reference as the set does",
                in_shadow.len()
            ))),
        }
    }

    /// `vendor/name`.
    pub(crate) fn name(&self) -> &str {
        &self.resolved.packs[self.index].manifest().name
    }

    /// Index of the `[[apply]]`.
    pub(crate) fn index(&self) -> usize {
        self.index
    }

    /// The set with that pack enforced.
    pub(crate) fn lifted(&self) -> ResolvedSet {
        let mut lifted = self.resolved.clone();
        lifted.set.apply[self.index].mode = Mode::Enforce;
        lifted
    }
}

/// What a backtest's report in JSON says that it compared: the generations before and after, and how many messages.
pub(crate) fn of_report(report: &Value) -> Option<(&str, &str, u64)> {
    if report["form"] != super::report::FORM {
        return None;
    }
    Some((
        report["baseline"]["generation"].as_str()?,
        report["candidate"]["generation"].as_str()?,
        report["messages"].as_u64()?,
    ))
}
